"""The accounting: formulas against NumPy, and figures that courses quote."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from huepress import Codebook, OptionError, distortion, fit, metrics
from huepress.mapping import nearest
from huepress.values.histogram import Histogram

pictures = hnp.arrays(np.uint8, (5, 7, 3))


@given(pictures, pictures)
def test_mse_and_psnr_are_what_numpy_computes(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> None:
    errors = (a.astype(float) - b) ** 2
    found = distortion(a, b)
    assert found.channel_mse == pytest.approx(errors.mean((0, 1)))
    assert found.mse == pytest.approx(errors.sum(2).mean())
    if errors.any():
        assert found.psnr == pytest.approx(10 * math.log10(255**2 / errors.mean()))


@given(pictures, st.integers(1, 9))
def test_an_indexed_image_is_measured_as_what_it_decodes_to(
    pixels: NDArray[np.uint8], k: int
) -> None:
    indexed = nearest(pixels, fit(Histogram.of(pixels), k).codebook)
    assert distortion(pixels, indexed) == distortion(pixels, indexed.decode())


def test_equal_pictures_have_no_error_and_infinite_psnr() -> None:
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    found = distortion(pixels, pixels)
    assert found.mse == 0
    assert math.isinf(found.psnr)


def test_the_colour_under_full_transparency_does_not_count() -> None:
    a, b = np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2, 4), np.uint8)
    a[..., :3] = 200
    assert distortion(a, b).mse == 0


def test_an_opaque_picture_can_be_compared_with_one_that_has_alpha() -> None:
    opaque = np.full((2, 2, 3), 8, np.uint8)
    half = np.dstack([opaque, np.full((2, 2), 155, np.uint8)])
    assert distortion(opaque, half).channel_mse == (0, 0, 0, 10000)
    indexed = nearest(half, Codebook(np.array([[8, 8, 8]], np.uint8)))
    assert distortion(half, indexed).channel_mse == (0, 0, 0, 10000)


def test_pictures_of_different_size_are_not_compared() -> None:
    with pytest.raises(OptionError, match="3×2 and 2×3 pixels"):
        distortion(np.zeros((2, 3, 3), np.uint8), np.zeros((3, 2, 3), np.uint8))


def test_the_farthest_colours_come_first() -> None:
    # Colours close together, where the frequent one that stands for them is not the farthest.
    random = np.random.default_rng(0)
    crowds = random.integers(0, 256, (40, 1, 3)) + random.integers(-3, 4, (40, 12, 3))
    rows = crowds.clip(0, 255).astype(np.uint8).reshape(-1, 3)
    pixels = np.repeat(rows, random.integers(1, 9, len(rows)), axis=0)[None]
    black = Codebook.from_hex(["#000"])
    for most in (3, 8, 20):
        differences = [moved.difference for moved in metrics.moved_colors(pixels, black, most)]
        assert differences == sorted(differences, reverse=True)


def test_a_moved_colour_goes_where_the_mapping_takes_it() -> None:
    pixels = np.array([[[200, 0, 0, 255], [0, 0, 0, 0]]], np.uint8)
    codebook = Codebook(np.array([[0, 0, 0, 0], [200, 0, 0, 250], [0, 0, 200, 255]], np.uint8))
    moved = metrics.moved_colors(pixels, codebook)
    assert moved[0].code == "#0000c8"
    nearly = Codebook(np.array([[200, 0, 0, 254]], np.uint8))
    assert metrics.moved_colors(pixels[:, :1], nearly)[0].difference < 0.005


def test_softness_counts_what_is_neither_opaque_nor_clear() -> None:
    random = np.random.default_rng(1)
    one, other = random.choice(np.array([0, 1, 99, 254, 255], np.uint8), (2, 30, 40, 4))
    soft, still = ((p[..., 3] > 0) & (p[..., 3] < 255) for p in (one, other))
    assert metrics.softness(one, other) == pytest.approx(still[soft].mean())
    assert metrics.softness(one, one) == metrics.softness(one[..., :3], other) == 1
    assert metrics.softness(one, other[..., :3]) == 0


@pytest.mark.slow
def test_the_storage_table_of_the_china_lesson() -> None:
    from sklearn.datasets import load_sample_image

    china = load_sample_image("china.jpg")
    height, width, _ = china.shape
    assert (height, width) == (427, 640)
    assert metrics.raw_bits(height * width) / 8 / 1024 == 800.625
    assert metrics.stored_bytes(height * width, 128) / 1024 == 269.875


def test_the_bit_arithmetic_of_the_sixteen_colour_lesson() -> None:
    assert metrics.raw_bits(128 * 128) == 393_216
    assert metrics.indexed_bits(128 * 128, 16) == 65_920


@given(hnp.arrays(np.uint64, st.integers(1, 20), elements=st.integers(0, 1000)))
def test_entropy_lies_between_none_and_the_fixed_length(counts: NDArray[np.uint64]) -> None:
    total = int(counts.sum())
    found = metrics.entropy_bits(counts)
    assert 0 <= found <= total * math.log2(len(counts)) * (1 + 1e-12) + 1e-9


def test_the_entropy_of_equal_shares_is_the_fixed_length() -> None:
    assert metrics.entropy_bits(np.full(16, 1024)) == 128 * 128 * 4
