"""What the screen shows of a moving picture, and what the next frame may change of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import widened
from huepress.values.patch import Patch

FREE, STILL, REDRAWN = 0, 1, 2
"""What may become of a pixel, as the kernels number it: any code; what it shows, by being left or
by the same code; what it has to show, drawn anew."""

Pixels = NDArray[np.uint8]


class Box(NamedTuple):
    """Rows and columns of a canvas."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """What cuts it out of an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def around(self, margin: int, height: int, width: int) -> Box:
        """Return it with so many pixels more on all sides, as far as there are any."""
        return Box(
            max(self.top - margin, 0),
            min(self.bottom + margin, height),
            max(self.left - margin, 0),
            min(self.right + margin, width),
        )


def box_of(some: NDArray[np.bool_]) -> Box | None:
    """Return the least box that holds some pixels; None where there are none.

    Examples
    --------
    >>> box_of(np.array([[0, 0, 0], [0, 1, 1]], bool))
    Box(top=1, bottom=2, left=1, right=3)
    """
    rows, columns = np.flatnonzero(some.any(axis=1)), np.flatnonzero(some.any(axis=0))
    if len(rows) == 0:
        return None
    return Box(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """One frame as the screen meets it.

    Parameters
    ----------
    pixels : (h, w, 4) uint8 ndarray
        What should be seen.
    states : (h, w) uint8 ndarray
        What may become of each pixel: `FREE`, `STILL` or `REDRAWN`.
    shown : (h, w, 4) uint8 ndarray
        What a pixel shows if it is left; of one that is redrawn, what it has to show.
    box : Box or None
        Where pixels are not still; None where all are.
    replaces : bool
        Whether the pixels of the box replace those of the canvas, alpha and all.
    clears : bool
        Whether the box has to be clear when the next frame comes.
    blank : bool
        Whether nothing is shown yet, so that what is opaque must be drawn.
    """

    pixels: Pixels
    states: NDArray[np.uint8]
    shown: Pixels
    box: Box | None
    replaces: bool
    clears: bool
    blank: bool


class Screen:
    """What a player shows, patch by patch, beside what it is meant to show.

    Parameters
    ----------
    height, width : int
        Of the canvas, clear at first.
    can_replace : bool
        Whether patches may replace alpha. Where not, as in a GIF, what turns clear has to lie in
        the box of the patch before, which is cleared.
    """

    def __init__(self, height: int, width: int, *, can_replace: bool) -> None:
        self._can_replace = can_replace
        self._canvas = self._last = np.zeros((height, width, 4), np.uint8)
        self._source = np.zeros((height, width, 4), np.uint8)
        self._first = True

    @property
    def shown(self) -> Pixels:
        """What is on the screen since the last patch, (h, w, 4)."""
        return self._last

    def meet(self, pixels: Pixels, following: Pixels | None = None) -> View:
        """Tell what a frame may change; following: the frame behind it, where there is one."""
        pixels = widened(pixels, 4)
        states, shown = self._states(pixels), self._canvas
        clear, free = pixels[..., 3] == 0, states == FREE
        replaces = (
            self._can_replace and not self._first and bool((free & self._unpaintable(pixels)).any())
        )
        redrawn = states == REDRAWN
        if redrawn.any():
            shown = np.where(redrawn[..., None], self._last, shown)
        box, clears = box_of(states != STILL), False
        if not self._can_replace and following is not None:
            turning = ~clear & (widened(following, 4)[..., 3] == 0)
            if turning.any():
                clears = True
                box = box_of(turning | (states != STILL))
        if self._first:
            height, width, _ = pixels.shape
            box = Box(0, height, 0, width)
        if replaces and box is not None:
            states = np.where(states == STILL, np.uint8(REDRAWN), states)
        return View(pixels, states, shown, box, replaces, clears, self._first)

    def after(self, patch: Patch) -> Pixels:
        """Return what the screen would show with a patch."""
        return patch.painted(self._canvas)

    def take(self, patch: Patch, pixels: Pixels, shown: Pixels | None = None) -> None:
        """Put a patch on the canvas, which was made for these pixels.

        shown: what `after` said of it, where that was asked.
        """
        self._last = self.after(patch) if shown is None else shown
        self._canvas = patch.after(self._last)
        self._source, self._first = widened(pixels, 4), False

    def show(self, pixels: Pixels, view: View) -> None:
        """Show these pixels as they are, which a view was made of."""
        self._last = self._canvas = self._source = pixels
        self._first = False
        if view.clears and view.box is not None:
            self._canvas = pixels.copy()
            self._canvas[view.box.slices] = 0

    def _states(self, pixels: Pixels) -> NDArray[np.uint8]:
        canvas, last = _words(self._canvas), _words(self._last)
        wanted = _words(pixels)
        states = np.full(wanted.shape, FREE, np.uint8)
        if not self._first:
            same = wanted == _words(self._source)
            states[same] = np.where(canvas == last, STILL, REDRAWN)[same]
        # What is clear and has to be is left, in the first frame too.
        states[(pixels[..., 3] == 0) & (canvas == 0)] = STILL
        return states

    def _unpaintable(self, pixels: Pixels) -> NDArray[np.bool_]:
        """Tell where decoders that paint over the canvas may not give the pixel itself."""
        alpha = pixels[..., 3]
        return (alpha < 255) & ((alpha > 0) | (self._canvas[..., 3] > 0))


def _words(pixels: Pixels) -> NDArray[np.uint32]:
    """View (h, w, 4) bytes as one number a pixel."""
    return np.ascontiguousarray(pixels).view(np.uint32)[..., 0]
