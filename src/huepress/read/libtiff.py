"""Error messages of libtiff, which Pillow lets it print on standard error and ignores.

After an invalid code word in a fax page libtiff goes on, and reports it by a message alone.
"""

from __future__ import annotations

import ctypes
import threading
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# function, format, and the values for the format, which are not put in
_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)

_state = threading.local()


@contextmanager
def collected_errors() -> Iterator[list[str]]:
    """Collect libtiff's errors in this thread, as 'function: message', instead of printing them.

    Where Pillow's libtiff cannot be reached, as in a Pillow that contains it, none are collected.
    """
    _install()
    messages: list[str] = []
    before = getattr(_state, "messages", None)
    _state.messages = messages
    try:
        yield messages
    finally:
        _state.messages = before


def _collect(module: bytes | None, words: bytes | None, _: Any) -> None:
    messages = getattr(_state, "messages", None)
    if messages is not None and len(messages) < 100:
        messages.append(f"{(module or b'').decode('latin-1')}: {(words or b'').decode('latin-1')}")


_handler = _HANDLER(_collect)


@cache
def _install() -> None:
    try:
        # Through Pillow's own module, so that it is the libtiff that Pillow uses.
        library = ctypes.CDLL(import_module("PIL._imaging").__file__)
        library.TIFFSetErrorHandler.restype = ctypes.c_void_p
        library.TIFFSetErrorHandler(_handler)
    except (AttributeError, OSError):
        return
