"""Moving GIF: a palette for all patches, or one each; one clear entry a patch; hundredths.

By the rules of https://www.w3.org/Graphics/GIF/spec-gif89a.txt.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.errors import FormatError
from huepress.formats import gif
from huepress.formats.common import Effort
from huepress.formats.moving.stage import Limits, MovingFile, Stage, check_inside, check_stage
from huepress.values.patch import Patch

LIMITS = Limits("GIF", gif.MAX_SIDE, 1 << 16, 655_350)
FRAME_BYTES = 0
"""Of a patch beside what `coded` returns."""

_KEEP, _CLEAR = 1, 2
_MOST_UNITS = 0xFFFF


class _Placed(NamedTuple):
    """The entry of each pixel, the one that leaves it, and the palette where it is the patch's."""

    places: NDArray[np.uint8]
    leaving: int | None
    entries: NDArray[np.uint8] | None
    depth: int

    @property
    def bits(self) -> int:
        """Of a label, as LZW begins."""
        return max(2, int(self.places.max()).bit_length())

    def image(self, patch: Patch, effort: Effort) -> bytes:
        height, width = patch.labels.shape
        local = self.entries is not None
        flags = (_CLEAR if patch.clears else _KEEP) << 2 | (self.leaving is not None)
        return b"".join(
            (
                b"!\xf9\x04" + struct.pack("<BHBB", flags, 0, self.leaving or 0, 0),
                b"," + struct.pack("<HHHH", patch.left, patch.top, width, height),
                bytes([0x80 | self.depth - 1 if local else 0]),
                gif.color_table(self.entries, self.depth) if self.entries is not None else b"",
                _core.lzw(self.places, effort="quick" if effort == "fast" else "normal"),
            )
        )


def coded(patch: Patch, stage: Stage, effort: Effort = "default") -> bytes:
    """Write the control block, which lacks the delay, and the image with its own palette, if any.

    A patch of the palette of all others gets one of its own where that takes fewer bytes: few
    colours far apart in a large palette make wide codes.
    """
    _check(patch, stage)
    if not stage.shares(patch.codebook):
        return _local(patch).image(patch, effort)
    placed = _shared(patch, stage)
    data = placed.image(patch, effort)
    if effort == "fast":
        return data
    local = _local(patch)
    # Each code of LZW gets shorter by so many bits at the most.
    saved = len(data) * (placed.bits - local.bits) // (placed.bits + 1)
    if saved <= 3 << local.depth:
        return data
    return min(data, local.image(patch, effort), key=len)


def _check(patch: Patch, stage: Stage) -> None:
    check_stage(stage, LIMITS)
    check_inside(patch, stage)
    gif.check_binary(patch.codebook.rgba[:, 3])
    if patch.replaces:
        raise FormatError(
            "a patch replaces the canvas, and those of a GIF are painted over it; "
            "let the patch before it clear its place, or write APNG or WebP"
        )


def _shared(patch: Patch, stage: Stage) -> _Placed:
    """Place a patch in the palette of all; the lowest entry that it does not paint leaves pixels.

    Then no label is larger than need be, and LZW begins with fewer bits.
    """
    painted, left = _labels(patch)
    depth = _stage_depth(stage)
    lut = np.zeros(len(patch.codebook) + 1, np.uint8)
    lut[painted] = painted
    leaving = None
    if len(left):
        free = np.setdiff1d(np.arange(1 << depth), painted)
        if not len(free):
            raise _too_many(len(painted))
        leaving = int(free[0])
        lut[left] = leaving
    return _Placed(np.ascontiguousarray(lut[patch.labels]), leaving, None, depth)


def _local(patch: Patch) -> _Placed:
    """Make a palette of the codes that some pixel has, and place the patch in it."""
    painted, left = _labels(patch)
    n = len(painted) + (len(left) > 0)
    if n > gif.MAX_CODES:
        raise _too_many(len(painted))
    lut = np.zeros(len(patch.codebook) + 1, np.uint8)
    lut[painted] = np.arange(len(painted))
    leaving = None
    if len(left):
        leaving = len(painted)
        lut[left] = leaving
    places = np.ascontiguousarray(lut[patch.labels])
    return _Placed(places, leaving, patch.codebook.colors[painted], gif.table_depth(n))


def _labels(patch: Patch) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """List the labels that some pixel has, those that paint it and those that leave it."""
    opaque = np.append(patch.codebook.rgba[:, 3] == 255, False)
    used = np.bincount(patch.labels.ravel(), minlength=len(opaque)) > 0
    return np.flatnonzero(used & opaque), np.flatnonzero(used & ~opaque)


def _too_many(k: int) -> FormatError:
    return FormatError(
        f"a patch of {k} codes that leaves pixels, and a GIF tells {gif.MAX_CODES} entries apart, "
        "the one that leaves included; use k ≤ 255, or leave no pixel"
        if k == gif.MAX_CODES
        else f"a patch of {k} codes exceeds the {gif.MAX_CODES} entries of a GIF's palette; "
        "use k ≤ 256, or write APNG or WebP"
    )


def _stage_depth(stage: Stage) -> int:
    """Return the bits of a place in the palette of all patches; what leaves may take an entry."""
    assert stage.codebook is not None
    k = len(stage.codebook)
    if k > gif.MAX_CODES:
        raise _too_many(k)
    is_clear = (stage.codebook.rgba[:, 3] == 0).any()
    return gif.table_depth(min(k + (stage.leaves and not is_clear), gif.MAX_CODES))


class GifFile(MovingFile):
    """A GIF that grows patch by patch.

    Delays are hundredths: rounded so that no sum of them is more than 5 ms off.
    """

    limits = LIMITS
    _may_replace = False

    def _begin(self) -> None:
        self._shown = self._written = 0
        stage = self._stage
        flags, table = 0, b""
        if stage.codebook is not None:
            gif.check_binary(stage.codebook.rgba[:, 3])
            depth = _stage_depth(stage)
            flags, table = 0xF0 | depth - 1, gif.color_table(stage.codebook.colors, depth)
        self._file.write(
            b"GIF89a" + struct.pack("<HHBBB", stage.width, stage.height, flags, 0, 0) + table
        )
        if stage.loops != 1:
            # Players show it once, and then so many times more; 0 is for ever.
            again = max(0, stage.loops - 1)
            self._file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", again, 0))

    def _delays(self, duration: int) -> list[tuple[int, int]]:
        self._shown += duration
        units = (self._shown + 5) // 10 - self._written
        self._written += units
        whole, rest = divmod(units, _MOST_UNITS)
        counts = [_MOST_UNITS] * whole + [rest] * (rest > 0 or not whole)
        return [(count, 100) for count in counts]

    def _coded(self, patch: Patch) -> bytes:
        return coded(patch, self._stage)

    def _put(self, patch: Patch, data: bytes, delay: tuple[int, int]) -> None:
        leaves = data[3] & 1
        flags = (_CLEAR if patch.clears else _KEEP) << 2 | leaves
        self._file.write(data[:3] + struct.pack("<BH", flags, delay[0]))
        self._file.write(memoryview(data)[6:])
        self._n_frames += 1

    def _end(self) -> None:
        self._file.write(b";")
