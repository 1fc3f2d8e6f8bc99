"""Small pictures: scores and bytes jump from one k to the next, and many trials take no time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from huepress.search.families import SCANNED, Family
from huepress.search.goals import Goal
from huepress.search.solve import Task, solve_all
from huepress.search.trials import Setting
from huepress.search.workbench import Workbench


def scan(bench: Workbench, goal: Goal, codes: int) -> None:
    """Try fewer codes one by one, and rates with about as many; the bench keeps the trials.

    Parameters
    ----------
    bench : Workbench
        The picture.
    goal : AtLeast or AtMost
        What is asked of rates.
    codes : int
        Of the plain labels that serve the goal best so far.
    """
    tuning, (height, width, _) = bench.tuning, bench.picture.pixels.shape
    n_trials = tuning.scan_pixels // (height * width)
    bench.trials(list(islice(_fewer(bench, codes), n_trials // 2)))
    families = islice(_rates(bench, codes), n_trials // (2 * tuning.scan_steps))
    first = goal.first_position(bench.trial(bench.plain(bench.most)))
    tasks = [Task(family, goal, family.value_at(first, tuning)) for family in families]
    solve_all(tasks, bench.whole, tuning.scan_steps)


def _fewer(bench: Workbench, codes: int) -> Iterator[Setting]:
    """Count codes down, for a codebook as it is and for one that is weighed."""
    for k in range(codes, max(bench.fewest, round(bench.tuning.scan_share * codes)) - 1, -1):
        yield bench.plain(k)
        yield replace(bench.plain(k), weighed=True, contrast=0.75)


def _rates(bench: Workbench, codes: int) -> Iterator[Family]:
    """List families of as many codes, then those of fewer and of more."""
    for share in bench.tuning.scan_codes:
        k = min(max(round(share * codes), bench.fewest), bench.most)
        for entry in SCANNED:
            family = entry.family(0, bench.most, bench.tuning)
            yield replace(family, fixed=replace(family.fixed, k=k))
