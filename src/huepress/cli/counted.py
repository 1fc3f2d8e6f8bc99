"""Many files counted under a line that shows how far it is; all of them, or none."""

from __future__ import annotations

from pathlib import Path

from huepress.cli import printing
from huepress.cli.guard import told
from huepress.cli.progress import progress
from huepress.cli.streams import say
from huepress.errors import HuepressError, InputError
from huepress.many.counting import Tally, tally
from huepress.many.run import job_count
from huepress.many.walk import walk
from huepress.options import CompressOptions


def counted(paths: list[str], options: CompressOptions, jobs: int) -> Tally:
    """Count the colours of files, and of the pictures in folders, under a line of progress.

    Each that cannot be read is told of, and then an error raised: a codebook of some of the
    pictures would look as good as one of all.
    """
    jobs = job_count(jobs)
    walked = walk(paths)
    sources = [file.path for file in walked.files]
    failures: list[HuepressError] = [InputError(f"{path}: {why}") for path, why in walked.closed]
    if not sources and not failures:
        raise InputError(f"{paths[0]}: has no pictures in it; name another folder, or files")
    _, err = printing.consoles()
    with progress(err, "counting", len(sources)) as bar:

        def on_file(source: str) -> None:
            bar.say(f"counted {Path(source).name}")
            bar.advance()

        found = tally(sources, options, jobs=jobs, on_file=on_file)
        failures += found.failures
    if not failures:
        return found
    if len(sources) + len(walked.closed) == 1:
        raise failures[0]
    for error in failures:
        say(told(str(error)))
    raise InputError(
        f"{len(failures):,} of {len(sources) + len(walked.closed):,} inputs cannot be counted, and "
        "nothing was written; leave them out, or mend them (--lenient takes some damaged ones)"
    )
