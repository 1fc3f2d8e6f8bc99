"""Soft alpha made hard by a matte or a threshold, for formats that know clear and opaque only."""

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
"""The alpha threshold where none is given."""

_STRIP = 1 << 18  # pixels at once


@dataclass(frozen=True, slots=True)
class Flattening:
    """How a picture loses its soft alpha.

    Pixels whose alpha is below the threshold become clear, all others opaque, laid on the matte if
    there is one. At a threshold of 0, which needs a matte, nothing becomes clear.

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
        """Read the options, a matte as ``#rrggbb`` or ``#rgb``; None where nothing is asked.

        With a matte alone the threshold is 1: what is fully transparent stays so.
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
        """Flatten (..., 4) colours of straight alpha; those under full transparency stay.

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
        """Flatten a picture and the palette that it came with; the same one where all is opaque."""
        slots = image.slots
        if slots is not None and (slots.palette.alpha != 255).any():
            slots = Slots(
                Palette(self.colors(slots.palette.entries), slots.palette.names), slots.places
            )
        if not image.has_alpha:
            return image if slots is image.slots else replace(image, slots=slots)
        flat = np.empty_like(image.pixels)
        rows = max(1, _STRIP // image.width)
        for top in range(0, image.height, rows):
            flat[top : top + rows] = self.colors(image.pixels[top : top + rows])
        return replace(image, pixels=owned(flat), slots=slots)


def flattened(image: Image, matte: str | None, threshold: int | None) -> Image:
    """Flatten a picture as the options ask; the same one where nothing is to do."""
    flattening = Flattening.asked(matte, threshold)
    return image if flattening is None else flattening.image(image)


def soft_pixels(image: Image) -> int:
    """Count the pixels that are neither opaque nor fully transparent."""
    if not image.has_alpha:
        return 0
    alpha = image.pixels[..., 3]
    return int(np.count_nonzero((alpha > 0) & (alpha < 255)))
