"""Pictures for commands that look: any that huepress reads, its containers of arrays too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from huepress.errors import InputError
from huepress.pipeline import decompress
from huepress.values.image import Image

if TYPE_CHECKING:
    from huepress.values.animation import Animation

_CONTAINERS = (".npz", ".npy")


def is_container(source: str) -> bool:
    """Whether a name is that of codebook and labels as arrays."""
    return Path(source).suffix.lower() in _CONTAINERS


def moves(source: str) -> bool:
    """Tell whether a name is that of a moving picture: a file of frames, a folder, a video.

    What no reader of pictures knows is taken for a video, and read as one says what it is instead.
    """
    from huepress.read.decoding import known_format
    from huepress.read.moving.sequences import is_pattern
    from huepress.read.moving.sources import count_frames
    from huepress.read.opening import HEAD

    if source in ("", "-") or is_container(source):
        return False
    path = Path(source)
    if path.is_dir() or is_pattern(source):
        return True
    if not path.is_file():
        return False  # whoever opens it says what is wrong
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        is_picture = known_format(head, source) is not None
    except (InputError, OSError):
        return False
    return not is_picture or count_frames(source) > 1


def read_picture(
    source: str, *, max_pixels: int, frame: int | None = None, lenient: bool = False
) -> Image:
    """Read a picture, or the picture that a container holds."""
    if is_container(source):
        stored = decompress(source, max_pixels=max_pixels)
        return Image.read(stored.decode(), max_pixels=max_pixels)
    return Image.read(source, frame=frame, max_pixels=max_pixels, lenient=lenient)


def read_animation(
    source: str, *, max_pixels: int, lenient: bool = False, width: int | None = None
) -> Animation:
    """Read a moving picture, or one that stands still as a frame without a duration."""
    from huepress.values.animation import Animation

    return Animation.read(source, max_pixels=max_pixels, width=width, lenient=lenient)
