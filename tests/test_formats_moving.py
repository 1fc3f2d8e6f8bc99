"""Moving pictures as files: other readers see at every frame what the patches show."""

from __future__ import annotations

import io
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cases import cases
from huepress.errors import FormatError, OptionError
from huepress.formats.moving import MOVING, Stage, apng
from huepress.values.animation import Animation
from huepress.values.codebook import Codebook
from huepress.values.patch import Patch
from patches import films, random_codebook, shown, written

RED_BLUE = Codebook.from_hex(["#f00", "#00f"])
STAGE = Stage(3, 2, 0, RED_BLUE)


def full(label=0, duration=100, codebook=RED_BLUE, **how):
    return Patch(0, 0, np.full((2, 3), label, np.uint8), codebook, duration, **how)


def seen(data):
    """Each frame as Pillow reads it, and its milliseconds."""
    with Image.open(io.BytesIO(data)) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            pixels = np.asarray(image.convert("RGBA")).copy()
            pixels[pixels[..., 3] == 0] = 0
            yield pixels, image.info["duration"]


def composed(gif):
    """Each frame as browsers show it: Pillow composes a GIF's over a colour."""
    for frame in Animation.read(gif):
        pixels = frame.pixels
        if pixels.shape[2] == 3:
            pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
        yield pixels


def info(data):
    with Image.open(io.BytesIO(data)) as image:
        return dict(image.info)


def delays(gif):
    """The hundredths of each frame."""
    parts = gif.split(b"!\xf9\x04")[1:]
    return [struct.unpack_from("<H", part, 1)[0] for part in parts]


# What is seen


@cases(300)
@given(film=films("gif"), effort=st.sampled_from(["fast", "default"]))
def test_a_gif_shows_what_its_patches_show(film, effort):
    stage, patches = film
    data = written("gif", stage, patches, effort)
    for pixels, screen in zip(composed(data), shown(stage, patches), strict=True):
        assert np.array_equal(pixels, screen)


@pytest.mark.parametrize("name", ["apng", "webp"])
@cases(150)
@given(draw=st.data(), effort=st.sampled_from(["fast", "default"]))
def test_pillow_sees_what_the_patches_show(name, draw, effort):
    stage, patches = draw.draw(films(name))
    frames = list(seen(written(name, stage, patches, effort)))
    assert [duration for _, duration in frames] == [patch.duration for patch in patches]
    for (pixels, _), screen in zip(frames, shown(stage, patches), strict=True):
        assert np.array_equal(pixels, screen)


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("effort", ["default", pytest.param("best", marks=pytest.mark.slow)])
def test_patches_of_many_pixels_are_exact(name, effort):
    rng = np.random.default_rng(7)
    codes = random_codebook(rng, 250)
    stage = Stage(150, 120, 0, codes)
    # Few codes far apart, rows that repeat, and noise of all of them.
    few = np.array([3, 120, 249, 250], np.uint8)[rng.integers(0, 4, (100, 140))]
    rows = np.resize(rng.integers(0, 251, (7, 90)), (100, 90)).astype(np.uint8)
    first = rng.integers(0, 251, (120, 150)).astype(np.uint8)
    patches = [
        Patch(0, 0, first, codes, 50),
        Patch(4, 6, few, codes, 50, clears=True),
        Patch(10, 20, rows, codes, 50),
    ]
    data = written(name, stage, patches, effort)
    frames = composed(data) if name == "gif" else (pixels for pixels, _ in seen(data))
    for pixels, screen in zip(frames, shown(stage, patches), strict=True):
        assert np.array_equal(pixels, screen)


@pytest.mark.parametrize("name", [name for name in MOVING if MOVING[name].may_replace])
def test_alpha_of_all_kinds_comes_back_where_a_patch_replaces(name):
    soft = Codebook.from_hex(["#ff000080", "#00ff00", "#00000000", "#0000ff01"])
    labels = np.array([[0, 1, 2], [3, 0, 1]], np.uint8)
    stage = Stage(3, 2, 0, soft)
    patches = [full(1, codebook=soft), Patch(0, 0, labels, soft, 10, replaces=True)]
    frames = list(seen(written(name, stage, patches)))
    assert np.array_equal(frames[1][0], soft.rgba[labels])


# Bytes


@pytest.mark.parametrize("name", MOVING)
def test_threads_change_no_byte(name):
    rng = np.random.default_rng(3)
    codes = random_codebook(rng, 40)
    stage = Stage(64, 48, 0, codes)
    patches = [Patch(0, 0, rng.integers(0, 41, (48, 64)).astype(np.uint8), codes, 40)] * 2
    patches += [replace(patches[0], labels=patches[0].labels[::-1] // 2) for _ in range(4)]
    coded = MOVING[name].coded
    alone = [coded(patch, stage) for patch in patches]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda patch: coded(patch, stage), patches)) == alone


