"""What every command does alike: catch errors, pick exit codes, read and write pipes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import IO, Any

from huepress.cli.start import DONE as DONE
from huepress.cli.start import FAILED as FAILED
from huepress.cli.start import USAGE as USAGE
from huepress.cli.start import at_work, explanation
from huepress.cli.start import one_line as one_line
from huepress.cli.start import say as say
from huepress.cli.warning import warnings_shown
from huepress.common.humanize import url_of
from huepress.errors import HuepressError, InputError, OptionError, OutputError
from huepress.options import CompressOptions
from huepress.values.codebook import Codebook

_OPTIONS = [field.name for field in fields(CompressOptions) if field.name != "k"]
_FLAGS = {
    name: f"--{name.replace('_', '-')}" for name in (*_OPTIONS, "width", "interval", "hold")
} | {"pinned": "--pin", "min_quality": "--quality MIN"}
"""Options as they are typed, by the keywords of the library; k is k."""

_SEPARATORS = tuple({"/", os.sep})

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
        0 done, 1 failed, 2 wrong usage. A signal passes through.
    """
    at_work()
    try:
        with warnings_shown(say):
            return work()
    except OptionError as error:
        say(told(error))
        return USAGE
    except HuepressError as error:
        say(told(error))
        return FAILED
    except (MemoryError, ImportError, OSError) as error:
        say(str(explanation(error)))
        return FAILED


def stdin_file() -> IO[bytes]:
    """Return standard input as a file to read a stored picture from.

    Returns
    -------
    binary file
        At its start.

    Raises
    ------
    InputError
        If there is none, or it is a terminal.
    """
    if sys.stdin is None:
        raise InputError("standard input is closed; pipe a file into it")
    if sys.stdin.isatty():
        raise InputError("standard input is a terminal, not a file; pipe one into it")
    return sys.stdin.buffer


def told(error: HuepressError) -> str:
    """Word an error for the command line.

    Parameters
    ----------
    error : HuepressError
        As the library raises it; it writes options as keywords of Python.

    Returns
    -------
    str
        With options as they are typed.
    """
    return re.sub(
        r"\b([a-z]+(?:_[a-z]+)*)=(?=\S)",
        lambda match: f"{_FLAGS[match[1]]} " if match[1] in _FLAGS else match[0],
        str(error),
    )


def check_stdout() -> None:
    """Refuse to write a file to a terminal.

    Raises
    ------
    OutputError
        If standard output is one.
    """
    if sys.stdout.isatty():
        raise OutputError("standard output is a terminal; pipe it to a file, or give -o OUT")


def output_path(written: str) -> str:
    """Refuse as an output what is no path.

    Parameters
    ----------
    written : str
        A path, or '-'.

    Returns
    -------
    str
        The same.

    Raises
    ------
    OptionError
        If it is a URL, a folder's name by its form, or empty.
    """
    if not written:
        raise OptionError("the output has no name; give one, or - for standard output")
    if url := url_of(Path(written)):
        raise OptionError(
            f"{url} is a URL, and only files can be written; name a file and upload that"
        )
    if written.endswith(_SEPARATORS) or Path(written).name in ("", ".."):
        raise OptionError(f"{written} names a folder; name a file in it")
    return written


def file_inputs(*written: str | Path | None) -> list[Path]:
    """Name the files among what is read, which no output may replace.

    Parameters
    ----------
    *written : str, Path or None
        Paths; '-' and None are left out.

    Returns
    -------
    list of Path
        In that order.
    """
    return [Path(name) for name in written if name is not None and str(name) != "-"]


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
    check_stdout()
    sys.stdout.flush()
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
