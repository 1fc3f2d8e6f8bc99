"""How far a moving picture is from its original, frame by frame, aligned by time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import packed, widened
from huepress.common.checks import thread_count
from huepress.errors import InputError
from huepress.metrics.error import Distortion, distortion
from huepress.metrics.perception import banding, ssimulacra2
from huepress.values.animation import Frame

UNTIMED = 100
"""Milliseconds that a frame without a duration is taken to last: players show it about so long."""

Pixels = NDArray[np.uint8]
_Words = tuple[NDArray[np.uint32], NDArray[np.uint32]]


@dataclass(frozen=True, slots=True)
class ComparedFrame:
    """One frame of the original beside what the other shows in the middle of its time.

    Parameters
    ----------
    start, duration : int
        When the original shows it, and for how long, in milliseconds.
    score : float
        SSIMULACRA2, as `ssimulacra2` gives it.
    contours : float
        As `banding` gives them.
    channel_mse : tuple of float
        As those of `Distortion`.
    still : int
        Pixels that are as in the frame before in the original; 0 of the first frame.
    stirred : int
        How many of them are not as before in the other.
    """

    start: int
    duration: int
    score: float
    contours: float
    channel_mse: tuple[float, ...]
    still: int
    stirred: int

    @property
    def psnr(self) -> float:
        """In dB; infinite for equal frames."""
        return Distortion(self.channel_mse).psnr


@dataclass(frozen=True, slots=True)
class MovingDistortion:
    """How far a moving picture is from its original.

    Means are over the frames of the original by how long they are shown.

    Parameters
    ----------
    frames : tuple of ComparedFrame
        Of the original.
    n_others : int
        Frames of the other.
    duration, other_duration : int
        Milliseconds of both, as they say.
    """

    frames: tuple[ComparedFrame, ...]
    n_others: int
    duration: int
    other_duration: int

    @property
    def score(self) -> float:
        """Mean SSIMULACRA2."""
        return self._mean([frame.score for frame in self.frames])

    @property
    def contours(self) -> float:
        """Mean of the contours that frames have more than their originals."""
        return self._mean([frame.contours for frame in self.frames])

    @property
    def psnr(self) -> float:
        """Of the mean error of all frames, in dB; infinite where all are equal."""
        channels = max(len(frame.channel_mse) for frame in self.frames)
        frames = [(*frame.channel_mse, 0.0)[:channels] for frame in self.frames]
        return Distortion(tuple(self._mean(list(one)) for one in zip(*frames, strict=True))).psnr

    @property
    def worst(self) -> int:
        """Which frame has the lowest score; the first of equal ones."""
        return min(range(len(self.frames)), key=lambda number: self.frames[number].score)

    @property
    def still(self) -> int:
        """Pixels of all frames that are as in the frame before in the original."""
        return sum(frame.still for frame in self.frames)

    @property
    def stirred(self) -> int:
        """How many of them are not as before in the other: what shimmers."""
        return sum(frame.stirred for frame in self.frames)

    def _mean(self, values: list[float]) -> float:
        weights = [frame.duration or UNTIMED for frame in self.frames]
        total = math.fsum(value * weight for value, weight in zip(values, weights, strict=True))
        return total / sum(weights)


def compare_moving(
    original: Iterable[Frame],
    other: Iterable[Frame],
    *,
    threads: int = 0,
    on_frame: Callable[[int], None] | None = None,
) -> MovingDistortion:
    """Measure how far a moving picture is from its original.

    Each frame of the original is held against what the other shows in the middle of its time; when
    the other has ended, that is its last frame. So frames that were merged, split or left out
    compare as they look. A frame without a duration counts a tenth of a second, as in players. Two
    frames of each are held, however many there are.

    Parameters
    ----------
    original, other : Animation or iterable of Frame
        Two moving pictures of one size.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.
    on_frame : callable, optional
        Called with the frames that are done.

    Returns
    -------
    MovingDistortion
        Of all frames, and of each.

    Raises
    ------
    OptionError
        If the sizes differ.
    InputError
        If one has no frame, or cannot be read.

    Examples
    --------
    >>> dark, light = (np.full((16, 16, 3), level, np.uint8) for level in (10, 200))
    >>> blink = [Frame(dark, 40), Frame(light, 40), Frame(light, 40)]
    >>> found = compare_moving(blink, [Frame(dark, 40), Frame(light, 80)])
    >>> found.score, found.stirred, found.still, found.n_others
    (100.0, 0, 256, 2)
    """
    threads = thread_count(threads)
    others = _Playing(other)
    frames, start = list[ComparedFrame](), 0
    before: _Words | None = None
    for frame, shown in aligned(original, others):
        pair = _words(frame.pixels), _words(shown)
        still, stirred = (0, 0) if before is None else _stirred(before, pair)
        is_same_pair = before is not None and all(map(np.array_equal, before, pair))
        if is_same_pair:
            looks = frames[-1].score, frames[-1].contours, frames[-1].channel_mse
        else:
            looks = _looks(frame.pixels, shown, threads)
        frames.append(ComparedFrame(start, frame.duration, *looks, still, stirred))
        start, before = start + frame.duration, pair
        if on_frame is not None:
            on_frame(len(frames))
    others.finish()
    return MovingDistortion(tuple(frames), others.n_frames, start, others.duration)


def aligned(
    original: Iterable[Frame], other: Iterable[Frame] | _Playing
) -> Iterator[tuple[Frame, Pixels]]:
    """Give each frame of the original with what the other shows in the middle of its time."""
    playing = other if isinstance(other, _Playing) else _Playing(other)
    start, is_empty = 0, True
    for frame in original:
        lasts = frame.duration or UNTIMED
        yield frame, playing.at(2 * start + lasts)
        start, is_empty = start + lasts, False
    if is_empty:
        raise InputError("there is no frame; give at least one")


class _Playing:
    """Frames that are read as time goes on."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = iter(frames)
        self.n_frames = self.duration = self._end = 0
        self._shown: Pixels | None = None

    def at(self, halves: int) -> Pixels:
        """Return what is shown after so many half milliseconds, which never get fewer."""
        while (self._shown is None or 2 * self._end <= halves) and self._next():
            pass
        if self._shown is None:
            raise InputError("there is no frame to compare with; give at least one")
        return self._shown

    def finish(self) -> None:
        """Count the frames that are left."""
        while self._next():
            pass

    def _next(self) -> bool:
        frame = next(self._frames, None)
        if frame is None:
            return False
        self._shown = frame.pixels
        self.n_frames += 1
        self.duration += frame.duration
        self._end += frame.duration or UNTIMED
        return True


def _looks(pixels: Pixels, shown: Pixels, threads: int) -> tuple[float, float, tuple[float, ...]]:
    error = distortion(pixels, shown, threads=threads)  # also refuses other sizes
    if error.mse == 0:
        return 100.0, 0.0, error.channel_mse
    score = ssimulacra2(pixels, shown, threads=threads)
    return score, banding(pixels, shown, threads=threads), error.channel_mse


def _words(pixels: Pixels) -> NDArray[np.uint32]:
    """Pack each pixel into a number; all that are clear are alike."""
    rgba = widened(pixels, 4).reshape(-1, 4)
    words = packed(rgba)
    return np.where(rgba[:, 3] == 0, np.uint32(0), words)


def _stirred(before: _Words, now: _Words) -> tuple[int, int]:
    still = before[0] == now[0]
    return int(still.sum()), int((still & (before[1] != now[1])).sum())
