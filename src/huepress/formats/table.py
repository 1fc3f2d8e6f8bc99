"""The table of formats: what each can hold, and the checks that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from huepress.errors import FormatError, OptionError
from huepress.formats import gif, pair, png
from huepress.formats.metadata import Metadata
from huepress.values.flatten import HALF, soft_pixels
from huepress.values.palette import Slots

if TYPE_CHECKING:
    from huepress.values.image import Image


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
    keeps : frozenset of str
        Which of ``exif``, ``icc``, ``dpi`` it can keep; what it cannot is left out. Also
        ``hidden-rgb``, where it holds several colours under full transparency.
    alpha : str
        ``"full"``, or ``"binary"``: opaque and fully transparent only.
    is_picture : bool
        Whether other programs show it; the others hold codebook and labels as arrays.
    keeps_places : bool
        Whether a palette's entries stay where they are.
    chosen_from : tuple of str
        The suffixes of which one is chosen, where the least file of several formats is written.
    """

    name: str
    suffixes: tuple[str, ...]
    max_codes: int | None
    keeps: frozenset[str]
    alpha: str = "full"
    is_picture: bool = True
    keeps_places: bool = True
    chosen_from: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """The one that names the format."""
        return self.suffixes[0]


_METADATA = frozenset({"exif", "icc", "dpi"})
_PNG_KEEPS = _METADATA | {"hidden-rgb"}
_WEBP_KEEPS = _PNG_KEEPS - {"dpi"}
_PAIR = (pair.CODEBOOK_SUFFIX, pair.LABELS_SUFFIX)

FORMATS = {
    entry.name: entry
    for entry in (
        Format("png", (".png",), png.MAX_CODES, _PNG_KEEPS),
        Format("webp", (".webp",), None, _WEBP_KEEPS, keeps_places=False),
        Format("gif", (".gif",), gif.MAX_CODES, frozenset(), alpha="binary"),
        Format("png24", (".png",), None, _PNG_KEEPS, keeps_places=False),
        Format(
            "auto",
            (".png",),
            png.MAX_CODES,
            _WEBP_KEEPS,
            keeps_places=False,
            chosen_from=(".png", ".webp"),
        ),
        Format(
            "smallest",
            (".png",),
            png.MAX_CODES,
            _WEBP_KEEPS - {"hidden-rgb"},
            keeps_places=False,
            chosen_from=(".png", ".webp", ".avif"),
        ),
        Format("npz", (".npz",), None, _METADATA, is_picture=False),
        Format("npy", _PAIR, None, frozenset(), is_picture=False),
    )
}
"""The formats by name; png24 is PNG in true colour, for more codes than its palette can hold. auto
is the smaller of `AUTO`; so is smallest of what is to be kept exactly, and its search tries lossy
WebP and AVIF beside them."""

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


def kept_metadata(image: Image, keep: frozenset[str], name: str) -> Metadata:
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


def fitting_slots(slots: Slots, name: str) -> Slots | None:
    """Change a palette, and the entry of each pixel, into what a format can hold.

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
    return gif.fitting_slots(slots) if name == "gif" else slots
