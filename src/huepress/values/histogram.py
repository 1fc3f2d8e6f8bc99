"""The exact colour histogram: all that k-means needs to know of an image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.common.arrays import as_pixels, frozen, owned, packed, widened
from huepress.common.by_content import ByContent
from huepress.common.checks import thread_count
from huepress.errors import OptionError

if TYPE_CHECKING:
    from huepress.values.image import Image


@dataclass(frozen=True, eq=False, slots=True)
class Histogram(ByContent):
    """Distinct colours and how many pixels have each.

    Histograms add up exactly, in any order and grouping, so that a picture read in tiles, or a
    million files on many machines, give the same codebook as one array.

    Parameters
    ----------
    colors : (n, 3) or (n, 4) uint8 ndarray
        Distinct colours in ascending order, straight alpha. With four channels, full transparency
        is the one colour (0, 0, 0, 0).
    counts : (n,) uint64 ndarray
        Pixels of each colour. A count of zero is allowed and without effect.

    Raises
    ------
    OptionError
        If shapes disagree, or colours repeat or are out of order.

    Examples
    --------
    >>> import numpy as np
    >>> pixels = np.array([[[255, 0, 0], [0, 0, 255], [255, 0, 0]]], np.uint8)
    >>> histogram = Histogram.of(pixels)
    >>> histogram.colors.tolist(), histogram.counts.tolist()
    ([[0, 0, 255], [255, 0, 0]], [1, 2])
    >>> (histogram + histogram).counts.tolist()
    [2, 4]
    """

    colors: NDArray[np.uint8]
    counts: NDArray[np.uint64]

    def __post_init__(self) -> None:
        colors, counts = np.asarray(self.colors), np.asarray(self.counts)
        if colors.ndim != 2 or colors.shape[1] not in (3, 4) or colors.dtype != np.uint8:
            raise OptionError(
                f"histogram colours have shape {colors.shape} and type {colors.dtype}; "
                "give (n, 3) or (n, 4) uint8"
            )
        if counts.shape != (len(colors),) or counts.dtype.kind not in "iu":
            raise OptionError(
                f"histogram counts have shape {counts.shape} and type {counts.dtype}; "
                f"give {len(colors)} non-negative integers, one a colour"
            )
        if counts.dtype.kind == "i" and (counts < 0).any():
            raise OptionError(f"a count is {counts.min()}; counts must not be negative")
        keys = packed(colors)
        if (keys[1:] <= keys[:-1]).any():
            raise OptionError(
                "histogram colours repeat or are out of order; Histogram.of() and + sort them"
            )
        object.__setattr__(self, "colors", frozen(colors, np.uint8))
        object.__setattr__(self, "counts", frozen(counts, np.uint64))

    @classmethod
    def of(cls, pixels: Image | NDArray[np.uint8], *, threads: int = 0) -> Histogram:
        """Count the colours of an image.

        Parameters
        ----------
        pixels : Image or (h, w, 3 or 4) uint8 ndarray
            What to count; every pixel counts.
        threads : int
            Threads to use, 0 for one a core; the result is the same for any number.

        Returns
        -------
        Histogram
            All distinct colours with their exact counts.
        """
        return cls._made(*_core.histogram(as_pixels(pixels), threads=thread_count(threads)))

    @classmethod
    def _made(cls, colors: NDArray[np.uint8], counts: NDArray[np.uint64]) -> Histogram:
        """Hold what a kernel has just made: sorted, unique, and nobody else's."""
        histogram = object.__new__(cls)
        object.__setattr__(histogram, "colors", owned(colors))
        object.__setattr__(histogram, "counts", owned(counts))
        return histogram

    def __add__(self, other: Histogram) -> Histogram:
        if not isinstance(other, Histogram):
            return NotImplemented
        channels = max(self.colors.shape[1], other.colors.shape[1])
        colors, counts = _core.merge_histograms(
            widened(self.colors, channels),
            self.counts,
            widened(other.colors, channels),
            other.counts,
        )
        return Histogram._made(colors, counts)

    @classmethod
    def total(cls, parts: Iterable[Histogram]) -> Histogram:
        """Add up any number of histograms, one after the other, none of which is kept.

        Parameters
        ----------
        parts : iterable of Histogram
            Of pictures, files or tiles; a generator will do.

        Returns
        -------
        Histogram
            The same for any order and grouping; empty where there are no parts.

        Examples
        --------
        >>> import numpy as np
        >>> dots = (np.full((1, 1, 3), level, np.uint8) for level in (7, 9, 7))
        >>> Histogram.total(map(Histogram.of, dots)).counts.tolist()
        [2, 1]
        """
        # Alike ones are added first, as carries are: each colour is merged few times, where adding
        # to one sum would walk through all of it for every file.
        sums: list[Histogram] = []
        for part in parts:
            sums.append(part)
            while len(sums) > 1 and len(sums[-2]) < 2 * len(sums[-1]):
                last = sums.pop()
                sums[-1] += last
        result = cls(np.empty((0, 3), np.uint8), np.empty(0, np.uint64))
        while sums:
            result += sums.pop()
        return result

    def __len__(self) -> int:
        return len(self.colors)

    @property
    def n_pixels(self) -> int:
        """Pixels counted."""
        return int(self.counts.sum())

    @property
    def channels(self) -> int:
        """3 for opaque colours, 4 with alpha."""
        return int(self.colors.shape[1])

    @property
    def has_transparent(self) -> bool:
        """Whether full transparency is among the colours."""
        # (0, 0, 0, 0) sorts first
        return self.channels == 4 and len(self) > 0 and self.colors[0, 3] == 0
