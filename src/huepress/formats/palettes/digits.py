"""Colours as hexadecimal digits, one a line: Lospec's ``.hex``, and paint.net's ``.txt``.

In a ``.hex`` file alpha comes last, in paint.net's first. Its own files say of themselves: lines
that begin with a semicolon are comments, FF is opaque, and of more than 96 colours the others are
ignored.
"""

from __future__ import annotations

import re

from huepress.errors import FormatError
from huepress.formats.palettes.swatches import Swatch, parsed
from huepress.values.palette import Palette


def read_hex(data: bytes) -> list[Swatch]:
    """Read ``rrggbb`` or ``rrggbbaa`` a line, with or without a ``#``."""
    return [Swatch(parsed(text)) for text in _lines(data)]


def write_hex(palette: Palette, title: str) -> bytes:
    """Write alpha only where a colour is not opaque."""
    return "".join(f"{color[1:]}\n" for color in palette.hex()).encode()


def read_paint_net(data: bytes) -> list[Swatch]:
    """Read ``aarrggbb`` a line, or ``rrggbb`` for an opaque colour."""
    swatches = []
    for text in _lines(data):
        if not re.fullmatch("[0-9a-fA-F]{6}([0-9a-fA-F]{2})?", text):
            raise FormatError(f"{text!r} is not a colour; paint.net writes aarrggbb")
        alpha, red, green, blue = bytes.fromhex(text.rjust(8, "f"))
        swatches.append(Swatch((red, green, blue, alpha)))
    return swatches


def write_paint_net(palette: Palette, title: str) -> bytes:
    """Write as paint.net does, under Windows."""
    head = ["; paint.net Palette File", f"; Palette Name: {title}", f"; Colors: {len(palette)}"]
    rows = [f"{a:02X}{r:02X}{g:02X}{b:02X}" for r, g, b, a in palette.entries.tolist()]
    return "\r\n".join([*head, *rows, ""]).encode()


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8-sig").splitlines()
    return [text for line in lines if (text := line.split(";")[0].strip())]
