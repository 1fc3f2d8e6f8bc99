"""Families: ways to map a picture that have one knob left to turn, and which to try when."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from huepress.search.goals import Knob
from huepress.search.picture import Kind
from huepress.search.trials import Setting
from huepress.search.tuning import Tuning

LEAST_RATE, MOST_RATE = 20, 1 << 17
"""The range of the rate: below, nothing changes; the mapping takes no more."""

Level = Literal["pressed", "near", "faithful", "rough"]


@dataclass(frozen=True, slots=True)
class Family:
    """Settings that differ in one number.

    Parameters
    ----------
    fixed : Setting
        The others; what it says of the knob does not matter.
    knob : {'rate', 'k', 'last_rows'}
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
        return self.least <= self.value(setting) <= self.most and setting == self.at(
            self.value(setting)
        )

    def position(self, value: float, tuning: Tuning) -> float:
        """Where a value lies on the scale on which goals are nearly straight."""
        if self.knob == "last_rows":
            return value / self.most
        return math.log2(value) - self._shift(tuning)

    def value_at(self, position: float, tuning: Tuning) -> int:
        """Return the value there, or the nearest within the range."""
        if self.knob == "last_rows":
            value = position * self.most
        else:
            value = 2 ** min(position + self._shift(tuning), 40.0)
        return min(max(round(value), self.least), self.most)

    def _shift(self, tuning: Tuning) -> float:
        """By how many doublings the family takes a higher rate for the same errors."""
        if self.knob != "rate":
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

    codes: int  # at least, as far as there are so many
    plain: int = 2  # at least so many times the codes that plain labels take
    contrast: float = 1.0  # the power of the mask
    fed: bool = True  # whether the next row makes up for errors
    diffused: bool = False  # whether errors are diffused where nothing masks them

    def family(self, plain_codes: int, most: int, tuning: Tuning) -> Family:
        """Fill in the number of codes."""
        return Family(
            Setting(
                min(most, max(self.codes, self.plain * plain_codes)),
                contrast=self.contrast,
                feedback=tuning.feedback if self.fed else 0,
                diffusion=tuning.light_diffusion if self.diffused else 0,
            )
        )


_ART = (Entry(64), Entry(16, contrast=0.5), Entry(64, contrast=0.75, fed=False))
_DRAWING = (Entry(128, contrast=0.75), Entry(16, contrast=0.5), Entry(64, fed=False))

FAMILIES: dict[Kind, dict[Level, tuple[Entry, ...]]] = {
    # One family is within 2 % of the best at nearly every score.
    "photograph": {
        "pressed": (Entry(256, contrast=0.5, diffused=True),),
        "near": (Entry(256, contrast=0.75, diffused=True),),
        "faithful": (Entry(256, contrast=0.75),),
        "rough": (Entry(256, contrast=0.75),),
    },
    "drawing": {
        "pressed": (Entry(256, contrast=0.5),),
        "near": _DRAWING,
        "faithful": _DRAWING,
        "rough": tuple(replace(entry, fed=False) for entry in _DRAWING),
    },
    "art": {
        "pressed": (Entry(256, contrast=0.5, diffused=True),),
        "near": (
            Entry(64, diffused=True),
            Entry(16, contrast=0.5, diffused=True),
            Entry(64, contrast=0.75, fed=False),
        ),
        "faithful": _ART,
        "rough": (Entry(64), Entry(16, contrast=0.5), Entry(64, fed=False)),
    },
}
"""What to try, by the kind of picture and by how much is asked.

Pressed is a goal near the best that rates reach, near one that is near to nearest labels, and rough
one up to `Tuning.faithful`. The lower the goal, the more the mask is to be trusted, and the less is
won by making up for errors.
"""

MORE_FAMILIES: dict[Level, tuple[Entry, ...]] = {
    "pressed": (Entry(256, contrast=0.75, diffused=True), Entry(256, diffused=True)),
    "near": (Entry(256, contrast=0.75, diffused=True),),
    "faithful": (Entry(256, contrast=0.75),),
    "rough": (Entry(256, contrast=0.75),),
}
"""What the best effort tries beside them."""
