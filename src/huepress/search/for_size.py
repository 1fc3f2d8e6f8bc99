"""The steps towards a size: which score it allows, and how its bytes are used up."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from huepress.errors import QualityError
from huepress.search.families import FAMILIES, Family
from huepress.search.for_score import ForScore, at_least
from huepress.search.goals import AtMost, Knob
from huepress.search.solve import Task, along, solve_all
from huepress.search.trials import Setting, Trial
from huepress.search.workbench import Workbench


class ForSize(ForScore):
    """The steps towards a size."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        # Of files to estimates, as is usual until the first files are known.
        self.ratios: dict[Knob, float] = {
            "k": self.tuning.plain_ratio,
            "rate": self.tuning.rate_ratio,
        }
        self.known: set[Knob] = set()

    def best(self, goal: AtMost) -> Trial:
        """Find the best grade within a size.

        A first family shows which score the size allows; families are ranked for that score, and
        the best of them, and plain labels, are solved for the size.
        """
        top = self.whole.trial(self.top)
        lossless = self.bench.fit_of(self.top).lossless
        if lossless and self.left * top.estimate <= goal.n_bytes:
            top = self.bench.encode(top)
            if goal.holds(top):
                return top
        plain = self.plain_codes(goal)
        if self.rate_aware:
            self.size_rates(goal, plain)
        if self.may_fit(goal, top) and self.bench.options.dither is None:
            # There may be bytes for what is better than nearest labels.
            finer = [replace(self.top, diffusion=strength) for strength in self.tuning.diffusions]
            self.whole.trials([*finer, self.low] if self.rate_aware else finer)
        return self.finalist_of_size(goal)

    def finalist_of_size(self, goal: AtMost) -> Trial:
        """Encode the best trials that seem to fit; return the best that does."""
        order, least = self.rank_of(goal), (-math.inf, -math.inf, 0)
        for _ in range(self.tuning.file_tries):
            fits = [trial for trial in self.whole.made.values() if self.may_fit(goal, trial)]
            fitting = max((order(trial) for trial in fits if trial.encoded), default=least)
            hopeful = [t for t in fits if not t.encoded and order(t) > fitting]
            if not hopeful:
                break
            self.bench.encode(max(hopeful, key=order))
        written = [trial for trial in self.whole.made.values() if trial.encoded]
        return max(filter(goal.holds, written), key=order, default=None) or self.fewest(goal)

    def plain_codes(self, goal: AtMost) -> int:
        """Find how many codes of plain labels fit; of photographs, only where nothing else does."""
        most, fewest = self.bench.most, self.bench.fewest
        if self.rate_aware and self.photograph:
            return most
        family = Family(self.top, "k", fewest, most)
        self.fill(goal, family, most)
        k = max((t.setting.k for t in self.of_family(family) if t.encoded), default=fewest)
        if self.picture.graphic and self.rate_aware:
            self.fill(goal, Family(replace(self.top, weighed=True), "k", fewest, most), k)
        return k

    def size_rates(self, goal: AtMost, plain_codes: int) -> None:
        """Solve for the rate that fills a size, in the family that suits the score it allows."""
        entry = FAMILIES[self.picture.kind]["faithful"][0]
        scout = entry.family(plain_codes, self.bench.most, self.tuning)
        error = goal.error(self.whole.trial(self.top))
        start = along(goal.curve("rate"), self.tuning.first_position, error)
        start = scout.value_at(start, self.tuning)
        self.fill(goal, scout, start, fewer=False)
        as_score = at_least(self.bench, goal.grade(Task(scout, goal, start).nearest(self.whole)))
        # As many codes as plain labels take for this score, not for this size.
        plain = self.least_plain(as_score)
        families = self.families(as_score, plain.setting.k)
        ranked = self.rank(as_score, families, plain)
        for task in ranked[: 2 if self.thorough else 1]:
            self.fill(goal, task.family, task.start)
        unfed = [family for family in families if not family.fixed.feedback]
        if unfed and Task(scout, goal, start).spent(self.whole):
            # Where even the highest rate takes too many bytes, no feedback takes fewer.
            self.fill(goal, unfed[-1], unfed[-1].most // 2)

    def fill(self, goal: AtMost, family: Family, start: int, *, fewer: bool = True) -> None:
        """Solve a family for a size, and again as its files show what estimates leave out."""
        kind = family.knob
        for _ in range(self.tuning.file_tries):
            goal = replace(goal, ratio=self.ratios[kind])
            if kind == "rate":
                family = self.finish(goal, family, start, fewer=fewer and kind in self.known)
            else:
                solve_all([Task(family, goal, start)], self.whole, self.tuning.codes_steps)
            trials = [t for s, t in self.whole.made.items() if family.has(without_join(s))]
            held = [trial for trial in trials if self.may_fit(goal, trial)]
            best = max(held, key=self.rank_of(goal), default=min(trials, key=lambda t: t.estimate))
            if best.encoded:
                break
            best = self.bench.encode(best)
            self.ratios[kind] = best.n_bytes / best.estimate
            self.known.add(kind)
            start = family.value(best.setting)

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
