"""Codebook and labels without a file: for those who bring an array, and take one."""

from __future__ import annotations

from huepress.kmeans import fit
from huepress.options import CompressOptions
from huepress.pipeline.prescribed import prescribed
from huepress.pipeline.steps import mapped_to
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.palette import Palette, Slots


def indexed(image: Image, options: CompressOptions) -> Slots:
    """Describe a picture by at most `k` learned colours, or by a given palette.

    A learned palette has no entry that no pixel has; a given one keeps every entry at its place,
    see `huepress.pipeline.prescribed.prescribed`.
    """
    if options.has_palette:
        _, slots = prescribed(image, options)
        assert slots is not None  # the formats of a drop-in keep places
        return slots
    histogram = Histogram.of(image, threads=options.threads)
    fitted = fit(histogram, **options.fit_arguments(), threads=options.threads)
    learned = mapped_to(fitted, image, options)
    return Slots(Palette.of(learned.codebook), learned.labels)
