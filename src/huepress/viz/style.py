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
"""Marks what stands on a colour that is data, and must not change with the page."""

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
"""Inches of a wide figure; a wider one would be reduced on a page until its words are lost."""

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")


class Sheet(Figure):
    """A figure that a notebook shows by itself, whichever backend is active, if any."""

    def _repr_png_(self) -> bytes:
        return render(self, ".png", dpi=110)


def styled(draw: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Run a drawing function under the style, and leave the caller's settings alone.

    Parameters
    ----------
    draw : callable
        Draws.

    Returns
    -------
    callable
        The same, styled.
    """

    @wraps(draw)
    def inner(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return inner


def render(figure: Figure, suffix: str, *, dpi: float = 200, note: str | None = None) -> bytes:
    """Write a figure as a file; the same figure gives the same bytes.

    Parameters
    ----------
    figure : Figure
        What to write.
    suffix : str
        ``.png``, ``.svg`` or ``.pdf``.
    dpi : float
        Pixels an inch, of PNG files and of pictures in the others.
    note : str, optional
        Kept in a PNG file as its description.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    OutputError
        If there is no such format.

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
    """Make an empty figure that belongs to no window and no pyplot.

    Parameters
    ----------
    width, height : float
        Inches.

    Returns
    -------
    Sheet
        With constrained layout.
    """
    return Sheet(figsize=(width, height), layout="constrained")


def figure_of(ax: Axes) -> Figure:
    """Return the figure that given axes belong to.

    Parameters
    ----------
    ax : Axes
        Anyone's.

    Returns
    -------
    Figure
        The outermost one.
    """
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


def given(axes: Axes | Iterable[Axes], n: int) -> list[Axes]:
    """Check that as many axes are given as there are panels.

    Parameters
    ----------
    axes : Axes or array or sequence of Axes
        As ``subplots`` gives them.
    n : int
        Panels.

    Returns
    -------
    list of Axes
        Flat.

    Raises
    ------
    OptionError
        If there are more or fewer.
    """
    flat = list(np.asarray(axes, object).ravel())
    if len(flat) != n:
        raise OptionError(f"{len(flat)} axes for {n} panels; give {n}")
    return flat


def picture_axes(rows: int, columns: int, width: float, height: float, lines: int) -> list[Axes]:
    """Make a figure of equal panels that pictures fill to the edge.

    Parameters
    ----------
    rows, columns : int
        Panels.
    width, height : float
        Of one panel, in inches.
    lines : int
        Lines of facts under each title.

    Returns
    -------
    list of Axes
        Row by row.
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
    """Put a title over axes, and smaller facts between the title and the axes.

    Parameters
    ----------
    ax : Axes
        Where.
    title : str
        A few words.
    facts : sequence of str
        Set in as many lines as the width of the axes asks for.
    lines : int
        Keep room for so many, that titles beside each other stand on one line.
    """
    inches = ax.get_window_extent().width / figure_of(ax).dpi
    texts = wrapped(facts, columns_in(inches))
    lines = max(lines, len(texts))
    ax.set_title(title, loc="left", pad=6 + lines * DETAIL_SIZE * 1.35)
    if texts:
        label = getattr(ax, "text2D", ax.text)(0, 1, "\n".join(texts), va="top", linespacing=1.25)
        up = ScaledTranslation(0, (3 + lines * DETAIL_SIZE * 1.35) / 72, _inches(ax))
        # The title keeps their room; a long line must not push the columns of a figure apart.
        label.set(color=MUTED, fontsize=DETAIL_SIZE, transform=ax.transAxes + up, in_layout=False)


def columns_in(inches: float) -> int:
    """Estimate how many characters of the facts fit.

    Parameters
    ----------
    inches : float
        Width.

    Returns
    -------
    int
        Characters.
    """
    return max(12, int(inches * 72 / (DETAIL_SIZE * 0.56)))


def wrapped(facts: Sequence[str], columns: int) -> list[str]:
    """Set facts in lines, each fact whole.

    Parameters
    ----------
    facts : sequence of str
        Short texts.
    columns : int
        Characters a line.

    Returns
    -------
    list of str
        Lines.

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
    """Show a picture in axes: transparency on a chequerboard, large ones reduced, small ones crisp.

    Parameters
    ----------
    ax : Axes
        Where.
    pixels : (h, w, 3 or 4) uint8 ndarray
        The picture.
    """
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
    """Leave nothing of the axes but a hairline frame.

    Parameters
    ----------
    ax : Axes
        Where.
    """
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(visible=True, color=HAIRLINE, linewidth=0.8)


def readable_on(color: Sequence[float] | NDArray[Any]) -> str:
    """Choose black or white for text on a colour.

    Parameters
    ----------
    color : (3 or more,) sequence of 0 to 255
        Red, green, blue.

    Returns
    -------
    str
        The one with more contrast.

    Examples
    --------
    >>> readable_on([255, 255, 0]), readable_on([0, 0, 160])
    ('#1f2430', '#ffffff')
    """
    red, green, blue = (float(value) / 255 for value in color[:3])
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "#ffffff"


def _inches(ax: Axes) -> Any:
    return figure_of(ax).dpi_scale_trans
