"""What a search found, and the search among labels: codes, mapping and rate for one goal.

A picture's curve of bytes against score has two ends. Above what nearest labels reach, diffusion
buys score with bytes; below, fewer codes or rate-aware labels save bytes at the cost of score. So
families are ranked on a sample of the rows, the best is solved for on the whole picture, and only
finalists are encoded. Plain labels are always among them, so that the result never loses to them.
"""

from __future__ import annotations

from dataclasses import dataclass

from huepress.common.once import once_property
from huepress.formats import Encoded
from huepress.kmeans import FitResult
from huepress.search.for_score import ForScore, at_least
from huepress.search.for_size import ForSize
from huepress.search.goals import AtLeast, AtMost, Goal
from huepress.search.lossy import LossyTrial
from huepress.search.trials import Trial
from huepress.search.workbench import Workbench


@dataclass(frozen=True, eq=False)
class Found:
    """What the search chose, and all that it saw.

    Parameters
    ----------
    chosen : Trial or LossyTrial
        What to write.
    encoded : Encoded
        Its file.
    fit : FitResult or None
        How its codebook came about; None where it has none.
    tried : tuple of Trial and LossyTrial
        Everything tried on the whole picture, as it came.
    distinct_colors : int
        Of the original.
    most_codes : int
        The most that could be tried.
    goal : AtLeast or AtMost
        What was asked, or the default.
    left_out : tuple of str
        What format `smallest` did not try or gave up, each with the reason.
    """

    chosen: Trial | LossyTrial
    encoded: Encoded
    fit: FitResult | None
    tried: tuple[Trial | LossyTrial, ...]
    distinct_colors: int
    most_codes: int
    goal: Goal
    left_out: tuple[str, ...] = ()

    @once_property
    def trials(self) -> tuple[Trial | LossyTrial, ...]:
        """What was tried, the least file first. Estimating all those takes a while."""
        return tuple(sorted(self.tried, key=lambda trial: (trial.n_bytes, -trial.score)))

    def name(self, trial: Trial | LossyTrial) -> str:
        """Name a trial by its setting and, where several formats were written, by its own."""
        formats = {each.encoded.format for each in self.tried if each.encoded is not None}
        if trial.encoded is None or len(formats) == 1 or isinstance(trial, LossyTrial):
            return str(trial.setting)
        return f"{trial.encoded.format.upper()}, {trial.setting}"

    @property
    def wanted(self) -> float | None:
        """The score that was aimed at; None for a target size."""
        return self.goal.score if isinstance(self.goal, AtLeast) else None

    @property
    def reached(self) -> bool:
        """Whether the wanted quality was met."""
        return self.wanted is None or self.chosen.score >= self.wanted

    @property
    def shortfall(self) -> str:
        """What to say where it was not; empty where it was."""
        if self.wanted is None or self.reached:
            return ""
        lossy = isinstance(self.chosen, LossyTrial)
        what = f"{self.chosen.setting} does" if lossy else f"{self.most_codes} colours do"
        return f"{what} not reach a score of {self.wanted:g} here"


def found_on(bench: Workbench, *, last: bool = False) -> Found:
    """Search among labels with a workbench, for what its options say.

    The last search on a picture lets go of all that only trials need, before it writes the file.
    """
    goal = goal_of(bench)
    if isinstance(goal, AtMost):
        chosen = ForSize(bench, last=last).best(goal)
    elif nothing_to_lose(bench):
        chosen = bench.encode(bench.trial(bench.plain(bench.most)))
    else:
        chosen = ForScore(bench, last=last).least(goal, bench.options.min_quality)
    assert chosen.encoded is not None  # both searches return a finalist
    return Found(
        chosen,
        chosen.encoded,
        bench.fit_of(chosen.setting),
        tuple(bench.whole.made.values()),
        distinct_colors=len(bench.picture.histogram),
        most_codes=bench.most,
        goal=goal,
    )


def goal_of(bench: Workbench) -> Goal:
    """Return what was asked, or the default."""
    options, limit = bench.options, bench.picture.contour_limit
    if options.target_size is not None:
        return AtMost(n_bytes=options.target_size, contour_limit=limit, tuning=bench.tuning)
    asked = options.quality
    return at_least(bench, bench.picture.default_score if asked is None else asked)


def nothing_to_lose(bench: Workbench) -> bool:
    """Whether nobody asked to lose anything, and the codes are all colours."""
    options = bench.options
    asked = options.quality is not None or options.target_size is not None
    return not asked and bench.fit_of(bench.plain(bench.most)).lossless
