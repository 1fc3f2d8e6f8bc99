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

_ROUNDS = 3
"""After these hardly a code still moves."""


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

    Notes
    -----
    Row filters predict a label from its neighbours, so the chain should make the sum of
    abs(label - neighbouring label) small over the whole picture. As in Zeng's technique, the code
    that touches the chain most is next; it goes not to an end but where the sum grows least, and in
    the end each code is taken out and put back where it is best, up to three times.

    References
    ----------
    A. J. Pinho and A. J. R. Neves, "A note on Zeng's technique for color re-indexing of
    palette-based images", IEEE Signal Processing Letters 11(2), 2004.
    """
    k = len(indexed.codebook)
    _check_chain(k)
    touching = _touching(indexed.labels, k)
    start = int(np.argmax(touching.max(axis=1)))
    chain = np.array([start])
    # crossing[p]: how many touching pairs have one code before place p and one from there on.
    crossing = np.zeros(2, np.int64)
    ties = touching[start].copy()
    ties[start] = -1
    for _ in range(1, k):
        code = int(np.argmax(ties))
        chain, crossing = _inserted(chain, crossing, code, touching)
        ties = np.where(ties >= 0, ties + touching[code], -1)
        ties[code] = -1
    for _ in range(_ROUNDS):
        before = chain
        for code in before:
            chain, crossing = _removed(chain, crossing, code, touching)
            chain, crossing = _inserted(chain, crossing, code, touching)
        if np.array_equal(chain, before):
            break
    return _translucent_first(indexed, chain)


def path(indexed: IndexedImage) -> NDArray[np.intp]:
    """Link the codes that touch most into one path, from the most frequent code on.

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

    Notes
    -----
    Along a gradient of few codes, a row filter then leaves the same small steps again and again,
    which deflate copies; `co_occurrence` makes the steps small, this makes them alike. The heaviest
    links that leave no code with three neighbours, and close no circle, are taken first. The path
    is turned so that a background has label 0, which filters leave as it is.

    References
    ----------
    S. Battiato, G. Gallo, G. Impoco and F. Stanco, "An efficient re-indexing algorithm for
    color-mapped images", IEEE Transactions on Image Processing 13(11), 2004.
    """
    k = len(indexed.codebook)
    _check_chain(k)
    touching = _touching(indexed.labels, k)
    firsts, seconds = np.triu_indices(k, 1)
    heaviest = np.argsort(-touching[firsts, seconds], kind="stable")
    links: list[list[int]] = [[] for _ in range(k)]
    other_end = list(range(k))  # of each fragment, held at both its ends
    missing = k - 1
    for link in heaviest:
        if missing == 0:
            break
        a, b = int(firsts[link]), int(seconds[link])
        if len(links[a]) < 2 and len(links[b]) < 2 and other_end[a] != b:
            links[a].append(b)
            links[b].append(a)
            end_a, end_b = other_end[a], other_end[b]
            other_end[end_a], other_end[end_b] = end_b, end_a
            missing -= 1
    order = [next(code for code in range(k) if len(links[code]) < 2)]
    while len(order) < k:
        order.append(next(code for code in links[order[-1]] if code not in order[-2:-1]))
    chain = np.array(order)
    lead = int(np.argmax(indexed.counts()[chain]))
    if lead > k // 2:
        chain, lead = chain[::-1], k - 1 - lead
    return _translucent_first(indexed, np.roll(chain, -lead))


def _check_chain(k: int) -> None:
    if k > _MAX_CHAIN:
        raise OptionError(
            f"a co-occurrence order of {k} codes; it serves palettes, of at most {_MAX_CHAIN}"
        )


def _inserted(
    chain: NDArray[np.intp], crossing: NDArray[np.int64], code: int, touching: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Put a code into a chain where the sum of distances between touching codes grows least."""
    ties = touching[code, chain]
    place = np.arange(len(chain) + 1)
    before = _running(ties)
    after = before[-1] - before
    moment = _running(ties * place[:-1])
    to_left = place * before - moment
    to_right = moment[-1] - moment + (1 - place) * after
    best = int(np.argmin(to_left + to_right + crossing))
    crossing = np.concatenate(
        [crossing[: best + 1] + before[: best + 1], crossing[best:] + after[best:]]
    )
    return np.insert(chain, best, code), crossing


def _removed(
    chain: NDArray[np.intp], crossing: NDArray[np.int64], code: int, touching: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Undo `_inserted`."""
    place = int(np.flatnonzero(chain == code)[0])
    chain = np.delete(chain, place)
    before = _running(touching[code, chain])
    after = before[-1] - before
    crossing = np.concatenate(
        [crossing[:place] - before[:place], crossing[place + 1 :] - after[place:]]
    )
    return chain, crossing


def _running(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sums of the first 0, 1, 2, ... values."""
    return np.concatenate([[0], np.cumsum(values)])


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
