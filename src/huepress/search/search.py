"""The search for a wanted quality or size: which k, mapping and rate to write.

A picture's curve of bytes against score has two ends. Above what nearest labels reach, diffusion
buys score with bytes; below, fewer codes or rate-aware labels save bytes at the cost of score. The
search solves for the rate of a few families of settings on a sample of the rows, takes the family
that does best there, and corrects its rate on the whole picture; only finalists are encoded in
full. A plain candidate is always among them, so that the result never loses to it. On photographs
one family does best nearly everywhere, and a sample's scores say little: its rate is solved for on
the whole picture at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from huepress.common.side_by_side import each
from huepress.errors import QualityError
from huepress.formats import Encoded
from huepress.kmeans import FitResult
from huepress.options import CompressOptions
from huepress.search.aims import (
    BASE,
    USEFUL_RATE,
    Wish,
    cost_at,
    next_rate,
    of_family,
    spent,
    tolerance,
)
from huepress.search.workbench import (
    ART_CONTOUR,
    ASKED_ART_CONTOUR,
    FEEDBACK,
    LEAST_RATE,
    MOST_RATE,
    SMOOTH_CONTOUR,
    Report,
    Setting,
    Sheet,
    Trial,
    Workbench,
)
from huepress.values.image import Image

LADDER = (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
"""The numbers of codes that are tried."""

DEFAULT_QUALITY, DEFAULT_ART_QUALITY, DEFAULT_ICON_QUALITY = 80.0, 88.0, 91.0
"""The scores that a plain ``huepress compress`` aims at: visually lossless to a careful eye.

