"""Lock files: a codebook that many pictures share, as JSON that is read and compared line by line.

============ ================ =====================================================================
key          type             meaning
============ ================ =====================================================================
kind         text             ``huepress codebook``
version      number           1
name         text             of the codebook
space        text             where colours are compared: ``oklab``, ``srgb``, ``linear``
k            number           how many codes there is room for
colors       list of text     the codes in order, no two alike: ``#rrggbb``, ``#rrggbbaa`` where not
                              opaque; full transparency is ``#00000000``
names        list of text     of the codes, "" for none; missing where none has one
pins         list of numbers  places, from 0, of codes that were given and never change
histograms   list of objects  what codes were learned from: ``sha256``, ``pixels``, ``colors`` each
============ ================ =====================================================================

It is a palette file, too: programs that look for ``colors`` need know no more.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from huepress.common.choices import SPACES
from huepress.common.humanize import shown_name
from huepress.errors import FormatError, OptionError
from huepress.formats.palettes.files import content_of
from huepress.formats.palettes.listed import parsed_json, swatches_in, written_json
from huepress.formats.palettes.swatches import names_of, palette_of
from huepress.values.shared import Counted, SharedCodebook

KIND = "huepress codebook"
VERSION = 1
"""The version that this program writes, and the newest it reads."""

SUFFIX = ".json"

_NUMBERS = 2**63


def write_codebook(shared: SharedCodebook, name: str = "codebook") -> bytes:
    """Write a lock file.

    Parameters
    ----------
    shared : SharedCodebook
        The codes and their rules.
    name : str
        What the codebook is called.

    Returns
    -------
    bytes
        JSON with a code a line, the same for the same codebook and name.

    Examples
    --------
    >>> from huepress.values.palette import Palette
    >>> import json
    >>> shared = SharedCodebook(Palette.from_hex(["#e2001a", "#000"]), pins=(0,), k=8)
    >>> held = json.loads(write_codebook(shared, "brand"))
    >>> held["colors"], held["pins"], held["k"]
    (['#e2001a', '#000000'], [0], 8)
    """
    value: dict[str, Any] = {
        "kind": KIND,
        "version": VERSION,
        "name": shown_name(name),
        "space": shared.space,
        "k": shared.k,
        "colors": shared.palette.hex(),
    }
    if shared.palette.names:
        value["names"] = list(names_of(shared.palette))
    value["pins"] = list(shared.pins)
    value["histograms"] = [
        {"sha256": one.sha256, "pixels": one.pixels, "colors": one.colors}
        for one in shared.learned_from
    ]
    return written_json(value)


def read_codebook(path: str | Path) -> SharedCodebook:
    """Read a lock file.

    Parameters
    ----------
    path : str or Path
        A ``.json`` file that `write_codebook` has made.

    Returns
    -------
    SharedCodebook
        Exactly the one that was written.

    Raises
    ------
    InputError
        If the file cannot be read.
    FormatError
        If it is no lock file, is of a later version, or contradicts itself.

    Examples
    --------
    >>> import tempfile
    >>> from huepress.values.palette import Palette
    >>> shared = SharedCodebook(Palette.from_hex(["#e2001a", "#000"]), pins=(0,))
    >>> path = Path(tempfile.mkdtemp(), "brand.json")
    >>> path.write_bytes(write_codebook(shared)) > 0
    True
    >>> read_codebook(path) == shared
    True
    """
    found = codebook_in(path)
    if found is None:
        raise FormatError(
            f"{path} is no codebook; make one of it: huepress codebook merge {path} -o brand.json"
        )
    return found


def codebook_in(path: str | Path) -> SharedCodebook | None:
    """Read a lock file, or return None where a file is another palette file, by name or content."""
    path = Path(path)
    if path.suffix.lower() != SUFFIX:
        return None
    data = content_of(path)
    try:
        value = parsed_json(data)
        if not isinstance(value, dict) or value.get("kind") != KIND:
            return None
        return _decoded(value)
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not text ({error.reason}); check its suffix") from error
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    except OptionError as error:
        raise FormatError(f"{path}: a codebook that contradicts itself: {error}") from error


def _decoded(value: dict[str, Any]) -> SharedCodebook:
    version = _number(value, "version")
    if not 1 <= version <= VERSION:
        raise FormatError(
            f"a codebook of version {version}; this program reads versions up to {VERSION}: "
            "upgrade huepress"
        )
    palette = palette_of(swatches_in(value))
    space = value.get("space")
    if space not in SPACES:
        raise FormatError(
            f"has the space {_shown(space)}; a codebook has one of {', '.join(SPACES)}"
        )
    pins = _list(value, "pins")
    if not all(type(pin) is int for pin in pins):
        raise FormatError("has pins that are not whole numbers; give the places of codes, from 0")
    return SharedCodebook(
        palette,
        tuple(pins),
        space,
        _number(value, "k"),
        tuple(map(_counted, _list(value, "histograms"))),
    )


def _counted(value: object) -> Counted:
    if not isinstance(value, dict):
        raise FormatError(f"has a histogram that is {_shown(value)}, not an object")
    digest = value.get("sha256")
    if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise FormatError(f"has a histogram with sha256 {_shown(digest)}, not 64 digits")
    return Counted(digest, _number(value, "pixels"), _number(value, "colors"))


def _number(value: dict[str, Any], name: str) -> int:
    found = value.get(name)
    if type(found) is not int or not 0 <= found < _NUMBERS:
        raise FormatError(f"has {name} {_shown(found)}, not a whole number; build it again")
    return found


def _list(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    if not isinstance(found, list):
        raise FormatError(f"has {name} {_shown(found)}, not a list; build it again")
    return found


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
