"""Adobe's colour tables: 256 colours of three bytes, and how many of them count.

Adobe, "Photoshop File Formats Specification", "Color Table".
"""

from __future__ import annotations

import struct

from huepress.errors import FormatError
from huepress.formats.palettes.swatches import Swatch, color_of
from huepress.values.palette import Palette

_COLORS = 256
_NONE = 0xFFFF


def read(data: bytes) -> list[Swatch]:
    """Read the table; without a count all 256 are colours."""
    size = 3 * _COLORS
    if len(data) not in (size, size + 4):
        raise FormatError(f"has {len(data)} bytes; an .act file has {size} or {size + 4}")
    used, clear = struct.unpack(">HH", data[size:]) if len(data) > size else (_COLORS, _NONE)
    used = used or _COLORS
    if used > _COLORS:
        raise FormatError(f"has a count of {used}; an .act file has at most {_COLORS} colours")
    colors = [color_of(list(data[3 * i : 3 * i + 3])) for i in range(used)]
    if clear < used:
        colors[clear] = (*colors[clear][:3], 0)
    return [Swatch(color) for color in colors]


def write(palette: Palette, title: str) -> bytes:
    """Write the table with its count, and the index of the one clear colour that it knows."""
    clear = (palette.alpha == 0).nonzero()[0].tolist()
    if len(palette) > _COLORS:
        raise FormatError(
            f"{len(palette)} colours exceed the {_COLORS} of an .act file; use .json or .hex"
        )
    if ((palette.alpha > 0) & (palette.alpha < 255)).any() or len(clear) > 1:
        raise FormatError(
            "an .act file knows one fully transparent colour, and the palette has "
            "semi-transparent or more; use .json, .hex or .png"
        )
    colors = palette.entries[:, :3].tobytes().ljust(3 * _COLORS, b"\0")
    return colors + struct.pack(">HH", len(palette), clear[0] if clear else _NONE)
