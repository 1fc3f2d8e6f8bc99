"""Derive the numbers of the search anew: `python -m benchmarks.tune PICTURES`.

Each number is tried a fifth smaller and a quarter larger, everything else as it is. What is judged
by bytes or time is measured on pictures: bytes at equal score, and CPU time, as shares of what they
are with the number as it is. What is judged by eye is named, for no measure here sees it.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from huepress import CompressOptions, Image
from huepress.errors import QualityError
from huepress.search import search
from huepress.search.goals import AtLeast
from huepress.search.tuning import BYTES, TIME, TUNING, Tuning, table

FACTORS = (0.8, 1.25)
PAGE = Path(__file__).resolve().parent.parent / "docs" / "how" / "search.md"
BEGIN, END = "<!-- tuning: begin -->\n", "<!-- tuning: end -->\n"


@dataclass(frozen=True)
class Job:
    """A picture and what is asked of it."""

    image: Image
    options: CompressOptions


@dataclass(frozen=True)
class Outcome:
    """Bytes, what they are worth at the score of the goal, and the CPU time they took."""

    log_bytes: float
    seconds: float


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tune", description=__doc__)
    parser.add_argument("pictures", nargs="*", type=Path, help="pictures or folders")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these numbers (all measured)")
    parser.add_argument(
        "--qualities", nargs="+", type=float, default=[50, 70, 85], help="beside the default"
    )
    parser.add_argument(
        "--sizes", nargs="*", type=float, default=[0.5], help="shares of the default's bytes (0.5)"
    )
    parser.add_argument("--most", type=int, default=12, help="pictures, from all folders (12)")
    parser.add_argument(
        "--pixels", type=int, default=1 << 20, help="larger pictures are left out (1048576)"
    )
    parser.add_argument("--minutes", type=float, default=60, help="then no number is begun (60)")
    parser.add_argument("--table", action="store_true", help="print the documentation's table")
    parser.add_argument("--write", action="store_true", help="put it into docs/how/search.md")
    return parser


def find(paths: Sequence[Path], most: int, pixels: int) -> list[Image]:
    """Read pictures, as many from each folder."""
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            folders.setdefault(file.parent, []).append(file)
    images: list[Image] = []
    for i in range(max(map(len, folders.values()), default=0)):
        for files in folders.values():
            if i < len(files) and len(images) < most and files[i].suffix.lower() in SUFFIXES:
                image = Image.read(files[i])
                images += [image] if image.pixels[..., 0].size <= pixels else []
    return images


SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif"}


def outcome(job: Job, tuning: Tuning) -> Outcome:
    """Search once; bytes beyond a goal of a score are reckoned back to it."""
    start = time.process_time()
    try:
        found = search(job.image, job.options, tuning=tuning)
    except QualityError:
        return Outcome(math.nan, time.process_time() - start)
    seconds = time.process_time() - start
    size, slope = math.log(len(found.encoded)), TUNING.photo_slope
    missed = TUNING.base_score - found.chosen.score
    wanted = found.goal.score if isinstance(found.goal, AtLeast) else 75.0
    # What a better score is worth, by the line that the search itself goes by.
    worth = slope * math.log2(max(missed, 0.5) / (TUNING.base_score - wanted))
    return Outcome(size + worth, seconds)


def neighbours(name: str) -> Iterator[tuple[float, Tuning]]:
    """Yield a number a fifth smaller and a quarter larger; whole numbers change by one at least."""
    value: Any = getattr(TUNING, name)
    for factor in FACTORS:
        if isinstance(value, tuple):
            changed: Any = tuple(type(each)(factor * each) for each in value)
        elif isinstance(value, int):
            changed = max(round(factor * value), 1)
            changed += (changed == value) * (1 if factor > 1 else -1)
        else:
            changed = factor * value
        yield factor, replace(TUNING, **{name: changed})


def compared(jobs: Sequence[Job], before: Sequence[Outcome], tuning: Tuning) -> str:
    """Tell bytes at equal score and time, against those of the numbers as they are."""
    after = [outcome(job, tuning) for job in jobs]
    changes = [b.log_bytes - a.log_bytes for a, b in zip(before, after, strict=True)]
    changes = [change for change in changes if not math.isnan(change)]
    size = math.expm1(sum(changes) / len(changes)) if changes else math.nan
    spent = sum(o.seconds for o in after) / sum(o.seconds for o in before) - 1
    return f"{size:+.2%} bytes, {spent:+.0%} time"


def jobs_of(
    images: Sequence[Image], qualities: Sequence[float], sizes: Sequence[float]
) -> list[Job]:
    """List what is searched for: the default, qualities, and shares of the default's bytes."""
    jobs = []
    for image in images:
        plain = CompressOptions(threads=1)
        default = len(search(image, plain).encoded)
        jobs += [Job(image, plain)]
        jobs += [Job(image, replace(plain, quality=quality)) for quality in qualities]
        jobs += [Job(image, replace(plain, target_size=int(share * default))) for share in sizes]
    return jobs


def main() -> None:
    chosen = arguments().parse_args()
    if chosen.table:
        print(table())
    if chosen.write:
        PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    if not chosen.pictures:
        return
    numbers = [f for f in fields(Tuning) if chosen.only is None or f.name in chosen.only]
    if unknown := set(chosen.only or ()) - {number.name for number in numbers}:
        sys.exit(f"no such number: {', '.join(sorted(unknown))}; --table lists them")
    images = find(chosen.pictures, chosen.most, chosen.pixels)
    jobs = jobs_of(images, chosen.qualities, chosen.sizes)
    before = [outcome(job, TUNING) for job in jobs]
    print(f"{len(images)} pictures, {len(jobs)} searches; a fifth less | a quarter more\n")
    end = time.monotonic() + 60 * chosen.minutes
    for number in numbers:
        judged = number.metadata["judged"]
        label = f"{number.name} = {getattr(TUNING, number.name)} ({judged})"
        if judged not in (BYTES, TIME) and chosen.only is None:
            print(f"{label}: not measured")
        elif time.monotonic() > end:
            print(f"{label}: no time left")
        else:
            told = [compared(jobs, before, tuning) for _, tuning in neighbours(number.name)]
            print(f"{label}: {' | '.join(told)}", flush=True)


def written(page: str) -> str:
    """Put the table between the marks of a page."""
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}{table()}\n{END}{tail}"


if __name__ == "__main__":
    main()
