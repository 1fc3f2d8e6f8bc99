"""`compress --report`: what became of many files, written however work ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from huepress.cli import printing
from huepress.cli.guard import told
from huepress.cli.paths import output_path
from huepress.cli.progress import progress
from huepress.cli.streams import say
from huepress.common.files import check_targets, write_files
from huepress.common.thumbnails import thumbnail_of_file
from huepress.errors import HuepressError, OptionError
from huepress.many.plan import Plan
from huepress.many.records import Record
from huepress.many.tables import as_csv, as_json, as_parquet


def _page(records: Sequence[Record], path: Path, complete: bool) -> bytes:
    from huepress.report.many import many_html

    return many_html(records, complete=complete, folder=path.parent).encode()


_WRITERS: dict[str, Callable[[Sequence[Record], Path, bool], bytes]] = {
    ".csv": lambda records, _, complete: as_csv(records, complete=complete),
    ".json": lambda records, _, complete: as_json(records, complete=complete),
    ".parquet": lambda records, _, complete: as_parquet(records, complete=complete),
    ".html": _page,
}


@dataclass(frozen=True, slots=True)
class ManyReport:
    """Where the report of a run goes.

    Parameters
    ----------
    path : Path
        The file.
    originals : sequence of Path
        Files that it must not replace; the report of an earlier run is written anew.
    """

    path: Path
    originals: Sequence[Path]

    @property
    def thumbnail(self) -> int:
        """Longest side of the small pictures that records need; 0 where they need none."""
        if _kind(self.path) != ".html":
            return 0
        from huepress.report.many import THUMBNAIL

        return THUMBNAIL

    def check(self, outputs: Iterable[Path]) -> None:
        """Refuse what could not be written, before the work, whose other files are given."""
        suffix = _kind(self.path)
        if suffix == ".parquet":
            _check_pyarrow(self.path)
        check_targets([self.path], overwrite=True, inputs=self.originals)
        if os.path.realpath(self.path) in {os.path.realpath(path) for path in outputs}:
            raise OptionError(f"--report {self.path} is another output's name too; name another")

    def write(self, records: Sequence[Record], *, complete: bool) -> None:
        """Write the whole report."""
        worded = [replace(record, error=told(record.error)) for record in records]
        content = _WRITERS[_kind(self.path)](worded, self.path, complete)
        write_files({self.path: content}, overwrite=True, inputs=self.originals)


def _kind(path: Path) -> str:
    """Return the suffix of a report, which says what kind it is."""
    suffix = Path(output_path(str(path))).suffix.lower()
    if suffix not in _WRITERS:
        raise OptionError(f"--report {path} does not end in {', '.join(_WRITERS)}; end it in one")
    return suffix


def _check_pyarrow(path: Path) -> None:
    try:
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise OptionError(
            f"--report {path} needs pyarrow ({error}); pip install 'huepress[parquet]', or end it "
            "in .csv"
        ) from error


@contextmanager
def reported(report: ManyReport | None, plan: Plan) -> Iterator[list[Record]]:
    """Collect records, and write a report of them however the work ends."""
    records: list[Record] = []
    if report is None:
        yield records
        return
    try:
        yield records
        told_of = _pictured(plan.in_order(records), report.thumbnail)
    except BaseException:
        try:
            report.write(plan.in_order(records), complete=len(records) == plan.n_files)
            say(f"{report.path} tells of {len(records):,} of {plan.n_files:,} files")
        except HuepressError as error:  # what ended the work matters more
            say(str(error))
        raise
    report.write(told_of, complete=True)


def _pictured(records: list[Record], side: int) -> list[Record]:
    """Add small pictures of what no worker has seen, such as files that were done already."""
    if not side:
        return records
    missing = [one for one in records if not one.thumbnail and one.status != "failed"]
    made = {}
    with progress(printing.consoles()[1], "small pictures", len(missing)) as bar:
        for record in missing:
            file = Path(record.outputs[0] if record.outputs else record.source)
            made[record.source] = replace(record, thumbnail=thumbnail_of_file(file, side))
            bar.advance()
    return [made.get(record.source, record) for record in records]
