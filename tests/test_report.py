"""The report page as a document: what it says, and how the command writes it."""

import re
import shlex
import subprocess
import sys
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

import huepress
from huepress import metrics
from huepress.report import account, pictures, report_html
from png_files import chunks
from program import huepress as run

VOID = {"meta", "img", "input", "line", "circle", "br", "link"}


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    from skimage.data import astronaut

    return np.ascontiguousarray(astronaut()[:96, 140:268])


@pytest.fixture
def folder(tmp_path: Path, photo: np.ndarray) -> Path:
    PillowImage.fromarray(photo).save(tmp_path / "photo.png")
    return tmp_path


class Balance(HTMLParser):
    """Keeps the open elements; every one that ends must be the last that began."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_page_is_well_formed_and_names_no_address(photo: np.ndarray) -> None:
    page = report_html(huepress.compress(photo, quality=60), command="huepress compress photo.png")
    balance = Balance()
    balance.feed(page)
    assert balance.open == []
    assert not re.search(r"(?:https?:)?//[\w.]+\.\w", re.sub(r"base64,[\w+/=]+", "", page))
    assert "default-src 'none'" in page


def test_the_same_result_gives_the_same_page(photo: np.ndarray) -> None:
    first, second = (report_html(huepress.compress(photo, k=8)) for _ in range(2))
    assert first == second


def test_what_the_user_writes_is_text_and_never_markup(photo: np.ndarray) -> None:
    page = report_html(
        huepress.compress(photo, k=4), title="<b>&.png", command="huepress '<i>'; $style"
    )
    assert "<h1>&lt;b&gt;&amp;.png</h1>" in page
    assert "&lt;i&gt;" in page
    assert "<i>'" not in page


def test_the_account_follows_the_formulas(photo: np.ndarray) -> None:
    result = huepress.compress(photo, k=16)
    items = {item.name: item.n_bytes for item in account.steps(result)}
    n_pixels = photo.shape[0] * photo.shape[1]
    assert items["bare pixels"] == n_pixels * 3
    assert items["codebook + labels"] == (16 * 24 + n_pixels * 4) / 8
    entropy = metrics.entropy_bits(result.indexed.counts())
    assert items["codebook + entropy"] == (16 * 24 + entropy) / 8
    assert items["compressed file"] == result.output_bytes


def test_the_parts_of_a_png_are_its_chunks(photo: np.ndarray) -> None:
    encoded = huepress.compress(photo, k=16).encoded
    parts = {item.name: item.n_bytes for item in account.contents(encoded)}
    lengths = {name: len(content) for name, content in chunks(encoded.files[0][1])}
    assert parts == {
        "labels": lengths[b"IDAT"],
        "codebook": 48,
        "format": 8 + 12 * len(lengths) + 13,
    }
    assert sum(parts.values()) == len(encoded)


def test_the_parts_of_the_two_file_form_are_its_files(photo: np.ndarray) -> None:
    encoded = huepress.compress(photo, k=16, format="npy").encoded
    assert [item.n_bytes for item in account.contents(encoded)] == [
        len(content) for _, content in encoded.files
    ]


def test_a_flat_picture_has_no_labels_to_speak_of() -> None:
    result = huepress.compress(np.full((20, 20, 3), 7, np.uint8))
    assert "no smaller than the entropy" in account.verdict(result)
    assert "None: every colour is there exactly." in report_html(result)


def test_a_large_picture_is_shown_reduced_and_where_it_differs_most(
    monkeypatch: pytest.MonkeyPatch, photo: np.ndarray
) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 10_000)
    monkeypatch.setattr(pictures, "WINDOW", (40, 30))
    flat = np.zeros_like(photo)
    flat[60:90, 80:120] = photo[60:90, 80:120]
    result = huepress.compress(flat, k=2)
    whole, window = pictures.views(result)
    assert "The whole picture" in whole.caption
    assert (window.width, window.height) == (40, 30)
    left, top = map(int, re.search(r"\((\d+), (\d+)\)$", window.caption).groups())
    assert abs(left - 80) <= 20
    assert abs(top - 60) <= 20
    assert not pictures.is_shown_whole(result)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--quality", "50-70", "--effort", "fast"),
        ("-k", "12", "--pin", "#e2001a", "--pin", "#000", "--dither", "diffusion:0.5"),
    ],
)
def test_the_command_on_the_page_makes_the_file_on_the_page(
    options: tuple[str, ...], folder: Path
) -> None:
    written = run("report", "photo.png", "-o", "report.html", *options, cwd=folder)
    assert (written.returncode, written.stderr) == (0, "")
    page = (folder / "report.html").read_text()
    command = shlex.split(unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page)[1]))
    assert command[:2] == ["huepress", "compress"]
    assert run(*command[1:], "-o", "again.png", "--allow-larger", cwd=folder).returncode == 0
    assert sha256((folder / "again.png").read_bytes()).hexdigest() in page


def test_the_page_does_not_tell_where_on_the_machine_files_are(folder: Path) -> None:
    (folder / "sea.hex").write_text("102030\n405060\na0b0c0\n")
    sources = [folder / "photo.png", "--palette", folder / "sea.hex"]
    assert run("report", *sources, "-o", folder / "report.html", cwd=folder).returncode == 0
    page = (folder / "report.html").read_text()
    assert str(folder) not in page
    assert "huepress compress photo.png --palette sea.hex" in page


def test_nothing_is_overwritten_without_force(folder: Path) -> None:
    (folder / "report.html").write_text("mine")
    refused = run("report", "photo.png", "-o", "report.html", "-k", 4, cwd=folder)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert (folder / "report.html").read_text() == "mine"
    assert (
        run("report", "photo.png", "-o", "report.html", "-k", 4, "-f", cwd=folder).returncode == 0
    )
    assert sorted(path.name for path in folder.iterdir()) == ["photo.png", "report.html"]


def test_the_page_can_go_to_standard_output(folder: Path) -> None:
    piped = run("report", "photo.png", "-o", "-", "-k", 4, cwd=folder)
    assert piped.returncode == 0
    assert piped.stdout.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "report.pdf"), "'report.pdf' does not end in .html or .htm; end it in one"),
        (("-o", "r.html", "--dither", "ordered:0.5"), "'0.5' is not X,Y; write --dither ordered:"),
        (("-o", "r.html", "--dither", "none:0.5"), "only diffusion:STRENGTH and ordered:X,Y do"),
    ],
)
def test_wrong_usage_says_what_is_right(
    arguments: tuple[str, ...], message: str, folder: Path
) -> None:
    refused = run("report", "photo.png", *arguments, cwd=folder)
    assert refused.returncode == 2
    assert message in refused.stderr


def test_the_page_needs_no_drawing_library() -> None:
    code = (
        "import numpy as np, huepress, sys\n"
        "from huepress.report import report_html\n"
        "report_html(huepress.compress(np.zeros((9, 9, 3), np.uint8), k=2))\n"
        "assert not {'matplotlib', 'plotly'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
