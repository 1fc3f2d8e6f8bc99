"""Types of the compiled kernels."""

import numpy as np
from numpy.typing import NDArray

# k-means
def fit(
    points: NDArray[np.int16],
    weights: NDArray[np.uint32],
    pinned: NDArray[np.int16],
    k: int,
    *,
    seeding: str,
    n_init: int,
    max_iter: int,
    tol: float,
    seed: int,
    relaxation: int,
    coarse_starts: int,
    swap_trials: int,
    sample: int,
    batch_size: int,
    threads: int,
) -> tuple[
    NDArray[np.int16],
    NDArray[np.int16],
    NDArray[np.uint64],
    NDArray[np.int32],
    NDArray[np.int32],
    bool,
]: ...
def nearest_points(
    points: NDArray[np.int16], centroids: NDArray[np.int16], *, threads: int
) -> tuple[NDArray[np.uint16], NDArray[np.int32]]: ...
def instruction_set() -> str: ...
