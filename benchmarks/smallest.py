"""Measure `--format smallest` against `auto`: `python -m benchmarks.smallest PICTURES`.

For each picture: bytes, score and CPU time of both with the default, or with each `--quality`, and
which format won. Then, over all pictures, what is missing to the best score at the qualities that
`Tuning` gives the lossy formats, in doublings, and how many doublings of bytes ten points take.
A picture's class is the name of its folder.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections import Counter, defaultdict

import numpy as np

from benchmarks.machine import facts
from benchmarks.pictures import find
from huepress import CompressOptions, Image, Result, compress, metrics
from huepress.formats import lossy
from huepress.formats.lossy import Coder
from huepress.search.goals import QUALITY_UNIT
from huepress.search.lossy import CODERS
from huepress.search.tuning import TUNING


def timed(image: Image, name: str, quality: float | None, threads: int) -> tuple[Result, float]:
    options = CompressOptions(format=name, quality=quality, threads=threads)
    start = time.process_time()
    result = compress(image, options)
    return result, time.process_time() - start


def curve(image: Image, name: str, threads: int) -> tuple[list[float], list[float]]:
    """What is missing at each quality of the table, and bytes; both in doublings."""
    errors, sizes = [], []
    for quality in TUNING.curve_qualities:
        coder = Coder(name, quality)
        data = lossy.encode(image.pixels, coder, threads=threads)
        score = metrics.ssimulacra2(image, lossy.decode(data, coder), threads=threads)
        errors.append(math.log2(TUNING.base_score - score))
        sizes.append(math.log2(len(data)))
    return errors, sizes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.smallest", description=__doc__)
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--quality", nargs="*", type=float, default=[], help="beside the default")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--curves", action="store_true", help="measure the curves of Tuning too")
    chosen = parser.parse_args()
    print("; ".join(f"{name}: {value}" for name, value in facts(chosen.threads).items()))
    shares: dict[str, list[float]] = defaultdict(list)
    slower: dict[str, list[float]] = defaultdict(list)
    won: dict[str, Counter[str]] = defaultdict(Counter)
    curves: dict[str, list[tuple[list[float], list[float]]]] = defaultdict(list)
    for picture in find(chosen.pictures):
        image = Image.read(picture.path)
        for quality in [None, *chosen.quality]:
            (auto, first), (least, second) = (
                timed(image, name, quality, chosen.threads) for name in ("auto", "smallest")
            )
            share = least.output_bytes / auto.output_bytes
            print(
                f"{picture.name}: auto {auto.output_bytes:,} at {auto.score:.1f} in {first:.1f} s, "
                f"smallest {least.output_bytes:,} at {least.score:.1f} in {second:.1f} s, "
                f"{share - 1:+.0%}: {least.kind}",
                flush=True,
            )
            # Where palettes fall short of the score, bytes say nothing.
            if auto.score > least.score - 1:
                shares[picture.group].append(share)
            slower[picture.group].append(second / first)
            won[picture.group][least.kind.partition(",")[0]] += 1
        for name in CODERS if chosen.curves else ():
            curves[name].append(curve(image, name, chosen.threads))
    for kind, winners in won.items():
        some = shares[kind]
        mean = f"{statistics.geometric_mean(some) - 1:+.0%} bytes" if some else "no equal scores"
        times = statistics.median(slower[kind])
        names = ", ".join(f"{count} {name}" for name, count in winners.most_common())
        print(f"{kind}: {mean} where auto reaches the score, {times:.1f} times the CPU; {names}")
    for name, measured in curves.items():
        errors, sizes = np.median(np.array(measured), axis=0)
        doubling = np.polyfit(np.array(TUNING.curve_qualities) / QUALITY_UNIT, sizes, 1)[0]
        print(f"{name}: missing {np.round(errors, 2).tolist()}, {doubling:.2f} doublings a unit")


if __name__ == "__main__":
    main()
