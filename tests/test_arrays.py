"""Arrays in, labels and a colormap out: `huepress.arrays`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from tests.cases import cases

import huepress
from huepress.arrays import ind2rgb, rgb2ind

TYPES = [np.uint8, np.uint16, np.float16, np.float32, np.float64]


def scaled(levels: np.ndarray, dtype: type) -> np.ndarray:
    if np.dtype(dtype).kind == "f":
        return (levels / 255).astype(dtype)
    return levels.astype(dtype) * dtype(257 if dtype is np.uint16 else 1)


def noise(channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (20, 30, channels), np.uint8)


@cases(60)
@given(
    arrays_of.arrays(
        np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6), st.sampled_from([3, 4]))
    ),
    st.sampled_from(TYPES),
)
def test_a_picture_of_few_colours_comes_back_exactly(levels: np.ndarray, dtype: type) -> None:
    if levels.shape[2] == 4:
        levels = np.where(levels[..., 3:] > 0, levels, np.uint8(0))
    array = scaled(levels, dtype)
    labels, colormap = rgb2ind(array, 36)
    assert labels.dtype == np.uint8
    assert colormap.dtype == dtype
    assert colormap.shape[1] == array.shape[2]
    assert np.array_equal(ind2rgb(labels, colormap), array)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [3, 4])
def test_all_types_of_one_picture_get_the_same_labels(dtype: type, channels: int) -> None:
    levels = noise(channels)
    labels, colormap = rgb2ind(levels, 8)
    others, table = rgb2ind(scaled(levels, dtype), 8)
    assert np.array_equal(others, labels)
    assert np.array_equal(table, scaled(colormap, dtype))


def test_labels_and_colours_are_those_of_compress() -> None:
    indexed = huepress.compress(noise(), k=8, format="npz", dither="ordered").indexed
    labels, colormap = rgb2ind(noise(), 8, dither="ordered")
    assert np.array_equal(ind2rgb(labels, colormap), indexed.decode())


def test_floats_are_rounded_to_the_nearest_level_halves_up() -> None:
    array = np.array([[[0.5 / 255] * 3, [0.49 / 255] * 3]])
    labels, colormap = rgb2ind(array, 2)
    assert (ind2rgb(labels, colormap) * 255).round(6)[0, :, 0].tolist() == [1, 0]


def test_more_than_256_colours_have_labels_of_two_bytes() -> None:
    labels, colormap = rgb2ind(noise(), 300)
    assert (labels.dtype, len(colormap), labels.max()) == (np.uint16, 300, 299)


@pytest.mark.parametrize("dtype", TYPES)
def test_a_colormap_is_used_as_it_is(dtype: type) -> None:
    table = scaled(np.array([[250, 10, 10], [10, 10, 250], [250, 10, 10]], np.uint8), dtype)
    if np.dtype(dtype).kind == "f":
        table += dtype(0.0005)  # no level of a byte
    labels, same = rgb2ind(scaled(noise(), dtype), table)
    assert np.array_equal(same, table)
    assert set(np.unique(labels)) == {0, 1}  # the first of equal colours serves


def test_a_colormap_without_a_clear_colour_gets_one_for_clear_pixels() -> None:
    array = np.array([[[9, 9, 9, 255], [9, 9, 9, 0]]], np.uint8)
    labels, colormap = rgb2ind(array, np.array([[0, 0, 0, 255]], np.uint8))
    assert labels.tolist() == [[0, 1]]
    assert colormap.tolist() == [[0, 0, 0, 255], [0, 0, 0, 0]]


def test_what_comes_out_may_be_written_to_and_what_went_in_is_unchanged() -> None:
    array, before = noise(), noise()
    labels, colormap = rgb2ind(array, 8)
    labels[0, 0], colormap[0] = 0, 7
    assert np.array_equal(array, before)


@pytest.mark.parametrize(
    ("array", "k", "said"),
    [
        (np.zeros((4, 4), np.uint8), 8, r"shape \(4, 4\); give .* np.stack"),
        (np.zeros((4, 4, 3), np.int64), 8, "holds int64; give uint8"),
        (np.zeros((4, 4, 3), np.uint8), 0, "k=0"),
        (np.zeros((4, 4, 3), np.uint8), 65537, "k=65537"),
        (np.zeros((4, 4, 3), np.uint8), 2.5, r"shape \(\) and type float64"),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((2, 3)), r"type float64; give \(n, 3\) uint8"),
        (np.zeros((4, 4, 4)), np.zeros((2, 3)), r"give \(n, 4\) float64"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_right(array, k, said: str) -> None:
    with pytest.raises(huepress.OptionError, match=said):
        rgb2ind(array, k)


def test_floats_beyond_0_to_1_are_refused() -> None:
    with pytest.raises(huepress.InputError, match="divide by 255"):
        rgb2ind(np.full((2, 2, 3), 200.0), 2)


@pytest.mark.parametrize(
    ("labels", "said"),
    [([[2]], "label 2 for a colormap of 2"), ([[-1]], "label -1"), ([[0.0]], "give integers")],
)
def test_a_label_without_a_colour_is_refused(labels: list, said: str) -> None:
    with pytest.raises(huepress.OptionError, match=said):
        ind2rgb(labels, [[0, 0, 0], [1, 1, 1]])


def test_every_learned_colour_has_a_pixel() -> None:
    pixels = np.random.default_rng(10).integers(0, 256, (6, 7, 3), np.uint8)
    labels, colormap = rgb2ind(pixels, 20, dither="diffusion")
    assert np.unique(labels).tolist() == list(range(len(colormap)))
    assert len(colormap) < 20
