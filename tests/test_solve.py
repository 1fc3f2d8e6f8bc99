"""Laws of turning one knob, on curves that are drawn rather than mapped."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huepress import Codebook, IndexedImage
from huepress.search.families import LEAST_RATE, MOST_RATE, Family
from huepress.search.goals import AtLeast, AtMost, Goal
from huepress.search.solve import Task, solve, solve_all
from huepress.search.trials import Mapped, RateAware, Setting, Trial
from huepress.search.tuning import TUNING

NOTHING = IndexedImage(Codebook(np.zeros((1, 3), np.uint8)), np.zeros((1, 1), np.uint8))
Curves = Callable[[Setting], tuple[float, float]]
"""Score and bytes of a setting."""


@dataclass
class Drawn:
    """What settings are tried on: two curves instead of a picture."""

    curves: Curves
    made: dict[Setting, Trial] = field(default_factory=dict)

    def trials(self, settings: Sequence[Setting]) -> list[Trial]:
        for setting in settings:
            score, size = self.curves(setting)
            rate_aware = RateAware(NOTHING.labels, round(size))
            mapped = Mapped((NOTHING, rate_aware))
            self.made.setdefault(setting, Trial(setting, mapped, score))
        return [self.made[setting] for setting in settings]


def photograph(setting: Setting) -> tuple[float, float]:
    """Score and bytes as a rate changes them; not quite as the search expects."""
    doublings = math.log2(max(setting.rate, 1))
    missing = np.interp(doublings, TUNING.curve_rates, TUNING.curve_errors)
    score = 92 - 2 ** (0.8 * float(missing) + 1.5)
    return score, 250_000 * 2 ** (-0.5 * (doublings - 7))


def noisy(setting: Setting) -> tuple[float, float]:
    score, size = photograph(setting)
    return score + 0.3 * math.sin(7 * setting.rate), size


RATES = Family(Setting(256))
CODES = Family(Setting(256), "k", 1, 256)


@pytest.mark.parametrize("curves", [photograph, noisy])
@pytest.mark.parametrize("start", [LEAST_RATE, 700, 5000, MOST_RATE])
@given(score=st.floats(40, 90))
def test_a_score_is_reached_in_a_few_trials_from_anywhere(
    curves: Curves, start: int, score: float
) -> None:
    target, goal = Drawn(curves), AtLeast(score=score, ceiling=93)
    solve(RATES, goal, target, start=start, steps=9)
    held = [trial for trial in target.made.values() if goal.holds(trial)]
    missed = [trial for trial in target.made.values() if not goal.holds(trial)]
    assert held
    best = min(held, key=goal.error)
    # Just met, or so near between two trials that their rows are joined.
    apart = goal.error(best) - max(map(goal.error, missed), default=-math.inf)
    assert goal.met(best) or apart < TUNING.joined


@given(size=st.integers(40_000, 200_000), start=st.integers(LEAST_RATE, MOST_RATE))
def test_a_size_is_filled_and_never_exceeded(size: int, start: int) -> None:
    target, goal = Drawn(photograph), AtMost(n_bytes=size)
    solve(RATES, goal, target, start=start, steps=6)
    held = [trial.estimate for trial in target.made.values() if goal.holds(trial)]
    assert 0.8 * size <= max(held) <= size


@given(score=st.floats(30, 88))
def test_the_least_number_of_codes_that_holds_is_found(score: float) -> None:
    def curves(setting: Setting) -> tuple[float, float]:
        return 92 - 200 / setting.k, 300 * setting.k

    target, goal = Drawn(curves), AtLeast(score=score)
    target.trials([CODES.at(256)])
    solve_all([Task(CODES, goal, 20)], target, 12)
    least = min((t for t in target.made.values() if goal.holds(t)), key=lambda t: t.setting.k)
    assert goal.met(least) or least.setting.k == math.ceil(200 / (92 - score))


@pytest.mark.parametrize("goal", [AtLeast(score=20, ceiling=93), AtMost(n_bytes=9000)])
def test_where_the_knob_is_at_its_end_fewer_codes_are_tried(goal: Goal) -> None:
    def curves(setting: Setting) -> tuple[float, float]:
        return 60 - setting.rate / 8000 - 256 / setting.k, 120 * setting.k + 1e6 / setting.rate

    target = Drawn(curves)
    family = solve(RATES, goal, target, start=60_000, steps=4)
    assert family.fixed.k < 256
    assert any(goal.holds(trial) for trial in target.made.values())


def test_what_no_value_reaches_is_given_up_early() -> None:
    target = Drawn(lambda setting: (70 - setting.rate / 1e5, 5e4))
    solve(RATES, AtLeast(score=80, ceiling=82), target, start=20_000, steps=8)
    assert len(target.made) < 8


def test_tasks_side_by_side_do_not_change_each_other() -> None:
    goal, others = AtLeast(score=70, ceiling=93), [Family(Setting(k)) for k in (64, 128, 256)]
    together = Drawn(photograph)
    solve_all([Task(family, goal, 1000) for family in others], together, 3)
    alone: dict[Setting, Trial] = {}
    for family in others:
        target = Drawn(photograph)
        solve_all([Task(family, goal, 1000)], target, 3)
        alone |= target.made
    assert together.made.keys() == alone.keys()


def test_a_rate_near_its_end_promises_no_more_than_it_can_still_save() -> None:
    """Errors of a drawing are bounded, so that even the end of the rate may give far too much."""
    target = Drawn(lambda setting: (90.0, 1000.0))
    target.trials([RATES.at(MOST_RATE), RATES.at(MOST_RATE // 2)])
    ends = Task(RATES, AtLeast(score=10, ceiling=93), MOST_RATE)
    assert ends.goal.cost(ends.nearest(target)) < math.log(300)
    assert ends.cost(target) == pytest.approx(math.log(1000), abs=TUNING.rate_slope)


def test_contours_say_less_about_a_familys_bytes_than_errors_do() -> None:
    goal = AtLeast(score=88, contour_limit=1.0)
    aware = Mapped((NOTHING, RateAware(NOTHING.labels, 8000)))
    smooth, banded, rough = (
        Trial(Setting(256, rate=900), aware, score, contours=contours)
        for score, contours in ((85.0, 0.0), (85.0, 2.0), (55.0, 0.0))
    )
    assert goal.grade(banded) == goal.grade(rough)
    assert goal.cost(smooth) < goal.cost(banded) < goal.cost(rough)
