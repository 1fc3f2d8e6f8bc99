"""Laws of the masking map: how much each pixel's error counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cases import cases
from huepress import _core

UNIT = 4096
PIXELS = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 70), st.integers(1, 20), st.sampled_from([3, 4])),
)


def views(pixels):
    """Lightness on black and on white, and chroma, in 4080ths, rounded towards zero."""
    height, width, channels = pixels.shape
    points = _core.embed(pixels.reshape(-1, channels), "oklab", gaps=False).astype(np.int64)
    points = np.sign(points) * (np.abs(points) // 4)
    light, a, b, alpha = np.moveaxis(points.reshape(height, width, 4), 2, 0)
    if channels == 3:
        return [[light]], [a, b]
    return [[light + alpha - 2040], [light - alpha + 2040]], [a, b]


def about_a_plane(seen, kernel):
    """Sums of squares about the mean, and what the best plane explains, times the kernel's sum."""
    size = len(kernel)
    total = kernel.sum()
    about_mean = total * (seen**2 * kernel).sum((-1, -2)) - (seen * kernel).sum((-1, -2)) ** 2
    x = 2 * np.arange(size) - (size - 1)  # half pixels
    across = (seen * kernel * x).sum((-1, -2)).astype(np.float64)
    down = (seen * kernel * x[:, None]).sum((-1, -2)).astype(np.float64)
    spread = (kernel * x**2).sum() / total
    return about_mean, (across**2 + down**2) * (1 / spread)


def weight(planes, c, one, explained):
    height, width = planes[0].shape
    tent = np.convolve(np.ones(7, np.int64), np.ones(7, np.int64))
    wide, corner = 0, 0
    for plane in planes:
        padded = np.pad(plane, 6, mode="edge")
        seen = np.lib.stride_tricks.sliding_window_view(padded, (13, 13))
        about_mean, by_plane = about_a_plane(seen, np.outer(tent, tent))
        wide += about_mean - explained * by_plane
        seen = np.lib.stride_tricks.sliding_window_view(padded[3:-3, 3:-3], (4, 4))
        about_mean, by_plane = about_a_plane(seen, np.ones((4, 4), np.int64))
        corner += about_mean - np.trunc(explained * by_plane)
    calm = np.minimum.reduce(
        [corner[i : i + height, j : j + width] for i in (0, 3) for j in (0, 3)]
    )
    product = (wide * (2.0 / 49**4) + c) * (calm * (2.0 / 256.0) + c)
    return np.floor(one * c / np.sqrt(product) + 0.5).clip(1).astype(np.uint16)


def oracle(pixels, slopes):
    lights, chroma = views(pixels)
    squared_unit = 4080.0 * 4080.0
    explained = (256 - slopes) / 256
    light = np.maximum.reduce([weight(v, 0.00045 * squared_unit, UNIT, explained) for v in lights])
    chroma = weight(chroma, 0.000075 * squared_unit, UNIT, 0)
    return np.stack([light, chroma], -1)


@settings(deadline=None)
@given(PIXELS, st.sampled_from([0, 64, 128, 256]))
def test_weights_are_those_of_the_written_definition(pixels, slopes):
    assert (_core.masking(pixels, slopes=slopes, threads=1) == oracle(pixels, slopes)).all()


def waves(height, width, channels):
    rng = np.random.default_rng(width)
    slope = np.add.outer(np.arange(height), np.arange(width))[..., None] // 3
    return (slope + rng.integers(0, 40, (height, width, channels))).astype(np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 4095), (2, 4096), (3, 4097), (1, 8200)])
def test_wide_pictures_are_weighed_by_strips_that_no_weight_shows(height, width, channels):
    pixels = waves(height, width, channels)
    assert (_core.masking(pixels, threads=2) == oracle(pixels, 0)).all()


