"""scikit-learn: full k-means, the classic 1000-pixel recipe, and mini-batches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.contenders import Contender, Outcome, Peer, Pixels, Timed


def _version() -> str:
    import sklearn

    return sklearn.__version__


def _outcome(centers: NDArray[np.floating], labels: NDArray[np.integer], pixels: Pixels) -> Outcome:
    codebook = np.clip(np.rint(centers), 0, 255).astype(np.uint8)
    return codebook, labels.astype(np.uint8).reshape(pixels.shape[:2])


def _full(pixels: Pixels, k: int, threads: int) -> Timed:
    from sklearn.cluster import KMeans

    def run() -> Outcome:
        found = KMeans(k, n_init=1, random_state=0).fit(pixels.reshape(-1, 3).astype(np.float32))
        return _outcome(found.cluster_centers_, found.labels_, pixels)

    return run


def _sample(pixels: Pixels, k: int, threads: int) -> Timed:
    from sklearn.cluster import KMeans
    from sklearn.utils import shuffle

    def run() -> Outcome:
        samples = pixels.reshape(-1, 3).astype(np.float32)
        drawn = shuffle(samples, random_state=0, n_samples=min(1000, len(samples)))
        found = KMeans(k, n_init=1, random_state=0).fit(drawn)
        return _outcome(found.cluster_centers_, found.predict(samples), pixels)

    return run


def _batches(pixels: Pixels, k: int, threads: int) -> Timed:
    from sklearn.cluster import MiniBatchKMeans

    def run() -> Outcome:
        samples = pixels.reshape(-1, 3).astype(np.float32)
        found = MiniBatchKMeans(k, n_init="auto", random_state=0).fit(samples)
        return _outcome(found.cluster_centers_, found.labels_, pixels)

    return run


PEER = Peer(
    "scikit-learn",
    _version,
    contenders=(
        Contender("scikit-learn KMeans on 1000 pixels", "fit", _sample),
        Contender("scikit-learn MiniBatchKMeans", "fit", _batches),
        Contender("scikit-learn KMeans, all pixels", "fit", _full),
    ),
)
