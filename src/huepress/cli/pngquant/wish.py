"""What is wanted of each picture: typed values checked, as one frozen value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from huepress.cli.pngquant.typed import Typed, TypedOfPicture
from huepress.errors import OptionError

MOST_COLORS, FAST = 256, 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One wish for all files.

    Parameters
    ----------
    files : tuple of str
        What to read; ``("-",)`` is standard input, and none is an error of the caller.
    colors : int
        Most colours, 2 to 256.
    low, high : int or None
        On pngquant's scale of quality; None where nothing is asked.
    speed : int
        1 to 11.
    diffusion : float or None
        The share of errors to diffuse, 0 for no dithering; None leaves it to the search.
    bits : int
        Bits of each channel, 4 to 8.
    typed : Typed
        What needs no reading of files and messages.
    map : Path or None
        Whose colours to take.
    transbug, strip : bool
        As typed.
    """

    files: tuple[str, ...]
    colors: int
    low: int | None
    high: int | None
    speed: int
    diffusion: float | None
    bits: int
    typed: Typed
    map: Path | None
    transbug: bool
    strip: bool

    @property
    def ext(self) -> str:
        """What stands behind the name of an output, which tells whether it may be dithered."""
        if self.typed.ext is not None:
            return self.typed.ext
        return "-or8.png" if self.diffusion == 0 else "-fs8.png"

    @classmethod
    def of(cls, words: list[str], typed: Typed, picture: TypedOfPicture) -> Wish:
        """Check what was typed; an `OptionError` says what is wrong."""
        colors, files = MOST_COLORS, list(words)
        if files and re.fullmatch(r"\d{1,9}", files[0]):
            colors = int(files.pop(0)) or MOST_COLORS
            if not 2 <= colors <= MOST_COLORS:
                raise OptionError(f"{colors} colours are out of range; use 2 to {MOST_COLORS}")
            files = files or ["-"]
        if typed.output is not None and len(files) > 1:
            raise OptionError(
                f"--output names one output for {len(files)} inputs; use --ext, and quote names "
                "with spaces"
            )
        low, high = (None, None) if picture.quality is None else _qualities(picture.quality)
        speed = _whole("--speed", picture.speed, 4, 1, FAST)
        return cls(
            files=tuple(files),
            colors=colors,
            low=low,
            high=high,
            speed=speed,
            diffusion=0.0 if picture.nofs or speed == FAST else _diffusion(picture.floyd),
            bits=8 - _whole("--posterize", picture.posterize, 0, 0, 4),
            typed=typed,
            map=None if picture.map is None else Path(picture.map),
            transbug=picture.transbug,
            strip=picture.strip,
        )


def _qualities(text: str) -> tuple[int, int]:
    """Read MIN-MAX; MAX alone, which brings nine tenths of it as MIN; MIN- and -MAX."""
    match = re.fullmatch(r"(\d*)(-?)(\d*)", text)
    if match is None or text in ("", "-"):
        raise OptionError(f"--quality {text!r} is not MIN-MAX; write 65-80")
    first, dash, last = match.groups()
    high = int(last or 100) if dash else int(first)
    low = int(first or 0) if dash else high * 9 // 10
    if not low <= high <= 100:
        raise OptionError(f"--quality {text} is out of range; use 0 to 100, the lower one first")
    return low, high


def _whole(flag: str, text: str | None, default: int, least: int, most: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,3}", text) or not least <= int(text) <= most:
        raise OptionError(f"{flag} {text} is out of range; use a whole number, {least} to {most}")
    return int(text)


def _diffusion(text: str | None) -> float | None:
    if not text:
        return None if text is None else 1.0
    try:
        strength = float(text)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= 1:
        raise OptionError(f"--floyd={text} is out of range; use 0 to 1")
    return strength
