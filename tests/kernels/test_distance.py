"""Laws of the brute-force nearest-centroid kernel."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huepress import _core

# The coordinates of a fit space stay within these, so that squared distances stay below 2^30.
LOW, HIGH = -8191, 8191


def draw(seed, n, k, low=LOW, high=HIGH):
    random = np.random.default_rng(seed)
    points = random.integers(low, high, (n, 4), dtype=np.int16, endpoint=True)
    centroids = random.integers(low, high, (k, 4), dtype=np.int16, endpoint=True)
    return points, centroids


def squared_distances(points, centroids):
    return np.square(points[:, None].astype(np.int64) - centroids[None]).sum(-1)


# 16 points are one group of the kernel, 4096 one block of a thread.
@pytest.mark.parametrize("n", [0, 1, 2, 15, 16, 17, 31, 33, 4095, 4096, 4097, 8193])
@pytest.mark.parametrize("k", [1, 2, 7, 16, 33])
def test_labels_and_distances_are_those_of_the_brute_force_argmin(n, k):
    points, centroids = draw(n + k, n, k)
    labels, distances = _core.nearest_points(points, centroids, threads=1)
    expected = squared_distances(points, centroids)
    assert labels.dtype == np.uint16
    assert distances.dtype == np.int32
    assert np.array_equal(labels, expected.argmin(1))
    assert np.array_equal(distances, expected.min(1))


@given(seed=st.integers(0, 2**32), n=st.integers(1, 70), k=st.integers(1, 40))
def test_ties_go_to_the_lowest_index(seed, n, k):
    points, centroids = draw(seed, n, k, low=-1, high=1)
    labels, distances = _core.nearest_points(points, centroids, threads=1)
    expected = squared_distances(points, centroids)
    assert np.array_equal(labels, expected.argmin(1))
    assert np.array_equal(distances, expected.min(1))


def test_the_farthest_points_of_a_fit_space_do_not_overflow():
    corners = np.array([[LOW] * 4, [HIGH] * 4, [LOW, HIGH, LOW, HIGH]], dtype=np.int16)
    labels, distances = _core.nearest_points(corners, corners[:1], threads=1)
    assert np.array_equal(labels, [0, 0, 0])
    assert np.array_equal(distances, squared_distances(corners, corners[:1])[:, 0])


def test_a_label_can_be_any_of_65536():
    centroids = np.zeros((65536, 4), dtype=np.int16)
    centroids[:, 0] = np.arange(65536) // 256 * 4
    centroids[:, 1] = np.arange(65536) % 256 * 4
    labels, distances = _core.nearest_points(centroids[-40:] + np.int16(1), centroids, threads=2)
    assert np.array_equal(labels, np.arange(65536)[-40:])
    assert np.array_equal(distances, np.full(40, 4))


@pytest.mark.parametrize("threads", [0, 2, 3, 7])
def test_the_number_of_threads_changes_nothing(threads):
    # Enough work for threads to start: below 2^20 distances a call runs alone.
    points, centroids = draw(5, 5 * 4096 + 3, 64)
    one = _core.nearest_points(points, centroids, threads=1)
    many = _core.nearest_points(points, centroids, threads=threads)
    assert np.array_equal(one[0], many[0])
    assert np.array_equal(one[1], many[1])


def test_no_or_too_many_centroids_are_refused():
    points = np.zeros((3, 4), dtype=np.int16)
    for k in (0, 65537):
        with pytest.raises(ValueError, match="65536 centroids"):
            _core.nearest_points(points, np.zeros((k, 4), dtype=np.int16), threads=1)


DIGEST = """
import hashlib
import numpy as np
from huepress import _core

digest = hashlib.sha256()
random = np.random.default_rng(1)
for n, k, reach in [(1, 1, 8191), (37, 5, 2), (5000, 64, 8191), (3000, 256, 300), (900, 17, 1)]:
    points = random.integers(-reach, reach, (n, 4), dtype=np.int16, endpoint=True)
    centroids = random.integers(-reach, reach, (k, 4), dtype=np.int16, endpoint=True)
    for array in _core.nearest_points(points, centroids, threads=1):
        digest.update(array.tobytes())
points = np.unique(random.integers(-8191, 8191, (6000, 4), dtype=np.int16), axis=0)
weights = random.integers(1, 9, len(points)).astype(np.uint32)
options = dict(seeding="principal-axis", n_init=1, max_iter=6, tol=0.0, seed=0, relaxation=26)
options |= dict(coarse_only=False, coarse_detail=8, coarse_starts=1, swap_trials=50, fine_detail=9)
fitted = _core.fit(points, weights, points[:1], 40, **options, sample=0, batch_size=0, threads=1)
for array in fitted[:-1]:
    digest.update(array.tobytes())
colors = random.integers(0, 256, (20001, 4)).astype(np.uint8)
for space in ("srgb", "linear", "oklab"):
    digest.update(_core.embed(colors, space).tobytes())
    digest.update(_core.embed(colors[:, :3].copy(), space).tobytes())
print(_core.instruction_set(), digest.hexdigest())
"""


def run_with(isa, script=DIGEST):
    return subprocess.run(
        [sys.executable, "-c", script],
        env=dict(os.environ, HUEPRESS_ISA=isa),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_every_instruction_set_of_this_machine_gives_the_same_bits():
    digests = set()
    for isa in ("", "plain", "avx2", "avx512", "neon"):
        run = run_with(isa)
        if run.returncode == 0:
            used, digest = run.stdout.split()
            assert used == isa or not isa
            digests.add(digest)
        else:
            assert "cannot run on this CPU" in run.stderr
            assert isa not in ("", "plain")
    assert len(digests) == 1


def test_an_unknown_instruction_set_is_refused_with_those_that_run_here():
    run = run_with("mmx")
    assert run.returncode != 0
    assert "HUEPRESS_ISA=mmx" in run.stderr
    assert "plain" in run.stderr
