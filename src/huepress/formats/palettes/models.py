"""Colours of other models as bytes of sRGB, as far as that goes without a profile.

Palettes say nothing of the ink or paper that they are meant for. CMYK is taken as light that inks
leave, as screens show it where nobody knows better. Only plain arithmetic, the same everywhere.
"""

from __future__ import annotations

import colorsys
import math

import numpy as np

from huepress.colorspace import FIT_UNIT, embed, unembed
from huepress.errors import FormatError
from huepress.formats.palettes.swatches import Color

_WHITE = (0.96422, 1.0, 0.82521)
"""D50, which Lab refers to in Adobe's programs."""

_TO_LINEAR = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
"""XYZ under D50 to linear sRGB, adapted by Bradford's matrix (B. J. Lindbloom)."""


def from_rgb(red: float, green: float, blue: float) -> Color:
    """Round samples of 0 to 1."""
    return _byte(red), _byte(green), _byte(blue), 255


def from_grey(level: float) -> Color:
    """Round a level of 0 (black) to 1."""
    return from_rgb(level, level, level)


def from_cmyk(cyan: float, magenta: float, yellow: float, black: float) -> Color:
    """Take ink away from white; 1 is full ink."""
    return from_rgb(*((1 - _unit(ink)) * (1 - _unit(black)) for ink in (cyan, magenta, yellow)))


def from_hsb(hue: float, saturation: float, brightness: float) -> Color:
    """Convert hue (a turn is 1), saturation and brightness."""
    return from_rgb(*colorsys.hsv_to_rgb(_unit(hue), _unit(saturation), _unit(brightness)))


def from_lab(lightness: float, a: float, b: float) -> Color:
    """Convert CIE L*a*b* under D50, of a lightness of 0 to 100; what sRGB lacks is clipped."""
    middle = (min(max(_finite(lightness), 0), 100) + 16) / 116
    f = middle + _finite(a) / 500, middle, middle - _finite(b) / 200
    xyz = [white * _uncubed(value) for white, value in zip(_WHITE, f, strict=True)]
    linear = [sum(m * v for m, v in zip(row, xyz, strict=True)) for row in _TO_LINEAR]
    point = embed(np.zeros((1, 3), np.uint8), "linear")
    point[0, :3] = [round((_unit(light) - 0.5) * FIT_UNIT) for light in linear]
    red, green, blue, _ = unembed(point, "linear")[0].tolist()
    return red, green, blue, 255


def _uncubed(value: float) -> float:
    """Invert CIE's f."""
    return value**3 if value > 6 / 29 else 3 * (6 / 29) ** 2 * (value - 4 / 29)


def _byte(value: float) -> int:
    return math.floor(_unit(value) * 255 + 0.5)


def _unit(value: float) -> float:
    return min(max(_finite(value), 0.0), 1.0)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise FormatError(f"has a sample of {value}; it is damaged: export it again")
    return value
