"""Which frames a search looks at, and frames that follow their equals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from huepress.search.tuning import Tuning
from huepress.values.animation import Animation, Frame
from huepress.values.flatten import Flattening


@dataclass(frozen=True, eq=False, slots=True)
class Run:
    """Frames that follow each other, and where the first one stands."""

    start: int
    frames: tuple[Frame, ...]

    def __len__(self) -> int:
        return len(self.frames)


def chosen_runs(animation: Animation, n_frames: int, tuning: Tuning) -> list[Run]:
    """Return all frames where they are few, else runs from all over; the first frame is there.

    Each run but the first is led in by the frame before it.
    """
    most = max(2, tuning.moving_pixels // (animation.width * animation.height))
    if n_frames <= min(2 * tuning.moving_frames, most):
        return [Run(0, tuple(animation))]
    starts = starts_of(n_frames, min(tuning.moving_frames, most), tuning.moving_run)
    wanted = {
        start + i: number
        for number, start in enumerate(starts)
        for i in range(tuning.moving_run)
        if start + i < n_frames
    }
    runs: list[list[Frame]] = [[] for _ in starts]
    last = max(wanted)
    for index, frame in enumerate(animation):
        if index in wanted:
            runs[wanted[index]].append(frame)
        if index == last:
            break
    return [Run(start, tuple(run)) for start, run in zip(starts, runs, strict=True)]


def starts_of(n_frames: int, frames: int, run: int) -> list[int]:
    """Say where runs begin that hold about so many frames, and do not overlap.

    Examples
    --------
    >>> starts_of(100, 12, 4)
    [0, 48, 96]
    """
    n_runs = max(1, min(frames // run, n_frames // run))
    if n_runs == 1:
        return [0]
    return [(n_frames - run) * i // (n_runs - 1) for i in range(n_runs)]


def without_repeats(animation: Animation) -> Animation:
    """Make one frame of equal ones that follow each other, shown as long as they are together."""

    def frames() -> Iterator[Frame]:
        held: Frame | None = None
        for frame in animation:
            if held is not None and np.array_equal(held.pixels, frame.pixels):
                held = replace(held, duration=held.duration + frame.duration)
                continue
            if held is not None:
                yield held
            held = frame
        if held is not None:
            yield held

    return replace(animation, open_frames=frames, n_frames=None)


def flattened(animation: Animation, matte: str | None, threshold: int | None) -> Animation:
    """Make soft alpha hard in every frame, as the options ask; the same where nothing is to do."""
    flattening = Flattening.asked(matte, threshold)
    if flattening is None:
        return animation

    def frames() -> Iterator[Frame]:
        for frame in animation:
            yield (
                frame
                if frame.pixels.shape[2] == 3
                else _without_alpha(replace(frame, pixels=flattening.colors(frame.pixels)))
            )

    return replace(animation, open_frames=frames)


def _without_alpha(frame: Frame) -> Frame:
    """Leave alpha out where all is opaque, as frames that are read do."""
    if frame.pixels[..., 3].min() < 255:
        return frame
    return replace(frame, pixels=np.ascontiguousarray(frame.pixels[..., :3]))
