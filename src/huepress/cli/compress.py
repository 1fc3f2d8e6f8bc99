"""`huepress compress`: plan the outputs, compress each input, report."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from huepress.cli import printing as report
from huepress.cli.exits import (
    DONE,
    FAILED,
    TOO_LARGE,
    TOO_LOW,
    check_stdout,
    file_inputs,
    guarded,
    one_line,
    optional,
    output_path,
    pinned_codes,
    told,
    write_stdout,
)
from huepress.common.files import (
    check_folder,
    check_targets,
    exists,
    make_folder,
    same_file,
    write_files,
)
from huepress.errors import HuepressError, InputError, OptionError, QualityError
from huepress.formats import AUTO, FORMATS
from huepress.formats.palettes import read_palette
from huepress.options import CompressOptions
from huepress.pipeline import Result
from huepress.pipeline import compress as compress_picture
from huepress.read.opening import DEFAULT_MAX_PIXELS, memory_reported
from huepress.values.palette import Slots


@dataclass(frozen=True, slots=True)
class Destination:
    """Where outputs go and what may happen there.

    Parameters
    ----------
    output : str or None
        The one output, or '-'.
    out_dir : Path or None
        A folder for all outputs.
    ext : str or None
        What follows the input's name.
    force, preserve, allow_larger : bool
        Overwrite files; keep the input's modification time; write even what grew.
    in_place : bool
        Put each output in the place of its input.
    """

    output: str | None
    out_dir: Path | None
    ext: str | None
    force: bool
    preserve: bool
    allow_larger: bool
    in_place: bool = False

    @property
    def is_explicit(self) -> bool:
        """Whether the user named the place, and so expects a file there."""
        return self.output is not None or self.out_dir is not None


@dataclass(frozen=True, slots=True)
class Job:
    """One input and what is to be made of it.

    Parameters
    ----------
    source, target : str
        Paths, or '-'.
    options : CompressOptions
        How.
    """

    source: str
    target: str
    options: CompressOptions

    def outputs(self) -> list[Path]:
        """Name every file that may be written."""
        if self.target == "-":
            return []
        target, (_, *others) = Path(self.target), FORMATS[self.options.format].suffixes
        if self.options.format == "auto":
            return [target.with_suffix(FORMATS[name].suffix) for name in AUTO]
        return [target, *(target.with_name(target.stem + suffix) for suffix in others)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input.

    Parameters
    ----------
    facts : dict
        What --json prints.
    result : Result or None
        None when it failed.
    error : HuepressError or None
        Why it failed.
    """

    facts: dict[str, Any]
    result: Result | None
    error: HuepressError | None = None

    @property
    def status(self) -> str:
        """'written', 'copied', 'kept' or 'failed'."""
        return str(self.facts["status"])


@dataclass(frozen=True, slots=True)
class Telling:
    """What to tell besides writing the outputs.

    Parameters
    ----------
    as_json : bool
        Print objects rather than a summary.
    explain : bool
        Show the size-quality curve and the colours that moved most.
    plot : Path or None
        Where to draw the curve.
    pngquant_exit_codes : bool
        Exit 99 and 98 where pngquant does.
    """

    as_json: bool
    explain: bool
    plot: Path | None
    pngquant_exit_codes: bool


def run(
    inputs: list[str], destination: Destination, settings: dict[str, Any], telling: Telling
) -> int:
    """Compress pictures as the command line asks.

    Parameters
    ----------
    inputs : list of str
        Paths, or '-'.
    destination : Destination
        Where to.
    settings : dict
        Options by name, as written.
    telling : Telling
        What to print.

    Returns
    -------
    int
        The exit code.
    """

    def work() -> int:
        format_name = _format(settings["format"], destination)
        options = options_of({**settings, "format": format_name})
        jobs = _plan(inputs, destination, options, chosen=settings["format"] is not None)
        if telling.plot is not None and (len(jobs) > 1 or not options.searches):
            raise OptionError(
                "--plot draws the curve of one search; give one input, and --quality, "
                "--target-size or nothing instead of -k"
            )
        originals = file_inputs(*inputs, settings["palette"])
        _check(jobs, destination, telling, originals)
        outcomes = list(_compress_all(jobs, originals, destination, telling))
        return _exit_code(outcomes, telling)

    return guarded(work)


