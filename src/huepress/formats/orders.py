"""Orders of a codebook: the same picture, whose labels then compress better or worse.

Every function takes an `IndexedImage` and gives a permutation for `IndexedImage.permuted`: which
code comes to each place. In all of them the codes that are not opaque come first, because a PNG
stores one alpha a code up to the last that needs it. Everything is counted in integers, so the
orders, and the files made with them, are the same on every system.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.common.arrays import luma
from huepress.errors import OptionError
from huepress.values.indexed import IndexedImage

_MAX_CHAIN = 256
"""Codes of the largest palette; the table of how often two codes touch has the square of it."""


def luminance(indexed: IndexedImage) -> NDArray[np.intp]:
    """Order the codes from transparent to opaque, and from dark to light by the luma of BT.601.

    Examples
    --------
    >>> from huepress.values.codebook import Codebook
    >>> codebook = Codebook.from_hex(["#ffffff", "#ff0000", "#000000", "#00000000"])
    >>> luminance(IndexedImage(codebook, np.zeros((1, 1), np.uint8))).tolist()
    [3, 2, 1, 0]
    """
    rgba = indexed.codebook.rgba
    return np.lexsort((luma(rgba), rgba[:, 3]))


def popularity(indexed: IndexedImage) -> NDArray[np.intp]:
    """Order the codes from the most to the least frequent."""
    counts = indexed.counts().astype(np.int64)
    return _translucent_first(indexed, np.argsort(-counts, kind="stable"))


def co_occurrence(indexed: IndexedImage) -> NDArray[np.intp]:
    """Chain the codes so that those that touch each other in the picture get close labels.

    Row filters predict a label from its neighbours, so the chain should make the sum of
    abs(label - neighbouring label) small over the whole picture. As in Zeng's technique, the code
    that touches the chain most is next; it goes not to an end but where the sum grows least, and in
    the end each code is taken out and put back where it is best, up to three times. See A. J. Pinho
    and A. J. R. Neves, "A note on Zeng's technique for color re-indexing of palette-based images",
    IEEE Signal Processing Letters 11(2), 2004.
    """
    chain = _core.chain_codes(_labels(indexed), len(indexed.codebook))
    return _translucent_first(indexed, chain.astype(np.intp))


def step_bits(indexed: IndexedImage) -> NDArray[np.intp]:
    """Chain the codes so that the steps from label to neighbouring label take few bits.

    `co_occurrence` makes the sum of the steps small, but what deflate makes of a step grows with
    its logarithm: a few far steps cost less than many that are each a little longer. From that
    chain on, each code in turn is taken out and put back where the sum of log2(1 + step) is least,
    up to three times. Logarithms are how W. Zeng, J. Li and S. Lei weigh distances: "An efficient
    color re-indexing scheme for palette-based compression", ICIP 2000. To exchange two codes at a
    time gains nothing more.
    """
    order = _core.settle_codes(_labels(indexed), len(indexed.codebook))
    return _translucent_first(indexed, order.astype(np.intp))


def path(indexed: IndexedImage) -> NDArray[np.intp]:
    """Link the codes that touch most into one path, from the most frequent code on.

    Along a gradient of few codes, a row filter then leaves the same small steps again and again,
    which deflate copies; `co_occurrence` makes the steps small, this makes them alike. The heaviest
    links that leave no code with three neighbours, and close no circle, are taken first. The path
    is turned so that a background has label 0, which filters leave as it is. See S. Battiato,
    G. Gallo, G. Impoco and F. Stanco, "An efficient re-indexing algorithm for color-mapped images",
    IEEE Transactions on Image Processing 13(11), 2004.
    """
    k = len(indexed.codebook)
    chain = _core.link_codes(_labels(indexed), k).astype(np.intp)
    lead = int(np.argmax(indexed.counts()[chain]))
    if lead > k // 2:
        chain, lead = chain[::-1], k - 1 - lead
    return _translucent_first(indexed, np.roll(chain, -lead))


def _labels(indexed: IndexedImage) -> NDArray[np.uint8]:
    """Return the labels of few enough codes for a table of all pairs."""
    k = len(indexed.codebook)
    if k > _MAX_CHAIN:
        raise OptionError(
            f"a co-occurrence order of {k} codes; it serves palettes, of at most {_MAX_CHAIN}"
        )
    return indexed.labels.astype(np.uint8, copy=False)


def _translucent_first(indexed: IndexedImage, order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Move the codes that are not opaque to the front, and leave the order otherwise."""
    opaque = indexed.codebook.rgba[order, 3] == 255
    return order[np.argsort(opaque, kind="stable")]
