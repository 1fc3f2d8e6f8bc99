"""The tuned numbers of the search: one table, told to the documentation and to the command."""

import re
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import numpy as np
import pytest
from benchmarks import tune

from huepress import CompressOptions, Image
from huepress.search import picture, search, workbench
from huepress.search.families import FAMILIES
from huepress.search.found import found_on
from huepress.search.tuning import BYTES, LOSSY, MOVING, REFUSED, TIME, TUNING, Tuning, table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "how" / "search.md"


def test_the_documentation_shows_the_numbers_as_they_are() -> None:
    page = PAGE.read_text("utf-8")
    assert tune.written(page) == page  # else: python -m benchmarks.tune --write
    assert table() in page


@pytest.mark.parametrize("number", fields(Tuning), ids=lambda number: number.name)
def test_every_number_says_its_unit_its_meaning_and_what_judges_it(number) -> None:
    assert number.metadata["unit"]
    assert number.metadata["meaning"]
    judged = number.metadata["judged"]
    assert judged in (BYTES, TIME, LOSSY, REFUSED, MOVING, "law") or judged.startswith("eye")


def test_numbers_are_frozen() -> None:
    for number in fields(Tuning):
        with pytest.raises(FrozenInstanceError):
            setattr(TUNING, number.name, 1.0)


@pytest.mark.parametrize("name", ["tolerance", "steps", "diffusions"])
def test_a_neighbour_changes_one_number(name: str) -> None:
    for factor, changed in tune.neighbours(name):
        others = [
            f.name for f in fields(Tuning) if getattr(changed, f.name) != getattr(TUNING, f.name)
        ]
        assert others == [name]
        assert np.all((np.array(getattr(changed, name)) < getattr(TUNING, name)) == (factor < 1))


@pytest.mark.slow
def test_a_search_goes_by_the_numbers_it_is_given() -> None:
    y, x = np.mgrid[:64, :80]
    pixels = np.dstack([x * 3, y * 3, x + y]).astype(np.uint8)
    pixels ^= np.random.default_rng(0).integers(0, 64, pixels.shape, dtype=np.uint8)
    image = Image(pixels)
    wanted = [
        search(image, CompressOptions(), tuning=tuning).wanted
        for _, tuning in tune.neighbours("photo_score")
    ]
    assert wanted == [64, 100]


@pytest.mark.slow
def test_the_command_measures_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image as Pictures

    noise = np.random.default_rng(0).integers(0, 90, (48, 64, 3), dtype=np.uint8)
    Pictures.fromarray(noise).save(tmp_path / "noise.png")
    monkeypatch.setattr(
        "sys.argv",
        ["tune", str(tmp_path), "--jobs=1", "--only", "steps", "--qualities", "60", "--sizes"],
    )
    tune.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1 pictures, 2 searches")
    assert lines[-1].startswith("steps = 2 (CPU time): ")
    assert lines[-1].count("% bytes") == 2


def test_rows_of_families_are_left_out_one_by_one() -> None:
    rows = FAMILIES["drawing"]
    left = [left for _, _, name, left in tune.fewer_rows() if name == "drawing"]
    assert [set(rows) - set(one) for one in left] == [{row} for row in rows]


def test_what_trials_depend_on_is_not_remembered_from_other_numbers() -> None:
    read: set[str] = set()
    for module in (picture, workbench):
        read |= set(re.findall(r"tuning\.(\w+)", Path(module.__file__).read_text("utf-8")))
    # What is aimed at, which families are tried and how far to look changes no trial.
    of_goals = {"art_score", "icon_score", "photo_score", "small_side", "icon_side"}
    assert read - of_goals - {"small_pixels"} == set(tune.OF_TRIALS)


@pytest.mark.slow
def test_remembered_searches_find_what_others_do() -> None:
    y, x = np.mgrid[:48, :64]
    image = Image(np.dstack([x * 4, y * 5, x + y]).astype(np.uint8))
    memory = tune.Memory()
    for quality in (60.0, 80.0, 60.0):
        options = CompressOptions(quality=quality, threads=1)
        remembered = found_on(tune.RememberingBench(image, options, TUNING, memory))
        assert remembered.encoded == search(image, options).encoded


@pytest.mark.slow
def test_the_whole_command_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image as Pictures

    noise = np.random.default_rng(0).integers(0, 90, (16, 24, 3), dtype=np.uint8)
    Pictures.fromarray(noise).save(tmp_path / "noise.png")
    options = ["--jobs=1", "--qualities", "--sizes"]
    monkeypatch.setattr("sys.argv", ["tune", str(tmp_path), *options])
    tune.main()
    told = capsys.readouterr().out
    for number in fields(Tuning):
        measured = f"\n{number.name} = " in told
        assert measured == (number.metadata["judged"] in (BYTES, TIME)), number.name
    assert "without one row" in told
    assert "curve_errors" in told
