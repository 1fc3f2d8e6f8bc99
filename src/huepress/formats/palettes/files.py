"""Palette files by their suffixes: which reader, which writer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from huepress.common.humanize import shown_name
from huepress.errors import FormatError, InputError
from huepress.formats.palettes import aco, act, ase, aseprite, digits, gpl, listed, pal, strip
from huepress.formats.palettes.swatches import Swatch, palette_of
from huepress.read.opening import DEFAULT_MAX_PIXELS, opened
from huepress.values.codebook import Codebook
from huepress.values.palette import Palette

_MOST_BYTES = 1 << 26


def read_palette(path: str | Path, *, max_pixels: int | None = DEFAULT_MAX_PIXELS) -> Palette:
    """Read a palette file.

    Parameters
    ----------
    path : str or Path
        A ``.gpl``, ``.hex``, ``.txt``, ``.pal``, ``.act``, ``.aco``, ``.ase``, ``.aseprite``,
        ``.json`` or ``.png`` file, of any program in `huepress.formats.palettes`. A palette PNG
        gives its palette; another one that is a single row or column, its pixels; any other its
        distinct colours in reading order. A JSON file may also be a plain list, and a colour in it
        a list of three or four numbers.
    max_pixels : int or None
        A larger PNG is refused before it is decoded; None sets no limit.

    Returns
    -------
    Palette
        Every entry at its place, repeated ones too, with their names where the file has any.

    Raises
    ------
    InputError
        If the file cannot be read, or is past a limit.
    FormatError
        If the suffix is unknown, or the file holds no colours, too many, or something else.
    """
    path = Path(path)
    read = _reader(path)
    data = content_of(path)
    try:
        return palette_of(read(data, max_pixels))
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not text ({error.reason}); check its suffix") from error
    except (FormatError, InputError) as error:
        raise type(error)(f"{path}: {error}") from error


def content_of(path: Path) -> bytes:
    """Read a whole file of the size that a palette file may have."""
    with opened(path) as file:
        try:
            data = file.read(_MOST_BYTES + 1)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > _MOST_BYTES:
        raise InputError(f"{path} has more than the {_MOST_BYTES:,} bytes of a palette file")
    if not data:
        raise FormatError(f"{path}: is empty (0 bytes); fetch or export the palette again")
    return data


def write_palette(palette: Palette | Codebook, path: str | Path) -> bytes:
    r"""Write a palette file.

    Parameters
    ----------
    palette : Palette or Codebook
        The colours, in the order in which they are written, and their names where the format has
        a place for them.
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
    suffix = suffix_of(path)
    if suffix not in _WRITERS:
        if suffix in _READERS:
            raise FormatError(f"{suffix} files are only read; write one of {', '.join(SUFFIXES)}")
        raise _unknown(path, SUFFIXES)
    title = shown_name(path.stem) if path.suffix else "palette"
    return _WRITERS[suffix](Palette.of(palette), title)


def suffix_of(path: Path) -> str:
    """Return a suffix in small letters; Path takes a bare ".gpl" for a name without one."""
    return (path.suffix or path.name).lower()


_Reader = Callable[[bytes, int | None], list[Swatch]]


def _of_bytes(read: Callable[[bytes], list[Swatch]]) -> _Reader:
    return lambda data, _: read(data)


def _read_ase(data: bytes) -> list[Swatch]:
    """Tell the two programs apart that chose one suffix."""
    if data.startswith(ase.MAGIC):
        return ase.read(data)
    if aseprite.is_aseprite(data):
        return aseprite.read(data)
    raise FormatError(
        "begins neither as Adobe's Swatch Exchange (ASEF) nor as a sprite of Aseprite; check its "
        "suffix"
    )


_READERS: dict[str, _Reader] = {
    ".gpl": _of_bytes(gpl.read),
    ".hex": _of_bytes(digits.read_hex),
    ".txt": _of_bytes(digits.read_paint_net),
    ".pal": _of_bytes(pal.read),
    ".act": _of_bytes(act.read),
    ".aco": _of_bytes(aco.read),
    ".ase": _of_bytes(_read_ase),
    ".aseprite": _of_bytes(_read_ase),
    ".json": _of_bytes(listed.read),
    ".png": strip.read,
}
_WRITERS: dict[str, Callable[[Palette, str], bytes]] = {
    ".gpl": gpl.write,
    ".hex": digits.write_hex,
    ".txt": digits.write_paint_net,
    ".pal": pal.write,
    ".act": act.write,
    ".aco": aco.write,
    ".ase": ase.write,
    ".json": listed.write,
    ".png": strip.write,
}

SUFFIXES = tuple(_WRITERS)
"""Of the palette files that are read and written."""

READABLE = tuple(_READERS)
"""Of the palette files that are read."""


def _reader(path: Path) -> _Reader:
    suffix = suffix_of(path)
    if suffix not in _READERS:
        raise _unknown(path, READABLE)
    return _READERS[suffix]


def _unknown(path: Path, known: tuple[str, ...]) -> FormatError:
    return FormatError(f"{str(path)!r} has no suffix of a palette file; use {', '.join(known)}")
