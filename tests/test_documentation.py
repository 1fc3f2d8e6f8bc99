"""What the site must not leave out."""

import re
import runpy
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

import huepress
from huepress import viz

REFERENCE = Path(__file__).parent.parent / "docs" / "reference" / "api.md"


@pytest.mark.parametrize("module", [huepress, viz], ids=lambda module: module.__name__)
def test_every_public_name_is_in_the_reference(module: object) -> None:
    listed = {line.strip() for line in REFERENCE.read_text("utf-8").splitlines()}
    assert {f"{module.__name__}.{name}" for name in module.__all__} <= listed


def test_a_figure_for_dark_pages_is_shown_in_the_place_of_the_one_before(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="the site's tools are not installed")
    from docutils import nodes, utils

    cells = runpy.run_path(str(REFERENCE.parents[1] / "_ext" / "cells.py"))
    tree = utils.new_document("page")
    for name, content in (("a", b""), ("b", b""), ("c", cells["DARK"]), ("d", cells["DARK"])):
        (tmp_path / f"{name}.png").write_bytes(b"\x89PNG" + content)
        tree += nodes.image(uri=f"/{name}.png")
    cells["_pair"](SimpleNamespace(srcdir=tmp_path), tree)
    classes = [picture["classes"] for picture in tree.findall(nodes.image)]
    assert classes == [[], ["only-light"], ["only-dark"], []]


def test_the_version_stands_in_one_place_and_its_release_is_in_the_changelog() -> None:
    root = REFERENCE.parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    assert "version" in project["dynamic"]
    releases = re.findall(
        r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$",
        (root / "CHANGELOG.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert releases[0][0] == huepress.__version__
    assert releases == sorted(releases, reverse=True, key=lambda release: release[1])
