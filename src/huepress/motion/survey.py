"""A first look at a moving picture: how long each colour is seen, and what it is like."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.common.arrays import widened
from huepress.common.once import once_property
from huepress.search.tuning import TUNING, Tuning
from huepress.values.animation import Animation, Frame
from huepress.values.histogram import Histogram

UNSEEN = 100
"""Milliseconds that a frame without a duration counts: players show it about so long."""
_BINS = 4096
_MOST_WEIGHT = 65535  # of the kernel that adds up by colour


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """Frames from one cut to the next.

    Parameters
    ----------
    start : int
        The number of the first.
    histogram : Histogram
        Each colour with the pixels that show it, times the hundredths of a second they do.
    """

    start: int
    histogram: Histogram


@dataclass(frozen=True, eq=False)
class Survey:
    """What one pass over all frames tells.

    Parameters
    ----------
    scenes : tuple of Scene
        In their order, at least one.
    durations : tuple of int
        Of the frames, in milliseconds, as they are.
    changed : tuple of int
        How many pixels of each frame differ from the one before; all of a scene's first one's.
    opaque : bool
        Whether no pixel of any frame is anything else.
    binary : bool
        Whether all pixels are opaque or clear.
    """

    scenes: tuple[Scene, ...]
    durations: tuple[int, ...]
    changed: tuple[int, ...]
    opaque: bool
    binary: bool

    @property
    def n_frames(self) -> int:
        """How many frames there are."""
        return len(self.durations)

    @once_property
    def histogram(self) -> Histogram:
        """What is seen in all scenes."""
        return Histogram.total(scene.histogram for scene in self.scenes)

    @property
    def distinct_colors(self) -> int:
        """How many there are."""
        return len(self.histogram)

    def scene_of(self, number: int) -> int:
        """Return which scene a frame belongs to."""
        return bisect_right([scene.start for scene in self.scenes], number) - 1


def surveyed(
    animation: Animation, on_frame: Callable[[int], None], tuning: Tuning = TUNING
) -> Survey:
    """Look at all frames once."""
    seen = _Seen(tuning.cut)
    durations, changed = list[int](), list[int]()
    opaque = binary = True
    for frame in animation:
        changed.append(seen.add(frame))
        durations.append(frame.duration)
        on_frame(len(durations))
        if frame.pixels.shape[2] == 4:
            alpha = frame.pixels[..., 3]
            opaque = opaque and int(alpha.min()) == 255
            binary = binary and bool(((alpha == 0) | (alpha == 255)).all())
    return Survey(seen.scenes(), tuple(durations), tuple(changed), opaque, binary)


class _Seen:
    """For how long each colour is seen: a pixel counts when it changes, for all the time before.

    So what stands still is counted once, however many frames show it.
    """

    def __init__(self, cut: float) -> None:
        self._cut = cut
        self._words: NDArray[np.uint32] | None = None
        self._since = np.zeros((1, 1), np.int64)
        self._now = self._number = self._start = 0
        self._bins = np.zeros(_BINS)
        self._parts = list[Histogram]()
        self._scenes = list[Scene]()

    def add(self, frame: Frame) -> int:
        """Show a frame, and return how many pixels changed."""
        pixels = widened(frame.pixels, 4)
        pixels = np.where(pixels[..., 3:] == 0, np.uint8(0), pixels)
        words = pixels.view(np.uint32)[..., 0]
        bins = _bins_of(pixels)
        if self._words is not None and np.abs(bins - self._bins).sum() > self._cut:
            self._end_scene()
        self._bins = bins
        if self._words is None:
            self._words, self._since = words, np.full(words.shape, self._now)
            count = words.size
        else:
            changed = words != self._words
            count = int(changed.sum())
            if count:
                self._keep(self._words[changed], self._since[changed])
                self._since[changed] = self._now
                self._words = words
        self._now += frame.duration or UNSEEN
        self._number += 1
        return count

    def scenes(self) -> tuple[Scene, ...]:
        """Return what was seen up to now."""
        if self._words is not None:
            self._end_scene()
        return tuple(self._scenes)

    def _end_scene(self) -> None:
        assert self._words is not None
        self._keep(self._words.ravel(), self._since.ravel())
        self._scenes.append(Scene(self._start, Histogram.total(self._parts)))
        self._parts, self._words, self._start = [], None, self._number

    def _keep(self, words: NDArray[np.uint32], since: NDArray[np.int64]) -> None:
        pixels = words.view(np.uint8).reshape(-1, 1, 4)
        weights = np.clip((self._now - since) // 10, 1, _MOST_WEIGHT).astype(np.uint16)
        colors = Histogram.of(pixels, threads=1).colors
        sums = _core.sum_by_color(pixels, colors, weights.reshape(-1, 1))
        self._parts.append(Histogram(colors, sums.astype(np.uint64)))
        self._merge()

    def _merge(self) -> None:
        # As carries are added, so that each colour is merged few times: see Histogram.total.
        while len(self._parts) > 1 and len(self._parts[-2]) < 2 * len(self._parts[-1]):
            last = self._parts.pop()
            self._parts[-1] += last


def _bins_of(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of the pixels in each of 16 × 16 × 16 colours; of every second one down and across."""
    coarse = pixels[::2, ::2, :3].astype(np.int64) >> 4
    places = coarse[..., 0] << 8 | coarse[..., 1] << 4 | coarse[..., 2]
    counts = np.bincount(places.ravel(), minlength=_BINS)
    return counts / places.size
