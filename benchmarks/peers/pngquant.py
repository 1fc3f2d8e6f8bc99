"""pngquant (GPL), a program: alone, and finished by oxipng as careful users do."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.contenders import Command, Contender, Outcome, Peer, Pixels, Timed
from benchmarks.pictures import indexed, load
from benchmarks.programs import program, version_of


def _version() -> str:
    return version_of(program("pngquant"))


def _version_with_oxipng() -> str:
    return f"{_version()} + {version_of(program('oxipng'))}"


def quantize(
    source: Path, target: Path, k: int, threads: int, *, speed: int, dithered: bool
) -> Sequence[Sequence[str]]:
    """The stages of pngquant alone."""
    dither = () if dithered else ("--nofs",)
    options = ("--force", "--strip", "--speed", str(speed), *dither, "--output", str(target))
    return [[program("pngquant"), *options, str(k), "--", str(source)]]


def quantize_and_finish(
    source: Path, target: Path, k: int, threads: int, *, speed: int, dithered: bool
) -> Sequence[Sequence[str]]:
    """The stages of pngquant and oxipng, level 4."""
    finish = ("-o", "4", "--quiet", "--strip", "safe", "--threads", str(threads))
    return [
        *quantize(source, target, k, threads, speed=speed, dithered=dithered),
        [program("oxipng"), *finish, str(target)],
    ]


def _fit(pixels: Pixels, k: int, threads: int) -> Timed:
    from PIL import Image

    folder = tempfile.TemporaryDirectory()
    source, target = Path(folder.name, "source.png"), Path(folder.name, "target.png")
    Image.fromarray(pixels).save(source, compress_level=1)
    stage = quantize(source, target, k, threads, speed=4, dithered=False)[0]

    def read() -> Outcome:
        _ = folder  # lives as long as this function does
        return indexed(load(target, pixels.shape[2]))

    def run() -> Callable[[], Outcome]:
        subprocess.run(stage, check=True)
        return read

    return run


def _names(finished: str) -> list[tuple[str, int, bool]]:
    return [
        (f"pngquant --speed {speed}{'' if dithered else ' --nofs'}{finished}", speed, dithered)
        for speed in (4, 1)
        for dithered in (True, False)
    ]


PEER = Peer(
    "pngquant",
    _version,
    contenders=(
        Contender(
            "pngquant --speed 4 --nofs (whole command)", "fit", _fit, alpha=True, in_process=False
        ),
    ),
    commands=tuple(
        Command(name, partial(quantize, speed=speed, dithered=dithered))
        for name, speed, dithered in _names("")
    ),
)
WITH_OXIPNG = Peer(
    "pngquant + oxipng",
    _version_with_oxipng,
    commands=tuple(
        Command(name, partial(quantize_and_finish, speed=speed, dithered=dithered))
        for name, speed, dithered in _names(" + oxipng -o 4")
    ),
)
