"""Which outputs `compress` is to make of its inputs: planned, and refused, before any work."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from huepress.cli.option_table import Outputs
from huepress.cli.paths import output_path
from huepress.cli.pipes import check_stdout
from huepress.common.choices import FormatName
from huepress.common.files import check_folder, same_file
from huepress.errors import OptionError
from huepress.formats import FORMATS
from huepress.options import CompressOptions


@dataclass(frozen=True, slots=True)
class Job:
    """One input, what is to be made of it, and how; '-' is a standard stream."""

    source: str
    target: str
    options: CompressOptions

    def outputs(self) -> list[Path]:
        """Name every file that may be written."""
        if self.target == "-":
            return []
        kind = FORMATS[self.options.format]
        target, (_, *others) = Path(self.target), kind.suffixes
        if kind.chosen_from:
            return [target.with_suffix(suffix) for suffix in kind.chosen_from]
        return [target, *(target.with_name(target.stem + suffix) for suffix in others)]

    def place(self, suffix: str) -> Path:
        """Name the output, whose format may be chosen by what comes out."""
        target = Path(self.target)
        return target.with_suffix(suffix) if FORMATS[self.options.format].chosen_from else target


def format_of(name: FormatName | None, outputs: Outputs) -> str:
    """Settle the format by what was asked and by the suffix of what is written."""
    named = outputs.output or outputs.ext or ""
    suffix = Path("x" + named).suffix.lower()
    if suffix == "" or named == "-":
        return name or "png"
    if name is not None and FORMATS[name].chosen_from:
        raise OptionError(f"--format {name} chooses the suffix itself; leave it out of {named!r}")
    fitting = [kind.name for kind in FORMATS.values() if kind.suffix == suffix]
    if name is None and fitting:
        return fitting[0]
    if name in fitting:
        return name
    wanted = (
        f"--format {name} ends in {FORMATS[name].suffix}"
        if name
        else f"end it in one of {', '.join(sorted({kind.suffix for kind in FORMATS.values()}))}"
    )
    raise OptionError(f"{named!r} does not name a format that can be written; {wanted}")


def planned(
    inputs: list[str], outputs: Outputs, options: CompressOptions, *, chosen: bool
) -> list[Job]:
    """Give each input its output; `chosen` is whether the format was asked for."""
    jobs = _jobs(inputs, outputs, options, chosen=chosen)
    if outputs.out_dir is not None:
        check_folder(outputs.out_dir)
    for job in jobs:
        n_files = len(FORMATS[job.options.format].suffixes)
        if job.target == "-":
            if n_files > 1:
                raise OptionError(
                    f"--format {job.options.format} makes {n_files} files; give -o OUT"
                )
            check_stdout()
    return jobs


def _jobs(
    inputs: list[str], outputs: Outputs, options: CompressOptions, *, chosen: bool
) -> list[Job]:
    if outputs.in_place:
        return _in_place(inputs, outputs, options, chosen=chosen)
    if outputs.output is not None:
        if len(inputs) > 1:
            raise OptionError(
                f"-o names one output for {len(inputs)} inputs; use --out-dir DIR or --ext SUFFIX"
            )
        if outputs.out_dir is not None or outputs.ext is not None:
            raise OptionError("-o names the whole output; give it without --out-dir and --ext")
        return [Job(inputs[0], output_path(outputs.output), options)]
    return _named_after(inputs, outputs, options)


def _named_after(inputs: list[str], outputs: Outputs, options: CompressOptions) -> list[Job]:
    suffix = FORMATS[options.format].suffix
    ext = outputs.ext or (suffix if outputs.out_dir else f"-small{suffix}")
    if "/" in ext or "\\" in ext:
        raise OptionError(
            f"--ext {ext} names a folder, and it is the end of a file's name; use --out-dir DIR"
        )
    if not ext.lower().endswith(suffix):
        ext += suffix
    jobs: dict[str, Job] = {}
    owner: dict[str, str] = {}
    for source in inputs:
        if source in jobs:
            continue
        if source == "-":
            jobs[source] = Job(source, "-", options)
            continue
        path = Path(source)
        target = (outputs.out_dir or path.parent) / (path.stem + ext)
        place = os.path.realpath(target)
        if place in owner:
            raise OptionError(
                f"{owner[place]} and {source} would both become {target}; "
                "compress them into different folders"
            )
        owner[place] = source
        jobs[source] = Job(source, str(target), options)
    return list(jobs.values())


def _in_place(
    inputs: list[str], outputs: Outputs, options: CompressOptions, *, chosen: bool
) -> list[Job]:
    if outputs.is_explicit or outputs.ext is not None:
        raise OptionError(
            "--in-place puts outputs in the place of their inputs; give it without -o, --out-dir "
            "and --ext"
        )
    if options.frame is not None:
        raise OptionError("--frame takes one picture of many, and --in-place would lose the others")
    writable = {kind.suffix: kind.name for kind in reversed(FORMATS.values()) if kind.is_picture}
    jobs = []
    for number, source in enumerate(inputs):
        suffix = Path(source).suffix.lower()
        name = options.format if chosen else writable.get(suffix)
        if name is None or FORMATS[name].chosen_from or FORMATS[name].suffix != suffix:
            kinds = FORMATS[options.format].suffix if chosen else ", ".join(sorted(writable))
            raise OptionError(
                f"{source} cannot be compressed in place, which {kinds} can; leave out --in-place"
            )
        twin = next((one for one in inputs[:number] if same_file(Path(one), Path(source))), None)
        if twin is not None:
            raise OptionError(f"{twin} and {source} are one file; name it once")
        jobs.append(Job(source, source, replace(options, format=name)))
    return jobs
