"""The frames of an animated WebP: https://developers.google.com/speed/webp/docs/riff_container.

Each becomes a WebP of its own, which is read as any other is.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, NamedTuple

from huepress.errors import InputError
from huepress.read.canvas import Disposal, Placed, Scanned, check_count
from huepress.read.opening import check_size
from huepress.read.splice import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = 12
_ANIMATED, _EXIF, _ALPHA, _PROFILE = 2, 8, 16, 32
_PICTURES = (b"ALPH", b"VP8 ", b"VP8L")
_LONGEST_EXTRA = 1 << 24


class _Chunk(NamedTuple):
    kind: bytes
    span: Span


class _DamageError(Exception):
    """A rule that a file breaks."""


def is_moving(file: IO[bytes]) -> bool:
    """Tell whether a WebP says that it is an animation."""
    file.seek(_HEAD)
    head = file.read(9)
    return head[:4] == b"VP8X" and len(head) == 9 and bool(head[8] & _ANIMATED)


def scan(file: IO[bytes], name: str, max_pixels: int | None = None) -> Scanned:
    """Walk through an animated WebP, without decoding its pixels."""
    walk = _Walk(file, name, max_pixels)
    try:
        walk.run()
    except _DamageError as damage:
        raise InputError(
            f"{name}: the animated WebP is damaged: {damage}; fetch it again"
        ) from None
    return Scanned(walk.width, walk.height, walk.loops, walk.frames, walk.still, (), walk.exif)


class _Walk:
    """The chunks of an animated WebP, gathered in one go."""

    def __init__(self, file: IO[bytes], name: str, max_pixels: int | None) -> None:
        self.file, self.name, self.max_pixels = file, name, max_pixels
        self.width = self.height = self.loops = 0
        self.frames: list[Placed] = []
        self.exif: bytes | None = None
        self._profile = b""
        self._parts: list[list[_Chunk]] = []

    def run(self) -> None:
        """Walk from the first chunk to the last."""
        n_bytes = self.file.seek(0, 2)
        self.file.seek(4)
        (stated,) = struct.unpack("<I", self.file.read(4))
        if stated + 8 > n_bytes:
            what = f"it has {n_bytes:,} bytes of {stated + 8:,}"
            self._chunks(_HEAD, n_bytes, what)
            raise _DamageError(f"{what}, and ends behind frame {len(self.frames) - 1}")
        self._chunks(_HEAD, stated + 8, "")
        if not self.frames:
            raise _DamageError("it has no frame")

    def still(self, file: IO[bytes], index: int) -> bytes:
        """Make a WebP of one frame alone."""
        placed, parts = self.frames[index], self._parts[index]
        has_alpha = parts[0].kind != b"VP8 "
        flags = _ALPHA * has_alpha | _PROFILE * bool(self._profile)
        body = _packed(b"VP8X", bytes([flags, 0, 0, 0]) + _size(placed.width, placed.height))
        if self._profile:
            body += _packed(b"ICCP", self._profile)
        for kind, span in parts:
            file.seek(span.start)
            body += _packed(kind, file.read(span.length))
        return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body

    def _chunks(self, start: int, end: int, cut: str) -> None:
        for kind, span in _walked(self.file, start, end):
            if span.start + span.length > end:
                what = f"frame {len(self.frames)}" if kind == b"ANMF" else _shown(kind)
                raise _DamageError(
                    f"{cut or 'a chunk is longer than the file'}, and ends in {what}"
                )
            self.file.seek(span.start)
            if kind == b"VP8X" and not self.width and span.length >= 10:
                self.width, self.height = _sides(self.file.read(10)[4:])
                check_size(self.width, self.height, self.name, self.max_pixels)
            elif kind == b"ANIM" and span.length >= 6:
                (self.loops,) = struct.unpack("<4xH", self.file.read(6))
            elif kind == b"ANMF":
                self._frame(span)
            elif kind == b"ICCP" and span.length <= _LONGEST_EXTRA and not self._profile:
                self._profile = self.file.read(span.length)
            elif kind == b"EXIF" and span.length <= _LONGEST_EXTRA:
                self.exif = self.file.read(span.length)

    def _frame(self, span: Span) -> None:
        index = len(self.frames)
        check_count(index + 1, self.name)
        head = self.file.read(16)
        if span.length < 16:
            raise _DamageError(f"frame {index} is too short")
        left, top = (2 * int.from_bytes(head[i : i + 3], "little") for i in (0, 3))
        width, height = _sides(head[6:12])
        duration = int.from_bytes(head[12:15], "little")
        if left + width > self.width or top + height > self.height:
            raise _DamageError(
                f"frame {index} is {width}×{height} at {left}, {top}, which does not lie within "
                f"the picture of {self.width}×{self.height}"
            )
        parts = [
            chunk
            for chunk in _walked(self.file, span.start + 16, span.start + span.length)
            if chunk.kind in _PICTURES
        ]
        kinds = [chunk.kind for chunk in parts]
        if kinds not in ([b"VP8L"], [b"VP8 "], [b"ALPH", b"VP8 "]):
            raise _DamageError(f"frame {index} holds no picture")
        if any(part.span.start + part.span.length > span.start + span.length for part in parts):
            raise _DamageError(f"frame {index} is longer than its chunk")
        disposal = Disposal.CLEAR if head[15] & 1 else Disposal.KEEP
        over = not head[15] & 2
        self.frames.append(Placed(left, top, width, height, duration, over, disposal))
        self._parts.append(parts)


def _walked(file: IO[bytes], position: int, end: int) -> Iterator[_Chunk]:
    while position + 8 <= end:
        file.seek(position)
        kind, length = struct.unpack("<4sI", file.read(8))
        yield _Chunk(kind, Span(position + 8, length))
        position += 8 + length + length % 2


def _packed(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _size(width: int, height: int) -> bytes:
    return (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _sides(data: bytes) -> tuple[int, int]:
    return 1 + int.from_bytes(data[:3], "little"), 1 + int.from_bytes(data[3:6], "little")


def _shown(kind: bytes) -> str:
    return f"its {kind.decode('ascii', 'replace').strip()!r} chunk"
