"""Honest accounting: what pixels, labels and a codebook cost in bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from huepress.common.checks import whole


def label_bits(k: int) -> int:
    """Bits that one label of k takes at a fixed length: ⌈log2 k⌉.

    Parameters
    ----------
    k : int
        Codes.

    Returns
    -------
    int
        0 for a single code.

    Examples
    --------
    >>> [label_bits(k) for k in (1, 2, 16, 17, 256)]
    [0, 1, 4, 5, 8]
    """
    return (whole("k", k, 1) - 1).bit_length()


def raw_bits(n_pixels: int, channels: int = 3) -> int:
    """Bits of the pixels as they are: 8 a channel.

    Parameters
    ----------
    n_pixels : int
        Pixels.
    channels : int
        3 or 4.

    Returns
    -------
    int
        ``n_pixels * channels * 8``.

    Examples
    --------
    >>> raw_bits(128 * 128)
    393216
    """
    return n_pixels * channels * 8


def indexed_bits(n_pixels: int, k: int, channels: int = 3) -> int:
    """Bits of codebook and labels before any entropy coding: k·24 + N·⌈log2 k⌉.

    Parameters
    ----------
    n_pixels : int
        Pixels, N.
    k : int
        Codes.
    channels : int
        3 (24 bits a code) or 4 (32 bits a code).

    Returns
    -------
    int
        Codebook bits plus label bits.

    Examples
    --------
    >>> indexed_bits(128 * 128, 16)
    65920
    """
    return k * channels * 8 + n_pixels * label_bits(k)


def stored_bytes(n_pixels: int, k: int, code_bytes: int = 24, bytes_per_label: int = 1) -> int:
    """Bytes of the arrays that a notebook keeps: by default float64 codes and uint8 labels.

    Parameters
    ----------
    n_pixels : int
        Pixels.
    k : int
        Codes.
    code_bytes : int
        Bytes of one code; three float64 take 24.
    bytes_per_label : int
        Bytes of one label.

    Returns
    -------
    int
        ``k * code_bytes + n_pixels * bytes_per_label``.

    Examples
    --------
    >>> stored_bytes(427 * 640, 128) / 1024  # scikit-learn's china.jpg
    269.875
    """
    return k * code_bytes + n_pixels * bytes_per_label


def entropy_bits(counts: NDArray[np.integer]) -> float:
    """Zeroth-order entropy of the labels: -Σ n log2(n / N).

    Parameters
    ----------
    counts : (k,) integer ndarray
        Pixels of each code.

    Returns
    -------
    float
        Bits of all labels together, if each were coded by its share alone.

    Examples
    --------
    >>> import numpy as np
    >>> entropy_bits(np.array([2, 2, 0]))
    4.0
    """
    present = counts[counts > 0].astype(np.float64)
    return float(-(present * np.log2(present / present.sum())).sum()) + 0.0
