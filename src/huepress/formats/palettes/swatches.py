"""What the readers of palette files give, and what they share."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np

from huepress.errors import FormatError, OptionError
from huepress.values.codebook import MAX_CODES, hex_of, parse_hex
from huepress.values.palette import Palette

Color = tuple[int, int, int, int]

LONGEST_NAME = 1000
"""Characters: nobody calls a colour longer, and damaged files do."""

_NO_NAME = ("untitled", "unnamed")
"""What GIMP and Aseprite write where a colour has no name."""


class Swatch(NamedTuple):
    """One entry of a palette file."""

    color: Color
    name: str = ""


def palette_of(swatches: list[Swatch]) -> Palette:
    """Make a palette, whose names are in one line each, and none where a file says only so."""
    if not 1 <= len(swatches) <= MAX_CODES:
        raise FormatError(f"holds {len(swatches)} colours; a palette has 1 to {MAX_CODES}")
    entries = np.array([swatch.color for swatch in swatches], np.uint8)
    names = []
    for number, (entry, swatch) in enumerate(zip(entries, swatches, strict=True)):
        name = " ".join(swatch.name.split())
        if len(name) > LONGEST_NAME:
            raise FormatError(
                f"colour {number} has a name of {len(name):,} characters; names have up to "
                f"{LONGEST_NAME:,}: shorten it"
            )
        is_said = name and name.lower() not in _NO_NAME and name.lower() != hex_of(entry)
        names.append(name if is_said else "")
    return Palette(entries, tuple(names))


def color_of(values: list[int]) -> Color:
    """Complete three bytes by an opaque alpha."""
    red, green, blue, *alpha = values
    return red, green, blue, alpha[0] if alpha else 255


def parsed(text: str) -> Color:
    """Read a colour in hexadecimal digits."""
    try:
        return parse_hex(text)
    except OptionError as error:
        raise FormatError(str(error)) from error


def refuse_alpha(palette: Palette, kind: str) -> None:
    """Refuse what is not opaque, for a file that has no place for it."""
    if (palette.alpha != 255).any():
        raise FormatError(f"{kind} has no alpha, and the palette does; use .json, .hex or .png")


def names_of(palette: Palette) -> tuple[str, ...]:
    """Give each entry a name in one line, "" where it has none, that every encoding can hold."""
    names = palette.names or ("",) * len(palette)
    return tuple(" ".join(name.encode(errors="replace").decode().split()) for name in names)


class Cursor:
    """Bytes that are read from front to back; a file that ends too early is refused."""

    def __init__(self, data: bytes, place: int = 0) -> None:
        self._data, self.place = data, place

    def __len__(self) -> int:
        """Bytes that are left."""
        return max(len(self._data) - self.place, 0)

    def raw(self, n_bytes: int, what: str) -> bytes:
        """Take so many bytes; `what` they are is for the message where there are fewer."""
        if n_bytes > len(self):
            raise FormatError(
                f"ends after {len(self._data):,} bytes, within {what}; fetch or export it again"
            )
        self.place += n_bytes
        return self._data[self.place - n_bytes : self.place]

    def take(self, layout: str, what: str) -> tuple[Any, ...]:
        """Take values of a `struct` layout."""
        return struct.unpack(layout, self.raw(struct.calcsize(layout), what))
