"""Pillow: its two quantizers for RGB, one of them refined by ten k-means iterations."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.contenders import Command, Contender, Outcome, Peer, Pixels, Timed

SCRIPT = Path(__file__).with_name("pillow_script.py")


def _version() -> str:
    import PIL

    return PIL.__version__


def _fit(pixels: Pixels, k: int, threads: int, *, method: str, kmeans: int = 0) -> Timed:
    from PIL import Image

    chosen = Image.Quantize[method]
    mode = "RGB" if pixels.shape[2] == 3 else "RGBA"

    def run() -> Outcome:
        quantized = Image.fromarray(pixels).quantize(k, chosen, kmeans)
        return _palette(quantized, mode), np.asarray(quantized)

    return run


def _diffusion(pixels: Pixels, k: int, threads: int) -> Timed:
    from PIL import Image

    codebook = Image.fromarray(pixels).quantize(k, Image.Quantize.MEDIANCUT)

    def run() -> Outcome:
        dither = Image.Dither.FLOYDSTEINBERG
        quantized = Image.fromarray(pixels).quantize(palette=codebook, dither=dither)
        return _palette(quantized, "RGB"), np.asarray(quantized)

    return run


def _palette(quantized: object, mode: str) -> Pixels:
    return np.array(quantized.getpalette(mode), np.uint8).reshape(-1, len(mode))


def _script(source: Path, target: Path, k: int, threads: int) -> Sequence[Sequence[str]]:
    return [[sys.executable, str(SCRIPT), str(source), str(target), str(k)]]


PEER = Peer(
    "Pillow",
    _version,
    contenders=(
        Contender("Pillow FASTOCTREE", "fit", partial(_fit, method="FASTOCTREE"), alpha=True),
        Contender("Pillow MEDIANCUT", "fit", partial(_fit, method="MEDIANCUT")),
        Contender(
            "Pillow MEDIANCUT, kmeans=10", "fit", partial(_fit, method="MEDIANCUT", kmeans=10)
        ),
        Contender("Pillow", "diffusion", _diffusion),
    ),
    commands=(Command("Pillow script", _script),),
)
