"""`huepress histogram`: count the colours of many pictures into one file."""

from __future__ import annotations

from pathlib import Path

from huepress.cli import printing
from huepress.cli.counted import counted
from huepress.cli.exits import DONE
from huepress.cli.guard import guarded
from huepress.cli.paths import file_inputs
from huepress.cli.streams import one_line
from huepress.cli.target import Target
from huepress.cli.written import Written
from huepress.common.humanize import colors, files, size
from huepress.errors import OptionError
from huepress.formats.histograms import digest, write_histogram
from huepress.many.counting import PART


def run(
    sources: list[str], output: str, how: Written, jobs: int, *, as_json: bool, force: bool
) -> int:
    """Count pictures and parts, write their histogram, and return the exit code."""

    def work() -> int:
        target = Target(output, file_inputs(*sources), force)
        if not target.is_stdout and Path(output).suffix.lower() != PART:
            raise OptionError(
                f"{output!r} does not end in {PART}, as a histogram does; end it in it"
            )
        target.check()
        tally = counted(sources, how.options(format="npz"), jobs)
        histogram = tally.histogram
        content = write_histogram(histogram)
        target.write(content)
        if as_json:
            facts = {
                "output": output,
                "files": tally.files,
                "pixels": histogram.n_pixels,
                "colors": len(histogram),
                "sha256": digest(histogram),
                "output_bytes": len(content),
            }
            printing.print_json(facts, aside=target.is_stdout)
        elif not target.is_stdout:
            print(
                f"{one_line(output)}: {histogram.n_pixels:,} pixels of {colors(len(histogram))} in "
                f"{files(tally.files)}; {size(len(content))}"
            )
        return DONE

    return guarded(work)
