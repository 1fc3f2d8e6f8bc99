"""The original as the search sees it: what kind it is, what hides errors, what colours count."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.colorspace import FIT_UNIT
from huepress.common.arrays import distinct, widened
from huepress.common.once import forget, once_property
from huepress.options import CompressOptions
from huepress.search.tuning import Tuning
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage

Kind = Literal["photograph", "drawing", "art"]

_ROWS = 64
"""Rows that are looked up at a time."""

MASK_UNIT = 4096
"""A masking weight of 1: nothing hides an error."""


class Picture:
    """One original, and what the search has to know of it."""

    def __init__(self, image: Image, options: CompressOptions, tuning: Tuning) -> None:
        pins = options.pinned
        channels = image.channels if pins is None else max(image.channels, pins.colors.shape[1])
        self.has_alpha, self._options, self.tuning = image.has_alpha, options, tuning
        self.pixels = widened(image.pixels, channels)
        self.histogram = Histogram.of(self.pixels, threads=options.threads)
        self.distinct_colors = len(self.histogram)
        if pins is not None:
            colors = [self.histogram.colors, widened(pins.colors, channels)]
            self.distinct_colors = len(distinct(np.concatenate(colors))[0])

    @property
    def kind(self) -> Kind:
        """Which families suit it. In a small photograph, many codes cost more than their errors."""
        if self.graphic:
            return "drawing"
        return "art" if self.has_alpha or self.small else "photograph"

    @property
    def small(self) -> bool:
        """Whether it is so small that a trial takes hardly any time."""
        height, width, _ = self.pixels.shape
        return bool(height * width <= self.tuning.small_pixels)

    @property
    def default_score(self) -> float:
        """The score to aim at where nobody says.

        Art, shades and icons are looked at closely: their edges and slopes are all there is to see.
        """
        tuning, side = self.tuning, max(self.pixels.shape[:2])
        small = self.graphic and side <= tuning.small_side
        if not (self.has_alpha or small or self.smooth):
            return tuning.photo_score
        return tuning.icon_score if side <= tuning.icon_side else tuning.art_score

    @property
    def contour_limit(self) -> float:
        """From where contours count. Texture hides them.

        Who names a quality of art takes what it looks like; nobody else should have to look.
        """
        options, tuning = self._options, self.tuning
        if self.has_alpha:
            asked = options.quality is not None or options.target_size is not None
            return tuning.asked_art_contour if asked else tuning.art_contour
        return tuning.smooth_contour if self.smooth else np.inf

    @once_property
    def graphic(self) -> bool:
        """Whether it is a drawing or a page: many visible pixels equal their left neighbour."""
        pixels = self.pixels
        same = (pixels[:, 1:] == pixels[:, :-1]).all(axis=2)
        if self.has_alpha:
            same = same[pixels[:, 1:, 3] > 0]
        return same.size == 0 or float(same.mean()) > self.tuning.flat

    @once_property
    def smooth(self) -> bool:
        """Whether what is not flat here is smooth, as skies, shades and gradients are."""
        rows = self.sample_rows
        pixels = (self.pixels if rows is None else self.pixels[rows])[..., :3].astype(np.int16)
        tuning, reach = self.tuning, self.tuning.slope_reach
        height, width, _ = pixels.shape
        if min(height, width) <= 2 * reach:
            return False

        def beside(down: int, right: int) -> NDArray[np.int16]:
            rows = slice(reach + down, height - reach + down)
            return pixels[rows, reach + right : width - reach + right]

        even, rough, sloped = np.bool_(True), np.bool_(False), np.bool_(False)
        for down, right in ((0, 1), (1, 0)):
            bend = np.abs(beside(down, right) + beside(-down, -right) - 2 * beside(0, 0))
            even = even & (bend <= tuning.even).all(axis=2)
            rough = rough | (bend > tuning.rough).any(axis=2)
            far = reach * down, reach * right
            sloped = sloped | (beside(*far) != beside(-far[0], -far[1])).any(axis=2)
        if not self.graphic:
            return float(rough.mean()) < tuning.rough_share
        smooth, slopes = float((even & sloped).mean()), float(sloped.mean())
        return smooth > max(tuning.smooth_slopes * slopes, tuning.smooth_drawing)

    @once_property
    def sample_rows(self) -> NDArray[np.intp] | None:
        """Bands of rows from all over the picture; None where it is not large."""
        height, width, _ = self.pixels.shape
        tuning, band = self.tuning, 48
        bands = -(-max(tuning.sample_rows, tuning.sample_pixels // width) // band)
        if 5 * bands * band > 2 * height:
            return None
        starts = [(height - band) * (2 * i + 1) // (2 * bands) for i in range(bands)]
        return np.concatenate([np.arange(start, start + band) for start in starts])

    def rest(self) -> None:
        """Let go of what is as large as the pixels, until it is asked for."""
        forget(self, "mask")
        forget(self, "_even")

    @once_property
    def mask(self) -> NDArray[np.uint16]:
        """Masking weights of the pixels, for lightness and for chroma."""
        slopes = 0 if self.has_alpha else self.tuning.opaque_slopes
        return _core.masking(self.pixels, slopes=slopes, threads=self._options.threads)

    @once_property
    def _even(self) -> NDArray[np.bool_]:
        return even_pixels(self.pixels)

    @once_property
    def chroma(self) -> int:
        """How much chroma should count in a fit, in 256ths: as much as masking leaves of it."""
        if self._options.space != "oklab":
            return 256
        lightness, chroma = (int(self.mask[..., i].sum(dtype=np.uint64)) for i in (0, 1))
        return int(np.clip(np.rint(256 * np.sqrt(chroma / max(lightness, 1))), 128, 512))

    def weights(self, contrast: float, rows: NDArray[np.intp] | None = None) -> NDArray[np.uint16]:
        """Masking weights to a power; chroma's are less by what more chroma in a fit adds."""
        # An icon is no page: its even areas are as large as its details, and cost up to a fifth.
        page = self.graphic and not self.small
        flat = self.tuning.flat_weight if page else 1
        mask = self.mask if rows is None else self.mask[rows]
        even = None if not page else self._even if rows is None else self._even[rows]
        return masking_weights(mask, contrast, self.chroma, even, flat)

    def importance(self, contrast: float) -> NDArray[np.float64] | None:
        """Tell what a pixel of each colour counts in a fit; None where all count the same."""
        salience = self._salience if self.graphic else None
        if not contrast:
            return salience
        # The fourth root of the masking weights, as a mean over each colour's pixels.
        roots = np.rint(np.sqrt(np.sqrt(_powers(contrast) / MASK_UNIT)) * 16384)
        values = np.minimum(roots, 65535).astype(np.uint16)[self.mask[..., 0]]
        sums = _core.sum_by_color(self.pixels, self.histogram.colors, values)
        means: NDArray[np.float64] = sums / (self.histogram.counts * 16384.0)
        return means if salience is None else salience * means

    @once_property
    def _salience(self) -> NDArray[np.float64]:
        return _salience_of(self.histogram, self._areas, self.tuning)

    @once_property
    def _areas(self) -> _Areas:
        return _Areas(self.histogram, self.tuning)

    def faded_by(self, book: Codebook) -> NDArray[np.bool_]:
        """Tell which small saturated areas lose half of their chroma to the nearest codes."""
        colors, codes = self.histogram.colors, widened(book.colors, self.histogram.channels)
        labels = _core.map_nearest(
            colors[None], np.ascontiguousarray(codes), "oklab", threads=self._options.threads
        )[0]
        return self._areas.faded(
            _core.embed(np.ascontiguousarray(codes), "oklab")[labels, 1:3], self.histogram
        )

    def faded_in(self, indexed: IndexedImage) -> NDArray[np.bool_]:
        """Tell which lose it to these labels: a rate may draw an area into another."""
        codes = widened(indexed.codebook.colors, self.histogram.channels)
        return self._faded(_chroma(np.ascontiguousarray(codes))[:, indexed.labels])

    def faded_among(self, pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Tell which lose it where the picture has other pixels."""
        flat = np.ascontiguousarray(pixels.reshape(-1, pixels.shape[2]))
        return self._faded(_chroma(flat).reshape(2, *pixels.shape[:2]))

    def _faded(self, chroma: NDArray[np.uint16]) -> NDArray[np.bool_]:
        """Tell which lose it where pixels have these two coordinates of chroma."""
        means = [
            _core.sum_by_color(self.pixels, self.histogram.colors, np.ascontiguousarray(axis))
            / self.histogram.counts
            for axis in chroma
        ]
        return self._areas.faded(np.stack(means, axis=1) - FIT_UNIT, self.histogram)


def _chroma(colors: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return the two coordinates of chroma of (n, c) colours, from 0 up."""
    chroma = _core.embed(colors, "oklab")[:, 1:3].astype(np.int64)
    return (chroma.T + FIT_UNIT).astype(np.uint16)


class _Areas:
    """The colours of a picture that are alike in hue and saturation, whatever their lightness."""

    def __init__(self, histogram: Histogram, tuning: Tuning) -> None:
        chroma = _core.embed(histogram.colors, "oklab")[:, 1:3].astype(np.int64)
        cells = (2 * chroma + tuning.hue_cell) // (2 * tuning.hue_cell)
        # Cells lie from -6 to 6 on each axis.
        _, self.of_color = distinct(np.insert(cells + 16, 2, 0, axis=1).astype(np.uint8))
        self.pixels = np.bincount(self.of_color, histogram.counts.astype(np.float64))
        self.chroma = self._means(chroma, histogram)
        total = self.pixels.sum()
        saturated = (self.chroma**2).sum(axis=1) >= tuning.saturated**2
        enough = self.pixels >= max(tuning.specks, total / tuning.finest)
        self.small = saturated & enough & (self.pixels < tuning.seen * total)

    def faded(self, chroma: NDArray[Any], histogram: Histogram) -> NDArray[np.bool_]:
        """Tell which small areas lose half of their chroma where each colour gets this one."""
        lost = ((self._means(chroma, histogram) - self.chroma) ** 2).sum(axis=1)
        faded: NDArray[np.bool_] = (lost > (self.chroma**2).sum(axis=1) / 4)[self.small]
        return faded

    def _means(self, chroma: NDArray[Any], histogram: Histogram) -> NDArray[np.float64]:
        sums = [np.bincount(self.of_color, histogram.counts * axis) for axis in chroma.T]
        return np.stack(sums, axis=1) / self.pixels[:, None]


def salience(histogram: Histogram, tuning: Tuning) -> NDArray[np.float64]:
    """Tell how much more than its pixels each colour counts in a drawing.

    A link, a legend or a red dot is more to the eye than to a sum of squares, and takes few
    bytes. So is a soft edge, and to the score, where few codes make it a hard one.
    """
    return _salience_of(histogram, _Areas(histogram, tuning), tuning)


def _salience_of(histogram: Histogram, areas: _Areas, tuning: Tuning) -> NDArray[np.float64]:
    colors = histogram.colors
    more = np.where(areas.small, tuning.seen * areas.pixels.sum() / areas.pixels, 1.0)
    salience: NDArray[np.float64] = more[areas.of_color]
    if colors.shape[1] == 4:
        salience[(colors[:, 3] > 0) & (colors[:, 3] < 255)] *= tuning.soft_weight
    return salience


def masking_weights(
    mask: NDArray[np.uint16],
    contrast: float,
    chroma: int,
    even: NDArray[np.bool_] | None,
    among_equal: int,
) -> NDArray[np.uint16]:
    """Make of a mask what errors weigh: its power, and times so much in pixels of even areas.

    Text masks errors among its letters; a streak in the even area beside it is seen. Chroma counts
    less by what more of it in a fit, in 256ths, adds.
    """
    lightness = _powers(contrast)
    of_chroma = lightness * (256 / chroma) ** 2
    tables = np.clip(np.rint(np.stack([lightness, of_chroma])), 1, 65535).astype(np.uint16)
    equal = np.minimum(tables.astype(np.uint32) * among_equal, 65535).astype(np.uint16)
    weights = np.empty_like(mask)
    for top in range(0, len(weights), _ROWS):  # what lies between takes no memory
        some = slice(top, top + _ROWS)
        for i, of_mask in enumerate(tables):
            weights[some, :, i] = of_mask[mask[some, :, i]]
            if even is not None:
                weights[some, :, i][even[some]] = equal[i][mask[some, :, i][even[some]]]
    return weights


def even_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which pixels equal all those about them."""
    height, width, _ = pixels.shape
    places = [(down, right) for down in range(3) for right in range(3)]
    even = np.ones((height, width), bool)
    for top in range(0, height, _ROWS):
        end = min(top + _ROWS, height)
        beside = widened(pixels[max(top - 1, 0) : end + 1], 4)
        colors = np.ascontiguousarray(beside).view(np.uint32)[..., 0]
        around = np.pad(colors, ((top == 0, end == height), (1, 1)), mode="edge")
        for down, right in places:
            one = around[down : down + end - top, right : right + width]
            even[top:end] &= one == around[1:-1, 1:-1]
    return even


@cache
def _powers(contrast: float) -> NDArray[np.float64]:
    """Each masking weight to a power in quarters: square roots are exact everywhere."""
    weights = np.arange(65536) / MASK_UNIT
    half = np.sqrt(weights)
    return MASK_UNIT * {1: weights, 0.75: half * np.sqrt(half), 0.5: half}[contrast]
