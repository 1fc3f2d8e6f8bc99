"""Laws of compressing moving pictures: what is kept, what may change, and what was asked."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cases import cases

from huepress.errors import FormatError, OptionError, QualityError
from huepress.motion.compression import compress_animation
from huepress.motion.frames import starts_of
from huepress.motion.screen import FREE, REDRAWN, STILL, Screen, box_of
from huepress.motion.survey import surveyed
from huepress.values.animation import Animation, Frame
from huepress.values.codebook import Codebook
from huepress.values.patch import Patch

FORMATS = ("gif", "png", "webp")
QUICK_FORMATS = ("gif", *(pytest.param(name, marks=pytest.mark.slow) for name in FORMATS[1:]))


def of(planes, durations=None, loops=0):
    durations = durations or [40] * len(planes)
    frames = [Frame(np.ascontiguousarray(p), d) for p, d in zip(planes, durations, strict=True)]
    return Animation.of(frames, loops=loops)


def drifting(n=6, height=40, width=56, seed=0):
    """A soft slope that moves behind a still frame of texture."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(seed).integers(0, 40, (height, width, 3))
    for i in range(n):
        wave = 110 + 70 * np.sin((x + 3 * i) / 9) + 30 * np.cos(y / 7)
        moving = np.stack([wave, wave * 0.8, wave * 0.6], axis=2)
        still = (x < 8) | (x >= width - 8) | (y < 6)
        yield np.where(still[..., None], 90 + noise, moving + noise / 8).astype(np.uint8)


def shown_of(result):
    return list(Animation.read(bytes(result)))


def as_rgba(pixels):
    if pixels.shape[2] == 3:
        pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=2)
    return np.where(pixels[..., 3:] == 0, np.uint8(0), pixels)


def stirred(source, shown):
    """Count the pixels that change from frame to frame though the original's do not."""
    return sum(
        int((~(as_rgba(a) != as_rgba(b)).any(2) & (as_rgba(c) != as_rgba(d)).any(2)).sum())
        for a, b, c, d in zip(source, source[1:], shown, shown[1:], strict=False)
    )


@st.composite
def clips(draw):
    """Frames of few colours, opaque or with clear pixels, of which parts change."""
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    colors = rng.integers(0, 256, (draw(st.integers(1, 30)), 4), np.uint8)
    alphas = draw(st.sampled_from([(255,), (0, 255), (0, 90, 255)]))
    colors[:, 3] = rng.choice(alphas, len(colors))
    colors[colors[:, 3] == 0] = 0
    plane = rng.integers(0, len(colors), (height, width))
    planes = []
    for _ in range(draw(st.integers(1, 5))):
        change = rng.random((height, width)) < draw(st.sampled_from([0.0, 0.1, 0.6]))
        plane = np.where(change, rng.integers(0, len(colors), (height, width)), plane)
        planes.append(colors[plane])
    durations = [draw(st.sampled_from([0, 10, 33, 70, 1000])) for _ in planes]
    return planes, durations, draw(st.sampled_from([0, 1, 3]))


@pytest.mark.parametrize("name", FORMATS)
@cases(40)
@given(clip=clips())
def test_without_loss_every_pixel_of_every_frame_is_kept_with_its_time(name, clip):
    planes, durations, loops = clip
    soft = any(((p[..., 3] > 0) & (p[..., 3] < 255)).any() for p in planes)
    if name == "gif" and soft:
        with pytest.raises(FormatError, match="translucent"):
            compress_animation(of(planes, durations, loops), format=name, lossless=True)
        return
    result = compress_animation(of(planes, durations, loops), format=name, lossless=True)
    shown = shown_of(result)
    assert len(shown) == len(planes)
    for frame, plane in zip(shown, planes, strict=True):
        assert (as_rgba(frame.pixels) == as_rgba(plane)).all()
    ends, asked = np.cumsum([f.duration for f in shown]), np.cumsum(durations)
    assert np.abs(ends - asked).max() <= (5 if name == "gif" else 0)
    assert result.score == 100


