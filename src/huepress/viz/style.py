"""One look for all figures, applied where they are drawn and nowhere else."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from io import BytesIO
from typing import Any, ParamSpec, TypeVar

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from huepress.common.thumbnails import on_chequerboard, reduced
from huepress.errors import OptionError, OutputError

INK = "#1f2430"
MUTED = "#667085"
HAIRLINE = "#d0d5dd"
PANE = "#eef0f3"
GRID = "#e6e8ec"

AS_DRAWN = "as-drawn"
"""Group id of artists drawn on a colour that is data, which a dark page does not change."""

ACCENTS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Told apart by people with any kind of colour vision (Okabe & Ito, 2008)."""

STYLE: Any = {
    "figure.facecolor": "white",
    "savefig.facecolor": "auto",
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.08,
    # The one family that comes with matplotlib: the same figure on every machine.
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "text.color": INK,
    "axes.facecolor": "white",
    "axes.edgecolor": HAIRLINE,
    "axes.linewidth": 0.8,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 8.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=ACCENTS),
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": HAIRLINE,
    "ytick.color": HAIRLINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "pdf.fonttype": 42,
}

FORMATS = (".png", ".svg", ".pdf")

DISPLAY_SIDE = 1400
"""Larger pictures are reduced, to less than twice this: a page has no more pixels for them."""

DETAIL_SIZE = 8.0

PAGE = 9.0
"""Inches of the widest figures; wider ones are reduced on a page until they cannot be read."""

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")


class Sheet(Figure):
    """A figure that a notebook shows by itself, whichever backend is active, if any."""

    def _repr_png_(self) -> bytes:
        return render(self, ".png", dpi=110)


def styled(draw: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Make a drawing function draw under the style, and leave the caller's settings alone."""

    @wraps(draw)
    def inner(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return inner


def render(figure: Figure, suffix: str, *, dpi: float = 200, note: str | None = None) -> bytes:
    """Write a figure as PNG, SVG or PDF; the same figure gives the same bytes.

    `dpi` are those of PNG files and of pictures in the others; `note` is kept in a PNG file as its
    description.

    Examples
    --------
    >>> render(sheet(2, 1), ".png")[1:4]
    b'PNG'
    """
    if suffix not in FORMATS:
        raise OutputError(f"a figure cannot be a {suffix!r} file; use {', '.join(FORMATS)}")
    described = {} if note is None else {"Description": note}
    dates = {".png": described, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    stream = BytesIO()
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": "huepress"}):
        figure.savefig(stream, format=suffix[1:], dpi=dpi, metadata=dates[suffix])
    return stream.getvalue()


@styled
def sheet(width: float, height: float) -> Sheet:
    """Make an empty figure of so many inches that belongs to no window and no pyplot."""
    return Sheet(figsize=(width, height), layout="constrained")


def figure_of(ax: Axes) -> Figure:
    """Return the outermost figure that axes belong to."""
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


def checked_axes(axes: Axes | Iterable[Axes], n: int) -> list[Axes]:
    """Return axes, as ``subplots`` gives them, as a flat list; there must be n."""
    flat = list(np.asarray(axes, object).ravel())
    if len(flat) != n:
        raise OptionError(f"{len(flat)} axes for {n} panels; give {n}")
    return flat


def picture_axes(rows: int, columns: int, width: float, height: float, lines: int) -> list[Axes]:
    """Make a figure of equal panels that pictures fill to the edge, and return its axes row by row.

    `width` and `height` of a panel are in inches; `lines` of facts fit under each title.
    """
    margin, gap = 0.1, 0.16
    top = 0.26 + lines * DETAIL_SIZE * 1.35 / 72
    page_width = 2 * margin + columns * width + (columns - 1) * gap
    page_height = 2 * margin + rows * (height + top) + (rows - 1) * gap
    figure = Sheet(figsize=(page_width, page_height))
    return [
        figure.add_axes(
            (
                (margin + column * (width + gap)) / page_width,
                (margin + (rows - 1 - row) * (height + top + gap)) / page_height,
                width / page_width,
                height / page_height,
            )
        )
        for row in range(rows)
        for column in range(columns)
    ]


def headline(ax: Axes, title: str, facts: Sequence[str] = (), *, lines: int = 0) -> None:
    """Put a title over axes, and between them smaller facts, in as many lines as their width needs.

    Room is kept for so many `lines`, so that titles beside each other stand on one line.
    """
    inches = ax.get_window_extent().width / figure_of(ax).dpi
    texts = wrapped(facts, columns_in(inches))
    lines = max(lines, len(texts))
    ax.set_title(title, loc="left", pad=6 + lines * DETAIL_SIZE * 1.35)
    if texts:
        label = getattr(ax, "text2D", ax.text)(0, 1, "\n".join(texts), va="top", linespacing=1.25)
        up = ScaledTranslation(0, (3 + lines * DETAIL_SIZE * 1.35) / 72, _inches(ax))
        # The title's padding keeps their room; in the layout, a long line would push columns apart.
        label.set(color=MUTED, fontsize=DETAIL_SIZE, transform=ax.transAxes + up, in_layout=False)


def columns_in(inches: float) -> int:
    """Estimate how many characters of the facts fit into a width."""
    return max(12, int(inches * 72 / (DETAIL_SIZE * 0.56)))


def wrapped(facts: Sequence[str], columns: int) -> list[str]:
    """Set facts in lines of so many characters, each fact whole.

    Examples
    --------
    >>> wrapped(["100.0 KiB", "16 colours", "31.41 dB"], 24)
    ['100.0 KiB · 16 colours', '31.41 dB']
    """
    glued = (fact.replace(" ", "\xa0").replace("-", "\N{NON-BREAKING HYPHEN}") for fact in facts)
    lines = textwrap.wrap(" · ".join(glued), columns, break_long_words=False)
    plain = (line.replace("\xa0", " ").replace("\N{NON-BREAKING HYPHEN}", "-") for line in lines)
    return [line.removeprefix("· ").removesuffix(" ·") for line in plain]


def show_pixels(ax: Axes, pixels: NDArray[np.uint8]) -> None:
    """Show a picture in axes: alpha on a chequerboard, large ones reduced, small ones crisp."""
    height, width = pixels.shape[:2]
    shown = on_chequerboard(reduced(pixels, DISPLAY_SIDE))
    crisp = max(height, width) <= 400
    ax.imshow(
        shown,
        extent=(0, width, height, 0),
        interpolation="nearest" if crisp else "antialiased",
    )
    frame_only(ax)


def frame_only(ax: Axes) -> None:
    """Leave nothing of the axes but a hairline frame."""
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(visible=True, color=HAIRLINE, linewidth=0.8)


def readable_on(color: Sequence[float] | NDArray[Any]) -> str:
    """Choose dark ink or white for text on a colour, by its lightness.

    Examples
    --------
    >>> readable_on([255, 255, 0]), readable_on([0, 0, 160])
    ('#1f2430', '#ffffff')
    """
    red, green, blue = (float(value) / 255 for value in color[:3])
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "#ffffff"


def _inches(ax: Axes) -> Any:
    return figure_of(ax).dpi_scale_trans
