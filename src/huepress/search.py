"""The search for a wanted quality or size: which k, mapping and rate to write.

A picture's curve of bytes against score has two ends. Above what nearest labels reach, diffusion
buys score with bytes; below, fewer codes or rate-aware labels save bytes at the cost of score. The
search walks a ladder of k to find where plain labels meet the wish, then trades the rate at a few
k, judging sizes by one quick deflate; only finalists are encoded in full. A plain candidate is
always among them, so that the result never loses to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from huepress import _core, formats, mapping
from huepress._arrays import owned, widened
from huepress.errors import QualityError
from huepress.formats import Encoded
from huepress.formats.png import quick_size
from huepress.histogram import Histogram, packed
from huepress.image import Image
from huepress.indexed import IndexedImage
from huepress.kmeans import FitResult, fit
from huepress.options import CompressOptions

LADDER = (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
"""The numbers of codes that are tried."""

DEFAULT_QUALITY = 80.0
"""The score that a plain ``huepress compress`` aims at: visually lossless to a careful eye."""

LEAST_RATE, MOST_RATE = 1 << 6, 1 << 16
"""The range of `Setting.rate`."""

_DIFFUSIONS = (64, 128, 192, 256)
_FEEDBACK = 144
_REFINEMENTS = 3
_TOLERANCE = 0.4
_SIZE_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to map a picture.

    Parameters
    ----------
    k : int
        Most codes.
    rate : int
        What one bit is worth in squared fit-space length, for rate-aware labels; 0 for labels that
        do not look at the rate.
    diffusion : int
        Strength of error diffusion in 256ths, where labels do not look at the rate.
    """

    k: int
    rate: int = 0
    diffusion: int = 0

    def __str__(self) -> str:
        if self.rate:
            return f"k={self.k}, rate-aware {self.rate}"
        if self.diffusion:
            return f"k={self.k}, diffusion {self.diffusion / 256:g}"
        return f"k={self.k}, nearest"


@dataclass(frozen=True, eq=False, slots=True)
class Trial:
    """A setting tried out.

    Parameters
    ----------
    setting : Setting
        What was tried.
    indexed : IndexedImage
        What came out, without unused codes.
    score : float
        SSIMULACRA2.
    estimate : int
        Bytes after one quick deflate.
    encoded : Encoded or None
        The file, for finalists.
    """

    setting: Setting
    indexed: IndexedImage
    score: float
    estimate: int
    encoded: Encoded | None = None

    @property
    def n_bytes(self) -> int:
        """Bytes of the file where there is one, else the estimate."""
        return self.estimate if self.encoded is None else len(self.encoded)


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
        Everything tried, by bytes.
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


