"""pngquant's scale of quality beside ours.

pngquant's is one of mean squared error, ours SSIMULACRA2; a picture may have much of the one and
little of the other. So the two ends of --quality MIN-MAX are read apart. MAX, at which bytes are to
be saved, is the score that pngquant's own files have where it is asked. MIN, below which nothing is
written, is a limit of pngquant's error, which it asks of a palette: so the same pictures fail.
`python -m benchmarks.pngquant_quality` measures the tables, and how far both agree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.colorspace import FIT_UNIT
from huepress.mapping import nearest
from huepress.search.picture import Kind
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram

QUALITIES = (0, 10, 20, 30, 40, 50, 60, 65, 70, 75, 80, 85, 90, 95, 98, 99, 100)

SCORES = (30, 46, 60, 63, 65, 69, 74, 78, 79, 81, 82, 85, 90, 93, 95, 96, 100)
"""Of pngquant's files: the mean of photographs, art and pages, of each of which the median; from 90
on of pages, as 256 colours do not bring the others so far."""

LIMITS = (
    1e6,
    44.6,
    32.1,
    26.7,
    21.8,
    17.3,
    13.2,
    11.3,
    9.5,
    7.8,
    6.1,
    4.5,
    2.9,
    1.5,
    0.59,
    0.31,
    0,
)
"""Of pngquant's error, as it prints them."""

SHARES: dict[Kind, float] = {"photograph": 7.3, "drawing": 2.3, "art": 3.4}
"""Our error of a palette over pngquant's, which counts pixels by what surrounds them."""

_LEVEL = FIT_UNIT / 255


def score_of(quality: int) -> float:
    """Return the score of pngquant's files of a quality.

    Examples
    --------
    >>> [score_of(quality) for quality in (65, 80, 88, 100)]
    [78.0, 82.0, 88.0, 100.0]
    """
    return float(np.interp(quality, QUALITIES, SCORES))


def quality_of(error: float, kind: Kind) -> float:
    """Return the quality that pngquant would see in a palette of this error.

    Examples
    --------
    >>> round(quality_of(44.5, "photograph")), quality_of(0.0, "art")
    (80, 100.0)
    """
    return float(np.interp(error / SHARES[kind], LIMITS[::-1], QUALITIES[::-1]))


def error_of(histogram: Histogram, codebook: Codebook) -> float:
    """Measure the mean squared error of each pixel's nearest code, in levels, over the channels.

    Alpha counts by its mean error over black and white.

    Examples
    --------
    >>> pixels = np.array([[[10, 10, 10], [30, 30, 30]]], np.uint8)
    >>> error_of(Histogram.of(pixels), Codebook.from_hex(["#0a0a0a"]))
    600.0
    """
    # Without the gap that a fit puts between what is opaque and what is not.
    codes = _core.embed(codebook.colors, "srgb", gaps=False).astype(np.float64)
    labels = nearest(histogram.colors[None], codebook, space="srgb").labels[0]
    distances = _core.embed(histogram.colors, "srgb", gaps=False) - codes[labels]
    squares: NDArray[np.float64] = (distances**2).sum(axis=1) / _LEVEL**2
    return float(squares @ histogram.counts.astype(np.float64)) / histogram.n_pixels
