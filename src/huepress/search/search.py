"""The search for a wanted quality or size: among labels, or among lossy files too."""

from __future__ import annotations

from huepress.options import CompressOptions
from huepress.search.found import Found, found_on
from huepress.search.smallest import smallest
from huepress.search.trials import OnProgress
from huepress.search.tuning import TUNING, Tuning
from huepress.search.workbench import Workbench
from huepress.values.image import Image


def search(
    image: Image,
    options: CompressOptions,
    on_progress: OnProgress | None = None,
    tuning: Tuning = TUNING,
) -> Found:
    """Find the least file of a wanted quality, or the best one of a wanted size.

    Parameters
    ----------
    image : Image
        The original.
    options : CompressOptions
        With `target_size`, the best score that fits; else the least bytes with a score of at least
        `quality`, or of the default when neither is given. `k` bounds the codes.
    on_progress : callable, optional
        Called with a line about each trial.
    tuning : Tuning, optional
        The numbers that the search goes by.

    Returns
    -------
    Found
        The choice, encoded, and the curve.

    Raises
    ------
    QualityError
        If `min_quality` or `target_size` cannot be met.
    """
    bench = Workbench(image, options, on_progress, tuning)
    return smallest(bench) if options.format == "smallest" else found_on(bench, last=True)
