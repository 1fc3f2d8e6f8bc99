"""Terminal recordings: 80 columns of text in a few colours, still most of the time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.recipes.recipe import Material, Recipe, font, shown
from huepress.values.animation import Frame

Span = tuple[str, str]
"""Text and the name of its colour."""
Line = Sequence[Span]

COLUMNS, ROWS = 80, 24


@dataclass(frozen=True)
class Theme:
    """A font's size, its cell, and colours."""

    size: int
    cell: tuple[int, int]
    colors: dict[str, str]


DARK = Theme(
    13,
    (8, 15),
    {
        "ground": "#1e1e2e", "text": "#cdd6f4", "green": "#a6e3a1", "red": "#f38ba8",
        "yellow": "#f9e2af", "blue": "#89b4fa", "grey": "#6c7086", "cyan": "#94e2d5",
    },
)  # fmt: skip
LIGHT = Theme(
    10,
    (6, 12),
    {
        "ground": "#ffffff", "text": "#24292f", "green": "#116329", "red": "#cf222e",
        "yellow": "#953800", "blue": "#0969da", "grey": "#8c959f", "cyan": "#1b7c83",
    },
)  # fmt: skip


def drawn(theme: Theme, lines: Sequence[Line], duration: int, cursor: bool = False) -> Frame:
    """Draw the last lines that fit, and a block where the next letter goes."""
    from PIL import Image, ImageDraw

    width, height = theme.cell
    screen = Image.new("RGB", (COLUMNS * width, ROWS * height), theme.colors["ground"])
    pen, face = ImageDraw.Draw(screen), font(theme.size, "DejaVuSansMono")
    x = y = 0
    for row, line in enumerate(lines[-ROWS:]):
        x, y = 0, row * height
        for text, color in line:
            for letter in text[: COLUMNS - x // width]:
                pen.text((x, y), letter, theme.colors[color], face)
                x += width
    if cursor:
        pen.rectangle((x, y + 1, x + width - 1, y + height - 2), theme.colors["text"])
    return shown(screen, duration)


PROMPT: Line = (("user@host", "green"), (":", "text"), ("~/project", "blue"), ("$ ", "text"))
SESSION: Sequence[tuple[str, Sequence[Line]]] = (
    ("git status --short", ([(" M ", "red"), ("src/main.c", "text")], [("?? notes.txt", "red")])),
    ("git commit -am 'Fix the parser'", ([("[main 4f1c2aa] Fix the parser", "text")],
     [(" 1 file changed, 12 insertions(+), 3 deletions(-)", "grey")])),
    ("ls --color", ([("build  docs  src  ", "blue"), ("run.sh", "green"), ("  README", "text")],)),
)  # fmt: skip


def typing(_: Material) -> Iterator[Frame]:
    """Commands typed letter by letter, their output, and a cursor that blinks in between."""
    lines: list[Line] = []
    for command, output in SESSION:
        for count in range(0, len(command) + 1, 2):
            yield drawn(DARK, [*lines, [*PROMPT, (command[:count], "text")]], 100, cursor=True)
        for blink in range(6):
            whole = [*PROMPT, (command, "text")]
            yield drawn(DARK, [*lines, whole], 100, cursor=blink % 6 < 3)
        lines += [[*PROMPT, (command, "text")], *output]
    for blink in range(24):
        yield drawn(DARK, [*lines, PROMPT], 100, cursor=blink % 10 < 5)


PARTS = ("lexer", "parser", "emit", "table", "graph", "reader")
PARTS += ("writer", "buffer", "stream", "socket", "cache", "index")


def build(_: Material) -> Iterator[Frame]:
    """A build log that scrolls in jerks, with warnings."""
    rng = np.random.default_rng(1)
    lines: list[Line] = [[*PROMPT, ("ninja -C build", "text")]]
    done = 0
    for number in range(56):
        for _ in range(int(rng.integers(0, 4))):
            done += 1
            first, second = (PARTS[i] for i in rng.integers(0, len(PARTS), 2))
            lines.append(
                [(f"[{done:3}/118] ", "grey"), ("Building CXX object ", "green"),
                 (f"src/{first}/CMakeFiles/{first}.dir/{second}_{done}.cc.o", "text")]
            )  # fmt: skip
            if rng.integers(0, 9) == 0:
                where = f"../src/{first}/{second}.cc:{rng.integers(10, 900)}:7: "
                lines.append([(where, "text"), ("warning: ", "yellow"), ("unused value", "text")])
                lines.append([("        auto x = next();", "text")])
                lines.append([("             ^", "green")])
        yield drawn(DARK, lines, 80 if number < 55 else 2000)


def tests(_: Material) -> Iterator[Frame]:
    """A test run: dots, percents, and a bar that is written over, on white."""
    rng = np.random.default_rng(2)
    lines: list[Line] = [[("$ pytest", "text")], [("collected 412 items", "grey")], []]
    for part in range(8):
        dots = ""
        for step in range(8):
            dots += "".join("F" if rng.integers(0, 60) == 0 else "." for _ in range(5))
            share = (part * 8 + step + 1) / 64
            name = f"tests/test_part{part}.py "
            line = [(name, "text"), (dots, "green"), (f" {share:4.0%}".rjust(14), "cyan")]
            bar = [("█" * int(share * 60), "blue"), ("░" * (60 - int(share * 60)), "grey")]
            yield drawn(LIGHT, [*lines, line, [], bar], 70)
        lines.append(line)
    yield drawn(LIGHT, [*lines, [], [("409 passed, 3 failed", "red")]], 2100)


def monitor(_: Material) -> Iterator[Frame]:
    """Meters and a table of processes of which a few figures change once in half a second."""
    rng = np.random.default_rng(3)
    loads, names = (
        rng.uniform(10, 60, 4),
        ["firefox", "Xorg", "code", "python3", "gnome-shell", "make", "cc1plus"],
    )
    heat = rng.uniform(0, 30, len(names))
    for _ in range(24):
        loads = np.clip(loads + rng.normal(0, 9, 4), 2, 99)
        heat = np.clip(heat + rng.normal(0, 3, len(names)) * (rng.random(len(names)) < 0.5), 0, 99)
        lines: list[Line] = []
        for number, load in enumerate(loads):
            full = int(load * 0.5)
            bar = [("|" * min(full, 25), "green"), ("|" * max(full - 25, 0), "red")]
            lines.append(
                [(f" {number} [", "cyan"), *bar, (" " * (50 - full), "text"),
                 (f"{load:5.1f}%", "grey"), ("]", "cyan")]
            )  # fmt: skip
        lines += [[], [("  PID USER       VIRT    RES  CPU%  MEM%  COMMAND".ljust(80), "green")]]
        for place in np.argsort(-heat, kind="stable"):
            text = f"{1200 + 311 * place:5} user     {912 + place}M   {140 + 17 * place}M "
            lines.append(
                [(text, "text"), (f"{heat[place]:5.1f}", "yellow"), (f"   {2 + place}.4  ", "grey"),
                 (names[place], "cyan")]
            )  # fmt: skip
        yield drawn(DARK, lines, 500)


RECIPES = tuple(
    Recipe(f"terminal-{draw.__name__}", partial(draw)) for draw in (typing, build, tests, monitor)
)
