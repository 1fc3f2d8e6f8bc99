"""The main job: a picture in, a much smaller picture out, and back again."""

from __future__ import annotations

import io
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Unpack

from huepress import formats, metrics
from huepress.common.checks import instance
from huepress.common.files import check_unchanged, same_file, write_files
from huepress.errors import OptionError, OutputError
from huepress.formats import Encoded
from huepress.kmeans import FitResult, fit
from huepress.metrics import Distortion
from huepress.options import DEFAULT_K, CompressOptions, OptionChanges, shows_options
from huepress.pipeline.hidden import Hidden
from huepress.pipeline.prescribed import mapped, prescribed
from huepress.read.opening import DEFAULT_MAX_PIXELS
from huepress.search.search import Found, search
from huepress.search.workbench import Report
from huepress.values.flatten import flattened
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Slots


@dataclass(frozen=True, eq=False, slots=True)
class Result:
    """One compressed picture and the facts about it.

    Parameters
    ----------
    image : Image
        The original; where a matte or a threshold was asked for, with them applied.
    options : CompressOptions
        What was asked.
    distinct_colors : int
        Of the original.
    fit : FitResult or None
        How the codebook came about; None when a palette was given.
    indexed : IndexedImage
        Codebook and labels, without codes that no pixel has.
    encoded : Encoded
        The file, or files, proved to decode to `indexed`.
    distortion : Distortion
        Error of the decoded bytes.
    found : Found or None
        What the search saw, when it chose k, mapping and rate.
    seconds : float
        Time from the decoded original to the proved file.
    hidden : Hidden or None
        What lies under full transparency, where it was kept and is not all black.
    slots : Slots or None
        The palette in the file and the entry of each pixel, where more than the codebook was kept.
    """

    image: Image
    options: CompressOptions
    distinct_colors: int
    fit: FitResult | None
    indexed: IndexedImage
    encoded: Encoded
    distortion: Distortion
    found: Found | None
    seconds: float
    slots: Slots | None = None
    hidden: Hidden | None = None

    @property
    def k(self) -> int:
        """Most codes: what was asked, or what the search settled on."""
        if self.found is not None:
            return self.found.chosen.setting.k
        if self.options.has_palette:
            return len(self.indexed.codebook if self.slots is None else self.slots.palette)
        return DEFAULT_K if self.options.k is None else self.options.k

    @property
    def score(self) -> float:
        """SSIMULACRA2 of the decoded bytes; measured when asked for, where no search did."""
        if self.found is not None:
            return self.found.chosen.score
        return metrics.ssimulacra2(self.image, self.indexed, threads=self.options.threads)

    @property
    def output_bytes(self) -> int:
        """Bytes of the file, or of the files together."""
        return len(self.encoded)

    def _repr_png_(self) -> bytes:
        from huepress.common import notebook

        return notebook.picture_png(self.indexed.decode())

    def _repr_html_(self) -> str:
        from huepress.common import humanize, notebook

        book, source = self.indexed.codebook, self.image.source
        before, after = source.file_bytes, self.output_bytes
        size = humanize.size(after)
        if before:
            size = f"{humanize.size(before)} → {size} ({after / before:.1%})"
        rows = [
            ("colours", f"{self.distinct_colors:,} → {len(book):,}"),
            ("bytes", size),
            ("PSNR", humanize.decibels(self.distortion.psnr, source.exactness)),
            ("MSE", f"{self.distortion.mse:.2f}"),
        ]
        if self.fit is not None and not self.fit.lossless:
            rows.append(("k-means", f"{self.fit.iterations} iterations"))
        return notebook.figure(
            notebook.picture(self.indexed.decode()),
            notebook.strip(book.rgba, book.hex(), self.indexed.counts(), self.indexed.labels.shape),
            notebook.table(rows),
        )

    def __bytes__(self) -> bytes:
        return bytes(self.encoded)

    def save(
        self, path: str | Path | IO[bytes], *, overwrite: bool = False, in_place: bool = False
    ) -> list[Path]:
        """Write the file, or the files of the two-file form, whole or not at all.

        Parameters
        ----------
        path : str, Path or binary file
            Where to. A file object gets the bytes of a format of one file, and stays open.
        overwrite : bool
            Whether an existing file may be replaced, other than the picture's own.
        in_place : bool
            Whether the file that the picture was read from may be replaced.

        Returns
        -------
        list of Path
            What was written; none for a file object.

        Raises
        ------
        OptionError
            If it is neither a path nor a file that takes bytes.
        FormatError
            If a file object is to take the two-file form.
        OutputError
            If a file exists, is the picture's own, or cannot be written.
        """
        if hasattr(path, "write"):
            _write(bytes(self), path)
            return []
        if not isinstance(path, (str, os.PathLike)):
            raise OptionError(
                f"cannot save to a {type(path).__name__}; give a path or a file opened in mode 'wb'"
            )
        files = self.encoded.paths(Path(path))
        own = self.image.source.path
        replaces = in_place and own is not None and any(same_file(own, file) for file in files)
        write_files(
            files,
            overwrite=overwrite or replaces,
            inputs=[] if own is None or in_place else [own],
            verify=(lambda _: self.check_original()) if replaces else None,
        )
        return list(files)

    def check_original(self) -> None:
        """Make sure that the file that was read is still the same, before this takes its place.

        Raises
        ------
        OutputError
            If it was changed, or is gone.
        """
        source = self.image.source
        if source.path is not None:
            check_unchanged(source.path, source.file_bytes, source.mtime)


