"""Small pictures: scores and bytes jump from one k to the next, and many trials take no time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from huepress.search.families import SCANNED, Family
from huepress.search.goals import AtLeast, Goal
from huepress.search.solve import Task, solve_all
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
    _count_down(bench, goal, codes, n_trials // 4)
    families = islice(_rates(bench, codes), n_trials // (2 * tuning.scan_steps))
    first = goal.first_position(bench.trial(bench.plain(bench.most)))
    tasks = [Task(family, goal, family.value_at(first, tuning)) for family in families]
    half = tuning.scan_steps // 2
    solve_all(tasks, bench.whole, half)
    if tasks and isinstance(goal, AtLeast):  # its costs are bytes, which tell who may still win
        limit = min(task.cost(bench.whole) for task in tasks) + tuning.scan_margin
        tasks = [task for task in tasks if task.cost(bench.whole) <= limit]
    solve_all(tasks, bench.whole, tuning.scan_steps - half)


def _count_down(bench: Workbench, goal: Goal, codes: int, most: int) -> None:
    """Try fewer codes, for a codebook as it is and for one that is weighed, while any may do."""
    tuning, missed = bench.tuning, 0
    fewest = max(bench.fewest, round(tuning.scan_share * codes), codes - most + 1)
    for k in range(codes, fewest - 1, -1):
        plain = bench.plain(k)
        trials = bench.trials([plain, replace(plain, weighed=True, contrast=0.75)])
        far = all(not goal.holds(t) and goal.error(t) < -tuning.scan_missed for t in trials)
        missed = missed + 1 if far else 0
        if missed == tuning.scan_patience:
            return


def _rates(bench: Workbench, codes: int) -> Iterator[Family]:
    """List families of as many codes, then those of fewer and of more."""
    for share in bench.tuning.scan_codes:
        k = min(max(round(share * codes), bench.fewest), bench.most)
        for entry in SCANNED:
            family = entry.family(0, bench.most, bench.tuning)
            yield replace(family, fixed=replace(family.fixed, k=k))
