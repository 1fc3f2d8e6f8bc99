"""Looking at moving pictures: inspect, compare, the page, and what notebooks show."""

from __future__ import annotations

import json
import re
import weakref
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from browser import chromium
from cases import cases
from huepress import Animation, Frame, InputError, OptionError, compress_animation
from huepress.common.arrays import widened
from huepress.metrics import banding, compare_moving, distortion, ssimulacra2
from huepress.metrics.moving import UNTIMED
from huepress.motion.writing import FrameFacts
from huepress.report import moving_html
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


def test_times_that_were_rounded_to_hundredths_match_the_same_frames() -> None:
    frames = wandering(6)
    exact, rounded = ((33, 34, 33, 33, 34, 33), (30, 40, 30, 30, 40, 30))
    film, gif = (
        [replace(frame, duration=d) for frame, d in zip(frames, durations, strict=True)]
        for durations in (exact, rounded)
    )
    assert compare_moving(film, gif).score == compare_moving(gif, film).score == 100


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
    found = compare_moving(timed, frames)
    assert (found.score, found.other_duration) == (100, 0)


def test_only_a_few_frames_are_held_while_comparing() -> None:
    alive: list[int] = []

    def counted(n: int):
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
    told = json.loads(huepress("inspect", "shots", "--json", cwd=folder).stdout)
    assert (told["frames"], told["duration"]) == (12, 600)


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


def test_what_changes_at_a_cut_is_counted_too(tmp_path: Path) -> None:
    pixels = ground()
    pixels[:40] = 255 - pixels[:40]
    write_webp(tmp_path / "a.webp", [*wandering(1), Frame(pixels, 40)])
    found = json.loads(huepress("inspect", "a.webp", "--json", cwd=tmp_path).stdout)
    assert found["changed"]["most"] == pytest.approx(40 / 48)


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


