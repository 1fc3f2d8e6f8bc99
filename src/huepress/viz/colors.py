"""The colours of a picture as points in space, and the codes among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, MaxNLocator
from numpy.typing import NDArray

from huepress.colorspace import SPACES, Space
from huepress.common import humanize as _text
from huepress.common.checks import one_of
from huepress.errors import OptionError
from huepress.mapping import nearest
from huepress.pipeline import Result
from huepress.values.clouds import AXIS_NAMES, Cloud, cloud, positions
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage
from huepress.viz.style import (
    HAIRLINE,
    INK,
    MUTED,
    PAGE,
    PANE,
    checked_axes,
    figure_of,
    headline,
    sheet,
    styled,
)
from huepress.viz.values import Pixels, histogram_of

MAX_POINTS = 4000
MAX_HTML_POINTS = 12_000

# From this corner, reds, greens and blues do not cover each other.
VIEW = {"elev": 20, "azim": -58}
CAMERA = {"eye": {"x": 1.0, "y": -1.7, "z": 0.7}}


@styled
def colors3d(
    source: Histogram | Image | Result | Pixels,
    compressed: Codebook | IndexedImage | Result | None = None,
    *,
    space: Space = "srgb",
    max_points: int = MAX_POINTS,
    axes: Axes | Iterable[Axes] | None = None,
) -> Figure:
    """Show the colours of a picture as points in space, before and after.

    Parameters
    ----------
    source : Histogram, Image, Result or (h, w, 3 or 4) uint8 ndarray
        The picture before; a result is both pictures.
    compressed : Codebook, IndexedImage or Result, optional
        The codes: stars, the larger the more of the points are theirs.
    space : {'srgb', 'oklab', 'linear'}
        Where the points lie, and where the code nearest to a point is sought.
    max_points : int
        Points to draw, by their share of the pixels, so that large pictures cost no more.
    axes : one or two 3-D Axes, optional
        Where to draw: before and, if there are codes, after; a new figure unless given.

    Returns
    -------
    Figure
        Left every point in its own colour, right in the colour of its code.

    Raises
    ------
    OptionError
        If an option is out of range, or the axes are too few, too many or not 3-D.

    Examples
    --------
    >>> from huepress import Codebook
    >>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
    >>> figure = colors3d(ramp, Codebook.from_hex(["#202020", "#a0a0a0"]))
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['256 colours', '2 colours']
    """
    one_of("space", space, SPACES)
    histogram, codebook = histogram_of(source), _codebook(source, compressed)
    points = cloud(histogram, max_points)
    n = 1 if codebook is None else 2
    if axes is None:
        figure = sheet(PAGE / 2 * n, PAGE / 2)
        panels = [figure.add_subplot(1, n, i + 1, projection="3d") for i in range(n)]
    else:
        panels = checked_axes(axes, n)
    before: Any = panels[0]
    prepare(before, space, points.colors)
    _points(before, points, points.colors, space)
    drawn = f"{len(points):,} drawn" if len(points) < len(histogram) else "all drawn"
    headline(before, _text.colors(len(histogram)), [drawn])
    if codebook is not None:
        after: Any = panels[1]
        labels, shares = labelled(points, codebook, space)
        prepare(after, space, points.colors)
        _points(after, points, codebook.colors[labels], space, faint=True)
        stars(after, positions(codebook.colors, space), codebook.colors, shares)
        headline(after, _text.colors(len(codebook)), ["stars, sized by their share of the pixels"])
    return figure_of(panels[0])


def colors3d_html(
    source: Histogram | Image | Result | Pixels,
    compressed: Codebook | IndexedImage | Result | None = None,
    *,
    title: str = "Colours",
    max_points: int = MAX_HTML_POINTS,
) -> str:
    """Make a page on which the colours of a picture can be turned and zoomed.

    Buttons switch between sRGB and Oklab, and between the points' own colours and their codes'.

    Parameters
    ----------
    source : Histogram, Image, Result or (h, w, 3 or 4) uint8 ndarray
        The picture before; a result is both pictures.
    compressed : Codebook, IndexedImage or Result, optional
        The codes.
    title : str
        Of the page.
    max_points : int
        Points to draw, by their share of the pixels.

    Returns
    -------
    str
        HTML that needs no network: the plotting library is in it.

    Raises
    ------
    ImportError
        If plotly is not installed.

    Examples
    --------
    >>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
    >>> "<script src" in colors3d_html(ramp)
    False
    """
    try:
        from plotly import graph_objects, io
    except ImportError as error:
        raise ImportError(
            "interactive figures need plotly; pip install 'huepress[viz]'", name="plotly"
        ) from error
    histogram, codebook = histogram_of(source), _codebook(source, compressed)
    points = cloud(histogram, max_points)
    own = shown = _hex(points.colors)
    traces = [graph_objects.Scatter3d(**_points_trace(points))]
    if codebook is not None:
        labels, shares = labelled(points, codebook, "oklab")
        codes = _hex(codebook.colors)
        shown = [codes[label] for label in labels]
        traces.append(graph_objects.Scatter3d(**_codes_trace(codebook, shares)))
    figure = graph_objects.Figure(traces)
    figure.update_layout(
        title={"text": _subject(histogram, codebook, title), "x": 0.02, "y": 0.975},
        font={"family": "system-ui, sans-serif", "color": INK, "size": 14},
        paper_bgcolor="white",
        margin={"l": 0, "r": 0, "t": 96, "b": 0},
        showlegend=False,
        scene={**_scene("srgb", points.colors), "aspectmode": "cube", "camera": CAMERA},
        updatemenus=_menus(points, codebook, own, shown),
    )
    page: str = io.to_html(
        figure,
        include_plotlyjs=True,
        full_html=True,
        div_id="colors3d",
        default_height="100vh",
        config={"displaylogo": False, "responsive": True},
    )
    return page.replace("<head>", f"<head><title>{_escaped(title)}</title>", 1).replace(
        "<body>", '<body style="margin:0">', 1
    )


def _points_trace(points: Cloud) -> dict[str, Any]:
    """Describe the pixels for plotly: dots in their own colours, larger where many are alike."""
    colors = _hex(points.colors)
    shares = points.weights / points.weights.sum()
    return {
        **_xyz(points.colors, "srgb"),
        "mode": "markers",
        "name": "pixels",
        "text": [f"{color} · {share:.2%}" for color, share in zip(colors, shares, strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "size": 2.2 + 5 * np.sqrt(points.weights / points.weights.max()),
            "color": colors,
            "line": {"width": 0},
            "opacity": 0.9,
        },
    }


def _codes_trace(codebook: Codebook, shares: NDArray[np.float64]) -> dict[str, Any]:
    """Describe the codes for plotly: diamonds, larger where many pixels have the code."""
    names = zip(codebook.hex(), shares, strict=True)
    return {
        **_xyz(codebook.colors, "srgb"),
        "mode": "markers",
        "name": "codes",
        "text": [f"{name} · {share:.2%}" for name, share in names],
        "hovertemplate": "code %{text}<extra></extra>",
        "marker": {
            "size": 7 + 24 * np.sqrt(shares / shares.max()),
            "color": _hex(codebook.colors),
            "symbol": "diamond",
            "opacity": 1,
            "line": {"width": 1.5, "color": INK},
        },
    }


def labelled(
    points: Cloud, codebook: Codebook, space: Space
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give every point its nearest code, and every code its share of the drawn pixels."""
    if len(points) == 0:
        return np.zeros(0, np.int64), np.zeros(len(codebook))
    labels = nearest(points.colors[None], codebook, space=space).labels[0].astype(np.int64)
    shares = np.bincount(labels, points.weights.astype(np.float64), len(codebook))
    return labels, shares / shares.sum()


