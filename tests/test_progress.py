"""How far work has come: one line at a terminal's foot, which leaves no trace."""

import json
import re
from io import BytesIO
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image as PillowImage

pytest.importorskip("pty", reason="pseudo-terminals are POSIX's")

from wcwidth import wcswidth

from huepress.cli.foot import cut, cut_front, shown, width
from huepress.cli.progress import ManyFiles
from huepress.many.records import Record
from huepress.many.totals import Totals
from program import program
from terminal import printed, watch

NAMES = [
    "plain.png",
    "日本語の長い名前のファイル" * 2 + ".png",
    "cafe\u0301" * 12 + ".png",
    "\x1b[31mred\tx\n\r\x07.png",
    "a-very-long-name" * 12 + ".png",
    "👨\u200d👩\u200d👧👍🏽\u202e\udcff\udce9.png",
]
LINE = re.compile(r" (?:[█░]+ )?\s*\d+/\d+ ")
"""What only the line of progress begins with."""

text = st.text(st.characters(codec=None, exclude_categories=[]), max_size=60)


@given(name=text)
def test_no_character_is_wider_than_it_is_counted(name: str) -> None:
    assert 0 <= wcswidth(shown(name)) <= width(shown(name))


@given(name=text, room=st.integers(0, 70))
def test_what_is_cut_has_room_and_keeps_one_end(name: str, room: int) -> None:
    name = shown(name)
    for short, keeps in ((cut(name, room), str.startswith), (cut_front(name, room), str.endswith)):
        assert width(short) <= room
        assert short == name or keeps(name, short.strip("…"))
        assert (short == name) == (width(name) <= room)


@example(columns=200, files=[], total=0)
@given(
    columns=st.integers(0, 200),
    files=st.lists(st.tuples(text, st.integers(0, 10**12), st.integers(0, 10**12)), max_size=5),
    total=st.integers(0, 10**6),
)
def test_the_line_is_never_wider_than_the_window(columns: int, files: list, total: int) -> None:
    line = ManyFiles(total, sum(before for _, before, _ in files))
    for name, before, after in files:
        line.begun(name)
        assert width(line.text_in(columns)) <= columns
        line.ended(Record(name, "written", (), before, after))
    assert width(line.text_in(columns)) <= columns


def test_a_line_of_eighty_columns_tells_all_there_is() -> None:
    clock = iter([0.0, 10.0, 12.0]).__next__
    line = ManyFiles(4, 400_000, clock)
    line.begun("icons/one.png")
    line.ended(Record("icons/one.png", "written", ("o.png",), 100_000, 25_000))
    line.begun("icons/two.png")
    told = line.text_in(80)
    for part in (" 1/4 files", "97.7 KiB → 24.4 KiB", "saved 75%", "ETA 0:28", "icons/two.png"):
        assert part in told


def test_the_time_left_is_told_from_bytes_and_only_where_it_is_known() -> None:
    time = 0.0
    line = ManyFiles(4, 4 * 50_000_000, lambda: time)
    assert line.seconds_left() is None
    time = 1.0
    line.ended(Record("done before", "unchanged", (), 50_000_000, 5))
    assert line.seconds_left() is None  # nothing was worked on
    time = 5.0
    line.ended(Record("large", "written", (), 100_000_000, 9))
    assert line.seconds_left() == pytest.approx(2.5, rel=0.05)  # half as many bytes are left
    time = 6.0
    assert line.seconds_left() == pytest.approx(1.5, rel=0.1)
    time = 20.0
    assert line.seconds_left() is None  # it was wrong


records = st.builds(
    Record,
    st.just("x"),
    st.sampled_from(["written", "copied", "kept", "unchanged", "failed"]),
    input_bytes=st.integers(0, 99),
    output_bytes=st.integers(0, 99),
)


@given(st.lists(records))
def test_totals_count_every_file_once(files: list) -> None:
    totals, good = Totals.of(files), [one for one in files if one.status != "failed"]
    assert totals.files == len(files)
    assert totals.failed == len(files) - len(good)
    assert totals.input_bytes == sum(one.input_bytes for one in good)
    assert totals.output_bytes == sum(one.output_bytes for one in good)


