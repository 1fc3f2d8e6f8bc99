"""What is asked of a search: at least a score, or at most so many bytes.

A trial is graded: its score, less what a score hardly sees. Goals measure in doublings: of what a
grade misses to the best one, and of bytes. Both are nearly straight over the doublings of a knob.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from huepress.formats import Encoded
from huepress.search.tuning import TUNING, Tuning

Knob = Literal["rate", "k", "webp", "avif"]
"""What is turned: the rate, the number of codes, or the quality of a lossy format."""

QUALITY_UNIT = 10
"""Points of a lossy format's quality that do about as much as a doubled rate or half the codes."""

Curve = tuple[Sequence[float], Sequence[float]]
"""Positions of a knob, rising, and what a goal limits there, in doublings."""


class Trial(Protocol):
    """What goals look at, of labels and of lossy files."""

    @property
    def setting(self) -> Any:
        """What was tried."""

    @property
    def score(self) -> float:
        """SSIMULACRA2."""

    @property
    def contours(self) -> float:
        """Those that the original has not."""

    @property
    def keeps(self) -> bool:
        """Whether soft edges and small colours are left."""

    @property
    def estimate(self) -> int:
        """Bytes that the file should take."""

    @property
    def n_bytes(self) -> int:
        """Bytes of the file where there is one, else the estimate."""

    @property
    def encoded(self) -> Encoded | None:
        """The file, where it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Graded:
    """What both goals judge trials by; contours count from a limit on."""

    contour_limit: float = math.inf
    tuning: Tuning = TUNING

    def grade(self, trial: Trial) -> float:
        """Judge by the score, and by what it hardly sees."""
        over = max(trial.contours - self.contour_limit, 0.0) if trial.contours else 0.0
        grade = trial.score - self.tuning.contour_points * over
        return grade if trial.keeps else min(grade, self.tuning.faithful)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast(_Graded):
    """At least a grade, in the least bytes.

    Parameters
    ----------
    score : float
        The grade.
    ceiling : float
        The best one that a family can reach, or a guess at it.
    """

    score: float
    ceiling: float = TUNING.base_score

    @property
    def tolerance(self) -> float:
        """How many points more are near enough; near the best, they are dear."""
        missing = self.tuning.base_score - self.score
        return min(self.tuning.tolerance, self.tuning.near_tolerance * missing)

    def error(self, trial: Trial) -> float:
        """By how many doublings less than asked a trial misses; 0 is just right."""
        return self._wanted_missing - self._missing(self.grade(trial))

    def cost(self, trial: Trial) -> float:
        """Logarithm of the bytes that the family of a trial should take where the goal is met.

        Contours vanish in fewer bytes than errors do, so not all that they take off counts.
        """
        grade = self.grade(trial)
        if trial.keeps:
            grade = trial.score - self.tuning.contour_share * (trial.score - grade)
        change = self._missing(grade) - self._missing(self.score)
        return math.log(trial.estimate) + self.tuning.slope * change

    def holds(self, trial: Trial) -> bool:
        """Whether a trial gives what was asked."""
        return self.grade(trial) >= self.score

    def met(self, trial: Trial) -> bool:
        """Whether it does, and gives hardly more."""
        return 0 <= self.grade(trial) - self.score <= self.tolerance

    def curve(self, knob: Knob) -> Curve:
        """How what is missing grows along a knob, as it does on most pictures."""
        tuning = self.tuning
        if knob == "rate":
            return tuning.curve_rates, tuning.curve_errors
        if knob == "k":
            return (0, 8), (0, -8 * tuning.codes_score)
        errors = tuning.avif_errors if knob == "avif" else tuning.webp_errors
        return [quality / QUALITY_UNIT for quality in tuning.curve_qualities], errors

    def first_position(
        self, _nearest: Trial | None = None, knob: Knob = "rate", shift: float = 0.0
    ) -> float:
        """Where the value of a knob lies that meets the goal on most photographs.

        A shift is by how many doublings less than there is missed by the picture at hand.
        """
        positions, errors = self.curve(knob)
        if errors[-1] < errors[0]:
            positions, errors = positions[::-1], errors[::-1]
        return float(np.interp(self._wanted_missing + shift, errors, positions))

    @property
    def _wanted_missing(self) -> float:
        return self._missing(self.score + self.tolerance / 2)

    def _missing(self, grade: float) -> float:
        return math.log2(max(self.ceiling - grade, 0.3))


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMost(_Graded):
    """At most so many bytes, with the best grade.

    Parameters
    ----------
    n_bytes : int
        The bytes.
    ratio : float
        Bytes of a file for each one of the estimate, as far as files are known.
    """

    n_bytes: int
    ratio: float = 1.0

    def grade(self, trial: Trial) -> float:
        """Judge by the score; what it hardly sees takes no grade below `Tuning.faithful`."""
        return max(_Graded.grade(self, trial), min(trial.score, self.tuning.faithful))

    def error(self, trial: Trial) -> float:
        """By how many doublings a file would be smaller than asked, about; 0 is just right."""
        middle = (1 + self.tuning.filled) / 2
        return math.log2(middle * self.n_bytes / self._size(trial))

    def cost(self, trial: Trial) -> float:
        """Turn the grade round: less is better, as it is of bytes."""
        return -self.grade(trial)

    def holds(self, trial: Trial) -> bool:
        """Whether a trial fits, as far as is known."""
        return self._size(trial) <= self.n_bytes

    def met(self, trial: Trial) -> bool:
        """Whether it does, and leaves hardly a byte."""
        return self.tuning.filled * self.n_bytes <= self._size(trial) <= self.n_bytes

    def curve(self, knob: Knob) -> Curve:
        """How bytes grow along a knob, as they do on most pictures."""
        tuning = self.tuning
        of_labels = -tuning.size_doubling if knob == "rate" else tuning.size_doubling
        doubled = of_labels if knob in ("rate", "k") else tuning.quality_doubling
        return (0, 20), (0, 20 * doubled)

    def first_position(self, nearest: Trial) -> float:
        """Where the rate lies that meets the goal, as the bytes of nearest labels suggest."""
        return self.tuning.first_position - self.error(nearest) / self.tuning.size_doubling

    def _size(self, trial: Trial) -> float:
        return self.ratio * trial.estimate if trial.encoded is None else trial.n_bytes


Goal = AtLeast | AtMost
