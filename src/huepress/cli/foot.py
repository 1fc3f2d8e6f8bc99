"""A line at the foot of a terminal: what is printed meanwhile goes above it.

It stays one line in any terminal. Its text is never wider than the window, counting what some show
wider at its widest, and lines do not wrap while it is drawn. The cursor is left at its start: where
a narrower window breaks the line into several, that is where all of them begin, and from there on
everything is erased. Nothing outlasts a drawing, no hidden cursor either, so that a process may be
stopped or killed at any time.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TextIO

from huepress.cli.printing import Output, Plain
from huepress.cli.streams import one_line
from huepress.common.humanize import shown_name

SECONDS = 0.1
"""From one drawing to the next: people read no faster, and the work is not slowed."""

_START, _ERASE, _NO_WRAP, _WRAP = "\r", "\x1b[J", "\x1b[?7l", "\x1b[?7h"

_VARIATIONS = re.compile("[\ufe00-\ufe0f]")


@contextmanager
def foot(console: Output, text_in: Callable[[int], str]) -> Iterator[None]:
    """Show a line on standard error, if that is a terminal which can erase, while work is done.

    `text_in` tells what it says in so many columns: ten times a second, from another thread, and
    below each line that is printed.
    """
    if isinstance(console, Plain) or not console.is_terminal:
        yield
        return
    if console.is_dumb_terminal or console.legacy_windows or not sys.stderr.isatty():
        yield
        return
    out, err = sys.stdout, sys.stderr
    line = _Line(err, text_in)
    sys.stderr = _Above(err, line)
    if out.isatty():
        sys.stdout = _Above(out, line)
    try:
        line.start()
        yield
    finally:
        try:
            line.end()
        finally:
            sys.stdout, sys.stderr = out, err


class _Line:
    """What is drawn, and by which thread."""

    def __init__(self, stream: TextIO, text_in: Callable[[int], str]) -> None:
        self._stream = stream
        self._text_in = text_in
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._text = ""
        self._is_drawn = self._is_amid = False

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Erase the line for good."""
        self._ended.set()
        with self._lock:
            self._erase()

    def above(self, stream: TextIO, text: str) -> int:
        """Print something where the line is, and put the line below it."""
        with self._lock:
            self._erase()
            written = stream.write(text)
            if text:
                self._is_amid = not text.endswith("\n")
            self._draw()
        return written

    def _run(self) -> None:
        while not self._ended.wait(SECONDS):
            with self._lock:
                self._draw()

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def _draw(self) -> None:
        """Draw the line, unless somebody is in the middle of another, or another program there."""
        if self._is_amid or self._ended.is_set() or not self._is_in_foreground():
            return
        text = self._text_in(self._columns() - 1)
        if self._is_drawn and text == self._text:
            return
        self._stream.write(f"{_START}{_NO_WRAP}{text}{_ERASE}{_WRAP}{_START}")
        self._stream.flush()
        self._is_drawn, self._text = True, text

    def _erase(self) -> None:
        if self._is_drawn:
            self._stream.write(_START + _ERASE)
            self._stream.flush()
            self._is_drawn = False

    def _is_in_foreground(self) -> bool:
        try:
            return os.tcgetpgrp(self._stream.fileno()) == os.getpgrp()
        except (AttributeError, OSError, ValueError):  # no such thing there
            return True


class _Above:
    """A stream to the terminal whose foot a line has."""

    def __init__(self, stream: TextIO, line: _Line) -> None:
        self._stream = stream
        self._line = line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        return self._line.above(self._stream, text)


def shown(name: str) -> str:
    r"""Write a file's name so that each character stands where it is counted.

    Variation selectors go: some terminals show the sign before them twice as wide, some do not.

    Examples
    --------
    >>> print(shown("a\u202eb.png"))
    a\u202eb.png
    """
    return _VARIATIONS.sub("", one_line(shown_name(name)))


def width(text: str) -> int:
    """Count the columns that a text may take.

    Characters count one by one: terminals differ in which they join to one picture.

    Examples
    --------
    >>> width("abc"), width("日本"), width("e\u0301")
    (3, 4, 1)
    """
    return sum(map(_width, text))


@cache
def _width(character: str) -> int:
    from rich.cells import cell_len

    # Of flags and shades of skin some show each half.
    return 2 if character >= "\U0001f000" else cell_len(character)


def cut(text: str, room: int) -> str:
    """Leave out the end of what is too wide.

    Examples
    --------
    >>> cut("a long name", 7), cut("abc", 3), cut("abc", 0)
    ('a long…', 'abc', '')
    """
    if width(text) <= room:
        return text
    return text[: _fitting(text, room - 1)] + "…" if room > 0 else ""


def cut_front(text: str, room: int) -> str:
    """Leave out the beginning of what is too wide: paths differ at their ends.

    Examples
    --------
    >>> cut_front("icons/48x48/mail.png", 10)
    '…/mail.png'
    """
    if width(text) <= room:
        return text
    kept = text[len(text) - _fitting(text[::-1], room - 1) :]
    # What joins the character before it would join the ellipsis.
    while kept and not _width(kept[0]):
        kept = kept[1:]
    return "…" + kept if room > 0 else ""


def _fitting(text: str, room: int) -> int:
    """Count the characters that have room."""
    used = 0
    for number, character in enumerate(text):
        used += _width(character)
        if used > room:
            return number
    return len(text)
