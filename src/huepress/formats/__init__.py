"""File formats: an indexed image to bytes and back, and the proof that it comes back."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress.common.checks import whole
from huepress.errors import FormatError, InputError, OptionError
from huepress.formats import gif, npy, npz, pair, png, webp
from huepress.formats.common import Effort
from huepress.formats.metadata import NOTHING, Metadata
from huepress.read.opening import name_of, opened, read_stream
from huepress.read.png import SIGNATURE
from huepress.values.flatten import HALF, soft_pixels
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Slots

if TYPE_CHECKING:
    from huepress.values.image import Image

    Source = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]

__all__ = [
    "FORMATS",
    "Effort",
    "Encoded",
    "Format",
    "Metadata",
    "check_alpha",
    "check_codes",
    "decode",
    "encode",
    "files_of",
    "fitting",
    "kept",
    "verify",
]


@dataclass(frozen=True, slots=True)
class Format:
    """What a format can hold.

    Parameters
    ----------
    name : str
        As in ``--format``.
    suffixes : tuple of str
        Of the files written, the first the one that names the format. A suffix that does not begin
        with a dot follows the name without its own suffix: ``photo`` + ``-labels.png``.
    max_codes : int or None
        The most codes that fit its palette; None if there is no limit of its own.
    alpha : str
        ``"full"``, or ``"binary"``: opaque and fully transparent only.
    keeps : frozenset of str
        Which of ``exif``, ``icc``, ``dpi`` it can keep; what it cannot is left out. Also
        ``hidden-rgb``, where it holds several colours under full transparency.
    is_picture : bool
        Whether other programs show it; the others hold codebook and labels as arrays.
    keeps_places : bool
        Whether a palette's entries stay where they are.
    """

    name: str
    suffixes: tuple[str, ...]
    max_codes: int | None
    alpha: str
    keeps: frozenset[str]
    is_picture: bool = True
    keeps_places: bool = True

    @property
    def suffix(self) -> str:
        """The one that names the format."""
        return self.suffixes[0]


_METADATA = frozenset({"exif", "icc", "dpi"})
_HIDDEN = "hidden-rgb"

FORMATS = {
    entry.name: entry
    for entry in (
        Format("png", (".png",), png.MAX_CODES, "full", frozenset({*_METADATA, _HIDDEN})),
        Format("webp", (".webp",), None, "full", frozenset({"exif", "icc", _HIDDEN}), True, False),
        Format("gif", (".gif",), gif.MAX_CODES, "binary", frozenset()),
        Format("png24", (".png",), None, "full", frozenset({*_METADATA, _HIDDEN}), True, False),
        Format(
            "auto",
            (".png",),
            png.MAX_CODES,
            "full",
            frozenset({"exif", "icc", _HIDDEN}),
            True,
            False,
        ),
        Format("npz", (".npz",), None, "full", _METADATA, False),
        Format("npy", (pair.CODEBOOK_SUFFIX, pair.LABELS_SUFFIX), None, "full", frozenset(), False),
    )
}
"""The formats by name; png24 is PNG in true colour, for more codes than its palette can hold, and
auto the smaller of `AUTO`."""

AUTO = ("png", "webp")
"""Formats that every browser shows without loss, alpha included."""


def check_codes(name: str, k: int) -> None:
    """Refuse a number of codes that a format cannot hold.

    Parameters
    ----------
    name : str
        A format, as in `FORMATS`.
    k : int
        Codes.

    Raises
    ------
    OptionError
        If they do not fit.

    Examples
    --------
    >>> check_codes("png", 300)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    huepress.errors.OptionError: k=300 exceeds the 256 colours of a PNG palette; ...
    """
    limit = FORMATS[name].max_codes
    if limit is not None and k > limit:
        raise OptionError(
            f"k={k} exceeds the {limit} colours of a {name.upper()} palette; "
            f"use k ≤ {limit}, png24 (PNG in true colour) or an npz container"
        )


def check_alpha(image: Image, name: str) -> None:
    """Refuse a picture whose alpha a format cannot hold.

    Parameters
    ----------
    image : Image
        The original.
    name : str
        A format, as in `FORMATS`.

    Raises
    ------
    FormatError
        If pixels are half transparent, and the format knows clear and opaque only.
    """
    if FORMATS[name].alpha == "full":
        return
    count = soft_pixels(image)
    if count:
        where = f"{image.source.path}: " if image.source.path else ""
        raise FormatError(
            f"{where}{count:,} pixels are half transparent, and {name.upper()} knows only clear "
            f"and opaque; add --alpha-threshold {HALF} (clear below, opaque from there on) or "
            "--matte COLOR (laid on that colour), or write PNG or WebP"
        )


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as the files of one format.

    Parameters
    ----------
    format : str
        A name in `FORMATS`.
    files : tuple of (str, bytes)
        Suffix and content of each file, in the order of the format's suffixes.
    """

    format: str
    files: tuple[tuple[str, bytes], ...]

    def __len__(self) -> int:
        return sum(len(content) for _, content in self.files)

    def __bytes__(self) -> bytes:
        if len(self.files) > 1:
            raise FormatError(
                f"format {self.format} is {len(self.files)} files, and one is wanted; save it to "
                "a path, or choose format npz, which holds both"
            )
        return self.files[0][1]

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

    def with_contents(self, contents: tuple[bytes, ...]) -> Encoded:
        """Return the same files with contents read back from somewhere, to be verified.

        Parameters
        ----------
        contents : tuple of bytes
            One a file, in order.

        Returns
        -------
        Encoded
            Suffixes of this, contents of those.
        """
        suffixes = (suffix for suffix, _ in self.files)
        return Encoded(self.format, tuple(zip(suffixes, contents, strict=True)))


