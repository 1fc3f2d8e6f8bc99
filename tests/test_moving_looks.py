"""Looking at moving pictures: inspect, compare, the page, and what notebooks show."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from cases import cases
from huepress import Animation, Frame, InputError, OptionError, compress_animation
from huepress.metrics import banding, compare_moving, distortion, ssimulacra2
from huepress.metrics.moving import UNTIMED
from program import huepress


def ground() -> np.ndarray:
    """A soft slope, 48×64."""
    y, x = np.mgrid[:48, :64]
    return np.dstack([40 + 3 * x, 60 + 3 * y, 200 - x - y]).astype(np.uint8)


def wandering(n: int = 6, duration: int = 40) -> list[Frame]:
    """A square that wanders over the slope."""
    frames = []
    for number in range(n):
        pixels = ground()
        down, across = divmod(8 * number, 64)
        pixels[10 + down : 18 + down, across : across + 8] = 230, 30, 20
        frames.append(Frame(pixels, duration))
    return frames


def soiled(frames: list[Frame], number: int, by: int) -> list[Frame]:
    """The same, with one frame darker in a corner."""
    pixels = frames[number].pixels.copy()
    pixels[30:, 30:] -= np.uint8(by)
    return [*frames[:number], replace(frames[number], pixels=pixels), *frames[number + 1 :]]


def write_webp(path: Path, frames: list[Frame], loops: int = 0) -> None:
    """Write a lossless WebP by another program than the one under test."""
    first, *others = [PillowImage.fromarray(frame.pixels) for frame in frames]
    durations = [frame.duration for frame in frames]
    first.save(
        path,
        save_all=True,
        append_images=others,
        duration=durations,
        loop=loops,
        lossless=True,
        exact=True,
    )


def write_gif(path: Path, frames: list[Frame]) -> None:
    result = compress_animation(Animation.of(frames), format="gif", k=24)
    with result.written.file:
        result.save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    frames = wandering()
    write_webp(tmp_path / "a.webp", frames, loops=3)
    write_gif(tmp_path / "a.gif", frames)
    PillowImage.fromarray(ground()).save(tmp_path / "still.png")
    return tmp_path


# -- comparing -------------------------------------------------------------------------------------


def test_a_moving_picture_is_equal_to_itself_and_nothing_stirs() -> None:
    frames = wandering()
    found = compare_moving(frames, frames)
    assert (found.score, found.contours, found.psnr, found.stirred) == (100, 0, np.inf, 0)
    assert [frame.start for frame in found.frames] == [0, 40, 80, 120, 160, 200]
    changed = 5 * 2 * 64  # a square leaves its place, and takes another
    assert found.still == 5 * 48 * 64 - changed


@cases(30)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 90)), min_size=1, max_size=9))
def test_frames_that_are_merged_or_split_compare_as_they_look(
    runs: list[tuple[int, int]],
) -> None:
    pictures = [np.full((8, 8, 3), level, np.uint8) for level in (0, 90, 200)]
    whole, parts = [], []
    for which, extra in runs:
        lasts = [10 + extra, 30, 20]
        whole.append(Frame(pictures[which], sum(lasts)))
        parts += [Frame(pictures[which], milliseconds) for milliseconds in lasts]
    for first, second in ((whole, parts), (parts, whole)):
        found = compare_moving(first, second)
        assert found.score == 100
        assert (len(found.frames), found.n_others) == (len(first), len(second))
        assert found.duration == found.other_duration


def test_each_frame_is_scored_as_a_picture_of_its_own() -> None:
    frames = wandering(3)
    others = soiled(frames, 1, 9)
    found = compare_moving(frames, others)
    for frame, other, compared in zip(frames, others, found.frames, strict=True):
        assert compared.score == ssimulacra2(frame.pixels, other.pixels)
        assert compared.contours == banding(frame.pixels, other.pixels)
        assert compared.psnr == distortion(frame.pixels, other.pixels).psnr
    assert found.worst == 1


def test_means_are_weighed_by_how_long_frames_are_shown() -> None:
    frames = wandering(2)
    long = [replace(frames[0], duration=10), replace(frames[1], duration=990)]
    scores = [frame.score for frame in compare_moving(long, soiled(long, 0, 40)).frames]
    found = compare_moving(long, soiled(long, 0, 40))
    assert found.score == pytest.approx((10 * scores[0] + 990 * scores[1]) / 1000)
    assert found.score > 90 > scores[0]


def test_a_still_pixel_that_changes_in_the_other_stirs_when_it_comes_and_when_it_goes() -> None:
    frames = [Frame(ground(), 40)] * 4
    found = compare_moving(frames, soiled(frames, 2, 9))
    assert [frame.stirred for frame in found.frames] == [0, 0, 18 * 34, 18 * 34]
    assert found.still == 3 * 48 * 64


def test_where_the_original_changes_nothing_stirs() -> None:
    dark, light = (Frame(np.full((9, 9, 3), level, np.uint8), 40) for level in (9, 200))
    found = compare_moving([dark, light, dark], [light, dark, light])
    assert (found.still, found.stirred) == (0, 0)


def test_full_transparency_has_no_colour() -> None:
    clear = np.zeros((9, 9, 4), np.uint8)
    other = clear + np.array([7, 8, 9, 0], np.uint8)
    found = compare_moving([Frame(clear, 40)] * 2, [Frame(other, 40), Frame(clear, 40)])
    assert (found.score, found.stirred, found.still) == (100, 0, 81)


def test_what_has_ended_shows_its_last_frame() -> None:
    frames = wandering(4)
    found = compare_moving(frames, frames[:2])
    assert [frame.score == 100 for frame in found.frames] == [True, True, False, False]
    assert (found.n_others, found.other_duration) == (2, 80)


def test_a_frame_without_a_duration_counts_as_players_show_it() -> None:
    frames = wandering(3, duration=0)
    timed = [replace(frame, duration=UNTIMED) for frame in frames]
    assert compare_moving(frames, timed).score == 100
    assert compare_moving(timed, frames).other_duration == 0


def test_only_a_few_frames_are_held_while_comparing() -> None:
    alive: list[int] = []

    def counted(n: int):
        import weakref

        for number in range(n):
            frame = Frame(np.full((8, 8, 3), number % 7, np.uint8), 40)
            alive.append(1)
            weakref.finalize(frame.pixels, alive.pop)
            yield frame
            assert len(alive) <= 12

    assert compare_moving(counted(200), counted(200)).score == 100


def test_other_sizes_and_no_frames_are_refused() -> None:
    frames = wandering(2)
    with pytest.raises(OptionError, match="64×48 and 63×48"):
        compare_moving(frames, [Frame(ground()[:, 1:], 40)])
    for pair in ((frames, []), ([], frames)):
        with pytest.raises(InputError, match="give at least one"):
            compare_moving(*pair)


def test_the_command_compares_files_by_time(folder: Path) -> None:
    run = huepress("compare", "a.webp", "a.gif", "--json", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    found = json.loads(run.stdout)
    told = compare_moving(*(Animation.read(folder / name) for name in ("a.webp", "a.gif")))
    assert (found["ssimulacra2"], found["worst_frame"]) == (told.score, told.worst)
    assert (found["original_frames"], found["other_frames"]) == (6, 6)
    assert found["other_bytes"] == (folder / "a.gif").stat().st_size
    assert found["original_duration"] == found["other_duration"] == 240
    assert len(found["frames"]) == 6
    said = huepress("compare", "a.webp", "a.gif", cwd=folder).stdout
    assert "0.24 s → 0.24 s  (equal)" in said
    assert "still pixels that stir" in said


def test_the_map_is_that_of_the_worst_frame(folder: Path) -> None:
    frames = wandering()
    write_webp(folder / "b.webp", soiled(frames, 4, 90))
    run = huepress("compare", "a.webp", "b.webp", "-o", "map.png", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    assert "frame 4 at 0.16 s" in run.stdout
    with PillowImage.open(folder / "map.png") as drawn:
        seen = np.asarray(drawn.convert("RGB")).any(axis=2)
    assert seen[31:, 31:].all()
    assert not seen[:29].any()


def test_a_folder_of_frames_is_an_original_too(folder: Path) -> None:
    (folder / "shots").mkdir()
    for number, frame in enumerate(wandering(12)):
        PillowImage.fromarray(frame.pixels).save(folder / "shots" / f"{number}.png")
    write_webp(folder / "b.webp", wandering(12, duration=50))
    run = huepress("compare", "shots", "b.webp", "--json", cwd=folder)
    found = json.loads(run.stdout)
    assert found["other_duration"] == found["original_duration"] == 600
    assert found["original_bytes"] is None
    assert found["worst_ssimulacra2"] == 100


def test_the_original_of_a_scaled_one_is_scaled_alike(folder: Path) -> None:
    half = Animation.read(folder / "a.webp", width=32)
    write_webp(folder / "half.webp", list(half))
    run = huepress("compare", "a.webp", "half.webp", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    assert "64×48, scaled to 32×24" in run.stdout
    assert "lossless" in run.stdout
    write_webp(folder / "cut.webp", [Frame(frame.pixels[:20], 40) for frame in half])
    run = huepress("compare", "a.webp", "cut.webp", cwd=folder)
    assert run.returncode == 2
    assert "64×48 and 32×20" in run.stderr


# -- inspecting ------------------------------------------------------------------------------------


def test_inspect_tells_of_all_frames(folder: Path) -> None:
    run = huepress("inspect", "a.webp", "--json", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    found = json.loads(run.stdout)
    every = np.concatenate([frame.pixels.reshape(-1, 3) for frame in wandering()])
    assert (found["frames"], found["loops"], found["duration"]) == (6, 3, 240)
    assert found["frame_duration"] == {"least": 40, "median": 40, "most": 40}
    assert found["distinct_colors"] == len(np.unique(every, axis=0))
    assert found["transparency"] == "none"
    assert found["changed"]["mean"] == pytest.approx(128 / (48 * 64))
    assert found["file_bytes"] == (folder / "a.webp").stat().st_size
    assert found["frame_bytes"] == found["file_bytes"] / 6
    said = huepress("inspect", "a.webp", cwd=folder).stdout
    assert "6, shown 3 times" in said
    assert "0.24 s; a frame 40 ms" in said


@pytest.mark.parametrize(("alpha", "said"), [(0, "binary"), (128, "soft"), (255, "none")])
def test_inspect_tells_how_transparent_frames_are(alpha: int, said: str, tmp_path: Path) -> None:
    frames = [
        Frame(np.dstack([f.pixels, np.full((48, 64), 255, np.uint8)]), 40) for f in wandering(2)
    ]
    pixels = frames[1].pixels.copy()
    pixels[0, 0, 3] = alpha
    write_webp(tmp_path / "a.webp", [frames[0], Frame(pixels, 40)])
    run = huepress("inspect", "a.webp", "--json", cwd=tmp_path)
    assert json.loads(run.stdout)["transparency"] == said


def test_inspect_tells_of_one_frame_where_it_is_named_and_of_stills_as_ever(folder: Path) -> None:
    one = json.loads(huepress("inspect", "a.gif", "--frame", 2, "--json", cwd=folder).stdout)
    still = json.loads(huepress("inspect", "still.png", "--json", cwd=folder).stdout)
    assert one.keys() == still.keys()
    assert "frames" not in one


def test_a_command_that_looks_never_takes_one_frame_in_silence(folder: Path) -> None:
    for command in (["inspect", "a.gif"], ["compare", "still.png", "a.gif"]):
        run = huepress(*command, cwd=folder)
        assert "frames" in run.stdout
    for command in (["inspect", "a.gif", "--lenient"], ["compare", "a.gif", "a.gif", "--lenient"]):
        run = huepress(*command, cwd=folder)
        assert run.returncode == 2
        assert "--lenient takes damaged single pictures" in run.stderr
