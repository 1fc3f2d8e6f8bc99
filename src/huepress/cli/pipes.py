"""Pictures and files through standard input and output."""

from __future__ import annotations

import sys
from typing import IO

from huepress.errors import InputError, OutputError


def stdin_file() -> IO[bytes]:
    """Return standard input as a file to read a stored picture from."""
    if sys.stdin is None:
        raise InputError("standard input is closed; pipe a file into it")
    if sys.stdin.isatty():
        raise InputError("standard input is a terminal, not a file; pipe one into it")
    return sys.stdin.buffer


def check_stdout() -> None:
    """Refuse to write a file to a terminal."""
    if sys.stdout.isatty():
        raise OutputError("standard output is a terminal; pipe it to a file, or give -o OUT")


def write_stdout(data: bytes) -> None:
    """Write a file's bytes to standard output."""
    check_stdout()
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
