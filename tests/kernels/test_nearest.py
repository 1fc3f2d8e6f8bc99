"""Laws of the label pass."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from cases import cases
from huepress import _core

SPACES = ["srgb", "linear", "oklab"]
Bytes = NDArray[np.uint8]


def brute_force(pixels: Bytes, codebook: Bytes, space: str) -> NDArray[np.int64]:
    """Return the argmin over squared distances in fit space, the first of equals.

    For opaque colours over the opaque codes, where there are any.
    """
    rows = pixels.reshape(-1, pixels.shape[2])
    keys = rows @ 256 ** np.arange(rows.shape[1])
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    points = _core.embed(rows[first], space).astype(np.int32)
    codes = _core.embed(codebook, space).astype(np.int32)
    labels = np.empty(len(points), dtype=np.int64)
    opaque = rows[first, 3] == 255 if rows.shape[1] == 4 else np.ones(len(points), bool)
    solid = codebook[:, 3] == 255 if codebook.shape[1] == 4 else np.ones(len(codes), bool)
    step = max(1, 2**18 // len(codes))
    for start in range(0, len(points), step):
        part = points[start : start + step]
        distances = sum((part[:, None, axis] - codes[:, axis]) ** 2 for axis in range(4))
        if solid.any():
            distances[np.ix_(opaque[start : start + step], ~solid)] = 2**30
        labels[start : start + step] = distances.argmin(axis=1)
    return labels[inverse.reshape(-1)].reshape(pixels.shape[:2])


def random_colors(seed: int, n: int, channels: int) -> Bytes:
    generator = np.random.default_rng(seed)
    colors = generator.integers(0, 256, (n, channels), dtype=np.uint8)
    if channels == 4:
        colors[:, 3] = generator.choice([0, 1, 40, 128, 254, 255, 255, 255], n)
    return colors


def random_pixels(seed: int, shape: tuple[int, int], channels: int) -> Bytes:
    return random_colors(seed, shape[0] * shape[1], channels).reshape(*shape, channels)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("k", [1, 2, 3, 32, 33, 255, 256, 257, 1000])
def test_labels_are_the_brute_force_argmin(space: str, channels: int, k: int) -> None:
    # Few pixels are compared with all codes; many look up what was remembered.
    for shape in ((21, 23), (363, 362) if k < 4 else (182, 181) if k < 34 else (101, 99)):
        pixels = random_pixels(k, shape, channels)
        codebook = random_colors(k + 1, k, channels)
        labels = _core.map_nearest(pixels, codebook, space, threads=1)
        assert labels.dtype == (np.uint8 if k <= 256 else np.uint16)
        assert_array_equal(labels, brute_force(pixels, codebook, space))


@pytest.mark.parametrize("space", SPACES)
def test_pixels_and_codebook_may_differ_in_having_alpha(space: str) -> None:
    for shape in ((40, 41), (150, 151)):
        opaque, translucent = random_pixels(1, shape, 3), random_pixels(2, shape, 4)
        for pixels, codebook in (
            (opaque, random_colors(3, 50, 4)),
            (translucent, random_colors(4, 50, 3)),
        ):
            labels = _core.map_nearest(pixels, codebook, space)
            assert_array_equal(labels, brute_force(pixels, codebook, space))


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("side", [40, 150])
def test_runs_of_equal_pixels_are_exact(side: int, channels: int, space: str) -> None:
    """Few pixels are mapped without tables, but for the run that each is in."""
    lengths = np.random.default_rng(side).integers(1, 9, side * side)
    runs = np.repeat(
        random_pixels(6, (side, side), channels).reshape(-1, channels), lengths, axis=0
    )
    pixels = np.ascontiguousarray(runs[: side * side].reshape(side, side, channels))
    codebook = random_colors(7, 50, channels)
    labels = _core.map_nearest(pixels, codebook, space)
    assert_array_equal(labels, brute_force(pixels, codebook, space))


@pytest.mark.parametrize("space", SPACES)
def test_smooth_pictures_with_codes_close_together_are_exact(space: str) -> None:
    ramp = np.arange(256, dtype=np.uint8)
    red, green = np.meshgrid(ramp, ramp)
    for blue in (3, 128):
        pixels = np.ascontiguousarray(np.stack([red, green, np.full_like(red, blue)], axis=-1))
        generator = np.random.default_rng(blue)
        codebook = np.clip(generator.normal(100, 30, (256, 3)), 0, 255).astype(np.uint8)
        labels = _core.map_nearest(pixels, codebook, space)
        assert_array_equal(labels, brute_force(pixels, codebook, space))


@pytest.mark.parametrize("space", SPACES)
def test_dark_colours_are_exact(space: str) -> None:
    levels = np.arange(20, dtype=np.uint8)
    pixels = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    pixels = np.ascontiguousarray(pixels.reshape(20, 400, 3))
    codebook = np.random.default_rng(5).integers(0, 20, (200, 3), dtype=np.uint8)
    labels = _core.map_nearest(pixels, codebook, space)
    assert_array_equal(labels, brute_force(pixels, codebook, space))


@given(st.data())
@cases(80)
def test_ties_go_to_the_lowest_index(data: st.DataObject) -> None:
    channels = data.draw(st.sampled_from([3, 4]))
    space = data.draw(st.sampled_from(SPACES))
    level = st.sampled_from([0, 1, 2, 100, 102, 104, 253, 255])
    n, k = data.draw(st.tuples(st.integers(1, 12), st.integers(1, 9)))
    draw = st.lists(level, min_size=n * channels, max_size=n * channels)
    pixels = np.array(data.draw(draw), dtype=np.uint8).reshape(1, n, channels)
    draw = st.lists(level, min_size=k * channels, max_size=k * channels)
    codebook = np.array(data.draw(draw), dtype=np.uint8).reshape(k, channels)
    labels = _core.map_nearest(pixels, codebook, space)
    assert_array_equal(labels, brute_force(pixels, codebook, space))
    many = np.tile(pixels, (2**17 // n + 1, 1, 1))
    assert (_core.map_nearest(many, codebook, space) == labels).all()


@given(st.data())
@cases(40)
def test_a_colour_gets_the_same_label_wherever_it_stands(data: st.DataObject) -> None:
    """Where it repeats the pixel before it, and where it ends a batch."""
    channels, space = data.draw(st.sampled_from([3, 4])), data.draw(st.sampled_from(SPACES))
    colors, codebook = random_colors(3, 9, channels), random_colors(4, 20, channels)
    places = data.draw(st.lists(st.integers(0, 8), min_size=1, max_size=200))
    labels = _core.map_nearest(np.ascontiguousarray(colors[None]), codebook, space)
    drawn = np.ascontiguousarray(colors[places][None])
    assert_array_equal(_core.map_nearest(drawn, codebook, space), labels[:, places])


@pytest.mark.parametrize("channels", [3, 4])
def test_a_codebook_of_one_repeated_code_labels_everything_zero(channels: int) -> None:
    codebook = np.full((300, channels), 77, dtype=np.uint8)
    assert not _core.map_nearest(random_pixels(8, (30, 30), channels), codebook, "oklab").any()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(
    "space", ["oklab", *(pytest.param(s, marks=pytest.mark.slow) for s in ("srgb", "linear"))]
)
def test_the_largest_codebook_is_exact(space: str, channels: int) -> None:
    pixels = random_pixels(9, (20, 21), channels)
    codebook = random_colors(10, 65536, channels)
    labels = _core.map_nearest(pixels, codebook, space)
    assert_array_equal(labels, brute_force(pixels, codebook, space))
    # the last label is as good as any
    codebook[:-1] = 0
    codebook[-1] = pixels[0, 0] = 255
    assert _core.map_nearest(pixels, codebook, space)[0, 0] == 65535


@pytest.mark.parametrize("k", [64, 256, 257])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("threads", [3, *(pytest.param(t, marks=pytest.mark.slow) for t in (2, 7))])
def test_the_number_of_threads_changes_nothing(
    k: int, channels: int, space: str, threads: int
) -> None:
    pixels = random_pixels(11, (257, 300), channels)
    codebook = random_colors(12, k, channels)
    assert_array_equal(
        _core.map_nearest(pixels, codebook, space, threads=threads),
        _core.map_nearest(pixels, codebook, space, threads=1),
    )


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("space", SPACES)
def test_a_tile_gets_the_labels_of_the_whole(space: str, channels: int) -> None:
    pixels, codebook = random_pixels(13, (160, 80), channels), random_colors(14, 100, channels)
    whole = _core.map_nearest(pixels, codebook, space)
    for rows, columns in (
        (slice(0, 1), slice(0, 80)),
        (slice(0, 160), slice(7, 8)),
        (slice(9, 50), slice(3, 77)),
    ):
        tile = np.ascontiguousarray(pixels[rows, columns])
        assert_array_equal(_core.map_nearest(tile, codebook, space), whole[rows, columns])


@pytest.mark.parametrize("space", SPACES)
def test_what_lies_under_full_transparency_does_not_matter(space: str) -> None:
    for shape in ((16, 16), (170, 170)):
        pixels = random_pixels(15, shape, 4)
        pixels[..., 3] = 0
        codebook = random_colors(16, 40, 4)
        codebook[:, 3] = np.maximum(codebook[:, 3], 30)
        labels = _core.map_nearest(pixels, codebook, space)
        assert len(np.unique(labels)) == 1
        codebook[31, 3] = 0
        assert (_core.map_nearest(pixels, codebook, space) == 31).all()


def test_the_arguments_are_left_as_they_were() -> None:
    pixels, codebook = random_pixels(17, (9, 9), 4), random_colors(18, 5, 4)
    before = pixels.copy(), codebook.copy()
    _core.map_nearest(pixels, codebook, "oklab")
    assert_array_equal(pixels, before[0])
    assert_array_equal(codebook, before[1])


def test_wrong_arrays_are_refused() -> None:
    pixels, codebook = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3), np.uint8)
    with pytest.raises(ValueError, match="3 or 4 channels, not 1"):
        _core.map_nearest(np.zeros((2, 2, 1), np.uint8), codebook, "srgb")
    with pytest.raises(ValueError, match="1 to 65536 codes, not 0"):
        _core.map_nearest(pixels, np.zeros((0, 3), np.uint8), "srgb")
    with pytest.raises(ValueError, match="1 to 65536 codes, not 65537"):
        _core.map_nearest(pixels, np.zeros((65537, 3), np.uint8), "srgb")
    with pytest.raises(ValueError, match="space"):
        _core.map_nearest(pixels, codebook, "xyz")


def test_a_picture_without_pixels_has_no_labels() -> None:
    labels = _core.map_nearest(np.empty((0, 4, 3), np.uint8), np.zeros((2, 3), np.uint8), "srgb")
    assert labels.shape == (0, 4)
