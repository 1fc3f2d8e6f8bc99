"""Numbers as people read them: in reports, in the titles of figures, in notebooks."""

from __future__ import annotations

import math


def size(n_bytes: float) -> str:
    """Write a number of bytes for people.

    Parameters
    ----------
    n_bytes : float
        Bytes.

    Returns
    -------
    str
        In B, KiB, MiB or GiB.

    Examples
    --------
    >>> size(819840), size(12)
    ('800.6 KiB', '12 B')
    """
    if n_bytes < 1024:
        return f"{n_bytes:.0f} B"
    for unit in ("KiB", "MiB"):
        n_bytes /= 1024
        if n_bytes < 1024:
            return f"{n_bytes:.1f} {unit}"
    return f"{n_bytes / 1024:.1f} GiB"


def decibels(psnr: float | None) -> str:
    """Write a PSNR for people.

    Parameters
    ----------
    psnr : float or None
        In dB; infinite or None for no error at all.

    Returns
    -------
    str
        With its unit, or 'lossless'.

    Examples
    --------
    >>> decibels(31.415)
    '31.41 dB'
    """
    return "lossless" if psnr is None or math.isinf(psnr) else f"{psnr:.2f} dB"


def colors(n: int) -> str:
    """Write a number of colours for people.

    Parameters
    ----------
    n : int
        Colours.

    Returns
    -------
    str
        With the noun.

    Examples
    --------
    >>> colors(1), colors(96615)
    ('1 colour', '96,615 colours')
    """
    return f"{n:,} colour{'' if n == 1 else 's'}"
