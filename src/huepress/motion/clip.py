"""Frames that settings are tried on: all of a short moving picture, or runs of a longer one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.common.arrays import widened
from huepress.common.side_by_side import each
from huepress.formats import Encoded
from huepress.motion.books import Books
from huepress.motion.frames import Run
from huepress.motion.painting import Painted, Painter
from huepress.motion.screen import Box, Screen
from huepress.motion.survey import Survey
from huepress.search.trials import Setting
from huepress.values.animation import Frame

Size = Callable[[Painted], int]
"""Tells the bytes that a patch takes in the file."""


@dataclass(frozen=True, eq=False, slots=True)
class ClipTrial:
    """A setting tried out on some frames.

    Parameters
    ----------
    setting : Setting
        What was tried.
    score : float
        Mean SSIMULACRA2 of the frames, by their durations.
    contours : float
        Mean of those that frames have more than their originals; 0 where nobody looks.
    estimate : int
        Bytes that the whole file should take.
    """

    setting: Setting
    score: float
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

    def of(self, pixels: NDArray[np.uint8], shown: NDArray[np.uint8]) -> tuple[float, float]:
        """Score what is shown of a frame, both (h, w, 4), and measure its contours."""
        original, other = self._channels(pixels), self._channels(shown)
        score = _core.ssimulacra2(original, other, threads=self.threads)
        if not self.contours:
            return score, 0.0
        return score, _core.Banding(original, threads=self.threads).of(other)

    def _channels(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(pixels[..., :3] if self.opaque else pixels)


@dataclass(frozen=True, eq=False, slots=True)
class Take:
    """A frame of a run, and what errors weigh where it changes, by the power of the mask."""

    pixels: NDArray[np.uint8]
    duration: int
    box: Box | None
    weights: dict[float, NDArray[np.uint16]] = field(default_factory=dict)


class Clip:
    """Runs of frames, each begun on a clear screen.

    Parameters
    ----------
    runs : sequence of Run
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
    size, head : callable
        What a patch takes, and what the file takes beside them with so many codes.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        survey: Survey,
        painter: Painter,
        books: Books,
        judge: Judge,
        size: Size,
        head: Callable[[int], int],
    ) -> None:
        self._survey, self._size, self._head = survey, size, head
        self._painter, self._books, self._judge = painter, books, judge
        self._runs = [list(_takes(run.frames, can_replace=painter.can_replace)) for run in runs]
        self._share = self._share_of(runs)
        self.made: dict[Setting, ClipTrial] = {}

    def trial(self, setting: Setting) -> ClipTrial:
        """Try one setting, or remember it."""
        return self.trials([setting])[0]

    def trials(self, settings: Sequence[Setting]) -> list[ClipTrial]:
        """Try settings, side by side where there are threads, or remember them."""
        missing = [setting for setting in dict.fromkeys(settings) if setting not in self.made]
        self._books.make([setting.k for setting in missing])
        self._weigh({setting.contrast for setting in missing if setting.rate})
        trials = each(self._tried, missing, self._judge.threads)
        self.made.update(zip(missing, trials, strict=True))
        return [self.made[setting] for setting in settings]

    def _share_of(self, runs: Sequence[Run]) -> float:
        """Tell the share of the bytes after the first frame that the counted ones should take."""
        costs = [changed + self._painter.tuning.unchanged for changed in self._survey.changed]
        counted = [number for run in runs for number in range(run.start + 1, run.start + len(run))]
        return sum(costs[number] for number in counted) / max(sum(costs[1:]), 1) or 1.0

    def _weigh(self, contrasts: set[float]) -> None:
        """Keep what errors weigh, which is the same in all trials."""
        takes = [take for run in self._runs for take in run if take.box is not None]
        for contrast in contrasts:
            for take in takes:
                if contrast not in take.weights and take.box is not None:
                    take.weights[contrast] = self._painter.weights(take.pixels, take.box, contrast)

    def _tried(self, setting: Setting) -> ClipTrial:
        sizes, scores, weights, contours = list[int](), list[float](), list[int](), list[float]()
        for number, run in enumerate(self._runs):
            for index, (take, painted, shown) in enumerate(self._walked(run, setting)):
                if number > 0 and index == 0:
                    continue
                sizes.append(self._size(painted))
                if index % self._painter.tuning.scored == 0 or index == len(run) - 1:
                    score, edges = self._judge.of(take.pixels, shown)
                    scores.append(score)
                    contours.append(edges)
                    weights.append(max(take.duration, 1))
        later = sum(sizes[1:]) / self._share
        mean = float(np.average(scores, weights=weights))
        return ClipTrial(
            setting,
            mean,
            float(np.average(contours, weights=weights)),
            round(self._head(setting.k) + sizes[0] + later),
        )

    def _walked(
        self, run: Sequence[Take], setting: Setting
    ) -> Iterator[tuple[Take, Painted, NDArray[np.uint8]]]:
        """Map the frames of a run one after the other."""
        screen = Screen(*run[0].pixels.shape[:2], can_replace=self._painter.can_replace)
        for number, take in enumerate(run):
            following = run[number + 1].pixels if number + 1 < len(run) else None
            view = screen.meet(take.pixels, following)
            # Where alpha is coarser than the original's, more or less may have to change.
            known = setting.rate and view.box == take.box
            weights = take.weights.get(setting.contrast) if known else None
            book = self._books.of(setting.k)
            painted = self._painter.paint(view, take.duration, book, setting, weights)
            screen.take(painted.patch, take.pixels)
            yield take, painted, screen.shown


def _takes(run: Sequence[Frame], *, can_replace: bool) -> Iterator[Take]:
    """Find where frames change, whatever they are mapped to."""
    screen = Screen(*run[0].pixels.shape[:2], can_replace=can_replace)
    for number, frame in enumerate(run):
        pixels = widened(frame.pixels, 4)
        following = run[number + 1].pixels if number + 1 < len(run) else None
        view = screen.meet(pixels, following)
        yield Take(pixels, frame.duration, view.box)
        screen.show(pixels, view)
