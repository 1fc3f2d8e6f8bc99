"""Frames of a moving file, and the canvas that they are painted on, one after the other.

What GIF, APNG and WebP say of their frames differs; what becomes of the canvas does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress.errors import InputError

MOST_FRAMES = 100_000
"""At 50 frames a second half an hour: what has more is no picture."""


class Disposal(Enum):
    """What becomes of a frame's rectangle before the next frame is painted."""

    KEEP = "keep"
    CLEAR = "clear"
    RESTORE = "restore"


class Placed(NamedTuple):
    """Where a frame lies, how it is painted, how long it is shown (ms), and what becomes of it.

    `over` paints it over the canvas by its alpha; otherwise its pixels replace those of the canvas.
    """

    left: int
    top: int
    width: int
    height: int
    duration: int
    over: bool
    disposal: Disposal


class Scanned(NamedTuple):
    """What a moving file says of itself, and how to get at its frames.

    `still` returns, of the file and a frame's index, a picture file that holds that frame alone.
    `loops` is how often all are shown, 0 for ever. `exif` is its EXIF block, if it has one.
    `painted` decodes what `still` returned, where its colours need no conversion; None where they
    may.
    """

    width: int
    height: int
    loops: int
    frames: list[Placed]
    still: Callable[[IO[bytes], int], bytes]
    warnings: tuple[str, ...] = ()
    exif: bytes | None = None
    painted: Callable[[bytes], NDArray[np.uint8]] | None = None


class Canvas:
    """Pixels that frames change, at first clear."""

    def __init__(self, width: int, height: int) -> None:
        self.pixels: NDArray[np.uint8] = np.zeros((height, width, 4), np.uint8)
        self._undo: tuple[NDArray[np.uint8], NDArray[np.uint8] | int] | None = None

    def paint(self, placed: Placed, painted: NDArray[np.uint8]) -> None:
        """Dispose of the frame before, and paint a frame's (h, w, 3 or 4) pixels.

        What sticks out of the canvas is cut.
        """
        if self._undo is not None:
            place, before = self._undo
            place[:] = before
        rows = slice(placed.top, placed.top + placed.height)
        place = self.pixels[rows, placed.left : placed.left + placed.width]
        painted = painted[: place.shape[0], : place.shape[1]]
        self._undo = None
        if placed.disposal is Disposal.CLEAR:
            self._undo = place, 0
        elif placed.disposal is Disposal.RESTORE:
            self._undo = place, place.copy()
        if painted.shape[2] == 3:
            place[..., :3], place[..., 3] = painted, 255
        elif placed.over:
            _paint_over(place, painted)
        else:
            place[:] = painted


def composed(
    scanned: Scanned, painted: Callable[[int], NDArray[np.uint8]]
) -> Iterator[NDArray[np.uint8]]:
    """Yield the canvas, (h, w, 4), after each frame; it is the same array, which changes.

    `painted` returns the pixels of one frame alone.
    """
    canvas = Canvas(scanned.width, scanned.height)
    for index, placed in enumerate(scanned.frames):
        canvas.paint(placed, painted(index))
        yield canvas.pixels


def check_count(n_frames: int, name: str) -> None:
    """Refuse more frames than any picture has."""
    if n_frames > MOST_FRAMES:
        raise InputError(
            f"{name}: has more than {MOST_FRAMES:,} frames, which is the limit; take a part of it "
            "first, as with ffmpeg -t"
        )


def rounded_times(steps: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield whole milliseconds for steps of so many over so many seconds, without drift.

    It is the instants between the steps that are rounded, halves up, so that the sum is off by no
    more than half a millisecond, however many there are.

    Examples
    --------
    >>> list(rounded_times([(1, 3)] * 6))
    [333, 334, 333, 333, 334, 333]
    """
    exact = told = 0
    for numerator, denominator in steps:
        # In 2**-40 ms: sums of any fractions would need ever longer denominators.
        exact += ((numerator * 1000 << 41) // denominator + 1) >> 1
        now = (exact + (1 << 39)) >> 40
        yield now - told
        told = now


def _paint_over(place: NDArray[np.uint8], painted: NDArray[np.uint8]) -> None:
    alpha = painted[..., 3]
    solid = alpha == 255
    if solid.all():
        place[:] = painted
        return
    # A pixel at a time, not a byte.
    np.copyto(place.view(np.uint32), painted.view(np.uint32), where=solid[..., None])
    partly = ~solid & (alpha > 0)
    if partly.any():
        place[partly] = _blended(painted[partly], place[partly])


def _blended(source: NDArray[np.uint8], below: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Blend (n, 4) straight pixels over others, each channel rounded to the nearest, halves up.

    Of the result's alpha 255² is 1, so that nothing is rounded before the end.
    """
    share = source[:, 3:].astype(np.uint32) * 255
    rest = below[:, 3:].astype(np.uint32) * (255 - source[:, 3:].astype(np.uint32))
    alpha = share + rest
    colors = source[:, :3] * share + below[:, :3] * rest
    blended = np.empty_like(source)
    blended[:, :3] = (colors + alpha // 2) // alpha
    blended[:, 3:] = (alpha + 127) // 255
    return blended
