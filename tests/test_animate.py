"""The animation: one frame for every iteration, and one codebook for all frames."""

import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from huepress import Animation, Codebook, FitResult, Histogram, OptionError, OutputError, fit
from huepress import animate as module
from huepress.animate import CODES, Film, animate


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    from skimage.data import astronaut

    return np.ascontiguousarray(astronaut()[:160, 100:340])


@pytest.fixture(scope="module")
def fitted(photo: np.ndarray) -> FitResult:
    return fit(Histogram.of(photo), 6, seeding="random", seed=1, max_iter=7)


@pytest.fixture(scope="module")
def animation(photo: np.ndarray, fitted: FitResult) -> Film:
    return animate(photo, fitted, width=400, interval=0.25, hold=1.5)


def decoded(data: bytes) -> tuple[list[np.ndarray], list[int]]:
    frames, durations = [], []
    with PillowImage.open(BytesIO(data)) as file:
        for index in range(getattr(file, "n_frames", 1)):
            file.seek(index)
            frames.append(np.asarray(file.convert("RGB")))
            durations.append(file.info["duration"])
    return frames, durations


@pytest.mark.slow
def test_there_is_a_frame_for_every_row_of_the_trace(animation: Film, fitted: FitResult) -> None:
    assert len(animation) == len(fitted.trace) == 8
    assert animation.durations == (250,) * 7 + (1500,)


@pytest.mark.slow
def test_frames_are_as_wide_as_asked_and_fit_for_video(animation: Film) -> None:
    _, height, width = animation.labels.shape
    assert width == 400
    assert height % 2 == 0
    assert 150 < height <= 400


def test_the_right_half_is_the_picture_in_the_centroids_colours(
    animation: Film, fitted: FitResult
) -> None:
    last = animation.frame(-1).decode()
    codes = fitted.codebook.colors.astype(int)
    region = last[60:150, 215:380].reshape(-1, 3).astype(int)
    away = np.abs(region[:, None] - codes).max(axis=2).min(axis=1)
    assert away.max() <= 8
    assert not np.array_equal(last, animation.frame(0).decode())


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".apng"])
def test_a_file_decodes_to_the_frames_exactly(animation: Film, suffix: str) -> None:
    frames, _ = decoded(animation.encode(suffix))
    assert len(frames) == len(animation)
    for index, frame in enumerate(frames):
        assert np.array_equal(frame, animation.frame(index).decode())


def test_a_film_is_a_moving_picture_like_any(animation: Film) -> None:
    frames = list(animation.frames)
    assert tuple(frame.duration for frame in frames) == animation.durations
    for _ in range(2):  # it can be read again
        for index, frame in enumerate(animation.frames):
            assert np.array_equal(frame.pixels, animation.frame(index).decode())
    read = Animation.read(animation.encode(".apng"))
    assert [(f.pixels.tobytes(), f.duration) for f in read] == [
        (f.pixels.tobytes(), f.duration) for f in frames
    ]
    assert (read.loops, read.n_frames) == (0, len(animation))


def test_the_old_name_of_a_film_warns_and_works() -> None:
    with pytest.warns(DeprecationWarning, match="is named Film"):
        assert module.Animation is Film
    with pytest.raises(AttributeError, match="no attribute 'Movie'"):
        _ = module.Movie


def local_palettes(data: bytes) -> list[bool]:
    """Walk through a GIF's blocks and say of each frame whether it has a palette of its own."""
    at, found = 13 + 768, []
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            found.append(bool(data[at + 9] & 0x80))
            at += 11
        else:
            at += 2
        while data[at]:
            at += data[at] + 1
        at += 1
    return found


def test_a_gif_has_one_palette_and_repeats_for_ever(animation: Film) -> None:
    data = animation.encode(".gif")
    assert decoded(data)[1] == list(animation.durations)
    with PillowImage.open(BytesIO(data)) as file:
        assert file.info["loop"] == 0
    assert not local_palettes(data)[0]
    palette = data[13 : 13 + 768]
    colors = {tuple(palette[i : i + 3]) for i in range(0, 768, 3)}
    assert colors >= set(map(tuple, animation.codebook.colors.tolist()))


@pytest.mark.slow
def test_all_frames_share_at_most_255_colours(animation: Film) -> None:
    assert len(animation.codebook) <= CODES
    seen = {
        tuple(c)
        for i in range(len(animation))
        for c in np.unique(animation.frame(i).decode().reshape(-1, 3), axis=0).tolist()
    }
    assert seen <= set(map(tuple, animation.codebook.colors.tolist()))


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
def test_any_frames_come_back_from_a_gif(seed: int, n: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(1, CODES + 1))
    colors = np.stack(np.divmod(rng.permutation(65536)[:k], 256), axis=1).astype(np.uint8)
    codebook = Codebook(np.concatenate([colors, colors[:, :1]], axis=1))
    labels = rng.integers(0, k, (n, height, width)).astype(np.uint8)
    if n > 2:
        labels[1] = labels[0]
    moving = Film(codebook, labels, (100,) * n)
    with PillowImage.open(BytesIO(moving.encode(".gif"))) as file:
        assert file.size == (width, height)
        assert getattr(file, "n_frames", 1) == n
        for index in range(n):
            file.seek(index)
            assert np.array_equal(np.asarray(file.convert("RGB")), codebook.colors[labels[index]])


