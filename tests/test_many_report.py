"""`compress --report`: what became of each file, told however the run ends."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from huepress.many.tables import COLUMNS
from program import PROGRAM, huepress

COMMAND = ("compress", "site", "-k", 4, "--out-dir", "out")


def picture(path: Path, seed: int, side: int = 24) -> None:
    colors = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    PillowImage.fromarray(colors).save(path)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of two pictures and what is none."""
    (tmp_path / "site").mkdir()
    picture(tmp_path / "site/a.png", 1)
    picture(tmp_path / "site/=b.png", 2)
    (tmp_path / "site/none.png").write_bytes(b"no picture")
    return tmp_path


def told(path: Path) -> list[dict]:
    """Read a report as its readers do."""
    content = path.read_bytes()
    if path.suffix == ".json":
        return json.loads(content)["files"]
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    parquet = pytest.importorskip("pyarrow.parquet")
    return parquet.read_table(io.BytesIO(content)).to_pylist()


@pytest.mark.parametrize(
    "kind", ["csv", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("json", "parquet"))]
)
def test_a_report_tells_of_every_file_in_their_order_with_those_that_failed(
    kind: str, site: Path
) -> None:
    run = huepress(*COMMAND, "--report", f"r.{kind}", cwd=site)
    assert run.returncode == 1
    rows = told(site / f"r.{kind}")
    assert [Path(row["input"]).name for row in rows] == ["=b.png", "a.png", "none.png"]
    assert [row["status"] for row in rows] == ["written", "written", "failed"]
    assert int(rows[1]["output_bytes"]) == (site / "out/a.png").stat().st_size
    assert "not a picture" in rows[2]["error"]
    assert rows[2]["output_bytes"] in (None, "")


def test_the_columns_are_what_json_prints_and_what_failed(site: Path) -> None:
    run = huepress(*COMMAND, "--json", "--report", "r.json", cwd=site)
    objects = [json.loads(line) for line in run.stdout.splitlines()]
    assert {name for facts in objects for name in facts} <= {column.name for column in COLUMNS}
    by_input = {facts["input"]: facts for facts in objects}
    for row in told(site / "r.json"):
        facts = by_input[row["input"]]
        for name in facts.keys() - {"output"}:
            assert row[name] == pytest.approx(facts[name]), name


@pytest.mark.slow
def test_a_second_run_reports_what_is_known_from_the_first(site: Path) -> None:
    huepress(*COMMAND, "--report", "first.json", cwd=site)
    huepress(*COMMAND, "--report", "second.json", cwd=site)
    first, second = told(site / "first.json"), told(site / "second.json")
    assert [row["status"] for row in second] == ["unchanged", "unchanged", "failed"]
    for name in ("ssimulacra2", "output", "output_bytes", "width", "output_colors"):
        assert [row[name] for row in second] == [row[name] for row in first], name


def test_a_page_has_pictures_of_what_was_made(site: Path) -> None:
    run = huepress(*COMMAND, "--report", "page.html", cwd=site)
    assert run.returncode == 1
    page = (site / "page.html").read_text("utf-8")
    assert page.count("data:image/webp;base64,") == 2
    assert 'href="out/%3Db.png"' in page


@pytest.mark.slow
def test_a_page_has_pictures_of_what_was_done_before_or_stays_as_it_is(site: Path) -> None:
    PillowImage.new("RGB", (200, 100), "red").save(site / "site/few.jpg", quality=30)
    words = ("--quality", 70, "--report")
    for name, status in (("first.html", "written"), ("second.html", "unchanged")):
        huepress(*COMMAND[:2], *COMMAND[4:], *words, name, cwd=site)
        page = (site / name).read_text("utf-8")
        assert page.count(f'data-status="{status}"') >= 2
        assert page.count("data:image/webp;base64,") == 3


@pytest.mark.slow
def test_a_report_of_one_file_is_one_too(site: Path) -> None:
    words = ["compress", "site/a.png", "-k", 4, "--report", "r.csv"]
    assert huepress(*words, cwd=site).returncode == 0
    assert len(told(site / "r.csv")) == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--report", "r.xlsx"], 2, "does not end in .csv, .json, .parquet, .html"),
        pytest.param(
            *(["--report", "none/r.csv"], 1, "there is no folder none; make it"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *(["--report", "site/none.html"], 1, "is an input itself"), marks=pytest.mark.slow
        ),
        pytest.param(
            *(["--report", "map.json", "--map", "map.json"], 2, "is another output's name too"),
            marks=pytest.mark.slow,
        ),
        (["--report", "r.csv", "--dry-run"], 2, "--dry-run writes nothing"),
        pytest.param(*(["--report", "-"], 2, "does not end in"), marks=pytest.mark.slow),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_any_work(
    words: Sequence[str], code: int, says: str, site: Path
) -> None:
    (site / "site/none.png").rename(site / "site/none.html")
    files = ["site/none.html"] if "site/none.html" in words else []
    run = huepress(*COMMAND, *files, *words, cwd=site)
    assert says in run.stderr
    assert run.returncode == code
    assert not (site / "out").exists()


@pytest.mark.slow
def test_a_report_is_written_anew_by_a_second_run_which_does_nothing_again(site: Path) -> None:
    for _ in range(2):
        assert huepress(*COMMAND, "--report", "r.csv", cwd=site).returncode == 1
    rows = told(site / "r.csv")
    assert len(rows) == 3
    assert any("unchanged" in str(row) for row in rows)


@pytest.mark.slow
def test_without_pyarrow_parquet_is_refused_with_the_remedy(site: Path) -> None:
    (site / "pyarrow.py").write_text("raise ImportError('No module named pyarrow')")
    run = subprocess.run(
        [PROGRAM, *map(str, COMMAND), "--report", "r.parquet"],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "pip install 'huepress[parquet]'" in run.stderr
    assert not (site / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there, nobody can send SIGINT to one process")
def test_a_run_that_is_stopped_reports_what_is_done_and_says_so(site: Path) -> None:
    for seed in range(40):
        picture(site / f"site/{seed:02}.png", seed, 64)
    words = ["compress", "site", "--out-dir", "out", "--json", "--jobs", "2"]
    run = subprocess.Popen(
        [PROGRAM, *words, "--report", "r.json"],
        cwd=site,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    run.stdout.readline()
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate()
    assert run.returncode == 130
    document = json.loads((site / "r.json").read_bytes())
    assert document["complete"] is False
    assert 1 <= len(document["files"]) < 43
    for row in document["files"]:
        assert row["status"] == "failed" or Path(site, row["output"][0]).exists()
    assert f"r.json tells of {len(document['files'])} of 43 files" in errors
