"""`huepress check`: which pictures could be smaller, for continuous integration."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from huepress.cli import printing
from huepress.cli.exits import DONE, FAILED
from huepress.cli.guard import guarded, told
from huepress.cli.many import found, opened, shown
from huepress.cli.option_table import Finding
from huepress.cli.streams import one_line, say
from huepress.cli.written import Written, share
from huepress.common.humanize import percentage, size
from huepress.errors import OptionError
from huepress.many.plan import to_check
from huepress.many.records import Record
from huepress.many.run import job_count, run_sorted, sorted_out


def run(inputs: list[str], can_save: str, finding: Finding, how: Written, *, as_json: bool) -> int:
    """Look for files that could be smaller, and return the exit code."""

    def work() -> int:
        least = share(can_save)
        if "-" in inputs:
            raise OptionError("- is standard input, and files are checked; name files or folders")
        job_count(finding.jobs)
        options = how.options(format=how.format or "png")
        files, chosen = found(inputs, finding), how.format is not None
        plan = to_check(files, options, can_save=least, chosen=chosen)
        manifest = opened(finding, plan)
        todo = sorted_out(plan, manifest, writes=False)
        kept = manifest if finding.manifest is not None else None
        out, err = printing.consoles()
        records = []
        events = run_sorted(todo, kept, jobs=finding.jobs)
        with closing(shown(events, plan, err)) as done:
            for record in done:
                records.append(record)
                if record.error:
                    say(one_line(told(record.error)))
        records = plan.in_order(records)
        listed = [record for record in records if _saves(record) >= least]
        if as_json:
            for record in records:
                printing.print_json(_facts(record, is_listed=_saves(record) >= least))
        else:
            for record in listed:
                out.print(_line(record), markup=False)
            could = f"could be {percentage(least)} smaller"
            counted = f"{len(listed)} of {len(records)} {could}"
            out.print(counted if records else "no pictures were found", markup=False)
        failed = any(record.status == "failed" for record in records)
        return FAILED if listed or failed else DONE

    return guarded(work)


def _saves(record: Record) -> float:
    """Say what share of a file could be saved."""
    if record.status != "written" or not record.input_bytes:
        return 0.0
    return 1 - record.output_bytes / record.input_bytes


def _line(record: Record) -> str:
    sizes = f"{size(record.input_bytes)} → {size(record.output_bytes)}"
    return f"{one_line(record.source)}  {sizes}  could save {_saves(record):.0%}"


def _facts(record: Record, *, is_listed: bool) -> dict[str, Any]:
    if record.error:
        return {"input": record.source, "status": "failed", "error": told(record.error)}
    return {
        "input": record.source,
        "status": "could shrink" if is_listed else "fine",
        "input_bytes": record.input_bytes,
        "possible_bytes": min(record.input_bytes, record.output_bytes),
        "ssimulacra2": record.score,
    }
