"""Lossy WebP and AVIF for a goal: the quality that just holds it, and when not to try further."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from huepress.common.arrays import widened
from huepress.common.side_by_side import each
from huepress.errors import FormatError
from huepress.formats import Encoded, kept_metadata, lossy
from huepress.formats.lossy import BEST, Coder
from huepress.search.goals import LEVELS, LEVELS_UNIT, AtLeast, Goal, Knob
from huepress.search.solve import Task, solve_all
from huepress.search.tuning import Tuning
from huepress.search.workbench import Workbench
from huepress.values.image import Image

CODERS: tuple[Knob, ...] = ("avif", "webp")
"""Lossy formats, the likelier ones first."""

_NAMES = {"avif": "AVIF", "webp": "lossy WebP"}


@dataclass(frozen=True, slots=True)
class Qualities:
    """The files of one lossy format; `solve` turns the level of their quality."""

    knob: Knob

    @property
    def most(self) -> int:
        """The best level."""
        return LEVELS[self.knob]

    def at(self, value: int) -> Coder:
        """Return the setting of a level."""
        return Coder(self.knob, round(BEST * value / self.most))

    def value(self, setting: Coder) -> int:
        """Return the level of a setting of the family."""
        return round((setting.quality or 0) * self.most / BEST)

    def has(self, setting: Coder) -> bool:
        """Whether a setting is of this format, and lossy."""
        return setting.format == self.knob and setting.quality is not None

    def position(self, value: float, _tuning: Tuning) -> float:
        """Where a level lies on the scale of goals."""
        return value / LEVELS_UNIT

    def value_at(self, position: float, _tuning: Tuning) -> int:
        """Return the level there, or the nearest that there is."""
        return min(max(round(position * LEVELS_UNIT), 0), self.most)


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
    """The lossy files of one original, each made once; `solve` turns their quality."""

    def __init__(self, bench: Workbench) -> None:
        self.bench, self.tuning, self.made = bench, bench.tuning, dict[Coder, LossyTrial]()
        options, image = bench.options, bench.image
        self._pixels = image.pixels
        self._metadata = kept_metadata(image, options.keep, options.format)
        reasons = {name: self._why_not(image, name) for name in CODERS}
        self.left_out = tuple(f"{_NAMES[name]}: {why}" for name, why in reasons.items() if why)
        self.families = [Qualities(name) for name, why in reasons.items() if not why]

    def _why_not(self, image: Image, name: Knob) -> str:
        """Say why a format is not tried; empty where it is."""
        options = self.bench.options
        if name == "avif" and image.has_alpha and options.changes_colors:
            return "its alpha is lossy too, and nothing half transparent may be left"
        return lossy.why_not(name, image.width, image.height)

    def trials(self, settings: Sequence[Coder]) -> list[LossyTrial]:
        """Write, decode and judge files, or remember them."""
        missing = [setting for setting in dict.fromkeys(settings) if setting not in self.made]
        files = each(self._encoded, missing, self.bench.options.threads)
        for setting, data in zip(missing, files, strict=True):
            trial = self.made[setting] = self._judged(setting, data)
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
        score, contours, keeps = self.bench.judged_pixels(pixels)
        encoded = Encoded(setting.format, ((f".{setting.format}", data),))
        return LossyTrial(setting, encoded, score, contours, keeps)

    def solve(self, goal: Goal, limit: float) -> None:
        """Turn the quality of each format until a goal is just met; give up what cannot win.

        Parameters
        ----------
        goal : AtLeast or AtMost
            What is asked.
        limit : float
            Bytes of the least file that holds the goal so far.
        """
        for family in self.families:
            task = Task(family, goal, self._start(family, goal))
            for _ in range(self.tuning.quality_steps):
                before = len(self.made)
                solve_all([task], self, 1)
                if len(self.made) == before or self._hopeless(task, limit):
                    break
            held = [trial.n_bytes for trial in self.made.values() if goal.holds(trial)]
            limit = min([limit, *held])

    def _start(self, family: Qualities, goal: Goal) -> int:
        """Guess a quality: by the score, as on most pictures; of sizes nothing is known."""
        if not isinstance(goal, AtLeast):
            return self.tuning.first_quality * family.most // BEST
        return family.value_at(goal.first_position(knob=family.knob), self.tuning)

    def _hopeless(self, task: Task[Qualities], limit: float) -> bool:
        """Whether a format takes more bytes than another file, however steep its curve is."""
        if not isinstance(task.goal, AtLeast):
            return False
        nearest, (least, most) = task.nearest(self), self.tuning.lossy_slopes
        error = task.goal.error(nearest)
        return math.log(nearest.n_bytes) - (most if error > 0 else least) * error > math.log(limit)

    def lossless(self) -> LossyTrial | None:
        """Write the file that always has the score, where its format can hold the picture."""
        height, width = self._pixels.shape[:2]
        if lossy.why_not("webp", width, height):
            return None
        return self.trials([Coder("webp", None)])[0]
