"""Turn the knob of a family until a goal is just met: by a curve, then between two trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from huepress.search.families import Family
from huepress.search.goals import Curve, Goal
from huepress.search.trials import Setting, Trial

Point = tuple[float, Trial]
"""Where a trial's value lies on the scale of the knob, and the trial."""


class Target(Protocol):
    """What settings are tried on: a picture, or a sample of it."""

    def trials(self, settings: Sequence[Setting]) -> list[Trial]:
        """Try settings, or remember them."""

    @property
    def made(self) -> dict[Setting, Trial]:
        """All trials so far."""


@dataclass(frozen=True, slots=True)
class Task:
    """A family to be solved for a goal."""

    family: Family
    goal: Goal
    start: int

    def points(self, target: Target) -> list[Point]:
        """List the trials of the family so far, each with its position."""
        family, tuning = self.family, self.goal.tuning
        return [
            (family.position(family.value(setting), tuning), trial)
            for setting, trial in target.made.items()
            if family.has(setting)
        ]

    def nearest(self, target: Target) -> Trial:
        """Return the trial that is nearest to the goal."""
        trials = (trial for _, trial in self.points(target))
        return min(trials, key=lambda trial: abs(self.goal.error(trial)))

    def cost(self, target: Target) -> float:
        """Logarithm of the bytes that the family should take where the goal is met.

        No less than what the nearest trial takes and the rest of the rate may save.
        """
        nearest = self.nearest(target)
        left = math.log2(self.family.most / self.family.value(nearest.setting))
        least = math.log(nearest.estimate) - self.goal.tuning.rate_slope * left
        return max(self.goal.cost(nearest), least)

    def at_end(self, target: Target) -> bool:
        """Whether even the end of the knob gives more, or takes more, than was asked."""
        nearest = self.nearest(target)
        last = self.family.value(nearest.setting) > 0.9 * self.family.most
        wrong = self.goal.holds(nearest) == (self.safer < 0) and not self.goal.met(nearest)
        return self.family.knob == "rate" and last and wrong

    def boldness(self, point: Point) -> float:
        """How far the knob is turned away from where the goal surely holds."""
        return -self.safer * point[0]

    @property
    def safer(self) -> int:
        """Which way the knob turns to hold the goal more surely."""
        _, limited = self.goal.curve(self.family.knob)
        return -1 if limited[-1] > limited[0] else 1


def solve(
    family: Family, goal: Goal, target: Target, *, start: int, steps: int, fewest: int = 8
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


def solve_all(tasks: Sequence[Task], target: Target, steps: int) -> None:
    """Solve tasks side by side: in each step, one value of each that is not there yet."""
    for _ in range(steps):
        values = [(task.family, next_value(task, task.points(target))) for task in tasks]
        settings = [family.at(value) for family, value in values if value is not None]
        if not settings:
            return
        target.trials(settings)


def next_value(task: Task, points: Sequence[Point]) -> int | None:
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


def _onwards(task: Task, here: Point | None, n_points: int) -> float:
    """Step along the curve from the trial next to the goal, and no less where many fell short."""
    assert here is not None  # one of them holds, or none does
    position, trial = here
    error = task.goal.error(trial)
    step = abs(along(task.goal.curve(task.family.knob), position, error) - position)
    length = max(step, task.goal.tuning.stride * n_points)
    return position + math.copysign(length, task.safer * -error)


def _between(task: Task, held: Point, missed: Point) -> float:
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