def test_a_damaged_moving_picture_is_refused_by_its_name(folder: Path) -> None:
    data = bytearray((folder / "a.webp").read_bytes())
    (folder / "cut.webp").write_bytes(data[: len(data) * 3 // 4])
    for command in (["inspect", "cut.webp"], ["compare", "a.webp", "cut.webp"]):
        run = huepress(*command, cwd=folder)
        assert run.returncode == 1
        assert run.stderr.startswith("huepress: cut.webp")


# -- notebooks -------------------------------------------------------------------------------------


def pictures(html: str) -> list[np.ndarray]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [np.asarray(PillowImage.open(BytesIO(b64decode(data)))) for data in found]


def test_a_notebook_shows_the_first_the_last_and_some_frames_between() -> None:
    frames = wandering(31)
    shown = pictures(Animation.of(frames)._repr_html_())
    wanted = [frames[number].pixels for number in (0, 6, 12, 18, 24, 30)]
    assert all(map(np.array_equal, shown, wanted))
    assert len(shown) == 6
    assert len(pictures(Animation.of(frames[:2])._repr_html_())) == 2


def test_a_notebook_does_not_wait_for_a_film_without_end() -> None:
    def endless() -> Iterator[Frame]:
        while True:
            yield Frame(ground(), 40)

    html = Animation(endless, 64, 48)._repr_html_()
    assert "the first 120 frames are looked at" in html
    assert len(pictures(html)) == 6


def test_an_animation_says_in_a_line_what_it_is(folder: Path) -> None:
    said = repr(Animation.read(folder / "a.webp"))
    assert said.startswith("<Animation 64×48, 6 frames, shown 3 times, from 8-bit RGB WEBP ")
    assert said.endswith("a.webp>")


def test_a_result_shows_the_frames_of_its_file_and_what_they_take(folder: Path) -> None:
    result = compress_animation(folder / "a.webp", format="gif", k=16)
    with result.written.file:
        html = result._repr_html_()
        shown = list(Animation.read(bytes(result)))
    assert np.array_equal(pictures(html)[0], shown[0].pixels)
    assert len(pictures(html)) == 6
    assert f"{result.score:.1f} in the mean, {result.worst:.1f} at worst" in html


# -- the page --------------------------------------------------------------------------------------


def film_in(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="film">(.*?)<', page)[1])


def painted(film: dict, which: str) -> list[np.ndarray]:
    """Paint a picture's frames as the page's script does."""
    canvas = np.zeros((film["height"], film["width"], 4), np.uint8)
    frames = []
    for change in film[which]:
        if change:
            left, top, data = change
            box = np.asarray(PillowImage.open(BytesIO(b64decode(data))).convert("RGBA"))
            canvas[top : top + box.shape[0], left : left + box.shape[1]] = box
        frames.append(canvas.copy())
    return frames


def page_of(frames: list[Frame], **options: Any) -> tuple[str, list[FrameFacts], list[Frame]]:
    result = compress_animation(Animation.of(frames), **options)
    with result.written.file:
        page = moving_html(result, title="clip.gif", command="huepress compress clip.gif")
        return page, list(result.frames), list(Animation.read(bytes(result)))


@pytest.mark.parametrize("alpha", [False, True])
def test_the_player_has_every_frame_of_both_pictures_exactly(*, alpha: bool) -> None:
    frames = wandering()
    if alpha:
        rim = np.where(np.hypot(*np.mgrid[-24:24, -32:32]) < 20, 255, 0).astype(np.uint8)
        frames = [
            Frame(np.dstack([f.pixels, rim]) * (rim > 0)[..., None], f.duration) for f in frames
        ]
    page, facts, shown = page_of(frames, format="png", k=16)
    film = film_in(page)
    for pair in ((frames, "before"), (shown, "after")):
        for frame, seen in zip(pair[0], painted(film, pair[1]), strict=True):
            assert np.array_equal(widened(frame.pixels, 4), seen)
    assert [step[2] for step in film["steps"]] == [40] * 6
    assert [step[4] for step in film["steps"]] == [fact.n_bytes for fact in facts]


def test_the_same_result_gives_the_same_page_and_it_loads_nothing() -> None:
    first, second = (page_of(wandering(), format="gif", k=16)[0] for _ in range(2))
    assert first == second
    assert "default-src 'none'" in first
    assert not re.search(r'(?:src|href)="(?!data:|#)', first)
    assert "<h1>clip.gif</h1>" in first
    assert "huepress compress clip.gif" in first


@pytest.mark.slow
def test_frames_past_what_a_page_holds_are_shown_smaller_and_fewer_and_it_says_so() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (250, 24, 500, 3), np.uint8)
    frames = [Frame(pixels, 20) for pixels in noise]
    page, _, _ = page_of(frames, format="webp", k=4, effort="fast")
    film = film_in(page)
    assert sum(len(str(film[which])) for which in ("before", "after")) < 5_200_000
    assert film["frames"] == 250
    assert sum(step[2] for step in film["steps"]) == 250 * 20
    assert f"Shown at {film['width']}×{film['height']}" in page
    assert f"Of every {-(-250 // len(film['steps']))} frames the first is shown." in page


def test_the_command_writes_the_page_of_all_frames(folder: Path) -> None:
    run = huepress("report", "a.gif", "-k", 8, "-o", "page.html", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    page = (folder / "page.html").read_text("utf-8")
    assert len(film_in(page)["steps"]) == 6
    assert "GIF file" in page
    assert "huepress compress a.gif -k 8" in page
    run = huepress("report", "a.gif", "-k", 8, "--frame", 0, "-o", "one.html", cwd=folder)
    assert run.returncode == 0
    assert 'id="film"' not in (folder / "one.html").read_text("utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Frame], list[Frame]]:
    frames = wandering(duration=30)
    frames[3] = replace(frames[3], duration=600)
    page, _, shown = page_of(frames, format="gif", k=12)
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(page, "utf-8")
    return path, frames, shown


@pytest.fixture
def open_page(browser: Any, page_file: Any) -> Iterator[Any]:
    contexts, troubles = [], []

    def opened(viewport: dict = DESKTOP, scheme: str = "light", *, timed: bool = False) -> Any:
        contexts.append(browser.new_context(viewport=viewport, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(("file:", "data:")) else troubles.append(request.url)
            ),
        )
        if timed:  # by a clock that only the test moves
            page.clock.install(time=0)
            page.clock.pause_at(1000)
        page.goto(page_file[0].as_uri())
        page.wait_for_selector(".film[data-ready]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


def drawn(page: Any, which: str) -> np.ndarray:
    """What a canvas holds."""
    uri = page.evaluate(f"document.querySelector('canvas.{which}').toDataURL()")
    with PillowImage.open(BytesIO(b64decode(uri.partition(",")[2]))) as picture:
        return np.asarray(picture.convert("RGBA"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"]
)
def test_the_page_fits_its_screen_and_asks_for_nothing(
    viewport: dict, scheme: str, open_page: Any
) -> None:
    page = open_page(viewport, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    paper = np.asarray(PillowImage.open(BytesIO(page.screenshot())).convert("RGB"))[2, 2]
    assert (paper.mean() > 200) == (scheme == "light")
    assert page.evaluate("[...document.images].filter(i => !i.naturalWidth).length") == 0
    page.get_by_label("side by side").check()
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    boxes = [page.locator(f"canvas.{which}").bounding_box() for which in ("original", "compressed")]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


@pytest.mark.slow
def test_stepping_forth_and_back_shows_the_same_frame_of_both(
    open_page: Any, page_file: Any
) -> None:
    page, (_, frames, shown) = open_page(), page_file
    forth, back = page.get_by_label("Next frame"), page.get_by_label("Frame before")
    for button, number in [(forth, n) for n in range(1, 6)] + [(back, n) for n in (4, 3, 2)]:
        button.click()
        for held, which in ((frames, "original"), (shown, "compressed")):
            assert np.array_equal(drawn(page, which), widened(held[number].pixels, 4))
        assert page.locator(".told").text_content().startswith(f"frame {number} of 6")
    page.get_by_role("slider", name="Frame", exact=True).press("End")
    assert np.array_equal(drawn(page, "original"), widened(frames[5].pixels, 4))
    for _ in range(3):
        forth.click()
    assert page.get_attribute(".film", "data-step") == "5"


@pytest.mark.slow
def test_bars_thumbnails_and_the_worst_frame_lead_to_frames(open_page: Any, page_file: Any) -> None:
    page, step = open_page(), ".film"
    assert page.locator(".chart .bytes rect").count() == 6
    box = page.locator(".chart").bounding_box()
    place = {"x": box["width"] * 4.5 / 6, "y": box["height"] / 2}
    page.locator(".chart").click(position=place)
    assert page.get_attribute(step, "data-step") == "4"
    page.locator(".thumbs button").nth(1).click()
    assert page.get_attribute(step, "data-step") == "1"
    page.get_by_role("button", name="Worst frame").click()
    found = compare_moving(page_file[1], page_file[2])
    assert page.get_attribute(step, "data-step") == str(found.worst)
    marked = page.evaluate(
        "[...document.querySelectorAll('.chart .score rect')]"
        ".findIndex(bar => bar.classList.contains('worst'))"
    )
    assert marked == found.worst


@pytest.mark.slow
@pytest.mark.parametrize(("speed", "factor"), [("1", 1), ("1/2", 2)])
def test_playing_shows_each_frame_for_its_time_and_begins_anew(
    speed: str, factor: int, open_page: Any
) -> None:
    page = open_page(timed=True)
    play = page.locator("[data-play]")
    page.get_by_label(speed, exact=True).check()
    play.click()
    assert play.text_content() == "Pause"
    begun = 0
    # Frames change at 30, 60, 90, 690, 720 and 750 ms; a screen is drawn at every sixtieth second.
    for milliseconds, step in ((20, 0), (55, 1), (85, 2), (110, 3), (680, 3), (715, 4), (775, 0)):
        page.clock.run_for(factor * milliseconds - begun)
        begun = factor * milliseconds
        assert page.get_attribute(".film", "data-step") == str(step)
    play.click()
    assert play.text_content() == "Play"
    page.clock.run_for(2000)
    assert page.get_attribute(".film", "data-step") == "0"


@pytest.mark.slow
def test_the_divider_follows_the_pointer_and_the_keyboard(open_page: Any) -> None:
    page = open_page()
    box = page.locator(".pair").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 20)
    page.mouse.up()
    slider = page.locator("[data-cut]")
    assert abs(float(slider.input_value()) - 25) < 1
    slider.press("Home")
    cut = page.evaluate("document.querySelector('.film').style.getPropertyValue('--cut')")
    assert cut == "0%"


@pytest.mark.slow
def test_the_file_can_be_saved_from_the_page(open_page: Any, page_file: Any) -> None:
    page, (_, _, shown) = open_page(), page_file
    with page.expect_download() as download:
        page.get_by_role("link", name="Save the compressed file").click()
    assert download.value.suggested_filename == "clip-small.gif"
    data = Path(download.value.path()).read_bytes()
    assert sha256(data).hexdigest() in page.locator(".facts").text_content()
    saved = list(Animation.read(data))
    assert [(f.pixels.tobytes(), f.duration) for f in saved] == [
        (f.pixels.tobytes(), f.duration) for f in shown
    ]
