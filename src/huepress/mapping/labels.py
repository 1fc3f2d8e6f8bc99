"""Nearest codes: every pixel gets the label of the code that is closest to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.colorspace import Space, checked_space
from huepress.common.arrays import as_pixels, owned, packed, widened
from huepress.common.checks import instance, thread_count
from huepress.values.codebook import Codebook
from huepress.values.indexed import IndexedImage

if TYPE_CHECKING:
    from huepress.values.image import Image


def nearest(
    image: Image | NDArray[np.uint8],
    codebook: Codebook,
    *,
    space: Space = "oklab",
    threads: int = 0,
) -> IndexedImage:
    """Give every pixel the nearest code.

    Parameters
    ----------
    image : Image or (h, w, 3 or 4) uint8 ndarray
        The picture.
    codebook : Codebook
        The codes.
    space : {'oklab', 'srgb', 'linear'}
        Where distances are measured; ties go to the pixel's own colour, then to the lowest index.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.

    Returns
    -------
    IndexedImage
        Labels into `codebook`.

    Examples
    --------
    >>> import numpy as np
    >>> pixels = np.array([[[10, 10, 10], [250, 250, 250]]], np.uint8)
    >>> nearest(pixels, Codebook.from_hex(["#000", "#fff"])).labels.tolist()
    [[0, 1]]
    """
    pixels, colors = as_pixels(image), instance("codebook", codebook, Codebook).colors
    labels = _core.map_nearest(pixels, colors, checked_space(space), threads=thread_count(threads))
    return IndexedImage(codebook, owned(with_own_codes(labels, pixels, colors, space)))


def with_own_codes(
    labels: NDArray[Any], pixels: NDArray[np.uint8], colors: NDArray[np.uint8], space: Space
) -> NDArray[Any]:
    """Give pixels the code of their own colour, where their label's code lies at the same place.

    Colours of faint alpha differ by less than a step of the fit space: it shows none of it, but a
    picture of no more than k colours is to come back exactly.
    """
    places = _core.embed(colors, space).view(np.int64)[:, 0]
    order = np.argsort(places, kind="stable")
    shared = np.zeros(len(colors), np.bool_)
    alike = np.flatnonzero(places[order[1:]] == places[order[:-1]])
    shared[order[alike]] = shared[order[alike + 1]] = True
    at = np.nonzero(shared[labels])
    if len(at[0]) == 0:
        return labels
    names = np.flatnonzero(shared)
    codes, own = packed(widened(colors[names], 4)), packed(widened(pixels[at], 4))
    names = names[np.argsort(codes)]
    codes = np.sort(codes)
    found = names[np.minimum(np.searchsorted(codes, own), len(codes) - 1)]
    is_own = (packed(widened(colors[found], 4)) == own) & (places[found] == places[labels[at]])
    labels = labels.copy()
    labels[at] = np.where(is_own, found, labels[at])
    return labels
