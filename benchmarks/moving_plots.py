"""Curves of moving pictures: bytes over mean scores, a panel for each clip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.moving import CEILING, FLOOR, Point, curve
from benchmarks.plots import INK, OURS, STYLE
from benchmarks.rd import frontier

COLORS = {
    "huepress": OURS,
    "gifski": "#c2255c",
    "gifsicle": "#e8590c",
    "apngasm": "#9c36b5",
    "gif2webp": "#2f9e44",
    "img2webp": "#b8860b",
}
COLUMNS = 5
LEAST = 30.0
"""Scores below it interest no one."""


def draw(points: Sequence[Point], suffix: str, path: Path) -> None:
    """Draw a format's panels: each program's settings as dots, its frontier as a line."""
    from matplotlib import pyplot as plt

    here = [p for p in points if p.suffix == suffix and p.verdict is not None]
    clips = sorted({point.clip for point in here})
    rows = math.ceil(len(clips) / COLUMNS)
    with plt.rc_context({**STYLE, "font.size": 7, "axes.titlesize": 8}):
        figure, axes = plt.subplots(
            rows, COLUMNS, figsize=(13, 2.3 * rows + 0.5), layout="constrained", squeeze=False
        )
        for axis, clip in zip(axes.flat, clips, strict=False):
            _panel(axis, [point for point in here if point.clip == clip])
            axis.set_title(clip)
        for axis in axes.flat[len(clips) :]:
            axis.remove()
        programs = [name for name in COLORS if name in {point.program for point in here}]
        lines = [plt.Line2D([], [], color=COLORS[name], marker=".") for name in programs]
        figure.legend(lines, programs, loc="outside upper right", ncols=len(programs))
        figure.suptitle(
            f"{suffix[1:].upper()}: kilobytes (log) over mean SSIMULACRA2 (lower right is better)",
            color=INK, x=0.01, ha="left", fontsize=10,
        )  # fmt: skip
        figure.savefig(path)
        plt.close(figure)


def _panel(axis: Any, points: Sequence[Point]) -> None:
    for name, color in COLORS.items():
        dots = [
            (score, size / 1000)
            for score, size in curve(point for point in points if point.program == name)
            if score >= LEAST
        ]
        if dots:
            axis.scatter(*zip(*dots, strict=True), s=4, color=color, alpha=0.4)
            axis.plot(*zip(*frontier(dots), strict=True), color=color, lw=1.2)
    axis.axvspan(FLOOR, CEILING, color=INK, alpha=0.04, lw=0)
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.yaxis.set_minor_formatter(lambda value, _: f"{value:g}")
    axis.tick_params(axis="y", which="minor", labelsize=5)
