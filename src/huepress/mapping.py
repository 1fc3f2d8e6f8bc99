"""From pixels to labels, given a codebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress._arrays import as_pixels, owned, widened
from huepress._checks import instance, share, thread_count, whole
from huepress.codebook import Codebook
from huepress.colorspace import Space, checked_space
from huepress.errors import OptionError
from huepress.indexed import IndexedImage

if TYPE_CHECKING:
    from huepress.image import Image


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
    of its levels in sRGB; what no mixture of the codes gives is not passed on for ever, so that no
    pixel strays far beyond its nearest code and the codebook's usual gaps. Premultiplied errors
    are diffused, and fully transparent pixels neither take nor pass any.

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
    threads: int = 0,
) -> IndexedImage:
    """Mix two codes for every colour in a fixed blue-noise pattern.

    The pattern stands still from frame to frame and from tile to tile, which diffusion does not.
    Its 64 x 64 thresholds come from the void-and-cluster method (Ulichney, 1993).

    Parameters
    ----------
    image : Image or (h, w, 3 or 4) uint8 ndarray
        The picture.
    codebook : Codebook
        The codes.
    space : {'oklab', 'srgb', 'linear'}
        Where colours are compared. They are mixed by their levels in sRGB, else as light.
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
    labels = _core.ordered(
        as_pixels(image),
        instance("codebook", codebook, Codebook).colors,
        checked_space(space),
        threads=thread_count(threads),
    )
    return IndexedImage(codebook, owned(labels))


def rate_aware(
    image: Image | NDArray[np.uint8],
    codebook: Codebook,
    *,
    rate: int,
    feedback: float = 0.0,
    space: Space = "oklab",
    threads: int = 0,
) -> IndexedImage:
    """Choose labels together with the LZ77 parse that DEFLATE will make of them.

    A shortest path through each row weighs errors against bits: a step is a literal label or part
    of a copy from an earlier place (Ziv & Lempel, 1977). Errors count less where contrast masks
    them, as in SSIM (Wang et al., 2004), and no pixel strays far from its nearest code. The file
    should be written without row filters, which would break the copies.

    Parameters
    ----------
    image : Image or (h, w, 3 or 4) uint8 ndarray
        The picture.
    codebook : Codebook
        At most 256 codes.
    rate : int
        What one bit is worth, in squared lengths of the fit space, where black and white are 16320
        apart: 0 to 131072; 0 without feedback is `nearest`. Photographs look well from 500 to
        20000.
    feedback : float
        Share of a pixel's error that the next row makes up for, 0 to 1, in steps of 1/256;
        photographs gain from 0.56, drawings do not.
    space : {'oklab', 'srgb', 'linear'}
        Where errors are measured.
    threads : int
        Threads for the masking, 0 for one a core; the result is the same for any number.

    Returns
    -------
    IndexedImage
        Labels into `codebook`.

    Raises
    ------
    OptionError
        If there are more than 256 codes, or `rate` or `feedback` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).integers(120, 136, (32, 32, 3)).astype(np.uint8)
    >>> codes = Codebook.from_hex(["#7a7a7a", "#808080", "#868686"])
    >>> plain = nearest(noise, codes).labels
    >>> calm = rate_aware(noise, codes, rate=10000).labels
    >>> int((np.diff(calm) != 0).sum()) < int((np.diff(plain) != 0).sum()) / 2
    True
    """
    if len(instance("codebook", codebook, Codebook)) > 256:
        raise OptionError(f"{len(codebook)} codes exceed the 256 of DEFLATE's symbols; use fewer")
    rate = whole("rate", rate, 0, 1 << 17)
    feedback = share("feedback", feedback)
    pixels = as_pixels(image)
    channels = max(pixels.shape[2], codebook.colors.shape[1])
    pixels = np.ascontiguousarray(widened(pixels, channels))
    labels, _ = _core.rate_aware(
        pixels,
        np.ascontiguousarray(widened(codebook.colors, channels)),
        checked_space(space),
        _core.masking(pixels, threads=thread_count(threads)),
        rate,
        feedback=round(feedback * 256),
    )
    return IndexedImage(codebook, owned(labels))