def test_unchanged_pixels_cost_next_to_nothing() -> None:
    rng = np.random.default_rng(0)
    plane = rng.integers(0, 200, (1, 64, 64)).astype(np.uint8)
    codebook = Codebook(np.repeat(np.arange(200, dtype=np.uint8)[:, None], 3, axis=1))
    frames = np.repeat(plane, 20, axis=0)
    still = Film(codebook, frames, (50,) * 20).encode(".gif")
    alone = Film(codebook, plane, (50,)).encode(".gif")
    assert len(still) < len(alone) + 20 * 40
    # Two corners that change: all that lies between them is unchanged.
    frames[:, 0, 0] = frames[:, -1, -1] = np.arange(20)
    assert len(Film(codebook, frames, (50,) * 20).encode(".gif")) < len(alone) + 20 * 300


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not on the PATH")
def test_an_mp4_is_made_where_ffmpeg_is(animation: Film) -> None:
    data = animation.encode(".mp4")
    assert data[4:8] == b"ftyp"
    assert len(data) > 5000


def test_an_mp4_without_ffmpeg_says_what_to_do(
    animation: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OutputError, match=r"needs ffmpeg.*or use \.gif"):
        animation.encode(".mp4")


@pytest.mark.skipif(shutil.which("false") is None, reason="there is no program that fails")
def test_a_failing_ffmpeg_is_an_output_error(
    animation: Film, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ffmpeg").symlink_to(shutil.which("false"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutputError, match="ffmpeg failed"):
        animation.encode(".mp4")


@pytest.mark.slow
def test_progress_counts_up_to_the_end(photo: np.ndarray, fitted: FitResult) -> None:
    seen: list[tuple[int, int]] = []
    animate(photo, fitted, width=320, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i, 16) for i in range(17)]


@pytest.mark.slow
def test_the_same_call_gives_the_same_bytes(photo: np.ndarray, fitted: FitResult) -> None:
    one, two = (animate(photo, fitted, width=320, threads=t).encode(".gif") for t in (1, 2))
    assert one == two


@pytest.mark.slow
def test_a_long_trace_is_thinned_out_towards_its_end(photo: np.ndarray) -> None:
    long = fit(Histogram.of(photo), 6, seeding="random", seed=1)
    assert len(long.trace) > 12
    assert len(animate(photo, long, width=320, max_frames=10)) <= 10
    rows = module.thinned(300, 40)
    assert (rows[0], rows[-1]) == (0, 299)
    steps = np.diff(rows)
    assert steps[:10].max() < steps[-10:].min()


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(8, 8, 4), (900, 30, 3), (30, 900, 3), (1, 1, 3)])
def test_any_shape_and_transparency_can_be_animated(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    pixels[..., 3:] //= 128
    pixels[..., 3:] *= 255
    result = fit(Histogram.of(pixels), 4, seeding="random", max_iter=2)
    assert len(animate(pixels, result, width=320)) == len(result.trace)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 100}, "width=100 is out of range; use 320 to 1280"),
        ({"interval": 0}, "interval=0"),
        ({"hold": 99}, "hold=99"),
        ({"max_frames": 1}, "max_frames=1"),
    ],
)
def test_options_out_of_range_are_refused(
    photo: np.ndarray, fitted: FitResult, options: dict, message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        animate(photo, fitted, **options)


def test_an_animation_cannot_hold_a_label_without_code() -> None:
    codebook = Codebook.from_hex(["#000"])
    with pytest.raises(OptionError, match="label 1 with 1 codes"):
        Film(codebook, np.ones((1, 2, 2), np.uint8), (100,))
    with pytest.raises(OptionError, match="2 durations for 1 frames"):
        Film(codebook, np.zeros((1, 2, 2), np.uint8), (100, 100))
    with pytest.raises(OptionError, match=r"use \.gif, \.webp, \.apng, \.png, \.mp4"):
        Film(codebook, np.zeros((1, 2, 2), np.uint8), (100,)).encode(".avi")


@pytest.mark.slow
def test_save_overwrites_only_when_told(animation: Film, tmp_path: Path) -> None:
    target = tmp_path / "a.gif"
    animation.save(target)
    assert target.read_bytes() == animation.encode(".gif")
    with pytest.raises(OutputError, match="exists"):
        animation.save(target)
    animation.save(target, overwrite=True)


@pytest.mark.slow
def test_animations_of_the_same_are_equal_and_hash_alike(photo, fitted) -> None:
    first, second = (animate(photo, fitted, width=320) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    assert first != animate(photo, fitted, width=320, hold=1)
