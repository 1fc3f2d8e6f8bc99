"""One pass over all frames: mapped, scored, coded beside that, and written as they come."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import IO

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import widened
from huepress.common.choices import Effort
from huepress.errors import FormatError
from huepress.formats.moving import MovingFormat, Stage
from huepress.motion.books import BookOf
from huepress.motion.clip import Judge
from huepress.motion.painting import Painted, Painter
from huepress.motion.polishing import least
from huepress.motion.screen import Screen, View
from huepress.search.families import LEAST_RATE
from huepress.search.trials import Setting
from huepress.values.animation import Animation, Frame
from huepress.values.codebook import Codebook
from huepress.values.patch import Patch

HELD_BYTES = 1 << 26
"""Of a file that is kept in memory; a larger one lies in a temporary file."""
_REPORT = "please report this with the picture"
_AHEAD = 4  # patches that wait to be coded


class _Spool(tempfile.SpooledTemporaryFile[bytes]):
    """A temporary file that is closed when nobody holds it any longer."""

    def __del__(self) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What became of one frame: its bytes in the file, how it looks, and a digest of its pixels."""

    duration: int
    n_bytes: int
    score: float
    contours: float
    digest: bytes


@dataclass(eq=False, slots=True)
class Written:
    """A file as one pass wrote it; goals look at it as at a trial."""

    file: IO[bytes]
    setting: Setting
    n_bytes: int = 0
    frames: list[FrameFacts] = field(default_factory=list)

    @property
    def score(self) -> float:
        """Mean of all frames, by their durations."""
        return self._mean([frame.score for frame in self.frames])

    @property
    def contours(self) -> float:
        """Mean of those that frames have more than their originals; 0 where nobody looks."""
        return self._mean([frame.contours for frame in self.frames])

    def _mean(self, values: list[float]) -> float:
        weights = [max(frame.duration, 1) for frame in self.frames]
        return float(np.average(values, weights=weights))

    @property
    def keeps(self) -> bool:
        """Nobody looks for soft edges and small colours here."""
        return True

    @property
    def estimate(self) -> int:
        """Bytes of the file."""
        return self.n_bytes

    @property
    def encoded(self) -> None:
        """No picture's file."""
        return

    @property
    def worst(self) -> float:
        """That of the worst frame."""
        return min(frame.score for frame in self.frames)


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """How all frames are mapped and written.

    Parameters
    ----------
    format : MovingFormat
        Of the file.
    stage : Stage
        What its patches share.
    painter : Painter
        What maps frames.
    book_of : callable
        Their codebooks.
    setting : Setting
        How.
    judge : Judge
        What scores them.
    floor : float
        The score below which a frame is mapped anew with more bits.
    effort : {'fast', 'default', 'best'}
        Of the coder.
    """

    format: MovingFormat
    stage: Stage
    painter: Painter
    book_of: BookOf
    setting: Setting
    judge: Judge
    floor: float
    effort: Effort


def digest_of(pixels: NDArray[np.uint8]) -> bytes:
    """Sum up what is shown, (h, w, 4); what is clear has no colour."""
    shown = np.where(pixels[..., 3:] == 0, np.uint8(0), pixels)
    return blake2b(shown.tobytes(), digest_size=16).digest()


def write(frames: Iterable[Frame], plan: Plan, on_frame: Callable[[int], None]) -> Written:
    """Map, score and write all frames; no more than a few are held."""
    written = Written(_Spool(HELD_BYTES), plan.setting)
    file = plan.format.opened(written.file, plan.stage)
    waiting = deque[tuple[Future[tuple[Patch, bytes]], float, float, bytes]]()

    def put() -> None:
        coded, score, contours, digest = waiting.popleft()
        patch, data = coded.result()
        file.add(patch, data)
        n_bytes = len(data) + plan.format.frame_bytes
        written.frames.append(FrameFacts(patch.duration, n_bytes, score, contours, digest))
        on_frame(len(written.frames))

    screen = Screen(plan.stage.height, plan.stage.width, can_replace=plan.format.may_replace)
    with ThreadPoolExecutor(1) as coder:
        try:
            for number, (frame, following) in enumerate(_pairs(frames)):
                view = screen.meet(frame.pixels, None if following is None else following.pixels)
                painted, shown, score, contours = _settled(
                    view, plan.book_of(number, view), frame, screen, plan
                )
                screen.take(painted.patch, frame.pixels, shown)
                coded = coder.submit(_coded, painted.patch, view, plan)
                waiting.append((coded, score, contours, digest_of(screen.shown)))
                if len(waiting) > _AHEAD:
                    put()
            while waiting:
                put()
        except BaseException:
            coder.shutdown(cancel_futures=True)
            raise
    file.finish()
    written.n_bytes = written.file.seek(0, 2)
    return written


def _coded(patch: Patch, view: View, plan: Plan) -> tuple[Patch, bytes]:
    """Code a patch, or another that shows the same."""

    def coded(one: Patch) -> bytes:
        return plan.format.coded(one, plan.stage, plan.effort)

    if plan.effort == "fast":
        return patch, coded(patch)
    return least(patch, view, plan.painter, coded)


def verify(written: Written, unit: int) -> None:
    """Read a file back: it shows every frame as it was mapped, for as long as it should.

    unit: milliseconds of which the format's durations are multiples.
    """
    written.file.seek(0)
    frames, ends, read = iter(Animation.read(written.file)), 0, 0
    for number, facts in enumerate(written.frames):
        ends += facts.duration
        first = True
        # One that lasts too long for the format is written as several.
        while first or ends - read > unit // 2:
            frame = next(frames, None)
            if frame is None or digest_of(widened(frame.pixels, 4)) != facts.digest:
                raise FormatError(f"frame {number} does not read back as written; {_REPORT}")
            read, first = read + frame.duration, False
        if read - ends > unit // 2:
            raise FormatError(f"frame {number} ends {read - ends} ms too late; {_REPORT}")
    if next(frames, None) is not None:
        raise FormatError(f"more than {len(written.frames)} frames read back; {_REPORT}")


def _settled(
    view: View, book: Codebook, frame: Frame, screen: Screen, plan: Plan
) -> tuple[Painted, NDArray[np.uint8], float, float]:
    """Map a frame, with more bits where it would look far worse than what was asked."""
    setting = plan.setting
    while True:
        painted = plan.painter.paint(view, frame.duration, book, setting)
        shown = screen.after(painted.patch)
        score, contours = plan.judge.of(view.pixels, shown)
        if score >= plan.floor or setting.rate <= LEAST_RATE:
            return painted, shown, score, contours
        setting = replace(setting, rate=max(setting.rate // 4, LEAST_RATE))


def _pairs(frames: Iterable[Frame]) -> Iterator[tuple[Frame, Frame | None]]:
    """Give each frame with the one behind it."""
    before: Frame | None = None
    for frame in frames:
        if before is not None:
            yield before, frame
        before = frame
    if before is not None:
        yield before, None
