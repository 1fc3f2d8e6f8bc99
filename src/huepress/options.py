"""Every option of one compression, as one frozen value."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar

from huepress.common.checks import conform, one_of, share, thread_count, whole
from huepress.common.choices import KEEPABLE, Dither, Effort, Seeding, Space
from huepress.errors import OptionError
from huepress.formats import FORMATS, check_codes
from huepress.kmeans import check_options
from huepress.option_table import OptionTable
from huepress.values.codebook import Codebook
from huepress.values.flatten import Flattening
from huepress.values.palette import Palette

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT_K = 256
"""Codes where nothing is said of them."""

SEARCHED = ("png", "webp", "gif", "auto", "smallest")
"""Formats whose palettes the search for a quality or size can fill."""

MAX_BYTES = 2**53
"""Of a target: up to here, whole numbers are exact as floating-point numbers too."""


class FitArguments(TypedDict):
    """The options that `huepress.fit` takes."""

    k: int
    space: Space
    effort: Effort
    seeding: Seeding
    n_init: int
    max_iter: int | None
    tol: float | None
    seed: int
    sample: int | None
    batch_size: int | None
    pinned: Codebook | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressOptions:
    """What to do with one picture; library, command line, batch and web page all build this.

    Parameters
    ----------
    k : int, optional
        Most codes. Given alone it asks for the classic result: k codes, labels as `dither` says.
    quality : float, optional
        Ask for the least bytes with at least this SSIMULACRA2 score; see `huepress.search.search`.
    min_quality : float, optional
        Fail rather than write a lower score, where `quality` is out of reach.
    target_size : int, optional
        Ask for the best score in at most so many bytes.
    space : {'oklab', 'srgb', 'linear'}
        Where colours are clustered and compared.
    dither : {'none', 'diffusion', 'ordered'}, optional
        How labels are chosen: `nearest` (where nothing is given), `error_diffusion` or `ordered`.
        Beside a quality or a size it says how all labels are chosen, and only k is searched for.
    dither_strength : float
        Share of the error that diffusion passes on, 0 to 1.
    tile_left, tile_top : int
        Where the picture lies in a larger one, for 'ordered': tiles that know their place, or whose
        sides are multiples of 64, get the labels that the whole picture would.
    effort : {'fast', 'default', 'best'}
        Time spent on the codebook and on the file.
    seeding, n_init, max_iter, tol, seed, sample, batch_size
        As in `huepress.fit`.
    pinned : Codebook, optional
        Colours that the codebook must hold, exactly.
    palette : Palette or Codebook, optional
        Colours to use as they are, each at its place, repeated ones too; nothing is fitted.
    keep_palette : bool
        Use the palette that the input has, and its entries, as they are.
    matte : str, optional
        A colour, as ``#rrggbb``, to lay the picture on, so that nothing is half transparent. What
        is fully transparent stays so, unless `alpha_threshold` is 0.
    alpha_threshold : int, optional
        Pixels whose alpha is below it become clear, all others opaque; 0 to 255.
    format : str
        A name in `huepress.formats.FORMATS`. With 'smallest' the search tries lossy WebP and AVIF
        too, and the result may have no codebook: see `Result.picture`.
    keep : frozenset of str
        Which of 'exif', 'icc' and 'dpi' the output keeps. Keeping the ICC profile means that
        pixels are not converted to sRGB. With 'hidden-rgb', colours under full transparency are
        described by codes of their own instead of one for all.
    frame : int, optional
        Which frame of an animation.
    max_pixels : int
        Larger pictures are refused before they are decoded. A search was seen to take 50 bytes a
        pixel with two threads, and 190 in a row of ten million pixels; with k, less.
    lenient : bool
        Take a damaged PNG, a JPEG that ends too early, or a fax in a TIFF with wrong code words,
        for what can be made of it.
    threads : int
        0 for one a core. Changes no byte of the result.

    Raises
    ------
    OptionError
        If an option is out of its range or two contradict each other.

    Examples
    --------
    >>> CompressOptions(k=16, dither="diffusion").format
    'png'
    """

    k: int | None = OptionTable.k.default
    quality: float | None = OptionTable.quality.default
    min_quality: float | None = OptionTable.min_quality.default
    target_size: int | None = OptionTable.target_size.default
    space: Space = OptionTable.space.default
    dither: Dither | None = OptionTable.dither.default
    dither_strength: float = OptionTable.dither_strength.default
    tile_left: int = OptionTable.tile_left.default
    tile_top: int = OptionTable.tile_top.default
    effort: Effort = OptionTable.effort.default
    seeding: Seeding = OptionTable.seeding.default
    n_init: int = OptionTable.n_init.default
    max_iter: int | None = OptionTable.max_iter.default
    tol: float | None = OptionTable.tol.default
    seed: int = OptionTable.seed.default
    sample: int | None = OptionTable.sample.default
    batch_size: int | None = OptionTable.batch_size.default
    pinned: Codebook | None = OptionTable.pinned.default
    palette: Palette | Codebook | None = OptionTable.palette.default
    keep_palette: bool = OptionTable.keep_palette.default
    matte: str | None = OptionTable.matte.default
    alpha_threshold: int | None = OptionTable.alpha_threshold.default
    format: str = OptionTable.format.default
    keep: frozenset[str] = OptionTable.keep.default
    frame: int | None = OptionTable.frame.default
    max_pixels: int = OptionTable.max_pixels.default
    lenient: bool = OptionTable.lenient.default
    threads: int = OptionTable.threads.default

    def __post_init__(self) -> None:
        self._check_pair()
        conform(self)
        check_options(**self.fit_arguments())
        self._check_wish()
        share("strength", self.dither_strength)
        self._check_tile()
        one_of("format", self.format, FORMATS)
        unknown = sorted(self.keep - set(KEEPABLE))
        if unknown:
            raise OptionError(
                f"cannot keep {', '.join(unknown)}; keep any of {', '.join(KEEPABLE)}"
            )
        whole("max_pixels", self.max_pixels, low=1)
        thread_count(self.threads)
        Flattening.asked(self.matte, self.alpha_threshold)
        self._check_smallest()
        self._check_hidden()
        self._check_palette()
        check_codes(self.format, self.k or 0)

    def _check_pair(self) -> None:
        """Say how a range of qualities is written, which the command line takes as one."""
        wish: Any = self.quality
        if isinstance(wish, (tuple, list)) and len(wish) == 2:
            low, high = wish
            raise OptionError(
                f"quality={wish!r} is a pair; write quality={high!r}, min_quality={low!r}"
            )

    def _check_tile(self) -> None:
        for name in ("tile_left", "tile_top"):
            value = whole(name, getattr(self, name), low=0)
            if value and self.dither != "ordered":
                raise OptionError(
                    f"{name}={value} is where the pattern of ordered dithering begins, and dither "
                    f"is {self.dither or 'none'}; use ordered, or leave it out: nearest labels "
                    "join without it, and those of error diffusion never do"
                )
            if value and (self.quality is not None or self.target_size is not None):
                raise OptionError(
                    "the place of a tile goes with one codebook for all of them, and a search "
                    "learns one for each; give a palette, or leave the place out"
                )

    def _check_smallest(self) -> None:
        if self.format != "smallest":
            return
        given = {
            f"k={self.k}": self.k is not None,
            f"dither={self.dither!r}": self.dither is not None,
            "a palette": self.has_palette,
            "a pinned colour": self.pinned is not None,
        }
        for name, is_given in given.items():
            if is_given:
                raise OptionError(
                    f"smallest may write a lossy WebP or AVIF, which has no codes, and {name} is "
                    "about codes; leave it out, or use format auto"
                )
        if "hidden-rgb" in self.keep:
            raise OptionError(
                "smallest may write a lossy WebP or AVIF, which cannot keep colours under full "
                "transparency; leave hidden-rgb out, or use format auto"
            )

    def _check_hidden(self) -> None:
        if "hidden-rgb" not in self.keep:
            return
        # Kept palettes keep what their entries hide, wherever there may be several.
        whole_table = self.keep_palette and self.format != "gif"
        if "hidden-rgb" not in FORMATS[self.format].keeps and not whole_table:
            fitting = ", ".join(n for n, entry in FORMATS.items() if "hidden-rgb" in entry.keeps)
            raise OptionError(
                f"format {self.format} holds one colour under full transparency; use one of "
                f"{fitting}, or leave hidden-rgb out"
            )
        if self.palette is not None:
            raise OptionError(
                "a palette is used as it is and has no place for hidden colours; leave "
                "hidden-rgb out"
            )
        if self.k == 1:
            raise OptionError("k=1 leaves no code for hidden colours; use k ≥ 2")

    def _check_palette(self) -> None:
        if not self.has_palette:
            return
        if self.format == "auto":
            raise OptionError("auto may write WebP, which has no palette order; use format png")
        if self.pinned is not None:
            raise OptionError("a palette is used as it is; give either a palette or pinned colours")
        if self.k is not None:
            raise OptionError(
                f"a palette is used whole, and k={self.k} asks for fewer or other colours; give "
                "one of them"
            )
        most, n = FORMATS[self.format].max_codes, len(self.palette or ())
        if most is not None and n > most:
            raise OptionError(
                f"the palette's {n} entries exceed the {most} colours of a {self.format.upper()} "
                "palette; leave some out, or use webp, png24 or npz"
            )
        if not self.keep_palette:
            return
        if self.palette is not None:
            raise OptionError("both a palette and --keep-palette are asked for; give one of them")
        if not FORMATS[self.format].keeps_places:
            fitting = ", ".join(name for name, entry in FORMATS.items() if entry.keeps_places)
            raise OptionError(
                f"format {self.format} has no palette to keep; use one of {fitting}, or leave "
                "--keep-palette out"
            )

    def _check_wish(self) -> None:
        for name in ("quality", "min_quality"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 100:
                raise OptionError(f"{name}={value:g} is out of range; use a score from 0 to 100")
        if self.target_size is not None and not 1 <= self.target_size <= MAX_BYTES:
            raise OptionError(
                f"target_size={self.target_size} is out of range; use 1 to {MAX_BYTES} bytes"
            )
        least = self.min_quality
        if least is not None and self.quality is None:
            raise OptionError(
                f"a least quality of {least:g} goes with a quality to look for; "
                "write --quality MIN-MAX"
            )
        if least is not None and self.quality is not None and least > self.quality:
            raise OptionError(
                f"a least quality of {least:g} exceeds the quality of {self.quality:g}; "
                "write --quality MIN-MAX"
            )
        if self.quality is not None and self.target_size is not None:
            raise OptionError("both a quality and a target size are asked for; give one of them")
        if self.quality is None and self.target_size is None:
            return
        if self.palette is not None or self.keep_palette:
            given = "--keep-palette" if self.keep_palette else "the palette"
            raise OptionError(
                f"the search for a quality or size learns the codebook; leave {given} out"
            )
        if self.format not in SEARCHED:
            raise OptionError(
                f"the search writes {', '.join(SEARCHED)}, not {self.format}; give k instead"
            )

    @property
    def searches(self) -> bool:
        """Whether k, mapping and rate are searched for rather than given."""
        if self.quality is not None or self.target_size is not None:
            return True
        given = self.k, self.dither, self.palette, self.keep_palette or None
        return self.format in SEARCHED and all(value is None for value in given)

    @property
    def most_codes(self) -> int:
        """How many codes there may be, where no search decides and no palette is given."""
        return DEFAULT_K if self.k is None else self.k

    @property
    def changes_colors(self) -> bool:
        """Whether other colours than the original's are wanted, whatever that does to the bytes."""
        asked = self.palette, self.matte, self.alpha_threshold
        return any(value is not None for value in asked)

    @property
    def has_palette(self) -> bool:
        """Whether the colours are given, so that none need be learned."""
        return self.palette is not None or self.keep_palette

    def fit_arguments(self) -> FitArguments:
        """Give the options that `huepress.fit` takes.

        Returns
        -------
        dict
            Keyword arguments of `fit`, k included.
        """
        return {
            "k": self.most_codes,
            "space": self.space,
            "effort": self.effort,
            "seeding": self.seeding,
            "n_init": self.n_init,
            "max_iter": self.max_iter,
            "tol": self.tol,
            "seed": self.seed,
            "sample": self.sample,
            "batch_size": self.batch_size,
            "pinned": self.pinned,
        }


