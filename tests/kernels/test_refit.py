"""Laws of refitting a codebook to labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huepress import _core

SPACES = ["oklab", "srgb", "linear"]


@st.composite
def scenes(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    channels, k = draw(st.sampled_from([3, 4])), draw(st.integers(1, 9))
    pixels = rng.integers(0, 256, (11, 7, channels), dtype=np.uint8)
    codebook = rng.integers(1, 256, (k, channels), dtype=np.uint8)
    codebook[1::3, 1:3] = codebook[1::3, :1]
    some = rng.random((11, 7)) < 0.6
    pixels[some, 1:3] = pixels[some, :1]
    if channels == 4:
        codebook[::2, 3] = 255
        pixels[rng.random((11, 7)) < 0.5, 3] = 255
    labels = rng.integers(0, k, (11, 7), dtype=np.uint8)
    return pixels, codebook, labels


@given(scenes(), st.sampled_from(SPACES), st.integers(0, 16))
def test_each_code_steps_to_the_mean_of_its_pixels_in_the_fit_space(scene, space, step):
    pixels, codebook, labels = scene
    points = _core.embed(pixels.reshape(-1, pixels.shape[2]), space).astype(np.int64)
    places = _core.embed(codebook, space).astype(np.int64)
    expected = codebook.copy()
    for code in np.unique(labels):
        ours = labels.ravel() == code
        if pixels.shape[2] == 4 and codebook[code, 3] == 255:
            opaque = ours & (pixels[..., 3].ravel() == 255)
            ours = opaque if opaque.any() else ours
        own = points[ours]
        moment = step * own.sum(0) + (16 - step) * len(own) * places[code]
        place = (2 * moment + 16 * len(own)) // (32 * len(own))
        greys = (pixels[..., 1:3] == pixels[..., :1]).all(-1).ravel()[ours].sum()
        if (codebook[code, 1:3] == codebook[code, 0]).all() and 3 * greys >= 2 * len(own):
            place[:3] = [place[0], 0, 0] if space == "oklab" else (2 * place[:3].sum() + 3) // 6
        color = _core.unembed(place.astype(np.int16)[None], space)[0]
        expected[code] = color[: codebook.shape[1]]
    assert (_core.refit(pixels, codebook, space, labels, step=step) == expected).all()


@given(scenes())
def test_full_transparency_stays(scene):
    pixels, codebook, labels = scene
    if codebook.shape[1] == 4:
        codebook[0] = 0
        assert (_core.refit(pixels, codebook, "oklab", labels)[0] == 0).all()


@given(scenes(), st.sampled_from(SPACES), st.integers(0, 16))
def test_an_opaque_code_with_opaque_pixels_stays_opaque(scene, space, step):
    pixels, codebook, labels = scene
    refitted = _core.refit(pixels, codebook, space, labels, step=step)
    if codebook.shape[1] == 4:
        served = np.unique(labels[pixels[..., 3] == 255])
        assert (refitted[served, 3] == 255)[codebook[served, 3] == 255].all()


@given(scenes(), st.sampled_from(SPACES), st.integers(0, 16))
def test_a_grey_code_with_grey_pixels_stays_grey(scene, space, step):
    pixels, codebook, labels = scene
    pixels[..., 1:3], codebook[..., 1:3] = pixels[..., :1], codebook[..., :1]
    refitted = _core.refit(pixels, codebook, space, labels, step=step)
    assert (refitted[:, :3] == refitted[:, :1]).all()


def test_a_refit_lowers_the_error_of_given_labels():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    codebook = rng.integers(0, 256, (16, 3), dtype=np.uint8)
    labels = _core.map_nearest(pixels, codebook, "srgb")
    errors = [
        _core.indexed_squared_error(pixels, book, labels).sum()
        for book in (codebook, _core.refit(pixels, codebook, "srgb", labels))
    ]
    assert errors[1] < 0.9 * errors[0]


def test_labels_beyond_the_codebook_are_refused():
    pixels = np.zeros((2, 2, 3), np.uint8)
    with pytest.raises(ValueError, match="below the number of codes"):
        _core.refit(pixels, np.zeros((2, 3), np.uint8), "oklab", np.full((2, 2), 2, np.uint8))


@pytest.mark.parametrize("step", [-1, 17])
def test_steps_beyond_the_mean_are_refused(step):
    pixels = np.zeros((2, 2, 3), np.uint8)
    with pytest.raises(ValueError, match="0 to 16 sixteenths"):
        _core.refit(pixels, pixels[0], "oklab", pixels[..., 0].copy(), step=step)
