"""What every command does alike: catch errors, pick exit codes, read and write pipes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from huepress.cli.warning import warnings_shown
from huepress.codebook import Codebook
from huepress.errors import HuepressError, OptionError, OutputError

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

TOO_LARGE, TOO_LOW = 98, 99
"""Under --pngquant-exit-codes: a result that grew was left out; a quality cannot be met."""


def guarded(work: Callable[[], int]) -> int:
    """Run a command's work and turn what it raises into a message and an exit code.

    Parameters
    ----------
    work : callable
        Returns an exit code.

    Returns
    -------
    int
        0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """
    try:
        with warnings_shown(say):
            return work()
    except OptionError as error:
        say(str(error))
        return USAGE
    except HuepressError as error:
        say(str(error))
        return FAILED
    except KeyboardInterrupt:
        say("interrupted; finished files are complete and nothing unfinished was left behind")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; keep the interpreter from failing again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def say(message: str) -> None:
    """Print one line about the run on standard error.

    Parameters
    ----------
    message : str
        Without the program's name.
    """
    print(f"huepress: {message}", file=sys.stderr)


def write_stdout(data: bytes) -> None:
    """Write a file's bytes to standard output.

    Parameters
    ----------
    data : bytes
        The whole file.

    Raises
    ------
    OutputError
        If standard output is a terminal.
    """
    if sys.stdout.isatty():
        raise OutputError("standard output is a terminal; pipe it to a file, or give -o OUT")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def pinned_codes(colors: list[str] | None) -> Codebook | None:
    """Make the codebook of the --pin options.

    Parameters
    ----------
    colors : list of str or None
        As written; repeated colours count once.

    Returns
    -------
    Codebook or None
        None when nothing is pinned.
    """
    return Codebook.from_hex(dict.fromkeys(colors)) if colors else None


def optional(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out options that were not given, so that the library's defaults hold.

    Parameters
    ----------
    values : dict
        Options by name.

    Returns
    -------
    dict
        Those that are not None.
    """
    return {name: value for name, value in values.items() if value is not None}
