"""What figures take: any of the library's values, and what they need to know of it."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import as_pixels
from huepress.errors import OptionError
from huepress.pipeline import Result
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage

Pixels: TypeAlias = NDArray[np.uint8]
Picture: TypeAlias = Image | IndexedImage | Result | Pixels
"""A result is the compressed picture, unless a function says otherwise."""


def exactness_of(picture: Picture) -> str:
    """Say what to call a version that has all pixels of an original."""
    image = picture.image if isinstance(picture, Result) else picture
    return image.source.exactness if isinstance(image, Image) else "lossless"


def pixels_of(picture: Picture) -> Pixels:
    """Return the (h, w, 3 or 4) pixels of any picture."""
    if isinstance(picture, Result):
        picture = picture.picture
    return picture.decode() if isinstance(picture, IndexedImage) else as_pixels(picture)


def before_and_after(original: Picture, other: Picture | None) -> tuple[Picture, Picture]:
    """Return a picture before and after; a result alone is both."""
    if isinstance(original, Result):
        return original.image, original if other is None else other
    if other is None:
        raise OptionError("one picture and nothing to compare it with; give two, or a Result")
    return original, other


def bytes_of(picture: Picture) -> int | None:
    """Return the bytes of a picture's file; None for one that has not been a file."""
    if isinstance(picture, Result):
        return picture.output_bytes
    return picture.source.file_bytes if isinstance(picture, Image) else None


def count_colors(picture: Picture) -> int:
    """Return how many distinct colours a picture has; of an indexed image, how many codes."""
    if isinstance(picture, Result):
        return picture.output_colors
    if isinstance(picture, IndexedImage):
        return len(picture.codebook)
    return len(Histogram.of(picture))


def histogram_of(source: Histogram | Image | Result | Pixels) -> Histogram:
    """Return the colours of the original."""
    if isinstance(source, Histogram):
        return source
    return Histogram.of(source.image if isinstance(source, Result) else source)


def indexed_of(source: IndexedImage | Result) -> IndexedImage:
    """Return the codebook and labels of a compressed picture."""
    return source.indexed if isinstance(source, Result) else source


def shares_of(source: Codebook | IndexedImage | Result) -> tuple[Codebook, NDArray[np.float64]]:
    """Return a codebook and each code's share of the pixels; a bare codebook's share alike."""
    if isinstance(source, Codebook):
        return source, np.full(len(source), 1 / len(source))
    indexed = indexed_of(source)
    counts = indexed.counts().astype(np.float64)
    return indexed.codebook, counts / counts.sum()
