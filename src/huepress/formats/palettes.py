"""Palette files: a codebook as other programs exchange it.

======= ===================== ============= ====================================================
suffix  known from            alpha         content
======= ===================== ============= ====================================================
.gpl    GIMP, Inkscape        read only     ``red green blue name`` a line, or with alpha (Aseprite)
.hex    Lospec                yes           ``rrggbb`` a line, ``rrggbbaa`` where not opaque
.act    Adobe                 one full      256 × 3 bytes, number of colours, transparent index
.json   huepress              yes           ``{"name": ..., "colors": ["#rrggbb", ...]}``
.png    all                   yes           one pixel a colour
======= ===================== ============= ====================================================
"""

from __future__ import annotations

import json
import re
import reprlib
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from huepress.common.arrays import distinct
from huepress.common.humanize import shown_name
from huepress.errors import FormatError, InputError, OptionError
from huepress.formats import png
from huepress.formats.common import check_pixels
from huepress.read.opening import DEFAULT_MAX_PIXELS, opened
from huepress.values.codebook import MAX_CODES, Codebook, parse_hex
from huepress.values.palette import Palette, Slots

_ACT_COLORS = 256
_ACT_NONE = 0xFFFF
_MOST_BYTES = 1 << 26
_STRIP = 256  # pixels of the longest row that is a palette; a longer one is a picture
_Color = tuple[int, int, int, int]


def read_palette(path: str | Path, *, max_pixels: int | None = DEFAULT_MAX_PIXELS) -> Palette:
    """Read a palette file.

    Parameters
    ----------
    path : str or Path
        A ``.gpl``, ``.hex``, ``.act``, ``.json`` or ``.png`` file. A palette PNG gives its palette;
        another one that is a single row or column, its pixels; any other its distinct colours in
        reading order. A JSON file may also be a plain list, and a colour in it a list of three or
        four numbers.
    max_pixels : int or None
        A larger PNG is refused before it is decoded; None sets no limit.

    Returns
    -------
    Palette
        Every entry at its place, repeated ones too.

    Raises
    ------
    InputError
        If the file cannot be read, or is past a limit.
    FormatError
        If the suffix is unknown, or the file holds no colours, too many, or something else.
    """
    path = Path(path)
    read, _ = _codec(path)
    with opened(path) as file:
        try:
            data = file.read(_MOST_BYTES + 1)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > _MOST_BYTES:
        raise InputError(f"{path} has more than the {_MOST_BYTES:,} bytes of a palette file")
    if not data:
        raise FormatError(f"{path}: is empty (0 bytes); fetch or export the palette again")
    try:
        colors = read(data, max_pixels)
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not text ({error.reason}); check its suffix") from error
    except (FormatError, InputError) as error:
        raise type(error)(f"{path}: {error}") from error
    if not 1 <= len(colors) <= MAX_CODES:
        raise FormatError(f"{path} holds {len(colors)} colours; a palette has 1 to {MAX_CODES}")
    return Palette(np.array(colors, np.uint8))


def write_palette(codebook: Codebook, path: str | Path) -> bytes:
    r"""Write a palette file.

    Parameters
    ----------
    codebook : Codebook
        The colours, in the order in which they are written.
    path : str or Path
        Tells the format by its suffix, and names the palette by its stem; nothing is written there.
        A bare suffix such as ``.gpl`` will do.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    FormatError
        If the suffix is unknown, or the format cannot hold so many colours or their alpha.

    Examples
    --------
    >>> write_palette(Codebook.from_hex(["#123456", "#abcdef"]), "sea.hex")
    b'123456\nabcdef\n'
    """
    path = Path(path)
    _, write = _codec(path)
    name = shown_name(path.stem) if path.suffix else "palette"
    return write(codebook, name)


def _read_gpl(data: bytes, _: int | None) -> list[_Color]:
    lines = data.decode("utf-8-sig").splitlines()
    if not lines or lines[0].strip() != "GIMP Palette":
        raise FormatError("it does not begin with 'GIMP Palette'; check its suffix")
    channels = 4 if any(re.fullmatch(r"Channels:\s*RGBA\s*", line) for line in lines[:10]) else 3
    colors = []
    for number, line in enumerate(lines[1:], 2):
        text = line.strip()
        if not text or text.startswith("#") or re.match(r"(Name|Columns|Channels):", text):
            continue
        numbers = text.split()[:channels]
        values = [int(number) for number in numbers if re.fullmatch("[0-9]{1,3}", number)]
        if len(values) < channels or max(values) > 255:
            raise FormatError(f"line {number}, {text!r}, is not {channels} numbers of 0-255")
        colors.append(_color(values))
    return colors


def _write_gpl(codebook: Codebook, name: str) -> bytes:
    if (codebook.rgba[:, 3] != 255).any():
        raise FormatError(
            "a GIMP palette has no alpha, and the codebook does; use .json, .hex or .png"
        )
    rows = [
        f"{red:3d} {green:3d} {blue:3d}\t#{red:02x}{green:02x}{blue:02x}"
        for red, green, blue, _ in codebook.rgba.tolist()
    ]
    return "\n".join(["GIMP Palette", f"Name: {name}", "Columns: 16", "#", *rows, ""]).encode()


