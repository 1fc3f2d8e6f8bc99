"""Charts as inline SVG: positions in per cent and text in pixels, so that they fit any width."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from itertools import pairwise

from huepress.common import humanize as _text
from huepress.metrics import frontier
from huepress.report.account import Item
from huepress.report.film import Step
from huepress.search.found import Found

_Place = Callable[[float], float]


def curve(found: Found) -> str:
    """Draw bytes against score of all trials of a search, as SVG.

    A line goes through the trials that no other beats; rings are the others, the chosen one is
    filled, and the wanted score is dashed.
    """
    points = [(trial.n_bytes, trial.score, str(trial.setting)) for trial in found.trials]
    chosen = (found.chosen.n_bytes, found.chosen.score, str(found.chosen.setting))
    sizes = [n_bytes for n_bytes, _, _ in points]
    scores = [score for _, score, _ in points] + ([found.wanted] if found.wanted else [])
    left, right = min(sizes) * 0.92, max(sizes) * 1.09
    low, high = math.floor(min(scores) - 2), math.ceil(max(scores) + 2)

    def x(n_bytes: float) -> float:
        return 100 * math.log(n_bytes / left) / math.log(right / left)

    def y(score: float) -> float:
        return 100 * (high - score) / (high - low)

    parts = []
    for n_bytes in _text.round_sizes(left, right, 6):
        at = f"{x(n_bytes):.2f}%"
        parts.append(f'<line class="grid" x1="{at}" x2="{at}" y1="0" y2="100%"/>')
        mark = _text.axis_size(n_bytes)
        parts.append(f'<text x="{at}" y="100%" dy="18" text-anchor="middle">{mark}</text>')
    for score in _steps(low, high):
        at = f"{y(score):.2f}%"
        label = f"{score:g}".replace("-", "−")
        parts.append(f'<line class="grid" x1="0" x2="100%" y1="{at}" y2="{at}"/>')
        parts.append(f'<text x="0" dx="-8" y="{at}" dy="4" text-anchor="end">{label}</text>')
    if found.wanted:
        at = f"{y(found.wanted):.2f}%"
        parts.append(f'<line class="wanted" x1="0" x2="100%" y1="{at}" y2="{at}"/>')
        # At the other end than the chosen dot, which lies near the line.
        end = 'x="100%" dx="-6" text-anchor="end"' if x(chosen[0]) < 50 else 'x="0" dx="6"'
        parts.append(f'<text class="wanted" {end} y="{at}" dy="-6">wanted: {found.wanted:g}</text>')
    best = frontier(points)
    for (x1, y1, _), (x2, y2, _) in pairwise(best):
        parts.append(
            f'<line class="best" x1="{x(x1):.2f}%" y1="{y(y1):.2f}%" '
            f'x2="{x(x2):.2f}%" y2="{y(y2):.2f}%"/>'
        )
    parts += [_dot(point, x, y, "trial" if point in best else "beaten", 4) for point in points]
    parts.append(_dot(chosen, x, y, "chosen", 7))
    place, depth = x(chosen[0]), y(chosen[1])
    anchor, shift = ("end", -12) if place > 50 else ("start", 12)
    # Text in SVG does not wrap, so its start stands for the setting, which the page names in full.
    short = chosen[2].partition(", ")[0]
    parts.append(
        f'<text class="chosen" x="{place:.2f}%" y="{depth:.2f}%" dx="{shift}" '
        f'dy="{20 if depth < 85 else -10}" text-anchor="{anchor}">'
        f"{escape(short)}</text>"
    )
    label = (
        f"Size against SSIMULACRA2 score of {len(points)} trials; chosen: {chosen[2]}, "
        f"{_text.size(chosen[0])}, score {chosen[1]:.1f}."
    )
    return f'<svg class="curve" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def bars(items: Sequence[Item], most: float) -> str:
    """Draw sizes as bars with their names, in HTML; `most` bytes fill the width."""
    rows = "".join(
        f'<div style="--part:{100 * item.n_bytes / most:.3f}%"><dt>{escape(item.name)} '
        f"<small>{escape(item.formula)}</small></dt><dd>{_text.size(item.n_bytes)}</dd></div>"
        for item in items
    )
    return f'<dl class="bars">{rows}</dl>'


def frames(steps: Sequence[Step]) -> str:
    """Draw bytes and scores of frames as bars that fill the width; the worst frame is marked.

    The first frame, which is drawn whole, is cut where it would leave nothing to see of the others.
    """
    worst = min(range(len(steps)), key=lambda number: steps[number].worst)
    first, *others = [step.n_bytes for step in steps]
    most = max([*others, 1])
    told = f"first {_text.size(first)}, others up to {_text.size(most)}"
    if first <= 3 * most or not others:
        most = max(first, most)
        told = f"up to {_text.size(most)}"
    scores = [step.worst for step in steps]
    low = min(50, math.floor(min(scores) / 10) * 10)
    gap = 0.15 if len(steps) <= 120 else 0.0

    def drawn(kind: str, label: str, shares: Sequence[float]) -> str:
        # Of a hundred; what is there is seen.
        bars = "".join(
            f'<rect{" class=worst" if number == worst else ""} x="{number + gap / 2:g}" '
            f'y="{100 - max(100 * share, 1.5):.2f}" width="{1 - gap:g}" height="100"/>'
            for number, share in enumerate(shares)
        )
        return (
            f'<svg class="{kind}" viewBox="0 0 {len(steps)} 100" preserveAspectRatio="none" '
            f'role="img" aria-label="{escape(label)}">{bars}</svg>'
        )

    sizes = drawn("bytes", "Bytes of each frame", [min(step.n_bytes / most, 1) for step in steps])
    looks = drawn("score", "Score of each frame", [(s - low) / (100 - low) for s in scores])
    least, best = (f"{score:.1f}".replace("-", "−") for score in (min(scores), max(scores)))
    bottom = str(low).replace("-", "−")
    return (
        f"<dl><dt>bytes a frame</dt><dd>{told}</dd></dl>{sizes}"
        f"<dl><dt>score, {bottom} to 100</dt><dd>{least} to {best}</dd></dl>{looks}"
    )


def _dot(point: tuple[float, float, str], x: _Place, y: _Place, kind: str, radius: int) -> str:
    n_bytes, score, label = point
    return (
        f'<circle class="{kind}" cx="{x(n_bytes):.2f}%" cy="{y(score):.2f}%" r="{radius}">'
        f"<title>{escape(label)}: {n_bytes:,.0f} bytes, score {score:.1f}</title></circle>"
    )


def _steps(low: float, high: float) -> list[float]:
    step = next(
        step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if (high - low) / step <= 7
    )
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
