"""Codebooks that all frames of a moving picture share, by their number of codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from huepress.common.side_by_side import each
from huepress.kmeans import FitResult, fit
from huepress.motion.screen import STILL, View
from huepress.options import CompressOptions
from huepress.search.picture import salience
from huepress.search.tuning import Tuning
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram


class Books:
    """Codebooks fitted to one histogram, each once."""

    def __init__(
        self,
        histogram: Histogram,
        options: CompressOptions,
        tuning: Tuning,
        *,
        graphic: bool,
        chroma: int,
    ) -> None:
        self.histogram, self._options = histogram, options
        self._weights = salience(histogram, tuning) if graphic else None
        self._chroma = chroma
        self._fits: dict[int, FitResult] = {}

    def make(self, numbers: Sequence[int]) -> None:
        """Fit those that are not there yet, side by side."""
        missing = [k for k in dict.fromkeys(numbers) if k not in self._fits]
        fits = each(self._fitted, missing, self._options.threads)
        self._fits.update(zip(missing, fits, strict=True))

    def fit_of(self, k: int) -> FitResult:
        """Return a fit that was made."""
        return self._fits[k]

    def of(self, k: int) -> Codebook:
        """Return the codebook of a fit that was made."""
        return self._fits[k].codebook

    def _fitted(self, k: int) -> FitResult:
        arguments = self._options.fit_arguments()
        arguments["k"] = k
        chroma = self._chroma / 256
        return fit(
            self.histogram,
            **arguments,
            weights=self._weights,
            chroma=chroma,
            threads=self._options.threads,
        )


def own_codebook(_number: int, view: View) -> Codebook:
    """Return the colours that a frame has to draw, exactly."""
    wanted = view.pixels[view.states != STILL]
    if len(wanted) == 0:
        wanted = view.pixels[:1, :1].reshape(1, 4)
    wanted = np.where(wanted[:, 3:] == 0, np.uint8(0), wanted)
    return Codebook(Histogram.of(np.ascontiguousarray(wanted[None])).colors)