def noisy(seed: int) -> bytes:
    """Draw a picture that takes a few tenths of a second, or every third less."""
    side = 24 if seed % 3 else 64
    y, x = np.mgrid[:side, :side]
    drawn = np.dstack([x + 5 * seed, y, x * y // 100])
    drawn = drawn + np.random.default_rng(seed).integers(0, 40, (side, side, 3))
    stream = BytesIO()
    PillowImage.fromarray(drawn.astype(np.uint8)).save(stream, "png")
    return stream.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Pictures of difficult names, one with a warning, and what is none."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed, name in enumerate(NAMES):
        (folder / name).write_bytes(noisy(seed))
    for seed in (2, 3, 4):
        (folder / f"{seed}.png").write_bytes(noisy(3 * seed))
    (folder / "cut short.png").write_bytes(noisy(9)[:-1000])
    (folder / "none.png").write_bytes(b"no picture")
    return folder


COMMAND = ["compress", "--force", "--lenient", *NAMES[:4], "cut short.png", "none.png", *NAMES[4:]]


@pytest.fixture(scope="module")
def piped(folder: Path) -> list[bytes]:
    """Return the lines that the command prints where there is no terminal."""
    run = program(*COMMAND, cwd=folder)
    return [*run.stdout.splitlines(), *run.stderr.splitlines()]


def is_line(row: str) -> bool:
    return LINE.match(row) is not None


@pytest.mark.slow
@pytest.mark.parametrize("columns", [24, 80])
def test_lines_that_are_printed_stand_as_they_are_above_the_line_of_progress(
    columns: int, folder: Path, piped: list
) -> None:
    code, screens, _ = watch(COMMAND, folder, columns=columns)
    assert code == 1
    left = screens[-1]
    assert any(is_line(screen[-1]) for screen in screens if screen)
    for screen in screens:
        above = screen[:-1] if screen and is_line(screen[-1]) else screen
        assert above == left[: len(above)]
        assert not any(map(is_line, above))
        assert not screen or not is_line(screen[-1]) or wcswidth(screen[-1]) < columns
    expected = chain.from_iterable(printed([line], columns=columns) for line in piped)
    assert sorted(left) == sorted(expected)


@pytest.mark.slow
def test_a_full_window_scrolls_and_loses_nothing(folder: Path) -> None:
    _, screens, written = watch(COMMAND, folder, columns=200, rows=8)
    assert any(is_line(screen[-1]) for screen in screens if screen)
    assert all(sum(map(is_line, screen)) <= 1 for screen in screens)
    assert not any(map(is_line, screens[-1]))
    assert b"\x1b[?25l" not in written  # a hidden cursor would outlive a process that is killed
    assert written.count(b"\x1b[?7l") == written.count(b"\x1b[?7h")


@pytest.mark.slow
def test_a_window_that_changes_its_width_keeps_what_was_printed_and_nothing_else(
    folder: Path,
) -> None:
    command = ["compress", "--force", "--ext", "-1", "plain.png", "2.png", "3.png", "4.png"]
    resized = {number: (56, 100)[number // 2 % 2] for number in range(2, 100, 2)}
    _, screens, _ = watch(command, folder, columns=100, resized=resized)
    left, lines = screens[-1], [screen[-1] for screen in screens if screen and is_line(screen[-1])]
    assert min(map(len, lines)) < 56 < max(map(len, lines))
    assert len(left) == 5
    for screen in screens:
        above = screen[:-1] if screen and is_line(screen[-1]) else screen
        assert above == left[: len(above)]


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"NO_COLOR": "1"}], ids=str)
def test_dumb_terminals_get_plain_lines_and_nobody_colours_that_he_does_not_want(
    environment: dict, folder: Path
) -> None:
    command = ["compress", "--force", "plain.png", "none.png", "-k", 4]
    _, screens, written = watch(command, folder, **environment)
    assert "none.png" in "".join(screens[-1])
    assert re.search(rb"\x1b\[[\d;]*m", written) is None
    assert b"\x1b" not in written or "NO_COLOR" in environment


@pytest.mark.slow
def test_json_is_an_object_a_file_and_totals_go_to_standard_error(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(noisy(1))
    run = program("compress", "a.png", "b.png", "missing.png", "-k", 4, "--json", cwd=tmp_path)
    facts = [json.loads(line) for line in run.stdout.splitlines()]
    assert sorted(one["input"] for one in facts) == ["a.png", "b.png", "missing.png"]
    assert run.stderr.decode().splitlines()[-1].startswith("2 written: ")
