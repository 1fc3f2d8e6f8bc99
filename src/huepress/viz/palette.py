"""A codebook as swatches."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from huepress.common import humanize as _text
from huepress.common.checks import one_of
from huepress.errors import OptionError
from huepress.pipeline import Result
from huepress.values.clouds import Order, ranked
from huepress.values.codebook import Codebook
from huepress.values.indexed import IndexedImage
from huepress.viz.style import (
    AS_DRAWN,
    HAIRLINE,
    INK,
    MUTED,
    PAGE,
    PANE,
    figure_of,
    headline,
    readable_on,
    sheet,
    styled,
)
from huepress.viz.values import shares_of

Layout = Literal["blocks", "bars"]

NAMED_BARS = 40
"""Up to so many bars have room for their names."""


@styled
def palette(
    source: Codebook | IndexedImage | Result,
    *,
    layout: Layout = "blocks",
    order: Order | None = None,
    columns: int | None = None,
    names: bool = True,
    ax: Axes | None = None,
) -> Figure:
    """Show the colours of a codebook.

    Parameters
    ----------
    source : Codebook, IndexedImage or Result
        A bare codebook has no shares.
    layout : {'blocks', 'bars'}
        Equal blocks in rows, or bars as long as each code's share of the pixels.
    order : {'hue', 'lightness', 'share', 'codebook'}, optional
        Greys first and then around the colour circle; dark to light; most used first; as the labels
        count. By hue for blocks and by share for bars unless given.
    columns : int, optional
        Blocks a row; 8, or 16 for more than 64 codes, unless given.
    names : bool
        Whether to write hexadecimal names where they fit.
    ax : Axes, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    Figure
        One patch a code.

    Raises
    ------
    OptionError
        If an option is unknown, or shares are asked of a bare codebook.

    Examples
    --------
    >>> from huepress import Codebook
    >>> figure = palette(Codebook.from_hex(["#264653", "#2a9d8f", "#e9c46a", "#e76f51"]))
    >>> [text.get_text() for text in figure.axes[0].texts][:2]
    ['#e76f51', '#e9c46a']
    """
    order = order or ("hue" if layout == "blocks" else "share")
    one_of("layout", layout, ("blocks", "bars"))
    one_of("order", order, ("hue", "lightness", "share", "codebook"))
    codebook, shares = shares_of(source)
    if isinstance(source, Codebook) and (layout == "bars" or order == "share"):
        raise OptionError("a codebook alone has no shares; give an IndexedImage or a Result")
    places = ranked(codebook, shares, order)
    colors, shares = codebook.rgba[places], shares[places]
    labels = [codebook.hex()[place] for place in places] if names else None
    if layout == "blocks":
        return _blocks(colors, labels, columns or (8 if len(colors) <= 64 else 16), ax)
    if len(colors) <= NAMED_BARS:
        return _named_bars(colors, shares, labels, ax)
    return _columns(colors, shares, order, ax)


def _blocks(
    colors: NDArray[np.uint8], labels: list[str] | None, columns: int, ax: Axes | None
) -> Figure:
    columns = min(columns, len(colors))
    rows = math.ceil(len(colors) / columns)
    if ax is None:
        cell = min(0.95, (PAGE - 0.2) / columns)
        ax = sheet(columns * cell + 0.2, rows * cell * 0.66 + 0.5).subplots()
    ax.set(xlim=(0, columns), ylim=(rows, 0))
    ax.set_aspect(0.66)
    ax.axis("off")
    headline(ax, _text.colors(len(colors)))
    # A name has 7 characters; where it would touch the edges, it is left out.
    points = _inches_wide(ax) / columns * 72
    size = min(8.5, points * 0.76 / (7 * 0.64))
    for i, color in enumerate(colors):
        row, column = divmod(i, columns)
        _swatch(ax, column + 0.03, row + 0.045, 0.94, 0.91, color)
        if labels and size >= 5:
            middle = (column + 0.5, row + 0.5)
            ink = INK if color[3] < 128 else readable_on(color)
            text = (
                labels[i]
                if len(labels[i]) == 7
                else f"{labels[i][:7]}\n{int(color[3]) * 100 // 255}%"
            )
            ax.text(
                *middle,
                text if color[3] else "clear",
                color=ink,
                fontsize=size,
                ha="center",
                va="center",
                gid=AS_DRAWN,
            )
    return figure_of(ax)


def _named_bars(
    colors: NDArray[np.uint8],
    shares: NDArray[np.float64],
    labels: list[str] | None,
    ax: Axes | None,
) -> Figure:
    n = len(colors)
    if ax is None:
        ax = sheet(6.4, 0.24 * n + 0.6).subplots()
    ax.set(xlim=(0, shares.max() * 1.12), ylim=(n - 0.4, -0.6), xticks=[])
    headline(ax, _text.colors(n))
    for i, (color, share) in enumerate(zip(colors, shares, strict=True)):
        _swatch(ax, 0, i - 0.4, share, 0.8, color)
        ax.annotate(
            f"{share:.1%}",
            (share, i),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=MUTED,
            fontsize=8,
        )
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_yticks(range(n), labels or [""] * n)
    ax.tick_params(axis="y", length=0, labelcolor=INK, labelsize=8)
    return figure_of(ax)


def _columns(
    colors: NDArray[np.uint8], shares: NDArray[np.float64], order: Order, ax: Axes | None
) -> Figure:
    n = len(colors)
    if ax is None:
        ax = sheet(8.4, 3.2).subplots()
    ax.set(xlim=(0, n), ylim=(0, shares.max() * 1.04), xticks=[])
    headline(ax, _text.colors(n), [f"share of the pixels, {_ORDERED[order]}"])
    for i, (color, share) in enumerate(zip(colors, shares, strict=True)):
        _swatch(ax, i + 0.04, 0, 0.92, share, color, edge=False)
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.2g}%")
    # Behind white bars, so that they show on a white page.
    ax.set_facecolor(PANE)
    ax.grid(axis="y", color="white")
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return figure_of(ax)


_ORDERED: dict[Order, str] = {
    "hue": "greys first, then by hue",
    "lightness": "dark to light",
    "share": "most used first",
    "codebook": "in the codebook's order",
}


def _swatch(
    ax: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    color: NDArray[np.uint8],
    *,
    edge: bool = True,
) -> None:
    if color[3] < 255:
        ax.add_patch(Rectangle((x, y), width, height, facecolor="#fafafa", linewidth=0))
        for column in range(6):
            for row in range(column % 2, 4, 2):
                corner = (x + column * width / 6, y + row * height / 4)
                ax.add_patch(
                    Rectangle(corner, width / 6, height / 4, facecolor="#e2e2e2", linewidth=0)
                )
    # The edge shows white swatches on a white page.
    ax.add_patch(
        Rectangle(
            (x, y),
            width,
            height,
            facecolor=color / 255,
            edgecolor=HAIRLINE if edge else "none",
            linewidth=0.5 if edge else 0,
            label="swatch",
        )
    )


def _inches_wide(ax: Axes) -> float:
    figure = figure_of(ax)
    figure.draw_without_rendering()
    return float(ax.get_window_extent().width / figure.dpi)
