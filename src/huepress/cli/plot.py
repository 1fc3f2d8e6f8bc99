"""`huepress plot`: figures of pictures and of what compression does to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from huepress.cli import printing
from huepress.cli.drawing import SUFFIXES, deliver, extras, fit_together
from huepress.cli.guard import guarded
from huepress.cli.paths import file_inputs
from huepress.cli.pictures import read_picture
from huepress.cli.progress import progress
from huepress.cli.target import Target
from huepress.cli.written import Written
from huepress.common.choices import Space
from huepress.common.humanize import shown_name
from huepress.errors import OptionError
from huepress.kmeans import FitResult
from huepress.mapping import nearest
from huepress.metrics import ssimulacra2
from huepress.options import CompressOptions
from huepress.pipeline import Result
from huepress.pipeline import compress as compress_picture
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


@dataclass(frozen=True)
class Figure:
    """What every figure is asked with.

    Parameters
    ----------
    sources : list of str
        Pictures.
    output : str
        A file whose suffix names the format; '-' is a PNG on standard output.
    k : str
        Numbers of colours, with commas.
    how : Written
        Options of the compression.
    force : bool
        Overwrite the file.
    """

    sources: list[str]
    output: str
    k: str
    how: Written
    force: bool

    @property
    def suffix(self) -> str:
        """Of the format."""
        return ".png" if self.output == "-" else Path(self.output).suffix.lower()

    @cached_property
    def ks(self) -> tuple[int, ...]:
        """The numbers of colours, each once."""
        try:
            numbers = {int(part) for part in self.k.split(",")}
        except ValueError:
            raise OptionError(f"-k {self.k} is no list of whole numbers; write -k 2,4,8") from None
        return tuple(sorted(numbers))

    @property
    def one_k(self) -> int:
        """The one number of colours, where there must be one."""
        if len(self.ks) > 1:
            raise OptionError(f"{len(self.ks)} numbers of colours; this figure shows one: -k 16")
        return self.ks[0]

    @cached_property
    def options(self) -> CompressOptions:
        """How to compress, with the least number of colours."""
        return self.how.options(k=self.ks[0])

    def one_source(self, kind: str, otherwise: str = "") -> str:
        """Return the one picture, where there must be one."""
        if len(self.sources) != 1:
            says = f"{kind} of {len(self.sources)} pictures; give one {otherwise}"
            raise OptionError(says.rstrip())
        return self.sources[0]

    def read(self, source: str) -> Image:
        """Read one of the pictures."""
        options = self.options
        return read_picture(source, frame=options.frame, max_pixels=options.max_pixels)

    def compress(self, *sources: str) -> list[list[Result]]:
        """Compress each picture with each k."""
        done = []
        _, err = printing.consoles()
        with progress(err, "compressing", len(sources) * len(self.ks)) as bar:
            for source in sources:
                image, results = self.read(source), []
                for k in self.ks:
                    results.append(compress_picture(image, replace(self.options, k=k)))
                    bar.advance()
                done.append(results)
        return done

    def fit(self) -> tuple[Histogram, FitResult]:
        """Fit one codebook to all pictures together."""
        images = [self.read(source) for source in self.sources]
        return fit_together(images, replace(self.options, k=self.one_k))


def _drawn(
    figure: Figure, draw: Callable[[], Drawing | str], suffixes: tuple[str, ...] = SUFFIXES
) -> int:
    """Draw a figure, or a page, write it, and return the exit code."""

    def work() -> int:
        if figure.suffix not in suffixes:
            raise OptionError(
                f"{figure.output!r} does not end in {', '.join(suffixes)}; end it in one"
            )
        target = Target(figure.output, file_inputs(*figure.sources), figure.force)
        target.check()
        with extras():
            from huepress.viz import style

            _ = figure.options  # wrong ones are refused before pictures are read
            drawn = draw()
            if isinstance(drawn, str):
                data = drawn.encode(errors="replace")
            else:
                data = style.render(drawn, figure.suffix)
        return deliver(target, data)

    return guarded(work)


def compare(figure: Figure) -> int:
    """Draw a picture before and after, a grid of several k, or two pictures."""

    def draw() -> Drawing:
        from huepress import viz

        if len(figure.sources) == 2:
            first, second = map(figure.read, figure.sources)
            return viz.compare(first, second)
        source = figure.one_source("compare", "or two, to compare with each other")
        (results,) = figure.compress(source)
        if len(results) == 1:
            return viz.compare(results[0])
        return viz.compare_grid(results[0], results)

    return _drawn(figure, draw)


def palette(
    figure: Figure,
    layout: Literal["blocks", "bars"],
    order: Literal["hue", "lightness", "share", "codebook"] | None,
) -> int:
    """Draw the learned colours as swatches."""

    def draw() -> Drawing:
        from huepress import viz

        histogram, fitted = figure.fit()
        book, space = fitted.codebook, figure.options.space
        labels = nearest(histogram.colors[None], book, space=space).labels[0]
        # Several pictures as one row of pixels: only the shares count.
        row = np.repeat(labels, histogram.counts.astype(np.int64))[None]
        return viz.palette(IndexedImage(book, row), layout=layout, order=order)

    return _drawn(figure, draw)


def colors3d(figure: Figure, axes: Space) -> int:
    """Draw the colours as points in space; as a page to turn where the output is one."""

    def draw() -> Drawing | str:
        from huepress import viz

        histogram, fitted = figure.fit()
        if figure.suffix == ".html":
            title = ", ".join(shown_name(Path(source).name) for source in figure.sources)
            return viz.colors3d_html(histogram, fitted.codebook, title=title)
        return viz.colors3d(histogram, fitted.codebook, space=axes)

    return _drawn(figure, draw, (*SUFFIXES, ".html"))


def trajectories(figure: Figure) -> int:
    """Draw how k-means moved its centroids."""

    def draw() -> Drawing:
        from huepress import viz

        histogram, fitted = figure.fit()
        return viz.trajectories(fitted, histogram)

    return _drawn(figure, draw)


def elbow(figure: Figure, chosen: int | None) -> int:
    """Draw inertia, MSE, bytes and score against k."""

    def draw() -> Drawing:
        from huepress import viz

        (results,) = figure.compress(figure.one_source("elbow"))
        return viz.elbow(results, chosen=chosen)

    return _drawn(figure, draw)


def frontier(figure: Figure) -> int:
    """Draw score against bytes, a curve for each picture."""

    def draw() -> Drawing:
        from huepress import viz

        curves = {
            shown_name(Path(source).name): [
                (result.output_bytes, ssimulacra2(result.image, result.indexed), f"k={k}")
                for k, result in zip(figure.ks, results, strict=True)
            ]
            for source, results in zip(
                figure.sources, figure.compress(*figure.sources), strict=True
            )
        }
        return viz.rate_distortion(curves)

    return _drawn(figure, draw)


def labels(figure: Figure, *, error: bool) -> int:
    """Draw the plane of labels, or where the error is."""

    def draw() -> Drawing:
        from huepress import viz

        source = figure.one_source("labels")
        result = compress_picture(figure.read(source), replace(figure.options, k=figure.one_k))
        return viz.error_map(result) if error else viz.labels(result)

    return _drawn(figure, draw)
