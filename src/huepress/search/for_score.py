"""The steps towards a score: plain labels, then the family of rates that suits it best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from huepress.errors import QualityError
from huepress.search.families import FAMILIES, LEAST_RATE, MORE_FAMILIES, MOST_RATE, Family, Level
from huepress.search.goals import AtLeast, Goal
from huepress.search.solve import Task, along, solve, solve_all
from huepress.search.trials import Setting, Trial
from huepress.search.workbench import Target, Workbench


def at_least(bench: Workbench, score: float) -> AtLeast:
    """Return the goal of a score, as it is for this kind of picture."""
    tuning, picture = bench.tuning, bench.picture
    return AtLeast(
        score=score,
        contour_limit=picture.contour_limit if score > tuning.faithful else math.inf,
        slope=tuning.drawing_slope if picture.graphic else tuning.photo_slope,
        tuning=tuning,
    )


class ForScore:
    """The steps towards a score over one workbench."""

    def __init__(self, bench: Workbench) -> None:
        self.bench, self.tuning, self.picture = bench, bench.tuning, bench.picture
        self.whole, self.top = bench.whole, bench.plain(bench.most)
        self.rate_aware = (
            bench.options.effort != "fast"
            and bench.options.dither is None
            and self.picture.distinct_colors > self.tuning.fewest_codes
        )
        self.thorough = bench.options.effort == "best"
        self.photograph = self.picture.kind == "photograph"

    def least(self, goal: AtLeast, min_quality: float | None) -> Trial:
        """Find the least bytes of at least a grade, or of nearly the best one."""
        plain = self.plain(goal)
        if not goal.holds(plain):
            goal = self.within_reach(goal, min_quality)
        if self.rate_aware and goal.score < 100:
            self.trade(goal, plain)
        return self.finalist([t for t in self.whole.made.values() if goal.holds(t)])

    # -- plain labels ------------------------------------------------------------------------------

    def plain(self, goal: AtLeast) -> Trial:
        """Find the least k whose plain labels hold a goal, with any codebook, or the most k."""
        bench, plain = self.bench, self.least_plain(goal)
        k = plain.setting.k
        weighs = self.thorough or (self.picture.graphic and self.rate_aware)
        if not weighs or bench.options.dither is not None or k == bench.most:
            return plain
        # Fewer codes may do where the codebook weighs errors as the mask does.
        for contrast in (1.0, 0.75, 0.5) if self.thorough else (1.0,):
            weighed = replace(self.top, weighed=True, contrast=contrast)
            family = Family(weighed, "k", bench.fewest, k)
            solve_all([Task(family, goal, k)], self.whole, self.tuning.weighed_steps)
        return self.least_codes(goal)

    def least_plain(self, goal: AtLeast) -> Trial:
        """Find the least k whose plain labels hold a goal, or the most k.

        Photographs are served so much better by a rate that only the most k is worth a look.
        """
        bench, most = self.bench, self.bench.most
        top = bench.trial(self.top)
        if not goal.holds(top) or (self.rate_aware and self.photograph):
            return top
        family = Family(self.top, "k", bench.fewest, most)
        spare = min(goal.error(top), self.tuning.codes_spare)
        start = along(goal.curve("k"), family.position(most, self.tuning), spare)
        k, steps = family.value_at(start, self.tuning), self.tuning.codes_steps
        if bench.sample is not bench.whole:
            sampled = replace(goal, score=goal.score + self.shift(goal, self.top))
            task = Task(family, sampled, k)
            solve_all([task], bench.sample, steps)
            held = [t.setting.k for _, t in task.points(bench.sample) if sampled.holds(t)]
            k = min(held, default=most)
        solve_all(
            [Task(family, goal, k)],
            bench.whole,
            steps if self.picture.graphic else self.tuning.art_codes_steps,
        )
        return self.least_codes(goal)

    def least_codes(self, goal: AtLeast) -> Trial:
        """Return the trial of the fewest codes of those without a rate that hold a goal."""
        held = [t for t in self.whole.made.values() if not t.setting.rate and goal.holds(t)]
        return min(held, key=lambda trial: trial.setting.k)

    def shift(self, goal: Goal, setting: Setting) -> float:
        """By how much a sample of the rows is graded better than the whole picture."""
        if self.bench.sample is self.whole:
            return 0.0
        here, there = (self.bench.trial(setting, on) for on in (self.bench.sample, self.whole))
        return goal.grade(here) - goal.grade(there)

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
        nearest = bench.trial(top)
        if bench.options.dither is not None:
            return goal.grade(nearest), goal.grade(nearest)
        settings = [top] + [replace(top, diffusion=strength) for strength in tuning.diffusions]
        if self.rate_aware:
            settings.append(self.low)
            if not self.photograph:
                settings.append(replace(top, rate=tuning.useful_rate // 4, contrast=0.5))
        tried = bench.trials(settings)
        best = max(map(goal.grade, tried))
        if best > goal.grade(nearest) + tuning.banded_points:
            # Contours of a smooth picture: the stronger the diffusion, the better.
            tried.append(bench.trial(replace(top, diffusion=tuning.strongest_diffusion)))
            best = max(map(goal.grade, tried))
        base = tuning.base_score
        worthiest = min(
            tried,
            key=lambda t: (
                math.log(base - goal.grade(t)) + tuning.bytes_power * math.log(t.estimate)
            ),
        )
        sensible = base - tuning.last_share * (base - goal.grade(worthiest))
        if self.rate_aware:
            # A rate that comes near the best of its family takes nearly all the bytes.
            low = goal.grade(bench.trial(self.low)) - tuning.rate_points
            sensible = max(min(sensible, low), goal.grade(nearest) - tuning.nearest_points)
        banded = nearest.score > goal.grade(nearest) + 1
        banded = banded or best > goal.grade(nearest) + tuning.banded_points
        last = tuning.banded_last_points if banded else tuning.last_points
        return max(sensible, best - last), best

    @property
    def low(self) -> Setting:
        """The lowest useful rate, diffused: nearly the best that rates reach."""
        tuning = self.tuning
        return replace(
            self.top,
            rate=tuning.useful_rate,
            contrast=0.75,
            diffusion=tuning.light_diffusion,
        )

    # -- rates -------------------------------------------------------------------------------------

    def level(self, goal: AtLeast) -> Level:
        """Tell how much is asked beside what this picture can give."""
        low = self.whole.made.get(self.low)
        if low is not None and goal.score > goal.grade(low) - self.tuning.rate_points:
            return "pressed"
        if goal.score > goal.grade(self.bench.trial(self.top)) - self.tuning.near_points:
            return "near"
        return "faithful" if goal.score > self.tuning.faithful else "rough"

    def families(self, goal: AtLeast, plain_codes: int) -> list[Family]:
        """List the families to rank for a goal."""
        level = self.level(goal)
        entries = FAMILIES[self.picture.kind][level]
        if self.thorough:
            entries += MORE_FAMILIES[level]
        families = (entry.family(plain_codes, self.bench.most, self.tuning) for entry in entries)
        return list(dict.fromkeys(families))

    def aimed(self, goal: AtLeast, family: Family, shift: float) -> AtLeast:
        """Put the best that a family may reach into a goal: what its nearest labels do, and more.

        A sample that is graded better by a shift has a goal that is higher by as much.
        """
        bench, k = self.bench, family.fixed.k
        if k == bench.most:
            ceiling = goal.grade(bench.trial(self.top))
        else:
            nearest = Setting(k)
            ceiling = goal.grade(bench.trial(nearest, bench.sample)) - self.shift(goal, self.top)
        # What making up for errors wins on nearest labels.
        tuning = self.tuning
        ceiling += max(tuning.headroom, tuning.headroom_share * (90 - ceiling))
        ceiling = max(ceiling, goal.score + tuning.headroom)
        if self.low in self.whole.made:
            ceiling = max(ceiling, goal.grade(self.whole.trial(self.low)) + 0.5)
        return replace(goal, score=goal.score + shift, ceiling=ceiling + shift)

    def trade(self, goal: AtLeast, plain: Trial) -> None:
        """Solve for the rate that just holds a goal, in the family that suits it best."""
        families = self.families(goal, plain.setting.k)
        tasks = self.rank(goal, families, plain)
        for task in tasks[: 2 if self.thorough else 1]:
            aimed = self.aimed(goal, task.family, 0.0)
            if goal.holds(plain) and not self.may_win(Task(task.family, aimed, task.start), plain):
                continue
            self.finish(aimed, task.family, task.start)

    def finish(self, goal: Goal, family: Family, start: int, *, fewer: bool = True) -> Family:
        """Solve a family on the whole picture, and join the rows of two trials about the goal."""
        steps = self.tuning.photo_steps if self.photograph else self.tuning.steps
        fewest = self.tuning.fewest_codes if fewer else family.fixed.k
        family = solve(family, goal, self.whole, start=start, steps=steps, fewest=fewest)
        if self.thorough:
            self.polish(goal, family)
        self.join(goal, family)
        return family

    def may_win(self, task: Task, plain: Trial) -> bool:
        """Whether a first trial on the whole picture leaves hope against plain labels."""
        bench = self.bench
        first = bench.trial(task.family.at(task.start))
        cost = expected_cost(task, self.whole)
        # It may cost less than what one trial lets expect.
        cost = min(cost, (cost + math.log(first.estimate)) / 2) - self.tuning.behind
        if cost <= math.log(self.left * plain.estimate):
            return True
        if expected := bench.expected_bytes(plain):
            # Estimates know no filters, which drafts of the two files try.
            cost += min(math.log(bench.expected_bytes(first) / first.estimate), 0)
            return cost <= math.log(expected)
        return cost <= math.log(plain.estimate)

    def rank(self, goal: AtLeast, families: list[Family], plain: Trial) -> list[Task]:
        """Solve families on the sample, all that one step does not rule out; the best come first.

        The others start from what the first one shows.
        """
        bench, tuning = self.bench, self.tuning
        if len(families) == 1:
            aimed = self.aimed(goal, families[0], 0.0)
            return [Task(families[0], aimed, first_value(families[0], aimed))]
        sample, shift = bench.sample, self.shift(goal, self.top)
        limit = math.inf
        if goal.holds(plain):
            limit = math.log(bench.trial(plain.setting, sample).estimate) + tuning.hopeless
        aims = [self.aimed(goal, family, shift) for family in families]
        tasks = [Task(families[0], aims[0], first_value(families[0], aims[0]))]
        solve_all(tasks, sample, 1)
        if expected_cost(tasks[0], sample) > limit + tuning.hopeless_first - tuning.hopeless:
            return []
        position, like = tasks[0].points(sample)[0]
        for family, aim in zip(families[1:], aims[1:], strict=True):
            start = along(aim.curve("rate"), position, aim.error(like))
            tasks.append(Task(family, aim, family.value_at(start, tuning)))
        solve_all(tasks[1:], sample, 1)
        least = min(expected_cost(task, sample) for task in tasks)
        near = min(limit, least + tuning.rank_margin)
        tasks = [task for task in tasks if expected_cost(task, sample) <= near]
        solve_all(tasks, sample, 1)
        tasks.sort(key=lambda task: expected_cost(task, sample))
        if tasks and tasks[0].spent(sample) and expected_cost(tasks[0], sample) <= limit:
            tasks.insert(0, self.with_fewer_codes(tasks[0]))
            tasks.sort(key=lambda task: expected_cost(task, sample))
        return [
            replace(task, start=task.family.value(task.nearest(sample).setting))
            for task in tasks
            if expected_cost(task, sample) <= limit
        ]

    def with_fewer_codes(self, task: Task) -> Task:
        """Solve a task on the sample whose highest rate gives more than was asked."""
        start, fewest = task.family.most, self.tuning.fewest_codes
        family = solve(
            task.family, task.goal, self.bench.sample, start=start, steps=2, fewest=fewest
        )
        return replace(task, family=family)

    def polish(self, goal: Goal, family: Family) -> None:
        """Try many rates about the best: scores scatter, and the luckiest counts."""
        held = [t for t in self.of_family(family) if goal.holds(t)]
        if held:
            rate = min(held, key=goal.cost).setting.rate
            steps = self.tuning.polish_steps
            rates = (round(rate * 2 ** (i / (5 * steps))) for i in range(-2, steps - 2))
            self.bench.trials([family.at(r) for r in rates if LEAST_RATE <= r <= MOST_RATE])

    def join(self, goal: Goal, family: Family) -> None:
        """Come nearer to a goal by the rows of two trials about it than by another rate."""
        trials = self.of_family(family)
        held = [trial for trial in trials if goal.holds(trial)]
        missed = [trial for trial in trials if not goal.holds(trial)]
        if not held or not missed:
            return
        best = min(held, key=goal.error)
        other = max(missed, key=goal.error)
        upper, lower = sorted((best, other), key=lambda trial: trial.setting.rate)
        if upper.estimate <= lower.estimate:
            return
        height = upper.indexed.height
        fixed = replace(upper.setting, last_rate=lower.setting.rate)
        rows = Family(fixed, "last_rows", 1, height - 1)
        errors = [goal.error(trial) for trial in (upper, lower)]
        start = rows.value_at(errors[0] / (errors[0] - errors[1]), self.tuning)
        if not goal.met(best) and height > 2:
            task = Task(rows, goal, start, ends=(upper, lower))
            solve_all([task], self.whole, self.tuning.join_steps)

    def of_family(self, family: Family) -> list[Trial]:
        """List its trials on the whole picture."""
        return [trial for setting, trial in self.whole.made.items() if family.has(setting)]

    # -- files -------------------------------------------------------------------------------------

    @property
    def left(self) -> float:
        """Of plain labels' estimate, the least that filters and the final level leave."""
        return self.tuning.photo_left if self.photograph else self.tuning.drawing_left

    def finalist(self, held: Sequence[Trial]) -> Trial:
        """Encode the likeliest of these trials, the plain ones among them; return the least."""
        ranked = sorted(held, key=lambda trial: (trial.estimate, trial.setting.k))
        aware = [trial for trial in ranked if trial.setting.rate]
        nearest = [trial for trial in ranked if trial.setting.nearest]
        diffused = [t for t in ranked if not (t.setting.nearest or t.setting.rate)]
        most = 3 if self.thorough else 1
        finalists = aware[:most] + nearest[:most] + diffused[:1]
        likely = [t for t in finalists if t.estimate * self.left <= ranked[0].estimate]
        if len(likely) > 1:
            slack = self.tuning.best_slack if self.thorough else self.tuning.slack
            limit = slack * min(map(self.bench.expected_bytes, likely))
            likely = [trial for trial in likely if self.bench.least_bytes(trial) <= limit]
        return min(map(self.bench.encode, likely), key=lambda trial: trial.n_bytes)


def first_value(family: Family, goal: AtLeast) -> int:
    """Guess the value of a rate before any trial, as it is on photographs."""
    curve = goal.curve("rate")
    start = along(curve, curve[0][curve[1].index(0.0)], goal.wanted_missing)
    return family.value_at(start, goal.tuning)


def expected_cost(task: Task, target: Target) -> float:
    """Tell the logarithm of the bytes that a task will come to, from its trials so far."""
    goal = task.goal
    assert isinstance(goal, AtLeast)
    points = sorted(task.points(target), key=lambda point: abs(goal.error(point[1])))[:2]
    trials = [trial for _, trial in points]
    if len(trials) == 2:
        fall = goal.error(trials[1]) - goal.error(trials[0])
        if abs(goal.grade(trials[0]) - goal.grade(trials[1])) > 1:
            slope = math.log(trials[0].estimate / trials[1].estimate) / fall
            goal = replace(goal, slope=min(max(slope, goal.slope / 2), 2 * goal.slope))
    saved = goal.tuning.rate_slope * math.log2(MOST_RATE / trials[0].setting.rate)
    return max(goal.cost(trials[0]), math.log(trials[0].estimate) - saved)
