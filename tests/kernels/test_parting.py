"""Laws of parting centroids into those of opaque colours and of others, at the end of a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from cases import cases
from huepress import _core

SPACES = ("oklab", "srgb", "linear")
WAYS: dict[str, dict[str, Any]] = {
    "default": {"relaxation": 26, "swap_trials": 40, "max_iter": 5},
    "coarse": {"coarse_only": True, "coarse_starts": 0, "max_iter": 5},
    "seeding alone": {"max_iter": 0},
    "runs": {"seeding": "random", "n_init": 3},
    "sample": {"seeding": "k-means++", "sample": 70},
    "whole sample": {"seeding": "k-means++", "sample": 10**7},
    "mini-batch": {"seeding": "k-means++", "batch_size": 50},
}
# alpha levels: few opaque, few others, many levels, one kind alone
MIXES = ([0, 1, 254, 255], [255] * 9 + [128], [254] * 9 + [255], [1, 2, 128, 255], [255], [9, 90])
Points = NDArray[np.int16]
Weights = NDArray[np.uint32]


def opaque_level(space: str) -> int:
    return int(_core.embed(np.zeros((1, 3), np.uint8), space)[0, 3])


def colors(seed: int, n: int, space: str, mix: list[int]) -> tuple[Points, Weights]:
    rng = np.random.default_rng(seed)
    rgba = rng.integers(0, 256, (n, 4), dtype=np.uint8)
    rgba[:, :3] = np.clip(rng.normal(rng.integers(0, 256, 3), rng.integers(3, 90), (n, 3)), 0, 255)
    rgba[:, 3] = rng.choice(mix, n)
    points = _core.embed(rgba, space)
    return points, rng.geometric(0.2, n).astype(np.uint32)


def fit(
    points: Points, weights: Weights, k: int, pinned: Points, opaque: int, **way: Any
) -> dict[str, Any]:
    options: dict[str, Any] = {
        "seeding": "principal-axis",
        "n_init": 1,
        "max_iter": 20,
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
    found = _core.fit(points, weights, pinned, k, **options | way, opaque=opaque)
    names = ("centroids", "trace", "inertia", "moved", "reseeded", "weights", "converged")
    return dict(zip(names, found, strict=True))


def nearest(
    points: Points, centroids: Points, opaque: int
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Label by brute force, opaque points among opaque centroids, where there are any."""
    away = ((points[:, None].astype(np.int64) - centroids) ** 2).sum(axis=2)
    solid = centroids[:, 3] == opaque
    if solid.any():
        away[np.ix_(points[:, 3] == opaque, ~solid)] = 2**40
    labels = away.argmin(axis=1)
    return labels, away[np.arange(len(points)), labels]


def parted(
    points: Points, weights: Weights, centroids: Points, n_pinned: int, opaque: int
) -> Points:
    """Part centroids in the plainest way."""
    k, is_opaque = len(centroids), points[:, 3] == opaque
    labels = ((points[:, None].astype(np.int64) - centroids) ** 2).sum(axis=2).argmin(axis=1)
    solids, others = (
        np.bincount(labels[some], weights[some], minlength=k) for some in (is_opaque, ~is_opaque)
    )
    solid = (solids > 0) & (solids >= others)
    solid[:n_pinned] = centroids[:n_pinned, 3] == opaque
    if not solid.any() and n_pinned < k:
        chosen = n_pinned + int(np.lexsort((others[n_pinned:], -solids[n_pinned:]))[0])
        solid[chosen] = True
        if solids[chosen] == 0:
            weight = int(weights[is_opaque].sum())
            moment = (weights[is_opaque, None].astype(np.int64) * points[is_opaque]).sum(axis=0)
            centroids = centroids.copy()
            centroids[chosen] = (2 * moment + weight) // (2 * weight)
    for update in range(8):
        moved = centroids.copy()
        for code in range(n_pinned, k):
            movers = (labels == code) & (is_opaque == solid[code])
            weight = int(weights[movers].sum())
            moment = (weights[movers, None].astype(np.int64) * points[movers]).sum(axis=0)
            if weight > 0:
                moved[code] = (2 * moment + weight) // (2 * weight)
        if update > 0 and np.array_equal(moved, centroids):
            break
        centroids = moved
        labels, _ = nearest(points, centroids, opaque)
    return centroids


