"""The page about many files in a real browser."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from PIL import Image as PillowImage

from browser import chromium
from huepress.many.records import Record
from huepress.report.many import many_html

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}


def picture(size: tuple[int, int], color: str) -> bytes:
    stream = BytesIO()
    PillowImage.new("RGBA", size, color).save(stream, "WEBP")
    return stream.getvalue()


def written(name: str, score: float, before: int, after: int, **more: Any) -> Record:
    facts = {"output_colors": len(name), "shortfall": more.get("shortfall", "")}
    thumbnail = picture((100, 30), "#06a8")
    return Record(
        name, "written", (f"out/{name}",), before, after, score, facts=facts, thumbnail=thumbnail
    )


RECORDS = [
    written("icons/icon 10.png", 91.25, 10_000, 2_000),
    written("icons/icon 9.png", 88.0, 300_000, 250_000),
    Record("kept.jpg", "kept", (), 5_000, 5_000, facts={"warnings": ["its profile is broken"]}),
    written("worst.png", -3.5, 2_000, 1_999, shortfall="256 colours do not reach a score of 80"),
    Record("none.png", "failed", error="none.png: not a picture <i>at all</i>"),
    Record('javascript:alert("1")&<b>.png', "unchanged", ("caf\udce9 #1.png",), 900, 90, 70.0),
    written("very_long_name" * 20 + ".png", 95.0, 1_000_000, 1_000),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    contexts, troubles = [], []

    def opened(viewport: dict = DESKTOP, scheme: str = "light", script: bool = True) -> Any:
        path = tmp_path / "report.html"
        path.write_text(many_html(RECORDS, folder=tmp_path))
        contexts.append(
            browser.new_context(viewport=viewport, color_scheme=scheme, java_script_enabled=script)
        )
        page = contexts[-1].new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(("file:", "data:")) else troubles.append(request.url)
            ),
        )
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


def names(page: Any) -> list[str]:
    rows = page.locator(".files tbody tr:visible")
    return rows.evaluate_all("rows => rows.map(row => row.cells[1].dataset.value)")


WORST_FIRST = [
    "none.png",
    "worst.png",
    'javascript:alert("1")&<b>.png',
    "icons/icon 9.png",
    "icons/icon 10.png",
    "very_long_name" * 20 + ".png",
    "kept.jpg",
]


def test_the_same_records_give_the_same_page_and_files_come_worst_first() -> None:
    page = many_html(RECORDS)
    assert page == many_html(RECORDS)
    places = [page.index(f'data-value="{name}"') for name in ("none.png", "worst.png", "kept.jpg")]
    assert places == sorted(places)
    assert "<i>" not in page
    assert "Not complete" not in page
    assert "Not complete" in many_html(RECORDS, complete=False)


def test_a_page_about_nothing_is_a_page() -> None:
    assert "0 files" in many_html([], complete=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"]
)
def test_the_page_fits_its_screen_and_every_file_is_on_it(
    viewport: dict, scheme: str, open_page: Any
) -> None:
    page = open_page(viewport, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    paper = PillowImage.open(BytesIO(page.screenshot())).convert("L").getpixel((2, 2))
    assert (paper > 200) == (scheme == "light")
    assert page.evaluate("[...document.images].filter(i => !i.naturalWidth).length") == 0
    assert page.evaluate("document.images.length") == 4
    assert names(page) == WORST_FIRST
    for text in ("256 colours do not reach", "its profile is broken", "failed: not a picture <i>"):
        assert page.get_by_text(text).is_visible()


@pytest.mark.slow
def test_columns_are_sorted_by_mouse_and_keyboard_and_say_so(open_page: Any) -> None:
    page = open_page()
    head = page.get_by_role("columnheader", name="score")
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert names(page)[:2] == ["very_long_name" * 20 + ".png", "icons/icon 10.png"]
    head.get_by_role("button").press("Enter")
    assert names(page) == WORST_FIRST
    page.get_by_role("button", name="saved").press("Space")
    assert head.get_attribute("aria-sort") is None
    assert names(page)[:2] == ["kept.jpg", "worst.png"]
    assert names(page)[-1] == "none.png"  # it has none
    page.get_by_role("button", name="file").click()
    assert [name for name in names(page) if "icons" in name] == [
        "icons/icon 9.png",
        "icons/icon 10.png",
    ]
    page.get_by_role("button", name="before").click()
    assert names(page)[0] == "very_long_name" * 20 + ".png"


@pytest.mark.slow
def test_files_are_found_by_name_and_by_what_became_of_them(open_page: Any) -> None:
    page = open_page()
    page.get_by_label("Find").fill("ICONS 9")
    assert names(page) == ["icons/icon 9.png"]
    assert page.get_by_role("status").text_content() == "1 of 7"
    page.get_by_label("Find").fill("")
    page.get_by_label("Show").select_option("as they were")
    assert names(page) == ["kept.jpg"]
    page.get_by_label("Show").select_option("all")
    assert names(page) == WORST_FIRST
    assert page.get_by_role("status").text_content() == ""


@pytest.mark.slow
def test_names_link_to_the_files_whatever_they_are_called(open_page: Any, tmp_path: Path) -> None:
    page = open_page()
    links = page.evaluate("[...document.querySelectorAll('.files a')].map(a => a.href)")
    paths = [unquote_to_bytes(urlsplit(link).path) for link in links]
    assert {urlsplit(link).scheme for link in links} == {"file"}
    here = bytes(Path.cwd())
    assert here + b"/out/worst.png" in paths
    assert here + b'/javascript:alert("1")&<b>.png' in paths
    assert here + b"/caf\xe9 #1.png" in paths


@pytest.mark.slow
def test_the_table_is_there_without_a_script(open_page: Any) -> None:
    page = open_page(script=False)
    assert names(page) == WORST_FIRST
    assert page.locator("form").is_hidden()
