"""`huepress compare` of moving pictures: aligned by time, frame by frame."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from huepress import metrics
from huepress.cli import printing
from huepress.cli.differences import map_png
from huepress.cli.exits import DONE
from huepress.cli.pictures import read_animation
from huepress.cli.progress import progress
from huepress.common.humanize import contours_in_words, decibels, seconds, size
from huepress.errors import OptionError
from huepress.metrics.moving import aligned

if TYPE_CHECKING:
    from huepress.cli.target import Target
    from huepress.metrics import MovingDistortion
    from huepress.values.animation import Animation


def run(
    names: tuple[str, str], target: Target | None, max_pixels: int, *, lenient: bool, as_json: bool
) -> int:
    """Compare two moving pictures, draw where their worst frame differs, and return the exit code.

    The original of a scaled one is scaled alike.
    """
    first, second = (read_animation(name, max_pixels=max_pixels, lenient=lenient) for name in names)
    size_before = first.width, first.height
    if first.width != second.width:
        first = read_animation(names[0], max_pixels=max_pixels, lenient=lenient, width=second.width)
    _check_sizes(size_before, first, second)
    with progress(printing.consoles()[1], "comparing", first.n_frames) as bar:
        found = metrics.compare_moving(first, second, on_frame=lambda _: bar.advance())
    if target is not None:
        frame, shown = next(islice(aligned(first, second), found.worst, None))
        target.write(map_png(frame.pixels, shown))
    if as_json:
        printing.print_json(_facts(names, size_before, first, second, found))
    else:
        rows = _lines(size_before, first, second, found)
        printing.consoles()[0].print(printing.Rows(rows))
    return DONE


def _check_sizes(size_before: tuple[int, int], first: Animation, second: Animation) -> None:
    if (first.width, first.height) != (second.width, second.height):
        before = "×".join(map(str, size_before))
        raise OptionError(
            f"the moving pictures are {before} and {second.width}×{second.height} pixels; compare "
            "those of one size, or of one shape, of which the first is scaled as the second is"
        )


def _facts(
    names: tuple[str, str],
    size_before: tuple[int, int],
    first: Animation,
    second: Animation,
    found: MovingDistortion,
) -> dict[str, Any]:
    """Return the facts that --json prints."""
    before, after = first.source.file_bytes, second.source.file_bytes
    worst = found.frames[found.worst]
    return {
        "original": names[0],
        "other": names[1],
        "width": first.width,
        "height": first.height,
        "scaled": size_before != (first.width, first.height),
        "original_bytes": before,
        "other_bytes": after,
        "ratio": after / before if before and after else None,
        "original_frames": len(found.frames),
        "other_frames": found.n_others,
        "original_duration": found.duration,
        "other_duration": found.other_duration,
        "original_loops": first.loops,
        "other_loops": second.loops,
        "ssimulacra2": found.score,
        "worst_frame": found.worst,
        "worst_ssimulacra2": worst.score,
        "banding": found.contours,
        "psnr": found.psnr,
        "still_pixels": found.still,
        "stirred_pixels": found.stirred,
        "frames": [
            {
                "start": frame.start,
                "duration": frame.duration,
                "ssimulacra2": frame.score,
                "banding": frame.contours,
                "stirred_pixels": frame.stirred,
            }
            for frame in found.frames
        ],
        "warnings": [
            f"{name}: {warning}"
            for name, animation in zip(names, (first, second), strict=True)
            for warning in animation.source.warnings
        ],
    }


def _lines(
    size_before: tuple[int, int], first: Animation, second: Animation, found: MovingDistortion
) -> list[tuple[str, str]]:
    before, after = first.source.file_bytes or 0, second.source.file_bytes or 0
    sizes = f"{size(before) if before else 'no file'} → {size(after) if after else 'no file'}"
    if before and after:
        sizes += f"  {after / before:.1%}"
    worst = found.frames[found.worst]
    exactness = (second if second.source.reduced else first).source.exactness
    rows = [
        ("file bytes", sizes),
        ("frames", f"{len(found.frames):,} → {found.n_others:,}"),
        ("duration", _durations(found)),
        ("SSIMULACRA2", f"{found.score:.2f}  (worst {worst.score:.2f}: {_place(found)})"),
        ("contours", f"{found.contours:.2f}  ({contours_in_words(found.contours)})"),
        ("PSNR", decibels(found.psnr, exactness)),
        ("still pixels that stir", _stirred(found)),
    ]
    if size_before != (first.width, first.height):
        scaled = f"{size_before[0]}×{size_before[1]}, scaled to {first.width}×{first.height}"
        rows.insert(0, ("original", scaled))
    return rows


def _place(found: MovingDistortion) -> str:
    return f"frame {found.worst} at {seconds(found.frames[found.worst].start)}"


def _durations(found: MovingDistortion) -> str:
    off = found.other_duration - found.duration
    both = f"{seconds(found.duration)} → {seconds(found.other_duration)}"
    if off == 0:
        return f"{both}  (equal)"
    return f"{both}  ({abs(off):,} ms {'longer' if off > 0 else 'shorter'})"


def _stirred(found: MovingDistortion) -> str:
    if not found.still:
        return "none are still"
    return f"{found.stirred:,} of {found.still:,}  ({found.stirred / found.still:.2%})"
