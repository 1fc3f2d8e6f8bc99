"""Signals that ask the program to end.

Until a command works, nothing is there to be cleaned up, and a signal ends the process at once.
From then on a signal raises `Stopped`, so that files are taken back on the way out.
"""

from __future__ import annotations

import os
import signal
import sys

from huepress.cli.exits import SIGNALLED
from huepress.cli.streams import say

TYPE_CHECKING = False  # as in typing, which takes a while to load
if TYPE_CHECKING:
    from types import FrameType

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last two not on every system


class Stopped(BaseException):
    """A signal that asks the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """128 and the signal's number, as shells say it."""
        return SIGNALLED + self.number

    @property
    def message(self) -> str:
        """One line about it."""
        name = signal.Signals(self.number).name
        how = "interrupted" if name == "SIGINT" else f"stopped by {name}"
        return f"{how}; finished files are complete and nothing unfinished was left behind"


class _State:
    at_work = False
    raised: Stopped | None = None
    lost: Stopped | None = None


def at_work() -> None:
    """Let signals raise `Stopped` from now on, where there may be something to clean up."""
    _State.at_work = True


def received() -> Stopped | None:
    """Return what a signal raised since, even where code on its way has swallowed it."""
    return _State.raised or _State.lost


def is_raised() -> bool:
    """Whether `Stopped` is on its way, if perhaps turned into something else."""
    return _State.raised is not None


def mind() -> None:
    """Listen to signals."""
    for number in _minded():
        # What is ignored stays ignored: nohup, and jobs in the background of a script.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _on_signal)
    sys.unraisablehook = _on_unraisable


def _minded() -> list[signal.Signals]:
    return [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]


def _on_signal(number: int, frame: FrameType | None) -> None:
    stop = Stopped(number)
    if not _State.at_work:
        say(stop.message)
        os._exit(stop.exit_code)
    # Only the first: others must not disturb the cleaning up.
    if _State.raised is None:
        _State.raised = stop
        raise stop


def _on_unraisable(lost: sys.UnraisableHookArgs) -> None:
    # What is raised in a destructor goes no further; the next signal is heard again.
    if isinstance(lost.exc_value, Stopped):
        _State.raised, _State.lost = None, lost.exc_value
    else:
        sys.__unraisablehook__(lost)


def ignore() -> None:
    """Hear no signal any more: what is done is done, and its exit code stands."""
    for number in _minded():
        signal.signal(number, signal.SIG_IGN)
