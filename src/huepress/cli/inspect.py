"""`huepress inspect` and `compare`: look without changing anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from huepress import formats, metrics
from huepress.cli import printing as report
from huepress.cli.exits import DONE, FAILED, file_inputs, guarded, one_line, say, told
from huepress.common import humanize as _text
from huepress.common.files import check_targets, write_files
from huepress.errors import HuepressError, InputError, OptionError
from huepress.mapping import nearest
from huepress.metrics.diffmap import difference_map, difference_ramp
from huepress.pipeline import decompress
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram
from huepress.values.image import Image

CONTAINER_SUFFIXES = (".npz", ".npy")


def inspect(
    inputs: list[str], frame: int | None, max_pixels: int, *, lenient: bool, as_json: bool
) -> int:
    """Show what pictures cost.

    Parameters
    ----------
    inputs : list of str
        Paths, or '-'.
    frame : int or None
        Which frame of an animation.
    max_pixels : int
        Larger pictures are refused.
    lenient : bool
        Take damaged pictures.
    as_json : bool
        Print objects rather than tables.

    Returns
    -------
    int
        The exit code.
    """

    def work() -> int:
        out, _ = report.consoles()
        failures = 0
        for source in inputs:
            try:
                facts = _account(source, frame, max_pixels, lenient=lenient)
            except HuepressError as error:
                if isinstance(error, OptionError):
                    raise
                failures += 1
                say(told(error))
                facts = {"input": source, "error": told(error)}
            if as_json:
                report.print_json(facts)
            elif "error" not in facts:
                out.print(report.rows(_account_lines(facts)))
        return FAILED if failures else DONE

    return guarded(work)


def _account(source: str, frame: int | None, max_pixels: int, *, lenient: bool) -> dict[str, Any]:
    bit_depth = 8
    warnings: tuple[str, ...] = ()
    if Path(source).suffix.lower() in CONTAINER_SUFFIXES:
        indexed = decompress(source, max_pixels=max_pixels)
        channels, colors, counts = (
            indexed.codebook.channels,
            len(indexed.codebook),
            indexed.counts(),
        )
        height, width = indexed.labels.shape
        named, mode = Path(source).suffix[1:].lower(), f"codebook of {colors} and labels"
        file_bytes = _stored_bytes(source)
    else:
        image = Image.read(source, frame=frame, max_pixels=max_pixels, lenient=lenient)
        bit_depth, warnings = image.source.bit_depth, image.source.warnings
        assert image.source.file_bytes is not None  # it came from a file
        histogram = Histogram.of(image)
        channels, colors, counts = image.channels, len(histogram), histogram.counts
        height, width = image.height, image.width
        named, mode = image.source.format, image.source.mode
        file_bytes = image.source.file_bytes
    n_pixels = height * width
    raw = metrics.raw_bits(n_pixels, channels)
    return {
        "input": source,
        "format": named,
        "mode": mode,
        "width": width,
        "height": height,
        "channels": channels,
        "bit_depth": bit_depth,
        "warnings": list(warnings),
        "distinct_colors": colors,
        "raw_bits": raw,
        "indexed_bits": metrics.indexed_bits(n_pixels, colors, channels),
        "entropy_bits": round(metrics.entropy_bits(counts), 3),
        "file_bytes": file_bytes,
        "ratio": file_bytes * 8 / raw,
    }


def _stored_bytes(source: str) -> int:
    try:
        return sum(path.stat().st_size for path in formats.files_of(Path(source)))
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror or error}") from error


def _account_lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    n_pixels = facts["width"] * facts["height"]

    def bits(n_bits: float) -> str:
        return f"{n_bits:,.0f} bits = {report.size(n_bits / 8)}, {n_bits / n_pixels:.3f} a pixel"

    return [
        ("file", one_line(facts["input"])),
        ("picture", f"{facts['width']}×{facts['height']} {facts['format']} {facts['mode']}"),
        ("distinct colours", f"{facts['distinct_colors']:,}"),
        ("raw", bits(facts["raw_bits"])),
        ("codebook + labels", bits(facts["indexed_bits"])),
        ("label entropy", bits(facts["entropy_bits"])),
        ("file bytes", f"{bits(facts['file_bytes'] * 8)}; {facts['ratio']:.1%} of raw"),
        ("", ""),
    ]


def compare(
    original: str,
    other: str,
    output: Path | None,
    max_pixels: int,
    *,
    lenient: bool,
    as_json: bool,
    force: bool,
) -> int:
    """Measure how far a picture is from its original.

    Parameters
    ----------
    original, other : str
        Paths; one may be '-'.
    output : Path or None
        A PNG for the difference map.
    max_pixels : int
        Larger pictures are refused.
    lenient : bool
        Take damaged pictures.
    as_json, force : bool
        Print an object rather than a table; overwrite the map.

    Returns
    -------
    int
        The exit code.
    """

    def work() -> int:
        originals = file_inputs(original, other)
        if output is not None:
            _check_map(output, originals, force=force)
        first, second = (_read(path, max_pixels, lenient) for path in (original, other))
        found = metrics.distortion(first, second)
        if output is not None:
            _write_map(output, first, second, originals, force=force)
        contours = metrics.banding(first, second)
        before, after = (image.source.file_bytes for image in (first, second))
        facts = {
            "original": original,
            "other": other,
            "width": first.width,
            "height": first.height,
            "original_bytes": before,
            "other_bytes": after,
            "ratio": after / before if before and after else None,
            "original_colors": len(Histogram.of(first)),
            "other_colors": len(Histogram.of(second)),
            "mse": found.mse,
            "channel_mse": list(found.channel_mse),
            "psnr": found.psnr,
            "ssimulacra2": metrics.ssimulacra2(first, second),
            "banding": contours,
            "warnings": [
                f"{path}: {warning}"
                for path, image in ((original, first), (other, second))
                for warning in image.source.warnings
            ],
        }
        if as_json:
            report.print_json(facts)
            return DONE
        reduced = second if second.source.reduced else first
        channels = ", ".join(
            f"{name} {mse:.2f}" for name, mse in zip("RGBA", found.channel_mse, strict=False)
        )
        sizes = f"{report.size(before or 0)} → {report.size(after or 0)}"
        if facts["ratio"] is not None:
            sizes += f"  {facts['ratio']:.1%}"
        lines = [
            ("file bytes", sizes),
            ("colours", f"{facts['original_colors']:,} → {facts['other_colors']:,}"),
            ("MSE", f"{found.mse:.3f}  ({channels})"),
            ("PSNR", report.decibels(found.psnr, reduced.source.exactness)),
            ("SSIMULACRA2", f"{facts['ssimulacra2']:.2f}"),
            ("contours", f"{contours:.2f}  ({_text.contours_in_words(contours)})"),
        ]
        report.consoles()[0].print(report.rows(lines))
        return DONE

    return guarded(work)


def _check_map(output: Path, originals: list[Path], *, force: bool) -> None:
    if output.suffix.lower() != ".png":
        raise OptionError(f"{str(output)!r} is not a .png; the difference map is written as PNG")
    check_targets([output], overwrite=force, inputs=originals)


def _write_map(
    output: Path, first: Image, second: Image, originals: list[Path], *, force: bool
) -> None:
    ramp = Codebook(np.unique(difference_ramp(), axis=0))
    indexed = nearest(difference_map(first, second), ramp)
    encoded = formats.encode(indexed.without_unused(), "png", effort="fast")
    write_files(encoded.paths(output), overwrite=force, inputs=originals)


def _read(source: str, max_pixels: int, lenient: bool) -> Image:
    if Path(source).suffix.lower() in CONTAINER_SUFFIXES:
        return Image.read(decompress(source, max_pixels=max_pixels).decode())
    return Image.read(source, max_pixels=max_pixels, lenient=lenient)