def test_a_part_has_the_weights_of_the_whole_but_near_its_borders():
    pixels = waves(200, 4200, 3)
    whole = _core.masking(pixels, threads=2)
    for y, x in [(50, 4000), (110, 0), (0, 4100)]:
        part = np.ascontiguousarray(pixels[y : y + 80, x : x + 190])
        inner = np.s_[6:-6, 6:-6]
        assert (
            _core.masking(part, threads=1)[inner] == whole[y : y + 80, x : x + 190][inner]
        ).all()


@cases(20)
@given(PIXELS, st.integers(2, 5))
def test_threads_change_no_weight(pixels, threads):
    tall = np.ascontiguousarray(np.tile(pixels, (3, 1, 1)))
    assert (_core.masking(tall, threads=threads) == _core.masking(tall, threads=1)).all()


@cases(20)
@given(PIXELS)
def test_a_mirrored_image_has_the_mirrored_weights(pixels):
    mirrored = np.ascontiguousarray(pixels[::-1, ::-1])
    assert (
        _core.masking(mirrored, threads=1)[::-1, ::-1] == _core.masking(pixels, threads=1)
    ).all()


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (10, 200, 30), (9, 8, 7, 6)])
def test_on_a_flat_ground_every_error_counts_in_full(color):
    pixels = np.full((40, 50, len(color)), color, np.uint8)
    assert (_core.masking(pixels, threads=1) == (UNIT, UNIT)).all()


def test_on_a_slope_every_error_counts_nearly_in_full():
    y, x = np.mgrid[:64, :80]
    for pixels in (x * 3, y * 2 + x, 255 - 3 * x):
        slope = np.repeat(pixels[..., None], 3, axis=2).astype(np.uint8)
        inner = _core.masking(slope, threads=1)[8:-8, 8:-8, 0]
        assert np.median(inner) > 0.9 * UNIT


def test_contrast_masks_errors():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (64, 64, 1), np.uint8).repeat(3, axis=2)
    faint = (noise // 16) + np.uint8(100)
    weights = [np.median(_core.masking(p, threads=1)[..., 0]) for p in (noise, faint)]
    assert weights[0] < 0.05 * UNIT < weights[1] < UNIT


def test_lightness_does_not_mask_chroma():
    # Grey noise: chroma errors would show as they do on plain grey.
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (64, 64, 1), np.uint8).repeat(3, axis=2)
    assert np.median(_core.masking(grey, threads=1)[..., 1]) > 0.95 * UNIT


def test_the_plain_ground_beside_a_line_hides_less_than_texture_of_its_contrast():
    rng = np.random.default_rng(0)
    texture = np.where(rng.random((64, 64, 1)) < 0.5, 0, 255).astype(np.uint8).repeat(3, axis=2)
    line = np.full((64, 64, 3), 255, np.uint8)
    line[:, 32] = 0
    beside = _core.masking(line, threads=1)[:, [30, 34], 0]
    assert beside.min() > 10 * np.median(_core.masking(texture, threads=1)[..., 0])


def test_under_alpha_the_background_that_shows_more_counts():
    # White of varying alpha is seen on black only, black on white only; both must count.
    rng = np.random.default_rng(0)
    alpha = rng.integers(0, 256, (48, 48, 1), np.uint8)
    white = np.concatenate([np.full((48, 48, 3), 255, np.uint8), alpha], axis=2)
    black = np.concatenate([np.zeros((48, 48, 3), np.uint8), alpha], axis=2)
    for pixels in (white, black):
        assert np.median(_core.masking(pixels, threads=1)[..., 0]) == UNIT


def test_an_empty_image_has_an_empty_mask():
    for shape in ((0, 5, 3), (5, 0, 4)):
        assert _core.masking(np.zeros(shape, np.uint8), threads=1).shape == (*shape[:2], 2)


def test_pixels_of_other_channel_counts_are_refused():
    with pytest.raises(ValueError, match="3 or 4 channels"):
        _core.masking(np.zeros((4, 4, 2), np.uint8), threads=1)
