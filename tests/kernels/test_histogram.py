"""Laws of the histogram kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from cases import cases
from huepress import _core

Pixels = NDArray[np.uint8]
# one pixel, rows and columns of one, and sizes on both sides of every block of a kernel
SHAPES = [(1, 1), (1, 7), (7, 1), (3, 5), (255, 257), (256, 256), (512, 512)]
SHAPES += [pytest.param((1447, 1451), marks=pytest.mark.slow)]


def random_pixels(seed: int, shape: tuple[int, int], channels: int, levels: int = 256) -> Pixels:
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, levels, (*shape, channels), dtype=np.uint8)
    if channels == 4:
        alpha = generator.choice([0, 0, 255, 255, 255, 1, 127, 254], shape).astype(np.uint8)
        pixels[..., 3] = alpha
    return pixels


def expected(pixels: Pixels) -> tuple[Pixels, NDArray[np.uint64]]:
    rows = pixels.reshape(-1, pixels.shape[2]).copy()
    if rows.shape[1] == 4:
        rows[rows[:, 3] == 0] = 0
    weights = 256 ** np.arange(rows.shape[1] - 1, -1, -1)
    _, first, counts = np.unique(rows @ weights, return_index=True, return_counts=True)
    return rows[first], counts.astype(np.uint64)


def assert_same(result: tuple[NDArray[np.uint8], NDArray[np.uint64]], pixels: Pixels) -> None:
    colors, counts = expected(pixels)
    assert_array_equal(result[0], colors)
    assert_array_equal(result[1], counts)
    assert result[0].dtype == np.uint8
    assert result[1].dtype == np.uint64


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("levels", [2, 9, 256])
def test_it_counts_as_numpy_unique_does(shape: tuple[int, int], channels: int, levels: int) -> None:
    pixels = random_pixels(1, shape, channels, levels)
    assert_same(_core.histogram(pixels, threads=1), pixels)


@given(st.data())
@cases(60)
def test_any_small_picture_counts_as_numpy_unique_does(data: st.DataObject) -> None:
    channels = data.draw(st.sampled_from([3, 4]))
    height, width = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    level = st.sampled_from([0, 1, 7, 8, 127, 248, 254, 255])
    size = height * width * channels
    values = data.draw(st.lists(level, min_size=size, max_size=size))
    pixels = np.array(values, dtype=np.uint8).reshape(height, width, channels)
    assert_same(_core.histogram(pixels), pixels)


@pytest.mark.parametrize("reds", [1, 2, 256])
@pytest.mark.parametrize(
    "shape", [(31, 33), (32, 32), (300, 257), pytest.param((900, 801), marks=pytest.mark.slow)]
)
def test_many_translucent_colours_count_as_numpy_unique_does(
    reds: int, shape: tuple[int, int]
) -> None:
    pixels = np.random.default_rng(reds).integers(0, 256, (*shape, 4), dtype=np.uint8)
    pixels[..., 0] = pixels[..., 0] % np.uint16(reds)
    pixels[::7] = pixels[0, :1]
    for threads in (1, 3):
        assert_same(_core.histogram(pixels, threads=threads), pixels)


@pytest.mark.slow
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_the_number_of_threads_changes_nothing(channels: int, threads: int) -> None:
    pixels = random_pixels(2, (1447, 1451), channels, 64)
    assert_same(_core.histogram(pixels, threads=threads), pixels)


@pytest.mark.parametrize("channels", [3, 4])
def test_the_order_of_the_pixels_changes_nothing(channels: int) -> None:
    pixels = random_pixels(3, (300, 257), channels, 32)
    shuffled = np.random.default_rng(4).permutation(pixels.reshape(-1, channels))
    one = _core.histogram(pixels)
    other = _core.histogram(np.ascontiguousarray(shuffled.reshape(257, 300, channels)))
    assert_array_equal(one[0], other[0])
    assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("channels", [3, 4])
def test_merged_tiles_are_the_whole(channels: int) -> None:
    pixels = random_pixels(5, (130, 70), channels, 16)
    tiles = [
        _core.histogram(np.ascontiguousarray(pixels[y : y + 33, x : x + 17]))
        for y in range(0, 130, 33)
        for x in range(0, 70, 17)
    ]
    total = tiles[0]
    for tile in tiles[1:]:
        total = _core.merge_histograms(*total, *tile)
    assert_same(total, pixels)


def test_merging_with_nothing_changes_nothing() -> None:
    colors, counts = _core.histogram(random_pixels(6, (9, 9), 3))
    empty = (np.empty((0, 3), np.uint8), np.empty(0, np.uint64))
    for merged in (
        _core.merge_histograms(colors, counts, *empty),
        _core.merge_histograms(*empty, colors, counts),
    ):
        assert_array_equal(merged[0], colors)
        assert_array_equal(merged[1], counts)


def test_counts_beyond_32_bits_add_up() -> None:
    colors = np.array([[1, 2, 3]], dtype=np.uint8)
    counts = np.array([2**40], dtype=np.uint64)
    assert _core.merge_histograms(colors, counts, colors, counts)[1].tolist() == [2**41]


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("n", [254, 255, 256, 510, 511, 65536, 2**21 - 1, 2**21, 2**21 + 1020])
def test_one_colour_of_any_count_is_counted(n: int, channels: int) -> None:
    for color in ((200, 100, 50, 255), (0, 0, 0, 255), (9, 8, 7, 128), (5, 5, 5, 0)):
        pixels = np.empty((1, n, channels), dtype=np.uint8)
        pixels[:] = color[:channels]
        for threads in (1, 3):
            colors, counts = _core.histogram(pixels, threads=threads)
            assert counts.tolist() == [n]
            assert colors[0, :3].tolist() == (
                [0, 0, 0] if color == (5, 5, 5, 0) and channels == 4 else list(color[:3])
            )


def test_fully_transparent_pixels_are_one_colour_beside_opaque_black() -> None:
    pixels = np.array([[[9, 9, 9, 0], [1, 2, 3, 0], [0, 0, 0, 255], [0, 0, 0, 1]]], dtype=np.uint8)
    colors, counts = _core.histogram(pixels)
    assert colors.tolist() == [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 255]]
    assert counts.tolist() == [2, 1, 1]


def test_every_colour_there_is_comes_out_once() -> None:
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    pixels = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    pixels = np.ascontiguousarray(pixels.reshape(len(levels), -1, 3)[::-1])
    assert_same(_core.histogram(pixels), pixels)


def test_a_picture_without_pixels_has_no_colours() -> None:
    colors, counts = _core.histogram(np.empty((0, 4, 3), np.uint8))
    assert colors.shape == (0, 3)
    assert counts.shape == (0,)


def test_the_pixels_are_left_as_they_were() -> None:
    pixels = random_pixels(7, (20, 20), 4)
    before = pixels.copy()
    _core.histogram(pixels)
    assert_array_equal(pixels, before)


def test_wrong_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match="3 or 4 channels, not 2"):
        _core.histogram(np.zeros((2, 2, 2), np.uint8))
    with pytest.raises(TypeError):
        _core.histogram(np.zeros((2, 2, 3), np.float64))
    with pytest.raises(TypeError):
        _core.histogram(np.zeros((2, 4, 3), np.uint8)[:, ::2])
    colors, counts = np.zeros((1, 3), np.uint8), np.ones(1, np.uint64)
    with pytest.raises(ValueError, match="differ in channels"):
        _core.merge_histograms(colors, counts, np.zeros((1, 4), np.uint8), counts)
    with pytest.raises(ValueError, match="one entry a colour"):
        _core.merge_histograms(colors, counts, colors, np.ones(2, np.uint64))


@pytest.mark.parametrize("channels", [3, 4])
@given(seed=st.integers(0, 2**32 - 1), levels=st.sampled_from([2, 6, 256]))
def test_values_add_up_by_colour(channels: int, seed: int, levels: int) -> None:
    pixels = random_pixels(seed, (13, 17), channels, levels)
    values = np.random.default_rng(seed).integers(0, 65536, (13, 17)).astype(np.uint16)
    colors, _ = _core.histogram(pixels)
    shown = pixels.copy()
    if channels == 4:
        shown[shown[..., 3] == 0] = 0
    sums = [values[(shown == color).all(2)].sum(dtype=np.uint64) for color in colors]
    assert _core.sum_by_color(pixels, colors, values).tolist() == sums


def test_colours_that_are_not_asked_for_add_nothing() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    values = np.full((2, 2), 7, np.uint16)
    wanted = np.array([[9, 10, 11], [1, 1, 1]], np.uint8)
    assert _core.sum_by_color(pixels, wanted, values).tolist() == [7, 0]
