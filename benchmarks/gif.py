"""Measure stills as GIF against gifsicle and Pillow: `python -m benchmarks.gif PICTURES`.

First the writer: the labels that Pillow and huepress choose, written by Pillow, by `gifsicle -O3`
and by huepress. Then bytes at equal score: `huepress.compress` with several qualities, beside the
frontier of Pillow's palettes with and without its dithering, through `gifsicle -O3` without losses
and with several. Alpha is laid on white. A picture's class is the name of its folder.
"""

from __future__ import annotations

import argparse
import io
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL import Image as Pillow

import huepress
from benchmarks.contenders import Pixels
from benchmarks.machine import facts
from benchmarks.pictures import find
from benchmarks.rd import Curve, bd_rate
from benchmarks.score import Scorer, over
from huepress.formats import gif
from huepress.values.codebook import Codebook
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage

WHITE = 255


@dataclass
class Found:
    """What was measured of the pictures of one class."""

    shares: dict[str, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    seconds: list[float] = field(default_factory=list)


def optimized(data: bytes, lossy: int = 0) -> bytes:
    """Hand a GIF to gifsicle."""
    command = ["gifsicle", "--no-warnings", "-O3", *([f"--lossy={lossy}"] if lossy else [])]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def written(image: Pillow.Image) -> bytes:
    """Write a palette image as Pillow does."""
    stream = io.BytesIO()
    image.save(stream, "GIF", optimize=True)
    return stream.getvalue()


def decoded(data: bytes) -> Pixels:
    with Pillow.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def quantized(pixels: Pixels, k: int) -> Iterator[Pillow.Image]:
    """Choose a palette as Pillow's users do, without and with dithering."""
    image = Pillow.fromarray(pixels)
    plain = image.quantize(k, Pillow.Quantize.MEDIANCUT, kmeans=3)
    yield plain
    yield image.quantize(k, palette=plain, dither=Pillow.Dither.FLOYDSTEINBERG)


def peers(pixels: Pixels, scorer: Scorer, colors: list[int], lossy: list[int]) -> Curve:
    points = []
    for k in colors:
        for image in quantized(pixels, k):
            for loss in lossy:
                data = optimized(written(image), loss)
                points.append((scorer.ssimulacra2(decoded(data)), float(len(data))))
    return points


def measure_writer(found: Found, name: str, indexed: IndexedImage) -> None:
    """Write the same labels in all ways."""
    image = Pillow.fromarray(indexed.labels.astype(np.uint8))
    image.putpalette(indexed.codebook.rgba[:, :3].tobytes())
    theirs = written(image)
    ours = len(gif.encode(indexed))
    for peer, data in (("Pillow", theirs), ("gifsicle -O3", optimized(theirs))):
        found.shares[f"writer, by {peer}"].append((ours / len(data) - 1, name))


def measure(found: Found, name: str, pixels: Pixels, options: argparse.Namespace) -> None:
    """Measure one picture."""
    scorer, points = Scorer(pixels), []
    for quality in options.qualities:
        start = time.process_time()
        made = huepress.compress(Image(pixels), format="gif", quality=quality, threads=1)
        found.seconds.append(time.process_time() - start)
        points.append((scorer.ssimulacra2(made.indexed.decode()), float(len(made.encoded))))
    measure_writer(found, name, made.indexed)
    labels = next(quantized(pixels, 64))
    colors = np.array(labels.getpalette(), np.uint8).reshape(-1, 3)
    used, places = np.unique(np.asarray(labels), return_inverse=True)
    if len(np.unique(colors[used], axis=0)) == len(used):
        places = places.reshape(pixels.shape[:2]).astype(np.uint8)
        measure_writer(found, name, IndexedImage(Codebook(colors[used]), places))
    rate = bd_rate(points, peers(pixels, scorer, options.colors, options.lossy), options.floor)
    if rate is None:
        print(f"{name}: no common range of scores")
    else:
        found.shares["at equal score"].append((rate, name))
        print(f"{name}: {100 * rate:+.1f} % at equal score", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gif", description=__doc__)
    parser.add_argument("pictures", nargs="+", help="pictures or folders")
    parser.add_argument("--side", type=int, default=600, help="longest side; larger are scaled")
    parser.add_argument("--colors", type=int, nargs="+", default=[256, 64, 16], help="of peers")
    parser.add_argument("--lossy", type=int, nargs="+", default=[0, 20, 60, 140], help="of peers")
    parser.add_argument(
        "--qualities", type=float, nargs="+", default=[45, 55, 65, 75, 85, 95], help="of huepress"
    )
    parser.add_argument("--floor", type=float, default=40, help="lowest score (40)")
    options = parser.parse_args()
    for fact, value in facts(1).items():
        print(f"{fact}: {value}")
    classes: dict[str, Found] = defaultdict(Found)
    for picture in find(options.pictures):
        pixels = over(picture.read(), WHITE)
        if max(pixels.shape[:2]) > options.side:
            image = Pillow.fromarray(pixels)
            image.thumbnail((options.side, options.side), Pillow.Resampling.LANCZOS)
            pixels = np.asarray(image)
        measure(classes[picture.group], picture.name, np.ascontiguousarray(pixels), options)
    for group, found in classes.items():
        print(f"\n{group}, median CPU time of a search {statistics.median(found.seconds):.2f} s")
        for what, shares in found.shares.items():
            mean = statistics.fmean(share for share, _ in shares)
            worst, where = max(shares)
            print(f"  {what:24}{100 * mean:+7.1f} % (worst {100 * worst:+.1f} %, {where})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
