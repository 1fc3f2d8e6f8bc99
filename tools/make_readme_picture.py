"""Draw the README's before/after picture from `examples/astronaut.png`.

    python tools/make_readme_picture.py

Left half original, right half 64 codes; the caption states the real file sizes.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import huepress

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "examples" / "astronaut.png"
TARGET = ROOT / "docs" / "images" / "before-after.png"
K = 64


def main() -> None:
    original = huepress.Image.read(SOURCE)
    result = huepress.compress(original, k=K, dither="diffusion", dither_strength=0.5)
    before = original.pixels[:360, 40:460]
    after = result.indexed.decode()[:360, 40:460]
    canvas = np.full((404, 2 * 420 + 12, 3), 255, np.uint8)
    canvas[:360, :420], canvas[:360, 432:] = before, after
    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=19)
    for left, text in (
        (0, f"original: {result.distinct_colors:,} colours, {SOURCE.stat().st_size / 1000:.0f} kB"),
        (432, f"huepress: {K} colours, {result.output_bytes / 1000:.0f} kB"),
    ):
        draw.text((left + 210, 382), text, fill=(40, 40, 40), font=font, anchor="mm")
    huepress.compress(np.asarray(picture), k=256, effort="best").save(TARGET, overwrite=True)


if __name__ == "__main__":
    main()