@pytest.mark.parametrize("name", MOVING)
def test_a_patch_takes_its_bytes_and_those_of_the_table(name):
    form, stream = MOVING[name], io.BytesIO()
    file = form.opened(stream, STAGE)
    file.add(full(), form.coded(full(), STAGE))
    before = len(stream.getvalue())
    data = form.coded(full(1), STAGE)
    file.add(full(1), data)
    # A WebP's chunks are even.
    odd = len(data) % 2 if name == "webp" else 0
    assert len(stream.getvalue()) - before == len(data) + form.frame_bytes + odd


@pytest.mark.parametrize("name", MOVING)
def test_a_file_may_begin_anywhere_in_a_stream(name):
    form, stream = MOVING[name], io.BytesIO(b"before")
    stream.seek(6)
    file = form.opened(stream, STAGE)
    for label in (0, 1, 0):
        file.add(full(label), form.coded(full(label), STAGE))
    file.finish()
    assert stream.getvalue() == b"before" + written(name, STAGE, map(full, (0, 1, 0)), "default")


def test_a_gif_patch_of_few_codes_takes_fewer_bytes_with_a_palette_of_its_own():
    rng = np.random.default_rng(1)
    codes = random_codebook(rng, 255)
    labels = np.array([17, 99, 201, 255], np.uint8)[rng.integers(0, 4, (30, 30))]
    patch, stage = Patch(0, 0, labels, codes, 10), Stage(30, 30, 0, codes)
    coded = MOVING["gif"].coded
    own = coded(patch, replace(stage, codebook=None))
    assert coded(patch, stage) == own
    assert len(own) < len(coded(patch, stage, "fast"))


def test_chunks_of_a_large_apng_frame_are_split(monkeypatch):
    monkeypatch.setattr(apng, "MOST_BYTES", 5)
    patches = [full(0), full(1), Patch(1, 0, np.array([[0, 1]], np.uint8), RED_BLUE, 30)]
    data = written("apng", STAGE, patches)
    assert data.count(b"IDAT") > 1
    assert data.count(b"fdAT") > 2
    frames = [pixels for pixels, _ in seen(data)]
    assert np.array_equal(frames, shown(STAGE, patches))


@pytest.mark.parametrize("leaves", [True, False])
@pytest.mark.parametrize("k", [1, 2, 16, 255])
def test_an_apng_of_a_codebook_has_whole_bytes_for_samples_and_its_clear_entry_first(k, leaves):
    # Where they are packed, ffmpeg shows patches that do not begin at the left edge wrong.
    codes = random_codebook(np.random.default_rng(k), k)
    data = written("apng", Stage(3, 2, 0, codes, leaves), [full(codebook=codes)])
    assert tuple(data[24:26]) == (8, 3)
    with Image.open(io.BytesIO(data)) as image:
        assert len(image.palette.palette) == 3 * (k + leaves)
        assert ("transparency" in image.info) == leaves


@pytest.mark.parametrize(
    ("second", "is_soft"),
    [
        (full(1), False),
        (full(1, clears=True), True),
        (Patch(0, 0, np.array([[2, 0]], np.uint8), RED_BLUE, 9), True),
    ],
)
def test_a_webp_says_whether_it_has_alpha(second, is_soft):
    data = written("webp", STAGE, [full(), second])
    assert data[12:16] == b"VP8X"
    assert bool(data[20] & 0x10) == is_soft


# Times


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("loops", [0, 1, 2, 500])
def test_loops_are_counted_as_players_do(name, loops):
    found = info(written(name, replace(STAGE, loops=loops), [full(), full(1)]))
    if name == "gif":  # after the first time it is shown so many times more
        assert found.get("loop") == (None if loops == 1 else max(0, loops - 1))
    else:
        assert found["loop"] == loops


@given(durations=st.lists(st.integers(0, 300), min_size=1, max_size=30))
def test_times_of_a_gif_are_never_more_than_five_milliseconds_off(durations):
    patches = [full(i % 2, duration) for i, duration in enumerate(durations)]
    found = accumulate(delays(written("gif", STAGE, patches)))
    for hundredths, milliseconds in zip(found, accumulate(durations), strict=True):
        assert abs(10 * hundredths - milliseconds) <= 5


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("clears", [False, True])
@pytest.mark.parametrize("over", [10, 40, 123_456, "as much again"])
@pytest.mark.parametrize("label", [0, 2])
def test_a_frame_that_is_longer_than_a_file_can_say_is_shown_as_several(name, clears, over, label):
    form = MOVING[name]
    over = form.limits.duration if over == "as much again" else over
    long = full(label, form.limits.duration + over, clears=clears)
    patches = [full(1), long, Patch(0, 0, np.array([[2, 0]], np.uint8), RED_BLUE, 70)]
    data = written(name, STAGE, patches)
    if name == "gif":
        times = [10 * units for units in delays(data)]
        frames = list(composed(data))
    else:
        frames, times = zip(*seen(data), strict=True)
    screens = shown(STAGE, patches)
    assert len(frames) > 3
    assert np.array_equal(frames[0], screens[0])
    assert np.array_equal(frames[-1], screens[2])
    assert all(np.array_equal(frame, screens[1]) for frame in frames[1:-1])
    assert abs(sum(times[1:-1]) - long.duration) <= form.unit // 2
    assert max(times) <= form.limits.duration
    assert 0 not in times


