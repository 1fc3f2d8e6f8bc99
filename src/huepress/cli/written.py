"""Options of a compression as they were typed, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, cast

from huepress.common.choices import Dither, FormatName
from huepress.errors import OptionError
from huepress.option_table import OptionTable

if TYPE_CHECKING:
    from huepress.options import CompressOptions, OptionChanges

_UNITS = {"k": 10**3, "m": 10**6, "ki": 2**10, "mi": 2**20}


@dataclass(frozen=True, slots=True)
class Written:
    """What was typed of the option table, by its names; None is an option that was not given."""

    typed: Mapping[str, Any]

    @property
    def format(self) -> FormatName | None:
        """As in --format."""
        return cast(FormatName | None, self.typed.get("format"))

    @property
    def palette(self) -> Path | None:
        """As in --codebook and --palette."""
        return cast(Path | None, self.typed.get("palette"))

    def options(self, **settled: Unpack[OptionChanges]) -> CompressOptions:
        """Make the options of a compression; what the command has settled stands above the rest."""
        from huepress.options import CompressOptions

        changes: dict[str, Any] = {}
        for name, value in self.typed.items():
            if value is not None:  # else the library's default holds
                changes.update(_MEANING[name](value) if name in _MEANING else {name: value})
        changes.update(settled)
        if self.palette is not None:
            changes.update(_palette(self.palette, changes))
        return CompressOptions(**changes)


def share(text: str) -> float:
    """Read the value of --can-save."""
    try:
        number = float(text.strip().removesuffix("%")) / 100
    except ValueError:
        number = -1.0
    if not 0 < number < 1:
        raise OptionError(f"--can-save {text} is not a share of a file; write 10%")
    return number


def _quality(text: str) -> OptionChanges:
    low, dash, high = text.partition("-")
    try:
        if dash:
            return {"min_quality": float(low), "quality": float(high)}
        return {"quality": float(text)}
    except ValueError:
        raise OptionError(f"quality {text!r} is not Q or MIN-MAX; write 75 or 60-80") from None


def _target_size(text: str) -> OptionChanges:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([km]i?)?b?", text.strip().lower())
    if match is None:
        raise OptionError(f"size {text!r} is not a number of bytes; write 40000, 40k or 0.5M")
    try:
        return {"target_size": int(float(match[1]) * _UNITS.get(match[2] or "", 1))}
    except OverflowError:
        raise OptionError(f"size {text!r} is more than any file has; write 40k") from None


def _dither(text: str) -> OptionChanges:
    name, _, more = text.partition(":")
    dither = cast(Dither, name)  # `CompressOptions` says which there are
    if not more:
        return {"dither": dither}
    if name == "ordered":
        place = re.fullmatch(r"(\d{1,9}),(\d{1,9})", more)
        if place is None:
            raise OptionError(
                f"the tile's place {more!r} is not X,Y; write --dither ordered:128,64 for the "
                "column and row of its first pixel in the whole picture"
            )
        return {"dither": dither, "tile_left": int(place[1]), "tile_top": int(place[2])}
    if name != "diffusion":
        raise OptionError(
            f"--dither {text} says more than a name; only diffusion:STRENGTH and ordered:X,Y do"
        )
    try:
        return {"dither": dither, "dither_strength": float(more)}
    except ValueError:
        raise OptionError(
            f"dither strength {more!r} is not a number; write --dither diffusion:0.5"
        ) from None


def _pinned(colors: list[str]) -> OptionChanges:
    from huepress.values.codebook import Codebook

    # A colour that is given twice counts once.
    return {"pinned": Codebook.from_hex(dict.fromkeys(colors)) if colors else None}


def _keep(text: str) -> OptionChanges:
    return {"keep": frozenset(filter(None, text.split(",")))}


def _palette(path: Path, others: Mapping[str, Any]) -> OptionChanges:
    """Read a palette file; of a codebook's lock file, what it says of the space holds, too."""
    from huepress.formats.codebooks import codebook_in
    from huepress.formats.palettes import read_palette

    shared = codebook_in(path)
    if shared is not None:
        return {"palette": shared.palette, "space": others.get("space", shared.space)}
    most = others.get("max_pixels", OptionTable.max_pixels.default)
    return {"palette": read_palette(path, max_pixels=most)}


_MEANING: dict[str, Callable[[Any], OptionChanges]] = {
    "quality": _quality,
    "target_size": _target_size,
    "dither": _dither,
    "pinned": _pinned,
    "keep": _keep,
}
"""What text means, by the option that takes it."""
