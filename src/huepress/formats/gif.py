"""GIF: at most 256 codes, of which one may be full transparency."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from huepress.errors import FormatError
from huepress.formats.common import DAMAGED, Effort, check_pixels, from_palette
from huepress.formats.metadata import NOTHING, Metadata
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette, Slots

MAX_CODES = 256
MAX_SIDE = 65535


def encode(
    indexed: IndexedImage, *, effort: Effort = "default", metadata: Metadata = NOTHING
) -> bytes:
    """Write a GIF of one frame, with the codes in their order.

    Parameters
    ----------
    indexed : IndexedImage
        The picture; at most 256 codes and 65535 pixels a side.
    effort : {"fast", "default", "best"}
        Without effect: there is one way to write a GIF.
    metadata : Metadata
        Nothing of it fits a GIF.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    FormatError
        If there are too many codes or pixels, or a code is semi-transparent.
    """
    return encode_slots(Slots(Palette.of(indexed.codebook), indexed.labels))


def encode_slots(slots: Slots) -> bytes:
    """Write a GIF of one frame with every entry of a palette at its place.

    Parameters
    ----------
    slots : Slots
        The palette, of at most 256 entries, and the entry of each pixel; see `fitting`.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    FormatError
        If there are too many entries or pixels, or one of them is semi-transparent.
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


def fitting(slots: Slots) -> Slots:
    """Give a picture's palette one clear entry at most, because a GIF names only one.

    Parameters
    ----------
    slots : Slots
        Any number of clear entries.

    Returns
    -------
    Slots
        The same picture, and the same colours in the table. Of several clear entries, the first
        that some pixel has serves all clear pixels; the others are opaque.
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
    """Read a GIF back.

    Parameters
    ----------
    data : bytes
        The file.
    max_pixels : int, optional
        The largest picture to decode.

    Returns
    -------
    IndexedImage
        With the file's palette up to the last entry that a pixel has: a GIF's palette is padded to
        a power of two. Equal entries are one code.

    Raises
    ------
    FormatError
        If the file is damaged or animated.
    """
    slots = decode_slots(data, max_pixels=max_pixels)
    used = int(slots.places.max()) + 1
    return from_palette(slots.places, slots.palette.entries[:used])


def decode_slots(data: bytes, *, max_pixels: int | None = None) -> Slots:
    """Read the palette of a GIF, and the entry of each pixel.

    Parameters
    ----------
    data : bytes
        The file.
    max_pixels : int, optional
        The largest picture to decode.

    Returns
    -------
    Slots
        The whole palette, of 2 to 256 entries.

    Raises
    ------
    FormatError
        If the file is damaged or animated.
    """
    from PIL.GifImagePlugin import GifImageFile
    from PIL.Image import DecompressionBombError

    try:
        with GifImageFile(BytesIO(data)) as image:
            check_pixels(image.width, image.height, max_pixels)
            if getattr(image, "is_animated", False):
                raise FormatError(
                    "an animated GIF; an indexed image is one frame: read it as an image"
                )
            image.load()
            labels = np.asarray(image)
            # Pillow calls a palette of 256 rising greys mode L.
            colors = image.getpalette("RGB") or [v for v in range(256) for _ in range(3)]
            transparent = image.info.get("transparency")
    except (*DAMAGED, DecompressionBombError) as error:
        raise FormatError(f"a damaged GIF ({error}); restore it from a copy") from error
    used = int(labels.max()) + 1
    palette = np.full((max(used, len(colors) // 3), 4), 255, np.uint8)
    palette[len(colors) // 3 :, :3] = 0
    palette[: len(colors) // 3, :3] = np.array(colors, np.uint8).reshape(-1, 3)
    if isinstance(transparent, int) and transparent < len(palette):
        palette[transparent, 3] = 0
    return Slots(Palette(palette), labels)
