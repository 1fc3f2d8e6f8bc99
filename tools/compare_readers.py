"""Read every picture below some folders with huepress and with ImageMagick, and compare.

Test pictures of other projects show what readers make of odd files. Fetch some, then::

    pip download --no-binary :all: --no-deps pillow && tar xf pillow-*.tar.gz
    python tools/compare_readers.py pillow-*/Tests/images

Pictures are compared as RGBA bytes, where a clear pixel has no colour. Each file is put into one
line of the table: *alike* (no channel more than one level apart), *close* (no more than three, as
decoders of lossy formats are), *apart*, *size*, or who alone reads it. `--list` names the files.
Nothing of this is part of the tests: every difference needs a reason that a person finds.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import subprocess
import sys
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from huepress.errors import InputError
from huepress.values.image import Image

SUFFIXES = (
    ".png .apng .jpg .jpeg .jfif .mpo .webp .gif .bmp .dib .tif .tiff .avif "
    ".ppm .pgm .pbm .pnm .pfm "
)
SECONDS = 60


def ours(path: Path) -> tuple[NDArray[np.uint8] | None, str]:
    """Return the first frame as (h, w, 4) bytes, or None and why not; warnings in either case."""
    try:
        image = Image.read(path, frame=0)
    except InputError as error:
        return None, str(error).removeprefix(f"{path}: ")
    pixels = image.pixels
    if pixels.shape[2] == 3:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return pixels, "; ".join(image.source.warnings)


def theirs(path: Path, program: str) -> NDArray[np.uint8] | None:
    """Return the first frame as ImageMagick reads it, upright and in sRGB."""
    command = [program, f"{path}[0]", "-auto-orient", "-colorspace", "sRGB", "-depth", "8"]
    command += [
        "-define",
        "pam:colorspace=rgb",
        "-alpha",
        "set",
        "-type",
        "TrueColorAlpha",
        "pam:-",
    ]
    try:
        run = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    head, end, data = run.stdout.partition(b"ENDHDR\n")
    facts = dict(line.split(b" ", 1) for line in head.splitlines()[1:] if b" " in line)
    if not end:
        return None
    shape = tuple(int(facts[name]) for name in (b"HEIGHT", b"WIDTH", b"DEPTH"))
    if shape[2] != 4 or len(data) < np.prod(shape):
        return None
    return np.frombuffer(data, np.uint8, int(np.prod(shape))).reshape(shape)


def verdict(mine: NDArray[np.uint8] | None, other: NDArray[np.uint8] | None) -> tuple[str, int]:
    """Name the kind of agreement, and give the largest difference of a channel."""
    if mine is None or other is None:
        both = mine is None and other is None
        return (
            "neither reads it" if both else f"{'they' if mine is None else 'we'} alone read it",
            0,
        )
    if mine.shape != other.shape:
        return "size", 0
    first, second = (np.where(pixels[..., 3:] > 0, pixels, 0) for pixels in (mine, other))
    difference = int(np.abs(first.astype(np.int16) - second).max())
    return ("alike" if difference <= 1 else "close" if difference <= 3 else "apart"), difference


def main() -> int:
    """Compare, and print the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--list", action="store_true", help="name the files that are not alike")
    arguments = parser.parse_args()
    program = shutil.which("magick") or shutil.which("convert")
    if program is None:
        sys.exit("ImageMagick is not installed")
    logging.disable()
    warnings.simplefilter("ignore")
    files = sorted(
        path
        for folder in arguments.folders
        for path in folder.rglob("*")
        if path.suffix and f"{path.suffix.lower()} " in SUFFIXES
    )
    table: dict[str, list[str]] = defaultdict(list)
    for path in files:
        mine, words = ours(path)
        kind, difference = verdict(mine, theirs(path, program))
        table[kind].append(f"{path}  {difference or ''}  {words}")
    for kind, lines in sorted(table.items(), key=lambda item: -len(item[1])):
        print(f"{len(lines):6}  {kind}")
    for kind, lines in table.items() if arguments.list else ():
        if kind != "alike":
            print(f"\n{kind}", *lines, sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
