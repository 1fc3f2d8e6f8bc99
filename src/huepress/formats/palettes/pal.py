"""Two formats of one suffix, ``.pal``: JASC's of Paint Shop Pro, and the RIFF of Windows.

JASC's is text with CRLF: ``JASC-PAL``, ``0100``, the count, and ``red green blue`` a line; Aseprite
adds an alpha where a colour has one. A RIFF palette holds a LOGPALETTE: version 0x0300, the count,
and red, green, blue and flags of each colour (Microsoft, "Multimedia Programming Interface and Data
Specifications 1.0", 1991).
"""

from __future__ import annotations

import re

from huepress.errors import FormatError
from huepress.formats.palettes.swatches import Cursor, Swatch, color_of, refuse_alpha
from huepress.values.palette import Palette

_JASC, _RIFF = b"JASC-PAL", b"RIFF"
_HEAD = 3
"""Lines before the first colour."""


def read(data: bytes) -> list[Swatch]:
    """Tell the two apart by their first bytes."""
    if data.startswith(_RIFF):
        return _read_riff(data)
    if data.removeprefix(b"\xef\xbb\xbf").startswith(_JASC):
        return _read_jasc(data)
    raise FormatError(
        "begins neither as a .pal of Paint Shop Pro (JASC-PAL) nor as one of Windows (RIFF), and "
        "others have no mark; export it as one of these, or as .gpl"
    )


def _read_jasc(data: bytes) -> list[Swatch]:
    lines = [line.strip() for line in data.decode("utf-8-sig").splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    if len(lines) < _HEAD or not re.fullmatch("[0-9]{1,6}", lines[2]):
        raise FormatError("has no count of colours in its third line; export it again")
    count, rows = int(lines[2]), lines[_HEAD:]
    if count != len(rows):
        raise FormatError(f"says that it has {count} colours, and has {len(rows)}; export it again")
    swatches = []
    for number, text in enumerate(rows, _HEAD + 1):
        values = [int(word) for word in text.split() if re.fullmatch("[0-9]{1,3}", word)]
        if len(values) not in (3, 4) or len(text.split()) > len(values) or max(values) > 255:
            raise FormatError(f"line {number}, {text!r}, is not three or four numbers of 0-255")
        swatches.append(Swatch(color_of(values)))
    return swatches


def write(palette: Palette, title: str) -> bytes:
    """Write JASC's, with the line ends that its readers count on."""
    refuse_alpha(palette, "a .pal file")
    rows = [f"{red} {green} {blue}" for red, green, blue, _ in palette.entries.tolist()]
    return "\r\n".join(["JASC-PAL", "0100", str(len(rows)), *rows, ""]).encode()


def _read_riff(data: bytes) -> list[Swatch]:
    file = Cursor(data)
    _, _, kind = file.take("<4sI4s", "the header")
    if kind != b"PAL ":
        raise FormatError(f"is a RIFF of kind {kind!r}; a palette is of kind {b'PAL '!r}")
    while True:
        name, size = file.take("<4sI", "the chunks before the colours")
        if name == b"data":
            break
        file.raw(size + size % 2, f"the chunk {name!r}")
    version, count = file.take("<HH", "the count of colours")
    if version != 0x0300:
        raise FormatError(f"is of version {version:#06x}; palettes are of version 0x0300")
    colors = [file.take("<4B", f"colour {number} of {count}") for number in range(count)]
    return [Swatch((red, green, blue, 255)) for red, green, blue, _ in colors]
