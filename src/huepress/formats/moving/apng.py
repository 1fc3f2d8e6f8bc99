"""APNG: a palette for all patches, or true colour; full alpha; thousandths.

By the rules of https://www.w3.org/TR/png-3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from huepress.errors import FormatError
from huepress.formats.common import Effort
from huepress.formats.metadata import NOTHING
from huepress.formats.moving.stage import (
    Limits,
    MovingFile,
    Stage,
    check_inside,
    check_stage,
    is_painted_over,
)
from huepress.formats.png import MAX_CODES
from huepress.formats.png.candidates import Candidate
from huepress.formats.png.file import MOST_BYTES, Filtering, Samples, palette_chunks
from huepress.formats.png.plans import Plan
from huepress.formats.png.trials import Draft
from huepress.read.png_chunks import PALETTE, RGB, RGBA, SIGNATURE, Walk, chunk_parts
from huepress.values.patch import Patch

LIMITS = Limits("APNG", (1 << 31) - 1, (1 << 31) - 1, 65_535_000)
FRAME_BYTES = 38 + 16
"""Of a patch beside what `coded` returns: its control chunk, and what is around its data."""

_DEPTH = 8
"""Bits a sample, of few codes too: ffmpeg misplaces the packed samples of a patch, and our deflate
makes of whole ones 2 % less on drawings of 2 to 15 codes, 3 % more on 3 that are dithered."""

_MOST_UNITS = 0xFFFF
_UNITS = (1, 10, 100, 1000)
_CLEAR, _OVER = 1, 1
_AT_ONCE: tuple[Filtering, ...] = ("none", "min-sum")


def coded(patch: Patch, stage: Stage, effort: Effort = "default") -> bytes:
    """Write a patch's zlib stream: filtered in several ways, of which the least is returned.

    Labels are not filtered by the fast effort: their copies are what makes them small.
    """
    check_stage(stage, LIMITS)
    check_inside(patch, stage)
    samples = _indexed(patch, stage) if stage.codebook is not None else _truecolor(patch, stage)
    is_indexed = samples.color_type == PALETTE

    def candidates(plan: Plan) -> Iterator[Candidate]:
        if not is_indexed:
            return (Candidate(samples, name) for name in plan.direct)
        names = ("none",) if effort == "fast" else (*_AT_ONCE, *plan.filters)
        return (
            Candidate(samples, name, later=name not in _AT_ONCE) for name in dict.fromkeys(names)
        )

    file = Draft(candidates, effort, NOTHING, threads=1).encode()
    spans = (chunk.span for chunk in Walk(BytesIO(file)) if chunk.kind == b"IDAT")
    return b"".join(file[start : start + length] for start, length in spans)


def _indexed(patch: Patch, stage: Stage) -> Samples:
    if not stage.shares(patch.codebook):
        raise FormatError(
            "a patch has codes of its own, and an APNG has one palette; give its codes to all "
            "patches, or none to the stage (true colour), or write GIF or WebP"
        )
    entries, places = _palette(stage)
    if (patch.leaves or patch.clears) and entries[0, 3]:
        raise FormatError(
            f"a patch {'leaves pixels' if patch.leaves else 'clears its place'}, and the palette "
            "has no clear entry; say so of the stage (leaves=True)"
        )
    rows = np.ascontiguousarray(places[patch.labels])
    return Samples(rows, patch.labels.shape[1], _DEPTH, PALETTE, entries)


def _palette(stage: Stage) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Make the palette of all patches, and list the entry of each label.

    Entries that are not opaque come first, because tRNS ends with the last of them; and before
    those the clear one: Pillow fills what a patch clears with the first entry.
    """
    assert stage.codebook is not None
    codes, k = stage.codebook.rgba, len(stage.codebook)
    clear = np.flatnonzero(codes[:, 3] == 0)
    adds_clear = stage.leaves and not len(clear)
    if k + adds_clear > MAX_CODES:
        words = ", one of them to leave pixels; use k ≤ 255" if adds_clear else "; use k ≤ 256"
        raise FormatError(
            f"k={k} exceeds the {MAX_CODES} entries of an APNG's palette{words}, "
            "or no codebook of the stage (true colour)"
        )
    if adds_clear:
        codes = np.concatenate([codes, np.zeros((1, 4), np.uint8)])
    order = np.argsort(np.sign(codes[:, 3]) + (codes[:, 3] == 255), kind="stable")
    places = np.empty(len(codes), np.uint8)
    places[order] = np.arange(len(codes))
    # A clear code serves to leave pixels too.
    return codes[order], np.append(places, places[clear]) if len(clear) else places


