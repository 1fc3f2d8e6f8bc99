"""`huepress compress` of what moves: as a moving picture, and never silently one frame of it."""

import inspect
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from huepress.cli.option_table import Moving
from huepress.cli.progress import Frames
from huepress.motion.asked import MovingOptions
from huepress.motion.compression import compress_animation
from huepress.values.animation import Animation
from program import PROGRAM, huepress

N, HEIGHT, WIDTH = 6, 48, 64
DURATIONS = [50, 70, 40, 100, 200, 10]
FORMATS = {"gif": ".gif", "apng": ".png", "webp": ".webp"}

needs_ffmpeg = pytest.mark.skipif(
    not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="ffmpeg is not installed"
)


def pictures(*, alpha: bool = False) -> list[PillowImage.Image]:
    """A square that moves over a textured ground which stands still."""
    rng = np.random.default_rng(5)
    slope = np.add.outer(np.arange(HEIGHT) * 2, np.arange(WIDTH) * 2)[..., None]
    ground = slope * [0.9, 0.7, 0.4] + rng.integers(0, 14, (HEIGHT, WIDTH, 3))
    frames = []
    for number in range(N):
        pixels = ground.clip(0, 255).astype(np.uint8)
        if alpha:
            pixels = np.dstack([pixels, np.full((HEIGHT, WIDTH), 255, np.uint8)])
            pixels[:, :8, 3] = 0
            pixels[:, 8:16, 3] = 120
        left = 4 + 7 * number
        pixels[12:28, left : left + 12, :3] = [220, 30 + 9 * number, 60]
        frames.append(PillowImage.fromarray(pixels))
    return frames


def save(path: Path, *, loop: int = 0, alpha: bool = False, **more: object) -> Path:
    """Write the frames; other programs write larger files."""
    first, *others = pictures(alpha=alpha)
    more |= {"lossless": True} if path.suffix == ".webp" else {}
    first.save(path, save_all=True, append_images=others, duration=DURATIONS, loop=loop, **more)
    return path


def shown(path: Path) -> list[np.ndarray]:
    return [np.asarray(frame.pixels) for frame in Animation.read(path)]


def durations(path: Path) -> list[int]:
    return [frame.duration for frame in Animation.read(path)]


def facts(*arguments: object, cwd: Path) -> dict:
    run = huepress("compress", *arguments, "--json", cwd=cwd)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def pillow_says(path: Path) -> tuple[str, str, int]:
    with PillowImage.open(path) as picture:
        return picture.format, picture.mode, getattr(picture, "n_frames", 1)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
@pytest.mark.parametrize("loop", [0, 3])
def test_what_moves_keeps_its_format_its_times_and_its_loops(
    tmp_path: Path, suffix: str, loop: int
) -> None:
    original = save(tmp_path / f"anim{suffix}", loop=loop)
    told = facts(original.name, cwd=tmp_path)
    small = tmp_path / f"anim-small{suffix}"
    assert told["output"] == small.name
    assert FORMATS[told["format"]] == suffix
    assert durations(small) == durations(original) == told["frame_durations"] == DURATIONS
    assert Animation.read(small).loops == Animation.read(original).loops == told["loops"]
    assert (told["frames"], told["duration"]) == (N, sum(DURATIONS) / 1000)
    assert told["output_bytes"] == small.stat().st_size < original.stat().st_size
    assert len(told["frame_bytes"]) == N
    assert told["worst_ssimulacra2"] <= told["ssimulacra2"]


def test_a_pixel_that_stands_still_in_the_original_does_so_in_the_file(tmp_path: Path) -> None:
    original = save(tmp_path / "anim.gif")
    facts(original.name, "--quality", 50, "-o", "small.webp", cwd=tmp_path)
    before, after = shown(original), shown(tmp_path / "small.webp")
    for old, new, was, now in zip(before, before[1:], after, after[1:], strict=False):
        still = (old == new).all(axis=2)
        assert (was[still] == now[still]).all()


