"""PNG files of 8 bits or fewer back to palettes and pixels."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from huepress.errors import FormatError
from huepress.formats.common import check_pixels, from_palette, from_pixels, opened_by_pillow
from huepress.formats.png.file import MAX_CODES
from huepress.read import png_chunks
from huepress.read.png import damage_of
from huepress.read.png_chunks import PALETTE, SIGNATURE, DamageError, Walk
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette, Slots


@dataclass(frozen=True, slots=True)
class Header:
    """What the chunks before the pixels say; `palette` is (k, 4) uint8, with the alpha of tRNS."""

    width: int
    height: int
    depth: int
    color_type: int
    animated: bool
    palette: NDArray[np.uint8] | None


def read_header(data: bytes) -> Header:
    """Read a PNG's chunks up to the pixels, which may be cut off or damaged."""
    if not data.startswith(SIGNATURE):
        raise FormatError(f"not a PNG: it begins with {data[:8]!r}; check its suffix")
    seen: dict[bytes, bytes] = {}
    try:
        for chunk in Walk(BytesIO(data), until=b"IDAT"):
            seen.setdefault(chunk.kind, chunk.data or b"")
        header = png_chunks.read_header(seen.get(b"IHDR", b""))
    except DamageError as damage:
        raise _damaged(damage) from damage
    palette = None
    if header.color_type == PALETTE and b"PLTE" in seen:
        colors = np.frombuffer(seen[b"PLTE"], np.uint8)
        if colors.size % 3 or not 0 < colors.size <= 3 * MAX_CODES:
            raise _damaged(f"a palette of {colors.size} bytes")
        palette = np.full((colors.size // 3, 4), 255, np.uint8)
        palette[:, :3] = colors.reshape(-1, 3)
        alpha = np.frombuffer(seen.get(b"tRNS", b""), np.uint8)[: len(palette)]
        palette[: len(alpha), 3] = alpha
    return Header(
        header.width, header.height, header.depth, header.color_type, b"acTL" in seen, palette
    )


def decode(data: bytes, *, max_pixels: int | None = None) -> IndexedImage:
    """Read a PNG back.

    Of a palette, equal entries become one code; greys and true colour give their distinct colours
    in ascending order. Damage, animation, 16 bits a channel and more than 65536 colours are
    refused.
    """
    header = read_header(data)
    check_pixels(header.width, header.height, max_pixels)
    damage = damage_of(BytesIO(data))
    if damage is not None:
        raise _damaged(damage)
    if header.depth > 8:
        raise FormatError(
            f"a PNG of {header.depth} bits a channel; an indexed image has 8: read it as an image"
        )
    if header.animated:
        raise FormatError("an animated PNG; an indexed image is one frame: read it as an image")
    if header.color_type != PALETTE:
        return from_pixels(decode_pixels(data))
    slots = decode_slots(data)
    return from_palette(slots.places, slots.palette.entries)


def decode_pixels(data: bytes) -> NDArray[np.uint8]:
    """Read (h, w, 4) pixels of straight alpha, colours under full transparency included."""
    from PIL.PngImagePlugin import PngImageFile

    with opened_by_pillow(PngImageFile, data, "PNG") as image:
        image.load()
        return np.asarray(image.convert("RGBA"))


def decode_slots(data: bytes) -> Slots:
    """Read the palette with all its entries, and the entry of each pixel."""
    from PIL.PngImagePlugin import PngImageFile

    palette = read_header(data).palette
    with opened_by_pillow(PngImageFile, data, "PNG") as image:
        places = np.asarray(image)
    if palette is None or int(places.max()) >= len(palette):
        raise _damaged("a pixel points beyond the palette")
    return Slots(Palette(palette), places)


def _damaged(what: object) -> FormatError:
    return FormatError(f"a damaged PNG: {what}; restore it from a copy")