@shows_options
def compress(
    source: Any,
    options: CompressOptions | None = None,
    *,
    report: Report | None = None,
    **changes: Unpack[OptionChanges],
) -> Result:
    """Compress a picture to few colours.

    With `k` the result is the classic one: at most k codes from k-means, and labels as `dither`
    says. With `quality` or `target_size`, or nothing at all, `huepress.search.search` decides.

    Parameters
    ----------
    source : path, bytes-like, binary file, array, PIL image or Image
        As `Image.read` takes it.
    options : CompressOptions, optional
        What to do.
    report : callable, optional
        Called with a line about each trial of a search.
    **changes
        Single options, as `CompressOptions` names and documents them, put over `options`.

    Returns
    -------
    Result
        Codebook, labels, the encoded file and the accounting.

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
    image = Image.read(
        source,
        frame=options.frame,
        max_pixels=options.max_pixels,
        convert_icc="icc" not in options.keep,
        lenient=options.lenient,
        keep_palette=options.keep_palette,
    )
    start = time.perf_counter()
    image = flattened(image, options.matte, options.alpha_threshold)
    if not options.has_palette:
        formats.check_alpha(image, options.format)
    slots = found = None
    hidden = Hidden.of(image, options)
    if options.searches and hidden is not None:
        found, slots, encoded = hidden.searched(image, options, report)
    elif options.searches:
        found = search(image, options, report)
        encoded = found.encoded
    if found is not None:
        fitted, indexed = found.fit, found.chosen.indexed
        distinct_colors = found.distinct_colors
    else:
        histogram = Histogram.of(image, threads=options.threads)
        distinct_colors = len(histogram)
        fitted = None
        if options.has_palette:
            indexed, slots = prescribed(image, options)
        else:
            visible = options if hidden is None else hidden.beside(options)
            fitted = fit(histogram, **visible.fit_arguments(), threads=options.threads)
            indexed = mapped(image, fitted.codebook, options).without_unused()
            slots = None if hidden is None else hidden.slots(image, indexed, options)
        encoded = formats.encode(
            indexed,
            options.format,
            effort=options.effort,
            metadata=formats.kept(image, options.keep, options.format),
            slots=slots,
            threads=options.threads,
        )
    formats.verify(encoded, indexed, slots)
    return Result(
        image=image,
        options=options,
        distinct_colors=distinct_colors,
        fit=fitted,
        indexed=indexed,
        encoded=encoded,
        distortion=metrics.distortion(image, indexed, threads=options.threads),
        found=found,
        seconds=time.perf_counter() - start,
        slots=slots,
        hidden=hidden,
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


def _write(content: bytes, file: Any) -> None:
    """Write all of the bytes to a file object, which may take fewer at a time."""
    rest = memoryview(content)
    try:
        while rest:
            n_taken = file.write(rest)
            if n_taken == 0 or (n_taken is None and isinstance(file, io.RawIOBase)):
                raise OSError("it takes no more bytes")
            rest = rest[len(rest) if n_taken is None else n_taken :]
    except TypeError:
        raise OptionError(
            f"the {type(file).__name__} object takes no bytes; open it in mode 'wb'"
        ) from None
    except (OSError, ValueError) as error:
        name = getattr(file, "name", None)
        name = name if isinstance(name, str) else f"the {type(file).__name__} object"
        raise OutputError(f"{name}: cannot be written ({error}); check it") from None
