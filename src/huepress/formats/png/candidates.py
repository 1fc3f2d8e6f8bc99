"""What can be tried for a picture: depths, colour types, orders of the palette, row filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from huepress.formats.png.file import Filtering, Samples, least_depth, packed
from huepress.formats.png.plans import Plan
from huepress.formats.png.sizes import overhead
from huepress.read.png_chunks import GREY, PALETTE, RGB, RGBA
from huepress.values.codebook import Codebook
from huepress.values.indexed import IndexedImage

_SMALL, _ALL_DEPTHS = 1 << 13, 1 << 16
"""Up to so many pixels everything is tried, and every depth: there is little time to save."""


@dataclass(frozen=True, eq=False, slots=True)
class Candidate:
    """One way to write a picture: its samples, and how their rows are filtered.

    Where `later`, it is tried only if the others show that filters may pay off.
    """

    samples: Samples
    filtering: Filtering
    later: bool = False

    @property
    def is_filtered(self) -> bool:
        """Whether its rows are filtered."""
        return self.filtering != "none"


def palette_candidates(indexed: IndexedImage, plan: Plan) -> Iterator[Candidate]:
    """List palettes of the used codes, pinned or not, in the plan's orders."""
    used = IndexedImage(Codebook(indexed.codebook.colors), indexed.labels).without_unused()
    for order, first, later in plan.small if is_small(used.labels.size) else plan.attempts:
        image = used.permuted(order(used))
        yield from placed_candidates(image.codebook.rgba, image.labels, first, later)


def placed_candidates(
    entries: NDArray[np.uint8],
    places: NDArray[np.uint8] | NDArray[np.uint16],
    first: tuple[Filtering, ...],
    later: tuple[Filtering, ...] = (),
) -> Iterator[Candidate]:
    """List the depths and filters of one order of the palette."""
    least = least_depth(len(entries))
    for depth in _depths(least, places.size):
        rows = packed(places.astype(np.uint8, copy=False), depth)
        samples = Samples(rows, places.shape[1], depth, PALETTE, entries)
        for name in first + later:
            at_once = name == "none" or (name in first and depth == least)
            yield Candidate(samples, name, later=not at_once)


def grey_candidates(
    indexed: IndexedImage, values: NDArray[np.uint8], plan: Plan
) -> Iterator[Candidate]:
    """List greys of as few bits as hold them; `values` is the grey of each code."""
    used = values[indexed.counts() > 0]
    # A sample of d bits stands for a multiple of 255 / (2^d - 1): of 255, 85, 17 or 1.
    least = next(depth for depth in (1, 2, 4, 8) if not (used % (255 // (2**depth - 1))).any())
    for depth in _depths(least, indexed.labels.size):
        rows = packed((values // (255 // (2**depth - 1)))[indexed.labels], depth)
        samples = Samples(rows, indexed.width, depth, GREY)
        yield from (Candidate(samples, name) for name in plan.direct)


def truecolor_candidates(pixels: NDArray[np.uint8], plan: Plan) -> Iterator[Candidate]:
    """List filters of (h, w, 3 or 4) pixels; an alpha that is 255 throughout is left out."""
    if pixels.shape[2] == 4 and (pixels[..., 3] == 255).all():
        pixels = pixels[..., :3]
    height, width, channels = pixels.shape
    rows = np.ascontiguousarray(pixels).reshape(height, -1)
    samples = Samples(rows, width, 8, RGB if channels == 3 else RGBA)
    return (Candidate(samples, name) for name in plan.direct)


def label_candidates(
    labels: NDArray[np.uint8] | NDArray[np.uint16], plan: Plan
) -> Iterator[Candidate]:
    """List filters of labels written as greys of 8 or 16 bits."""
    height, width = labels.shape
    rows = labels.astype(labels.dtype.newbyteorder(">")).view(np.uint8).reshape(height, -1)
    samples = Samples(rows, width, 8 * labels.dtype.itemsize, GREY)
    return (Candidate(samples, name) for name in plan.direct)


def grey_values(indexed: IndexedImage) -> NDArray[np.uint8] | None:
    """Return the grey of each code; None if some pixel is coloured or not opaque."""
    rgba = indexed.codebook.rgba[indexed.counts() > 0]
    grey = (rgba[:, :3] == rgba[:, :1]).all() and (rgba[:, 3] == 255).all()
    return indexed.codebook.colors[:, 0] if grey else None


def is_tiny(indexed: IndexedImage) -> bool:
    """Tell whether a palette may take more bytes than it saves, as in an icon of 16 by 16."""
    return 3 * overhead(indexed) > indexed.labels.size


def is_small(n_pixels: int) -> bool:
    """Tell whether a picture is so small that everything is tried."""
    return n_pixels <= _SMALL


def _depths(least: int, n_pixels: int) -> tuple[int, ...]:
    """List depths that may take the least bytes.

    Packing shortens what deflate reads, and hides what repeats: whole bytes save 2 to 6 % of
    photographs of 16 codes, 3 % of dithered pictures of 4, and up to 14 % of small tiles of 2.
    """
    if n_pixels <= _ALL_DEPTHS:
        return tuple(depth for depth in (1, 2, 4, 8) if depth >= least)
    return (least,) if least == 8 else (least, 8)
