"""Moving pictures as they are read: canvases, times, parts, limits; each format's rules."""

import io
import os
import random
import shutil
import struct
import subprocess
import sys
import tracemalloc
import zlib
from fractions import Fraction

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import cases
from huepress.errors import InputError, OptionError
from huepress.read.moving.sources import count_frames
from huepress.values.animation import Animation, Frame
from huepress.values.image import Image
from moving_files import (
    CLEAR,
    RESTORE,
    Piece,
    apng_file,
    canvases,
    cleaned,
    gif_colors,
    gif_file,
    gif_frame,
    packed_png,
    webp_chunk,
    webp_file,
    webp_frame,
)
from picture_files import P3_TO_XYZ, exif, png, png_chunk, rgb_profile

COLORS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]], np.uint8)
OTHERS = np.random.default_rng(5).integers(0, 256, (8, 3), np.uint8)
GIF_DISPOSALS = {2: CLEAR, 3: RESTORE, 4: RESTORE}
PNG_DISPOSALS = {1: CLEAR, 2: RESTORE}
WEBP_DISPOSALS = {1: CLEAR}
SIZE = (7, 6)


def random_pixels(seed, height=6, width=7):
    """RGBA of which a third is clear, a third opaque."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 4), np.uint8)
    pixels[..., 3] = np.where(rng.random((height, width)) < 0.6, pixels[..., 3] // 128 * 255, 77)
    return pixels


def whole(seed, **options):
    return Piece(random_pixels(seed), **options)


def labels(seed, height=6, width=7, most=4):
    return np.random.default_rng(seed).integers(0, most, (height, width))


def read(source, **options):
    """Return the frames' pixels and durations, and the animation."""
    animation = Animation.read(source, **options)
    frames = list(animation)
    assert {frame.pixels.shape[:2] for frame in frames} == {(animation.height, animation.width)}
    return [frame.pixels for frame in frames], [frame.duration for frame in frames], animation


def agree(found, expected):
    return len(found) == len(expected) and all(map(np.array_equal, found, expected))