Report = Callable[[str], None]


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
        Called with a line about the best so far.

    Returns
    -------
    Found
        The choice, encoded, and the curve.

    Raises
    ------
    QualityError
        If `min_quality` or `target_size` cannot be met.
    """
    bench = _Bench(image, options, report or (lambda _: None))
    if options.target_size is not None:
        chosen = _best_within(bench, options.target_size)
    else:
        chosen = _least_with(bench, options)
    trials = sorted(bench.trials.values(), key=lambda trial: (trial.n_bytes, -trial.score))
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


class _Bench:
    """One original, and everything that was computed for it."""

    def __init__(self, image: Image, options: CompressOptions, report: Report) -> None:
        self.image, self.options, self._report = image, options, report
        self.trials: dict[Setting, Trial] = {}
        self._fits: dict[tuple[int, bool], FitResult] = {}
        self.histogram = Histogram.of(image, threads=options.threads)
        self._scorer = _core.Ssimulacra2(image.pixels, threads=options.threads)
        self._mask: NDArray[np.uint16] | None = None
        self._importance: NDArray[np.float64] | None = None
        most = min(options.k or 256, 256, len(self.histogram))
        self.ladder = [k for k in LADDER if k < most] + [most]

    @property
    def rate_aware(self) -> bool:
        """Whether the effort pays for rate-aware labels."""
        return self.options.effort != "fast"

    @property
    def steps(self) -> int:
        """How often a rate is tried at one k."""
        return 8 if self.options.effort == "best" else 4

    def trial(self, setting: Setting) -> Trial:
        """Map, score and size a setting."""
        if setting not in self.trials:
            indexed = self._mapped(setting).without_unused()
            colors = widened(indexed.codebook.colors, self.image.channels)
            score = self._scorer.score_indexed(colors, indexed.labels)
            self.trials[setting] = Trial(setting, indexed, score, quick_size(indexed))
            self._report(f"{setting}: score {score:.1f}, {self.trials[setting].n_bytes:,} bytes")
        return self.trials[setting]

    def encode(self, trial: Trial) -> Trial:
        """Write the file of a trial, and note its size."""
        if trial.encoded is None:
            options = self.options
            encoded = formats.encode(
                trial.indexed,
                options.format,
                effort=options.effort,
                metadata=formats.kept(self.image, options.keep, options.format),
            )
            trial = replace(trial, encoded=encoded)
            self.trials[trial.setting] = trial
        return trial

    def fit_of(self, setting: Setting) -> FitResult:
        """Fit the codebook that a setting uses."""
        key = (setting.k, setting.rate > 0)
        if key not in self._fits:
            arguments = self.options.fit_arguments()
            arguments["k"] = setting.k
            weights = self._weights() if setting.rate else None
            self._fits[key] = fit(
                self.histogram, **arguments, weights=weights, threads=self.options.threads
            )
        return self._fits[key]

    def _mapped(self, setting: Setting) -> IndexedImage:
        options, codebook = self.options, self.fit_of(setting).codebook
        if setting.rate:
            labels, _ = _core.rate_aware(
                self.image.pixels,
                np.ascontiguousarray(widened(codebook.colors, self.image.channels)),
                options.space,
                self._masking(),
                setting.rate,
                feedback=_FEEDBACK,
                chain=64 if options.effort == "best" else 16,
            )
            return IndexedImage(codebook, owned(labels))
        if setting.diffusion:
            return mapping.error_diffusion(
                self.image,
                codebook,
                strength=setting.diffusion / 256,
                space=options.space,
                threads=options.threads,
            )
        return mapping.nearest(self.image, codebook, space=options.space, threads=options.threads)

    def _masking(self) -> NDArray[np.uint16]:
        if self._mask is None:
            self._mask = _core.masking(self.image.pixels, threads=self.options.threads)
        return self._mask

    def _weights(self) -> NDArray[np.float64]:
        """Average the fourth root of the mask over each colour's pixels."""
        if self._importance is None:
            # Whole numbers add up exactly in any order; a square root is exact to the last bit.
            roots = np.rint(np.sqrt(np.sqrt(self._masking()[..., 0] / 4096.0)) * 65535).ravel()
            keys = packed(self.histogram.colors)
            pixels = self.image.pixels.reshape(-1, self.image.channels).copy()
            if self.image.has_alpha:
                pixels[pixels[:, 3] == 0] = 0
            places = np.searchsorted(keys, packed(pixels))
            sums = np.bincount(places, weights=roots, minlength=len(keys))
            self._importance = sums / (self.histogram.counts * 65535.0)
        return self._importance


def _least_with(bench: _Bench, options: CompressOptions) -> Trial:
    if options.quality is None and bench.fit_of(Setting(bench.ladder[-1])).lossless:
        # Nobody asked to lose anything, and nothing need be lost.
        return bench.encode(bench.trial(Setting(bench.ladder[-1])))
    wanted = DEFAULT_QUALITY if options.quality is None else options.quality
    plain = _least_plain(bench, wanted)
    if plain.score < wanted:
        for diffusion in _DIFFUSIONS:
            bench.trial(Setting(plain.setting.k, diffusion=diffusion))
        if bench.rate_aware:
            bench.trial(Setting(plain.setting.k, rate=LEAST_RATE))
        best = max(trial.score for trial in bench.trials.values())
        if best < (options.min_quality or -math.inf):
            raise QualityError(
                f"score {best:.1f} is the best that {plain.setting.k} colours reach, and at least "
                f"{options.min_quality:g} was asked; ask for less, or keep the original"
            )
        if best < wanted:
            # The last points of score cost the most bytes, and are left to those who ask for them.
            wanted = best if options.quality is not None else best - 2
    if bench.rate_aware and not bench.fit_of(plain.setting).lossless:
        guess = 2000
        for k in _worth_a_rate(bench, plain.setting.k):
            guess = _rate_for(bench, k, guess, lambda trial: trial.score >= wanted, wanted)
    good = [trial for trial in bench.trials.values() if trial.score >= wanted]
    return _least_of(bench, good)


def _least_plain(bench: _Bench, wanted: float) -> Trial:
    """Find the least k whose nearest labels reach a score, or the most k."""
    return bench.trial(Setting(_first_k(bench, lambda trial: trial.score >= wanted)))


def _first_k(bench: _Bench, holds: Callable[[Trial], bool]) -> int:
    """Find the least k whose nearest labels fulfil what more codes do too, or the most k."""
    low, high = 0, len(bench.ladder) - 1
    while low < high:
        middle = (low + high) // 2
        if holds(bench.trial(Setting(bench.ladder[middle]))):
            high = middle
        else:
            low = middle + 1
    most = bench.ladder[low]
    least = bench.ladder[low - 1] + 1 if low else most
    for _ in range(_REFINEMENTS):
        if least >= most:
            break
        middle = (least + most) // 2
        if holds(bench.trial(Setting(middle))):
            most = middle
        else:
            least = middle + 1
    return most


