"""The original beside what became of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from huepress.common import humanize as _text
from huepress.common.arrays import widened
from huepress.errors import OptionError
from huepress.metrics import distortion, ssimulacra2
from huepress.pipeline import Result
from huepress.viz.style import (
    PAGE,
    checked_axes,
    columns_in,
    figure_of,
    headline,
    picture_axes,
    show_pixels,
    styled,
    wrapped,
)
from huepress.viz.values import (
    Picture,
    Pixels,
    before_and_after,
    bytes_of,
    count_colors,
    exactness_of,
    pixels_of,
)

GAINS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, eq=False, slots=True)
class _Panel:
    pixels: Pixels
    title: str
    facts: Sequence[str]


@styled
def compare(
    original: Picture,
    other: Picture | None = None,
    *,
    gain: int | None = None,
    score: bool = True,
    axes: Iterable[Axes] | None = None,
) -> Figure:
    """Show a picture, what became of it, and the difference.

    Parameters
    ----------
    original : Image, IndexedImage, Result or (h, w, 3 or 4) uint8 ndarray
        The picture before. A result alone is shown beside its own original.
    other : Image, IndexedImage, Result or (h, w, 3 or 4) uint8 ndarray, optional
        The picture after, of the same size.
    gain : int, optional
        What the difference is multiplied by; enough to be seen unless given. Where a picture has
        alpha, the larger difference on black and on white counts.
    score : bool
        Whether to measure SSIMULACRA2, which takes a second for 25 megapixels.
    axes : three Axes, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    Figure
        With bytes (where they are known), colours, PSNR and score over the panels.

    Raises
    ------
    OptionError
        If the sizes differ, or it is not three axes.

    Examples
    --------
    >>> import numpy as np
    >>> from huepress import compress
    >>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
    >>> figure = compare(compress(ramp, k=8), gain=4)
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['original', '8 colours', 'difference × 4']
    """
    before, after = before_and_after(original, other)
    pixels, others = pixels_of(before), pixels_of(after)
    error = distortion(pixels, others)
    change = _difference(pixels, others)
    gain = _gain(change) if gain is None else gain
    amplified = np.minimum(change.astype(np.uint16) * gain, 255).astype(np.uint8)
    return _draw(
        [
            _first(before, pixels),
            _version(
                after,
                others,
                pixels,
                score=score,
                file_before=bytes_of(before),
                exact=exactness_of(before),
            ),
            _Panel(amplified, f"difference × {gain}", [f"MSE {error.mse:.2f}"]),
        ],
        3,
        axes,
    )


@styled
def compare_grid(
    original: Picture,
    others: Sequence[Picture] | Mapping[str, Picture],
    *,
    columns: int | None = None,
    score: bool = True,
    axes: Iterable[Axes] | None = None,
) -> Figure:
    """Show a picture and several versions of it, as with k = 2, 4, … 256.

    Parameters
    ----------
    original : Image, IndexedImage, Result or (h, w, 3 or 4) uint8 ndarray
        The picture before; of a result, its original.
    others : sequence of Image, IndexedImage, Result or ndarray, or mapping of name to one
        Versions, all of that size. Without a name, the title is the number of colours.
    columns : int, optional
        Panels a row; as the pictures' shape suggests unless given.
    score : bool
        Whether to measure SSIMULACRA2.
    axes : Axes, optional
        Where to draw, one more than there are versions; a new figure unless given.

    Returns
    -------
    Figure
        With bytes (where they are known), PSNR and score over the panels.

    Raises
    ------
    OptionError
        If there are no versions, sizes differ, or the number of axes does.

    Examples
    --------
    >>> import numpy as np
    >>> from huepress import compress
    >>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
    >>> figure = compare_grid(ramp, [compress(ramp, k=k) for k in (2, 4)])
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['original', '2 colours', '4 colours']
    """
    if not others:
        raise OptionError("no versions to compare with; give at least one")
    before = original.image if isinstance(original, Result) else original
    pixels = pixels_of(before)
    named = others.items() if isinstance(others, Mapping) else (("", other) for other in others)
    versions = [
        _version(
            other,
            pixels_of(other),
            pixels,
            score=score,
            name=name,
            exact=exactness_of(before),
        )
        for name, other in named
    ]
    if columns is None:
        columns = _columns(len(others) + 1, pixels.shape[1] / pixels.shape[0])
    return _draw([_first(before, pixels), *versions], columns, axes)


def _first(picture: Picture, pixels: Pixels) -> _Panel:
    n_bytes = bytes_of(picture)
    facts = [] if n_bytes is None else [_text.size(n_bytes)]
    return _Panel(pixels, "original", [*facts, _text.colors(count_colors(picture))])


def _version(
    picture: Picture,
    pixels: Pixels,
    original: Pixels,
    *,
    score: bool,
    exact: str,
    file_before: int | None = None,
    name: str = "",
) -> _Panel:
    n_bytes = bytes_of(picture)
    colors = _text.colors(count_colors(picture))
    facts = [colors] if name else []
    if n_bytes is not None:
        share = f" ({n_bytes / file_before:.0%})" if file_before else ""
        facts.append(_text.size(n_bytes) + share)
    facts.append(_text.decibels(distortion(original, pixels).psnr, exact))
    if score:
        facts.append(f"score {ssimulacra2(original, pixels):.1f}".replace("-", "−"))
    return _Panel(pixels, name or colors, facts)


def _draw(panels: Sequence[_Panel], columns: int, axes: Iterable[Axes] | None) -> Figure:
    height, width = panels[0].pixels.shape[:2]
    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    side = max(min((PAGE - 0.5) / columns, 5.4 * width / height, 4.6), 2.2)
    lines = max(len(wrapped(panel.facts, columns_in(side))) for panel in panels)
    if axes is None:
        every = picture_axes(rows, columns, side, side * height / width, lines)
        places, spare = every[: len(panels)], every[len(panels) :]
        for ax in spare:
            ax.remove()
    else:
        places = checked_axes(axes, len(panels))
    for ax, panel in zip(places, panels, strict=True):
        show_pixels(ax, panel.pixels)
        headline(ax, panel.title, panel.facts, lines=lines if axes is None else 0)
    return figure_of(places[0])


def _difference(pixels: Pixels, others: Pixels) -> Pixels:
    channels = max(pixels.shape[2], others.shape[2])
    before, after = widened(pixels, channels), widened(others, channels)
    if channels == 3:
        return np.maximum(before, after) - np.minimum(before, after)
    worst = np.zeros((*pixels.shape[:2], 3), np.uint8)
    for background in (0, 255):
        first, second = _laid_on(before, background), _laid_on(after, background)
        change = np.maximum(first, second) - np.minimum(first, second)
        worst = np.maximum(worst, change)
    return worst


def _laid_on(pixels: Pixels, background: int) -> Pixels:
    alpha = pixels[..., 3:].astype(np.uint16)
    mixed = pixels[..., :3] * alpha + background * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


def _gain(change: Pixels) -> int:
    """Bring the largest differences, but for one value in a hundred, to the full range."""
    counts = np.bincount(change.ravel(), minlength=256)
    high = int(np.searchsorted(np.cumsum(counts), 0.99 * change.size))
    return max(gain for gain in GAINS if gain == 1 or gain * high <= 255)


def _columns(n: int, aspect: float) -> int:
    """Choose how many panels a row: the page a third wider than high, and no row half empty."""

    def cost(columns: int) -> float:
        rows = math.ceil(n / columns)
        shape = abs(math.log(columns * aspect / rows / 1.35))
        return shape + 0.5 * (rows * columns - n) / columns

    return min(range(1, n + 1), key=cost)
