"""GIF: at most 256 codes, of which one may be full transparency."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from huepress.errors import FormatError
from huepress.formats.common import DAMAGED, Effort, check_pixels, from_palette
from huepress.formats.metadata import NOTHING, Metadata
from huepress.indexed import IndexedImage

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
    from PIL import Image

    codebook = indexed.codebook
    if len(codebook) > MAX_CODES:
        raise FormatError(
            f"k={len(codebook)} exceeds the {MAX_CODES} colours of a GIF; "
            "use k ≤ 256, a truecolour PNG, WebP, or an .npz container"
        )
    if max(indexed.width, indexed.height) > MAX_SIDE:
        raise FormatError(
            f"{indexed.width}×{indexed.height} exceeds the {MAX_SIDE} pixels a side of GIF; use PNG"
        )
    alpha = codebook.rgba[:, 3]
    partial = (alpha > 0) & (alpha < 255)
    if partial.any():
        raise FormatError(
            f"{int(partial.sum())} codes are semi-transparent (alpha {alpha[partial].min()}), "
            "and GIF knows only full transparency; use PNG or WebP, or lay the picture on a colour"
        )
    image = Image.fromarray(indexed.labels.astype(np.uint8, copy=False))
    image.putpalette(codebook.rgba[:, :3].tobytes())
    transparent = {"transparency": int(alpha.argmin())} if (alpha == 0).any() else {}
    stream = BytesIO()
    image.save(stream, "GIF", optimize=False, interlace=0, **transparent)
    return stream.getvalue()


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
    return from_palette(labels, palette[:used])
