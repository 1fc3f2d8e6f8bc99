"""How far work has come: one line at a terminal's foot, which leaves no trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from huepress.cli.foot import cut, cut_front, shown, width
from huepress.cli.progress import ManyFiles
from huepress.many.records import Record
from huepress.many.totals import Totals

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


@given(
    columns=st.integers(0, 200),
    files=st.lists(st.tuples(text, st.integers(0, 10**12), st.integers(0, 10**12)), max_size=5),
    total=st.integers(1, 10**6),
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
    line = ManyFiles(4, 4 * 500_000, lambda: time)
    assert line.seconds_left() is None
    time = 1.0
    line.ended(Record("done before", "unchanged", (), 500_000, 500_000))
    assert line.seconds_left() is None  # nothing was worked on
    time = 5.0
    line.ended(Record("large", "written", (), 1_000_000, 9))
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
