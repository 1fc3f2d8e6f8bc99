"""Where a picture differs from its original: perceived error as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.colorspace import FIT_UNIT
from huepress.metrics.error import pixels_of_both
from huepress.values.indexed import IndexedImage

if TYPE_CHECKING:
    from huepress.values.image import Image

FULL_SCALE = 0.2
"""The colour difference that the brightest colour of the ramp stands for, and all beyond it."""

# Anchors of matplotlib's inferno (Nathaniel Smith, Stéfan van der Walt; CC0), from black: each
# step is lighter than the last, so that the order survives grey print and colour blindness.
_ANCHORS = (
    (0, 0, 0),
    (66, 10, 104),
    (147, 38, 103),
    (221, 81, 58),
    (252, 165, 10),
    (252, 255, 164),
)
_STRIP = 256


def difference_ramp() -> NDArray[np.uint8]:
    """Return the colours of a difference map, from no error to full scale.

    Returns
    -------
    (256, 3) uint8 ndarray
        Black, violet, magenta, red, orange, pale yellow. Colour i stands for a difference of
        (i / 255)² `FULL_SCALE`.

    Examples
    --------
    >>> difference_ramp()[[0, 255]].tolist()
    [[0, 0, 0], [252, 255, 164]]
    """
    positions = np.linspace(0, len(_ANCHORS) - 1, 256)
    channels = [
        np.interp(positions, range(len(_ANCHORS)), channel)
        for channel in zip(*_ANCHORS, strict=True)
    ]
    ramp: NDArray[np.uint8] = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    return ramp


def difference_map(
    original: Image | NDArray[np.uint8], other: IndexedImage | Image | NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Show where a picture looks different from its original.

    The difference of two colours is their distance in Oklab (1 is from
    black to white, about 0.02 is just noticeable); with alpha, the mean over black and white
    behind. Before it is measured, the signed error is averaged over 3 by 3 pixels with weights
    1 2 1, as an eye at a distance does: dithering that evens out stays dark, banding and shifted
    colours do not. The ramp follows the square root of the difference, so that small ones show:
    violet is 0.008, magenta 0.03, red 0.07, orange 0.13.

    Parameters
    ----------
    original, other : Image, IndexedImage or (h, w, 3 or 4) uint8 ndarray
        Two pictures of one size.

    Returns
    -------
    (h, w, 3) uint8 ndarray
        Black where nothing differs, pale yellow where the difference is `FULL_SCALE` or more. The
        same bytes on every machine.

    Raises
    ------
    OptionError
        If the sizes differ.

    Examples
    --------
    >>> import numpy as np
    >>> white = np.full((2, 2, 3), 255, np.uint8)
    >>> difference_map(white, white).max()
    np.uint8(0)
    >>> difference_map(white, white // 2)[0, 0].tolist()
    [252, 255, 164]
    """
    before, after = pixels_of_both(original, other)
    height, width = before.shape[:2]
    ramp = difference_ramp()
    out = np.empty((height, width, 3), np.uint8)
    # In strips of rows, each read with a row more on either side, to save memory.
    for top in range(0, height, _STRIP):
        bottom = min(top + _STRIP, height)
        rows = slice(max(top - 1, 0), min(bottom + 1, height))
        error = _positions(before[rows]) - _positions(after[rows])
        padding = (int(top == 0), int(bottom == height))
        error = np.pad(error, (padding, (1, 1), (0, 0)), mode="edge")
        error = error[:-2] + 2 * error[1:-1] + error[2:]
        error = error[:, :-2] + 2 * error[:, 1:-1] + error[:, 2:]
        squares = np.sum(error.astype(np.int64) ** 2, axis=2)
        difference = np.sqrt(squares) / (16 * FIT_UNIT)
        steps = 255 * np.sqrt(np.minimum(difference / FULL_SCALE, 1))
        out[top:bottom] = ramp[steps.astype(np.uint8)]
    return out


def _positions(pixels: NDArray[np.uint8]) -> NDArray[np.int32]:
    flat = np.ascontiguousarray(pixels).reshape(-1, pixels.shape[2])
    places: NDArray[np.int16] = _core.embed(flat, "oklab", gaps=False)
    return places.reshape(*pixels.shape[:2], 4).astype(np.int32)
