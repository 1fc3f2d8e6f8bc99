"""Make clips to measure moving pictures on: `python -m benchmarks.clips FOLDER`.

Each clip becomes a folder of frames, `NAME/000.png` and so on, with their durations in milliseconds
in `NAME/durations.json`, and the same as one file, `NAME.png`, an APNG. The recipes are in
`benchmarks.recipes`, by kind; every second one by name is to tune on, the others are to check.
What needs pictures that are not here is left out, by name. Pingus's sprites are fetched from a
Debian package, which is unpacked, not installed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.pictures import save_png
from benchmarks.recipes import RECIPES
from benchmarks.recipes.recipe import Material, Recipe
from huepress.values.animation import Frame

HALVES = ("tune", "check")
CORPUS = Path(__file__).parents[2] / "shared/corpus"
"""Beside the project, where there is one."""


def half(recipe: Recipe) -> str:
    """Tell what a clip is for: in turn, by name."""
    return HALVES[RECIPES.index(recipe) % 2]


def save(frames: Sequence[Frame], folder: Path) -> None:
    """Write frames as a folder, and as an APNG beside it."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames):
        save_png(frame.pixels, folder / f"{number:03}.png")
    durations = [frame.duration for frame in frames]
    (folder / "durations.json").write_text(json.dumps(durations))
    first, *others = (Image.fromarray(frame.pixels) for frame in frames)
    # Whole canvases that replace each other: Pillow's blending is another's to test.
    first.save(
        folder.with_suffix(".png"), save_all=True, append_images=others, duration=durations,
        loop=0, disposal=0, blend=0, default_image=False,
    )  # fmt: skip


def load(folder: Path) -> list[Frame]:
    """Read what `save` wrote."""
    import numpy as np
    from PIL import Image

    durations = json.loads((folder / "durations.json").read_text())
    frames = []
    for number, duration in enumerate(durations):
        with Image.open(folder / f"{number:03}.png") as image:
            frames.append(Frame(np.asarray(image), duration))
    return frames


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clips", description=__doc__)
    parser.add_argument("folder", type=Path, help="is made")
    parser.add_argument("--half", choices=HALVES, help="both by default")
    parser.add_argument("--names", nargs="+", default=[], help="or beginnings; all by default")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="pictures; see `docs`")
    parser.add_argument("--packages", type=Path, help="where packages are unpacked; in FOLDER")
    options = parser.parse_args()
    material = Material(options.corpus, options.packages or options.folder / "packages")
    for recipe in RECIPES:
        if options.half not in (None, half(recipe)):
            continue
        if options.names and not recipe.name.startswith(tuple(options.names)):
            continue
        if missing := [need for need in recipe.needs if not material.has(need)]:
            print(f"{recipe.name}: left out, as there is no {missing[0]}")
            continue
        frames = list(recipe.draw(material))
        save(frames, options.folder / recipe.name)
        height, width, channels = frames[0].pixels.shape
        seconds = sum(frame.duration for frame in frames) / 1000
        print(
            f"{recipe.name}: {width}×{height}×{channels}, {len(frames)} frames, {seconds:.1f} s, "
            f"{half(recipe)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
