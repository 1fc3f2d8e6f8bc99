"""Colours that a file states by numbers (PNG's cICP, cHRM and gAMA; AVIF's nclx) as ICC profiles.

Little CMS converts; what it is given is a profile of a matrix and a curve, written here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Chromaticities(NamedTuple):
    """CIE xy of white, red, green and blue, in the order of a PNG's cHRM chunk."""

    white: tuple[float, float]
    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]


_D65, _C, _DCI = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351)
SRGB_PRIMARIES = Chromaticities(_D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_NTSC = Chromaticities(_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))

# ITU-T H.273, tables 2 and 3.
_PRIMARIES = {
    1: SRGB_PRIMARIES,
    4: Chromaticities(_C, (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),
    5: Chromaticities(_D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: _NTSC,
    7: _NTSC,
    8: Chromaticities(_C, (0.681, 0.319), (0.243, 0.692), (0.145, 0.049)),
    9: Chromaticities(_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: Chromaticities(_DCI, *_P3),
    12: Chromaticities(_D65, *_P3),
    22: Chromaticities(_D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
_NAMES = {1: "sRGB", 9: "Rec. 2020", 11: "DCI-P3", 12: "Display P3"}
_UNSPECIFIED, _PQ, _HLG = 2, 16, 18
# As browsers show them, the curves of video (Rec. 601, 709 and 2020) are sRGB's.
_LIKE_SRGB = (1, _UNSPECIFIED, 6, 13, 14, 15)
_POWERS = {4: 2.2, 5: 2.8, 8: 1.0}

USUAL_GAMMA, GAMMA_TOLERANCE = 1 / 2.2, 0.01

# Bradford's cone responses, as the ICC asks for: from a white to D50, the white of every profile.
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_D50 = np.array([0.9642, 1.0, 0.8249])


@dataclass(frozen=True, slots=True)
class StatedColors:
    """What the numbers of a file say of its colours.

    `profile` is an ICC profile that says the same; None where the numbers say sRGB, or nothing
    usable. `name` tells for messages where the numbers stand and what they are; `warning` why they
    are not followed, where they are not.
    """

    profile: bytes | None
    name: str
    warning: str | None = None


def from_code_points(primaries: int, transfer: int, where: str, *, grey: bool) -> StatedColors:
    """Follow the colour primaries and transfer characteristics of ITU-T H.273.

    `where` names what holds them, 'cICP' or 'nclx'. The profile of greys is one of greys.

    Examples
    --------
    >>> from_code_points(1, 13, "cICP", grey=False).profile is None
    True
    >>> from_code_points(9, 16, "cICP", grey=False).warning[:36]
    'its colours are HDR (Rec. 2020, PQ),'
    """
    name = f"{where}: {_NAMES.get(primaries, f'primaries {primaries}')}"
    if transfer in (_PQ, _HLG):
        curve = "PQ" if transfer == _PQ else "HLG"
        return StatedColors(
            None,
            name,
            f"its colours are HDR ({_NAMES.get(primaries, f'primaries {primaries}')}, {curve}), "
            "which are read as if they were sRGB and look wrong; tone-map it to sRGB first",
        )
    chromaticities = SRGB_PRIMARIES if primaries == _UNSPECIFIED else _PRIMARIES.get(primaries)
    if chromaticities is None or not (transfer in _LIKE_SRGB or transfer in _POWERS):
        return StatedColors(
            None,
            name,
            f"its colours ({where}: primaries {primaries}, transfer {transfer}) cannot be "
            "converted and are taken as sRGB",
        )
    if transfer in _LIKE_SRGB and (grey or chromaticities == SRGB_PRIMARIES):
        return StatedColors(None, name)
    return StatedColors(_profile(chromaticities, _POWERS.get(transfer), name, grey=grey), name)


def from_chrm_and_gama(
    chromaticities: Chromaticities | None, gamma: float | None, *, grey: bool
) -> StatedColors:
    """Follow a PNG's cHRM and gAMA chunks; None is sRGB's primaries or curve, and greys have none.

    The gamma is as stored, the exponent that encodes, such as 0.45455. One within `GAMMA_TOLERANCE`
    of 1/2.2, as writers of sRGB pictures state it, means sRGB's curve.

    Examples
    --------
    >>> from_chrm_and_gama(None, 0.45455, grey=False).profile is None
    True
    >>> from_chrm_and_gama(None, 1.0, grey=True).name
    'gAMA: 1'
    """
    parts = ["cHRM"] if chromaticities and not grey else []
    power = None
    if gamma is not None and abs(gamma - USUAL_GAMMA) > GAMMA_TOLERANCE:
        parts.append(f"gAMA: {gamma:g}")
        if not 0.05 <= gamma <= 20:
            return StatedColors(
                None, "gAMA", f"its gamma of {gamma:g} is ignored; it is taken as sRGB"
            )
        power = 1 / gamma
    name = ", ".join(parts)
    if not parts:
        return StatedColors(None, name)
    try:
        return StatedColors(
            _profile(chromaticities or SRGB_PRIMARIES, power, name, grey=grey), name
        )
    except (ArithmeticError, ValueError, struct.error, np.linalg.LinAlgError):
        return StatedColors(
            None, name, "its cHRM chunk holds no real colours and is ignored; it is taken as sRGB"
        )


def _profile(primaries: Chromaticities, power: float | None, name: str, *, grey: bool) -> bytes:
    """Write an ICC profile (version 4) of a power curve, or sRGB's, and for colours a matrix."""
    curve = _parametric(0, power) if power else _SRGB_CURVE
    tags = {
        b"desc": _text(name),
        b"cprt": _text("public domain"),
        b"wtpt": _xyz(_D50),
    }
    if grey:
        tags[b"kTRC"] = curve
    else:
        matrix = _to_d50(primaries)
        for channel, column in zip((b"r", b"g", b"b"), matrix.T, strict=True):
            tags |= {channel + b"XYZ": _xyz(column), channel + b"TRC": curve}
    position = 132 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for tag, value in tags.items():
        table += tag + struct.pack(">II", position + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(
        ">I4xI4s4s4s12x4s24x",
        position + len(data),
        0x04300000,
        b"mntr",
        b"GRAY" if grey else b"RGB ",
        b"XYZ ",
        b"acsp",
    )
    return (head + _fixed(*_D50)).ljust(128, b"\0") + table + data


def _to_d50(primaries: Chromaticities) -> np.ndarray:
    """Return the matrix from linear RGB to XYZ, its white adapted to D50."""
    if min(y for _, y in primaries) <= 0:
        raise ValueError("a chromaticity with y = 0")
    white, *colors = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in primaries)
    columns = np.stack(colors, axis=1)
    matrix = columns * np.linalg.solve(columns, white)
    cones = _BRADFORD @ white
    adaptation = np.linalg.solve(_BRADFORD, _BRADFORD * (_BRADFORD @ _D50 / cones)[:, np.newaxis])
    adapted: np.ndarray = adaptation @ matrix
    if not np.isfinite(adapted).all():
        raise ValueError("chromaticities without a matrix")
    return adapted


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(float(value) * 65536) for value in values))


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _parametric(kind: int, *values: float) -> bytes:
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + _fixed(*values)


def _text(text: str) -> bytes:
    data = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(data), 28) + data


_SRGB_CURVE = _parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
