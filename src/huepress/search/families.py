"""Families: ways to map a picture that have one knob left to turn, and which to try when."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

from huepress.search.goals import Knob
from huepress.search.picture import Kind
from huepress.search.trials import Setting
from huepress.search.tuning import Tuning

LEAST_RATE, MOST_RATE = 20, 1 << 17
"""The range of the rate: below, nothing changes; the mapping takes no more."""


_OTHERS: dict[Knob, tuple[str, ...]] = {
    knob: tuple(field.name for field in fields(Setting) if field.name != knob)
    for knob in get_args(Knob)
}
"""What settings of one family have in common, by its knob."""


@dataclass(frozen=True, slots=True)
class Family:
    """Settings that differ in one number.

    Parameters
    ----------
    fixed : Setting
        The others; what it says of the knob does not matter.
    knob : {'rate', 'k'}
        Which number is turned.
    least, most : int
        Its range.
    """

    fixed: Setting
    knob: Knob = "rate"
    least: int = LEAST_RATE
    most: int = MOST_RATE

    def at(self, value: int) -> Setting:
        """Return the setting with this value of the knob."""
        turned: dict[str, Any] = {self.knob: value}
        return replace(self.fixed, **turned)

    def value(self, setting: Setting) -> int:
        """Return the value that a setting of the family has."""
        return int(getattr(setting, self.knob))

    def has(self, setting: Setting) -> bool:
        """Whether a setting is of this family."""
        if not self.least <= self.value(setting) <= self.most:
            return False
        return all(getattr(setting, n) == getattr(self.fixed, n) for n in _OTHERS[self.knob])

    def position(self, value: float, tuning: Tuning) -> float:
        """Where a value lies on the scale of doublings, on which goals are nearly straight."""
        return math.log2(value) - self._shift(tuning)

    def value_at(self, position: float, tuning: Tuning) -> int:
        """Return the value there, or the nearest within the range."""
        value = 2 ** min(position + self._shift(tuning), 40.0)
        return min(max(round(value), self.least), self.most)

    def _shift(self, tuning: Tuning) -> float:
        """By how many doublings the family takes a higher rate for the same errors."""
        if self.knob == "k":
            return 0.0
        distrust = tuning.mask_shift * (1 - self.fixed.contrast)
        return distrust - (0 if self.fixed.feedback else tuning.feedback_shift)

    def fewer_codes(self, fewest: int) -> Family | None:
        """Return the family with half as many codes, unless those are too few."""
        if self.fixed.k <= fewest:
            return None
        return replace(self, fixed=replace(self.fixed, k=max(self.fixed.k // 2, fewest)))


@dataclass(frozen=True, slots=True)
class Entry:
    """A family with the rate as its knob, as the table names it."""

    codes: int  # at least, as far as there are so many; and twice those that plain labels take
    most_codes: int = 256  # at most: 16 share a byte in twos, 4 in fours
    contrast: float = 1.0  # the power of the mask
    fed: bool = True  # whether the next row makes up for errors
    diffused: bool = False  # whether errors are diffused where nothing masks them

    def family(self, plain_codes: int, most: int, tuning: Tuning) -> Family:
        """Fill in the number of codes."""
        return Family(
            Setting(
                min(most, self.most_codes, max(self.codes, 2 * plain_codes)),
                contrast=self.contrast,
                feedback=tuning.feedback if self.fed else 0,
                diffusion=self._diffusion(tuning),
            )
        )

    def _diffusion(self, tuning: Tuning) -> int:
        """Diffuse little beside feedback, as the two add up."""
        if not self.diffused:
            return 0
        return tuning.light_diffusion if self.fed else tuning.smooth_diffusion


FAMILIES: dict[Kind, tuple[Entry, ...]] = {
    # One family is within 2 % of the best at nearly every score.
    "photograph": (Entry(256, contrast=0.75),),
    "drawing": (
        Entry(64, fed=False),
        Entry(16, contrast=0.5),
        Entry(16, 16, 0.5),
        Entry(16, 16, 0.75),
        Entry(4, 4, 0.5),
    ),
    "art": (Entry(64), Entry(16, contrast=0.5), Entry(64, contrast=0.75, fed=False)),
}
"""What to try, by the kind of picture."""

NEAR_BEST = (
    Entry(256, contrast=0.5, diffused=True),
    Entry(256, contrast=0.75, diffused=True),
)
"""The same for a photograph and a goal near nearest labels, or above."""

WITHOUT_CONTOURS = Entry(256, contrast=0.5, fed=False, diffused=True)
"""The same for art where contours count: diffused wherever nothing masks errors."""

SCANNED = (
    Entry(0, contrast=0.75),
    Entry(0),
    Entry(0, contrast=0.75, fed=False),
    Entry(0, contrast=0.5),
)
"""What is tried with several numbers of codes in small pictures."""
