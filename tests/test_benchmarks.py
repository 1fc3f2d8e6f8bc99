"""The arithmetic of the benchmark: it must be right before any figure can be."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from benchmarks import contenders, gather, measure, pictures, rd, report, score, tables
from benchmarks.peers import PEERS
from hypothesis import given
from hypothesis import strategies as st

curves = st.lists(
    st.tuples(st.floats(40, 100), st.integers(100, 10**7)), min_size=2, max_size=12
).map(lambda points: [(round(score, 3), float(size)) for score, size in points])


@given(curves, st.floats(0.2, 3))
def test_a_curve_with_all_bytes_scaled_differs_by_that_scale(curve, scale):
    scaled = [(score, size * scale) for score, size in curve]
    rate = rd.bd_rate(scaled, curve)
    assert rate is None or rate == pytest.approx(scale - 1)


@given(curves, curves)
def test_exchanging_the_curves_negates_the_log_difference(first, second):
    there, back = rd.bd_rate(first, second), rd.bd_rate(second, first)
    assert (there is None) == (back is None)
    if there is not None:
        assert math.log1p(there) == pytest.approx(-math.log1p(back), abs=1e-9)


@given(curves, curves)
def test_the_rate_is_the_mean_over_a_fine_grid(first, second):
    rate = rd.bd_rate(first, second)
    if rate is None:
        return
    fronts = rd.frontier(first), rd.frontier(second)
    low, high = rd.common_range(*fronts)
    grid = np.linspace(low, high, 20001)
    gap = rd.log_bytes_at(grid, fronts[0]) - rd.log_bytes_at(grid, fronts[1])
    assert math.log1p(rate) == pytest.approx(gap.mean(), abs=2e-3)


@given(curves)
def test_a_frontier_rises_in_score_and_bytes_and_leaves_no_point_above_it(curve):
    front = rd.frontier(curve)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(front))
    assert all(any(s >= score and b <= size for s, b in front) for score, size in curve)


def test_scores_below_the_floor_do_not_count():
    above = [(40.0, 100.0), (80.0, 200.0)]
    ours, reference = [(0.0, 1.0), *above], [(0.0, 50.0), *above]
    assert rd.bd_rate(ours, reference) == pytest.approx(0)
    assert rd.bd_rate([(0.0, 1.0), (39.0, 2.0)], reference) is None


def test_error_of_a_picture_with_alpha_is_the_mean_over_black_and_white():
    clear, white = np.zeros((1, 1, 4), np.uint8), np.full((1, 1, 4), 255, np.uint8)
    assert score.squared_error(clear, white) == pytest.approx(3 * 255**2 / 2)
    assert score.squared_error(white[..., :3], white) == 0


def test_a_picture_of_few_colours_is_its_codebook_and_labels():
    pixels = np.random.default_rng(0).integers(0, 4, (5, 7, 4)).astype(np.uint8) * np.uint8(85)
    codebook, labels = pictures.indexed(pixels[:, :, :])
    np.testing.assert_array_equal(codebook[labels], pixels)


def _record(name, picture, mse, seconds):
    return measure.Record(
        "peer", name, picture, "photo", 10**6, False, 16, "wall", seconds, seconds, mse=mse,
        ssimulacra2=50.0,
    )  # fmt: skip


def test_ratios_are_to_the_best_of_all_contenders_and_references():
    records = [_record("a", "x", 10.0, [1.0, 9.0, 2.0]), _record("b", "x", 20.0, [4.0])]
    first, second = tables.rows(records, {})
    assert (first.ratio, second.ratio) == (1.0, 2.0)
    assert tables.rows(records, {"x": {"16": 5.0}})[0].ratio == 2.0
    found = tables.duel(records, "a", "b", 16)
    assert found.faster == {"1 to 8 MP": 2.0}
    assert found.mse == 0.5


def test_slow_contenders_are_run_less_often():
    assert [measure.runs_after(seconds, 5) for seconds in (0.1, 4.0, 30.0)] == [5, 1, 0]


def test_a_missing_peer_is_named_with_its_reason():
    def version():
        raise contenders.MissingPeerError("no program nowhere on the PATH")

    found = contenders.find([contenders.Peer("nowhere", version)])
    assert found.missing == {"nowhere": "no program nowhere on the PATH"}
    assert found.peers == ()


def test_every_contender_of_a_task_has_a_name_of_its_own():
    for task in ("fit", "diffusion"):
        names = [c.name for peer in PEERS for c in peer.contenders if c.task == task]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("value", "text"), [(0.123456, "0.123"), (12.3456, "12.3"), (1234.5, "1 234"), (None, "–")]
)
def test_figures_have_three_significant_digits(value, text):
    assert report.number(value) == text


def test_pictures_are_spread_over_a_package_and_doubles_are_left_out(tmp_path):
    from PIL import Image

    for i in range(10):
        Image.new("RGB", (40 + i, 40), (25 * (i // 2 * 2), 0, 0)).save(tmp_path / f"{i}.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "small.png")
    (tmp_path / "double.png").write_bytes((tmp_path / "0.png").read_bytes())
    (tmp_path / "link.png").symlink_to("9.png")
    source = gather.Source("icons", "none", "*.png", 5, least=16, most=48)
    # 9.png is too wide; of the equal ones the first by name is taken.
    assert [path.stem for path in gather.chosen(source, tmp_path)] == ["0", "1", "3", "5", "7"]
    fewer = gather.Source("icons", "none", "*.png", 50, least=16, most=48)
    assert len(gather.chosen(fewer, tmp_path)) == 9