def _worth_a_rate(bench: _Bench, least: int) -> list[int]:
    """Choose the k at which to look for a rate: the most, and some between."""
    above = [k for k in bench.ladder if k >= least]
    chosen = {above[-1], above[min(2, len(above) - 1)]}
    if bench.options.effort == "best":
        chosen |= {above[min(place, len(above) - 1)] for place in (1, 3, 4, 5)}
    return sorted(chosen, reverse=True)


def _rate_for(
    bench: _Bench, k: int, guess: int, enough: Callable[[Trial], bool], wanted: float
) -> int:
    """Try rates at one k until the score is a little above the wanted; return the last rate."""
    good: Trial | None = None
    bad: Trial | None = None
    rate = guess
    for _ in range(bench.steps):
        trial = bench.trial(Setting(k, rate=rate))
        if enough(trial):
            good = trial
            if trial.score - wanted <= _TOLERANCE:
                break
        else:
            bad = trial
        following = _next_rate(good, bad, wanted + _TOLERANCE / 2)
        if following == rate or not LEAST_RATE <= following <= MOST_RATE:
            break
        rate = following
    return good.setting.rate if good else rate


def _next_rate(good: Trial | None, bad: Trial | None, wanted: float) -> int:
    if good is None:
        assert bad is not None
        return max(LEAST_RATE, bad.setting.rate // (2 if wanted - bad.score < 6 else 4))
    if bad is None:
        return min(MOST_RATE, good.setting.rate * (2 if good.score - wanted < 6 else 4))
    share = (good.score - wanted) / max(good.score - bad.score, 1e-6)
    share = min(max(share, 0.1), 0.9)
    low, high = math.log2(good.setting.rate), math.log2(bad.setting.rate)
    return round(2 ** (low + share * (high - low)))


def _least_of(bench: _Bench, good: Iterable[Trial]) -> Trial:
    """Encode the likeliest of these trials, the plain ones among them, and return the least."""
    ranked = sorted(good, key=lambda trial: (trial.n_bytes, trial.setting.k))
    plain = [trial for trial in ranked if not trial.setting.rate]
    finalists = ranked[: 3 if bench.options.effort == "best" else 1] + plain[:1]
    best: Trial | None = None
    for trial in finalists:
        # Filters gain at most a third on what one quick deflate estimates.
        if best is not None and trial.n_bytes * 2 / 3 > best.n_bytes:
            continue
        encoded = bench.encode(trial)
        if best is None or encoded.n_bytes < best.n_bytes:
            best = encoded
    assert best is not None
    return best


def _best_within(bench: _Bench, target: int) -> Trial:
    best: Trial | None = None
    # Of files to their quick estimates: filters serve plain labels, and rate-aware ones not at all.
    ratios = {True: 1.0, False: 1.0}
    for _ in range(5):
        candidates = _fitting(bench, {aware: target / ratio for aware, ratio in ratios.items()})
        if best is not None:
            candidates = [trial for trial in candidates if trial.score > best.score]
        if not candidates:
            break
        encoded = bench.encode(max(candidates, key=lambda trial: (trial.score, -trial.n_bytes)))
        if encoded.n_bytes <= target:
            best = encoded
        ratios[encoded.setting.rate > 0] = encoded.n_bytes / encoded.estimate
    if best is None:
        best = bench.encode(bench.trial(Setting(bench.ladder[0])))
        if best.n_bytes > target:
            raise QualityError(
                f"{best.n_bytes} bytes is the least found, and {target} were asked; "
                "ask for more, or make the picture smaller"
            )
    return best


def _fitting(bench: _Bench, aims: dict[bool, float]) -> list[Trial]:
    """Try plain labels and rates at several k, and return the trials whose estimate fits."""
    least = _first_k(bench, lambda trial: trial.estimate > aims[False])
    if bench.trial(Setting(bench.ladder[-1])).estimate <= aims[False]:
        for diffusion in _DIFFUSIONS:
            bench.trial(Setting(bench.ladder[-1], diffusion=diffusion))
    if bench.rate_aware:
        for k in _worth_a_rate(bench, least):
            _rate_within(bench, k, aims[True])
    return [
        trial for trial in bench.trials.values() if trial.estimate <= aims[trial.setting.rate > 0]
    ]


def _rate_within(bench: _Bench, k: int, aim: float) -> None:
    """Bisect the rate at one k until the estimate is a little under the aim."""
    low, high = math.log2(LEAST_RATE), math.log2(MOST_RATE)
    for _ in range(bench.steps + 3):
        middle = (low + high) / 2
        size = bench.trial(Setting(k, rate=round(2**middle))).estimate
        if size > aim:
            low = middle
        else:
            high = middle
            if size >= aim * (1 - _SIZE_TOLERANCE):
                break
