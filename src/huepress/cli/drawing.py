"""What figures and animations share: the extra that draws, fits with a bar, and the output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from importlib import import_module
from operator import add

from huepress.cli.exits import DONE
from huepress.cli.target import Target
from huepress.common.humanize import size
from huepress.errors import OptionError
from huepress.kmeans import FitResult, fit
from huepress.options import CompressOptions
from huepress.values.histogram import Histogram
from huepress.values.image import Image

SUFFIXES = (".png", ".svg", ".pdf")
"""Of figures."""

_EXTRAS = ("matplotlib", "plotly")


@contextmanager
def extras() -> Iterator[None]:
    """Say how to get what is missing, before any work, where an extra is not installed."""
    try:
        import_module("huepress.viz")
        yield
    except ImportError as error:
        if error.name not in _EXTRAS:
            raise
        raise OptionError(str(error)) from error


def fit_together(images: Sequence[Image], options: CompressOptions) -> tuple[Histogram, FitResult]:
    """Fit one codebook to all pictures together."""
    threads = options.threads
    histogram = reduce(add, (Histogram.of(image, threads=threads) for image in images))
    return histogram, fit(histogram, **options.fit_arguments(), threads=threads)


def deliver(target: Target, data: bytes) -> int:
    """Write what was drawn, tell of it, and return the exit code."""
    target.write(data)
    if not target.is_stdout:
        print(f"{target.name}: {size(len(data))}")
    return DONE
