"""The search for a wanted quality or size: which k, mapping and rate to write.

A picture's curve of bytes against score has two ends. Above what nearest labels reach, diffusion
buys score with bytes; below, fewer codes or rate-aware labels save bytes at the cost of score. So
families are ranked on a sample of the rows, the best is solved for on the whole picture, and only
finalists are encoded. Plain labels are always among them, so that the result never loses to them.
"""

from __future__ import annotations

from dataclasses import dataclass

from huepress.formats import Encoded
from huepress.kmeans import FitResult
from huepress.options import CompressOptions
from huepress.search.for_score import ForScore, at_least
from huepress.search.for_size import ForSize
from huepress.search.goals import AtLeast, AtMost, Goal
from huepress.search.trials import OnProgress, Trial
from huepress.search.tuning import TUNING, Tuning
from huepress.search.workbench import Workbench
from huepress.values.image import Image


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """What the search chose, and all that it saw.

    Parameters
    ----------
    chosen : Trial
        What to write.
    encoded : Encoded
        Its file.
    fit : FitResult
        How its codebook came about.
    trials : tuple of Trial
        Everything tried on the whole picture, by bytes.
    distinct_colors : int
        Of the original.
    most_codes : int
        The most that could be tried.
    goal : AtLeast or AtMost
        What was asked, or the default.
    """

    chosen: Trial
    encoded: Encoded
    fit: FitResult
    trials: tuple[Trial, ...]
    distinct_colors: int
    most_codes: int
    goal: Goal

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
        return f"{self.most_codes} colours do not reach a score of {self.wanted:g} here"


def search(
    image: Image,
    options: CompressOptions,
    on_progress: OnProgress | None = None,
    tuning: Tuning = TUNING,
) -> Found:
    """Find the least file of a wanted quality, or the best one of a wanted size.

    Parameters
    ----------
    image : Image
        The original.
    options : CompressOptions
        With `target_size`, the best score that fits; else the least bytes with a score of at least
        `quality`, or of the default when neither is given. `k` bounds the codes.
    on_progress : callable, optional
        Called with a line about each trial.
    tuning : Tuning, optional
        The numbers that the search goes by.

    Returns
    -------
    Found
        The choice, encoded, and the curve.

    Raises
    ------
    QualityError
        If `min_quality` or `target_size` cannot be met.
    """
    return found_on(Workbench(image, options, on_progress, tuning))


def found_on(bench: Workbench) -> Found:
    """Search with a workbench, for what its options say."""
    options, top = bench.options, bench.plain(bench.most)
    goal: Goal
    if options.target_size is not None:
        limit = bench.picture.contour_limit
        goal = AtMost(n_bytes=options.target_size, contour_limit=limit, tuning=bench.tuning)
        chosen = ForSize(bench).best(goal)
    else:
        asked = options.quality
        goal = at_least(bench, bench.picture.default_score if asked is None else asked)
        if options.quality is None and bench.fit_of(top).lossless:
            # Nobody asked to lose anything, and nothing need be lost.
            chosen = bench.encode(bench.trial(top))
        else:
            chosen = ForScore(bench).least(goal, options.min_quality)
    assert chosen.encoded is not None  # both searches return a finalist
    trials = sorted(bench.whole.made.values(), key=lambda trial: (trial.n_bytes, -trial.score))
    return Found(
        chosen,
        chosen.encoded,
        bench.fit_of(chosen.setting),
        tuple(trials),
        distinct_colors=len(bench.picture.histogram),
        most_codes=bench.most,
        goal=goal,
    )
