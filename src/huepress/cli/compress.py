"""`huepress compress`: one picture here; folders and several files by `huepress.many`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from huepress.cli import printing
from huepress.cli.curve import check_curve, write_curve
from huepress.cli.exits import exit_code
from huepress.cli.guard import guarded, told, with_flags
from huepress.cli.jobs import format_of, frames_job, only_job, placement_of
from huepress.cli.moving import frames_explained
from huepress.cli.option_table import Feedback, Moving, Outputs, Several
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
from huepress.motion.asked import MovingOptions, check_lossless
from huepress.options import CompressOptions


def run(
    inputs: list[str],
    outputs: Outputs,
    several: Several,
    moving: Moving,
    how: Written,
    feedback: Feedback,
) -> int:
    """Compress pictures as the command line asks, and return the exit code."""

    def work() -> int:
        format_name, chosen = format_of(how.format, outputs)
        options = how.options(format=format_name)
        frames = moving.options()
        _check(options, frames)
        placement = placement_of(outputs, several)
        if moving.as_frames:
            if several.asked:
                raise OptionError("--as-frames makes one file; leave out what is about many files")
            job = frames_job(inputs, outputs, placement, options, chosen=chosen, moving=frames)
            return _one(job, file_inputs(*job.frames, how.palette), outputs, feedback)
        if len(inputs) == 1 and not is_folder(inputs[0]) and not several.asked:
            job = only_job(inputs[0], outputs, placement, options, chosen=chosen, moving=frames)
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
            moving=frames,
            palette=how.palette,
        )

    return guarded(work)


def _check(options: CompressOptions, moving: MovingOptions) -> None:
    """Refuse what contradicts itself, whatever the inputs are."""
    if options.frame is not None and moving.given:
        raise OptionError(
            f"--frame takes one picture, and {' '.join(moving.given)} is for moving ones; give one "
            "of them"
        )
    if moving.lossless:
        check_lossless(options)


def _one(job: Job, originals: list[Path], outputs: Outputs, feedback: Feedback) -> int:
    """Compress the only input, and tell."""
    out, err = printing.consoles()
    if feedback.plot is not None:
        check_curve(feedback.plot, job, originals, force=outputs.force)
    with progress(err, "compressing", 1) as bar:
        outcome = _outcome(job, originals, outputs, feedback, bar)
        _tell(outcome, originals, outputs, feedback, err if job.to_stdout else out, err, job)
        bar.advance()
    return exit_code([outcome.status], [outcome.failure], pngquant=feedback.pngquant_exit_codes)


def _outcome(
    job: Job, originals: list[Path], outputs: Outputs, feedback: Feedback, bar: Bar
) -> Outcome:
    """Compress, and write."""
    others = [path for path in originals if not outputs.in_place or str(path) != job.source]
    any_size = outputs.allow_larger or job.to_stdout
    name = Path(job.source).name
    bar.say(name)
    on_progress = partial(_say, bar, name)
    try:
        check_places(job, overwrite=outputs.may_replace, inputs=others)
        # Who wants to see the search gets it.
        spares = not (any_size or feedback.explain or feedback.plot)
        result = made(
            job,
            spares=spares,
            keeps=not any_size,
            on_progress=on_progress,
            on_frames=bar.frames if feedback.plot is None else _no_plot,
        )
        done = result.outcome.result or result.outcome.moving
        if job.to_stdout and done is not None:
            write_stdout(bytes(done))
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
    if outcome.moving is not None and feedback.explain and not feedback.as_json:
        out.print(frames_explained(outcome.moving))
    if result is None:
        return
    if feedback.explain and not feedback.as_json:
        out.print(printing.explanation(result))
    if feedback.plot is not None and result.found is not None:
        write_curve(feedback.plot, result.found, originals, force=outputs.force)


def _no_plot(*_step: object) -> None:
    """Refuse a figure, once it is known that there are frames."""
    raise OptionError(
        "--plot draws the search over one picture; leave it out, or take one picture (--frame N)"
    )


def _say(bar: Bar, name: str, line: str) -> None:
    bar.say(f"{name}: {line}")
