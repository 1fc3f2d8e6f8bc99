"""What became of many files together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from huepress.many.records import Record


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over files.

    Parameters
    ----------
    written, copied, kept, unchanged, failed : int
        Files by what was done, in the words of `Record`; none that is only planned.
    input_bytes, output_bytes : int
        Of all that did not fail.

    Examples
    --------
    >>> records = Record("a.png", "written", ("b.png",), 400, 100), Record("c.png", "failed")
    >>> totals = Totals.of(records)
    >>> totals.files, totals.failed, totals.saved
    (2, 1, 0.75)
    """

    written: int = 0
    copied: int = 0
    kept: int = 0
    unchanged: int = 0
    failed: int = 0
    input_bytes: int = 0
    output_bytes: int = 0

    @classmethod
    def of(cls, records: Iterable[Record]) -> Totals:
        """Sum up records.

        Parameters
        ----------
        records : iterable of Record
            In any order.

        Returns
        -------
        Totals
            All zero where there are none.
        """
        totals = cls()
        for record in records:
            totals = totals.plus(record)
        return totals

    def plus(self, record: Record) -> Totals:
        """Count one file more.

        Parameters
        ----------
        record : Record
            What became of it.

        Returns
        -------
        Totals
            A new value.
        """
        more = replace(self, **{record.status: getattr(self, record.status) + 1})
        if record.status == "failed":
            return more
        return replace(
            more,
            input_bytes=self.input_bytes + record.input_bytes,
            output_bytes=self.output_bytes + record.output_bytes,
        )

    @property
    def files(self) -> int:
        """How many there were."""
        return self.written + self.copied + self.kept + self.unchanged + self.failed

    @property
    def saved(self) -> float:
        """Share of the bytes that were saved; below zero where files grew."""
        return 1 - self.output_bytes / self.input_bytes if self.input_bytes else 0.0
