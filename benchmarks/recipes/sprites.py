"""Pixel art: few colours, hard edges, parts that return exactly."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.recipes.recipe import Material, Recipe, shown
from huepress.values.animation import Frame

if TYPE_CHECKING:
    from PIL.Image import Image

PINGUS = "pingus-data"

INVADER = (
    ("..#.....#..", "...#...#...", "..#######..", ".##.###.##.", "###########", "#.#######.#",
     "#.#.....#.#", "...##.##..."),
    ("..#.....#..", "#..#...#..#", "#.#######.#", "###.###.###", "###########", ".#########.",
     "..#.....#..", ".#.......#."),
)  # fmt: skip
COLORS = ("#e04050", "#f0a030", "#e8e050", "#50d060", "#50a0f0", "#b060e0")


def stamped(rows: tuple[str, ...], color: str) -> Image:
    """Turn rows of characters into a sprite."""
    from PIL import Image, ImageColor

    made = np.zeros((len(rows), len(rows[0]), 4), np.uint8)
    made[np.array([[letter == "#" for letter in row] for row in rows])] = (
        *ImageColor.getrgb(color)[:3],
        255,
    )
    return Image.fromarray(made)


def enlarged(image: Image, times: int) -> Image:
    return image.resize((image.width * times, image.height * times), 0)


def invaders(_: Material) -> Iterator[Frame]:
    """Ranks of invaders that step sideways in two poses, over stars; two pixels a pixel."""
    from PIL import Image

    rng = np.random.default_rng(4)
    sky = Image.new("RGB", (160, 144), "#080818")
    for x, y, bright in zip(*rng.integers(0, (160, 144, 200), (60, 3)).T, strict=True):
        sky.putpixel((int(x), int(y)), (int(bright),) * 3)
    for step in range(48):
        screen = sky.copy()
        shift = 2 * (step // 2 % 12 if step // 2 // 12 % 2 == 0 else 12 - step // 2 % 12)
        for row in range(5):
            sprite = stamped(INVADER[step // 2 % 2], COLORS[row])
            for column in range(8):
                screen.paste(sprite, (4 + shift + 16 * column, 8 + 14 * row), sprite)
        ship = stamped(("...#...", "..###..", "#######"), COLORS[4])
        screen.paste(ship, (20 + step * 2, 132), ship)
        for shot in range(3):
            x, y = 30 + 40 * shot, 120 - (step * 5 + 40 * shot) % 120
            screen.paste((255, 255, 255), (x, y, x + 1, y + 4))
        yield shown(enlarged(screen, 2), 80)


def tiles(seed: int, width: int, height: int, colors: tuple[str, ...]) -> Image:
    """Speckle a tile with a few colours."""
    from PIL import Image, ImageColor

    rng = np.random.default_rng(seed)
    table = np.array([ImageColor.getrgb(color) for color in colors], np.uint8)
    return Image.fromarray(table[rng.integers(0, len(colors), (height, width))])


def platforms(_: Material) -> Iterator[Frame]:
    """Hills, ground and a runner: three layers that scroll at three speeds, 30 frames a second."""
    from PIL import Image

    far = Image.new("RGB", (512, 120), "#78b8f8")
    near = Image.new("RGBA", (512, 120))
    for x in range(512):
        ridge = 60 + int(18 * math.sin(x * math.tau / 128) + 9 * math.sin(x * math.tau / 64))
        far.paste((88, 152, 200), (x, ridge, x + 1, 120))
        wood = 92 + int(8 * math.sin(x * math.tau / 32))
        near.paste((40, 120 + 20 * (x // 8 % 2), 72, 255), (x, wood, x + 1, 120))
    ground = tiles(5, 16, 16, ("#a06030", "#a86838", "#905020"))
    ground.paste((64, 176, 64), (0, 0, 16, 3))
    for step in range(60):
        screen = Image.new("RGB", (256, 120))
        for layer, speed in ((far, 1), (near, 2)):
            left = step * speed % 256
            part = layer.crop((left, 0, left + 256, 120))
            screen.paste(part, (0, 0), part if part.mode == "RGBA" else None)
        for x in range(-(step * 4 % 16), 256, 16):
            screen.paste(ground, (x, 104))
        height = abs(math.sin(step * math.pi / 20)) * 24
        runner = stamped(INVADER[step // 3 % 2], "#f8f8f8")
        screen.paste(runner, (96, 95 - int(height)), runner)
        yield shown(enlarged(screen, 2), 30)


def walkers(material: Material) -> Iterator[Frame]:
    """Penguins that walk, dig and wait before a still landscape."""
    from PIL import Image

    walk = material.strip(PINGUS, "player0/walker.png", 8, 2)
    bash = material.strip(PINGUS, "player0/digger.png", 14)
    block = material.strip(PINGUS, "player0/blocker.png", 18)
    ground = Image.new("RGB", (320, 180), "#102848")
    ground.paste(tiles(6, 320, 40, ("#604020", "#6c4824", "#543818", "#604020")), (0, 140))
    ground.paste(tiles(7, 320, 5, ("#e8f0ff", "#d0e0f8")), (0, 138))
    for step in range(64):
        screen = ground.copy()
        for number in range(4):
            sprite = walk[8 + (step + 3 * number) % 8]
            screen.paste(sprite, ((20 + 70 * number + 2 * step) % 340 - 20, 107), sprite)
        for place, sprites in ((70, bash), (250, block)):
            sprite = sprites[step % len(sprites)]
            screen.paste(sprite, (place, 107), sprite)
        yield shown(screen, 60)


def hammer(material: Material) -> Iterator[Frame]:
    """One shaded sprite on a clear ground, that strikes and then waits."""
    poses = material.strip(PINGUS, "traps/hammer.png", 13)
    strike = [*range(13), *range(12, -1, -1)]
    for number in strike:
        yield shown(poses[number], 60 if number < 12 else 120)
    for _ in range(6):
        yield shown(poses[0], 180)


RECIPES = (
    Recipe("sprite-hammer", hammer, (PINGUS,)),
    Recipe("sprite-invaders", invaders),
    Recipe("sprite-platforms", platforms),
    Recipe("sprite-walkers", walkers, (PINGUS,)),
)
