"""The search for a wanted quality or size: which k, mapping and rate to write.

A picture's curve of bytes against score has two ends. Above what nearest labels reach, diffusion
buys score with bytes; below, fewer codes or rate-aware labels save bytes at the cost of score. The
search solves for the rate of a few families of settings on a sample of the rows, takes the family
that does best there, and corrects its rate on the whole picture; only finalists are encoded in
full. A plain candidate is always among them, so that the result never loses to it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from huepress.errors import QualityError
from huepress.formats import Encoded
from huepress.image import Image
from huepress.kmeans import FitResult
from huepress.options import CompressOptions
from huepress.workbench import LEAST_RATE, MOST_RATE, Report, Setting, Sheet, Trial, Workbench

LADDER = (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
"""The numbers of codes that are tried."""

DEFAULT_QUALITY = 80.0
"""The score that a plain ``huepress compress`` aims at: visually lossless to a careful eye."""

_DIFFUSIONS = (64, 128, 192)
_RATE_DIFFUSION = 56
_MOST_GAIN = 8  # of score, that feedback and diffusion have over nearest labels
_USEFUL_RATE = 300
_LEAST_STEP = 0.04  # in doublings of the rate: less is lost in the noise of the score
_NEAR = 20
_LAST_POINTS = 4
_FLAT = 0.4
_REFINEMENTS = 3
_TOLERANCE = 0.4
_POINTS_PER_LOG_BYTE = 30.0
_SIZE_TOLERANCE = 0.03

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
        """Find the least bytes with a score of at least `quality`, or the best score."""
        bench, top = self.bench, Setting(self.ladder[-1])
        if quality is None and bench.fit_of(top).lossless:
            # Nobody asked to lose anything, and nothing need be lost.
            return bench.encode(bench.trial(top))
        wanted = DEFAULT_QUALITY if quality is None else quality
        plain = self._least_plain(wanted)
        hopeless = plain.score + _MOST_GAIN < wanted
        if self.rate_aware and not hopeless and not bench.fit_of(plain.setting).lossless:
            self._trade(wanted, plain.setting.k)
        if not self._good(wanted):
            self._stretch(wanted)
        if self._good(wanted):
            return self._least_of(self._good(wanted))
        best = max(trial.score for trial in bench.full.trials.values())
        least = best - _LAST_POINTS
        if min_quality is not None:
            if best < min_quality:
                raise QualityError(
                    f"score {best:.1f} is the best that {top.k} colours reach, and at least "
                    f"{min_quality:g} was asked; ask for less, or keep the original"
                )
            least = max(least, min_quality)
        return self._worthiest_of(self._good(least))

    def best_within(self, target: int) -> Trial:
        """Find the best score in at most so many bytes."""
        bench = self.bench
        best: Trial | None = None
        # Of files to their estimates: filters serve plain labels, and rate-aware ones hardly.
        ratios = {True: 1.0, False: 1.0}
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
        return best

    def _good(self, wanted: float) -> list[Trial]:
        return [trial for trial in self.bench.full.trials.values() if trial.score >= wanted]

    # -- plain labels ------------------------------------------------------------------------------

    @property
    def _graphic(self) -> bool:
        return self.bench.flatness > _FLAT

    def _least_plain(self, wanted: float) -> Trial:
        """Find the least k whose nearest labels reach a score, or the most k.

        Photographs are served so much better by a rate that only the most k is worth a look.
        """
        bench = self.bench
        if self.rate_aware and not (self._graphic or bench.image.has_alpha):
            return bench.trial(Setting(self.ladder[-1]))
        return bench.trial(Setting(self._first_k(lambda trial: trial.score >= wanted)))

    def _first_k(self, holds: Callable[[Trial], bool]) -> int:
        """Find the least k whose nearest labels fulfil what more codes do too, or the most k."""
        ladder, trial = self.ladder, self.bench.trial
        low, high = 0, len(ladder) - 1
        if not holds(trial(Setting(ladder[high]))):
            return ladder[high]
        while low < high:
            middle = (low + high) // 2
            if holds(trial(Setting(ladder[middle]))):
                high = middle
            else:
                low = middle + 1
        most = ladder[low]
        least = ladder[low - 1] + 1 if low else most
        for _ in range(_REFINEMENTS):
            if least >= most:
                break
            middle = (least + most) // 2
            if holds(trial(Setting(middle))):
                most = middle
            else:
                least = middle + 1
        return most

    # -- rates -------------------------------------------------------------------------------------

    def _families(self, plain_k: int, *, near_plain: bool) -> list[Setting]:
        """Choose what to trade rates with, where `plain_k` codes do without.

        Trusting the mask less helps photographs only near the score of nearest labels.
        """
        top = self.ladder[-1]
        twice = min(top, 2 * plain_k)
        families = [Setting(top)]
        if self._graphic:
            families = [Setting(top, feedback=0), Setting(twice, contrast=0.5)]
            if self.thorough:
                families += [Setting(twice, feedback=0), Setting(plain_k, contrast=0.5, feedback=0)]
        elif self.bench.image.has_alpha:
            families.append(Setting(twice, contrast=0.5))
            if self.thorough:
                families += [Setting(twice), Setting(plain_k, contrast=0.5)]
        elif near_plain:
            families.append(Setting(top, contrast=0.5))
        return list(dict.fromkeys(families))

    def _trade(self, wanted: float, plain_k: int) -> None:
        """Solve for the rate that just reaches a score, in the family that suits it best."""
        bench, top = self.bench, Setting(self.ladder[-1])
        ceiling = bench.trial(top, bench.sample).score
        aim = _Score(wanted + ceiling - bench.trial(top).score)
        first_rate = _first_rate(wanted)
        # Photographs come to much the same in either family, and their curves are smooth.
        photograph = not (self._graphic or bench.image.has_alpha)
        steps = 1 if photograph and not self.thorough else 3

        def solved(family: Setting) -> tuple[float, Setting]:
            rate = min(round(first_rate / family.contrast), MOST_RATE)
            rate = self._solve(family, bench.sample, aim, rate, steps=steps)
            near = min(_of(family, bench.sample), key=lambda t: abs(t.score - aim.wanted))
            slope = _steep(near.score)
            if photograph:
                slope = max(slope, 0.02 + 0.3 / (max(ceiling - aim.wanted, 0.0) + 8))
            cost = math.log(near.estimate) + slope * (aim.wanted - near.score)
            return cost, replace(family, rate=rate)

        near_plain = ceiling - aim.wanted < _NEAR
        for setting in self._ranked(solved, plain_k, near_plain=near_plain):
            family = replace(setting, rate=0)
            self._solve(family, bench.full, _Score(wanted), setting.rate, steps=5)
            while not any(t.score >= wanted for t in _of(family, bench.full)):
                least_rate = _of(family, bench.full)[0]
                if not _Score(wanted).within_reach(least_rate):
                    break
                rate = max(least_rate.setting.rate // 2, LEAST_RATE)
                bench.trial(replace(family, rate=rate))

    def _ranked(
        self,
        solved: Callable[[Setting], tuple[float, Setting]],
        plain_k: int,
        *,
        near_plain: bool,
    ) -> list[Setting]:
        """Solve in every family, and return the settings of least cost."""
        ranked = self._each(solved, self._families(plain_k, near_plain=near_plain))
        while (least := min(ranked, key=_cost))[1].rate == MOST_RATE and least[1].k > 8:
            # Even the highest rate leaves more than is wanted: so low a wish wants fewer codes too.
            fewer = max(k for k in self.ladder if k <= least[1].k // 2)
            ranked.append(solved(replace(least[1], rate=0, k=fewer)))
            if min(ranked, key=_cost) is least:
                break
        return [setting for _, setting in sorted(ranked, key=_cost)[: 2 if self.thorough else 1]]

    def _stretch(self, wanted: float) -> None:
        """Try for a score beyond the reach of nearest labels."""
        bench, top = self.bench, Setting(self.ladder[-1])
        settings = [replace(top, diffusion=diffusion) for diffusion in _DIFFUSIONS]
        if self.rate_aware:
            settings += [
                replace(top, rate=_USEFUL_RATE),
                replace(top, rate=_USEFUL_RATE, diffusion=_RATE_DIFFUSION),
            ]
            if self._graphic or bench.image.has_alpha:
                settings.append(replace(top, rate=_USEFUL_RATE // 4, contrast=0.5))
        best = max(self._each(bench.trial, settings), key=lambda trial: trial.score)
        if best.setting.rate and _Score(wanted).within_reach(best):
            family = replace(best.setting, rate=0)
            self._solve(family, bench.full, _Score(wanted), best.setting.rate, steps=3)

    def _each(self, function: Callable[[Setting], T], settings: list[Setting]) -> list[T]:
        """Call a function of independent settings, side by side where there are threads."""
        threads = min(self.bench.options.threads or os.cpu_count() or 1, len(settings))
        if threads == 1:
            return [function(setting) for setting in settings]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(function, settings))

    def _solve(
        self, family: Setting, sheet: Sheet, aim: _Score | _Size, rate: int, *, steps: int
    ) -> int:
        """Try rates until a trial comes within an aim; return the rate that comes nearest."""
        for _ in range(steps):
            if aim.met(self.bench.trial(replace(family, rate=rate), sheet)):
                return rate
            if not aim.within_reach(_of(family, sheet)[0]):
                break
            following = _next_rate(_of(family, sheet), aim)
            steps_off = (math.log2(following / t.setting.rate) for t in _of(family, sheet))
            if min(map(abs, steps_off)) < _LEAST_STEP:
                break
            rate = following
        nearest = min(_of(family, sheet), key=lambda trial: abs(aim.above(trial)))
        return nearest.setting.rate

    def _fitting(self, aims: dict[bool, float]) -> list[Trial]:
        """Try plain labels and rates, and return the trials whose estimate fits."""
        bench, top = self.bench, Setting(self.ladder[-1])
        least = self._first_k(lambda trial: trial.estimate > aims[False])
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
        share = bench.trial(top, bench.sample).estimate / bench.trial(top).estimate
        aim = _Size(target * share)

        def solved(family: Setting) -> tuple[float, Setting]:
            rate = self._solve(family, bench.sample, aim, 2000, steps=4)
            trial = bench.trial(replace(family, rate=rate), bench.sample)
            return _POINTS_PER_LOG_BYTE * aim.above(trial) - trial.score, trial.setting

        near_plain = target > bench.trial(top).estimate / 3
        for setting in self._ranked(solved, plain_k, near_plain=near_plain):
            family = replace(setting, rate=0)
            self._solve(family, bench.full, _Size(target), setting.rate, steps=5)

    # -- files -------------------------------------------------------------------------------------

    def _worthiest_of(self, trials: list[Trial]) -> Trial:
        """Encode the likeliest; return the one whose last points of score are worth the bytes."""
        ranked = sorted(trials, key=_worth, reverse=True)
        plain = [trial for trial in ranked if not trial.setting.rate]
        nearest = [trial for trial in plain if not trial.setting.diffusion]
        finalists = dict.fromkeys(ranked[:1] + plain[:1] + nearest[:1])
        return max((self.bench.encode(trial) for trial in finalists), key=_worth)

    def _least_of(self, good: Iterable[Trial]) -> Trial:
        """Encode the likeliest of these trials, the plain ones among them; return the least."""
        ranked = sorted(good, key=lambda trial: (trial.n_bytes, trial.setting.k))
        plain = [trial for trial in ranked if not trial.setting.rate]
        best: Trial | None = None
        for trial in dict.fromkeys(ranked[: 3 if self.thorough else 1] + plain[:1]):
            # Filters gain at most a third on what one quick deflate estimates.
            if best is not None and trial.n_bytes * 2 / 3 > best.n_bytes:
                continue
            encoded = self.bench.encode(trial)
            if best is None or encoded.n_bytes < best.n_bytes:
                best = encoded
        assert best is not None
        return best


@dataclass(frozen=True, slots=True)
class _Score:
    """A score to be just reached."""

    wanted: float

    def above(self, trial: Trial) -> float:
        """How far above the middle of what is wanted a trial lies; falls as the rate rises."""
        return trial.score - self.wanted - _TOLERANCE / 2

    def met(self, trial: Trial) -> bool:
        return abs(self.above(trial)) <= _TOLERANCE / 2

    def within_reach(self, trial: Trial) -> bool:
        """Whether rates below a trial's may do; below the useful ones little more is won."""
        rate, short = trial.setting.rate, self.wanted - trial.score
        return short <= 0 or (rate > LEAST_RATE and (rate > _USEFUL_RATE or short < 2))

    def doublings(self, trial: Trial) -> float:
        """How often to double the rate: errors grow by a power of it."""
        ceiling = max(90.0, trial.score + 4, self.wanted + 4)
        return 1.3 * math.log2((ceiling - self.wanted) / (ceiling - trial.score))


