"""GIF files walked block by block: https://www.w3.org/Graphics/GIF/spec-gif89a.txt.

Pillow composes frames over a colour; browsers compose them over transparency, and so is it done
here. It decodes one frame at a time, of a file that is made of that frame alone.
"""

from __future__ import annotations

import re
import struct
from io import BytesIO
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from huepress.errors import InputError
from huepress.read.canvas import Disposal, Placed, Scanned, check_count
from huepress.read.opening import check_size
from huepress.read.splice import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXTENSION, _IMAGE, _TRAILER = b"!", b",", b";"
_GRAPHIC_CONTROL, _APPLICATION = b"\xf9", b"\xff"
_LOOPING = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_BLOCK = re.compile(b"[!,;]")
_SEARCHED = 1 << 16  # bytes at a time, where no block begins

# 4 is written by some old programs for 3, and browsers take it so; 5 to 7 have no meaning.
_DISPOSALS = {2: Disposal.CLEAR, 3: Disposal.RESTORE, 4: Disposal.RESTORE}


class _Part(NamedTuple):
    """Where the pieces of a frame lie in the file, and what else is needed to decode it."""

    size: tuple[int, int]
    flags: int
    palette: Span
    transparent: int | None
    data: Span


class _EndedError(Exception):
    """The file ends within something."""


def scan(file: IO[bytes], name: str, max_pixels: int | None = None) -> Scanned:
    """Walk through a GIF, without decoding its pixels.

    Zero delays stay zero. How often it is to be shown is one more than what the file says, as
    browsers have it; without a word it is once.
    """
    walk = _Walk(file, name, max_pixels)
    walk.run()
    return Scanned(
        walk.width,
        walk.height,
        1 if walk.loops is None else walk.loops,
        walk.frames,
        walk.still,
        tuple(walk.warnings),
        painted=painted,
    )


def painted(still: bytes) -> NDArray[np.uint8]:
    """Decode the (h, w, 4) pixels of a GIF of one frame, whatever the size of its screen.

    What a damaged file raises is left to the caller.
    """
    from PIL.GifImagePlugin import GifImageFile

    return np.asarray(GifImageFile(BytesIO(still)).convert("RGBA"))


