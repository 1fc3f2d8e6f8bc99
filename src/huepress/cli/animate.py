"""`huepress animate`: k-means at work, as a film."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from huepress.animate import SUFFIXES, animate
from huepress.cli import printing
from huepress.cli.drawing import deliver, extras, fit_together
from huepress.cli.guard import guarded
from huepress.cli.option_table import Frames
from huepress.cli.paths import file_inputs
from huepress.cli.pictures import read_picture
from huepress.cli.progress import progress
from huepress.cli.target import Target
from huepress.cli.written import Written
from huepress.errors import OptionError


def run(source: str, output: str, how: Written, frames: Frames, *, force: bool) -> int:
    """Animate k-means on a picture, and return the exit code."""

    def work() -> int:
        target = Target(output, file_inputs(source), force)
        suffix = ".gif" if target.is_stdout else Path(output).suffix.lower()
        if suffix not in SUFFIXES:
            raise OptionError(f"{output!r} does not end in {', '.join(SUFFIXES)}; end it in one")
        target.check()
        options = how.options()
        with extras():
            image = read_picture(source, frame=options.frame, max_pixels=options.max_pixels)
            _, fitted = fit_together([image], options)
            _, err = printing.consoles()
            with progress(err, "drawing", 2 * len(fitted.trace)) as bar:
                animation = animate(
                    image,
                    fitted,
                    **asdict(frames),
                    threads=options.threads,
                    progress=lambda done, _: bar.advance() if done else None,
                )
        return deliver(target, animation.encode(suffix))

    return guarded(work)
