"""Photographs under a camera that pans or zooms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.recipes.recipe import CORPUS, Material, Recipe, eased, shown
from huepress.values.animation import Frame

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares of the picture."""


def moved(
    material: Material,
    name: str,
    size: tuple[int, int],
    first: Box,
    last: Box,
    count: int,
    duration: int,
) -> Iterator[Frame]:
    """Take the camera from one box of a photograph to another, in parts of a pixel."""
    picture = material.picture(name)
    for step in range(count):
        share = eased(step / (count - 1))
        sides = [a + (b - a) * share for a, b in zip(first, last, strict=True)]
        box = tuple(
            part * side
            for part, side in zip(sides, (picture.width, picture.height) * 2, strict=True)
        )
        yield shown(picture.resize(size, 1, box=box), duration)  # LANCZOS


def fade(material: Material) -> Iterator[Frame]:
    """A slide show: each photograph stays, and fades into the next."""
    from PIL import Image

    names = ("king_vulture", "pencils", "common_jezebel")
    pictures = [material.picture(f"photo/{name}.png").resize((360, 240), 1) for name in names]
    for first, second in zip(pictures, [*pictures[1:], pictures[0]], strict=True):
        for step in range(14):
            yield shown(Image.blend(first, second, eased((step - 6) / 8)), 80)


RECIPES = (
    Recipe("photo-fade", fade, (CORPUS,)),
    Recipe(
        "photo-harbour",
        partial(
            moved, name="photo/bryggen_5508x3098.jpg", size=(640, 360), first=(0.1, 0.3, 0.6, 0.8),
            last=(0.3, 0.3, 0.8, 0.8), count=36, duration=50,
        ),
        (CORPUS,),
    ),
    Recipe(
        "photo-palace",
        partial(
            moved, name="photo/louvre_1920x1268.jpg", size=(480, 300), first=(0, 0.2, 0.6, 0.768),
            last=(0.4, 0.2, 1, 0.768), count=48, duration=40,
        ),
        (CORPUS,),
    ),
    Recipe(
        "photo-zoom",
        partial(
            moved, name="photo/common_jezebel.png", size=(320, 214), first=(0, 0, 1, 1),
            last=(0.3, 0.2, 0.8, 0.7), count=40, duration=50,
        ),
        (CORPUS,),
    ),
)  # fmt: skip
