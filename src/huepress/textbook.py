"""K-means as the courses write it: floats, a few lines of NumPy, nothing hidden.

For reading, and for checking the real thing (`huepress.kmeans`) against. Points are (n, d) floats:
pixels are points when reshaped to (n, 3) and divided by 255.

>>> points = np.array([[0.0], [0.2], [0.9], [1.1]])
>>> centroids, labels, history = kmeans(points, k=2, iterations=5, seed=0)
>>> centroids[labels].ravel().round(3).tolist()
[0.1, 0.1, 1.0, 1.0]
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.intp]


def initial_centroids(points: Floats, k: int, seed: int) -> Floats:
    """Take the first k points of a random permutation."""
    return points[np.random.default_rng(seed).permutation(len(points))[:k]]


def closest_centroids_naive(points: Floats, centroids: Floats) -> Labels:
    """Give each point the index of its closest centroid, one by one."""
    labels = np.empty(len(points), dtype=np.intp)
    for i, point in enumerate(points):
        distances = [np.sum((point - centroid) ** 2) for centroid in centroids]
        labels[i] = np.argmin(distances)
    return labels


def closest_centroids(points: Floats, centroids: Floats) -> Labels:
    """Give each point the index of its closest centroid, all at once; ties go to the lowest index.

    >>> closest_centroids(np.array([[0.1], [0.8], [0.4]]), np.array([[0.0], [1.0]]))
    array([0, 1, 0])
    """
    from scipy.spatial.distance import cdist

    labels: Labels = cdist(points, centroids, "sqeuclidean").argmin(axis=1)
    return labels


def centroids_of(points: Floats, labels: Labels, k: int) -> Floats:
    """Move each centroid to the mean of its points; without points there is none, but nan.

    >>> centroids_of(np.array([[0.0], [0.5], [9.0]]), np.array([0, 0, 1]), k=2)
    array([[0.25],
           [9.  ]])
    """
    centroids = np.full((k, points.shape[1]), np.nan)
    for j in range(k):
        members = points[labels == j]
        if len(members) > 0:
            centroids[j] = members.mean(axis=0)
    return centroids


def kmeans(
    points: Floats, k: int, iterations: int, seed: int
) -> tuple[Floats, Labels, list[float]]:
    """Alternate between closest centroids and means; history is the error before each iteration.

    The error is the mean squared distance. A centroid without points stays where it is.
    """
    centroids = initial_centroids(points, k, seed)
    history = []
    for _ in range(iterations):
        labels = closest_centroids(points, centroids)
        history.append(float(((points - centroids[labels]) ** 2).sum(axis=1).mean()))
        means = centroids_of(points, labels, k)
        centroids = np.where(np.isnan(means), centroids, means)
    return centroids, closest_centroids(points, centroids), history
