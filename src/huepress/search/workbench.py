"""Everything that was computed for one original, each once, and kept by one thread.

What many threads call (`fitted`, `tried`) only reads; who asks for trials keeps what they return.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import _core, formats, mapping, metrics
from huepress.common.arrays import owned, widened
from huepress.common.memory import give_back
from huepress.common.once import forget, once_property
from huepress.common.side_by_side import each
from huepress.formats import FORMATS, Encoded
from huepress.formats.png import Draft, draft
from huepress.kmeans import FitResult, fit
from huepress.options import CompressOptions
from huepress.search.codecs import codec_of
from huepress.search.picture import Picture
from huepress.search.trials import (
    Labels,
    Mapped,
    OnProgress,
    RateAware,
    Setting,
    Trial,
    without_doubles,
)
from huepress.search.tuning import TUNING, Tuning
from huepress.values.codebook import Codebook
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage

BEST_SCORE = 100.0
"""Of what differs in no pixel."""

KEPT_LABELS = 1 << 23
"""Past so many labels of all trials together, only those of likely trials are kept."""

GIVEN_BACK = 1 << 20
"""Of larger pictures, what a trial has freed is given back: beside its time, that takes none."""


class Target:
    """Pixels that settings are tried on, what scores them, and the trials so far."""

    def __init__(self, bench: Workbench, rows: NDArray[np.intp] | None) -> None:
        pixels = bench.picture.pixels
        self._bench, self.rows = bench, rows
        self.pixels = pixels if rows is None else pixels[rows]
        self.made: dict[Setting, Trial] = {}
        self.standard: tuple[float, NDArray[np.bool_] | None] | None = None

    @once_property
    def _scorer(self) -> _core.Ssimulacra2:
        return _core.Ssimulacra2(self.pixels, threads=self._bench.options.threads)

    @once_property
    def _banding(self) -> _core.Banding | None:
        """What finds contours; None where nobody looks for them."""
        bench = self._bench
        if not bench.looks_closely or bench.picture.contour_limit == np.inf:
            return None
        return _core.Banding(self.pixels, threads=bench.options.threads)

    def trial(self, setting: Setting) -> Trial:
        """Try one setting, or remember it."""
        return self.trials([setting])[0]

    def trials(self, settings: Sequence[Setting]) -> list[Trial]:
        """Try settings, side by side where there are threads, or remember them."""
        missing = [setting for setting in dict.fromkeys(settings) if setting not in self.made]
        for setting, trial in zip(missing, self._bench.try_out(missing, self), strict=True):
            self.made[setting] = trial
        return [self.made[setting] for setting in settings]

    def keep_labels(self, settings: Container[Setting]) -> None:
        """Let go of the labels of all other settings, if all together are large."""
        if len(self.made) * self.pixels[..., 0].size > KEPT_LABELS:
            for setting, trial in self.made.items():
                if setting not in settings:
                    trial.let_go()

    def rest(self) -> None:
        """Let go of what scores trials, until another is tried."""
        forget(self, "_scorer")
        forget(self, "_banding")

    def colors(self, codebook: Codebook) -> NDArray[np.uint8]:
        """Codes with as many channels as the pixels."""
        return np.ascontiguousarray(widened(codebook.colors, self.pixels.shape[2]))

    def judged(self, pixels: NDArray[np.uint8]) -> tuple[float, float]:
        """Score other pixels, and measure their contours; 0 where nobody looks for them."""
        contours = 0.0 if self._banding is None else self._banding.of(pixels)
        return self._scorer.score(pixels), contours

    def shows(self, indexed: IndexedImage) -> bool:
        """Whether labels give exactly what the pixels show: then nothing need score them."""
        shown = self.colors(indexed.codebook)[indexed.labels]
        if shown.shape[2] == 3:
            return np.array_equal(shown, self.pixels)
        clear = (shown[..., 3] | self.pixels[..., 3]) == 0
        return bool((clear | (shown == self.pixels).all(axis=2)).all())

    def score(self, indexed: IndexedImage) -> float:
        """Score labels against the pixels."""
        return self._scorer.score_indexed(self.colors(indexed.codebook), indexed.labels)

    def contours(self, indexed: IndexedImage) -> float:
        """Measure the contours that labels add to the pixels; 0 where nobody looks for them."""
        if self._banding is None:
            return 0.0
        return self._banding.of_indexed(self.colors(indexed.codebook), indexed.labels)


class Workbench:
    """One original, and the fits, trials and files that were made of it."""

    def __init__(
        self,
        image: Image,
        options: CompressOptions,
        on_progress: OnProgress | None = None,
        tuning: Tuning = TUNING,
    ) -> None:
        if image.n_pixels <= tuning.small_pixels:
            options = replace(options, threads=1)  # to start more takes longer than they save
        self.options, self.tuning, self._on_progress = options, tuning, on_progress
        self.image = image
        self.picture = Picture(image, options, tuning)
        # Whether what a score hardly sees can matter to what was asked.
        self.looks_closely = options.quality is None or options.quality > tuning.faithful
        self.most = min(options.k or 256, 256, self.picture.distinct_colors)
        pins = 0 if options.pinned is None else len(options.pinned)
        self.fewest = min(max(2, pins), self.most)
        self._metadata = formats.kept_metadata(image, options.keep, options.format)
        self._fits: dict[tuple[int, float], FitResult] = {}
        self._importance: dict[float, NDArray[np.float64] | None] = {}
        self._weights: dict[tuple[float, bool], NDArray[np.uint16]] = {}
        self._drafts: dict[Setting, Draft] = {}

    def for_format(self, name: str) -> Workbench:
        """Return a workbench for another format, with the same fits."""
        options = replace(self.options, format=name)
        other = Workbench(self.image, options, self._on_progress, self.tuning)
        other.picture, other._fits = self.picture, self._fits
        other._importance, other._weights = self._importance, self._weights
        return other

    @once_property
    def whole(self) -> Target:
        """The whole picture."""
        return Target(self, None)

    @once_property
    def sample(self) -> Target:
        """Bands of its rows; the whole where it is not large."""
        rows = self.picture.sample_rows
        return self.whole if rows is None else Target(self, rows)

    def rest(self) -> None:
        """Let go of what trials are made with, until another is tried; those of the whole stay."""
        self.leave_sample()
        self.whole.rest()
        self.picture.rest()
        self._weights.clear()

    def leave_sample(self) -> None:
        """Let go of the sample and its trials."""
        forget(self, "sample")

    def plain(self, k: int) -> Setting:
        """How so many codes are mapped without a rate, as the options say."""
        options = self.options
        diffusion = round(256 * options.dither_strength) if options.dither == "diffusion" else 0
        return Setting(k, diffusion=diffusion, ordered=options.dither == "ordered")

    def trial(self, setting: Setting) -> Trial:
        """Try one setting on the whole picture, or remember it."""
        return self.whole.trial(setting)

    def trials(self, settings: Sequence[Setting]) -> list[Trial]:
        """Try settings on the whole picture, or remember them."""
        return self.whole.trials(settings)

    def fit_of(self, setting: Setting) -> FitResult:
        """Return the fit whose codebook a setting uses."""
        self._fit([setting])
        return self._fits[setting.fitted]

    # -- trials ------------------------------------------------------------------------------------

    def try_out(self, settings: list[Setting], target: Target) -> list[Trial]:
        """Make what trials of these settings read, and then the trials."""
        self._fit(settings)
        self._weigh(settings, target)
        if self.looks_closely and target.standard is None and settings:
            self._set_standard(settings, target)
        trials = each(partial(self.tried, target=target), settings, self.options.threads)
        if self.image.n_pixels > GIVEN_BACK:
            give_back()
        if target is self.whole:
            for trial in trials:
                self.say(trial.setting, trial.score)
        return trials

    def _weigh(self, settings: Sequence[Setting], target: Target) -> None:
        """Make the weights of settings, and let go of others: each takes as much as the pixels."""
        on_whole = target.rows is None
        needed = {(setting.contrast, on_whole) for setting in settings if setting.rate}
        for key in set(self._weights) - needed if needed else ():
            del self._weights[key]
        for key in needed - set(self._weights):
            self._weights[key] = self.picture.weights(key[0], target.rows)

    def say(self, setting: object, score: float) -> None:
        """Tell of a trial on the whole picture."""
        if self._on_progress is not None:
            self._on_progress(f"{setting}: score {score:.1f}")

    def _set_standard(self, settings: list[Setting], target: Target) -> None:
        """Look how much of soft edges and small colours the most codes keep, for all others."""
        picture, top = self.picture, self.plain(self.most)
        if settings == [top] or not (picture.has_alpha or picture.graphic):
            return
        indexed, softness = target.trial(top).indexed, 0.0
        if picture.has_alpha:
            softness = self.tuning.soft_edges * metrics.softness(target.pixels, indexed)
        faded = picture.faded_by(self.fit_of(top).codebook) if picture.graphic else None
        target.standard = softness, faded

    def _fit(self, settings: Sequence[Setting]) -> None:
        """Fit the codebooks of settings that have none yet."""
        missing = {s.fitted: None for s in settings if s.fitted not in self._fits}
        for _, contrast in missing:
            if contrast not in self._importance:
                self._importance[contrast] = self.picture.importance(contrast)
        fits = each(self.fitted, list(missing), self.options.threads)
        self._fits.update(zip(missing, fits, strict=True))

    def fitted(self, how: tuple[int, float]) -> FitResult:
        """Fit a codebook of k codes to colours that count by a power of the mask."""
        k, contrast = how
        arguments = self.options.fit_arguments()
        arguments["k"] = k
        return fit(
            self.picture.histogram,
            **arguments,
            weights=self._importance[contrast],
            chroma=self.picture.chroma / 256 if contrast else 1.0,
            threads=self.options.threads,
        )

    def tried(self, setting: Setting, target: Target) -> Trial:
        """Map, score and judge one setting."""
        versions = [
            Mapped(labels, partial(self._mapped_again, setting, target, version))
            for version, labels in enumerate(self._mapped(setting, target))
        ]
        exact = self._fits[setting.fitted].lossless and not setting.rate
        if exact and target.shows(versions[0].labels[0]):
            return Trial(setting, versions[0], BEST_SCORE, format=self.options.format)
        scored = [(target.score(version.labels[0]), version) for version in versions]
        score, mapped = max(scored, key=lambda pair: pair[0])
        return self._judged(Trial(setting, mapped, score, format=self.options.format), target)

    def _mapped_again(self, setting: Setting, target: Target, version: int) -> Labels:
        """Map what a trial has let go of."""
        key = setting.contrast, target.rows is None
        if setting.rate and key not in self._weights:
            self._weights[key] = self.picture.weights(setting.contrast, target.rows)
        return self._mapped(setting, target)[version]

    def _mapped(self, setting: Setting, target: Target) -> list[Labels]:
        """Map one setting: in one way, or in two of which the better counts."""
        codebook = self._fits[setting.fitted].codebook
        if not setting.rate:
            return [(self._plain_labels(setting, codebook, target), None)]
        made = self._joined if setting.last_rows else self._rate_aware
        rate_aware = made(setting, target)
        versions = [self._refitted(setting, codebook, rate_aware.labels, target)]
        if not setting.feedback:
            # Small areas may have been drawn into large ones, and pull their codes along.
            versions.append(IndexedImage(codebook, rate_aware.labels))
        return [(version.without_unused(), rate_aware) for version in versions]

    def _plain_labels(self, setting: Setting, codebook: Codebook, target: Target) -> IndexedImage:
        mapped: Callable[..., IndexedImage] = (
            mapping.ordered if setting.ordered else mapping.nearest
        )
        if setting.diffusion and not self._fits[setting.fitted].lossless:
            mapped = partial(mapping.error_diffusion, strength=setting.diffusion / 256)
        options = self.options
        labels = mapped(target.pixels, codebook, space=options.space, threads=options.threads)
        return labels.without_unused()

    def _rate_aware(self, setting: Setting, target: Target) -> RateAware:
        """Map labels that look at the rate."""
        tuning, more = self.tuning, dict[str, Any]()
        codec, codebook = codec_of(self.options.format), self._fits[setting.fitted].codebook
        if self.picture.graphic:
            # Closer than elsewhere, so that pale lines stay, and letters.
            more = {
                "cap": tuning.drawing_cap,
                "chroma_cap": tuning.drawing_chroma_cap,
                "most_cap": tuning.drawing_farthest**2,
            }
        if codec.packs and not self.picture.small:
            # Icons are often written a byte a label: by labels chosen for packed rows, emoji took
            # 3 to 16 % more bytes, icons of 32 pixels a side up to 7 %, and sizes went unfilled.
            more["pack"] = codec.labels_a_byte(len(codebook))
        labels, coded = codec.rate_aware(
            target.pixels,
            target.colors(codebook),
            self.options.space,
            self._weights[setting.contrast, target.rows is None],
            setting.rate,
            feedback=setting.feedback,
            dither=setting.diffusion,
            chroma=self.picture.chroma,
            chain=64 if self.options.effort == "best" else 16,
            **more,
        )
        return RateAware(owned(labels), coded)

    def _joined(self, setting: Setting, target: Target) -> RateAware:
        """Take the labels of one rate, and in the rows at the lower end those of another."""
        one = replace(setting, last_rows=0, last_rate=0)
        upper, lower = (
            target.made[s].rate_aware for s in (one, replace(one, rate=setting.last_rate))
        )
        assert upper is not None
        assert lower is not None
        height, rows = len(upper.labels), setting.last_rows
        labels = np.concatenate([upper.labels[: height - rows], lower.labels[height - rows :]])
        coded = upper.coded * (height - rows) + lower.coded * rows
        return RateAware(owned(labels), coded // height)

    def _refitted(
        self, setting: Setting, codebook: Codebook, labels: NDArray[np.uint8], target: Target
    ) -> IndexedImage:
        """Move codes to the means of their pixels; where errors are fed on, part of the way."""
        colors, step = target.colors(codebook), self.tuning.refit_step if setting.feedback else 16
        moved = _core.refit(target.pixels, colors, self.options.space, labels, step=step)
        moved[: codebook.pinned] = colors[: codebook.pinned]
        return IndexedImage(Codebook(without_doubles(moved, colors), codebook.pinned), labels)

    def _judged(self, trial: Trial, target: Target) -> Trial:
        """Look at what a score hardly sees, where it can matter."""
        if not self.looks_closely:
            return trial
        contours = target.contours(trial.indexed)
        return replace(trial, contours=contours, keeps=self._keeps(trial, target))

    def _keeps(self, trial: Trial, target: Target) -> bool:
        """Whether soft edges and small colours are left that the most codes leave."""
        if target.standard is None:
            return True
        softness, faded = target.standard
        if softness and metrics.softness(target.pixels, trial.indexed) < softness:
            return False
        if trial.setting.nearest and faded is not None:
            now_faded = self.picture.faded_by(self._fits[trial.setting.fitted].codebook)
        elif target is self.whole and faded is not None:
            now_faded = self.picture.faded_in(trial.indexed)
        else:
            return True  # a sample may have none of them
        return not (now_faded & ~faded).any()

    def fades(self, setting: Setting) -> bool:
        """Whether the codes of a setting leave out small colours that the most codes leave."""
        standard = self.whole.standard
        if standard is None or standard[1] is None:
            return False
        faded = self.picture.faded_by(self.fit_of(setting).codebook)
        return bool((faded & ~standard[1]).any())

    def judged_pixels(self, pixels: NDArray[np.uint8], target: Target) -> tuple[float, float, bool]:
        """Judge a decoded picture as a trial is: its score, its contours, and what it keeps."""
        score, contours = target.judged(pixels)
        if self.looks_closely and target.standard is None:
            self._set_standard([], target)
        if target.standard is None:
            return score, contours, True
        softness, faded = target.standard
        if softness and metrics.softness(target.pixels, pixels) < softness:
            return score, contours, False
        if faded is None or target is not self.whole:  # a sample may have none of these areas
            return score, contours, True
        return score, contours, not (self.picture.faded_among(pixels) & ~faded).any()

    # -- files of trials on the whole picture ------------------------------------------------------

    def expected_bytes(self, trial: Trial) -> float:
        """Bytes that a trial's file should take, judged by a quick level. 0 where none knows."""
        return self._draft(trial).expected_bytes if self.options.format == "png" else 0.0

    def least_bytes(self, trial: Trial) -> float:
        """Bytes that it may take at the least."""
        return self._draft(trial).least_bytes if self.options.format == "png" else 0.0

    def encode(self, trial: Trial) -> Trial:
        """Write the file of a trial, and note its size."""
        made = self.whole.made
        if made[trial.setting].encoded is None:
            name = self.options.format
            if name == "png":
                self._keep_file(trial, self._draft(trial).encode())
            else:
                encoded = formats.encode(trial.indexed, name, **self._how_encoded(trial))
                made[trial.setting] = replace(trial, encoded=encoded)
        return made[trial.setting]

    def encode_below(self, least: Trial, trial: Trial) -> Trial:
        """Write the file of a trial too, unless it soon shows to be larger; return the smaller."""
        if self.options.format == "png" and self.whole.made[trial.setting].encoded is None:
            data = self._draft(trial).encode_below(least.n_bytes)
            if data is None:
                return least
            self._keep_file(trial, data)
        return min(least, self.encode(trial), key=lambda one: one.n_bytes)

    def _keep_file(self, trial: Trial, data: bytes) -> None:
        encoded = Encoded("png", ((FORMATS["png"].suffix, data),))
        self.whole.made[trial.setting] = replace(trial, encoded=encoded)

    def _draft(self, trial: Trial) -> Draft:
        if trial.setting not in self._drafts:
            self._drafts[trial.setting] = self.drafted(trial)
        return self._drafts[trial.setting]

    def drafted(self, trial: Trial) -> Draft:
        """Plan the PNG of a trial."""
        return draft(trial.indexed, **self._how_encoded(trial))

    def _how_encoded(self, trial: Trial) -> dict[str, Any]:
        return {
            "effort": self.options.effort,
            "metadata": self._metadata,
            # Filters would break the copies that rate-aware labels were chosen for.
            "filtered": not trial.setting.rate,
            "threads": self.options.threads,
        }
