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
    ends: tuple[Trial, ...] = ()

    def points(self, target: Target) -> list[Point]:
        """List the trials of the family so far, each with its position."""
        family, tuning = self.family, self.goal.tuning
        return [(float(i), trial) for i, trial in enumerate(self.ends)] + [
            (family.position(family.value(setting), tuning), trial)
            for setting, trial in target.made.items()
            if family.has(setting)
        ]

    def nearest(self, target: Target) -> Trial:
        """Return the trial that is nearest to the goal."""
        trials = (trial for _, trial in self.points(target))
        return min(trials, key=lambda trial: abs(self.goal.error(trial)))

    def spent(self, target: Target) -> bool:
        """Whether even the end of the knob gives more, or takes more, than was asked."""
        nearest = self.nearest(target)
        at_end = self.family.value(nearest.setting) > 0.9 * self.family.most
        wrong = self.goal.holds(nearest) == (self.safer < 0) and not self.goal.met(nearest)
        return self.family.knob == "rate" and at_end and wrong

    def distance(self, point: Point) -> tuple[float, float]:
        """How far a trial is from the goal; of equals, the one nearer to where it is just met."""
        error, boldness = self.goal.error(point[1]), self.boldness(point)
        return abs(error), -boldness if self.goal.holds(point[1]) else boldness

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
        Most trials, but for what it takes to hold the goal at all.
    fewest : int
        Codes down to which families of fewer are tried where the knob is at its end.

    Returns
    -------
    Family
        The one that came to the goal: with fewer codes, where even the end of the knob gives more.
    """
    task = Task(family, goal, start)
    solve_all([task], target, steps)
    _retreat(task, target)
    while task.spent(target) and (smaller := task.family.fewer_codes(fewest)) is not None:
        fewer = Task(smaller, goal, family.most)
        solve_all([fewer], target, steps)
        _retreat(fewer, target)
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
    here, nearest = min(points, key=task.distance)
    if goal.met(nearest) or goal.out_of_reach(nearest):
        return None
    held = max((p for p in points if goal.holds(p[1])), key=task.boldness, default=None)
    bolder = [p for p in points if held is None or task.boldness(p) > task.boldness(held)]
    missed = min((p for p in bolder if not goal.holds(p[1])), key=task.boldness, default=None)
    following = []
    if held is not None and missed is not None:
        if family.knob == "rate" and goal.close(held[1], missed[1]):
            return None
        following = [_between(task, points, held, missed), (held[0] + missed[0]) / 2]
    elif held is not None or not _is_vain(task, points):
        following = [_onwards(task, points)]
    finest = tuning.finest_rate if family.knob == "rate" else 0.0
    if held is None and following:
        following.append(here + 2 * task.safer * finest)  # a little further, where that may do
    for position in following:
        value = family.value_at(position, tuning)
        apart = min(abs(family.position(value, tuning) - there) for there, _ in points)
        if value not in tried and apart >= finest:
            return value
    return None


def _onwards(task: Task, points: Sequence[Point]) -> float:
    """Step along the curve; longer, where the last two trials or their number say so."""
    goal, tuning = task.goal, task.goal.tuning
    held = [point for point in points if goal.holds(point[1])]
    # On from the one that went the furthest, towards the goal or away from what misses it.
    here, nearest = max(held, key=task.boldness) if held else min(points, key=task.boldness)
    error, gain = goal.error(nearest), _gain(task, points)
    step = abs(along(goal.curve(task.family.knob), here, error) - here)
    least = tuning.stride * len(points)
    if gain > 0:
        least = max(least, min(abs(error) / gain, tuning.longest * step))
    length = max(min(step, goal.reach(nearest)), least)
    return here + math.copysign(length, task.safer * -error)


def _between(task: Task, points: Sequence[Point], held: Point, missed: Point) -> float:
    """Step along the curve or, where that leads out of the bracket, along a straight line."""
    (a, above), (b, below) = held, missed
    goal, margin = task.goal, task.goal.tuning.margin
    if not below.keeps:
        return (a + b) / 2  # its grade does not say by how much it misses
    here, nearest = min(points, key=task.distance)
    share = (along(goal.curve(task.family.knob), here, goal.error(nearest)) - a) / (b - a)
    if task.ends or not margin <= share <= 1 - margin:
        spare, short = goal.error(above), goal.error(below)
        share = min(max(spare / max(spare - short, 1e-9), margin), 1 - margin)
    return a + share * (b - a)


def _gain(task: Task, points: Sequence[Point]) -> float:
    """Tell by how many doublings nearer to holding one of the knob leads, as two trials show."""
    if len(points) < 2:
        return 0.0
    (a, first), (b, second) = sorted(points, key=task.distance)[:2]
    won = task.goal.error(first) - task.goal.error(second)
    return task.safer * won / (a - b) if a != b else 0.0


def _is_vain(task: Task, points: Sequence[Point]) -> bool:
    """Whether the last steps towards a goal won so little that no step will reach it."""
    if len(points) < 2 or task.family.knob != "rate":
        return False
    short = min(abs(task.goal.error(trial)) for _, trial in points)
    return short > task.goal.tuning.vain * max(_gain(task, points), 0.0)


def _retreat(task: Task, target: Target) -> None:
    """Step on towards what surely holds the goal, where nothing does yet."""
    family, goal = task.family, task.goal
    for step in goal.tuning.retreats:
        points = task.points(target)
        position, best = max(points, key=lambda point: goal.error(point[1]))
        if goal.holds(best) or goal.out_of_reach(best) or _is_vain(task, points):
            return
        setting = family.at(family.value_at(position + task.safer * step, goal.tuning))
        if setting in target.made:
            return
        target.trials([setting])


def along(curve: Curve, position: float, change: float) -> float:
    """Where a curve has changed by so much from what it is at a position."""
    positions, heights = curve
    height = float(np.interp(position, positions, heights)) + change
    if heights[-1] < heights[0]:
        positions, heights = positions[::-1], heights[::-1]
    return float(np.interp(height, heights, positions))
