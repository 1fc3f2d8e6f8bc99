"""What each effort tries: orders of the palette, row filters, levels of deflate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress.formats import orders
from huepress.formats.common import Effort
from huepress.formats.png.file import Filtering, Packing
from huepress.values.indexed import IndexedImage

Order = Callable[[IndexedImage], NDArray[np.intp]]


class Attempt(NamedTuple):
    """An order of the palette, the filters tried on it first, and those tried later, if at all."""

    order: Order
    first: tuple[Filtering, ...]
    later: tuple[Filtering, ...] = ()


_SMALL_FILTERS: tuple[Filtering, ...] = ("sub", "up", "paeth", "min-sum", "bigrams", "entropy")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an effort tries at a quick level of deflate, before it writes the best in full.

    The best candidates of each kind (depth, and whether filtered) are written in full, unless they
    are behind the best of all.
    """

    attempts: tuple[Attempt, ...]
    """For palettes."""
    direct: tuple[Filtering, ...]
    """For greys and true colour, which have no order."""
    trial_level: int
    """Of libdeflate, 1 to 12."""
    final: Packing
    finalists: int
    """How many of each kind are written in full."""
    patience: float
    """Later filters are tried if a first one takes at most this many times the bytes of none."""
    slack: float
    """By how much a finalist may exceed the best: a third of it if both or neither are filtered."""
    small: tuple[Attempt, ...] = (
        Attempt(orders.popularity, ("none",)),
        Attempt(orders.luminance, ("none", "sub", "paeth", "min-sum")),
        Attempt(orders.step_bits, ("none", *_SMALL_FILTERS)),
        Attempt(orders.path, ("none", *_SMALL_FILTERS)),
    )
    """For palettes of small pictures, which take no time; each wins somewhere."""

    @property
    def filters(self) -> tuple[Filtering, ...]:
        """All filters of all attempts, for a palette whose order is given."""
        names = (name for attempt in self.attempts for name in attempt.first + attempt.later)
        return tuple(dict.fromkeys(names))

    def unfiltered(self) -> Plan:
        """Return the plan without row filters."""
        return replace(
            self,
            attempts=_unfiltered(self.attempts),
            small=_unfiltered(self.small),
            direct=("none",),
        )


def _unfiltered(attempts: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    return tuple(Attempt(one.order, ("none",)) for one in attempts if "none" in one.first)


# Without filters the order of the palette hardly matters: frequent codes first save up to 3 % on
# drawings, paths 1 %, which is not worth a second trial of rate-aware labels. Filters pay off only
# where codes that touch have close labels.
PLANS: dict[Effort, Plan] = {
    "fast": Plan(
        (Attempt(orders.popularity, ("none",)), Attempt(orders.co_occurrence, ("min-sum",))),
        ("none", "min-sum"),
        trial_level=5,
        final=10,
        finalists=1,
        patience=1.05,
        slack=0.04,
    ),
    "default": Plan(
        (
            Attempt(orders.popularity, ("none",)),
            Attempt(orders.step_bits, ("min-sum",), ("sub", "up", "entropy")),
            Attempt(orders.path, ("bigrams",), ("none",)),
            Attempt(orders.luminance, (), ("min-sum",)),
        ),
        ("none", "sub", "paeth", "min-sum", "bigrams"),
        trial_level=9,
        final="normal",
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
                ("none", "sub", "up", "average", "paeth", "min-sum", "bigrams", "entropy", "brute"),
            ),
            Attempt(orders.path, ("up", "paeth", "min-sum", "bigrams", "brute")),
        ),
        ("none", "sub", "up", "average", "paeth", "min-sum", "bigrams", "brute"),
        trial_level=10,
        final="best",
        finalists=2,
        patience=2.0,
        slack=0.2,
        small=(
            Attempt(orders.co_occurrence, ("average", "brute")),
            Attempt(orders.path, ("average", "brute")),
        ),
    ),
}


def plans_of(effort: Effort, *, filtered: bool) -> list[Plan]:
    """List the plans of an effort: 'best' has that of 'default' too, and so is never larger."""
    efforts: tuple[Effort, ...] = ("default", "best") if effort == "best" else (effort,)
    return [PLANS[name] if filtered else PLANS[name].unfiltered() for name in efforts]