def _exit_code(outcomes: list[Outcome], telling: Telling) -> int:
    failures = [outcome for outcome in outcomes if outcome.status == "failed"]
    if telling.pngquant_exit_codes:
        if any(isinstance(outcome.error, QualityError) for outcome in failures):
            return TOO_LOW
        if not failures and any(outcome.status == "kept" for outcome in outcomes):
            return TOO_LARGE
    return FAILED if failures else DONE


def options_of(settings: dict[str, Any]) -> CompressOptions:
    """Make the options of a compression from what was written.

    Parameters
    ----------
    settings : dict
        Options by name, as written; None is an option that was not given.

    Returns
    -------
    CompressOptions
        Checked.

    Raises
    ------
    OptionError
        If something written cannot be understood.
    """
    given = optional(settings)
    if "dither" in given:
        given |= _dither(given["dither"])
    if "keep" in given:
        given["keep"] = frozenset(filter(None, given["keep"].split(",")))
    given["pinned"] = pinned_codes(given.get("pinned"))
    if "palette" in given:
        most = given.get("max_pixels", DEFAULT_MAX_PIXELS)
        given["palette"] = read_palette(given["palette"], max_pixels=most)
    if "quality" in given:
        given |= _quality(given["quality"])
    if "target_size" in given:
        given["target_size"] = _n_bytes(given["target_size"])
    return CompressOptions(**given)


def _dither(written: str) -> dict[str, Any]:
    name, _, strength = written.partition(":")
    if not strength:
        return {"dither": name}
    if name != "diffusion":
        raise OptionError(f"--dither {written} has a strength; only diffusion takes one")
    try:
        return {"dither": name, "dither_strength": float(strength)}
    except ValueError:
        raise OptionError(
            f"dither strength {strength!r} is not a number; write --dither diffusion:0.5"
        ) from None


def _quality(written: str) -> dict[str, float]:
    low, dash, high = written.partition("-")
    try:
        if dash:
            return {"min_quality": float(low), "quality": float(high)}
        return {"quality": float(written)}
    except ValueError:
        raise OptionError(f"quality {written!r} is not Q or MIN-MAX; write 75 or 60-80") from None


def _n_bytes(written: str) -> int:
    units = {"k": 10**3, "m": 10**6, "ki": 2**10, "mi": 2**20}
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([km]i?)?b?", written.strip().lower())
    if match is None:
        raise OptionError(f"size {written!r} is not a number of bytes; write 40000, 40k or 0.5M")
    try:
        return int(float(match[1]) * units.get(match[2] or "", 1))
    except OverflowError:
        raise OptionError(f"size {written!r} is more than any file has; write 40k") from None


def _format(name: str | None, destination: Destination) -> str:
    named = destination.output or destination.ext or ""
    suffix = Path("x" + named).suffix.lower()
    if suffix == "" or named == "-":
        return name or "png"
    if name == "auto":
        raise OptionError(f"--format auto chooses the suffix itself; leave it out of {named!r}")
    fitting = [kind.name for kind in FORMATS.values() if kind.suffix == suffix]
    if name is None and fitting:
        return fitting[0]
    if name in fitting:
        return str(name)
    wanted = (
        f"--format {name} ends in {FORMATS[name].suffix}"
        if name
        else f"end it in one of {', '.join(sorted({kind.suffix for kind in FORMATS.values()}))}"
    )
    raise OptionError(f"{named!r} does not name a format that can be written; {wanted}")