def _truecolor(patch: Patch, stage: Stage) -> Samples:
    codes = np.concatenate([patch.codebook.rgba, np.zeros((1, 4), np.uint8)])
    pixels = codes[patch.labels]
    height, width = patch.labels.shape
    if not _has_alpha(stage):
        if patch.clears or (pixels[..., 3] != 255).any():
            raise FormatError(
                "a patch has pixels that are not opaque, leaves some or clears its place, in an "
                "APNG without alpha; say so of the stage (alpha=True)"
            )
        pixels = np.ascontiguousarray(pixels[..., :3])
    color_type = RGBA if _has_alpha(stage) else RGB
    return Samples(pixels.reshape(height, -1), width, 8, color_type)


def _has_alpha(stage: Stage) -> bool:
    return stage.leaves or stage.alpha


class ApngFile(MovingFile):
    """An APNG that grows patch by patch; the first one is what still viewers show."""

    limits = LIMITS

    def _begin(self) -> None:
        stage = self._stage
        self._sequence = 0
        entries, color_type = None, RGBA if _has_alpha(stage) else RGB
        if stage.codebook is not None:
            entries, color_type = _palette(stage)[0], PALETTE
        head = struct.pack(">IIBBBBB", stage.width, stage.height, _DEPTH, color_type, 0, 0, 0)
        self._file.write(SIGNATURE)
        self._chunk(b"IHDR", head)
        self._counts_at = self._file.tell() - self._start
        self._chunk(b"acTL", bytes(8))
        for part in palette_chunks(entries):
            self._file.write(part)

    def _delays(self, duration: int) -> list[tuple[int, int]]:
        return list(_fractions(duration))

    def _coded(self, patch: Patch) -> bytes:
        return coded(patch, self._stage)

    def _put(self, patch: Patch, data: bytes, delay: tuple[int, int]) -> None:
        height, width = patch.labels.shape
        is_first = not self._n_frames
        blend = _OVER if not is_first and is_painted_over(patch) else 0
        dispose = _CLEAR if patch.clears else 0
        place = (width, height, patch.left, patch.top)
        self._chunk(
            b"fcTL", self._number() + struct.pack(">IIIIHHBB", *place, *delay, dispose, blend)
        )
        for start in range(0, len(data), MOST_BYTES):
            part = memoryview(data)[start : start + MOST_BYTES]
            if is_first:
                self._chunk(b"IDAT", part)
            else:
                self._chunk(b"fdAT", self._number() + part)
        self._n_frames += 1

    def _number(self) -> bytes:
        """Count the chunks of frames."""
        self._sequence += 1
        return struct.pack(">I", self._sequence - 1)

    def _chunk(self, kind: bytes, data: bytes | memoryview) -> None:
        for part in chunk_parts(kind, data):
            self._file.write(part)

    def _end(self) -> None:
        self._chunk(b"IEND", b"")
        counts = struct.pack(">II", self._n_frames, self._stage.loops)
        self._write_at(self._counts_at, b"".join(chunk_parts(b"acTL", counts)))


def _fractions(duration: int) -> Iterator[tuple[int, int]]:
    """Divide milliseconds into fractions of a second with 16 bits above and below.

    Examples
    --------
    >>> list(_fractions(40)), list(_fractions(70_100)), list(_fractions(70_001))
    ([(40, 1000)], [(7010, 100)], [(7000, 100), (1, 1000)])
    """
    while True:
        exact = [
            unit for unit in _UNITS if duration % unit == 0 and duration // unit <= _MOST_UNITS
        ]
        if exact:
            yield duration // exact[0], 1000 // exact[0]
            return
        unit = next((unit for unit in _UNITS if duration // unit <= _MOST_UNITS), _UNITS[-1])
        count = min(duration // unit, _MOST_UNITS)
        yield count, 1000 // unit
        duration -= count * unit