@st.composite
def boxes(draw, *, within, step=1):
    left = draw(st.integers(0, 6 // step)) * step
    top = draw(st.integers(0, 5 // step)) * step
    sizes = (7 - left, 6 - top) if within else (9, 9)
    width, height = (draw(st.integers(1, most)) for most in sizes)
    return left, top, width, height


@st.composite
def gif_pieces(draw):
    pieces = []
    for index in range(draw(st.integers(1, 5))):
        left, top, width, height = draw(boxes(within=not index))
        palette = draw(st.sampled_from([None, COLORS[::-1], OTHERS]))
        most = draw(st.sampled_from([2, 4, 8]))
        pieces.append(
            Piece(
                labels(draw(st.integers(0, 99)), height, width, most),
                left,
                top,
                delay=draw(st.sampled_from([0, 1, 7, 65535])),
                dispose=draw(st.integers(0, 7)),
                palette=palette,
                transparent=draw(st.sampled_from([None, 0, 3, 6, 200])),
                interlaced=draw(st.booleans()),
            )
        )
    return pieces


@cases(100)
@given(gif_pieces())
def test_a_gifs_frames_are_what_its_rules_make_of_the_canvas(pieces):
    found, durations, animation = read(gif_file(SIZE, pieces, palette=COLORS))
    assert agree(found, canvases(SIZE, pieces, gif_colors(COLORS), GIF_DISPOSALS))
    assert durations == [10 * piece.delay for piece in pieces]
    assert (animation.n_frames, animation.source.format) == (len(pieces), "GIF")


def test_a_first_frame_larger_than_the_screen_of_a_gif_makes_it_larger():
    first, second = Piece(labels(1, 4, 5), 1, 2), Piece(labels(2, 6, 6), 3, 3)
    found, _, animation = read(gif_file((3, 8), [first, second], palette=COLORS))
    assert (animation.width, animation.height) == (6, 8)
    assert agree(found, canvases((6, 8), [first, second], gif_colors(COLORS), GIF_DISPOSALS))


@pytest.mark.parametrize(
    ("said", "loops"), [((), 1), ((0,), 0), ((1,), 2), ((65535,), 65536), ((2, 0), 0)]
)
def test_a_gif_is_shown_once_more_than_it_says_as_in_browsers(said, loops):
    file = gif_file(SIZE, [Piece(labels(1))], palette=COLORS, loops=said)
    assert Animation.read(file).loops == loops


@pytest.mark.parametrize("plays", [0, 1, 3])
def test_apng_and_webp_are_shown_as_often_as_they_say(plays):
    pieces = [whole(1), whole(2)]
    assert Animation.read(apng_file(SIZE, pieces, plays=plays)).loops == plays
    assert Animation.read(webp_file(SIZE, pieces, plays=plays)).loops == plays


def test_a_gif_without_its_trailer_is_whole_and_told_of():
    file = gif_file(SIZE, [Piece(labels(1)), Piece(labels(2))], palette=COLORS, trailer=b"")
    assert Animation.read(file).source.warnings[0].startswith("it ends without a trailer")
    assert len(read(file)[0]) == 2


@st.composite
def rgba_pieces(draw, most_disposal, *, step=1, first_whole=True):
    pieces = []
    for index in range(draw(st.integers(1, 4))):
        left, top, width, height = draw(boxes(within=True, step=step))
        if not index and first_whole:
            left, top, width, height = 0, 0, 7, 6
        pieces.append(
            Piece(
                random_pixels(draw(st.integers(0, 99)), height, width),
                left,
                top,
                delay=draw(st.integers(0, 400)),
                dispose=draw(st.integers(0, most_disposal)),
                over=draw(st.booleans()),
                parts=draw(st.integers(1, 3)),
            )
        )
    return pieces


@cases(60)
@given(rgba_pieces(2), st.booleans())
def test_an_apngs_frames_are_what_its_rules_make_of_the_canvas(pieces, has_default):
    default = random_pixels(1000) if has_default else None
    found, durations, animation = read(apng_file(SIZE, pieces, default=default))
    expected = canvases(SIZE, pieces, lambda piece: piece.samples, PNG_DISPOSALS)
    assert agree(found, expected)
    assert durations == [piece.delay for piece in pieces]
    assert animation.n_frames == len(pieces)


@cases(60)
@given(rgba_pieces(1, step=2, first_whole=False))
def test_a_webps_frames_are_what_its_rules_make_of_the_canvas(pieces):
    found, durations, _ = read(webp_file(SIZE, pieces))
    expected = canvases(SIZE, pieces, lambda piece: piece.samples, WEBP_DISPOSALS)
    assert agree(found, expected)
    assert durations == [piece.delay for piece in pieces]


def test_an_apngs_fractions_of_milliseconds_add_up():
    pieces = [whole(seed, delay=1, per=30) for seed in range(30)]
    assert read(apng_file(SIZE, pieces))[1] == [33, 34, 33] * 10
    pieces = [whole(seed, delay=1, per=0) for seed in range(3)]
    assert read(apng_file(SIZE, pieces))[1] == [10, 10, 10]


@cases(30)
@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(1, 65535)), min_size=1, max_size=6))
def test_an_apngs_instants_are_off_by_half_a_millisecond_at_most(delays):
    pixel = np.zeros((1, 1, 4), np.uint8)
    durations = read(apng_file((1, 1), [Piece(pixel, delay=d, per=p) for d, p in delays]))[1]
    for n in range(1, len(delays) + 1):
        exact = sum(Fraction(1000 * delay, per) for delay, per in delays[:n])
        assert abs(sum(durations[:n]) - exact) <= Fraction(1, 2) + Fraction(1, 1 << 30)


KINDS = [(0, 1), (0, 2), (0, 8), (0, 16), (2, 8), (2, 16), (3, 2), (3, 8), (4, 8), (4, 16), (6, 16)]


@pytest.mark.parametrize("profile", [None, rgb_profile(P3_TO_XYZ)])
@pytest.mark.parametrize(("color_type", "depth"), KINDS)
def test_each_frame_of_an_apng_has_the_colours_of_a_still_picture(color_type, depth, profile):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color_type]
    rng = np.random.default_rng(depth)
    pictures = [rng.integers(0, 1 << depth, (6, 7, channels)) for _ in range(3)]
    chunks = []
    if profile is not None:
        chunks.append((b"iCCP", b"p\0\0" + zlib.compress(profile)))
    if color_type == 3:
        chunks.append((b"PLTE", rng.integers(0, 256, 3 << depth, np.uint8).tobytes()))
        chunks.append((b"tRNS", bytes([0, 90, 255])))
    elif color_type in (0, 2):
        chunks.append((b"tRNS", struct.pack(">H", 1) * channels))
    pieces = [Piece(picture, over=False, parts=2) for picture in pictures]
    file = apng_file(SIZE, pieces, depth=depth, color_type=color_type, chunks=chunks)
    found, _, animation = read(file)
    stills = [
        Image.read(png(picture, depth, color_type, chunks=chunks)).pixels for picture in pictures
    ]
    assert agree(found, [cleaned(still) for still in stills])
    assert (animation.source.bit_depth, animation.source.reduced) == (depth, depth > 8)
    assert animation.source.converted == (profile is not None)