@pytest.mark.parametrize("name", QUICK_FORMATS)
@pytest.mark.parametrize("how", [{"k": 3}, {"k": 5, "dither": "diffusion"}, {"quality": 40}])
@cases(15)
@given(clip=clips())
def test_what_does_not_change_in_the_original_does_not_change_in_the_file(name, how, clip):
    planes, durations, loops = clip
    if name == "gif":
        planes = [
            np.where(p[..., 3:] < 128, np.uint8(0), p | np.uint8([0, 0, 0, 255])) for p in planes
        ]
    result = compress_animation(of(planes, durations, loops), format=name, **how)
    shown = [frame.pixels for frame in shown_of(result)]
    assert len(shown) == len(planes)
    assert stirred(planes, shown) == 0


@pytest.mark.parametrize("name", ["gif", pytest.param("png", marks=pytest.mark.slow), "webp"])
def test_a_quality_is_reached_on_average_and_a_lower_one_takes_fewer_bytes(name):
    animation = of(list(drifting()))
    low, high = (compress_animation(animation, format=name, quality=q) for q in (60, 85))
    assert low.score >= 60
    assert high.score >= 85
    assert low.output_bytes < high.output_bytes
    assert low.worst >= 50
    assert stirred(list(drifting()), [frame.pixels for frame in shown_of(high)]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_a_size_is_held_and_filled(name):
    animation = of(list(drifting(6)))
    size = compress_animation(animation, format=name, quality=75).output_bytes
    result = compress_animation(animation, format=name, target_size=size)
    assert 0.8 * size <= result.output_bytes <= size
    with pytest.raises(QualityError, match="400 were asked"):
        compress_animation(animation, format=name, target_size=400)


@pytest.mark.parametrize("name", QUICK_FORMATS)
def test_threads_change_no_byte(name):
    animation = of(list(drifting(4)))
    one, three = (
        bytes(compress_animation(animation, format=name, quality=75, threads=n)) for n in (1, 3)
    )
    assert one == three


def test_frames_share_one_codebook_of_no_more_than_k_codes():
    result = compress_animation(of(list(drifting())), format="gif", k=12)
    colors = {tuple(c) for f in shown_of(result) for c in f.pixels.reshape(-1, f.pixels.shape[2])}
    assert len(colors) <= 12
    assert result.output_codes == 12


@pytest.mark.slow
def test_scenes_get_codebooks_of_their_own_where_those_take_fewer_bytes():
    first = list(drifting(8))
    second = [255 - p[:, ::-1, [2, 0, 1]] for p in drifting(8, seed=1)]
    survey = surveyed(of(first + second), lambda done: None)
    assert [scene.start for scene in survey.scenes] == [0, 8]
    one = compress_animation(of(first + second), format="webp", quality=88)
    assert one.score >= 88
    assert stirred(first + second, [frame.pixels for frame in shown_of(one)]) == 0


def test_equal_frames_become_one_that_lasts_as_long_where_that_is_asked():
    dark, light = (np.full((6, 7, 3), v, np.uint8) for v in (10, 240))
    animation = of([dark, dark, light, light, light], [30, 40, 50, 60, 70])
    kept = compress_animation(animation, format="png", k=2)
    merged = compress_animation(animation, format="png", k=2, drop_duplicates=True)
    assert [frame.duration for frame in kept.frames] == [30, 40, 50, 60, 70]
    assert [frame.duration for frame in merged.frames] == [70, 180]
    assert [frame.duration for frame in shown_of(merged)] == [70, 180]


@pytest.mark.slow
def test_auto_is_the_smaller_of_apng_and_webp():
    animation = of(list(drifting(3)))
    sizes = {
        name: compress_animation(animation, format=name, quality=80).output_bytes
        for name in ("png", "webp")
    }
    auto = compress_animation(animation, format="auto", quality=80)
    assert auto.output_bytes == min(sizes.values())
    assert auto.format == {"png": "apng", "webp": "webp"}[min(sizes, key=sizes.get)]


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"format": "npz"}, OptionError, "npz holds one picture"),
        ({"format": "gif", "palette": Codebook.from_hex(["#fff"])}, OptionError, "is learned"),
        ({"format": "gif", "lossless": True, "k": 4}, OptionError, "k=4 asks for others"),
        ({"format": "gif", "lossless": True, "quality": 50}, OptionError, "quality=50"),
        ({"format": "gif", "quality": 95, "min_quality": 94, "k": 2}, QualityError, "at least 94"),
    ],
)
def test_what_cannot_be_done_is_refused(how, error, message):
    with pytest.raises(error, match=message):
        compress_animation(of(list(drifting(3))), **how)


