from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cases import cases
from huepress import _core

Pixels = NDArray[np.uint8]

# Tiles are 128 rows by 512 columns, halves are made in blocks of 32 rows.
BORDER_SIZES = [(8, 8), (127, 9), (129, 30), (64, 512), (66, 513), (131, 520), (300, 1030)]
sides = st.integers(1, 40)
seeds = st.integers(0, 2**32)


def noise(seed: int, *shape: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def scene(height: int, width: int) -> Pixels:
    """Slopes, an edge and a texture, from integers alone."""
    y, x = np.indices((height, width))
    channels = [x * 255 // width, y * 200 // height + 30, (x * y // 7 + 40 * (x > y)) % 160 + 40]
    return np.stack(channels, axis=2).astype(np.uint8)


def disturbed(pixels: Pixels, amplitude: int) -> Pixels:
    delta = noise(1, *pixels.shape).astype(np.int64) % (2 * amplitude + 1) - amplitude
    return np.clip(pixels + delta, 0, 255).astype(np.uint8)


def posterised(pixels: Pixels, step: int) -> Pixels:
    return (pixels // step * step + step // 2).astype(np.uint8)


def composed(pixels: Pixels, background: int) -> Pixels:
    color, alpha = pixels[..., :3].astype(np.int64), pixels[..., 3:].astype(np.int64)
    return ((color * alpha + background * (255 - alpha) + 127) // 255).astype(np.uint8)


def score(a: Pixels, b: Pixels, threads: int = 1) -> float:
    return _core.ssimulacra2(a, b, threads=threads)


@given(sides, sides, st.sampled_from([3, 4]), seeds)
def test_equal_images_score_exactly_100(height: int, width: int, channels: int, seed: int) -> None:
    pixels = noise(seed, height, width, channels)
    assert score(pixels, pixels.copy()) == 100


@pytest.mark.parametrize(("height", "width"), BORDER_SIZES)
def test_equal_images_score_exactly_100_over_several_tiles(height: int, width: int) -> None:
    pixels = noise(0, height, width, 3)
    assert _core.Ssimulacra2(pixels, threads=2).score(pixels) == 100


# Beside a kept original, what is far from all differences is left out: blocks of 64 columns.
places = st.tuples(
    st.one_of(st.sampled_from([0, 5, 6, 127, 128, 133, 256]), st.integers(0, 256)),
    st.one_of(st.sampled_from([0, 58, 59, 63, 64, 69, 511, 512, 1029]), st.integers(0, 1029)),
)


@cache
def wide() -> tuple[Pixels, _core.Ssimulacra2]:
    """An original of several tiles each way, kept once for all cases."""
    original = posterised(scene(257, 1030), 16)
    return original, _core.Ssimulacra2(original, threads=1)


@pytest.mark.slow
@cases(20)
@given(st.lists(places, min_size=1, max_size=4), st.integers(16, 255), st.integers(1, 3))
def test_a_few_differences_count_the_same_wherever_they_are(
    changed: list[tuple[int, int]], by: int, scale: int
) -> None:
    original, kept = wide()
    other = original.copy()
    for y, x in changed:
        other[y : y + scale, x : x + scale] ^= np.uint8(by)
    want = score(original, other)
    assert kept.score(other) == want
    packed = other[..., 0] * np.uint32(1 << 16) + other[..., 1] * np.uint32(1 << 8) + other[..., 2]
    colors, labels = np.unique(packed, return_inverse=True)
    narrow = labels.reshape(other.shape[:2]).astype(np.uint16)
    table = colors[:, None] >> np.array([16, 8, 0], np.uint32) & 255
    assert kept.score_indexed(table.astype(np.uint8), narrow) == want


@given(sides, sides, seeds, st.data())
def test_a_score_is_the_same_bits_from_pixels_labels_and_a_kept_original(
    height: int, width: int, seed: int, data: st.DataObject
) -> None:
    channels = data.draw(st.sampled_from([(3, 3), (4, 4), (3, 4), (4, 3)]))
    original = noise(seed, height, width, channels[0])
    codebook = noise(seed + 1, data.draw(st.integers(1, 300)), channels[1])
    labels = np.random.default_rng(seed).integers(0, len(codebook), (height, width))
    narrow = labels.astype(np.uint8 if len(codebook) <= 256 else np.uint16)
    scorer = _core.Ssimulacra2(original, threads=1)
    want = score(original, codebook[labels])
    assert scorer.score(codebook[labels]) == want
    assert scorer.score_indexed(codebook, narrow) == want
    assert scorer.score_indexed(codebook, labels.astype(np.uint16)) == want


@pytest.mark.parametrize(("height", "width"), BORDER_SIZES)
def test_threads_and_what_is_kept_change_no_bit(height: int, width: int) -> None:
    original = scene(height, width)
    other = disturbed(original, 12)
    want = score(original, other)
    for threads in (0, 2, 5):
        assert score(original, other, threads) == want
        assert _core.Ssimulacra2(original, threads=threads).score(other) == want


@pytest.mark.parametrize(
    ("height", "width", "step", "want"),
    [
        (300, 1030, 8, 59.4111),
        (131, 520, 8, 75.9221),
        (40, 33, 32, 61.3464),
        (9, 300, 64, 9.6875),
        (5, 3, 16, 86.5874),
    ],
)
def test_the_same_scores_come_from_every_machine(
    height: int, width: int, step: int, want: float
) -> None:
    original = scene(height, width)
    assert score(original, posterised(original, step)) == want


def test_more_noise_scores_lower() -> None:
    original = scene(200, 260)
    scores = [score(original, disturbed(original, n)) for n in (0, 1, 2, 4, 8, 16, 32, 64)]
    assert scores == sorted(set(scores), reverse=True)


def test_fewer_levels_score_lower() -> None:
    original = scene(200, 260)
    scores = [score(original, posterised(original, step)) for step in (1, 2, 4, 8, 16, 32, 64, 128)]
    assert scores == sorted(set(scores), reverse=True)


def test_a_distortion_of_more_pixels_scores_lower() -> None:
    original = scene(256, 256)
    scores = []
    for rows in (0, 16, 32, 64, 128, 256):
        other = original.copy()
        other[:rows] = posterised(original, 64)[:rows]
        scores.append(score(original, other))
    assert scores == sorted(set(scores), reverse=True)


@pytest.mark.parametrize("axis", [0, 1])
def test_mirrored_images_score_alike(axis: int) -> None:
    original = scene(256, 320)
    other = posterised(disturbed(original, 8), 16)
    mirrored = [np.ascontiguousarray(np.flip(pixels, axis)) for pixels in (original, other)]
    assert score(*mirrored) == pytest.approx(score(original, other), abs=2e-3)


@given(sides, sides, seeds)
def test_an_opaque_image_scores_alike_with_and_without_alpha(
    height: int, width: int, seed: int
) -> None:
    a, b = noise(seed, height, width, 4), noise(seed + 1, height, width, 4)
    a[..., 3] = b[..., 3] = 255
    want = score(a[..., :3].copy(), b[..., :3].copy())
    assert score(a, b) == score(a[..., :3].copy(), b) == score(a, b[..., :3].copy()) == want


@given(sides, sides, st.booleans(), seeds)
def test_alpha_scores_the_worst_of_black_grey_and_white(
    height: int, width: int, opaque: bool, seed: int
) -> None:
    a, b = noise(seed, height, width, 4), noise(seed + 1, height, width, 4)
    if opaque:
        a[..., 3] = 255
    composites = [(composed(a, back), composed(b, back)) for back in (0, 128, 255)]
    want = min(score(*pair) for pair in composites)
    assert score(a, b) == _core.Ssimulacra2(a, threads=1).score(b) == want


@pytest.mark.parametrize("background", [0, 128, 255])
def test_an_error_that_one_background_hides_is_caught(background: int) -> None:
    original = np.zeros((64, 64, 4), np.uint8)
    other = original.copy()
    other[20:40, 20:40] = background, background, background, 200
    hidden = (composed(original, background), composed(other, background))
    assert score(*hidden) == 100
    assert score(original, other) < 50


@pytest.mark.parametrize(("veil", "background"), [(0, 255), (255, 0)])
def test_a_faint_veil_is_scored_where_it_shows_most(veil: int, background: int) -> None:
    original = np.zeros((64, 64, 4), np.uint8)
    other = original.copy()
    other[20:40, 20:40] = veil, veil, veil, 40
    scores = {b: score(composed(original, b), composed(other, b)) for b in (veil, 128, background)}
    assert scores[veil] == 100
    assert score(original, other) == scores[background] < scores[128]


def test_colors_of_transparent_pixels_do_not_count() -> None:
    original = noise(0, 20, 30, 4)
    original[:10, :, 3] = 0
    other = original.copy()
    other[:10, :, :3] = 77
    assert score(original, other) == 100


def mosaic(pixels: Pixels) -> Pixels:
    """Four cells, each the mirror of its neighbours."""
    wide = np.concatenate([pixels, pixels[:, ::-1]], axis=1)
    return np.ascontiguousarray(np.concatenate([wide, wide[::-1]]))


def face(side: int) -> Pixels:
    """An emoji of integers: a shaded disc with soft rim, two eyes and a mouth, on nothing."""
    y, x = np.indices((side, side)) * 240 // side - 118
    radius = x * x + y * y
    pixels = np.zeros((side, side, 4), np.int64)
    pixels[..., 0] = 250 - (y + 120) // 4
    pixels[..., 1] = 200 - (x + y + 240) // 5
    pixels[..., 2] = 40 + radius // 300
    pixels[(abs(abs(x) - 40) < 14) & (abs(y + 30) < 18), :3] = 60, 40, 20
    pixels[(abs(x) < 60) & (abs(y - 45) < 9), :3] = 120, 30, 30
    pixels[..., 3] = np.clip((112 * 112 - radius) // 10, 0, 255)
    return np.clip(pixels, 0, 255).astype(np.uint8)


SMALL = {
    "a dot": scene(1, 1),
    "a ramp": scene(1, 512),
    "a bar": scene(10, 200),
    "an odd bar": scene(9, 121),
    "an icon of 16": face(16),
    "an icon of 22": face(22),
    "an icon of 24": face(24),
    "an icon of 64": face(64),
    "a photograph's corner": scene(57, 75),
    "just below the limit": scene(224, 224),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_small_image_scores_alike_however_it_is_turned(name: str) -> None:
    original = SMALL[name]
    other = posterised(disturbed(original, 5), 16)
    want = score(original, other)
    for turn in (np.transpose, np.flip):
        axes = (1, 0, 2) if turn is np.transpose else 0
        turned = [np.ascontiguousarray(turn(image, axes)) for image in (original, other)]
        assert score(*turned) == pytest.approx(want, abs=0.01)
        mirrored = [np.ascontiguousarray(image[:, ::-1]) for image in turned]
        assert score(*mirrored) == pytest.approx(want, abs=0.01)


@pytest.mark.parametrize("name", SMALL)
def test_a_small_image_scores_as_its_mosaic_does(name: str) -> None:
    # Four times "just below" is large: there, the reference's dark left and right borders come in.
    original = SMALL[name]
    other = posterised(disturbed(original, 3), 8)
    assert score(mosaic(original), mosaic(other)) == pytest.approx(score(original, other), abs=1)


@pytest.mark.parametrize("side", [16, 24, 48, 64, 128])
def test_an_icon_without_its_mouth_scores_low_and_a_fine_copy_scores_high(side: int) -> None:
    original = face(side)
    ruined = original.copy()
    mouth = (original[..., 0] == 120) & (original[..., 1] == 30)
    ruined[mouth, :3] = original[side // 2, side // 2, :3]
    assert score(original, ruined) < 60
    assert score(original, posterised(original, 4)) > 85


def test_the_score_of_a_small_image_grows_with_its_levels() -> None:
    for original in (face(24), scene(10, 200), scene(1, 512)):
        scores = [score(original, posterised(original, step)) for step in (64, 32, 16, 8, 4, 2)]
        assert scores == sorted(scores)
        assert scores[0] < 40
        assert scores[-1] > 90


PRINT_SCORES = """
import numpy as np
from huepress import _core
for shape in ((300, 1030, 3), (240, 230, 4), (22, 35, 4), (131, 520, 3)):
    noise = np.random.default_rng(0).integers(0, 256, (2, *shape), dtype=np.uint8)
    original = noise[0] // 4 + np.arange(shape[1], dtype=np.uint8)[:, None] % 150
    print(_core.ssimulacra2(original, (original // 8 * 8 + noise[1] // 64), threads=1).hex())
"""


@pytest.mark.slow
def test_every_instruction_set_of_this_machine_gives_the_same_score() -> None:
    scores = set()
    for isa in ("", "plain", "avx2", "avx512", "neon"):
        run = subprocess.run(
            [sys.executable, "-c", PRINT_SCORES],
            env=dict(os.environ, HUEPRESS_ISA=isa),
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode == 0:
            scores.add(run.stdout)
        else:
            assert "cannot run on this CPU" in run.stderr
            assert isa not in ("", "plain")
    assert len(scores) == 1


@cases(20)
@given(st.integers(0, 255), st.integers(0, 255))
def test_flat_images_score_by_their_distance(grey: int, other: int) -> None:
    a = np.full((32, 32, 3), grey, np.uint8)
    b = np.full((32, 32, 3), other, np.uint8)
    assert (score(a, b) == 100) == (grey == other)
    if grey != other:
        closer = np.full_like(b, (grey + other) // 2 if abs(grey - other) > 1 else grey)
        assert score(a, closer) > score(a, b)


def test_inputs_are_not_changed() -> None:
    original, other = noise(0, 30, 30, 4), noise(1, 30, 30, 4)
    kept = original.copy(), other.copy()
    score(original, other)
    np.testing.assert_array_equal(original, kept[0])
    np.testing.assert_array_equal(other, kept[1])


def test_what_does_not_fit_is_refused() -> None:
    pixels = noise(0, 10, 12, 3)
    scorer = _core.Ssimulacra2(pixels, threads=1)
    with pytest.raises(ValueError, match="same height and width"):
        scorer.score(noise(0, 12, 10, 3))
    with pytest.raises(ValueError, match="same height and width"):
        score(pixels, noise(0, 10, 11, 3))
    with pytest.raises(ValueError, match="3 or 4 channels"):
        score(pixels, noise(0, 10, 12, 1))
    with pytest.raises(ValueError, match="not be empty"):
        score(noise(0, 0, 5, 3), noise(0, 0, 5, 3))
    labels = np.zeros((10, 12), np.uint8)
    with pytest.raises(ValueError, match="same height and width"):
        scorer.score_indexed(noise(0, 4, 3), labels.T.copy())
    with pytest.raises(ValueError, match="3 or 4 columns"):
        scorer.score_indexed(noise(0, 4, 2), labels)
    labels[9, 11] = 4
    with pytest.raises(ValueError, match="below the number of codes"):
        scorer.score_indexed(noise(0, 4, 3), labels)
