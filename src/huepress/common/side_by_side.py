"""Independent work, side by side where there are threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def each(function: Callable[[A], B], items: Sequence[A], threads: int) -> list[B]:
    """Call a function of each item, from so many threads at most.

    Parameters
    ----------
    function : callable
        One argument; what it does must not depend on when it is called.
    items : sequence
        The arguments.
    threads : int
        0: one a core. They end with the call, so that a fork after it finds none.

    Returns
    -------
    list
        In the order of the items.

    Examples
    --------
    >>> each(abs, [-1, 2, -3], threads=2)
    [1, 2, 3]
    """
    threads = min(threads or os.cpu_count() or 1, len(items))
    if threads <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        try:
            results = pool.map(function, items)
        except RuntimeError:  # the system grants no more threads
            results = map(function, items)
        return list(results)
