"""`huepress compress`: one picture here; folders and several files by `huepress.many`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from huepress.cli import printing
from huepress.cli.curve import check_curve, write_curve
from huepress.cli.exits import exit_code
from huepress.cli.guard import guarded, told, with_flags
from huepress.cli.jobs import format_of, only_job, placement_of
from huepress.cli.option_table import Feedback, Outputs, Several
from huepress.cli.paths import file_inputs, is_folder
from huepress.cli.pipes import write_stdout
from huepress.cli.progress import Bar, progress
from huepress.cli.streams import one_line
from huepress.cli.summary import print_outcome
from huepress.cli.written import Written
from huepress.errors import HuepressError, OptionError, QualityError
from huepress.many.one import check_places, made, put
from huepress.many.outcome import Outcome
from huepress.many.plan import Job


def run(
    inputs: list[str], outputs: Outputs, several: Several, how: Written, feedback: Feedback
) -> int:
    """Compress pictures as the command line asks, and return the exit code."""

    def work() -> int:
        format_name, chosen = format_of(how.format, outputs)
        options = how.options(format=format_name)
        placement = placement_of(outputs, several)
        if len(inputs) == 1 and not is_folder(inputs[0]) and not several.asked:
            job = only_job(inputs[0], outputs, placement, options, chosen=chosen)
            return _one(job, file_inputs(inputs[0], how.palette), outputs, feedback)
        from huepress.cli import many

        return many.run(
            inputs,
            outputs,
            several,
            feedback,
            placement,
            options,
            chosen=chosen,
            palette=how.palette,
        )

    return guarded(work)


def _one(job: Job, originals: list[Path], outputs: Outputs, feedback: Feedback) -> int:
    """Compress the only input, and tell."""
    out, err = printing.consoles()
    if feedback.plot is not None:
        check_curve(feedback.plot, job, originals, force=outputs.force)
    with progress(err, "compressing", 1) as bar:
        outcome = _outcome(job, originals, outputs, feedback, bar)
        _tell(outcome, originals, outputs, feedback, err if job.to_stdout else out, err, job)
        bar.advance()
    failure = type(outcome.error).__name__ if outcome.error else ""
    return exit_code([outcome.status], [failure], pngquant=feedback.pngquant_exit_codes)


def _outcome(
    job: Job, originals: list[Path], outputs: Outputs, feedback: Feedback, bar: Bar
) -> Outcome:
    """Compress, and write."""
    others = [path for path in originals if not outputs.in_place or str(path) != job.source]
    any_size = outputs.allow_larger or job.to_stdout
    on_progress = partial(_say, bar, Path(job.source).name)
    try:
        check_places(job, overwrite=outputs.may_replace, inputs=others)
        # Who wants to see the search gets it.
        spares = not (any_size or feedback.explain or feedback.plot)
        result = made(job, spares=spares, keeps=not any_size, on_progress=on_progress)
        if job.to_stdout and result.outcome.result is not None:
            write_stdout(bytes(result.outcome.result))
        put(result, job, overwrite=outputs.may_replace, inputs=others)
    except OptionError:
        raise
    except QualityError as missed:
        # Which file it was; errors of reading and writing name theirs.
        return Outcome(job.source, "failed", error=QualityError(f"{job.source}: {missed}"))
    except HuepressError as error:
        return Outcome(job.source, "failed", error=error)
    return result.outcome


def _tell(
    outcome: Outcome,
    originals: list[Path],
    outputs: Outputs,
    feedback: Feedback,
    out: printing.Output,
    err: printing.Output,
    job: Job,
) -> None:
    result = outcome.result
    if outcome.error is not None:
        line = one_line(f"huepress: {told(str(outcome.error))}")
        err.print(line, style="red", markup=False, soft_wrap=True)
    if feedback.as_json:
        printing.print_json(with_flags(outcome.facts()), aside=job.to_stdout)
    else:
        print_outcome(out, outcome)
    if result is None:
        return
    if feedback.explain and not feedback.as_json:
        out.print(printing.explanation(result))
    if feedback.plot is not None and result.found is not None:
        write_curve(feedback.plot, result.found, originals, force=outputs.force)


def _say(bar: Bar, name: str, line: str) -> None:
    bar.say(f"{name}: {line}")
