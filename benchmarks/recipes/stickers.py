"""Stickers: a picture that moves over a clear ground, with soft edges, or hard ones for GIF."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.recipes.recipe import CORPUS, SCALE, Draw, Material, Recipe, shown, smooth
from huepress.values.animation import Frame

if TYPE_CHECKING:
    from PIL.Image import Image


def hardened(frame: Frame) -> Frame:
    """Make every pixel opaque or clear, as GIF must."""
    pixels = frame.pixels.copy()
    opaque = pixels[..., 3] >= 128
    pixels[~opaque] = 0
    pixels[opaque, 3] = 255
    return Frame(pixels, frame.duration)


def placed(sprite: Image, side: int, x: float, y: float, duration: int) -> Frame:
    """Put a sprite's middle somewhere on a clear square; clear pixels have no colour."""
    from PIL import Image

    canvas = Image.new("RGBA", (side, side))
    canvas.alpha_composite(sprite, (round(x - sprite.width / 2), round(y - sprite.height / 2)))
    pixels = np.array(canvas)
    pixels[pixels[..., 3] == 0] = 0
    return Frame(pixels, duration)


def bounce(material: Material) -> Iterator[Frame]:
    """An icon that falls, is squeezed, and springs up."""
    icon = material.picture("rgba/oxygen_kdevelop.png")
    for step in range(30):
        height = abs(math.sin(step * math.pi / 15))
        squeeze = 1 - 0.25 * max(0.0, 0.25 - height) * 4
        size = (round(96 * (2 - squeeze)), round(96 * squeeze))
        yield placed(icon.resize(size, 1), 200, 100, 148 - size[1] / 2 + 40 - 96 * height, 40)


def spin(material: Material) -> Iterator[Frame]:
    """Tools that turn about their middle."""
    icon = material.picture("rgba/oxygen_preferences.png").resize((180, 180), 1)
    for step in range(36):
        turned = icon.rotate(step * 10, 3)  # BICUBIC
        yield placed(turned, 180, 90, 90, 50)


def pulse(material: Material) -> Iterator[Frame]:
    """A folder that grows from nothing, beats twice, and rests."""
    icon = material.picture("rgba/oxygen_folder_videos.png")
    sizes = [round(160 * min(1, step / 10) ** 0.5) for step in range(1, 11)]
    sizes += [160 + round(24 * math.sin(step * math.pi / 6)) for step in range(13)] + [160] * 10
    for size in sizes:
        yield placed(icon.resize((size, size), 1), 200, 100, 100, 60)


def heart(_: Material) -> Iterator[Frame]:
    """A heart with a shine that beats, and sparks that fly off."""
    from PIL import Image, ImageDraw

    turns = [number * math.tau / 200 for number in range(200)]
    for step in range(32):
        beat = 1 + 0.12 * math.sin(step * math.tau / 16) ** 3
        large = Image.new("RGBA", (128 * SCALE, 128 * SCALE))
        pen = ImageDraw.Draw(large)
        outline = [
            (
                (64 + 3.0 * beat * 16 * math.sin(t) ** 3) * SCALE,
                (60 - 3.0 * beat * (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t)
                 - math.cos(4 * t))) * SCALE,
            )
            for t in turns
        ]  # fmt: skip
        pen.polygon(outline, "#e11d48")
        pen.ellipse((34 * SCALE, 28 * SCALE, 52 * SCALE, 44 * SCALE), "#fb7185")
        for spark in range(6):
            angle, far = spark * math.tau / 6 + 0.3, 36 + step % 16 * 2.2
            x, y = 64 + far * math.cos(angle), 62 + far * math.sin(angle)
            size = 3.4 * (1 - step % 16 / 16)
            box = [(v + d * size) * SCALE for d in (-1, 1) for v in (x, y)]
            pen.ellipse(box, "#fde047")
        yield shown(smooth(large), 50)


def both(draw: Draw, material: Material, *, hard: bool) -> Iterator[Frame]:
    return map(hardened, draw(material)) if hard else draw(material)


RECIPES = tuple(
    Recipe(f"sticker-{edge}-{draw.__name__}", partial(both, draw, hard=edge == "hard"), needs)
    for edge in ("hard", "soft")
    for draw, needs in ((bounce, (CORPUS,)), (heart, ()), (pulse, (CORPUS,)), (spin, (CORPUS,)))
)
