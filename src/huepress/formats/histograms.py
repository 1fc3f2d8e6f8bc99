"""Histograms as files, to count a million pictures in parts and on many machines.

A histogram file is an ``.npz`` that plain `numpy.load` reads:

=========== ======================= ==============================================================
array       shape, type             meaning
=========== ======================= ==============================================================
colors      (n, 3) or (n, 4) uint8  distinct colours in ascending order, straight alpha; full
                                    transparency is (0, 0, 0, 0)
counts      (n,) uint64             pixels of each
version     () int64                1
=========== ======================= ==============================================================

Parts add up exactly, in any order: the sum of parts is the histogram of all pictures at once.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from huepress.common.arrays import widened
from huepress.errors import FormatError, InputError, OptionError
from huepress.formats import archive
from huepress.formats.archive import Archive
from huepress.read.opening import opened
from huepress.values.histogram import Histogram

VERSION = 1
"""The version that this program writes, and the newest it reads."""

_LEVEL = 6
_MOST_BYTES = 1 << 30
"""Of an array: the counts of 2^27 colours. There are 2^24 opaque ones."""


def write_histogram(histogram: Histogram) -> bytes:
    """Write a histogram file; the same histogram gives the same bytes with the same zlib.

    Parameters
    ----------
    histogram : Histogram
        The colours and their counts.

    Returns
    -------
    bytes
        An ``.npz``.

    Examples
    --------
    >>> import io
    >>> part = Histogram(np.array([[0, 0, 0], [255, 0, 0]], np.uint8), np.array([3, 1], np.uint64))
    >>> np.load(io.BytesIO(write_histogram(part)))["counts"].tolist()
    [3, 1]
    """
    return archive.write(
        {
            "colors": histogram.colors,
            "counts": histogram.counts,
            "version": np.array(VERSION, "<i8"),
        },
        _LEVEL,
    )


def read_histogram(path: str | Path) -> Histogram:
    """Read a histogram file.

    Parameters
    ----------
    path : str or Path
        An ``.npz`` that `write_histogram` has made.

    Returns
    -------
    Histogram
        Exactly the one that was written.

    Raises
    ------
    InputError
        If the file cannot be read.
    FormatError
        If it is damaged, or something else.

    Examples
    --------
    >>> import tempfile
    >>> part = Histogram.of(np.zeros((2, 2, 3), np.uint8))
    >>> path = Path(tempfile.mkdtemp(), "part.npz")
    >>> path.write_bytes(write_histogram(part)) > 0
    True
    >>> read_histogram(path) + part == part + part
    True
    """
    path = Path(path)
    with opened(path) as file:
        try:
            data = file.read()
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        return _decoded(data)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error


def _decoded(data: bytes) -> Histogram:
    with Archive(data, "histogram", "colors, counts and version") as held:
        held.check_version(VERSION)
        colors = held.array("colors", np.uint8, 2, _MOST_BYTES)
        counts = held.array("counts", np.uint64, 1, _MOST_BYTES)
    try:
        return Histogram(colors, counts)
    except OptionError as error:
        raise FormatError(f"a histogram that contradicts itself: {error}") from error


def digest(histogram: Histogram) -> str:
    """Name a histogram by its content: SHA-256 of each colour as four bytes, then of the counts.

    Counts are little-endian, 8 bytes each; colours that no pixel has do not count, nor does an
    alpha that is opaque throughout.

    Examples
    --------
    >>> opaque = Histogram.of(np.zeros((2, 2, 3), np.uint8))
    >>> with_alpha = Histogram.of(np.array([[[0, 0, 0, 255]] * 4], np.uint8))
    >>> digest(opaque) == digest(with_alpha)
    True
    """
    there = histogram.counts > 0
    found = hashlib.sha256(widened(histogram.colors[there], 4).tobytes())
    found.update(histogram.counts[there].astype("<u8").tobytes())
    return found.hexdigest()
