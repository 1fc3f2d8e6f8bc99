import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huepress import textbook


@st.composite
def points_and_k(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 40))
    levels = draw(st.sampled_from([2, 5, 256]))
    points = rng.integers(0, levels, (n, draw(st.integers(1, 4)))) / (levels - 1)
    return points, draw(st.integers(1, n))


@given(points_and_k(), st.integers(0, 99))
def test_the_centroids_start_at_k_points_of_the_permutation(points_k, seed):
    points, k = points_k
    indices = np.arange(len(points), dtype=float)[:, None]
    chosen = textbook.initial_centroids(indices, k, seed).ravel().astype(int)
    assert len(set(chosen)) == k
    assert np.array_equal(textbook.initial_centroids(points, k, seed), points[chosen])


@given(points_and_k(), st.integers(0, 99))
def test_the_naive_and_the_fast_labels_agree(points_k, seed):
    points, k = points_k
    centroids = textbook.initial_centroids(points, k, seed) + 0.01
    naive = textbook.closest_centroids_naive(points, centroids)
    fast = textbook.closest_centroids(points, centroids)
    # Summing squares in another order may tip a tie: the distances agree, if not the labels.
    distances = ((points[:, None] - centroids) ** 2).sum(axis=2)
    rows = np.arange(len(points))
    assert np.allclose(distances[rows, naive], distances[rows, fast], rtol=0, atol=1e-15)


def test_ties_go_to_the_lowest_index():
    points, centroids = np.array([[0.5]]), np.array([[0.0], [1.0], [0.0]])
    assert textbook.closest_centroids_naive(points, centroids).tolist() == [0]
    assert textbook.closest_centroids(points, centroids).tolist() == [0]


@given(points_and_k())
def test_centroids_are_means_and_those_without_points_are_nan(points_k):
    points, k = points_k
    labels = np.arange(len(points)) * 7 % k
    centroids = textbook.centroids_of(points, labels, k + 1)
    for j in range(k):
        if np.any(labels == j):
            assert np.allclose(centroids[j], np.average(points, axis=0, weights=labels == j))
    assert np.isnan(centroids[k]).all()


@given(points_and_k(), st.integers(0, 6), st.integers(0, 99))
def test_the_error_never_rises_and_the_labels_belong_to_the_centroids(points_k, iterations, seed):
    points, k = points_k
    centroids, labels, history = textbook.kmeans(points, k, iterations, seed)
    assert len(history) == iterations
    last = ((points - centroids[labels]) ** 2).sum(axis=1).mean()
    assert (np.diff([*history, last]) <= 1e-15).all()
    assert not np.isnan(centroids).any()
    assert np.array_equal(labels, textbook.closest_centroids(points, centroids))


def test_it_agrees_with_scikit_learn_from_the_same_start():
    from sklearn.cluster import KMeans

    points = np.random.default_rng(0).random((500, 3))
    start = textbook.initial_centroids(points, 8, seed=1)
    centroids, labels, history = textbook.kmeans(points, 8, iterations=100, seed=1)
    peer = KMeans(8, init=start, n_init=1, max_iter=100, tol=0).fit(points)
    assert np.allclose(centroids, peer.cluster_centers_)
    assert np.array_equal(labels, peer.labels_)
    assert history[-1] * 500 == pytest.approx(peer.inertia_)


def test_the_whole_is_under_80_lines():
    from pathlib import Path

    assert len(Path(textbook.__file__).read_text(encoding="utf-8").splitlines()) < 80
