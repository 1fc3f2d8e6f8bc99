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
_CLEAR_ENTRY = 0
_MOST_UNITS = 0xFFFF


class _Placed(NamedTuple):
    """The entry of each pixel, whether the first is clear, and the palette if it is the patch's."""

    places: NDArray[np.uint8]
    has_clear: bool
    entries: NDArray[np.uint8] | None
    depth: int

    @property
    def bits(self) -> int:
        """Of a label, as LZW begins."""
        return max(2, int(self.places.max()).bit_length())

    def image(self, patch: Patch, effort: Effort) -> bytes:
        height, width = patch.labels.shape
        local = self.entries is not None
        return b"".join(
            (
                b"!\xf9\x04"
                + struct.pack("<BHBB", _flags(patch, self.has_clear), 0, _CLEAR_ENTRY, 0),
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
    painted, is_clear = _used(patch)
    if not stage.shares(patch.codebook) or (is_clear and not _has_clear(stage)):
        return _local(patch, painted, has_clear=is_clear).image(patch, effort)
    placed = _shared(patch, stage, has_clear=is_clear)
    data = placed.image(patch, effort)
    if effort == "fast":
        return data
    local = _local(patch, painted, has_clear=is_clear)
    # Each code of LZW gets shorter by so many bits at the most.
    saved = len(data) * (placed.bits - local.bits) // (placed.bits + 1)
    if saved <= 3 << local.depth:
        return data
    return min(data, local.image(patch, effort), key=len)


def _flags(patch: Patch, has_clear: bool) -> int:
    return (_CLEAR if patch.clears else _KEEP) << 2 | has_clear


def _check(patch: Patch, stage: Stage) -> None:
    check_stage(stage, LIMITS)
    check_inside(patch, stage)
    gif.check_binary(patch.codebook.rgba[:, 3])
    if patch.replaces:
        raise FormatError(
            "a patch replaces the canvas, and those of a GIF are painted over it; "
            "let the patch before it clear its place, or write APNG or WebP"
        )


def _used(patch: Patch) -> tuple[NDArray[np.intp], bool]:
    """List the labels that paint some pixel, and tell whether a clear entry is needed.

    So it is to clear the place afterwards: ImageMagick and ffmpeg fill it with a colour otherwise.
    """
    opaque = np.append(patch.codebook.rgba[:, 3] == 255, False)
    used = np.bincount(patch.labels.ravel(), minlength=len(opaque)) > 0
    return np.flatnonzero(used & opaque), patch.clears or bool((used & ~opaque).any())


def _shared(patch: Patch, stage: Stage, *, has_clear: bool) -> _Placed:
    """Place a patch in the palette of all."""
    entries, lut = _palette(stage)
    places = np.ascontiguousarray(lut[patch.labels])
    return _Placed(places, has_clear, None, gif.table_depth(len(entries)))


def _local(patch: Patch, painted: NDArray[np.intp], *, has_clear: bool) -> _Placed:
    """Make a palette of the codes that some pixel has, and place the patch in it."""
    n = len(painted) + has_clear
    if n > gif.MAX_CODES:
        raise FormatError(
            f"a patch of {len(painted)} codes{' and a clear entry' if has_clear else ''} exceeds "
            f"the {gif.MAX_CODES} entries of a GIF's palette; use k ≤ 256, or k ≤ 255 where "
            "patches leave pixels or clear their place, or write APNG or WebP"
        )
    lut = np.zeros(len(patch.codebook) + 1, np.uint8)
    lut[painted] = np.arange(has_clear, n)
    entries = np.concatenate(
        [np.zeros((int(has_clear), 3), np.uint8), patch.codebook.colors[painted, :3]]
    )
    places = np.ascontiguousarray(lut[patch.labels])
    return _Placed(places, has_clear, entries, gif.table_depth(n))


def _palette(stage: Stage) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Make the palette of all patches, and list the entry of each label.

    The clear entry is the first, and so the background too: then ffmpeg clears a place.
    """
    assert stage.codebook is not None
    codes, k = stage.codebook.rgba, len(stage.codebook)
    gif.check_binary(codes[:, 3])
    if k > gif.MAX_CODES:
        raise FormatError(
            f"k={k} exceeds the {gif.MAX_CODES} colours of a GIF; use k ≤ 256, no codebook of the "
            "stage (a palette each), or write APNG or WebP"
        )
    opaque = codes[:, 3] == 255
    entries, lut = codes[opaque, :3], np.zeros(k + 1, np.uint8)
    has_clear = _has_clear(stage)
    lut[:k][opaque] = np.arange(has_clear, has_clear + len(entries))
    if has_clear:
        entries = np.concatenate([np.zeros((1, 3), np.uint8), entries])
    return entries, lut


def _has_clear(stage: Stage) -> bool:
    """Whether the palette of all patches has a clear entry; other patches get their own palette."""
    assert stage.codebook is not None
    clear = bool((stage.codebook.rgba[:, 3] == 0).any())
    return clear or (stage.leaves and len(stage.codebook) < gif.MAX_CODES)


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
            entries, _ = _palette(stage)
            depth = gif.table_depth(len(entries))
            flags, table = 0xF0 | depth - 1, gif.color_table(entries, depth)
        self._file.write(
            b"GIF89a" + struct.pack("<HHBBB", stage.width, stage.height, flags, _CLEAR_ENTRY, 0)
        )
        self._file.write(table)
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
        flags = _flags(patch, bool(data[3] & 1))
        self._file.write(data[:3] + struct.pack("<BH", flags, delay[0]))
        self._file.write(memoryview(data)[6:])
        self._n_frames += 1

    def _end(self) -> None:
        self._file.write(b";")
