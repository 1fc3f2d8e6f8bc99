"""Derive the numbers of the search anew: `python -m benchmarks.tune PICTURES`.

Each number is tried a fifth smaller and a quarter larger, everything else as it is; each row of
`FAMILIES` is left out where others stay; and the rate curve is measured. What is judged by eye is
not measured unless it is named, for no score sees it.

A trial depends on the picture and its setting alone. So each is made once, with the CPU time that
it took, and remembered: a changed number costs only the trials that nothing else has led to.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from huepress import CompressOptions, Image
from huepress.errors import QualityError
from huepress.formats.png import Draft
from huepress.kmeans import FitResult
from huepress.search import for_score
from huepress.search.families import FAMILIES, Entry, Family
from huepress.search.found import found_on
from huepress.search.trials import Setting, Trial
from huepress.search.tuning import BYTES, TIME, TUNING, Tuning, table
from huepress.search.workbench import Target, Workbench

FACTORS = (0.8, 1.25)
PAGE = Path(__file__).resolve().parent.parent / "docs" / "how" / "search.md"
BEGIN, END = "<!-- tuning: begin -->\n", "<!-- tuning: end -->\n"
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif"}
AS_IS, AGAIN = "as it is", "the same, timed anew"


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tune", description=__doc__)
    parser.add_argument("pictures", nargs="*", type=Path, help="pictures or folders")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these numbers, and no rows")
    parser.add_argument(
        "--qualities", nargs="*", type=float, default=[50, 70, 85], help="beside the default"
    )
    parser.add_argument(
        "--sizes", nargs="*", type=float, default=[0.5], help="shares of the default's bytes (0.5)"
    )
    parser.add_argument("--most", type=int, default=12, help="pictures, as many a folder (12)")
    parser.add_argument(
        "--pixels", type=int, default=200_000, help="of larger ones the middle counts (200000)"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (all cores)")
    parser.add_argument("--table", action="store_true", help="print the documentation's table")
    parser.add_argument("--write", action="store_true", help="put it into docs/how/search.md")
    return parser


# -- what was made is remembered -------------------------------------------------------------------


class Memory:
    """What was made of one picture, each once, and the CPU time that it took."""

    def __init__(self) -> None:
        self._made: dict[Any, tuple[Any, float]] = {}
        self.seconds = 0.0

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        """Make something or remember it; either way, its time counts."""
        if key not in self._made:
            start = time.process_time()
            made = make()
            self._made[key] = made, time.process_time() - start
        made, seconds = self._made[key]
        self.seconds += seconds
        return made


class RememberingBench(Workbench):
    """A workbench whose fits, trials and files are remembered from search to search."""

    def __init__(
        self, image: Image, options: CompressOptions, tuning: Tuning, memory: Memory
    ) -> None:
        super().__init__(image, options, tuning=tuning)
        asked = options.quality is not None or options.target_size is not None
        # What trials depend on beside their setting.
        numbers = [getattr(tuning, name) for name in OF_TRIALS]
        self._memory, self._key = memory, (*numbers, asked, self.looks_closely)

    def _remembered(self, what: str, key: Any, make: Callable[[], Any]) -> Any:
        return self._memory.get((what, key, *self._key), make)

    def fitted(self, how: tuple[int, float]) -> FitResult:
        fitted: FitResult = self._remembered("fit", how, partial(super().fitted, how))
        return fitted

    def tried(self, setting: Setting, target: Target) -> Trial:
        def make() -> Trial:
            trial = Workbench.tried(self, setting, target)
            assert trial.estimate  # made now, not when it is first asked for
            return trial

        trial: Trial = self._remembered("trial", (setting, target is self.whole), make)
        return trial

    def expected_bytes(self, trial: Trial) -> float:
        make = partial(super().expected_bytes, trial)
        return float(self._remembered("expected", trial.setting, make))

    def least_bytes(self, trial: Trial) -> float:
        make = partial(super().least_bytes, trial)
        return float(self._remembered("least", trial.setting, make))

    def drafted(self, trial: Trial) -> Draft:
        draft: Draft = self._remembered("draft", trial.setting, partial(super().drafted, trial))
        return draft

    def encode(self, trial: Trial) -> Trial:
        encoded: Trial = self._remembered("file", trial.setting, partial(super().encode, trial))
        self.whole.made[trial.setting] = encoded
        return encoded


OF_TRIALS = (
    *("art_contour", "asked_art_contour", "drawing_cap", "drawing_chroma_cap", "even", "faithful"),
    *("finest", "flat", "hue_cell", "opaque_slopes", "refit_step", "rough", "rough_share"),
    *("sample_pixels", "sample_rows", "saturated", "seen", "slope_reach", "smooth_contour"),
    *("smooth_drawing", "smooth_slopes", "soft_edges", "soft_weight", "specks"),
    *("drawing_farthest", "flat_weight"),
)
"""Numbers that trials depend on: what is remembered with others does not count."""


# -- what is searched for, and what comes out ------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """The logarithm of the bytes, as they would be at one score, and CPU seconds."""

    log_bytes: float
    seconds: float


@dataclass(frozen=True)
class Plan:
    """What to measure on every picture."""

    pixels: int
    qualities: Sequence[float]
    sizes: Sequence[float]
    names: Sequence[str]
    rows: bool


Told = tuple[dict[str, list[Outcome]], list[float]]
"""Of one picture: what came out of all its searches for each change; and the rate curve."""


def find(paths: Sequence[Path], most: int) -> list[Path]:
    """List pictures, as many of each folder."""
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if file.suffix.lower() in SUFFIXES:
                folders.setdefault(file.parent, []).append(file)
    rounds = range(max(map(len, folders.values()), default=0))
    return [files[i] for i in rounds for files in folders.values() if i < len(files)][:most]


def middle(image: Image, pixels: int) -> Image:
    """Cut the middle out of a picture that has more pixels; a smaller scale would blur it."""
    height, width = image.pixels.shape[:2]
    scale = min(math.sqrt(pixels / (height * width)), 1.0)
    rows, columns = int(height * scale), int(width * scale)
    top, left = (height - rows) // 2, (width - columns) // 2
    return Image(np.ascontiguousarray(image.pixels[top : top + rows, left : left + columns]))


def outcome(image: Image, options: CompressOptions, tuning: Tuning, memory: Memory) -> Outcome:
    """Search once."""
    before = memory.seconds
    try:
        found = found_on(RememberingBench(image, options, tuning, memory))
    except QualityError:
        return Outcome(math.nan, memory.seconds - before)
    # What a better score is worth, by the line that the search itself goes by.
    missed = max(TUNING.base_score - found.chosen.score, 0.5)
    log_bytes = math.log(len(found.encoded)) + TUNING.slope * math.log2(missed)
    return Outcome(log_bytes, memory.seconds - before)


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


def fewer_rows() -> Iterator[tuple[str, Any, str, Any]]:
    """Yield each row of families that is not the only one: where it stands, and what is left."""
    for kind, rows in FAMILIES.items():
        for row in rows if len(rows) > 1 else ():
            yield f"{kind}: no {row}", FAMILIES, kind, tuple(set_aside(rows, row))
    for row in for_score.NEAR_BEST:
        left = tuple(set_aside(for_score.NEAR_BEST, row))
        yield f"near the best: no {row}", vars(for_score), "NEAR_BEST", left


def set_aside(rows: Sequence[Entry], row: Entry) -> Iterator[Entry]:
    return (other for other in rows if other != row)


def measure(plan: Plan, path: Path) -> Told:
    """Search one picture for all wishes with every change."""
    image, memory = middle(Image.read(path), plan.pixels), Memory()
    plain = CompressOptions(threads=1)
    default = len(found_on(RememberingBench(image, plain, TUNING, memory)).encoded)
    wishes = [plain, *(replace(plain, quality=quality) for quality in plan.qualities)]
    wishes += [replace(plain, target_size=max(int(share * default), 1)) for share in plan.sizes]

    def outcomes(tuning: Tuning = TUNING, made: Memory = memory) -> list[Outcome]:
        return [outcome(image, wish, tuning, made) for wish in wishes]

    told = {AS_IS: outcomes(), AGAIN: outcomes(made=Memory())}
    for name in plan.names:
        for factor, tuning in neighbours(name):
            # Other trials are made with these, and would fill the memory.
            told[f"{name} {factor}"] = outcomes(tuning, Memory() if name in OF_TRIALS else memory)
    for title, table_of, name, left in fewer_rows() if plan.rows else ():
        with patch.dict(table_of, {name: left}):
            told[title] = outcomes()
    return told, rate_curve(RememberingBench(image, plain, TUNING, memory)) if plan.rows else []


def rate_curve(bench: Workbench) -> list[float]:
    """Measure what is missing along the rate, in doublings; nothing but for photographs."""
    if bench.picture.kind != "photograph":
        return []
    family: Family = FAMILIES["photograph"][0].family(0, bench.most, TUNING)
    best = bench.trial(bench.plain(bench.most)).score
    ceiling = best + max(TUNING.headroom, TUNING.headroom_share * (90 - best))
    values = (family.value_at(position, TUNING) for position in TUNING.curve_rates)
    scores = (bench.trial(family.at(value)).score for value in values)
    return [math.log2(max(ceiling - score, 0.3)) for score in scores]


# -- what is told ----------------------------------------------------------------------------------


def compared(told: Sequence[Told], change: str) -> tuple[float, float, float]:
    """Return bytes at equal score and time, against all as it is, and the first one's noise."""
    pairs = [pair for one, _ in told for pair in zip(one[AS_IS], one[change], strict=True)]
    changes = np.array([after.log_bytes - before.log_bytes for before, after in pairs])
    changes = changes[~np.isnan(changes)]
    seconds = [sum(pair[i].seconds for pair in pairs) for i in (0, 1)]
    noise = float(changes.std() / math.sqrt(max(len(changes), 1))) if len(changes) else math.nan
    size = math.expm1(changes.mean()) if len(changes) else math.nan
    return size, noise, seconds[1] / seconds[0] - 1


