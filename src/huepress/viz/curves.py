"""Figures against k, and quality against size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from huepress.common import humanize as _text
from huepress.errors import OptionError
from huepress.metrics import Point, entropy_bits, frontier, label_bits, ssimulacra2
from huepress.pipeline import Result
from huepress.viz.style import (
    ACCENTS,
    INK,
    MUTED,
    PAGE,
    checked_axes,
    figure_of,
    headline,
    sheet,
    styled,
)


@dataclass(frozen=True, slots=True)
class _Curve:
    title: str
    fact: str
    value: Callable[[Result], float]
    write: Callable[[float], str]


def _inertia(result: Result) -> float:
    return result.fit.inertia / result.image.n_pixels if result.fit else np.nan


_CURVES = (
    _Curve("inertia", "per pixel, in the space of the fit", _inertia, "{:.3g}".format),
    _Curve("MSE", "sum of the channels", lambda result: result.distortion.mse, "{:.4g}".format),
    _Curve("file size", "on disk", lambda result: result.output_bytes, _text.size),
)
_SCORE = _Curve(
    "score",
    "SSIMULACRA2, higher is better",
    lambda result: ssimulacra2(result.image, result.indexed),
    lambda value: f"{value:.1f}".replace("-", "−"),
)
_TIME = _Curve(
    "time",
    "seconds, pixels to proved file",
    lambda result: result.seconds,
    "{:.2g} s".format,
)


@styled
def elbow(
    results: Sequence[Result],
    *,
    chosen: int | None = None,
    score: bool = True,
    time: bool = False,
    axes: Iterable[Axes] | None = None,
) -> Figure:
    """Show what each number of colours costs and loses.

    Parameters
    ----------
    results : sequence of Result
        One picture, compressed with several k.
    chosen : int, optional
        The k to mark.
    score : bool
        Whether to measure SSIMULACRA2.
    time : bool
        Whether to show how long each took.
    axes : three Axes, and one each for score and time, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    Figure
        Inertia, MSE, bytes, score and time against k.

    Raises
    ------
    OptionError
        If there are no results, or none has the chosen k.

    Examples
    --------
    >>> import numpy as np
    >>> from huepress import compress
    >>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
    >>> figure = elbow([compress(ramp, k=k) for k in (2, 4, 8)], chosen=4)
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['inertia', 'MSE', 'file size', 'score']
    """
    ordered = sorted(results, key=lambda result: result.k)
    ks = [result.k for result in ordered]
    if not ordered:
        raise OptionError("no results; give one or more")
    if chosen is not None and chosen not in ks:
        raise OptionError(f"no result has k={chosen}; choose one of {', '.join(map(str, ks))}")
    curves = (*_CURVES, *([_SCORE] if score else []), *([_TIME] if time else []))
    if axes is None:
        columns = 2 if len(curves) == 4 else 3
        rows = -(-len(curves) // columns)
        panels = list(
            sheet(PAGE if columns == 3 else 7.6, 2.8 * rows).subplots(rows, columns).ravel()
        )
        for spare in panels[len(curves) :]:
            spare.remove()
        panels = panels[: len(curves)]
    else:
        panels = checked_axes(axes, len(curves))
    lines = 1 if chosen is None else 2
    for ax, curve in zip(panels, curves, strict=True):
        values = [curve.value(result) for result in ordered]
        ax.plot(ks, values, color=ACCENTS[0], marker="o", markersize=4.5)
        _axis_of_k(ax, ks)
        ax.yaxis.set_major_locator(MaxNLocator(5))
        if curve.title == "file size":
            ax.yaxis.set_major_locator(_byte_steps(max(values)))
            ax.yaxis.set_major_formatter(FuncFormatter(_text.axis_size))
        if curve.title != "score":
            ax.set_ylim(bottom=0)
        facts = [curve.fact]
        if chosen is not None:
            value = values[ks.index(chosen)]
            ax.axvline(chosen, color=ACCENTS[1], linewidth=1, linestyle=(0, (4, 3)), zorder=1)
            ax.plot([chosen], [value], color=ACCENTS[1], marker="o", markersize=8, zorder=4)
            facts.append(f"{curve.write(value)} at k = {chosen}")
        headline(ax, curve.title, facts, lines=lines)
    return figure_of(panels[0])


@styled
def bits(results: Sequence[Result], *, ax: Axes | None = None) -> Figure:
    """Show what a pixel takes, as labels of fixed length, by their entropy, and in the file.

    Parameters
    ----------
    results : sequence of Result
        One picture, compressed with several k.
    ax : Axes, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    Figure
        Bits a pixel against k. The file's hold its codebook and header too.

    Raises
    ------
    OptionError
        If there are no results.

    Examples
    --------
    >>> import numpy as np
    >>> from huepress import compress
    >>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
    >>> figure = bits([compress(ramp, k=k) for k in (2, 4, 8)])
    >>> figure.axes[0].lines[0].get_ydata().tolist()
    [1, 2, 3]
    """
    ordered = sorted(results, key=lambda result: result.k)
    if not ordered:
        raise OptionError("no results; give one or more")
    ks = [result.k for result in ordered]
    n_pixels = ordered[0].image.n_pixels
    curves: dict[str, list[float]] = {
        "fixed length, ⌈log₂ k⌉": [label_bits(k) for k in ks],
        "entropy of the labels": [
            entropy_bits(result.indexed.counts()) / n_pixels for result in ordered
        ],
        "the file": [8 * result.output_bytes / n_pixels for result in ordered],
    }
    if ax is None:
        ax = sheet(7.4, 3.8).subplots()
    for (name, values), color in zip(curves.items(), _cycled(len(curves)), strict=True):
        ax.plot(ks, values, color=color, marker="o", markersize=4.5, label=name)
    _axis_of_k(ax, ks)
    ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.set_ylim(bottom=0)
    headline(ax, "bits a pixel", ["of 24 before"] if ordered[0].image.channels == 3 else [])
    ax.legend(loc="upper left")
    return figure_of(ax)


@styled
def rate_distortion(
    points: Sequence[Point] | Mapping[str, Sequence[Point]],
    *,
    chosen: str | None = None,
    quality: str = "SSIMULACRA2 score",
    ax: Axes | None = None,
) -> Figure:
    """Show quality against size.

    Parameters
    ----------
    points : sequence of (bytes, score, label), or mapping of name to such a sequence
        One curve, or several to compare. A label may be empty.
    chosen : str, optional
        The label of the point to mark.
    quality : str
        What the score is.
    ax : Axes, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    Figure
        A line through the points that no other point of their curve beats in both, and rings for
        those that are beaten. Bytes are on a logarithmic scale.

    Raises
    ------
    OptionError
        If there are no points, or none has the chosen label.

    Examples
    --------
    >>> figure = rate_distortion([(1000, 20.0, "k=4"), (2000, 55.5, "k=16"), (2500, 50.0, "worse")])
    >>> len(figure.axes[0].lines[0].get_xdata())
    2
    """
    curves = points if isinstance(points, Mapping) else {"": points}
    every = [point for curve in curves.values() for point in curve]
    if not every:
        raise OptionError("no points; give one or more (bytes, score, label)")
    marked = [point for point in every if point[2] == chosen]
    if chosen is not None and not marked:
        raise OptionError(f"no point has the label {chosen!r}; choose one that is there")
    if ax is None:
        ax = sheet(7.4, 4.8).subplots()
    ax.set_xscale("log")
    texts: list[tuple[Point, str]] = []
    for (name, curve), color in zip(curves.items(), _cycled(len(curves)), strict=True):
        best = frontier(curve)
        beaten = [point for point in curve if point not in best]
        ax.plot(
            [n_bytes for n_bytes, _, _ in best],
            [score for _, score, _ in best],
            color=color,
            marker="o",
            markersize=4.5,
            label=name,
        )
        ax.scatter(
            [n_bytes for n_bytes, _, _ in beaten],
            [score for _, score, _ in beaten],
            s=18,
            facecolors="none",
            edgecolors=color,
            linewidths=1,
            alpha=0.7,
        )
        texts += [(point, color if len(curves) > 1 else MUTED) for point in best]
    for n_bytes, score, _ in marked[:1]:
        ax.plot([n_bytes], [score], color=ACCENTS[1], marker="o", markersize=9, zorder=4)
    ax.margins(x=0.08, y=0.08)
    _axis_of_bytes(ax, [n_bytes for n_bytes, _, _ in every])
    ax.set(xlabel="file size", ylabel=quality)
    ax.grid(axis="both")
    headline(ax, "quality against size", ["up and to the left is better"])
    if len(curves) > 1:
        ax.legend(loc="lower right")
    _name_points(ax, texts)
    return figure_of(ax)


def _axis_of_k(ax: Axes, ks: list[int]) -> None:
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_locator(FixedLocator(ks if len(ks) <= 10 else ks[:: -(-len(ks) // 10)]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    ax.set_xlabel("k")
    ax.grid(axis="y")


def _axis_of_bytes(ax: Axes, sizes: list[float]) -> None:
    ax.xaxis.set_minor_locator(NullLocator())
    low, high = min(sizes) * 0.8, max(sizes) * 1.25
    marks = _text.round_sizes(low, high, 8)
    ax.xaxis.set_major_locator(FixedLocator(marks or sizes))
    ax.xaxis.set_major_formatter(FuncFormatter(_text.axis_size))


def _byte_steps(largest: float) -> FixedLocator:
    steps = _text.ROUND_SIZES
    step = next((step for step in steps if largest / step <= 5.5), steps[-1])
    return FixedLocator([step * i for i in range(7)])


def _cycled(n: int) -> list[str]:
    return [ACCENTS[i % len(ACCENTS)] for i in range(n)]


def _name_points(ax: Axes, texts: list[tuple[Point, str]]) -> None:
    """Write labels beside their points, and leave out those that would cover another."""
    figure = figure_of(ax)
    figure.draw_without_rendering()
    taken: list[Any] = []
    for (n_bytes, score, label), color in texts:
        if not label:
            continue
        text = ax.annotate(
            label,
            (n_bytes, score),
            xytext=(6, -9),
            textcoords="offset points",
            fontsize=8,
            color=INK if color == MUTED else color,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )
        box = text.get_window_extent().expanded(1.02, 1.1)
        if any(box.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(box)
