"""A command at work in an emulated terminal: what a person sees, moment by moment."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyte

from program import PROGRAM

PAUSE = 0.03
"""Seconds of silence after which a screen is looked at: a drawing is one write."""

_SHAPING = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


class Window(pyte.Screen):
    """A screen that breaks lines anew where it gets narrower, as most terminals do.

    The cursor stays with the character that it is at.
    """

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Break rows that are too long."""
        before, at = self.columns, (self.cursor.y, self.cursor.x)
        cells = [
            [row[x] for x in range(before)]
            for row in map(self.buffer.__getitem__, range(self.lines))
        ]
        super().resize(lines, columns)
        rows: list[list[Any]] = []
        for y, row in enumerate(cells):
            if y == at[0]:
                self.cursor.y, self.cursor.x = (
                    len(rows) + at[1] // self.columns,
                    at[1] % self.columns,
                )
            while row and row[-1].data == " ":
                row.pop()
            rows += [row[x : x + self.columns] for x in range(0, max(len(row), 1), self.columns)]
        self.buffer.clear()
        for y, row in enumerate(rows[: self.lines]):
            self.buffer[y].update(enumerate(row))


def watch(
    arguments: Sequence[object],
    cwd: Path,
    *,
    columns: int = 80,
    rows: int = 100,
    resized: Mapping[int, int] = {},
    **environment: str,
) -> tuple[int, list[list[str]], bytes]:
    """Run a command in a window; return its exit code, every screen seen, and all that it wrote.

    `resized` says to how many columns the window changes, by the number of the screen before. The
    last screen is the one that is left.
    """
    screen = Window(columns, rows)
    stream = pyte.ByteStream(screen)
    window, terminal = pty.openpty()
    _resize(window, columns, rows)
    child = subprocess.Popen(
        [PROGRAM, *map(os.fsencode, map(str, arguments))],
        cwd=cwd,
        env={
            **{name: value for name, value in os.environ.items() if name not in _SHAPING},
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    seen, written, looked = [], b"", b""
    while True:
        if not select.select([window], [], [], PAUSE)[0]:
            if written is looked:
                select.select([window], [], [])
                continue
            looked = written
            seen.append(shown(screen))
            if len(seen) in resized:
                screen.resize(rows, resized[len(seen)])
                _resize(window, resized[len(seen)], rows)
            continue
        try:
            chunk = os.read(window, 65536)
        except OSError:  # Linux's way to say that nobody has the terminal any more
            break
        if not chunk:
            break
        written += chunk
        stream.feed(chunk)
    os.close(window)
    return child.wait(), [*seen, shown(screen)], written


def printed(lines: Sequence[bytes], *, columns: int, rows: int = 100) -> list[str]:
    """Return the screen after lines were written to a window and nothing else."""
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(b"".join(line + b"\r\n" for line in lines))
    return shown(screen)


def shown(screen: pyte.Screen) -> list[str]:
    """Return the rows of a screen down to the last that has something."""
    rows = [row.rstrip() for row in screen.display]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _resize(window: int, columns: int, rows: int) -> None:
    fcntl.ioctl(window, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
