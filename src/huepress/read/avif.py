"""What an AVIF says of its colours, depth and frame, which Pillow does not pass on.

The boxes are those of ISO/IEC 14496-12 and 23008-12 (HEIF).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_FULL_BOX = 4  # version and flags, where a box has them
_SAMPLE_ENTRY = 78  # what stands before the boxes of a video's sample entry


@dataclass(frozen=True, slots=True)
class AvifFacts:
    """What the boxes of the main picture say of its depth, colours and crop."""

    bit_depth: int = 8
    code_points: tuple[int, int] | None = None
    clean_aperture: tuple[Fraction, Fraction, Fraction, Fraction] | None = None


class _Box(NamedTuple):
    kind: bytes
    data: bytes


def facts_of_avif(data: bytes) -> AvifFacts:
    """Read the boxes at the front of a file; what is missing or broken is left at its default."""
    try:
        properties = _properties(data)
    except (struct.error, IndexError, KeyError, ValueError):
        return AvifFacts()
    bit_depth, code_points, aperture = 8, None, None
    for kind, box in properties:
        if kind == b"av1C" and len(box) > 2 and box[2] & 0x40:
            bit_depth = 12 if box[2] & 0x20 else 10
        elif kind == b"colr" and box[:4] == b"nclx" and len(box) >= 8:
            code_points = struct.unpack_from(">HH", box, 4)
        elif kind == b"clap" and len(box) >= 32:
            values = struct.unpack(">8i", box[:32])
            if all(values[1::2]):
                width, height, right, down = (Fraction(*values[i : i + 2]) for i in range(0, 8, 2))
                aperture = width, height, right, down
    return AvifFacts(bit_depth, code_points, aperture)


def clean_box(
    aperture: tuple[Fraction, Fraction, Fraction, Fraction], size: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """Return the left, top, right and lower edge that a clean aperture leaves of a stored picture.

    None where it is no box of whole pixels within the picture.

    Examples
    --------
    >>> one = Fraction(1)
    >>> clean_box((one * 4, one * 2, Fraction(-1, 2), Fraction(0)), (9, 6))
    (2, 2, 6, 4)
    """
    edges = []
    for extent, offset, whole in zip(aperture[:2], aperture[2:], size, strict=True):
        start = offset + Fraction(whole - 1, 2) - (extent - 1) / 2
        if start.denominator != 1 or extent.denominator != 1:
            return None
        if start < 0 or extent < 1 or start + extent > whole:
            return None
        edges.append((int(start), int(start + extent)))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom


def _properties(data: bytes) -> list[_Box]:
    top = dict(_boxes(data))
    if b"moov" in top and data[8:12] == b"avis":
        return _of_track(top[b"moov"])
    meta = dict(_boxes(top[b"meta"][_FULL_BOX:]))
    pitm = meta[b"pitm"]
    (item,) = struct.unpack_from(">I" if pitm[0] else ">H", pitm, _FULL_BOX)
    inside = list(_boxes(meta[b"iprp"]))
    known = list(_boxes(dict(inside)[b"ipco"]))
    return [
        known[index - 1]
        for kind, box in inside
        if kind == b"ipma"
        for index in _associated(box, item)
        if 0 < index <= len(known)
    ]


def _of_track(moov: bytes) -> list[_Box]:
    track = next(box for kind, box in _boxes(moov) if kind == b"trak")
    for kind in (b"mdia", b"minf", b"stbl", b"stsd"):
        track = dict(_boxes(track))[kind]
    entry = dict(_boxes(track[_FULL_BOX + 4 :]))[b"av01"]
    return list(_boxes(entry[_SAMPLE_ENTRY:]))


def _associated(ipma: bytes, wanted: int) -> list[int]:
    """Return the indices, from 1, of the properties of one item."""
    wide_items, wide_indices = ipma[0] > 0, ipma[3] & 1
    (n_items,) = struct.unpack_from(">I", ipma, _FULL_BOX)
    position = _FULL_BOX + 4
    for _ in range(n_items):
        (item,) = struct.unpack_from(">I" if wide_items else ">H", ipma, position)
        position += 4 if wide_items else 2
        n_indices = ipma[position]
        code, mask = (">H", 0x7FFF) if wide_indices else (">B", 0x7F)
        size = struct.calcsize(code)
        if item == wanted:
            return [
                struct.unpack_from(code, ipma, position + 1 + size * i)[0] & mask
                for i in range(n_indices)
            ]
        position += 1 + size * n_indices
    return []


def _boxes(data: bytes) -> Iterator[_Box]:
    position = 0
    while position + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, position + 8)
            head = 16
        elif size == 0:
            size = len(data) - position
        if size < head:
            raise ValueError("a box smaller than its head")
        yield _Box(kind, data[position + head : position + size])
        position += size
