"""How far decoded bytes are from the original's, in levels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.colorspace import FIT_UNIT
from huepress.common.arrays import as_pixels, widened
from huepress.common.checks import instance, thread_count
from huepress.errors import OptionError
from huepress.values.codebook import Codebook, hex_of
from huepress.values.histogram import Histogram
from huepress.values.indexed import IndexedImage

if TYPE_CHECKING:
    from huepress.values.image import Image


@dataclass(frozen=True, slots=True)
class Distortion:
    """The error of decoded bytes against the original's.

    Parameters
    ----------
    channel_mse : tuple of float
        Mean squared error of red, green, blue and, if either picture has it, alpha; straight
        bytes. Fully transparent pixels count as (0, 0, 0, 0).
    """

    channel_mse: tuple[float, ...]

    @property
    def mse(self) -> float:
        """Mean over pixels of the squared error, summed over the channels."""
        return math.fsum(self.channel_mse)

    @property
    def psnr(self) -> float:
        """10 log10(255² / mean of the channels' MSE) in dB; infinite for equal pictures."""
        if self.mse == 0:
            return math.inf
        return 10 * math.log10(255**2 * len(self.channel_mse) / self.mse)


def distortion(
    original: Image | NDArray[np.uint8],
    other: IndexedImage | Image | NDArray[np.uint8],
    *,
    threads: int = 0,
) -> Distortion:
    """Measure how far a picture is from its original.

    Parameters
    ----------
    original, other : Image, IndexedImage or (h, w, 3 or 4) uint8 ndarray
        Two pictures of one size.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.

    Returns
    -------
    Distortion
        Exact sums of squares, divided by the pixel count.

    Raises
    ------
    OptionError
        If the sizes differ.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((2, 2, 3), np.uint8)
    >>> found = distortion(black, black + np.uint8(2))
    >>> found.mse, round(found.psnr, 2)
    (12.0, 42.11)
    """
    threads = thread_count(threads)
    if isinstance(other, IndexedImage):
        pixels = as_pixels(original)
        _check_sizes(pixels.shape, other.labels.shape)
        channels = max(pixels.shape[2], other.codebook.channels)
        sums = _core.indexed_squared_error(
            widened(pixels, channels),
            widened(other.codebook.colors, channels),
            other.labels,
            threads=threads,
        )
    else:
        pixels, others = pixels_of_both(original, other)
        channels = max(pixels.shape[2], others.shape[2])
        sums = _core.squared_error(
            widened(pixels, channels), widened(others, channels), threads=threads
        )
    n_pixels = pixels.shape[0] * pixels.shape[1]
    return Distortion(tuple(int(total) / n_pixels for total in sums))


def pixels_of_both(
    original: Image | NDArray[np.uint8], other: IndexedImage | Image | NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the pixels of two pictures of one size."""
    pixels = as_pixels(original)
    others = other.decode() if isinstance(other, IndexedImage) else as_pixels(other)
    _check_sizes(pixels.shape, others.shape)
    return pixels, others


def _check_sizes(original: tuple[int, ...], other: tuple[int, ...]) -> None:
    """Refuse to compare pictures of different sizes."""
    if original[:2] != other[:2]:
        raise OptionError(
            f"the pictures are {original[1]}×{original[0]} and {other[1]}×{other[0]} pixels; "
            "compare pictures of one size"
        )


@dataclass(frozen=True, slots=True)
class MovedColor:
    """A colour of the original and where most of its pixels went.

    Parameters
    ----------
    color, code : str
        As '#rrggbb', or '#rrggbbaa' where not opaque.
    n_pixels : int
        Pixels of the colour.
    difference : float
        Distance in Oklab (alpha premultiplied), black to white being 1.
    """

    color: str
    code: str
    n_pixels: int
    difference: float


def moved_colors(
    original: Image | NDArray[np.uint8], codebook: Codebook, most: int = 8, *, threads: int = 0
) -> list[MovedColor]:
    """List the colours that lie farthest from their nearest code.

    A mean error hides small areas: a legend's red that turns brown shows here.

    Parameters
    ----------
    original : Image or (h, w, 3 or 4) uint8 ndarray
        The picture.
    codebook : Codebook
        The codes.
    most : int
        How many colours to list. Of colours less than 0.02 apart, only the one with most pixels.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.

    Returns
    -------
    list of MovedColor
        Farthest first.

    Examples
    --------
    >>> pixels = np.array([[[0, 0, 0], [255, 0, 0], [1, 1, 1]]], np.uint8)
    >>> moved_colors(pixels, Codebook.from_hex(["#000"]), most=1)[0].color
    '#ff0000'
    """
    histogram = Histogram.of(original, threads=threads)
    codebook = instance("codebook", codebook, Codebook)
    labels = _core.map_nearest(
        histogram.colors[np.newaxis], codebook.colors, "oklab", threads=threads
    )[0]
    places, codes = (
        _core.embed(colors, "oklab", gaps=False) / FIT_UNIT
        for colors in (histogram.colors, codebook.colors)
    )
    differences = np.sqrt(((places - codes[labels]) ** 2).sum(axis=1))
    moved: list[int] = []
    # Of neighbouring colours only the most frequent is listed, among the farthest of all.
    for color in np.argsort(-differences, kind="stable")[: 64 * most]:
        near = [
            place
            for place, other in enumerate(moved)
            if np.abs(places[other] - places[color]).max() < 0.02
        ]
        if not near and len(moved) < most:
            moved.append(int(color))
        elif near and histogram.counts[color] > histogram.counts[moved[near[0]]]:
            moved[near[0]] = int(color)
    # A neighbour that took the place of a farther colour may be out of order now.
    moved.sort(key=lambda color: -differences[color])
    return [
        MovedColor(
            hex_of(histogram.colors[color]),
            hex_of(codebook.colors[labels[color]]),
            int(histogram.counts[color]),
            float(differences[color]),
        )
        for color in moved
    ]
