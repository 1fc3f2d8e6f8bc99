"""What the commands print for people, and the facts they print as JSON."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TextIO, Union

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import luma
from huepress.metrics import moved_colors
from huepress.pipeline import Result
from huepress.values.codebook import Codebook

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.table import Table
    from rich.text import Text

    from huepress.search.found import Found
    from huepress.search.lossy import LossyTrial
    from huepress.search.trials import Trial


@dataclass(frozen=True, slots=True)
class Rows:
    """Names and values in two columns."""

    pairs: Sequence[tuple[str, str]]

    def __str__(self) -> str:
        wide = max(len(name) for name, _ in self.pairs)
        lines = []
        for name, value in self.pairs:
            first, *others = value.split("\n")
            lines += [f"{name:{wide}}  {first}", *(f"{'':{wide}}  {other}" for other in others)]
        return "\n".join(lines)

    def __rich__(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column()
        for name, value in self.pairs:
            table.add_row(Text(name), Text(value))
        return table


class Plain:
    """A stream that is no terminal: text goes there as it is, and Rich, which loads long, not."""

    is_terminal = False

    def __init__(self, name: Literal["stdout", "stderr"]) -> None:
        self._name = name

    def print(self, what: object, **how: Any) -> None:
        """Print something and a line's end; what only Rich can draw is left to it."""
        stream = getattr(sys, self._name)
        if isinstance(what, str | Rows):
            stream.write(f"{what}\n")
            stream.flush()
        else:
            _console(self._name).print(what, **how)


Output = Union["Console", Plain]
"""Where the commands print."""


def consoles() -> tuple[Output, Output]:
    """Make what results are printed on (stdout), and progress (stderr)."""
    out, err = (
        _console(name) if _draws(getattr(sys, name)) else Plain(name)
        for name in ("stdout", "stderr")
    )
    return out, err


def _draws(stream: TextIO) -> bool:
    """Whether Rich has something to do: colours, bars, and lines of a width."""
    return stream.isatty() or "FORCE_COLOR" in os.environ


def _console(name: str) -> Console:
    from rich.console import Console

    class Piped(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rather than leave without a word

    return Piped(stderr=name == "stderr", highlight=False, soft_wrap=name == "stdout")


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
    from rich.text import Text

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


_MOST_ROWS = 30
"""Of a table that is read whole."""


def _worth_telling(found: Found) -> list[Trial | LossyTrial]:
    """Leave out what takes more bytes for a lower score, where there is much, and keep files."""
    if len(found.trials) <= _MOST_ROWS:
        return list(found.trials)
    told, best = [], -math.inf
    for trial in found.trials:
        if trial.encoded is not None or trial.score > best:
            told.append(trial)
        best = max(best, trial.score)
    return told


def explanation(result: Result) -> Group:
    """Lay out the size-quality curve of a search, and the colours that moved most."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table

    tables: list[Table] = []
    if result.found is not None:
        curve = Table("", "bytes", "score", "setting", title="size and quality", box=SIMPLE_HEAD)
        for trial in _worth_telling(result.found):
            chosen = trial is result.found.chosen
            curve.add_row(
                "→" if chosen else "",
                f"{'' if trial.encoded else '≈ '}{trial.n_bytes:,}",
                f"{trial.score:.2f}",
                result.found.name(trial),
                style="bold" if chosen else "",
            )
        tables.append(curve)
    if result.is_indexed:
        moved = Table("colour", "pixels", "became", "ΔE", title="moved most", box=SIMPLE_HEAD)
        for color in moved_colors(result.image, result.indexed.codebook):
            moved.add_row(color.color, f"{color.n_pixels:,}", color.code, f"{color.difference:.3f}")
        tables.append(moved)
    return Group(*tables)
