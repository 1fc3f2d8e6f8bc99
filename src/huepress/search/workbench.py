"""One original laid out for trials: each setting is mapped, scored and sized once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import _core, formats, mapping, metrics
from huepress.colorspace import FIT_UNIT
from huepress.common.arrays import distinct, owned, widened
from huepress.common.once import Memo, once_property
from huepress.formats import FORMATS, Encoded
from huepress.formats.png import Draft, draft, overhead, quick_size
from huepress.kmeans import FitResult, fit
from huepress.options import CompressOptions
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage

LEAST_RATE, MOST_RATE = 20, 1 << 17
"""The range of `Setting.rate`."""

FEEDBACK = 144
"""`Setting.feedback` that was best on photographs, 9/16."""

CONTOUR_POINTS = 30.0
"""What one more of `metrics.banding` takes off a score, from a limit up."""

SMOOTH_CONTOUR, ART_CONTOUR, ASKED_ART_CONTOUR = 0.2, 1.0, 2.5
"""Limits for smooth pictures, for art with alpha, and for such art of which a quality is asked.

In units of `metrics.banding`, of which 1 is just visible and 2 plain.
"""


_REFIT_FED = 8  # sixteenths; feedback makes up for half of what separates codes from means
_GRAPHIC_CAPS: dict[str, Any] = {
    "cap": 1 << 17,
    "chroma_cap": 1 << 15,
}  # half the kernel's own: pale lines stay
_COPIES_FROM = 200  # at lower rates, filters may still do better than copies
_OPAQUE_SLOPES = 128  # of 256: most are blurred edges there, which hide something
_MASK_UNIT = 4096  # of the masking kernel: an error that counts in full
_SAMPLED_ROWS, _SAMPLED_PIXELS = 240, 150_000  # SSIMULACRA2 has all scales from 225 rows on
_BAND = 48
_FLAT = 0.4  # of the pixels of a drawing, and more, equal their left neighbours
_EVEN, _ROUGH = 2, 12  # levels that a slope may bend by, and by which only textures and edges do
_SMOOTH_REACH = 8  # pixels that show a slope
_ROUGH_SHARE, _SMOOTH_OF_DRAWING, _SMOOTH_OF_SLOPES = 0.03, 0.1, 0.85
_SEEN = 0.003  # of the pixels: what a colour counts at least in a drawing
_SOFT = 4  # pixels that one of a drawing's soft edges counts for
_SPECKS, _FINEST = 12, 50_000  # pixels, and parts of the picture, that are no area yet
_HUE_CELL, _SATURATED = 1306, 979  # in Oklab 0.08 and 0.06

Report = Callable[[str], None]


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
        Strength of error diffusion in 256ths; beside a rate, only where nothing masks an error.
    contrast : float
        Power of the masking weights, for rate-aware labels and weighed codebooks: 1, or 0.75 or 0.5
        to trust them less.
    ordered : bool
        Whether labels without a rate mix codes in the blue-noise pattern.
    feedback : int
        Share of a pixel's error, in 256ths, that rate-aware labels make up for in the next row.
    last_rows, last_rate : int
        The rate of so many rows at the lower end, where it is another one.
    weighed : bool
        Whether the codebook of labels without a rate is fitted with masking weights, too.
    """

    k: int
    rate: int = 0
    diffusion: int = 0
    ordered: bool = False
    contrast: float = 1.0
    feedback: int = FEEDBACK
    last_rows: int = 0
    last_rate: int = 0
    weighed: bool = False

    @property
    def nearest(self) -> bool:
        """Whether the labels are the nearest ones."""
        return not (self.rate or self.diffusion or self.ordered)

    def __str__(self) -> str:
        parts = [f"k={self.k}"]
        if self.rate:
            parts.append(f"rate-aware {self.rate}")
        if self.last_rows:
            parts.append(f"last {self.last_rows} rows {self.last_rate}")
        if self.diffusion:
            parts.append(f"diffusion {self.diffusion / 256:.2g}")
        if self.ordered:
            parts.append("ordered")
        if self.weighed:
            parts.append("weighed codebook")
        if self.contrast != 1:
            parts.append(f"masking^{self.contrast:g}")
        if self.rate and not self.feedback:
            parts.append("no feedback")
        if self.nearest:
            parts.insert(1, "nearest")
        return ", ".join(parts)


