"""What `huepress inspect` tells of moving pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress.cli.pictures import read_animation
from huepress.cli.printing import consoles
from huepress.cli.progress import progress
from huepress.cli.streams import one_line
from huepress.common.arrays import widened
from huepress.common.humanize import loops_in_words, seconds, size
from huepress.motion.survey import surveyed
from huepress.values.animation import Frame


def account(source: str, *, max_pixels: int, lenient: bool) -> dict[str, Any]:
    """Look at all frames once, and return the facts that --json prints."""
    animation = read_animation(source, max_pixels=max_pixels, lenient=lenient)
    facts, n_frames = animation.source, animation.n_frames
    changed = list[float]()
    watched = replace(animation, open_frames=lambda: _watched(animation, changed))
    with progress(consoles()[1], f"looking at {source}", n_frames) as bar:
        survey = surveyed(watched, lambda _: bar.advance())
    durations, shares = survey.durations, changed or [0.0]
    n_bytes = facts.file_bytes
    return {
        "input": source,
        "format": facts.format,
        "mode": facts.mode,
        "width": animation.width,
        "height": animation.height,
        "bit_depth": facts.bit_depth,
        "warnings": list(facts.warnings),
        "frames": survey.n_frames,
        "loops": animation.loops,
        "duration": sum(durations),
        "frame_duration": _spread(durations),
        "distinct_colors": len(survey.histogram),
        "transparency": _transparency(opaque=survey.opaque, binary=survey.binary),
        "changed": {"mean": sum(shares) / len(shares), **_spread(shares)},
        "file_bytes": n_bytes,
        "frame_bytes": None if n_bytes is None else n_bytes / survey.n_frames,
    }


def _watched(frames: Iterable[Frame], changed: list[float]) -> Iterator[Frame]:
    """Pass frames on, and note the share of pixels that change from each to the next."""
    before: NDArray[np.uint8] | None = None
    for frame in frames:
        pixels = widened(frame.pixels, 4)
        if before is not None:
            clear = (before[..., 3] == 0) & (pixels[..., 3] == 0)
            changed.append(float(((before != pixels).any(axis=2) & ~clear).mean()))
        before = pixels
        yield frame


def lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Word the facts for people."""
    each, changed = facts["frame_duration"], facts["changed"]
    rows = [
        ("file", one_line(facts["input"])),
        ("moving picture", f"{facts['width']}×{facts['height']} {facts['format']} {facts['mode']}"),
        ("frames", f"{facts['frames']:,}, shown {loops_in_words(facts['loops'])}"),
        ("duration", f"{seconds(facts['duration'])}; a frame {_in_words(each)}"),
        ("distinct colours", f"{facts['distinct_colors']:,} in all frames"),
        ("transparency", facts["transparency"]),
        (
            "changes a frame",
            f"{changed['mean']:.1%} of the pixels (least {changed['least']:.1%}, "
            f"median {changed['median']:.1%}, most {changed['most']:.1%})",
        ),
    ]
    if facts["file_bytes"] is not None:
        a_frame = f"{size(facts['file_bytes'])}, {size(facts['frame_bytes'])} a frame"
        rows.append(("file bytes", a_frame))
    return [*rows, ("", "")]


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"least": min(values), "median": median(values), "most": max(values)}


def _in_words(spread: dict[str, float]) -> str:
    if spread["least"] == spread["most"]:
        return f"{spread['least']:g} ms"
    return f"{spread['least']:g} to {spread['most']:g} ms, median {spread['median']:g}"


def _transparency(*, opaque: bool, binary: bool) -> str:
    if opaque:
        return "none"
    return "binary" if binary else "soft"
