"""The job on moving pictures: frames in, a small file out, proved frame by frame."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import Any, Unpack

import numpy as np

from huepress.common.checks import instance
from huepress.common.choices import Effort
from huepress.errors import FormatError, OptionError, QualityError
from huepress.formats.moving import MOVING, MovingFormat, Stage
from huepress.motion.asked import check_lossless
from huepress.motion.books import Books, OneBook, Palettes, PartBooks, SceneBooks, own_codebook
from huepress.motion.clip import Clip, ClipTrial, Judge
from huepress.motion.frames import chosen_runs, flattened, without_repeats
from huepress.motion.painting import Painted, Painter
from huepress.motion.result import MovingResult
from huepress.motion.search import Search
from huepress.motion.survey import surveyed
from huepress.motion.writing import Plan, Written, verify, write
from huepress.options import CompressOptions, OptionChanges, shows_options
from huepress.search.codecs import CODECS, DEFLATE
from huepress.search.families import Family
from huepress.search.goals import AtLeast, AtMost, Goal
from huepress.search.picture import Picture
from huepress.search.solve import Task, next_value
from huepress.search.trials import Setting
from huepress.search.tuning import TUNING, Tuning
from huepress.values.animation import Animation
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram
from huepress.values.image import Image

MOST_CODES = 255
"""With what leaves pixels, as many as a palette has entries."""

MOST_PALETTE = 256
"""Codes that may be asked for."""

_NAMES = {"png": "apng", "gif": "gif", "webp": "webp"}
"""Formats of moving pictures by those of `CompressOptions`."""

_CODECS = {**CODECS, "png": DEFLATE}
"""What codes labels: an APNG has a byte for each, as ffmpeg misplaces those that share one."""

OnMoving = Callable[[str, int, int], None]
"""Called with what is being done, frames done, and frames in all."""


@shows_options
def compress_animation(
    source: Any,
    options: CompressOptions | None = None,
    *,
    lossless: bool = False,
    drop_duplicates: bool = False,
    on_progress: OnMoving | None = None,
    **changes: Unpack[OptionChanges],
) -> MovingResult:
    """Compress a moving picture: one codebook for all frames, and of each only what changes.

    With `k` frames get at most k codes and labels as `dither` says. With `quality` or
    `target_size`, or nothing at all, codes and rate are searched for; `quality` is the mean score
    of the frames, of which none is far below. A pixel that does not change in the original does not
    change in the file.

    Parameters
    ----------
    source : Animation or what `Animation.read` takes
        What is compressed.
    options : CompressOptions, optional
        What to do; format ``png`` writes APNG, and ``auto`` the smaller of APNG and WebP.
    lossless : bool
        Keep every pixel of every frame.
    drop_duplicates : bool
        Make one frame of equal ones that follow each other, shown as long as they are together.
    on_progress : callable, optional
        Called with what is being done, frames done, and frames in all.
    **changes
        Single options, as `CompressOptions` names and documents them, put over `options`.

    Returns
    -------
    MovingResult
        The file, proved to show what its facts say, and the facts.

    Raises
    ------
    InputError
        If the source cannot be read.
    OptionError
        If an option is out of its range, or has no meaning for moving pictures.
    FormatError
        If the format cannot hold the frames.
    QualityError
        If `min_quality` or `target_size` cannot be met.

    Examples
    --------
    >>> import numpy as np
    >>> from huepress.values.animation import Frame
    >>> frames = [Frame(np.full((8, 8, 3), level, np.uint8), 100) for level in (10, 200)]
    >>> result = compress_animation(Animation.of(frames), format="gif")
    >>> bytes(result)[:6], len(result.frames), result.score
    (b'GIF89a', 2, 100.0)
    """
    if options is None:
        options = CompressOptions(**changes)
    else:
        options = replace(instance("options", options, CompressOptions), **changes)
    _check(options, lossless=lossless)
    if not isinstance(source, Animation):
        source = Animation.read(source, max_pixels=options.max_pixels, lenient=options.lenient)
    animation = flattened(source, options.matte, options.alpha_threshold)
    if drop_duplicates:
        animation = without_repeats(animation)
    job = _Job(animation, options, lossless, on_progress, TUNING)
    names = ("png", "webp") if options.format == "auto" else (options.format,)
    results = [job.made(name) for name in names]
    return min(results, key=lambda result: (not result.reached, result.output_bytes))


class _Job:
    """One moving picture, and what is known of it whatever the format."""

    def __init__(
        self,
        animation: Animation,
        options: CompressOptions,
        lossless: bool,
        on_progress: OnMoving | None,
        tuning: Tuning,
    ) -> None:
        self.animation, self.options, self.lossless = animation, options, lossless
        self.on_progress, self.tuning = on_progress, tuning
        self.start = time.perf_counter()
        self.survey = surveyed(
            animation, partial(self.say, "looking", animation.n_frames or 0), tuning
        )
        self.runs = chosen_runs(animation, self.survey.n_frames, tuning)
        frames = [frame for run in self.runs for frame in run.frames]
        some = dict.fromkeys([0, len(frames) // 2, len(frames) - 1])
        self.pictures = [Picture(Image(frames[i].pixels), options, tuning) for i in some]

    def say(self, what: str, total: int, done: int) -> None:
        """Tell how far the work is."""
        if self.on_progress is not None:
            self.on_progress(what, done, total)

    def made(self, name: str) -> MovingResult:
        """Make a file of one format."""
        entry = MOVING[_NAMES[name]]
        if entry.alpha == "binary" and not self.survey.binary:
            raise FormatError(
                f"some frames are translucent, and {entry.name.upper()} knows only full "
                "transparency; write APNG or WebP, or lay the frames on a colour with --matte, or "
                "cut their alpha with --alpha-threshold"
            )
        if self.lossless or self._is_exact(entry):
            return self._exact(name, entry)
        return self._fitted(name, entry)

    # -- exactly -----------------------------------------------------------------------------------

    def _is_exact(self, entry: MovingFormat) -> bool:
        """Whether so few colours need no choice: unless less than all of them was asked for."""
        options = self.options
        searched = options.quality is not None and options.quality < 100
        if searched or options.target_size is not None or options.palette is not None:
            return False
        if options.k is None and options.quality is None:
            return False
        most = MOST_CODES if options.k is None else min(options.k, MOST_CODES)
        return len(self.histogram(entry)) <= most

    def _exact(self, name: str, entry: MovingFormat) -> MovingResult:
        """Keep every pixel."""
        histogram = self.histogram(entry)
        shared = Codebook(histogram.colors) if len(histogram) <= MOST_CODES else None
        stage = self._stage(entry, shared)
        setting = Setting(len(histogram))
        plan = Plan(
            format=entry,
            stage=stage,
            painter=self._painter(name, entry),
            book_of=own_codebook if shared is None else lambda _number, _view: shared,
            setting=setting,
            judge=Judge(opaque=self.survey.opaque, contours=False, threads=self.options.threads),
            floor=-np.inf,
            effort=self.options.effort,
        )
        written = self._written(plan)
        if written.worst < 100:
            raise FormatError(
                f"{entry.name.upper()} cannot hold all colours of a frame; write APNG or WebP"
            )
        return self._result(entry, setting, None, None, written, lossless=True)

    # -- with a codebook of all frames -------------------------------------------------------------

    def _fitted(self, name: str, entry: MovingFormat) -> MovingResult:
        options = self.options
        painter, judge = self._painter(name, entry), self._judge()
        books = self._books(self.survey.histogram, entry, painter)
        most = min(options.k or MOST_CODES, MOST_CODES, len(books.histogram))

        def size(painted: Painted) -> int:
            patch = painted.patch
            if painted.coded and patch.labels.size > self.tuning.coded_labels:
                return painted.coded + entry.frame_bytes
            stage = self._stage(entry, patch.codebook)
            effort: Effort = "default" if patch.labels.size <= self.tuning.coded_labels else "fast"
            return len(entry.coded(patch, stage, effort)) + entry.frame_bytes

        def head(k: int) -> int:
            file = BytesIO()
            entry.opened(file, self._stage(entry, books.of(k)))
            return file.tell()

        clip = Clip(self.runs, self.survey, painter, books, judge, size, head)
        search = Search(clip, options, self.kind, most, self.tuning)

        def write_out(palettes: Palettes, setting: Setting, floor: float) -> Written:
            plan = Plan(
                format=entry,
                stage=self._stage(entry, palettes.shared(setting.k)),
                painter=painter,
                book_of=palettes.begun(setting.k),
                setting=setting,
                judge=judge,
                floor=floor,
                effort=options.effort,
            )
            return self._written(plan)

        if not options.searches:
            written = write_out(OneBook(books), search.top, -np.inf)
            return self._result(entry, search.top, books, None, written)
        goal = self._goal()
        self.say("searching", 0, 0)
        setting = search.settled(goal).setting
        setting, written = self._met(
            search.family_of(setting), setting, goal, partial(write_out, OneBook(books))
        )
        shared: Books | None = books
        for palettes in self._others(entry, painter, goal, clip.trial(search.top)):
            # Where the most codes give hardly enough, a mask that is trusted less gives more.
            rate = max(setting.rate, self.tuning.part_rate) if setting.rate else 0
            start = replace(setting, k=MOST_CODES, rate=rate, contrast=0.5)
            other = self._met(search.family_of(start), start, goal, partial(write_out, palettes))
            if _better(goal, other[1], written):
                (setting, written), shared = other, None
        wanted = goal.score if isinstance(goal, AtLeast) else None
        self._check_met(goal, written)
        return self._result(entry, setting, shared, wanted, written)

    def _others(
        self, entry: MovingFormat, painter: Painter, goal: Goal, top: ClipTrial
    ) -> Iterator[Palettes]:
        """Give what may do better than one codebook for all, where the format has several.

        Scenes, where there are some; and parts of a few frames, where the most codes that all share
        hardly give what is asked.
        """
        if entry.palettes == "one" or not self.survey.opaque or self.options.k is not None:
            return
        scenes, n_frames = self.survey.scenes, self.survey.n_frames
        if 2 <= len(scenes) <= n_frames / self.tuning.part_frames:
            books = [self._books(scene.histogram, entry, painter) for scene in scenes]
            yield SceneBooks(books, self.survey.scene_of)
        tight = isinstance(goal, AtLeast) and goal.grade(top) < goal.score + self.tuning.part_points
        if tight and n_frames > self.tuning.part_frames:
            make = partial(self._books, entry=entry, painter=painter)
            yield PartBooks(self.animation, self.tuning.part_frames, make)

    def _met(
        self,
        family: Family,
        setting: Setting,
        goal: Goal,
        write_out: Callable[[Setting, float], Written],
    ) -> tuple[Setting, Written]:
        """Write what meets a goal on some frames; turn its knob on where all differ from them."""
        whole = _Whole({})
        floor = goal.score - self.tuning.moving_worst if isinstance(goal, AtLeast) else -np.inf
        for number in range(self.tuning.most_passes):
            if number >= self.tuning.passes and any(map(goal.holds, whole.made.values())):
                break
            self.say(str(setting), 0, 0)
            whole.made[setting] = write_out(setting, floor)
            if goal.holds(whole.made[setting]) and _near(goal, whole.made[setting]):
                break
            if isinstance(goal, AtLeast) and _at_its_best(goal, list(whole.made.values())):
                break
            task = Task(family, goal, family.value(setting))
            value = next_value(task, task.points(whole))
            if value is None:
                break
            setting = family.at(value)
        held = [pair for pair in whole.made.items() if goal.holds(pair[1])]
        if isinstance(goal, AtMost):
            least = min(whole.made.items(), key=lambda pair: pair[1].n_bytes)
            return max(held, key=lambda pair: goal.grade(pair[1]), default=least)
        best = max(whole.made.items(), key=lambda pair: goal.grade(pair[1]))
        return min(held, key=lambda pair: pair[1].n_bytes, default=best)

    def _check_met(self, goal: Goal, written: Written) -> None:
        least = self.options.min_quality
        if isinstance(goal, AtMost) and written.n_bytes > goal.n_bytes:
            raise QualityError(
                f"{written.n_bytes:,} bytes is the least found, and at most {goal.n_bytes:,} were "
                "asked; ask for more, or make the frames smaller or fewer"
            )
        if least is not None and written.score < least:
            raise QualityError(
                f"score {written.score:.1f} is the best found, and at least {least:g} was asked; "
                "ask for less, or keep the original"
            )

    # -- what all ways need ------------------------------------------------------------------------

    @property
    def kind(self) -> Any:
        """Which families suit most of the frames that were looked at."""
        kinds = [picture.kind for picture in self.pictures]
        return max(sorted(set(kinds)), key=kinds.count)

    def _books(self, histogram: Histogram, entry: MovingFormat, painter: Painter) -> Books:
        return Books(
            _codable(histogram, entry),
            self.options,
            self.tuning,
            graphic=painter.page,
            chroma=painter.chroma,
        )

    def histogram(self, entry: MovingFormat) -> Histogram:
        """Return what is seen for how long, of what takes a code."""
        return _codable(self.survey.histogram, entry)

    def _goal(self) -> Goal:
        options, tuning = self.options, self.tuning
        if options.target_size is not None:
            return AtMost(n_bytes=options.target_size, tuning=tuning)
        score = options.quality
        if score is None:
            score = max(picture.default_score for picture in self.pictures)
        limit = max(self._contour_limit, tuning.moving_contour)
        return AtLeast(
            score=score, contour_limit=limit if score > tuning.faithful else np.inf, tuning=tuning
        )

    @property
    def _contour_limit(self) -> float:
        return min(picture.contour_limit for picture in self.pictures)

    def _judge(self) -> Judge:
        return Judge(
            opaque=self.survey.opaque,
            contours=self._contour_limit < np.inf,
            threads=self.options.threads,
        )

    def _painter(self, name: str, entry: MovingFormat) -> Painter:
        options = self.options
        chroma = round(float(np.mean([picture.chroma for picture in self.pictures])))
        return Painter(
            codec=_CODECS[name],
            space=options.space,
            kind=self.kind,
            chroma=chroma,
            even=entry.even_places,
            opaque=self.survey.opaque,
            tuning=self.tuning,
            can_replace=entry.may_replace,
            chain=64 if options.effort == "best" else 16,
            threads=options.threads,
        )

    def _stage(self, entry: MovingFormat, book: Codebook | None) -> Stage:
        animation = self.animation
        return Stage(
            animation.width,
            animation.height,
            animation.loops,
            codebook=book,
            leaves=self.survey.n_frames > 1 or not self.survey.opaque,
            alpha=not self.survey.opaque,
        )

    def _written(self, plan: Plan) -> Written:
        return write(self.animation, plan, partial(self.say, "writing", self.survey.n_frames))

    def _result(
        self,
        entry: MovingFormat,
        setting: Setting,
        books: Books | None,
        wanted: float | None,
        written: Written,
        *,
        lossless: bool = False,
    ) -> MovingResult:
        self.say("checking", self.survey.n_frames, self.survey.n_frames)
        verify(written, entry.unit)
        return MovingResult(
            animation=self.animation,
            options=self.options,
            format=entry.name,
            setting=setting,
            fit=None if books is None else books.fit_of(setting.k),
            wanted=wanted,
            written=written,
            survey=self.survey,
            lossless=lossless,
            seconds=time.perf_counter() - self.start,
        )


@dataclass(frozen=True, slots=True)
class _Whole:
    """What was written of all frames, as solving looks at it."""

    made: dict[Setting, Written]

    def trials(self, settings: Sequence[Setting]) -> list[Written]:
        """Return what was written with these settings."""
        return [self.made[setting] for setting in settings]


def _codable(histogram: Histogram, entry: MovingFormat) -> Histogram:
    """Leave out what takes no code: in a GIF, what is clear."""
    if not entry.may_replace and histogram.has_transparent and len(histogram) > 1:
        return Histogram(histogram.colors[1:], histogram.counts[1:])
    return histogram


def _better(goal: Goal, one: Written, other: Written) -> bool:
    """Whether one meets a goal and the other does not, or is the better of two alike."""
    if goal.holds(one) != goal.holds(other):
        return goal.holds(one)
    if isinstance(goal, AtMost) or not goal.holds(one):
        return goal.grade(one) > goal.grade(other)
    return one.n_bytes < other.n_bytes


def _check(options: CompressOptions, *, lossless: bool) -> None:
    """Refuse what has no meaning for moving pictures."""
    if options.format not in (*_NAMES, "auto"):
        raise OptionError(
            f"format {options.format} holds one picture; write a moving one as gif, png (APNG), "
            "webp or auto, or choose one frame (--frame N)"
        )
    if options.keep_palette or options.palette is not None:
        raise OptionError("the codebook of a moving picture is learned; leave the palette out")
    if options.keep:
        kept = ", ".join(sorted(options.keep))
        raise OptionError(
            f"a moving picture keeps its pixels, times and loops only; leave {kept} out"
        )
    if (options.k or 0) > MOST_PALETTE:
        raise OptionError(
            f"k={options.k} exceeds the {MOST_PALETTE} colours of the palettes that moving "
            f"pictures have; use k ≤ {MOST_PALETTE}, or --lossless"
        )
    if options.tile_left or options.tile_top:
        raise OptionError("a moving picture is no tile of another; leave the tile's place out")
    if lossless:
        check_lossless(options)


def _at_its_best(goal: AtLeast, passes: Sequence[Written]) -> bool:
    """Whether the last pass gave hardly more than those before, and not what was asked."""
    *before, last = map(goal.grade, passes)
    return bool(before) and last < min(goal.score, max(before) + goal.tuning.pass_gain)


def _near(goal: Goal, written: Written) -> bool:
    if isinstance(goal, AtMost):
        return written.n_bytes >= goal.tuning.pass_filled * goal.n_bytes
    return goal.grade(written) <= goal.score + goal.tuning.pass_near
