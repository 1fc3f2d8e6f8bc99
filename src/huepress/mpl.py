"""Figures of matplotlib as small files: in the place of `Figure.savefig`.

>>> import tempfile
>>> from matplotlib.figure import Figure
>>> from huepress.mpl import savefig
>>> figure = Figure()
>>> lines = figure.subplots().plot([1, 4, 9])
>>> savefig(figure, tempfile.mkdtemp() + "/plot.png", dpi=60)
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from huepress.common.files import write_files
from huepress.errors import OptionError
from huepress.options import CompressOptions
from huepress.pipeline import compress
from huepress.read.png_chunks import SIGNATURE, Walk

if TYPE_CHECKING:
    pass

__all__ = ["savefig"]

QUALITY = 90.0
"""Lines and letters are looked at closely, and cost little."""

_SUFFIXES = (".png", ".webp", ".gif")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")


class HasSavefig(Protocol):
    """A Figure, pyplot itself, a grid of seaborn."""

    def savefig(self, fname: Any, **kwargs: Any) -> Any:
        """Render into a file object."""


def savefig(
    figure: HasSavefig,
    fname: str | os.PathLike[str] | IO[bytes],
    *,
    quality: float | None = None,
    k: int | None = None,
    target_size: int | None = None,
    metadata: Mapping[str, str | None] | None = None,
    **kwargs: Any,
) -> None:
    """Save a figure as `matplotlib.figure.Figure.savefig` does, with few colours in few bytes.

    matplotlib renders the picture, with all that it is told: ``dpi``, ``bbox_inches``,
    ``pad_inches``, ``facecolor``, ``edgecolor``, ``transparent``. As matplotlib does, this replaces
    a file that exists. The resolution is kept, but in a GIF, which
    has none.

    Parameters
    ----------
    figure : matplotlib.figure.Figure, or what has a `savefig` too
        As pyplot itself, or a grid of seaborn.
    fname : str, path or binary file
        Ends in ``.png``, ``.webp`` or ``.gif``, or has no suffix; a file object gets a PNG.
    quality : float, optional
        The SSIMULACRA2 score to reach in the least bytes; 90 where nothing else is given.
    k : int, optional
        Most colours. Alone, so many and no search.
    target_size : int, optional
        Most bytes, in place of a quality.
    metadata : mapping, optional
        What a PNG says of itself, as matplotlib takes it: kept in a PNG, though not the name of the
        software, unless it is given.
    **kwargs
        As matplotlib takes them.

    Raises
    ------
    OptionError
        If the suffix is another, or an option is out of its range.
    QualityError
        If so few bytes cannot be reached.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from huepress import Image
    >>> figure = Figure(figsize=(2, 1))
    >>> stream = io.BytesIO()
    >>> savefig(figure, stream, dpi=50, facecolor="#ff8800")
    >>> image = Image.read(stream.getvalue())
    >>> image.width, image.height, image.pixels[0, 0].tolist()
    (100, 50, [255, 136, 0])
    """
    suffix = _suffix(fname, kwargs.pop("format", None))
    if metadata and suffix != ".png":
        raise OptionError(f"metadata is kept in PNG alone, and {fname} is none; leave it out")
    asked = k is not None or target_size is not None
    options = CompressOptions(
        k=k,
        quality=QUALITY if quality is None and not asked else quality,
        target_size=target_size,
        format=suffix[1:],
        keep=frozenset({"dpi"}),
    )
    rendered = io.BytesIO()
    texts = {"Software": None, **(metadata or {})}
    figure.savefig(rendered, format="png", metadata=texts, **kwargs)
    data = bytes(compress(rendered.getvalue(), options))
    if metadata:
        data = _with_texts(data, rendered)
    if isinstance(fname, (str, os.PathLike)):
        write_files({_named(Path(fname), suffix): data}, overwrite=True)
    else:
        fname.write(data)


def _suffix(fname: Any, kind: str | None) -> str:
    """Settle the format by its name or the file's, as matplotlib does."""
    named = Path(fname).suffix if isinstance(fname, (str, os.PathLike)) else ""
    suffix = f".{kind}" if kind is not None else named or ".png"
    if suffix.lower() not in _SUFFIXES:
        raise OptionError(
            f"{suffix[1:]!r} is no format of few colours; use {', '.join(_SUFFIXES)}, or the "
            "figure's own savefig"
        )
    return suffix.lower()


def _named(path: Path, suffix: str) -> Path:
    return path if path.suffix else path.with_suffix(suffix)


def _with_texts(data: bytes, rendered: io.BytesIO) -> bytes:
    """Put the texts of one PNG behind the header of another."""
    whole = rendered.getvalue()
    texts = (
        whole[chunk.span.start - 8 : chunk.span.start + chunk.span.length + 4]
        for chunk in Walk(rendered)
        if chunk.kind in _TEXTS
    )
    header = len(SIGNATURE) + 25
    return data[:header] + b"".join(texts) + data[header:]
