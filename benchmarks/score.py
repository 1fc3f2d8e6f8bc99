"""What a quantized picture lost: squared error, SSIMULACRA2 and, where they are, other opinions."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders import Pixels
from benchmarks.pictures import save_png
from huepress.metrics import ssimulacra2

BACKGROUNDS = (0, 128, 255)
LEAST_SIDE = 225
"""Below it huepress scores a picture as a tile of a mosaic; the other measures get the mosaic."""


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
        return max(_butteraugli(*pair) for pair in self._seen(other))

    def cvvdp(self, other: Pixels, display: str) -> float:
        """JOD, 10 being identical; with alpha, the worst over black, grey and white."""
        return min(_cvvdp(*pair, display) for pair in self._seen(other))

    def _seen(self, other: Pixels) -> Iterator[tuple[Pixels, Pixels]]:
        alpha = 4 in (self.original.shape[2], other.shape[2])
        for background in BACKGROUNDS if alpha else (0,):
            yield mosaic(over(self.original, background)), mosaic(over(other, background))


def mosaic(pixels: Pixels, least: int = LEAST_SIDE) -> Pixels:
    """Set a small picture beside its mirror images until each side has enough pixels."""
    height, width, _ = pixels.shape
    more = [(0, (math.ceil(least / side) - 1) * side) for side in (height, width)]
    return np.pad(pixels, (*more, (0, 0)), mode="symmetric")


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


def cvvdp_version() -> str:
    return f"cvvdp {version('cvvdp')}"


@cache
def _model(display: str) -> Any:
    import torch
    from pycvvdp import cvvdp

    torch.set_num_threads(1)
    return cvvdp(display_name=display, device=torch.device("cpu"), quiet=True)


def _cvvdp(original: Pixels, other: Pixels, display: str) -> float:
    quality, _ = _model(display).predict(other, original, dim_order="HWC")
    return float(quality)
