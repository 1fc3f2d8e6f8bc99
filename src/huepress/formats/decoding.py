"""Decode files of any of the formats, which are recognized by their content."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from huepress.common.checks import whole
from huepress.errors import FormatError, InputError
from huepress.formats import gif, npy, npz, pair, png, webp
from huepress.read.opening import name_of, opened, read_stream
from huepress.read.png_chunks import SIGNATURE
from huepress.values.indexed import IndexedImage

if TYPE_CHECKING:
    Source = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]


def decode(
    source: Source,
    *,
    labels: Source | None = None,
    max_pixels: int | None = None,
) -> IndexedImage:
    """Read a picture back from any of the formats, recognized by content.

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


def _reader(head: bytes) -> Callable[..., IndexedImage]:
    """Return what decodes a single file that begins so."""
    for start, at_8, decoder in _MAGICS:
        if head.startswith(start) and head[8:].startswith(at_8):
            return decoder
    if not head:
        raise FormatError("empty data (0 bytes) is in no known format; fetch it, or make it again")
    raise FormatError(
        f"data that begins with {head[:8]!r} is in no known format; "
        "give PNG, WebP, GIF, an .npz container or a .npy codebook"
    )


_MAGICS: tuple[tuple[bytes, bytes, Callable[..., IndexedImage]], ...] = (
    (SIGNATURE, b"", png.decode),
    (b"RIFF", b"WEBP", webp.decode),
    (b"GIF87a", b"", gif.decode),
    (b"GIF89a", b"", gif.decode),
    (b"PK\3\4", b"", npz.decode),
)


def _check_head(head: bytes) -> None:
    """Refuse what is in none of the formats by its first bytes."""
    if not head.startswith(npy.MAGIC):
        _reader(head)


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