@pytest.mark.parametrize("duration", [0, 1, 65_535, 65_536, 70_001, 655_360, 7_000_100, 2**31 - 1])
def test_times_of_an_apng_are_exact(duration):
    parts = written("apng", STAGE, [full(0, duration)]).split(b"fcTL")[1:]
    fractions = [struct.unpack_from(">HH", part, 20) for part in parts]
    assert sum(1000 * above // below for above, below in fractions) == duration
    assert all(1000 * above % below == 0 for above, below in fractions)


# What is refused


def large(k, **how):
    labels = np.arange(k, dtype=np.uint16).reshape(1, k)
    return Patch(0, 0, labels, random_codebook(np.random.default_rng(0), k), 10, **how)


SOFT = Codebook.from_hex(["#ff000080", "#00ff00"])


@pytest.mark.parametrize(
    ("names", "stage", "patch", "words"),
    [
        ("gif apng webp", STAGE, Patch(2, 0, full().labels, RED_BLUE, 9), "sticks out.*cut it"),
        ("gif apng webp", STAGE, Patch(0, -2, full().labels, RED_BLUE, 9), "sticks out.*cut it"),
        ("gif", STAGE, full(0, replaces=True), "replaces.*write APNG"),
        ("gif", STAGE, full(0, codebook=SOFT), "semi-transparent.*use PNG"),
        ("gif", Stage(300, 1, 0), large(257), "257 codes.*use k ≤ 256"),
        ("gif", Stage(300, 1, 0), large(256, clears=True), "256 codes and a clear.*k ≤ 255"),
        ("gif", Stage(300, 1, 0, large(257).codebook), large(257), "k=257.*use k ≤ 256"),
        ("apng", Stage(300, 1, 0, large(257).codebook), large(257), "k=257.*use k ≤ 255"),
        ("apng", Stage(300, 1, 0, large(256).codebook), large(256), "k=256.*use k ≤ 255"),
        ("apng", STAGE, full(0, codebook=SOFT), "codes of its own.*true colour"),
        ("apng", replace(STAGE, leaves=False), full(2), "leaves pixels.*leaves=True"),
        ("apng", replace(STAGE, leaves=False), full(0, clears=True), "clears.*leaves=True"),
        ("apng", Stage(3, 2, leaves=False), full(2), "not opaque.*alpha=True"),
        ("webp", STAGE, Patch(1, 0, np.zeros((1, 1), np.uint8), RED_BLUE, 9), r"\(1, 0\).*even"),
        ("gif", Stage(65536, 1, 0), full(), "65535 pixels a side.*smaller"),
        ("webp", Stage(16384, 1, 0), full(), "16383 pixels a side.*smaller"),
    ],
)
def test_a_patch_that_a_format_cannot_hold_is_refused(names, stage, patch, words):
    for name in names.split():
        with pytest.raises(FormatError, match=words):
            MOVING[name].coded(patch, stage)


@pytest.mark.parametrize("name", MOVING)
def test_what_a_file_cannot_hold_is_refused(name):
    form = MOVING[name]
    with pytest.raises(FormatError, match=r"loops exceed the .*; use fewer"):
        form.opened(io.BytesIO(), Stage(3, 2, 2**31))
    small = Patch(0, 0, np.zeros((1, 3), np.uint8), RED_BLUE, 9)
    with pytest.raises(FormatError, match=r"first patch is 3×1.*canvas of 3×2; pad"):
        form.opened(io.BytesIO(), STAGE).add(small, form.coded(small, STAGE))


@pytest.mark.parametrize("name", MOVING)
def test_a_file_is_finished_once_and_not_without_a_patch(name):
    form = MOVING[name]
    file = form.opened(io.BytesIO(), STAGE)
    with pytest.raises(FormatError, match=r"no patch.*add"):
        file.finish()
    file.add(full(), form.coded(full(), STAGE))
    file.finish()
    with pytest.raises(FormatError, match="finished already"):
        file.finish()
    with pytest.raises(FormatError, match="finished; begin another"):
        file.add(full(), form.coded(full(), STAGE))


@pytest.mark.parametrize("name", ["apng", "webp"])
def test_translucent_pixels_beside_ones_that_are_left_are_refused_but_at_first(name):
    form, stage = MOVING[name], Stage(3, 2, 0, SOFT)
    mixed = Patch(0, 0, np.array([[0, 1, 2]] * 2, np.uint8), SOFT, 9)
    data = form.coded(mixed, stage)
    file = form.opened(io.BytesIO(), stage)
    file.add(mixed, data)  # on a clear canvas there is nothing to blend with
    with pytest.raises(FormatError, match=r"1 translucent codes .alpha 128.*replaces"):
        file.add(mixed, data)


@pytest.mark.parametrize("how", [{"width": 0}, {"height": -1}, {"loops": -1}])
def test_a_stage_without_area_or_number_of_loops_is_refused(how):
    with pytest.raises(OptionError, match="out of range"):
        replace(STAGE, **how)
