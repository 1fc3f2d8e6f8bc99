from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cases import cases
from huepress import _core

Pixels = NDArray[np.uint8]

# Rows are judged in blocks of 64.
SIZES = [(1, 1), (1, 90), (5, 3), (64, 20), (67, 130), (200, 131)]


def noise(seed: int, *shape: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def slope(height: int, width: int) -> Pixels:
    """A sky: blue above, paler below, a little darker to the right."""
    y, x = np.indices((height, width))
    channels = [70 + 120 * y // height, 130 + 90 * y // height, 230 - 30 * x // width]
    return np.stack(channels, axis=2).astype(np.uint8)


def posterised(pixels: Pixels, step: int) -> Pixels:
    return np.minimum(pixels // step * step + step // 2, 255).astype(np.uint8)


def diffused(pixels: Pixels, step: int) -> Pixels:
    """The same levels, mixed by thresholds that no pattern shows in."""
    rising = np.random.default_rng(3).integers(0, step, pixels.shape[:2])
    mixed = pixels.astype(np.int64) + rising[..., None] - step // 2
    return posterised(np.clip(mixed, 0, 255).astype(np.uint8), step)


def banding(original: Pixels, other: Pixels, threads: int = 1) -> float:
    return _core.Banding(original, threads=threads).of(other)


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([3, 4]), st.integers(0, 2**32))
def test_identical_pictures_have_no_contours(
    height: int, width: int, channels: int, seed: int
) -> None:
    pixels = noise(seed, height, width, channels)
    assert banding(pixels, pixels.copy()) == 0


@cases(40)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32), st.data())
def test_the_index_is_the_same_bits_from_pixels_and_labels(
    height: int, width: int, seed: int, data: st.DataObject
) -> None:
    channels = data.draw(st.sampled_from([(3, 3), (4, 4), (3, 4), (4, 3)]))
    original = noise(seed, height, width, channels[0]) // 8
    codebook = noise(seed + 1, data.draw(st.integers(1, 300)), channels[1]) // 8
    labels = np.random.default_rng(seed).integers(0, len(codebook), (height, width))
    narrow = labels.astype(np.uint8 if len(codebook) <= 256 else np.uint16)
    kept = _core.Banding(original, threads=1)
    want = kept.of(codebook[labels])
    assert kept.of_indexed(codebook, narrow) == want
    assert kept.of_indexed(codebook, labels.astype(np.uint16)) == want


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_threads_change_no_bit(height: int, width: int) -> None:
    original = slope(height, width)
    other = posterised(original, 8)
    assert {banding(original, other, threads) for threads in (0, 1, 2, 5)} == {
        banding(original, other)
    }


PRINT_INDICES = """
import numpy as np
from huepress import _core
for shape in ((200, 131, 3), (70, 45, 4), (3, 90, 3)):
    noise = np.random.default_rng(0).integers(0, 256, (2, *shape), dtype=np.uint8)
    original = noise[0] // 64 + np.arange(shape[1], dtype=np.uint8)[:, None] % 150
    print(_core.Banding(original, threads=1).of(original // 8 * 8 + noise[1] // 128).hex())
"""


