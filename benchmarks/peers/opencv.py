"""OpenCV: k-means with ten iterations from a k-means++ start."""

from __future__ import annotations

import numpy as np

from benchmarks.contenders import Contender, Outcome, Peer, Pixels, Timed


def _version() -> str:
    import cv2

    return cv2.__version__


def _fit(pixels: Pixels, k: int, threads: int) -> Timed:
    import cv2

    cv2.setNumThreads(threads)

    def run() -> Outcome:
        cv2.setRNGSeed(0)
        samples = pixels.reshape(-1, 3).astype(np.float32)
        stop = (cv2.TERM_CRITERIA_MAX_ITER, 10, 0.0)
        _, labels, centers = cv2.kmeans(samples, k, None, stop, 1, cv2.KMEANS_PP_CENTERS)
        codebook = np.clip(np.rint(centers), 0, 255).astype(np.uint8)
        return codebook, labels.astype(np.uint8).reshape(pixels.shape[:2])

    return run


PEER = Peer(
    "OpenCV", _version, contenders=(Contender("OpenCV kmeans, 10 iterations", "fit", _fit),)
)
