"""GIMP's palettes, as Inkscape, Krita and Aseprite read and write them too.

The layout is that of GIMP's ``devel-docs/gpl.txt``; ``Channels: RGBA`` is Aseprite's.
"""

from __future__ import annotations

import re

from huepress.errors import FormatError
from huepress.formats.palettes.swatches import Swatch, color_of, names_of, refuse_alpha
from huepress.values.palette import Palette


def read(data: bytes) -> list[Swatch]:
    """Read the lines; a colour's name is what stands behind its numbers."""
    lines = data.decode("utf-8-sig").splitlines()
    if not lines or lines[0].strip() != "GIMP Palette":
        raise FormatError("does not begin with 'GIMP Palette'; check its suffix")
    channels = 4 if any(re.fullmatch(r"Channels:\s*RGBA\s*", line) for line in lines[:10]) else 3
    swatches = []
    for number, line in enumerate(lines[1:], 2):
        text = line.strip()
        if not text or text.startswith("#") or re.match(r"(Name|Columns|Channels):", text):
            continue
        words = text.split(None, channels)
        values = [int(word) for word in words[:channels] if re.fullmatch("[0-9]{1,3}", word)]
        if len(values) < channels or max(values) > 255:
            raise FormatError(f"line {number}, {text!r}, is not {channels} numbers of 0-255")
        swatches.append(Swatch(color_of(values), "".join(words[channels:])))
    return swatches


def write(palette: Palette, title: str) -> bytes:
    """Write a line a colour; one without a name is called by its digits."""
    refuse_alpha(palette, "a GIMP palette")
    rows = [
        f"{red:3d} {green:3d} {blue:3d}\t{name or f'#{red:02x}{green:02x}{blue:02x}'}"
        for (red, green, blue, _), name in zip(
            palette.entries.tolist(), names_of(palette), strict=True
        )
    ]
    return "\n".join(["GIMP Palette", f"Name: {title}", "Columns: 16", "#", *rows, ""]).encode()
