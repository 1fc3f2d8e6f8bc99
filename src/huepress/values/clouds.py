"""Colours as points in space, for figures and pages: which to draw, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from huepress.colorspace import FIT_UNIT, Space, embed
from huepress.errors import OptionError
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram

Order = Literal["hue", "lightness", "share", "codebook"]

AXIS_NAMES: dict[Space, tuple[str, str, str]] = {
    "oklab": ("green – red", "blue – yellow", "lightness"),
    "srgb": ("red", "green", "blue"),
    "linear": ("linear red", "linear green", "linear blue"),
}
"""Of the coordinates that `coordinates` gives."""


@dataclass(frozen=True, eq=False, slots=True)
class Cloud:
    """Distinct colours that stand for all pixels of a picture, and for how many each does."""

    colors: NDArray[np.uint8]
    weights: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.colors)


def cloud(histogram: Histogram, max_points: int) -> Cloud:
    """Draw at most `max_points` pixels evenly from a histogram, or take all its colours if fewer.

    Pixels are taken at equal distances in the order of the colours, so that a colour with the share
    s is drawn s × `max_points` times, rounded up or down; nothing is random. Full transparency has
    no colour and is left out.

    Examples
    --------
    >>> grey = np.repeat(np.arange(3, dtype=np.uint8)[:, None], 3, axis=1)
    >>> cloud(Histogram(grey, np.array([600, 300, 100])), 2).weights.tolist()
    [1, 1]
    """
    if max_points < 1:
        raise OptionError(f"max_points={max_points} is out of range; use 1 or more")
    colors, counts = histogram.colors, histogram.counts.astype(np.int64)
    seen = counts > 0
    if histogram.channels == 4:
        seen &= colors[:, 3] > 0
    colors, counts = colors[seen], counts[seen]
    if len(colors) <= max_points:
        return Cloud(colors, counts)
    ends = np.cumsum(counts)
    middles = (np.arange(max_points) + 0.5) * (int(ends[-1]) / max_points)
    hits = np.bincount(np.searchsorted(ends, middles, side="right"), minlength=len(colors))
    return Cloud(colors[hits > 0], hits[hits > 0])


def coordinates(points: NDArray[np.int16], space: Space) -> NDArray[np.float64]:
    """Turn (..., 4) fit-space positions into (..., 3) numbers in units that people know.

    Oklab's a, b and L, sRGB levels 0 to 255, or linear light 0 to 1. What is not opaque lies
    towards the middle, as it does in the fit.

    Examples
    --------
    >>> white = embed(np.array([[255, 255, 255]], np.uint8), "srgb")
    >>> coordinates(white, "srgb").tolist()
    [[255.0, 255.0, 255.0]]
    """
    unit = points[..., :3] / FIT_UNIT
    if space == "oklab":
        return np.stack([unit[..., 1], unit[..., 2], unit[..., 0] + 0.5], axis=-1)
    return (unit + 0.5) * (255 if space == "srgb" else 1)


def positions(colors: NDArray[np.uint8], space: Space) -> NDArray[np.float64]:
    """Place (n, 3 or 4) colours in a space, whatever their alpha, in the units of `coordinates`."""
    return coordinates(embed(np.ascontiguousarray(colors[:, :3]), space), space)


def ranked(codebook: Codebook, shares: NDArray[np.float64], order: Order) -> NDArray[np.intp]:
    """Return the places of the codes in an order for people.

    By hue, greys come first and then the colour circle; by lightness, dark before light; by share,
    the most used first. Full transparency comes first by hue and lightness.

    Examples
    --------
    >>> codes = Codebook.from_hex(["#fff", "#00f", "#000"])
    >>> ranked(codes, np.ones(3) / 3, "lightness").tolist()
    [2, 1, 0]
    """
    if order == "codebook":
        return np.arange(len(codebook))
    if order == "share":
        return np.argsort(-shares, kind="stable")
    a, b, lightness = positions(codebook.colors, "oklab").T
    clear = codebook.rgba[:, 3] == 0
    if order == "lightness":
        return np.lexsort((lightness, ~clear))
    # Twelve hues, and within each by lightness: sorted by hue alone, a row would flicker.
    hue = np.floor(np.degrees(np.arctan2(b, a)) % 360 / 30) + 1
    hue[np.hypot(a, b) < 0.025] = 0
    return np.lexsort((lightness, hue, ~clear))
