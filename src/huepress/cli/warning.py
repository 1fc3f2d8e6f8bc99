"""What the library logs, as lines on standard error; what Pillow says to programmers, nowhere."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Lines(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(f"warning: {record.getMessage()}")


@contextmanager
def warnings_shown(say: Callable[[str], None]) -> Iterator[None]:
    """Show huepress's warnings as they come, and keep Pillow's from standard error."""
    ours, pillows = logging.getLogger("huepress"), logging.getLogger("PIL")
    shown, dropped = _Lines(say), logging.NullHandler()
    ours.addHandler(shown)
    pillows.addHandler(dropped)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="PIL")
            yield
    finally:
        ours.removeHandler(shown)
        pillows.removeHandler(dropped)
