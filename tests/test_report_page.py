"""The report page in a real browser."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

import huepress
from browser import chromium
from huepress.report import report_html

pytestmark = pytest.mark.slow

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}


def _photo() -> np.ndarray:
    from skimage.data import astronaut

    return np.ascontiguousarray(astronaut()[:200, 100:360])


def _icon() -> np.ndarray:
    y, x = np.mgrid[:40, :40]
    alpha = np.clip((18 - np.hypot(x - 20, y - 20)) * 128, 0, 255)
    return np.dstack([x * 6, y * 6, 255 - x * 3, alpha]).astype(np.uint8)


RESULTS = {
    "a search": lambda: huepress.compress(_photo(), quality=60),
    "a given k": lambda: huepress.compress(_photo(), k=16, dither="diffusion"),
    "alpha": lambda: huepress.compress(_icon(), k=20),
    "no loss": lambda: huepress.compress(np.eye(9, dtype=np.uint8)[..., None].repeat(3, 2) * 255),
    "nothing to see": lambda: huepress.compress(np.zeros((12, 16, 4), np.uint8)),
    "arrays": lambda: huepress.compress(_photo(), k=8, format="npz"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


class Results(dict[str, huepress.Result]):
    """Those that were asked for: where tests are shared out, no process needs them all."""

    def __missing__(self, name: str) -> huepress.Result:
        self[name] = RESULTS[name]()
        return self[name]


@pytest.fixture(scope="module")
def results() -> Results:
    return Results()


class Windows:
    """Windows of the browser, one for each screen: a page opens faster where another was."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._pages: dict[str, Any] = {}
        self.troubles: list[str] = []

    def window(self, viewport: dict, scheme: str) -> Any:
        name = f"{viewport} {scheme}"
        if name not in self._pages:
            context = self._browser.new_context(viewport=viewport, color_scheme=scheme)
            page = self._pages[name] = context.new_page()
            page.on("console", lambda message: self.troubles.append(message.text))
            page.on("pageerror", lambda error: self.troubles.append(str(error)))
            page.on("request", lambda request: self._asked(request.url))
        return self._pages[name]

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "about:blank")):
            self.troubles.append(url)


@pytest.fixture(scope="module")
def windows(browser: Any) -> Windows:
    return Windows(browser)


def written(result: huepress.Result) -> str:
    return report_html(result, title="photo.png", command="huepress compress p.png")


@pytest.fixture
def open_page(windows: Windows, tmp_path: Path) -> Iterator[Any]:
    used = []

    def opened(result: huepress.Result, viewport: dict = DESKTOP, scheme: str = "light") -> Any:
        path = tmp_path / "report.html"
        path.write_text(written(result))
        used.append(windows.window(viewport, scheme))
        used[-1].goto(path.as_uri())
        return used[-1]

    windows.troubles.clear()
    yield opened
    for page in used:
        page.mouse.move(0, 0)
        page.goto("about:blank")
    assert windows.troubles == []


