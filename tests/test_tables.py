"""Tables of what became of many files: what is read back is what was written."""

import csv
import io
import json
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huepress.many.records import Record
from huepress.many.tables import COLUMNS, as_csv, as_json, as_parquet, valid

parquet = pytest.importorskip("pyarrow.parquet", reason="pip install 'huepress[parquet]'")

text = st.text(
    st.characters(codec="utf-8") | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)
)
"""Names as the file system gives them: bytes that are not UTF-8 are surrogates."""
names = text | text.map("=".__add__) | st.sampled_from(['a,b;"c"\r\nd', "-1", "@x", "＝1", "./a"])
numbers = st.floats(allow_nan=True) | st.none()
sizes = st.integers(0, 2**62)
records = st.lists(
    st.builds(
        Record,
        names.filter(bool),
        st.sampled_from(["written", "copied", "kept", "unchanged", "failed"]),
        st.lists(names.filter(bool), max_size=3).map(tuple),
        sizes,
        sizes,
        st.floats(-1000, 100) | st.none(),
        st.floats(0, 1e6),
        error=names,
        facts=st.fixed_dictionaries(
            {},
            optional={
                "psnr": numbers,
                "wanted": st.integers(0, 100) | st.none(),
                "converged": st.booleans() | st.none(),
                "width": st.integers(1, 9) | st.none(),
                "shortfall": names,
                "warnings": st.lists(names),
                "left_out": st.just([]),
            },
        ),
    ),
    max_size=4,
)


def expected(files: list[Record]) -> list[dict]:
    return [{column.name: column.of(record) for column in COLUMNS} for record in files]


@given(records)
def test_json_gives_every_value_back(files: list) -> None:
    document = json.loads(as_json(files, complete=False).decode("utf-8"))
    assert document["files"] == expected(files)
    assert document["complete"] is False
    assert sum(document["totals"][name] for name in ("written", "kept", "failed")) <= len(files)


@given(records)
def test_parquet_gives_every_value_back_in_its_type(files: list) -> None:
    table = parquet.read_table(io.BytesIO(as_parquet(files)))
    assert table.to_pylist() == expected(files)
    assert table.schema.metadata[b"complete"] == b"true"
    types = {name: str(table.schema.field(name).type) for name in table.column_names}
    assert types["input"] == types["error"] == "string"
    assert types["width"] == types["input_bytes"] == "int64"
    assert types["ssimulacra2"] == types["wanted"] == types["seconds"] == "double"
    assert types["converged"] == "bool"
    assert types["output"].startswith("list<") or types["output"].startswith("large_list<")


def as_read(kind: str, cell: str) -> object:
    read: dict[str, Callable[[str], object]] = {
        "integer": int,
        "number": float,
        "truth": lambda cell: {"true": True, "false": False}[cell],
    }
    return read[kind](cell) if cell else None


@given(records)
def test_csv_gives_every_value_back_and_no_cell_is_a_formula(files: list) -> None:
    written = as_csv(files)
    header, *lines = csv.reader(io.StringIO(written.decode("utf-8"), newline=""), strict=True)
    assert header == [column.name for column in COLUMNS]
    assert len(lines) == len(files)
    for line, values in zip(lines, expected(files), strict=True):
        for column, cell in zip(COLUMNS, line, strict=True):
            value = values[column.name]
            if column.kind in ("integer", "number", "truth"):
                assert as_read(column.kind, cell) == value
                continue
            assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))
            plain = "\n".join(value) if column.kind == "texts" and value else value or ""
            guard = "./" if column.name in ("input", "output") else "'"
            assert cell in (plain, guard + plain)


def test_lines_of_csv_end_as_rfc_4180_has_it_and_texts_are_quoted() -> None:
    first, second, rest = as_csv([Record("a.png", "written", ("b.png",), 9, 3)]).split(b"\r\n")
    assert first.startswith(b'"input","output","status"')
    assert second.startswith(b'"a.png","b.png","written","","","",9,3,')
    assert rest == b""


def test_a_path_that_looks_like_a_formula_still_names_its_file() -> None:
    line = as_csv([Record("=1+2.png", "failed", error="=1+2.png: is empty")]).splitlines()[1]
    assert line.startswith(b'"./=1+2.png","","failed","\'=1+2.png: is empty"')


@given(st.binary())
def test_bytes_of_a_name_that_are_not_utf_8_are_seen_in_the_text(name: bytes) -> None:
    written = valid(name.decode("utf-8", "surrogateescape"))
    assert written.encode() == name or "\\x" in written
    assert written == name.decode("utf-8", "backslashreplace")


def test_pandas_reads_the_csv_with_numbers_as_numbers() -> None:
    pandas = pytest.importorskip("pandas")
    files = [Record("a", "written", ("b",), 9, 3, 81.5), Record("c", "failed", error="is empty")]
    frame = pandas.read_csv(io.BytesIO(as_csv(files)))
    assert frame["output_bytes"][0] == 3
    assert frame["ssimulacra2"][0] == 81.5
    assert math.isnan(frame["output_bytes"][1])
