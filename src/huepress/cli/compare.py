"""`huepress compare`: how far a picture is from its original, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huepress import metrics
from huepress.cli import printing
from huepress.cli.differences import check_map, map_png
from huepress.cli.exits import DONE
from huepress.cli.guard import guarded
from huepress.cli.paths import file_inputs
from huepress.cli.pictures import moves, read_picture
from huepress.cli.target import Target
from huepress.common.humanize import contours_in_words, decibels, size
from huepress.values.histogram import Histogram
from huepress.values.image import Image


def run(
    original: str,
    other: str,
    output: Path | None,
    max_pixels: int,
    *,
    lenient: bool,
    as_json: bool,
    force: bool,
) -> int:
    """Measure how far a picture is from its original, and return the exit code."""

    def work() -> int:
        target = None
        if output is not None:
            target = Target(str(output), file_inputs(original, other), force)
            check_map(target)
        if moves(original) or moves(other):
            from huepress.cli import compare_moving

            return compare_moving.run(
                (original, other), target, max_pixels, lenient=lenient, as_json=as_json
            )
        first, second = (
            read_picture(path, max_pixels=max_pixels, lenient=lenient) for path in (original, other)
        )
        if target is not None:
            target.write(map_png(first.pixels, second.pixels))
        found = _compared(first, second)
        if as_json:
            warnings = [
                f"{path}: {warning}"
                for path, image in ((original, first), (other, second))
                for warning in image.source.warnings
            ]
            names = {"original": original, "other": other}
            printing.print_json({**names, **found, "warnings": warnings})
        else:
            exactness = (second if second.source.reduced else first).source.exactness
            printing.consoles()[0].print(printing.Rows(_lines(found, exactness)))
        return DONE

    return guarded(work)


def _compared(first: Image, second: Image) -> dict[str, Any]:
    """Return the facts that --json prints."""
    found = metrics.distortion(first, second)
    before, after = (image.source.file_bytes for image in (first, second))
    return {
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
        "banding": metrics.banding(first, second),
    }


def _lines(found: dict[str, Any], exactness: str) -> list[tuple[str, str]]:
    channels = ", ".join(
        f"{name} {mse:.2f}" for name, mse in zip("RGBA", found["channel_mse"], strict=False)
    )
    before, after = found["original_bytes"] or 0, found["other_bytes"] or 0
    sizes = f"{size(before)} → {size(after)}"
    if found["ratio"] is not None:
        sizes += f"  {found['ratio']:.1%}"
    contours = found["banding"]
    return [
        ("file bytes", sizes),
        ("colours", f"{found['original_colors']:,} → {found['other_colors']:,}"),
        ("MSE", f"{found['mse']:.3f}  ({channels})"),
        ("PSNR", decibels(found["psnr"], exactness)),
        ("SSIMULACRA2", f"{found['ssimulacra2']:.2f}"),
        ("contours", f"{contours:.2f}  ({contours_in_words(contours)})"),
    ]
