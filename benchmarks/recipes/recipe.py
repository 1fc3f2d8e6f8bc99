"""What a recipe is, and the material that it may draw upon."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from benchmarks.gather import unpacked
from huepress.values.animation import Frame

if TYPE_CHECKING:
    from PIL import ImageFont
    from PIL.Image import Image

CORPUS = "corpus"


@dataclass(frozen=True)
class Material:
    """Pictures to draw upon: a folder of pictures, and one of Debian packages, or None."""

    corpus: Path | None = None
    packages: Path | None = None

    def has(self, need: str) -> bool:
        """Tell whether the corpus is here, or a package that may be fetched."""
        if need == CORPUS:
            return self.corpus is not None and self.corpus.is_dir()
        if self.packages is None:
            return False
        return (self.packages / need).exists() or shutil.which("apt-get") is not None

    def picture(self, name: str) -> Image:
        """Read a picture of the corpus."""
        from PIL import Image

        assert self.corpus is not None
        with Image.open(self.corpus / name) as image:
            return image.convert("RGBA" if name.startswith("rgba") else "RGB")

    def strip(self, package: str, name: str, columns: int, rows: int = 1) -> list[Image]:
        """Cut a sheet of sprites of a package, row by row."""
        from PIL import Image

        assert self.packages is not None
        self.packages.mkdir(parents=True, exist_ok=True)
        (path,) = unpacked(package, self.packages).glob(f"**/{name}")
        with Image.open(path) as sheet:
            width, height = sheet.width // columns, sheet.height // rows
            places = [(x * width, y * height) for y in range(rows) for x in range(columns)]
            whole = sheet.convert("RGBA")
            return [whole.crop((x, y, x + width, y + height)) for x, y in places]


Draw: TypeAlias = Callable[[Material], Iterator[Frame]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one clip is drawn, frame by frame, from nothing or from some material."""

    name: str
    draw: Draw
    needs: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return self.name.partition("-")[0]


def shown(image: Image, duration: int) -> Frame:
    """Show an image for so many milliseconds."""
    return Frame(np.asarray(image), duration)


def eased(share: float) -> float:
    """Begin and end slowly, as interfaces and hands do."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


@cache
def font(size: int, name: str = "DejaVuSans") -> ImageFont.FreeTypeFont:
    """Load a font that matplotlib ships, so that it is the same one everywhere."""
    import matplotlib
    from PIL import ImageFont

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf")
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def gradient(width: int, height: int, top: tuple[int, ...], bottom: tuple[int, ...]) -> Image:
    """Blend two colours from the top down."""
    from PIL import Image

    ramp = np.linspace(top, bottom, height)[:, None]
    return Image.fromarray(np.broadcast_to(ramp + 0.5, (height, width, len(top))).astype(np.uint8))


SCALE = 4
"""Shapes are drawn this much larger, so that their edges are smooth."""


def smooth(image: Image) -> Image:
    """Shrink what was drawn `SCALE` times too large."""
    return image.resize((image.width // SCALE, image.height // SCALE), 4)  # BOX
