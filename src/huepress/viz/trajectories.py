"""The paths of the centroids, iteration by iteration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from huepress.colorspace import Space, embed
from huepress.errors import OptionError
from huepress.kmeans import FitResult
from huepress.pipeline import Result
from huepress.values.clouds import Cloud, cloud, coordinates
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.viz.colors import labelled, prepare, stars
from huepress.viz.style import INK, PAGE, PANE, checked_axes, figure_of, headline, sheet, styled
from huepress.viz.values import Pixels, histogram_of

MAX_POINTS = 3000


@dataclass(frozen=True, eq=False, slots=True)
class Projection:
    """The plane through the fit space in which colours differ most.

    `middle` is a point of it in fit units, the columns of `axes` are two orthogonal directions of
    length 1, and `share` is how much of the colours' variance lies in it.
    """

    middle: NDArray[np.float64]
    axes: NDArray[np.float64]
    share: float

    @classmethod
    def of(cls, points: NDArray[np.int16], weights: NDArray[np.int64]) -> Projection:
        """Find the plane of the two principal axes, each with its largest part positive."""
        weight = weights / weights.sum()
        middle = weight @ points
        apart = points - middle
        values, vectors = np.linalg.eigh((apart * weight[:, None]).T @ apart)
        axes = vectors[:, [-1, -2]]
        axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
        total = max(float(values.sum()), 1e-12)
        return cls(middle, axes, float(values[-2:].sum()) / total)

    def __call__(self, points: NDArray[np.int16]) -> NDArray[np.float64]:
        """Project fit-space positions, (..., 4), onto the plane, (..., 2)."""
        return (points - self.middle) @ self.axes


@styled
def trajectories(
    fitted: FitResult | Result,
    source: Histogram | Image | Result | Pixels | None = None,
    *,
    max_points: int = MAX_POINTS,
    axes: Iterable[Axes] | None = None,
) -> Figure:
    """Show how the centroids moved, iteration by iteration.

    Parameters
    ----------
    fitted : FitResult or Result
        Where the trace comes from.
    source : Histogram, Image, Result or ndarray, optional
        The colours that were fitted, drawn behind the paths; a `Result` knows its own.
    max_points : int
        Colours to draw.
    axes : two Axes, optional
        The first flat, the second 3-D; a new figure unless given.

    Returns
    -------
    Figure
        Left the plane in which the colours differ most, right the space of the fit. A ring is where
        a centroid began, a star where it ended.

    Raises
    ------
    OptionError
        If the result was not fitted, or the axes are not those two.

    Examples
    --------
    >>> from huepress import Histogram, fit
    >>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
    >>> figure = trajectories(fit(Histogram.of(ramp), 4), ramp)
    >>> figure.axes[0].get_title(loc="left")
    '4 centroids'
    """
    if source is None and isinstance(fitted, Result):
        source = fitted
    result = fit_of(fitted)
    points = None if source is None else cloud(histogram_of(source), max_points)
    if axes is None:
        figure = sheet(PAGE, 4.1)
        grid = figure.add_gridspec(1, 2, width_ratios=[1.3, 1])
        flat, deep = figure.add_subplot(grid[0]), figure.add_subplot(grid[1], projection="3d")
    else:
        flat, deep = checked_axes(axes, 2)
    trace = result.trace.centroids
    plane = plane_of(points, trace, result.space)
    shares = _shares(points, result)
    facts = [
        f"{result.iterations} iterations",
        "converged" if result.converged else "stopped at the limit",
    ]
    if points is not None:
        seen = plane(embed(points.colors, result.space))
        scatter(flat, seen, points)
    _paths(flat, plane(trace), result, shares)
    frame_projection(flat, plane)
    headline(flat, f"{trace.shape[1]} centroids", [*facts, "○ start", "★ end"])
    prepare(deep, result.space, None if points is None else points.colors)
    if points is not None:
        spot = coordinates(embed(points.colors, result.space), result.space)
        scatter(deep, spot, points)
    _paths(deep, coordinates(trace, result.space), result, shares)
    headline(deep, f"in {SPACE_NAMES[result.space]}", lines=1)
    return figure_of(flat)


SPACE_NAMES: dict[Space, str] = {"oklab": "Oklab", "srgb": "sRGB", "linear": "linear light"}


def fit_of(fitted: FitResult | Result) -> FitResult:
    """Return the fit of a result; with a palette that was given, there is none."""
    if isinstance(fitted, FitResult):
        return fitted
    if fitted.fit is None:
        raise OptionError("the palette was given, so nothing was fitted; compress without palette")
    return fitted.fit


def plane_of(points: Cloud | None, trace: NDArray[np.int16], space: Space) -> Projection:
    """Choose the plane to draw in, by the colours or, without any, by the centroids."""
    if points is not None and len(points):
        return Projection.of(embed(points.colors, space), points.weights)
    every = trace.reshape(-1, 4)
    return Projection.of(every, np.ones(len(every), np.int64))


def scatter(ax: Any, places: NDArray[np.float64], points: Cloud) -> None:
    """Draw the colours in 2-D or 3-D axes, behind something more important."""
    if len(points) == 0:
        return
    size = np.minimum(4 + 40 * np.sqrt(points.weights / points.weights.max()), 26)
    flat = {"depthshade": False} if ax.name == "3d" else {}
    ax.scatter(*places.T, s=size, c=points.colors[:, :3] / 255, alpha=0.5, linewidths=0, **flat)


def frame_projection(ax: Axes, plane: Projection) -> None:
    """Frame a projection: equal scales, and no numbers, which have no meaning there."""
    ax.set(xticks=[], yticks=[], xlabel="first principal axis", ylabel="second principal axis")
    ax.set_aspect("equal", adjustable="datalim")
    # Behind white points, so that they show on a white page.
    ax.set_facecolor(PANE)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.margins(0.06)


def _shares(points: Cloud | None, result: FitResult) -> NDArray[np.float64]:
    k = len(result.codebook)
    return (
        np.full(k, 1 / k) if points is None else labelled(points, result.codebook, result.space)[1]
    )


def _paths(
    ax: Any, places: NDArray[np.float64], result: FitResult, shares: NDArray[np.float64]
) -> None:
    colors = result.codebook.colors
    crowd = max(1.0, len(colors) / 32)
    casing = [
        patheffects.Stroke(linewidth=3.2 / crowd**0.5, foreground="white"),
        patheffects.Normal(),
    ]
    for path in places.swapaxes(0, 1):
        ax.plot(*path.T, color=INK, linewidth=1.4 / crowd**0.5, path_effects=casing, zorder=3)
    flat = {"depthshade": False} if ax.name == "3d" else {}
    ax.scatter(
        *places[0].T,
        s=22 / crowd,
        facecolors="white",
        edgecolors=INK,
        linewidths=1,
        zorder=4,
        **flat,
    )
    stars(ax, places[-1], colors, shares)
