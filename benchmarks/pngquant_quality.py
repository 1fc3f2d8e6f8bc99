"""Hold pngquant's quality beside ours: `python -m benchmarks.pngquant_quality PICTURES`.

pngquant's --quality is a scale of mean squared error, ours SSIMULACRA2. Printed are the tables of
`huepress.cli.pngquant.quality`: the score of pngquant's files where a MAX is asked, the median of
each class and the mean of these; the error that it allows at a MIN, as it says itself; and our
error of as many learned colours over what it says of its own, by kind of picture. Then, for numbers
of colours and least qualities: how often both write or neither does. A picture's class is the name
of its folder.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from benchmarks.machine import facts
from benchmarks.pictures import find, load, save_png
from benchmarks.programs import program
from huepress import CompressOptions, Image, fit, metrics
from huepress.cli.pngquant.quality import QUALITIES, error_of, quality_of
from huepress.search.picture import Picture
from huepress.search.tuning import TUNING

COLORS = (256, 128, 64, 32, 16, 8)
LEAST = (30, 40, 50, 60, 65, 70, 75, 80, 85, 90)


def said(source: Path, target: Path, *words: str) -> str:
    """What pngquant says of a picture; 99 is no failure here."""
    command = [program("pngquant"), "-v", "-f", "-o", str(target), *words, str(source)]
    return subprocess.run(command, capture_output=True, text=True).stdout


def scores(image: Image, source: Path, target: Path) -> list[float]:
    """The scores of pngquant's files, by the MAX that is asked."""
    found = []
    for quality in QUALITIES:
        said(source, target, "--quality", f"0-{quality}")
        found.append(metrics.ssimulacra2(image, load(target, image.channels)))
    return found


def limit(source: Path, target: Path, quality: int) -> float:
    """The error that pngquant allows at a MIN, as it says where two colours miss it."""
    match = re.search(
        r"exceeded limit of ([\d.]+)", said(source, target, "-Q", f"{quality}-100", "2")
    )
    return float(match[1]) if match else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pngquant_quality")
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    print("; ".join(f"{name}: {value}" for name, value in facts(chosen.threads).items()))
    by_class: dict[str, list[list[float]]] = defaultdict(list)
    shares: dict[str, list[float]] = defaultdict(list)
    judged: dict[str, Counter[tuple[bool, bool]]] = defaultdict(Counter)
    limits: list[list[float]] = []
    for picture in find(chosen.pictures):
        image = Image.read(picture.path)
        seen = Picture(image, CompressOptions(threads=chosen.threads), TUNING)
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "in.png", Path(folder) / "out.png"
            save_png(image.pixels, source)
            by_class[picture.group].append(scores(image, source, target))
            limits.append([limit(source, target, quality) for quality in QUALITIES[1:]])
            for k in COLORS:
                match = re.search(r"MSE=([\d.]+) \(Q=(\d+)\)", said(source, target, str(k)))
                assert match is not None
                error = error_of(seen.histogram, fit(seen.histogram, k, space="srgb").codebook)
                quality = quality_of(error, seen.kind)
                print(
                    f"{picture.name} {k}: quality {match[2]}, by our error {quality:.0f}",
                    flush=True,
                )
                if 1 <= int(match[2]) <= 98:
                    shares[seen.kind].append(error / float(match[1]))
                for kind, many in (("256 colours", k == 256), ("fewer", k < 256)):
                    for least in LEAST * many:
                        judged[kind][int(match[2]) < least, quality < least] += 1
    medians = {kind: np.median(np.array(found), axis=0) for kind, found in by_class.items()}
    print("MAX       ", *(f"{quality:5}" for quality in QUALITIES))
    for kind, found in medians.items():
        print(f"{kind:10}", *(f"{score:5.1f}" for score in found))
    print(f"{'SCORES':10}", *(f"{score:5.1f}" for score in np.mean(list(medians.values()), axis=0)))
    print(
        f"{'LIMITS':10}  inf",
        *(f"{error:5.1f}" for error in np.nanmedian(np.array(limits), axis=0)),
    )
    for kind, found in shares.items():
        spread = float(np.exp(statistics.pstdev(np.log(found))))
        print(f"SHARES {kind}: {statistics.median(found):.1f}, times or by {spread:.2f}")
    for kind, counts in judged.items():
        alike = (counts[True, True] + counts[False, False]) / counts.total()
        print(
            f"{kind}: {alike:.0%} alike; 99 of both {counts[True, True]}, of pngquant alone "
            f"{counts[True, False]}, of huepress alone {counts[False, True]}, both write "
            f"{counts[False, False]}"
        )


if __name__ == "__main__":
    main()
