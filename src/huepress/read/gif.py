"""GIF frames composed over transparency, as browsers do; Pillow composes over a colour."""

from __future__ import annotations

import struct
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_EXTENSION, _IMAGE, _TRAILER, _GRAPHIC_CONTROL = 0x21, 0x2C, 0x3B, 0xF9
_CLEAR, _RESTORE = 2, 3


class _Frame(NamedTuple):
    """Where a frame lies, how its place is cleared afterwards, and a GIF of that frame alone."""

    rows: slice
    columns: slice
    disposal: int
    gif: bytes
    palette: bytes
    transparent: int | None


def composed(data: bytes, size: tuple[int, int], index: int) -> NDArray[np.uint8]:
    """Compose one frame of a GIF with what the frames before it have left, as (h, w, 4) bytes.

    It is transparent where no frame has painted; frames are cut where they stick out of the
    screen's `size`, width and height. What a damaged file raises is left to the caller.
    """
    from PIL import Image
    from PIL.GifImagePlugin import GifImageFile

    width, height = size
    canvas = np.zeros((height, width, 4), np.uint8)
    for number, frame in enumerate(_frames(data)):
        place = canvas[frame.rows, frame.columns]
        before = place.copy() if frame.disposal == _RESTORE else np.uint8(0)
        picture: Image.Image = GifImageFile(BytesIO(frame.gif))
        painted = np.asarray(picture.convert("RGBA"))[: place.shape[0], : place.shape[1]]
        np.copyto(place, painted, where=painted[..., 3:] > 0)
        if number == index:
            return canvas
        if frame.disposal in (_CLEAR, _RESTORE):
            place[:] = before
    raise ValueError(f"frame {index} is missing")


def own_palette(
    data: bytes, size: tuple[int, int], index: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """Read the palette of one frame, its own or the file's, and the entry of each pixel.

    The pixels are those of the screen: around the frame they have its transparent entry, or the
    first. None for a file without a palette. What a damaged file raises is left to the caller.
    """
    from PIL.GifImagePlugin import GifImageFile

    frame = next(islice(_frames(data), index, None), None)
    if frame is None or not frame.palette:
        return None
    # Pillow reads a palette of rising greys as mode L, in which a grey is the place of its entry.
    painted = np.asarray(GifImageFile(BytesIO(frame.gif)))
    colors = np.frombuffer(frame.palette, np.uint8).reshape(-1, 3)
    entries = np.full((max(len(colors), int(painted.max()) + 1), 4), 255, np.uint8)
    entries[:, :3] = 0
    entries[: len(colors), :3] = colors
    clear = frame.transparent
    if clear is not None and clear < len(entries):
        entries[clear, 3] = 0
    else:
        clear = 0
    places = np.full((size[1], size[0]), clear, np.uint8)
    place = places[frame.rows, frame.columns]
    place[:] = painted[: place.shape[0], : place.shape[1]]
    return entries, places


def _frames(data: bytes) -> Iterator[_Frame]:
    """Walk the blocks of a GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt."""
    flags = data[10]
    global_palette, position = _palette(data, 13, flags)
    control = bytes(4)
    while data[position] != _TRAILER:
        start = position
        if data[start] == _EXTENSION:
            position = _after_blocks(data, start + 2)
            if data[start + 1] == _GRAPHIC_CONTROL:
                control = data[start + 3 : start + 7]
        elif data[start] == _IMAGE:
            left, top, width, height, flags = struct.unpack_from("<HHHHB", data, start + 1)
            palette, start = _palette(data, start + 10, flags)
            position = _after_blocks(data, start + 1)
            palette = palette or global_palette
            table = 0x80 | (len(palette) // 3).bit_length() - 2 if palette else 0
            gif = b"GIF89a" + struct.pack("<HHBBB", width, height, table, 0, 0) + palette
            gif += bytes([_EXTENSION, _GRAPHIC_CONTROL, 4, control[0] & 1, 0, 0, control[3], 0])
            gif += struct.pack("<BHHHHB", _IMAGE, 0, 0, width, height, flags & 0x40)
            gif += data[start:position] + bytes([_TRAILER])
            rows, columns = slice(top, top + height), slice(left, left + width)
            transparent = control[3] if control[0] & 1 else None
            yield _Frame(rows, columns, control[0] >> 2 & 7, gif, palette, transparent)
            control = bytes(4)
        else:  # stray bytes between blocks are not rare
            position += 1


def _palette(data: bytes, start: int, flags: int) -> tuple[bytes, int]:
    """Return the palette that the flags announce, if any, and where it ends."""
    end = start + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    return data[start:end], end


def _after_blocks(data: bytes, position: int) -> int:
    while data[position]:
        position += 1 + data[position]
    return position + 1
