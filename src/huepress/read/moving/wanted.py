"""What is wanted of a moving picture: which part, at which rate, how large."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from huepress.common.checks import number, whole
from huepress.errors import OptionError
from huepress.read.opening import check_size

MOST_RATE = 1000
_MOST_SECONDS = 2**31 // 1000
_MOST_WIDTH = 65535


@dataclass(frozen=True, slots=True)
class Wanted:
    """Options of `Animation.read`, checked; times are whole milliseconds."""

    fps: Fraction | None = None
    start: int = 0
    duration: int | None = None
    width: int | None = None
    max_pixels: int | None = None
    lenient: bool = False

    def at_own_rate(self) -> Wanted:
        """Return the same at the rate that frames have."""
        return replace(self, fps=None)

    def size_of(self, width: int, height: int, name: str) -> tuple[int, int]:
        """Return the width and height that frames get, within the limit."""
        if self.width is None:
            return width, height
        size = self.width, max(1, (2 * height * self.width + width) // (2 * width))
        check_size(*size, f"{name}, scaled", self.max_pixels)
        return size


def wanted(
    *, fps: Any, start: Any, duration: Any, width: Any, max_pixels: Any, lenient: bool
) -> Wanted:
    """Check options as they were given."""
    return Wanted(
        fps=None if fps is None else _rate(fps),
        start=_milliseconds("start", start),
        duration=None if duration is None else _milliseconds("duration", duration, least=1),
        width=None if width is None else whole("width", width, 1, _MOST_WIDTH),
        max_pixels=None if max_pixels is None else whole("max_pixels", max_pixels, low=1),
        lenient=lenient,
    )


def _rate(fps: Any) -> Fraction:
    """Return the number that was written: 29.97 is 2997/100."""
    rate = fps if isinstance(fps, Fraction) else number("fps", fps)
    if not 0 < rate <= MOST_RATE:
        raise OptionError(f"fps={fps} is out of range; use more than 0, up to {MOST_RATE}")
    exact = Fraction(str(rate)).limit_denominator(1_000_000)
    return exact or Fraction(1, 1_000_000)


def _milliseconds(name: str, seconds: Any, *, least: int = 0) -> int:
    value = number(name, seconds)
    if not math.isfinite(value) or not least <= value * 1000 <= _MOST_SECONDS * 1000:
        limits = f"{least / 1000:g} to {_MOST_SECONDS:,}"
        raise OptionError(f"{name}={value:g} is out of range; use {limits} seconds")
    return math.floor(value * 1000 + 0.5)
