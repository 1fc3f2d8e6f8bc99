"""huepress's own palettes: JSON, of which a codebook's lock file is one that says more."""

from __future__ import annotations

import json
import reprlib
from typing import Any

from huepress.errors import FormatError
from huepress.formats.palettes.swatches import Color, Swatch, color_of, names_of, parsed
from huepress.values.palette import Palette


def read(data: bytes) -> list[Swatch]:
    """Read an object with a list of colours, or that list alone."""
    return swatches_in(parsed_json(data))


def write(palette: Palette, title: str) -> bytes:
    """Write the colours, and beside them their names where there are any."""
    value: dict[str, Any] = {"name": title, "colors": palette.hex()}
    if palette.names:
        value["names"] = list(names_of(palette))
    return written_json(value)


def parsed_json(data: bytes) -> Any:
    """Read JSON; whatever is wrong with it is told in a line."""
    text = data.decode("utf-8-sig")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(f"is not JSON ({error})") from error
    except ValueError as error:  # Python refuses integers of thousands of digits
        raise FormatError("is not JSON of colours: a number has thousands of digits") from error
    except RecursionError as error:
        raise FormatError("is not JSON of colours: it is nested too deeply") from error


def written_json(value: dict[str, Any]) -> bytes:
    """Write JSON to be read by people and compared line by line."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def swatches_in(value: Any) -> list[Swatch]:
    """Find the colours and names in what was parsed."""
    colors = value.get("colors") if isinstance(value, dict) else value
    if not isinstance(colors, list):
        raise FormatError('has no list of colours; write {"colors": ["#rrggbb", ...]}')
    names = value.get("names") if isinstance(value, dict) else None
    if names is None:
        names = [""] * len(colors)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise FormatError('has names that are not a list of text; write "names": ["red", ...]')
    if len(names) != len(colors):
        raise FormatError(
            f'has {len(names)} names for {len(colors)} colours; give one each, "" for none'
        )
    return [Swatch(_color(color), name) for color, name in zip(colors, names, strict=True)]


def _color(color: object) -> Color:
    if isinstance(color, str):
        return parsed(color)
    if not (
        isinstance(color, list)
        and len(color) in (3, 4)
        and all(type(value) is int and 0 <= value <= 255 for value in color)
    ):
        raise FormatError(
            f"{reprlib.repr(color)} is not a colour; write '#rrggbb', '#rrggbbaa', or three or "
            "four numbers of 0-255"
        )
    return color_of(color)
