"""What a notebook shows of a value: pictures, swatches and facts, from plain arrays to HTML.

Each value says in its `_repr_html_` which of these it is made of.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import luma
from huepress.common.thumbnails import on_chequerboard, reduced

SIDE = 480
"""Pictures are reduced until their longest side is below twice this."""

ICON = 128
"""A picture no larger than this is shown twice this wide."""

NAMED = 32
"""Up to so many swatches show their names; more have them as tooltips only."""

_CELL = 24


def picture_png(pixels: NDArray[np.uint8]) -> bytes:
    """Make a small PNG of (h, w, 3 or 4) pixels."""
    from PIL import Image

    stream = BytesIO()
    Image.fromarray(reduced(pixels, SIDE)).save(stream, "PNG")
    return stream.getvalue()


def swatches_png(rgba: NDArray[np.uint8]) -> bytes:
    """Make a PNG of (k, 4) colours, at least eight of them a row."""
    columns = min(8 if len(rgba) <= 64 else 16, len(rgba))
    rows = -(-len(rgba) // columns)
    cells = np.zeros((rows * columns, 4), np.uint8)
    cells[: len(rgba)] = rgba
    grid = cells.reshape(rows, columns, 4).repeat(_CELL, axis=0).repeat(_CELL, axis=1)
    return picture_png(grid)


def figure(*parts: str) -> str:
    """Put parts below each other."""
    return f'<div style="max-width:{SIDE * 2}px;line-height:1.5">{"".join(parts)}</div>'


def picture(pixels: NDArray[np.uint8]) -> str:
    """Show (h, w, 3 or 4) pixels; icons are enlarged."""
    data = b64encode(picture_png(on_chequerboard(pixels))).decode()
    small = max(pixels.shape[:2]) <= ICON
    style = f"width:{2 * ICON}px;image-rendering:pixelated" if small else "max-width:100%"
    return f'<img src="data:image/png;base64,{data}" style="{style};display:block" alt="picture">'


def film(frames: Iterable[NDArray[np.uint8]]) -> str:
    """Show frames of a moving picture side by side."""
    cells = []
    for pixels in frames:
        small = on_chequerboard(reduced(pixels, SIDE // 6))
        data = b64encode(picture_png(small)).decode()
        style = f"width:{SIDE // 4}px;flex:0 1 auto;min-width:0"
        if max(pixels.shape[:2]) <= ICON:
            style += ";image-rendering:pixelated"
        cells.append(f'<img src="data:image/png;base64,{data}" style="{style}" alt="frame">')
    return f'<div style="display:flex;gap:4px;align-items:start">{"".join(cells)}</div>'


def swatches(rgba: NDArray[np.uint8], names: Sequence[str]) -> str:
    """Show (k, 4) colours side by side, by name where there are few."""
    named = len(rgba) <= NAMED
    size = "width:72px;height:34px;line-height:34px" if named else "width:20px;height:20px"
    cells = []
    for name, color, light in zip(names, rgba.tolist(), luma(rgba) > 140_000, strict=True):
        alpha = color[3]
        ink = "#1f2430" if light or alpha < 128 else "#ffffff"
        cells.append(
            f'<span title="{name}" style="{size};{_background(color)};color:{ink};'
            "text-align:center;font:11px monospace;line-height:inherit;border-radius:2px;"
            f'outline:1px solid #8884">{name[:7] if named and alpha else ""}</span>'
        )
    style = "display:flex;flex-wrap:wrap;gap:3px;max-width:640px"
    return f'<div style="{style}">{"".join(cells)}</div>'


def strip(
    rgba: NDArray[np.uint8],
    names: Sequence[str],
    counts: NDArray[np.uint64],
    size: tuple[int, int],
) -> str:
    """Show (k, 4) colours from dark to light, each as wide as its share of a picture."""
    shares = counts / counts.sum()
    order = np.lexsort((luma(rgba), rgba[:, 3] > 0))
    parts = "".join(
        f'<span title="{names[code]} {shares[code]:.1%}" style="flex:{shares[code]:.5f};'
        f'{_background(rgba[code].tolist())}"></span>'
        for code in order
        if shares[code] > 0
    )
    height, width = size
    side = max(height, width)
    shown = 2 * ICON if side <= ICON else -(-width // max(1, side // SIDE))
    style = f"display:flex;height:14px;margin:6px 0;width:{shown}px;max-width:100%"
    return f'<div style="{style}">{parts}</div>'


def _background(color: Sequence[int]) -> str:
    red, green, blue, alpha = color
    return f"background:rgba({red},{green},{blue},{alpha / 255:.3f})"


def line(*facts: str) -> str:
    """Show facts in one line."""
    return f'<small style="opacity:.75">{escape(" · ".join(facts))}</small>'


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Show names and values, a row each."""
    cells = "".join(
        f'<tr><td style="text-align:left;opacity:.75">{escape(name)}</td>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f'<table style="margin:0">{cells}</table>'
