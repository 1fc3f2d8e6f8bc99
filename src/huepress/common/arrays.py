"""Arrays that a frozen value can hold: contiguous, of one dtype, and never written again."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from huepress.errors import OptionError

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


def as_array(
    held: NDArray[Any], dtype: DTypeLike | None, copy: bool | None, *, fresh: bool = False
) -> NDArray[Any]:
    """Answer NumPy's ``__array__`` for a value that holds an array.

    Parameters
    ----------
    held : ndarray
        The array.
    dtype : dtype, optional
        The type that is asked for.
    copy : bool, optional
        True: always a copy. False: never one. None: where it must be.
    fresh : bool
        Whether `held` was made for this call.

    Returns
    -------
    ndarray
        Read-only where it is the value's own.

    Raises
    ------
    ValueError
        If `copy` is False and there is no way without, as NumPy's protocol wants it.
    """
    wanted = held.dtype if dtype is None else np.dtype(dtype)
    if copy is False and (fresh or wanted != held.dtype):
        raise ValueError("there is no array of that type without a copy; leave copy out")
    return held.astype(wanted, copy=bool(copy) and not fresh)


class HasPixels(Protocol):
    """An `Image`, as far as its pixels are wanted."""

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """Height × width × 3 or 4 bytes."""


def as_pixels(image: HasPixels | NDArray[Any]) -> NDArray[np.uint8]:
    """Return the pixels of an image or an array, contiguous.

    Parameters
    ----------
    image : Image or (h, w, 3 or 4) uint8 ndarray
        The picture; other arrays have to go through ``Image.read``.

    Returns
    -------
    (h, w, 3 or 4) uint8 ndarray
        Not a copy where it need not be.

    Raises
    ------
    OptionError
        If it is an array of another shape or type.
    """
    pixels: Any = getattr(image, "pixels", image)
    if not isinstance(pixels, np.ndarray):
        raise OptionError(
            f"pixels are a {type(image).__name__}; give an Image, such as Image.read(...), or an "
            "(h, w, 3) or (h, w, 4) uint8 array"
        )
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or pixels.dtype != np.uint8:
        raise OptionError(
            f"pixels have shape {pixels.shape} and type {pixels.dtype}; "
            "give (h, w, 3) or (h, w, 4) uint8, or Image.read(...)"
        )
    return np.ascontiguousarray(pixels)


def widened(colors: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Return colours or pixels with an opaque alpha channel added where `channels` asks for one.

    Parameters
    ----------
    colors : (..., 3 or 4) uint8 ndarray
        Colours.
    channels : int
        3 or 4; not below what there is.

    Returns
    -------
    (..., channels) uint8 ndarray
        The same array when nothing is missing.
    """
    if colors.shape[-1] == channels:
        return colors
    opaque = np.full((*colors.shape[:-1], 1), 255, np.uint8)
    return np.concatenate([colors, opaque], axis=-1)


def packed(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Pack each colour into one integer that sorts as the colours do.

    Parameters
    ----------
    colors : (n, 3) or (n, 4) uint8 ndarray
        Colours.

    Returns
    -------
    (n,) uint32 ndarray
        Red in the highest byte.

    Examples
    --------
    >>> packed(np.array([[1, 2, 3]], np.uint8)).tolist() == [0x010203]
    True
    """
    keys = np.zeros(len(colors), np.uint32)
    for channel in range(colors.shape[1]):
        keys = keys << np.uint32(8) | colors[:, channel]
    return keys


def distinct(colors: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the distinct colours in ascending order.

    As ``numpy.unique`` does, whose first call imports ``numpy.ma``: that would take every command
    longer than most fits.

    Parameters
    ----------
    colors : (n, 3) or (n, 4) uint8 ndarray
        Colours.

    Returns
    -------
    tuple of ndarray
        Where each distinct colour is first, and for each of the n colours which of those it is.

    Examples
    --------
    >>> first, inverse = distinct(np.array([[9, 9, 9], [0, 0, 0], [9, 9, 9]], np.uint8))
    >>> first.tolist(), inverse.tolist()
    ([1, 0], [1, 0, 1])
    """
    keys = packed(colors)
    order = np.argsort(keys, kind="stable")
    new = np.ones(len(keys), np.bool_)
    new[1:] = keys[order[1:]] != keys[order[:-1]]
    inverse = np.empty(len(keys), np.intp)
    inverse[order] = np.cumsum(new) - 1
    return order[new], inverse
