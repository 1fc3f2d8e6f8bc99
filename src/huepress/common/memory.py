"""Memory that was freed, given back to the system."""

from __future__ import annotations


def give_back() -> None:
    """Have glibc give back what it holds for later; other allocators need no asking.

    It keeps up to 64 MB a thread, and holes of any size.
    """
    import ctypes  # which numpy has loaded

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another allocator, or Windows
        return
    trim(0)
