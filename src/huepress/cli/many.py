"""Folders and several files on the command line: found, planned, done by workers, and told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from huepress.cli import printing
from huepress.cli.exits import DONE, exit_code
from huepress.cli.guard import told, with_flags
from huepress.cli.option_table import Feedback, Finding, Outputs, Several
from huepress.cli.printing import Output
from huepress.cli.progress import progress
from huepress.cli.streams import one_line, say
from huepress.cli.summary import print_record, print_totals
from huepress.errors import OptionError
from huepress.many.manifest import NAME, Manifest
from huepress.many.maps import check_map, write_map
from huepress.many.plan import Placement, Plan, planned
from huepress.many.records import Record, Started
from huepress.many.run import job_count, run_sorted, sorted_out
from huepress.many.walk import Walked, walk
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
    palette: Path | None,
) -> int:
    """Compress folders and files, and return the exit code."""
    _check(inputs, outputs, feedback)
    job_count(several.jobs)
    plan = planned(
        found(inputs, several, beside=placement.out_dir), placement, options, chosen=chosen
    )
    if several.map_file is not None:
        check_map(several.map_file, plan, force=outputs.force)
    manifest = opened(several, plan)
    todo = sorted_out(plan, manifest, others=[palette] if palette else [])
    if several.dry_run:
        return _dry(plan, todo.settled, feedback)
    records = told_of(run_sorted(todo, manifest, jobs=several.jobs), len(plan.jobs), feedback)
    records = in_order(records, plan)
    if several.map_file is not None:
        write_map(several.map_file, records, plan)
    if not feedback.as_json:
        print_totals(printing.consoles()[0], records, plan.left_out)
    return exit_code(
        {record.status for record in records},
        {record.failure for record in records},
        pngquant=feedback.pngquant_exit_codes,
    )


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
    path = str(Path(plan.home, NAME)) if named is None else str(named)
    manifest = Manifest(path, is_named=named is not None)
    for line in manifest.warnings:
        say(f"warning: {line}")
    return manifest


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
    if not feedback.as_json:
        print_totals(out, records, plan.left_out)
    return DONE


def told_of(events: Iterator[Started | Record], n_files: int, feedback: Feedback) -> list[Record]:
    """Tell of each file as it is done."""
    out, err = printing.consoles()
    records = []
    with closing(events):  # type: ignore[type-var]
        # Workers begin with the first event, while this process has no thread: so they are forks.
        first = list(_first(events))
        with progress(err, "compressing", n_files) as bar:
            for event in chain(first, events):
                if isinstance(event, Started):
                    bar.say(one_line(Path(event.source).name))
                    continue
                records.append(event)
                tell(event, out, err, feedback)
                bar.advance()
    return records


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


def in_order(records: list[Record], plan: Plan) -> list[Record]:
    """Put records into the order in which files were named and found; folders that failed first."""
    place = {job.source: number for number, job in enumerate(plan.jobs)}
    return sorted(records, key=lambda record: place.get(record.source, -1))
