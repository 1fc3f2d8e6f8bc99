"""The `huepress` program: signals and streams first, then what takes time to load.

Until a command works, nothing is there to be cleaned up, and a signal ends the process at once.
From then on a signal raises `Stopped`, so that files are taken back on the way out.
"""

from __future__ import annotations

import codecs
import errno
import os
import signal
import sys
from contextlib import suppress

TYPE_CHECKING = False  # as in typing, which takes a while to load
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, TextIO

DONE, FAILED, USAGE = 0, 1, 2
SIGNALLED = 128
"""What is added to the number of a signal: 129 SIGHUP, 130 SIGINT, 143 SIGTERM."""

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last two not on every system

_PLAIN = {"→": "->", "×": "x", "≈": "~", "≤": "<=", "≥": ">=", "Δ": "d", "█": "#", "░": "."}
_PLAIN |= {"…": "...", "–": "-", "·": ".", "²": "^2"}
"""What stands for characters that an encoding lacks; others are escaped."""


class Stopped(BaseException):
    """A signal that asks the program to end.

    Parameters
    ----------
    number : int
        Of the signal.
    """

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
            _abandon(self._stream)


class _State:
    at_work = False
    raised: Stopped | None = None
    lost: Stopped | None = None


def at_work() -> None:
    """Let signals raise `Stopped` from now on, where there may be something to clean up."""
    _State.at_work = True


def run() -> int:
    """Run the command line: the `huepress` program.

    Returns
    -------
    int
        The exit code.
    """
    _mind_signals()
    _mend_streams()
    # NumPy's BLAS, which no command needs, starts a thread a core that spins for a while.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from huepress.cli.app import main

        code = main()
    except (Stopped, Exception) as error:
        line = explanation(error)
        # Code that a signal goes through may turn it into something else.
        if line is None and _State.raised is None:
            raise
        code = FAILED
        if line is not None:
            say(line)
    if stop := _State.raised or _State.lost:
        say(stop.message)
        code = stop.exit_code
    return _settled(code)


def say(message: str) -> None:
    """Print one line about the run on standard error.

    Parameters
    ----------
    message : str
        Without the program's name.
    """
    print(f"huepress: {one_line(message)}", file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """Escape control characters, which names of files may have.

    Parameters
    ----------
    text : str
        To be shown.

    Returns
    -------
    str
        What moves no cursor.
    """
    return "".join(
        char if char.isprintable() or "\udc80" <= char <= "\udcff" else ascii(char)[1:-1]
        for char in text
    )


def explanation(error: BaseException) -> str | None:
    """Say what happened where the machine fails rather than the program.

    Parameters
    ----------
    error : BaseException
        What was raised.

    Returns
    -------
    str or None
        One line; None for an error that should never happen.
    """
    if isinstance(error, MemoryError):
        return "not enough memory; scale the picture down, or allow more memory"
    if isinstance(error, ImportError):
        return f"cannot load what it needs: {error}; allow more memory, or install it again"
    return _failure(error) if isinstance(error, OSError) else None


def _failure(error: OSError) -> str:
    if isinstance(error, BrokenPipeError):
        return "standard output was closed before all was written; finished files are complete"
    reason = error.strerror or str(error)
    if error.errno == errno.EBADF:
        return "standard output is closed; finished files are complete"
    if error.filename is not None:
        return f"{error.filename}: {reason}; check its permissions and the free space"
    return f"standard output cannot be written: {reason}; free some space, or write to a file"


def _mind_signals() -> None:
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


def _mend_streams() -> None:
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


def _settled(code: int) -> int:
    """Flush the streams while failures can still be told, and return the exit code."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        if code == DONE:
            say(_failure(error) if isinstance(error, OSError) else str(error))
            code = FAILED
        _abandon(sys.stdout)
    # What is done is done: its exit code stands, whatever comes while the interpreter cleans up.
    for number in _minded():
        signal.signal(number, signal.SIG_IGN)
    return code


def _abandon(stream: TextIO) -> None:
    """Keep the interpreter from failing again when it flushes a stream at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