@dataclass(frozen=True, slots=True)
class _Size:
    """A number of bytes to be just filled."""

    wanted: float

    def above(self, trial: Trial) -> float:
        """As of a score, in the logarithm of the bytes."""
        return math.log(trial.estimate / self.wanted) + _SIZE_TOLERANCE / 2

    def met(self, trial: Trial) -> bool:
        return abs(self.above(trial)) <= _SIZE_TOLERANCE / 2

    def within_reach(self, trial: Trial) -> bool:
        return trial.setting.rate > LEAST_RATE or self.above(trial) > 0

    def doublings(self, trial: Trial) -> float:
        """How often to double the rate: each time takes off about a quarter of the bytes."""
        return self.above(trial) / 0.3


def _cost(entry: tuple[float, Setting]) -> float:
    return entry[0]


def _worth(trial: Trial) -> float:
    """Weigh what is left of the score's way to 100 against the bytes, which count a little more."""
    return -math.log(100.5 - trial.score) - 1.25 * math.log(trial.n_bytes)


def _of(family: Setting, sheet: Sheet) -> list[Trial]:
    """List the trials of a family by rate."""
    return sorted(
        (t for s, t in sheet.trials.items() if s.rate and replace(s, rate=0) == family),
        key=lambda trial: trial.setting.rate,
    )


