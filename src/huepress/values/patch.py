"""What a moving picture's file says of one frame: the part of the canvas that it changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import frozen
from huepress.common.by_content import ByContent
from huepress.errors import OptionError
from huepress.values.codebook import Codebook


@dataclass(frozen=True, eq=False, slots=True)
class Patch(ByContent):
    """A rectangle of labels that changes the canvas, and how long it is then shown.

    Parameters
    ----------
    left, top : int
        Where its first pixel lies on the canvas.
    labels : (h, w) ndarray
        Places in the codebook, uint8 or, beyond 256 codes, uint16; ``len(codebook)`` leaves a pixel
        of the canvas as it is.
    codebook : Codebook
        The colours. Patches that share one hold the same object.
    duration : int
        Milliseconds.
    replaces : bool
        Whether pixels replace those of the canvas, alpha and all, instead of being painted over
        them; then none may be left as it is.
    clears : bool
        Whether the rectangle is clear when the next patch comes.

    Raises
    ------
    OptionError
        If a label is out of range, or one that leaves its pixel replaces it.

    Examples
    --------
    >>> blue = Codebook.from_hex(["#0000ff"])
    >>> Patch(0, 0, np.array([[0, 1]], np.uint8), blue, 100).leaves
    True
    """

    left: int
    top: int
    labels: NDArray[np.uint8] | NDArray[np.uint16]
    codebook: Codebook
    duration: int
    replaces: bool = False
    clears: bool = False

    def __post_init__(self) -> None:
        labels = np.asarray(self.labels)
        if labels.ndim != 2 or labels.size == 0 or labels.dtype not in (np.uint8, np.uint16):
            raise OptionError(
                f"labels have shape {labels.shape} and type {labels.dtype}; give (h, w) uint8"
            )
        most = len(self.codebook) - self.replaces
        if int(labels.max()) > most:
            raise OptionError(
                f"label {labels.max()} of a patch of {len(self.codebook)} codes; use 0 to {most}"
            )
        object.__setattr__(self, "labels", frozen(labels, labels.dtype.type))

    @property
    def leaves(self) -> bool:
        """Whether it leaves some pixel of the canvas as it is."""
        return bool((self.labels == len(self.codebook)).any())

    def painted(self, canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return what a (h, w, 4) canvas shows once the patch is on it.

        A clear code that is painted over a pixel leaves it. A translucent one is exact where the
        canvas is clear, and must not be painted elsewhere: decoders blend in different ways.
        """
        shown = canvas.copy()
        height, width = self.labels.shape
        place = shown[self.top : self.top + height, self.left : self.left + width]
        colors = np.concatenate([self.codebook.rgba, np.zeros((1, 4), np.uint8)])[self.labels]
        if self.replaces:
            place[:] = colors
        else:
            np.copyto(place, colors, where=colors[..., 3:] > 0)
        return shown

    def after(self, shown: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the canvas that the next patch comes upon."""
        if not self.clears:
            return shown
        canvas = shown.copy()
        height, width = self.labels.shape
        canvas[self.top : self.top + height, self.left : self.left + width] = 0
        return canvas
