"""Trials: one way to map a picture, tried out, scored and sized."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import all_differ, distinct
from huepress.common.once import once_property
from huepress.formats import Encoded
from huepress.search.codecs import codec_of
from huepress.search.tuning import TUNING
from huepress.values.indexed import IndexedImage

OnProgress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to map a picture.

    Parameters
    ----------
    k : int
        Most codes.
    rate : int
        What one bit is worth in squared fit-space length, for rate-aware labels; 0 for labels that
        do not look at the rate.
    diffusion : int
        Strength of error diffusion in 256ths; beside a rate, only where nothing masks an error.
    ordered : bool
        Whether labels without a rate mix codes in the blue-noise pattern.
    contrast : float
        Power of the masking weights, for rate-aware labels and weighed codebooks: 1, or 0.75 or 0.5
        to trust them less.
    feedback : int
        Share of a pixel's error, in 256ths, that rate-aware labels make up for in the next row.
    last_rows, last_rate : int
        The rate of so many rows at the lower end, where it is another one.
    weighed : bool
        Whether the codebook of labels without a rate is fitted with masking weights, too.
    """

    k: int
    rate: int = 0
    diffusion: int = 0
    ordered: bool = False
    contrast: float = 1.0
    feedback: int = TUNING.feedback
    last_rows: int = 0
    last_rate: int = 0
    weighed: bool = False

    @property
    def nearest(self) -> bool:
        """Whether the labels are the nearest ones."""
        return not (self.rate or self.diffusion or self.ordered)

    @property
    def fitted(self) -> tuple[int, float]:
        """What its codebook depends on: k, and the power of the mask that colours count with."""
        return self.k, self.contrast if self.rate or self.weighed else 0.0

    def __str__(self) -> str:
        parts = [f"k={self.k}"]
        if self.nearest:
            parts.append("nearest")
        if self.rate:
            parts.append(f"rate-aware {self.rate}")
        if self.last_rows:
            parts.append(f"last {self.last_rows} rows {self.last_rate}")
        if self.diffusion:
            parts.append(f"diffusion {self.diffusion / 256:.2g}")
        if self.ordered:
            parts.append("ordered")
        if self.weighed:
            parts.append("weighed codebook")
        if self.contrast != 1:
            parts.append(f"masking^{self.contrast:g}")
        if self.rate and not self.feedback:
            parts.append("no feedback")
        return ", ".join(parts)


@dataclass(frozen=True, eq=False, slots=True)
class RateAware:
    """Rate-aware labels of a fit's codes, and the bytes that they should take once coded."""

    labels: NDArray[np.uint8]
    coded: int


Labels = tuple[IndexedImage, RateAware | None]
"""What came out of a setting, without unused codes, and what a mapping by rate told of it."""


class Mapped:
    """Labels that may be let go of: where they are asked for later, they are mapped again.

    A copy has them, and never lets go.
    """

    __slots__ = ("_again", "_labels")

    def __init__(self, labels: Labels, again: Callable[[], Labels] | None = None) -> None:
        self._labels: Labels | None = labels
        self._again = again

    @property
    def labels(self) -> Labels:
        """The labels, held or mapped again."""
        labels = self._labels
        if labels is None:
            assert self._again is not None  # nobody else lets go
            labels = self._labels = self._again()
        return labels

    def let_go(self) -> None:
        """Hold them no longer, if they can be mapped again."""
        if self._again is not None:
            self._labels = None

    def __reduce__(self) -> tuple[type[Mapped], tuple[Labels]]:
        return Mapped, (self.labels,)


@dataclass(frozen=True, eq=False)
class Trial:
    """A setting tried out.

    Parameters
    ----------
    setting : Setting
        What was tried.
    mapped : Mapped
        What came out.
    score : float
        SSIMULACRA2.
    contours : float
        Those that the original has not, see `metrics.banding`; 0 where they do not count.
    keeps : bool
        Whether soft edges and small colours are left, where they count.
    encoded : Encoded or None
        The file, for finalists.
    format : str
        Of the file.
    """

    setting: Setting
    mapped: Mapped
    score: float
    contours: float = 0.0
    keeps: bool = True
    encoded: Encoded | None = None
    format: str = "png"

    @property
    def indexed(self) -> IndexedImage:
        """What came out, without unused codes; mapped again where the search has let go of it."""
        return self.mapped.labels[0]

    @property
    def rate_aware(self) -> RateAware | None:
        """What the mapping told of rate-aware labels; None of others."""
        return self.mapped.labels[1]

    def let_go(self) -> None:
        """Hold the labels no longer; but the bytes that they should take, where those are known."""
        if self.setting.rate:
            _ = self.estimate  # which takes no time
        self.mapped.let_go()

    @once_property
    def estimate(self) -> int:
        """Bytes that the file should take."""
        codec = codec_of(self.format)
        if self.rate_aware is None:
            return codec.size(self.indexed)
        return self.rate_aware.coded + codec.overhead(self.indexed)

    @property
    def n_bytes(self) -> int:
        """Bytes of the file where there is one, else the estimate."""
        return self.estimate if self.encoded is None else len(self.encoded)

    @property
    def picture(self) -> IndexedImage:
        """What the file decodes to."""
        return self.indexed


def without_doubles(moved: NDArray[np.uint8], colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take back those of the moves from distinct colours that made them equal to others."""
    while not all_differ(moved):
        _, inverse = distinct(moved)
        doubled = np.bincount(inverse)[inverse] > 1
        moved = np.where(doubled[:, None], colors, moved)
    return moved
