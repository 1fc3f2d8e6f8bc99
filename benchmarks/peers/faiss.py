"""faiss: k-means with its default 25 iterations on at most 256 points a code."""

from __future__ import annotations

import numpy as np

from benchmarks.contenders import Contender, Outcome, Peer, Pixels, Timed


def _version() -> str:
    import faiss

    return faiss.__version__


def _fit(pixels: Pixels, k: int, threads: int) -> Timed:
    import faiss

    faiss.omp_set_num_threads(threads)

    def run() -> Outcome:
        samples = pixels.reshape(-1, 3).astype(np.float32)
        kmeans = faiss.Kmeans(3, k, niter=25, seed=0)
        kmeans.train(samples)
        _, labels = kmeans.index.search(samples, 1)
        codebook = np.clip(np.rint(kmeans.centroids), 0, 255).astype(np.uint8)
        return codebook, labels.astype(np.uint8).reshape(pixels.shape[:2])

    return run


PEER = Peer("faiss", _version, contenders=(Contender("faiss Kmeans, 25 iterations", "fit", _fit),))
