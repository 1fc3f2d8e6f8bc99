"""huepress itself: the three efforts, clustering in sRGB and in Oklab."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from shutil import which

from benchmarks.contenders import Command, Contender, Outcome, Peer, Pixels, Timed

EFFORTS = ("fast", "default", "best")
SPACES = ("srgb", "oklab")


def _version() -> str:
    import huepress

    return huepress.__version__


def _fit(pixels: Pixels, k: int, threads: int, *, effort: str, space: str) -> Timed:
    from huepress import Histogram, fit, nearest

    def run() -> Outcome:
        histogram = Histogram.of(pixels, threads=threads)
        fitted = fit(histogram, k, effort=effort, space=space, threads=threads)
        indexed = nearest(pixels, fitted.codebook, space=space, threads=threads)
        return indexed.codebook.colors, indexed.labels

    return run


def _diffusion(pixels: Pixels, k: int, threads: int, *, space: str) -> Timed:
    from huepress import Histogram, error_diffusion, fit

    codebook = fit(Histogram.of(pixels, threads=threads), k, space=space, threads=threads).codebook

    def run() -> Outcome:
        indexed = error_diffusion(pixels, codebook, space=space, threads=threads)
        return indexed.codebook.colors, indexed.labels

    return run


def program() -> list[str]:
    """The command line of the same installation as the library."""
    beside = Path(sys.executable).with_name("huepress")
    return [str(beside) if beside.exists() else which("huepress") or "huepress"]


def _compress(
    source: Path, target: Path, k: int, threads: int, *, effort: str
) -> Sequence[Sequence[str]]:
    return [
        [
            *program(),
            "compress",
            *("--force", "--allow-larger", "--effort", effort),
            *("-k", str(k), "--threads", str(threads)),
            *("-o", str(target), str(source)),
        ]
    ]


PEER = Peer(
    "huepress",
    _version,
    contenders=(
        *(
            Contender(
                f"huepress {effort}, {space}",
                "fit",
                partial(_fit, effort=effort, space=space),
                alpha=True,
            )
            for space in SPACES
            for effort in EFFORTS
        ),
        *(
            Contender(
                f"huepress, {space}", "diffusion", partial(_diffusion, space=space), alpha=True
            )
            for space in SPACES
        ),
    ),
    commands=tuple(
        Command(f"huepress compress --effort {effort}", partial(_compress, effort=effort))
        for effort in EFFORTS
    ),
)
