"""What the search asks of a format: labels that suit its coder, and the bytes they should take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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
    packs : bool, optional
        Whether its files hold several labels of few codes a byte, and the kernel takes `pack`.
    """

    rate_aware: Callable[..., tuple[NDArray[np.uint8], int]]
    size: Callable[[IndexedImage], int]
    overhead: Callable[[IndexedImage], int]
    packs: bool = False

    def labels_a_byte(self, k: int) -> int:
        """Return how many labels of k codes share a byte."""
        if not self.packs or k > 16:
            return 1
        return 4 if k <= 4 else 2


DEFLATE = Codec(_core.rate_aware, quick_size, overhead)


def _rate_aware_lzw(
    pixels: NDArray[np.uint8], *where: Any, chain: int, **how: Any
) -> tuple[NDArray[np.uint8], int]:
    """Follow four times as many phrases as DEFLATE's kernel looks at earlier places."""
    gif.check_sides(pixels.shape[1], pixels.shape[0])
    labels, coded = _core.rate_aware_lzw(pixels, *where, beam=4 * chain, **how)
    return labels, coded + coded // 255  # a length for each block


CODECS: dict[str, Codec] = {
    "png": replace(DEFLATE, packs=True),
    "gif": Codec(_rate_aware_lzw, gif.quick_size, gif.overhead),
    "webp": Codec(partial(_core.rate_aware, vp8l=True), webp.quick_size, webp.overhead),
}
"""Coders by format; the others are searched as deflated."""


def codec_of(name: str) -> Codec:
    """Return the coder of a format."""
    return CODECS.get(name, DEFLATE)
