"""Write cpp/map/blue_noise.inc: the thresholds that ordered dithering compares with.

Void and cluster (R. Ulichney, "The void-and-cluster method for dither array generation", SPIE 1913,
1993) ranks the cells of a torus so that the first n of them are spread evenly for every n. Run as
``python tools/make_blue_noise.py > cpp/map/blue_noise.inc``.
"""

from __future__ import annotations

import sys

import numpy as np

SIDE = 64
CELLS = SIDE * SIDE
SIGMA = 1.5  # the width that Ulichney found best
SEED = 1993


def gaussian() -> np.ndarray:
    """Return the energy that a point gives to each cell of the torus around it."""
    distance = np.minimum(np.arange(SIDE), SIDE - np.arange(SIDE)).astype(np.float64)
    squared = distance[:, None] ** 2 + distance[None, :] ** 2
    return np.exp(-squared / (2 * SIGMA**2))


class Pattern:
    """A set of cells and the energy that they give to every cell."""

    def __init__(self) -> None:
        self.kernel = gaussian()
        self.points = np.zeros((SIDE, SIDE), dtype=bool)
        self.energy = np.zeros((SIDE, SIDE))

    def flip(self, cell: int) -> None:
        """Add the cell to the set, or take it out."""
        y, x = divmod(cell, SIDE)
        sign = -1.0 if self.points[y, x] else 1.0
        self.points[y, x] ^= True
        self.energy += sign * np.roll(self.kernel, (y, x), axis=(0, 1))

    def tightest_cluster(self) -> int:
        """Return the point with the most energy."""
        return int(np.argmax(np.where(self.points, self.energy, -np.inf)))

    def largest_void(self) -> int:
        """Return the cell outside the set with the least energy."""
        return int(np.argmin(np.where(self.points, np.inf, self.energy)))


def ranks() -> np.ndarray:
    """Return the rank of every cell, (64, 64)."""
    generator = np.random.default_rng(SEED)
    pattern = Pattern()
    for cell in generator.choice(CELLS, CELLS // 10, replace=False):
        pattern.flip(int(cell))
    while True:  # move points from clusters into voids until they come to rest
        cluster = pattern.tightest_cluster()
        pattern.flip(cluster)
        void = pattern.largest_void()
        pattern.flip(void)
        if void == cluster:
            break
    prototype = [int(cell) for cell in np.flatnonzero(pattern.points)]
    rank = np.zeros(CELLS, dtype=np.int64)
    for position in reversed(range(len(prototype))):
        cluster = pattern.tightest_cluster()
        pattern.flip(cluster)
        rank[cluster] = position
    for cell in prototype:
        pattern.flip(cell)
    # Gaussian energies of a set and of its complement add up to a constant, so the largest void is
    # the tightest cluster of the complement: Ulichney's second and third phase are one rule here.
    for position in range(len(prototype), CELLS):
        void = pattern.largest_void()
        pattern.flip(void)
        rank[void] = position
    return rank.reshape(SIDE, SIDE)


def main() -> None:
    """Print the table."""
    thresholds = (ranks() * 256 // CELLS).ravel()
    out = sys.stdout
    out.write("// 64x64 blue-noise thresholds, each of 0..255 sixteen times; written by\n")
    out.write("// tools/make_blue_noise.py, which names the method and its source.\n")
    for start in range(0, CELLS, 20):
        out.write(", ".join(str(int(t)) for t in thresholds[start : start + 20]) + ",\n")


if __name__ == "__main__":
    main()