def _plan(
    inputs: list[str], destination: Destination, options: CompressOptions, *, chosen: bool
) -> list[Job]:
    if destination.in_place:
        return _in_place(inputs, destination, options, chosen=chosen)
    if destination.output is not None:
        if len(inputs) > 1:
            raise OptionError(
                f"-o names one output for {len(inputs)} inputs; use --out-dir DIR or --ext SUFFIX"
            )
        if destination.out_dir is not None or destination.ext is not None:
            raise OptionError("-o names the whole output; give it without --out-dir and --ext")
        return [Job(inputs[0], output_path(destination.output), options)]
    suffix = FORMATS[options.format].suffix
    ext = destination.ext or (suffix if destination.out_dir else f"-small{suffix}")
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
        target = (destination.out_dir or path.parent) / (path.stem + ext)
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
    inputs: list[str], destination: Destination, options: CompressOptions, *, chosen: bool
) -> list[Job]:
    if destination.is_explicit or destination.ext is not None:
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
        if name is None or name == "auto" or FORMATS[name].suffix != suffix:
            kinds = FORMATS[options.format].suffix if chosen else ", ".join(sorted(writable))
            raise OptionError(
                f"{source} cannot be compressed in place, which {kinds} can; leave out --in-place"
            )
        twin = next((one for one in inputs[:number] if same_file(Path(one), Path(source))), None)
        if twin is not None:
            raise OptionError(f"{twin} and {source} are one file; name it once")
        jobs.append(Job(source, source, replace(options, format=name)))
    return jobs


def _check(
    jobs: list[Job], destination: Destination, telling: Telling, originals: list[Path]
) -> None:
    """Refuse what could never be written, before the work."""
    if destination.out_dir is not None:
        check_folder(destination.out_dir)
    for job in jobs:
        n_files = len(FORMATS[job.options.format].suffixes)
        if job.target == "-":
            if n_files > 1:
                raise OptionError(
                    f"--format {job.options.format} makes {n_files} files; give -o OUT"
                )
            check_stdout()
    if telling.plot is None:
        return
    from huepress.cli.plot import SUFFIXES, extras

    if telling.plot.suffix.lower() not in SUFFIXES:
        raise OptionError(
            f"--plot {telling.plot} does not end in {', '.join(SUFFIXES)}; end it in one"
        )
    with extras():
        from huepress import viz  # noqa: F401  # before the work: say at once if it is missing
    check_targets([telling.plot], overwrite=destination.force, inputs=originals)
    planned = {os.path.realpath(path) for job in jobs for path in job.outputs()}
    if os.path.realpath(telling.plot) in planned:
        raise OptionError(f"--plot {telling.plot} is the output's name too; name another")


def _compress_all(
    jobs: list[Job], originals: list[Path], destination: Destination, telling: Telling
) -> Iterator[Outcome]:
    out, err = report.consoles()
    aside = any(job.target == "-" for job in jobs)
    if aside:
        out = err
    outcomes = []
    with _progress(err, len(jobs)) as (tell, advance):
        for job in jobs:
            outcome = _compress_one(
                job, originals, destination, partial(tell, Path(job.source).name)
            )
            outcomes.append(outcome)
            if outcome.error is not None:
                line = one_line(f"huepress: {told(outcome.error)}")
                err.print(Text(line, style="red"), soft_wrap=True)
            if telling.as_json:
                report.print_json(outcome.facts, aside=aside)
            elif outcome.result is not None:
                _print_outcome(out, outcome, alone=len(jobs) == 1)
            if outcome.result is not None:
                _tell_more(out, outcome.result, telling, originals, force=destination.force)
            advance()
            yield outcome
    if len(jobs) > 1 and not telling.as_json:
        _print_totals(out, outcomes)


@contextmanager
def _progress(
    console: Console, total: int
) -> Iterator[tuple[Callable[[str, str], None], Callable[[], None]]]:
    """Show a bar on terminals; yield what tells it the best so far, and what moves it on."""
    if not console.is_terminal:
        yield lambda name, line: None, lambda: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("compressing", total=total)

        def tell(name: str, line: str) -> None:
            bar.update(task, description=escape(f"{name}: {line}"))

        yield tell, lambda: bar.advance(task)


def _compress_one(
    job: Job, originals: list[Path], destination: Destination, tell: Callable[[str], None]
) -> Outcome:
    source = job.source
    try:
        others = [path for path in originals if not destination.in_place or str(path) != source]
        ready = destination.out_dir is None or exists(destination.out_dir)
        if ready and (source == "-" or exists(Path(source))):
            check_targets(
                job.outputs(), overwrite=destination.force or destination.in_place, inputs=others
            )
        with memory_reported(source):
            result = compress_picture(source, job.options, report=tell)
            facts = _facts(source, result)
            facts |= _deliver(job, others, destination, result)
    except OptionError:
        raise
    except QualityError as missed:
        # Which of many files it was; errors of reading and writing name theirs.
        error: HuepressError = QualityError(f"{source}: {missed}")
    except HuepressError as raised:
        error = raised
    else:
        return Outcome(facts, result)
    return Outcome({"input": source, "status": "failed", "error": told(error)}, None, error)


