"""Trials: one way to map a picture, tried out, scored and sized.

What is here only reads what it is given, so that many threads may call it; what was made is kept
by the one thread that has the `Workbench`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import _core, mapping
from huepress.common.arrays import distinct, owned, widened
from huepress.common.once import once_property
from huepress.formats import Encoded
from huepress.formats.png import overhead, quick_size
from huepress.options import CompressOptions
from huepress.search.picture import Picture
from huepress.search.tuning import TUNING
from huepress.values.codebook import Codebook
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
class Parsed:
    """Of rate-aware labels, the bytes they should take, and which of the fit's codes are left."""

    deflated: int
    codes: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Trial:
    """A setting tried out.

    Parameters
    ----------
    setting : Setting
        What was tried.
    indexed : IndexedImage
        What came out, without unused codes.
    score : float
        SSIMULACRA2.
    contours : float
        Those that the original has not, see `metrics.banding`; 0 where they do not count.
    keeps : bool
        Whether soft edges and small colours are left, where they count.
    parsed : Parsed or None
        What the mapping knows of rate-aware labels.
    encoded : Encoded or None
        The file, for finalists.
    """

    setting: Setting
    indexed: IndexedImage
    score: float
    contours: float = 0.0
    keeps: bool = True
    parsed: Parsed | None = None
    encoded: Encoded | None = None

    @once_property
    def estimate(self) -> int:
        """Bytes that a palette PNG should take."""
        if self.parsed is None:
            return quick_size(self.indexed)
        return self.parsed.deflated + overhead(self.indexed)

    @property
    def n_bytes(self) -> int:
        """Bytes of the file where there is one, else the estimate."""
        return self.estimate if self.encoded is None else len(self.encoded)


class Canvas:
    """Pixels to map, and what scores them."""

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        rows: NDArray[np.intp] | None,
        *,
        contours: bool,
        threads: int,
    ) -> None:
        self.pixels, self.rows = pixels, rows
        self._scorer = _core.Ssimulacra2(pixels, threads=threads)
        self._banding = _core.Banding(pixels, threads=threads) if contours else None

    def score(self, indexed: IndexedImage) -> float:
        """Score labels against the pixels."""
        return self._scorer.score_indexed(self.colors(indexed.codebook), indexed.labels)

    def contours(self, indexed: IndexedImage) -> float:
        """Measure the contours that labels add to the pixels; 0 where nobody looks for them."""
        if self._banding is None:
            return 0.0
        return self._banding.of_indexed(self.colors(indexed.codebook), indexed.labels)

    def colors(self, codebook: Codebook) -> NDArray[np.uint8]:
        """Codes with as many channels as the pixels."""
        return np.ascontiguousarray(widened(codebook.colors, self.pixels.shape[2]))


def plain_labels(
    canvas: Canvas, setting: Setting, codebook: Codebook, options: CompressOptions
) -> IndexedImage:
    """Map labels that do not look at the rate."""
    mapped: Callable[..., IndexedImage] = mapping.ordered if setting.ordered else mapping.nearest
    if setting.diffusion:
        mapped = partial(mapping.error_diffusion, strength=setting.diffusion / 256)
    return mapped(canvas.pixels, codebook, space=options.space, threads=options.threads)


def rate_aware_labels(
    canvas: Canvas,
    setting: Setting,
    codebook: Codebook,
    weights: NDArray[np.uint16],
    picture: Picture,
    options: CompressOptions,
) -> tuple[NDArray[np.uint8], int]:
    """Map labels that do; return them and the bytes that they should deflate to."""
    tuning, caps = picture.tuning, dict[str, Any]()
    if picture.graphic:
        # Closer than elsewhere, so that pale lines stay.
        caps = {"cap": tuning.drawing_cap, "chroma_cap": tuning.drawing_chroma_cap}
    labels, deflated = _core.rate_aware(
        canvas.pixels,
        canvas.colors(codebook),
        options.space,
        weights,
        setting.rate,
        feedback=setting.feedback,
        dither=setting.diffusion,
        chroma=picture.chroma,
        chain=64 if options.effort == "best" else 16,
        **caps,
    )
    return owned(labels), deflated


def refitted(
    canvas: Canvas, codebook: Codebook, labels: NDArray[np.uint8], space: str, sixteenths: int
) -> IndexedImage:
    """Move codes part of the way to the means of their pixels."""
    colors = canvas.colors(codebook)
    moved = _core.refit(canvas.pixels, colors, space, labels, step=sixteenths)
    moved[: codebook.pinned] = colors[: codebook.pinned]
    return IndexedImage(Codebook(without_doubles(moved, colors), codebook.pinned), labels)


def joined_labels(upper: Trial, lower: Trial, rows: int) -> tuple[NDArray[np.uint8], int]:
    """Take the labels of one trial, and in so many rows at the lower end those of another."""
    above, below = upper.parsed, lower.parsed
    assert above is not None
    assert below is not None
    split = upper.indexed.height - rows
    labels = [
        above.codes[upper.indexed.labels[:split]],
        below.codes[lower.indexed.labels[split:]],
    ]
    deflated = (above.deflated * split + below.deflated * rows) // (split + rows)
    return owned(np.concatenate(labels)), deflated


def without_doubles(moved: NDArray[np.uint8], colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take back those of the moves from distinct colours that made them equal to others."""
    while True:
        first, inverse = distinct(moved)
        if len(first) == len(moved):
            return moved
        doubled = np.bincount(inverse)[inverse] > 1
        moved = np.where(doubled[:, None], colors, moved)