def stars(
    ax: Any,
    places: NDArray[np.float64],
    colors: NDArray[np.uint8],
    shares: NDArray[np.float64],
) -> Any:
    """Draw codes as stars in 2-D or 3-D axes, the larger the greater their shares."""
    opaque = np.ones((len(colors), 4))
    opaque[:, :3] = colors[:, :3] / 255
    crowd = max(1, len(colors) / 24)
    area = (90 + 380 * shares / max(shares.max(), 1e-9)) / crowd
    # Full transparency has no colour, and no star.
    area[colors[:, 3:].any(axis=1) < (colors.shape[1] == 4)] = 0
    flat = {"depthshade": False} if ax.name == "3d" else {}
    return ax.scatter(
        *places.T,
        s=area,
        c=opaque,
        marker="*",
        edgecolors=INK,
        linewidths=0.9,
        zorder=5,
        # The halo sets dark stars off from dark points.
        path_effects=[withStroke(linewidth=2.6, foreground="white")],
        **flat,
    )


def _codebook(
    source: Histogram | Image | Result | Pixels,
    compressed: Codebook | IndexedImage | Result | None,
) -> Codebook | None:
    if compressed is None and isinstance(source, Result):
        compressed = source
    if isinstance(compressed, Result):
        compressed = compressed.indexed
    return compressed.codebook if isinstance(compressed, IndexedImage) else compressed


