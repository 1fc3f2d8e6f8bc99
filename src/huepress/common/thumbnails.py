"""Small pictures of large ones, for figures, notebooks and pages."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def reduced(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Average blocks of a picture, so that its longest side is less than twice `side`.

    Examples
    --------
    >>> reduced(np.zeros((10, 100, 3), np.uint8), 30).shape
    (4, 34, 3)
    """
    factor = max(pixels.shape[:2]) // side
    if factor < 2:
        return pixels
    from PIL import Image

    picture = Image.fromarray(pixels)
    if picture.mode == "RGBA":
        # Premultiplied, because colours of clear pixels would bleed into their neighbours.
        return np.asarray(picture.convert("RGBa").reduce(factor).convert("RGBA"))
    return np.asarray(picture.reduce(factor))


def thumbnail(pixels: NDArray[np.uint8], side: int) -> bytes:
    """Write a WebP of a picture, whose longest side is less than twice `side`.

    Examples
    --------
    >>> thumbnail(np.zeros((10, 100, 3), np.uint8), 30)[8:12]
    b'WEBP'
    """
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(reduced(pixels, side)).save(file, "WEBP", quality=60)
    return file.getvalue()


def thumbnail_of_file(path: Path, side: int) -> bytes:
    """Write a WebP of a file as Pillow reads it; of what it does not read, nothing."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            picture.draft("RGB", (2 * side, 2 * side))
            return thumbnail(np.asarray(picture.convert("RGBA")), side)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return b""


def on_chequerboard(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay a picture with alpha on squares of two light greys.

    Examples
    --------
    >>> on_chequerboard(np.zeros((1, 2, 4), np.uint8)).tolist()
    [[[250, 250, 250], [226, 226, 226]]]
    """
    if pixels.shape[2] == 3:
        return pixels
    height, width = pixels.shape[:2]
    square = max(1, max(height, width) // 40)
    odd = (np.arange(height)[:, None] // square + np.arange(width) // square) % 2
    board = np.where(odd, 226, 250)[..., None]
    alpha = pixels[..., 3:].astype(np.int32)
    mixed = pixels[..., :3] * alpha + board * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)
