"""The mappings, as the library gives them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from huepress import (
    Codebook,
    Image,
    OptionError,
    error_diffusion,
    fit,
    nearest,
    ordered,
    rate_aware,
)
from huepress.colorspace import SPACES, embed
from huepress.formats.png import quick_size
from huepress.values.histogram import Histogram

MAPPINGS = [nearest, error_diffusion, ordered]
greys = Codebook.from_hex(["#000", "#fff"])


@given(
    hnp.arrays(np.uint8, (6, 5, 4), elements=st.sampled_from([0, 3, 128, 252, 255])),
    hnp.arrays(np.uint8, (9, 4), elements=st.sampled_from([0, 3, 128, 252, 255])),
    st.sampled_from(SPACES),
)
def test_nearest_is_the_argmin_over_all_codes_that_are_as_opaque(
    pixels: NDArray[np.uint8], colors: NDArray[np.uint8], space: str
) -> None:
    colors[colors[:, 3] == 0] = 0
    codebook = Codebook(np.unique(colors, axis=0))
    points = embed(pixels.reshape(-1, 4), space).astype(np.int64)
    codes = embed(codebook.colors, space).astype(np.int64)
    distances = ((points[:, None] - codes) ** 2).sum(-1)
    solid = codebook.colors[:, 3] == 255
    if solid.any():
        distances[np.ix_(pixels.reshape(-1, 4)[:, 3] == 255, ~solid)] = 2**30
    own = (pixels.reshape(-1, 1, 4) == codebook.colors).all(2)
    oracle = (2 * distances - own).argmin(1).reshape(6, 5)
    assert np.array_equal(nearest(pixels, codebook, space=space).labels, oracle)


@pytest.mark.parametrize("mapping", MAPPINGS)
@given(pixels=hnp.arrays(np.uint8, (5, 5, 3)))
def test_a_picture_of_codes_maps_to_itself(mapping: object, pixels: NDArray[np.uint8]) -> None:
    codebook = Codebook(np.unique(pixels.reshape(-1, 3), axis=0))
    assert np.array_equal(mapping(pixels, codebook).decode(), pixels)


@pytest.mark.parametrize("mapping", [nearest, ordered])
@given(pixels=hnp.arrays(np.uint8, (5, 5, 4), elements=st.sampled_from([1, 2, 3, 200])))
def test_colours_of_faint_alpha_are_told_apart(mapping: object, pixels: NDArray[np.uint8]) -> None:
    codebook = Codebook(np.unique(pixels.reshape(-1, 4), axis=0)[::-1])
    assert np.array_equal(mapping(pixels, codebook).decode(), pixels)


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_images_and_arrays_map_alike_and_stay_as_they_are(mapping: object) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    before = pixels.copy()
    assert mapping(pixels, greys) == mapping(Image.read(pixels), greys)
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("mapping", [error_diffusion, ordered])
@pytest.mark.parametrize("level", [64, 128, 192])
def test_dithering_keeps_the_mean_of_a_flat_grey(mapping: object, level: int) -> None:
    grey = np.full((64, 64, 3), level, np.uint8)
    mean = mapping(grey, greys, space="srgb").decode().mean()
    assert abs(mean - level) < 3


def flat_art_with_glows() -> NDArray[np.uint8]:
    """Two flat shapes on grey, an orange and a blue glow: most codes lie along two lines."""
    y, x = np.mgrid[:360, :480]
    pixels = np.full((360, 480, 3), 198.0)
    pixels[40:160, 40:200] = 255, 220, 50
    pixels[200:320, 40:200] = 21, 110, 60
    for centre, radius, color in (((180, 340), 165, (240, 85, 28)), ((60, 420), 85, (60, 95, 240))):
        glow = np.clip(1.25 * (1 - np.hypot(y - centre[0], x - centre[1]) / radius), 0, 1)[
            ..., None
        ]
        pixels += glow * (np.array(color) - pixels)
    return np.rint(pixels).astype(np.uint8)


@pytest.mark.parametrize("k", [9, 12, 20])
def test_no_dots_of_a_far_colour_are_strewn_into_a_glow(k: int) -> None:
    pixels = flat_art_with_glows()
    for space in ("oklab", "srgb"):
        codebook = fit(Histogram.of(pixels), k, space=space).codebook
        decoded = error_diffusion(pixels, codebook, space=space).decode().astype(int)
        far = np.abs(decoded - pixels).max(axis=2) > 100
        assert far.sum() == 0


def test_a_rate_of_zero_is_nearest_and_higher_ones_take_fewer_bytes() -> None:
    rng = np.random.default_rng(0)
    ramp = np.linspace(40, 200, 120)[None, :, None] + rng.normal(0, 8, (90, 120, 3))
    pixels = np.clip(ramp, 0, 255).astype(np.uint8)
    codebook = fit(Histogram.of(pixels), 32).codebook
    labels = [rate_aware(pixels, codebook, rate=rate) for rate in (0, 500, 3000, 20000)]
    assert labels[0] == nearest(pixels, codebook)
    sizes = [quick_size(indexed) for indexed in labels]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 0.5 * sizes[0]


def test_a_rate_of_zero_does_not_weigh_errors() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    codebook = fit(Histogram.of(noise), 16).codebook
    assert rate_aware(noise, codebook, rate=0) == nearest(noise, codebook)
    assert rate_aware(noise, codebook, rate=1) != nearest(noise, codebook)


def test_rate_aware_labels_know_transparency() -> None:
    pixels = np.zeros((20, 30, 4), np.uint8)
    pixels[5:15, 5:25] = [200, 30, 40, 255]
    codebook = Codebook(np.array([[0, 0, 0, 0], [200, 30, 40, 255]], np.uint8))
    assert np.array_equal(rate_aware(pixels, codebook, rate=5000).decode(), pixels)


@pytest.mark.parametrize(
    ("options", "says"),
    [({"rate": -1}, "use 0 to 131072"), ({"rate": 9, "feedback": 2.0}, "use 0 to 1")],
)
def test_rates_out_of_range_are_refused(options: dict, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        rate_aware(np.zeros((2, 2, 3), np.uint8), greys, **options)


def test_rate_aware_labels_are_of_at_most_256_codes() -> None:
    many = Codebook(
        np.stack([np.arange(300) // 256, np.arange(300) % 256, np.zeros(300)], 1).astype(np.uint8)
    )
    with pytest.raises(OptionError, match="300 codes exceed"):
        rate_aware(np.zeros((2, 2, 3), np.uint8), many, rate=100)


def test_diffusion_of_strength_zero_is_nearest() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    assert error_diffusion(pixels, greys, strength=0) == nearest(pixels, greys)


@pytest.mark.parametrize("strength", [-0.1, 1.1])
def test_a_strength_out_of_range_is_refused(strength: float) -> None:
    with pytest.raises(OptionError, match=f"strength {strength} is out of range; use 0 to 1"):
        error_diffusion(np.zeros((1, 1, 3), np.uint8), greys, strength=strength)


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize(
    "pixels", [np.zeros((2, 2)), np.zeros((2, 2, 3)), np.zeros((4, 3), np.uint8)]
)
def test_what_is_not_pixels_is_refused(mapping: object, pixels: NDArray) -> None:
    with pytest.raises(OptionError, match=r"give \(h, w, 3\) or \(h, w, 4\) uint8"):
        mapping(pixels, greys)


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_fully_transparent_pixels_get_the_transparent_code(mapping: object) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (32, 32, 4), dtype=np.uint8)
    pixels[8:20, 5:30, 3] = 0
    codebook = Codebook(np.array([[0, 0, 0, 0], [0, 0, 0, 255], [255, 255, 255, 255]], np.uint8))
    assert (mapping(pixels, codebook).labels[8:20, 5:30] == 0).all()
