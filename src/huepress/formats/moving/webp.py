"""Animated lossless WebP: a palette each patch, full alpha, even places, thousandths.

By the rules of https://developers.google.com/speed/webp/docs/riff_container.
"""

from __future__ import annotations

import struct

import numpy as np

from huepress.errors import FormatError
from huepress.formats import webp
from huepress.formats.common import Effort
from huepress.formats.moving.stage import (
    Limits,
    MovingFile,
    Stage,
    check_inside,
    check_stage,
    is_painted_over,
)
from huepress.values.codebook import Codebook
from huepress.values.indexed import IndexedImage
from huepress.values.patch import Patch

LIMITS = Limits("WebP", webp.MAX_SIDE, 0xFFFF, 0xFFFFFF)
FRAME_BYTES = 8 + 16 + 8
"""Of a patch beside what `coded` returns: the heads of its frame and of its image data."""

_ANIMATED, _ALPHA = 1 << 1, 1 << 4
_CLEAR, _REPLACE = 1, 2
_FLAGS_AT = 20
_MOST_BYTES = 0xFFFFFFFE


def coded(patch: Patch, stage: Stage, effort: Effort = "default") -> bytes:
    """Write a patch's image data, with its own palette of the codes that some pixel has."""
    check_stage(stage, LIMITS)
    check_inside(patch, stage)
    if patch.left % 2 or patch.top % 2:
        raise FormatError(
            f"a patch at ({patch.left}, {patch.top}), and places in a WebP are even; "
            "widen it to the left or upwards by a pixel"
        )
    indexed = IndexedImage(*_with_clear(patch)).without_unused()
    return webp.image_data(webp.encode(indexed, effort=effort))


def _with_clear(patch: Patch) -> tuple[Codebook, np.ndarray]:
    """Return the codes and labels of a patch, those that leave a pixel being a clear code."""
    if not patch.leaves:
        return patch.codebook, patch.labels
    codes, k = patch.codebook.rgba, len(patch.codebook)
    clear = np.flatnonzero(codes[:, 3] == 0)
    if len(clear):
        labels = np.where(patch.labels == k, clear[0], patch.labels)
        return patch.codebook, labels
    return Codebook(np.concatenate([codes, np.zeros((1, 4), np.uint8)])), patch.labels


class WebpFile(MovingFile):
    """An animated WebP that grows patch by patch."""

    limits = LIMITS

    def _begin(self) -> None:
        stage, self._has_alpha = self._stage, False
        sides = _three(stage.width - 1) + _three(stage.height - 1)
        self._file.write(b"RIFF" + bytes(4) + b"WEBP")
        self._file.write(webp.chunk(b"VP8X", bytes(4) + sides))
        self._file.write(webp.chunk(b"ANIM", bytes(4) + struct.pack("<H", stage.loops)))

    def _delays(self, duration: int) -> list[tuple[int, int]]:
        whole, rest = divmod(duration, LIMITS.duration)
        counts = [LIMITS.duration] * whole + [rest] * (rest > 0 or not whole)
        return [(count, 1000) for count in counts]

    def _coded(self, patch: Patch) -> bytes:
        return coded(patch, self._stage)

    def _put(self, patch: Patch, data: bytes, delay: tuple[int, int]) -> None:
        replaces = not self._n_frames or not is_painted_over(patch)
        height, width = patch.labels.shape
        numbers = (patch.left // 2, patch.top // 2, width - 1, height - 1, delay[0])
        head = b"".join(map(_three, numbers))
        flags = _REPLACE * replaces | _CLEAR * patch.clears
        frame = webp.chunk(b"ANMF", head + bytes([flags]) + webp.chunk(b"VP8L", data))
        if self._file.tell() - self._start + len(frame) - 8 > _MOST_BYTES:
            raise FormatError(
                f"a WebP of more than {_MOST_BYTES:,} bytes, which is the format's limit; "
                "use fewer frames, or write APNG"
            )
        self._file.write(frame)
        # The head of image data: a signature, 14 bits a side, whether there is alpha.
        self._has_alpha |= patch.clears or bool(data[4] & 0x10)
        self._n_frames += 1

    def _end(self) -> None:
        size = self._file.tell() - self._start - 8
        self._write_at(4, struct.pack("<I", size))
        self._write_at(_FLAGS_AT, bytes([_ANIMATED | (_ALPHA if self._has_alpha else 0)]))


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")
