"""Laws of the masking map: how much each pixel's error counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from huepress import _core

UNIT = 4096
PIXELS = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 70), st.integers(1, 20), st.sampled_from([3, 4])),
)


def lightness(pixels):
    """Lightness on black and on white in 4080ths, as the kernel rounds it (towards zero)."""
    height, width, channels = pixels.shape
    points = _core.embed(pixels.reshape(-1, channels), "oklab").astype(np.int64)
    points = points.reshape(height, width, 4)
    if channels == 3:
        planes = [points[..., 0]]
    else:
        planes = [
            points[..., 0] + points[..., 3] - 8160,
            points[..., 0] - points[..., 3] + 8160,
        ]
    return [np.sign(plane) * (np.abs(plane) // 4) for plane in planes]


def oracle(pixels):
    weights = []
    height, width = pixels.shape[:2]
    tent = np.convolve(np.ones(7, np.int64), np.ones(7, np.int64))
    c = 0.00045 * 4080.0 * 4080.0
    for light in lightness(pixels):
        padded = np.pad(light, 6, mode="edge")
        wide = np.lib.stride_tricks.sliding_window_view(padded, (13, 13))
        kernel = np.outer(tent, tent)
        wide = 49 * 49 * (wide**2 * kernel).sum((-1, -2)) - (wide * kernel).sum((-1, -2)) ** 2
        corner = np.lib.stride_tricks.sliding_window_view(padded[3:-3, 3:-3], (4, 4))
        corner = 16 * (corner**2).sum((-1, -2)) - corner.sum((-1, -2)) ** 2
        calm = np.minimum.reduce(
            [corner[i : i + height, j : j + width] for i in (0, 3) for j in (0, 3)]
        )
        product = (wide * (2.0 / 49**4) + c) * (calm * (2.0 / 256.0) + c)
        weights.append(np.floor(UNIT * c / np.sqrt(product) + 0.5).clip(1))
    return np.maximum.reduce(weights).astype(np.uint16)


@settings(deadline=None)
@given(PIXELS)
def test_weights_are_those_of_the_written_definition(pixels):
    assert (_core.masking(pixels, threads=1) == oracle(pixels)).all()


@settings(deadline=None, max_examples=20)
@given(PIXELS, st.integers(2, 5))
def test_threads_change_no_weight(pixels, threads):
    tall = np.ascontiguousarray(np.tile(pixels, (3, 1, 1)))
    assert (_core.masking(tall, threads=threads) == _core.masking(tall, threads=1)).all()


@settings(deadline=None, max_examples=20)
@given(PIXELS)
def test_a_mirrored_image_has_the_mirrored_weights(pixels):
    mirrored = np.ascontiguousarray(pixels[::-1, ::-1])
    assert (
        _core.masking(mirrored, threads=1)[::-1, ::-1] == _core.masking(pixels, threads=1)
    ).all()


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (10, 200, 30), (9, 8, 7, 6)])
def test_on_a_flat_ground_every_error_counts_in_full(color):
    pixels = np.full((40, 50, len(color)), color, np.uint8)
    assert (_core.masking(pixels, threads=1) == UNIT).all()


def test_contrast_masks_errors():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (64, 64, 1), np.uint8).repeat(3, axis=2)
    faint = (noise // 16) + np.uint8(100)
    weights = [np.median(_core.masking(p, threads=1)) for p in (noise, faint)]
    assert weights[0] < 0.05 * UNIT < weights[1] < UNIT


def test_the_plain_ground_beside_a_line_hides_less_than_texture_of_its_contrast():
    rng = np.random.default_rng(0)
    texture = np.where(rng.random((64, 64, 1)) < 0.5, 0, 255).astype(np.uint8).repeat(3, axis=2)
    line = np.full((64, 64, 3), 255, np.uint8)
    line[:, 32] = 0
    beside = _core.masking(line, threads=1)[:, [30, 34]]
    assert beside.min() > 10 * np.median(_core.masking(texture, threads=1))


def test_under_alpha_the_background_that_shows_more_counts():
    # White of varying alpha is seen on black only, black on white only; both must count.
    rng = np.random.default_rng(0)
    alpha = rng.integers(0, 256, (48, 48, 1), np.uint8)
    white = np.concatenate([np.full((48, 48, 3), 255, np.uint8), alpha], axis=2)
    black = np.concatenate([np.zeros((48, 48, 3), np.uint8), alpha], axis=2)
    for pixels in (white, black):
        assert np.median(_core.masking(pixels, threads=1)) == UNIT


def test_an_empty_image_has_an_empty_mask():
    for shape in ((0, 5, 3), (5, 0, 4)):
        assert _core.masking(np.zeros(shape, np.uint8), threads=1).shape == shape[:2]


def test_pixels_of_other_channel_counts_are_refused():
    with pytest.raises(ValueError, match="3 or 4 channels"):
        _core.masking(np.zeros((4, 4, 2), np.uint8), threads=1)
