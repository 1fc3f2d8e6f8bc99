"""What the formats share: pixels back to labels, and the checks before decoding."""

from __future__ import annotations

import struct
import zlib
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from huepress._arrays import distinct, owned
from huepress.codebook import MAX_CODES, Codebook
from huepress.errors import FormatError, InputError
from huepress.indexed import IndexedImage

Effort = Literal["fast", "default", "best"]
"""How long an encoder tries for fewer bytes."""

DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
"""What Pillow and NumPy raise on damaged files."""


def check_pixels(width: int, height: int, limit: int | None) -> None:
    """Refuse a picture that is empty or past a limit before it is decoded.

    Parameters
    ----------
    width, height : int
        Size, as the file states it.
    limit : int, optional
        The most pixels to accept.

    Raises
    ------
    FormatError
        If it is empty.
    InputError
        If it is past the limit.
    """
    if width < 1 or height < 1:
        raise FormatError(f"a picture of {width}×{height} pixels; it has nothing to decode")
    if limit is not None and width * height > limit:
        raise InputError(
            f"{width}×{height} is {width * height / 1e6:.0f} megapixels, more than the limit of "
            f"{limit / 1e6:g}; raise the limit if you trust the file"
        )


def from_palette(
    labels: NDArray[np.uint8] | NDArray[np.uint16], palette: NDArray[np.uint8]
) -> IndexedImage:
    """Make an indexed image of a file's palette, where equal entries become one code.

    Parameters
    ----------
    labels : (h, w) uint8 or uint16 ndarray
        Entries of the palette; the caller has checked their range.
    palette : (k, 3) or (k, 4) uint8 ndarray
        The colours in the file's order; any colour of alpha 0 is full transparency.

    Returns
    -------
    IndexedImage
        Codes in the order of their first entry; three channels if all are opaque.
    """
    colors = _normalized(palette)
    first, inverse = distinct(colors)
    if len(first) == len(colors):
        return IndexedImage(Codebook(colors), labels)
    order = np.argsort(first)
    place = np.empty(len(first), labels.dtype)
    place[order] = np.arange(len(first))
    return IndexedImage(Codebook(colors[first[order]]), owned(place[inverse][labels]))


def from_pixels(pixels: NDArray[np.uint8]) -> IndexedImage:
    """Make an indexed image of all the distinct colours of a picture.

    Parameters
    ----------
    pixels : (h, w, 3 or 4) uint8 ndarray
        Any colour of alpha 0 is full transparency.

    Returns
    -------
    IndexedImage
        Codes in ascending order; three channels if all are opaque.

    Raises
    ------
    FormatError
        If there are more than 65536 colours.
    """
    height, width, channels = pixels.shape
    packed = np.full((height, width, 4), 255, np.uint8)
    packed[..., :channels] = pixels
    packed[packed[..., 3] == 0] = 0
    keys, inverse = np.unique(packed.view(">u4").ravel(), return_inverse=True)
    if len(keys) > MAX_CODES:
        raise FormatError(
            f"{len(keys)} distinct colours exceed the {MAX_CODES} codes of an indexed image; "
            "read it as an image and compress it"
        )
    colors = keys.astype(">u4").view(np.uint8).reshape(-1, 4)
    labels = inverse.astype(np.uint16).reshape(height, width)
    return IndexedImage(Codebook(_normalized(colors)), owned(labels))


def _normalized(palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    colors = palette.copy()
    if colors.shape[1] == 4:
        colors[colors[:, 3] == 0] = 0
        if (colors[:, 3] == 255).all():
            colors = np.ascontiguousarray(colors[:, :3])
    return colors
