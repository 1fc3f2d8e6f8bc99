"""Pictures for commands that look: any that huepress reads, its containers of arrays too."""

from __future__ import annotations

from pathlib import Path

from huepress.pipeline import decompress
from huepress.values.image import Image

_CONTAINERS = (".npz", ".npy")


def is_container(source: str) -> bool:
    """Whether a name is that of codebook and labels as arrays."""
    return Path(source).suffix.lower() in _CONTAINERS


def read_picture(
    source: str, *, max_pixels: int, frame: int | None = None, lenient: bool = False
) -> Image:
    """Read a picture, or the picture that a container holds."""
    if is_container(source):
        stored = decompress(source, max_pixels=max_pixels)
        return Image.read(stored.decode(), max_pixels=max_pixels)
    return Image.read(source, frame=frame, max_pixels=max_pixels, lenient=lenient)
