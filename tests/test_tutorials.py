"""The documentation's lessons: every page runs, and every figure in its prose is what it computed.

A page's last cell, hidden on the site, lists in `quoted` the figures that the prose has, each made
from the page's own variables and with a word or two beside it. The list must be in the prose, and
no other figure may be.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LESSONS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
RECIPES = sorted((ROOT / "docs" / "howto").glob("*.md"))
PAGES = [page for page in [*LESSONS, *RECIPES] if page.name != "index.md"]

# The documentation is not part of the source distribution.
pytestmark = pytest.mark.skipif(not LESSONS, reason="no docs/ beside the tests")

FENCE = re.compile(
    r"^(`{3,}|~{3,}|:{3,})(\{[^}\n]+\})?([^\n]*)\n(.*?)^\1$", re.DOTALL | re.MULTILINE
)
OPTIONS = re.compile(r"\A(?:(?::[\w-]+:.*\n)+\n?|---\n(?s:.*?)\n---\n)")

# Small numbers, and those that are the same everywhere, need no proof; dates and names have digits.
FIGURE = re.compile(r"(?<![\w.,#-])\d{1,3}(?:,\d{3})+|(?<![\w.,#-])\d+\.\d+|(?<![\w.,#-])\d{3,}")
CONSTANTS = {"100", "128", "255", "256"}
NO_FIGURES = re.compile(r"\((?:[^()]*, )?(?:18|19|20)\d\d\)|`[^`]*`|\]\([^)]*\)|PSNR|SSIMULACRA2")


def cells(text: str) -> list[str]:
    """Return the code of a page's code cells."""
    found = FENCE.finditer(text)
    return [OPTIONS.sub("", m[4]) for m in found if m[2] == "{code-cell}"]


def prose(text: str) -> str:
    """Return what a page says between its code, in one line."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    return " ".join(FENCE.sub(lambda m: m[4] if m[2] in NOTES else "", text).split())


NOTES = ("{note}", "{tip}", "{admonition}", "{warning}", "{list-table}")


def run(page: Path, folder: Path) -> dict[str, object]:
    """Execute a page's cells in one namespace, and return it."""
    names: dict[str, object] = {"__name__": "__main__"}
    for i, source in enumerate(cells(page.read_text(encoding="utf-8"))):
        place = f"{page.name}, cell {i}"
        if source.startswith("%%sh"):
            shell(source.split("\n", 1)[1], folder)
        else:
            exec(compile(source, place, "exec"), names)
    return names


def shell(commands: str, folder: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("the page has commands for a POSIX shell")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(["sh", "-ec", commands], check=True, cwd=folder, env=os.environ | {"PATH": path})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the pictures that the site's builder puts there."""
    import sklearn.datasets

    china = Path(sklearn.datasets.__file__).parent / "images" / "china.jpg"
    for picture in (ROOT / "examples" / "astronaut.png", china):
        shutil.copy(picture, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_and_its_figures_are_those_it_computed(page: Path, folder: Path) -> None:
    names = run(page, folder)
    said = prose(page.read_text(encoding="utf-8"))
    quoted = names.get("quoted", [])
    assert isinstance(quoted, list)
    assert [figure for figure in quoted if figure not in said] == []
    rest = NO_FIGURES.sub(" ", said)
    for figure in sorted(quoted, key=len, reverse=True):
        rest = rest.replace(figure, " ")
    assert set(FIGURE.findall(rest)) - CONSTANTS == set(), "figures that no cell vouches for"


def test_every_page_is_in_its_index() -> None:
    for section in ("tutorials", "howto"):
        index = (ROOT / "docs" / section / "index.md").read_text(encoding="utf-8")
        listed = set(re.findall(r"^[\w-]+$", FENCE.search(index)[4], re.MULTILINE))
        assert listed == {page.stem for page in PAGES if page.parent.name == section}


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("94,478 colours and 26.9 dB at 640 pixels", ["94,478", "26.9", "640"]),
        ("k = 16, 24 bits, (Sculley, 2010), `0.123`, #ff0000, ×4, [x](a/1234)", []),
    ],
)
def test_a_figure_is_told_from_other_digits(text: str, figures: list[str]) -> None:
    assert FIGURE.findall(NO_FIGURES.sub(" ", text)) == figures


def test_prose_is_what_stands_between_code() -> None:
    page = "---\na: 1\n---\nOne\n```{code-cell} ipython3\n:tags: [x]\n\ntwo = 2\n```\nthree\n"
    assert prose(page) == "One three"
    assert cells(page) == ["two = 2\n"]
