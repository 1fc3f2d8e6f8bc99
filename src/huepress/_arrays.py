"""Arrays that a frozen value can hold: contiguous, of one dtype, and never written again."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


def frozen(array: NDArray[Any], dtype: type[Scalar]) -> NDArray[Scalar]:
    """Return `array` as a read-only contiguous array, copied when its owner could still write it.

    Parameters
    ----------
    array : ndarray
        Values that `dtype` can hold; the caller has checked.
    dtype : type
        The NumPy scalar type wanted.

    Returns
    -------
    ndarray
        A base array or a view with ``writeable=False``.
    """
    result = np.ascontiguousarray(array, dtype=dtype)
    if result.flags.writeable:
        if np.shares_memory(result, array):
            result = result.copy()
        result.flags.writeable = False
    return result


def owned(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Mark an array that was just made, and that nobody else holds, as read-only.

    Parameters
    ----------
    array : ndarray
        A fresh array.

    Returns
    -------
    ndarray
        The same array, so that `frozen` need not copy it.
    """
    array.flags.writeable = False
    return array
