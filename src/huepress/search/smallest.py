"""The least file of all formats: labels in a PNG or WebP, lossy WebP, AVIF."""

from __future__ import annotations

import math
from dataclasses import replace

from huepress.errors import QualityError
from huepress.formats import lossy
from huepress.formats.lossy import BEST
from huepress.search.for_score import ForScore, at_least
from huepress.search.forecast import forecast_bytes
from huepress.search.found import Found, found_on, goal_of, nothing_to_lose
from huepress.search.goals import AtLeast, AtMost
from huepress.search.lossy import LossySearch, LossyTrial
from huepress.search.trials import Trial
from huepress.search.workbench import Workbench


def smallest(bench: Workbench) -> Found:
    """Search among labels and lossy files for what the options of a workbench say.

    What is likelier to win goes first, for the others are given up where a first look says that
    they are beaten: lossy files of photographs, labels of everything else.

    Raises
    ------
    QualityError
        If `min_quality` or `target_size` cannot be met.
    """
    if nothing_to_lose(bench):
        reason = f"lossy formats: {bench.most} codes are all colours, so nothing need be lost"
        return replace(found_on(bench), left_out=(reason,))
    return _Smallest(bench).found()


class _Smallest:
    """The candidates so far, and the steps towards the least of them."""

    def __init__(self, bench: Workbench) -> None:
        self.bench, self.goal = bench, goal_of(bench)
        self.files = LossySearch(bench, self.goal)
        self.labels, self.benches = list[Found](), [bench]
        self.missed: list[QualityError] = []
        self.left_out = list(self.files.left_out)

    def found(self) -> Found:
        """Return the best of all candidates."""
        if self.bench.picture.kind == "photograph":
            self.files.solve(math.inf)
            if self.labels_may_win():
                self.try_labels()
            else:
                self.left_out.append("palettes: a first look took far more bytes for less")
        else:
            self.try_labels()
            self.files.solve(self.least_bytes())
        if self.needs_lossless():
            self.files.lossless()
        return self.best()

    def needs_lossless(self) -> bool:
        """Whether a quality that was asked is missed by all, or there are bytes left by the best.

        A default that is missed by little is not worth all those bytes.
        """
        if isinstance(self.goal, AtMost):
            return any(trial.setting.quality == BEST for trial in self.files.held)
        return self.bench.options.quality is not None and not self.held

    @property
    def candidates(self) -> list[Trial | LossyTrial]:
        """Everything that might be written."""
        return [*(found.chosen for found in self.labels), *self.files.trials]

    @property
    def held(self) -> list[Trial | LossyTrial]:
        """Those that hold the goal."""
        labels = (found.chosen for found in self.labels)
        return [*filter(self.goal.holds, labels), *self.files.held]

    def least_bytes(self) -> float:
        """Bytes of the least file that holds the goal, so far."""
        return min((trial.n_bytes for trial in self.held), default=math.inf)

    def labels_may_win(self) -> bool:
        """Look at a first trial of rate-aware labels, which serve photographs best."""
        bench, goal, steps = self.bench, self.goal, ForScore(self.bench)
        if not self.held or not steps.tries_rates:
            return True
        if isinstance(goal, AtLeast) and bench.image.n_pixels > bench.tuning.windows_pixels:
            asked = replace(bench.options, quality=goal.score)
            if (
                forecast_bytes(bench.image, asked, bench.tuning)
                > bench.tuning.forecast_safe * self.least_bytes()
            ):
                return False
        top = bench.trial(steps.top)
        if isinstance(goal, AtLeast):
            costs = [
                task.cost(bench.whole) for _, task in steps.ranked(steps.with_ceiling(goal), top)
            ]
            costs += [math.log(top.estimate)] if goal.holds(top) else []
            least = math.log(self.least_bytes()) + bench.tuning.beaten
            return min(costs, default=-math.inf) < least
        best = max(map(goal.grade, self.held))
        family = steps.families(at_least(bench, best), 0)[0]
        # With more bytes than are asked for: what is worse even so has no chance.
        position = goal.first_position(top) - 1
        trial = bench.trial(family.at(family.value_at(position, bench.tuning)))
        return goal.error(trial) > 0 or goal.grade(trial) > best

    def try_labels(self) -> None:
        """Search for labels that suit a PNG, written as PNG or WebP, and for those of a WebP."""
        image = self.bench.image
        if not lossy.why_not("webp", image.width, image.height):
            self.benches.append(self.bench.for_format("webp"))
        for each in self.benches:
            try:
                self.labels.append(found_on(each))
            except QualityError as missed:
                self.missed.append(missed)  # another candidate may do

    def best(self) -> Found:
        """Choose what to write."""
        goal, bench, candidates = self.goal, self.bench, self.candidates
        if not candidates:
            raise self.missed[0]
        held = self.held
        if isinstance(goal, AtMost):
            # Where nothing else fits, letters may smear.
            held = held or [trial for trial in candidates if goal.holds(trial)]
            if not held:
                least = min(trial.n_bytes for trial in candidates)
                raise QualityError(
                    f"{least} bytes is the least found, and {goal.n_bytes} were asked; ask for "
                    "more, or make the picture smaller"
                )
            chosen = max(held, key=lambda t: (goal.grade(t), t.score, -t.n_bytes))
        elif held:
            chosen = min(held, key=lambda trial: (trial.n_bytes, -trial.score))
        else:
            chosen = self.worthiest(goal)
        assert chosen.encoded is not None
        of_labels = [found for found in self.labels if found.chosen is chosen]
        trials: list[Trial | LossyTrial] = [*self.files.trials]
        for each in self.benches:
            trials += each.whole.made.values()
        return Found(
            chosen,
            chosen.encoded,
            of_labels[0].fit if of_labels else None,
            tuple(trials),
            distinct_colors=len(bench.picture.histogram),
            most_codes=bench.most,
            goal=goal,
            left_out=tuple(self.left_out),
        )

    def worthiest(self, goal: AtLeast) -> Trial | LossyTrial:
        """Choose where nothing holds the goal: what misses little for its bytes."""
        tuning, least = self.bench.tuning, self.bench.options.min_quality
        enough = [t for t in self.candidates if least is None or t.score >= least]
        if not enough:
            best = max(trial.score for trial in self.candidates)
            raise QualityError(
                f"score {best:.1f} is the best found, and at least {least:g} was asked; ask for "
                "less, or keep the original"
            )
        return min(
            enough,
            key=lambda t: (
                math.log(max(tuning.base_score - goal.grade(t), 0.5))
                + tuning.bytes_power * math.log(t.n_bytes)
            ),
        )
