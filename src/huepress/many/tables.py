r"""What became of many files as a table: CSV for spreadsheets, JSON, and typed columns in Parquet.

The columns have the names that `--json` has for them. Every text is valid Unicode: bytes of a
file's name that are not UTF-8 are written as \xNN.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from huepress import __version__
from huepress.many.records import Record
from huepress.many.totals import Totals

Kind = Literal["text", "texts", "integer", "number", "truth"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, the type of its values, and how to take one from a record."""

    name: str
    kind: Kind
    value: Callable[[Record], Any]

    def of(self, record: Record) -> Any:
        """Take the value in its type; None where there is none, or a number has no end."""
        value = self.value(record)
        return None if value is None else _TYPED[self.kind](value)


def _stands(record: Record) -> bool:
    """Whether there is a file of a known size."""
    return record.status != "failed" and record.output_bytes > 0


def _fact(name: str, kind: Kind) -> Column:
    return Column(name, kind, lambda record: record.facts.get(name))


COLUMNS = (
    Column("input", "text", lambda record: record.source),
    Column("output", "texts", lambda record: record.outputs),
    Column("status", "text", lambda record: record.status),
    Column("error", "text", lambda record: record.error or None),
    Column("reason", "text", lambda record: record.reason or None),
    Column("ssimulacra2", "number", lambda record: record.score),
    Column("input_bytes", "integer", lambda record: record.input_bytes or None),
    Column(
        "output_bytes", "integer", lambda record: record.output_bytes if _stands(record) else None
    ),
    *(_fact(name, "integer") for name in ("width", "height", "bit_depth")),
    _fact("format", "text"),
    *(
        _fact(name, "integer")
        for name in (
            *("distinct_colors", "output_colors", "k", "codes", "lossy_quality"),
            *("hidden_colors", "hidden_codes", "forecast_bytes", "iterations"),
        )
    ),
    _fact("converged", "truth"),
    *(_fact(name, "number") for name in ("mse", "psnr", "wanted")),
    _fact("shortfall", "text"),
    _fact("left_out", "texts"),
    *(_fact(name, "integer") for name in ("frames", "loops")),
    *(_fact(name, "number") for name in ("duration", "worst_ssimulacra2")),
    _fact("lossless", "truth"),
    _fact("seed", "integer"),
    Column("seconds", "number", lambda record: round(record.seconds, 4)),
    _fact("warnings", "texts"),
)
"""All columns, in order."""

_PATHS = ("input", "output")

_FORMULA = tuple("=+-@＝＋－＠\t\r\n")
"""What a cell must not begin with: spreadsheets would calculate."""


def valid(text: str) -> str:
    r"""Write bytes that are not UTF-8, which names of files may have, as \xNN.

    Examples
    --------
    >>> print(valid("caf\udce9.png"))
    caf\xe9.png
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def as_csv(records: Sequence[Record], *, complete: bool = True) -> bytes:
    """Write a table as CSV (RFC 4180) in UTF-8: one header, a line a file.

    Spreadsheets take a cell that begins with = or its like for a formula. A path that does so gets
    ./ before it, which is the same file; another text gets an apostrophe. Texts are quoted, and
    lists have an entry a line.

    Parameters
    ----------
    records : sequence of Record
        The files.
    complete : bool
        Told elsewhere: CSV has no place for it.

    Returns
    -------
    bytes
        The file.

    Examples
    --------
    >>> as_csv([Record("=1+1.png", "failed", error="is empty")]).splitlines()[1][:44]
    b'"./=1+1.png","","failed","is empty","","",""'
    """
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([column.name for column in COLUMNS])
    writer.writerows([_cell(column, column.of(record)) for column in COLUMNS] for record in records)
    return stream.getvalue().encode()


def _cell(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.kind in ("integer", "number"):
        return value
    if column.kind == "truth":
        return json.dumps(value)
    text = "\n".join(value) if column.kind == "texts" else value
    guard = "./" if column.name in _PATHS else "'"
    return guard + text if text.startswith(_FORMULA) else text


def as_json(records: Sequence[Record], *, complete: bool = True) -> bytes:
    """Write one JSON document (RFC 8259): the version, whether all is told, totals, and the files.

    Parameters
    ----------
    records : sequence of Record
        The files.
    complete : bool
        Whether no file is missing because work was stopped.

    Returns
    -------
    bytes
        A file with a line for each picture, so that versions of it can be compared.

    Examples
    --------
    >>> document = json.loads(as_json([Record("a.png", "kept", input_bytes=9, output_bytes=9)]))
    >>> document["complete"], document["totals"]["kept"], document["files"][0]["input"]
    (True, 1, 'a.png')
    """
    head = {"huepress": __version__, "complete": complete, "totals": asdict(Totals.of(records))}
    lines = [_dumped({each.name: each.of(record) for each in COLUMNS}) for record in records]
    files = ",\n".join(lines)
    return f'{_dumped(head)[:-1]}, "files": [\n{files}\n]}}\n'.encode()


def _dumped(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def as_parquet(records: Sequence[Record], *, complete: bool = True) -> bytes:
    """Write a table with typed columns as Parquet, through pyarrow.

    Parameters
    ----------
    records : sequence of Record
        The files.
    complete : bool
        Whether no file is missing; the metadata says so under `complete`.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    ImportError
        Without pyarrow, which the extra `parquet` brings.
    """
    import pyarrow as arrow
    from pyarrow import parquet

    types = {
        "text": arrow.string(),
        "texts": arrow.list_(arrow.string()),
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "truth": arrow.bool_(),
    }
    schema = arrow.schema(
        [(column.name, types[column.kind]) for column in COLUMNS],
        metadata={"huepress": __version__, "complete": json.dumps(complete)},
    )
    columns = [[column.of(record) for record in records] for column in COLUMNS]
    stream = io.BytesIO()
    parquet.write_table(arrow.table(columns, schema=schema), stream)
    return stream.getvalue()


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


_TYPED: Mapping[Kind, Callable[[Any], Any]] = {
    "text": valid,
    "texts": lambda value: [valid(text) for text in value],
    "integer": int,
    "number": _number,
    "truth": bool,
}