def _tell_more(
    out: Console, result: Result, telling: Telling, originals: list[Path], *, force: bool
) -> None:
    if telling.explain and not telling.as_json:
        out.print(report.explanation(result))
    if telling.plot is not None and result.found is not None:
        from huepress.viz import rate_distortion
        from huepress.viz.style import render

        found = result.found
        points = [(trial.n_bytes, trial.score, str(trial.setting)) for trial in found.trials]
        figure = rate_distortion(points, chosen=str(found.chosen.setting))
        write_files(
            {telling.plot: render(figure, telling.plot.suffix)}, overwrite=force, inputs=originals
        )


def _facts(source: str, result: Result) -> dict[str, Any]:
    image, codebook = result.image, result.indexed.codebook
    return {
        "input": source,
        "output": None,
        "status": "kept",
        "format": result.encoded.format,
        "width": image.width,
        "height": image.height,
        "bit_depth": image.source.bit_depth,
        "input_bytes": image.source.file_bytes,
        "output_bytes": result.output_bytes,
        "distinct_colors": result.distinct_colors,
        "k": result.k,
        "codes": len(codebook),
        "hidden_colors": len(result.hidden.histogram) if result.hidden else 0,
        "hidden_codes": result.hidden.k if result.hidden else 0,
        "mse": result.distortion.mse,
        "psnr": result.distortion.psnr,
        "ssimulacra2": result.score,
        "wanted": result.found.wanted if result.found else None,
        "shortfall": result.found.shortfall if result.found else "",
        "iterations": result.fit.iterations if result.fit else 0,
        "converged": result.fit.converged if result.fit else True,
        "seed": result.options.seed,
        "seconds": round(result.seconds, 4),
        "warnings": list(image.source.warnings),
    }


def _deliver(
    job: Job, others: list[Path], destination: Destination, result: Result
) -> dict[str, Any]:
    before = result.image.source.file_bytes
    grew = (
        before is not None
        and result.output_bytes >= before
        and not destination.allow_larger
        and not result.options.changes_colors
        and FORMATS[result.encoded.format].is_picture
    )
    if job.target == "-":
        write_stdout(result.encoded.files[0][1])
        return {"status": "written", "output": "-"}
    if not grew:
        place = Path(job.target)
        if job.options.format == "auto":
            place = place.with_suffix(FORMATS[result.encoded.format].suffix)
        paths = result.encoded.paths(place)
    elif destination.is_explicit and job.source != "-" and _same_format(result):
        paths = {Path(job.target): _original(job.source)}
    else:
        return {"status": "kept", "output": None}
    if destination.out_dir is not None:
        make_folder(destination.out_dir)
    write_files(
        paths,
        overwrite=destination.force or destination.in_place,
        inputs=others,
        verify=(lambda _: result.check_original()) if destination.in_place else None,
        mtime=result.image.source.mtime if destination.preserve else None,
    )
    output = [str(path) for path in paths]
    return {
        "status": "copied" if grew else "written",
        "output": output[0] if len(output) == 1 else output,
    }


def _original(source: str) -> bytes:
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{source} cannot be read again: {error.strerror or error}") from error


def _same_format(result: Result) -> bool:
    return result.image.source.format.lower() == FORMATS[result.encoded.format].suffix[1:]


