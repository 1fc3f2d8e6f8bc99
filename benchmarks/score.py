"""What a quantized picture lost: squared error, SSIMULACRA2 and, where it is there, Butteraugli."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.contenders import Pixels
from benchmarks.pictures import save_png
from huepress.metrics import ssimulacra2

BACKGROUNDS = (0, 128, 255)


def over(pixels: Pixels, background: int) -> Pixels:
    """Compose a picture with a grey background."""
    if pixels.shape[2] == 3:
        return pixels
    color, alpha = pixels[..., :3].astype(np.uint32), pixels[..., 3:].astype(np.uint32)
    return ((color * alpha + background * (255 - alpha) + 127) // 255).astype(np.uint8)


def squared_error(original: Pixels, other: Pixels) -> float:
    """sRGB MSE summed over three channels; with alpha, the mean over black and over white."""
    alpha = 4 in (original.shape[2], other.shape[2])
    return float(np.mean([_mse(over(original, b), over(other, b)) for b in (0, 255)[: 1 + alpha]]))


def _mse(original: Pixels, other: Pixels) -> float:
    total = 0
    for rows in range(0, len(original), 256):
        part = original[rows : rows + 256].astype(np.int32) - other[rows : rows + 256]
        total += int(np.square(part).sum())
    return total / (original.shape[0] * original.shape[1])


class Scorer:
    """Scores versions of one original."""

    def __init__(self, original: Pixels) -> None:
        self.original = original

    def mse(self, other: Pixels) -> float:
        return squared_error(self.original, other)

    def ssimulacra2(self, other: Pixels) -> float:
        """100 is identical; with alpha, the worst over black, grey and white."""
        return ssimulacra2(self.original, other, threads=1)

    def butteraugli(self, other: Pixels) -> float:
        """The 3-norm, 0 being identical; with alpha, the worst over black, grey and white."""
        alpha = 4 in (self.original.shape[2], other.shape[2])
        backgrounds = BACKGROUNDS if alpha else (0,)
        return max(_butteraugli(over(self.original, b), over(other, b)) for b in backgrounds)


def has_butteraugli() -> bool:
    return shutil.which("butteraugli_main") is not None


def _butteraugli(original: Pixels, other: Pixels) -> float:
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, "original.png"), Path(folder, "other.png")
        save_png(original, first)
        save_png(other, second)
        command = ["butteraugli_main", str(first), str(second), "--pnorm", "3"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"3-norm: ([0-9.eE+-]+)", said)
    if found is None:
        raise RuntimeError(f"butteraugli_main printed no 3-norm: {said!r}")
    return float(found.group(1))
