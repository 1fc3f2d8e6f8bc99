"""Palettes as pictures: a palette PNG, or a PNG of pixels that are the colours."""

from __future__ import annotations

import numpy as np

from huepress.common.arrays import distinct
from huepress.errors import FormatError
from huepress.formats import png
from huepress.formats.common import check_pixels
from huepress.formats.palettes.swatches import Swatch, color_of
from huepress.values.palette import Palette, Slots

_LONGEST = 256
"""Pixels of the longest row that is a palette; a longer one is a picture."""


def read(data: bytes, max_pixels: int | None) -> list[Swatch]:
    """Take the palette, else each pixel of a row or column, else the distinct colours."""
    header = png.read_header(data)
    palette = header.palette
    if palette is None:
        if header.depth > 8:
            raise FormatError(f"has {header.depth} bits a channel; a palette PNG has 8")
        check_pixels(header.width, header.height, max_pixels)
        pixels = png.decode_pixels(data)
        flat = np.ascontiguousarray(pixels.reshape(-1, 4))
        if min(pixels.shape[:2]) > 1 or len(flat) > _LONGEST:
            flat = np.where(flat[:, 3:] == 0, 0, flat).astype(np.uint8)
            first, _ = distinct(flat)
            flat = flat[np.sort(first)]
        palette = flat
    return [Swatch(color_of(code)) for code in palette.tolist()]


def write(palette: Palette, title: str) -> bytes:
    """Write one pixel a colour, with a palette where there is room for one."""
    slots = Slots(palette, np.arange(len(palette), dtype=np.uint16)[None])
    if len(palette) > png.MAX_CODES:
        return png.encode_truecolor(slots.decode())
    return png.encode_slots(slots)
