"""What the page's player shows: frames of both pictures, each as the box that changes."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import widened
from huepress.common.thumbnails import reduced
from huepress.metrics import MovingDistortion
from huepress.metrics.moving import UNTIMED, aligned
from huepress.motion.screen import box_of
from huepress.report.pictures import webp
from huepress.values.animation import Animation

MOST_BYTES = 5_000_000
"""Of the frames of both pictures that a page holds."""

_TRIES = ((480, 240), (240, 240), (240, 120), (240, 60), (120, 60), (60, 30))
"""Sides, as in `reduced`, and most frames: the first that fit are shown, or else the last."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Step:
    """Frames that the player shows as one: the first of them, the milliseconds of all.

    `worst` is the lowest score of them, `n_bytes` what they take together.
    """

    first: int
    n_frames: int
    start: int
    duration: int
    worst: float
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Film:
    """What the player shows, as its script takes it."""

    width: int
    height: int
    steps: list[Step]
    before: list[list[Any]]
    after: list[list[Any]]

    @property
    def every(self) -> int:
        """Of how many frames one is shown."""
        return max(step.n_frames for step in self.steps)

    @property
    def facts(self) -> dict[str, Any]:
        """Return what is written into the page: numbers, and pictures in base 64."""
        steps = [
            [step.first, step.start, step.duration, round(step.worst, 2), step.n_bytes]
            for step in self.steps
        ]
        return {
            "width": self.width,
            "height": self.height,
            "frames": self.steps[-1].first + self.steps[-1].n_frames,
            "steps": steps,
            "before": self.before,
            "after": self.after,
        }


def film_of(
    original: Animation, other: Animation, found: MovingDistortion, sizes: list[int]
) -> Film:
    """Choose the size and the frames that a page can hold; `sizes` are the frames' bytes."""
    film = None
    for side, most in _TRIES:
        steps = steps_of(found, sizes, most)
        film = _film(original, other, steps, side, is_last=(side, most) == _TRIES[-1])
        if film is not None:
            break
    assert film is not None
    return film


def steps_of(found: MovingDistortion, sizes: list[int], most: int) -> list[Step]:
    """Put frames that follow each other together, so that there are at most so many steps."""
    every = math.ceil(len(found.frames) / most)
    steps, start = [], 0
    for first in range(0, len(found.frames), every):
        frames = found.frames[first : first + every]
        duration = sum(frame.duration or UNTIMED for frame in frames)
        worst = min(frame.score for frame in frames)
        n_bytes = sum(sizes[first : first + every])
        steps.append(Step(first, len(frames), start, duration, worst, n_bytes))
        start += duration
    return steps


def _film(
    original: Animation, other: Animation, steps: list[Step], side: int, *, is_last: bool
) -> Film | None:
    """Write the frames; None where they take too much."""
    wanted = {step.first for step in steps}
    before, after = _Track(side), _Track(side)
    for number, (frame, shown) in enumerate(aligned(original, other)):
        if number not in wanted:
            continue
        before.add(frame.pixels)
        after.add(shown)
        if before.n_bytes + after.n_bytes > MOST_BYTES and not is_last:
            return None
    height, width = before.shape
    return Film(width, height, steps, before.changes, after.changes)


class _Track:
    """Frames of one picture, reduced, each as the box that differs from the one before."""

    def __init__(self, side: int) -> None:
        self._side = side
        self._shown: Pixels | None = None
        self.changes: list[list[Any]] = []
        self.n_bytes = 0

    @property
    def shape(self) -> tuple[int, int]:
        assert self._shown is not None
        return self._shown.shape[0], self._shown.shape[1]

    def add(self, pixels: Pixels) -> None:
        pixels = widened(reduced(pixels, self._side), 4)
        if self._shown is None:
            changed = np.ones(pixels.shape[:2], np.bool_)
        else:
            changed = (pixels != self._shown).any(axis=2)
        box = box_of(changed)
        self._shown = pixels
        if box is None:
            self.changes.append([])
            return
        part = np.ascontiguousarray(pixels[box.slices])
        data = b64encode(webp(part, fast=True)).decode()
        self.n_bytes += len(data)
        self.changes.append([box.left, box.top, data])


def frames_of(
    original: Animation, other: Animation, numbers: list[int]
) -> Iterator[tuple[Pixels, Pixels]]:
    """Give some frames of the original, in their order, with what the other shows meanwhile."""
    last = max(numbers)
    for number, (frame, shown) in enumerate(aligned(original, other)):
        if number in numbers:
            yield frame.pixels, shown
        if number == last:
            return
