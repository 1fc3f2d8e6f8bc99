"""Many files at once: `python -m benchmarks.many FOLDERS... --count 500`.

The peers are what a web developer runs today: `xargs -P N` of pngquant at its slowest, finished by
oxipng level 4, each file on one thread. huepress takes the whole folder with N jobs. Both get the
same files; where a result is missing, or larger than its original, the original counts.
The peers' score is that of their 256 colours, or of `--colors`; huepress is asked for each of
`--wishes`: `default`, `fast`, a quality Q, or `fast:Q`, and of the wishes with a median score no
lower than the peers' the one of least bytes is named. Clock and CPU
time of whole commands count, their start included.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from benchmarks.machine import facts
from benchmarks.programs import program, version_of

PEERS = "pngquant --speed 1 + oxipng -o 4"

ONE = (
    '{pngquant} --force --strip --speed 1 --output "$2/${{1##*/}}" {colors} -- "$1" && '
    '{oxipng} -o 4 --quiet --strip safe --threads 1 "$2/${{1##*/}}"'
)


class Run(NamedTuple):
    """What a command took, and what came out, file by file."""

    name: str
    seconds: float
    cpu: float
    peak: int
    """KiB of the largest process."""
    sizes: dict[str, int]
    scores: dict[str, float]
    missing: int

    @property
    def median(self) -> float:
        return statistics.median(self.scores.values())

    @property
    def total(self) -> int:
        return sum(self.sizes.values())


def gathered(folders: list[Path], count: int, most: int, into: Path) -> list[Path]:
    """Copy PNGs spread evenly over folders and their files, each content once, by size."""
    from PIL import Image

    seen: set[str] = set()
    taken = []
    for folder in folders:
        fitting = []
        for path in sorted(folder.rglob("*.png")):
            if path.is_symlink() or not path.is_file():
                continue
            with Image.open(path) as image:
                is_still = getattr(image, "n_frames", 1) == 1
                if not is_still or math.prod(image.size) > most or min(image.size) < 16:
                    continue
            digest = sha256(path.read_bytes()).hexdigest()
            if digest not in seen:
                seen.add(digest)
                fitting.append(path)
        share = min(len(fitting), -(-count // len(folders)))
        chosen = [fitting[i * len(fitting) // share] for i in range(share)]
        for number, path in enumerate(chosen):
            target = into / f"{folder.name}-{number}-{path.name}"
            shutil.copyfile(path, target)
            taken.append(target)
    return taken


def timed(command: list[str], data: bytes = b"") -> tuple[float, float, int]:
    """Run a command: seconds, CPU seconds, and KiB of its largest process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command, input=data, check=False, **quiet)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, after.ru_maxrss


def scored(output: Path, original: Path) -> float:
    """Score an output; it is a worker's, so that scoring takes all cores."""
    import logging

    from huepress import Image, metrics

    logging.getLogger("huepress").setLevel(logging.ERROR)
    first, second = Image.read(original), Image.read(output)
    return metrics.ssimulacra2(first, second, threads=1)


def judged(name: str, spent: tuple[float, float, int], originals: list[Path], out: Path) -> Run:
    """Score what a command has made; where it is larger or missing, the original counts."""
    sizes, pairs = {}, []
    for original in originals:
        output = out / original.name
        before = original.stat().st_size
        if output.exists() and output.stat().st_size < before:
            sizes[original.name] = output.stat().st_size
            pairs.append((output, original))
        else:
            sizes[original.name] = before
            pairs.append((original, original))
    with ProcessPoolExecutor(max_workers=2) as pool:
        found = list(pool.map(scored, *zip(*pairs, strict=True), chunksize=8))
    scores = {original.name: score for original, score in zip(originals, found, strict=True)}
    missing = sum(not (out / original.name).exists() for original in originals)
    return Run(name, *spent, sizes, scores, missing)


def peers(originals: list[Path], out: Path, jobs: int, colors: int) -> Run:
    out.mkdir()
    line = ONE.format(pngquant=program("pngquant"), oxipng=program("oxipng"), colors=colors)
    command = ["xargs", "-0", "-P", str(jobs), "-I", "{}", "sh", "-c", line, "sh", "{}", str(out)]
    names = b"\0".join(os.fsencode(path) for path in originals)
    return judged(f"{PEERS}, {colors} colours", timed(command, names), originals, out)


def ours(originals: list[Path], out: Path, jobs: int, wish: str) -> Run:
    command = [sys.executable, "-m", "huepress", "compress", str(originals[0].parent)]
    command += ["--out-dir", str(out), "--jobs", str(jobs)]
    effort, _, quality = wish.rpartition(":") if wish[-1].isdigit() else (wish, "", "")
    command += ["--effort", effort or "default"]
    if quality:
        command += ["--quality", quality]
    return judged(f"huepress {wish}", timed(command), originals, out)


def report(originals: list[Path], theirs: Run, runs: list[Run], jobs: int) -> Iterator[str]:
    before = sum(path.stat().st_size for path in originals)
    said = ", ".join(f"{name}: {value}" for name, value in facts(jobs).items())
    yield f"{len(originals)} PNGs, {before / 2**20:.1f} MiB, {jobs} jobs; {said}\n"
    yield f"pngquant {version_of(program('pngquant'))}, oxipng {version_of(program('oxipng'))}\n"
    columns = ("", "bytes", "of the originals", "median score", "10th percentile")
    yield f"| {' | '.join((*columns, 'files/s', 'CPU s', 'MiB', 'missing'))} |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for run in [theirs, *runs]:
        tenth = statistics.quantiles(run.scores.values(), n=10)[0]
        yield (
            f"| {run.name} | {run.total:,} | {run.total / before:.1%} | {run.median:.1f} | "
            f"{tenth:.1f} | {len(originals) / run.seconds:.2f} | {run.cpu:.0f} | "
            f"{run.peak / 1024:.0f} | {run.missing} |"
        )
    no_worse = [run for run in runs if run.median >= theirs.median]
    if not no_worse:
        yield f"\nNo run reaches the peers' median of {theirs.median:.1f}."
        return
    best = min(no_worse, key=lambda run: run.total)
    yield (
        f"\n{best.name} has the least bytes at a median no lower than the peers' "
        f"{theirs.median:.1f}: {best.total / theirs.total - 1:+.1%}, with "
        f"{best.cpu / theirs.cpu:.1f} times their CPU time."
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="searched for PNGs, each its share")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--most", type=int, default=4_000_000, help="pixels of a picture")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--colors", type=int, default=256, help="of pngquant")
    parser.add_argument("--wishes", nargs="+", default=["default"], help="Q, default, fast, fast:Q")
    parser.add_argument("--out", type=Path, help="a JSON file of all single figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="huepress-many-") as scratch:
        inputs = Path(scratch, "in")
        inputs.mkdir()
        os.environ["HUEPRESS_CACHE"] = str(Path(scratch, "cache"))
        originals = gathered(options.folders, options.count, options.most, inputs)
        theirs = peers(originals, Path(scratch, "peers"), options.jobs, options.colors)
        runs: list[Run] = []
        for wish in options.wishes:
            runs.append(ours(originals, Path(scratch, f"ours-{wish}"), options.jobs, wish))
            if options.out is not None:  # after each: one that is stopped has measured something
                done = [run._asdict() for run in [theirs, *runs]]
                options.out.write_text(json.dumps(done, indent=1))
        print("\n".join(report(originals, theirs, runs, options.jobs)))


if __name__ == "__main__":
    main()