def _read_hex(data: bytes, _: int | None) -> list[_Color]:
    lines = data.decode("utf-8-sig").splitlines()
    return [_parsed(text) for line in lines if (text := line.split(";")[0].strip())]


def _write_hex(codebook: Codebook, name: str) -> bytes:
    return "".join(f"{color[1:]}\n" for color in codebook.hex()).encode()


def _read_act(data: bytes, _: int | None) -> list[_Color]:
    size = 3 * _ACT_COLORS
    if len(data) not in (size, size + 4):
        raise FormatError(f"{len(data)} bytes; an .act file has {size} or {size + 4}")
    used, transparent = struct.unpack(">HH", data[size:]) if len(data) > size else (256, _ACT_NONE)
    used = used or _ACT_COLORS
    if used > _ACT_COLORS:
        raise FormatError(f"a count of {used}; an .act file has at most {_ACT_COLORS} colours")
    colors = [_color(list(data[3 * i : 3 * i + 3])) for i in range(used)]
    if transparent < used:
        colors[transparent] = (*colors[transparent][:3], 0)
    return colors


def _write_act(codebook: Codebook, name: str) -> bytes:
    alpha = codebook.rgba[:, 3]
    if len(codebook) > _ACT_COLORS:
        raise FormatError(
            f"{len(codebook)} colours exceed the {_ACT_COLORS} of an .act file; use .json or .hex"
        )
    if ((alpha > 0) & (alpha < 255)).any():
        raise FormatError(
            "an .act file knows one fully transparent colour, and the codebook has "
            "semi-transparent ones; use .json, .hex or .png"
        )
    transparent = int(alpha.argmin()) if (alpha == 0).any() else _ACT_NONE
    colors = codebook.rgba[:, :3].tobytes().ljust(3 * _ACT_COLORS, b"\0")
    return colors + struct.pack(">HH", len(codebook), transparent)


def _read_json(data: bytes, _: int | None) -> list[_Color]:
    text = data.decode("utf-8-sig")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(f"not JSON ({error})") from error
    except ValueError as error:  # Python refuses integers of thousands of digits
        raise FormatError("not JSON of colours: a number in it has thousands of digits") from error
    except RecursionError as error:
        raise FormatError("not JSON of colours: it is nested too deeply") from error
    colors = value.get("colors") if isinstance(value, dict) else value
    if not isinstance(colors, list):
        raise FormatError('no list of colours; write {"colors": ["#rrggbb", ...]}')
    return [_from_json(color) for color in colors]


def _from_json(color: object) -> _Color:
    if isinstance(color, str):
        return _parsed(color)
    if not (
        isinstance(color, list)
        and len(color) in (3, 4)
        and all(type(value) is int and 0 <= value <= 255 for value in color)
    ):
        raise FormatError(
            f"{reprlib.repr(color)} is not a colour; write '#rrggbb', '#rrggbbaa', or three or "
            "four numbers of 0-255"
        )
    return _color(color)


def _write_json(codebook: Codebook, name: str) -> bytes:
    value = {"name": name, "colors": codebook.hex()}
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _read_png(data: bytes, max_pixels: int | None) -> list[_Color]:
    header = png.read_header(data)
    palette = header.palette
    if palette is None:
        if header.depth > 8:
            raise FormatError(f"{header.depth} bits a channel; a palette PNG has 8")
        check_pixels(header.width, header.height, max_pixels)
        pixels = png.decode_pixels(data)
        flat = np.ascontiguousarray(pixels.reshape(-1, 4))
        if min(pixels.shape[:2]) > 1 or len(flat) > _STRIP:
            flat = np.where(flat[:, 3:] == 0, 0, flat).astype(np.uint8)
            first, _ = distinct(flat)
            flat = flat[np.sort(first)]
        palette = flat
    return [_color(code) for code in palette.tolist()]


def _write_png(codebook: Codebook, name: str) -> bytes:
    labels = np.arange(len(codebook), dtype=np.uint16)[None]
    slots = Slots(Palette.of(codebook), labels)
    if len(codebook) > png.MAX_CODES:
        return png.encode_truecolor(slots.decode())
    return png.encode_slots(slots)


def _parsed(text: str) -> _Color:
    try:
        return parse_hex(text)
    except OptionError as error:
        raise FormatError(str(error)) from error


def _color(values: list[int]) -> _Color:
    red, green, blue, *alpha = values
    return red, green, blue, alpha[0] if alpha else 255


_Codec = tuple[Callable[[bytes, int | None], list[_Color]], Callable[[Codebook, str], bytes]]
_CODECS: dict[str, _Codec] = {
    ".gpl": (_read_gpl, _write_gpl),
    ".hex": (_read_hex, _write_hex),
    ".act": (_read_act, _write_act),
    ".json": (_read_json, _write_json),
    ".png": (_read_png, _write_png),
}

SUFFIXES = tuple(_CODECS)
"""Of the palette files that are read and written."""


def _codec(path: Path) -> _Codec:
    # Path takes a bare ".gpl" for a name without suffix.
    suffix = (path.suffix or path.name).lower()
    if suffix not in _CODECS:
        raise FormatError(
            f"{str(path)!r} has no suffix of a palette file; use {', '.join(SUFFIXES)}"
        )
    return _CODECS[suffix]
