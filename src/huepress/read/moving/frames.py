"""What is read of a moving picture, and what is done to every frame of any."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import owned
from huepress.read.opening import memory_reported

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from huepress.read.facts import SourceFacts
    from huepress.read.moving.timeline import Shown

Timed = tuple[NDArray[np.uint8], int]
"""The (h, w, 3 or 4) pixels of a frame, and its milliseconds."""


class Moving(NamedTuple):
    """Frames that can be read as often as wanted, and what is known of them."""

    open_frames: Callable[[], Generator[Timed]]
    width: int
    height: int
    loops: int
    n_frames: int | None
    facts: SourceFacts


def chosen(
    canvases: Callable[[], Generator[NDArray[np.uint8]]],
    shown: Sequence[Shown],
    size: tuple[int, int],
    name: str,
) -> Callable[[], Generator[Timed]]:
    """Return what opens the shown ones of some canvases, scaled to a size.

    Canvases may be one array that changes; what is yielded never does.
    """

    def frames() -> Generator[Timed]:
        with memory_reported(name), closing(canvases()) as found:
            place, canvas = -1, None
            for index, duration in shown:
                while place < index:
                    canvas, place = next(found), place + 1
                assert canvas is not None
                yield tidied(canvas, size), duration

    return frames


def tidied(canvas: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Copy a canvas, scaled, without alpha where all is opaque, and black where all is clear."""
    pixels = _scaled(canvas, size)
    if pixels.shape[2] == 4 and pixels[..., 3].min() == 255:
        pixels = pixels[..., :3]
    copy: NDArray[np.uint8] = np.empty_like(pixels, order="C")
    for channel in range(pixels.shape[2]):  # five times as fast as all three of four at once
        copy[..., channel] = pixels[..., channel]
    if copy.shape[2] == 4:
        copy[copy[..., 3] == 0] = 0
    return owned(copy)


def _scaled(canvas: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale by Lanczos' filter, colours weighted by their alpha (Pillow does so)."""
    if (canvas.shape[1], canvas.shape[0]) == size:
        return canvas
    from PIL import Image

    return np.asarray(Image.fromarray(canvas).resize(size, Image.Resampling.LANCZOS))
