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

from huepress._side_by_side import each
from huepress.aims import (
    BASE,
    SIZE_TOLERANCE,
    USEFUL_RATE,
    Score,
    Size,
    cost_at,
    next_rate,
    of_family,
    spent,
    tolerance,
)
from huepress.errors import QualityError
from huepress.formats import Encoded
from huepress.image import Image
from huepress.kmeans import FitResult
from huepress.options import CompressOptions
from huepress.workbench import (
    FEEDBACK,
    LEAST_RATE,
    MOST_RATE,
    Report,
    Setting,
    Sheet,
    Trial,
    Workbench,
)

LADDER = (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
"""The numbers of codes that are tried."""

DEFAULT_QUALITY = 80.0
"""The score that a plain ``huepress compress`` aims at: visually lossless to a careful eye."""

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
_FEWEST = 8  # codes that rates are tried with where more leave too much
_REFINEMENTS = 3
_BLENDS = 3
_POLISH = 60  # rates tried a doubling
_POINTS_PER_LOG_BYTE = 30.0
_LEAP, _LOWEST = 16.0, 20.0

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
    wanted : float
        The score that was aimed at; 0 for a target size.
    """

    chosen: Trial
    encoded: Encoded
    fit: FitResult
    trials: tuple[Trial, ...]
    distinct_colors: int
    wanted: float

    @property
    def reached(self) -> bool:
        """Whether the wanted quality was met."""
        return self.chosen.score >= self.wanted


def search(image: Image, options: CompressOptions, report: Report | None = None) -> Found:
    """Find the least file of a wanted quality, or the best one of a wanted size.

    Parameters
    ----------
    image : Image
        The original.
    options : CompressOptions
        With `target_size`, the best score that fits; else the least bytes with a score of at least
        `quality`, or of `DEFAULT_QUALITY` when neither is given. `k` bounds the codes.
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
    quality = DEFAULT_QUALITY if options.quality is None else options.quality
    assert chosen.encoded is not None  # both searches return a finalist
    return Found(
        chosen,
        chosen.encoded,
        bench.fit_of(chosen.setting),
        tuple(trials),
        distinct_colors=len(bench.histogram),
        wanted=quality if options.target_size is None else 0.0,
    )


class _Search:
    """The steps of one search over one workbench."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        most = min(bench.options.k or 256, 256, len(bench.histogram))
        self.ladder = [k for k in LADDER if k < most] + [most]
        self.rate_aware = bench.options.effort != "fast"
        self.thorough = bench.options.effort == "best"

    def least_with(self, quality: float | None, min_quality: float | None) -> Trial:
        """Find the least bytes with a score of at least `quality`, or nearly the best score."""
        bench, top = self.bench, Setting(self.ladder[-1])
        if quality is None and bench.fit_of(top).lossless:
            # Nobody asked to lose anything, and nothing need be lost.
            return bench.encode(bench.trial(top))
        wanted = DEFAULT_QUALITY if quality is None else quality
        plain = self._least_plain(wanted)
        if plain.score < wanted:
            sensible, best = self._beyond()
            if min_quality is not None and best < min_quality:
                raise QualityError(
                    f"score {best:.1f} is the best that {top.k} colours reach, and at least "
                    f"{min_quality:g} was asked; ask for less, or keep the original"
                )
            if best < wanted:
                wanted = max(sensible, min_quality or -math.inf)
        return self._cheapest(wanted, plain)

    def _cheapest(self, wanted: float, plain: Trial) -> Trial:
        """Find the least bytes with a score, once the plain labels that reach it are known."""
        if self.rate_aware and wanted < 100:
            self._trade(wanted, plain)
        return self._least_of(self._good(wanted))

    def best_within(self, target: int) -> Trial:
        """Find the best score in at most so many bytes."""
        bench = self.bench
        best: Trial | None = None
        # Of files to their estimates: filters serve plain labels, and rate-aware ones hardly.
        ratios = {True: 0.9, False: 0.9}
        for _ in range(5):
            candidates = self._fitting({aware: target / ratios[aware] for aware in ratios})
            if best is not None:
                candidates = [trial for trial in candidates if trial.score > best.score]
            if not candidates:
                break
            encoded = bench.encode(max(candidates, key=lambda t: (t.score, -t.n_bytes)))
            if encoded.n_bytes <= target:
                best = encoded
            ratios[encoded.setting.rate > 0] = encoded.n_bytes / encoded.estimate
        if best is None:
            best = bench.encode(bench.trial(Setting(self.ladder[0])))
            if best.n_bytes > target:
                raise QualityError(
                    f"{best.n_bytes} bytes is the least found, and {target} were asked; "
                    "ask for more, or make the picture smaller"
                )
        return self._filled(best, target) if bench.graphic else best

    def _filled(self, best: Trial, target: int) -> Trial:
        """Ask for higher and higher scores: in drawings, these leap from k to k and say most."""
        step = _LEAP
        while step >= (1 if best.n_bytes < (1 - SIZE_TOLERANCE) * target else 2):
            wanted = max(best.score + step, _LOWEST)
            plain = self._least_plain(wanted)
            if plain.score >= wanted:
                found = self._cheapest(wanted, plain)
                if found.n_bytes <= target and found.score > best.score:
                    best = found
                    continue
            step /= 2
        return best

    def _good(self, wanted: float) -> list[Trial]:
        """List the trials of a score, those whose colours survive where there are any."""
        good = [trial for trial in self.bench.full.trials.values() if trial.score >= wanted]
        return [trial for trial in good if self._keeps_colors(wanted, trial.setting)] or good

    def _keeps_colors(self, wanted: float, setting: Setting) -> bool:
        """Whether no small area of a drawing fades that the most codes keep.

        A score hardly sees so few pixels; who asks for less than a faithful picture wants bytes.
        """
        if not self.bench.graphic or wanted < _FAITHFUL:
            return True
        most = self.bench.faded(Setting(self.ladder[-1]))
        return not (self.bench.faded(setting) & ~most).any()

    # -- plain labels ------------------------------------------------------------------------------

    @property
    def _photograph(self) -> bool:
        return not (self.bench.graphic or self.bench.image.has_alpha)

    def _least_plain(self, wanted: float) -> Trial:
        """Find the least k whose nearest labels reach a score, or the most k.

        Photographs are served so much better by a rate that only the most k is worth a look.
        """
        bench, top = self.bench, Setting(self.ladder[-1])
        most = bench.trial(top)
        if most.score < wanted or (self.rate_aware and self._photograph):
            return most
        refinements = _REFINEMENTS if self.bench.graphic or not self.rate_aware else 0
        shift = bench.trial(top, bench.sample).score - most.score
        k = 0
        for _ in range(3):
            before = k
            k = self._first_k(partial(self._reaches, wanted, shift), refinements)
            if k == before:
                break
            shift = bench.trial(Setting(k), bench.sample).score - bench.trial(Setting(k)).score
        while bench.trial(Setting(k)).score < wanted:
            k = min(k + max(k // 8, 1), top.k)
        if self.thorough or (bench.graphic and self.rate_aware):
            self._weigh(wanted, k)
        plain = (trial for trial in self._good(wanted) if trial.setting.nearest)
        return min(plain, key=lambda trial: trial.setting.k)

    def _weigh(self, wanted: float, k: int) -> None:
        """Look for fewer codes of the same score in codebooks that weigh errors as the mask does.

        Scores scatter, so one that falls short is not yet the end.
        """
        settings = [Setting(k, weighed=True)]
        if self.thorough:
            settings += [Setting(k, contrast=c, weighed=True) for c in (0.75, 0.5)] + [Setting(k)]
        for setting in settings:
            short = 0
            for fewer in range(k, 1, -max(k // 32 if self.thorough else k // 16, 1)):
                tried = self.bench.trial(replace(setting, k=fewer))
                short += tried.score < wanted or not self._keeps_colors(wanted, tried.setting)
                if short > (3 if self.thorough else 1):
                    break

    def _reaches(self, wanted: float, shift: float, k: int) -> bool:
        setting = Setting(k)
        reached = self.bench.trial(setting, self.bench.sample).score >= wanted + shift
        return reached and self._keeps_colors(wanted, setting)

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
        pressed = low is not None and wanted > low.score - _LAST_OF_RATES
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
        most = bench.trial(top).score
        families = self._families(plain.setting.k, wanted, near_plain=most - wanted < 3)

        shift = bench.trial(top, bench.sample).score - most

        def aim(family: Setting, shift: float) -> Score:
            ceiling = bench.trial(Setting(family.k), bench.sample).score - shift
            # What making up for errors wins on nearest labels.
            ceiling += max(2.0, (90 - ceiling) / 4)
            slope = _GRAPHIC_SLOPE if bench.graphic else _SLOPE
            return Score(wanted + shift, max(ceiling, wanted + 2) + shift, slope)

        def solved(family: Setting, steps: int) -> tuple[float, Setting]:
            wish = aim(family, shift)
            tried = of_family(family, bench.sample)
            if tried and tried[-1].setting.rate > USEFUL_RATE:
                rate = min(tried, key=lambda t: abs(t.score - wish.wanted)).setting.rate
            elif known := of_family(families[0], bench.sample):
                rate = wish.first_rate(family, aim(families[0], shift).offset(known[0]))
            else:
                rate = wish.first_rate(family)
            rate = self._solve(family, bench.sample, wish, rate, steps=steps)
            cost = cost_at(wish, of_family(family, bench.sample))
            return cost, replace(family, rate=rate)

        if len(families) > 1:
            limit = math.inf
            if plain.score >= wanted:
                here = bench.trial(plain.setting, bench.sample)
                limit = math.log(here.estimate) + _HOPELESS
            settings = self._ranked(solved, families, limit)
        else:
            settings = [replace(families[0], rate=aim(families[0], 0.0).first_rate(families[0]))]
        for setting in settings:
            family = replace(setting, rate=0)
            wish = aim(family, 0.0)
            if plain.score >= wanted:
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
                if bench.trial(replace(family, rate=rate)).score <= wanted + tolerance(wanted):
                    break
                family = replace(family, k=max(k for k in self.ladder if k <= family.k // 2))
                wish = aim(family, 0.0)
                rate = self._solve(family, bench.full, wish, MOST_RATE // 2, steps=steps)
            for step in (0.2, 0.6, 1.2):
                nearest = max(of_family(family, bench.full), key=lambda trial: trial.score)
                if nearest.score >= wanted or not wish.within_reach(nearest):
                    break
                rate = max(round(nearest.setting.rate / 2**step), LEAST_RATE)
                bench.trial(replace(family, rate=rate))
            if self.thorough:
                self._polish(family, wanted)
            self._blend(family, wanted)

    def _polish(self, family: Setting, wanted: float) -> None:
        """Try many rates about the best: scores scatter, and the luckiest counts."""
        good = [trial for trial in of_family(family, self.bench.full) if trial.score >= wanted]
        if good:
            rate = min(good, key=lambda trial: trial.estimate).setting.rate
            rates = (round(rate * 2 ** (i / _POLISH)) for i in range(-2, _POLISH // 6))
            settings = (replace(family, rate=r) for r in rates if LEAST_RATE <= r <= MOST_RATE)
            self._each(self.bench.trial, list(dict.fromkeys(settings)))

    def _blend(self, family: Setting, wanted: float) -> None:
        """Come nearer to a score with the rows of two trials about it than with another rate."""
        trials = of_family(family, self.bench.full)
        good = [trial for trial in trials if trial.score >= wanted]
        if not good:
            return
        upper = min(good, key=lambda trial: trial.estimate)
        short = [t for t in trials if t.score < wanted and t.estimate < upper.estimate]
        if not short:
            return
        lower = max(short, key=lambda trial: trial.score)
        height = upper.indexed.height
        high, low = (0, upper.score), (height, lower.score)
        over = tolerance(wanted)
        for _ in range(_BLENDS):
            if high[1] <= wanted + over or low[0] - high[0] < 2:
                break
            share = (high[1] - wanted - over / 2) / (high[1] - low[1])
            rows = round(high[0] + share * (low[0] - high[0]))
            rows = min(max(rows, high[0] + 1), low[0] - 1)
            score = self.bench.blend(upper, lower, rows).score
            if score >= wanted:
                high = rows, score
            else:
                low = rows, score

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
            fewer = max(k for k in self.ladder if k <= least[1].k // 2)
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
        """Try what is beyond nearest labels; return a score worth its bytes, and the best.

        A share off what is missing to 100 counts a little less than the same share off the bytes.
        """
        top = Setting(self.ladder[-1])
        settings = [replace(top, diffusion=diffusion) for diffusion in _DIFFUSIONS]
        if self.rate_aware:
            settings.append(self._low)
            if not self._photograph:
                settings.append(replace(top, rate=USEFUL_RATE // 4, contrast=0.5))
        self._each(self.bench.trial, settings)
        nearest, best = self.bench.trial(top).score, self._best_score
        if best > nearest + _BANDED:
            # Bands of a smooth picture: the stronger the diffusion, the better.
            self.bench.trial(replace(top, diffusion=_STRONGEST_DIFFUSION))
            best = self._best_score
        worthiest = min(
            self.bench.full.trials.values(),
            key=lambda t: math.log(BASE - t.score) + 1.25 * math.log(t.estimate),
        )
        sensible = BASE - _LAST_POINTS * (BASE - worthiest.score)
        if self.rate_aware:
            # A rate that comes near the best of its family takes nearly all the bytes.
            sensible = min(sensible, self.bench.trial(self._low).score - _LAST_OF_RATES)
            sensible = max(sensible, nearest - _LAST_OF_NEAREST)
        behind = _LAST_OF_BANDED if best > nearest + _BANDED else _LAST_OF_ALL
        return max(sensible, best - behind), best

    @property
    def _best_score(self) -> float:
        return max(trial.score for trial in self.bench.full.trials.values())

    def _each(self, function: Callable[[Setting], T], settings: list[Setting]) -> list[T]:
        """Call a function of independent settings, side by side where there are threads."""
        return each(function, settings, self.bench.options.threads)

    def _solve(
        self, family: Setting, sheet: Sheet, aim: Score | Size, rate: int, *, steps: int
    ) -> int:
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

    def _fitting(self, aims: dict[bool, float]) -> list[Trial]:
        """Try plain labels and rates, and return the trials whose estimate fits."""
        bench, top = self.bench, Setting(self.ladder[-1])
        least = self._first_k(
            lambda k: bench.trial(Setting(k)).estimate > aims[False], _REFINEMENTS
        )
        if bench.trial(top).estimate <= aims[False]:
            for diffusion in _DIFFUSIONS:
                bench.trial(replace(top, diffusion=diffusion))
        if self.rate_aware:
            self._fill(aims[True], least)
        return [
            trial
            for trial in bench.full.trials.values()
            if trial.estimate <= aims[trial.setting.rate > 0]
        ]

    def _fill(self, target: float, plain_k: int) -> None:
        """Solve for the rate that just fills a size, in the family that suits it best."""
        bench, top = self.bench, Setting(self.ladder[-1])
        most = bench.trial(top)
        share = bench.trial(top, bench.sample).estimate / most.estimate
        aim = Size(target * share)

        def solved(family: Setting, steps: int) -> tuple[float, Setting]:
            tried = of_family(family, bench.sample)
            rate = tried[0].setting.rate if tried else 2000
            rate = self._solve(family, bench.sample, aim, rate, steps=2 * steps)
            trial = bench.trial(replace(family, rate=rate), bench.sample)
            return _POINTS_PER_LOG_BYTE * aim.above(trial) - trial.score, trial.setting

        near_plain = target > most.estimate / 1.5
        # At equal bytes a rate scores higher than plain labels, as about twice the codes would.
        score = bench.trial(Setting(plain_k)).score + 10
        families = self._families(2 * plain_k, score, near_plain=near_plain)
        for setting in self._ranked(solved, families, margin=_POINTS_PER_LOG_BYTE * 0.15):
            family = replace(setting, rate=0)
            self._solve(family, bench.full, Size(target), setting.rate, steps=5)

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
        diffused = [t for t in ranked if t.setting.diffusion and not t.setting.rate]
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