def test_a_webps_profile_is_converted_as_that_of_a_still_picture():
    profile = rgb_profile(P3_TO_XYZ)
    pictures = [random_pixels(seed) for seed in (1, 2)]
    chunks = [(b"ICCP", profile)]
    pieces = [Piece(pixels, over=False) for pixels in pictures]
    found, _, animation = read(webp_file(SIZE, pieces, chunks=chunks, flags=0x20))
    stills = [Image.read(still_webp(pixels, profile)).pixels for pixels in pictures]
    assert agree(found, [cleaned(still) for still in stills])
    assert animation.source.converted


def still_webp(pixels, profile):
    file = io.BytesIO()
    picture = PIL.Image.fromarray(pixels)
    picture.save(file, "WEBP", lossless=True, exact=True, icc_profile=profile)
    return file.getvalue()


FILES = {
    "GIF": gif_file(
        SIZE,
        [Piece(labels(1), delay=3), Piece(labels(2, 3, 3), 2, 1, 4, dispose=3), Piece(labels(3))],
        palette=COLORS,
    ),
    "PNG": apng_file(SIZE, [whole(1, delay=9), whole(2, dispose=1), whole(3, parts=2)]),
    "WEBP": webp_file(SIZE, [whole(1, delay=9), whole(2, dispose=1), whole(3)]),
}
kinds = pytest.mark.parametrize("kind", FILES)


@kinds
def test_a_picture_that_is_read_of_an_animation_is_one_of_its_frames(kind):
    found, _, _ = read(FILES[kind])
    for index, pixels in enumerate(found):
        picture = Image.read(FILES[kind], frame=index)
        assert np.array_equal(cleaned(picture.pixels), pixels)
        assert (picture.source.n_frames, picture.source.frame) == (3, index)


def test_a_later_frame_of_a_deep_animation_is_not_called_exact():
    shallow = np.zeros((6, 7, 1), int)
    pieces = [Piece(shallow + 258), Piece(shallow, parts=2)]
    file = apng_file(SIZE, pieces, depth=16, color_type=0)
    assert [Image.read(file, frame=index).source.reduced for index in (0, 1)] == [True, True]
    assert Animation.read(file).source.reduced


@kinds
def test_files_streams_and_bytes_give_the_same_frames_as_often_as_wanted(kind, tmp_path):
    path = tmp_path / "moving"
    path.write_bytes(FILES[kind])
    found, durations, _ = read(FILES[kind])
    with path.open("rb") as file:
        sources = [path, str(path), file, io.BytesIO(FILES[kind]), bytearray(FILES[kind])]
        animations = [Animation.read(source) for source in sources]
    for animation in [*animations, *animations]:
        frames = list(animation)
        assert agree([frame.pixels for frame in frames], found)
        assert [frame.duration for frame in frames] == durations
    assert animations[0].source.path == path
    assert animations[0].source.file_bytes == len(FILES[kind])
    two = zip(animations[0], animations[0], strict=True)  # at the same time
    assert all(a == b for a, b in two)


def test_standard_input_is_read_too(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FILES["GIF"])))
    assert agree(read("-")[0], read(FILES["GIF"])[0])


@kinds
def test_frames_are_counted_without_their_pixels(kind, tmp_path):
    data = bytearray(FILES[kind])
    assert count_frames(bytes(data)) == 3
    path = tmp_path / "moving"
    path.write_bytes(data)
    assert count_frames(path) == 3
    still = io.BytesIO()
    PIL.Image.new("RGB", SIZE).save(still, kind)
    assert count_frames(still.getvalue()) == 1
    assert count_frames(b"no picture") == count_frames(tmp_path) == 1


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "JPEG", "BMP", "TIFF"])
def test_a_still_picture_is_one_frame_without_a_duration(kind):
    file = io.BytesIO()
    PIL.Image.fromarray(random_pixels(3)[..., :3]).save(file, kind)
    found, durations, animation = read(file.getvalue())
    assert agree(found, [Image.read(file.getvalue()).pixels])
    assert (durations, animation.loops, animation.n_frames) == ([0], 1, 1)


