"""Reading the bytes of stored pictures: no more of them than a picture within the limit needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from huepress.errors import InputError

_HEAD, _BLOCK = 16, 1 << 20
_PIXEL_BYTES, _OTHER_BYTES = 8, 1 << 26
"""Of the largest file: a pixel stored without compression, and all that is not pixels."""


def read_bytes(
    file: IO[bytes], name: str, max_pixels: int | None, known: Callable[[bytes], bool]
) -> bytes:
    """Read a file, or a stream that may have no end.

    Parameters
    ----------
    file : binary file
        At its start.
    name : str
        What messages call it.
    max_pixels : int or None
        The most pixels that it may hold; None reads to its end.
    known : callable
        Whether the first 16 bytes are those of a format that can be read.

    Returns
    -------
    bytes
        All of it; only the beginning where that is not known.

    Raises
    ------
    InputError
        If it cannot be read, or is longer than such a picture needs.

    Examples
    --------
    >>> from io import BytesIO
    >>> read_bytes(BytesIO(bytes(10**6)), "zeros", None, lambda head: False) == bytes(16)
    True
    """
    most = None if max_pixels is None else _PIXEL_BYTES * max_pixels + _OTHER_BYTES
    content = bytearray()
    try:
        while block := file.read(_BLOCK if content else _HEAD):
            content += block
            if len(content) <= _HEAD and not known(bytes(content)):
                break
            if most is not None and len(content) > most:
                raise InputError(
                    f"{name} gives more bytes than any picture of {max_pixels:,} pixels needs; if "
                    "you trust it, raise the limit (--max-pixels)"
                )
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}") from error
    return bytes(content)
