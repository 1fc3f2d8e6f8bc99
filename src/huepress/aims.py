"""What a search aims at, and what trials of some rates tell of others.

Bytes rise with the logarithm of what is missing to the best score, and that grows along one curve
over the rate on all pictures: two or three trials are enough to come near an aim.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from huepress.workbench import LEAST_RATE, MOST_RATE, Setting, Sheet, Trial

USEFUL_RATE = 300
"""Rates below this one win little score for many bytes."""

SIZE_TOLERANCE = 0.03
"""Share of the bytes of a target that may be left."""

BASE = 100.5
"""From where scores are missing; the last points, too, are some way from it."""

_BLENDED = 4.0  # points of score between two trials that may be blended
_DOUBLED_RATE = 0.3  # off the logarithm of the bytes
_STEEPEST = 0.12  # in the logarithm of the bytes, a point of score

# How errors, what is missing to the best score, grow with the rate, as logarithms to base 2: a mean
# over photographs, which lie up to half a doubling of the errors beside it.
_RATES = (6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
_ERRORS = (-2.5, -1.9, -1.2, 0.0, 1.45, 2.73, 3.87, 4.77, 5.54, 6.18, 6.7)


def tolerance(wanted: float) -> float:
    """Tell how many points over a wanted score are near enough; near the best, they are dear."""
    return min(0.5, (BASE - wanted) / 20)


@dataclass(frozen=True, slots=True)
class Score:
    """A score to be just reached, where so much is the best."""

    wanted: float
    ceiling: float
    slope: float
    """Of the logarithm of the bytes, a doubling of the errors: what one trial lets expect."""

    def above(self, trial: Trial) -> float:
        """How far above the middle of what is wanted a trial lies; falls as the rate rises."""
        return trial.score - self.wanted - self._tolerance / 2

    def met(self, trial: Trial) -> bool:
        """Whether a trial reaches it, and hardly exceeds it."""
        return abs(self.above(trial)) <= self._tolerance / 2

    def between(self, trials: list[Trial]) -> bool:
        """Whether it is so near between two trials that a blend of them may do."""
        high = min((t.score for t in trials if t.score >= self.wanted), default=math.inf)
        low = max((t.score for t in trials if t.score < self.wanted), default=-math.inf)
        # Near the best score, rates matter most.
        return high - low <= min(_BLENDED, (BASE - self.wanted) / 2)

    def within_reach(self, trial: Trial) -> bool:
        """Whether rates below a trial's may do; below the useful ones little more is won."""
        rate, short = trial.setting.rate, self.wanted - trial.score
        return short <= 0 or (rate > LEAST_RATE and (rate > USEFUL_RATE or short < 2))

    def first_rate(self, family: Setting, offset: float = 0) -> int:
        """Guess the rate, as it is on photographs but for an offset of the errors."""
        doublings = _interpolated(self._wanted_error - offset, _ERRORS, _RATES) + _trust(family)
        return min(max(round(2**doublings), LEAST_RATE), MOST_RATE)

    def short(self, trial: Trial) -> bool:
        """Whether a trial misses it."""
        return trial.score < self.wanted

    def height(self, trial: Trial) -> float:
        """As `above`, on a scale that is nearly straight in the logarithm of the rate."""
        return self._wanted_error - self.error(trial.score)

    def offset(self, trial: Trial) -> float:
        """By how many doublings the errors of a trial are larger than on photographs."""
        here = math.log2(trial.setting.rate) - _trust(trial.setting)
        return self.error(trial.score) - _interpolated(here, _RATES, _ERRORS)

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

    def error(self, score: float) -> float:
        """Logarithm to base 2 of what is missing to the best score."""
        return math.log2(max(self.ceiling - score, 0.3))


@dataclass(frozen=True, slots=True)
class Size:
    """A number of bytes to be just filled."""

    wanted: float

    def above(self, trial: Trial) -> float:
        """As of a score, in the logarithm of the bytes."""
        return math.log(trial.estimate / self.wanted) + SIZE_TOLERANCE / 2

    def met(self, trial: Trial) -> bool:
        """Whether a trial fits, and nearly fills it."""
        return abs(self.above(trial)) <= SIZE_TOLERANCE / 2

    def between(self, trials: list[Trial]) -> bool:
        """Never: files are not blended to a size."""
        return False

    def short(self, trial: Trial) -> bool:
        """Whether a trial misses it."""
        return trial.estimate > self.wanted

    def height(self, trial: Trial) -> float:
        """Return the same, which is straight in the logarithm of the rate."""
        return self.above(trial)

    def within_reach(self, trial: Trial) -> bool:
        """Whether rates below a trial's may do."""
        return trial.setting.rate > LEAST_RATE or self.above(trial) > 0

    def doublings(self, trial: Trial) -> float:
        """How often to double the rate: each time takes off about a quarter of the bytes."""
        return min(max(self.above(trial) / _DOUBLED_RATE, -3.5), 3.5)


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


def next_rate(trials: list[Trial], aim: Score | Size) -> int:
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


def cost_at(aim: Score, trials: list[Trial]) -> float:
    """Tell the logarithm of the bytes at a score from trials by rising rate, or from one."""
    near = sorted(trials, key=lambda trial: abs(trial.score - aim.wanted))[:2]
    slope = aim.slope
    if len(near) == 2 and abs(near[1].score - near[0].score) > 1:
        rise = math.log(near[1].estimate / near[0].estimate)
        fall = aim.error(near[0].score) - aim.error(near[1].score)
        slope = min(max(rise / fall, slope / 2), 2 * slope) if fall else slope
    here = math.log(near[0].estimate)
    most = _STEEPEST * abs(near[0].score - aim.wanted)
    change = slope * (aim.error(near[0].score) - aim.error(aim.wanted))
    saved = _DOUBLED_RATE * math.log2(MOST_RATE / near[0].setting.rate)
    return here + max(min(change, most), -most, -saved)
