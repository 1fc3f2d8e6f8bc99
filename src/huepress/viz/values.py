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
    """Say what a version that has all pixels of an original is called.

    Parameters
    ----------
    picture : Image, IndexedImage, Result or (h, w, 3 or 4) uint8 ndarray
        The original.

    Returns
    -------
    str
        'lossless', unless reading the original lost something.
    """
    image = picture.image if isinstance(picture, Result) else picture
    return image.source.exactness if isinstance(image, Image) else "lossless"


def pixels_of(picture: Picture) -> Pixels:
    """Return the pixels of any picture.

    Parameters
    ----------
    picture : Image, IndexedImage, Result or (h, w, 3 or 4) uint8 ndarray
        What to show.

    Returns
    -------
    (h, w, 3 or 4) uint8 ndarray
        Straight alpha.
    """
    if isinstance(picture, Result):
        picture = picture.indexed
    return picture.decode() if isinstance(picture, IndexedImage) else as_pixels(picture)


def pair(original: Picture, other: Picture | None) -> tuple[Picture, Picture]:
    """Return a picture before and after.

    Parameters
    ----------
    original : Image, IndexedImage, Result or ndarray
        Of a result, its original; alone, it is both.
    other : Image, IndexedImage, Result or ndarray, optional
        The picture after.

    Returns
    -------
    tuple of two pictures
        Before and after.

    Raises
    ------
    OptionError
        If there is only one.
    """
    if isinstance(original, Result):
        return original.image, original if other is None else other
    if other is None:
        raise OptionError("one picture and nothing to compare it with; give two, or a Result")
    return original, other


def bytes_of(picture: Picture) -> int | None:
    """Return how many bytes the file of a picture has, where it is known.

    Parameters
    ----------
    picture : Image, IndexedImage, Result or ndarray
        Any picture.

    Returns
    -------
    int or None
        None when it has not been a file.
    """
    if isinstance(picture, Result):
        return picture.output_bytes
    return picture.source.file_bytes if isinstance(picture, Image) else None


def count_colors(picture: Picture) -> int:
    """Return how many distinct colours a picture has.

    Parameters
    ----------
    picture : Image, IndexedImage, Result or ndarray
        Any picture.

    Returns
    -------
    int
        Of an indexed image, the codes.
    """
    if isinstance(picture, Result):
        picture = picture.indexed
    if isinstance(picture, IndexedImage):
        return len(picture.codebook)
    return len(Histogram.of(picture))


def histogram_of(source: Histogram | Image | Result | Pixels) -> Histogram:
    """Return the colours of the original.

    Parameters
    ----------
    source : Histogram, Image, Result or ndarray
        Of a result, its original counts.

    Returns
    -------
    Histogram
        The colours.
    """
    if isinstance(source, Histogram):
        return source
    return Histogram.of(source.image if isinstance(source, Result) else source)


def indexed_of(source: IndexedImage | Result) -> IndexedImage:
    """Return the codebook and labels of a compressed picture.

    Parameters
    ----------
    source : IndexedImage or Result
        A compressed picture.

    Returns
    -------
    IndexedImage
        The picture.
    """
    return source.indexed if isinstance(source, Result) else source


def shares_of(source: Codebook | IndexedImage | Result) -> tuple[Codebook, NDArray[np.float64]]:
    """Return a codebook, and which share of the pixels each code has.

    Parameters
    ----------
    source : Codebook, IndexedImage or Result
        A bare codebook has no pixels: its codes share alike.

    Returns
    -------
    Codebook
        The codes.
    (k,) float64 ndarray
        Shares; their sum is 1.
    """
    if isinstance(source, Codebook):
        return source, np.full(len(source), 1 / len(source))
    indexed = indexed_of(source)
    counts = indexed.counts().astype(np.float64)
    return indexed.codebook, counts / counts.sum()


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Check an option that has a few values.

    Parameters
    ----------
    name, value : str
        The option.
    choices : tuple of str
        Its values.

    Raises
    ------
    OptionError
        If it is none of them.
    """
    if value not in choices:
        raise OptionError(f"{name} {value!r} is unknown; use one of {', '.join(choices)}")
