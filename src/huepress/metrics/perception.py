"""How an indexed image looks beside its original: score, contours, soft edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.common.arrays import widened
from huepress.common.checks import thread_count
from huepress.metrics.error import pixels_of_both
from huepress.values.indexed import IndexedImage

if TYPE_CHECKING:
    from huepress.values.image import Image


def ssimulacra2(
    original: Image | NDArray[np.uint8],
    other: IndexedImage | Image | NDArray[np.uint8],
    *,
    threads: int = 0,
) -> float:
    """Score how close a picture looks to its original.

    SSIMULACRA2 (Jon Sneyers, Cloudinary, 2022; the version of libjxl 0.8): 100 is identical, 90
    cannot be told apart side by side, 70 is high quality, 50 medium, 30 low; a bad picture is below
    0. Where either picture has alpha, both are put on black, grey and white, and the worst counts.

    Parameters
    ----------
    original, other : Image, IndexedImage or (h, w, 3 or 4) uint8 ndarray
        Two pictures of one size.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.

    Returns
    -------
    float
        The score, the same on every machine.

    Raises
    ------
    OptionError
        If the sizes differ.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((16, 16, 3), np.uint8)
    >>> ssimulacra2(black, black)
    100.0
    """
    threads = thread_count(threads)
    pixels, others = pixels_of_both(original, other)
    channels = max(pixels.shape[2], others.shape[2])
    return _core.ssimulacra2(widened(pixels, channels), widened(others, channels), threads=threads)


def banding(
    original: Image | NDArray[np.uint8],
    other: IndexedImage | Image | NDArray[np.uint8],
    *,
    threads: int = 0,
) -> float:
    """Measure the contours that a picture adds where its original is smooth.

    Contours are the steps between flat bands of a sky, stripes in a soft shadow and streaks across
    a slope. A score hardly counts them, but the eye sees them first. The index is 0 without any,
    about 1 where the eye just sees them at 100 %, 2 where they are plain, and 5 or more where the
    picture looks cut out of paper. The worst part of the picture counts. Contours that the original
    has do not count, nor lines that are lost; texture and the noise of diffusion hide some. Where
    either picture has alpha, both are put on black, grey and white, and the worst counts.

    Parameters
    ----------
    original, other : Image, IndexedImage or (h, w, 3 or 4) uint8 ndarray
        Two pictures of one size.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.

    Returns
    -------
    float
        Root mean square of the visible steps, in half levels of sRGB bytes; the same on every
        machine.

    Raises
    ------
    OptionError
        If the sizes differ.

    See Also
    --------
    ssimulacra2 : How close a picture looks as a whole.

    Notes
    -----
    What to look for is that of the banding index CAMBI [1]_: small steps at several scales where
    nothing hides them, the worst share of the picture. It has no original; this index has, and
    takes the steps of the error, in luma and chroma.

    References
    ----------
    .. [1] P. Tandon, M. Afonso, J. Sole and L. Krasula, "CAMBI: Contrast-aware Multiscale Banding
       Index", Picture Coding Symposium, 2021. https://arxiv.org/abs/2102.00079

    Examples
    --------
    >>> import numpy as np
    >>> sky = np.repeat(np.linspace(90, 190, 256).round().astype(np.uint8), 256)
    >>> sky = np.stack([sky.reshape(256, 256)] * 3, axis=2)
    >>> [banding(sky, sky // step * step + step // 2) for step in (1, 2, 4, 8)]
    [0.0, 0.0, 1.205, 3.697]
    """
    pixels, others = pixels_of_both(original, other)
    return _core.Banding(pixels, threads=thread_count(threads)).of(others)


def softness(
    original: Image | NDArray[np.uint8], other: IndexedImage | Image | NDArray[np.uint8]
) -> float:
    """Tell which share of the translucent pixels are still translucent.

    A score hardly sees a soft edge that became a hard one where both are near opaque or clear.

    Parameters
    ----------
    original, other : Image, IndexedImage or (h, w, 3 or 4) uint8 ndarray
        Two pictures of one size.

    Returns
    -------
    float
        0 to 1; 1 where the original has no pixel that is neither opaque nor clear.

    Raises
    ------
    OptionError
        If the sizes differ.

    Examples
    --------
    >>> import numpy as np
    >>> edge = np.zeros((1, 4, 4), np.uint8)
    >>> edge[..., 3] = [0, 3, 128, 255]
    >>> softness(edge, np.where(edge > 100, edge, 0))
    0.5
    """
    pixels, others = pixels_of_both(original, other)
    soft = _translucent(pixels)
    count = int(soft.sum())
    return int((soft & _translucent(others)).sum()) / count if count else 1.0


def _translucent(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    if pixels.shape[2] == 3:
        return np.zeros(pixels.shape[:2], np.bool_)
    alpha = pixels[..., 3]
    return (alpha > 0) & (alpha < 255)
