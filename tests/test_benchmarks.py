"""The arithmetic of the benchmark: it must be right before any figure can be."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from benchmarks import contenders, gather, measure, opinions, pictures, rd, report, score, tables
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


def _file(score, size, norm, lost=0.1):
    return opinions.Point(score, size, norm, lost)


PEERS_FILES = [_file(50, 100, 3.0, 0.4), _file(70, 200, 2.0, 0.2), _file(90, 400, 1.0, 0.1)]


@given(st.floats(50, 90), st.floats(0.5, 2))
def test_a_file_between_those_of_the_peers_is_held_against_what_lies_between_them(at, more):
    told = 3.0 - (at - 50) / 20
    ours = _file(at, 100 * 2 ** ((at - 50) / 20) / 2, told * more, 0.3)
    found = opinions.compare("photo", "sky", "70", ours, PEERS_FILES)
    assert found.saved == pytest.approx(-0.5)
    assert found.at_score["Butteraugli"] == pytest.approx(more - 1, abs=1e-9)
    needed = 100 * 2 ** (3.0 - min(max(told * more, 1), 3))
    assert found.bytes_at["Butteraugli"] == pytest.approx(ours.size / needed - 1)


def test_at_equal_bytes_a_better_score_takes_the_better_opinion_with_it():
    found = opinions.compare("photo", "sky", "70", _file(70, 100, 2.5, 0.3), PEERS_FILES)
    assert found.at_score["Butteraugli"] == pytest.approx(0.25)
    assert found.at_bytes["Butteraugli"] == pytest.approx(-1 / 6)
    assert found.at_score["CVVDP"] == pytest.approx(0.5)
    assert found.at_bytes["CVVDP"] == pytest.approx(-0.25)


@given(st.integers(3, 9), st.floats(-0.2, 0.2))
def test_a_measure_that_follows_the_score_is_steady_and_one_that_strays_is_not(n, stray):
    steady = [_file(40 + i, 100.0 * (i + 1), 3 - i / 10) for i in range(n)]
    assert opinions.unsteadiness([steady])["Butteraugli"] == pytest.approx(0, abs=1e-9)
    strays = [_file(40, 400, 2.0), _file(41, 410, 2.0 * (1 + stray)), _file(42, 420, 2.0)]
    assert opinions.unsteadiness([strays])["Butteraugli"] == pytest.approx(abs(stray))


def test_a_small_picture_is_judged_as_a_mosaic_of_its_mirror_images():
    small = np.random.default_rng(0).integers(0, 256, (3, 300, 3)).astype(np.uint8)
    large = score.mosaic(small)
    assert large.shape == (225, 300, 3)
    np.testing.assert_array_equal(large[:3], small)
    np.testing.assert_array_equal(large[3:6], small[::-1])
    assert score.mosaic(np.zeros((225, 400, 3), np.uint8)).shape == (225, 400, 3)


def test_opinions_are_asked_once_and_kept(tmp_path):
    class Asked:
        original, times = np.zeros((2, 2, 3), np.uint8), 0

        def butteraugli(self, other):
            self.times += 1
            return 0.5

        def cvvdp(self, other, display):
            return 9.5

    asked, file = Asked(), tmp_path / "opinions.jsonl"
    other = np.ones((2, 2, 3), np.uint8)
    assert [opinions.Opinions(file, "tv").of(asked, other) for _ in range(2)] == [(0.5, 9.5)] * 2
    assert asked.times == 1
    opinions.Opinions(file, "phone").of(asked, other)
    assert asked.times == 2


def test_the_summary_names_the_worst_and_counts_within_the_tolerance():
    made = [
        opinions.Comparison("photo", name, "70", -0.5, *[{"Butteraugli": x, "CVVDP": x}] * 3)
        for name, x in (("a", -0.5), ("b", 0.02), ("c", 0.25))
    ]
    text = opinions.summary(made, {"Butteraugli": 0.05, "CVVDP": 0.3})
    first, second = (line for line in text.splitlines() if line.startswith("| photo"))
    assert "67 % | 33 %" in first
    assert "+25.0 %, c at 70" in first
    assert "100 % | 33 %" in second
    averaged = opinions.averaged([*made, replace(made[2], aim="85", saved=-0.1)])
    assert [(c.picture, c.saved) for c in averaged] == [("a", -0.5), ("b", -0.5), ("c", -0.3)]
