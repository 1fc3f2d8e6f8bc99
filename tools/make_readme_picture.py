"""Draw the README's before/after picture from `examples/astronaut.png`.

    python tools/make_readme_picture.py

Left the original, right what the search makes of it; the caption states the real file sizes.
"""

from pathlib import Path

import numpy as np
import oxipng
from PIL import Image, ImageDraw, ImageFont

import huepress

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "examples" / "astronaut.png"
TARGET = ROOT / "docs" / "images" / "before-after.png"
QUALITY = 75


def main() -> None:
    """Draw and write it."""
    original = huepress.Image.read(SOURCE)
    result = huepress.compress(original, quality=QUALITY)
    assert result.found is not None
    codes, score = len(result.indexed.codebook), result.found.chosen.score
    window = np.s_[:330, 60:460]
    canvas = np.full((374, 2 * 400 + 12, 3), 255, np.uint8)
    canvas[:330, :400] = original.pixels[window]
    canvas[:330, 412:] = result.indexed.decode()[window]
    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=19)
    for left, text in (
        (0, f"original: {result.distinct_colors:,} colours, {SOURCE.stat().st_size / 1000:.0f} kB"),
        (
            412,
            f"{codes} colours, {result.output_bytes / 1000:.0f} kB, score {score:.0f}",
        ),
    ):
        draw.text((left + 200, 352), text, fill=(40, 40, 40), font=font, anchor="mm")
    # without loss: the left half has to be the original
    picture.save(TARGET)
    TARGET.write_bytes(oxipng.optimize_from_memory(TARGET.read_bytes(), level=6))


if __name__ == "__main__":
    main()
