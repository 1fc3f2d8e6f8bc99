"""Folders and several files on the command line: found, planned, done by workers, and told."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from huepress.cli import printing
from huepress.cli.exits import DONE, exit_code
from huepress.cli.guard import told, with_flags
from huepress.cli.many_report import ManyReport, reported
from huepress.cli.option_table import Feedback, Finding, Outputs, Several
from huepress.cli.printing import Output
from huepress.cli.progress import many_files
from huepress.cli.streams import one_line, say
from huepress.cli.summary import print_record, print_totals
from huepress.errors import OptionError
from huepress.many.manifest import NAME, Manifest
from huepress.many.maps import check_map, write_map
from huepress.many.plan import Placement, Plan, planned
from huepress.many.records import Record, Started
from huepress.many.run import job_count, run_sorted, sorted_out
from huepress.many.walk import Walked, walk
from huepress.motion.asked import MovingOptions
from huepress.options import CompressOptions


def run(
    inputs: list[str],
    outputs: Outputs,
    several: Several,
    feedback: Feedback,
    placement: Placement,
    options: CompressOptions,
    *,
    chosen: bool,
    moving: MovingOptions,
    palette: Path | None,
) -> int:
    """Compress folders and files, and return the exit code."""
    _check(inputs, outputs, feedback)
    job_count(several.jobs)
    files = found(inputs, several, beside=placement.out_dir)
    plan = planned(files, placement, options, chosen=chosen, moving=moving)
    if several.map_file is not None:
        check_map(several.map_file, plan)
    others = [palette] if palette else []
    report = _report(plan, several, others)
    manifest = opened(several, plan)
    thumbnail = report.thumbnail if report else 0
    todo = sorted_out(plan, manifest, others=others, thumbnail=thumbnail)
    if several.dry_run:
        return _dry(plan, todo.settled, feedback)
    with reported(report, plan) as told_of:
        tell_all(run_sorted(todo, manifest, jobs=several.jobs), plan, feedback, told_of)
    records = plan.in_order(told_of)
    if several.map_file is not None:
        write_map(several.map_file, records, plan)
    # With --json, each line of standard output is an object about a file.
    print_totals(printing.consoles()[feedback.as_json], records, plan.left_out)
    return exit_code(
        {record.status for record in records},
        {record.failure for record in records},
        pngquant=feedback.pngquant_exit_codes,
    )


def _report(plan: Plan, several: Several, others: list[Path]) -> ManyReport | None:
    """Check the report that is asked for, before the work."""
    if several.report is None:
        return None
    if several.dry_run:
        raise OptionError("--dry-run writes nothing; leave it or --report out")
    originals = [*(Path(job.source) for job in plan.jobs), *others]
    report = ManyReport(several.report, originals)
    outputs = [path for job in plan.jobs for path in job.outputs()]
    report.check([*outputs, *filter(None, (several.map_file, several.manifest))])
    return report


def _check(inputs: list[str], outputs: Outputs, feedback: Feedback) -> None:
    n = len(inputs)
    if outputs.output is not None:
        what = f"{n} inputs" if n > 1 else f"the folder {inputs[0]}"
        raise OptionError(
            f"-o names one output for {what}; use --out-dir DIR, or --ext SUFFIX beside them"
        )
    if "-" in inputs:
        raise OptionError("- is standard input, one picture; give it alone")
    if feedback.explain or feedback.plot is not None:
        flag = "--explain" if feedback.explain else "--plot"
        raise OptionError(f"{flag} shows one search; give one input, or leave it out")


def found(inputs: list[str], finding: Finding, *, beside: str | None = None) -> Walked:
    """Find the files that the inputs mean."""
    return walk(inputs, include=finding.include or (), exclude=finding.exclude or (), beside=beside)


def opened(finding: Finding, plan: Plan) -> Manifest:
    """Read the manifest, and say what is wrong with it."""
    named = finding.manifest
    path = _nearest(Path(plan.home)) if named is None else named
    manifest = Manifest(str(path), is_named=named is not None)
    if manifest.warning:
        say(f"warning: {manifest.warning}")
    return manifest


def _nearest(home: Path) -> Path:
    """Find the manifest of a folder: its own, or one between it and the working folder."""
    inner = Path(os.path.relpath(home))
    above = [home, *(Path(each) for each in inner.parents)] if ".." not in inner.parts else [home]
    return next((each / NAME for each in above if (each / NAME).exists()), home / NAME)


def _dry(plan: Plan, settled: tuple[Record, ...], feedback: Feedback) -> int:
    """Tell what would be done."""
    out, err = printing.consoles()
    known = {record.source: record for record in settled}
    planned = [
        known.pop(job.source)
        if job.source in known
        else Record(
            job.source,
            "planned",
            (job.shown,),
            input_bytes=job.n_bytes,
            reason=job.as_it_is,
            facts={"input": job.source, "output": job.shown, "status": "planned"},
        )
        for job in plan.jobs
    ]
    records = [*known.values(), *planned]
    for record in records:
        tell(record, out, err, feedback)
    print_totals(err if feedback.as_json else out, records, plan.left_out)
    return DONE


def tell_all(
    events: Generator[Started | Record, None, None],
    plan: Plan,
    feedback: Feedback,
    told_of: list[Record],
) -> None:
    """Tell of each file as it is done, and keep what was told."""
    out, err = printing.consoles()
    with closing(shown(events, plan, err)) as records:
        for record in records:
            told_of.append(record)
            tell(record, out, err, feedback)


def shown(
    events: Generator[Started | Record, None, None], plan: Plan, err: Output
) -> Generator[Record, None, None]:
    """Show on a terminal how far it is, and pass on what is done.

    Closing it ends the workers and takes the line away.
    """
    with closing(events):
        # Workers begin with the first event, while this process has no thread: so they are forks.
        first = list(_first(events))
        with many_files(err, plan.n_files, sum(job.n_bytes for job in plan.jobs)) as line:
            for event in chain(first, events):
                if isinstance(event, Started):
                    line.begun(event.source)
                else:
                    line.ended(event)
                    yield event


def _first(events: Iterator[Started | Record]) -> Iterator[Started | Record]:
    """Take events up to the first that a worker has."""
    for event in events:
        yield event
        if isinstance(event, Started):
            return


def tell(record: Record, out: Output, err: Output, feedback: Feedback) -> None:
    """Print what became of one file."""
    if record.error:
        line = one_line(f"huepress: {told(record.error)}")
        err.print(line, style="red", markup=False, soft_wrap=True)
    if feedback.as_json:
        printing.print_json(with_flags(dict(record.facts)))
    else:
        print_record(out, record)
