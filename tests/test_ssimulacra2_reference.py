"""The native score against figures of the PyPI package ssimulacra2 0.3.0, stored as numbers.

Only of images that have all six scales: with fewer, that package takes weights meant for others.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from huepress import _core

Pixels = NDArray[np.uint8]


def posterised(pixels: Pixels, levels: int) -> Pixels:
    step = 256 // levels
    return (pixels // step * step + step // 2).astype(np.uint8)


def dithered(pixels: Pixels, levels: int) -> Pixels:
    step = 256 // levels
    y, x = np.indices(pixels.shape[:2])
    threshold = (x * 5 + y * 3) % 8 * step // 8
    return posterised(np.minimum(pixels + threshold[..., None], 255).astype(np.uint8), levels)


def noisy(pixels: Pixels, amplitude: int) -> Pixels:
    mixed = np.arange(pixels.size, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    noise = (mixed >> np.uint64(40)).astype(np.int64).reshape(pixels.shape) % (2 * amplitude + 1)
    return np.clip(pixels + noise - amplitude, 0, 255).astype(np.uint8)


def smoothed(pixels: Pixels, reach: int) -> Pixels:
    rolled = [np.roll(pixels, d, axis=1).astype(np.int64) for d in range(-reach, reach + 1)]
    return (sum(rolled) // len(rolled)).astype(np.uint8)


DISTORTIONS = {
    "posterised to 4": lambda p: posterised(p, 4),
    "posterised to 16": lambda p: posterised(p, 16),
    "posterised to 64": lambda p: posterised(p, 64),
    "dithered to 8": lambda p: dithered(p, 8),
    "noise of 1": lambda p: noisy(p, 1),
    "noise of 16": lambda p: noisy(p, 16),
    "smoothed by 2": lambda p: smoothed(p, 2),
    "blue lost": lambda p: np.where([True, True, False], p, 128).astype(np.uint8),
}
IMAGES = {
    "astronaut": lambda: skimage.data.astronaut(),
    "coffee": lambda: skimage.data.coffee(),
    "chelsea": lambda: skimage.data.chelsea(),
}
# Run this file as a program, with that package installed, to compute the figures again.
FIGURES = {
    "astronaut": [-48.2015, 55.1451, 91.1313, 22.5692, 96.4827, 62.3481, 11.4803, -64.0337],
    "coffee": [-47.6249, 63.7872, 93.6624, 18.782, 95.8064, 64.6719, 18.7516, -54.9152],
    "chelsea": [-49.5943, 60.8364, 93.4847, 31.0147, 95.7565, 64.7402, 42.797, -44.2062],
}


@pytest.mark.parametrize("name", IMAGES)
def test_scores_agree_with_the_reference_package(name: str) -> None:
    original = np.ascontiguousarray(IMAGES[name]())
    scorer = _core.Ssimulacra2(original, threads=1)
    scores = [scorer.score(distort(original)) for distort in DISTORTIONS.values()]
    assert scores == pytest.approx(FIGURES[name], abs=0.005)


if __name__ == "__main__":
    import PIL.Image
    from ssimulacra2 import compute_ssimulacra2

    def png(pixels: Pixels) -> io.BytesIO:
        file = io.BytesIO()
        PIL.Image.fromarray(pixels).save(file, "PNG", compress_level=1)
        file.seek(0)
        return file

    for name, load in IMAGES.items():
        scores = [compute_ssimulacra2(png(load()), png(d(load()))) for d in DISTORTIONS.values()]
        print(f'    "{name}": {[round(float(score), 4) for score in scores]},')
