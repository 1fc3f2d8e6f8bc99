"""What figures take: any of the library's values, and what they need to know of it."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from huepress._arrays import as_pixels
from huepress.codebook import Codebook
from huepress.colorspace import FIT_UNIT, Space, embed
from huepress.errors import OptionError
from huepress.histogram import Histogram
from huepress.image import Image
from huepress.indexed import IndexedImage
from huepress.pipeline import Result

Pixels: TypeAlias = NDArray[np.uint8]
Picture: TypeAlias = Image | IndexedImage | Result | Pixels
"""A result is the compressed picture, unless a function says otherwise."""

AXIS_NAMES: dict[Space, tuple[str, str, str]] = {
    "oklab": ("green – red", "blue – yellow", "lightness"),
    "srgb": ("red", "green", "blue"),
    "linear": ("linear red", "linear green", "linear blue"),
}
"""Of the coordinates that `coordinates` gives."""


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


def coordinates(points: NDArray[np.int16], space: Space) -> NDArray[np.float64]:
    """Turn fit-space positions into the units that people know.

    Parameters
    ----------
    points : (..., 4) int16 ndarray
        As `embed` gives them.
    space : {'oklab', 'srgb', 'linear'}
        The space they are in.

    Returns
    -------
    (..., 3) float64 ndarray
        Oklab's a, b and L, sRGB levels 0 to 255, or linear light 0 to 1. What is not opaque lies
        towards the middle, as it does in the fit.

    Examples
    --------
    >>> white = embed(np.array([[255, 255, 255]], np.uint8), "srgb")
    >>> coordinates(white, "srgb").tolist()
    [[255.0, 255.0, 255.0]]
    """
    unit = points[..., :3] / FIT_UNIT
    if space == "oklab":
        return np.stack([unit[..., 1], unit[..., 2], unit[..., 0] + 0.5], axis=-1)
    return (unit + 0.5) * (255 if space == "srgb" else 1)


def positions(colors: Pixels, space: Space) -> NDArray[np.float64]:
    """Place colours in a space, whatever their alpha.

    Parameters
    ----------
    colors : (n, 3) or (n, 4) uint8 ndarray
        Colours.
    space : {'oklab', 'srgb', 'linear'}
        Where.

    Returns
    -------
    (n, 3) float64 ndarray
        In the units of `coordinates`.
    """
    return coordinates(embed(np.ascontiguousarray(colors[:, :3]), space), space)


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
