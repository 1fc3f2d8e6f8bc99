"""A palette as people read it in a terminal: a line an entry, with its colour and name."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from huepress.cli import printing
from huepress.cli.streams import one_line
from huepress.values.palette import Palette


def print_swatches(palette: Palette, notes: Sequence[str] = ()) -> None:
    """Print place, colour and name of each entry, and a note to it where there are notes."""
    out, _ = printing.consoles()
    wide = len(str(len(palette) - 1))
    names, notes = palette.names or [""] * len(palette), notes or [""] * len(palette)
    for place, (color, name, note) in enumerate(zip(palette.hex(), names, notes, strict=True)):
        line = Text()
        if out.is_terminal:
            clear = palette.alpha[place] < 128
            line.append("░░░ " if clear else "███ ", "" if clear else color[:7])
        words = [f"{place:{wide}}", f"{color:<9}", one_line(name), note]
        line.append("  ".join(filter(None, words)).rstrip())
        out.print(line)
