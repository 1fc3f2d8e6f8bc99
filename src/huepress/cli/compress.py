"""`huepress compress`: plan the outputs, compress each input, deliver, and tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from huepress.cli import printing
from huepress.cli.curve import check_curve, write_curve
from huepress.cli.exits import DONE, FAILED, TOO_LARGE, TOO_LOW
from huepress.cli.guard import guarded, told
from huepress.cli.jobs import Job, format_of, planned
from huepress.cli.option_table import Feedback, Outputs
from huepress.cli.outcome import Outcome, Spared, Status
from huepress.cli.paths import file_inputs
from huepress.cli.pipes import write_stdout
from huepress.cli.printing import Output
from huepress.cli.progress import Bar, progress
from huepress.cli.streams import one_line
from huepress.cli.summary import print_outcome, print_totals
from huepress.cli.written import Written
from huepress.common.files import Verify, check_targets, exists, make_folder, write_files
from huepress.errors import HuepressError, InputError, OptionError, QualityError
from huepress.formats import FORMATS
from huepress.pipeline import Result, compress, prepared
from huepress.read.opening import memory_reported
from huepress.search import hopeless_bytes
from huepress.values.image import Image


def run(inputs: list[str], outputs: Outputs, how: Written, feedback: Feedback) -> int:
    """Compress pictures as the command line asks, and return the exit code."""

    def work() -> int:
        options = how.options(format=format_of(how.format, outputs))
        jobs = planned(inputs, outputs, options, chosen=how.format is not None)
        originals = file_inputs(*inputs, how.palette)
        if feedback.plot is not None:
            check_curve(feedback.plot, jobs, originals, force=outputs.force)
        outcomes = _Batch(jobs, originals, outputs, feedback).run()
        return _exit_code(outcomes, feedback)

    return guarded(work)


def _exit_code(outcomes: list[Outcome], feedback: Feedback) -> int:
    failures = [outcome for outcome in outcomes if outcome.status == "failed"]
    if feedback.pngquant_exit_codes:
        if any(isinstance(outcome.error, QualityError) for outcome in failures):
            return TOO_LOW
        if not failures and any(outcome.status == "kept" for outcome in outcomes):
            return TOO_LARGE
    return FAILED if failures else DONE


@dataclass(frozen=True, slots=True)
class _Batch:
    """All inputs of one command; no output may replace one of the originals."""

    jobs: list[Job]
    originals: list[Path]
    outputs: Outputs
    feedback: Feedback

    def run(self) -> list[Outcome]:
        """Compress one after the other, and tell of each as it is done."""
        out, err = printing.consoles()
        aside = any(job.target == "-" for job in self.jobs)
        outcomes = []
        with progress(err, "compressing", len(self.jobs)) as bar:
            for job in self.jobs:
                outcome = self._one(job, partial(_say, bar, Path(job.source).name))
                outcomes.append(outcome)
                self._tell(outcome, err if aside else out, err, aside=aside)
                bar.advance()
        if len(self.jobs) > 1 and not self.feedback.as_json:
            print_totals(err if aside else out, outcomes)
        return outcomes

    def _one(self, job: Job, on_progress: Callable[[str], None]) -> Outcome:
        source = job.source
        try:
            others = self._others(source)
            ready = self.outputs.out_dir is None or exists(self.outputs.out_dir)
            if ready and (source == "-" or exists(Path(source))):
                replaces = self.outputs.may_replace
                check_targets(job.outputs(), overwrite=replaces, inputs=others)
            with memory_reported(source):
                image = prepared(source, job.options)
                if (spared := self._spared(job, image)) is not None:
                    suffix = FORMATS[job.options.format].suffix
                    status, files = self._keep(job, image, suffix, others)
                    return Outcome(source, status, files, spared=spared)
                result = compress(image, job.options, on_progress=on_progress)
                score = result.score
                status, files = self._deliver(job, result, others)
        except OptionError:
            raise
        except QualityError as missed:
            # Which of many files it was; errors of reading and writing name theirs.
            return Outcome(source, "failed", error=QualityError(f"{source}: {missed}"))
        except HuepressError as error:
            return Outcome(source, "failed", error=error)
        return Outcome(source, status, files, result, score)

    def _spared(self, job: Job, image: Image) -> Spared | None:
        """Tell whether a sample says already that the result would not be written.

        Who wants to see the search gets it, and standard output takes any result. What is not a
        JPEG may have to be copied, which only the format of the result decides.
        """
        outputs, feedback = self.outputs, self.feedback
        if outputs.allow_larger or job.target == "-" or feedback.explain or feedback.plot:
            return None
        if job.options.format == "auto" and image.source.format != "JPEG":
            return None
        start = time.perf_counter()
        n_bytes = hopeless_bytes(image, job.options)
        if n_bytes is None:
            return None
        return Spared(image, job.options, n_bytes, time.perf_counter() - start)

    def _others(self, source: str) -> list[Path]:
        """Name the originals that an input's output may not replace."""
        if not self.outputs.in_place:
            return self.originals
        return [path for path in self.originals if str(path) != source]

    def _deliver(
        self, job: Job, result: Result, others: list[Path]
    ) -> tuple[Status, tuple[str, ...]]:
        """Write the result, or the original where that is smaller and a file is expected."""
        outputs, target = self.outputs, job.target
        if target == "-":
            write_stdout(result.encoded.files[0][1])
            return "written", ("-",)
        suffix = result.encoded.suffix
        if not outputs.allow_larger and _grew(result):
            return self._keep(job, result.image, suffix, others)
        paths = result.encoded.paths(job.place(suffix))
        verify = (lambda _: result.check_original()) if outputs.in_place else None
        return "written", self._write(paths, result.image, others, verify)

    def _keep(
        self, job: Job, image: Image, suffix: str, others: list[Path]
    ) -> tuple[Status, tuple[str, ...]]:
        """Leave the original; copy it where a file of its format is expected."""
        same = image.source.format.lower() == suffix[1:]
        if not (self.outputs.is_explicit and job.source != "-" and same):
            return "kept", ()
        return "copied", self._write({job.place(suffix): _original(job.source)}, image, others)

    def _write(
        self,
        paths: Mapping[Path, bytes],
        image: Image,
        others: list[Path],
        verify: Verify | None = None,
    ) -> tuple[str, ...]:
        """Write an output's files, and return their names."""
        outputs = self.outputs
        if outputs.out_dir is not None:
            make_folder(outputs.out_dir)
        write_files(
            paths,
            overwrite=outputs.may_replace,
            inputs=others,
            verify=verify,
            mtime=image.source.mtime if outputs.preserve else None,
        )
        return tuple(map(str, paths))

    def _tell(self, outcome: Outcome, out: Output, err: Output, *, aside: bool) -> None:
        feedback, result = self.feedback, outcome.result
        if outcome.error is not None:
            line = one_line(f"huepress: {told(outcome.error)}")
            err.print(line, style="red", markup=False, soft_wrap=True)
        if feedback.as_json:
            printing.print_json(outcome.facts(), aside=aside)
        else:
            print_outcome(out, outcome, alone=len(self.jobs) == 1)
        if result is None:
            return
        if feedback.explain and not feedback.as_json:
            out.print(printing.explanation(result))
        if feedback.plot is not None and result.found is not None:
            force = self.outputs.force
            write_curve(feedback.plot, result.found, self.originals, force=force)


def _say(bar: Bar, name: str, line: str) -> None:
    bar.say(f"{name}: {line}")


def _grew(result: Result) -> bool:
    """Whether the original is no larger, and nothing was asked for that it has not."""
    before = result.image.source.file_bytes
    return (
        before is not None
        and result.output_bytes >= before
        and not result.options.changes_colors
        and FORMATS[result.options.format].is_picture
    )


def _original(source: str) -> bytes:
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{source} cannot be read again: {error.strerror or error}") from error