def test_pages_are_no_frames():
    first, second = (PIL.Image.fromarray(random_pixels(seed)) for seed in (1, 2))
    file = io.BytesIO()
    first.save(file, "TIFF", save_all=True, append_images=[second])
    with pytest.raises(InputError, match="several pictures in a format"):
        Animation.read(file.getvalue())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_frames_are_turned_as_exif_says(orientation):
    turn = exif(orientation)[6:]
    pieces = [whole(1), Piece(random_pixels(2, 2, 4), 2, 2)]
    files = [
        apng_file(SIZE, pieces, chunks=[(b"eXIf", turn)]),
        webp_file(SIZE, pieces, chunks=[(b"EXIF", turn)], flags=8),
    ]
    for file, straight in zip(files, (apng_file, webp_file), strict=True):
        plain, _, _ = read(straight(SIZE, pieces))
        found, _, animation = read(file)
        upright = [turned(pixels, orientation) for pixels in plain]
        assert agree(found, upright)
        assert (animation.height, animation.width) == upright[0].shape[:2]
        assert np.array_equal(Image.read(file, frame=1).pixels, upright[1])


def turned(pixels, orientation):
    if orientation > 4:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def write_frames(folder, names):
    pictures = []
    for seed, name in enumerate(names):
        pictures.append(random_pixels(seed)[..., :3])
        PIL.Image.fromarray(pictures[-1]).save(folder / name)
    return pictures


def test_a_folder_is_read_in_natural_order_without_what_is_no_picture(tmp_path):
    pictures = write_frames(tmp_path, ["f1.png", "f2.png", "f10.png", "g1.bmp"])
    (tmp_path / "notes.txt").write_text("no frame")
    (tmp_path / ".f3.png").write_text("hidden")
    for source in (tmp_path, str(tmp_path)):
        found, durations, animation = read(source)
        assert agree(found, pictures)
        assert durations == [50] * 4
        assert (animation.loops, animation.n_frames) == (0, 4)
    assert agree(read(f"{tmp_path}/f?*.png")[0], pictures[:3])
    assert agree(read(str(tmp_path / "f?.png"))[0], pictures[:2])
    paths = [tmp_path / "f10.png", tmp_path / "f1.png"]
    assert agree(read(paths)[0], [pictures[2], pictures[0]])
    assert read(tmp_path, fps=30)[1] == [33, 34, 33, 33]


def test_a_file_whose_name_has_wildcards_is_that_file(tmp_path):
    path = tmp_path / "what?.gif"
    path.write_bytes(FILES["GIF"])
    assert len(read(str(path))[0]) == 3


def test_what_is_lost_is_told_once_and_not_of_every_frame(tmp_path, caplog):
    samples = np.random.default_rng(1).integers(0, 1 << 16, (6, 7, 1))
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(png(samples, 16, 0))
    animation = Animation.read(tmp_path)
    assert len(list(animation)) == 3
    assert len(caplog.messages) == len(animation.source.warnings) == 1
    caplog.clear()
    pieces = [Piece(samples, delay=1)] * 2
    assert len(read(apng_file(SIZE, pieces, depth=16, color_type=0))[0]) == 2
    assert len(caplog.messages) == 1
    assert "16 bits a sample are reduced" in caplog.messages[0]


def test_folders_without_frames_and_frames_of_other_sizes_are_refused(tmp_path):
    with pytest.raises(InputError, match="holds no picture; name a folder of frames"):
        Animation.read(tmp_path)
    with pytest.raises(InputError, match=r"x\*\.png: matches no file"):
        Animation.read(str(tmp_path / "x*.png"))
    with pytest.raises(InputError, match="there is no frame"):
        Animation.read([])
    write_frames(tmp_path, ["1.png", "2.png"])
    PIL.Image.new("RGB", (3, 2)).save(tmp_path / "3.png")
    with pytest.raises(InputError, match=r"3\.png: is 3×2, and the first frame 7×6"):
        list(Animation.read(tmp_path))
    (tmp_path / "3.png").write_bytes(FILES["PNG"])
    with pytest.raises(InputError, match=r"3\.png: holds 3 frames"):
        list(Animation.read(tmp_path))


