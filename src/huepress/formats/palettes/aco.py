"""Photoshop's swatches: a table of 16-bit samples, and once more with names.

Adobe, "Photoshop File Formats Specification", "Color Swatches": version 1, which old programs read,
is followed by version 2, which adds a name to each colour. Some files have one of them only.
"""

from __future__ import annotations

import struct

from huepress.errors import FormatError
from huepress.formats.palettes import models
from huepress.formats.palettes.swatches import Color, Cursor, Swatch, names_of, refuse_alpha
from huepress.values.palette import Palette

_MOST = 0xFFFF
_BOOKS = {3: "Pantone", 4: "Focoltone", 5: "Trumatch", 6: "Toyo", 10: "HKS"}


def read(data: bytes) -> list[Swatch]:
    """Read version 2 where there is one, else version 1."""
    file = Cursor(data)
    version, swatches = _section(file)
    if version == 1 and len(file) >= 4:
        second, named = _section(file)
        if second == 2:
            return named
    return swatches


def _section(file: Cursor) -> tuple[int, list[Swatch]]:
    version, count = file.take(">HH", "the version and the count of colours")
    if version not in (1, 2):
        raise FormatError(f"is of version {version}; .aco files are of version 1 or 2")
    swatches = []
    for number in range(count):
        what = f"colour {number} of {count}"
        model, *samples = file.take(">5H", what)
        color = _color(model, samples)
        name = ""
        if version == 2:
            (length,) = file.take(">I", what)
            name = file.raw(2 * length, f"the name of {what}").decode("utf-16-be")
        swatches.append(Swatch(color, name.partition("\0")[0]))
    return version, swatches


def _color(model: int, samples: list[int]) -> Color:
    if model == 0:
        # Programs write a byte as 257 or as 256 times its value; its upper byte is right for both.
        red, green, blue, _ = (sample >> 8 for sample in samples)
        return red, green, blue, 255
    if model == 1:
        return models.from_hsb(*(sample / _MOST for sample in samples[:3]))
    if model == 2:  # 0 is full ink
        cyan, magenta, yellow, black = (1 - sample / _MOST for sample in samples)
        return models.from_cmyk(cyan, magenta, yellow, black)
    if model == 7:
        a, b = (struct.unpack(">h", struct.pack(">H", sample))[0] for sample in samples[1:3])
        return models.from_lab(samples[0] / 100, a / 100, b / 100)
    if model == 8:  # a share of black ink: Photoshop's 75 % grey is 7500, and dark
        return models.from_grey(1 - samples[0] / 10000)
    if model == 9:
        cyan, magenta, yellow, black = (sample / 10000 for sample in samples)
        return models.from_cmyk(cyan, magenta, yellow, black)
    book = _BOOKS.get(model, "unknown")
    raise FormatError(
        f"has a colour of model {model} ({book}), which only numbers inks of a book; convert it to "
        "RGB, and export again"
    )


def write(palette: Palette, title: str) -> bytes:
    """Write both versions."""
    refuse_alpha(palette, "an .aco file")
    if len(palette) > _MOST:
        raise FormatError(
            f"{len(palette)} colours exceed the {_MOST} of an .aco file; use .json or .hex"
        )
    colors = [
        struct.pack(">5H", 0, *(257 * value for value in entry[:3]), 0)
        for entry in palette.entries.tolist()
    ]
    parts = [struct.pack(">HH", 1, len(colors)), *colors, struct.pack(">HH", 2, len(colors))]
    for color, name in zip(colors, names_of(palette), strict=True):
        text = f"{name}\0".encode("utf-16-be")
        parts += [color, struct.pack(">I", len(text) // 2), text]
    return b"".join(parts)
