"""`huepress plot` and `huepress animate`: pictures of what compression does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from huepress import formats
from huepress.cli import printing as report
from huepress.cli.exits import (
    DONE,
    check_stdout,
    file_inputs,
    guarded,
    optional,
    output_path,
    write_stdout,
)
from huepress.cli.inspect import CONTAINER_SUFFIXES
from huepress.common.files import check_targets, write_files
from huepress.common.humanize import shown_name
from huepress.errors import OptionError
from huepress.kmeans import FitResult, fit
from huepress.mapping import nearest
from huepress.metrics import ssimulacra2
from huepress.options import CompressOptions
from huepress.pipeline import Result, compress
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage

LADDER = (2, 4, 8, 16, 32, 64, 128, 256)
SUFFIXES = (".png", ".svg", ".pdf")
EXTRAS = ("matplotlib", "plotly")

Drawer = Callable[[list[str], "Work"], Any]


class Work:
    """What a plot is made with: options, and compression with a progress bar.

    Parameters
    ----------
    settings : dict
        Compression options by name, as written.
    ks : tuple of int
        Numbers of colours.
    view : dict
        Options of the figure by name, as written.
    suffix : str
        Of the output.
    """

    def __init__(
        self, settings: dict[str, Any], ks: tuple[int, ...], view: dict[str, Any], suffix: str
    ) -> None:
        self.options = CompressOptions(k=ks[0], **optional(settings))
        self.ks = ks
        self.view = optional(view)
        self.suffix = suffix

    @property
    def k(self) -> int:
        """The one number of colours, where there must be one."""
        if len(self.ks) > 1:
            raise OptionError(f"{len(self.ks)} numbers of colours; this figure shows one: -k 16")
        return self.ks[0]

    def read(self, source: str) -> Image:
        """Read a picture, or a container of codebook and labels."""
        if Path(source).suffix.lower() in CONTAINER_SUFFIXES:
            stored = formats.decode(Path(source), max_pixels=self.options.max_pixels)
            return Image(stored.decode())
        return Image.read(source, frame=self.options.frame, max_pixels=self.options.max_pixels)

    def compress(self, sources: Sequence[str]) -> list[list[Result]]:
        """Compress each picture with each k."""
        done = []
        with progress("compressing", len(sources) * len(self.ks)) as advance:
            for source in sources:
                image, results = self.read(source), []
                for k in self.ks:
                    results.append(compress(image, replace(self.options, k=k)))
                    advance()
                done.append(results)
        return done

    def fit(self, sources: Sequence[str]) -> tuple[list[Image], Histogram, FitResult]:
        """Fit one codebook to all pictures together."""
        images = [self.read(source) for source in sources]
        threads = self.options.threads
        histogram = reduce(add, (Histogram.of(image, threads=threads) for image in images))
        arguments = replace(self.options, k=self.k).fit_arguments()
        return images, histogram, fit(histogram, **arguments, threads=threads)


@contextmanager
def progress(description: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar on standard error while work is done, if that is a terminal.

    Parameters
    ----------
    description : str
        Of the work.
    total : int
        Steps.

    Yields
    ------
    callable
        To be called after each step.
    """
    _, err = report.consoles()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=total < 2 or not err.is_terminal,
    )
    with bar:
        task = bar.add_task(description, total=total)
        yield lambda: bar.advance(task)


def plot(
    kind: str,
    sources: list[str],
    output: str,
    ks: str,
    settings: dict[str, Any],
    view: dict[str, Any] | None = None,
    *,
    force: bool,
) -> int:
    """Draw a figure and write it.

    Parameters
    ----------
    kind : str
        A name in `KINDS`.
    sources : list of str
        Pictures.
    output : str
        A file whose suffix names the format; '-' is a PNG on standard output.
    ks : str
        Numbers of colours, with commas.
    settings : dict
        Compression options by name, as written.
    view : dict, optional
        Options of the figure by name, as written.
    force : bool
        Overwrite the file.

    Returns
    -------
    int
        The exit code.
    """

    def work() -> int:
        suffix = ".png" if output == "-" else Path(output).suffix.lower()
        allowed = (*SUFFIXES, ".html") if kind == "colors3d" else SUFFIXES
        if suffix not in allowed:
            raise OptionError(f"{output!r} does not end in {', '.join(allowed)}; end it in one")
        _check(output, sources, force=force)
        with extras():
            from huepress.viz import style

            drawn = KINDS[kind](sources, Work(settings, _numbers(ks), view or {}, suffix))
            data = (
                drawn.encode(errors="replace")
                if isinstance(drawn, str)
                else style.render(drawn, suffix)
            )
        return _deliver(output, data, sources, force=force)

    return guarded(work)