def test_an_array_is_its_frames_whatever_its_type():
    pixels = np.stack([random_pixels(seed) for seed in range(3)])
    found, durations, animation = read(pixels, fps=8)
    assert agree(found, [cleaned(frame) for frame in pixels])
    assert (durations, animation.loops, animation.n_frames) == ([125] * 3, 0, 3)
    grey = pixels[..., 0]
    expected = [np.repeat(frame[..., None], 3, axis=2) for frame in grey]
    assert agree(read(grey)[0], expected)
    assert agree(read(grey / 255)[0], expected)
    assert agree(read(grey.astype(np.uint16) * 257)[0], expected)


def test_a_part_of_an_array_is_its_frames_from_there_on():
    shades = np.arange(6, dtype=np.uint8).reshape(6, 1, 1)
    found, durations, _ = read(shades, fps=10, start=0.25, duration=0.2)
    assert [int(pixels[0, 0, 0]) for pixels in found] == [2, 3, 4]
    assert durations == [50, 100, 50]


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((4, 5, 3), r"one picture, or frames of greys 3 pixels wide; .* array\[None\]"),
        ((4, 5), "frames are"),
        ((2, 4, 5, 5), "frames are"),
        ((0, 4, 5, 3), "no pixel"),
    ],
)
def test_arrays_of_other_shapes_are_refused(shape, words):
    with pytest.raises(InputError, match=words):
        Animation.read(np.zeros(shape, np.uint8))


def test_frames_do_not_change_when_their_array_does():
    array = np.zeros((2, 3, 4, 3), np.uint8)
    first = next(iter(Animation.read(array)))
    array[:] = 1
    assert first.pixels.max() == 0
    assert not first.pixels.flags.writeable


def coloured(durations):
    """A WebP whose frame i is of grey i, shown so many milliseconds."""
    pieces = [
        Piece(np.array([[[index, index, index, 255]]], np.uint8), delay=duration)
        for index, duration in enumerate(durations)
    ]
    return webp_file((1, 1), pieces)


def greys_and_times(file, **options):
    found, durations, animation = read(file, **options)
    assert animation.n_frames == len(found)
    return [(int(pixels[0, 0, 0]), time) for pixels, time in zip(found, durations, strict=True)]


times = st.lists(st.integers(0, 300), min_size=1, max_size=6)


@cases(60)
@given(times, st.integers(0, 500), st.integers(1, 900))
def test_a_part_shows_at_each_millisecond_what_the_whole_does(durations, start, length):
    line = np.repeat(np.arange(len(durations)), durations)[start : start + length]
    file = coloured(durations)
    options = {"start": start / 1000, "duration": length / 1000}
    if not line.size and not any(
        not duration and start <= sum(durations[:index]) < start + length
        for index, duration in enumerate(durations)
    ):
        with pytest.raises(InputError, match="start earlier"):
            Animation.read(file, **options)
        return
    found = greys_and_times(file, **options)
    assert np.repeat(*np.array(found).T).tolist() == line.tolist()


@cases(60)
@given(times.filter(any), st.fractions(Fraction(1, 3), 200, max_denominator=1001))
def test_another_rate_shows_what_was_on_the_screen_at_each_instant(durations, fps):
    line = np.repeat(np.arange(len(durations)), durations)
    found = greys_and_times(coloured(durations), fps=fps)
    instants = [Fraction(1000 * i) / fps for i in range(len(found))]
    assert [grey for grey, _ in found] == [line[int(instant)] for instant in instants]
    assert Fraction(1000 * len(found)) / fps >= len(line)
    assert sum(time for _, time in found) == len(line)
    told = np.cumsum([0, *(time for _, time in found)])[:-1]
    assert all(
        abs(int(t) - instant) <= Fraction(1, 2) for t, instant in zip(told, instants, strict=True)
    )


def test_frames_without_durations_get_those_of_the_rate():
    assert greys_and_times(coloured([0, 0, 0]), fps=30) == [(0, 33), (1, 34), (2, 33)]


@pytest.mark.parametrize("fps", [29.97, Fraction(2997, 100)])
def test_a_rate_is_the_number_that_was_written(fps):
    durations = Animation.read(np.zeros((2997, 1, 1), np.uint8), fps=fps)
    assert sum(frame.duration for frame in durations) == 100_000


