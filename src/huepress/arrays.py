"""Arrays in, arrays out: `rgb2ind` and `ind2rgb`, as MATLAB has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from huepress.colorspace import Space
from huepress.common.choices import Dither
from huepress.errors import OptionError
from huepress.options import CompressOptions
from huepress.pipeline.indexing import indexed
from huepress.read.samples import quantized
from huepress.values.image import Image
from huepress.values.palette import Palette

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Labels = NDArray[np.uint8] | NDArray[np.uint16]

__all__ = ["ind2rgb", "rgb2ind"]


def rgb2ind(
    array: ArrayLike,
    k: int | ArrayLike = 256,
    *,
    dither: Dither = "none",
    space: Space = "oklab",
    threads: int = 0,
) -> tuple[Labels, NDArray[Any]]:
    """Describe a picture by at most k colours: its labels, and the table that they point into.

    ``colormap[labels]`` is the picture again, in the type that it came in. Levels between the 256
    of a byte are rounded to the nearest one, halves up, before colours are learned: floats v to
    ⌊255 v + ½⌋, uint16 v to ⌊(255 v + 32767) / 65535⌋. So the colours of a colormap are levels too,
    over 255 for floats, times 257 for uint16.

    Parameters
    ----------
    array : (h, w, 3 or 4) array-like
        Red, green, blue and perhaps straight alpha: uint8, uint16 (65535 is white), or floats in
        [0, 1], as scikit-image has them.
    k : int or (n, 3 or 4) array-like
        Most colours, 1 to 65536, or a colormap to use as it is: of the array's type and channels.
    dither : {'none', 'diffusion', 'ordered'}
        How labels are chosen. MATLAB's default is diffusion.
    space : {'oklab', 'srgb', 'linear'}
        Where colours are compared.
    threads : int
        0 for one a core; the result is the same for any number.

    Returns
    -------
    labels : (h, w) ndarray
        uint8, or uint16 where there are more than 256 colours; from 0.
    colormap : (n, 3 or 4) ndarray
        As many channels as the array, and its type. Full transparency is (0, 0, 0, 0). A colormap
        that was given comes back, with one more colour where it had none for clear pixels.

    Raises
    ------
    OptionError
        If the array or colormap has another shape or type, or k is out of its range.
    InputError
        If floats are beyond [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.linspace(0, 1, 48).reshape(4, 4, 3)
    >>> labels, colormap = rgb2ind(ramp, 4)
    >>> labels.shape, labels.dtype, colormap.shape, colormap.dtype
    ((4, 4), dtype('uint8'), (4, 3), dtype('float64'))
    >>> bool(np.abs(ind2rgb(labels, colormap) - ramp).max() < 0.15)
    True
    """
    pixels = _pixels(array)
    table = None if isinstance(k, (int, np.integer)) else _colormap(k, like=pixels)
    options = CompressOptions(
        k=None if table is not None else cast(int, k),
        palette=None if table is None else Palette(quantized(table, "the colormap")),
        dither=dither,
        space=space,
        format="npz",  # which holds any number of codes, each at its place
        threads=threads,
    )
    slots = indexed(Image.read(pixels), options)
    colormap = _scaled(slots.palette.entries[:, : pixels.shape[2]], pixels.dtype)
    if table is not None:
        colormap[: len(table)] = table  # not rounded
    return slots.places.copy(), colormap


def ind2rgb(labels: ArrayLike, colormap: ArrayLike) -> NDArray[Any]:
    """Paint labels with the colours of a colormap: the way back from `rgb2ind`.

    Parameters
    ----------
    labels : array-like of integers
        Any shape; from 0, below the length of the colormap.
    colormap : (n, channels) array-like
        A colour a row.

    Returns
    -------
    (..., channels) ndarray
        ``colormap[labels]``, in the colormap's type; unlike that, with no label taken from the end.

    Raises
    ------
    OptionError
        If a label is out of range, or one of them has another shape or type.

    Examples
    --------
    >>> ind2rgb([[0, 1]], [[0.0, 0.5, 1.0], [1.0, 1.0, 1.0]]).tolist()
    [[[0.0, 0.5, 1.0], [1.0, 1.0, 1.0]]]
    """
    places, table = np.asarray(labels), np.asarray(colormap)
    if table.ndim != 2 or table.size == 0:
        raise OptionError(
            f"the colormap has shape {table.shape}; give (n, channels), a row a colour"
        )
    if places.dtype.kind not in "iu":
        raise OptionError(f"the labels are {places.dtype}; give integers")
    if places.size and not 0 <= int(places.min()) <= int(places.max()) < len(table):
        bad = places.min() if places.min() < 0 else places.max()
        raise OptionError(
            f"label {bad} for a colormap of {len(table)}; labels run from 0 to {len(table) - 1}"
        )
    painted: NDArray[Any] = table[places]
    return painted


def _pixels(array: ArrayLike) -> NDArray[Any]:
    pixels = np.asarray(array)
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise OptionError(
            f"the array has shape {pixels.shape}; give (h, w, 3) or (h, w, 4), of a grey one "
            "np.stack([grey] * 3, axis=-1)"
        )
    if pixels.dtype.kind != "f" and pixels.dtype not in (np.uint8, np.uint16):
        raise OptionError(
            f"the array holds {pixels.dtype}; give uint8, uint16 or floats in [0, 1] (levels from "
            "0 to 255: .astype(np.uint8))"
        )
    return pixels


def _colormap(colors: ArrayLike, *, like: NDArray[Any]) -> NDArray[Any]:
    table, channels = np.asarray(colors), like.shape[2]
    if table.ndim != 2 or table.shape[1] != channels or table.dtype != like.dtype:
        raise OptionError(
            f"the colormap has shape {table.shape} and type {table.dtype}; give (n, {channels}) "
            f"{like.dtype}, as the array has, or a number of colours"
        )
    return table


def _scaled(levels: NDArray[np.uint8], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Turn bytes into a type in which white is 1.0, 65535 or 255."""
    if dtype.kind == "f":
        floats: NDArray[Any] = (levels / 255).astype(dtype)
        return floats
    step = 257 if dtype == np.uint16 else 1
    integers: NDArray[Any] = levels.astype(dtype) * np.array(step, dtype)
    return integers
