"""Moving pictures: frames as full canvases, each shown for a while, read as often as wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import frozen
from huepress.common.by_content import ByContent
from huepress.common.checks import whole
from huepress.common.humanize import loops_in_words
from huepress.errors import InputError
from huepress.read.facts import SourceFacts
from huepress.read.opening import DEFAULT_MAX_PIXELS

if TYPE_CHECKING:
    from fractions import Fraction

    from huepress.read.moving.sources import MovingSource

SHOWN, LOOKED_AT = 6, 120
"""Frames that a notebook shows, of no more than so many from the beginning: it must not wait."""

MOST_DURATION = 2**31 - 1
"""Milliseconds, 24 days: from here on what players make of it differs."""


@dataclass(frozen=True, eq=False, slots=True)
class Frame(ByContent):
    """What the screen shows for a while.

    Parameters
    ----------
    pixels : (h, w, 3 or 4) uint8 ndarray
        The whole canvas, sRGB, straight alpha.
    duration : int
        Milliseconds; 0 where the file says so, which players show for as long as they like.

    Raises
    ------
    InputError
        If these are no pixels, or it is no duration.

    Examples
    --------
    >>> Frame(np.zeros((2, 3, 3), np.uint8), 40).duration
    40
    """

    pixels: NDArray[np.uint8]
    duration: int

    def __post_init__(self) -> None:
        pixels = np.asarray(self.pixels)
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
            raise InputError(
                f"a frame has shape {pixels.shape} and type {pixels.dtype}; "
                "give (height, width, 3 or 4) uint8"
            )
        if pixels.size == 0:
            raise InputError(f"a frame has shape {pixels.shape}; give at least 1×1")
        whole("duration", self.duration, 0, MOST_DURATION)
        object.__setattr__(self, "pixels", frozen(pixels, np.uint8))


@dataclass(frozen=True, eq=False, slots=True)
class Animation:
    """Frames of one size, one after the other.

    Iterating yields each `Frame`, and begins anew each time: no more than a few are held at once,
    however many there are.

    Parameters
    ----------
    open_frames : callable or sequence of Frame
        Returns a new iterator over the same frames each time it is called.
    width, height : int
        Of every frame.
    loops : int
        How often all frames are shown; 0 for ever.
    n_frames : int, optional
        How many there are, where that is known before they are read.
    source : SourceFacts
        What the file said of itself.

    Examples
    --------
    >>> dark, light = (Frame(np.full((1, 2, 3), v, np.uint8), 500) for v in (0, 255))
    >>> blink = Animation.of([dark, light])
    >>> blink.n_frames, [frame.duration for frame in blink]
    (2, [500, 500])
    """

    open_frames: Callable[[], Iterator[Frame]]
    width: int
    height: int
    loops: int = 0
    n_frames: int | None = None
    source: SourceFacts = field(default_factory=SourceFacts)

    @classmethod
    def read(
        cls,
        source: MovingSource | Animation,
        *,
        fps: float | Fraction | None = None,
        start: float = 0.0,
        duration: float | None = None,
        width: int | None = None,
        max_pixels: int | None = DEFAULT_MAX_PIXELS,
        lenient: bool = False,
    ) -> Animation:
        """Read a moving picture from a file, a folder, an array or a video.

        A GIF, APNG or WebP gives its frames as full canvases, whatever their rectangles, blending
        and disposal are, over transparency, in sRGB as `Image.read` gives them. Any other picture
        is an animation of one frame without a duration. Pictures in a folder, those that a pattern
        matches (``'shots/*.png'``), those of a list, and those of an array are frames that last
        1/fps each. What is no picture is decoded by ffmpeg, if it is installed.

        What is clear is black; a frame whose pixels are all opaque has three channels, though
        others may have four. Files are opened anew at each iteration, and videos decoded anew.

        Parameters
        ----------
        source : str, path, bytes-like, binary file, list, array or Animation
            ``'-'`` reads standard input. The pictures of a folder, or of a pattern, come in natural
            order, 2 before 10; those of a list in the list's. An array is t×h×w (grey) or t×h×w×1,
            2, 3 or 4, of the types that `Image.read` takes; to give each frame a duration of its
            own, use `Frame` and `Animation.of`. An Animation is returned as it is,
            and then takes no option.
        fps : float, optional
            Frames a second: of a folder, a list or an array, 20 unless told. A file or video is
            brought to this rate: frame i is what is shown at i/fps seconds. All lasts as long as
            before, a video to the nearest frame. A video without it has its own average rate.
        start, duration : float
            The part to read, in seconds.
        width : int, optional
            Scales each frame to so many columns, and rows in proportion, by Lanczos' filter.
        max_pixels : int, optional
            Largest width × height of a frame, checked before any memory is taken. None: no limit.
        lenient : bool
            Take damaged frames for what can be made of them, as `Image.read` does.

        Returns
        -------
        Animation
            Of the frames; they are decoded when it is iterated, the first one also now. `loops` is
            what a file says (a GIF's is one more than what it stores, as in browsers; without a
            word it is once), 1 for a picture that does not move, and 0, for ever, for all else.

        Raises
        ------
        InputError
            The source is missing, unreadable, damaged, no picture, past the limit, or has more than
            100,000 frames; while iterating too: frames are never left out.
        OptionError
            An option is out of range.

        Examples
        --------
        >>> shades = np.arange(3, dtype=np.uint8).repeat(4).reshape(3, 2, 2)
        >>> [frame.duration for frame in Animation.read(shades, fps=30)]
        [33, 34, 33]
        """
        from huepress.read.moving.sources import read_moving

        if isinstance(source, Animation):
            if (fps, start, duration, width) != (None, 0, None, None):
                raise InputError("an Animation is read already; give options with its source")
            return source
        found = read_moving(
            source,
            fps=fps,
            start=start,
            duration=duration,
            width=width,
            max_pixels=max_pixels,
            lenient=lenient,
        )

        def frames() -> Iterator[Frame]:
            with closing(found.open_frames()) as timed:
                for pixels, milliseconds in timed:
                    yield Frame(pixels, milliseconds)

        return cls(frames, found.width, found.height, found.loops, found.n_frames, found.facts)

    @classmethod
    def of(cls, frames: Iterable[Frame], *, loops: int = 0) -> Animation:
        """Hold frames that are there already.

        Parameters
        ----------
        frames : iterable of Frame
            At least one, all of one size.
        loops : int
            How often all are shown; 0 for ever.

        Returns
        -------
        Animation
            Of these frames.

        Raises
        ------
        InputError
            If there is none, or sizes differ.
        """
        held: Sequence[Frame] = tuple(frames)
        if not held:
            raise InputError("there is no frame; give at least one")
        height, width = held[0].pixels.shape[:2]
        for number, frame in enumerate(held):
            if frame.pixels.shape[:2] != (height, width):
                other = f"{frame.pixels.shape[1]}×{frame.pixels.shape[0]}"
                raise InputError(
                    f"frame {number} is {other}, and the first one {width}×{height}; "
                    "give frames of one size"
                )
        return cls(lambda: iter(held), width, height, loops, len(held))

    def __iter__(self) -> Iterator[Frame]:
        return self.open_frames()

    def __repr__(self) -> str:
        source = str(self.source).partition(", frame")[0]
        return f"<Animation {', '.join(self._facts())}, from {source}>"

    def _repr_html_(self) -> str:
        from huepress.common import humanize, notebook

        durations = [frame.duration for frame in islice(self, LOOKED_AT + 1)]
        n = min(len(durations), LOOKED_AT)
        chosen = {round(place * (n - 1) / (SHOWN - 1)) for place in range(SHOWN)}
        frames = [frame.pixels for i, frame in enumerate(islice(self, n)) if i in chosen]
        facts = [*self._facts()]
        if len(durations) == n:
            facts.append(humanize.seconds(sum(durations)))
        else:
            facts.append(f"the first {n} frames are looked at")
        if self.source.file_bytes is not None:
            facts += [self.source.format, humanize.size(self.source.file_bytes)]
        return notebook.figure(notebook.film(frames), notebook.line(*facts))

    def _facts(self) -> list[str]:
        facts = [f"{self.width}×{self.height}", f"shown {loops_in_words(self.loops)}"]
        if self.n_frames is not None:
            facts.insert(1, f"{self.n_frames:,} frame{'' if self.n_frames == 1 else 's'}")
        return facts
