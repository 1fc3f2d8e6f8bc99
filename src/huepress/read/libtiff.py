"""What libtiff says while it decodes: Pillow lets it print on standard error, and looks away.

libtiff decodes fax pages over code words that do not exist, and only says so.
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

# module, format, and the values for the format, which are not looked at
_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)

_heard = threading.local()


@contextmanager
def listened() -> Iterator[list[str]]:
    """Collect what libtiff complains of in this thread, as 'function: words'; nothing is printed.

    Where Pillow's libtiff cannot be reached, as in a Pillow that contains it, nothing is heard.
    """
    _install()
    said: list[str] = []
    before = getattr(_heard, "said", None)
    _heard.said = said
    try:
        yield said
    finally:
        _heard.said = before


def _hear(module: bytes | None, words: bytes | None, _: Any) -> None:
    said = getattr(_heard, "said", None)
    if said is not None and len(said) < 100:
        said.append(f"{(module or b'').decode('latin-1')}: {(words or b'').decode('latin-1')}")


_handler = _HANDLER(_hear)


@cache
def _install() -> None:
    try:
        # Through Pillow's own module, so that it is the libtiff that Pillow uses.
        library = ctypes.CDLL(import_module("PIL._imaging").__file__)
        library.TIFFSetErrorHandler.restype = ctypes.c_void_p
        library.TIFFSetErrorHandler(_handler)
    except (AttributeError, OSError):
        return
