"""Adobe's Swatch Exchange, of Illustrator, InDesign and Photoshop, known by ``ASEF``.

Adobe never published the layout; this is what O. Berten's SwatchBooker, Krita and GIMP read:
big-endian, ``ASEF``, version 1.0, the count of blocks; a block is a type, its length, and for a
colour or the start of a group a name in UTF-16 with its count of units, which includes the final 0.
A colour goes on with a model of four letters, its samples as floats, and whether it is global, spot
or neither.
"""

from __future__ import annotations

import struct

from huepress.errors import FormatError
from huepress.formats.palettes import models
from huepress.formats.palettes.swatches import Color, Cursor, Swatch, names_of, refuse_alpha
from huepress.values.palette import Palette

MAGIC = b"ASEF"

_COLOR, _GROUP, _GROUP_END = 0x0001, 0xC001, 0xC002
_NORMAL = 2
_SAMPLES = {b"RGB ": 3, b"CMYK": 4, b"LAB ": 3, b"Gray": 1}


def read(data: bytes) -> list[Swatch]:
    """Read the colours of all groups in the file's order."""
    file = Cursor(data)
    _, major, _, count = file.take(">4sHHI", "the header")
    if major != 1:
        raise FormatError(f"is of version {major}; Swatch Exchange files are of version 1")
    swatches = []
    for number in range(count):
        what = f"block {number} of {count}"
        kind, length = file.take(">HI", what)
        block = Cursor(file.raw(length, what))
        if kind == _COLOR:
            swatches.append(_swatch(block, what))
    return swatches


def _swatch(block: Cursor, what: str) -> Swatch:
    (length,) = block.take(">H", what)
    name = block.raw(2 * length, f"the name of {what}").decode("utf-16-be").partition("\0")[0]
    (model,) = block.take(">4s", what)
    if model not in _SAMPLES:
        known = ", ".join(name.decode().strip() for name in _SAMPLES)
        raise FormatError(f"has a colour of model {model!r} in {what}; known are {known}")
    return Swatch(_color(model, block.take(f">{_SAMPLES[model]}f", what)), name)


def _color(model: bytes, samples: tuple[float, ...]) -> Color:
    if model == b"LAB ":
        lightness, a, b = samples
        return models.from_lab(100 * lightness, a, b)
    if model == b"Gray":
        return models.from_grey(*samples)
    return models.from_cmyk(*samples) if model == b"CMYK" else models.from_rgb(*samples)


def write(palette: Palette, title: str) -> bytes:
    """Write one group named as the palette; a colour without a name is called by its digits."""
    refuse_alpha(palette, "a Swatch Exchange file")
    blocks = [_block(_GROUP, _text(title))]
    for entry, digits, name in zip(
        palette.entries.tolist(), palette.hex(), names_of(palette), strict=True
    ):
        samples = struct.pack(">4s3fH", b"RGB ", *(value / 255 for value in entry[:3]), _NORMAL)
        blocks.append(_block(_COLOR, _text(name or digits) + samples))
    blocks.append(_block(_GROUP_END, b""))
    return struct.pack(">4sHHI", MAGIC, 1, 0, len(blocks)) + b"".join(blocks)


def _block(kind: int, content: bytes) -> bytes:
    return struct.pack(">HI", kind, len(content)) + content


def _text(text: str) -> bytes:
    units = f"{text}\0".encode("utf-16-be")
    return struct.pack(">H", len(units) // 2) + units
