"""The standard streams: there, and able to show every character; and lines on standard error."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress

TYPE_CHECKING = False  # as in typing, which takes a while to load
if TYPE_CHECKING:
    from typing import Any, TextIO

_PLAIN = {"→": "->", "×": "x", "≈": "~", "≤": "<=", "≥": ">=", "Δ": "d", "█": "#", "░": "."}
_PLAIN |= {"…": "...", "–": "-", "·": ".", "²": "^2"}
"""What stands for characters that an encoding lacks; others are escaped."""


class _Forgiving:
    """Standard error that may be full or closed: there is nobody else to tell."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with suppress(OSError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            abandon(self._stream)


def say(message: str) -> None:
    """Print one line about the run on standard error."""
    print(f"huepress: {one_line(message)}", file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """Escape control characters, which names of files may have."""
    return "".join(
        char if char.isprintable() or "\udc80" <= char <= "\udcff" else ascii(char)[1:-1]
        for char in text
    )


def mend() -> None:
    """Make sure that the standard streams exist, and that no character makes them fail."""
    codecs.register_error("huepress", _written_plainly)
    # Closed ones get something that fails, so that no file takes their number.
    while (descriptor := os.open(os.devnull, os.O_RDONLY)) <= 2:
        pass
    os.close(descriptor)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # while we
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # run
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="huepress")
    sys.stderr = _Forgiving(sys.stderr)


def _written_plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    char = error.object[error.start]
    if "\udc80" <= char <= "\udcff":  # A byte of a file's name that is not UTF-8.
        return bytes([ord(char) - 0xDC00]), error.start + 1
    return _PLAIN.get(char, ascii(char)[1:-1]), error.start + 1


def abandon(stream: TextIO) -> None:
    """Keep the interpreter from failing again when it flushes a stream at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