def _next_rate(trials: list[Trial], aim: _Score | _Size) -> int:
    """Interpolate between the trials about an aim, or step on from the last on its one side."""
    above = [trial for trial in trials if aim.above(trial) > 0]
    below = [trial for trial in trials if aim.above(trial) <= 0]
    if above and below:
        a, b = min(above, key=aim.above), max(below, key=aim.above)
        share = aim.above(a) / max(aim.above(a) - aim.above(b), 1e-9)
        low, high = math.log2(a.setting.rate), math.log2(b.setting.rate)
        doublings = low + min(max(share, 0.05), 0.95) * (high - low)
    else:
        last = above[-1] if above else below[0]
        step = aim.doublings(last)
        if abs(step) < 0.15 * len(trials):
            step = math.copysign(0.15 * len(trials), step)
        doublings = math.log2(last.setting.rate) + min(max(step, -3.5), 3.5)
    return min(max(round(2**doublings), LEAST_RATE), MOST_RATE)


def _steep(score: float) -> float:
    """How fast the logarithm of the bytes rises with the score, on drawings and pages."""
    return 0.022 if score < 85 else 0.045 if score < 93 else 0.09


def _first_rate(wanted: float) -> int:
    """Guess the rate of a score, as it is on photographs."""
    scores = (40, 50, 58, 65, 71, 76, 80, 84, 88, 92, 96, 100)
    rates = (40000, 27000, 20000, 12000, 6500, 3500, 2000, 1200, 800, 500, 250, 100)
    return round(2 ** float(np.interp(wanted, scores, np.log2(rates))))
