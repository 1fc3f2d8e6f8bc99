"""One picture as a wish has it: codes, labels and file."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from huepress import formats
from huepress.cli.pngquant.quality import error_of, quality_of, score_of
from huepress.cli.pngquant.wish import MOST_COLORS, Wish
from huepress.common.choices import Dither, Effort, Space
from huepress.errors import QualityError
from huepress.kmeans import fit
from huepress.options import CompressOptions
from huepress.pipeline import Result, compress
from huepress.search.picture import Picture
from huepress.search.tuning import TUNING
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.palette import Palette, Slots

_SLOWEST_FAST = 8
"""From this --speed on, little is tried."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file, and what there is to tell of it."""

    data: bytes
    n_colors: int
    score: float


def made(image: Image, wish: Wish) -> Made:
    """Quantize a picture; a `QualityError` says that the least quality is out of reach."""
    options = CompressOptions(
        k=None if wish.colors == MOST_COLORS else wish.colors,
        dither=None if wish.diffusion is None else "diffusion" if wish.diffusion else "none",
        dither_strength=wish.diffusion or 1.0,
        effort=_effort(wish.speed),
        keep=frozenset() if wish.strip else frozenset({"exif", "dpi"}),
    )
    seen = Picture(image, options, TUNING)
    palette = _palette(seen.histogram, wish)
    if wish.low:
        _check_error(seen, wish.low, wish, palette)
    if palette is not None:
        # Colours that are given: diffused, unless that is not wanted.
        given: Dither = "none" if wish.diffusion == 0 else "diffusion"
        result = compress(image, replace(options, k=None, palette=palette, dither=given))
    elif wish.high is not None:
        result = compress(image, replace(options, quality=score_of(wish.high)))
    elif options.searches:
        result = compress(image, options)
    else:
        # A number of colours or a dither bounds the search, and does not end it.
        result = compress(image, replace(options, quality=seen.default_score))
    data = _clear_last(result) if wish.transbug else bytes(result)
    return Made(data, result.output_colors, result.score)


def _palette(histogram: Histogram, wish: Wish) -> Palette | None:
    """Take the colours of another picture, or fewer bits of this one's, where that is asked."""
    if wish.map is None and wish.bits == 8:
        return None
    shown = histogram if wish.map is None else Histogram.of(Image.read(wish.map))
    # What is clear needs an entry that the other picture may not have.
    missing = histogram.has_transparent and not shown.has_transparent
    return _posterized(_learned(shown, wish, colors=wish.colors - missing), wish.bits)


def _learned(
    histogram: Histogram, wish: Wish, *, colors: int | None = None, space: Space = "oklab"
) -> Codebook:
    return fit(histogram, colors or wish.colors, space=space, effort=_effort(wish.speed)).codebook


def _check_error(seen: Picture, low: int, wish: Wish, palette: Palette | None) -> None:
    """Refuse colours that pngquant would refuse, whatever they can be mapped to."""
    given = None if palette is None else palette.codebook
    codebook = given or _learned(seen.histogram, wish, space="srgb")
    reached = quality_of(error_of(seen.histogram, codebook), seen.kind)
    if reached < low:
        raise QualityError(
            f"{len(codebook)} colours reach a quality of {int(reached)}, and at least {low} was "
            "asked; ask for less, or keep the original"
        )


def _effort(speed: int) -> Effort:
    if speed == 1:
        return "best"
    return "fast" if speed >= _SLOWEST_FAST else "default"


def _posterized(codebook: Codebook, bits: int) -> Palette:
    """Round each channel to the levels of fewer bits, which repeat to make eight."""
    levels = np.arange(1 << bits)
    widened = levels << 8 - bits | levels >> 2 * bits - 8
    nearest = np.abs(np.arange(256)[:, None] - widened).argmin(axis=1)
    entries: NDArray[np.uint8] = widened[nearest].astype(np.uint8)[codebook.rgba]
    return Palette.of(Palette(entries).codebook)


def _clear_last(result: Result) -> bytes:
    """Write the file again, its clear entry behind all others."""
    indexed = result.indexed
    rgba = indexed.codebook.rgba
    order = np.argsort(rgba[:, 3] == 0, kind="stable")
    last = indexed.permuted(order)
    slots = Slots(Palette.of(last.codebook), last.labels)
    options = result.options
    encoded = formats.encode(
        last,
        "png",
        effort=options.effort,
        metadata=formats.kept_metadata(result.image, options.keep, "png"),
        slots=slots,
        threads=options.threads,
    )
    formats.verify(encoded, last, slots)
    return bytes(encoded)
