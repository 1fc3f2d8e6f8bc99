"""Laws of the labels that are chosen together with the phrases of GIF's LZW."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from huepress import _core

UNIT = 4096


@st.composite
def scenes(draw):
    """Small images of few repeating colours, a codebook and a mask."""
    channels = draw(st.sampled_from([3, 4]))
    height, width = draw(st.integers(1, 30)), draw(st.integers(1, 70))
    colors = draw(hnp.arrays(np.uint8, (draw(st.integers(1, 12)), channels)))
    picks = draw(hnp.arrays(np.uint8, (height, width), elements=st.integers(0, len(colors) - 1)))
    k = draw(st.sampled_from([1, 2, 5, 16, 17, 256]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    codebook = rng.integers(0, 256, (k, channels), np.uint8)
    if channels == 4:
        colors[:, 3] = rng.choice([0, 255], len(colors))
        codebook[:, 3] = rng.choice([0, 255], k)
    mask = np.random.default_rng(k).integers(0, 2 * UNIT, (height, width, 2), np.uint16)
    return np.ascontiguousarray(colors[picks]), codebook, mask


def picture(height=160, width=233):
    """A soft gradient with texture and a few straight strokes."""
    y, x = np.mgrid[0:height, 0:width]
    wave = 128 + 60 * np.sin(x / 17) + 50 * np.cos(y / 11)
    noise = np.random.default_rng(0).normal(0, 6, (height, width, 3))
    pixels = (wave[..., None] + noise + [0, 20, 40]).clip(0, 255).astype(np.uint8)
    pixels[height // 2 : height // 2 + 2, 10:-10] = 250
    return pixels


def some_codebook(pixels, k):
    colors = pixels.reshape(-1, pixels.shape[2])
    return np.ascontiguousarray(colors[:: len(colors) // k][:k])


def flat_mask(pixels):
    return np.full((*pixels.shape[:2], 2), UNIT, np.uint16)


def mapped(pixels, codebook, mask, lam, **options):
    return _core.rate_aware_lzw(pixels, codebook, "oklab", mask, lam, **options)[0]


def size(labels):
    return len(_core.lzw(labels, effort="normal"))


def distances(pixels, codebook):
    points = _core.embed(pixels.reshape(-1, pixels.shape[2]), "oklab").astype(np.int64)
    codes = _core.embed(codebook, "oklab").astype(np.int64)
    return ((points[:, None] - codes[None]) ** 2).sum(-1)


@settings(deadline=None)
@given(scenes(), st.integers(1, 1 << 17), st.integers(0, 256), st.sampled_from([1, 3, 64]))
def test_labels_are_below_the_number_of_codes_and_clear_pixels_stay_clear(
    scene, lam, feedback, beam
):
    pixels, codebook, mask = scene
    labels = mapped(pixels, codebook, mask, lam, feedback=feedback, beam=beam)
    assert labels.shape == pixels.shape[:2]
    assert labels.max() < len(codebook)
    for alpha in (0, 255) if codebook.shape[1] == 4 else ():
        if (codebook[:, 3] == alpha).any():
            assert (codebook[labels, 3] == alpha)[pixels[..., 3] == alpha].all()


@settings(deadline=None)
@given(scenes(), st.integers(1, 65536), st.integers(0, 256), st.integers(0, 256))
def test_the_portable_bodies_choose_the_same_labels(scene, lam, feedback, dither):
    pixels, codebook, mask = scene
    fast, portable = (
        mapped(pixels, codebook, mask, lam, feedback=feedback, dither=dither, portable=which)
        for which in (False, True)
    )
    assert (fast == portable).all()


@settings(deadline=None)
@given(scenes(), st.integers(1, 65536), st.integers(0, 1 << 28))
def test_no_pixel_lies_further_from_its_code_than_the_cap_allows(scene, lam, cap):
    pixels, codebook, mask = scene
    pixels, codebook = (np.ascontiguousarray(a[..., :3]) for a in (pixels, codebook))
    labels = mapped(pixels, codebook, mask, lam, cap=cap)
    away = distances(pixels, codebook)
    chosen = np.take_along_axis(away, labels.reshape(-1, 1).astype(int), 1)[:, 0]
    weight = np.maximum(mask[..., 0].ravel().astype(np.int64), 1)
    assert ((chosen - away.min(1)) * weight**2 <= cap * 4096**2).all()


@pytest.mark.slow
def test_dearer_bits_make_fewer_bytes_and_more_distortion():
    pixels = picture()
    codebook, mask = some_codebook(pixels, 128), flat_mask(pixels)
    away, sizes, errors = distances(pixels, codebook), [], []
    for lam in (1, 500, 2000, 8000, 32000):
        labels = mapped(pixels, codebook, mask, lam)
        sizes.append(size(labels))
        errors.append(np.take_along_axis(away, labels.reshape(-1, 1).astype(int), 1).sum())
    assert sizes == sorted(sizes, reverse=True)
    assert errors == sorted(errors)
    assert sizes[-1] < 0.6 * sizes[0]


@pytest.mark.slow
@pytest.mark.parametrize("lam", [4000, 16000])
def test_bytes_and_distortion_cost_less_than_those_of_labels_chosen_for_deflate(lam):
    pixels = picture()
    codebook, mask = some_codebook(pixels, 128), flat_mask(pixels)
    away = distances(pixels, codebook)
    least = away.min(1).sum()
    costs = []
    for kernel in (_core.rate_aware_lzw, _core.rate_aware):
        labels, _ = kernel(pixels, codebook, "oklab", mask, lam)
        errors = np.take_along_axis(away, labels.reshape(-1, 1).astype(int), 1).sum() - least
        costs.append(errors + 8 * lam * size(labels))
    assert costs[0] < 0.95 * costs[1]


@pytest.mark.slow
def test_the_writer_finds_the_phrases_again():
    pixels = picture(400)
    codebook, mask = some_codebook(pixels, 200), _core.masking(pixels, threads=1)
    for lam in (50, 1000, 10000):
        for feedback in (0, 144):
            labels, expected = _core.rate_aware_lzw(
                pixels, codebook, "oklab", mask, lam, feedback=feedback
            )
            written = size(labels)
            blocks = written // 256 + 4
            # Where bits are worth little, it knows better when to clear.
            assert 0.99 * written <= expected + blocks <= 1.1 * written


def test_a_repeating_pattern_is_mapped_without_loss():
    tile = np.random.default_rng(1).integers(0, 256, (1, 16, 3), np.uint8)
    pixels = np.ascontiguousarray(np.tile(tile, (90, 12, 1)))
    codebook = np.unique(tile.reshape(-1, 3), axis=0)
    labels = mapped(pixels, codebook, flat_mask(pixels), 500)
    assert (codebook[labels] == pixels).mean() > 0.99


def test_feedback_brings_the_mean_colour_back():
    pixels = np.full((64, 64, 3), 128, np.uint8)
    codebook = np.array([[120] * 3, [140] * 3], np.uint8)
    plain, fed = (
        codebook[mapped(pixels, codebook, flat_mask(pixels), 1, feedback=f)].mean()
        for f in (0, 256)
    )
    assert abs(fed - 128) < 2 < abs(plain - 128)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (9, 7), (400, 1), (3, 8), (2, 20000)])
def test_every_shape_is_mapped(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    codebook = np.random.default_rng(1).integers(0, 256, (16, 3), np.uint8)
    labels = mapped(pixels, codebook, flat_mask(pixels), 2000)
    assert labels.shape == shape
    assert labels.max() < 16


def test_empty_images_have_no_labels():
    codebook = np.zeros((1, 3), np.uint8)
    for shape in ((0, 5), (5, 0)):
        pixels, mask = np.zeros((*shape, 3), np.uint8), np.zeros((*shape, 2), np.uint16)
        assert mapped(pixels, codebook, mask, 100).shape == shape


def test_the_labels_are_the_same_on_every_machine():
    pixels = (np.arange(90 * 131 * 3) ** 2 // 97 % 251).astype(np.uint8).reshape(90, 131, 3)
    labels = mapped(pixels, some_codebook(pixels, 90), flat_mask(pixels), 3000, feedback=144)
    assert hashlib.sha256(labels.tobytes()).hexdigest()[:16] == "b634dad0893e89f0"


@pytest.mark.parametrize("wrong", [{"lam": 0}, {"beam": 0}, {"beam": 5000}, {"feedback": 257}])
def test_what_is_out_of_range_is_refused(wrong):
    pixels = picture(8, 8)
    with pytest.raises(ValueError, match="must be"):
        mapped(pixels, pixels[0], flat_mask(pixels), **{"lam": 5, **wrong})
