"""An indexed image to the files of a format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from huepress.errors import FormatError, OptionError
from huepress.formats import gif, npz, pair, png, webp
from huepress.formats.common import Effort
from huepress.formats.metadata import NOTHING, Metadata
from huepress.formats.table import AUTO, FORMATS, check_codes
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Slots


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as the files of one format.

    Parameters
    ----------
    format : str
        A name in `FORMATS`, or ``"avif"``.
    files : tuple of (str, bytes)
        Suffix and content of each file, in the order of the format's suffixes.
    """

    format: str
    files: tuple[tuple[str, bytes], ...]

    def __len__(self) -> int:
        return sum(map(len, self.contents))

    def __bytes__(self) -> bytes:
        if len(self.files) > 1:
            raise FormatError(
                f"format {self.format} is {len(self.files)} files, and one is wanted; save it to "
                "a path, or choose format npz, which holds both"
            )
        return self.files[0][1]

    @property
    def suffix(self) -> str:
        """The one that names the format."""
        return self.files[0][0]

    @property
    def contents(self) -> tuple[bytes, ...]:
        """The files without their suffixes."""
        return tuple(content for _, content in self.files)

    def paths(self, path: Path) -> dict[Path, bytes]:
        """Name the files.

        Parameters
        ----------
        path : Path
            Where the first file goes.

        Returns
        -------
        dict of Path to bytes
            The first under the given path, the others beside it.

        Examples
        --------
        >>> encoded = Encoded("npy", ((".npy", b"a"), ("-labels.png", b"b")))
        >>> [str(path) for path in encoded.paths(Path("photo.npy"))]
        ['photo.npy', 'photo-labels.png']
        """
        (_, first), *others = self.files
        beside = {path.with_name(path.stem + suffix): content for suffix, content in others}
        return {path: first, **beside}


@dataclass(frozen=True, slots=True)
class _Job:
    """What to write, and how; `encode` explains each."""

    indexed: IndexedImage
    effort: Effort
    metadata: Metadata
    filtered: bool
    slots: Slots | None
    threads: int

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """What the picture shows, of a palette with the colours under full transparency."""
        return self.indexed.decode() if self.slots is None else self.slots.decode()


def encode(
    indexed: IndexedImage,
    name: str,
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    filtered: bool = True,
    slots: Slots | None = None,
    threads: int = 0,
) -> Encoded:
    """Write a picture in a format.

    Parameters
    ----------
    indexed : IndexedImage
        The picture.
    name : str
        A format, as in `FORMATS`.
    effort : {"fast", "default", "best"}
        How long to try for fewer bytes.
    metadata : Metadata
        What to keep; see `Format.keeps`.
    filtered : bool
        Whether PNG tries row filters; in vain on rate-aware labels.
    slots : Slots, optional
        A palette to write with every entry at its place, as `fitting` made it for this format;
        `indexed` is what it shows. WebP and true colour have its colours, hidden ones too. Without
        it, PNG reorders codes and drops unused ones.
    threads : int
        For PNG's trials; 0 is one a core. The files are the same for any number.

    Returns
    -------
    Encoded
        The files.

    Raises
    ------
    OptionError
        If there is no such format.
    FormatError
        If the picture does not fit it.

    Examples
    --------
    >>> from huepress import formats
    >>> from huepress.values.codebook import Codebook
    >>> image = IndexedImage(Codebook.from_hex(["#123456", "#abcdef"]), np.eye(2, dtype=np.uint8))
    >>> encoded = formats.encode(image, "png")
    >>> formats.verify(encoded, image)
    >>> formats.decode(bytes(encoded)).decode()[0, 0].tolist()
    [171, 205, 239]
    """
    if name not in FORMATS:
        raise OptionError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    check_codes(name, len(indexed.codebook if slots is None else slots.palette))
    job = _Job(indexed, effort, metadata, filtered, slots, threads)
    if not FORMATS[name].chosen_from:
        return _written(job, name)
    fitting = AUTO if max(indexed.labels.shape) <= webp.MAX_SIDE else AUTO[:1]
    return min((_written(job, one) for one in fitting), key=len)


def _written(job: _Job, name: str) -> Encoded:
    contents = _WRITERS[name](job)
    return Encoded(name, tuple(zip(FORMATS[name].suffixes, contents, strict=True)))


def _png(job: _Job) -> tuple[bytes]:
    if job.slots is not None:
        data = png.encode_slots(
            job.slots, effort=job.effort, metadata=job.metadata, threads=job.threads
        )
    else:
        data = png.encode(
            job.indexed,
            effort=job.effort,
            metadata=job.metadata,
            filtered=job.filtered,
            threads=job.threads,
        )
    return (data,)


def _png24(job: _Job) -> tuple[bytes]:
    return (
        png.encode_truecolor(
            job.pixels, effort=job.effort, metadata=job.metadata, threads=job.threads
        ),
    )


def _webp(job: _Job) -> tuple[bytes]:
    if job.slots is not None:
        return (webp.encode_pixels(job.pixels, effort=job.effort, metadata=job.metadata),)
    return (webp.encode(job.indexed, effort=job.effort, metadata=job.metadata),)


def _gif(job: _Job) -> tuple[bytes]:
    return (gif.encode(job.indexed) if job.slots is None else gif.encode_slots(job.slots),)


def _npz(job: _Job) -> tuple[bytes]:
    return (npz.encode(job.indexed, effort=job.effort, metadata=job.metadata, slots=job.slots),)


def _npy(job: _Job) -> tuple[bytes, bytes]:
    return pair.encode(job.indexed, effort=job.effort, slots=job.slots, threads=job.threads)


_WRITERS: dict[str, Callable[[_Job], tuple[bytes, ...]]] = {
    "png": _png,
    "png24": _png24,
    "webp": _webp,
    "gif": _gif,
    "npz": _npz,
    "npy": _npy,
}
