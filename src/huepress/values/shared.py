"""A codebook that many pictures share, and that keeps its codes at their places over the years."""

from __future__ import annotations

from dataclasses import dataclass

from huepress.common.by_content import ByContent
from huepress.common.checks import instance, one_of, whole
from huepress.common.choices import SPACES, Space
from huepress.errors import OptionError
from huepress.values.codebook import MAX_CODES, Codebook
from huepress.values.palette import Palette


@dataclass(frozen=True, slots=True)
class Counted:
    """What codes were learned from.

    Parameters
    ----------
    sha256 : str
        Of the histogram, as `huepress.formats.histograms.digest` gives it.
    pixels, colors : int
        How many it counted.
    """

    sha256: str
    pixels: int
    colors: int


@dataclass(frozen=True, eq=False, slots=True)
class SharedCodebook(ByContent):
    """Codes at fixed places for many pictures, as a lock file holds them.

    Parameters
    ----------
    palette : Palette
        The codes in order, no two alike, and what they are called.
    pins : sequence of int
        Places of the codes that were given rather than learned, and never change.
    space : {'oklab', 'srgb', 'linear'}
        Where pictures are compared with them.
    k : int, optional
        How many codes there is room for; as many as there are unless given.
    learned_from : sequence of Counted
        The histograms that codes were learned from, in the order of builds and updates.

    Raises
    ------
    OptionError
        If two codes are alike, a pin is no place, or there is less room than codes.

    Examples
    --------
    >>> shared = SharedCodebook(Palette.from_hex(["#e2001a", "#000", "#fff"]), pins=(0,))
    >>> len(shared), shared.k, shared.codebook.hex()[0]
    (3, 3, '#e2001a')
    """

    palette: Palette
    pins: tuple[int, ...] = ()
    space: Space = "oklab"
    k: int = 0
    learned_from: tuple[Counted, ...] = ()

    def __post_init__(self) -> None:
        palette = instance("palette", self.palette, Palette)
        if len(palette.codebook) < len(palette):
            place = next(i for i, code in enumerate(palette.codes) if palette.first[code] != i)
            raise OptionError(
                f"code {place}, {palette.hex()[place]}, is code "
                f"{palette.first[palette.codes[place]]} again; a codebook has each colour once"
            )
        n = len(palette)
        pins = tuple(sorted({whole("a pin", pin) for pin in self.pins}))
        if pins and not 0 <= pins[0] <= pins[-1] < n:
            wrong = pins[0] if pins[0] < 0 else pins[-1]
            raise OptionError(f"pin {wrong} in a codebook of {n}; places run from 0 to {n - 1}")
        one_of("space", self.space, SPACES)
        k = whole("k", self.k or n, 1, MAX_CODES)
        if k < n:
            raise OptionError(f"k={k} leaves no room for {n} codes; use {n} or more")
        # What lies under full transparency is nobody's code.
        object.__setattr__(self, "palette", Palette(palette.codebook.rgba, palette.names))
        object.__setattr__(self, "pins", pins)
        object.__setattr__(self, "k", k)
        object.__setattr__(self, "learned_from", tuple(self.learned_from))

    @property
    def codebook(self) -> Codebook:
        """The codes, as mappings take them; those that lead and are pinned count as such."""
        lead = next((i for i, pin in enumerate(self.pins) if pin != i), len(self.pins))
        return Codebook(self.palette.codebook.colors, lead)

    def __len__(self) -> int:
        return len(self.palette)