def test_a_quality_is_reached_by_the_mean_and_less_takes_less(tmp_path: Path) -> None:
    save(tmp_path / "anim.webp")
    told = [facts("anim.webp", "--quality", q, "-o", f"{q}.webp", cwd=tmp_path) for q in (55, 80)]
    assert [one["ssimulacra2"] >= q for one, q in zip(told, (55, 80), strict=True)] == [True] * 2
    assert told[0]["output_bytes"] < told[1]["output_bytes"]
    mean = np.average(told[0]["frame_ssimulacra2"], weights=DURATIONS)
    assert abs(mean - told[0]["ssimulacra2"]) < 1e-3


def test_a_size_is_held(tmp_path: Path) -> None:
    save(tmp_path / "anim.gif")
    told = facts("anim.gif", "--target-size", "4k", cwd=tmp_path)
    assert told["output_bytes"] == (tmp_path / "anim-small.gif").stat().st_size <= 4000


def test_k_is_the_most_codes(tmp_path: Path) -> None:
    save(tmp_path / "anim.gif")
    told = facts("anim.gif", "-k", 5, cwd=tmp_path)
    colors = np.unique(
        np.concatenate([f.reshape(-1, 3) for f in shown(tmp_path / "anim-small.gif")]), axis=0
    )
    assert told["codes"] <= 5
    assert len(colors) <= 5


@pytest.mark.parametrize("output", ["out.png", "out.apng", "out.webp"])
def test_lossless_keeps_every_pixel_of_every_frame(tmp_path: Path, output: str) -> None:
    original = save(tmp_path / "anim.webp")
    told = facts("anim.webp", "--lossless", "-o", output, "--allow-larger", cwd=tmp_path)
    assert told["lossless"]
    assert all(map(np.array_equal, shown(original), shown(tmp_path / output)))
    assert durations(tmp_path / output) == DURATIONS


@pytest.mark.slow
def test_auto_is_the_smaller_of_apng_and_webp(tmp_path: Path) -> None:
    save(tmp_path / "anim.gif")
    sizes = {
        name: facts("anim.gif", "-k", 16, "--format", name, "-f", cwd=tmp_path)["output_bytes"]
        for name in ("png", "webp", "auto")
    }
    assert sizes["auto"] == min(sizes["png"], sizes["webp"])


