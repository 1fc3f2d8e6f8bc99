"""Folders and many files: found, planned, done by workers, remembered."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from program import huepress

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="links and signals are POSIX's")
MANIFEST = ".huepress-manifest"


def picture(seed: int) -> PillowImage.Image:
    """A picture of so many colours that any palette makes it smaller."""
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    return PillowImage.fromarray(pixels)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A web site's folder: equal names in different folders, and things that are no pictures."""
    for name in ("logo.png", "a/logo.png", "a/b/deep.webp"):
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(len(name)).save(path, lossless=True)
    picture(0).resize((64, 64)).save(tmp_path / "site/a/photo.jpg", quality=1)
    (tmp_path / "site" / "style.css").write_text("body {}")
    (tmp_path / "site" / ".hidden.png").write_text("never read")
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    """The content of all files below a folder, but for manifests."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def told(stdout: str) -> Mapping[str, dict]:
    """What --json says, by the input's name."""
    return {facts["input"]: facts for facts in map(json.loads, stdout.splitlines())}


def test_a_folder_is_mirrored_and_every_picture_of_it_is_under_its_name(site: Path) -> None:
    run = huepress("compress", "site", "-k", 16, "--out-dir", "out", cwd=site)
    assert (run.returncode, run.stderr) == (0, "")
    before, after = files(site / "site"), files(site / "out")
    assert after.keys() == {"logo.png", "a/logo.png", "a/b/deep.webp", "a/photo.jpg"}
    assert all(len(after[name]) < len(before[name]) for name in after if ".jpg" not in name)
    assert after["a/photo.jpg"] == before["a/photo.jpg"]
    assert files(site / "site") == before
    lines = run.stdout.splitlines()
    assert lines[-2].endswith("; 1 kept as they were (1 copied)")
    assert lines[-1] == "left out of folders: 1 hidden, 1 no pictures"


def test_bytes_are_the_same_for_any_number_of_jobs(site: Path) -> None:
    found = []
    for jobs in (1, 3):
        words = ["compress", "site", "-k", 4, "--out-dir", f"out{jobs}", "--jobs", jobs]
        assert huepress(*words, cwd=site).returncode == 0
        found.append(files(site / f"out{jobs}"))
    assert found[0] == found[1]


def test_a_second_run_does_only_what_changed(site: Path) -> None:
    words = ["compress", "site", "-k", 4, "--out-dir", "out", "--json"]
    assert huepress(*words, cwd=site).returncode == 0
    picture(99).save(site / "site/a/logo.png")
    run = huepress(*words, cwd=site)
    assert run.returncode == 0
    assert run.stderr.startswith("1 written: ")
    changed = {name for name, facts in told(run.stdout).items() if facts["status"] != "unchanged"}
    assert changed == {os.path.join("site", "a", "logo.png")}  # noqa: PTH118
    once = files(site / "out")
    assert huepress(*words, "--force", cwd=site).returncode == 0
    assert files(site / "out") == once


def test_in_place_a_second_run_changes_nothing(site: Path) -> None:
    words = ["compress", "site", "-k", 4, "--in-place"]
    before = files(site / "site")
    assert huepress(*words, cwd=site).returncode == 0
    once = files(site / "site")
    assert {name for name in once if once[name] != before[name]} == {
        "logo.png", "a/logo.png", "a/b/deep.webp",
    }  # fmt: skip
    run = huepress(*words, cwd=site)
    assert run.returncode == 0
    assert "3 unchanged since the last run" in run.stdout
    assert files(site / "site") == once


def test_check_lists_what_compress_would_make_smaller_and_writes_nothing(site: Path) -> None:
    before = files(site)
    run = huepress("check", "site", "-k", 16, "--json", cwd=site)
    assert (run.returncode, run.stderr) == (1, "")
    listed = {name for name, facts in told(run.stdout).items() if facts["status"] != "fine"}
    assert listed == {f"site/{name}" for name in ("logo.png", "a/logo.png", "a/b/deep.webp")}
    assert huepress("check", "site", "-k", 16, "--can-save", "99%", cwd=site).returncode == 0
    assert files(site) == before
    assert not list(site.rglob(MANIFEST))


@pytest.mark.parametrize("place", ["--in-place", "--out-dir=out"])
def test_after_compress_there_is_nothing_that_check_would_list(site: Path, place: str) -> None:
    (site / "site/a/photo.jpg").unlink()  # which cannot be replaced by a palette file in place
    assert huepress("compress", "site", "-k", 4, place, cwd=site).returncode == 0
    run = huepress("check", "site" if "in" in place else "out", "-k", 4, cwd=site)
    assert (run.returncode, run.stderr) == (0, "")
