"""Open files, read streams to their ends, and keep to limits of size."""

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

PICTURES = frozenset(
    f".{name}"
    for name in (
        *("png", "apng", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "bmp", "dib"),
        *("tif", "tiff", "avif", "ppm", "pgm", "pbm", "pnm", "pfm"),
    )
)
"""Suffixes of what is taken for a picture in a folder; what is named is one by its content."""

# A stream has no size to ask for, so it is read until it exceeds what any file of so many pixels
# needs: 16 bits of red, green, blue and alpha each, and 64 MiB for the rest.
_PIXEL_BYTES, _OTHER_BYTES = 8, 1 << 26

_BLOCK = 1 << 20


@contextmanager
def opened(name: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file, device or pipe for reading; errors name the remedy."""
    if not os.fspath(name):  # Path would make the current folder of it
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
    except PermissionError:  # a folder above it is closed
        return False


def name_of(file: object) -> str:
    """Name a file object for messages, by its own name where it has one."""
    name = getattr(file, "name", None)
    if name == "<stdin>":
        return "standard input"
    return name if isinstance(name, str) else f"the {type(file).__name__} object"


def read_stream(
    file: Any, name: str, max_pixels: int | None, check: Callable[[bytes], object]
) -> io.BytesIO:
    """Read a stream to its end, which it may not have, once its first bytes are those of a picture.

    `check` is called with the first `HEAD` bytes, where there are as many, and raises if they are
    of no known format. More bytes than `max_pixels` need are refused.

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
    """Turn a lack of memory into an InputError about the picture of that name."""
    try:
        yield
    except MemoryError:
        raise InputError(
            f"{name}: needs more memory than there is; scale it down, or allow more memory"
        ) from None


def check_size(width: int, height: int, name: str, max_pixels: int | None) -> None:
    """Refuse a picture past the limit, by its header; `name` is empty where the caller names it."""
    n_pixels = width * height
    if max_pixels is not None and n_pixels > max_pixels:
        where = f"{name}: " if name else ""
        raise InputError(
            f"{where}{width}×{height} is {n_pixels:,} pixels, past the limit of {max_pixels:,}; "
            f"if you trust it, raise the limit (--max-pixels {n_pixels})"
        )
