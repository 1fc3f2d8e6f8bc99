"""ImageMagick, a program: `-colors`, with its default dithering and without."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.contenders import Command, Contender, Outcome, Peer, Pixels, Timed
from benchmarks.pictures import indexed, load
from benchmarks.programs import imagemagick, version_of


def _version() -> str:
    return version_of(imagemagick(), "-version")


def _fit(pixels: Pixels, k: int, threads: int) -> Timed:
    from PIL import Image

    folder = tempfile.TemporaryDirectory()
    source, target = Path(folder.name, "source.ppm"), Path(folder.name, "target.ppm")
    Image.fromarray(pixels).save(source)
    command = [imagemagick(), str(source), "+dither", "-colors", str(k), str(target)]

    def read() -> Outcome:
        _ = folder  # lives as long as this function does
        return indexed(load(target, 3))

    def run() -> Callable[[], Outcome]:
        subprocess.run(command, check=True)
        return read

    return run


def _convert(
    source: Path, target: Path, k: int, threads: int, *, dithered: bool
) -> Sequence[Sequence[str]]:
    dither = () if dithered else ("+dither",)
    return [[imagemagick(), str(source), *dither, "-colors", str(k), f"PNG8:{target}"]]


PEER = Peer(
    "ImageMagick",
    _version,
    contenders=(Contender("ImageMagick +dither (whole command)", "fit", _fit, in_process=False),),
    commands=(
        Command("ImageMagick -colors", partial(_convert, dithered=True)),
        Command("ImageMagick +dither -colors", partial(_convert, dithered=False)),
    ),
)