def test_soft_alpha_is_refused_for_a_gif_or_laid_on_a_matte(tmp_path: Path) -> None:
    original = save(tmp_path / "soft.webp", alpha=True)
    run = huepress("compress", "soft.webp", "-o", "soft.gif", cwd=tmp_path)
    assert run.returncode == 1
    assert "soft.webp" in run.stderr
    assert "--matte" in run.stderr
    assert files(tmp_path) == {"soft.webp"}
    facts("soft.webp", "-o", "soft.gif", "--matte", "#fff", "--quality", 60, cwd=tmp_path)
    for before, after in zip(shown(original), shown(tmp_path / "soft.gif"), strict=True):
        assert set(np.unique(after[..., 3])) == {0, 255}
        assert np.array_equal(after[..., 3] == 0, before[..., 3] == 0)
    facts("soft.webp", "-o", "cut.gif", "--alpha-threshold", 121, "-k", 16, cwd=tmp_path)
    assert all((frame[:, :16, 3] == 0).all() for frame in shown(tmp_path / "cut.gif"))


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["anim.gif", "--format", "png24"], 2, "holds one picture"),
        (["anim.gif", "--format", "smallest"], 2, "--frame N"),
        (["anim.gif", "-o", "anim.npz"], 2, "gif, png (APNG), webp or auto"),
        (["anim.gif", "--keep", "icc"], 2, "leave icc out"),
        (["anim.gif", "--keep-palette"], 2, "leave the palette out"),
        (["anim.gif", "--plot", "curve.svg"], 2, "--plot"),
        (["anim.gif", "-o", "x.webp", "-k", "300"], 2, "use k ≤ 256"),
        (["anim.gif", "--lossless", "-k", "8"], 2, "k=8"),
        (["anim.gif", "--lossless", "--quality", "60"], 2, "--quality 60"),
        (["anim.gif", "--lossless", "--target-size", "9k"], 2, "--target-size 9000"),
        (["anim.gif", "--lossless", "--dither", "ordered"], 2, "--dither"),
        (["anim.gif", "--dither", "ordered:8,8"], 2, "tile"),
        (["anim.gif", "--fps", "0"], 2, "--fps 0"),
        (["anim.gif", "--fps", "5000"], 2, "up to 1000"),
        (["anim.gif", "--start", "-1"], 2, "--start -1"),
        (["anim.gif", "--start", "9"], 1, "anim.gif: lasts 0.47 s"),
        (["anim.gif", "--duration", "0"], 2, "--duration 0"),
        (["anim.gif", "--width", "0"], 2, "--width 0"),
        (["anim.gif", "--frame", "2", "--fps", "3"], 2, "--fps 3 is for moving ones"),
        (["anim.gif", "--frame", "6"], 1, "it holds 6 frames"),
        (["anim.gif", "--max-pixels", "99"], 1, "--max-pixels"),
        (["anim.gif", "--target-size", "60"], 1, "at most 60"),
        (["anim.gif", "--quality", "99-99.9"], 1, "at least 99"),
        (["anim.gif", "-o", "anim.gif", "-f"], 1, "is an input itself"),
        (["anim.gif", "-o", "none/x.gif"], 1, "no folder none"),
        (["cut.gif"], 1, "cut.gif: the GIF ends within frame"),
        (["cut.webp"], 1, "cut.webp: the animated WebP is damaged"),
        (["cut.png"], 1, "cut.png"),
        (["still.png", "--fps", "4"], 2, "still.png is one picture"),
        (["still.png", "--lossless"], 2, "--lossless is for moving ones"),
        (["still.png", "-o", "still.apng"], 2, ".apng is for moving ones"),
        (["one.gif", "--drop-duplicates"], 2, "one.gif is one picture"),
        (["text.txt"], 1, "not a picture"),
        (["shots", "--as-frames", "--in-place"], 2, "leave --in-place out"),
        (["shots", "--as-frames", "--frame", "1"], 2, "give one of them"),
        (["shots", "--as-frames", "--format", "npz"], 2, "holds one picture"),
        (["shots", "--as-frames", "--dry-run"], 2, "--as-frames"),
        (["-", "--as-frames"], 2, "name a folder"),
        (["shots/*.png", "--as-frames"], 2, "-o OUT.webp"),
        (["no/*.png", "--as-frames", "-o", "x.gif"], 1, "matches no file"),
        (["shots", "--as-frames", "-o", "shots/2.png", "-f"], 1, "is an input itself"),
        (["shots/2.png", "anim.gif", "--as-frames", "-o", "x.gif"], 1, "pictures of it first"),
        (["shots/2.png", "still.png", "--as-frames", "-o", "x.gif"], 1, "frames of one size"),
    ],
)
def test_a_wrong_use_is_refused_with_a_remedy_and_leaves_nothing(
    tmp_path: Path, arguments: list[str], status: int, says: str
) -> None:
    for suffix in (".gif", ".png", ".webp"):
        whole = save(tmp_path / f"anim{suffix}").read_bytes()
        (tmp_path / f"cut{suffix}").write_bytes(whole[: len(whole) * 2 // 3])
    first, *_ = pictures()
    first.save(tmp_path / "one.gif")
    first.resize((8, 8)).save(tmp_path / "still.png")
    (tmp_path / "text.txt").write_text("I am not a picture.")
    (tmp_path / "shots").mkdir()
    for number, picture in enumerate(pictures()):
        picture.save(tmp_path / "shots" / f"{number}.png")
    before = files(tmp_path)
    run = huepress("compress", *arguments, cwd=tmp_path)
    assert run.returncode == status, run.stderr
    assert says in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert files(tmp_path) == before


def test_options_of_moving_pictures_have_the_defaults_of_the_library() -> None:
    assert Moving().options() == MovingOptions()
    read = inspect.signature(Animation.read).parameters
    made = inspect.signature(compress_animation).parameters
    for field in fields(MovingOptions):
        assert (read.get(field.name) or made[field.name]).default == field.default


def test_an_output_without_a_suffix_keeps_the_format(tmp_path: Path) -> None:
    save(tmp_path / "anim.gif")
    facts("anim.gif", "-k", 8, "-o", "small", cwd=tmp_path)
    assert pillow_says(tmp_path / "small")[::2] == ("GIF", N)


def test_one_frame_goes_the_way_of_pictures_that_stand_still(tmp_path: Path) -> None:
    first, *_ = pictures()
    first.save(tmp_path / "one.gif")
    assert facts("one.gif", "-k", 8, "--allow-larger", cwd=tmp_path)["output"] == "one-small.png"
    save(tmp_path / "anim.gif")
    told = facts("anim.gif", "--frame", 2, "-k", 8, cwd=tmp_path)
    assert told["output"] == "anim-small.png"
    assert "frames" not in told
    assert pillow_says(tmp_path / "anim-small.png") == ("PNG", "P", 1)


def test_what_does_not_get_smaller_stays_and_is_copied_where_a_file_is_asked_for(
    tmp_path: Path,
) -> None:
    save(tmp_path / "anim.gif")
    facts("anim.gif", "--quality", 60, "-o", "small.gif", cwd=tmp_path)
    facts("small.gif", "--lossless", "-o", "best.gif", cwd=tmp_path)
    kept = facts("best.gif", "--lossless", cwd=tmp_path)
    assert (kept["status"], kept["output"]) == ("kept", None)
    copied = facts("best.gif", "--lossless", "-o", "again.gif", cwd=tmp_path)
    assert copied["status"] == "copied"
    assert (tmp_path / "again.gif").read_bytes() == (tmp_path / "best.gif").read_bytes()
    run = huepress("compress", "best.gif", "--lossless", cwd=tmp_path)
    assert "kept" in run.stdout
    assert "--allow-larger" in run.stdout
    told = facts("best.gif", "--lossless", "--allow-larger", cwd=tmp_path)
    assert told["status"] == "written"


def test_a_folder_keeps_what_moves_moving(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "inner").mkdir(parents=True)
    save(site / "anim.gif")
    save(site / "inner" / "anim.apng", format="PNG")
    pictures()[0].save(site / "still.png")
    whole = (site / "anim.gif").read_bytes()
    (site / "cut.gif").write_bytes(whole[: len(whole) // 2])
    words = ["compress", "site", "--out-dir", "out", "-k", 16, "-j", 2, "--json"]
    run = huepress(*words, cwd=tmp_path)
    assert run.returncode == 1
    told = {one["input"]: one for one in map(json.loads, run.stdout.splitlines())}
    assert told["site/cut.gif"]["status"] == "failed"
    assert "site/cut.gif: the GIF ends" in run.stderr
    assert told["site/anim.gif"]["frames"] == told["site/inner/anim.apng"]["frames"] == N
    assert durations(tmp_path / "out" / "anim.gif") == DURATIONS
    assert told["site/inner/anim.apng"]["output"] == "out/inner/anim.apng"
    assert durations(tmp_path / "out" / "inner" / "anim.apng") == DURATIONS
    assert pillow_says(tmp_path / "out" / "still.png") == ("PNG", "P", 1)
    (site / "cut.gif").unlink()
    again = huepress(*words, cwd=tmp_path)
    assert {json.loads(line)["status"] for line in again.stdout.splitlines()} == {"unchanged"}
    other = huepress(*words, "--fps", 5, cwd=tmp_path)
    told = {one["input"]: one for one in map(json.loads, other.stdout.splitlines())}
    assert told["site/anim.gif"]["frames"] == 3
    assert told["site/still.png"]["reason"] == "it is one picture, and --fps 5 is for moving ones"


def test_in_place_replaces_what_moves_and_check_finds_it(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    before = shown(save(site / "anim.gif"))
    found = huepress("check", "site", cwd=tmp_path)
    assert found.returncode == 1
    assert "anim.gif" in found.stdout
    assert huepress("compress", "site", "--in-place", cwd=tmp_path).returncode == 0
    assert len(shown(site / "anim.gif")) == len(before)
    assert durations(site / "anim.gif") == DURATIONS
    assert huepress("check", "site", cwd=tmp_path).returncode == 0


def test_what_a_run_asks_of_pictures_leaves_moving_ones_as_they_are(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    whole = save(site / "anim.gif").read_bytes()
    pictures()[0].save(site / "still.png")
    words = ["compress", "site", "--format", "png24", "--out-dir", "out", "-k", 9, "--json"]
    run = huepress(*words, cwd=tmp_path)
    assert run.returncode == 0
    told = {one["input"]: one for one in map(json.loads, run.stdout.splitlines())}
    assert "holds one picture" in told["site/anim.gif"]["reason"]
    assert (tmp_path / "out" / "anim.gif").read_bytes() == whole


@pytest.mark.parametrize("how", ["folder", "pattern", "files"])
def test_frames_come_in_natural_order_at_the_rate_that_is_asked(tmp_path: Path, how: str) -> None:
    shots = tmp_path / "shots"
    shots.mkdir()
    expected = pictures()
    for number, picture in enumerate(expected):
        picture.save(shots / f"{number + 7}.png")  # 10 stands before 7 in the alphabet
    named = {
        "folder": ["shots"],
        "pattern": ["shots/*.png"],
        "files": sorted(f"shots/{path.name}" for path in shots.iterdir()),
    }
    output = [] if how == "folder" else ["-o", "shots-small.webp"]
    told = facts(*named[how], "--as-frames", "--fps", 8, "--lossless", *output, cwd=tmp_path)
    assert told["output"] == "shots-small.webp"
    assert durations(tmp_path / "shots-small.webp") == [125] * N
    assert all(map(np.array_equal, shown(tmp_path / "shots-small.webp"), expected))


def test_files_in_an_order_of_their_own_keep_it(tmp_path: Path) -> None:
    first, second, *_ = expected = pictures()
    first.save(tmp_path / "a.png")
    second.save(tmp_path / "b.png")
    words = ["b.png", "a.png", "b.png", "--as-frames", "--lossless", "-o", "x.png"]
    facts(*words, cwd=tmp_path)
    order = [expected[1], expected[0], expected[1]]
    assert all(map(np.array_equal, shown(tmp_path / "x.png"), order))


def test_a_part_is_taken_scaled_and_equal_frames_are_one(tmp_path: Path) -> None:
    first, second, *_ = pictures()
    for name, picture in {"a": first, "b": first, "c": second}.items():
        picture.save(tmp_path / f"{name}.png")
    words = ["a.png", "b.png", "c.png", "--as-frames", "--fps", 4, "--lossless"]
    facts(*words, "-o", "three.webp", cwd=tmp_path)
    assert durations(tmp_path / "three.webp") == [250, 250, 250]
    facts(*words, "--drop-duplicates", "-o", "two.webp", cwd=tmp_path)
    assert durations(tmp_path / "two.webp") == [500, 250]
    words = ["--start", 0.4, "--duration", 0.2, "--width", 32]
    told = facts("two.webp", *words, "-o", "part.webp", cwd=tmp_path)
    assert durations(tmp_path / "part.webp") == [100, 100]
    assert (told["width"], told["height"]) == (32, 24)
    facts("two.webp", "--fps", 10, "-o", "even.webp", cwd=tmp_path)
    assert len(durations(tmp_path / "even.webp")) == 8


def test_explain_draws_bytes_a_frame_and_names_the_worst(tmp_path: Path) -> None:
    save(tmp_path / "anim.gif")
    told = facts("anim.gif", "-k", 6, "-o", "a.gif", cwd=tmp_path)
    run = huepress("compress", "anim.gif", "-k", 6, "-o", "b.gif", "--explain", cwd=tmp_path)
    chart, _, worst = run.stdout.partition("worst frames")
    assert all(f"{n_bytes:,}" in chart for n_bytes in told["frame_bytes"])
    assert "█" in chart
    number = int(np.argmin(told["frame_ssimulacra2"]))
    first = next(line for line in worst.splitlines() if f"{told['worst_ssimulacra2']:.1f}" in line)
    assert first.split()[0] == str(number)


def test_the_line_sums_up(tmp_path: Path) -> None:
    save(tmp_path / "anim.gif")
    run = huepress("compress", "anim.gif", "-k", 6, cwd=tmp_path)
    assert run.stdout.startswith("anim.gif → anim-small.gif: ")
    for part in ("6 frames", "0.5 s", "(worst ", "6 colours"):
        assert part in run.stdout
    assert len(run.stdout.splitlines()) == 1
    assert run.stderr == ""


def test_the_time_left_is_told_from_frames_done_and_anew_for_each_pass() -> None:
    clock = [0.0]
    frames = Frames(lambda: clock[0])
    frames.step("searching", 0, 0)
    assert str(frames) == "searching"
    assert frames.seconds_left() is None
    clock[0] = 10.0
    frames.step("writing", 1, 40)
    clock[0] = 14.0
    frames.step("writing", 10, 40)
    assert str(frames) == "writing  frame 10/40  ETA 0:12"
    clock[0] = 16.0
    assert frames.seconds_left() == 10.0
    frames.step("writing", 1, 40)  # another pass
    assert frames.seconds_left() is None
    frames.step("looking", 7, 0)
    assert str(frames) == "looking  frame 7"


@pytest.mark.slow
def test_a_pipe_gives_and_takes_a_moving_picture(tmp_path: Path) -> None:
    original = save(tmp_path / "anim.webp", loop=2)
    for words, name in (([], "own.webp"), (["--format", "gif"], "asked.gif")):
        run = subprocess.run(
            [PROGRAM, "compress", "-", *words, "-k", "8"],
            cwd=tmp_path,
            input=original.read_bytes(),
            capture_output=True,
            check=True,
        )
        (tmp_path / name).write_bytes(run.stdout)
        assert pillow_says(tmp_path / name)[0] == name.rpartition(".")[2].upper()
        assert durations(tmp_path / name) == DURATIONS
        assert b"6 frames" in run.stderr


@pytest.mark.slow
def test_a_terminal_shows_frames_on_one_line_that_goes(tmp_path: Path) -> None:
    pytest.importorskip("pty", reason="pseudo-terminals are POSIX's")
    from terminal import watch

    large = [picture.resize((320, 240)) for picture in pictures()] * 4
    large[0].save(tmp_path / "anim.gif", save_all=True, append_images=large[1:], duration=50)
    code, screens, _ = watch(["compress", "anim.gif", "-k", 32], tmp_path, columns=60)
    assert code == 0
    *during, after = screens
    lines = [line for screen in during for line in screen if "frame" in line and "→" not in line]
    assert any(f"/{len(large)}" in line for line in lines)
    assert all(len(screen) == 1 for screen in during if any(line in screen for line in lines))
    assert "anim-small.gif" in after[0]
    assert "ETA" not in " ".join(after)


@needs_ffmpeg
@pytest.mark.slow
def test_a_video_becomes_webp_or_what_is_asked(tmp_path: Path) -> None:
    source = "testsrc=size=64x48:rate=10:duration=1"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p"]
    subprocess.run([*command, tmp_path / "clip.mp4"], check=True)
    assert facts("clip.mp4", "-k", 16, cwd=tmp_path)["output"] == "clip-small.webp"
    words = ["clip.mp4", "-o", "clip.gif", "--fps", 5, "--start", 0.5, "--width", 32]
    told = facts(*words, "--target-size", "3k", cwd=tmp_path)
    assert sum(durations(tmp_path / "clip.gif")) in (400, 600)
    assert told["output_bytes"] <= 3000
    assert (told["width"], told["height"]) == (32, 24)
    data = (tmp_path / "clip.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    run = huepress("compress", "cut.mp4", cwd=tmp_path)
    assert run.returncode == 1
    assert run.stderr.startswith("huepress: cut.mp4: ")


@needs_ffmpeg
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are POSIX's")
def test_an_interrupt_leaves_no_file_and_no_child(tmp_path: Path) -> None:
    source = "testsrc=size=320x180:rate=25:duration=20"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p"]
    subprocess.run([*command, tmp_path / "clip.mp4"], check=True)
    for seconds in (1.0, 4.0):
        run = subprocess.Popen(
            [PROGRAM, "compress", "clip.mp4", "-o", "clip.gif"],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        time.sleep(seconds)
        run.send_signal(signal.SIGTERM)
        _, said = run.communicate()
        assert run.returncode == 128 + signal.SIGTERM, said
        with pytest.raises(ProcessLookupError):  # its group is empty: no ffmpeg is left
            os.killpg(run.pid, 0)
        assert b"nothing unfinished was left behind" in said
        assert files(tmp_path) == {"clip.mp4"}
