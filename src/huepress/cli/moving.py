"""What `compress` prints of a moving picture for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from huepress.cli.streams import one_line
from huepress.common.humanize import colors, percentage, size
from huepress.many.moving import shortfall

if TYPE_CHECKING:
    from rich.console import Group

    from huepress.cli.printing import Output
    from huepress.many.outcome import Outcome
    from huepress.motion.result import MovingResult
    from huepress.motion.writing import FrameFacts

_MOST_ROWS = 24
"""Of the chart of frames; of more frames, several share a row."""

_BAR = 32
_WORST = 5


def print_moving(out: Output, outcome: Outcome, result: MovingResult) -> None:
    """Print a line about a moving picture that was the only input."""
    name, facts = one_line(outcome.source), line_of(result)
    if outcome.status in ("kept", "copied"):
        what = "copied to the output as it is" if outcome.status == "copied" else "kept"
        why = f"{outcome.reason} (--allow-larger writes it anyway)"
        out.print(f"{name}: {what}, {why}: {facts}", markup=False)
        return
    target = one_line(", ".join(outcome.outputs))
    out.print(f"{name} → {target}: {facts}", markup=False)


def line_of(result: MovingResult) -> str:
    """Sum up a moving picture."""
    n_frames = len(result.frames)
    seconds = sum(frame.duration for frame in result.frames) / 1000
    score = f"score {result.score:.1f} (worst {result.worst:.1f})"
    parts = [
        _sizes(result),
        f"{n_frames:,} frame{'s' * (n_frames != 1)}",
        f"{seconds:.1f} s",
        "lossless" if result.lossless else score,
        _codes(result),
        shortfall(result),
        f"made in {result.seconds:.1f} s",
    ]
    return ", ".join(filter(None, parts))


def _codes(result: MovingResult) -> str:
    if result.output_codes or result.lossless:
        return colors(result.output_codes or result.survey.distinct_colors)
    return f"{colors(result.setting.k)} a part"


def _sizes(result: MovingResult) -> str:
    before, after = result.animation.source.file_bytes, result.output_bytes
    if not before:
        return size(after)
    return f"{size(before)} → {size(after)} ({percentage(round(after / before, 2))})"


def frames_explained(result: MovingResult) -> Group:
    """Draw the bytes of frames and how they look, and name the worst."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table

    chart = Table(
        *("frames", "bytes", "", "score", "worst"), title="bytes a frame", box=SIMPLE_HEAD
    )
    rows = _rows(result.frames)
    most = max(sum(f.n_bytes for f in frames) / len(frames) for _, frames in rows)
    for first, frames in rows:
        last = first + len(frames) - 1
        mean = sum(frame.n_bytes for frame in frames) / len(frames)
        chart.add_row(
            str(first) if last == first else f"{first}-{last}",
            f"{mean:,.0f}",
            bar(mean / most, _BAR),
            f"{sum(frame.score for frame in frames) / len(frames):.1f}",
            f"{min(frame.score for frame in frames):.1f}",
        )
    worst = Table("frame", "bytes", "seconds", "score", title="worst frames", box=SIMPLE_HEAD)
    order = sorted(range(len(result.frames)), key=lambda i: (result.frames[i].score, i))
    for number in order[:_WORST]:
        frame = result.frames[number]
        seconds = f"{frame.duration / 1000:g}"
        worst.add_row(str(number), f"{frame.n_bytes:,}", seconds, f"{frame.score:.1f}")
    return Group(chart, worst)


def _rows(frames: Sequence[FrameFacts]) -> list[tuple[int, Sequence[FrameFacts]]]:
    """Share frames out to rows, and say with which each begins."""
    together = -(-len(frames) // _MOST_ROWS)
    starts = range(0, len(frames), together)
    return [(start, frames[start : start + together]) for start in starts]


def bar(share: float, columns: int) -> str:
    """Draw a share of so many columns, to the eighth of one.

    Examples
    --------
    >>> bar(0.5, 5), bar(0, 5)
    ('██▌', '')
    """
    whole, rest = divmod(round(share * columns * 8), 8)
    return "█" * whole + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