def _points(
    ax: Any, points: Cloud, colors: NDArray[np.uint8], space: Space, *, faint: bool = False
) -> None:
    if len(points) == 0:
        return
    size = 5 + 40 * np.sqrt(points.weights / points.weights.max())
    ax.scatter(
        *positions(points.colors, space).T,
        s=np.minimum(size, 30) * (0.6 if faint else 1),
        c=colors[:, :3] / 255,
        alpha=0.55 if faint else 0.9,
        linewidths=0,
        depthshade=False,
    )


def prepare(ax: Any, space: Space, colors: NDArray[np.uint8] | None = None) -> None:
    """Set up 3-D axes for a colour space, as wide as the given colours need, or the whole space."""
    if ax.name != "3d":
        raise OptionError("the axes are flat; make them with projection='3d'")
    names = AXIS_NAMES[space]
    ax.set(xlabel=names[0], ylabel=names[1], zlabel=names[2])
    for axis, limits in zip("xyz", _limits(space, colors), strict=True):
        getattr(ax, f"set_{axis}lim")(*limits)
        drawn = getattr(ax, f"{axis}axis")
        drawn.set_pane_color(PANE)
        drawn.line.set_color(HAIRLINE)
        drawn.label.set(color=MUTED, fontsize=8.5)
        drawn.labelpad = 2.5
        drawn._axinfo["grid"].update(color="white", linewidth=0.8)
        ax.tick_params(axis, labelsize=7.5, labelcolor=MUTED, pad=0)
        drawn.set_major_locator(
            FixedLocator([0, 64, 128, 192, 255])
            if space == "srgb"
            else MaxNLocator(5, steps=[1, 2, 5, 10])
        )
    ax.set_box_aspect((1, 1, 1), zoom=0.92)
    ax.view_init(**VIEW)
    # Otherwise points nearer to the eye would cover the stars.
    ax.computed_zorder = False


def _limits(space: Space, colors: NDArray[np.uint8] | None) -> list[tuple[float, float]]:
    if space == "oklab":
        chroma = 0.32
        if colors is not None and len(colors):
            chroma = max(0.08, 1.1 * float(np.abs(positions(colors, space)[:, :2]).max()))
        return [(-chroma, chroma), (-chroma, chroma), (0.0, 1.0)]
    return [(0.0, 255.0 if space == "srgb" else 1.0)] * 3


def _xyz(colors: NDArray[np.uint8], space: Space) -> dict[str, list[float]]:
    places = positions(colors, space).round(4)
    return dict(zip("xyz", (column.tolist() for column in places.T), strict=True))


def _scene(space: Space, colors: NDArray[np.uint8]) -> dict[str, Any]:
    return {
        f"{axis}axis": {
            "title": {"text": name},
            "range": list(limits),
            "backgroundcolor": PANE,
            "gridcolor": "white",
            "zerolinecolor": "white",
        }
        for axis, name, limits in zip("xyz", AXIS_NAMES[space], _limits(space, colors), strict=True)
    }


def _menus(
    points: Cloud, codebook: Codebook | None, own: list[str], coded: list[str]
) -> list[dict[str, Any]]:
    clouds = [points.colors] + ([codebook.colors] if codebook is not None else [])

    def placed(space: Space) -> list[Any]:
        columns = [_xyz(colors, space) for colors in clouds]
        data = {axis: [column[axis] for column in columns] for axis in "xyz"}
        scene = {f"scene.{name}": value for name, value in _scene(space, points.colors).items()}
        return [data, scene]

    def menu(x: float, buttons: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "type": "buttons",
            "direction": "right",
            "x": x,
            "y": 1.0,
            "xanchor": "left",
            "yanchor": "bottom",
            "pad": {"b": 8},
            "showactive": True,
            "bgcolor": "white",
            "bordercolor": HAIRLINE,
            "buttons": buttons,
        }

    def button(label: str, method: str, args: list[Any]) -> dict[str, Any]:
        return {"label": label, "method": method, "args": args}

    spaces: list[tuple[str, Space]] = [("sRGB", "srgb"), ("Oklab", "oklab")]
    menus = [menu(0.02, [button(name, "update", placed(space)) for name, space in spaces])]
    if codebook is not None:
        views = [("before", own), ("after", coded)]
        buttons = [
            button(name, "restyle", [{"marker.color": [colors]}, [0]]) for name, colors in views
        ]
        menus.append(menu(0.18, buttons))
    return menus


def _subject(histogram: Histogram, codebook: Codebook | None, title: str) -> str:
    after = "" if codebook is None else f" → {_text.colors(len(codebook))}"
    return f"<b>{_escaped(title)}</b>  {_text.colors(len(histogram))}{after}"


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)


def _hex(colors: NDArray[np.uint8]) -> list[str]:
    return ["#" + bytes(color).hex() for color in colors[:, :3]]
