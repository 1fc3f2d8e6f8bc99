"""GIF: at most 256 codes, of which one may be full transparency."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from huepress.errors import FormatError
from huepress.formats.common import check_pixels, check_still, from_palette, opened_by_pillow
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette, Slots

MAX_CODES = 256
MAX_SIDE = 65535


def encode(indexed: IndexedImage) -> bytes:
    """Write a GIF of one frame, with the codes in their order."""
    return encode_slots(Slots(Palette.of(indexed.codebook), indexed.labels))


def encode_slots(slots: Slots) -> bytes:
    """Write a GIF of one frame with every entry of a palette at its place; see `fitting`.

    Too many entries or pixels, and semi-transparent entries, are refused.
    """
    from PIL import Image

    palette = slots.palette
    height, width = slots.places.shape
    if len(palette) > MAX_CODES:
        raise FormatError(
            f"k={len(palette)} exceeds the {MAX_CODES} colours of a GIF; "
            "use k ≤ 256, a truecolour PNG, WebP, or an .npz container"
        )
    if max(width, height) > MAX_SIDE:
        raise FormatError(f"{width}×{height} exceeds the {MAX_SIDE} pixels a side of GIF; use PNG")
    partial = (palette.alpha > 0) & (palette.alpha < 255)
    if partial.any():
        raise FormatError(
            f"{int(partial.sum())} codes are semi-transparent (alpha "
            f"{palette.alpha[partial].min()}), and GIF knows only full transparency; use PNG or "
            "WebP, or lay the picture on a colour with --matte, or cut its alpha with "
            "--alpha-threshold"
        )
    image = Image.fromarray(slots.places.astype(np.uint8, copy=False))
    image.putpalette(palette.entries[:, :3].tobytes())
    clear = np.flatnonzero(palette.alpha == 0)
    transparent = {"transparency": int(clear[0])} if len(clear) else {}
    stream = BytesIO()
    image.save(stream, "GIF", optimize=False, interlace=0, **transparent)
    return stream.getvalue()


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
