"""What a user of Pillow writes to get the best small palette PNG out of it."""

import sys

from PIL import Image

source, target, k = sys.argv[1:]
image = Image.open(source)
if image.mode == "RGBA":
    small = image.quantize(int(k), Image.Quantize.FASTOCTREE)
else:
    small = image.convert("RGB").quantize(int(k), Image.Quantize.MEDIANCUT, kmeans=10)
small.save(target, optimize=True)
