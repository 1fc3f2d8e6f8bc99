"""Independent work, side by side where there are threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def each(function: Callable[[A], B], items: Sequence[A], threads: int) -> list[B]:
    """Call a function of each item, from so many threads at most; 0 is one a core.

    Results are in the order of the items. The threads end with the call, so that a fork after it
    finds none.

    Examples
    --------
    >>> each(abs, [-1, 2, -3], threads=2)
    [1, 2, 3]
    """
    threads = min(threads or os.cpu_count() or 1, len(items))
    if threads <= 1:
        return [function(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor  # a hundredth of an icon's time

    with ThreadPoolExecutor(threads) as pool:
        try:
            results = pool.map(function, items)
        except RuntimeError:  # the system grants no more threads
            results = map(function, items)
        return list(results)
