"""The steps that options alone decide: how labels are chosen, and what is written."""

from __future__ import annotations

from dataclasses import replace

from huepress import formats, mapping
from huepress.formats import Encoded
from huepress.kmeans import FitResult
from huepress.options import CompressOptions
from huepress.values.codebook import Codebook
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Slots


def mapped_to(fitted: FitResult, image: Image, options: CompressOptions) -> IndexedImage:
    """Choose labels of a codebook that was learned; where that lost nothing, none are dithered."""
    if fitted.lossless:
        options = replace(options, dither=None)
    return mapped(image, fitted.codebook, options).without_unused()


def mapped(image: Image, codebook: Codebook, options: CompressOptions) -> IndexedImage:
    """Choose labels as `dither`, its strength or place, and the space say."""
    space, threads = options.space, options.threads
    if options.dither == "diffusion":
        strength = options.dither_strength
        return mapping.error_diffusion(
            image, codebook, strength=strength, space=space, threads=threads
        )
    if options.dither == "ordered":
        left, top = options.tile_left, options.tile_top
        return mapping.ordered(image, codebook, space=space, left=left, top=top, threads=threads)
    return mapping.nearest(image, codebook, space=space, threads=threads)


def encoded(
    image: Image, indexed: IndexedImage, slots: Slots | None, options: CompressOptions
) -> Encoded:
    """Write an image in the format asked for, with what is kept of the original `image`."""
    return formats.encode(
        indexed,
        options.format,
        effort=options.effort,
        metadata=formats.kept_metadata(image, options.keep, options.format),
        slots=slots,
        threads=options.threads,
    )
