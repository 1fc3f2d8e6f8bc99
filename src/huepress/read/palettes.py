"""A file's palette and the entry of each pixel, which are read beside the pixels."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from huepress.common.arrays import owned
from huepress.read.gif import own_palette
from huepress.read.samples import Samples, upright

if TYPE_CHECKING:
    import PIL.Image
    from numpy.typing import NDArray


class StoredPalette(NamedTuple):
    """A file's entries, (n, 3 or 4) uint8, and the (h, w) uint8 entry of each pixel."""

    entries: NDArray[np.uint8]
    places: NDArray[np.uint8]


def stored_palette(
    picture: PIL.Image.Image,
    orientation: int,
    decoded: Callable[[Samples], NDArray[np.uint8]],
    *,
    head: bytes = b"",
) -> StoredPalette | None:
    """Return the palette of a loaded picture and the entry of each pixel, upright; None without.

    `decoded` turns samples into bytes as was done with the picture, so that its entries get the
    same colours. `head` is the beginning of the file, which a BMP needs.
    """
    from PIL import Image

    if picture.mode == "P":
        places = np.asarray(picture)
        entries = max(len(picture.getpalette() or ()) // 3, int(places.max()) + 1)
        strip = Image.fromarray(np.arange(entries, dtype=np.uint8)[None])
        strip.putpalette(picture.getpalette("RGBA") or [], "RGBA")
        if "transparency" in picture.info:
            strip.info["transparency"] = picture.info["transparency"]
        colors = decoded(Samples(strip))[0]
    elif picture.format == "BMP" and head and picture.mode in ("1", "L"):
        # Pillow drops a palette of rising greys, and one of black and white: modes L and 1.
        places = np.asarray(picture.convert("L"))
        colors = np.arange(_bmp_colors(head), dtype=np.uint8)
        if picture.mode == "1":
            places, colors = places // 255, colors * 255
        colors = np.repeat(colors[:, None], 3, axis=1)
    else:
        return None
    return StoredPalette(colors, owned(upright(places, orientation)))


def gif_palette(file: IO[bytes], frame: int) -> StoredPalette | None:
    """Return the palette of a GIF's frame, and the entry of each pixel; None without one."""
    found = own_palette(file, frame)
    if found is None:
        return None
    entries, places = found
    return StoredPalette(entries, owned(places))


def _bmp_colors(head: bytes) -> int:
    """Count the colours of a bitmap's palette, by the header of Windows or of OS/2."""
    (size,) = struct.unpack_from("<I", head, 14)
    if size < 40:
        return 1 << int(head[24])
    (count,) = struct.unpack_from("<I", head, 46)
    return min(int(count) or 1 << int(head[28]), 256)