@dataclass(frozen=True, eq=False, slots=True)
class Rated:
    """Of rate-aware labels, the bytes they should take, and which of the fit's codes are left."""

    deflated: int
    codes: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
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
    sheet : Sheet
        On what.
    rated : Rated or None
        What the mapping knows of rate-aware labels.
    encoded : Encoded or None
        The file, for finalists.
    """

    setting: Setting
    indexed: IndexedImage
    score: float
    sheet: Sheet
    rated: Rated | None = None
    encoded: Encoded | None = None

    def grade(self, limit: float) -> float:
        """Judge by the score and by contours.

        Parameters
        ----------
        limit : float
            From where contours count, in units of `metrics.banding`; infinite where none do.

        Returns
        -------
        float
            The score, less what plainer contours take off.
        """
        if limit == math.inf:
            return self.score
        return self.score - CONTOUR_POINTS * max(self.contours - limit, 0.0)

    @once_property
    def contours(self) -> float:
        """Those that the original has not; see `metrics.banding`."""
        return self.sheet.contours(self.indexed)

    @once_property
    def softness(self) -> float:
        """Share of the translucent pixels that are still translucent; see `metrics.softness`."""
        return metrics.softness(self.sheet.pixels, self.indexed)

    @once_property
    def estimate(self) -> int:
        """Bytes that a palette PNG should take."""
        if self.rated is None:
            return quick_size(self.indexed)
        return self.rated.deflated + overhead(self.indexed)

    @property
    def n_bytes(self) -> int:
        """Bytes of the file where there is one, else the estimate."""
        return self.estimate if self.encoded is None else len(self.encoded)


class Sheet:
    """Pixels to map, with what scores and weighs them.

    Parameters
    ----------
    pixels : (h, w, 3 or 4) uint8 ndarray
        The original, or bands of it.
    mask : (h, w, 2) uint16 ndarray
        Masking weights of the original's pixels.
    threads : int
        For the scores.
    """

    def __init__(
        self, pixels: NDArray[np.uint8], mask: NDArray[np.uint16], *, threads: int
    ) -> None:
        self.pixels, self.mask = pixels, mask
        self.trials: Memo[Setting, Trial] = Memo()
        self._scorer = _core.Ssimulacra2(pixels, threads=threads)
        self._threads = threads
        self._masks: Memo[tuple[float, int], NDArray[np.uint16]] = Memo()

    def score(self, indexed: IndexedImage) -> float:
        """Score labels against the pixels."""
        return self._scorer.score_indexed(self._colors(indexed), indexed.labels)

    def contours(self, indexed: IndexedImage) -> float:
        """Measure the contours that labels add to the pixels."""
        return self._banding.of_indexed(self._colors(indexed), indexed.labels)

    @once_property
    def _banding(self) -> _core.Banding:
        return _core.Banding(self.pixels, threads=self._threads)

    def _colors(self, indexed: IndexedImage) -> NDArray[np.uint8]:
        return np.ascontiguousarray(widened(indexed.codebook.colors, self.pixels.shape[2]))

    def masking(self, contrast: float, stretch: int) -> NDArray[np.uint16]:
        """Masking weights to a power; chroma's are less by what the stretch of chroma adds."""

        def made() -> NDArray[np.uint16]:
            lightness = _powers(contrast)
            chroma = lightness * (256 / stretch) ** 2
            tables = np.clip(np.rint(np.stack([lightness, chroma])), 1, 65535).astype(np.uint16)
            return np.stack([tables[0][self.mask[..., 0]], tables[1][self.mask[..., 1]]], axis=-1)

        return self._masks.once((contrast, stretch), made)


class _Areas:
    """The colours of a picture that are alike in hue and saturation, whatever their lightness."""

    def __init__(self, histogram: Histogram) -> None:
        chroma = _core.embed(histogram.colors, "oklab")[:, 1:3].astype(np.int64)
        cells = (2 * chroma + _HUE_CELL) // (2 * _HUE_CELL)
        # Cells lie from -6 to 6 on each axis.
        _, self.of_color = distinct(np.insert(cells + 16, 2, 0, axis=1).astype(np.uint8))
        self.pixels = np.bincount(self.of_color, histogram.counts.astype(np.float64))
        self.chroma = self.means(histogram, chroma)
        total = self.pixels.sum()
        saturated = (self.chroma**2).sum(axis=1) >= _SATURATED**2
        seen = self.pixels >= max(_SPECKS, total / _FINEST)
        self.small = saturated & seen & (self.pixels < _SEEN * total)

    def means(self, histogram: Histogram, chroma: NDArray[Any]) -> NDArray[np.float64]:
        """Average the chroma that each colour has, or is given."""
        sums = [np.bincount(self.of_color, histogram.counts * axis) for axis in chroma.T]
        return np.stack(sums, axis=1) / self.pixels[:, None]


