"""Lossless WebP, colours under full transparency included.

Labels are packed by our own writer, and by the libwebp that Pillow ships, which now and then takes
a few bytes less, by luck of its searches. Its bytes differ between its versions.
"""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from huepress import _core
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
_MAX_CODES, _MAX_LABELS = 256, 1 << 25
"""What our writer takes: a palette of the format, and labels whose copies fit 1 GB of memory."""


def encode(
    indexed: IndexedImage, *, effort: Effort = "default", metadata: Metadata = NOTHING
) -> bytes:
    """Write an indexed image of at most 16383 pixels a side; dpi are not kept."""
    plain = encode_pixels(indexed.decode(), effort=effort, metadata=metadata)
    if effort == "fast" or len(indexed.codebook) > _MAX_CODES or indexed.labels.size > _MAX_LABELS:
        return plain
    rgba = np.ascontiguousarray(indexed.codebook.rgba)
    labels = np.ascontiguousarray(indexed.labels.astype(np.uint8, copy=False))
    own = _contained(_core.vp8l(labels, rgba), indexed, metadata)
    return min(own, plain, key=len)


def quick_size(indexed: IndexedImage) -> int:
    """Estimate the bytes of a file by a quick level of libwebp; in full it takes a tenth less."""
    return len(encode_pixels(indexed.decode(), effort="fast"))


def overhead(indexed: IndexedImage) -> int:
    """Estimate the bytes of a file beside its labels: heads, and differences of its colours."""
    return 26 + 9 * len(indexed.codebook) // 4


def _contained(data: bytes, indexed: IndexedImage, metadata: Metadata) -> bytes:
    """Put image data into the container, and metadata beside them."""
    body = chunk(b"VP8L", data)
    if metadata.icc is not None or metadata.exif is not None:
        has_alpha = bool((indexed.codebook.rgba[:, 3] != 255).any())
        flags = (metadata.icc is not None) << 5 | has_alpha << 4 | (metadata.exif is not None) << 3
        sides = (side.to_bytes(3, "little") for side in (indexed.width - 1, indexed.height - 1))
        head = chunk(b"VP8X", struct.pack("<I", flags) + b"".join(sides))
        icc = b"" if metadata.icc is None else chunk(b"ICCP", metadata.icc)
        exif = b"" if metadata.exif is None else chunk(b"EXIF", metadata.exif)
        body = head + icc + body + exif
    return chunk(b"RIFF", b"WEBP" + body)


def chunk(name: bytes, data: bytes) -> bytes:
    """Make a chunk of the container, padded to an even length."""
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def image_data(file: bytes) -> bytes:
    """Return the lossless image data that a file of `encode` contains."""
    place = file.index(b"VP8L", 12)
    (size,) = struct.unpack_from("<I", file, place + 4)
    return file[place + 8 : place + 8 + size]


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
