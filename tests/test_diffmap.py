"""The difference map: dark where nothing changed, lighter where more did."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from huepress import Codebook, IndexedImage, _core
from huepress.errors import OptionError
from huepress.metrics.diffmap import FULL_SCALE, difference_map, difference_ramp

Pixels = NDArray[np.uint8]
RAMP = difference_ramp()
sides = st.integers(1, 30)
seeds = st.integers(0, 2**32)


def noise(seed: int, *shape: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def steps(shown: Pixels) -> NDArray[np.int64]:
    """Positions on the ramp of a map's colours."""
    same = (shown[..., None, :] == RAMP).all(axis=-1)
    assert same.any(axis=-1).all()
    return same.argmax(axis=-1)


def flat(color: tuple[int, ...], height: int = 5, width: int = 6) -> Pixels:
    return np.full((height, width, len(color)), color, np.uint8)


def test_the_ramp_gets_lighter_at_every_step() -> None:
    lightness = _core.embed(RAMP, "oklab")[:, 0].astype(np.int64)
    assert (RAMP[0] == 0).all()
    assert (np.diff(lightness) > 0).all()


@given(sides, sides, st.sampled_from([3, 4]), seeds)
def test_equal_pictures_give_black(height: int, width: int, channels: int, seed: int) -> None:
    pixels = noise(seed, height, width, channels)
    assert not difference_map(pixels, pixels.copy()).any()


@given(st.tuples(*[st.integers(0, 255)] * 6))
def test_a_uniform_change_shows_its_distance_in_oklab(bytes_: tuple[int, ...]) -> None:
    one, two = bytes_[:3], bytes_[3:]
    points = _core.embed(np.array([one, two], np.uint8), "oklab").astype(np.float64)
    distance = np.sqrt(((points[0] - points[1]) ** 2).sum()) / 16320
    want = int(255 * np.sqrt(min(distance / FULL_SCALE, 1)))
    assert (abs(steps(difference_map(flat(one), flat(two))) - want) <= 1).all()


@given(sides, sides, seeds)
def test_the_order_of_the_pictures_does_not_matter(height: int, width: int, seed: int) -> None:
    a, b = noise(seed, height, width, 4), noise(seed + 1, height, width, 4)
    np.testing.assert_array_equal(difference_map(a, b), difference_map(b, a))


@pytest.mark.parametrize("height", [255, 256, 257, 600])
def test_strips_leave_no_seam(height: int) -> None:
    a, b = noise(0, height, 7, 3), noise(1, height, 7, 3)
    whole = difference_map(a, b)
    for row in range(height):
        near = slice(max(row - 1, 0), row + 2)
        part = difference_map(a[near], b[near])
        np.testing.assert_array_equal(part[min(row, 1)], whole[row])


def test_an_error_shows_at_its_place_and_nowhere_else() -> None:
    original = flat((90, 120, 150), 20, 20)
    other = original.copy()
    other[7, 11] = 200, 0, 0
    shown = steps(difference_map(original, other))
    assert shown.argmax() == 7 * 20 + 11
    assert {tuple(at) for at in np.argwhere(shown)} == {
        (y, x) for y in (6, 7, 8) for x in (10, 11, 12)
    }


def test_a_checkered_dither_is_darker_than_the_flat_colors_it_mixes() -> None:
    original = flat((100, 100, 100), 16, 16)
    y, x = np.indices((16, 16))
    dithered = np.where(((x + y) % 2)[..., None], 92, 108).repeat(3, axis=2).astype(np.uint8)
    shown = steps(difference_map(original, dithered))[1:-1, 1:-1]
    assert shown.max() < steps(difference_map(original, original + 8))[1:-1, 1:-1].min() / 4


def test_a_lost_shadow_shows_and_hidden_colors_do_not() -> None:
    shadow = flat((0, 0, 0, 60))
    assert steps(difference_map(shadow, flat((0, 0, 0, 0)))).min() > 100
    assert not difference_map(flat((255, 0, 9, 0)), flat((0, 255, 0, 0))).any()


def test_opaque_alpha_and_an_indexed_picture_change_nothing() -> None:
    original = noise(0, 9, 8, 3)
    codebook = Codebook(np.array([[0, 0, 0], [200, 30, 90]], np.uint8))
    labels = noise(1, 9, 8) % 2
    indexed = IndexedImage(codebook, labels)
    want = difference_map(original, indexed.decode())
    opaque = np.dstack([original, np.full((9, 8), 255, np.uint8)])
    np.testing.assert_array_equal(difference_map(original, indexed), want)
    np.testing.assert_array_equal(difference_map(opaque, indexed), want)


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(OptionError, match="6×5 and 5×6 pixels; compare pictures of one size"):
        difference_map(flat((0, 0, 0)), flat((0, 0, 0), 6, 5))
