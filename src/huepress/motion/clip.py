"""Frames that settings are tried on: all of a short moving picture, or runs of a longer one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.common.arrays import widened
from huepress.common.side_by_side import each
from huepress.formats import Encoded
from huepress.motion.books import Books
from huepress.motion.painting import Painted, Painter
from huepress.motion.screen import Screen
from huepress.motion.survey import Survey
from huepress.search.trials import Setting
from huepress.values.animation import Frame

FRAME_BYTES = 30
"""Of a frame beside its labels: places, times, lengths. Formats differ by a few."""


@dataclass(frozen=True, eq=False, slots=True)
class Shown:
    """A frame as it was mapped: its patch, and what the screen then shows, (h, w, 4)."""

    frame: Frame
    painted: Painted
    pixels: NDArray[np.uint8]
    score: float
    contours: float


@dataclass(frozen=True, eq=False, slots=True)
class ClipTrial:
    """A setting tried out on some frames.

    Parameters
    ----------
    setting : Setting
        What was tried.
    score : float
        Mean SSIMULACRA2 of the frames, by their durations.
    worst : float
        That of the worst frame.
    contours : float
        The most that a frame has more than its original; 0 where nobody looks.
    estimate : int
        Bytes that the whole file should take.
    """

    setting: Setting
    score: float
    worst: float
    contours: float
    estimate: int
    keeps: bool = True
    encoded: Encoded | None = None

    @property
    def n_bytes(self) -> int:
        """Bytes that the whole file should take."""
        return self.estimate


@dataclass(frozen=True, eq=False, slots=True)
class Judge:
    """What frames are scored by.

    Parameters
    ----------
    opaque : bool
        Whether all pixels are.
    contours : bool
        Whether to look for them.
    threads : int
        Threads to use.
    """

    opaque: bool
    contours: bool
    threads: int

    def of(self, frame: Frame, shown: NDArray[np.uint8]) -> tuple[float, float]:
        """Score what is shown of a frame, and measure its contours."""
        pixels = self._channels(widened(frame.pixels, 4))
        other = self._channels(shown)
        score = _core.ssimulacra2(pixels, other, threads=self.threads)
        if not self.contours:
            return score, 0.0
        return score, _core.Banding(pixels, threads=self.threads).of(other)

    def _channels(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(pixels[..., :3] if self.opaque else pixels)


class Clip:
    """Runs of frames, each begun on a clear screen.

    Parameters
    ----------
    runs : sequence of sequences of Frame
        The first run begins with the first frame of all. The first frame of any other leads in, and
        does not count.
    survey : Survey
        Of the whole.
    painter : Painter
        What maps them.
    books : Books
        The codebooks.
    judge : Judge
        What scores them.
    """

    def __init__(
        self,
        runs: Sequence[Sequence[Frame]],
        survey: Survey,
        painter: Painter,
        books: Books,
        judge: Judge,
    ) -> None:
        self.runs, self._survey = runs, survey
        self._painter, self._books, self._judge = painter, books, judge
        self.made: dict[Setting, ClipTrial] = {}

    @property
    def whole(self) -> bool:
        """Whether these are all frames."""
        return sum(map(len, self.runs)) == self._survey.n_frames

    def trial(self, setting: Setting) -> ClipTrial:
        """Try one setting, or remember it."""
        return self.trials([setting])[0]

    def trials(self, settings: Sequence[Setting]) -> list[ClipTrial]:
        """Try settings, side by side where there are threads, or remember them."""
        missing = [setting for setting in dict.fromkeys(settings) if setting not in self.made]
        self._books.make([setting.k for setting in missing])
        trials = each(self._tried, missing, self._judge.threads)
        self.made.update(zip(missing, trials, strict=True))
        return [self.made[setting] for setting in settings]

    def _tried(self, setting: Setting) -> ClipTrial:
        first, rest = self._mapped(setting)
        counted = [first, *rest]
        later = sum(map(self._size, rest)) * (self._survey.n_frames - 1) / max(len(rest), 1)
        weights = [max(shown.frame.duration, 1) for shown in counted]
        return ClipTrial(
            setting,
            float(np.average([shown.score for shown in counted], weights=weights)),
            min(shown.score for shown in counted),
            max(shown.contours for shown in counted),
            round(self._size(first) + later),
        )

    def _mapped(self, setting: Setting) -> tuple[Shown, list[Shown]]:
        """Return the first frame of all, and those that stand for the others."""
        first, *others = [
            list(walked(run, self._painter, self._books, setting, self._judge, lead=number > 0))
            for number, run in enumerate(self.runs)
        ]
        return first[0], first[1:] + [shown for run in others for shown in run]

    def _size(self, shown: Shown) -> int:
        return FRAME_BYTES + self._painter.expected(shown.painted)


def walked(
    frames: Sequence[Frame],
    painter: Painter,
    books: Books,
    setting: Setting,
    judge: Judge,
    *,
    lead: bool,
) -> Iterator[Shown]:
    """Map frames one after the other. lead: the first is mapped, but neither scored nor given."""
    screen = Screen(*frames[0].pixels.shape[:2], can_replace=painter.can_replace)
    for number, frame in enumerate(frames):
        following = frames[number + 1].pixels if number + 1 < len(frames) else None
        view = screen.meet(frame.pixels, following)
        painted = painter.paint(view, frame.duration, books.of(setting.k), setting)
        screen.take(painted.patch, frame.pixels)
        if not (lead and number == 0):
            yield Shown(frame, painted, screen.shown, *judge.of(frame, screen.shown))
