"""The steps towards a size: codes and rates that fill it, as files tell, not estimates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from huepress.errors import QualityError
from huepress.search.families import Family
from huepress.search.for_score import ForScore, at_least
from huepress.search.goals import AtMost, Knob
from huepress.search.scan import scan
from huepress.search.solve import Task, solve_all
from huepress.search.trials import Setting, Trial
from huepress.search.workbench import Workbench


class ForSize(ForScore):
    """The steps towards a size."""

    def __init__(self, bench: Workbench, *, last: bool = False) -> None:
        super().__init__(bench, last=last)
        # Of files to estimates, as is usual until the first files are known.
        usual = self.tuning.file_ratio
        self.ratios: dict[Knob, float] = {"k": usual, "rate": usual}

    def best(self, goal: AtMost) -> Trial:
        """Find the best grade within a size: by codes, by a rate, and by what beats nearest labels.

        Photographs are served so much better by a rate that few codes are worth no look.
        """
        bench, top = self.bench, self.whole.trial(self.top)
        if bench.fit_of(self.top).lossless and self.tuning.left * top.estimate <= goal.n_bytes:
            top = bench.encode(top)
            if goal.holds(top):
                return top
        plain = bench.most
        if not self.photograph:
            plain = self.fill(goal, Family(self.top, "k", bench.fewest, bench.most), bench.most)
            if self.picture.graphic and self.tries_rates:
                weighed = replace(self.top, weighed=True)
                self.fill(goal, Family(weighed, "k", bench.fewest, bench.most), plain)
        if self.tries_rates:
            self.fill_by_rates(goal, plain)
            if self.picture.small:
                scan(bench, replace(goal, ratio=self.ratios["rate"]), plain)
        if self.may_fit(goal, top) and bench.options.dither is None:
            # There may be bytes for what is better than nearest labels.
            finer = [replace(self.top, diffusion=strength) for strength in self.tuning.diffusions]
            self.whole.trials([*finer, *self.lows] if self.tries_rates else finer)
        return self.finalist_of_size(goal)

    def fill_by_rates(self, goal: AtMost, plain_codes: int) -> None:
        """Solve a first family for a size, and the one that suits the score that it allows."""
        first = self.families(at_least(self.bench, 0.0), plain_codes)[0]
        start = first.value_at(goal.first_position(self.whole.trial(self.top)), self.tuning)
        self.fill(goal, first, start)
        reached = goal.grade(Task(first, goal, start).nearest(self.whole))
        as_score = self.with_ceiling(at_least(self.bench, reached))
        for _, task in self.ranked(as_score, self.plain(as_score))[:1]:
            if task.family != first:
                self.fill(goal, task.family, task.start)
        unfed = [f for f in self.families(as_score, plain_codes) if not f.fixed.feedback]
        if unfed and not any(self.may_fit(goal, trial) for trial in self.of_family(first)):
            # Where even high rates take too many bytes, no feedback takes fewer.
            self.fill(goal, unfed[-1], unfed[-1].most // 2)

    def fill(self, goal: AtMost, family: Family, start: int) -> int:
        """Solve a family for a size, and again as its files show what estimates leave out.

        Returns the most codes of those that fit.
        """
        for _ in range(self.tuning.file_tries):
            goal = replace(goal, ratio=self.ratios[family.knob])
            if family.knob == "rate":
                family = self.solve(goal, family, start)
            else:
                solve_all([Task(family, goal, start)], self.whole, self.tuning.codes_steps)
            trials = [t for s, t in self.whole.made.items() if family.has(without_join(s))]
            held = [trial for trial in trials if self.may_fit(goal, trial)]
            best = max(held, key=self.rank_of(goal), default=min(trials, key=lambda t: t.estimate))
            if best.encoded:
                break
            best = self.bench.encode(best)
            self.ratios[family.knob] = best.n_bytes / best.estimate
            start = family.value(best.setting)
        most = max((t.setting.k for t in trials if t.encoded), default=self.bench.fewest)
        if family.knob == "k":
            # Between a size that is near enough and one too large, much may be gained.
            k = max((t.setting.k for t in trials if self.may_fit(goal, t)), default=most)
            for more in range(k + 1, min(k + self.tuning.codes_steps, family.most) + 1):
                if not self.may_fit(goal, self.whole.trial(family.at(more))):
                    break
        return most

    def finalist_of_size(self, goal: AtMost) -> Trial:
        """Encode the best trials that seem to fit; return the best that does."""
        order, least = self.rank_of(goal), (-math.inf, -math.inf, 0)
        if self.last:
            self.bench.rest()
        tries = self.tuning.small_tries if self.picture.small else self.tuning.file_tries
        for _ in range(tries):
            fits = [trial for trial in self.whole.made.values() if self.may_fit(goal, trial)]
            fitting = max((order(trial) for trial in fits if trial.encoded), default=least)
            hopeful = [t for t in fits if not t.encoded and order(t) > fitting]
            if not hopeful:
                break
            self.bench.encode(max(hopeful, key=order))
        written = [trial for trial in self.whole.made.values() if trial.encoded]
        return max(filter(goal.holds, written), key=order, default=None) or self.fewest(goal)

    def may_fit(self, goal: AtMost, trial: Trial) -> bool:
        """Whether a trial fits, or seems to, for all that is known of files and estimates."""
        if trial.encoded:
            return goal.holds(trial)
        # Estimates mislead by so little that what seems a little too large may fit.
        ratio = self.ratios["rate" if trial.setting.rate else "k"] * self.tuning.filled
        return replace(goal, ratio=ratio).holds(trial)

    def rank_of(self, goal: AtMost) -> Callable[[Trial], tuple[float, float, int]]:
        """Order trials by grade, those of one grade by score, and those by bytes."""
        return lambda trial: (goal.grade(trial), trial.score, -trial.n_bytes)

    def fewest(self, goal: AtMost) -> Trial:
        """Find out whether the fewest codes fit where nothing else does."""
        least = self.bench.encode(self.bench.trial(self.bench.plain(self.bench.fewest)))
        written = [trial for trial in self.whole.made.values() if trial.encoded]
        least = min([least, *written], key=lambda trial: trial.n_bytes)
        if least.n_bytes > goal.n_bytes:
            raise QualityError(
                f"{least.n_bytes} bytes is the least found with at most {self.bench.most} colours, "
                f"and {goal.n_bytes} were asked; ask for more, or make the picture smaller"
            )
        return least


def without_join(setting: Setting) -> Setting:
    """Return the setting of the upper rows."""
    return replace(setting, last_rows=0, last_rate=0)
