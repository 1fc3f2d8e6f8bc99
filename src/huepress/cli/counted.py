"""Many files counted under a line that shows how far it is; all of them, or none."""

from __future__ import annotations

import os
from pathlib import Path

from huepress.cli import printing
from huepress.cli.guard import told
from huepress.cli.progress import progress
from huepress.cli.streams import say
from huepress.common.checks import whole
from huepress.errors import HuepressError, InputError
from huepress.many.counting import Tally, tally
from huepress.options import CompressOptions

MOST_JOBS = 256
"""Files that are read at once: more threads wait for each other."""


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def counted(sources: list[str], options: CompressOptions, jobs: int) -> Tally:
    """Count the colours of files; each that cannot be read is told of, and then an error raised.

    A codebook of some of the pictures would look as good as one of all.
    """
    jobs = whole("jobs", jobs, 0, MOST_JOBS) or cores()
    failures: list[HuepressError] = []
    _, err = printing.consoles()
    with progress(err, "counting", len(sources)) as bar:

        def on_file(source: str) -> None:
            bar.say(f"counted {Path(source).name}")
            bar.advance()

        found = tally(sources, options, jobs=jobs, on_file=on_file)
        failures += found.failures
    if failures:
        for error in failures[:-1]:
            say(told(error))
        if len(sources) == 1:
            raise failures[-1]
        say(told(failures[-1]))
        raise InputError(
            f"{len(failures):,} of {len(sources):,} files cannot be counted, and nothing was "
            "written; leave them out, or mend them (--lenient takes some damaged ones)"
        )
    return found
