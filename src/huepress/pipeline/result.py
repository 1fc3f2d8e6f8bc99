"""`Result`: one compressed picture, and the facts about it."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from huepress import metrics
from huepress.common.files import check_unchanged, same_file, write_files
from huepress.errors import FormatError, OptionError, OutputError
from huepress.formats import FORMATS, Encoded
from huepress.formats.lossy import Coder
from huepress.kmeans import FitResult
from huepress.metrics import Distortion
from huepress.options import CompressOptions
from huepress.pipeline.hidden import Hidden
from huepress.search.found import Found
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
        How the codebook came about; None when a palette was given, or there is no codebook.
    picture : IndexedImage or Image
        What the file decodes to: codebook and labels, without codes that no pixel has. Where format
        'smallest' chose a file without a palette, its decoded pixels.
    encoded : Encoded
        The file, or files, proved to decode to `picture`.
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
    picture: IndexedImage | Image
    encoded: Encoded
    distortion: Distortion
    found: Found | None
    seconds: float
    slots: Slots | None = None
    hidden: Hidden | None = None

    @property
    def is_indexed(self) -> bool:
        """Whether the file holds codebook and labels; else it holds pixels, and may be lossy."""
        return isinstance(self.picture, IndexedImage)

    @property
    def indexed(self) -> IndexedImage:
        """Codebook and labels.

        Raises
        ------
        FormatError
            If format 'smallest' chose a file that has none.
        """
        if isinstance(self.picture, IndexedImage):
            return self.picture
        raise FormatError(
            f"this {self.kind} has no codebook and labels; take `picture`, or compress to another "
            "format than smallest"
        )

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """What the file decodes to, (h, w, 3 or 4) bytes."""
        picture = self.picture
        return picture.decode() if isinstance(picture, IndexedImage) else picture.pixels

    @property
    def output_colors(self) -> int:
        """Distinct colours of the file."""
        if isinstance(self.picture, IndexedImage):
            return len(self.picture.codebook)
        return len(Histogram.of(self.picture, threads=self.options.threads))

    @property
    def coder(self) -> Coder | None:
        """Which format without a palette wrote the file, and how much it may lose."""
        setting = None if self.found is None else self.found.chosen.setting
        return setting if isinstance(setting, Coder) else None

    @property
    def kind(self) -> str:
        """What to call the file."""
        return self.encoded.format.upper() if self.coder is None else str(self.coder)

    @property
    def k(self) -> int:
        """Most codes: what was asked, or what the search settled on; 0 where there are none."""
        if self.found is not None:
            setting = self.found.chosen.setting
            return 0 if isinstance(setting, Coder) else setting.k
        if self.options.has_palette:
            return len(self.indexed.codebook if self.slots is None else self.slots.palette)
        return self.options.most_codes

    @property
    def score(self) -> float:
        """SSIMULACRA2 of the decoded bytes; measured when asked for, where no search did."""
        if self.found is not None:
            return self.found.chosen.score
        return metrics.ssimulacra2(self.image, self.picture, threads=self.options.threads)

    @property
    def output_bytes(self) -> int:
        """Bytes of the file, or of the files together."""
        return len(self.encoded)

    def _repr_png_(self) -> bytes:
        from huepress.common import notebook

        return notebook.picture_png(self.pixels)

    def _repr_html_(self) -> str:
        from huepress.common import humanize, notebook

        source = self.image.source
        before, after = source.file_bytes, self.output_bytes
        size = humanize.size(after)
        if before:
            size = f"{humanize.size(before)} → {size} ({after / before:.1%})"
        rows = [
            ("colours", f"{self.distinct_colors:,} → {self.output_colors:,}"),
            ("bytes", size),
            ("PSNR", humanize.decibels(self.distortion.psnr, source.exactness)),
            ("MSE", f"{self.distortion.mse:.2f}"),
        ]
        if self.fit is not None and not self.fit.lossless:
            rows.append(("k-means", f"{self.fit.iterations} iterations"))
        parts = [notebook.picture(self.pixels)]
        if isinstance(self.picture, IndexedImage):
            indexed, book = self.picture, self.picture.codebook
            shape = indexed.labels.shape
            parts.append(notebook.strip(book.rgba, book.hex(), indexed.counts(), shape))
        else:
            rows.append(("file", self.kind))
        return notebook.figure(*parts, notebook.table(rows))

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
            If it is neither a path nor a file that takes bytes, or where the format was chosen and
            the path has the suffix of another.
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
        self._check_suffix(Path(path))
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

    def _check_suffix(self, path: Path) -> None:
        """Refuse a name that promises another format than the one that was chosen."""
        suffix, chosen_from = self.encoded.suffix, FORMATS[self.options.format].chosen_from
        if path.suffix.lower() in set(chosen_from) - {suffix}:
            raise OptionError(
                f"{path} is no name for this {self.kind}, which {self.options.format} chose; "
                f"end it in {suffix}, the `suffix` of `encoded`"
            )

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
