"""One PNG file: rows filtered in one way, deflated at one level, and put into chunks."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.formats.metadata import NOTHING, Metadata
from huepress.read.png_chunks import CHANNELS, SIGNATURE, chunk_parts

MAX_CODES = 256
"""Entries of the largest palette."""

RowFilter = Literal["none", "sub", "up", "average", "paeth"]
Filtering = RowFilter | Literal["min-sum", "bigrams", "entropy", "brute"]
"""How rows are filtered: all in the same way, or each in the way that a rule chooses.

``min-sum`` chooses the least sum of magnitudes, ``bigrams`` the fewest distinct pairs of bytes,
``entropy`` the pairs of the least entropy, and ``brute`` what deflates best behind the rows above.
All of them count in integers.
"""

Effort = Literal["normal", "best"]
"""Of our own writer, which takes fewer bytes than any level of libdeflate."""

Packing = int | Effort
"""A quick level of libdeflate, 1 to 12, or an effort of our own writer."""

Part = bytes | memoryview

_BRUTE_ROWS, _BRUTE_LEVEL = 4, 1
MOST_BYTES = 1 << 30
"""Of a chunk, whose length has 31 bits."""


@dataclass(frozen=True, eq=False, slots=True)
class Samples:
    """The samples of a picture as PNG stores them before rows are filtered.

    `rows` are the (h, n) bytes of all rows, `depth` bits a sample, `color_type` as in the header.
    `palette` has the (k, 3 or 4) entries where samples are places in one.
    """

    rows: NDArray[np.uint8]
    width: int
    depth: int
    color_type: int
    palette: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return self.rows.size

    @property
    def height(self) -> int:
        """Rows."""
        return len(self.rows)

    @property
    def n_pixels(self) -> int:
        """Rows times columns."""
        return self.width * self.height

    def bands(self, starts: list[int], rows: int) -> Samples:
        """Take so many rows from each start, as a picture of its own."""
        return replace(
            self, rows=np.concatenate([self.rows[start : start + rows] for start in starts])
        )

    def write(self, filtering: Filtering, packing: Packing, metadata: Metadata = NOTHING) -> bytes:
        """Write the file.

        Examples
        --------
        >>> from huepress.read.png_chunks import GREY
        >>> samples = Samples(np.zeros((2, 2), np.uint8), 2, 8, GREY)
        >>> len(samples.write("none", "normal"))
        67
        """
        data = _deflated(self._filtered(filtering), packing)
        return self._file(data, self._head(metadata))

    def write_below(
        self, limit: int, filtering: Filtering, effort: Effort, metadata: Metadata = NOTHING
    ) -> bytes | None:
        """Write the file; None where it soon shows that it would take so many bytes or more."""
        head = self._head(metadata)
        left = max(0, limit - len(self._file(b"", head)))
        data = _core.deflate(self._filtered(filtering), effort=effort, limit=left)
        return None if data is None else self._file(data, head)

    def _filtered(self, filtering: Filtering) -> NDArray[np.uint8]:
        step = max(1, CHANNELS[self.color_type] * self.depth // 8)
        return filtered(self.rows, step, filtering).reshape(-1)

    def _head(self, metadata: Metadata) -> list[Part]:
        header = struct.pack(
            ">IIBBBBB", self.width, self.height, self.depth, self.color_type, 0, 0, 0
        )
        return [
            SIGNATURE,
            *chunk_parts(b"IHDR", header),
            *_metadata_chunks(metadata),
            *palette_chunks(self.palette),
        ]

    @staticmethod
    def _file(deflated: bytes | bytearray, head: list[Part]) -> bytes:
        data, parts = memoryview(deflated), head.copy()
        for start in range(0, len(data), MOST_BYTES):
            parts += chunk_parts(b"IDAT", data[start : start + MOST_BYTES])
        return b"".join([*parts, *chunk_parts(b"IEND", b"")])


def least_depth(k: int) -> int:
    """Return the fewest bits a sample that tell k codes apart."""
    return next(depth for depth in (1, 2, 4, 8) if k <= 2**depth)


def packed(samples: NDArray[np.uint8], depth: int) -> NDArray[np.uint8]:
    """Pack rows of samples into bytes as PNG does: leftmost in the high bits, rows padded.

    Examples
    --------
    >>> packed(np.array([[1, 2, 3], [15, 0, 1]], np.uint8), 4).tobytes().hex()
    '1230f010'
    """
    if depth == 8:
        return np.ascontiguousarray(samples)
    per_byte = 8 // depth
    height, width = samples.shape
    padded = np.zeros((height, -(-width // per_byte) * per_byte), np.uint8)
    padded[:, :width] = samples
    rows = np.zeros((height, padded.shape[1] // per_byte), np.uint8)
    for place in range(per_byte):
        rows |= padded[:, place::per_byte] << np.uint8(8 - depth * (place + 1))
    return rows


def filtered(rows: NDArray[np.uint8], step: int, filtering: Filtering) -> NDArray[np.uint8]:
    """Filter rows, each behind the number of its filter; `step` is bytes a pixel, 1 at the least.

    Examples
    --------
    >>> filtered(np.array([[1, 2, 3], [1, 2, 4]], np.uint8), 1, "up").tolist()
    [[2, 1, 2, 3], [2, 0, 0, 1]]
    """
    return _brute(rows, step) if filtering == "brute" else _core.filter_rows(rows, step, filtering)


def _brute(rows: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Choose for each row the filter whose bytes deflate best behind the last rows chosen."""
    import deflate

    ways = [_core.filter_rows(rows, step, name) for name in get_args(RowFilter)]
    chosen = np.empty_like(ways[0])
    for y in range(len(rows)):
        context = chosen[max(0, y + 1 - _BRUTE_ROWS) : y + 1]
        sizes = []
        for way in ways:
            context[-1] = way[y]
            sizes.append(len(deflate.zlib_compress(context, _BRUTE_LEVEL)))
        context[-1] = ways[sizes.index(min(sizes))][y]
    return chosen


def _deflated(data: NDArray[np.uint8], packing: Packing) -> bytes | bytearray:
    if isinstance(packing, int):
        import deflate

        return deflate.zlib_compress(data, packing)
    return _core.deflate(data, effort=packing)


def _metadata_chunks(metadata: Metadata) -> Iterator[Part]:
    if metadata.icc is not None:
        profile = _deflated(np.frombuffer(metadata.icc, np.uint8), "normal")
        yield from chunk_parts(b"iCCP", b"icc\0\0" + profile)
    if metadata.exif is not None:
        yield from chunk_parts(b"eXIf", metadata.exif)
    if metadata.dpi is not None:
        per_metre = [round(value / 0.0254) for value in metadata.dpi]
        yield from chunk_parts(b"pHYs", struct.pack(">IIB", *per_metre, 1))


def palette_chunks(palette: NDArray[np.uint8] | None) -> Iterator[Part]:
    """Make the chunks of (k, 3 or 4) entries: colours, and alpha up to the last that is soft."""
    if palette is not None:
        yield from chunk_parts(b"PLTE", palette[:, :3].tobytes())
        # What tRNS leaves out is opaque.
        alpha = palette[:, 3:].tobytes().rstrip(b"\xff")
        if alpha:
            yield from chunk_parts(b"tRNS", alpha)
