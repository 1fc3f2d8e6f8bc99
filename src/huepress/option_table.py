"""The one table of options: each one's default, and how it is typed on a command line.

`CompressOptions` takes its defaults from here, and the commands their flags, help and choices. What
an option means in Python is told where `CompressOptions` documents it. Nothing here is heavy to
load, so that `huepress --help` is fast.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import NoneType
from typing import Any, Generic, TypeVar, get_args

from huepress.common.choices import KEEPABLE, Dither, Effort, FormatName, Seeding, Space
from huepress.read.opening import DEFAULT_MAX_PIXELS

Default = TypeVar("Default")

COLORS, KMEANS, INPUT = "Colours", "k-means", "Input"
"""Panels of `huepress compress --help`."""


@dataclass(frozen=True, slots=True)
class Option(Generic[Default]):
    """One option.

    Parameters
    ----------
    default : object
        What holds where nothing is given.
    flags : tuple of str
        Its names on a command line; none where another option's value holds it.
    typed : type
        What a command line takes for it; text for what is no text, such as 40k for a number of
        bytes, is read by `huepress.cli.written`. Where it may be None and the default is not, the
        command settles what holds, as the suffix of a file does for its format.
    help : str
        One line.
    metavar : str, optional
        What stands for the value in the help; by the type where it is not given.
    panel : str, optional
        Where a long help shows it.
    name : str
        As in `CompressOptions`.
    """

    default: Default
    flags: tuple[str, ...] = ()
    typed: Any = str
    help: str = ""
    metavar: str | None = None
    panel: str | None = None
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        object.__setattr__(self, "name", name)

    @property
    def typed_default(self) -> Default | None:
        """What a command line shows as the default: None leaves it to the library."""
        return None if NoneType in get_args(self.typed) else self.default

    def but(self, **changes: Any) -> Option[Any]:
        """Return the option as one command has it: with another default, or other words.

        Parameters
        ----------
        **changes
            Of the parameters.

        Returns
        -------
        Option
            The others stay.
        """
        return replace(self, **changes)


class OptionTable:
    """Every option of one compression, in the order of `CompressOptions` and of `--help`."""

    k: Option[None] = Option(
        None,
        ("-k", "--colors"),
        int | None,
        "Most colours to use; alone it asks for k-means with K colours, no search.",
        "K",
    )
    quality: Option[None] = Option(
        None,
        ("--quality",),
        str | None,
        "Least bytes with this SSIMULACRA2 score, 0 to 100; fail below MIN.",
        "Q|MIN-MAX",
    )
    min_quality: Option[None] = Option(None)
    target_size: Option[None] = Option(
        None,
        ("--target-size",),
        str | None,
        "Best score in at most so many bytes.",
        "BYTES|40k",
    )
    space: Option[Space] = Option(
        "oklab",
        ("--space",),
        Space | None,
        "Where colours are compared: oklab (unless a codebook says otherwise) looks best, srgb has"
        " the least plain error. Dithering mixes levels in srgb, light in the others.",
        panel=COLORS,
    )
    dither: Option[Dither | None] = Option(
        None,
        ("--dither",),
        str | None,
        "How labels are chosen; the strength is 0 to 1. A search then looks for K only. Tiles"
        " join if the pattern of ordered knows their column and row, or their sides are 64s.",
        "none|diffusion[:STRENGTH]|ordered[:X,Y]",
        COLORS,
    )
    dither_strength: Option[float] = Option(1.0)
    tile_left: Option[int] = Option(0)
    tile_top: Option[int] = Option(0)
    effort: Option[Effort] = Option(
        "default", ("--effort",), Effort, "Time to spend on codebook and file."
    )
    seeding: Option[Seeding] = Option(
        "principal-axis",
        ("--seeding",),
        Seeding,
        "Where k-means starts; k-means++ and random are followed by plain Lloyd iterations.",
        panel=KMEANS,
    )
    n_init: Option[int] = Option(
        1, ("--n-init",), int, "Starts of a random seeding; the best wins.", panel=KMEANS
    )
    max_iter: Option[None] = Option(
        None, ("--max-iter",), int | None, "Most k-means iterations.", "N", KMEANS
    )
    tol: Option[None] = Option(
        None,
        ("--tol",),
        float | None,
        "Stop when an iteration gains no more than this fraction.",
        panel=KMEANS,
    )
    seed: Option[int] = Option(0, ("--seed",), int, "Of the random generator.", panel=KMEANS)
    sample: Option[None] = Option(
        None, ("--sample",), int | None, "Fit on N random pixels instead of all.", "N", KMEANS
    )
    batch_size: Option[None] = Option(
        None, ("--batch-size",), int | None, "Mini-batch k-means, N pixels a batch.", "N", KMEANS
    )
    pinned: Option[None] = Option(
        None,
        ("--pin",),
        list[str] | None,
        "Keep this colour exactly; repeatable.",
        "#RRGGBB",
        COLORS,
    )
    palette: Option[None] = Option(
        None,
        ("--palette", "--codebook"),
        Path | None,
        "Use the colours of this codebook or palette file, every entry at its place.",
        "FILE",
        COLORS,
    )
    keep_palette: Option[bool] = Option(
        False,
        ("--keep-palette",),
        bool,
        "Use the input's own palette, every entry at its place.",
        panel=COLORS,
    )
    matte: Option[None] = Option(
        None,
        ("--matte",),
        str | None,
        "Lay what is half transparent on this colour; clear stays clear.",
        "#RRGGBB",
        COLORS,
    )
    alpha_threshold: Option[None] = Option(
        None,
        ("--alpha-threshold",),
        int | None,
        "Alpha below N becomes clear, the rest opaque; 0 with --matte leaves nothing clear.",
        "N",
        COLORS,
    )
    format: Option[FormatName] = Option(
        "png",
        ("--format",),
        FormatName | None,
        "By the suffix of OUT, or png; auto is the smaller of png and webp, smallest the least of "
        "these, lossy WebP and AVIF at the same score, "
        "png24 is truecolour, npz and npy hold codebook and labels as arrays.",
    )
    keep: Option[frozenset[str]] = Option(
        frozenset(),
        ("--keep",),
        str | None,
        "What to keep besides the picture; all is stripped.",
        ",".join(KEEPABLE),
    )
    frame: Option[None] = Option(
        None, ("--frame",), int | None, "Take frame N of an animation, from 0.", "N", INPUT
    )
    max_pixels: Option[int] = Option(
        DEFAULT_MAX_PIXELS,
        ("--max-pixels",),
        int,
        "Refuse larger pictures before decoding.",
        "N",
        INPUT,
    )
    lenient: Option[bool] = Option(
        False,
        ("--lenient",),
        bool,
        "Take a damaged PNG, JPEG or fax TIFF for what can be made of it, with a warning.",
        panel=INPUT,
    )
    threads: Option[int] = Option(
        0, ("--threads",), int, "0 is one a core; the bytes are the same for any number."
    )


OPTIONS: tuple[Option[Any], ...] = tuple(
    row for row in vars(OptionTable).values() if isinstance(row, Option)
)
"""The rows of `OptionTable`, in its order."""
