"""`huepress compress`: plan the outputs, compress each input, report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from huepress.cli import report
from huepress.cli.running import (
    DONE,
    FAILED,
    TOO_LARGE,
    TOO_LOW,
    guarded,
    optional,
    pinned_codes,
    write_stdout,
)
from huepress.errors import HuepressError, OptionError, QualityError
from huepress.files import write_files
from huepress.formats import FORMATS
from huepress.formats.palettes import read_palette
from huepress.options import CompressOptions
from huepress.palette import Slots
from huepress.pipeline import Result
from huepress.pipeline import compress as compress_picture


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
    """

    output: str | None
    out_dir: Path | None
    ext: str | None
    force: bool
    preserve: bool
    allow_larger: bool

    @property
    def is_explicit(self) -> bool:
        """Whether the user named the place, and so expects a file there."""
        return self.output is not None or self.out_dir is not None


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
        plan = _plan(inputs, destination, options.format)
        if telling.plot is not None and (len(plan) > 1 or not options.searches):
            raise OptionError(
                "--plot draws the curve of one search; give one input, and --quality, "
                "--target-size or nothing instead of -k"
            )
        outcomes = list(_compress_all(plan, destination, options, telling))
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
        given["palette"] = read_palette(given["palette"])
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
    return int(float(match[1]) * units.get(match[2] or "", 1))


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


def _plan(inputs: list[str], destination: Destination, format_name: str) -> dict[str, str]:
    if destination.output is not None:
        if len(inputs) > 1:
            raise OptionError(
                f"-o names one output for {len(inputs)} inputs; use --out-dir DIR or --ext SUFFIX"
            )
        if destination.out_dir is not None or destination.ext is not None:
            raise OptionError("-o names the whole output; give it without --out-dir and --ext")
        return {inputs[0]: destination.output}
    suffix = FORMATS[format_name].suffix
    ext = destination.ext or (suffix if destination.out_dir else f"-small{suffix}")
    if not ext.lower().endswith(suffix):
        ext += suffix
    plan: dict[str, str] = {}
    owner: dict[str, str] = {}
    for source in inputs:
        if source == "-":
            plan[source] = "-"
            continue
        path = Path(source)
        target = str((destination.out_dir or path.parent) / (path.stem + ext))
        if target in owner and source not in plan:
            raise OptionError(
                f"{owner[target]} and {source} would both become {target}; "
                "compress them into different folders"
            )
        owner[target] = source
        plan[source] = target
    return plan


def _compress_all(
    plan: dict[str, str], destination: Destination, options: CompressOptions, telling: Telling
) -> Iterator[Outcome]:
    out, err = report.consoles()
    if "-" in plan.values():
        out = err
    outcomes = []
    with _progress(err, len(plan)) as (tell, advance):
        for source, target in plan.items():
            outcome = _compress_one(
                source, target, destination, options, partial(tell, Path(source).name)
            )
            outcomes.append(outcome)
            if outcome.error is not None:
                err.print(Text(f"huepress: {outcome.error}", style="red"), soft_wrap=True)
            if telling.as_json:
                report.print_json(outcome.facts)
            elif outcome.result is not None:
                _print_outcome(out, outcome, alone=len(plan) == 1)
            if outcome.result is not None:
                _tell_more(out, outcome.result, telling, force=destination.force)
            advance()
            yield outcome
    if len(plan) > 1 and not telling.as_json:
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
    source: str,
    target: str,
    destination: Destination,
    options: CompressOptions,
    tell: Callable[[str], None],
) -> Outcome:
    try:
        result = compress_picture(source, options, report=tell)
        facts = _facts(source, result)
        facts |= _deliver(source, target, destination, result)
    except OptionError:
        raise
    except HuepressError as error:
        return Outcome({"input": source, "status": "failed", "error": str(error)}, None, error)
    return Outcome(facts, result)