@pytest.mark.parametrize("way", WAYS)
@given(st.data())
@cases(25)
def test_centroids_are_parted_as_the_plainest_way_does_it(way: str, data: st.DataObject) -> None:
    space, mix = data.draw(st.sampled_from(SPACES)), data.draw(st.sampled_from(MIXES))
    n, k = data.draw(st.sampled_from([3, 63, 65, 700])), data.draw(st.integers(1, 30))
    points, weights = colors(data.draw(st.integers(0, 999)), n, space, mix)
    pinned, _ = colors(5, data.draw(st.integers(0, min(k, 4))), space, [1, 99, 255])
    pinned, opaque = np.unique(pinned, axis=0), opaque_level(space)
    before = fit(points, weights, k, pinned, 0, **WAYS[way])
    after = fit(points, weights, k, pinned, opaque, **WAYS[way])
    for name in ("moved", "reseeded", "converged"):
        assert_array_equal(before[name], after[name])
    assert_array_equal(before["trace"][:-1], after["trace"][:-1])
    assert_array_equal(before["inertia"][:-1], after["inertia"][:-1])
    assert_array_equal(after["trace"][-1], after["centroids"])
    if len({*(points[:, 3] == opaque)}) == 1:
        assert_array_equal(after["centroids"], before["centroids"])
        assert after["inertia"][-1] == before["inertia"][-1]
    else:
        wanted = parted(points, weights, before["centroids"], len(pinned), opaque)
        assert_array_equal(after["centroids"], wanted)
        labels, away = nearest(points, wanted, opaque)
        total, inertia = int(weights.sum()), int((weights * away).sum())
        share = min(WAYS[way].get("sample", total), total)
        assert int(after["inertia"][-1]) == inertia * share // total
        assert len(after["weights"]) == len(wanted)
    if len(after["weights"]):
        labels, _ = nearest(points, after["centroids"], opaque)
        held = np.bincount(labels, weights, minlength=len(after["centroids"]))
        assert_array_equal(after["weights"], held)


def test_the_weights_that_centroids_hold_are_known_but_of_samples_and_coarse_points() -> None:
    points, weights = colors(1, 3000, "oklab", [255])
    for name, way in WAYS.items():
        found = fit(points, weights, 20, points[:0], opaque_level("oklab"), **way)
        if "sample" in name or name == "coarse":
            assert len(found["weights"]) == 0
        else:
            labels, _ = nearest(points, found["centroids"], 0)
            assert_array_equal(found["weights"], np.bincount(labels, weights, minlength=20))


def test_traded_codes_err_less() -> None:
    shares = []
    for seed in range(40):
        mix, k = MIXES[seed % 4], 4 + seed % 13
        points, weights = colors(seed, 300, "oklab", mix)
        fixed, traded = (
            int(
                fit(points, weights, k, points[:1], opaque_level("oklab"), trades=trades)[
                    "inertia"
                ][-1]
            )
            for trades in (0, 10)
        )
        shares.append(traded / fixed)
    assert max(shares) < 1.02
    assert np.mean(shares) < 0.98


def test_codes_go_to_the_kind_that_has_too_few() -> None:
    # Opaque colours beside translucent ones that differ from them by less than they differ among
    # themselves: clusters hold both, and more of the translucent ones.
    rng = np.random.default_rng(4)
    rgba = np.repeat(np.linspace(0, 255, 6).astype(np.uint8), 40)[:, None].repeat(4, axis=1)
    rgba[:, :3] += rng.integers(0, 9, (240, 3), dtype=np.uint8) // 8
    rgba[:, 3] = np.where(np.arange(240) % 40 < 12, 255, 245)
    points, opaque = _core.embed(rgba, "oklab"), opaque_level("oklab")
    weights = np.where(rgba[:, 3] == 255, 1, 2).astype(np.uint32)
    opaque_codes = [
        int(
            (
                fit(points, weights, 7, points[:0], opaque, trades=t)["centroids"][:, 3] == opaque
            ).sum()
        )
        for t in (0, 10)
    ]
    assert opaque_codes[0] < opaque_codes[1]


def test_trades_leave_pins_and_the_last_opaque_code() -> None:
    for seed in range(20):
        points, weights = colors(seed, 200, "oklab", [255] + [128] * 30)
        opaque = opaque_level("oklab")
        pinned = points[np.flatnonzero(points[:, 3] != opaque)[:3]]
        fixed, traded = (
            fit(points, weights, 6, pinned, opaque, trades=trades)["centroids"]
            for trades in (0, 40)
        )
        assert_array_equal(traded[:3], pinned)
        assert (traded[:, 3] == opaque).any()
        assert (fixed[:, 3] == opaque).any()


@pytest.mark.parametrize("trades", [0, 10])
def test_opaque_points_get_a_code_though_pinned_translucent_ones_are_nearest(trades: int) -> None:
    rgba = np.array([[9, 9, 9, 254], [250, 9, 9, 3], [9, 250, 9, 90], [9, 9, 9, 255]], np.uint8)
    points, opaque = _core.embed(rgba, "oklab"), opaque_level("oklab")
    weights = np.array([3, 50000, 60000, 100], np.uint32)
    found = fit(points, weights, 3, points[:1], opaque, trades=trades)["centroids"]
    assert found[:, 3].tolist().count(opaque) == 1
    assert_array_equal(found[found[:, 3] == opaque][0], points[3])


@pytest.mark.parametrize("threads", [2, 3])
def test_the_number_of_threads_changes_nothing(threads: int) -> None:
    points, weights = colors(3, 150_000, "oklab", [1, 128, 254, 255, 255, 255])
    one, many = (
        fit(points, weights, 40, points[:1], opaque_level("oklab"), trades=10, threads=number)
        for number in (1, threads)
    )
    for name, value in one.items():
        assert_array_equal(value, many[name])
