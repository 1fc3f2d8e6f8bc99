"""What a search would come to at the least, told by a sample, so that a hopeless one is not begun.

A file with losses, as a JPEG of a photograph is, often takes a fraction of what any palette of the
same picture takes. A search would say so after all of its trials; here a few of them, on windows
from all over the picture, say it in a second for ten megapixels.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import owned
from huepress.formats import webp
from huepress.options import CompressOptions
from huepress.search.codecs import codec_of
from huepress.search.families import FAMILIES, Family
from huepress.search.goals import AtLeast
from huepress.search.solve import Task, solve_all
from huepress.search.tuning import TUNING, Tuning
from huepress.search.workbench import Workbench
from huepress.values.image import Image

_LOSSY = ("JPEG", "WEBP", "AVIF")
"""Formats of files that hold fewer bits than their pixels seem to."""

_FORECAST = ("png", "webp", "gif", "auto")
"""Formats that hold labels alone."""

_HARMLESS = frozenset(["exif", "dpi"])
"""What may be kept without a question to the formats' writers: it only adds bytes."""


def hopeless_bytes(image: Image, options: CompressOptions, tuning: Tuning = TUNING) -> int | None:
    """Forecast the bytes that a search would need, if they exceed the original's by far.

    Parameters
    ----------
    image : Image
        The original.
    options : CompressOptions
        What is asked.
    tuning : Tuning, optional
        The numbers that the search goes by.

    Returns
    -------
    int or None
        Some bytes fewer than a file should take; None where the search may win, or where more is
        asked of it than the least bytes of a score.
    """
    before, height, width = image.source.file_bytes, image.height, image.width
    if before is None or image.source.format not in _LOSSY or not _only_asks_for_a_score(options):
        return None
    # A byte a pixel is about the most that labels take.
    if (
        image.has_alpha
        or not max(tuning.forecast_least, tuning.forecast_safe * before) < image.n_pixels
    ):
        return None
    if options.format in ("webp", "auto") and max(height, width) > webp.MAX_SIDE:
        return None
    forecast = forecast_bytes(image, options, tuning)
    return forecast if forecast >= tuning.forecast_safe * before else None


def forecast_bytes(image: Image, options: CompressOptions, tuning: Tuning = TUNING) -> int:
    """Forecast about the least bytes that labels of an opaque picture take for a score."""
    windows = _windows(image.pixels, tuning)
    labels, overhead = _least_of(windows, options, tuning)
    # Pixels that equal their neighbour take hardly a byte, and windows may have too few of them.
    times = min(image.n_pixels / (windows.size // 3), _changes(image.pixels) / _changes(windows))
    return round(labels * times + overhead)


def _only_asks_for_a_score(options: CompressOptions) -> bool:
    """Whether nothing is asked that a sample does not answer, or that is worth more bytes."""
    settled = options.k, options.dither, options.pinned, options.min_quality, options.target_size
    return (
        options.searches
        and options.format in _FORECAST
        and all(value is None for value in settled)
        and not options.changes_colors
        and options.keep <= _HARMLESS
    )


def _windows(pixels: NDArray[np.uint8], tuning: Tuning) -> NDArray[np.uint8]:
    """Take windows from all over a picture, one below the other; the whole where it is small."""
    height, width, _ = pixels.shape
    rows, columns = (
        min(pair) for pair in zip(tuning.forecast_window, (height, width), strict=True)
    )
    least, most = tuning.forecast_pixels
    share = min(max(height * width // tuning.forecast_share, least), most)
    n = -(-share // (rows * columns))
    if 2 * n * rows * columns > height * width:
        return pixels
    # Evenly from top to bottom; from side to side by the golden section, which leaves no gaps.
    tops = [(height - rows) * (2 * i + 1) // (2 * n) for i in range(n)]
    lefts = [(width - columns) * (i * 40503 % 65536) // 65536 for i in range(n)]
    return np.concatenate(
        [
            pixels[top : top + rows, left : left + columns]
            for top, left in zip(tops, lefts, strict=True)
        ]
    )


def _changes(pixels: NDArray[np.uint8]) -> float:
    """Count the pixels that differ from their left neighbour, by every fourth row; at least 1."""
    some = pixels[::4]
    return 1 + 4 * int((some[:, 1:] != some[:, :-1]).any(axis=2).sum())


def _least_of(
    pixels: NDArray[np.uint8], options: CompressOptions, tuning: Tuning
) -> tuple[float, int]:
    """Forecast the least bytes of labels, and those beside them, for the score that is asked.

    What a score hardly sees, and the higher scores of smooth pictures, would only add to them.
    """
    asked = tuning.photo_score if options.quality is None else options.quality
    blind = replace(options, quality=min(asked, tuning.faithful), effort="default")
    bench = Workbench(Image(owned(pixels)), blind, tuning=tuning)
    top = bench.trial(bench.plain(bench.most))
    # The whole has more colours than the sample, and so its codes reach less.
    goal = AtLeast(score=min(asked, top.score - tuning.forecast_reach), tuning=tuning)
    goal = replace(goal, ceiling=max(top.score, goal.score) + tuning.headroom)
    families = [
        entry.family(bench.most // 8, bench.most, tuning) for entry in FAMILIES[bench.picture.kind]
    ]
    start = goal.first_position(top)
    tasks = [Task(family, goal, family.value_at(start, tuning)) for family in families]
    if bench.picture.graphic:
        plain = Family(top.setting, "k", bench.fewest, bench.most)
        tasks.append(Task(plain, goal, min(32, bench.most)))
    for _ in range(tuning.forecast_steps):
        solve_all(tasks, bench.whole, 1)
    best = min(tasks, key=lambda task: task.cost(bench.whole))
    overhead = codec_of(options.format).overhead(best.nearest(bench.whole).indexed)
    return math.exp(best.cost(bench.whole)) - overhead, overhead