def picture(shot: bytes) -> np.ndarray:
    return np.asarray(PillowImage.open(BytesIO(shot)).convert("RGB")).astype(int)


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"]
)
@pytest.mark.parametrize("name", RESULTS)
def test_every_page_fits_its_screen_and_asks_for_nothing(
    name: str, viewport: dict, scheme: str, results: dict, open_page: Any
) -> None:
    page = open_page(results[name], viewport, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    paper = picture(page.screenshot(full_page=True))[2, 2]
    assert (paper.mean() > 200) == (scheme == "light")
    broken = page.evaluate("[...document.images].filter(i => !i.naturalWidth).length")
    assert broken == 0


@pytest.mark.parametrize("name", RESULTS)
def test_there_are_as_many_swatches_as_codes(name: str, results: dict, open_page: Any) -> None:
    page, codebook = open_page(results[name]), results[name].indexed.codebook
    shown = page.locator(".swatches li code").all_text_contents()
    clear = [color[3] == 0 for color in codebook.rgba]
    named = ["transparent" if c else h for c, h in zip(clear, codebook.hex(), strict=True)]
    assert sorted(shown) == sorted(named)


# Takes the section with the chart from another report's page, and tells where things lie in it.
CHART = """(html) => {
    const shown = document.querySelector(".plot").closest("section");
    const other = new DOMParser().parseFromString(html, "text/html");
    const section = other.querySelector(".plot").closest("section");
    shown.replaceWith(document.adoptNode(section));
    const boxes = (name) => [...section.querySelectorAll(name)].map(
        (one) => one.getBoundingClientRect().toJSON());
    return {
        card: boxes(".plot")[0], words: boxes(".curve text"), dot: boxes("circle.chosen")[0],
        wanted: boxes("text.wanted")[0], said: section.textContent,
    };
}"""


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_word_of_the_chart_is_cut_off_or_under_a_dot(
    viewport: dict, results: dict, open_page: Any
) -> None:
    result = results["a search"]
    page = open_page(result, viewport)
    for trial in result.found.trials:
        chosen = replace(result, found=replace(result.found, chosen=trial))
        seen = page.evaluate(CHART, written(chosen))
        card, dot, wanted = seen["card"], seen["dot"], seen["wanted"]
        assert len(seen["words"]) > 6
        for box in seen["words"]:
            assert card["left"] <= box["left"] <= box["right"] <= card["right"]
            assert card["top"] <= box["top"] <= box["bottom"] <= card["bottom"]
        assert dot["left"] >= wanted["right"] or dot["right"] <= wanted["left"]
        assert str(trial.setting) in seen["said"]


def test_swatches_are_put_in_order(results: dict, open_page: Any) -> None:
    page = open_page(results["a given k"])
    ordered = (
        "[...document.querySelectorAll('.swatches li')]"
        ".sort((a, b) => a.style.order - b.style.order)"
    )
    shares = f"{ordered}.map(s => parseFloat(s.querySelector('span').textContent))"
    shown = page.evaluate(shares)
    assert shown == sorted(shown, reverse=True)
    page.get_by_label("lightness").check()
    codes = page.evaluate(f"{ordered}.map(s => s.querySelector('code').textContent)")
    lightness = [sum(int(code[i : i + 2], 16) for i in (1, 3, 5)) for code in codes]
    assert lightness[0] < 100 < 600 < lightness[-1]


def test_the_slider_moves_by_keyboard_and_uncovers_the_original(
    results: dict, open_page: Any
) -> None:
    result = results["a given k"]
    page = open_page(result)
    slider = page.get_by_role("slider", name="How much of the original to show")
    page.locator(".zoom").get_by_label("100%").check()
    stage = page.locator(".stage")
    for key, expected in (("End", result.image.pixels), ("Home", result.indexed.decode())):
        slider.press(key)
        shot = picture(stage.screenshot())
        assert shot.shape == expected.shape
        # The divider covers a few columns at one end.
        assert np.array_equal(shot[:, 4:-4], expected[:, 4:-4])
    slider.press("ArrowRight")
    assert slider.input_value() == "0.5"


def test_the_slider_follows_a_pointer_on_the_picture(results: dict, open_page: Any) -> None:
    page = open_page(results["a search"])
    box = page.locator(".stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 60)
    page.mouse.up()
    assert abs(float(page.get_by_role("slider").input_value()) - 25) < 1
    cut = page.evaluate("document.querySelector('.view').style.getPropertyValue('--cut')")
    assert abs(float(cut.rstrip("%")) - 25) < 1


@pytest.mark.parametrize("name", ["a search", "alpha", "arrays"])
def test_the_compressed_file_can_be_saved_byte_for_byte(
    name: str, results: dict, open_page: Any
) -> None:
    page, encoded = open_page(results[name]), results[name].encoded
    with page.expect_download() as download:
        page.get_by_role("link", name="Save the compressed file").click()
    suffix, content = encoded.files[0]
    assert download.value.suggested_filename == f"photo-small{suffix}"
    assert Path(download.value.path()).read_bytes() == content


def test_the_cloud_turns_by_keyboard_and_changes_with_its_choices(
    results: dict, open_page: Any
) -> None:
    page = open_page(results["a given k"])
    canvas = page.locator("canvas")
    canvas.focus()
    canvas.press("Shift")  # shows the ring of the focus, which is no part of the cloud
    seen = [canvas.screenshot()]
    assert len(np.unique(picture(seen[0]).reshape(-1, 3), axis=0)) > 50
    canvas.press("ArrowRight")
    seen.append(canvas.screenshot())
    page.get_by_label("sRGB").check()
    seen.append(canvas.screenshot())
    page.get_by_label("colour of their code").check()
    seen.append(canvas.screenshot())
    assert len(set(seen)) == 4


def test_every_trial_is_on_the_curve(results: dict, open_page: Any) -> None:
    result = results["a search"]
    page = open_page(result)
    assert page.locator(".curve circle").count() == len(result.found.trials) + 1
    assert page.locator(".curve circle.chosen").count() == 1
    assert page.get_by_role("img", name="Size against SSIMULACRA2 score").is_visible()
    page.get_by_text("trials as a table").click()
    assert page.locator("details tbody tr").count() == len(result.found.trials)