class OptionChanges(TypedDict, total=False):
    """The options of `CompressOptions` as keywords, each of which may be left out."""

    k: int | None
    quality: float | None
    min_quality: float | None
    target_size: int | None
    space: Space
    dither: Dither | None
    dither_strength: float
    tile_left: int
    tile_top: int
    effort: Effort
    seeding: Seeding
    n_init: int
    max_iter: int | None
    tol: float | None
    seed: int
    sample: int | None
    batch_size: int | None
    pinned: Codebook | None
    palette: Palette | Codebook | None
    keep_palette: bool
    matte: str | None
    alpha_threshold: int | None
    format: str
    keep: frozenset[str]
    frame: int | None
    max_pixels: int
    lenient: bool
    threads: int


def shows_options(function: Function) -> Function:
    """Put every option in the place of ``**changes`` in the signature that a function shows.

    Parameters
    ----------
    function : callable
        Its last parameter is ``**changes: Unpack[OptionChanges]``.

    Returns
    -------
    callable
        The same function. Type checkers and editors read its annotations; help, notebooks and
        documentation read this signature.

    Examples
    --------
    >>> @shows_options
    ... def compress(source, **changes): ...
    >>> inspect.signature(compress).parameters["dither_strength"].default
    1.0
    """
    shown = inspect.signature(function)
    own = [each for each in shown.parameters.values() if each.kind is not each.VAR_KEYWORD]
    options = inspect.signature(CompressOptions).parameters.values()
    function.__dict__["__signature__"] = shown.replace(parameters=[*own, *options])
    return function