def kept(image: Image, keep: frozenset[str], name: str) -> Metadata:
    """Choose what a file keeps of its original's metadata.

    Parameters
    ----------
    image : Image
        The original.
    keep : frozenset of str
        Which of ``exif``, ``icc`` and ``dpi`` are wanted.
    name : str
        The format; what it cannot hold is left out.

    Returns
    -------
    Metadata
        Nothing that was not asked for. The ICC profile is the one that the pixels are in.
    """
    wanted = keep & FORMATS[name].keeps
    return Metadata(
        exif=image.source.exif if "exif" in wanted else None,
        icc=image.icc if "icc" in wanted else None,
        dpi=image.source.dpi if "dpi" in wanted else None,
    )


def fitting(slots: Slots, name: str) -> Slots | None:
    """Make a palette, and the entry of each pixel, such as a format can hold them.

    Parameters
    ----------
    slots : Slots
        The picture.
    name : str
        A format, as in `FORMATS`.

    Returns
    -------
    Slots or None
        None where the format has no palette, or not in this order. A GIF has one clear entry.
    """
    if not FORMATS[name].keeps_places:
        return None
    return gif.fitting(slots) if name == "gif" else slots


def encode(
    indexed: IndexedImage,
    name: str,
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    keep_order: bool = False,
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
    keep_order : bool
        Write every code at its place, which costs a few bytes. PNG reorders and drops codes
        otherwise; WebP has no palette of its own; the others always keep the order.
    filtered : bool
        Whether PNG tries row filters; in vain on rate-aware labels.
    slots : Slots, optional
        A palette to write with every entry at its place, as `fitting` made it for this format;
        `indexed` is what it shows. WebP and true colour have its colours, hidden ones too.
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
    >>> import numpy as np
    >>> from huepress.values.codebook import Codebook
    >>> image = IndexedImage(Codebook.from_hex(["#123456", "#abcdef"]), np.eye(2, dtype=np.uint8))
    >>> encoded = encode(image, "png")
    >>> verify(encoded, image)
    >>> decode(encoded.files[0][1]).decode()[0, 0].tolist()
    [171, 205, 239]
    """
    if name not in FORMATS:
        raise OptionError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    check_codes(name, len(indexed.codebook if slots is None else slots.palette))
    if name == "auto":
        choices = (
            encode(
                indexed,
                one,
                effort=effort,
                metadata=metadata,
                filtered=filtered,
                threads=threads,
                slots=slots,
            )
            for one in AUTO
        )
        return min(choices, key=len)
    contents: tuple[bytes, ...]
    if name == "npy":
        contents = pair.encode(indexed, effort=effort, slots=slots, threads=threads)
    elif name == "npz":
        contents = (npz.encode(indexed, effort=effort, metadata=metadata, slots=slots),)
    elif name == "png" and slots is not None:
        contents = (png.encode_slots(slots, effort=effort, metadata=metadata, threads=threads),)
    elif name == "gif" and slots is not None:
        contents = (gif.encode_slots(slots),)
    elif name == "png24":
        pixels = indexed.decode() if slots is None else slots.decode()
        contents = (
            png.encode_truecolor(pixels, effort=effort, metadata=metadata, threads=threads),
        )
    elif name == "webp" and slots is not None:
        contents = (webp.encode_pixels(slots.decode(), effort=effort, metadata=metadata),)
    elif name == "png":
        contents = (
            png.encode(
                indexed,
                effort=effort,
                metadata=metadata,
                keep_order=keep_order,
                filtered=filtered,
                threads=threads,
            ),
        )
    else:
        write = {"webp": webp.encode, "gif": gif.encode}[name]
        contents = (write(indexed, effort=effort, metadata=metadata),)
    return Encoded(name, tuple(zip(FORMATS[name].suffixes, contents, strict=True)))


def decode(
    source: Source,
    *,
    labels: Source | None = None,
    max_pixels: int | None = None,
) -> IndexedImage:
    """Read a picture back from any of the formats, told by content.

    Parameters
    ----------
    source : path, bytes-like or binary file
        The file: PNG, WebP, GIF, ``.npz`` container, or ``.npy`` codebook.
    labels : path, bytes-like or binary file, optional
        The label file of a ``.npy`` codebook. By default the one beside it: ``NAME-labels.png``.
    max_pixels : int, optional
        The largest picture to decode.

    Returns
    -------
    IndexedImage
        What the file holds. A file without labels (WebP, true colour) gives its distinct colours in
        ascending order.

    Raises
    ------
    InputError
        If a file cannot be read, or is past the limit.
    OptionError
        If the limit is no whole number from 1 up.
    FormatError
        If it is in no known format, damaged, or breaks its format's rules.
    """
    if max_pixels is not None:
        max_pixels = whole("max_pixels", max_pixels, low=1)
    name = _name_of(source)
    try:
        return _decoded(source, _read(source, max_pixels), labels, max_pixels)
    except (FormatError, InputError) as error:
        if not name or str(error).startswith(name):
            raise
        raise type(error)(f"{name}: {error}") from error


def _decoded(
    source: Source, data: bytes, labels: Source | None, max_pixels: int | None
) -> IndexedImage:
    if data.startswith(npy.MAGIC):
        if labels is None:
            if not isinstance(source, (str, os.PathLike)):
                raise FormatError("a codebook .npy without labels; give its label PNG too")
            labels = files_of(Path(source))[1]
            if not labels.exists():
                raise FormatError(
                    f"{source} is a codebook, and its labels {labels.name} are not beside it; "
                    "put them there, or name the label file (decompress --labels)"
                )
        return pair.decode(data, _read(labels, max_pixels), max_pixels=max_pixels)
    if labels is not None:
        raise FormatError(
            f"a label file with something that begins with {data[:8]!r}; "
            "labels go with a codebook .npy"
        )
    return _reader(data)(data, max_pixels=max_pixels)


def _check_head(head: bytes) -> None:
    """Refuse what is in none of the formats by its first bytes."""
    if not head.startswith(npy.MAGIC):
        _reader(head)


def files_of(path: Path) -> tuple[Path, ...]:
    """Name the files that make up a stored picture.

    Parameters
    ----------
    path : Path
        The file, or the codebook of the two-file form.

    Returns
    -------
    tuple of Path
        The file, and the label PNG that belongs to a ``.npy`` codebook.

    Examples
    --------
    >>> [str(file) for file in files_of(Path("photo.npy"))]
    ['photo.npy', 'photo-labels.png']
    """
    if path.suffix.lower() != pair.CODEBOOK_SUFFIX:
        return (path,)
    return (path, path.with_name(path.stem + pair.LABELS_SUFFIX))


def verify(encoded: Encoded, indexed: IndexedImage, slots: Slots | None = None) -> None:
    """Decode the files, and make sure that they give the picture, pixel for pixel.

    Parameters
    ----------
    encoded : Encoded
        What is to be checked.
    indexed : IndexedImage
        What must come out. Colours under full transparency do not count, nor does an alpha channel
        that is opaque throughout.
    slots : Slots, optional
        The palette that must be in the file, entry for entry, and the entry of each pixel.

    Raises
    ------
    FormatError
        If it does not.
    """
    contents = [content for _, content in encoded.files]
    result = pair.decode(*contents) if encoded.format == "npy" else decode(contents[0])
    if result.labels.shape != indexed.labels.shape:
        raise FormatError(
            f"the {encoded.format} file decodes to {result.width}×{result.height} pixels, "
            f"and {indexed.width}×{indexed.height} were written; please report this"
        )
    wanted, found = _keys(indexed), _keys(result)
    rows = max(1, 2**20 // indexed.width)
    wrong = sum(
        np.count_nonzero(
            wanted[indexed.labels[top : top + rows]] != found[result.labels[top : top + rows]]
        )
        for top in range(0, indexed.height, rows)
    )
    if wrong:
        raise FormatError(
            f"{wrong} pixels of the {encoded.format} file decode to other colours than were "
            "written; please report this"
        )
    if slots is not None and not _holds(encoded, slots):
        raise FormatError(
            f"the palette of the {encoded.format} file is not the one that was written; "
            "please report this"
        )


def _holds(encoded: Encoded, slots: Slots) -> bool:
    """Whether a file has these entries at these places; a GIF may have more behind them."""
    contents = [content for _, content in encoded.files]
    if encoded.format in ("webp", "png24"):
        read = webp.decode_pixels if encoded.format == "webp" else png.decode_pixels
        return np.array_equal(read(contents[0]), slots.decode())
    readers: dict[str, Callable[..., Slots]] = {
        "png": png.decode_slots,
        "gif": gif.decode_slots,
        "npz": npz.decode_slots,
        "npy": pair.decode_slots,
    }
    found = readers[encoded.format](*contents)
    entries = found.palette.entries[: len(slots.palette)]
    return np.array_equal(entries, slots.palette.entries) and np.array_equal(
        found.places, slots.places
    )


def _keys(indexed: IndexedImage) -> NDArray[np.uint32]:
    """Each code as one integer."""
    return np.ascontiguousarray(indexed.codebook.rgba).view(np.uint32).ravel()


def _reader(data: bytes) -> Callable[..., IndexedImage]:
    if data.startswith(SIGNATURE):
        return png.decode
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return webp.decode
    if data.startswith((b"GIF87a", b"GIF89a")):
        return gif.decode
    if data.startswith(b"PK\3\4"):
        return npz.decode
    if not data:
        raise FormatError("empty data (0 bytes) is in no known format; fetch it, or make it again")
    raise FormatError(
        f"data that begins with {data[:8]!r} is in no known format; "
        "give PNG, WebP, GIF, an .npz container or a .npy codebook"
    )


def _name_of(source: Source) -> str:
    """Name a source in messages; bytes have no name."""
    if isinstance(source, (str, os.PathLike)):
        return str(source)
    return "" if isinstance(source, (bytes, bytearray, memoryview)) else name_of(source)


def _read(source: Source, max_pixels: int | None) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    name = _name_of(source)
    if isinstance(source, (str, os.PathLike)):
        with opened(source) as file:
            return read_stream(file, name, max_pixels, _check_head).getvalue()
    if not hasattr(source, "read"):
        raise InputError(
            f"cannot read a file from {type(source).__name__}; "
            "give a path, bytes or a file opened in mode 'rb'"
        )
    return read_stream(source, name, max_pixels, _check_head).getvalue()
