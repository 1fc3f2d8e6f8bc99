"""The table of formats of moving pictures: what each can hold, and what writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Literal, Protocol

from huepress.formats.common import Effort
from huepress.formats.moving import apng, gif, webp
from huepress.formats.moving.stage import Limits, MovingFile, Stage
from huepress.values.patch import Patch


class Coder(Protocol):
    """What makes bytes of a patch, on any thread."""

    def __call__(self, patch: Patch, stage: Stage, effort: Effort = "default") -> bytes:
        """Return what a file's `add` takes; raise a FormatError for what the format cannot hold."""


class Opener(Protocol):
    """What begins a file."""

    def __call__(self, file: IO[bytes], stage: Stage) -> MovingFile:
        """Write its head to a stream that can seek."""


@dataclass(frozen=True, slots=True)
class MovingFormat:
    """What a format can hold, and what writes it; the first patch of any covers the canvas.

    Parameters
    ----------
    name : str
        As in ``--format``.
    suffixes : tuple of str
        Of its files; the first names the format.
    coded : callable
        Patch, stage and effort to bytes.
    opened : callable
        Stream and stage to the file that takes them.
    limits : Limits
        Sides, loops, and milliseconds of one frame; longer ones are written as several.
    palettes : str
        ``"any"``: one for all patches of which any may have its own. ``"one"`` for all, or true
        colour. ``"each"`` its own, whatever the stage says.
    max_codes, max_codes_leaving : int or None
        The most codes of a palette, and of one with patches that leave pixels or clear their place;
        None for no limit. In a GIF of 256 codes, such patches get palettes of their own.
    alpha : str
        ``"full"``, or ``"binary"``: opaque and clear only.
    unit : int
        Milliseconds of which durations are multiples; sums of others are off by half of it.
    frame_bytes : int
        Of a patch beside its own.
    may_replace : bool
        Whether a patch may replace the canvas instead of being painted over it. One with
        translucent pixels must, or leave none.
    even_places : bool
        Whether left and top are even.
    """

    name: str
    suffixes: tuple[str, ...]
    coded: Coder
    opened: Opener
    limits: Limits
    palettes: Literal["any", "one", "each"]
    max_codes: int | None
    max_codes_leaving: int | None
    alpha: Literal["full", "binary"] = "full"
    unit: int = 1
    frame_bytes: int = 0
    may_replace: bool = True
    even_places: bool = False


MOVING = {
    entry.name: entry
    for entry in (
        MovingFormat(
            "gif",
            (".gif",),
            gif.coded,
            gif.GifFile,
            gif.LIMITS,
            "any",
            256,
            255,
            alpha="binary",
            unit=10,
            frame_bytes=gif.FRAME_BYTES,
            may_replace=False,
        ),
        MovingFormat(
            "apng",
            (".apng", ".png"),
            apng.coded,
            apng.ApngFile,
            apng.LIMITS,
            "one",
            256,
            255,
            frame_bytes=apng.FRAME_BYTES,
        ),
        MovingFormat(
            "webp",
            (".webp",),
            webp.coded,
            webp.WebpFile,
            webp.LIMITS,
            "each",
            None,
            None,
            frame_bytes=webp.FRAME_BYTES,
            even_places=True,
        ),
    )
}
"""The formats by name. An APNG without a codebook of its stage is in true colour: codes have no
limit then."""
