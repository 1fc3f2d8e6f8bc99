"""Film-like clips: grain that is new in each frame, slow motion, light that flickers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.recipes.recipe import CORPUS, Material, Recipe, gradient, shown
from huepress.values.animation import Frame

if TYPE_CHECKING:
    from PIL.Image import Image


def grained(image: Image, rng: np.random.Generator, strength: float, gain: float = 1) -> Image:
    """Add soft grey grain, stronger in the middle tones, after a gain."""
    from PIL import Image

    pixels: NDArray[np.float64] = np.asarray(image) * gain
    noise = rng.normal(0, strength, pixels.shape[:2])
    noise = (noise + np.roll(noise, 1, 0) + np.roll(noise, 1, 1)) / np.sqrt(3)
    tones = 1 - np.abs(pixels.mean(2) / 127.5 - 1) ** 2
    return Image.fromarray(
        np.clip(pixels + (noise * tones)[..., None] + 0.5, 0, 255).astype(np.uint8)
    )


def portrait(material: Material) -> Iterator[Frame]:
    """A face in slow motion, with grain."""
    rng = np.random.default_rng(10)
    picture = material.picture("photo/girl.png")
    for step in range(24):
        box = (40 + step * 0.7, 20, 680 + step * 0.7, 448)
        yield shown(grained(picture.resize((320, 214), 1, box=box), rng, 5), 40)


def market(material: Material) -> Iterator[Frame]:
    """A still camera on a crowded picture, with faint grain and a little flicker."""
    rng = np.random.default_rng(11)
    picture = material.picture("photo/fruit_stand.png").resize((400, 266), 1)
    for step in range(24):
        yield shown(grained(picture, rng, 2, 1 + 0.02 * np.sin(step)), 50)


def dusk(_: Material) -> Iterator[Frame]:
    """A sun that sinks through a smooth sky, with grain."""
    from PIL import Image, ImageDraw, ImageFilter

    rng = np.random.default_rng(12)
    for step in range(36):
        late = step / 35
        sky = gradient(320, 240, (int(60 - 30 * late), 70, 120), (255, int(170 - 60 * late), 90))
        glow = Image.new("L", (320, 240))
        ImageDraw.Draw(glow).ellipse((130, 90 + 2 * step, 190, 150 + 2 * step), 255)
        sky.paste((255, 240, 200), (0, 0), glow.filter(ImageFilter.GaussianBlur(6)))
        ImageDraw.Draw(sky).polygon(
            ((0, 240), (0, 200), (110, 180), (320, 214), (320, 240)), "#1c1828"
        )
        yield shown(grained(sky, rng, 3), 60)


def candle(_: Material) -> Iterator[Frame]:
    """A room lit by a flame: only the brightness changes, smoothly, everywhere."""
    rng = np.random.default_rng(13)
    y, x = np.mgrid[0:240, 0:320]
    level = 1.0
    for _ in range(40):
        level += (1 - level) * 0.3 + rng.normal(0, 0.06)
        reach = 150 * level
        light = np.exp(-np.hypot(x - 160, (y - 110) * 1.1) / reach)
        wall = 0.75 + 0.25 * np.sin(x / 9.0) * (y > 150)
        room = light[..., None] * wall[..., None] * (255, 176, 92)
        yield Frame(np.clip(room + 0.5, 0, 255).astype(np.uint8), 50)


RECIPES = (
    Recipe("film-candle", candle),
    Recipe("film-dusk", dusk),
    Recipe("film-market", market, (CORPUS,)),
    Recipe("film-portrait", portrait, (CORPUS,)),
)
