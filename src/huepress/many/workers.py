"""Long-lived worker processes, each at one task at a time; one that is killed is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import ModuleType
from typing import Any

from huepress.common.files import remove_scratch
from huepress.errors import HuepressError
from huepress.many.outcome import Outcome
from huepress.many.records import Record, Started
from huepress.many.sizes import n_pixels
from huepress.many.worker import Intent, Task, done, serve

PIXELS_A_JOB = 16_000_000
"""Of a picture that one worker takes beside others. A larger one takes the place of several, and
their threads; one larger than all places together is compressed alone."""

_PATIENCE = 10.0
"""Seconds that a worker gets to end what it is writing, when all is to end."""

Announced = Callable[[Task, Intent], None]


def worked(
    tasks: Sequence[Task], n_workers: int, announced: Announced, *, cores: int
) -> Iterator[Started | Record]:
    """Have tasks done by workers, the largest files first.

    Parameters
    ----------
    tasks : sequence of Task
        What to do.
    n_workers : int
        Processes; with one, this process does the work.
    announced : callable
        Hears what is going to be written, before it is.
    cores : int
        Threads that workers have together, where the options leave them open.

    Yields
    ------
    Started or Record
        As they come. Closing the generator ends the workers, once nobody is writing.
    """
    if n_workers <= 1:
        for task in tasks:
            yield Started(task.job.source, task.job.n_bytes)
            yield done(task, partial(announced, task))
        return
    crew = _Crew(n_workers, cores, announced)
    try:
        yield from crew.do(tasks)
    finally:
        crew.end()


@dataclass(eq=False, slots=True)
class _Worker:
    """A process, and what it is at."""

    process: Any
    connection: Connection
    pid: int = 0
    """0 until it has said that it is there."""
    task: Task | None = None
    intent: Intent | None = None
    places: int = 0

    def rest(self) -> None:
        """Be done with a task."""
        self.task = self.intent = None
        self.places = 0


class _Crew:
    """Workers, and the places that their tasks take."""

    def __init__(self, n_workers: int, cores: int, announced: Announced) -> None:
        self._n_workers, self._cores, self._announced = n_workers, cores, announced
        self._workers: list[_Worker] = []

    def do(self, tasks: Sequence[Task]) -> Iterator[Started | Record]:
        """Have all tasks done."""
        # The largest first, so that none is left alone at the end.
        rest = deque(sorted(tasks, key=lambda task: -task.job.n_bytes))
        while rest or any(worker.task for worker in self._workers):
            busy = sum(worker.task is not None for worker in self._workers)
            while len(self._workers) < min(self._n_workers, busy + len(rest)):
                with _signals_held():
                    self._workers.append(self._hired())
            for worker in self._workers:
                if rest and worker.pid and worker.task is None:
                    started = self._begun(worker, rest)
                    if started is None:
                        break
                    yield started
            for end in wait([worker.connection for worker in self._workers]):
                worker = next(each for each in self._workers if each.connection is end)
                record = self._heard(worker)
                if record is not None:
                    yield record

    def _begun(self, worker: _Worker, rest: deque[Task]) -> Started | None:
        """Give a worker the next task, if there is place for it."""
        task, options = rest[0], rest[0].job.options
        size = min(n_pixels(task.job.source), options.max_pixels)
        places = min(max(1, -(-size // PIXELS_A_JOB)), self._n_workers)
        taken = sum(each.places for each in self._workers)
        if taken and taken + places > self._n_workers:
            return None
        rest.popleft()
        worker.task, worker.places = task, places
        if options.threads == 0:
            threads = max(1, self._cores * places // self._n_workers)
            job = replace(task.job, options=replace(options, threads=threads))
            task = replace(task, job=job)
        with suppress(OSError):  # it died: its end of the pipe tells
            worker.connection.send(task)
        return Started(task.job.source, task.job.n_bytes)

    def _heard(self, worker: _Worker) -> Record | None:
        """Take what a worker says: that it is there, what it is going to write, what it did."""
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            return self._lost(worker)
        if isinstance(message, Record):
            worker.rest()
            return message
        if isinstance(message, int):
            worker.pid = message
            return None
        assert worker.task is not None
        self._announced(worker.task, message)
        worker.intent = message
        with suppress(OSError):
            worker.connection.send(True)
        return None

    def _lost(self, worker: _Worker) -> Record | None:
        """Part with a worker that died, and tell what it was at."""
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join()
        code = worker.process.exitcode
        _swept(worker)
        if not worker.pid:
            raise HuepressError(
                f"a worker process could not be started (exit code {code}); use --jobs 1"
            )
        if worker.task is None:
            return None
        job = worker.task.job
        how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended ({code})"
        error = HuepressError(
            f"{job.source}: the worker that was at it {how}; run it again, with fewer --jobs where "
            "memory is short"
        )
        return Outcome(job.source, "failed", error=error).record(job.n_bytes)

    def _hired(self) -> _Worker:
        """Start a worker."""
        method = start_method()
        context: Any = multiprocessing.get_context(method)  # their classes share no base of use
        mine, its = context.Pipe()
        inherited = []
        if method == "fork":
            inherited = [mine, *(worker.connection for worker in self._workers)]
        elif method == "forkserver":
            context.set_forkserver_preload(["huepress.many.worker"])
        process = context.Process(target=serve, args=(its, inherited), daemon=True)
        with _no_main():
            process.start()
        its.close()
        return _Worker(process, mine)

    def end(self) -> None:
        """End all workers: at once, but for those that are writing."""
        for worker in self._workers:
            if worker.intent is not None:
                _written(worker)
            worker.connection.close()
            if worker.task is not None or not worker.pid:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join(_PATIENCE)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            _swept(worker)
            worker.process.close()
        self._workers = []


def _written(worker: _Worker) -> None:
    """Wait until what a worker is writing stands."""
    with suppress(EOFError, OSError):
        if worker.connection.poll(_PATIENCE):
            worker.connection.recv()
            worker.rest()


def _swept(worker: _Worker) -> None:
    """Remove what a killed worker has not written to its end."""
    if worker.intent is not None:
        for folder in {Path(path).parent for path in worker.intent.outputs}:
            remove_scratch(folder, worker.pid)


def start_method() -> str:
    """Say how workers begin: as copies of this process, where that is safe, or of a server.

    A copy has everything loaded already. It is safe where no other thread may hold a lock.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods() or sys.platform == "darwin":
        return "spawn"
    try:
        is_single = len(os.listdir("/proc/self/task")) == 1
    except OSError:
        is_single = False
    return "fork" if is_single and threading.active_count() == 1 else "forkserver"


@contextmanager
def _signals_held() -> Iterator[None]:
    """Keep signals from a worker until it can say what they are to it, and until it is known."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


@contextmanager
def _no_main() -> Iterator[None]:
    """Keep a worker from running the script that this process was started with.

    Nothing of it is needed there, and one that calls huepress unguarded would begin again.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
