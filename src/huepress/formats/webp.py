"""Lossless WebP, colours under full transparency included.

The bytes are those of the libwebp that Pillow ships: the same for any number of threads, but not
across its versions.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from huepress.errors import FormatError
from huepress.formats.common import DAMAGED, Effort, check_pixels, from_pixels
from huepress.formats.metadata import NOTHING, Metadata
from huepress.values.indexed import IndexedImage

MAX_SIDE = 16383
_SETTINGS: dict[Effort, tuple[int, int]] = {"fast": (2, 50), "default": (4, 90), "best": (6, 100)}
"""libwebp's method (0 to 6) and, for lossless files, effort (0 to 100)."""


def encode(
    indexed: IndexedImage, *, effort: Effort = "default", metadata: Metadata = NOTHING
) -> bytes:
    """Write a lossless WebP.

    Parameters
    ----------
    indexed : IndexedImage
        The picture; any number of codes, at most 16383 pixels a side.
    effort : {"fast", "default", "best"}
        How hard libwebp tries.
    metadata : Metadata
        What to keep; EXIF and ICC fit, dpi does not.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    FormatError
        If a side is too long, or an ICC profile to be kept is not for RGB.
    """
    return encode_pixels(indexed.decode(), effort=effort, metadata=metadata)


def encode_pixels(
    pixels: NDArray[np.uint8], *, effort: Effort = "default", metadata: Metadata = NOTHING
) -> bytes:
    """Write pixels as a lossless WebP, colours under full transparency included.

    Parameters
    ----------
    pixels : (h, w, 3 or 4) uint8 ndarray
        Straight alpha; at most 16383 pixels a side.
    effort, metadata
        As for `encode`.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    FormatError
        As for `encode`.
    """
    from PIL import Image

    height, width = pixels.shape[:2]
    if max(width, height) > MAX_SIDE:
        raise FormatError(f"{width}×{height} exceeds the {MAX_SIDE} pixels a side of WebP; use PNG")
    if metadata.icc_space not in (None, "RGB"):
        raise FormatError(
            f"an ICC profile for {metadata.icc_space} on a picture in RGB; "
            "convert its colours to sRGB instead of keeping the profile"
        )
    method, quality = _SETTINGS[effort]
    kept = {"exif": metadata.exif, "icc_profile": metadata.icc}
    stream = BytesIO()
    Image.fromarray(pixels).save(
        stream,
        "WEBP",
        lossless=True,
        exact=True,
        method=method,
        quality=quality,
        **{name: value for name, value in kept.items() if value is not None},
    )
    return stream.getvalue()


def decode(data: bytes, *, max_pixels: int | None = None) -> IndexedImage:
    """Read a WebP back.

    Parameters
    ----------
    data : bytes
        The file.
    max_pixels : int, optional
        The largest picture to decode.

    Returns
    -------
    IndexedImage
        With the distinct colours in ascending order: a WebP has no labels.

    Raises
    ------
    FormatError
        If the file is damaged, animated, or has more than 65536 colours.
    """
    return from_pixels(decode_pixels(data, max_pixels=max_pixels))


def decode_pixels(data: bytes, *, max_pixels: int | None = None) -> NDArray[np.uint8]:
    """Read the pixels of a WebP.

    Parameters
    ----------
    data : bytes
        The file.
    max_pixels : int, optional
        The largest picture to decode.

    Returns
    -------
    (h, w, 4) uint8 ndarray
        Straight alpha, colours under full transparency included.

    Raises
    ------
    FormatError
        If the file is damaged or animated.
    """
    from PIL.WebPImagePlugin import WebPImageFile

    try:
        with WebPImageFile(BytesIO(data)) as image:
            check_pixels(image.width, image.height, max_pixels)
            if getattr(image, "is_animated", False):
                raise FormatError(
                    "an animated WebP; an indexed image is one frame: read it as an image"
                )
            image.load()
            return np.asarray(image.convert("RGBA"))
    except DAMAGED as error:
        raise FormatError(f"a damaged WebP ({error}); restore it from a copy") from error
