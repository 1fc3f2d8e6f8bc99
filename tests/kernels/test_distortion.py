"""Laws of the squared errors and of the label counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from huepress import _core

SHAPES = [(1, 1), (1, 9), (9, 1), (255, 257), (256, 256), (257, 511)]


def random_pixels(seed: int, shape: tuple[int, int], channels: int) -> NDArray[np.uint8]:
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (*shape, channels), dtype=np.uint8)
    if channels == 4:
        pixels[..., 3] = generator.choice([0, 1, 128, 255], shape)
    return pixels


def expected(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.int64]:
    squares: NDArray[np.int64] = (a.astype(np.int64) - b) ** 2
    if a.shape[2] == 4:
        squares[(a[..., 3] == 0) & (b[..., 3] == 0)] = 0
    return squares.sum(axis=(0, 1))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_the_sums_are_numpys(shape: tuple[int, int], channels: int, threads: int) -> None:
    a, b = random_pixels(1, shape, channels), random_pixels(2, shape, channels)
    assert_array_equal(_core.squared_error(a, b, threads=threads), expected(a, b))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("k", "dtype"), [(1, np.uint8), (200, np.uint8), (300, np.uint16)])
@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_labels_stand_for_their_codes(
    shape: tuple[int, int], channels: int, k: int, dtype: Any, threads: int
) -> None:
    pixels = random_pixels(3, shape, channels)
    codebook = random_pixels(4, (k, 1), channels).reshape(k, channels)
    labels = np.random.default_rng(5).integers(0, k, shape).astype(dtype)
    assert_array_equal(
        _core.indexed_squared_error(pixels, codebook, labels, threads=threads),
        expected(pixels, codebook[labels]),
    )


def test_the_greatest_possible_error_does_not_overflow() -> None:
    black = np.zeros((1024, 1024, 3), np.uint8)
    white = np.full_like(black, 255)
    assert _core.squared_error(black, white).tolist() == [255**2 * 1024**2] * 3
    labels = np.zeros((1024, 1024), np.uint8)
    sums = _core.indexed_squared_error(black, np.full((1, 3), 255, np.uint8), labels)
    assert sums.tolist() == [255**2 * 1024**2] * 3


def test_what_lies_under_full_transparency_is_no_error() -> None:
    a = np.array([[[10, 20, 30, 0], [10, 20, 30, 0], [10, 20, 30, 1]]], np.uint8)
    b = np.array([[[40, 50, 60, 0], [10, 20, 40, 2], [10, 20, 30, 0]]], np.uint8)
    assert _core.squared_error(a, b).tolist() == [0, 0, 100, 5]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("n", [1, 3, 4, 5, 1000])
def test_labels_are_counted_as_bincount_does(dtype: Any, n: int) -> None:
    labels = np.random.default_rng(n).integers(0, 200, (1, n)).astype(dtype)
    counts = _core.label_counts(labels, 300)
    assert_array_equal(counts, np.bincount(labels[0], minlength=300))
    assert counts.dtype == np.uint64


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_label_beyond_the_codebook_is_refused(dtype: Any) -> None:
    labels = np.array([[0, 1, 2, 1]], dtype)
    assert _core.label_counts(labels, 3).tolist() == [1, 2, 1]
    with pytest.raises(ValueError, match="below k=2"):
        _core.label_counts(labels, 2)
    with pytest.raises(ValueError, match="below k=2"):
        _core.indexed_squared_error(
            np.zeros((1, 4, 3), np.uint8), np.zeros((2, 3), np.uint8), labels
        )


def test_shapes_that_do_not_fit_are_refused() -> None:
    a = np.zeros((2, 3, 3), np.uint8)
    with pytest.raises(ValueError, match="differ in shape"):
        _core.squared_error(a, np.zeros((3, 2, 3), np.uint8))
    with pytest.raises(ValueError, match="differ in channels"):
        _core.indexed_squared_error(a, np.zeros((2, 4), np.uint8), np.zeros((2, 3), np.uint8))
    with pytest.raises(ValueError, match="differ in shape"):
        _core.indexed_squared_error(a, np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8))
