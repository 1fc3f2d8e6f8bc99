"""What the formats share: pixels back to labels, and the checks before decoding."""

from __future__ import annotations

import struct
import zlib
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import owned
from huepress.errors import FormatError
from huepress.read.opening import check_size
from huepress.values.codebook import MAX_CODES, Codebook
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette

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
    check_size(width, height, "", limit)


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
    entries = Palette(palette)
    codebook = Codebook(entries.codebook.colors)
    if len(codebook) == len(entries):
        return IndexedImage(codebook, labels)
    codes: NDArray[Any] = entries.codes.astype(labels.dtype)
    return IndexedImage(codebook, owned(codes[labels]))


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
    return IndexedImage(Codebook(Palette(colors).codebook.colors), owned(labels))
