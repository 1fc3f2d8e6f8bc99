"""What each effort tries: orders of the palette, row filters, levels of deflate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress.formats import orders
from huepress.formats.common import Effort
from huepress.formats.png.file import Filtering
from huepress.values.indexed import IndexedImage

Order = Callable[[IndexedImage], NDArray[np.intp]]


class Attempt(NamedTuple):
    """An order of the palette, the filters tried on it first, and those tried later, if at all."""

    order: Order
    first: tuple[Filtering, ...]
    later: tuple[Filtering, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an effort tries at a quick level of deflate, before it writes the best in full.

    The best candidates of each kind (depth, and whether filtered) are written at the final level,
    unless they are behind the best of all. Levels are libdeflate's, 1 to 12.
    """

    attempts: tuple[Attempt, ...]
    """For palettes."""
    direct: tuple[Filtering, ...]
    """For greys and true colour, which have no order."""
    trial_level: int
    final_level: int
    finalists: int
    """How many of each kind are written in full."""
    patience: float
    """Later filters are tried if a first one takes at most this many times the bytes of none."""
    slack: float
    """By how much a finalist may exceed the best: a third of it if both or neither are filtered."""

    @property
    def filters(self) -> tuple[Filtering, ...]:
        """All filters of all attempts, for a palette whose order is given."""
        names = (name for attempt in self.attempts for name in attempt.first + attempt.later)
        return tuple(dict.fromkeys(names))

    def unfiltered(self) -> Plan:
        """Return the plan without row filters."""
        attempts = tuple(
            Attempt(attempt.order, ("none",))
            for attempt in self.attempts
            if "none" in attempt.first
        )
        return replace(self, attempts=attempts, direct=("none",))


# Without filters the order of the palette hardly matters: frequent codes first save up to 3 % on
# drawings, paths 1 %, which is not worth a second trial of rate-aware labels. Filters pay off only
# where codes that touch have close labels.
PLANS: dict[Effort, Plan] = {
    "fast": Plan(
        (Attempt(orders.popularity, ("none",)), Attempt(orders.co_occurrence, ("min-sum",))),
        ("none", "min-sum"),
        trial_level=5,
        final_level=10,
        finalists=1,
        patience=1.05,
        slack=0.04,
    ),
    "default": Plan(
        (
            Attempt(orders.popularity, ("none",)),
            Attempt(orders.co_occurrence, ("min-sum",), ("sub", "up", "paeth", "bigrams")),
            Attempt(orders.path, ("bigrams",), ("none",)),
        ),
        ("none", "sub", "paeth", "min-sum", "bigrams"),
        trial_level=9,
        final_level=12,
        finalists=1,
        patience=1.05,
        slack=0.04,
    ),
    "best": Plan(
        (
            Attempt(orders.popularity, ("none",)),
            Attempt(orders.luminance, ("none", "paeth", "min-sum")),
            Attempt(
                orders.co_occurrence,
                ("none", "sub", "up", "average", "paeth", "min-sum", "bigrams", "brute"),
            ),
            Attempt(orders.path, ("up", "paeth", "min-sum", "bigrams", "brute")),
        ),
        ("none", "sub", "up", "average", "paeth", "min-sum", "bigrams", "brute"),
        trial_level=10,
        final_level=12,
        finalists=2,
        patience=2.0,
        slack=0.2,
    ),
}


def plans_of(effort: Effort, *, filtered: bool) -> list[Plan]:
    """List the plans of an effort: 'best' has that of 'default' too, and so is never larger."""
    efforts: tuple[Effort, ...] = ("default", "best") if effort == "best" else (effort,)
    return [PLANS[name] if filtered else PLANS[name].unfiltered() for name in efforts]
