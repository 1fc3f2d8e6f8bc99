"""What the patches of a file share, and how any format's file grows by them: one at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import IO, ClassVar, NamedTuple

import numpy as np

from huepress.common.checks import whole
from huepress.errors import FormatError
from huepress.values.codebook import Codebook
from huepress.values.patch import Patch


@dataclass(frozen=True, slots=True)
class Stage:
    """What all patches of a file share.

    Parameters
    ----------
    width, height : int
        Of the canvas.
    loops : int
        How often all is shown; 0 for ever.
    codebook : Codebook, optional
        The palette of all patches; None where each has its own: local palettes of a GIF and a
        WebP, true colour of an APNG.
    leaves : bool
        Whether some patch may leave pixels, which takes a clear entry of the palette.
    alpha : bool
        Whether some pixel is clear or translucent, where an APNG in true colour has to know; one
        that may leave pixels has alpha anyway.

    Raises
    ------
    OptionError
        If a side or the loops are none.
    """

    width: int
    height: int
    loops: int = 0
    codebook: Codebook | None = None
    leaves: bool = True
    alpha: bool = False

    def __post_init__(self) -> None:
        whole("width", self.width, 1)
        whole("height", self.height, 1)
        whole("loops", self.loops, 0)

    def shares(self, codebook: Codebook) -> bool:
        """Tell whether these are the codes of the palette of all patches."""
        if self.codebook is None or self.codebook is codebook:
            return self.codebook is codebook
        return np.array_equal(self.codebook.rgba, codebook.rgba)


class Limits(NamedTuple):
    """What a format's file can say."""

    name: str
    side: int
    loops: int
    duration: int
    """Milliseconds of one frame; longer ones are written as several."""


def check_stage(stage: Stage, limits: Limits) -> None:
    """Refuse a canvas that a format cannot hold, or more loops than it counts."""
    if max(stage.width, stage.height) > limits.side:
        raise FormatError(
            f"{stage.width}×{stage.height} exceeds the {limits.side} pixels a side of "
            f"{limits.name}; make the frames smaller"
        )
    if stage.loops > limits.loops:
        raise FormatError(
            f"{stage.loops} loops exceed the {limits.loops} of {limits.name}; "
            "use fewer, or 0 for ever"
        )


def check_inside(patch: Patch, stage: Stage) -> None:
    """Refuse a patch that sticks out of the canvas."""
    height, width = patch.labels.shape
    across, down = patch.left + width, patch.top + height
    if min(patch.left, patch.top) < 0 or across > stage.width or down > stage.height:
        raise FormatError(
            f"a patch of {width}×{height} at ({patch.left}, {patch.top}) sticks out of the canvas "
            f"of {stage.width}×{stage.height}; cut it to the canvas"
        )


class MovingFile(ABC):
    """A file that grows patch by patch; no more than one is held.

    The stream must be able to seek: counts and sizes are filled in at the end. What is written
    begins where the stream stands.
    """

    limits: ClassVar[Limits]

    def __init__(self, file: IO[bytes], stage: Stage) -> None:
        check_stage(stage, self.limits)
        self._file, self._stage = file, stage
        self._start = file.tell()
        self._n_frames = 0
        self._is_finished = False
        self._begin()

    def add(self, patch: Patch, data: bytes) -> None:
        """Write a patch as it was coded for this stage.

        One that is shown for longer than a frame can be is followed by others that change nothing.
        """
        if self._is_finished:
            raise FormatError("the file is finished; begin another one for more patches")
        check_inside(patch, self._stage)
        whole("duration", patch.duration, 0)
        if not self._n_frames:
            self._check_first(patch)
        first, *more = self._delays(patch.duration)
        if not more:
            self._put(patch, data, first)
            return
        self._put(replace(patch, clears=False), data, first)
        same = _unchanging(patch, may_replace=self._may_replace)
        code = self._coded(same)
        for delay in more[:-1]:
            self._put(same, code, delay)
        # Only one of the same place can clear it.
        self._put(*((patch, data) if patch.clears else (same, code)), more[-1])

    def _check_first(self, patch: Patch) -> None:
        """Refuse a first patch that does not cover the canvas.

        An APNG's must. Of other files, readers fill the rest with a colour now and then.
        """
        height, width = patch.labels.shape
        if (width, height) != (self._stage.width, self._stage.height):
            raise FormatError(
                f"the first patch is {width}×{height}, and has to cover the canvas of "
                f"{self._stage.width}×{self._stage.height}; pad it with pixels that it leaves"
            )

    def finish(self) -> None:
        """Write what ends the file, and the counts that are known only now."""
        if self._is_finished:
            raise FormatError("the file is finished already; finish it once")
        if not self._n_frames:
            raise FormatError("no patch was added; add at least one")
        self._is_finished = True
        self._end()

    _may_replace: ClassVar[bool] = True

    @abstractmethod
    def _begin(self) -> None:
        """Write what comes before the first patch."""

    @abstractmethod
    def _delays(self, duration: int) -> list[tuple[int, int]]:
        """Divide milliseconds into frames: counts, and units a second."""

    @abstractmethod
    def _coded(self, patch: Patch) -> bytes: ...

    @abstractmethod
    def _put(self, patch: Patch, data: bytes, delay: tuple[int, int]) -> None:
        """Write one frame; the patch's own duration does not count."""

    @abstractmethod
    def _end(self) -> None: ...

    def _write_at(self, place: int, data: bytes) -> None:
        """Fill in bytes at so many from the start, and come back to the end."""
        end = self._file.tell()
        self._file.seek(self._start + place)
        self._file.write(data)
        self._file.seek(end)


def is_painted_over(patch: Patch) -> bool:
    """Tell whether a patch shows something of the canvas that it comes upon.

    Translucent pixels beside such ones are refused. By the formats' rules they come out as they are
    on a clear canvas, but libwebp blends them a level off, and Pillow's PNG reader multiplies their
    alpha by itself.
    """
    if patch.replaces:
        return False
    alpha = np.append(patch.codebook.rgba[:, 3], np.uint8(0))
    alpha = alpha[np.bincount(patch.labels.ravel(), minlength=len(alpha)) > 0]
    if alpha.all():
        return False
    soft = alpha[(alpha > 0) & (alpha < 255)]
    if len(soft):
        raise FormatError(
            f"a patch paints {len(soft)} translucent codes (alpha {soft.min()}) and leaves other "
            "pixels, which decoders blend in different ways; use one that replaces the canvas, or "
            "leaves none"
        )
    return True


def _unchanging(patch: Patch, *, may_replace: bool) -> Patch:
    """Return the first pixel of a patch, to come after it."""
    label = int(patch.labels[0, 0])
    is_painted = label < len(patch.codebook) and patch.codebook.rgba[label, 3] > 0
    replaces = patch.replaces or (may_replace and bool(is_painted))
    return replace(patch, labels=patch.labels[:1, :1], replaces=replaces, clears=False)
