"""GIF: at most 256 codes, of which one may be full transparency."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.errors import FormatError
from huepress.formats.common import check_pixels, check_still, from_palette, opened_by_pillow
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette, Slots

MAX_CODES = 256
MAX_SIDE = 65535


def check_sides(width: int, height: int) -> None:
    """Refuse a picture that no GIF can hold."""
    if max(width, height) > MAX_SIDE:
        raise FormatError(f"{width}×{height} exceeds the {MAX_SIDE} pixels a side of GIF; use PNG")


def check_binary(alpha: NDArray[np.uint8]) -> None:
    """Refuse codes that are neither opaque nor clear."""
    partial = (alpha > 0) & (alpha < 255)
    if partial.any():
        raise FormatError(
            f"{int(partial.sum())} codes are semi-transparent (alpha {alpha[partial].min()}), and "
            "GIF knows only full transparency; use PNG or WebP, or lay the picture on a colour "
            "with --matte, or cut its alpha with --alpha-threshold"
        )


def encode(indexed: IndexedImage) -> bytes:
    """Write a GIF of one frame, with the codes in their order."""
    return encode_slots(Slots(Palette.of(indexed.codebook), indexed.labels))


def encode_slots(slots: Slots) -> bytes:
    """Write a GIF of one frame with every entry of a palette at its place; see `fitting`.

    Too many entries or pixels, and semi-transparent entries, are refused.
    """
    palette = slots.palette
    height, width = slots.places.shape
    if len(palette) > MAX_CODES:
        raise FormatError(
            f"k={len(palette)} exceeds the {MAX_CODES} colours of a GIF; "
            "use k ≤ 256, a truecolour PNG, WebP, or an .npz container"
        )
    check_sides(width, height)
    check_binary(palette.alpha)
    places = np.ascontiguousarray(slots.places.astype(np.uint8, copy=False))
    return _head(palette, width, height) + _core.lzw(places, effort="normal") + b";"


def quick_size(indexed: IndexedImage) -> int:
    """Estimate the bytes of a GIF by a quick coding of its labels.

    Examples
    --------
    >>> from huepress.values.codebook import Codebook
    >>> quick_size(IndexedImage(Codebook.from_hex(["#123456"]), np.zeros((9, 9), np.uint8)))
    41
    """
    labels = np.ascontiguousarray(indexed.labels.astype(np.uint8, copy=False))
    return overhead(indexed) + len(_core.lzw(labels, effort="quick")) - 2


def overhead(indexed: IndexedImage) -> int:
    """Count the bytes of a GIF beside its coded labels and the lengths of blocks.

    Examples
    --------
    >>> from huepress.values.codebook import Codebook
    >>> overhead(IndexedImage(Codebook.from_hex(["#123456"]), np.zeros((9, 9), np.uint8)))
    32
    """
    return len(_head(Palette.of(indexed.codebook), 1, 1)) + 3


def _head(palette: Palette, width: int, height: int) -> bytes:
    """Write what comes before the coded labels; the palette is filled up to a power of two."""
    depth = table_depth(len(palette))
    size = struct.pack("<HH", width, height)
    clear = np.flatnonzero(palette.alpha == 0)
    control = b"!\xf9\x04\x01\0\0" + bytes([clear[0], 0]) if len(clear) else b""
    return b"".join(
        (
            b"GIF89a" if control else b"GIF87a",
            size,
            bytes([0xF0 | depth - 1, 0, 0]),
            color_table(palette.entries, depth),
            control,
            b"," + bytes(4) + size + b"\0",
        )
    )


def table_depth(n: int) -> int:
    """Return the bits that tell so many entries apart, one at the least."""
    return max(1, (n - 1).bit_length())


def color_table(entries: NDArray[np.uint8], depth: int) -> bytes:
    """Write (n, 3 or 4) entries, filled up to a power of two."""
    return entries[:, :3].tobytes().ljust(3 << depth, b"\0")


def fitting_slots(slots: Slots) -> Slots:
    """Give a picture's palette one clear entry at most, because a GIF names only one.

    Of several clear entries, the first that some pixel has serves all clear pixels; the others
    become opaque, with the colours that they have.
    """
    palette = slots.palette
    clear = np.flatnonzero(palette.alpha == 0)
    if len(clear) < 2:
        return slots
    used = np.isin(clear, slots.places)
    chosen = clear[int(used.argmax())]
    entries = palette.entries.copy()
    entries[clear, 3] = 255
    entries[chosen, 3] = 0
    places = slots.places.copy()
    places[(palette.alpha == 0)[places]] = chosen
    return Slots(Palette(entries), places)


def decode(data: bytes, *, max_pixels: int | None = None) -> IndexedImage:
    """Read a GIF of one frame back; equal entries are one code.

    The palette ends with the last entry that a pixel has: a GIF pads it to a power of two.
    """
    slots = decode_slots(data, max_pixels=max_pixels)
    used = int(slots.places.max()) + 1
    return from_palette(slots.places, slots.palette.entries[:used])


def decode_slots(data: bytes, *, max_pixels: int | None = None) -> Slots:
    """Read the whole palette of a GIF of one frame, and the entry of each pixel."""
    from PIL.GifImagePlugin import GifImageFile

    with opened_by_pillow(GifImageFile, data, "GIF") as image:
        check_pixels(image.width, image.height, max_pixels)
        check_still(image, "GIF")
        places = np.asarray(image)
        # Pillow calls a palette of 256 rising greys mode L.
        colors = image.getpalette("RGB") or [v for v in range(256) for _ in range(3)]
        transparent = image.info.get("transparency")
    used = int(places.max()) + 1
    palette = np.full((max(used, len(colors) // 3), 4), 255, np.uint8)
    palette[len(colors) // 3 :, :3] = 0
    palette[: len(colors) // 3, :3] = np.array(colors, np.uint8).reshape(-1, 3)
    if isinstance(transparent, int) and transparent < len(palette):
        palette[transparent, 3] = 0
    return Slots(Palette(palette), places)
