"""The main job: a picture in, a much smaller picture out, and back again."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Unpack

from huepress import formats, metrics
from huepress.common.checks import instance
from huepress.formats import Encoded
from huepress.kmeans import FitResult, fit
from huepress.options import CompressOptions, OptionChanges, shows_options
from huepress.pipeline.hidden import Hidden
from huepress.pipeline.prescribed import prescribed
from huepress.pipeline.result import Result
from huepress.pipeline.steps import encoded, mapped_to
from huepress.read.opening import DEFAULT_MAX_PIXELS
from huepress.search.found import Found
from huepress.search.search import search
from huepress.search.trials import OnProgress
from huepress.values.flatten import flattened
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Slots


@shows_options
def compress(
    source: Any,
    options: CompressOptions | None = None,
    *,
    on_progress: OnProgress | None = None,
    **changes: Unpack[OptionChanges],
) -> Result:
    """Compress a picture to few colours, or with format 'smallest' to few bytes.

    With `k` the result is the classic one: at most k codes from k-means, and labels as `dither`
    says. With `quality` or `target_size`, or nothing at all, `huepress.search.search` decides.

    Parameters
    ----------
    source : path, bytes-like, binary file, array, PIL image or Image
        As `Image.read` takes it.
    options : CompressOptions, optional
        What to do.
    on_progress : callable, optional
        Called with a line about each trial of a search.
    **changes
        Single options, as `CompressOptions` names and documents them, put over `options`.

    Returns
    -------
    Result
        The picture as codebook and labels (of a lossy file, as pixels), the encoded file and the
        accounting.

    Raises
    ------
    InputError
        If the source cannot be read.
    OptionError
        If an option is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    >>> result = compress(ramp, k=4, space="srgb")
    >>> len(result.indexed.codebook), round(result.distortion.mse, 1)
    (4, 34.5)
    """
    if options is None:
        options = CompressOptions(**changes)
    else:
        options = replace(instance("options", options, CompressOptions), **changes)
    image = prepared(source, options)
    start = time.perf_counter()
    hidden = Hidden.of(image, options)
    if options.searches:
        made = _searched(image, options, hidden, on_progress)
    elif options.has_palette:
        made = _prescribed(image, options)
    else:
        made = _classic(image, options, hidden)
    if isinstance(made.picture, IndexedImage):  # pixels were decoded from the file
        formats.verify(made.encoded, made.picture, made.slots)
    return Result(
        image=image,
        options=options,
        distinct_colors=made.distinct_colors,
        fit=made.fit,
        picture=made.picture,
        encoded=made.encoded,
        distortion=metrics.distortion(image, made.picture, threads=options.threads),
        found=made.found,
        seconds=time.perf_counter() - start,
        slots=made.slots,
        hidden=hidden,
    )


def prepared(source: Any, options: CompressOptions) -> Image:
    """Read what is to be compressed, as the options say, and lay it on a matte where one is asked.

    `compress` takes what comes out as it takes a source.
    """
    image = Image.read(
        source,
        frame=options.frame,
        max_pixels=options.max_pixels,
        convert_icc="icc" not in options.keep,
        lenient=options.lenient,
        keep_palette=options.keep_palette,
    )
    image = flattened(image, options.matte, options.alpha_threshold)
    if not options.has_palette:
        formats.check_alpha(image, options.format)
    return image


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What each of the three ways to a file makes of a picture; see `Result`."""

    distinct_colors: int
    picture: IndexedImage | Image
    encoded: Encoded
    slots: Slots | None = None
    fit: FitResult | None = None
    found: Found | None = None


def _searched(
    image: Image, options: CompressOptions, hidden: Hidden | None, on_progress: OnProgress | None
) -> _Made:
    """Search for k, mapping and rate."""
    slots = None
    if hidden is not None:
        found, slots, file = hidden.searched(image, options, on_progress)
    else:
        found = search(image, options, on_progress)
        file = found.encoded
    return _Made(
        distinct_colors=found.distinct_colors,
        picture=found.chosen.picture,
        encoded=file,
        slots=slots,
        fit=found.fit,
        found=found,
    )


def _prescribed(image: Image, options: CompressOptions) -> _Made:
    """Use the palette that was given, or the picture's own."""
    indexed, slots = prescribed(image, options)
    return _Made(
        distinct_colors=len(Histogram.of(image, threads=options.threads)),
        picture=indexed,
        encoded=encoded(image, indexed, slots, options),
        slots=slots,
    )


def _classic(image: Image, options: CompressOptions, hidden: Hidden | None) -> _Made:
    """Learn k codes, and give each pixel one."""
    histogram = Histogram.of(image, threads=options.threads)
    visible = options if hidden is None else hidden.beside(options)
    fitted = fit(histogram, **visible.fit_arguments(), threads=options.threads)
    indexed = mapped_to(fitted, image, options)
    slots = None if hidden is None else hidden.slots(image, indexed, options)
    return _Made(
        distinct_colors=len(histogram),
        picture=indexed,
        encoded=encoded(image, indexed, slots, options),
        slots=slots,
        fit=fitted,
    )


def decompress(
    source: Any, labels: Any = None, *, max_pixels: int | None = DEFAULT_MAX_PIXELS
) -> IndexedImage:
    """Rebuild a picture from what `compress` wrote.

    Parameters
    ----------
    source : path, bytes-like or binary file
        A palette PNG, a lossless WebP, a GIF, an ``.npz`` container or a ``codebook.npy``.
    labels : path, bytes-like or binary file, optional
        The label PNG that goes with a ``codebook.npy``; found beside it when not given.
    max_pixels : int or None
        Larger pictures are refused before they are decoded; None sets no limit.

    Returns
    -------
    IndexedImage
        Its ``decode()`` is the picture, exactly.

    Raises
    ------
    InputError, FormatError
        If the file cannot be read, or breaks its format's rules.
    """
    return formats.decode(source, labels=labels, max_pixels=max_pixels)
