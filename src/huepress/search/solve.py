"""Turn the knob of a family until a goal is just met: by a curve, then between two trials."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from huepress.search.families import Family
from huepress.search.goals import Curve, Goal, Knob, Trial
from huepress.search.tuning import Tuning

T = TypeVar("T", bound=Trial)
Made = TypeVar("Made", bound=Trial, covariant=True)

Point = tuple[float, T]
"""Where a trial's value lies on the scale of the knob, and the trial."""


class Knobbed(Protocol):
    """Settings that differ in one number: see `Family`, whose settings map labels."""

    @property
    def knob(self) -> Knob:
        """Which number is turned."""

    @property
    def most(self) -> int:
        """The end of its range."""

    def at(self, value: int) -> Any:
        """Return the setting with this value of the knob."""

    def value(self, setting: Any) -> int:
        """Return the value that a setting of the family has."""

    def has(self, setting: Any) -> bool:
        """Whether a setting is of this family."""

    def position(self, value: float, tuning: Tuning) -> float:
        """Where a value lies on the scale on which goals are nearly straight."""

    def value_at(self, position: float, tuning: Tuning) -> int:
        """Return the value there, or the nearest within the range."""


F = TypeVar("F", bound=Knobbed)


class Target(Protocol[Made]):
    """What settings are tried on: a picture, or a sample of it."""

    def trials(self, settings: Sequence[Any]) -> Sequence[Made]:
        """Try settings, or remember them."""

    @property
    def made(self) -> Mapping[Any, Made]:
        """All trials so far."""


@dataclass(frozen=True, slots=True)
class Task(Generic[F]):
    """A family to be solved for a goal."""

    family: F
    goal: Goal
    start: int

    def points(self, target: Target[T]) -> list[Point[T]]:
        """List the trials of the family so far, each with its position."""
        family, tuning = self.family, self.goal.tuning
        return [
            (family.position(family.value(setting), tuning), trial)
            for setting, trial in target.made.items()
            if family.has(setting)
        ]

    def nearest(self, target: Target[T]) -> T:
        """Return the trial that is nearest to the goal."""
        trials = (trial for _, trial in self.points(target))
        return min(trials, key=lambda trial: abs(self.goal.error(trial)))

    def cost(self, target: Target[Trial]) -> float:
        """Logarithm of the bytes that the family should take where the goal is met.

        No less than what the nearest trial takes and the rest of the rate may save.
        """
        nearest = self.nearest(target)
        left = math.log2(self.family.most / self.family.value(nearest.setting))
        least = math.log(nearest.estimate) - self.goal.tuning.rate_slope * left
        return max(self.goal.cost(nearest), least)

    def at_end(self, target: Target[Trial]) -> bool:
        """Whether even the end of the knob gives more, or takes more, than was asked."""
        nearest = self.nearest(target)
        last = self.family.value(nearest.setting) > 0.9 * self.family.most
        wrong = self.goal.holds(nearest) == (self.safer < 0) and not self.goal.met(nearest)
        return self.family.knob == "rate" and last and wrong

    def boldness(self, point: Point[Trial]) -> float:
        """How far the knob is turned away from where the goal surely holds."""
        return -self.safer * point[0]

    @property
    def safer(self) -> int:
        """Which way the knob turns to hold the goal more surely."""
        _, limited = self.goal.curve(self.family.knob)
        return -1 if limited[-1] > limited[0] else 1


def solve(
    family: Family, goal: Goal, target: Target[Trial], *, start: int, steps: int, fewest: int = 8
) -> Family:
    """Find the value of a knob that just meets a goal; its trials are on the target.

    Parameters
    ----------
    family : Family
        The knob and what is fixed.
    goal : Goal
        What is asked.
    target : Target
        What settings are tried on.
    start : int
        The value to begin with.
    steps : int
        Most trials, but for a few where none of them holds the goal.
    fewest : int
        Codes down to which families of fewer are tried where the knob is at its end.

    Returns
    -------
    Family
        The one that came to the goal: with fewer codes, where even the end of the knob gives more.
    """
    task = Task(family, goal, start)
    solve_all([task], target, steps)
    for _ in range(goal.tuning.late_steps):
        if any(goal.holds(trial) for _, trial in task.points(target)):
            break
        solve_all([task], target, 1)
    while task.at_end(target) and (smaller := task.family.fewer_codes(fewest)) is not None:
        fewer = Task(smaller, goal, family.most)
        solve_all([fewer], target, steps)
        if fewer.nearest(target).estimate > goal.tuning.dearer * task.nearest(target).estimate:
            break
        task = fewer
    return task.family


def solve_all(tasks: Sequence[Task[F]], target: Target[Trial], steps: int) -> None:
    """Solve tasks side by side: in each step, one value of each that is not there yet."""
    for _ in range(steps):
        values = [(task.family, next_value(task, task.points(target))) for task in tasks]
        settings = [family.at(value) for family, value in values if value is not None]
        if not settings:
            return
        target.trials(settings)


def next_value(task: Task[F], points: Sequence[Point[Trial]]) -> int | None:
    """Choose the value to try after these trials, or None where no other one is worth it."""
    family, goal, tuning = task.family, task.goal, task.goal.tuning
    tried = {family.value_at(position, tuning) for position, _ in points}
    if task.start not in tried:
        return task.start
    if any(goal.met(trial) for _, trial in points):
        return None
    held = max((p for p in points if goal.holds(p[1])), key=task.boldness, default=None)
    bolder = [p for p in points if held is None or task.boldness(p) > task.boldness(held)]
    missed = min((p for p in bolder if not goal.holds(p[1])), key=task.boldness, default=None)
    if held is None or missed is None:
        following = [_onwards(task, held or missed, len(points))]
    elif family.knob == "rate" and goal.error(held[1]) - goal.error(missed[1]) < tuning.joined:
        return None
    else:
        following = [_between(task, held, missed), (held[0] + missed[0]) / 2]
    values = (family.value_at(position, tuning) for position in following)
    return next((value for value in values if value not in tried), None)


def _onwards(task: Task[F], here: Point[Trial] | None, n_points: int) -> float:
    """Step along the curve from the trial next to the goal, and no less where many fell short."""
    assert here is not None  # one of them holds, or none does
    position, trial = here
    error = task.goal.error(trial)
    step = abs(along(task.goal.curve(task.family.knob), position, error) - position)
    length = max(step, task.goal.tuning.stride * n_points)
    return position + math.copysign(length, task.safer * -error)


def _between(task: Task[F], held: Point[Trial], missed: Point[Trial]) -> float:
    """Step along the curve or, where that leads out of the bracket, along a straight line."""
    (a, above), (b, below) = held, missed
    if not below.keeps:
        return (a + b) / 2  # its grade does not say by how much it misses
    goal, margin = task.goal, task.goal.tuning.margin
    spare, short = goal.error(above), goal.error(below)
    here, error = (a, spare) if spare <= -short else (b, short)
    share = (along(goal.curve(task.family.knob), here, error) - a) / (b - a)
    if not margin <= share <= 1 - margin:
        share = min(max(spare / max(spare - short, 1e-9), margin), 1 - margin)
    return a + share * (b - a)


def along(curve: Curve, position: float, change: float) -> float:
    """Where a curve has changed by so much from what it is at a position."""
    positions, heights = curve
    height = float(np.interp(position, positions, heights)) + change
    if heights[-1] < heights[0]:
        positions, heights = positions[::-1], heights[::-1]
    return float(np.interp(height, heights, positions))
