"""Nearest codes: every pixel gets the label of the code that is closest to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.colorspace import Space, checked_space
from huepress.common.arrays import as_pixels, owned
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
        Where distances are measured; ties go to the lowest index.
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
    labels = _core.map_nearest(
        as_pixels(image),
        instance("codebook", codebook, Codebook).colors,
        checked_space(space),
        threads=thread_count(threads),
    )
    return IndexedImage(codebook, owned(labels))
