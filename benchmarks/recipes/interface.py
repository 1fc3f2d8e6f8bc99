"""Parts of user interfaces: smooth edges, gradients, fades, slides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks.recipes.recipe import SCALE, Material, Recipe, eased, font, gradient, shown, smooth
from huepress.values.animation import Frame

if TYPE_CHECKING:
    from PIL.Image import Image


def spinner(_: Material) -> Iterator[Frame]:
    """An arc that turns and breathes on white, 64 pixels wide."""
    from PIL import Image, ImageDraw

    for step in range(30):
        large = Image.new("RGB", (64 * SCALE, 64 * SCALE), "#ffffff")
        pen = ImageDraw.Draw(large)
        box = (8 * SCALE, 8 * SCALE, 56 * SCALE, 56 * SCALE)
        pen.arc(box, 0, 360, "#e3e7ee", 6 * SCALE)
        length = 60 + 200 * eased(abs(15 - step) / 15)
        pen.arc(box, step * 24, step * 24 + length, "#2563eb", 6 * SCALE)
        yield shown(smooth(large), 40)


def progress(_: Material) -> Iterator[Frame]:
    """A bar that fills with a gradient, rests, and counts percents."""
    from PIL import Image, ImageDraw

    fill = gradient(16, 320, (56, 189, 248), (129, 60, 248)).rotate(90, expand=True)
    for step in range(90):
        share = eased(step / 34) * 0.6 if step < 50 else 0.6 + 0.4 * eased((step - 50) / 28)
        screen = Image.new("RGB", (320, 72), "#f8fafc")
        large = Image.new("L", (320 * SCALE, 16 * SCALE))
        full = (16 + 288 * share) * SCALE
        ImageDraw.Draw(large).rounded_rectangle((0, 0, full, 16 * SCALE - 1), 8 * SCALE, 255)
        rail = Image.new("L", (320 * SCALE, 16 * SCALE))
        ImageDraw.Draw(rail).rounded_rectangle((0, 0, 304 * SCALE, 16 * SCALE - 1), 8 * SCALE, 255)
        screen.paste((226, 232, 240), (8, 40), smooth(rail))
        screen.paste(fill, (8, 40), smooth(large))
        ImageDraw.Draw(screen).text((8, 12), f"Uploading… {share:.0%}", "#0f172a", font(15))
        yield shown(screen, 50)


def card(title: str, top: tuple[int, ...], bottom: tuple[int, ...]) -> Image:
    """A card with a gradient, a title, and lines of text."""
    from PIL import ImageDraw

    made = gradient(400, 300, top, bottom)
    pen = ImageDraw.Draw(made)
    pen.text((24, 20), title, "#ffffff", font(26, "DejaVuSans-Bold"))
    for row, text in enumerate(("Steps today 8,412", "Distance 6.1 km", "Floors 14", "Heart 62")):
        pen.rounded_rectangle((24, 76 + 52 * row, 376, 116 + 52 * row), 8, (*bottom, 255))
        pen.text((38, 87 + 52 * row), text, "#f1f5f9", font(15))
    return made


def fade(_: Material) -> Iterator[Frame]:
    """One card fades into another and back, with rests between."""
    from PIL import Image

    first = card("Today", (30, 64, 175), (59, 130, 246))
    second = card("Week", (157, 23, 77), (244, 114, 182))
    for step in range(40):
        share = eased((step - 6) / 12) if step < 24 else 1 - eased((step - 24) / 12)
        yield shown(Image.blend(first, second, share), 50)


def slide(_: Material) -> Iterator[Frame]:
    """A panel with a soft shadow slides over a list, stays, and leaves."""
    from PIL import Image, ImageDraw, ImageFilter

    ground = Image.new("RGB", (360, 480), "#ffffff")
    pen = ImageDraw.Draw(ground)
    for row in range(9):
        tint = ("#fca5a5", "#fcd34d", "#86efac", "#93c5fd", "#c4b5fd")[row % 5]
        pen.ellipse((16, 12 + 54 * row, 52, 48 + 54 * row), tint)
        pen.text((66, 14 + 54 * row), f"Message {row + 1}", "#111827", font(14, "DejaVuSans-Bold"))
        pen.text((66, 33 + 54 * row), "See you at the usual place tomorrow", "#6b7280", font(12))
    panel = gradient(250, 480, (49, 46, 129), (30, 27, 75))
    pen = ImageDraw.Draw(panel)
    for row, text in enumerate(("Inbox", "Starred", "Sent", "Drafts", "Settings")):
        pen.text((24, 40 + 44 * row), text, "#e0e7ff", font(16))
    for step in range(44):
        share = eased(step / 12) if step < 30 else 1 - eased((step - 30) / 12)
        right = round(250 * share)
        shadow = Image.new("L", (360, 480))
        ImageDraw.Draw(shadow).rectangle((0, 0, right, 480), round(150 * share))
        screen = ground.copy()
        screen.paste((0, 0, 0), (0, 0), shadow.filter(ImageFilter.GaussianBlur(14)))
        screen.paste(panel, (right - 250, 0))
        yield shown(screen, 40)


RECIPES = (
    Recipe("interface-fade", fade),
    Recipe("interface-progress", progress),
    Recipe("interface-slide", slide),
    Recipe("interface-spinner", spinner),
)
