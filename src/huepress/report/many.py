"""The page about many files: what each became, those that lost most first."""

from __future__ import annotations

import math
import os
from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from statistics import median
from string import Template
from urllib.parse import quote

from huepress.common.humanize import shown_name, size
from huepress.many.records import Record
from huepress.many.totals import Totals

THUMBNAIL = 64
"""Longest side, in a browser's pixels, of the pictures that the page shows."""

_STATUS = {
    "copied": "copied as it was",
    "kept": "kept as it was",
    "unchanged": "unchanged since an earlier run",
    "failed": "failed",
}


def many_html(
    records: Sequence[Record], *, complete: bool = True, folder: Path | None = None
) -> str:
    """Write a page about many files.

    The same records give the same page: it names neither a date nor a machine.

    Parameters
    ----------
    records : sequence of Record
        The files; small pictures are WebPs.
    complete : bool
        Whether no file is missing because work was stopped.
    folder : Path, optional
        Where the page will be, for links to the files; without it there are none.

    Returns
    -------
    str
        HTML. The script, styles and pictures are inside, and the page allows itself no request.
        First come files that failed, then the others by their score.

    Examples
    --------
    >>> "1 file</h1>" in many_html([Record("a.png", "kept")])
    True
    """
    rows = sorted(records, key=_rank)
    title = f"{len(records):,} file{'' if len(records) == 1 else 's'}"
    return Template(_resource("many.html")).substitute(
        title=title,
        style=_resource("page.css") + _resource("many.css"),
        script=_resource("many.js"),
        summary="" if complete else _INCOMPLETE,
        tiles=_tiles(records),
        rows="".join(_row(record, folder) for record in rows),
    )


_INCOMPLETE = (
    '<p class="incomplete"><strong>Not complete:</strong> work was stopped before all files were '
    "done. What is listed here is done.</p>"
)


def _resource(name: str) -> str:
    return files("huepress.report").joinpath(name).read_text("utf-8")


def _rank(record: Record) -> tuple[bool, bool, float]:
    """Put what failed first, then the lowest scores, then what has none."""
    score = record.score
    return record.status != "failed", score is None, 0.0 if score is None else score


def _tiles(records: Sequence[Record]) -> str:
    totals = Totals.of(records)
    before, after = totals.input_bytes, totals.output_bytes
    scores = [record.score for record in records if record.score is not None]
    others = [
        f"{count:,} {name}"
        for count, name in (
            (totals.kept + totals.copied, "as they were"),
            (totals.unchanged, "unchanged"),
            (totals.failed, "failed"),
        )
        if count
    ]
    tiles = [("made smaller", f"{totals.written:,}", ", ".join(others) or "all of them")]
    if before:
        kept = f"{size(abs(before - after))} {'less' if after <= before else 'more'}"
        tiles += [
            ("bytes", size(after), f"of {size(before)}"),
            ("saved", _percent(totals.saved), kept),
        ]
    if scores:
        tiles += [
            ("lowest SSIMULACRA2", _number(min(scores)), "100 is identical"),
            ("median SSIMULACRA2", _number(median(scores)), "from 90 on, hard to tell apart"),
        ]
    return "".join(
        f"<li><span>{escape(name)}</span><strong>{escape(value)}</strong>"
        f"<small>{escape(note)}</small></li>"
        for name, value, note in tiles
    )


def _row(record: Record, folder: Path | None) -> str:
    before, after = record.input_bytes, record.output_bytes
    failed = record.status == "failed"
    saved = 1 - after / before if before and not failed else None
    colors = record.facts.get("output_colors")
    cells = [
        _cell(-math.inf if failed else record.score, _number),
        _cell(before or None, size),
        _cell(None if failed else after or None, size),
        _cell(saved, _percent),
        _cell(colors, lambda count: f"{count:,}"),
    ]
    return (
        f'<tr data-status="{record.status}"><td>{_thumbnail(record.thumbnail)}</td>'
        f'<th scope="row" data-value="{escape(shown_name(record.source))}">{_name(record, folder)}'
        f"{_notes(record)}</th>{''.join(cells)}</tr>\n"
    )


def _cell(value: float | None, written: Callable[[float], str]) -> str:
    """Write a number, and what it is sorted by; minus infinity is none, and the worst."""
    if value is None:
        return '<td><span class="none">–</span></td>'
    if math.isinf(value):
        return '<td data-value="-1e9"><span class="none">–</span></td>'
    return f'<td data-value="{value:.9g}">{escape(written(value))}</td>'


def _thumbnail(picture: bytes) -> str:
    if not picture:
        return ""
    data = b64encode(picture).decode()
    return f'<img src="data:image/webp;base64,{data}" alt="">'


def _name(record: Record, folder: Path | None) -> str:
    """Write a file's name, linked to what it became, and a link to the original beside it."""
    path = shown_name(record.source)
    head, slash, tail = path.rpartition("/")
    folders = escape(head + slash).replace("/", "/<wbr>")
    name = f"<span>{folders}</span>{escape(tail)}"
    made = record.outputs[0] if record.outputs else record.source
    name = _linked(name, made, folder)
    if made != record.source:
        original = _linked("original", record.source, folder)
        name += f' <small class="original">{original}</small>'
    return name


def _linked(text: str, path: str, folder: Path | None) -> str:
    if folder is None:
        return text
    try:
        place = os.path.relpath(path, folder)
    except ValueError:  # on another drive of Windows
        return text
    return f'<a href="{escape(quote(os.fsencode(Path(place).as_posix())))}">{text}</a>'


def _notes(record: Record) -> str:
    facts = record.facts
    why = record.error.removeprefix(f"{record.source}: ") or record.reason
    notes = [_STATUS.get(record.status, "") + (f": {why}" if why else "")]
    notes += [facts.get("shortfall") or "", *(facts.get("warnings") or [])]
    lines = [escape(shown_name(note)) for note in notes if note]
    return "".join(f"<small>{line}</small>" for line in lines)


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("-", "−")


def _number(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")
