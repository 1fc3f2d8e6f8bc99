"""The search over all frames: one setting for them, solved for on runs of frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from huepress.motion.clip import Clip, ClipTrial
from huepress.options import CompressOptions
from huepress.search.families import FAMILIES, Entry, Family
from huepress.search.goals import AtLeast, AtMost, Goal
from huepress.search.picture import Kind
from huepress.search.solve import Task, along, solve, solve_all
from huepress.search.trials import Setting
from huepress.search.tuning import Tuning

FEWEST = 2
"""Codes, at least."""


class Search:
    """The steps towards a goal over one clip."""

    def __init__(
        self, clip: Clip, options: CompressOptions, kind: Kind, most: int, tuning: Tuning
    ) -> None:
        self.clip, self.options, self.tuning = clip, options, tuning
        self.kind, self.most = kind, most
        self.tries_rates = options.effort != "fast" and options.dither is None
        self.tries_rates = self.tries_rates and most > tuning.fewest_codes

    @property
    def top(self) -> Setting:
        """The most codes, mapped as the options say."""
        options = self.options
        diffusion = round(256 * options.dither_strength) if options.dither == "diffusion" else 0
        return Setting(self.most, diffusion=diffusion, ordered=options.dither == "ordered")

    def settled(self, goal: Goal) -> ClipTrial:
        """Return the trial that meets a goal best."""
        if isinstance(goal, AtMost):
            return self._best(goal)
        return self._least(goal)

    def family_of(self, setting: Setting) -> Family:
        """Return the family that a setting belongs to, with the knob to turn."""
        if setting.rate:
            return Family(setting)
        return Family(setting, "k", min(FEWEST, self.most), self.most)

    def _solve_codes(self, goal: Goal, top: ClipTrial) -> None:
        """Solve for the k whose plain labels just meet a goal."""
        if self.most <= FEWEST:
            return
        family = self.family_of(self.top)
        start = along(goal.curve("k"), family.position(self.most, self.tuning), goal.error(top))
        value = family.value_at(start, self.tuning)
        solve_all([Task(family, goal, value)], self.clip, self.tuning.codes_steps)

    # -- a score -----------------------------------------------------------------------------------

    def _least(self, goal: AtLeast) -> ClipTrial:
        plain = self.clip.trial(self.top)
        photograph = self.tries_rates and self.kind == "photograph"
        if goal.holds(plain) and not photograph:
            plain = self._fewest(goal, plain)
        if self.tries_rates and goal.score < 100:
            self._trade(goal, plain)
        held = [trial for trial in self.clip.made.values() if goal.holds(trial)]
        if held:
            return min(held, key=lambda trial: (trial.estimate, trial.setting.k))
        return max(self.clip.made.values(), key=lambda trial: (goal.grade(trial), -trial.estimate))

    def _fewest(self, goal: AtLeast, top: ClipTrial) -> ClipTrial:
        """Find the least k whose plain labels hold a goal."""
        self._solve_codes(goal, top)
        held = [t for t in self.clip.made.values() if not t.setting.rate and goal.holds(t)]
        return min(held, key=lambda trial: (trial.estimate, trial.setting.k))

    def _trade(self, goal: AtLeast, plain: ClipTrial) -> None:
        """Solve for the rate that just holds a goal, in the family that suits it best."""
        tuning = self.tuning
        nearest = goal.grade(self.clip.trial(self.top))
        more = max(tuning.headroom, tuning.headroom_share * (90 - nearest))
        goal = replace(goal, ceiling=max(nearest + more, goal.score + tuning.headroom))
        tasks = [Task(family, goal, self._start(family, goal)) for family in self._families(plain)]
        if len(tasks) == 1:
            self._solve(tasks[0], goal)
            return
        solve_all(tasks, self.clip, 1)
        tasks.sort(key=lambda task: task.cost(self.clip))
        limit = tasks[0].cost(self.clip) + tuning.rank_near
        if goal.holds(plain):
            limit = min(limit, math.log(plain.estimate) + tuning.hopeless)
        for task in tasks[:2]:
            if task.cost(self.clip) > limit:
                break
            self._solve(task, goal)

    def _solve(self, task: Task[Family], goal: Goal) -> None:
        solve(
            task.family,
            goal,
            self.clip,
            start=task.start,
            steps=self.tuning.moving_steps,
            fewest=self.tuning.fewest_codes,
        )

    def _families(self, plain: ClipTrial) -> list[Family]:
        entries: Sequence[Entry] = FAMILIES[self.kind]
        codes = plain.setting.k
        return list(dict.fromkeys(e.family(codes, self.most, self.tuning) for e in entries))

    def _start(self, family: Family, goal: AtLeast) -> int:
        return family.value_at(goal.first_position(), self.tuning)

    # -- a size ------------------------------------------------------------------------------------

    def _best(self, goal: AtMost) -> ClipTrial:
        plain = self.clip.trial(self.top)
        if not goal.holds(plain):
            self._solve_codes(goal, plain)
        if self.tries_rates and not (goal.holds(plain) and goal.grade(plain) >= 100):
            self._fill(goal, self._fitting(goal))
        held = [trial for trial in self.clip.made.values() if goal.holds(trial)]
        if held:
            return max(held, key=lambda trial: (goal.grade(trial), -trial.estimate))
        return min(self.clip.made.values(), key=lambda trial: trial.estimate)

    def _fitting(self, goal: AtMost) -> ClipTrial:
        """Return the best of the plain labels that fit, or the least."""
        plain = [trial for trial in self.clip.made.values() if not trial.setting.rate]
        fits = [trial for trial in plain if goal.holds(trial)]
        return max(fits, key=goal.grade) if fits else min(plain, key=lambda t: t.estimate)

    def _fill(self, goal: AtMost, plain: ClipTrial) -> None:
        """Solve for the rate that just fits, in each family."""
        more = replace(plain, setting=replace(plain.setting, k=2 * plain.setting.k))
        position = max(goal.first_position(self.clip.trial(self.top)), 1.0)
        for family in dict.fromkeys([*self._families(plain), *self._families(more)]):
            self._solve(Task(family, goal, family.value_at(position, self.tuning)), goal)
