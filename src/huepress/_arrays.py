"""Arrays that a frozen value can hold: contiguous, of one dtype, and never written again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from huepress.errors import OptionError

if TYPE_CHECKING:
    from huepress.image import Image

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


def as_pixels(image: Image | NDArray[Any]) -> NDArray[np.uint8]:
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
    pixels = image if isinstance(image, np.ndarray) else image.pixels
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
