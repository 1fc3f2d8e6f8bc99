"""Everything that was computed for one original, each once, and kept by one thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import formats, metrics
from huepress.common.once import once_property
from huepress.common.side_by_side import each
from huepress.formats import FORMATS, Encoded
from huepress.formats.png import Draft, draft
from huepress.kmeans import FitResult, fit
from huepress.options import CompressOptions
from huepress.search import trials
from huepress.search.picture import Picture
from huepress.search.trials import Canvas, OnProgress, Parsed, Setting, Trial
from huepress.search.tuning import TUNING, Tuning
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage


class Target:
    """Pixels, and the trials made on them."""

    def __init__(self, bench: Workbench, canvas: Canvas) -> None:
        self.canvas, self._bench = canvas, bench
        self.made: dict[Setting, Trial] = {}

    def trial(self, setting: Setting) -> Trial:
        """Try one setting, or remember it."""
        return self.trials([setting])[0]

    def trials(self, settings: Sequence[Setting]) -> list[Trial]:
        """Try settings, side by side where there are threads, or remember them."""
        missing = [setting for setting in dict.fromkeys(settings) if setting not in self.made]
        for setting, trial in zip(missing, self._bench.tried(missing, self), strict=True):
            self.made[setting] = trial
        return [self.made[setting] for setting in settings]


class Workbench:
    """One original, and the fits, trials and files that were made of it."""

    def __init__(
        self,
        image: Image,
        options: CompressOptions,
        on_progress: OnProgress | None = None,
        tuning: Tuning = TUNING,
    ) -> None:
        self.options, self.tuning, self._on_progress = options, tuning, on_progress
        self.picture = Picture(image, options, tuning)
        self.most = min(options.k or 256, 256, self.picture.distinct_colors)
        pins = 0 if options.pinned is None else len(options.pinned)
        self.fewest = min(max(2, pins), self.most)
        self._metadata = formats.kept_metadata(image, options.keep, options.format)
        self._fits: dict[tuple[int, float], FitResult] = {}
        self._importance: dict[float, NDArray[np.float64] | None] = {}
        self._weights: dict[float, NDArray[np.uint16]] = {}
        self._drafts: dict[Setting, Draft] = {}
        self._standards: dict[Target, tuple[float, NDArray[np.bool_] | None]] = {}

    @once_property
    def whole(self) -> Target:
        """The whole picture."""
        return self._target(None)

    @once_property
    def sample(self) -> Target:
        """Bands of its rows; the whole where it is not large."""
        rows = self.picture.sample_rows
        return self.whole if rows is None else self._target(rows)

    def _target(self, rows: NDArray[np.intp] | None) -> Target:
        pixels = self.picture.pixels if rows is None else self.picture.pixels[rows]
        contours = self._looks_closely and self.picture.contour_limit < np.inf
        return Target(self, Canvas(pixels, rows, contours=contours, threads=self.options.threads))

    @property
    def _looks_closely(self) -> bool:
        """Whether what a score hardly sees can matter to what was asked."""
        quality = self.options.quality
        return quality is None or quality > self.tuning.faithful

    def plain(self, k: int) -> Setting:
        """How so many codes are mapped without a rate, as the options say."""
        options = self.options
        diffusion = round(256 * options.dither_strength) if options.dither == "diffusion" else 0
        return Setting(k, diffusion=diffusion, ordered=options.dither == "ordered")

    def trial(self, setting: Setting, target: Target | None = None) -> Trial:
        """Try one setting, on the whole picture where nothing else is given."""
        return (target or self.whole).trial(setting)

    def trials(self, settings: Sequence[Setting]) -> list[Trial]:
        """Try settings on the whole picture."""
        return self.whole.trials(settings)

    def tried(self, settings: list[Setting], target: Target) -> list[Trial]:
        """Try settings that were not tried yet."""
        if not settings:
            return []
        self._prepare(settings, target)
        function = partial(self._tried, target=target)
        trials = each(function, settings, self.options.threads)
        if target is self.whole and self._on_progress is not None:
            for setting, trial in zip(settings, trials, strict=True):
                self._on_progress(f"{setting}: score {trial.score:.1f}")
        return trials

    def fit_of(self, setting: Setting) -> FitResult:
        """Return the fit whose codebook a setting uses."""
        self._fit([setting])
        return self._fits[setting.fitted]

    def _prepare(self, settings: list[Setting], target: Target) -> None:
        """Make what trials of these settings read."""
        self._fit(settings)
        for setting in settings:
            if setting.rate and setting.contrast not in self._weights:
                self._weights[setting.contrast] = self.picture.weights(setting.contrast)
        picture, top = self.picture, self.plain(self.most)
        if not self._looks_closely or target in self._standards or settings == [top]:
            return
        if picture.has_alpha or picture.graphic:
            # The others are judged beside it.
            indexed, softness = target.trial(top).indexed, 0.0
            if picture.has_alpha:
                softness = metrics.softness(target.canvas.pixels, indexed)
                softness *= self.tuning.soft_edges
            faded = picture.faded_by(self.fit_of(top).codebook) if picture.graphic else None
            self._standards[target] = softness, faded

    def _fit(self, settings: Sequence[Setting]) -> None:
        """Fit the codebooks of settings that have none yet."""
        missing = {s.fitted: None for s in settings if s.fitted not in self._fits}
        for _, contrast in missing:
            if contrast not in self._importance:
                self._importance[contrast] = self.picture.importance(contrast)
        fits = each(self._fitted, list(missing), self.options.threads)
        self._fits.update(zip(missing, fits, strict=True))

    # What follows reads only, up to the files.

    def _fitted(self, how: tuple[int, float]) -> FitResult:
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

    def _tried(self, setting: Setting, target: Target) -> Trial:
        canvas = target.canvas
        codebook, options = self._fits[setting.fitted].codebook, self.options
        if not setting.rate:
            indexed = trials.plain_labels(canvas, setting, codebook, options).without_unused()
            return self._judged(Trial(setting, indexed, canvas.score(indexed)), target)
        if setting.last_rows:
            made = target.made
            whole_rates = replace(setting, last_rows=0, last_rate=0)
            upper, lower = made[whole_rates], made[replace(whole_rates, rate=setting.last_rate)]
            labels, deflated = trials.joined_labels(upper, lower, setting.last_rows)
        else:
            weights = self._weights[setting.contrast]
            if canvas.rows is not None:
                weights = weights[canvas.rows]
            labels, deflated = trials.rate_aware_labels(
                canvas, setting, codebook, weights, self.picture, options
            )
        step = self.tuning.refit_step if setting.feedback else 16
        versions = [trials.refitted(canvas, codebook, labels, options.space, step)]
        if not setting.feedback:
            # Small areas may have been drawn into large ones, and pull their codes along.
            versions.append(IndexedImage(codebook, labels))
        parsed = Parsed(deflated, np.flatnonzero(versions[0].kept()).astype(np.uint8))
        versions = [version.without_unused() for version in versions]
        scores = [canvas.score(version) for version in versions]
        best = int(np.argmax(scores))
        return self._judged(Trial(setting, versions[best], scores[best], parsed=parsed), target)

    def _judged(self, trial: Trial, target: Target) -> Trial:
        """Look at what a score hardly sees, where it can matter."""
        if not self._looks_closely:
            return trial
        contours = target.canvas.contours(trial.indexed)
        return replace(trial, contours=contours, keeps=self._keeps(trial, target))

    def _keeps(self, trial: Trial, target: Target) -> bool:
        """Whether soft edges and small colours are left that the most codes leave."""
        if target not in self._standards:
            return True
        softness, faded = self._standards[target]
        picture, setting = self.picture, trial.setting
        if softness and metrics.softness(target.canvas.pixels, trial.indexed) < softness:
            return False
        if not picture.graphic:
            return True
        if setting.nearest:
            now_faded = picture.faded_by(self._fits[setting.fitted].codebook)
        elif target is self.whole:
            now_faded = picture.faded_in(trial.indexed)
        else:
            return True  # a sample may have none of them
        return faded is None or not (now_faded & ~faded).any()

    # Files of trials on the whole picture.

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
            name, options = self.options.format, self._how_encoded(trial)
            if name == "png":
                encoded = Encoded(name, ((FORMATS[name].suffix, self._draft(trial).encode()),))
            else:
                encoded = formats.encode(trial.indexed, name, **options)
            made[trial.setting] = replace(trial, encoded=encoded)
        return made[trial.setting]

    def _draft(self, trial: Trial) -> Draft:
        if trial.setting not in self._drafts:
            self._drafts[trial.setting] = draft(trial.indexed, **self._how_encoded(trial))
        return self._drafts[trial.setting]

    def _how_encoded(self, trial: Trial) -> dict[str, Any]:
        return {
            "effort": self.options.effort,
            "metadata": self._metadata,
            # At higher rates, filters would break the copies that labels were chosen for.
            "filtered": trial.setting.rate < self.tuning.filtered_below,
            "threads": self.options.threads,
        }
