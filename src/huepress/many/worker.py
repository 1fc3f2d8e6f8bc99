"""A worker: does one task after the other, each told before anything is written."""

from __future__ import annotations

import logging
import os
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path

from huepress.common.files import exists
from huepress.errors import HuepressError, OutputError
from huepress.many.hashes import content_hash
from huepress.many.one import check_places, made, put
from huepress.many.outcome import Outcome
from huepress.many.plan import Job
from huepress.many.records import Record

logger = logging.getLogger("huepress")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One file, and what its worker has to know.

    Parameters
    ----------
    job : Job
        What is to be made of it.
    ours : mapping of str to str
        Outputs of an earlier run, with their hashes, that may be replaced.
    writes : bool
        Whether anything is written; else the record says what would be.
    thumbnail : int
        Longest side of the record's small picture; 0 is none.
    """

    job: Job
    ours: Mapping[str, str] = field(default_factory=dict)
    writes: bool = True
    thumbnail: int = 0


@dataclass(frozen=True, slots=True)
class Intent:
    """What is going to be written: told before it is.

    Parameters
    ----------
    record : Record
        What will be told once it is done.
    original : str
        The hash of the source's content, as it will be then.
    outputs : mapping of str to str
        The hashes of what will stand there.
    """

    record: Record
    original: str
    outputs: Mapping[str, str]


def done(task: Task, announce: Callable[[Intent], None]) -> Record:
    """Do one task; whatever goes wrong with its file is in the record."""
    said: list[str] = []
    source = task.job.source
    failure: HuepressError
    try:
        with _collected(said):
            return _done(task, announce, said)
    except HuepressError as error:
        failure = error
    except MemoryError:
        failure = HuepressError(f"{source}: needs more memory than there is; use fewer --jobs")
    except OSError as error:
        failure = OutputError(f"{error.filename or source}: {error.strerror or error}")
    except Exception as error:
        # A fault of the program: it must not stop the files that have none.
        logger.debug("%s", source, exc_info=True)
        failure = HuepressError(f"{source}: {type(error).__name__}: {error}; please report it")
    if source not in str(failure):
        failure = type(failure)(f"{source}: {failure}")
    outcome = Outcome(source, "failed", error=failure)
    return outcome.record(task.job.n_bytes, warnings=tuple(said))


def _done(task: Task, announce: Callable[[Intent], None], said: list[str]) -> Record:
    job, placement = task.job, task.job.placement
    inputs = [] if placement.in_place else [Path(job.source)]
    if task.writes:
        check_places(job, overwrite=True, inputs=inputs)
    before = content_hash(_content(job.source))
    larger = placement.allow_larger
    result = made(job, spares=not larger, keeps=not larger)
    record = result.outcome.record(job.n_bytes, warnings=tuple(said), thumbnail=task.thumbnail)
    if not task.writes:
        if record.status == "kept":  # what could be made smaller is not done
            announce(Intent(record, before, {}))
        return record
    outputs = {str(path): content_hash(content) for path, content in result.files.items()}
    replaces = placement.force or placement.in_place
    if not replaces:
        standing = {path for path in result.files if exists(path)}
        found = {path: content_hash(_content(str(path))) for path in standing}
        if outputs and all(found.get(path) == outputs[str(path)] for path in result.files):
            record = replace(
                record, status="unchanged", facts={**record.facts, "status": "unchanged"}
            )
        elif all(
            found[path] in (task.ours.get(os.path.abspath(path)), outputs[str(path)])
            for path in standing
        ):
            replaces = bool(standing)  # by what is new of the same file, and nobody has touched
    own = outputs.get(job.source) if placement.in_place else None
    announce(Intent(record, own or before, outputs))
    if record.status != "unchanged":
        put(result, job, overwrite=replaces, inputs=inputs)
    return record


def _content(source: str) -> bytes:
    # Whoever reads it as a picture says what is wrong.
    with suppress(OSError, ValueError):
        return Path(source).read_bytes()
    return b""


@contextmanager
def _collected(said: list[str]) -> Iterator[None]:
    """Collect what huepress logs, and keep Pillow's warnings to itself."""
    handler = _Collector(said)
    pillows, silence = logging.getLogger("PIL"), logging.NullHandler()
    handlers, logger.handlers = logger.handlers, [handler]
    propagates, logger.propagate = logger.propagate, False
    pillows.addHandler(silence)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="PIL")
            yield
    finally:
        logger.handlers, logger.propagate = handlers, propagates
        pillows.removeHandler(silence)


class _Collector(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())


def serve(connection: Connection, inherited: Sequence[Connection] = ()) -> None:
    """Do tasks until the other end is closed; the entry of a worker's process.

    `inherited` are ends of other workers' pipes that a fork has copied: as long as one is open
    here, those workers do not hear that their other end is gone.
    """
    for other in inherited:
        other.close()
    # The process that has the work done is asked to stop by these, and ends its workers.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})

    def announce(intent: Intent) -> None:
        connection.send(intent)
        connection.recv()

    # Without the other end there is nobody to work for.
    with suppress(EOFError, OSError):
        connection.send(os.getpid())
        while True:
            connection.send(done(connection.recv(), announce))
