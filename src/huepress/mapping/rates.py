"""Rate-aware labels: chosen together with the copies that DEFLATE will make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.colorspace import Space, checked_space
from huepress.common.arrays import as_pixels, owned, widened
from huepress.common.checks import instance, share, thread_count, whole
from huepress.errors import OptionError
from huepress.values.codebook import Codebook
from huepress.values.indexed import IndexedImage

if TYPE_CHECKING:
    from huepress.values.image import Image


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
    >>> from huepress import nearest
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
