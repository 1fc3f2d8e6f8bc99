"""Moving pictures: frames as full canvases, each shown for a while, read as often as wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import frozen
from huepress.common.by_content import ByContent
from huepress.common.checks import whole
from huepress.errors import InputError
from huepress.read.facts import SourceFacts

MOST_DURATION = 2**31 - 1
"""Milliseconds, 24 days: from here on what players make of it differs."""


@dataclass(frozen=True, eq=False, slots=True)
class Frame(ByContent):
    """What the screen shows for a while.

    Parameters
    ----------
    pixels : (h, w, 3 or 4) uint8 ndarray
        The whole canvas, sRGB, straight alpha.
    duration : int
        Milliseconds; 0 where the file says so, which players show for as long as they like.

    Raises
    ------
    InputError
        If these are no pixels, or it is no duration.

    Examples
    --------
    >>> Frame(np.zeros((2, 3, 3), np.uint8), 40).duration
    40
    """

    pixels: NDArray[np.uint8]
    duration: int

    def __post_init__(self) -> None:
        pixels = np.asarray(self.pixels)
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
            raise InputError(
                f"a frame has shape {pixels.shape} and type {pixels.dtype}; "
                "give (height, width, 3 or 4) uint8"
            )
        if pixels.size == 0:
            raise InputError(f"a frame has shape {pixels.shape}; give at least 1×1")
        whole("duration", self.duration, 0, MOST_DURATION)
        object.__setattr__(self, "pixels", frozen(pixels, np.uint8))


@dataclass(frozen=True, eq=False, slots=True)
class Animation:
    """Frames of one size, one after the other.

    Iterating yields each `Frame`, and begins anew each time: no more than a few are held at once,
    however many there are.

    Parameters
    ----------
    open_frames : callable or sequence of Frame
        Returns a new iterator over the same frames each time it is called.
    width, height : int
        Of every frame.
    loops : int
        How often all frames are shown; 0 for ever.
    n_frames : int, optional
        How many there are, where that is known before they are read.
    source : SourceFacts
        What the file said of itself.

    Examples
    --------
    >>> dark, light = (Frame(np.full((1, 2, 3), v, np.uint8), 500) for v in (0, 255))
    >>> blink = Animation.of([dark, light])
    >>> blink.n_frames, [frame.duration for frame in blink]
    (2, [500, 500])
    """

    open_frames: Callable[[], Iterator[Frame]]
    width: int
    height: int
    loops: int = 0
    n_frames: int | None = None
    source: SourceFacts = field(default_factory=SourceFacts)

    @classmethod
    def of(cls, frames: Iterable[Frame], *, loops: int = 0) -> Animation:
        """Hold frames that are there already.

        Parameters
        ----------
        frames : iterable of Frame
            At least one, all of one size.
        loops : int
            How often all are shown; 0 for ever.

        Returns
        -------
        Animation
            Of these frames.

        Raises
        ------
        InputError
            If there is none, or sizes differ.
        """
        held: Sequence[Frame] = tuple(frames)
        if not held:
            raise InputError("there is no frame; give at least one")
        height, width = held[0].pixels.shape[:2]
        for number, frame in enumerate(held):
            if frame.pixels.shape[:2] != (height, width):
                other = f"{frame.pixels.shape[1]}×{frame.pixels.shape[0]}"
                raise InputError(
                    f"frame {number} is {other}, and the first one {width}×{height}; "
                    "give frames of one size"
                )
        return cls(lambda: iter(held), width, height, loops, len(held))

    def __iter__(self) -> Iterator[Frame]:
        return self.open_frames()
