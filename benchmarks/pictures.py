"""The pictures that are measured: read once, in the form that every contender gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks.contenders import Outcome, Pixels

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True)
class Picture:
    """One picture; its class is the name of its folder."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def group(self) -> str:
        return self.path.resolve().parent.name

    @cached_property
    def size(self) -> int:
        from PIL import Image

        with Image.open(self.path) as image:
            return image.width * image.height

    def read(self) -> Pixels:
        """Upright RGB, or RGBA where some pixel is not opaque."""
        from PIL import Image, ImageOps

        with Image.open(self.path) as image:
            upright = ImageOps.exif_transpose(image)
            pixels = np.asarray(upright.convert("RGBA" if _may_have_alpha(upright) else "RGB"))
        if pixels.shape[2] == 4 and (pixels[..., 3] == 255).all():
            return np.ascontiguousarray(pixels[..., :3])
        return pixels


def _may_have_alpha(image: object) -> bool:
    return "A" in image.getbands() or "transparency" in image.info


def find(paths: Sequence[str]) -> list[Picture]:
    """Return the pictures named or found in folders, the smallest first."""
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            files += sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
        else:
            files.append(path)
    return sorted(map(Picture, files), key=lambda picture: (picture.size, picture.path))


def save_png(pixels: Pixels, path: Path) -> None:
    """Write a plain PNG, which every command can read, without any metadata."""
    from PIL import Image

    Image.fromarray(pixels).save(path, "PNG")


def load(path: Path, channels: int) -> Pixels:
    """Read what a command wrote, with alpha if it has any or the original had."""
    from PIL import Image

    with Image.open(path) as image:
        mode = "RGBA" if channels == 4 or _may_have_alpha(image) else "RGB"
        return np.asarray(image.convert(mode))


def indexed(pixels: Pixels) -> Outcome:
    """Return codebook and labels of a picture that has few colours."""
    channels = pixels.shape[2]
    packed = pixels.astype(np.uint32) @ (1 << (8 * np.arange(channels, dtype=np.uint32)))
    _, first, labels = np.unique(packed, return_index=True, return_inverse=True)
    codebook = pixels.reshape(-1, channels)[first]
    return codebook, labels.astype(np.uint8).reshape(pixels.shape[:2])


def digest(pixels: Pixels) -> str:
    """Return a name for the content of a picture."""
    return sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()[:24]
