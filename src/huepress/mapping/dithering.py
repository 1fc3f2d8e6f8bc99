"""Dithering: labels whose codes mix, over a few pixels, to the colour that no code has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.colorspace import Space, checked_space
from huepress.common.arrays import as_pixels, owned
from huepress.common.checks import instance, share, thread_count, whole
from huepress.mapping.labels import with_own_codes
from huepress.values.codebook import Codebook
from huepress.values.indexed import IndexedImage

if TYPE_CHECKING:
    from huepress.values.image import Image

PATTERN = 64
"""Pixels after which the pattern of ordered dithering repeats, across and down."""


def error_diffusion(
    image: Image | NDArray[np.uint8],
    codebook: Codebook,
    *,
    strength: float = 1.0,
    space: Space = "oklab",
    threads: int = 0,
) -> IndexedImage:
    """Give every pixel the code nearest to its colour plus the error its neighbours left.

    Floyd & Steinberg's (1976) weights in raster order. The mean of an area's light is kept, or that
    of its levels in sRGB. Error that no mixture of the codes makes up is not passed on for ever, so
    that no pixel gets a code much farther than its nearest one and the codebook's usual gaps.
    Premultiplied errors are diffused, and fully transparent pixels neither take nor pass any.

    Parameters
    ----------
    image : Image or (h, w, 3 or 4) uint8 ndarray
        The picture.
    codebook : Codebook
        The codes.
    strength : float
        Share of the error that is passed on, 0 to 1, in steps of 1/256; 0 is `nearest`.
    space : {'oklab', 'srgb', 'linear'}
        Where the nearest code is sought. Colours are mixed by their levels in sRGB, else as light.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.

    Returns
    -------
    IndexedImage
        Labels into `codebook`.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((64, 64, 3), 128, np.uint8)
    >>> inks = Codebook.from_hex(["#000", "#fff"])
    >>> round(float(error_diffusion(grey, inks).labels.mean()), 2)  # the light of that grey
    0.22
    >>> round(float(error_diffusion(grey, inks, space="srgb").labels.mean()), 2)
    0.5
    """
    labels = _core.error_diffusion(
        as_pixels(image),
        instance("codebook", codebook, Codebook).colors,
        checked_space(space),
        round(share("strength", strength) * 256),
        threads=thread_count(threads),
    )
    return IndexedImage(codebook, owned(labels))


def ordered(
    image: Image | NDArray[np.uint8],
    codebook: Codebook,
    *,
    space: Space = "oklab",
    left: int = 0,
    top: int = 0,
    threads: int = 0,
) -> IndexedImage:
    """Mix two codes for every colour in a fixed blue-noise pattern.

    A label follows from the pixel's colour and its place alone: the threshold at column
    ``(left + x) % 64`` and row ``(top + y) % 64`` of the pattern. So it stands still from frame to
    frame, and tiles of a picture get the labels of the whole, if each is told where it lies, or if
    their sides are multiples of 64. Error diffusion gives neither.
    The 64 x 64 thresholds come from the void-and-cluster method (Ulichney, 1993).

    Parameters
    ----------
    image : Image or (h, w, 3 or 4) uint8 ndarray
        The picture.
    codebook : Codebook
        The codes.
    space : {'oklab', 'srgb', 'linear'}
        Where colours are compared. They are mixed by their levels in sRGB, else as light.
    left, top : int
        The column and row of the picture's first pixel in the larger picture it was cut from.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.

    Returns
    -------
    IndexedImage
        Labels into `codebook`. Colours that are codes are never dithered.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((64, 64, 3), 128, np.uint8)
    >>> dithered = ordered(grey, Codebook.from_hex(["#777", "#999"]), space="srgb")
    >>> sorted(set(dithered.labels.ravel().tolist()))
    [0, 1]
    """
    # The kernel's pattern begins with the picture: a strip before it, which is cut off again, moves
    # it. No label depends on another pixel.
    across, down = (whole(name, n, 0) % PATTERN for name, n in (("left", left), ("top", top)))
    pixels, colors = as_pixels(image), instance("codebook", codebook, Codebook).colors
    if across or down:
        pixels = np.pad(pixels, ((down, 0), (across, 0), (0, 0)), mode="edge")
    labels = _core.ordered(pixels, colors, checked_space(space), threads=thread_count(threads))
    labels = with_own_codes(labels, pixels, colors, space)[down:, across:]
    return IndexedImage(codebook, owned(labels))
