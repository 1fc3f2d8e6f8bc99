"""Pictures without a palette: lossy WebP, AVIF, and WebP that keeps every pixel.

They are written by the libwebp and libaom that Pillow ships, whose bytes differ between versions.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import owned
from huepress.errors import FormatError, OptionError
from huepress.formats import webp
from huepress.formats.common import Effort, opened_by_pillow
from huepress.formats.metadata import NOTHING, Metadata, check_rgb_profile

BEST = 100
"""The best quality of both formats; they still lose something."""

_MAX_SIDES = {"webp": webp.MAX_SIDE, "avif": 32768}
_MAX_PIXELS = 1 << 28
"""AVIF has sides of up to 65536, but libavif reads no more than these, and other readers use it."""
_SPEEDS: dict[Effort, int] = {"fast": 8, "default": 6, "best": 4}
"""libavif's speed; 10 is the fastest."""


@dataclass(frozen=True, slots=True)
class Coder:
    """A format without a palette, and how much it may lose.

    Parameters
    ----------
    format : {'webp', 'avif'}
        Which one.
    quality : int or None
        0 to 100; None is a WebP that keeps every pixel.
    """

    format: str
    quality: int | None

    def __str__(self) -> str:
        name = "AVIF" if self.format == "avif" else "WebP"
        if self.quality is None:
            return f"lossless {name} without a palette"
        return f"lossy {name}, quality {self.quality}"


def why_not(name: str, width: int, height: int) -> str:
    """Say why a format cannot hold a picture of this size here; empty where it can."""
    from PIL import features

    most = _MAX_SIDES[name]
    if max(width, height) > most:
        return f"{width}×{height} exceeds its {most} pixels a side"
    if width * height > _MAX_PIXELS:
        return f"{width}×{height} exceeds {_MAX_PIXELS:,} pixels in all"
    if not features.check(name):
        return "this Pillow was built without it; wheels of Pillow from 11.3 on have it"
    return ""


def encode(
    pixels: NDArray[np.uint8],
    coder: Coder,
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    threads: int = 0,
) -> bytes:
    """Write (h, w, 3 or 4) pixels of straight alpha.

    AVIF keeps colours at full resolution: text stays as sharp as it is, and a score of 80 takes no
    more bytes than with half of it. Lossy WebP cannot.
    """
    if coder.quality is None:
        if coder.format != "webp":
            raise OptionError(f"{coder.format} without a quality; give one from 0 to {BEST}")
        seen = pixels.copy()
        if pixels.shape[2] == 4:
            seen[pixels[..., 3] == 0] = 0
        return webp.encode_pixels(seen, effort=effort, metadata=metadata)
    from PIL import Image

    height, width = pixels.shape[:2]
    reason = why_not(coder.format, width, height)
    if reason:
        raise FormatError(f"no {coder.format.upper()} can be written: {reason}; use PNG")
    check_rgb_profile(metadata)
    how: dict[str, object] = {"exif": metadata.exif, "icc_profile": metadata.icc}
    if coder.format == "webp":
        # With the slowest method, alpha takes a hundred times as long for 3 % fewer bytes.
        slow = effort == "best" or (effort == "default" and pixels.shape[2] == 3)
        how["method"] = 6 if slow else 4
    else:
        # A single thread codes otherwise than two, which code as any number does that shares no
        # picture out into tiles by itself.
        more = max(threads or os.cpu_count() or 1, 2)
        how |= {"subsampling": "4:4:4", "speed": _SPEEDS[effort]}
        how |= {"max_threads": more, "autotiling": False}
    given = {name: value for name, value in how.items() if value is not None}
    stream = BytesIO()
    picture = Image.fromarray(_without_hidden(pixels))
    picture.save(stream, coder.format.upper(), quality=coder.quality, **given)
    return stream.getvalue()


def decode(data: bytes, coder: Coder) -> NDArray[np.uint8]:
    """Read (h, w, 3 or 4) pixels of straight alpha back."""
    from PIL.AvifImagePlugin import AvifImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    plugin = AvifImageFile if coder.format == "avif" else WebPImageFile
    with opened_by_pillow(plugin, data, coder.format.upper()) as image:
        return owned(np.array(image if image.mode == "RGB" else image.convert("RGBA")))


def _without_hidden(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put colours that are near under clear pixels: what is hidden there tells, and takes bytes."""
    if pixels.shape[2] == 3 or pixels[..., 3].all():
        return pixels
    visible = pixels[..., 3] > 0
    colors = np.where(visible[..., None], pixels[..., :3], 0).astype(np.int32)
    spread = _spread(colors, visible).astype(np.uint8)
    return np.concatenate([spread, pixels[..., 3:]], axis=2)


def _spread(colors: NDArray[np.int32], known: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Fill what is not known with means over ever larger squares."""
    height, width = known.shape
    if known.all() or known.size == 1:
        return colors
    padding = ((0, height % 2), (0, width % 2))
    squares = (-1, 2, (width + 1) // 2, 2)
    counts = np.pad(known, padding).reshape(squares).sum(axis=(1, 3), dtype=np.int32)
    sums = np.pad(colors, (*padding, (0, 0))).reshape(*squares, 3).sum(axis=(1, 3), dtype=np.int32)
    means = (sums + counts[..., None] // 2) // np.maximum(counts, 1)[..., None]
    filled = _spread(means, counts > 0).repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    return np.where(known[..., None], colors, filled)
