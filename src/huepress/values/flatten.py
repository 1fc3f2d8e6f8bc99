"""Soft alpha made hard: laid on a colour, or cut at a threshold, for files that hold no other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import owned
from huepress.errors import OptionError
from huepress.values.codebook import parse_hex
from huepress.values.image import Image
from huepress.values.palette import Palette, Slots

HALF = 128
"""The threshold where none is given, and what is soft has to be told from what is clear."""

_STRIP = 1 << 18  # pixels at once


@dataclass(frozen=True, slots=True)
class Flattening:
    """How a picture loses its soft alpha.

    Parameters
    ----------
    matte : (int, int, int), optional
        The colour to lay on what does not become clear. Without it, colours stay as they are.
    threshold : int
        Pixels whose alpha is below it become clear, all others opaque: 0 to 255; at 0 there is a
        matte and nothing is clear.

    Raises
    ------
    OptionError
        If the threshold is out of range, or 0 without a matte.

    Examples
    --------
    >>> Flattening.asked("#fff", None)
    Flattening(matte=(255, 255, 255), threshold=1)
    """

    matte: tuple[int, int, int] | None = None
    threshold: int = HALF

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 255:
            raise OptionError(
                f"alpha threshold {self.threshold} is out of range; use 0 to 255, as in "
                f"--alpha-threshold {HALF}"
            )
        if self.threshold == 0 and self.matte is None:
            raise OptionError(
                "an alpha threshold of 0 leaves nothing clear, so it needs a colour to lay the "
                "picture on; add --matte COLOR"
            )

    @classmethod
    def asked(cls, matte: str | None, threshold: int | None) -> Flattening | None:
        """Read the options.

        Parameters
        ----------
        matte : str, optional
            An opaque colour as ``#rrggbb`` or ``#rgb``.
        threshold : int, optional
            1 where only a matte is given: what is fully transparent stays so.

        Returns
        -------
        Flattening or None
            None where nothing is asked.

        Raises
        ------
        OptionError
            If one of them cannot be understood.
        """
        if matte is None and threshold is None:
            return None
        if matte is None:
            return cls(None, HALF if threshold is None else threshold)
        red, green, blue, alpha = parse_hex(matte)
        if alpha != 255:
            raise OptionError(f"matte {matte!r} is not opaque; write #rrggbb")
        return cls((red, green, blue), 1 if threshold is None else threshold)

    def colors(self, colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Flatten colours.

        Parameters
        ----------
        colors : (..., 4) uint8 ndarray
            Straight alpha.

        Returns
        -------
        (..., 4) uint8 ndarray
            Alpha 0 or 255. Colours under full transparency are those that were there.

        Notes
        -----
        Compositing is done on the sRGB bytes, as browsers and image viewers do it, rounded to the
        nearest.

        Examples
        --------
        >>> half = np.array([[200, 0, 0, 128], [9, 9, 9, 127]], np.uint8)
        >>> Flattening((255, 255, 255), 128).colors(half).tolist()
        [[227, 127, 127, 255], [9, 9, 9, 0]]
        """
        alpha = colors[..., 3:].astype(np.uint16)
        clear = colors[..., 3] < self.threshold
        result = colors.copy()
        if self.matte is not None:
            behind = np.array(self.matte, np.uint16)
            laid = (colors[..., :3] * alpha + behind * (255 - alpha) + 127) // 255
            result[..., :3] = np.where(clear[..., None], colors[..., :3], laid)
        result[..., 3] = np.where(clear, 0, 255)
        return result

    def image(self, image: Image) -> Image:
        """Flatten a picture, and the palette that it came with.

        Parameters
        ----------
        image : Image
            With or without alpha.

        Returns
        -------
        Image
            The same one where all is opaque.
        """
        slots = image.slots
        if slots is not None and (slots.palette.alpha != 255).any():
            slots = Slots(Palette(self.colors(slots.palette.entries)), slots.places)
        if not image.has_alpha:
            return image if slots is image.slots else replace(image, slots=slots)
        flat = np.empty_like(image.pixels)
        rows = max(1, _STRIP // image.width)
        for top in range(0, image.height, rows):
            flat[top : top + rows] = self.colors(image.pixels[top : top + rows])
        return replace(image, pixels=owned(flat), slots=slots)


def flattened(image: Image, matte: str | None, threshold: int | None) -> Image:
    """Flatten a picture as the options ask.

    Parameters
    ----------
    image : Image
        The picture.
    matte, threshold
        As `Flattening.asked` takes them.

    Returns
    -------
    Image
        The same one where nothing is asked, or nothing to do.
    """
    flattening = Flattening.asked(matte, threshold)
    return image if flattening is None else flattening.image(image)


def soft_pixels(image: Image) -> int:
    """Count the pixels that are neither opaque nor fully transparent.

    Parameters
    ----------
    image : Image
        The picture.

    Returns
    -------
    int
        0 for a picture without alpha.
    """
    if not image.has_alpha:
        return 0
    alpha = image.pixels[..., 3]
    return int(np.count_nonzero((alpha > 0) & (alpha < 255)))