def words(result: Sequence[float]) -> str:
    size, noise, slower = result
    return f"{size:+.2%} ± {noise:.2%} bytes, {slower:+.1%} time"


def main() -> None:
    chosen = arguments().parse_args()
    if chosen.pictures:
        tell(chosen)
    if chosen.table:
        print(table())
    if chosen.write:
        PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")


def tell(chosen: argparse.Namespace) -> None:
    """Measure, and print a line for each change."""
    numbers = [f for f in fields(Tuning) if chosen.only is None or f.name in chosen.only]
    if unknown := set(chosen.only or ()) - {number.name for number in numbers}:
        sys.exit(f"no such number: {', '.join(sorted(unknown))}; --table lists them")
    judged = {f.name: f.metadata["judged"] for f in numbers}
    names = [n for n, by in judged.items() if by in (BYTES, TIME) or chosen.only is not None]
    plan = Plan(chosen.pixels, chosen.qualities, chosen.sizes, names, chosen.only is None)
    paths = find(chosen.pictures, chosen.most)
    start = time.monotonic()
    told = side_by_side(partial(measure, plan), paths, chosen.jobs)
    searches = sum(len(one[AS_IS]) for one, _ in told)
    _, _, time_noise = compared(told, AGAIN)
    minutes, used = (time.monotonic() - start) / 60, os.times()
    cpu = (used.user + used.children_user) / 60
    print(
        f"{len(paths)} pictures, {searches} searches, {minutes:.0f} minutes, {cpu:.0f} of CPU; "
        f"± is the standard error; timed anew, all takes {time_noise:+.1%} time\n"
        "a fifth less | as it is | a quarter more\n"
    )
    for name in names:
        less, more = (compared(told, f"{name} {factor}") for factor in FACTORS)
        told_of = f"{name} = {getattr(TUNING, name)} ({judged[name]})"
        print(f"{told_of}: {words(less)} | as it is | {words(more)}")
    if not plan.rows:
        return
    print("\nwithout one row")
    for title, *_ in fewer_rows():
        print(f"{title}: {words(compared(told, title))}")
    curves = [curve for _, curve in told if curve]
    if curves:
        print(f"\ncurve_rates  {TUNING.curve_rates}\ncurve_errors {TUNING.curve_errors}")
        print(f"measured     {tuple(np.round(np.mean(curves, axis=0), 2).tolist())}")
        print(f"spread       {tuple(np.round(np.std(curves, axis=0), 2).tolist())}")


def side_by_side(function: Callable[[Path], Told], paths: Sequence[Path], jobs: int) -> list[Told]:
    """Measure pictures in processes, the large files first, and tell in their order."""
    order = sorted(range(len(paths)), key=lambda i: -paths[i].stat().st_size)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        results = (map if jobs == 1 else pool.map)(function, [paths[i] for i in order])
        return [told for _, told in sorted(zip(order, results, strict=True), key=lambda p: p[0])]


def written(page: str) -> str:
    """Put the table between the marks of a page."""
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}{table()}\n{END}{tail}"


if __name__ == "__main__":
    main()
