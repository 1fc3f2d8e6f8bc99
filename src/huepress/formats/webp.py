"""Lossless WebP, colours under full transparency included.

The bytes are those of the libwebp that Pillow ships: the same for any number of threads, but not
across its versions.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from huepress.errors import FormatError
from huepress.formats.common import (
    Effort,
    check_pixels,
    check_still,
    from_pixels,
    opened_by_pillow,
)
from huepress.formats.metadata import NOTHING, Metadata, check_rgb_profile
from huepress.values.indexed import IndexedImage

MAX_SIDE = 16383
_SETTINGS: dict[Effort, tuple[int, int]] = {"fast": (2, 50), "default": (4, 90), "best": (6, 100)}
"""libwebp's method (0 to 6) and, for lossless files, effort (0 to 100)."""


def encode_pixels(
    pixels: NDArray[np.uint8], *, effort: Effort = "default", metadata: Metadata = NOTHING
) -> bytes:
    """Write (h, w, 3 or 4) pixels of straight alpha, at most 16383 a side; dpi are not kept."""
    from PIL import Image

    height, width = pixels.shape[:2]
    if max(width, height) > MAX_SIDE:
        raise FormatError(f"{width}×{height} exceeds the {MAX_SIDE} pixels a side of WebP; use PNG")
    check_rgb_profile(metadata)
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
    """Read a WebP back: its distinct colours in ascending order, for a WebP has no labels."""
    return from_pixels(decode_pixels(data, max_pixels=max_pixels))


def decode_pixels(data: bytes, *, max_pixels: int | None = None) -> NDArray[np.uint8]:
    """Read (h, w, 4) pixels of straight alpha, colours under full transparency included."""
    from PIL.WebPImagePlugin import WebPImageFile

    with opened_by_pillow(WebPImageFile, data, "WebP") as image:
        check_pixels(image.width, image.height, max_pixels)
        check_still(image, "WebP")
        return np.asarray(image.convert("RGBA"))
