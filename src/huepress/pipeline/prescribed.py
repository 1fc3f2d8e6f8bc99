"""A palette that is used as it is: from a picture to its entries, none of them moved."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from huepress import formats
from huepress.common.arrays import widened
from huepress.errors import InputError
from huepress.formats import FORMATS
from huepress.options import CompressOptions
from huepress.pipeline.steps import mapped
from huepress.values.codebook import MAX_CODES
from huepress.values.flatten import HALF, Flattening
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette, Slots


def prescribed(image: Image, options: CompressOptions) -> tuple[IndexedImage, Slots | None]:
    """Map a picture to the palette that was given, or to its own.

    Opaque pixels get opaque entries and clear ones a clear entry; a palette that has none gets one,
    see `Palette.with_clear`. Where the palette knows opaque and clear only, soft pixels become
    opaque from an alpha of 128 on and clear below. Where the picture came with this palette, and a
    pixel's entry has the right colour, the pixel keeps its entry.

    Parameters
    ----------
    image : Image
        The picture.
    options : CompressOptions
        With a palette, or with `keep_palette`.

    Returns
    -------
    tuple of IndexedImage and (Slots or None)
        The picture, and the palette to write, every entry at its place; None where the format has
        no palette.

    Raises
    ------
    InputError
        If the picture's own palette is wanted, and it has none.
    FormatError
        If there are clear pixels, and no place for a clear entry.
    """
    palette, hints = _wanted(image, options)
    if image.has_alpha:
        if palette.is_binary:
            image = Flattening(None, HALF).image(image)
        if not widened(image.pixels, 4)[..., 3].all():
            palette = palette.with_clear(FORMATS[options.format].max_codes or MAX_CODES)
    labels = mapped(image, palette.codebook, options).labels
    slots = formats.fitting_slots(Slots.of(palette, labels, hints), options.format)
    return IndexedImage(palette.codebook, labels), slots


def _wanted(image: Image, options: CompressOptions) -> tuple[Palette, NDArray[Any] | None]:
    if options.palette is not None:
        return Palette.of(options.palette), None
    if image.slots is None:
        name = f"{image.source.path}: " if image.source.path else ""
        raise InputError(
            f"{name}has no palette to keep, it is a {image.source.mode} {image.source.format}; "
            "leave --keep-palette out, or give a palette file with --palette"
        )
    return image.slots.palette, image.slots.places
