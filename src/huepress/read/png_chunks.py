"""PNG chunks and the walk through them, for pictures that are read and files that were written.

By the rules of https://www.w3.org/TR/png-3.
"""

from __future__ import annotations

import struct
import zlib
from typing import IO, TYPE_CHECKING, NamedTuple

from huepress.read.splice import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
"""Colour types of the header."""

CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}

LONGEST = {
    b"IHDR": 13,
    b"PLTE": 768,
    b"tRNS": 256,
    b"pHYs": 9,
    b"acTL": 8,
    b"fcTL": 26,
    b"cICP": 4,
    b"cHRM": 32,
    b"gAMA": 4,
    b"sRGB": 1,
    b"sBIT": 4,
    b"eXIf": 1 << 24,
    b"iCCP": 1 << 24,
    b"tEXt": 1 << 20,
    b"zTXt": 1 << 20,
}
"""Chunks whose contents are kept, and the most bytes of each; of others only the place is noted."""

BLOCK = 1 << 18

_DEPTHS = {
    GREY: (1, 2, 4, 8, 16),
    RGB: (8, 16),
    PALETTE: (1, 2, 4, 8),
    GREY_ALPHA: (8, 16),
    RGBA: (8, 16),
}


class DamageError(Exception):
    """A rule that a file breaks."""


class Chunk(NamedTuple):
    """One chunk: its kind, where its contents lie, and the contents where they are kept."""

    kind: bytes
    span: Span
    data: bytes | None


class Header(NamedTuple):
    """The fields of IHDR that vary."""

    width: int
    height: int
    depth: int
    color_type: int
    interlace: int


class Walk:
    """The chunks of a PNG in order, their checksums compared.

    A damaged file raises `DamageError`, or if `lenient` leaves a warning and goes on. With `until`
    the walk ends before the first chunk of that kind, whose contents are not read.
    """

    def __init__(self, file: IO[bytes], *, lenient: bool = False, until: bytes = b"") -> None:
        self.file = file
        self.lenient = lenient
        self.until = until
        self.warnings: list[str] = []
        self.is_damaged = False

    def damaged(self, what: str) -> None:
        """Raise `DamageError`, or if lenient note the damage."""
        if not self.lenient:
            raise DamageError(what)
        self.is_damaged = True
        self.warnings.append(f"it is damaged: {what}")

    def __iter__(self) -> Iterator[Chunk]:
        self.file.seek(len(SIGNATURE))
        position = len(SIGNATURE)
        while True:
            head = self.file.read(8)
            if not head:
                self.warnings.append("it ends without an IEND chunk, though no pixel is missing")
                return
            kind = head[4:]
            if len(head) < 8:
                return self.damaged(f"it ends within a chunk, at byte {position + len(head):,}")
            (length,) = struct.unpack(">I", head[:4])
            if not kind.isalpha() or length >= 1 << 31:
                return self.damaged(f"no chunk stands at byte {position:,}")
            if kind == self.until:
                return
            is_kept = length <= LONGEST.get(kind, -1)
            checksum, rest, kept = zlib.crc32(kind), length, b""
            while rest and (block := self.file.read(min(rest, BLOCK))):
                checksum = zlib.crc32(block, checksum)
                rest -= len(block)
                if is_kept:
                    kept += block
            stated = self.file.read(4)
            shown = kind.decode()
            whole = True
            if rest or len(stated) < 4:
                whole = False
                self.damaged(f"it ends within its {shown} chunk, at byte {position:,}")
            elif struct.unpack(">I", stated)[0] != checksum:
                whole = False
                self.damaged(f"the checksum of its {shown} chunk at byte {position:,} is wrong")
            # Without these there is no picture; of the others, a damaged one is better left out.
            if whole or kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"fdAT"):
                yield Chunk(kind, Span(position + 8, length - rest), kept if is_kept else None)
            if kind == b"IEND" or rest:
                return
            position += 12 + length


def read_header(data: bytes) -> Header:
    """Unpack an IHDR chunk, and raise `DamageError` if it states a picture that cannot be."""
    if len(data) != LONGEST[b"IHDR"]:
        raise DamageError("its header (IHDR) is too short")
    width, height, depth, color_type, compression, filtering, interlace = struct.unpack(
        ">IIBBBBB", data
    )
    if not width or not height:
        raise DamageError(f"its size is {width}×{height}")
    if depth not in _DEPTHS.get(color_type, ()) or compression or filtering or interlace > 1:
        raise DamageError(
            f"its header states a kind that does not exist (depth {depth}, colour type "
            f"{color_type}, methods {compression}, {filtering}, {interlace})"
        )
    return Header(width, height, depth, color_type, interlace)


def chunk_parts(kind: bytes, data: bytes | memoryview) -> tuple[bytes, bytes | memoryview, bytes]:
    """Make a chunk: length and kind; the contents, which are not copied; the checksum."""
    head = struct.pack(">I", len(data)) + kind
    return head, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
