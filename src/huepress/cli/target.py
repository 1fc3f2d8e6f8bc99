"""The one output of a command: a file or standard output, checked before the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from huepress.cli.paths import output_path
from huepress.cli.pipes import check_stdout, write_stdout
from huepress.common.files import check_targets, write_files


@dataclass(frozen=True, slots=True)
class Target:
    """Where the one output of a command goes.

    Parameters
    ----------
    name : str
        A path, or '-'.
    originals : sequence of Path
        Files that it must not replace.
    force : bool
        Whether it may replace another.
    """

    name: str
    originals: Sequence[Path]
    force: bool

    @property
    def is_stdout(self) -> bool:
        """Whether it is standard output."""
        return self.name == "-"

    def check(self) -> None:
        """Refuse what could never be written."""
        if self.is_stdout:
            check_stdout()
        else:
            path = Path(output_path(self.name))
            check_targets([path], overwrite=self.force, inputs=self.originals)

    def write(self, data: bytes) -> None:
        """Write a whole file."""
        if self.is_stdout:
            write_stdout(data)
        else:
            files = {Path(self.name): data}
            write_files(files, overwrite=self.force, inputs=self.originals)
