"""Laws of the rate-aware mapping: labels chosen together with the LZ77 parse."""

import os
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from huepress import _core

UNIT = 4096
SPACES = st.sampled_from(["srgb", "linear", "oklab"])


@st.composite
def scenes(draw):
    """Small images of few repeating colours, a codebook and a mask."""
    channels = draw(st.sampled_from([3, 4]))
    height, width = draw(st.integers(1, 30)), draw(st.integers(1, 40))
    colors = draw(hnp.arrays(np.uint8, (draw(st.integers(1, 12)), channels)))
    picks = draw(hnp.arrays(np.uint8, (height, width), elements=st.integers(0, len(colors) - 1)))
    k = draw(st.sampled_from([1, 2, 7, 8, 9, 255, 256]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    codebook = rng.integers(0, 256, (k, channels), np.uint8)
    if channels == 4:  # all kinds of pixels, and of codes
        colors[:, 3] = rng.choice([0, 1, 128, 254, 255, 255], len(colors))
        codebook[:, 3] = rng.choice([0, 1, 128, 254, 255, 255], k)
    mask = np.random.default_rng(k).integers(0, 2 * UNIT, (height, width, 2), np.uint16)
    return np.ascontiguousarray(colors[picks]), codebook, mask


def picture(height=96, width=131, channels=3, seed=0):
    """A soft gradient with texture and a few straight strokes."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    wave = 128 + 60 * np.sin(x / 17) + 50 * np.cos(y / 11)
    planes = [wave + rng.normal(0, 6, wave.shape) + 20 * c for c in range(channels)]
    pixels = np.stack(planes, -1).clip(0, 255).astype(np.uint8)
    pixels[height // 2 : height // 2 + 2, 10:-10] = 250
    pixels[10:-10, width // 3] = 5
    return pixels


def text(height=96, width=160, seed=1):
    """Few glyphs of soft edges in lines, each line with others, on white."""
    rng = np.random.default_rng(seed)
    glyphs = rng.choice(np.array([0, 60, 130, 200, 255], np.uint8), (6, 10, 8))
    page = np.full((height, width), 255, np.uint8)
    for y in range(2, height - 12, 14):
        for x in range(2, width - 10, 9):
            page[y : y + 10, x : x + 8] = glyphs[rng.integers(6)]
    noisy = page + rng.normal(0, 5, page.shape) * (page < 255)
    return np.repeat(noisy.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def mapped(pixels, codebook, space, mask, lam, **options):
    return _core.rate_aware(pixels, codebook, space, mask, lam, **options)[0]


def squared(pixels, codebook, space="oklab"):
    points = _core.embed(pixels.reshape(-1, pixels.shape[2]), space).astype(np.int64)
    codes = _core.embed(codebook, space).astype(np.int64)
    distances = ((points[:, None] - codes[None]) ** 2).sum(-1)
    if pixels.shape[-1] == 4:
        for alpha in (0, 255):  # such pixels get such codes, where there are any
            alike = codebook[:, 3] == alpha
            if alike.any():
                distances[np.ix_(pixels[..., 3].ravel() == alpha, ~alike)] = 2**30
    return distances


def flat_mask(pixels):
    return np.full((*pixels.shape[:2], 2), UNIT, np.uint16)


def some_codebook(pixels, k=64):
    colors = pixels.reshape(-1, pixels.shape[2])
    return np.ascontiguousarray(colors[:: len(colors) // k][:k])


def packed(labels, each):
    """Labels of rows as PNG packs them, `each` to a byte."""
    padded = np.pad(labels, ((0, 0), (0, -labels.shape[1] % each)))
    digits = padded.reshape(len(labels), -1, each) << (8 - 8 // each * np.arange(1, each + 1))
    return digits.sum(axis=2).astype(np.uint8)


def deflated(labels):
    rows = np.pad(labels, ((0, 0), (1, 0)))
    return len(zlib.compress(rows.tobytes(), 9))


@settings(deadline=None)
@given(scenes(), SPACES)
def test_at_lambda_zero_every_pixel_takes_its_nearest_code(scene, space):
    pixels, codebook, mask = scene
    labels = mapped(pixels, codebook, space, mask, 0)
    assert (labels == _core.map_nearest(pixels, codebook, space)).all()


@settings(deadline=None)
@given(scenes(), SPACES, st.sampled_from([0, 1, 500, 65536]), st.integers(0, 256), st.booleans())
def test_opaque_pixels_stay_opaque_and_clear_ones_clear(scene, space, lam, feedback, dithered):
    pixels, codebook, mask = scene
    if codebook.shape[1] == 3:
        return
    options = {"feedback": feedback, "dither": 200 * dithered}
    labels = mapped(pixels, codebook, space, mask // 64, lam, **options)
    for alpha in (0, 255):
        if (codebook[:, 3] == alpha).any():
            assert (codebook[labels, 3] == alpha)[pixels[..., 3] == alpha].all()


@settings(deadline=None)
@given(scenes(), SPACES, st.sampled_from([1, 500, 65536]))
def test_a_pixel_with_a_translucent_code_nearest_gets_one_at_any_rate(scene, space, lam):
    pixels, codebook, mask = scene
    if codebook.shape[1] == 3:
        return
    kinds = (codebook[:, 3] > 0) & (codebook[:, 3] < 255)
    labels = mapped(pixels, codebook, space, mask, lam)
    nearest = _core.map_nearest(pixels, codebook, space)
    soft = (pixels[..., 3] > 0) & (pixels[..., 3] < 255)
    assert kinds[labels][soft & kinds[nearest]].all()


@settings(deadline=None)
@given(scenes(), SPACES, st.integers(1, 65536), st.integers(0, 256), st.integers(0, 40))
def test_every_label_is_below_the_number_of_codes(scene, space, lam, feedback, chain):
    pixels, codebook, mask = scene
    labels = mapped(pixels, codebook, space, mask, lam, feedback=feedback, chain=chain)
    assert labels.shape == pixels.shape[:2]
    assert labels.max() < len(codebook)


@settings(deadline=None)
@given(scenes(), st.integers(1, 65536), st.integers(0, 256), st.integers(0, 256))
def test_the_portable_bodies_choose_the_same_labels(scene, lam, feedback, dither):
    pixels, codebook, mask = scene
    options = {"feedback": feedback, "dither": dither, "chroma": 128}
    fast, portable = (
        mapped(pixels, codebook, "oklab", mask, lam, **options, portable=which)
        for which in (False, True)
    )
    assert (fast == portable).all()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("lam", [0, 300, 20000])
def test_the_portable_bodies_choose_the_same_labels_in_a_picture(channels, lam):
    pixels = picture(channels=channels)
    codebook, mask = some_codebook(pixels, 200), _core.masking(pixels, threads=1)
    fast, portable = (
        mapped(pixels, codebook, "oklab", mask, lam, feedback=77, portable=which)
        for which in (False, True)
    )
    assert (fast == portable).all()


# Codes around a block of 16, rows around a vector of 8 or 16, copies longer than any symbol's.
DIGEST = """
import hashlib
import numpy as np
from huepress import _core

digest = hashlib.sha256()
random = np.random.default_rng(1)
widths = [*range(1, 41), 331]
for i, width in enumerate(widths * 2):
    channels, k = 3 + i % 2, (1, 2, 15, 16, 17, 255, 256)[i % 7]
    codebook = random.integers(0, 256, (k, channels), np.uint8)
    rows = np.cumsum(random.integers(-9, 10, (24, width, channels)) * (i % 3), 1) + 100
    pixels = np.repeat(rows, 1 + random.integers(0, 2, 24), 0).clip(0, 255).astype(np.uint8)
    pixels[9:12] = random.integers(0, 256, (3, width, channels))
    if channels == 4:
        codebook[::3, 3], codebook[2::9, 3] = 255, 0
        pixels[:4, ..., 3], pixels[4:6, ::2, 3], pixels[20, :, 3] = 255, 0, 254
    for power, lam, options in [
        (0, 200, {"feedback": 144}),
        (6, 3500, {"feedback": 77, "chain": 64}),
        (12, 20000, {"chain": 17, "chroma": 300}),
        (0, 1, {"dither": 200, "chain": 0}),
        (3, 3500, {"feedback": 144, "vp8l": True}),
        (0, 30000, {"chain": 64, "vp8l": True}),
        (0, 0, {"dither": 99}),
    ]:
        mask = (random.random((*pixels.shape[:2], 2)) * 8192 / 2**power).astype(np.uint16)
        labels, size = _core.rate_aware(pixels, codebook, "oklab", mask, lam, **options)
        digest.update(labels.tobytes() + size.to_bytes(8, "little"))
print(digest.hexdigest())
"""


@pytest.mark.slow
def test_every_instruction_set_of_this_machine_chooses_the_same_labels():
    digests = set()
    for isa in ("plain", "avx2", "avx512", "neon"):
        run = subprocess.run(
            [sys.executable, "-c", DIGEST],
            env=dict(os.environ, HUEPRESS_ISA=isa),
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode == 0:
            digests.add(run.stdout)
        else:
            assert "cannot run on this CPU" in run.stderr
            assert isa != "plain"
    assert len(digests) == 1


@settings(deadline=None)
@given(scenes(), st.integers(1, 65536), st.integers(0, 1 << 28))
def test_no_pixel_lies_further_from_its_code_than_the_cap_allows(scene, lam, cap):
    pixels, codebook, mask = scene
    labels = mapped(pixels, codebook, "oklab", mask, lam, cap=cap)
    distances = squared(pixels, codebook)
    chosen = np.take_along_axis(distances, labels.reshape(-1, 1).astype(int), 1)[:, 0]
    weight = np.maximum(mask[..., 0].ravel().astype(np.int64), 1)
    assert ((chosen - distances.min(1)) * weight**2 <= cap * 4096**2).all()


@settings(deadline=None)
@given(scenes(), st.integers(1, 65536), st.integers(0, 1 << 28))
def test_no_pixel_loses_more_chroma_than_the_cap_allows(scene, lam, cap):
    pixels, codebook, mask = scene
    labels = mapped(pixels, codebook, "oklab", mask, lam, chroma_cap=cap)
    points = _core.embed(pixels.reshape(-1, pixels.shape[2]), "oklab").astype(np.int64)
    codes = _core.embed(codebook, "oklab").astype(np.int64)
    nearest = squared(pixels, codebook).argmin(1)
    chroma = [((points - codes[pick.ravel()])[:, 1:3] ** 2).sum(1) for pick in (labels, nearest)]
    weight = np.maximum(mask[..., 1].ravel().astype(np.int64), 1)
    assert ((chroma[0] - chroma[1]) * weight**2 <= cap * 4096**2).all()


@settings(deadline=None)
@given(scenes(), st.integers(1, 65536), st.integers(0, 1 << 28))
def test_no_pixel_lies_further_than_the_most_allows_whatever_masks_it(scene, lam, most):
    pixels, codebook, mask = scene
    labels = mapped(pixels, codebook, "oklab", mask // 64, lam, most_cap=most)
    distances = squared(pixels, codebook)
    chosen = np.take_along_axis(distances, labels.reshape(-1, 1).astype(int), 1)[:, 0]
    assert (chosen - distances.min(1) <= most).all()


@st.composite
def packed_scenes(draw):
    """Scenes of as few codes as may share a byte, and how many share it."""
    pixels, codebook, mask = draw(scenes())
    pack = draw(st.sampled_from([2, 4]))
    codes = codebook[: draw(st.integers(1, min(len(codebook), 256 ** (1 / pack))))]
    return pixels, np.ascontiguousarray(codes), mask, pack


@settings(deadline=None)
@given(packed_scenes(), st.sampled_from([1, 500, 65536]), st.integers(0, 256), st.integers(0, 64))
def test_labels_that_share_bytes_are_of_every_body_alike(scene, lam, feedback, chain):
    pixels, codebook, mask, pack = scene
    options = {"feedback": feedback, "chain": chain, "dither": feedback // 2, "pack": pack}
    for vp8l in (False, True):
        first, second = (
            mapped(pixels, codebook, "oklab", mask, lam, vp8l=vp8l, portable=portable, **options)
            for portable in (False, True)
        )
        assert (first == second).all()
        assert first.max() < len(codebook)


@settings(deadline=None)
@given(packed_scenes(), st.sampled_from([1, 500, 65536]), st.integers(0, 1 << 28))
def test_labels_that_share_bytes_hold_caps_and_kinds(scene, lam, cap):
    pixels, codebook, mask, pack = scene
    labels = mapped(pixels, codebook, "oklab", mask, lam, cap=cap, pack=pack)
    distances = squared(pixels, codebook)
    chosen = np.take_along_axis(distances, labels.reshape(-1, 1).astype(int), 1)[:, 0]
    weight = np.maximum(mask[..., 0].ravel().astype(np.int64), 1)
    assert ((chosen - distances.min(1)) * weight**2 <= cap * 4096**2).all()
    for alpha in (0, 255) if codebook.shape[1] == 4 else ():
        if (codebook[:, 3] == alpha).any():
            assert (codebook[labels, 3] == alpha)[pixels[..., 3] == alpha].all()


@pytest.mark.parametrize(("pack", "k"), [(2, 16), (4, 4)])
def test_labels_chosen_for_the_bytes_they_share_take_fewer_bytes_so(pack, k):
    pixels = text()
    mask = _core.masking(pixels, threads=1)
    codebook = np.repeat(np.linspace(0, 255, k).astype(np.uint8)[:, None], 3, axis=1)
    points = _core.embed(pixels.reshape(-1, 3), "oklab").astype(np.int64)
    codes = _core.embed(codebook, "oklab").astype(np.int64)
    for lam in (10000, 60000):
        size, error = {}, {}
        for each in (1, pack):
            labels, expected = _core.rate_aware(pixels, codebook, "oklab", mask, lam, pack=each)
            size[each] = deflated(packed(labels, pack))
            squares = ((points - codes[labels.ravel()]) ** 2).sum(axis=1)
            error[each] = (squares * mask[..., 0].ravel()).sum() / UNIT
        assert 0.8 * size[pack] < expected < 1.5 * size[pack]
        # In what both are chosen by: errors, and 8 bits a byte at the price of a bit.
        assert error[pack] + 8 * lam * size[pack] < error[1] + 8 * lam * size[1]


def test_at_lambda_zero_labels_are_the_nearest_however_they_are_packed():
    pixels, codebook = text(), some_codebook(text(), 4)
    nearest = _core.map_nearest(pixels, codebook, "oklab")
    labels = mapped(pixels, codebook, "oklab", flat_mask(pixels), 0, pack=4)
    assert (labels == nearest).all()


def test_inputs_are_left_as_they_were():
    pixels = picture()
    codebook, mask = some_codebook(pixels), flat_mask(pixels)
    before = [a.copy() for a in (pixels, codebook, mask)]
    for a in (pixels, codebook, mask):
        a.setflags(write=False)
    mapped(pixels, codebook, "oklab", mask, 3000, feedback=77)
    assert all((a == b).all() for a, b in zip(before, (pixels, codebook, mask), strict=True))


def test_dearer_bits_make_fewer_bytes_and_more_distortion():
    pixels = picture()
    codebook, mask = some_codebook(pixels, 128), flat_mask(pixels)
    distances = squared(pixels, codebook)
    sizes, errors = [], []
    for lam in (0, 500, 2000, 8000, 32000):
        labels = mapped(pixels, codebook, "oklab", mask, lam)
        sizes.append(deflated(labels))
        errors.append(np.take_along_axis(distances, labels.reshape(-1, 1).astype(int), 1).sum())
    assert sizes == sorted(sizes, reverse=True)
    assert errors == sorted(errors)
    assert sizes[-1] < 0.7 * sizes[0]


def test_errors_go_where_the_mask_lets_them():
    pixels = picture()
    codebook, mask = some_codebook(pixels, 128), flat_mask(pixels)
    mask[:, : mask.shape[1] // 2] = UNIT // 32
    labels = mapped(pixels, codebook, "oklab", mask, 1000)
    distances = squared(pixels, codebook)
    chosen = np.take_along_axis(distances, labels.reshape(-1, 1).astype(int), 1)[:, 0]
    excess = (chosen - distances.min(1)).reshape(mask.shape[:2])
    middle = mask.shape[1] // 2
    assert excess[:, :middle].mean() > 4 * excess[:, middle:].mean()


def test_feedback_brings_the_mean_colour_back():
    pixels = np.full((64, 64, 3), 128, np.uint8)
    codebook = np.array([[120] * 3, [140] * 3], np.uint8)
    mask = flat_mask(pixels)
    plain, fed = (
        codebook[mapped(pixels, codebook, "oklab", mask, 1, feedback=f)].mean() for f in (0, 256)
    )
    assert abs(fed - 128) < 2 < abs(plain - 128)


def test_dither_brings_the_mean_colour_back_within_a_row():
    pixels = np.full((1, 256, 3), 128, np.uint8)
    codebook = np.array([[120] * 3, [140] * 3], np.uint8)
    mask = flat_mask(pixels)
    plain, dithered = (
        codebook[mapped(pixels, codebook, "oklab", mask, 0, dither=d)].mean() for d in (0, 256)
    )
    assert abs(dithered - 128) < 1 < abs(plain - 128)


def test_where_errors_are_masked_nothing_is_dithered():
    pixels = np.full((8, 64, 3), 128, np.uint8)
    codebook = np.array([[120] * 3, [140] * 3], np.uint8)
    mask = flat_mask(pixels) // UNIT
    assert len(np.unique(mapped(pixels, codebook, "oklab", mask, 0, dither=256))) == 1


def test_errors_in_lightness_and_in_chroma_have_weights_of_their_own():
    pixels = np.random.default_rng(0).integers(96, 160, (64, 64, 3), np.uint8)
    codebook = some_codebook(pixels, 256)
    light, tint = flat_mask(pixels), flat_mask(pixels)
    light[..., 1], tint[..., 0] = UNIT // 16, UNIT // 16
    errors = []
    for mask in (light, tint):
        labels = mapped(pixels, codebook, "oklab", mask, 20000)
        points = [_core.embed(c.reshape(-1, 3), "oklab") for c in (pixels, codebook[labels])]
        errors.append(((points[0].astype(np.int64) - points[1]) ** 2).mean(0))
    assert errors[0][0] < 0.5 * errors[1][0]
    assert errors[1][1:3].sum() < 0.5 * errors[0][1:3].sum()


def test_the_expected_size_is_near_what_deflate_needs():
    pixels = picture(192, 256)
    codebook, mask = some_codebook(pixels, 128), _core.masking(pixels, threads=1)
    for lam in (300, 3000, 30000):
        labels, expected = _core.rate_aware(pixels, codebook, "oklab", mask, lam)
        assert 0.7 * deflated(labels) < expected < 1.3 * deflated(labels)


def test_the_expected_size_of_a_webp_is_near_what_its_writer_needs():
    pixels = picture(192, 256)
    codebook, mask = some_codebook(pixels, 128), _core.masking(pixels, threads=1)
    palette = np.zeros((128, 4), np.uint8)
    for lam in (300, 3000, 30000):
        labels, expected = _core.rate_aware(pixels, codebook, "oklab", mask, lam, vp8l=True)
        written = len(_core.vp8l(labels, palette))
        # The mapper knows no predictions, which save most where much detail is left.
        assert 0.8 * written < expected < 1.5 * written


@pytest.mark.parametrize("width", [1, 2, 3, 5, 7, 8, 9, 17, 300])
def test_labels_for_a_webp_are_of_every_width_and_of_every_body_alike(width):
    pixels = np.ascontiguousarray(np.resize(picture(40, 64), (90, width, 3)))
    codebook = some_codebook(picture(40, 64), 30)
    for lam in (100, 4000):
        first, second = (
            mapped(pixels, codebook, "oklab", flat_mask(pixels), lam, vp8l=True, portable=portable)
            for portable in (False, True)
        )
        assert (first == second).all()
        assert first.max() < 30


def test_an_image_of_long_runs_is_mapped_alike_by_every_body():
    # Copies up to the longest of a WebP, and rows that differ from all before.
    rng = np.random.default_rng(4)
    pixels = np.zeros((24, 3000, 3), np.uint8)
    pixels[::5] = rng.integers(0, 256, (5, 3000, 3), np.uint8)
    pixels[3, 100:2900] = 77
    codebook = some_codebook(rng.integers(0, 256, (8, 8, 3), np.uint8), 40)
    for vp8l in (False, True):
        first, second = (
            mapped(pixels, codebook, "oklab", flat_mask(pixels), 9000, vp8l=vp8l, portable=portable)
            for portable in (False, True)
        )
        assert (first == second).all()


def test_a_repeating_pattern_is_mapped_without_loss_however_dear_bits_are():
    # Copies are all but free, so that nothing is gained by bending a label.
    rng = np.random.default_rng(1)
    tile = rng.integers(0, 256, (4, 16, 3), np.uint8)
    pixels = np.ascontiguousarray(np.tile(tile, (20, 12, 1)))
    codebook = np.unique(tile.reshape(-1, 3), axis=0)
    labels = mapped(pixels, codebook, "oklab", flat_mask(pixels), 2000)
    assert (codebook[labels] == pixels).mean() > 0.99


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 2), (2, 1), (5, 3), (3, 5), (200, 1), (1, 200), (70, 2), (2, 40000)]
)
def test_every_shape_is_mapped(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    codebook = some_codebook(np.random.default_rng(1).integers(0, 256, (8, 8, 3), np.uint8), 16)
    labels = mapped(pixels, codebook, "oklab", flat_mask(pixels), 2000)
    portable = mapped(pixels, codebook, "oklab", flat_mask(pixels), 2000, portable=True)
    assert labels.shape == shape
    assert labels.max() < 16
    assert (labels == portable).all()


def test_an_image_longer_than_the_window_is_mapped_alike_at_its_end():
    # More rows than the ring of labels holds: a periodic image must stay periodic past the seam.
    pixels = np.ascontiguousarray(np.tile(picture(32, 64), (80, 1, 1)))
    codebook, mask = some_codebook(pixels, 100), flat_mask(pixels)
    labels = mapped(pixels, codebook, "oklab", mask, 1000)
    distances = squared(pixels[:32], codebook)
    tiles = labels.reshape(80, -1)
    errors = [np.take_along_axis(distances, t[:, None].astype(int), 1).sum() for t in tiles]
    assert max(errors[20:]) <= 1.1 * errors[1]
    assert deflated(labels) < 3 * deflated(labels[: 32 * 4])


def test_empty_images_have_no_labels():
    codebook = np.zeros((1, 3), np.uint8)
    for shape in ((0, 5), (5, 0)):
        pixels, mask = np.zeros((*shape, 3), np.uint8), np.zeros((*shape, 2), np.uint16)
        assert mapped(pixels, codebook, "oklab", mask, 100).shape == shape


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"codebook": np.zeros((0, 3), np.uint8)}, "1 to 256"),
        ({"codebook": np.zeros((257, 3), np.uint8)}, "1 to 256"),
        ({"codebook": np.zeros((2, 4), np.uint8)}, "same channels"),
        ({"mask": np.zeros((4, 5, 2), np.uint16)}, "as wide and high"),
        ({"lam": -1}, "lam"),
        ({"lam": 131073}, "lam"),
        ({"feedback": 257}, "feedback"),
        ({"dither": -1}, "dither"),
        ({"chroma": 513}, "chroma"),
        ({"chain": -1}, "chain"),
        ({"chain": 65}, "chain"),
        ({"space": "lab"}, "space"),
        ({"most_cap": -1}, "caps"),
        ({"most_cap": 1 << 31}, "most_cap"),
        ({"pack": 3}, "pack"),
        ({"pack": 2, "codebook": np.zeros((17, 3), np.uint8)}, "16"),
        ({"pack": 4, "codebook": np.zeros((5, 3), np.uint8)}, "4"),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    arguments = {
        "pixels": np.zeros((4, 4, 3), np.uint8),
        "codebook": np.zeros((2, 3), np.uint8),
        "space": "oklab",
        "mask": np.zeros((4, 4, 2), np.uint16),
        "lam": 10,
        "feedback": 0,
        "chain": 4,
    } | change
    with pytest.raises(ValueError, match=message):
        _core.rate_aware(**arguments)