def test_width_scales_frames_in_proportion_and_without_dark_edges():
    rgba = np.zeros((8, 16, 4), np.uint8)
    rgba[:, 8:] = 200, 100, 50, 255
    found, _, animation = read(rgba[None], width=4)
    assert (animation.width, animation.height) == (4, 2)
    seen = found[0][found[0][..., 3] > 99].astype(int)
    assert len(seen) > 2
    assert np.abs(seen[:, :3] - [200, 100, 50]).max() <= 5
    assert read(np.zeros((1, 1, 99, 3), np.uint8), width=2)[0][0].shape == (1, 2, 3)
    assert read(FILES["GIF"], width=14)[0][0].shape[:2] == (12, 14)


@pytest.mark.parametrize(
    "options",
    [
        {"fps": 0},
        {"fps": -1},
        {"fps": 1001},
        {"fps": float("nan")},
        {"fps": "9"},
        {"start": -1},
        {"start": float("nan")},
        {"duration": 0},
        {"duration": float("inf")},
        {"width": 0},
        {"width": 2.5},
        {"max_pixels": 0},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(OptionError):
        Animation.read(FILES["GIF"], **options)


def test_an_animation_is_returned_as_it_is():
    animation = Animation.of([Frame(np.zeros((1, 1, 3), np.uint8), 5)])
    assert Animation.read(animation) is animation
    with pytest.raises(InputError, match="give options with its source"):
        Animation.read(animation, fps=5)


def long_file(kind, n_frames, width, height):
    rng = np.random.default_rng(1)
    shade = rng.integers(0, 4, (height, width))
    if kind == "GIF":
        once = gif_frame(Piece(shade, delay=2, dispose=2))
        return gif_file((width, height), [], palette=COLORS, trailer=once * n_frames + b";")
    rgba = np.dstack([COLORS[shade], np.full(shade.shape, 255, np.uint8)])
    pieces = [Piece(rgba, delay=2)] * n_frames
    return (apng_file if kind == "PNG" else webp_file)((width, height), pieces)


@kinds
@pytest.mark.slow
def test_memory_is_that_of_a_few_frames_however_many_there_are(kind, tmp_path):
    width, height, peaks = 160, 100, []
    for n_frames in (30, 300):
        path = tmp_path / "long"
        path.write_bytes(long_file(kind, n_frames, width, height))
        tracemalloc.start()
        try:
            assert sum(1 for _ in Animation.read(path)) == n_frames
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    frame = 4 * width * height
    assert peaks[1] < 12 * frame
    assert peaks[1] - peaks[0] < 270 * 1000  # where it lies, and the like


ONE = Piece(np.zeros((1, 1), int))


def webp_of(*frames):
    body = webp_chunk(b"VP8X", bytes([2, 0, 0, 0]) + b"\6\0\0\5\0\0")
    body += b"".join(webp_chunk(b"ANMF", frame) for frame in frames)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def with_head(place, value, piece=None):
    frame = bytearray(webp_frame(piece or whole(1)))
    frame[place] = value
    return bytes(frame)


HOSTILE = {
    "gif without a frame": (gif_file(SIZE, [], palette=COLORS), "the GIF has no frame"),
    "gif of a head": (b"GIF89a", "the GIF ends within frame 0"),
    "gif of 0×0": (gif_file(SIZE, [Piece(np.zeros((1, 0), int))]), "frame 0 is 0×1"),
    "gif that ends": (FILES["GIF"][:-9], "the GIF ends within frame 2"),
    "gif with a huge frame": (
        FILES["GIF"].replace(
            struct.pack("<HHHH", 2, 1, 3, 3), struct.pack("<4H", 2, 1, 65535, 65535)
        ),
        r"frame 1: 65535×65535 is 4,294,836,225 pixels, past the limit of 1,000,000; .* limit",
    ),
    "gif with a huge screen": (
        gif_file((65535, 65535), [ONE], palette=COLORS),
        "65535×65535 is .* past the limit",
    ),
    "apng that says too few": (
        apng_file(SIZE, [whole(1), whole(2)], said=1),
        "says 1 frames and has 2",
    ),
    "apng that says too many": (apng_file(SIZE, [whole(1)], said=2), "says 2 frames and has 1"),
    "apng of no frame": (apng_file(SIZE, [], said=0, default=random_pixels(1)), "it has no frame"),
    "apng that says a million": (
        apng_file(SIZE, [whole(1)], said=10**6),
        "more than 100,000 frames",
    ),
    "apng out of order": (
        apng_file(SIZE, [whole(1), whole(2, parts=3)], changed=lambda n: {3: 4, 4: 3}.get(n, n)),
        "frame 1: .* number 4 stands where 3 belongs",
    ),
    "apng with a gap": (
        apng_file(SIZE, [whole(1), whole(2)], changed=lambda n: n + (n > 1)),
        "frame 1: .* number 3 stands where 2 belongs",
    ),
    "apng outside": (
        apng_file(SIZE, [whole(1), Piece(random_pixels(2), 1, 0)]),
        "frame 1: .* 7×6 at 1, 0, which does not lie within the picture of 7×6",
    ),
    "apng of 0×6": (
        apng_file(SIZE, [whole(1), Piece(np.zeros((6, 0, 4), np.uint8))]),
        "frame 1: .* it is 0×6",
    ),
    "apng with another disposal": (
        apng_file(SIZE, [whole(1, dispose=3)]),
        r"frame 0: .* dispose \(3\)",
    ),
    "apng that ends": (FILES["PNG"][:-40], "frame 2: .* ends within its fdAT chunk"),
    "apng with a wrong checksum": (
        FILES["PNG"][:-20] + b"?" + FILES["PNG"][-19:],
        "frame 2: .* checksum of its fdAT chunk",
    ),
    "webp without a frame": (webp_of(), "it has no frame"),
    "webp outside": (webp_of(with_head(0, 1)), "frame 0 is 7×6 at 2, 0, which does not lie within"),
    "webp with another size": (webp_of(with_head(6, 4)), "frame 0 is 5×6|holds|damaged"),
    "webp without pixels": (webp_of(webp_frame(whole(1))[:16]), "frame 0 holds no picture"),
    "webp of a short frame": (webp_of(bytes(8)), "frame 0 is too short"),
    "webp with a lie": (webp_of(with_head(20, 255)), "frame 0 is longer than its chunk"),
    "webp that ends": (FILES["WEBP"][:-30], "ends in frame 2"),
    "webp with a huge canvas": (
        webp_of(webp_frame(whole(1))).replace(b"\6\0\0\5\0\0", b"\xff" * 6, 1),
        "16777216×16777216 is .* past the limit",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused_in_a_line(what):
    data, words = HOSTILE[what]
    with pytest.raises(InputError, match=words) as error:
        list(Animation.read(data, max_pixels=1_000_000))
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_a_million_frames_of_one_pixel_are_refused_after_the_limit():
    once = gif_frame(Piece(np.zeros((1, 1), int)))
    file = gif_file(SIZE, [], palette=COLORS, trailer=once * 1_000_000)
    with pytest.raises(InputError, match="more than 100,000 frames"):
        Animation.read(file)


def test_damage_names_its_frame():
    labels_of = labels(2)
    good, bad = gif_frame(Piece(labels(1))), bytearray(gif_frame(Piece(labels_of)))
    bad[30:36] = b"\xff" * 6
    file = gif_file(SIZE, [], palette=COLORS, trailer=good + bytes(bad) + good + b";")
    frames = iter(Animation.read(file))
    next(frames)
    with pytest.raises(InputError, match="frame 1: the GIF is damaged"):
        next(frames)
    data = packed_png(random_pixels(2))
    broken = FILES["PNG"].replace(
        png_chunk(b"fdAT", struct.pack(">I", 2) + data),
        png_chunk(b"fdAT", struct.pack(">I", 2) + data[:-30] + b"\xff" * 30),
    )
    assert broken != FILES["PNG"]
    with pytest.raises(InputError, match=r"frame 1: the PNG is damaged: .* \(--lenient\)"):
        list(Animation.read(broken))
    assert len(read(broken, lenient=True)[0]) == 3


def with_checksums(data):
    """Give each chunk of a PNG, as far as they can be told, its right checksum."""
    out, place = data[:8], 8
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        if place + 12 + length > len(data):
            break
        out += png_chunk(data[place + 4 : place + 8], data[place + 8 : place + 8 + length])
        place += 12 + length
    return out + data[place:]


def mutated(data, rng):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5])):
        place = rng.randrange(12, len(data))
        what = rng.randrange(8)
        if what == 0:
            del data[place : place + rng.randrange(1, 9)]
        elif what == 1:
            data[place:place] = rng.randbytes(rng.randrange(1, 9))
        else:
            data[place] = rng.choice([0, 1, 255, rng.randrange(256)])
        data += bytes(max(0, 16 - len(data)))
    return bytes(data)


N_MUTATIONS = 400


@kinds
@pytest.mark.slow
def test_files_with_wrong_bytes_are_read_or_refused(kind):
    rng = random.Random(kind)
    n_read = n_refused = 0
    for _ in range(N_MUTATIONS):
        data = mutated(FILES[kind], rng)
        data = with_checksums(data) if kind == "PNG" else data
        try:
            n_read += any(True for _ in Animation.read(data, max_pixels=100_000))
        except InputError as error:
            n_refused += "\n" not in str(error)
    assert n_read + n_refused == N_MUTATIONS
    assert min(n_read, n_refused) > N_MUTATIONS // 20


def test_no_ffmpeg_is_said_and_what_is_neither_picture_nor_video_too(tmp_path, monkeypatch):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom" + bytes(99))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"to read videos ffprobe must be installed \(apt install"):
        Animation.read(path)
    with pytest.raises(InputError, match="an HEIC picture"):
        Animation.read(b"\0\0\0\x18ftypheic" + bytes(99))


needs_ffmpeg = pytest.mark.skipif(
    not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="VIDEOS NOT TESTED: no ffmpeg"
)


def video(path, *options, source="testsrc=d=1:r=30000/1001:s=64x48"):
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, *options, str(path)]
    subprocess.run(command, check=True)
    return path


@needs_ffmpeg
@pytest.mark.slow
@pytest.mark.parametrize("name", ["clip.mkv", "clip.avi", "clip.mov", "clip.nut"])
def test_a_videos_frames_and_their_times_are_kept(name, tmp_path):
    # RGB without loss, so that every pixel is known.
    path = video(tmp_path / name, "-c:v", "png", "-pix_fmt", "rgb24")
    raw = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        capture_output=True,
        check=True,
    ).stdout
    expected = np.frombuffer(raw, np.uint8).reshape(-1, 48, 64, 3)
    found, durations, animation = read(path)
    assert agree(found, expected)
    assert sum(durations) == 1001
    assert (animation.n_frames, animation.loops) == (None, 0)
    assert agree(read(path.read_bytes())[0], expected)
    found, durations, _ = read(path, fps=10, start=0.5, duration=0.3, width=32)
    assert durations == [100] * 3
    assert found[0].shape == (24, 32, 3)


