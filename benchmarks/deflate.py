"""Measure the zlib writer against zopfli and libdeflate: `python -m benchmarks.deflate PICTURES`.

What is deflated are label planes: the filtered rows of the PNG that `huepress.compress` makes of
each picture, with its defaults or with `-k`, and files that are no picture as they are. Times are
CPU time on one thread, the least of `--repeat` runs. A picture's class is the name of its folder.
"""

from __future__ import annotations

import argparse
import statistics
import struct
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import huepress
from benchmarks.machine import facts
from huepress import _core
from huepress.errors import HuepressError
from huepress.read.png_chunks import SIGNATURE

Deflater = Callable[[bytes], bytes]
EFFORTS = ("normal", "best")
BASE, BEST = "libdeflate 12", "zopfli 15"


@dataclass(frozen=True)
class Outcome:
    n_bytes: int
    seconds: float


def deflaters(zopfli_most: int) -> dict[str, Deflater]:
    """List what is installed; zopfli is left out beyond so many bytes."""
    ways: dict[str, Deflater] = {
        effort: lambda data, effort=effort: _core.deflate(data, effort=effort) for effort in EFFORTS
    }
    ways["zlib 9"] = lambda data: zlib.compress(data, 9)
    try:
        import deflate
    except ImportError:
        print("libdeflate is missing: pip install deflate")
    else:
        for level in (6, 9, 12):
            ways[f"libdeflate {level}"] = lambda data, level=level: bytes(
                deflate.zlib_compress(data, level)
            )
    try:
        import zopfli.zlib
    except ImportError:
        print("zopfli is missing: pip install zopfli")
    else:
        ways[BEST] = lambda data: (
            zopfli.zlib.compress(data, numiterations=15) if len(data) <= zopfli_most else b""
        )
    return ways


def plane(path: Path, k: int | None) -> bytes:
    """Return the filtered rows of the PNG that is made of a picture."""
    made = bytes(huepress.compress(path, **({} if k is None else {"k": k})).encoded)
    rows, at = b"", len(SIGNATURE)
    while at < len(made):
        size, kind = struct.unpack_from(">I4s", made, at)
        if kind == b"IDAT":
            rows += made[at + 8 : at + 8 + size]
        at += 12 + size
    return zlib.decompress(rows)


def planes(paths: list[Path], ks: list[int]) -> Iterator[tuple[str, str, bytes]]:
    """List class, name and bytes of all that is measured."""
    for path in sorted(file for p in paths for file in (p.rglob("*") if p.is_dir() else [p])):
        if not path.is_file():
            continue
        for k in (None, *ks):
            try:
                yield path.parent.name, f"{path.name} {k or 'default'}", plane(path, k)
            except HuepressError as error:
                if k is None:
                    print(f"{path.name} is taken as it is: {error}")
                    yield path.parent.name, path.name, path.read_bytes()
                break


def measured(data: bytes, way: Deflater, repeat: int) -> Outcome:
    least = float("inf")
    for _ in range(repeat):
        start = time.process_time()
        made = way(data)
        least = min(least, time.process_time() - start)
    if made and zlib.decompress(made) != data:
        raise AssertionError("the stream does not hold the data")
    return Outcome(len(made), least)


def report(found: dict[str, list[tuple[str, dict[str, Outcome]]]]) -> None:
    """Print, by class, mean and worst bytes against each peer, and CPU time against libdeflate."""
    for name, rows in found.items():
        print(f"\n{name}: {len(rows)} planes")
        ways = list(rows[0][1])
        for way in ways:
            cells = []
            for peer in (BEST, BASE):
                shares = [
                    (100 * (row[way].n_bytes / row[peer].n_bytes - 1), plane_name)
                    for plane_name, row in rows
                    if peer in row and row[peer].n_bytes and row[way].n_bytes
                ]
                if shares:
                    mean = statistics.fmean(share for share, _ in shares)
                    worst, where = max(shares)
                    cells.append(f"{mean:+7.2f} % of {peer} (worst {worst:+.2f} %, {where})")
            if BASE in ways:
                ratio = statistics.median(row[way].seconds / row[BASE].seconds for _, row in rows)
                cells.append(f"CPU {ratio:.2f}")
            print(f"  {way:14}", "; ".join(cells))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deflate", description=__doc__)
    parser.add_argument("pictures", nargs="+", type=Path, help="pictures, other files or folders")
    parser.add_argument("-k", nargs="*", type=int, default=[], help="numbers of colours as well")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each (3)")
    parser.add_argument(
        "--zopfli-most", type=int, default=1 << 20, help="bytes of the largest plane for zopfli"
    )
    options = parser.parse_args()
    for fact, value in facts(1).items():
        print(f"{fact}: {value}")
    ways = deflaters(options.zopfli_most)
    found: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for name, picture, data in planes(options.pictures, options.k):
        row = {way: measured(data, make, options.repeat) for way, make in ways.items()}
        found[name].append((picture, row))
        sizes = ", ".join(f"{way} {outcome.n_bytes}" for way, outcome in row.items())
        print(f"{name}/{picture}: {len(data)} bytes: {sizes}", flush=True)
    report(found)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
