"""The palette of an Aseprite sprite, as its first frame has it.

The layout is that of Aseprite's ``docs/ase-file-specs.md``.
"""

from __future__ import annotations

from huepress.errors import FormatError
from huepress.formats.palettes.swatches import Cursor, Swatch
from huepress.values.codebook import MAX_CODES

MAGIC = b"\xe0\xa5"
"""Behind the four bytes of the file's size."""

_HEADER, _FRAME = 128, 0xF1FA
_OLD, _OLD_64, _LAYER, _PALETTE = 0x0004, 0x0011, 0x2004, 0x2019
_INDEXED = 8
_NAMED, _BACKGROUND = 1, 8


def is_aseprite(data: bytes) -> bool:
    """Tell by the magic number."""
    return data[4:6] == MAGIC


def read(data: bytes) -> list[Swatch]:
    """Read the newest of the palettes that the first frame has for programs of all ages.

    In an indexed sprite one entry stands for clear, wherever a layer is not the background.
    """
    if not is_aseprite(data):
        raise FormatError("does not begin as an Aseprite file; check its suffix")
    file = Cursor(data)
    head = file.raw(_HEADER, "the header")
    depth, clear = head[12], head[28]
    _, magic, old_count, _, _, count = file.take("<IHHH2sI", "the header of the first frame")
    if magic != _FRAME:
        raise FormatError(
            f"has a first frame of kind {magic:#06x}, not {_FRAME:#06x}; save it again"
        )
    new: dict[int, Swatch] = {}
    old: dict[int, Swatch] = {}
    layered = False
    for number in range(count or old_count):
        what = f"chunk {number} of the first frame"
        size, kind = file.take("<IH", what)
        chunk = Cursor(file.raw(max(size - 6, 0), what))
        if kind == _PALETTE:
            _read_palette(chunk, new)
        elif kind in (_OLD, _OLD_64):
            _read_old(chunk, old, 4 if kind == _OLD_64 else 1)
        elif kind == _LAYER:
            (flags,) = chunk.take("<H", what)
            layered |= not flags & _BACKGROUND
    found = new or old
    if depth == _INDEXED and layered and clear in found:
        color, name = found[clear]
        found[clear] = Swatch((*color[:3], 0), name)
    black = Swatch((0, 0, 0, 255))
    return [found.get(place, black) for place in range(max(found, default=-1) + 1)]


def _read_palette(chunk: Cursor, found: dict[int, Swatch]) -> None:
    size, first, last = chunk.take("<III8x", "the palette")
    if not (size <= MAX_CODES and first <= last < MAX_CODES):
        raise FormatError(
            f"has a palette of {size} entries, {first} to {last}; a palette has 1 to {MAX_CODES}"
        )
    for place in range(first, last + 1):
        what = f"entry {place} of the palette"
        flags, red, green, blue, alpha = chunk.take("<H4B", what)
        name = ""
        if flags & _NAMED:
            (length,) = chunk.take("<H", what)
            name = chunk.raw(length, f"the name of {what}").decode()
        found[place] = Swatch((red, green, blue, alpha), name)


def _read_old(chunk: Cursor, found: dict[int, Swatch], scale: int) -> None:
    (packets,) = chunk.take("<H", "the palette")
    place = 0
    for _ in range(packets):
        skipped, count = chunk.take("<BB", "the palette")
        place += skipped
        for _ in range(count or 256):
            red, green, blue = chunk.take("<3B", f"entry {place} of the palette")
            if scale > 1:  # 63 is full
                red, green, blue = ((min(v, 63) * 255 + 31) // 63 for v in (red, green, blue))
            found[place] = Swatch((red, green, blue, 255))
            place += 1
