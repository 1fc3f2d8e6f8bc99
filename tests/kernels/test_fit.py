"""Laws of the k-means fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import cases
from huepress import _core

SEEDINGS = ("principal-axis", "k-means++", "random")
NO_PINS = np.empty((0, 4), dtype=np.int16)

# Every way through the fit, by name.
WAYS = {
    "principal-axis": {},
    "relaxed": {"relaxation": 26},
    "starts and swaps": {"relaxation": 26, "coarse_starts": 4, "swap_trials": 100},
    "close search": {"relaxation": 26, "swap_trials": 100, "fine_detail": 2, "coarse_detail": 1},
    "all colours split": {"coarse_starts": 0},
    "k-means++": {"seeding": "k-means++", "n_init": 2},
    "random": {"seeding": "random"},
    "sample": {"sample": 100, "seeding": "k-means++"},
    "mini-batch": {"batch_size": 50, "max_iter": 5, "seeding": "k-means++"},
}


def fit(points, weights, k, pinned=NO_PINS, **options):
    settings = {
        "seeding": "principal-axis",
        "n_init": 1,
        "max_iter": 50,
        "tol": 0.0,
        "seed": 7,
        "relaxation": 16,
        "coarse_only": False,
        "coarse_detail": 8,
        "coarse_starts": 1,
        "swap_trials": 0,
        "fine_detail": 0,
        "sample": 0,
        "batch_size": 0,
        "threads": 1,
    }
    settings.update(options)
    *found, _, converged = _core.fit(points, weights, pinned, k, **settings)
    return *found, converged


def colors(seed, n, spread=8000):
    """Distinct points in a fixed order, a few of them common, in clumps as in photos."""
    random = np.random.default_rng(seed)
    centres = random.integers(-spread, spread, (1 + n // 50, 4))
    points = centres[random.integers(0, len(centres), 2 * n)]
    points = points + random.normal(0, spread / 16, points.shape)
    points = np.clip(points, -8160, 8160).astype(np.int16)
    points[:, 3] = 8160
    points = np.unique(points, axis=0)[:n]
    weights = random.geometric(0.3, len(points)).astype(np.uint32)
    return points, weights


def inertia_of(points, weights, centroids):
    distances = np.square(points[:, None].astype(np.int64) - centroids[None]).sum(-1)
    return int((distances.min(1) * weights.astype(np.int64)).sum())


def assert_same(a, b):
    for left, right in zip(a, b, strict=True):
        assert np.array_equal(left, right)


@pytest.mark.parametrize("way", WAYS)
@given(seed=st.integers(0, 999), n=st.integers(1, 300), k=st.integers(1, 20))
@cases(25)
def test_a_weight_of_n_equals_n_copies(way, seed, n, k):
    points, weights = colors(seed, n)
    copies = np.repeat(points, weights, axis=0)
    ones = np.ones(len(copies), dtype=np.uint32)
    k = min(k, len(points))
    assert_same(fit(points, weights, k, **WAYS[way]), fit(copies, ones, k, **WAYS[way]))


@pytest.mark.parametrize("axes", [2, 3, 4])
@pytest.mark.parametrize("options", [{}, {"coarse_only": True, "relaxation": 26}])
def test_it_does_not_matter_whether_points_are_few_enough_to_be_sorted(axes, options):
    """Up to 4096 points are; more are counted into their cells, in the same order."""
    random = np.random.default_rng(axes)
    points = random.integers(-8160, 8160, (2100, 4), dtype=np.int16)
    points[:, axes:] = 5
    weights = random.integers(2, 9, len(points), dtype=np.uint32)
    twice, halves = np.tile(points, (2, 1)), np.concatenate([weights - 1, weights + 1])
    few, many = fit(points, 2 * weights, 40, **options), fit(twice, halves, 40, **options)
    assert_same(few, many)


@pytest.mark.parametrize("way", WAYS)
@given(seed=st.integers(0, 999), n=st.integers(1, 300), k=st.integers(1, 20))
@cases(25)
def test_a_weight_of_zero_is_inert(way, seed, n, k):
    points, weights = colors(seed, n)
    weights[1::3] = 0
    k = min(k, np.count_nonzero(weights))
    present = weights > 0
    assert_same(
        fit(points, weights, k, **WAYS[way]),
        fit(points[present], weights[present], k, **WAYS[way]),
    )


@pytest.mark.parametrize("way", WAYS)
def test_the_number_of_threads_changes_no_bit(way):
    points, weights = colors(3, 30000)
    one = fit(points, weights, 40, threads=1, **{"max_iter": 8} | WAYS[way])
    for threads in (2, 3, 7, 0):
        assert_same(one, fit(points, weights, 40, threads=threads, **{"max_iter": 8} | WAYS[way]))


# The fit turns to threads from 65536 points on.
@pytest.mark.slow
@pytest.mark.parametrize("n", [65535, 65536, 70001])
@pytest.mark.parametrize("coarse_only", [False, True])
def test_the_number_of_threads_changes_no_bit_of_a_large_fit(n, coarse_only):
    points, weights = colors(5, n + 5000)
    points, weights = points[:n], weights[:n]
    assert len(points) == n
    options = {
        "max_iter": 6,
        "relaxation": 26,
        "coarse_only": coarse_only,
        "coarse_detail": 3000,
        "swap_trials": 10,
        "fine_detail": 4000,
    }
    one = fit(points, weights, 24, threads=1, **options)
    for threads in (2, 3, 7):
        assert_same(one, fit(points, weights, 24, threads=threads, **options))


@pytest.mark.slow
@given(seed=st.integers(0, 999), k=st.integers(1, 60), detail=st.integers(1, 40))
@cases(20)
def test_the_inertia_of_a_coarse_fit_is_that_of_all_points_or_a_little_more(seed, k, detail):
    points, weights = colors(seed, 6000)
    centroids, trace, inertia, *_ = fit(
        points, weights, k, coarse_only=True, coarse_starts=0, coarse_detail=detail, max_iter=5
    )
    for row in range(len(inertia)):
        exact = inertia_of(points, weights, trace[row])
        # coarse points are rounded, by at most half a unit a coordinate
        assert exact <= int(inertia[row]) * 1.001
        assert int(inertia[row]) <= exact * 2
    assert np.array_equal(trace[-1], centroids)


@given(seed=st.integers(0, 999), k=st.integers(1, 60))
@cases(15)
def test_a_coarse_fit_knows_no_difference_between_weights_and_copies(seed, k):
    points, weights = colors(seed, 6000)
    options = {"coarse_only": True, "coarse_starts": 0, "max_iter": 5}
    copies = np.repeat(points, weights, axis=0)
    ones = np.ones(len(copies), dtype=np.uint32)
    gaps = np.zeros(3 * len(points), dtype=np.uint32)
    gaps[1::3] = weights
    expected = fit(points, weights, k, **options)
    assert_same(expected, fit(copies, ones, k, **options))
    assert_same(expected, fit(np.repeat(points, 3, axis=0), gaps, k, **options))


@pytest.mark.parametrize("way", ["principal-axis", "starts and swaps", "close search"])
def test_a_search_ends_no_worse_than_without(way):
    points, weights = colors(6, 20000)
    plain = fit(points, weights, 30)
    assert fit(points, weights, 30, **WAYS[way])[2][-1] <= plain[2][-1]


@pytest.mark.parametrize("way", WAYS)
def test_two_calls_give_the_same_bits(way):
    points, weights = colors(4, 2000)
    assert_same(fit(points, weights, 12, **WAYS[way]), fit(points, weights, 12, **WAYS[way]))


@pytest.mark.parametrize("way", ["k-means++", "random", "mini-batch", "sample"])
def test_another_seed_draws_otherwise(way):
    points, weights = colors(4, 2000)
    first = fit(points, weights, 12, **WAYS[way])
    second = fit(points, weights, 12, **WAYS[way] | {"seed": 8})
    assert not np.array_equal(first[1][0], second[1][0])


@pytest.mark.parametrize("seeding", SEEDINGS)
@given(seed=st.integers(0, 999), n=st.integers(1, 400), k=st.integers(1, 30))
@cases(30)
def test_inertia_never_rises(seeding, seed, n, k):
    points, weights = colors(seed, n)
    for relaxation in (16, 28):
        trace = fit(
            points,
            weights,
            min(k, len(points)),
            seeding=seeding,
            relaxation=relaxation,
            swap_trials=4,
        )
        assert (np.diff(trace[2].astype(np.int64)) <= 0).all()


@pytest.mark.parametrize("way", [w for w in WAYS if w != "sample"])
@given(seed=st.integers(0, 999), n=st.integers(1, 300), k=st.integers(1, 20))
@cases(25)
def test_the_trace_tells_what_happened(way, seed, n, k):
    points, weights = colors(seed, n)
    k = min(k, len(points))
    centroids, trace, inertia, moved, reseeded, _ = fit(points, weights, k, **WAYS[way])
    assert trace.shape == (len(inertia), k, 4)
    assert len(moved) == len(reseeded) == len(inertia)
    assert np.array_equal(trace[-1], centroids)
    for row in range(len(inertia)):
        assert inertia[row] == inertia_of(points, weights, trace[row])
    assert moved[0] == 0
    differ = (trace[1:] != trace[:-1]).any(-1).sum(-1)
    assert np.array_equal(moved[1:], differ)


@pytest.mark.parametrize("seeding", SEEDINGS)
@given(seed=st.integers(0, 999), n=st.integers(1, 300), k=st.integers(1, 20))
@cases(25)
def test_a_fixed_point_is_the_rounded_means_of_its_own_clusters(seeding, seed, n, k):
    points, weights = colors(seed, n)
    k = min(k, len(points))
    result = fit(points, weights, k, seeding=seeding, max_iter=1000)
    centroids, converged = result[0], result[5]
    assert converged
    labels, _ = _core.nearest_points(points, centroids, threads=1)
    for j in range(k):
        members = labels == j
        mean = np.average(points[members].astype(float), axis=0, weights=weights[members])
        assert np.abs(mean - centroids[j]).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("way", [w for w in WAYS if w != "sample"])
@given(seed=st.integers(0, 999), n=st.integers(1, 60), spread=st.sampled_from([3, 40, 8000]))
@cases(40)
def test_every_centroid_is_distinct_and_holds_points(way, seed, n, spread):
    points, weights = colors(seed, n, spread)
    for k in {1, (len(points) + 1) // 2, len(points)}:
        centroids = fit(points, weights, k, **WAYS[way])[0]
        assert len(centroids) == k
        labels, _ = _core.nearest_points(points, centroids, threads=1)
        assert len(np.unique(labels)) == k


@pytest.mark.parametrize("way", [w for w in WAYS if w != "sample"])
@given(seed=st.integers(0, 999), n=st.integers(1, 60))
@cases(25)
def test_as_many_centroids_as_points_are_those_points(way, seed, n):
    points, weights = colors(seed, n)
    centroids, _, inertia, *_ = fit(points, weights, len(points), **WAYS[way])
    assert inertia[-1] == 0
    assert np.array_equal(np.unique(centroids, axis=0), np.unique(points, axis=0))


@pytest.mark.parametrize("way", WAYS)
@given(seed=st.integers(0, 999), n=st.integers(20, 300), pins=st.integers(1, 6))
@cases(25)
def test_pinned_centroids_stay_first_and_untouched(way, seed, n, pins):
    points, weights = colors(seed, n)
    random = np.random.default_rng(seed)
    strangers = random.integers(-8160, 8160, (pins, 4), dtype=np.int16)
    pinned = np.where(np.arange(pins)[:, None] % 2, points[:pins], strangers)
    for k in (pins, pins + 5):
        result = fit(points, weights, k, pinned, **WAYS[way])
        assert np.array_equal(result[0][:pins], pinned)
        assert np.array_equal(
            result[1][:, :pins], np.broadcast_to(pinned, result[1][:, :pins].shape)
        )
        assert len(result[0]) == k


@pytest.mark.parametrize("way", WAYS)
def test_one_point_is_its_own_centroid(way):
    point = np.array([[5, -6, 7, 8160]], dtype=np.int16)
    centroids, *_ = fit(point, np.array([9], dtype=np.uint32), 1, **WAYS[way])
    assert np.array_equal(centroids, point)


@pytest.mark.parametrize("way", WAYS)
def test_two_colors_a_level_apart_are_told_apart(way):
    points = np.array([[0, 0, 0, 8160], [0, 64, 0, 8160]], dtype=np.int16)
    weights = np.array([1, 1000000], dtype=np.uint32)
    centroids, *_ = fit(points, weights, 2, **WAYS[way] | {"sample": 0})
    assert np.array_equal(np.unique(centroids, axis=0), points)


@pytest.mark.parametrize("way", WAYS)
def test_all_equal_points_make_one_centroid(way):
    points = np.full((500, 4), 77, dtype=np.int16)
    centroids, _, inertia, *_ = fit(points, np.ones(500, dtype=np.uint32), 1, **WAYS[way])
    assert np.array_equal(centroids, points[:1])
    assert inertia[-1] == 0


def test_the_greatest_weights_do_not_overflow():
    points = np.array([[-8160] * 3 + [0], [8160] * 3 + [0], [8160, 8160, -8160, 0]], dtype=np.int16)
    weights = np.array([2**31, 2**31 - 2, 1], dtype=np.uint32)
    for way in WAYS:
        centroids, _, inertia, *_ = fit(points, weights, 1, **WAYS[way] | {"sample": 0})
        assert inertia[-1] == inertia_of(points, weights, centroids)
        if way != "mini-batch":
            mean = np.average(points.astype(float), axis=0, weights=weights)
            assert np.abs(centroids[0] - mean).max() <= 0.5 + 1e-6


@given(seed=st.integers(0, 999), size=st.integers(1, 400))
@cases(25)
def test_a_sample_is_drawn_without_replacement(seed, size):
    """As many centroids as pixels: the trace shows the sample itself."""
    points, weights = colors(seed, 100)
    total = int(weights.sum())
    result = fit(points, weights, 65536, sample=size, seed=seed, max_iter=0, seeding="random")
    drawn = result[0]
    assert len(drawn) <= min(size, len(points))
    known = {tuple(p) for p in points}
    assert all(tuple(p) in known for p in drawn)
    if size >= total:
        assert len(drawn) == len(points)


def test_a_sample_of_all_pixels_is_all_pixels():
    points, weights = colors(2, 300)
    everything = fit(points, weights, 9)
    assert_same(everything, fit(points, weights, 9, sample=int(weights.sum())))


def test_more_runs_never_end_worse():
    points, weights = colors(11, 1500)
    ends = [
        int(fit(points, weights, 20, seeding="random", n_init=runs)[2][-1]) for runs in (1, 3, 8)
    ]
    assert ends == sorted(ends, reverse=True)


def test_mini_batches_do_as_many_as_asked():
    points, weights = colors(12, 1500)
    result = fit(points, weights, 20, batch_size=64, max_iter=9)
    assert len(result[2]) == 10
    assert not result[5]


def test_no_points_give_the_pinned_centroids():
    pinned = np.array([[1, 2, 3, 4]], dtype=np.int16)
    result = fit(NO_PINS, np.empty(0, dtype=np.uint32), 3, pinned)
    assert np.array_equal(result[0], pinned)


def test_inputs_are_unmutated():
    points, weights = colors(13, 500)
    before = points.copy(), weights.copy()
    points.flags.writeable = weights.flags.writeable = False
    fit(points, weights, 9, swap_trials=3, coarse_starts=3)
    assert_same(before, (points, weights))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 0}, "k must be"),
        ({"k": 65537}, "k must be"),
        ({"k": 1, "pinned": np.zeros((2, 4), dtype=np.int16)}, "pinned"),
        ({"weights": np.full(10, 2**31, dtype=np.uint32)}, "2\\^32"),
        ({"weights": np.ones(9, dtype=np.uint32)}, "same length"),
        ({"seeding": "maximin"}, "principal-axis"),
        ({"n_init": 0}, "n_init"),
        ({"max_iter": -1}, "max_iter"),
        ({"tol": -1e-3}, "tol"),
        ({"tol": float("nan")}, "tol"),
        ({"relaxation": 15}, "relaxation"),
        ({"relaxation": 32}, "relaxation"),
    ],
)
def test_wrong_options_are_refused_by_name(change, message):
    points, weights = colors(1, 10)
    arguments = {"points": points, "weights": weights, "k": 3} | change
    with pytest.raises(ValueError, match=message):
        fit(**arguments)
