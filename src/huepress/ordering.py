"""Orders of a codebook: the same picture, whose labels then compress better or worse.

Every function takes an `IndexedImage` and gives a permutation for `IndexedImage.permuted`: which
code comes to each place. In all of them the codes that are not opaque come first, because a PNG
stores one alpha a code up to the last that needs it. Everything is counted in integers, so the
orders, and the files made with them, are the same on every system.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from huepress.errors import OptionError
from huepress.indexed import IndexedImage

_MAX_CHAIN = 256
"""Codes of the largest palette; the co-occurrence table has the square of it."""


def as_given(indexed: IndexedImage) -> NDArray[np.intp]:
    """Keep the codes as they are, but for those that are not opaque, which move to the front.

    Parameters
    ----------
    indexed : IndexedImage
        The picture.

    Returns
    -------
    (k,) intp ndarray
        A permutation.
    """
    return _translucent_first(indexed, np.arange(len(indexed.codebook)))


def luminance(indexed: IndexedImage) -> NDArray[np.intp]:
    """Order the codes from transparent to opaque, and from dark to light.

    Parameters
    ----------
    indexed : IndexedImage
        The picture.

    Returns
    -------
    (k,) intp ndarray
        A permutation.

    Notes
    -----
    Luminance is ITU-R BT.601's luma in thousandths.

    Examples
    --------
    >>> from huepress.codebook import Codebook
    >>> codebook = Codebook.from_hex(["#ffffff", "#ff0000", "#000000", "#00000000"])
    >>> luminance(IndexedImage(codebook, np.zeros((1, 1), np.uint8))).tolist()
    [3, 2, 1, 0]
    """
    rgba = indexed.codebook.rgba.astype(np.int64)
    luma = rgba[:, :3] @ np.array([299, 587, 114])
    return np.lexsort((luma, rgba[:, 3]))


def popularity(indexed: IndexedImage) -> NDArray[np.intp]:
    """Order the codes from the most to the least frequent.

    Parameters
    ----------
    indexed : IndexedImage
        The picture.

    Returns
    -------
    (k,) intp ndarray
        A permutation.
    """
    counts = indexed.counts().astype(np.int64)
    return _translucent_first(indexed, np.argsort(-counts, kind="stable"))


def principal_axis(indexed: IndexedImage) -> NDArray[np.intp]:
    """Order the codes along the direction in which the codebook extends furthest.

    Parameters
    ----------
    indexed : IndexedImage
        The picture.

    Returns
    -------
    (k,) intp ndarray
        A permutation.

    Notes
    -----
    The axis is found by power iteration on the integer covariance matrix of the codes: 64 rounds in
    fixed point, where a library's eigenvectors would differ in their last bits between systems.
    """
    colors = indexed.codebook.rgba[:, :3].astype(np.int64)
    centered = len(colors) * colors - colors.sum(axis=0)
    # Python integers: a covariance of 65536 codes does not fit 64 bits.
    covariance = centered.astype(object).T @ centered.astype(object)
    axis = covariance[int(np.argmax(np.diag(covariance)))]
    for _ in range(64):
        axis = covariance @ axis
        excess = max(int(abs(x)).bit_length() for x in axis) - 16
        if excess > 0:
            axis = axis >> excess
    if axis.sum() < 0:
        axis = -axis
    place = colors @ axis.astype(np.int64)
    return _translucent_first(indexed, np.argsort(place, kind="stable"))


def co_occurrence(indexed: IndexedImage) -> NDArray[np.intp]:
    """Chain the codes so that those that touch each other in the picture get close labels.

    Parameters
    ----------
    indexed : IndexedImage
        The picture; at most 256 codes.

    Returns
    -------
    (k,) intp ndarray
        A permutation.

    Raises
    ------
    OptionError
        If there are more than 256 codes.

    References
    ----------
    A. J. Pinho and A. J. R. Neves, "A note on Zeng's technique for color re-indexing of
    palette-based images", IEEE Signal Processing Letters 11(2), 2004.
    """
    k = len(indexed.codebook)
    if k > _MAX_CHAIN:
        raise OptionError(
            f"a co-occurrence order of {k} codes; it serves palettes, of at most {_MAX_CHAIN}"
        )
    touching = _touching(indexed.labels, k)
    if k < 3 or not touching.any():
        return as_given(indexed)
    first, second = np.unravel_index(int(np.argmax(touching)), touching.shape)
    chain = [int(first), int(second)]
    ties = touching[first] + touching[second]
    ties[chain] = -1
    for n in range(2, k):
        code = int(np.argmax(ties))
        # The end at which the codes it touches most are nearer.
        lean = int(np.arange(n - 1, -n, -2) @ touching[code, chain])
        if lean > 0:
            chain.insert(0, code)
        else:
            chain.append(code)
        ties = np.where(ties >= 0, ties + touching[code], -1)
        ties[code] = -1
    return _translucent_first(indexed, np.array(chain))


def _touching(labels: NDArray[np.uint8] | NDArray[np.uint16], k: int) -> NDArray[np.int64]:
    """Count, symmetrically, how often two different codes are neighbours in a row or a column."""
    plane = labels.astype(np.int32)
    pairs = np.bincount((plane[:, :-1] * k + plane[:, 1:]).ravel(), minlength=k * k)
    pairs += np.bincount((plane[:-1] * k + plane[1:]).ravel(), minlength=k * k)
    table = pairs.reshape(k, k).astype(np.int64)
    table += table.T
    np.fill_diagonal(table, 0)
    return table


def _translucent_first(indexed: IndexedImage, order: NDArray[np.intp]) -> NDArray[np.intp]:
    opaque = indexed.codebook.rgba[order, 3] == 255
    return order[np.argsort(opaque, kind="stable")]