def test_more_colours_in_a_frame_than_a_gif_has_are_refused_without_loss():
    plane = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    with pytest.raises(FormatError, match="400"):
        compress_animation(of([plane, plane[::-1]]), format="gif", lossless=True)


def test_a_screen_tells_what_may_be_left_and_what_must_be_drawn_again():
    screen = Screen(1, 4, can_replace=False)
    grey, red = [9, 9, 9, 255], [200, 0, 0, 255]
    first = np.array([[grey, red, red, [0, 0, 0, 0]]], np.uint8)
    second = np.array([[grey, [0, 0, 0, 0], red, [0, 0, 0, 0]]], np.uint8)
    view = screen.meet(first, second)
    assert view.states.tolist() == [[FREE, FREE, FREE, STILL]]
    assert view.clears
    book = Codebook(np.array([grey, red], np.uint8))
    screen.take(Patch(0, 0, np.array([[0, 1, 1, 2]], np.uint8), book, 10, clears=True), first)
    view = screen.meet(second)
    # All was cleared: what did not change is drawn again, in the colour that it had.
    assert view.states.tolist() == [[REDRAWN, STILL, REDRAWN, STILL]]
    assert view.shown[0, [0, 2]].tolist() == [grey, red]


def test_a_colour_counts_for_as_long_as_it_is_seen():
    dark, light = (np.full((2, 2, 3), v, np.uint8) for v in (10, 240))
    half = dark.copy()
    half[0] = 240
    survey = surveyed(of([dark, half, light], [100, 300, 50]), lambda done: None)
    counts = dict(zip(survey.histogram.colors[:, 0].tolist(), survey.histogram.counts, strict=True))
    assert counts == {10: 2 * 10 + 2 * 40, 240: 2 * 35 + 2 * 5}


@given(st.integers(1, 500), st.integers(4, 40), st.integers(2, 6))
def test_runs_begin_with_the_first_frame_end_with_the_last_and_do_not_overlap(n, frames, run):
    starts = starts_of(n, frames, run)
    assert starts[0] == 0
    assert all(b - a >= run for a, b in pairwise(starts))
    assert len(starts) == 1 or starts[-1] + run == n


@given(st.integers(0, 8), st.integers(0, 8), st.integers(1, 5), st.integers(1, 5))
def test_a_box_is_the_least_that_holds_all(top, left, height, width):
    some = np.zeros((15, 15), bool)
    some[top : top + height, left : left + width] = np.eye(height, width, dtype=bool) | (
        np.arange(height)[:, None] == height - 1
    ) & (np.arange(width) == width - 1)
    rows, columns = np.nonzero(some)
    assert box_of(some) == (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1)


def test_where_parts_have_codebooks_of_their_own_there_is_none_of_all():
    # Each frame has hundreds of colours that no other has.
    rng = np.random.default_rng(3)
    noise = [rng.integers(0, 60, (48, 64, 3)) for _ in range(8)]
    tints = [np.array([60 + 24 * i, 20 * i, 160 - 20 * i]) for i in range(8)]
    planes = [(n + t).clip(0, 255).astype(np.uint8) for n, t in zip(noise, tints, strict=True)]
    result = compress_animation(of(planes), format="gif", quality=90)
    assert result.fit is None
    assert result.output_codes == 0
    colors = {tuple(c) for f in shown_of(result) for c in f.pixels.reshape(-1, f.pixels.shape[2])}
    assert len(colors) > 256


@pytest.mark.parametrize("name", FORMATS)
def test_a_dark_first_frame_is_drawn_and_not_left_to_the_clear_canvas(name):
    rng = np.random.default_rng(1)
    planes = [rng.integers(0, 9, (30, 40, 3), np.uint8) for _ in range(2)]
    result = compress_animation(of(planes), format=name, k=2)
    assert all(frame.pixels.shape[2] == 3 for frame in shown_of(result))
