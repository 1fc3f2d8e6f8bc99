"""Exit codes, and what is said where the machine fails rather than the program."""

from __future__ import annotations

import errno

TYPE_CHECKING = False  # as in typing, which takes a while to load
if TYPE_CHECKING:
    from collections.abc import Collection

DONE, FAILED, USAGE = 0, 1, 2

TOO_LARGE, TOO_LOW = 98, 99
"""Under --pngquant-exit-codes: a result that grew was left out; a quality cannot be met."""

SIGNALLED = 128
"""What is added to the number of a signal: 129 SIGHUP, 130 SIGINT, 143 SIGTERM."""


def exit_code(statuses: Collection[str], failures: Collection[str], *, pngquant: bool) -> int:
    """Return the code for what became of files, and the classes of their errors."""
    is_failed = "failed" in statuses
    if pngquant and "QualityError" in failures:
        return TOO_LOW
    if pngquant and not is_failed and "kept" in statuses:
        return TOO_LARGE
    return FAILED if is_failed else DONE


def explanation(error: BaseException) -> str | None:
    """Say in a line what happened where the machine failed; None where it was the program."""
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