@needs_ffmpeg
@pytest.mark.slow
def test_a_videos_alpha_is_read(tmp_path):
    source = "color=red@0.5:d=0.2:r=10:s=8x8,format=rgba"
    path = video(tmp_path / "clip.mov", "-c:v", "qtrle", "-pix_fmt", "argb", source=source)
    assert read(path)[0][0][0, 0].tolist() in ([255, 0, 0, 127], [255, 0, 0, 128])


@needs_ffmpeg
@pytest.mark.slow
def test_videos_that_are_damaged_too_large_or_too_short_are_refused_or_told_of(tmp_path, caplog):
    path = video(tmp_path / "clip.mp4", "-c:v", "mpeg4")
    with pytest.raises(InputError, match=r"64×48 is 3,072 pixels, past the limit of 3,000"):
        Animation.read(path, max_pixels=3000)
    with pytest.raises(InputError, match=r"lasts 1\.001 s, and has no frame from 5 s on"):
        Animation.read(path, start=5)
    data = path.read_bytes()
    with pytest.raises(InputError, match="nor a video that ffmpeg reads"):
        Animation.read(data[: len(data) // 2])
    cut = video(tmp_path / "clip.mkv", "-c:v", "ffv1").read_bytes()[:-3000]
    assert 0 < len(read(cut)[0]) < 30
    assert "ffmpeg complains (File ended prematurely)" in caplog.text
    script = tmp_path / "script"
    script.write_text("ffconcat version 1.0\nfile clip.mp4\n")
    with pytest.raises(InputError, match="nor a video that ffmpeg reads"):
        Animation.read(script)


@needs_ffmpeg
@pytest.mark.slow
def test_ffmpeg_ends_when_no_more_frames_are_wanted(tmp_path):
    path = video(tmp_path / "clip.mkv", "-c:v", "ffv1", source="testsrc=d=20:s=320x240")
    frames = iter(Animation.read(path))
    next(frames)
    frames.close()
    children = subprocess.run(
        ["ps", "-o", "args=", "--ppid", str(os.getpid())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert str(path) not in children.stdout
