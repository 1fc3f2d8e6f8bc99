"""Honest accounting: what an indexed image costs in bits, and what it loses."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress._arrays import as_pixels, widened
from huepress._checks import instance, thread_count, whole
from huepress.codebook import Codebook, hex_of
from huepress.colorspace import FIT_UNIT
from huepress.errors import OptionError
from huepress.histogram import Histogram
from huepress.indexed import IndexedImage

if TYPE_CHECKING:
    from huepress.image import Image


Point: TypeAlias = tuple[float, float, str]
"""Bytes, score, label."""


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
    pixels, threads = as_pixels(original), thread_count(threads)
    if isinstance(other, IndexedImage):
        _check_sizes(pixels.shape, other.labels.shape)
        channels = max(pixels.shape[2], other.codebook.channels)
        sums = _core.indexed_squared_error(
            widened(pixels, channels),
            widened(other.codebook.colors, channels),
            other.labels,
            threads=threads,
        )
    else:
        others = as_pixels(other)
        _check_sizes(pixels.shape, others.shape)
        channels = max(pixels.shape[2], others.shape[2])
        sums = _core.squared_error(
            widened(pixels, channels), widened(others, channels), threads=threads
        )
    n_pixels = pixels.shape[0] * pixels.shape[1]
    return Distortion(tuple(int(total) / n_pixels for total in sums))


def ssimulacra2(
    original: Image | NDArray[np.uint8],
    other: IndexedImage | Image | NDArray[np.uint8],
    *,
    threads: int = 0,
) -> float:
    """Score how close a picture looks to its original.

    SSIMULACRA2 (Jon Sneyers, Cloudinary, 2022; the version of libjxl 0.8): 100 is identical, 90
    cannot be told apart side by side, 70 is high quality, 50 medium, 30 low; a bad picture is below
    0. Where either picture has alpha, both are put on black, grey and white, and the worst counts.

    Parameters
    ----------
    original, other : Image, IndexedImage or (h, w, 3 or 4) uint8 ndarray
        Two pictures of one size.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.

    Returns
    -------
    float
        The score, the same on every machine.

    Raises
    ------
    OptionError
        If the sizes differ.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((16, 16, 3), np.uint8)
    >>> ssimulacra2(black, black)
    100.0
    """
    pixels, threads = as_pixels(original), thread_count(threads)
    others = other.decode() if isinstance(other, IndexedImage) else as_pixels(other)
    _check_sizes(pixels.shape, others.shape)
    channels = max(pixels.shape[2], others.shape[2])
    return _core.ssimulacra2(widened(pixels, channels), widened(others, channels), threads=threads)


def banding(
    original: Image | NDArray[np.uint8],
    other: IndexedImage | Image | NDArray[np.uint8],
    *,
    threads: int = 0,
) -> float:
    """Measure the contours that a picture adds where its original is smooth.

    Contours are the steps between flat bands of a sky, stripes in a soft shadow and streaks across
    a slope. A score hardly counts them, but the eye sees them first. The index is 0 without any,
    about 1 where the eye just sees them at 100 %, 2 where they are plain, and 5 or more where the
    picture looks cut out of paper. The worst part of the picture counts. Contours that the original
    has do not count, nor lines that are lost; texture and the noise of diffusion hide some. Where
    either picture has alpha, both are put on black, grey and white, and the worst counts.

    Parameters
    ----------
    original, other : Image, IndexedImage or (h, w, 3 or 4) uint8 ndarray
        Two pictures of one size.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.

    Returns
    -------
    float
        Root mean square of the visible steps, in half levels of sRGB bytes; the same on every
        machine.

    Raises
    ------
    OptionError
        If the sizes differ.

    See Also
    --------
    ssimulacra2 : How close a picture looks as a whole.

    Notes
    -----
    What to look for is that of the banding index CAMBI [1]_: small steps at several scales where
    nothing hides them, the worst share of the picture. It has no original; this index has, and
    takes the steps of the error, in luma and chroma.

    References
    ----------
    .. [1] P. Tandon, M. Afonso, J. Sole and L. Krasula, "CAMBI: Contrast-aware Multiscale Banding
       Index", Picture Coding Symposium, 2021. https://arxiv.org/abs/2102.00079

    Examples
    --------
    >>> import numpy as np
    >>> sky = np.repeat(np.linspace(90, 190, 256).round().astype(np.uint8), 256)
    >>> sky = np.stack([sky.reshape(256, 256)] * 3, axis=2)
    >>> [banding(sky, sky // step * step + step // 2) for step in (1, 2, 4, 8)]
    [0.0, 0.0, 1.205, 3.697]
    """
    pixels = as_pixels(original)
    others = other.decode() if isinstance(other, IndexedImage) else as_pixels(other)
    _check_sizes(pixels.shape, others.shape)
    return _core.Banding(pixels, threads=threads).of(others)


def softness(
    original: Image | NDArray[np.uint8], other: IndexedImage | Image | NDArray[np.uint8]
) -> float:
    """Tell which share of the translucent pixels are still translucent.

    A score hardly sees a soft edge that became a hard one where both are near opaque or clear.

    Parameters
    ----------
    original, other : Image, IndexedImage or (h, w, 3 or 4) uint8 ndarray
        Two pictures of one size.

    Returns
    -------
    float
        0 to 1; 1 where the original has no pixel that is neither opaque nor clear.

    Raises
    ------
    OptionError
        If the sizes differ.

    Examples
    --------
    >>> import numpy as np
    >>> edge = np.zeros((1, 4, 4), np.uint8)
    >>> edge[..., 3] = [0, 3, 128, 255]
    >>> softness(edge, np.where(edge > 100, edge, 0))
    0.5
    """
    pixels = as_pixels(original)
    others = other.decode() if isinstance(other, IndexedImage) else as_pixels(other)
    _check_sizes(pixels.shape, others.shape)
    soft = _translucent(pixels)
    count = int(soft.sum())
    return int((soft & _translucent(others)).sum()) / count if count else 1.0


def _translucent(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    if pixels.shape[2] == 3:
        return np.zeros(pixels.shape[:2], np.bool_)
    alpha = pixels[..., 3]
    return (alpha > 0) & (alpha < 255)


def _check_sizes(original: tuple[int, ...], other: tuple[int, ...]) -> None:
    if original[:2] != other[:2]:
        raise OptionError(
            f"the pictures are {original[1]}×{original[0]} and {other[1]}×{other[0]} pixels; "
            "compare pictures of one size"
        )


def label_bits(k: int) -> int:
    """Bits that one label of k takes at a fixed length: ⌈log2 k⌉.

    Parameters
    ----------
    k : int
        Codes.

    Returns
    -------
    int
        0 for a single code.

    Examples
    --------
    >>> [label_bits(k) for k in (1, 2, 16, 17, 256)]
    [0, 1, 4, 5, 8]
    """
    return (whole("k", k, 1) - 1).bit_length()


def raw_bits(n_pixels: int, channels: int = 3) -> int:
    """Bits of the pixels as they are: 8 a channel.

    Parameters
    ----------
    n_pixels : int
        Pixels.
    channels : int
        3 or 4.

    Returns
    -------
    int
        ``n_pixels * channels * 8``.

    Examples
    --------
    >>> raw_bits(128 * 128)
    393216
    """
    return n_pixels * channels * 8


def indexed_bits(n_pixels: int, k: int, channels: int = 3) -> int:
    """Bits of codebook and labels before any entropy coding: k·24 + N·⌈log2 k⌉.

    Parameters
    ----------
    n_pixels : int
        Pixels, N.
    k : int
        Codes.
    channels : int
        3 (24 bits a code) or 4 (32 bits a code).

    Returns
    -------
    int
        Codebook bits plus label bits.

    Examples
    --------
    >>> indexed_bits(128 * 128, 16)
    65920
    """
    return k * channels * 8 + n_pixels * label_bits(k)


def stored_bytes(n_pixels: int, k: int, code_bytes: int = 24, bytes_per_label: int = 1) -> int:
    """Bytes of the arrays that a notebook keeps: by default float64 codes and uint8 labels.

    Parameters
    ----------
    n_pixels : int
        Pixels.
    k : int
        Codes.
    code_bytes : int
        Bytes of one code; three float64 take 24.
    bytes_per_label : int
        Bytes of one label.

    Returns
    -------
    int
        ``k * code_bytes + n_pixels * bytes_per_label``.

    Examples
    --------
    >>> stored_bytes(427 * 640, 128) / 1024  # scikit-learn's china.jpg
    269.875
    """
    return k * code_bytes + n_pixels * bytes_per_label


def entropy_bits(counts: NDArray[np.integer]) -> float:
    """Zeroth-order entropy of the labels: -Σ n log2(n / N).

    Parameters
    ----------
    counts : (k,) integer ndarray
        Pixels of each code.

    Returns
    -------
    float
        Bits of all labels together, if each were coded by its share alone.

    Examples
    --------
    >>> import numpy as np
    >>> entropy_bits(np.array([2, 2, 0]))
    4.0
    """
    present = counts[counts > 0].astype(np.float64)
    return float(-(present * np.log2(present / present.sum())).sum()) + 0.0


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
    # Among the farthest, the most frequent stands for its neighbours.
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
    # What stands for others may be less far than what came after.
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


def frontier(points: Iterable[Point]) -> list[Point]:
    """Keep the points that no other point beats in both size and score.

    Parameters
    ----------
    points : iterable of (bytes, score, label)
        Points.

    Returns
    -------
    list of (bytes, score, label)
        From small to large.

    Examples
    --------
    >>> frontier([(9, 5.0, "c"), (3, 2.0, "a"), (4, 1.0, "b")])
    [(3, 2.0, 'a'), (9, 5.0, 'c')]
    """
    best: list[Point] = []
    for point in sorted(points, key=lambda point: (point[0], -point[1])):
        if not best or point[1] > best[-1][1]:
            best.append(point)
    return best
