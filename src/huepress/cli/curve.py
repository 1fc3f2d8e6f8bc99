"""The figure of `compress --plot`: bytes against score of every trial of a search."""

from __future__ import annotations

import os
from pathlib import Path

from huepress.cli.drawing import SUFFIXES, extras
from huepress.common.files import check_targets, write_files
from huepress.errors import OptionError
from huepress.many.plan import Job
from huepress.search.found import Found


def check_curve(path: Path, job: Job, originals: list[Path], *, force: bool) -> None:
    """Refuse a figure that could never be written, before the work."""
    if not job.options.searches:
        raise OptionError(
            "--plot draws the curve of one search; give one input, and --quality, "
            "--target-size or nothing instead of -k"
        )
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"--plot {path} does not end in {', '.join(SUFFIXES)}; end it in one")
    with extras():
        check_targets([path], overwrite=force, inputs=originals)
    planned = {os.path.realpath(output) for output in job.outputs()}
    if os.path.realpath(path) in planned:
        raise OptionError(f"--plot {path} is the output's name too; name another")


def write_curve(path: Path, found: Found, originals: list[Path], *, force: bool) -> None:
    """Draw what a search saw, and write the figure."""
    from huepress.viz import rate_distortion
    from huepress.viz.style import render

    points = [(trial.n_bytes, trial.score, str(trial.setting)) for trial in found.trials]
    figure = rate_distortion(points, chosen=str(found.chosen.setting))
    write_files({path: render(figure, path.suffix)}, overwrite=force, inputs=originals)
