"""What the search asks of a format: labels that suit its coder, and the bytes they should take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.formats import gif, webp
from huepress.formats.png import overhead, quick_size
from huepress.values.indexed import IndexedImage


@dataclass(frozen=True, slots=True)
class Codec:
    """One coder of labels.

    Parameters
    ----------
    rate_aware : callable
        The kernel that chooses labels for it, with the arguments of `_core.rate_aware`; returns
        them with the bytes that they should take.
    size : callable
        Estimates the bytes of a file of labels that were chosen without a look at them.
    overhead : callable
        Counts the bytes of a file beside its coded labels.
    """

    rate_aware: Callable[..., tuple[NDArray[np.uint8], int]]
    size: Callable[[IndexedImage], int]
    overhead: Callable[[IndexedImage], int]


_PACKED_PIXELS = 1 << 14
"""PNGs of no more pixels are often written a byte a label: by labels chosen for packed rows, emoji
took 3 to 16 % more bytes, icons of 32 pixels a side up to 7 % more, and sizes went unfilled."""


def _rate_aware_packed(
    pixels: NDArray[np.uint8], codebook: NDArray[np.uint8], *where: Any, **how: Any
) -> tuple[NDArray[np.uint8], int]:
    """Choose labels by the bytes that they share where the codes are few."""
    small = pixels.shape[0] * pixels.shape[1] <= _PACKED_PIXELS
    pack = 1 if small or len(codebook) > 16 else 2 if len(codebook) > 4 else 4
    return _core.rate_aware(pixels, codebook, *where, pack=pack, **how)


DEFLATE = Codec(_rate_aware_packed, quick_size, overhead)


def _rate_aware_lzw(
    pixels: NDArray[np.uint8], *where: Any, chain: int, **how: Any
) -> tuple[NDArray[np.uint8], int]:
    """Follow four times as many phrases as DEFLATE's kernel looks at earlier places."""
    gif.check_sides(pixels.shape[1], pixels.shape[0])
    labels, coded = _core.rate_aware_lzw(pixels, *where, beam=4 * chain, **how)
    return labels, coded + coded // 255  # a length for each block


CODECS: dict[str, Codec] = {
    "gif": Codec(_rate_aware_lzw, gif.quick_size, gif.overhead),
    "webp": Codec(partial(_core.rate_aware, vp8l=True), webp.quick_size, webp.overhead),
}
"""Coders by format; the others are searched as deflated."""


def codec_of(name: str) -> Codec:
    """Return the coder of a format."""
    return CODECS.get(name, DEFLATE)
