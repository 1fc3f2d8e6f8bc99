"""Lossy WebP and AVIF for a goal: the quality that just holds it, and when not to try further."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from huepress.common.arrays import widened
from huepress.common.side_by_side import each
from huepress.errors import FormatError
from huepress.formats import Encoded, kept_metadata, lossy
from huepress.formats.lossy import BEST, Coder
from huepress.formats.metadata import NOTHING
from huepress.search.goals import QUALITY_UNIT, AtLeast, AtMost, Goal, Knob
from huepress.search.solve import Task, solve_all
from huepress.search.tuning import Tuning
from huepress.search.workbench import Target, Workbench
from huepress.values.image import Image

CODERS: tuple[Knob, ...] = ("avif", "webp")
"""Lossy formats, the likelier ones first."""

_NAMES = {"avif": "AVIF", "webp": "lossy WebP"}


@dataclass(frozen=True, slots=True)
class Qualities:
    """The files of one lossy format; `solve` turns their quality."""

    knob: Knob
    most: int = BEST

    def at(self, value: int) -> Coder:
        """Return the setting with this quality."""
        return Coder(self.knob, value)

    def value(self, setting: Coder) -> int:
        """Return the quality of a setting of the family."""
        return setting.quality or 0

    def has(self, setting: Coder) -> bool:
        """Whether a setting is of this format, and lossy."""
        return setting.format == self.knob and setting.quality is not None

    def position(self, value: float, _tuning: Tuning) -> float:
        """Where a quality lies on the scale of goals."""
        return value / QUALITY_UNIT

    def value_at(self, position: float, _tuning: Tuning) -> int:
        """Return the quality there, or the nearest that there is."""
        return min(max(round(position * QUALITY_UNIT), 0), self.most)


@dataclass(frozen=True, eq=False)
class LossyTrial:
    """A file without a palette, decoded and judged.

    Parameters
    ----------
    setting : Coder
        What was tried.
    encoded : Encoded
        The file.
    score, contours, keeps
        As of a `Trial`, of the decoded pixels.
    """

    setting: Coder
    encoded: Encoded
    score: float
    contours: float = 0.0
    keeps: bool = True

    @property
    def estimate(self) -> int:
        """Bytes of the file."""
        return len(self.encoded)

    @property
    def n_bytes(self) -> int:
        """Bytes of the file."""
        return len(self.encoded)

    @property
    def picture(self) -> Image:
        """What the file decodes to."""
        return Image(lossy.decode(bytes(self.encoded), self.setting))


class LossyFiles:
    """Lossy files of the pixels of one target, a whole picture or a sample, each made once."""

    def __init__(self, bench: Workbench, target: Target) -> None:
        self.bench, self.target, self.made = bench, target, dict[Coder, LossyTrial]()
        self._pixels, options = target.pixels, bench.options
        kept = kept_metadata(bench.image, options.keep, options.format)
        self._metadata = kept if target is bench.whole else NOTHING

    def trials(self, settings: Sequence[Coder]) -> list[LossyTrial]:
        """Write, decode and judge files, or remember them."""
        missing = [setting for setting in dict.fromkeys(settings) if setting not in self.made]
        files = each(self._encoded, missing, self.bench.options.threads)
        for setting, data in zip(missing, files, strict=True):
            trial = self.made[setting] = self._judged(setting, data)
            if self.target is self.bench.whole:
                self.bench.say(setting, trial.score)
        return [self.made[setting] for setting in settings]

    def _encoded(self, setting: Coder) -> bytes:
        options = self.bench.options
        return lossy.encode(
            self._pixels,
            setting,
            effort=options.effort,
            metadata=self._metadata,
            threads=options.threads,
        )

    def _judged(self, setting: Coder, data: bytes) -> LossyTrial:
        """Decode a file, and judge what comes out."""
        pixels = lossy.decode(data, setting)
        if pixels.shape[:2] != self._pixels.shape[:2] or pixels.shape[2] > self._pixels.shape[2]:
            height, width, channels = pixels.shape
            raise FormatError(
                f"{setting} decodes to {width}×{height}×{channels}, and "
                f"{self._pixels.shape} was written; please report this"
            )
        pixels = np.ascontiguousarray(widened(pixels, self._pixels.shape[2]))
        score, contours, keeps = self.bench.judged_pixels(pixels, self.target)
        encoded = Encoded(setting.format, ((f".{setting.format}", data),))
        return LossyTrial(setting, encoded, score, contours, keeps)


class LossySearch:
    """The search for the quality of each lossy format that just holds a goal."""

    def __init__(self, bench: Workbench, goal: Goal) -> None:
        self.bench, self.goal, self.tuning = bench, goal, bench.tuning
        self.whole, self.graphic = LossyFiles(bench, bench.whole), bench.picture.graphic
        if self.graphic and isinstance(goal, AtLeast):
            self.goal = replace(goal, score=max(goal.score, self.tuning.crisp))
        sampled = bench.sample is not bench.whole
        self.sample = LossyFiles(bench, bench.sample) if sampled else None
        # How many times the sample the whole picture is.
        self.times = bench.whole.pixels.size / bench.sample.pixels.size
        reasons = {name: self._why_not(name) for name in CODERS}
        self.left_out = tuple(f"{_NAMES[name]}: {why}" for name, why in reasons.items() if why)
        self.families = [Qualities(name) for name, why in reasons.items() if not why]

    def _why_not(self, name: Knob) -> str:
        """Say why a format is not tried; empty where it is."""
        image, options = self.bench.image, self.bench.options
        if name == "avif" and image.has_alpha and options.changes_colors:
            return "its alpha is lossy too, and nothing half transparent may be left"
        return lossy.why_not(name, image.width, image.height)

    @property
    def trials(self) -> list[LossyTrial]:
        """All files of the whole picture so far."""
        return list(self.whole.made.values())

    @property
    def held(self) -> list[LossyTrial]:
        """Those that hold the goal and, in a drawing, have crisp letters."""
        least = self.tuning.crisp if self.graphic else -math.inf
        return [t for t in self.trials if t.score >= least and self.goal.holds(t)]

    def solve(self, limit: float) -> None:
        """Turn the quality of each format until the goal is just met; give up what cannot win.

        Parameters
        ----------
        limit : float
            Bytes of the least file that holds the goal so far.
        """
        for family in self.families:
            task = self._begun(family, limit)
            if task is None:
                continue
            for _ in range(self.tuning.quality_steps):
                before = len(self.whole.made)
                solve_all([task], self.whole, 1)
                if len(self.whole.made) == before or self._least(task, self.whole) > limit:
                    break
            limit = min([limit, *(trial.n_bytes for trial in self.held)])

    def _begun(self, family: Qualities, limit: float) -> Task[Qualities] | None:
        """Look where to begin, on a sample if there is one; None where that shows no hope."""
        start, goal = self.tuning.first_quality, self.goal
        if isinstance(goal, AtLeast):
            shift = self.tuning.drawing_shift if self.graphic else 0.0
            position = goal.first_position(knob=family.knob, shift=shift)
            start = family.value_at(position, self.tuning)
        if self.sample is None:
            return Task(family, goal, start)
        share: Goal = goal
        if isinstance(goal, AtMost):
            share = replace(goal, n_bytes=max(int(goal.n_bytes / self.times), 1))
        task, trust = Task(family, share, start), self.tuning.sample_trust[self.graphic]
        for _ in range(self.tuning.sample_files):
            solve_all([task], self.sample, 1)
            if self._least(task, self.sample) * self.times > trust * limit:
                return None
        return Task(family, goal, family.value(task.nearest(self.sample).setting))

    def _least(self, task: Task[Qualities], files: LossyFiles) -> float:
        """Bytes that a format takes at the least for a score, however steep its curve is."""
        if not isinstance(task.goal, AtLeast):
            return 0.0
        nearest, (least, most) = task.nearest(files), self.tuning.lossy_slopes
        error = task.goal.error(nearest)
        return nearest.n_bytes * math.exp(-(most if error > 0 else least) * error)

    def lossless(self) -> None:
        """Write the file that has any score, where its format can hold the picture."""
        if not lossy.why_not("webp", self.bench.image.width, self.bench.image.height):
            self.whole.trials([Coder("webp", None)])
