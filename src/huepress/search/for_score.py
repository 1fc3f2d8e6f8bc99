"""The steps towards a score: plain labels, then the family of rates that suits it best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from huepress.errors import QualityError
from huepress.search.families import FAMILIES, NEAR_BEST, WITHOUT_CONTOURS, Family
from huepress.search.goals import AtLeast, Goal
from huepress.search.scan import scan
from huepress.search.solve import Task, along, solve, solve_all
from huepress.search.trials import Setting, Trial
from huepress.search.workbench import Workbench


def at_least(bench: Workbench, score: float) -> AtLeast:
    """Return the goal of a score, as it is for this kind of picture."""
    tuning, picture = bench.tuning, bench.picture
    return AtLeast(
        score=score,
        contour_limit=picture.contour_limit if score > tuning.faithful else math.inf,
        tuning=tuning,
    )


class ForScore:
    """The steps towards a score over one workbench."""

    def __init__(self, bench: Workbench, *, last: bool = False) -> None:
        self.bench, self.tuning, self.picture = bench, bench.tuning, bench.picture
        # Whether nothing else is going to be tried on the picture.
        self.last = last
        self.whole, self.top = bench.whole, bench.plain(bench.most)
        self.tries_rates = (
            bench.options.effort != "fast"
            and bench.options.dither is None
            and self.picture.distinct_colors > self.tuning.fewest_codes
        )
        self.thorough = bench.options.effort == "best"
        # Photographs are served so much better by a rate that few plain codes are worth no look.
        self.photograph = self.tries_rates and self.picture.kind == "photograph"

    def least(self, goal: AtLeast, min_quality: float | None) -> Trial:
        """Find the least bytes of at least a grade, or of nearly the best one."""
        plain = self.plain(goal)
        if not goal.holds(plain):
            goal = self.within_reach(goal, min_quality)
        if self.tries_rates and goal.score < 100:
            self.trade(goal, plain)
            self.scan(goal, plain)
        return self.finalist([t for t in self.whole.made.values() if goal.holds(t)])

    # -- plain labels ------------------------------------------------------------------------------

    def plain(self, goal: AtLeast) -> Trial:
        """Find the least k whose plain labels hold a goal, or the most k."""
        bench, most, top = self.bench, self.bench.most, self.bench.trial(self.top)
        if self.photograph or not goal.holds(top):
            return top
        family = Family(self.top, "k", bench.fewest, most)
        start = along(goal.curve("k"), family.position(most, self.tuning), goal.error(top))
        k = family.value_at(start, self.tuning)
        if (sample := bench.sample) is not self.whole:
            task = Task(family, self.sampled(goal), k)
            solve_all([task], sample, self.tuning.codes_steps)
            k = min((t.setting.k for _, t in task.points(sample) if task.goal.holds(t)), default=k)
        k = self.fewer(goal, family, k)
        if self.tries_rates and self.picture.graphic and k < most:
            # Still fewer codes may do where the codebook weighs errors as the mask does.
            weighed = Family(replace(self.top, weighed=True), "k", bench.fewest, k)
            self.fewer(goal, weighed, k)
        return min(self.held_plain(goal), key=lambda trial: trial.setting.k)

    def fewer(self, goal: AtLeast, family: Family, start: int) -> int:
        """Solve for the least codes that hold a goal."""
        solve_all([Task(family, goal, start)], self.whole, self.tuning.codes_steps)
        return min(trial.setting.k for trial in self.held_plain(goal))

    def held_plain(self, goal: AtLeast) -> list[Trial]:
        """List the trials without a rate that hold a goal."""
        return [t for t in self.whole.made.values() if not t.setting.rate and goal.holds(t)]

    def sampled(self, goal: AtLeast) -> AtLeast:
        """Return the goal of a sample, which may be graded better than the whole picture."""
        here, there = (goal.grade(on.trial(self.top)) for on in (self.bench.sample, self.whole))
        more = here - there
        return replace(goal, score=goal.score + more, ceiling=goal.ceiling + more)

    # -- out of reach ------------------------------------------------------------------------------

    def within_reach(self, goal: AtLeast, min_quality: float | None) -> AtLeast:
        """Lower a goal that nearest labels miss to a grade that is worth its bytes, if need be."""
        sensible, best = self._beyond(goal)
        if min_quality is not None and best < min_quality and goal.contour_limit < math.inf:
            # What is asked for at the least is a score, contours or not.
            goal = replace(goal, contour_limit=math.inf)
            sensible, best = self._beyond(goal)
        if min_quality is not None and best < min_quality:
            raise QualityError(
                f"score {best:.1f} is the best that {self.bench.most} colours reach, and at "
                f"least {min_quality:g} was asked; ask for less, or keep the original"
            )
        if best >= goal.score:
            return goal
        # No less than a round score that is within reach: to ask for less must not cost more.
        whole = self.tuning.whole_points * math.floor(best / self.tuning.whole_points)
        return replace(goal, score=max(sensible, whole, min_quality or -math.inf))

    def _beyond(self, goal: AtLeast) -> tuple[float, float]:
        """Try what is beyond nearest labels; return a grade worth its bytes, and the best.

        A share off what is missing to 100 counts a little less than the same share off the bytes.
        """
        bench, tuning, top = self.bench, self.tuning, self.top
        nearest = goal.grade(bench.trial(top))
        if bench.options.dither is not None:
            return nearest, nearest
        settings = [top] + [replace(top, diffusion=strength) for strength in tuning.diffusions]
        if self.tries_rates:
            settings += self.lows
            if not self.photograph:
                settings.append(replace(top, rate=tuning.useful_rate // 4, contrast=0.5))
        tried = bench.trials(settings)
        banded = max(map(goal.grade, tried)) > nearest + tuning.banded_points
        if banded:
            # Contours of a smooth picture: the stronger the diffusion, the better.
            tried.append(bench.trial(replace(top, diffusion=tuning.strongest_diffusion)))
        best, base = max(map(goal.grade, tried)), tuning.base_score
        worthiest = min(
            tried,
            key=lambda t: (
                math.log(base - goal.grade(t)) + tuning.bytes_power * math.log(t.estimate)
            ),
        )
        sensible = base - tuning.last_share * (base - goal.grade(worthiest))
        if self.tries_rates:
            # A rate that comes near the best of its family takes nearly all the bytes.
            low = max(map(goal.grade, bench.trials(self.lows))) - tuning.rate_points
            sensible = max(min(sensible, low), nearest - tuning.nearest_points)
        banded = banded or bench.trial(top).score > nearest + 1
        last = tuning.banded_last_points if banded else tuning.last_points
        return max(sensible, best - last), best

    @property
    def lows(self) -> list[Setting]:
        """The lowest useful rates, diffused: nearly the best that rates reach."""
        rate, diffusion = self.tuning.useful_rate, self.tuning.light_diffusion
        lows = [replace(self.top, rate=rate, contrast=0.75, diffusion=diffusion)]
        if self.picture.kind == "art":
            most = self.bench.most
            lows.append(WITHOUT_CONTOURS.family(most, most, self.tuning).at(rate))
        return lows

    # -- rates -------------------------------------------------------------------------------------

    def families(self, goal: AtLeast, plain_codes: int) -> list[Family]:
        """List the families to rank for a goal."""
        nearest = goal.grade(self.whole.trial(self.top))
        near = self.photograph and goal.score > nearest - self.tuning.near_points
        entries = NEAR_BEST if near else FAMILIES[self.picture.kind]
        shaded = self.picture.kind == "art" and not self.picture.small
        if shaded and goal.contour_limit <= self.tuning.art_contour:
            entries = (*entries, WITHOUT_CONTOURS)
        families = (entry.family(plain_codes, self.bench.most, self.tuning) for entry in entries)
        some = list(dict.fromkeys(families))
        if goal.score <= self.tuning.faithful:
            return some
        return [family for family in some if not self.bench.fades(family.at(family.least))] or some

    def trade(self, goal: AtLeast, plain: Trial) -> None:
        """Solve for the rate that just holds a goal, in the family that suits it best."""
        goal = self.with_ceiling(goal)
        self.keep_likely(goal)
        held: list[float] = []
        for cost, task in self.ranked(goal, plain):
            self.keep_likely(goal)
            near = not held or self.thorough or cost <= held[0] + self.tuning.rank_near
            if len(held) == 2 or not near:
                return
            solved = self.solve(goal, task.family, task.start)
            # What suits a sample may miss the goal on the whole picture, as small areas fade.
            if any(map(goal.holds, self.of_family(solved))):
                held.append(cost)

    def scan(self, goal: AtLeast, plain: Trial) -> None:
        """Try more of a small picture, beside the least codes that hold a goal."""
        if self.picture.small:
            codes = min((t.setting.k for t in self.held_plain(goal)), default=plain.setting.k)
            scan(self.bench, self.with_ceiling(goal), codes)

    def with_ceiling(self, goal: AtLeast) -> AtLeast:
        """Put the best that rates may reach into a goal: nearest labels, and what feedback wins."""
        tuning, nearest = self.tuning, goal.grade(self.whole.trial(self.top))
        more = max(tuning.headroom, tuning.headroom_share * (90 - nearest))
        return replace(goal, ceiling=max(nearest + more, goal.score + tuning.headroom))

    def ranked(self, goal: AtLeast, plain: Trial) -> list[tuple[float, Task[Family]]]:
        """Try families on a sample, those near the best twice; best first, the hopeless never.

        Each comes with the logarithm of the bytes that it should take. A sample of a photograph
        says little about its score.
        """
        tuning, families = self.tuning, self.families(goal, plain.setting.k)
        target = self.whole if self.photograph else self.bench.sample
        on_target = goal if target is self.whole else self.sampled(goal)
        start = on_target.first_position(plain)
        tasks = [Task(family, on_target, family.value_at(start, tuning)) for family in families]

        solve_all(tasks, target, 1)
        limit = min(task.cost(target) for task in tasks) + tuning.rank_margin
        if goal.holds(plain):
            limit = min(limit, math.log(target.trial(plain.setting).estimate) + tuning.hopeless)
        tasks = [task for task in tasks if task.cost(target) <= limit]
        if len(tasks) > 1 and not self.photograph:
            solve_all(tasks, target, 1)
        costs = sorted(((task.cost(target), task) for task in tasks), key=lambda pair: pair[0])
        ranked = [
            (cost, Task(task.family, goal, task.family.value(task.nearest(target).setting)))
            for cost, task in costs
        ]
        if self.last:
            self.bench.leave_sample()
        return ranked

    def solve(self, goal: Goal, family: Family, start: int) -> Family:
        """Solve a family on the whole picture, and join the rows of two trials about the goal."""
        steps, fewest = self.tuning.steps, self.tuning.fewest_codes
        family = solve(family, goal, self.whole, start=start, steps=steps, fewest=fewest)
        if self.thorough:
            self.polish(goal, family)
        self.join(goal, self.of_family(family))
        return family

    def of_family(self, family: Family) -> list[Trial]:
        """List its trials on the whole picture."""
        return [trial for setting, trial in self.whole.made.items() if family.has(setting)]

    def polish(self, goal: Goal, family: Family) -> None:
        """Try many rates about the best: scores scatter, and the luckiest counts."""
        best = min(filter(goal.holds, self.of_family(family)), key=goal.cost, default=None)
        if best is not None:
            steps, rate = self.tuning.polish_steps, best.setting.rate
            tried = (round(rate * 2 ** (i / (5 * steps))) for i in range(-2, steps - 2))
            self.bench.trials([family.at(r) for r in tried if family.least <= r <= family.most])

    def join(self, goal: Goal, trials: list[Trial]) -> None:
        """Come nearer to a goal by the rows of two trials about it: that costs no mapping."""
        held = min(filter(goal.holds, trials), key=goal.error, default=None)
        missed = max((t for t in trials if not goal.holds(t)), key=goal.error, default=None)
        if held is None or missed is None or goal.met(held):
            return
        upper, lower = sorted((held, missed), key=lambda trial: trial.setting.rate)
        margin, above = self.tuning.margin, goal.holds(upper)
        (a, error), (b, other) = (0, goal.error(upper)), (upper.indexed.height, goal.error(lower))
        for _ in range(self.tuning.join_steps):
            share = min(max(error / (error - other), margin), 1 - margin)
            rows = round(a + share * (b - a))
            if rows in (a, b):
                return
            if isinstance(goal, AtLeast):
                self.keep_likely(goal, upper, lower)
            last_rate = lower.setting.rate
            trial = self.bench.trial(replace(upper.setting, last_rows=rows, last_rate=last_rate))
            if goal.met(trial):
                return
            if goal.holds(trial) == above:
                a, error = rows, goal.error(trial)
            else:
                b, other = rows, goal.error(trial)

    # -- files -------------------------------------------------------------------------------------

    def finalist(self, held: Sequence[Trial]) -> Trial:
        """Encode the likeliest of these trials, the plain ones among them; return the least."""
        likely = self.likely(held)
        self.whole.keep_labels([trial.setting for trial in likely])
        if self.last:
            self.bench.rest()
        # Quick sizes of small files mislead.
        if len(likely) > 1 and not self.picture.small:
            limit = (1 + self.tuning.slack) * min(map(self.bench.expected_bytes, likely))
            likely = [trial for trial in likely if self.bench.least_bytes(trial) <= limit]
        first, *others = sorted(likely, key=self.bench.expected_bytes) if likely[1:] else likely
        least = self.bench.encode(first)
        for trial in others:
            least = self.bench.encode_below(least, trial)
        return least

    def likely(self, held: Sequence[Trial]) -> list[Trial]:
        """Choose those of these trials whose files may be the least."""
        ranked = sorted(held, key=lambda trial: (trial.estimate, trial.setting.k))
        aware = [trial for trial in ranked if trial.setting.rate]
        nearest = [trial for trial in ranked if trial.setting.nearest]
        diffused = [t for t in ranked if not (t.setting.nearest or t.setting.rate)]
        tuning, small, graphic = self.tuning, self.picture.small, self.picture.graphic
        most = 3 if self.thorough else tuning.small_files if small else 1
        most_aware = max(most, tuning.drawing_files) if graphic else most
        finalists = aware[:most_aware] + nearest[:most] + diffused[:1]
        return [t for t in finalists if t.estimate * tuning.left <= ranked[0].estimate]

    def keep_likely(self, goal: AtLeast, *joined: Trial) -> None:
        """Keep the labels of those trials that may be written, and of these; let go of others."""
        held = [trial for trial in self.whole.made.values() if goal.holds(trial)]
        self.whole.keep_labels([trial.setting for trial in (*self.likely(held), *joined)])