@pytest.mark.slow
def test_every_instruction_set_of_this_machine_gives_the_same_index() -> None:
    indices = set()
    for isa in ("", "plain", "avx2", "avx512", "neon"):
        run = subprocess.run(
            [sys.executable, "-c", PRINT_INDICES],
            env=dict(os.environ, HUEPRESS_ISA=isa),
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode == 0:
            indices.add(run.stdout)
        else:
            assert "cannot run on this CPU" in run.stderr
            assert isa not in ("", "plain")
    assert len(indices) == 1


@pytest.mark.parametrize("shape", [(128, 160), (24, 24), (61, 35)])
def test_a_turned_picture_has_hardly_other_contours(shape: tuple[int, int]) -> None:
    original = slope(*shape)
    other = posterised(original, 16)
    want = banding(original, other)
    assert want > 2
    for turn in (
        lambda a: a.transpose(1, 0, 2),
        lambda a: a[::-1],
        lambda a: a[:, ::-1],
        lambda a: a[::-1, ::-1],
    ):
        turned = [np.ascontiguousarray(turn(image)) for image in (original, other)]
        assert banding(*turned) == pytest.approx(want, rel=0.12)


def test_fewer_levels_make_stronger_contours() -> None:
    original = slope(200, 240)
    found = [banding(original, posterised(original, step)) for step in (1, 2, 4, 8, 16, 32)]
    assert found == sorted(found)
    assert found[:2] == [0, 0]
    assert found[3] > 1
    assert found[5] > 2 * found[4] > 4 * found[3]


@pytest.mark.parametrize("step", [4, 8, 16])
def test_diffusion_hides_contours(step: int) -> None:
    original = slope(200, 240)
    bands = banding(original, posterised(original, step))
    assert banding(original, diffused(original, step)) < 0.5 * bands


def test_texture_hides_contours() -> None:
    smooth = slope(200, 240).astype(np.int64)
    grain = np.random.default_rng(0).integers(-12, 13, smooth.shape[:2])[..., None]
    found = []
    for strength in (0, 1, 2, 4):
        original = np.clip(smooth + strength * grain // 4, 0, 255).astype(np.uint8)
        found.append(banding(original, posterised(original, 8)))
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.3 < 1 < found[0]


def test_a_contour_that_the_original_has_does_not_count() -> None:
    original = posterised(slope(128, 160), 16)
    assert banding(original, original) == 0
    assert banding(original, np.minimum(original + np.uint8(3), 255).astype(np.uint8)) < 0.1


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_stripes_of_colour_count(channel: int) -> None:
    original = np.full((96, 96, 3), 128, np.uint8)
    other = original.copy()
    other[np.indices((96, 96))[0] // 12 % 2 == 0, channel] += 12
    assert banding(original, other) > 1


def test_a_faint_line_that_is_lost_is_no_contour() -> None:
    other = np.full((96, 96, 3), 140, np.uint8)
    original = other.copy()
    original[::24] += 6
    original[:, ::24] += 6
    assert banding(original, other) == 0
    assert banding(other, original) > 1


def test_streaks_across_a_slope_count() -> None:
    original = slope(96, 96)
    other = original.copy()
    other[10::6, 10:60] += 6
    assert banding(original, other) > 1


def test_the_worst_part_counts_however_large_the_rest_is() -> None:
    original = np.full((512, 512, 3), 90, np.uint8)
    original[:96, :96] = slope(96, 96)
    other = original.copy()
    other[:96, :96] = posterised(original[:96, :96], 16)
    alone = banding(original[:96, :96].copy(), other[:96, :96].copy())
    assert banding(original, other) > 0.6 * alone


def test_a_fringe_of_a_soft_shadow_counts_on_the_background_where_it_shows() -> None:
    original = np.zeros((96, 96, 4), np.uint8)
    original[..., 3] = np.indices((96, 96))[0] * 2
    other = original.copy()
    other[..., 3] = original[..., 3] // 16 * 16
    assert banding(original, other) > 2
    dark = [np.concatenate([image[..., 3:] * 0] * 3, axis=2) for image in (original, other)]
    assert banding(*dark) == 0


@pytest.mark.parametrize("step", [4, 16])
def test_noise_shows_no_contours(step: int) -> None:
    original = noise(0, 128, 160, 3)
    assert banding(original, posterised(original, step)) == 0


def test_what_does_not_fit_is_refused() -> None:
    kept = _core.Banding(noise(0, 10, 12, 3), threads=1)
    with pytest.raises(ValueError, match="same height and width"):
        kept.of(noise(0, 12, 10, 3))
    with pytest.raises(ValueError, match="3 or 4 channels"):
        _core.Banding(noise(0, 10, 12, 1), threads=1)
    labels = np.full((10, 12), 4, np.uint8)
    with pytest.raises(ValueError, match="below the number of codes"):
        kept.of_indexed(noise(0, 4, 3), labels)
