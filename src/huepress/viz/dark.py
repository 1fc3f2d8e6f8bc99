"""The same figure for a dark page: paper and ink change, colours that are data do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import AbstractPathEffect
from matplotlib.spines import Spine
from matplotlib.text import Text

from huepress.viz.style import AS_DRAWN, GRID, HAIRLINE, INK, MUTED, PANE

PAPER = "#131416"

SHADES = {
    "#ffffff": PAPER,
    INK: "#e6e9ef",
    MUTED: "#a2abba",
    HAIRLINE: "#4a515d",
    GRID: "#2b3038",
    PANE: "#30353e",
}
"""What the shades of a light page become; every other colour is data or an accent, and stays."""


@contextmanager
def darkened(figure: Figure) -> Iterator[None]:
    """Draw a figure in the shades of a dark page, and give it its own shades back afterwards.

    Examples
    --------
    >>> from huepress.viz.style import INK, sheet
    >>> figure = sheet(2, 1)
    >>> title = figure.suptitle("dark", color=INK)
    >>> with darkened(figure):
    ...     title.get_color()
    '#e6e9ef'
    >>> title.get_color()
    '#1f2430'
    """
    figure.draw_without_rendering()  # until then there are no ticks
    undo: list[Callable[[], object]] = []

    def shade(artist: Any, part: str) -> None:
        was = getattr(artist, f"get_{part}")()
        now = SHADES.get(_hex(was))
        if now is not None:
            undo.append(lambda: getattr(artist, f"set_{part}")(was))
            getattr(artist, f"set_{part}")(now)

    def clear(patch: Any) -> None:
        was = patch.get_facecolor()
        undo.append(lambda: patch.set_facecolor(was))
        patch.set_facecolor("none" if _hex(was) == "#ffffff" else SHADES.get(_hex(was), was))

    def update(held: dict[str, Any], key: str) -> None:
        was = held.get(key)
        now = None if was is None else SHADES.get(_hex(was))
        if now is not None:
            undo.append(lambda: held.update({key: was}))
            held[key] = now

    try:
        clear(figure.patch)
        artist: Any
        for artist in figure.findobj(lambda artist: artist.get_gid() != AS_DRAWN):
            for owner, parts in _PARTS.items():
                if isinstance(artist, owner):
                    for part in parts:
                        shade(artist, part)
            if isinstance(artist, Axes):
                clear(artist.patch)
            if isinstance(artist, (Line2D, Text)):
                for effect in artist.get_path_effects():
                    update(_strokes(effect), "foreground")
            if hasattr(artist, "pane"):  # an axis of a 3-D space
                clear(artist.pane)
                shade(artist.line, "color")
                update(artist._axinfo["grid"], "color")
        yield
    finally:
        for back in reversed(undo):
            back()


_PARTS: dict[type[Artist], tuple[str, ...]] = {
    Text: ("color",),
    Line2D: ("color", "markerfacecolor", "markeredgecolor"),
    Spine: ("edgecolor",),
}


def _hex(color: Any) -> str:
    try:
        return to_hex(color)
    except (ValueError, TypeError):  # 'none', 'auto'
        return ""


def _strokes(effect: AbstractPathEffect) -> dict[str, Any]:
    strokes: dict[str, Any] = getattr(effect, "_gc", {})
    return strokes
