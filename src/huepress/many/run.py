"""Drives many files: what an earlier run has done is left, the rest goes to workers."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from huepress import __version__
from huepress.common.checks import whole
from huepress.common.files import identity_of, remove_scratch
from huepress.common.once import once_property
from huepress.errors import HuepressError, InputError, OptionError, OutputError
from huepress.many.manifest import Known, Manifest
from huepress.many.outcome import Outcome
from huepress.many.plan import Job, Plan
from huepress.many.records import Record, Started
from huepress.many.worker import Intent, Task
from huepress.many.workers import worked

logger = logging.getLogger(__name__)

MOST_JOBS = 256


@dataclass(frozen=True, slots=True)
class Sorted:
    """Files by what is known of them before any work.

    Parameters
    ----------
    tasks : tuple of Task
        What is to be done.
    settled : tuple of Record
        Of the others: what an earlier run has done, and what cannot be done.
    """

    tasks: tuple[Task, ...]
    settled: tuple[Record, ...]


def job_count(jobs: int) -> int:
    """Return a number of processes; 0 is one a core.

    Examples
    --------
    >>> job_count(3)
    3
    """
    if whole("jobs", jobs) not in range(MOST_JOBS + 1):
        raise OptionError(f"jobs={jobs} is out of range; use 0 (one a core) to {MOST_JOBS}")
    return jobs or cores()


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def sorted_out(
    plan: Plan,
    manifest: Manifest,
    *,
    others: Sequence[Path] = (),
    writes: bool = True,
    thumbnail: int = 0,
) -> Sorted:
    """Find out which files have something to be done.

    Parameters
    ----------
    plan : Plan
        Everything that was asked.
    manifest : Manifest
        What earlier runs have done.
    others : sequence of Path
        Files that no output may replace, besides the originals.
    writes : bool
        Whether anything is to be written.
    thumbnail : int
        Longest side of records' small pictures; 0 is none.

    Returns
    -------
    Sorted
        In the order of the plan. With `force` all is to be done.
    """
    tasks = []
    settled = [_failed(InputError(f"{path}: {why}"), path) for path, why in plan.refused]
    owners = _Owners(plan, others)
    for job in plan.jobs:
        known = Known() if job.placement.force else manifest.known(job, __version__)
        if not writes and known.record is None:
            known = Known(manifest.made(job, __version__))
        if known.record is not None:
            settled.append(known.record)
        elif writes and (error := _meets_an_input(job, owners)) is not None:
            settled.append(_failed(error, job.source, job.n_bytes))
        else:
            tasks.append(Task(job=job, ours=known.ours, writes=writes, thumbnail=thumbnail))
    return Sorted(tuple(tasks), tuple(settled))


class _Owners:
    """Which input a file is, under any name: looked up when the first file is to be written."""

    def __init__(self, plan: Plan, others: Sequence[Path]) -> None:
        self._plan, self._others = plan, others

    @once_property
    def _by_identity(self) -> dict[tuple[int, int] | None, str]:
        owners = {identity_of(Path(job.source)): job.source for job in self._plan.jobs}
        return owners | {identity_of(path): "" for path in self._others}

    def of(self, path: Path) -> str | None:
        """Return the input that a file is; None where it is none."""
        identity = identity_of(path)
        return None if identity is None else self._by_identity.get(identity)


def _meets_an_input(job: Job, owners: _Owners) -> HuepressError | None:
    """Refuse an output that is one of the inputs, under any name."""
    for path in job.outputs():
        owner = owners.of(path)
        if owner is not None and not (job.placement.in_place and owner == job.source):
            return OutputError(
                f"{path} is an input itself; name another output, or compress in place (--in-place)"
            )
    return None


def _failed(error: HuepressError, source: str, n_bytes: int = 0) -> Record:
    return Outcome(source, "failed", error=error).record(n_bytes)


def run_sorted(
    todo: Sorted, manifest: Manifest | None, *, jobs: int = 0
) -> Generator[Started | Record, None, None]:
    """Do what is to be done, and tell of each file.

    Parameters
    ----------
    todo : Sorted
        The files.
    manifest : Manifest or None
        What is done is added to it; None remembers nothing.
    jobs : int
        Processes; 0 is one a core.

    Yields
    ------
    Started or Record
        First what is settled, in order; then as it is done.
    """
    yield from todo.settled
    for folder in {Path(task.job.folder) for task in todo.tasks}:
        remove_scratch(folder)

    def announced(task: Task, intent: Intent) -> None:
        if manifest is not None:
            manifest.add(
                task.job, __version__, intent.record, intent.original, intent.outputs, task.ours
            )

    n_workers = min(job_count(jobs), len(todo.tasks))
    try:
        for event in worked(todo.tasks, n_workers, announced, cores=cores()):
            if isinstance(event, Record):
                for line in event.warnings:
                    logger.warning("%s", line)
            yield event
    finally:
        if manifest is not None:
            manifest.save()
