"""Files by their names, streams to their ends, and the limits of what is taken from one."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from huepress.common.humanize import url_of
from huepress.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEFAULT_MAX_PIXELS = 200_000_000

HEAD = 512
"""Bytes that tell a format: enough to find the <svg> behind an XML declaration and a comment."""

# No file needs more to hold its pixels, 16 bits of red, green, blue and alpha, and as much as this
# for the rest. A stream has no size to ask for beforehand.
_PIXEL_BYTES, _OTHER_BYTES = 8, 1 << 26

_BLOCK = 1 << 20


@contextmanager
def opened(name: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file to read it.

    Parameters
    ----------
    name : str or path
        Of the file, or a device or pipe.

    Yields
    ------
    binary file
        At its start.

    Raises
    ------
    InputError
        If there is none, or it cannot be opened.
    """
    if not os.fspath(name):  # of which Path would make the current folder
        raise InputError("a file without a name; name one, or - for standard input")
    path = Path(name)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        if url := url_of(path):
            raise InputError(
                f"{url} is a URL, and huepress reads files; fetch it first, or pipe it into '-'"
            ) from None
        raise InputError(f"{path}: no such file; check its name and folder") from None
    except (IsADirectoryError, PermissionError) as error:
        if _is_folder(path):
            raise InputError(f"{path}: is a folder, not a file; name the files in it") from None
        raise InputError(
            f"{path}: permission denied ({error.strerror}); make the file readable for you, "
            "and the folders above it open to you"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be opened ({error}); check the path") from None
    with file:
        yield file


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except PermissionError:  # of a folder above it
        return False


def name_of(file: object) -> str:
    """Name a file object for messages.

    Parameters
    ----------
    file : object
        Anything that can be read.

    Returns
    -------
    str
        Its own name where it has one.
    """
    name = getattr(file, "name", None)
    if name == "<stdin>":
        return "standard input"
    return name if isinstance(name, str) else f"the {type(file).__name__} object"


def read_stream(
    file: Any, name: str, max_pixels: int | None, check: Callable[[bytes], object]
) -> io.BytesIO:
    """Read a stream to its end, which it may not have, once its first bytes are those of a picture.

    Parameters
    ----------
    file : binary file
        At its start.
    name : str
        For errors.
    max_pixels : int or None
        The most pixels that it may hold; None reads to its end.
    check : callable
        Called with the first `HEAD` bytes, where there are as many; raises if they are of no known
        format.

    Returns
    -------
    BytesIO
        At its start.

    Raises
    ------
    InputError
        If it cannot be read, or gives more than such a picture needs.

    Examples
    --------
    >>> read_stream(io.BytesIO(b"P1 1 1 0"), "a dot", 1, print).getvalue()
    b'P1 1 1 0'
    """
    limit = None if max_pixels is None else _PIXEL_BYTES * max_pixels + _OTHER_BYTES
    buffer = io.BytesIO()
    size = HEAD
    with memory_reported(name):
        while block := _block(file, size, name):
            buffer.write(block)
            n_bytes = buffer.tell()
            if size == HEAD and n_bytes >= HEAD:
                check(buffer.getvalue())
                size = _BLOCK
            if limit is not None and n_bytes > limit:
                raise InputError(
                    f"{name}: gives more than {limit:,} bytes, and no picture of {max_pixels:,} "
                    "pixels needs as many; if you trust it, raise the limit (--max-pixels)"
                )
    buffer.seek(0)
    return buffer


def _block(file: Any, size: int, name: str) -> bytes:
    try:
        block = file.read(size)
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: cannot be read ({error}); reopen it") from None
    if block is None:
        raise InputError(f"{name}: has nothing to read yet; open it in blocking mode")
    if not isinstance(block, bytes):
        raise InputError(f"{name}: gives {type(block).__name__}, not bytes; open it in mode 'rb'")
    return block


@contextmanager
def memory_reported(name: str) -> Iterator[None]:
    """Turn a lack of memory into an InputError.

    Parameters
    ----------
    name : str
        Of the picture, for the error.
    """
    try:
        yield
    except MemoryError:
        raise InputError(
            f"{name}: needs more memory than there is; scale it down, or allow more memory"
        ) from None


def check_size(width: int, height: int, name: str, max_pixels: int | None) -> None:
    """Refuse a picture past the limit before it is decoded.

    Parameters
    ----------
    width, height : int
        As its header says.
    name : str
        For the error; empty where the caller puts it before.
    max_pixels : int or None
        The limit.

    Raises
    ------
    InputError
        If it has more pixels.
    """
    n_pixels = width * height
    if max_pixels is not None and n_pixels > max_pixels:
        where = f"{name}: " if name else ""
        raise InputError(
            f"{where}{width}×{height} is {n_pixels:,} pixels, past the limit of {max_pixels:,}; "
            f"if you trust it, raise the limit (--max-pixels {n_pixels})"
        )