def _print_outcome(out: Console, outcome: Outcome, *, alone: bool) -> None:
    facts, result = outcome.facts, outcome.result
    assert result is not None
    before, after = facts["input_bytes"], facts["output_bytes"]
    ratio = f"  {after / before:.1%}" if before else ""
    sizes = f"{report.size(before)} → {report.size(after)}{ratio}" if before else report.size(after)
    if not alone:
        notes = [facts["shortfall"], _VERDICT.get(outcome.status, "")]
        note = "".join(f"  {note}" for note in notes if note)
        out.print(
            f"{one_line(facts['input'])}  {sizes}  {_psnr(result)}{note}",
            markup=False,
        )
        return
    options = result.options
    lines = [
        (
            "picture",
            f"{facts['width']}×{facts['height']} {'RGBA' if result.image.has_alpha else 'RGB'}",
        ),
        (
            "colours",
            f"{facts['distinct_colors']:,} → {facts['codes']:,}  "
            f"({options.space}, {_how_mapped(result)})",
        ),
        *([("palette", _which_places(result.slots))] if result.options.has_palette else []),
        *([("hidden", _how_hidden(result))] if result.hidden is not None else []),
        ("file", sizes),
        ("error", _how_close(facts, result)),
        ("k-means", _how_fitted(result)),
    ]
    if outcome.status == "written":
        target = facts["output"] if isinstance(facts["output"], str) else ", ".join(facts["output"])
        lines.insert(0, ("written", target))
    else:
        lines.insert(0, (outcome.status, _VERDICT[outcome.status]))
    out.print(report.rows(lines))
    if out.is_terminal:
        out.print(report.swatches(result.indexed.codebook, result.indexed.counts(), 60))


_VERDICT = {
    "kept": "the original: the result would not be smaller (--allow-larger writes it anyway)",
    "copied": "the original to the output: the result would not be smaller (--allow-larger)",
}


def _how_mapped(result: Result) -> str:
    if result.found is not None:
        return str(result.found.chosen.setting).partition(", ")[2]
    if result.options.dither == "diffusion":
        return f"diffusion {result.options.dither_strength:g}"
    return "ordered" if result.options.dither == "ordered" else "nearest"


def _how_hidden(result: Result) -> str:
    hidden, found = result.hidden, result.found
    assert hidden is not None
    text = f"{len(hidden.histogram):,} colours under full transparency → {hidden.k:,}"
    if found is None:
        return text
    more = result.output_bytes - len(found.encoded)
    return f"{text}, which take {report.size(more)}" if more > 0 else text


def _which_places(slots: Slots | None) -> str:
    if slots is None:
        return "its colours, in no order: the format has no palette"
    counts = np.bincount(slots.places.ravel(), minlength=len(slots.palette))
    clear = np.flatnonzero(slots.palette.alpha == 0).tolist()
    text = f"{len(counts)} entries, each at its place; pixels have {np.count_nonzero(counts)}"
    return f"{text}; clear is {', '.join(map(str, clear))}" if clear else text


def _how_close(facts: dict[str, Any], result: Result) -> str:
    error = result.distortion
    text = f"PSNR {_psnr(result)}, MSE {error.mse:.2f}"
    if result.image.source.reduced:
        text += f" (against 8 of {result.image.source.bit_depth} bits)"
    text = f"SSIMULACRA2 {facts['ssimulacra2']:.1f}, {text}"
    if facts["shortfall"]:
        text += f"\n{facts['shortfall']}; for a photograph, lossy WebP or AVIF will"
    return text


def _psnr(result: Result) -> str:
    return report.decibels(result.distortion.psnr, result.image.source.exactness)


def _how_fitted(result: Result) -> str:
    took = f"{result.seconds:.2f} s in all"
    if result.fit is None:
        own = result.options.keep_palette
        return f"not run: the {'input has its palette' if own else 'palette was given'}; {took}"
    if result.fit.lossless:
        return f"not needed: no more than k colours; {took}"
    stop = "converged" if result.fit.converged else "stopped at the limit"
    return f"{result.fit.iterations} iterations, {stop}; {took}"


def _print_totals(out: Console, outcomes: list[Outcome]) -> None:
    done = [outcome for outcome in outcomes if outcome.result is not None]
    smaller = [outcome for outcome in done if outcome.status == "written"]
    before = sum(outcome.facts["input_bytes"] or 0 for outcome in smaller)
    after = sum(outcome.facts["output_bytes"] for outcome in smaller)
    parts = [f"{len(smaller)} written"]
    if before:
        parts[0] += f": {report.size(before)} → {report.size(after)} ({after / before:.1%})"
    parts += [
        f"{count} {name}"
        for name, count in (
            ("kept as they were", len(done) - len(smaller)),
            ("failed", len(outcomes) - len(done)),
        )
        if count
    ]
    out.print("; ".join(parts), markup=False)
