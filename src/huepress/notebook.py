"""How values show themselves in a notebook: a picture, swatches, a few facts."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress import _text
from huepress._pictures import on_chequerboard, reduced

if TYPE_CHECKING:
    from huepress.codebook import Codebook
    from huepress.image import Image
    from huepress.indexed import IndexedImage
    from huepress.pipeline import Result

SIDE = 480
"""A picture is shown smaller than twice this; the file behind it is not what is measured."""

ICON = 128
"""A picture no larger than this is shown twice this wide."""

NAMED = 32
"""So many swatches at most bear their names; others tell them under the pointer."""

_CELL = 24


def picture_png(pixels: NDArray[np.uint8]) -> bytes:
    """Make a small PNG of a picture.

    Parameters
    ----------
    pixels : (h, w, 3 or 4) uint8 ndarray
        The picture.

    Returns
    -------
    bytes
        The file.

    Examples
    --------
    >>> picture_png(np.zeros((2, 2, 3), np.uint8))[1:4]
    b'PNG'
    """
    from PIL import Image as Pillow

    stream = BytesIO()
    Pillow.fromarray(reduced(pixels, SIDE)).save(stream, "PNG")
    return stream.getvalue()


def swatches_png(codebook: Codebook) -> bytes:
    """Make a PNG of a codebook, eight colours a row.

    Parameters
    ----------
    codebook : Codebook
        The colours.

    Returns
    -------
    bytes
        The file.
    """
    columns = min(8 if len(codebook) <= 64 else 16, len(codebook))
    rows = -(-len(codebook) // columns)
    cells = np.zeros((rows * columns, 4), np.uint8)
    cells[: len(codebook)] = codebook.rgba
    grid = cells.reshape(rows, columns, 4).repeat(_CELL, axis=0).repeat(_CELL, axis=1)
    return picture_png(grid)


def image_html(image: Image) -> str:
    """Show a picture and what it is.

    Parameters
    ----------
    image : Image
        The picture.

    Returns
    -------
    str
        HTML.
    """
    source = image.source
    facts = [f"{image.width}×{image.height} {'RGBA' if image.has_alpha else 'RGB'}"]
    if source.file_bytes is not None:
        facts += [source.format, _text.size(source.file_bytes)]
    return _figure(_picture(image.pixels), _line(facts))


def codebook_html(codebook: Codebook) -> str:
    """Show the colours of a codebook.

    Parameters
    ----------
    codebook : Codebook
        The colours.

    Returns
    -------
    str
        HTML.
    """
    return _figure(_swatches(codebook), _line([_text.colors(len(codebook))]))


def indexed_html(indexed: IndexedImage) -> str:
    """Show an indexed picture, its colours by share, and its entropy.

    Parameters
    ----------
    indexed : IndexedImage
        The picture.

    Returns
    -------
    str
        HTML.
    """
    counts = indexed.counts().astype(np.float64)
    shares = counts / counts.sum()
    used = shares[shares > 0]
    facts = [
        f"{indexed.width}×{indexed.height}",
        _text.colors(len(indexed.codebook)),
        f"label entropy {float(-(used * np.log2(used)).sum()) + 0.0:.2f} bits a pixel",
    ]
    return _figure(_picture(indexed.decode()), _strip(indexed, shares), _line(facts))


def result_html(result: Result) -> str:
    """Show a compressed picture, its colours by share, and the account.

    Parameters
    ----------
    result : Result
        The result.

    Returns
    -------
    str
        HTML.
    """
    counts = result.indexed.counts().astype(np.float64)
    before, after = result.image.source.file_bytes, result.output_bytes
    colors = f"{result.distinct_colors:,} → {len(result.indexed.codebook):,}"
    rows = [("colours", colors)]
    if before:
        rows.append(("bytes", f"{_text.size(before)} → {_text.size(after)} ({after / before:.1%})"))
    else:
        rows.append(("bytes", _text.size(after)))
    rows.append(("PSNR", _text.decibels(result.distortion.psnr, result.image.source.exactness)))
    rows.append(("MSE", f"{result.distortion.mse:.2f}"))
    if result.fit is not None and not result.fit.lossless:
        rows.append(("k-means", f"{result.fit.iterations} iterations"))
    return _figure(
        _picture(result.indexed.decode()),
        _strip(result.indexed, counts / counts.sum()),
        _table(rows),
    )


def _figure(*parts: str) -> str:
    return f'<div style="max-width:{SIDE * 2}px;line-height:1.5">{"".join(parts)}</div>'


def _picture(pixels: NDArray[np.uint8]) -> str:
    data = b64encode(picture_png(on_chequerboard(pixels))).decode()
    # Icons and the like are enlarged, pixel by pixel.
    small = max(pixels.shape[:2]) <= ICON
    style = f"width:{2 * ICON}px;image-rendering:pixelated" if small else "max-width:100%"
    return f'<img src="data:image/png;base64,{data}" style="{style};display:block" alt="picture">'


def _swatches(codebook: Codebook) -> str:
    named = len(codebook) <= NAMED
    size = "width:72px;height:34px;line-height:34px" if named else "width:20px;height:20px"
    cells = []
    for name, color in zip(codebook.hex(), codebook.rgba.tolist(), strict=True):
        red, green, blue, alpha = color
        light = 0.299 * red + 0.587 * green + 0.114 * blue > 140 or alpha < 128
        ink = "#1f2430" if light else "#ffffff"
        cells.append(
            f'<span title="{name}" style="{size};{_background(color)};color:{ink};'
            "text-align:center;font:11px monospace;line-height:inherit;border-radius:2px;"
            f'outline:1px solid #8884">{name[:7] if named and alpha else ""}</span>'
        )
    style = "display:flex;flex-wrap:wrap;gap:3px;max-width:640px"
    return f'<div style="{style}">{"".join(cells)}</div>'


def _strip(indexed: IndexedImage, shares: NDArray[np.float64]) -> str:
    codebook = indexed.codebook
    colors = codebook.rgba
    order = np.lexsort((colors[:, :3] @ np.array([299, 587, 114]), colors[:, 3] > 0))
    names = codebook.hex()
    parts = "".join(
        f'<span title="{names[code]} {shares[code]:.1%}" style="flex:{shares[code]:.5f};'
        f'{_background(colors[code].tolist())}"></span>'
        for code in order
        if shares[code] > 0
    )
    side = max(indexed.height, indexed.width)
    width = 2 * ICON if side <= ICON else -(-indexed.width // max(1, side // SIDE))
    style = f"display:flex;height:14px;margin:6px 0;width:{width}px;max-width:100%"
    return f'<div style="{style}">{parts}</div>'


def _background(color: Sequence[int]) -> str:
    red, green, blue, alpha = color
    return f"background:rgba({red},{green},{blue},{alpha / 255:.3f})"


def _line(facts: Sequence[str]) -> str:
    return f'<small style="opacity:.75">{escape(" · ".join(facts))}</small>'


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><td style="text-align:left;opacity:.75">{escape(name)}</td>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f'<table style="margin:0">{cells}</table>'
