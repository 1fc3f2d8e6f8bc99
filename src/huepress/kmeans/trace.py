"""The result of a fit: the codebook, and a trace of the iterations that led to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from huepress.colorspace import FIT_UNIT, Space
from huepress.common.by_content import ByContent
from huepress.values.codebook import Codebook


@dataclass(frozen=True, eq=False, slots=True)
class Trace(ByContent):
    """What k-means did, iteration by iteration.

    It ran on all colours, on the sample, or with effort 'fast' on coarse points. In the last row,
    centroids that stand for opaque colours are opaque.

    Parameters
    ----------
    centroids : (t, k, 4) int16 ndarray
        Positions in the fit space; the first row is where the seeding put them.
    inertia : (t,) uint64 ndarray
        Weighted squared distance to the nearest centroid, in squared fit units.
    moved : (t,) int32 ndarray
        Centroids that the step to this row changed.
    reseeded : (t,) int32 ndarray
        Centroids among them that had lost all their colours and were placed anew.
    """

    centroids: NDArray[np.int16]
    inertia: NDArray[np.uint64]
    moved: NDArray[np.int32]
    reseeded: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.inertia)


@dataclass(frozen=True, eq=False, slots=True)
class FitResult(ByContent):
    """A fitted codebook and how it came about.

    Parameters
    ----------
    codebook : Codebook
        Pinned codes first, then full transparency if there is any, then the learned ones.
    trace : Trace
        Every iteration; code i of the codebook is the last row's centroid i, rounded to bytes: to
        grey ones where two thirds of its pixels are grey.
    space : str
        The fit space of the trace.
    converged : bool
        True if the iteration stopped by itself, False if it ran out of `max_iter`.
    lossless : bool
        True if there was nothing to cluster: the codebook holds every colour.
    """

    codebook: Codebook
    trace: Trace
    space: Space
    converged: bool
    lossless: bool

    @property
    def iterations(self) -> int:
        """Updates of the centroids."""
        return len(self.trace) - 1

    @property
    def inertia(self) -> float:
        """Final weighted squared error in the fit space, black to white being 1."""
        return int(self.trace.inertia[-1]) / FIT_UNIT**2

    @property
    def stopped_by(self) -> str:
        """``'convergence'`` or ``'max_iter'``."""
        return "convergence" if self.converged else "max_iter"
