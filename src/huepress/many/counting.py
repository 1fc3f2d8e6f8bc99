"""The colours of many files, counted one file after the other, so that none is kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from huepress.errors import HuepressError
from huepress.formats.histograms import read_histogram
from huepress.options import CompressOptions
from huepress.pipeline import prepared
from huepress.read.opening import memory_reported
from huepress.values.histogram import Histogram

PART = ".npz"
"""The suffix of histogram files; whatever has another is a picture."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of many files.

    Parameters
    ----------
    histogram : Histogram
        All pixels of all files.
    files : int
        How many were counted.
    failures : tuple of HuepressError
        Why others could not be counted.
    """

    histogram: Histogram
    files: int
    failures: tuple[HuepressError, ...]


def tally(
    sources: Sequence[str],
    options: CompressOptions,
    *,
    jobs: int = 1,
    on_file: Callable[[str], None] = lambda source: None,
) -> Tally:
    """Count the colours of pictures and of histogram files.

    Parameters
    ----------
    sources : sequence of str
        Paths; '-' is standard input. A file that ends in ``.npz`` is a histogram.
    options : CompressOptions
        How pictures are read: frame, limits, matte, alpha threshold, threads.
    jobs : int
        How many files are read at once; the result is the same for any number.
    on_file : callable
        Hears the name of each file once it is counted.

    Returns
    -------
    Tally
        The sum. Memory holds it, and a few files.
    """
    files, failures = 0, list[HuepressError]()

    def counted() -> Iterator[Histogram]:
        nonlocal files
        for source, one in _ahead(sources, options, jobs):
            try:
                histogram = one.result()
            except HuepressError as error:
                failures.append(error)
            else:
                files += 1
                yield histogram
            on_file(source)

    histogram = Histogram.total(counted())
    return Tally(histogram, files, tuple(failures))


def _ahead(
    sources: Sequence[str], options: CompressOptions, jobs: int
) -> Iterator[tuple[str, Future[Histogram]]]:
    """Have files counted by threads, not more than twice as many as wait for their turn."""
    rest = iter(sources)
    waiting: deque[tuple[str, Future[Histogram]]] = deque()
    pool = ThreadPoolExecutor(jobs)
    try:
        while True:
            for source in rest:
                waiting.append((source, pool.submit(_count, source, options)))
                if len(waiting) >= 2 * jobs:
                    break
            if not waiting:
                return
            yield waiting.popleft()
    finally:
        pool.shutdown(cancel_futures=True)


def _count(source: str, options: CompressOptions) -> Histogram:
    with memory_reported(source):
        if Path(source).suffix.lower() == PART:
            return read_histogram(source)
        return Histogram.of(prepared(source, options), threads=options.threads)
