"""A file's palette: entries at fixed places, repeated ones too, and the place of each pixel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import distinct, frozen, owned, widened
from huepress.common.by_content import ByContent
from huepress.errors import FormatError, OptionError
from huepress.values.codebook import MAX_CODES, Codebook, hex_of, label_dtype, parse_hex


@dataclass(frozen=True, eq=False, slots=True)
class Palette(ByContent):
    """The table of colours of a palette file, where every entry has its place.

    A codebook's codes are distinct; a palette may hold a colour at several places, because programs
    that swap palettes count on the places. It may also hold colours under full transparency.

    Parameters
    ----------
    entries : (n, 3) or (n, 4) uint8 ndarray
        1 to 65536 colours in the file's order, straight alpha; kept as (n, 4).
    names : sequence of str
        What each entry is called, "" where it has no name; empty where none has one.

    Attributes
    ----------
    codebook : Codebook
        The distinct colours in the order in which they first come, all pinned; full transparency is
        one of them, whatever colour lies under it.
    codes : (n,) intp ndarray
        Which code each entry is.
    first : (k,) intp ndarray
        The first entry of each code.

    Raises
    ------
    OptionError
        If the shape or the number breaks these rules.

    Examples
    --------
    >>> palette = Palette.from_hex(["#000", "#fff", "#000"])
    >>> len(palette), palette.codebook.hex(), palette.codes.tolist(), palette.first.tolist()
    (3, ['#000000', '#ffffff'], [0, 1, 0], [0, 1])
    """

    entries: NDArray[np.uint8]
    names: tuple[str, ...] = ()
    codebook: Codebook = field(init=False, compare=False)
    codes: NDArray[np.intp] = field(init=False, compare=False)
    first: NDArray[np.intp] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        entries = np.asarray(self.entries)
        if entries.ndim != 2 or entries.shape[1] not in (3, 4) or entries.dtype != np.uint8:
            raise OptionError(
                f"palette entries have shape {entries.shape} and type {entries.dtype}; "
                "give (n, 3) or (n, 4) uint8"
            )
        if not 1 <= len(entries) <= MAX_CODES:
            raise OptionError(f"a palette of {len(entries)} entries; give 1 to {MAX_CODES}")
        names = tuple(map(str, self.names)) if any(self.names) else ()
        if len(names) not in (0, len(entries)):
            raise OptionError(
                f'{len(names)} names for {len(entries)} entries; give one each, "" for none'
            )
        colors = widened(entries, 4)
        seen = np.where(colors[:, 3:] == 0, np.uint8(0), colors)
        first, inverse = distinct(seen)
        order = np.argsort(first)
        place = np.empty(len(first), np.intp)
        place[order] = np.arange(len(first))
        first = first[order]
        codes = seen[first] if (seen[:, 3] != 255).any() else seen[first, :3]
        object.__setattr__(self, "entries", frozen(colors, np.uint8))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "codebook", Codebook(codes, len(codes)))
        object.__setattr__(self, "codes", owned(place[inverse]))
        object.__setattr__(self, "first", owned(first))

    @classmethod
    def of(cls, colors: Palette | Codebook) -> Palette:
        """Make a palette of a codebook: its codes in their order. A palette is returned as it is.

        Parameters
        ----------
        colors : Palette or Codebook
            The colours.

        Returns
        -------
        Palette
            An entry for each.
        """
        return colors if isinstance(colors, Palette) else cls(colors.colors)

    @classmethod
    def from_hex(cls, colors: Iterable[str]) -> Palette:
        """Make a palette of colours written as ``#rgb``, ``#rrggbb`` or ``#rrggbbaa``.

        Parameters
        ----------
        colors : iterable of str
            The entries in order; the ``#`` may be left out.

        Returns
        -------
        Palette
            With all of them, repeated ones too.
        """
        return cls(np.array([parse_hex(color) for color in colors], np.uint8).reshape(-1, 4))

    def hex(self) -> list[str]:
        """Write the entries as ``#rrggbb``, those that are not opaque as ``#rrggbbaa``.

        Returns
        -------
        list of str
            One an entry, in order.
        """
        return [hex_of(entry) for entry in self.entries]

    @property
    def alpha(self) -> NDArray[np.uint8]:
        """The alpha of each entry, (n,) uint8."""
        return self.entries[:, 3]

    @property
    def is_binary(self) -> bool:
        """Whether every entry is either opaque or fully transparent, and some are opaque."""
        opaque = self.alpha == 255
        return bool(opaque.any() and (opaque | (self.alpha == 0)).all())

    def with_clear(self, most: int = MAX_CODES) -> Palette:
        """Return a palette with an entry for full transparency, all others at their places.

        Parameters
        ----------
        most : int
            How many entries it may have.

        Returns
        -------
        Palette
            This one if it has a fully transparent entry. Else with one more at the end; where there
            is no place for it, the last entry whose colour came before becomes transparent, its
            red, green and blue unchanged.

        Raises
        ------
        FormatError
            If there is neither a place left nor a repeated entry.

        Examples
        --------
        >>> Palette.from_hex(["#000", "#fff"]).with_clear().entries[2].tolist()
        [0, 0, 0, 0]
        """
        if (self.alpha == 0).any():
            return self
        if len(self) < most:
            names = (*self.names, "") if self.names else ()
            return Palette(np.concatenate([self.entries, np.zeros((1, 4), np.uint8)]), names)
        repeated = np.ones(len(self), np.bool_)
        repeated[self.first] = False
        if not repeated.any():
            raise FormatError(
                f"the palette has no transparent entry, and with {len(self)} colours no place for "
                "one; leave a colour out of it, or lay the picture on a colour with --matte and "
                "--alpha-threshold 0"
            )
        entries = self.entries.copy()
        entries[np.flatnonzero(repeated)[-1], 3] = 0
        return Palette(entries, self.names)

    def __len__(self) -> int:
        return len(self.entries)


@dataclass(frozen=True, eq=False, slots=True)
class Slots(ByContent):
    """A palette, and the entry that each pixel has: what a palette file stores.

    Parameters
    ----------
    palette : Palette
        The entries.
    places : (h, w) ndarray of integers
        Below ``len(palette)``. Kept as uint8, or uint16 when there are more than 256 entries.

    Raises
    ------
    OptionError
        If the places are not a plane of integers, or one is out of range.

    Examples
    --------
    >>> slots = Slots(Palette.from_hex(["#000", "#fff", "#000"]), np.array([[2, 1], [1, 0]]))
    >>> slots.decode()[0].tolist()
    [[0, 0, 0, 255], [255, 255, 255, 255]]
    """

    palette: Palette
    places: NDArray[np.uint8] | NDArray[np.uint16]

    def __post_init__(self) -> None:
        places, n = np.asarray(self.places), len(self.palette)
        if places.ndim != 2 or places.dtype.kind not in "iu" or places.size == 0:
            raise OptionError(
                f"places have shape {places.shape} and type {places.dtype}; give (h, w) integers"
            )
        if int(places.min()) < 0 or int(places.max()) >= n:
            bad = places.min() if places.min() < 0 else places.max()
            raise OptionError(f"place {bad} in a palette of {n}; places run from 0 to {n - 1}")
        object.__setattr__(self, "places", frozen(places, label_dtype(n)))

    @classmethod
    def of(
        cls,
        palette: Palette,
        labels: NDArray[np.uint8] | NDArray[np.uint16],
        hints: NDArray[np.uint8] | NDArray[np.uint16] | None = None,
    ) -> Slots:
        """Find a place for every pixel of an indexed image.

        Parameters
        ----------
        palette : Palette
            The entries.
        labels : (h, w) uint8 or uint16 ndarray
            Codes of ``palette.codebook``.
        hints : (h, w) uint8 or uint16 ndarray, optional
            The places to take where their entries have the right colours; without them, and
            elsewhere, the first entry of that colour is taken.

        Returns
        -------
        Slots
            The same picture.
        """
        dtype = label_dtype(len(palette))
        places: NDArray[Any] = palette.first.astype(dtype)[labels]
        if hints is not None:
            inside = np.minimum(hints, len(palette) - 1)
            right = (hints < len(palette)) & (palette.codes[inside] == labels)
            np.copyto(places, inside.astype(dtype, copy=False), where=right)
        return cls(palette, owned(places))

    def decode(self) -> NDArray[np.uint8]:
        """Replace every place by its entry.

        Returns
        -------
        (h, w, 4) uint8 ndarray
            The picture, colours under full transparency included.
        """
        return self.palette.entries[self.places]