def _tell_more(out: Console, result: Result, telling: Telling, *, force: bool) -> None:
    if telling.explain and not telling.as_json:
        out.print(report.explanation(result))
    if telling.plot is not None and result.found is not None:
        from huepress.viz import rate_distortion
        from huepress.viz.style import render

        found = result.found
        points = [(trial.n_bytes, trial.score, str(trial.setting)) for trial in found.trials]
        figure = rate_distortion(points, chosen=str(found.chosen.setting))
        write_files({telling.plot: render(figure, telling.plot.suffix)}, overwrite=force)


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
        "mse": result.distortion.mse,
        "psnr": result.distortion.psnr,
        "ssimulacra2": result.found.chosen.score if result.found else None,
        "iterations": result.fit.iterations if result.fit else 0,
        "converged": result.fit.converged if result.fit else True,
        "seed": result.options.seed,
        "seconds": round(result.seconds, 4),
        "warnings": list(image.source.warnings),
    }


def _deliver(source: str, target: str, destination: Destination, result: Result) -> dict[str, Any]:
    before = result.image.source.file_bytes
    grew = (
        before is not None
        and result.output_bytes >= before
        and not destination.allow_larger
        and FORMATS[result.encoded.format].is_picture
    )
    if target == "-":
        files = result.encoded.files
        if len(files) > 1:
            raise OptionError(
                f"--format {result.encoded.format} makes {len(files)} files; give -o OUT"
            )
        write_stdout(files[0][1])
        return {"status": "written", "output": "-"}
    if not grew:
        place = Path(target)
        if result.options.format == "auto":
            place = place.with_suffix(FORMATS[result.encoded.format].suffix)
        paths = result.encoded.paths(place)
    elif destination.is_explicit and source != "-" and _same_format(result):
        paths = {Path(target): Path(source).read_bytes()}
    else:
        return {"status": "kept", "output": None}
    if destination.out_dir is not None:
        destination.out_dir.mkdir(parents=True, exist_ok=True)
    write_files(
        paths,
        overwrite=destination.force,
        mtime=result.image.source.mtime if destination.preserve else None,
    )
    output = [str(path) for path in paths]
    return {
        "status": "copied" if grew else "written",
        "output": output[0] if len(output) == 1 else output,
    }


def _same_format(result: Result) -> bool:
    return result.image.source.format.lower() == FORMATS[result.encoded.format].suffix[1:]


def _print_outcome(out: Console, outcome: Outcome, *, alone: bool) -> None:
    facts, result = outcome.facts, outcome.result
    assert result is not None
    before, after = facts["input_bytes"], facts["output_bytes"]
    ratio = f"  {after / before:.1%}" if before else ""
    sizes = f"{report.size(before)} → {report.size(after)}{ratio}" if before else report.size(after)
    if not alone:
        note = "" if outcome.status == "written" else f"  {_VERDICT[outcome.status]}"
        out.print(f"{facts['input']}  {sizes}  {_psnr(result)}{note}", markup=False)
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
        *([("palette", _which_places(result.slots))] if result.slots is not None else []),
        ("file", sizes),
        ("error", _how_close(result)),
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


def _which_places(slots: Slots) -> str:
    counts = np.bincount(slots.places.ravel(), minlength=len(slots.palette))
    clear = np.flatnonzero(slots.palette.alpha == 0).tolist()
    text = f"{len(counts)} entries, each at its place; pixels have {np.count_nonzero(counts)}"
    return f"{text}; clear is {', '.join(map(str, clear))}" if clear else text


def _how_close(result: Result) -> str:
    error = result.distortion
    text = f"PSNR {_psnr(result)}, MSE {error.mse:.2f}"
    if result.image.source.reduced:
        text += f" (against 8 of {result.image.source.bit_depth} bits)"
    found = result.found
    if found is None:
        return text
    text = f"SSIMULACRA2 {found.chosen.score:.1f}, {text}"
    if not found.reached:
        text += (
            f"\n256 colours do not reach {found.wanted:g} here; for a photograph, lossy WebP or "
            "AVIF will"
        )
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
