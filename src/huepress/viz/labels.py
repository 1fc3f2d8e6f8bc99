"""What the labels look like, and where the error is."""

from __future__ import annotations

import colorsys

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from huepress import metrics
from huepress.common import humanize as _text
from huepress.common.arrays import widened
from huepress.pipeline import Result
from huepress.values.clouds import positions
from huepress.values.indexed import IndexedImage
from huepress.viz.style import (
    DISPLAY_SIDE,
    MUTED,
    figure_of,
    frame_only,
    headline,
    picture_axes,
    show_pixels,
    styled,
)
from huepress.viz.values import (
    Picture,
    Pixels,
    before_and_after,
    exactness_of,
    indexed_of,
    pixels_of,
)

HEAT = LinearSegmentedColormap.from_list(
    "heat", ["white", *colormaps["magma_r"](np.linspace(0.12, 1, 12))]
)
"""White where there is no error, then perceptually even to black."""

GOLDEN = 0.618034
"""Steps of this part of the colour circle never come close to each other (golden angle)."""


@styled
def labels(source: IndexedImage | Result, *, ax: Axes | None = None) -> Figure:
    """Show the label plane in false colours, which tell apart what the eye would not.

    Parameters
    ----------
    source : IndexedImage or Result
        The picture.
    ax : Axes, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    Figure
        One hue a code; codes of like lightness have unlike hues. What is fully transparent is
        white.

    Examples
    --------
    >>> from huepress import Codebook, IndexedImage
    >>> plane = IndexedImage(Codebook.from_hex(["#777", "#787878"]), np.eye(8, dtype=np.uint8))
    >>> labels(plane).axes[0].get_title(loc="left")
    'labels of 2 codes'
    """
    indexed = indexed_of(source)
    if ax is None:
        ax = _single(indexed.height, indexed.width)
    # Averages of false colours mean nothing, so every nth label is drawn.
    step = max(1, max(indexed.labels.shape) // DISPLAY_SIDE)
    show_pixels(ax, false_colors(indexed)[indexed.labels[::step, ::step]])
    entropy = metrics.entropy_bits(indexed.counts()) / indexed.labels.size
    fixed = metrics.label_bits(len(indexed.codebook))
    facts = [f"entropy {entropy:.2f} of {fixed} bits a pixel"]
    headline(ax, f"labels of {len(indexed.codebook)} codes", facts, lines=1)
    return figure_of(ax)


@styled
def error_map(
    original: Picture,
    other: Picture | None = None,
    *,
    limit: float | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Show where a picture differs from its original.

    Parameters
    ----------
    original : Image, IndexedImage, Result or (h, w, 3 or 4) uint8 ndarray
        The picture before. A result alone is compared with its own original.
    other : Image, IndexedImage, Result or ndarray, optional
        The picture after, of the same size.
    limit : float, optional
        The error that has the darkest colour; the 99.5th percentile unless given.
    ax : Axes, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    Figure
        The root mean square of the channels' errors, 0 to 255, for every pixel.

    Examples
    --------
    >>> black = np.zeros((8, 8, 3), np.uint8)
    >>> error_map(black, black + np.uint8(3)).axes[0].get_title(loc="left")
    'error'
    """
    before, after = before_and_after(original, other)
    pixels, others = pixels_of(before), pixels_of(after)
    found = metrics.distortion(pixels, others)
    error = _error(pixels, others)
    if limit is None:
        limit = max(1.0, float(np.percentile(error, 99.5)))
    if ax is None:
        ax = _single(error.shape[0], error.shape[1], bar=0.55)
    heat = ax.imshow(
        error,
        cmap=HEAT,
        norm=Normalize(0, limit),
        extent=(0, pixels.shape[1], pixels.shape[0], 0),
        interpolation="nearest" if max(error.shape) <= 400 else "antialiased",
    )
    frame_only(ax)
    place = ax.inset_axes((1.02, 0, 0.03, 1))
    bar = figure_of(ax).colorbar(
        heat, cax=place, extend="max" if error.max() > limit else "neither"
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelcolor=MUTED, labelsize=8)
    facts = [
        "root mean square of the channels, in levels of 255",
        f"MSE {found.mse:.2f}",
        _text.decibels(found.psnr, exactness_of(before)),
    ]
    headline(ax, "error", facts, lines=1)
    return figure_of(ax)


def false_colors(indexed: IndexedImage) -> NDArray[np.uint8]:
    """Choose for each code a colour unlike that of codes of like lightness, as (k, 3) bytes."""
    codebook = indexed.codebook
    order = np.argsort(positions(codebook.colors, "oklab")[:, 2], kind="stable")
    table = np.empty((len(codebook), 3), np.uint8)
    for rank, code in enumerate(order):
        light, saturation = ((0.58, 0.62), (0.42, 0.55), (0.76, 0.70))[rank % 3]
        color = colorsys.hls_to_rgb(rank * GOLDEN % 1, light, saturation)
        table[code] = np.rint(np.array(color) * 255)
    table[codebook.rgba[:, 3] == 0] = 255
    return table


def _error(pixels: Pixels, others: Pixels) -> NDArray[np.float32]:
    channels = max(pixels.shape[2], others.shape[2])
    step = max(1, max(pixels.shape[:2]) // DISPLAY_SIDE)
    before = widened(pixels, channels).astype(np.float32)
    squares = np.square(before - widened(others, channels)).mean(axis=2)
    height, width = squares.shape
    if step > 1:
        squares = squares[: height // step * step, : width // step * step]
        squares = squares.reshape(height // step, step, width // step, step).mean(axis=(1, 3))
    error: NDArray[np.float32] = np.sqrt(squares)
    return error


def _single(height: int, width: int, bar: float = 0.0) -> Axes:
    side = min(7.2, 5.6 * width / height)
    ax = picture_axes(1, 1, side, side * height / width, 1)[0]
    if bar:
        figure = figure_of(ax)
        page_width, page_height = figure.get_size_inches()
        figure.set_size_inches(page_width + bar, page_height)
        ax.set_position(
            (
                0.1 / (page_width + bar),
                ax.get_position().y0,
                side / (page_width + bar),
                ax.get_position().height,
            )
        )
    return ax