The second is that of art with alpha, gradients and small drawings, the third of icons among them.
They are looked at closely, their edges and shades are all there is to see, and at 80 these show
what no eye finds in a photograph.
"""

_DIFFUSIONS, _STRONGEST_DIFFUSION = (64, 192), 224
_RATE_DIFFUSION = 56
_LEAST_STEP = 0.04  # in doublings of the rate: less is lost in the noise of the score
_LAST_POINTS = 1.1
_LAST_OF_RATES, _LAST_OF_NEAREST, _LAST_OF_BANDED, _LAST_OF_ALL = 0.6, 0.4, 1.5, 6.0
_BANDED = 20.0  # points of score that diffusion wins
_BEHIND = 0.08
_SLOPE, _GRAPHIC_SLOPE = 0.42, 0.25
_HOPELESS = 0.2  # in the logarithm of the bytes, as a sample shows them
_BEYOND_HOPE = 0.3  # more: no other family makes up for it
_FAITHFUL = 70.0
_SMALL_DRAWING, _ICON = 256, 128  # pixels a side
_SOFTNESS = 0.75
_WISHES, _NEAR_THE_BEST = 5.0, 2.0
_FEWEST = 8  # codes that rates are tried with where more leave too much
_REFINEMENTS = 3
_BLENDS = 3
_POLISH = 60  # rates tried a doubling
_FILLED = 0.97  # of a target size
_LOWEST, _SIZE_TRIES, _NEAR_WISHES = -100.0, 12, 0.4
_POINTS_A_DOUBLING = 18.0

T = TypeVar("T")


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """What the search chose, and all that it saw.

    Parameters
    ----------
    chosen : Trial
        What to write.
    encoded : Encoded
        Its file.
    fit : FitResult
        How its codebook came about.
    trials : tuple of Trial
        Everything tried on the whole picture, by bytes.
    distinct_colors : int
        Of the original.
    most_codes : int
        The most that could be tried.
    wanted : float or None
        The score that was aimed at; None for a target size.
    """

    chosen: Trial
    encoded: Encoded
    fit: FitResult
    trials: tuple[Trial, ...]
    distinct_colors: int
    most_codes: int
    wanted: float | None

    @property
    def reached(self) -> bool:
        """Whether the wanted quality was met."""
        return self.wanted is None or self.chosen.score >= self.wanted

    @property
    def shortfall(self) -> str:
        """What to say where it was not; empty where it was."""
        if self.wanted is None or self.reached:
            return ""
        return f"{self.most_codes} colours do not reach a score of {self.wanted:g} here"


def search(image: Image, options: CompressOptions, report: Report | None = None) -> Found:
    """Find the least file of a wanted quality, or the best one of a wanted size.

    Parameters
    ----------
    image : Image
        The original.
    options : CompressOptions
        With `target_size`, the best score that fits; else the least bytes with a score of at least
        `quality`, or of the default when neither is given. `k` bounds the codes.
    report : callable, optional
        Called with a line about each trial.

    Returns
    -------
    Found
        The choice, encoded, and the curve.

    Raises
    ------
    QualityError
        If `min_quality` or `target_size` cannot be met.
    """
    bench = Workbench(image, options, report or (lambda _: None))
    hunt = _Search(bench)
    if options.target_size is not None:
        chosen = hunt.best_within(options.target_size)
    else:
        chosen = hunt.least_with(options.quality, options.min_quality)
    trials = sorted(bench.full.trials.values(), key=lambda trial: (trial.n_bytes, -trial.score))
    quality = hunt.default if options.quality is None else options.quality
    assert chosen.encoded is not None  # both searches return a finalist
    return Found(
        chosen,
        chosen.encoded,
        bench.fit_of(chosen.setting),
        tuple(trials),
        distinct_colors=len(bench.histogram),
        most_codes=hunt.ladder[-1],
        wanted=quality if options.target_size is None else None,
    )


class _Search:
    """The steps of one search over one workbench."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        pins = 0 if bench.options.pinned is None else len(bench.options.pinned)
        most = min(bench.options.k or 256, 256, bench.distinct_colors)
        self.ladder = [k for k in LADDER if pins < k < most] + [most]
        self._fewest = max(1, pins)
        self._found: dict[tuple[float, float | None], Trial] = {}
        self.rate_aware = bench.options.effort != "fast" and bench.options.dither is None
        self.thorough = bench.options.effort == "best"
        self.limit = math.inf

    @property
    def _limit(self) -> float:
        """From where contours count: in smooth pictures and in art. Texture hides them.

        Who names a quality of art takes what it looks like; nobody else should have to look.
        """
        options, art = self.bench.options, self.bench.image.has_alpha
        if art and (options.quality is not None or options.target_size is not None):
            return ASKED_ART_CONTOUR
        if art:
            return ART_CONTOUR
        return SMOOTH_CONTOUR if self.bench.smooth else math.inf

    @property
    def default(self) -> float:
        """The score to aim at where nobody says."""
        height, width, _ = self.bench.pixels.shape
        side = max(height, width)
        small = self.bench.graphic and side <= _SMALL_DRAWING
        if not (self.bench.image.has_alpha or small or self.bench.smooth):
            return DEFAULT_QUALITY
        return DEFAULT_ICON_QUALITY if side <= _ICON else DEFAULT_ART_QUALITY

    def least_with(self, quality: float | None, min_quality: float | None) -> Trial:
        """Find the least bytes with a score of at least `quality`, or nearly the best score."""
        bench, top = self.bench, self._setting(self.ladder[-1])
        if quality is None and bench.fit_of(top).lossless:
            # Nobody asked to lose anything, and nothing need be lost.
            return bench.encode(bench.trial(Setting(top.k)))
        if quality is None:
            return self._least(self.default, None)
        found = self._least(quality, min_quality)
        more = _WISHES * (math.floor(quality / _WISHES) + 1)
        if more <= 100 and self._may_lead_elsewhere(quality):
            # It may come to a better family, and what it finds serves the lower wish, too.
            other = self._least(more, None)
            if other.score >= quality and other.n_bytes < found.n_bytes:
                return other
        return found

    def _may_lead_elsewhere(self, wanted: float) -> bool:
        """Whether a higher wish may come to fewer bytes.

        Where one family serves all wishes, only near to the best score.
        """
        if not (self._photograph and self.rate_aware):
            return True
        best = self._grade(self.bench.trial(self._setting(self.ladder[-1])))
        return wanted > best - _NEAR_THE_BEST

    def _least(self, wanted: float, min_quality: float | None) -> Trial:
        """Find the least bytes of one wish, which no other one has part in."""
        key = wanted, min_quality
        self.limit = self._limit if wanted >= _FAITHFUL else math.inf
        if key not in self._found:
            self._found[key] = self._reached(wanted, min_quality)
        return self._found[key]

    def _reached(self, wanted: float, min_quality: float | None) -> Trial:
        plain = self._least_plain(wanted)
        if self._grade(plain) < wanted:
            sensible, best = self._beyond()
            if min_quality is not None and best < min_quality and self.limit < math.inf:
                # What is asked for at the least is a score, contours or not.
                self.limit = math.inf
                sensible, best = self._beyond()
            if min_quality is not None and best < min_quality:
                raise QualityError(
                    f"score {best:.1f} is the best that {self.ladder[-1]} colours reach, and at "
                    f"least {min_quality:g} was asked; ask for less, or keep the original"
                )
            if best < wanted:
                # No less than a whole wish that is within reach: more must not cost less.
                within = _WISHES * math.floor(best / _WISHES)
                wanted = max(sensible, within, min_quality or -math.inf)
        if self.rate_aware and wanted < 100:
            self._trade(wanted, plain)
        return self._least_of(self._good(wanted))

    def best_within(self, target: int) -> Trial:
        """Find the wish of which the least bytes just fit a size, by bisection.

        So a size gives what the best quality that fits would give.
        """
        low, high = _LOWEST, BASE
        wanted, best = _FAITHFUL, None
        fits: tuple[float, float] | None = None
        exceeds: tuple[float, float] | None = None
        for _ in range(_SIZE_TRIES):
            found = self.least_with(wanted, None)
            doublings = math.log2(found.n_bytes / target)
            if found.n_bytes <= target:
                if best is None or found.score > best.score:
                    best = found
                # In drawings, scores leap from k to k: the last bytes may be worth the most.
                filled = best.n_bytes >= _FILLED * target and not self.bench.graphic
                if filled or found.score < wanted:
                    break
                low, fits = found.score, (wanted, doublings)
            else:
                high, exceeds = wanted, (wanted, doublings)
            if high - low < _NEAR_WISHES:
                break
            wanted -= _POINTS_A_DOUBLING * doublings
            if fits and exceeds:
                share = fits[1] / (fits[1] - exceeds[1])
                wanted = fits[0] + share * (exceeds[0] - fits[0])
            margin = (high - low) / 8
            wanted = min(max(wanted, low + margin), high - margin)
        return best or self._least_within(target)

    def _least_within(self, target: int) -> Trial:
        """Find out whether the fewest codes fit where no wish does."""
        least = self.bench.encode(self.bench.trial(self._setting(self.ladder[0])))
        least = min([least, *self._written()], key=lambda trial: trial.n_bytes)
        if least.n_bytes > target:
            raise QualityError(
                f"{least.n_bytes} bytes is the least found with at most {self.ladder[-1]} colours, "
                f"and {target} were asked; ask for more, or make the picture smaller"
            )
        return least

    def _written(self) -> list[Trial]:
        return [trial for trial in self.bench.full.trials.values() if trial.encoded]

    def _setting(self, k: int) -> Setting:
        """How so many codes are mapped without a rate, as the options say."""
        options = self.bench.options
        diffusion = round(256 * options.dither_strength) if options.dither == "diffusion" else 0
        return Setting(k, diffusion=diffusion, ordered=options.dither == "ordered")

    def _grade(self, trial: Trial) -> float:
        return trial.grade(self.limit)

    def _good(self, wanted: float) -> list[Trial]:
        """List the trials of a grade, those where edges and colours survive if there are any."""
        good = [trial for trial in self.bench.full.trials.values() if self._grade(trial) >= wanted]
        if wanted < _FAITHFUL:
            return good
        good = [trial for trial in good if self._keeps_edges(wanted, trial)] or good
        if self.bench.graphic:
            good = [trial for trial in good if self._keeps(self.bench.faded_in(trial))] or good
        return good

    def _keeps_edges(self, wanted: float, trial: Trial) -> bool:
        """Whether soft edges are nearly as soft as the most codes make them."""
        if not self.bench.image.has_alpha or wanted < _FAITHFUL:
            return True
        most = self.bench.trial(self._setting(self.ladder[-1]), trial.sheet)
        return trial.softness >= _SOFTNESS * most.softness

    def _keeps_colors(self, wanted: float, setting: Setting) -> bool:
        """Whether no small area of a drawing fades in nearest labels that the most codes keep.

        A score hardly sees so few pixels; who asks for less than a faithful picture wants bytes.
        """
        if not self.bench.graphic or wanted < _FAITHFUL:
            return True
        return self._keeps(self.bench.faded(setting))

    def _keeps(self, faded: NDArray[np.bool_]) -> bool:
        return not (faded & ~self.bench.faded(Setting(self.ladder[-1]))).any()

    # -- plain labels ------------------------------------------------------------------------------

    @property
    def _photograph(self) -> bool:
        return not (self.bench.graphic or self.bench.image.has_alpha)

    def _least_plain(self, wanted: float) -> Trial:
        """Find the least k whose nearest labels reach a score, or the most k.

        Photographs are served so much better by a rate that only the most k is worth a look.
        """
        bench, top = self.bench, self._setting(self.ladder[-1])
        most = bench.trial(top)
        if self._grade(most) < wanted or (self.rate_aware and self._photograph):
            return most
        refinements = _REFINEMENTS if self.bench.graphic or not self.rate_aware else 0
        shift = self._shift(top)
        k = 0
        for _ in range(3):
            before = k
            k = self._first_k(partial(self._reaches, wanted, shift), refinements)
            if k == before:
                break
            shift = self._shift(self._setting(k))
        while k < top.k and not self._good_enough(wanted, bench.trial(self._setting(k))):
            k = min(k + max(k // 8, 1), top.k)
        if not top.nearest:
            return bench.trial(self._setting(k))
        if bench.options.dither is None and (self.thorough or (bench.graphic and self.rate_aware)):
            self._weigh(wanted, k)
        plain = (trial for trial in self._good(wanted) if trial.setting.nearest)
        return min(plain, key=lambda trial: trial.setting.k)

    def _shift(self, setting: Setting) -> float:
        """By how much a sample of the rows is graded better than the whole picture."""
        on_sample = self._grade(self.bench.trial(setting, self.bench.sample))
        return on_sample - self._grade(self.bench.trial(setting))

    def _weigh(self, wanted: float, k: int) -> None:
        """Look for fewer codes of the same score in codebooks that weigh errors as the mask does.

        Scores scatter, so one that falls short is not yet the end.
        """
        settings = [Setting(k, weighed=True)]
        if self.thorough:
            settings += [Setting(k, contrast=c, weighed=True) for c in (0.75, 0.5)] + [Setting(k)]
        for setting in settings:
            short = 0
            for fewer in range(k, self._fewest, -max(k // 32 if self.thorough else k // 16, 1)):
                tried = self.bench.trial(replace(setting, k=fewer))
                good = self._grade(tried) >= wanted and self._keeps_colors(wanted, tried.setting)
                short += not good
                if short > (3 if self.thorough else 1):
                    break

    def _reaches(self, wanted: float, shift: float, k: int) -> bool:
        setting = self._setting(k)
        trial = self.bench.trial(setting, self.bench.sample)
        reached = self._grade(trial) >= wanted + shift and self._keeps_edges(wanted, trial)
        return reached and self._keeps_colors(wanted, setting)

    def _good_enough(self, wanted: float, trial: Trial) -> bool:
        return self._grade(trial) >= wanted and self._keeps_edges(wanted, trial)

    def _first_k(self, holds: Callable[[int], bool], refinements: int) -> int:
        """Find the least k that fulfils what more codes do too, or the most k."""
        ladder = self.ladder
        low, high = 0, len(ladder) - 1
        if not holds(ladder[high]):
            return ladder[high]
        while low < high:
            middle = (low + high) // 2
            if holds(ladder[middle]):
                high = middle
            else:
                low = middle + 1
        most = ladder[low]
        least = ladder[low - 1] + 1 if low else most
        for _ in range(refinements):
            if least >= most:
                break
            middle = (least + most) // 2
            if holds(middle):
                most = middle
            else:
                least = middle + 1
        return most

    # -- rates -------------------------------------------------------------------------------------

    def _families(self, plain_k: int, wanted: float, *, near_plain: bool) -> list[Setting]:
        """Choose what to trade rates with, where `plain_k` codes do without.

        The lower the wish, the more the mask is to be trusted, and the less is won by making up
        for errors.
        """
        top = self.ladder[-1]
        diffusion = _RATE_DIFFUSION if near_plain and not self.bench.graphic else 0
        low = self.bench.full.trials.get(self._low)
        pressed = low is not None and wanted > self._grade(low) - _LAST_OF_RATES
        if self._photograph or pressed:
            contrasts = (0.75, 0.5, 1.0) if self.thorough else (0.5,) if pressed else (0.75,)
            return [Setting(top, contrast=c, diffusion=diffusion) for c in contrasts]
        twice = min(top, max(2 * plain_k, 16))
        some, many = (min(top, max(k, twice)) for k in (64, 128))
        feedback = FEEDBACK if wanted > _FAITHFUL else 0
        if self.bench.graphic:
            families = [
                Setting(many, contrast=0.75, feedback=feedback),
                Setting(twice, contrast=0.5, feedback=feedback),
                Setting(some, feedback=0),
            ]
        else:
            families = [
                Setting(some, diffusion=diffusion),
                Setting(twice, contrast=0.5, diffusion=diffusion),
                Setting(some, contrast=0.75 if wanted > _FAITHFUL else 1, feedback=0),
            ]
        if self.thorough:
            families += [
                Setting(top, contrast=0.75, diffusion=diffusion),
                Setting(twice, contrast=0.75, feedback=0),
                Setting(min(top, max(plain_k, 2)), contrast=0.5, feedback=0),
            ]
        return list(dict.fromkeys(families))

    def _trade(self, wanted: float, plain: Trial) -> None:
        """Solve for the rate that just reaches a score, in the family that suits it best."""
        bench, top = self.bench, Setting(self.ladder[-1])
        most = self._grade(bench.trial(top))
        families = self._families(plain.setting.k, wanted, near_plain=most - wanted < 3)

        shift = self._shift(top)

        def aim(family: Setting, shift: float) -> Wish:
            ceiling = self._grade(bench.trial(Setting(family.k), bench.sample)) - shift
            # What making up for errors wins on nearest labels.
            ceiling += max(2.0, (90 - ceiling) / 4)
            slope = _GRAPHIC_SLOPE if bench.graphic else _SLOPE
            return Wish(wanted + shift, max(ceiling, wanted + 2) + shift, slope, self.limit)

        def solved(family: Setting, steps: int) -> tuple[float, Setting]:
            wish = aim(family, shift)
            tried = of_family(family, bench.sample)
            if tried and tried[-1].setting.rate > USEFUL_RATE:
                rate = min(tried, key=lambda t: abs(wish.grade(t) - wish.wanted)).setting.rate
            elif known := of_family(families[0], bench.sample):
                rate = wish.first_rate(family, aim(families[0], shift).offset(known[0]))
            else:
                rate = wish.first_rate(family)
            rate = self._solve(family, bench.sample, wish, rate, steps=steps)
            cost = cost_at(wish, of_family(family, bench.sample))
            return cost, replace(family, rate=rate)

        if len(families) > 1:
            limit = math.inf
            if self._grade(plain) >= wanted:
                here = bench.trial(plain.setting, bench.sample)
                limit = math.log(here.estimate) + _HOPELESS
            settings = self._ranked(solved, families, limit)
        else:
            settings = [replace(families[0], rate=aim(families[0], 0.0).first_rate(families[0]))]
        for setting in settings:
            family = replace(setting, rate=0)
            wish = aim(family, 0.0)
            if self._grade(plain) >= wanted:
                first = bench.trial(setting)
                cost = cost_at(wish, of_family(family, bench.full))
                # It may cost less than what one trial lets expect.
                cost = min(cost, (cost + math.log(first.estimate)) / 2) - _BEHIND
                if cost > math.log(plain.estimate):
                    continue
                if cost > math.log(self._left * plain.estimate) and cost > math.log(
                    bench.promise(plain) or math.inf
                ):
                    continue
            steps = 2 if self._photograph else 3
            rate = self._solve(family, bench.full, wish, setting.rate, steps=steps)
            while spent(replace(family, rate=rate)) and family.k > _FEWEST:
                over = self._grade(bench.trial(replace(family, rate=rate))) - wanted
                if over <= tolerance(wanted) or (fewer := self._half(family.k)) is None:
                    break
                family = replace(family, k=fewer)
                wish = aim(family, 0.0)
                rate = self._solve(family, bench.full, wish, MOST_RATE // 2, steps=steps)
            for step in (0.2, 0.6, 1.2):
                nearest = max(of_family(family, bench.full), key=self._grade)
                if self._grade(nearest) >= wanted or not wish.within_reach(nearest):
                    break
                rate = max(round(nearest.setting.rate / 2**step), LEAST_RATE)
                bench.trial(replace(family, rate=rate))
            if self.thorough:
                self._polish(family, wanted)
            self._blend(family, wanted)

    def _polish(self, family: Setting, wanted: float) -> None:
        """Try many rates about the best: scores scatter, and the luckiest counts."""
        good = [t for t in of_family(family, self.bench.full) if self._grade(t) >= wanted]
        if good:
            rate = min(good, key=lambda trial: trial.estimate).setting.rate
            rates = (round(rate * 2 ** (i / _POLISH)) for i in range(-2, _POLISH // 6))
            settings = (replace(family, rate=r) for r in rates if LEAST_RATE <= r <= MOST_RATE)
            self._each(self.bench.trial, list(dict.fromkeys(settings)))

    def _blend(self, family: Setting, wanted: float) -> None:
        """Come nearer to a score with the rows of two trials about it than with another rate."""
        trials = of_family(family, self.bench.full)
        good = [trial for trial in trials if self._grade(trial) >= wanted]
        if not good:
            return
        upper = min(good, key=lambda trial: trial.estimate)
        short = [t for t in trials if self._grade(t) < wanted and t.estimate < upper.estimate]
        if not short:
            return
        lower = max(short, key=self._grade)
        height = upper.indexed.height
        high, low = (0, self._grade(upper)), (height, self._grade(lower))
        over = tolerance(wanted)
        for _ in range(_BLENDS):
            if high[1] <= wanted + over or low[0] - high[0] < 2:
                break
            share = (high[1] - wanted - over / 2) / (high[1] - low[1])
            rows = round(high[0] + share * (low[0] - high[0]))
            rows = min(max(rows, high[0] + 1), low[0] - 1)
            grade = self._grade(self.bench.blend(upper, lower, rows))
            if grade >= wanted:
                high = rows, grade
            else:
                low = rows, grade

    def _ranked(
        self,
        solved: Callable[[Setting, int], tuple[float, Setting]],
        families: list[Setting],
        limit: float = math.inf,
        margin: float = 0.15,
    ) -> list[Setting]:
        """Solve in every family that one step does not rule out; return those of least cost."""
        ranked = [solved(families[0], 1)]  # the others start from what this one shows
        if ranked[0][0] > limit + _BEYOND_HOPE:
            return []
        ranked += self._each(lambda family: solved(family, 1), families[1:])
        least_cost = min(ranked, key=_cost)[0]
        near = [replace(s, rate=0) for cost, s in ranked if cost <= min(limit, least_cost + margin)]
        ranked = self._each(lambda family: solved(family, 1), near)
        while ranked and spent((least := min(ranked, key=_cost))[1]):
            # Even the highest rate leaves more than is wanted: so low a wish wants fewer codes too.
            if least[1].k <= _FEWEST or least[0] > limit:
                break
            if (fewer := self._half(least[1].k)) is None:
                break
            ranked.append(solved(replace(least[1], rate=0, k=fewer), 2))
            if min(ranked, key=_cost) is least:
                break
        best = sorted(ranked, key=_cost)[: 2 if self.thorough else 1]
        return [setting for cost, setting in best if cost <= limit]

    @property
    def _low(self) -> Setting:
        """The lowest useful rate, diffused: nearly the best that rates reach."""
        return Setting(self.ladder[-1], rate=USEFUL_RATE, contrast=0.75, diffusion=_RATE_DIFFUSION)

    def _beyond(self) -> tuple[float, float]:
        """Try what is beyond nearest labels; return a grade worth its bytes, and the best.

        A share off what is missing to 100 counts a little less than the same share off the bytes.
        """
        top = self._setting(self.ladder[-1])
        if self.bench.options.dither is not None:
            best = self._grade(self.bench.trial(top))
            return best, best
        settings = [replace(top, diffusion=diffusion) for diffusion in _DIFFUSIONS]
        if self.rate_aware:
            settings.append(self._low)
            if not self._photograph:
                settings.append(replace(top, rate=USEFUL_RATE // 4, contrast=0.5))
        tried = [self.bench.trial(top), *self._each(self.bench.trial, settings)]
        nearest, best = self._grade(tried[0]), max(map(self._grade, tried))
        if best > nearest + _BANDED:
            # Bands of a smooth picture: the stronger the diffusion, the better.
            tried.append(self.bench.trial(replace(top, diffusion=_STRONGEST_DIFFUSION)))
            best = max(map(self._grade, tried))
        worthiest = min(
            tried, key=lambda t: math.log(BASE - self._grade(t)) + 1.25 * math.log(t.estimate)
        )
        sensible = BASE - _LAST_POINTS * (BASE - self._grade(worthiest))
        if self.rate_aware:
            # A rate that comes near the best of its family takes nearly all the bytes.
            sensible = min(sensible, self._grade(self.bench.trial(self._low)) - _LAST_OF_RATES)
            sensible = max(sensible, nearest - _LAST_OF_NEAREST)
        contoured = tried[0].score > nearest + 1  # nearest labels show contours
        banded = contoured or best > nearest + _BANDED
        return max(sensible, best - (_LAST_OF_BANDED if banded else _LAST_OF_ALL)), best

    def _half(self, k: int) -> int | None:
        """Find the most codes of the ladder that are at most half as many, if there are any."""
        return max((fewer for fewer in self.ladder if fewer <= k // 2), default=None)

    def _each(self, function: Callable[[Setting], T], settings: list[Setting]) -> list[T]:
        """Call a function of independent settings, side by side where there are threads."""
        return each(function, settings, self.bench.options.threads)

    def _solve(self, family: Setting, sheet: Sheet, aim: Wish, rate: int, *, steps: int) -> int:
        """Try rates until a trial comes within an aim; return the rate that comes nearest."""
        while True:
            setting = replace(family, rate=rate)
            if setting not in sheet.trials:
                if steps == 0:
                    break
                steps -= 1
            if aim.met(self.bench.trial(setting, sheet)):
                return rate
            if aim.between(of_family(family, sheet)):
                break
            if not aim.within_reach(of_family(family, sheet)[0]):
                break
            following = next_rate(of_family(family, sheet), aim)
            steps_off = (math.log2(following / t.setting.rate) for t in of_family(family, sheet))
            if min(map(abs, steps_off)) < _LEAST_STEP:
                nearest = min(of_family(family, sheet), key=lambda trial: abs(aim.above(trial)))
                following = max(round(nearest.setting.rate / 2 ** (2 * _LEAST_STEP)), LEAST_RATE)
                if not aim.short(nearest) or replace(family, rate=following) in sheet.trials:
                    break
            rate = following
        nearest = min(of_family(family, sheet), key=lambda trial: abs(aim.above(trial)))
        return nearest.setting.rate

    # -- files -------------------------------------------------------------------------------------

    @property
    def _left(self) -> float:
        """Of plain labels' estimate, the least that filters and the final level leave."""
        return 3 / 4 if self._photograph else 2 / 3

    def _least_of(self, good: list[Trial]) -> Trial:
        """Encode the likeliest of these trials, the plain ones among them; return the least."""
        ranked = sorted(good, key=lambda trial: (trial.estimate, trial.setting.k))
        aware = [trial for trial in ranked if trial.setting.rate]
        nearest = [trial for trial in ranked if trial.setting.nearest]
        diffused = [t for t in ranked if not (t.setting.nearest or t.setting.rate)]
        most = 3 if self.thorough else 1
        finalists = aware[:most] + nearest[:most] + diffused[:1]
        likely = [t for t in finalists if t.estimate * self._left <= ranked[0].estimate]
        if len(likely) > 1:
            slack = 1.2 if self.thorough else 1.02
            limit = slack * min(map(self.bench.promise, likely))
            likely = [trial for trial in likely if self.bench.hope(trial) <= limit]
        written = [trial for trial in good if trial.encoded] + list(map(self.bench.encode, likely))
        return min(written, key=lambda trial: trial.n_bytes)


def _cost(entry: tuple[float, Setting]) -> float:
    return entry[0]
