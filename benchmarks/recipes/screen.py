"""Screen captures: a picture that stands still under a pointer, windows, menus, pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from benchmarks.recipes.recipe import (
    CORPUS,
    SCALE,
    Material,
    Recipe,
    eased,
    font,
    gradient,
    shown,
    smooth,
)
from huepress.values.animation import Frame

if TYPE_CHECKING:
    from PIL.Image import Image

ARROW = ((0, 0), (0, 17), (4, 13), (7, 19), (10, 18), (7, 12), (12, 12))
WORDS = "the quick brown fox jumps over the lazy dog "


def pointer() -> Image:
    """Draw an arrow with a white rim and smooth edges."""
    from PIL import Image, ImageDraw

    large = Image.new("RGBA", (16 * SCALE, 24 * SCALE))
    corners = [((x + 1) * SCALE, (y + 1) * SCALE) for x, y in ARROW]
    pen = ImageDraw.Draw(large)
    pen.polygon(corners, "black")
    pen.line([*corners, corners[0]], "white", SCALE, "curve")
    return smooth(large)


def along(stops: Sequence[tuple[int, int]], steps: int, rest: int) -> Iterator[tuple[int, int]]:
    """Move from stop to stop as a hand does, and rest at each."""
    for (x, y), (to_x, to_y) in pairwise(stops):
        for step in range(steps):
            share = eased(step / steps)
            yield round(x + (to_x - x) * share), round(y + (to_y - y) * share)
        for _ in range(rest):
            yield to_x, to_y


def with_pointer(screen: Image, place: tuple[int, int], duration: int) -> Frame:
    """Put the pointer on a copy of the screen."""
    copy, arrow = screen.copy(), pointer()
    copy.paste(arrow, place, arrow)
    return shown(copy, duration)


def page(material: Material) -> Iterator[Frame]:
    """A pointer over a page of documentation, at rest for half of the time."""
    screen = material.picture("ui/rustbook.png").crop((0, 0, 640, 450))
    stops = ((600, 400), (90, 205), (110, 375), (340, 30), (480, 240))
    for place in along(stops, 9, 8):
        yield with_pointer(screen, place, 50)


def scroll(material: Material) -> Iterator[Frame]:
    """A page that is scrolled in three sweeps."""
    whole = material.picture("ui/nodefs.png")
    for _, top in along(((0, 0), (0, 140), (0, 420), (0, 540)), 12, 6):
        yield shown(whole.crop((0, top, 480, top + 360)), 60)


def window(title: str, width: int, height: int, body: Image | None = None) -> Image:
    """Draw a window with a title, buttons and lines of text, or with a body."""
    from PIL import Image, ImageDraw

    made = Image.new("RGB", (width, height), "#fafafa")
    made.paste(gradient(width, 24, (240, 240, 240), (214, 214, 214)), (0, 0))
    pen = ImageDraw.Draw(made)
    pen.rectangle((0, 0, width - 1, height - 1), None, "#a0a0a0")
    pen.text((width // 2, 12), title, "#303030", font(12), anchor="mm")
    for number, color in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        large = Image.new("RGBA", (12 * SCALE, 12 * SCALE))
        ImageDraw.Draw(large).ellipse((0, 0, 12 * SCALE - 1, 12 * SCALE - 1), color)
        dot = smooth(large)
        made.paste(dot, (8 + 18 * number, 6), dot)
    if body is not None:
        made.paste(body.crop((0, 0, width - 2, height - 25)), (1, 24))
        return made
    for row in range((height - 40) // 18):
        length = width - 30 - 37 * (row * 7 % 5)
        pen.text((12, 32 + 18 * row), WORDS * 3, "#333333", font(11))
        pen.rectangle((length, 32 + 18 * row, width - 2, 48 + 18 * row), "#fafafa")
    return made


def desktop(width: int, height: int) -> Image:
    """A wallpaper of a gradient and smooth hills, and a bar at its foot."""
    from PIL import Image, ImageDraw

    made = gradient(width, height, (40, 80, 150), (240, 170, 120))
    for number, color in enumerate(((70, 70, 120), (50, 50, 95), (30, 32, 66))):
        large = Image.new("L", (width * SCALE, height * SCALE))
        top = height * SCALE * (11 + 2 * number) // 18
        middle = width * SCALE * (number * 2 + 1) // 6
        box = (middle - width * SCALE, top, middle + width * SCALE, top + 3 * height * SCALE)
        ImageDraw.Draw(large).ellipse(box, 255)
        made.paste(color, (0, 0), smooth(large))
    pen = ImageDraw.Draw(made)
    pen.rectangle((0, height - 28, width, height), "#20222e")
    pen.text((width - 44, height - 21), "12:07", "#e8e8e8", font(12))
    return made


def drag(_: Material) -> Iterator[Frame]:
    """A window that is dragged over a desktop by its title."""
    ground, moved = desktop(640, 400), window("Notes", 260, 180)
    ground.paste(window("Mail", 300, 210), (310, 40))
    for x, y in along(((40, 30), (210, 150), (60, 120), (340, 170)), 12, 4):
        screen = ground.copy()
        screen.paste(moved, (x, y))
        yield with_pointer(screen, (x + 130, y + 8), 50)


ITEMS = (
    "New file",
    "Open…",
    "Open recent",
    "Save",
    "Save as…",
    "Export",
    "Print…",
    "Close",
    "Quit",
)


def menu(chosen: int, share: float) -> Image:
    """A menu, unrolled in part, with one item chosen."""
    from PIL import Image, ImageDraw

    made = Image.new("RGB", (180, 24 * len(ITEMS) + 8), "#ffffff")
    pen = ImageDraw.Draw(made)
    for row, item in enumerate(ITEMS):
        if row == chosen:
            pen.rectangle((2, 4 + 24 * row, 177, 27 + 24 * row), "#2f6fde")
        pen.text((14, 8 + 24 * row), item, "#ffffff" if row == chosen else "#202020", font(13))
    made = made.crop((0, 0, 180, max(8, int(made.height * min(share, 1)))))
    ImageDraw.Draw(made).rectangle((0, 0, 179, made.height - 1), None, "#b0b0b0")
    return made


def large(material: Material) -> Iterator[Frame]:
    """1280×720: a menu opens over a window with a page, and the pointer goes down its items."""
    ground = desktop(1280, 720)
    ground.paste(window("Book", 900, 600, material.picture("ui/rustbook.png")), (190, 50))
    for step in range(8):
        yield with_pointer(ground, (700 - 60 * step, 500 - 52 * step), 50)
    for step in range(22):
        screen = ground.copy()
        screen.paste(menu((step - 6) // 2 if step > 6 else -1, (step + 1) / 6), (270, 76))
        yield with_pointer(screen, (290 + step, 80 + max(0, step - 6) * 12), 50)


def form(_: Material) -> Iterator[Frame]:
    """A form in which names are typed and an item is taken from a list."""
    from PIL import ImageDraw

    words = ("Ada Lovelace", "ada@example.org", "Open…")
    empty = window("Sign up", 400, 300, gradient(400, 300, (250, 250, 252), (236, 238, 244)))
    letters = 0
    total = sum(map(len, words[:2]))
    for step in range(58):
        letters = min(total, max(0, step - 3))
        screen = empty.copy()
        pen = ImageDraw.Draw(screen)
        left = letters
        for row, label in enumerate(("Name", "Mail", "Then")):
            top = 60 + 64 * row
            pen.text((30, top - 18), label, "#555555", font(12))
            active = row == (0 if letters < len(words[0]) else 1 if letters < total else 2)
            rim = "#2f6fde" if active else "#b8b8c0"
            pen.rounded_rectangle((30, top, 370, top + 30), 5, "#ffffff", rim, 1 + active)
            written = words[row][:left] if row < 2 else words[2] if step > 52 else ""
            left = max(0, left - len(words[row])) if row < 2 else 0
            pen.text((38, top + 7), written, "#1a1a1a", font(13))
        if 36 <= step <= 52:
            screen.paste(menu((step - 40) // 4 if step > 40 else -1, (step - 33) / 6), (190, 70))
        yield with_pointer(screen, (330 - max(0, step - 28), 260 - max(0, step - 40) * 7), 80)


RECIPES = (
    Recipe("screen-drag", drag),
    Recipe("screen-form", form),
    Recipe("screen-large", large, (CORPUS,)),
    Recipe("screen-page", page, (CORPUS,)),
    Recipe("screen-scroll", scroll, (CORPUS,)),
)