def own_palette(file: IO[bytes], index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """Read the palette of one frame, its own or the file's, and the entry of each pixel.

    The pixels are those of the screen: around the frame they have its transparent entry, or the
    first. None for a file without a palette. What a damaged file raises is left to the caller.
    """
    from PIL.GifImagePlugin import GifImageFile

    walk = _Walk(file, "the GIF", None)
    walk.run()
    placed, part = walk.frames[index], walk.parts[index]
    if not part.palette.length:
        return None
    # Pillow reads a palette of rising greys as mode L, in which a grey is the place of its entry.
    labels = np.asarray(GifImageFile(BytesIO(walk.still(file, index))))
    colors = np.frombuffer(_at(file, part.palette), np.uint8).reshape(-1, 3)
    entries = np.full((max(len(colors), int(labels.max()) + 1), 4), 255, np.uint8)
    entries[:, :3] = 0
    entries[: len(colors), :3] = colors
    clear = part.transparent
    if clear is not None and clear < len(entries):
        entries[clear, 3] = 0
    else:
        clear = 0
    places = np.full((walk.height, walk.width), clear, np.uint8)
    rows = slice(placed.top, placed.top + placed.height)
    place = places[rows, placed.left : placed.left + placed.width]
    place[:] = labels[: place.shape[0], : place.shape[1]]
    return entries, places


class _Walk:
    """The blocks of a GIF, gathered in one go."""

    def __init__(self, file: IO[bytes], name: str, max_pixels: int | None) -> None:
        self.file, self.name, self.max_pixels = file, name, max_pixels
        self.width = self.height = 0
        self.loops: int | None = None
        self.frames: list[Placed] = []
        self.parts: list[_Part] = []
        self.warnings: list[str] = []
        self._palette = Span(0, 0)
        self._control = bytes(4)

    def run(self) -> None:
        """Walk from the first byte to the trailer."""
        self.file.seek(0)
        try:
            head = self._read(13)
            self.width, self.height, flags = struct.unpack_from("<HHB", head, 6)
            self._palette = self._palette_of(flags)
            while self._block():
                pass
        except _EndedError:
            raise InputError(
                f"{self.name}: the GIF ends within frame {len(self.frames)}; fetch it again"
            ) from None
        if not self.frames:
            raise InputError(f"{self.name}: the GIF has no frame; export it again")

    def still(self, file: IO[bytes], index: int) -> bytes:
        """Make a GIF of one frame alone, whose screen it fills."""
        part = self.parts[index]
        size = struct.pack("<HH", *part.size)
        n_colors = part.palette.length // 3
        table = 0x80 | n_colors.bit_length() - 2 if n_colors else 0
        clear = part.transparent
        control = bytes([4, clear is not None, 0, 0, clear or 0, 0])
        return b"".join(
            [
                b"GIF89a" + size + bytes([table, 0, 0]),
                _at(file, part.palette),
                _EXTENSION + _GRAPHIC_CONTROL + control,
                _IMAGE + bytes(4) + size + bytes([part.flags & 0x40]),
                _at(file, part.data),
                _TRAILER,
            ]
        )

    def _block(self) -> bool:
        """Read one block; False at the end."""
        kind = self.file.read(1)
        if kind == _EXTENSION:
            self._extension()
        elif kind == _IMAGE:
            self._image()
        elif kind == _TRAILER:
            return False
        elif kind:  # stray bytes between blocks are not rare
            self._search()
        else:
            self.warnings.append("it ends without a trailer, though no frame is cut off")
            return False
        return True

    def _extension(self) -> None:
        kind = self._read(1)
        first = self._sub_block()
        if kind == _GRAPHIC_CONTROL and len(first) >= 4:
            self._control = first[:4]
        looping = kind == _APPLICATION and first in _LOOPING
        block = first
        while block:
            block = self._sub_block()
            if looping and len(block) >= 3 and block[0] & 7 == 1:
                said = int.from_bytes(block[1:3], "little")
                self.loops = said + 1 if said else 0

    def _image(self) -> None:
        index = len(self.frames)
        check_count(index + 1, self.name)
        left, top, width, height, flags = struct.unpack("<HHHHB", self._read(9))
        if not width or not height:
            raise InputError(
                f"{self.name}: frame {index} is {width}×{height}, which holds no pixel; export it "
                "again"
            )
        if not index:  # a first frame that is larger than the screen makes it larger
            self.width, self.height = max(self.width, left + width), max(self.height, top + height)
            check_size(self.width, self.height, self.name, self.max_pixels)
        check_size(width, height, f"{self.name}, frame {index}", self.max_pixels)
        palette = self._palette_of(flags)
        start = self.file.tell()
        self._read(1)
        while self._skipped():
            pass
        data = Span(start, self.file.tell() - start)
        control, delay, clear = struct.unpack("<BHB", self._control)
        disposal = _DISPOSALS.get(control >> 2 & 7, Disposal.KEEP)
        self.frames.append(Placed(left, top, width, height, delay * 10, True, disposal))
        self.parts.append(
            _Part(
                (width, height),
                flags,
                palette if palette.length else self._palette,
                clear if control & 1 else None,
                data,
            )
        )
        self._control = bytes(4)

    def _palette_of(self, flags: int) -> Span:
        """Pass over the palette that flags announce, if any."""
        start = self.file.tell()
        return Span(start, len(self._read(3 << (flags & 7) + 1)) if flags & 0x80 else 0)

    def _search(self) -> None:
        """Go to where the next block may begin."""
        while block := self.file.read(_SEARCHED):
            if found := _BLOCK.search(block):
                self.file.seek(found.start() - len(block), 1)
                return

    def _sub_block(self) -> bytes:
        return self._read(self._read(1)[0])

    def _skipped(self) -> int:
        """Pass over a sub-block, and return how long it was."""
        length = self._read(1)[0]
        self.file.seek(length, 1)
        return length

    def _read(self, n_bytes: int) -> bytes:
        found = self.file.read(n_bytes)
        if len(found) < n_bytes:
            raise _EndedError
        return found


def _at(file: IO[bytes], span: Span) -> bytes:
    file.seek(span.start)
    return file.read(span.length)