class Workbench:
    """One original, and everything that was computed for it.

    Parameters
    ----------
    image : Image
        The original.
    options : CompressOptions
        What was asked.
    report : callable
        Called with a line about each trial.
    """

    def __init__(self, image: Image, options: CompressOptions, report: Report) -> None:
        self.image, self.options, self._report = image, options, report
        pinned = options.pinned.colors.shape[1] if options.pinned is not None else 3
        self.pixels = widened(image.pixels, max(image.channels, pinned))
        self.histogram = Histogram.of(self.pixels, threads=options.threads)
        self.distinct_colors = _with_pins(self.histogram, options.pinned)
        self._fits: Memo[tuple[int, float], FitResult] = Memo()
        self._faded: Memo[FitResult, NDArray[np.bool_]] = Memo()
        self._drafts: Memo[Setting, Draft] = Memo()

    @once_property
    def full(self) -> Sheet:
        """The whole picture."""
        return Sheet(self.pixels, self._mask, threads=self.options.threads)

    @once_property
    def sample(self) -> Sheet:
        """Bands of rows from all over the picture; the whole picture where that is not large."""
        height, width, _ = self.pixels.shape
        bands = -(-max(_SAMPLED_ROWS, _SAMPLED_PIXELS // width) // _BAND)
        if 5 * bands * _BAND > 2 * height:
            return self.full
        starts = [(height - _BAND) * (2 * i + 1) // (2 * bands) for i in range(bands)]
        rows = np.concatenate([np.arange(start, start + _BAND) for start in starts])
        return Sheet(self.pixels[rows], self._mask[rows], threads=self.options.threads)

    @once_property
    def graphic(self) -> bool:
        """Whether this is a drawing or a page: many visible pixels equal their left neighbour."""
        pixels = self.pixels
        same = (pixels[:, 1:] == pixels[:, :-1]).all(axis=2)
        if self.image.has_alpha:
            same = same[pixels[:, 1:, 3] > 0]
        return same.size == 0 or float(same.mean()) > _FLAT

    @once_property
    def smooth(self) -> bool:
        """Whether what is not flat here is smooth, as skies, shades and gradients are."""
        pixels = self.sample.pixels[..., :3].astype(np.int16)
        reach = _SMOOTH_REACH
        height, width, _ = pixels.shape
        if min(height, width) <= 2 * reach:
            return False

        def beside(down: int, right: int) -> NDArray[np.int16]:
            return pixels[
                reach + down : height - reach + down, reach + right : width - reach + right
            ]

        even, rough, sloped = np.bool_(True), np.bool_(False), np.bool_(False)
        for down, right in ((0, 1), (1, 0)):
            bend = np.abs(beside(down, right) + beside(-down, -right) - 2 * beside(0, 0))
            even = even & (bend <= _EVEN).all(axis=2)
            rough = rough | (bend > _ROUGH).any(axis=2)
            far = reach * down, reach * right
            sloped = sloped | (beside(*far) != beside(-far[0], -far[1])).any(axis=2)
        if not self.graphic:
            return float(rough.mean()) < _ROUGH_SHARE
        smooth, slopes = float((even & sloped).mean()), float(sloped.mean())
        return smooth > max(_SMOOTH_OF_SLOPES * slopes, _SMOOTH_OF_DRAWING)

    @once_property
    def stretch(self) -> int:
        """How much chroma should count in a fit, in 256ths: as much as masking leaves of it."""
        if self.options.space != "oklab":
            return 256
        lightness, chroma = (int(self._mask[..., i].sum(dtype=np.uint64)) for i in (0, 1))
        return int(np.clip(np.rint(256 * np.sqrt(chroma / max(lightness, 1))), 128, 512))

    def trial(self, setting: Setting, sheet: Sheet | None = None) -> Trial:
        """Map, score and size a setting on a sheet, or on the whole picture."""
        on = sheet or self.full

        def made() -> Trial:
            trial = self._rate_aware(setting, on) if setting.rate else self._plain(setting, on)
            if on is self.full:
                self._report(f"{setting}: score {trial.score:.1f}")
            return trial

        return on.trials.once(setting, made)

    def promise(self, trial: Trial) -> float:
        """Bytes that a trial's file should take, judged by a quick level. 0 where none knows."""
        return self._draft(trial).promise if self.options.format == "png" else 0.0

    def hope(self, trial: Trial) -> float:
        """Bytes that it may take at the least."""
        return self._draft(trial).hope if self.options.format == "png" else 0.0

    def encode(self, trial: Trial) -> Trial:
        """Write the file of a trial on the whole picture, and note its size."""
        if trial.encoded is None:
            name = self.options.format
            if name == "png":
                encoded = Encoded(name, ((FORMATS[name].suffix, self._draft(trial).encode()),))
            else:
                encoded = formats.encode(trial.indexed, name, **self._how_encoded(trial))
            trial = replace(trial, encoded=encoded)
            self.full.trials[trial.setting] = trial
        return trial

    def _draft(self, trial: Trial) -> Draft:
        return self._drafts.once(
            trial.setting, lambda: draft(trial.indexed, **self._how_encoded(trial))
        )

    def _how_encoded(self, trial: Trial) -> dict[str, Any]:
        return {
            "effort": self.options.effort,
            "metadata": formats.kept(self.image, self.options.keep, self.options.format),
            "filtered": trial.setting.rate < _COPIES_FROM,
            "threads": self.options.threads,
        }

    def fit_of(self, setting: Setting) -> FitResult:
        """Fit the codebook that a setting uses."""
        contrast = setting.contrast if setting.rate or setting.weighed else 0.0

        def made() -> FitResult:
            arguments = self.options.fit_arguments()
            arguments["k"] = setting.k
            weights = self._importance(contrast) if contrast else None
            if self.graphic:
                weights = self._salience if weights is None else self._salience * weights
            return fit(
                self.histogram,
                **arguments,
                weights=weights,
                chroma=self.stretch / 256 if contrast else 1.0,
                threads=self.options.threads,
            )

        return self._fits.once((setting.k, contrast), made)

    def _plain(self, setting: Setting, sheet: Sheet) -> Trial:
        options, codebook = self.options, self.fit_of(setting).codebook
        if setting.diffusion:
            indexed = mapping.error_diffusion(
                sheet.pixels,
                codebook,
                strength=setting.diffusion / 256,
                space=options.space,
                threads=options.threads,
            )
        else:
            mapped = mapping.ordered if setting.ordered else mapping.nearest
            indexed = mapped(sheet.pixels, codebook, space=options.space, threads=options.threads)
        indexed = indexed.without_unused()
        return Trial(setting, indexed, sheet.score(indexed), sheet)

    def _rate_aware(self, setting: Setting, sheet: Sheet) -> Trial:
        codebook, space = self.fit_of(setting).codebook, self.options.space
        colors = np.ascontiguousarray(widened(codebook.colors, sheet.pixels.shape[2]))
        mapped: Callable[..., Any] = _core.rate_aware
        if self.graphic:
            mapped = partial(_core.rate_aware, **_GRAPHIC_CAPS)
        labels, deflated = mapped(
            sheet.pixels,
            colors,
            space,
            sheet.masking(setting.contrast, self.stretch),
            setting.rate,
            feedback=setting.feedback,
            dither=setting.diffusion,
            chroma=self.stretch,
            chain=64 if self.options.effort == "best" else 16,
        )
        return self._refitted(setting, sheet, owned(labels), deflated)

    def blend(self, upper: Trial, lower: Trial, rows: int) -> Trial:
        """Try the labels of two rates of one family: the upper ones, and below the lower ones."""
        setting = replace(upper.setting, last_rows=rows, last_rate=lower.setting.rate)

        def made() -> Trial:
            above, below = upper.rated, lower.rated
            assert above is not None
            assert below is not None
            split = upper.indexed.height - rows
            labels = [
                above.codes[upper.indexed.labels[:split]],
                below.codes[lower.indexed.labels[split:]],
            ]
            deflated = (above.deflated * split + below.deflated * rows) // (split + rows)
            trial = self._refitted(setting, self.full, owned(np.concatenate(labels)), deflated)
            self._report(f"{setting}: score {trial.score:.1f}")
            return trial

        return self.full.trials.once(setting, made)

    def _refitted(
        self, setting: Setting, sheet: Sheet, labels: NDArray[np.uint8], deflated: int
    ) -> Trial:
        """Move the codes towards the means of their pixels, and score that."""
        codebook = self.fit_of(setting).codebook
        colors = np.ascontiguousarray(widened(codebook.colors, sheet.pixels.shape[2]))
        refitted = _core.refit(
            sheet.pixels,
            colors,
            self.options.space,
            labels,
            step=_REFIT_FED if setting.feedback else 16,
        )
        refitted[: codebook.pinned] = colors[: codebook.pinned]
        books = [without_doubles(refitted, colors)]
        if not setting.feedback:
            books.append(colors)  # small areas may have been drawn into large ones
        variants = [IndexedImage(Codebook(book, codebook.pinned), labels) for book in books]
        codes = np.flatnonzero(variants[0].kept()).astype(np.uint8)
        variants = [variant.without_unused() for variant in variants]
        scores = [sheet.score(variant) for variant in variants]
        best = int(np.argmax(scores))
        return Trial(setting, variants[best], scores[best], sheet, Rated(deflated, codes))

    @once_property
    def _mask(self) -> NDArray[np.uint16]:
        slopes = 0 if self.image.has_alpha else _OPAQUE_SLOPES
        return _core.masking(self.pixels, slopes=slopes, threads=self.options.threads)

    def faded(self, setting: Setting) -> NDArray[np.bool_]:
        """Tell which small saturated areas of a drawing lose more than half of their chroma."""
        fitted = self.fit_of(setting)
        return self._faded.once(fitted, lambda: self._faded_by(fitted.codebook))

    def faded_in(self, trial: Trial) -> NDArray[np.bool_]:
        """Tell the same of a trial on the whole picture: a rate may draw an area into another."""
        if trial.setting.nearest:
            return self.faded(trial.setting)
        codes = widened(trial.indexed.codebook.colors, self.histogram.channels)
        chroma = _core.embed(np.ascontiguousarray(codes), "oklab")[:, 1:3].astype(np.int64)
        means = [
            _core.sum_by_color(self.pixels, self.histogram.colors, axis[trial.indexed.labels])
            / self.histogram.counts
            for axis in (chroma.T + FIT_UNIT).astype(np.uint16)
        ]
        return self._faded_to(np.stack(means, axis=1) - FIT_UNIT)

    def _faded_by(self, book: Codebook) -> NDArray[np.bool_]:
        colors, codes = self.histogram.colors, widened(book.colors, self.histogram.channels)
        labels = _core.map_nearest(
            colors[None], np.ascontiguousarray(codes), "oklab", threads=self.options.threads
        )[0]
        return self._faded_to(_core.embed(np.ascontiguousarray(codes), "oklab")[labels, 1:3])

    def _faded_to(self, chroma: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell which small areas fade where each colour of the picture gets this chroma."""
        areas = self._areas
        lost = ((areas.means(self.histogram, chroma) - areas.chroma) ** 2).sum(axis=1)
        faded: NDArray[np.bool_] = (lost > (areas.chroma**2).sum(axis=1) / 4)[areas.small]
        return faded

    @once_property
    def _areas(self) -> _Areas:
        return _Areas(self.histogram)

    @once_property
    def _salience(self) -> NDArray[np.float64]:
        """How much more than its pixels each colour counts in a drawing.

        A link, a legend or a red dot is more to the eye than to a sum of squares, and takes few
        bytes. So is a soft edge, and to the score, where few codes make it a hard one.
        """
        areas, colors = self._areas, self.histogram.colors
        more = np.where(areas.small, _SEEN * areas.pixels.sum() / areas.pixels, 1.0)
        salience: NDArray[np.float64] = more[areas.of_color]
        if colors.shape[1] == 4:
            salience[(colors[:, 3] > 0) & (colors[:, 3] < 255)] *= _SOFT
        return salience

    def _importance(self, contrast: float) -> NDArray[np.float64]:
        """Average the fourth root of the masking weights over each colour's pixels."""
        roots = np.rint(np.sqrt(np.sqrt(_powers(contrast) / _MASK_UNIT)) * 16384)
        values = np.minimum(roots, 65535).astype(np.uint16)[self._mask[..., 0]]
        sums = _core.sum_by_color(self.pixels, self.histogram.colors, values)
        return sums / (self.histogram.counts * 16384.0)


def _with_pins(histogram: Histogram, pinned: Codebook | None) -> int:
    """Count the colours of a picture and those pinned ones that it does not have."""
    if pinned is None:
        return len(histogram)
    pins = widened(pinned.colors, histogram.channels)
    return len(distinct(np.concatenate([histogram.colors, pins]))[0])


def without_doubles(moved: NDArray[np.uint8], colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take back those of the moves from distinct colours that made them equal to others."""
    while True:
        first, inverse = distinct(moved)
        if len(first) == len(moved):
            return moved
        doubled = np.bincount(inverse)[inverse] > 1
        moved = np.where(doubled[:, None], colors, moved)


def _powers(contrast: float) -> NDArray[np.float64]:
    """Take each masking weight to a power in quarters; square roots are exact everywhere."""
    weights = np.arange(65536) / _MASK_UNIT
    half = np.sqrt(weights)
    powers = {1: weights, 0.75: half * np.sqrt(half), 0.5: half}
    return _MASK_UNIT * powers[contrast]
