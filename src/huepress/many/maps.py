"""Which name became which, for build tools: a JSON object, or `<picture>` elements."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from huepress.common.files import check_targets, write_files
from huepress.errors import OptionError
from huepress.many.plan import Plan
from huepress.many.records import Record

SUFFIXES = (".json", ".html")

_TYPES = {"webp": "image/webp", "avif": "image/avif", "gif": "image/gif"}
"""Media types by suffix; a PNG needs none, as every browser shows it."""


def check_map(path: Path, plan: Plan) -> None:
    """Refuse a map that could never be written; a map that is there is written anew.

    Raises
    ------
    OptionError, OutputError
        If its suffix is unknown, or it is one of the inputs.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"--map {path} does not end in {' or '.join(SUFFIXES)}; end it in one")
    check_targets([path], overwrite=True, inputs=[Path(job.source) for job in plan.jobs])


def write_map(path: Path, records: Sequence[Record], plan: Plan) -> None:
    """Write the names of all files that have an output or stay as they are.

    Names are relative: old ones to the folder that was named (or that files have in common), new
    ones to the folder of outputs, or else to the same folder, with '/' between their parts.

    Parameters
    ----------
    path : Path
        Ends in ``.json``: an object of new names by old ones. Or in ``.html``: a ``<picture>`` a
        file, with the original's name as what is shown where the new format is not known.
    records : sequence of Record
        What became of the files.
    plan : Plan
        What was asked.
    """
    pairs = list(_pairs(records, plan))
    if path.suffix.lower() == ".json":
        names = {old: new for old, new, _ in pairs}
        text = json.dumps(names, indent=1) + "\n"
    else:
        text = "".join(_picture(old, new, record) for old, new, record in pairs)
    write_files({path: text.encode(errors="surrogateescape")}, overwrite=True)


def _pairs(records: Sequence[Record], plan: Plan) -> Iterator[tuple[str, str, Record]]:
    files = {file.path: file for file in plan.files}
    for record in records:
        if record.status == "failed" or record.source not in files:
            continue
        file = files[record.source]
        new = file.below
        if record.outputs:
            base = plan.jobs[0].placement.out_dir or file.root
            new = os.path.relpath(record.outputs[0], base).replace(os.sep, "/")
        yield file.below, new, record


def _picture(old: str, new: str, record: Record) -> str:
    """Write an element; one of a single file where old and new have one format or one name."""
    size = "".join(
        f' {side}="{record.facts[side]}"' for side in ("width", "height") if side in record.facts
    )
    kind = _TYPES.get(os.path.splitext(new)[1].lower().removeprefix("."))
    shown = old if kind is not None else new
    image = f'<img src="{_url(shown)}"{size} alt="">'
    if kind is None or new == old:
        return f"{image}\n"
    return f'<picture><source srcset="{_url(new)}" type="{kind}">{image}</picture>\n'


def _url(name: str) -> str:
    # In `srcset` a comma would end the address.
    return html.escape(quote(os.fsencode(name), safe="/"))
