"""`huepress inspect`: what pictures cost."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from huepress import formats, metrics
from huepress.cli import printing
from huepress.cli.exits import DONE, FAILED
from huepress.cli.guard import facts_of_each, guarded
from huepress.cli.pictures import is_container, moves
from huepress.cli.streams import one_line
from huepress.common.humanize import size
from huepress.errors import InputError
from huepress.pipeline import decompress
from huepress.values.histogram import Histogram
from huepress.values.image import Image


def run(
    inputs: list[str], frame: int | None, max_pixels: int, *, lenient: bool, as_json: bool
) -> int:
    """Show what pictures cost, and return the exit code."""

    def work() -> int:
        out, _ = printing.consoles()
        failures = 0
        account = partial(_account, frame=frame, max_pixels=max_pixels, lenient=lenient)
        for facts in facts_of_each(inputs, account):
            failures += "error" in facts
            if as_json:
                printing.print_json(facts)
            elif "error" not in facts:
                out.print(printing.Rows(_lines(facts)))
        return FAILED if failures else DONE

    return guarded(work)


def _account(source: str, *, frame: int | None, max_pixels: int, lenient: bool) -> dict[str, Any]:
    if frame is None and moves(source):
        from huepress.cli import inspect_moving

        return inspect_moving.account(source, max_pixels=max_pixels, lenient=lenient)
    return _account_of_one(source, frame=frame, max_pixels=max_pixels, lenient=lenient)


def _account_of_one(
    source: str, *, frame: int | None, max_pixels: int, lenient: bool
) -> dict[str, Any]:
    bit_depth = 8
    warnings: tuple[str, ...] = ()
    if is_container(source):
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


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    if "frames" in facts:
        from huepress.cli import inspect_moving

        return inspect_moving.lines(facts)
    return _account_lines(facts)


def _account_lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    n_pixels = facts["width"] * facts["height"]

    def bits(n_bits: float) -> str:
        return f"{n_bits:,.0f} bits = {size(n_bits / 8)}, {n_bits / n_pixels:.3f} a pixel"

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
