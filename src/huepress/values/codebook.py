"""The codebook: the learned colours, as the final bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from huepress.common.arrays import all_differ, as_array, frozen, widened
from huepress.common.by_content import ByContent
from huepress.common.checks import whole
from huepress.errors import OptionError

MAX_CODES = 65536
"""The most codes that 16-bit labels can address."""


def label_dtype(k: int) -> type[np.uint8] | type[np.uint16]:
    """Return the smallest type that holds the labels of a codebook, or the places of a palette.

    Parameters
    ----------
    k : int
        How many codes or entries there are.

    Returns
    -------
    type
        uint8 up to 256, else uint16.
    """
    return np.uint8 if k <= 256 else np.uint16


@dataclass(frozen=True, eq=False, slots=True)
class Codebook(ByContent):
    """Distinct colours that labels point into; ``numpy.asarray(codebook)`` is `colors`.

    Parameters
    ----------
    colors : (k, 3) or (k, 4) uint8 ndarray
        The codes, straight alpha; 1 to 65536, no two alike. Full transparency is (0, 0, 0, 0).
    pinned : int
        How many codes at the front were given rather than learned.

    Raises
    ------
    OptionError
        If the shape, the number or the colours break these rules.

    Examples
    --------
    >>> codebook = Codebook.from_hex(["#000000", "#ff8800"])
    >>> len(codebook), codebook.hex()
    (2, ['#000000', '#ff8800'])
    """

    colors: NDArray[np.uint8]
    pinned: int = 0

    def __post_init__(self) -> None:
        colors = np.asarray(self.colors)
        if colors.ndim != 2 or colors.shape[1] not in (3, 4) or colors.dtype != np.uint8:
            raise OptionError(
                f"codebook colours have shape {colors.shape} and type {colors.dtype}; "
                "give (k, 3) or (k, 4) uint8"
            )
        if not 1 <= len(colors) <= MAX_CODES:
            raise OptionError(f"a codebook of {len(colors)} codes; give 1 to {MAX_CODES}")
        if colors.shape[1] == 4 and colors[colors[:, 3] == 0, :3].any():
            raise OptionError(
                "a fully transparent code has a colour; write full transparency as (0, 0, 0, 0)"
            )
        if not all_differ(colors):
            raise OptionError("two codes of the codebook are the same colour; remove one")
        pinned = whole("pinned", self.pinned)
        if not 0 <= pinned <= len(colors):
            raise OptionError(
                f"{pinned} pinned codes in a codebook of {len(colors)}; give 0 to {len(colors)}"
            )
        object.__setattr__(self, "pinned", pinned)
        object.__setattr__(self, "colors", frozen(colors, np.uint8))

    @classmethod
    def from_hex(cls, colors: Iterable[str], *, pinned: int | None = None) -> Codebook:
        """Make a codebook of colours written as ``#rgb``, ``#rrggbb`` or ``#rrggbbaa``.

        Parameters
        ----------
        colors : iterable of str
            The codes in order; the ``#`` may be left out.
        pinned : int, optional
            How many lead codes are pinned; all of them unless given.

        Returns
        -------
        Codebook
            With four channels when a colour is not opaque, else three.
        """
        codes = np.array([parse_hex(color) for color in colors], np.uint8).reshape(-1, 4)
        opaque = bool((codes[:, 3] == 255).all())
        return cls(codes[:, :3] if opaque else codes, len(codes) if pinned is None else pinned)

    def hex(self) -> list[str]:
        """Write the codes as ``#rrggbb``, those that are not opaque as ``#rrggbbaa``.

        Returns
        -------
        list of str
            One a code, in order.
        """
        return [hex_of(code) for code in self.colors]

    @property
    def rgba(self) -> NDArray[np.uint8]:
        """The codes as (k, 4) uint8, alpha 255 where the codebook has none."""
        return widened(self.colors, 4)

    @property
    def channels(self) -> int:
        """3 or 4."""
        return int(self.colors.shape[1])

    def permuted(self, order: Sequence[int] | NDArray[np.intp]) -> Codebook:
        """Return the same codes in another order.

        Parameters
        ----------
        order : (k,) sequence of int
            Code ``order[i]`` comes to place ``i``; a permutation.

        Returns
        -------
        Codebook
            No code of it counts as pinned any more unless the order keeps the pinned ones in front.
        """
        places = np.asarray(order)
        if not np.array_equal(np.sort(places), np.arange(len(self))):
            raise OptionError(f"the order is not a permutation of {len(self)} codes")
        keeps_pinned = np.array_equal(places[: self.pinned], np.arange(self.pinned))
        return Codebook(self.colors[places], self.pinned if keeps_pinned else 0)

    def _repr_png_(self) -> bytes:
        from huepress.common import notebook

        return notebook.swatches_png(self.rgba)

    def _repr_html_(self) -> str:
        from huepress.common import humanize, notebook

        shown = notebook.swatches(self.rgba, self.hex())
        return notebook.figure(shown, notebook.line(humanize.colors(len(self))))

    def __len__(self) -> int:
        return len(self.colors)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return as_array(self.colors, dtype, copy)


def hex_of(color: NDArray[np.uint8]) -> str:
    """Write a colour as ``#rrggbb``, or ``#rrggbbaa`` where it is not opaque.

    Examples
    --------
    >>> hex_of(np.array([255, 136, 0, 255], np.uint8))
    '#ff8800'
    """
    return "#" + bytes(color[:3] if len(color) == 3 or color[3] == 255 else color).hex()


def parse_hex(color: str) -> tuple[int, int, int, int]:
    """Read ``#rgb``, ``#rrggbb`` or ``#rrggbbaa``, the ``#`` optional, as four bytes.

    Full transparency is (0, 0, 0, 0), whatever its colour.

    Examples
    --------
    >>> parse_hex("#f80")
    (255, 136, 0, 255)
    """
    if not isinstance(color, str):
        raise OptionError(f"{color!r} is not a colour; write #rrggbb, #rrggbbaa or #rgb")
    digits = color.strip().removeprefix("#")
    if re.fullmatch(r"[0-9a-fA-F]{3}", digits):
        digits = "".join(digit * 2 for digit in digits)
    if not re.fullmatch(r"[0-9a-fA-F]{6}([0-9a-fA-F]{2})?", digits):
        raise OptionError(f"{color!r} is not a colour; write #rrggbb, #rrggbbaa or #rgb")
    red, green, blue, alpha = bytes.fromhex(digits.ljust(8, "f"))
    return (red, green, blue, alpha) if alpha else (0, 0, 0, 0)
