"""What a search aims at, and what trials of some rates tell of others.

Bytes rise with the logarithm of what is missing to the best score, and that grows along one curve
over the rate on all pictures: two or three trials are enough to come near an aim.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from huepress.search.workbench import LEAST_RATE, MOST_RATE, Setting, Sheet, Trial

USEFUL_RATE = 300
"""Rates below this one win little score for many bytes."""

BASE = 100.5
"""From where scores are missing; the last points, too, are some way from it."""

_BLENDED = 4.0  # points of score between two trials that may be blended
_DOUBLED_RATE = 0.3  # off the logarithm of the bytes
_STEEPEST = 0.12  # in the logarithm of the bytes, a point of score

# How errors, what is missing to the best score, grow with the rate, as logarithms to base 2: a mean
# over photographs, which lie up to half a doubling of the errors beside it.
_RATES = (6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
_ERRORS = (-2.5, -1.9, -1.2, 0.0, 1.45, 2.75, 3.85, 4.72, 5.35, 5.85, 6.2)


def tolerance(wanted: float) -> float:
    """Tell how many points over a wanted score are near enough; near the best, they are dear."""
    return min(0.5, (BASE - wanted) / 20)


@dataclass(frozen=True, slots=True)
class Wish:
    """A grade to be just reached, where so much is the best.

    Parameters
    ----------
    wanted : float
        The grade.
    ceiling : float
        The best one within reach, or a guess at it.
    slope : float
        Of the logarithm of the bytes, a doubling of the errors: what one trial lets expect.
    limit : float
        From where contours count; see `Trial.grade`.
    """

    wanted: float
    ceiling: float
    slope: float
    limit: float

    def grade(self, trial: Trial) -> float:
        """Grade a trial as the wish does."""
        return trial.grade(self.limit)

    def above(self, trial: Trial) -> float:
        """How far above the middle of what is wanted a trial lies; falls as the rate rises."""
        return self.grade(trial) - self.wanted - self._tolerance / 2

    def met(self, trial: Trial) -> bool:
        """Whether a trial reaches it, and hardly exceeds it."""
        return abs(self.above(trial)) <= self._tolerance / 2

    def between(self, trials: list[Trial]) -> bool:
        """Whether it is so near between two trials that a blend of them may do."""
        grades = [self.grade(trial) for trial in trials]
        high = min((grade for grade in grades if grade >= self.wanted), default=math.inf)
        low = max((grade for grade in grades if grade < self.wanted), default=-math.inf)
        # Near the best score, rates matter most.
        return high - low <= min(_BLENDED, (BASE - self.wanted) / 2)

    def within_reach(self, trial: Trial) -> bool:
        """Whether rates below a trial's may do; below the useful ones little more is won."""
        rate, short = trial.setting.rate, self.wanted - self.grade(trial)
        return short <= 0 or (rate > LEAST_RATE and (rate > USEFUL_RATE or short < 2))

    def first_rate(self, family: Setting, offset: float = 0) -> int:
        """Guess the rate, as it is on photographs but for an offset of the errors."""
        doublings = _interpolated(self._wanted_error - offset, _ERRORS, _RATES) + _trust(family)
        return min(max(round(2**doublings), LEAST_RATE), MOST_RATE)

    def short(self, trial: Trial) -> bool:
        """Whether a trial misses it."""
        return self.grade(trial) < self.wanted

    def height(self, trial: Trial) -> float:
        """As `above`, on a scale that is nearly straight in the logarithm of the rate."""
        return self._wanted_error - self.error(self.grade(trial))

    def offset(self, trial: Trial) -> float:
        """By how many doublings the errors of a trial are larger than on photographs."""
        here = math.log2(trial.setting.rate) - _trust(trial.setting)
        return self.error(self.grade(trial)) - _interpolated(here, _RATES, _ERRORS)

    def doublings(self, trial: Trial) -> float:
        """How often to double the rate, by the curve through a trial."""
        here = math.log2(trial.setting.rate) - _trust(trial.setting)
        offset = self.offset(trial)
        step = _interpolated(self._wanted_error - offset, _ERRORS, _RATES) - here
        # Near the ceiling, which is a guess, the curve says little.
        most = 1 + abs(self.above(trial)) / 10
        return min(max(step, -most), most)

    @property
    def _wanted_error(self) -> float:
        return self.error(self.wanted + self._tolerance / 2)

    @property
    def _tolerance(self) -> float:
        return tolerance(self.wanted)

    def error(self, grade: float) -> float:
        """Logarithm to base 2 of what a grade misses to the best one."""
        return math.log2(max(self.ceiling - grade, 0.3))


def _interpolated(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    return float(np.interp(x, xs, ys))


def _trust(setting: Setting) -> float:
    """By how many doublings a setting takes a higher rate for the same errors."""
    return 2 * (1 - setting.contrast) - (0 if setting.feedback else 0.7)


def spent(setting: Setting) -> bool:
    """Whether no rate takes the bytes further down."""
    return setting.rate > 0.9 * MOST_RATE


def of_family(family: Setting, sheet: Sheet) -> list[Trial]:
    """List the trials of a family by rate."""
    return sorted(
        (t for s, t in sheet.trials.items() if s.rate and replace(s, rate=0) == family),
        key=lambda trial: trial.setting.rate,
    )


def next_rate(trials: list[Trial], aim: Wish) -> int:
    """Step from the trial nearest to an aim, and stay between those about it."""
    nearest = min(trials, key=lambda trial: abs(aim.above(trial)))
    step = aim.doublings(nearest)
    above = [math.log2(trial.setting.rate) for trial in trials if aim.above(trial) > 0]
    below = [math.log2(trial.setting.rate) for trial in trials if aim.above(trial) <= 0]
    following = math.log2(nearest.setting.rate) + step
    if above and below:
        low, high = max(above), min(below)
        margin = (high - low) / 10
        if low >= high:
            following = low - 0.1
        elif not low + margin <= following <= high - margin:
            a = min((t for t in trials if aim.above(t) > 0), key=aim.above)
            b = max((t for t in trials if aim.above(t) <= 0), key=aim.above)
            share = aim.height(a) / max(aim.height(a) - aim.height(b), 1e-9)
            following = low + min(max(share, 0.1), 0.9) * (high - low)
    elif abs(step) < 0.15 * len(trials):
        following += math.copysign(0.15 * len(trials), step) - step
    return min(max(round(2**following), LEAST_RATE), MOST_RATE)


def cost_at(aim: Wish, trials: list[Trial]) -> float:
    """Tell the logarithm of the bytes at a grade from trials by rising rate, or from one."""
    near = sorted(trials, key=lambda trial: abs(aim.grade(trial) - aim.wanted))[:2]
    grades = [aim.grade(trial) for trial in near]
    slope = aim.slope
    if len(near) == 2 and abs(grades[1] - grades[0]) > 1:
        rise = math.log(near[1].estimate / near[0].estimate)
        fall = aim.error(grades[0]) - aim.error(grades[1])
        slope = min(max(rise / fall, slope / 2), 2 * slope) if fall else slope
    here = math.log(near[0].estimate)
    most = _STEEPEST * abs(grades[0] - aim.wanted)
    change = slope * (aim.error(grades[0]) - aim.error(aim.wanted))
    saved = _DOUBLED_RATE * math.log2(MOST_RATE / near[0].setting.rate)
    return here + max(min(change, most), -most, -saved)
