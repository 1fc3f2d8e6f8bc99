"""Arrays that a frozen value can hold: contiguous, of one dtype, and never written again."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from huepress.errors import OptionError

Scalar = TypeVar("Scalar", bound=np.generic)


def frozen(array: NDArray[Any], dtype: type[Scalar]) -> NDArray[Scalar]:
    """Return an array as read-only and contiguous, copied if anybody could still write to it.

    The caller has checked that `dtype` can hold the values.
    """
    result = np.ascontiguousarray(array, dtype=dtype)
    if np.may_share_memory(result, array) and not _is_immutable(result):
        result = result.copy()
    return owned(result)


def _is_immutable(array: NDArray[Any]) -> bool:
    """Whether an array is read-only, and so is all that its memory belongs to."""
    owner: object = array
    while isinstance(owner, np.ndarray) and not owner.flags.writeable:
        owner = owner.base
    if isinstance(owner, memoryview):
        # What a kernel returned belongs to nobody but the array around it.
        return type(owner.obj).__module__ == "nanobind"
    return owner is None or isinstance(owner, bytes)


def owned(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Mark an array as read-only that was just made and that nobody else holds, uncopied."""
    part: object = array
    while isinstance(part, np.ndarray):
        part.flags.writeable = False
        part = part.base
    return array


def as_array(
    held: NDArray[Any], dtype: DTypeLike | None, copy: bool | None, *, fresh: bool = False
) -> NDArray[Any]:
    """Answer NumPy's ``__array__`` for a value that holds an array, or has made one for this call.

    Without a copy, as NumPy asks by ``copy=False``, only the held array itself can be given.
    """
    wanted = held.dtype if dtype is None else np.dtype(dtype)
    if copy is False and (fresh or wanted != held.dtype):
        raise ValueError("there is no array of that type without a copy; leave copy out")
    return held.astype(wanted, copy=bool(copy) and not fresh)


class HasPixels(Protocol):
    """What `as_pixels` needs of an `Image`."""

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """Height × width × 3 or 4 bytes."""


def as_pixels(image: HasPixels | NDArray[Any]) -> NDArray[np.uint8]:
    """Return the contiguous (h, w, 3 or 4) bytes of an image or an array, copied if need be."""
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
    """Return colours with an opaque alpha added, if there is none and 4 channels are asked for."""
    if colors.shape[-1] == channels:
        return colors
    opaque = np.full((*colors.shape[:-1], 1), 255, np.uint8)
    return np.concatenate([colors, opaque], axis=-1)


def luma(colors: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Weigh red, green and blue as ITU-R BT.601 does, in thousandths of a level."""
    weighed: NDArray[np.int64] = colors[..., :3] @ np.array([299, 587, 114])
    return weighed


def packed(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Pack each colour into one integer, red in the highest byte, so that they sort as colours do.

    Examples
    --------
    >>> packed(np.array([[1, 2, 3]], np.uint8)).tolist() == [0x010203]
    True
    """
    if colors.shape[1] == 4:
        return np.ascontiguousarray(colors).view(">u4")[:, 0].astype(np.uint32)
    keys = np.zeros(len(colors), np.uint32)
    for channel in range(colors.shape[1]):
        keys = keys << np.uint32(8) | colors[:, channel]
    return keys


def all_differ(colors: NDArray[np.uint8]) -> bool:
    """Tell whether no two colours are alike.

    Examples
    --------
    >>> all_differ(np.array([[9, 9, 9], [0, 0, 0], [9, 9, 9]], np.uint8))
    False
    """
    keys = np.sort(packed(colors))
    return not bool((keys[1:] == keys[:-1]).any())


def distinct(colors: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find where each distinct colour is first, in ascending order, and which of them each one is.

    As ``numpy.unique`` does, whose first call imports ``numpy.ma``: that would take every command
    longer than most fits.

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
