"""What `compress` prints of its results for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from huepress.cli import printing
from huepress.cli.moving import print_moving
from huepress.cli.streams import one_line
from huepress.common.humanize import decibels, size
from huepress.many.outcome import Outcome, Spared
from huepress.many.records import Record
from huepress.pipeline import Result
from huepress.pipeline.hidden import Hidden
from huepress.values.image import Image
from huepress.values.palette import Slots


def print_outcome(out: printing.Output, outcome: Outcome) -> None:
    """Print what became of the only input: a table."""
    if outcome.spared is not None:
        _print_spared(out, outcome, outcome.spared)
        return
    if outcome.moving is not None:
        print_moving(out, outcome, outcome.moving)
        return
    if outcome.result is None:
        return
    out.print(printing.Rows(_lines(outcome, outcome.result)))
    if out.is_terminal and outcome.result.is_indexed:
        indexed = outcome.result.indexed
        out.print(printing.swatches(indexed.codebook, indexed.counts(), 60))


def _print_spared(out: printing.Output, outcome: Outcome, spared: Spared) -> None:
    """Print why no search was begun."""
    before = spared.image.source.file_bytes or 0
    sizes = f"{size(before)} → about {size(spared.n_bytes)}  {spared.n_bytes / before:.0%}"
    told = "told by a sample, without a search"
    lines = [
        (outcome.status, _verdict(outcome)),
        ("picture", _picture(spared.image)),
        ("file", f"{sizes}, {told}; {spared.seconds:.2f} s in all"),
    ]
    out.print(printing.Rows(lines))


def _verdict(outcome: Outcome) -> str:
    what = "the original to the output" if outcome.status == "copied" else "the original"
    return f"{what}: {outcome.reason} (--allow-larger writes it anyway)"


def _picture(image: Image) -> str:
    return f"{image.width}×{image.height} {'RGBA' if image.has_alpha else 'RGB'}"


def _lines(outcome: Outcome, result: Result) -> list[tuple[str, str]]:
    options, done = result.options, ", ".join(outcome.outputs)
    lines = [
        (outcome.status, done if outcome.status == "written" else _verdict(outcome)),
        ("picture", _picture(result.image)),
        (
            "colours",
            f"{result.distinct_colors:,} → {result.output_colors:,}  ({_how_made(result)})",
        ),
    ]
    if options.has_palette:
        lines.append(("palette", _which_places(result.slots)))
    if result.hidden is not None:
        lines.append(("hidden", _how_hidden(result, result.hidden)))
    lines += [
        ("file", _sizes(result)),
        ("error", _how_close(outcome.score, result)),
        ("k-means", _how_fitted(result)),
    ]
    if result.found is not None and result.found.left_out:
        lines.append(("left out", "\n".join(result.found.left_out)))
    return lines


def _sizes(result: Result) -> str:
    before, after = result.image.source.file_bytes, result.output_bytes
    if not before:
        return size(after)
    return f"{size(before)} → {size(after)}  {after / before:.1%}"


def _shortfall(result: Result) -> str:
    return result.found.shortfall if result.found else ""


def _how_made(result: Result) -> str:
    return str(result.coder or f"{result.options.space}, {_how_mapped(result)}")


def _how_mapped(result: Result) -> str:
    if result.found is not None:
        return str(result.found.chosen.setting).partition(", ")[2]
    if result.options.dither == "diffusion":
        return f"diffusion {result.options.dither_strength:g}"
    return "ordered" if result.options.dither == "ordered" else "nearest"


def _how_hidden(result: Result, hidden: Hidden) -> str:
    found = result.found
    text = f"{len(hidden.histogram):,} colours under full transparency → {hidden.k:,}"
    if found is None:
        return text
    more = result.output_bytes - len(found.encoded)
    return f"{text}, which take {size(more)}" if more > 0 else text


def _which_places(slots: Slots | None) -> str:
    if slots is None:
        return "its colours, in no order: the format has no palette"
    counts = np.bincount(slots.places.ravel(), minlength=len(slots.palette))
    clear = np.flatnonzero(slots.palette.alpha == 0).tolist()
    text = f"{len(counts)} entries, each at its place; pixels have {np.count_nonzero(counts)}"
    return f"{text}; clear is {', '.join(map(str, clear))}" if clear else text


def _how_close(score: float, result: Result) -> str:
    error = result.distortion
    text = f"PSNR {_psnr(result)}, MSE {error.mse:.2f}"
    if result.image.source.reduced:
        text += f" (against 8 of {result.image.source.bit_depth} bits)"
    text = f"SSIMULACRA2 {score:.1f}, {text}"
    if shortfall := _shortfall(result):
        text += f"\n{shortfall}"
        if result.options.format != "smallest":
            text += "; for a photograph, --format smallest may, by lossy WebP or AVIF"
    return text


def _psnr(result: Result) -> str:
    return decibels(result.distortion.psnr, result.image.source.exactness)


def _how_fitted(result: Result) -> str:
    took = f"{result.seconds:.2f} s in all"
    if not result.is_indexed:
        return f"not used: the file has no codebook; {took}"
    if result.fit is None:
        own = result.options.keep_palette
        return f"not run: the {'input has its palette' if own else 'palette was given'}; {took}"
    if result.fit.lossless:
        return f"not needed: no more than k colours; {took}"
    stop = "converged" if result.fit.converged else "stopped at the limit"
    return f"{result.fit.iterations} iterations, {stop}; {took}"


def print_record(out: printing.Output, record: Record) -> None:
    """Print a line about one file of many; errors tell of what failed, totals of the unchanged."""
    if record.status in ("failed", "unchanged"):
        return
    name = one_line(record.source)
    if record.status == "planned":
        target = f"{name} → {one_line(record.outputs[0])}"
        line = f"{name}: {record.status} as it is, {record.reason}" if record.reason else target
    elif record.status == "written":
        before, after = record.input_bytes, record.output_bytes
        share = f"  {after / before:.1%}" if before else ""
        line = f"{name}  {size(before)} → {size(after)}{share}  score {record.score or 0:.1f}"
        line += f"  {record.note}" if record.note else ""
    else:
        line = f"{name}: {record.status}" + (f", {record.reason}" if record.reason else "")
    out.print(line, markup=False)


def print_totals(
    out: printing.Output, records: Sequence[Record], left_out: Mapping[str, int]
) -> None:
    """Print one line about all files together."""
    smaller = [record for record in records if record.status == "written"]
    before = sum(record.input_bytes for record in smaller)
    after = sum(record.output_bytes for record in smaller)
    counts = Counter(record.status for record in records)
    parts = [f"{len(smaller)} written"] if records else ["no pictures were found"]
    if before:
        parts[0] += f": {size(before)} → {size(after)} ({after / before:.1%})"
    if counts["planned"]:
        parts = [f"{counts['planned']} to do"]
    kept = counts["kept"] + counts["copied"]
    for count, name in (
        (kept, "kept as they were" + (f" ({counts['copied']} copied)" * bool(counts["copied"]))),
        (counts["unchanged"], "unchanged since the last run"),
        (counts["failed"], "failed"),
    ):
        parts += [f"{count} {name}"] * bool(count)
    out.print("; ".join(parts), markup=False)
    if left_out:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items()))
        out.print(f"left out of folders: {reasons}", markup=False)
