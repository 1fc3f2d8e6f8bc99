"""What the commands print for people, and the facts they print as JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from huepress.common.arrays import luma
from huepress.metrics import moved_colors
from huepress.pipeline import Result
from huepress.values.codebook import Codebook


def consoles() -> tuple[Console, Console]:
    """Make the consoles for results (stdout) and for progress (stderr)."""
    return _Console(highlight=False, soft_wrap=True), _Console(stderr=True, highlight=False)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # rather than leave without a word


def print_json(facts: dict[str, Any], *, aside: bool = False) -> None:
    """Print one object on one line of standard output, or of standard error where that has a file.

    JSON knows no infinity, which becomes null.
    """
    plain = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in facts.items()
    }
    stream = sys.stderr if aside else sys.stdout
    stream.write(json.dumps(plain) + "\n")
    stream.flush()


def swatches(codebook: Codebook, counts: NDArray[np.uint64], width: int) -> Text:
    """Draw a codebook as a strip of coloured cells, widest for the most used, dark to light."""
    colors = codebook.rgba
    order = np.argsort(luma(colors), kind="stable")
    edges = np.cumsum(counts[order].astype(np.float64))
    # the code whose span holds the middle of each cell
    middles = (np.arange(width) + 0.5) * edges[-1] / width
    strip = Text()
    for code in order[np.searchsorted(edges, middles, side="right").clip(max=len(order) - 1)]:
        red, green, blue, alpha = colors[code]
        cell = ("░", "") if alpha < 128 else ("█", f"rgb({red},{green},{blue})")
        strip.append(*cell)
    return strip


def rows(pairs: Sequence[tuple[str, str]]) -> Table:
    """Lay out names and values in two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    for name, value in pairs:
        table.add_row(Text(name), Text(value))
    return table


def explanation(result: Result) -> Group:
    """Lay out the size-quality curve of a search, and the colours that moved most."""
    tables: list[Table] = []
    if result.found is not None:
        curve = Table("", "bytes", "score", "setting", title="size and quality", box=SIMPLE_HEAD)
        for trial in result.found.trials:
            chosen = trial.setting == result.found.chosen.setting
            curve.add_row(
                "→" if chosen else "",
                f"{'' if trial.encoded else '≈ '}{trial.n_bytes:,}",
                f"{trial.score:.2f}",
                str(trial.setting),
                style="bold" if chosen else "",
            )
        tables.append(curve)
    if result.is_indexed:
        moved = Table("colour", "pixels", "became", "ΔE", title="moved most", box=SIMPLE_HEAD)
        for color in moved_colors(result.image, result.indexed.codebook):
            moved.add_row(color.color, f"{color.n_pixels:,}", color.code, f"{color.difference:.3f}")
        tables.append(moved)
    return Group(*tables)
