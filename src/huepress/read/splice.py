"""`spliced`: a file made of parts of another, to show a decoder only what it is to read."""

from __future__ import annotations

import io
from bisect import bisect_right
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import WriteableBuffer


class Span(NamedTuple):
    """Some bytes of a file: where they start, and how many they are."""

    start: int
    length: int


def spliced(file: IO[bytes], parts: Iterable[Span | bytes]) -> IO[bytes]:
    """Return a seekable file of spans of another and of given bytes, one after the other, uncopied.

    Reading it moves the position of the other file.

    Examples
    --------
    >>> spliced(io.BytesIO(b"one two three"), [Span(4, 4), b"and ", Span(0, 3)]).read()
    b'two and one'
    """
    return io.BufferedReader(_Spliced(file, parts), 1 << 16)


class _Spliced(io.RawIOBase):
    def __init__(self, file: IO[bytes], parts: Iterable[Span | bytes]) -> None:
        super().__init__()
        self._parts: list[tuple[IO[bytes], Span]] = []
        self._starts: list[int] = []
        self._size = self._position = 0
        for part in parts:
            source, span = file, part
            if isinstance(span, bytes):
                source, span = io.BytesIO(span), Span(0, len(span))
            if span.length:
                self._parts.append((source, span))
                self._starts.append(self._size)
                self._size += span.length

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        if self._position >= self._size:
            return 0
        index = bisect_right(self._starts, self._position) - 1
        source, span = self._parts[index]
        done = self._position - self._starts[index]
        view = memoryview(buffer).cast("B")
        source.seek(span.start + done)
        data = source.read(min(len(view), span.length - done))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)