def animate(
    source: str,
    output: str,
    k: int,
    settings: dict[str, Any],
    view: dict[str, Any],
    *,
    force: bool,
) -> int:
    """Animate k-means on a picture.

    Parameters
    ----------
    source : str
        The picture.
    output : str
        A ``.gif``, ``.webp`` or ``.mp4`` file; '-' is a GIF on standard output.
    k : int
        Colours.
    settings : dict
        Options of the fit by name, as written.
    view : dict
        Options of the animation by name, as written.
    force : bool
        Overwrite the file.

    Returns
    -------
    int
        The exit code.
    """

    def work() -> int:
        from huepress.animate import SUFFIXES as MOVING
        from huepress.animate import animate as animated

        suffix = ".gif" if output == "-" else Path(output).suffix.lower()
        if suffix not in MOVING:
            raise OptionError(f"{output!r} does not end in {', '.join(MOVING)}; end it in one")
        _check(output, [source], force=force)
        making = Work(settings, (k,), view, suffix)
        with extras():
            from huepress import viz  # noqa: F401  # before the fit: say at once if it is missing

            images, _, fitted = making.fit([source])
            with progress("drawing", 2 * len(fitted.trace)) as advance:
                animation = animated(
                    images[0],
                    fitted,
                    **making.view,
                    threads=making.options.threads,
                    progress=lambda done, _: advance() if done else None,
                )
        return _deliver(output, animation.encode(suffix), [source], force=force)

    return guarded(work)


def _compare(sources: list[str], work: Work) -> Any:
    from huepress import viz

    if len(sources) == 2:
        return viz.compare(*(work.read(source) for source in sources))
    (results,) = work.compress(_one(sources, "compare", "or two, to compare with each other"))
    return viz.compare(results[0]) if len(results) == 1 else viz.compare_grid(results[0], results)


def _palette(sources: list[str], work: Work) -> Any:
    from huepress import viz

    _, histogram, fitted = work.fit(sources)
    labels = nearest(histogram.colors[None], fitted.codebook, space=work.options.space).labels[0]
    # Several pictures as one row of pixels: only the shares count.
    row = np.repeat(labels, histogram.counts.astype(np.int64))[None]
    return viz.palette(IndexedImage(fitted.codebook, row), **work.view)


def _colors3d(sources: list[str], work: Work) -> Any:
    from huepress import viz

    _, histogram, fitted = work.fit(sources)
    if work.suffix == ".html":
        title = ", ".join(shown_name(Path(source).name) for source in sources)
        return viz.colors3d_html(histogram, fitted.codebook, title=title)
    return viz.colors3d(histogram, fitted.codebook, space=work.view.get("axes", "srgb"))


def _trajectories(sources: list[str], work: Work) -> Any:
    from huepress import viz

    _, histogram, fitted = work.fit(sources)
    return viz.trajectories(fitted, histogram)


def _elbow(sources: list[str], work: Work) -> Any:
    from huepress import viz

    (results,) = work.compress(_one(sources, "elbow"))
    return viz.elbow(results, **work.view)


def _frontier(sources: list[str], work: Work) -> Any:
    from huepress import viz

    curves = {
        shown_name(Path(source).name): [
            (result.output_bytes, ssimulacra2(result.image, result.indexed), f"k={k}")
            for k, result in zip(work.ks, results, strict=True)
        ]
        for source, results in zip(sources, work.compress(sources), strict=True)
    }
    return viz.rate_distortion(curves)


def _labels(sources: list[str], work: Work) -> Any:
    from huepress import viz

    work.ks = (work.k,)
    ((result,),) = work.compress(_one(sources, "labels"))
    return viz.error_map(result) if work.view.get("error") else viz.labels(result)


KINDS: dict[str, Drawer] = {
    "compare": _compare,
    "palette": _palette,
    "colors3d": _colors3d,
    "trajectories": _trajectories,
    "elbow": _elbow,
    "frontier": _frontier,
    "labels": _labels,
}


def _one(sources: list[str], kind: str, otherwise: str = "") -> list[str]:
    if len(sources) != 1:
        raise OptionError(f"{kind} of {len(sources)} pictures; give one {otherwise}".rstrip())
    return sources


def _numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise OptionError(f"-k {text} is no list of whole numbers; write -k 2,4,8") from None
    return tuple(sorted(set(numbers)))


@contextmanager
def extras() -> Iterator[None]:
    """Say how to get what is missing, where an extra is not installed.

    Raises
    ------
    OptionError
        For the ImportError of one.
    """
    try:
        yield
    except ImportError as error:
        if error.name not in EXTRAS:
            raise
        raise OptionError(str(error)) from error


def _check(output: str, sources: list[str], *, force: bool) -> None:
    """Refuse an output that could not be written, before it is drawn."""
    if output == "-":
        check_stdout()
    else:
        path = Path(output_path(output))
        check_targets([path], overwrite=force, inputs=file_inputs(*sources))


def _deliver(output: str, data: bytes, sources: list[str], *, force: bool) -> int:
    if output == "-":
        write_stdout(data)
    else:
        write_files({Path(output): data}, overwrite=force, inputs=file_inputs(*sources))
        print(f"{output}: {report.size(len(data))}")
    return DONE
