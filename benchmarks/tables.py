"""What the records say when they are put together: ratios, medians, size classes."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.measure import Record

SIZE_EDGES = (1_000_000, 8_000_000)
SIZE_NAMES = ("below 1 MP", "1 to 8 MP", "8 MP and more")
References = dict[str, dict[str, float]]
"""Picture → k → least MSE known, from outside."""
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Row:
    """One contender at one k, over all pictures."""

    name: str
    peer: str
    k: int
    pictures: int
    ratio: float | None
    worst: float | None
    mse: float
    ssimulacra2: float
    milliseconds: dict[str, float]
    speed: dict[str, float]
    working_mib: float | None


def size_class(pixels: int) -> str:
    return SIZE_NAMES[sum(pixels >= edge for edge in SIZE_EDGES)]


def size_classes(records: Iterable[Record]) -> dict[str, str]:
    """Return the classes that occur, each with a heading of how large and how many."""
    sizes: dict[str, dict[str, int]] = {}
    for record in records:
        sizes.setdefault(size_class(record.pixels), {})[record.picture] = record.pixels
    return {
        name: f"{statistics.median(sizes[name].values()) / 1e6:.2g} MP"
        for name in SIZE_NAMES
        if name in sizes
    }


def done(records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.seconds and record.mse is not None]


def best_known(records: Iterable[Record], references: References) -> dict[tuple[str, int], float]:
    """Return the least MSE of each picture and k, among all contenders and the references."""
    best: dict[tuple[str, int], float] = {}
    for record in done(records):
        key = (record.picture, record.k)
        assert record.mse is not None
        known = references.get(record.picture, {}).get(str(record.k), float("inf"))
        best[key] = min(best.get(key, known), record.mse)
    return best


def rows(records: Sequence[Record], references: References) -> list[Row]:
    """Put each contender's pictures together, at each k; the least distortion comes first."""
    best = best_known(records, references)
    grouped = by(done(records), lambda record: (record.k, record.name))
    found = [_row(found, best) for found in grouped.values()]
    return sorted(found, key=lambda row: (row.k, row.ratio or 0, row.name))


def by(values: Iterable[Value], key: Callable[[Value], object]) -> dict[object, list[Value]]:
    """Group values in the order of their first occurrence."""
    groups: dict[object, list[Value]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return groups


def _row(records: Sequence[Record], best: dict[tuple[str, int], float]) -> Row:
    # A picture with few enough colours comes out exact: it has no ratio.
    ratios = [r.mse / least for r in records if r.mse and (least := best[r.picture, r.k])]
    classes = by(records, lambda record: size_class(record.pixels))
    working = [
        record.peak_bytes - record.pixels * (5 if record.alpha else 4)
        for record in records
        if record.peak_bytes is not None
    ]
    return Row(
        name=records[0].name,
        peer=records[0].peer,
        k=records[0].k,
        pictures=len(records),
        ratio=statistics.fmean(ratios) if ratios else None,
        worst=max(ratios) if ratios else None,
        mse=statistics.fmean(r.mse for r in records),
        ssimulacra2=statistics.fmean(r.ssimulacra2 for r in records),
        milliseconds={
            str(name): 1e3 * statistics.median(r.median for r in members)
            for name, members in classes.items()
        },
        speed={
            str(name): statistics.median(r.pixels / 1e6 / r.median for r in members)
            for name, members in classes.items()
        },
        working_mib=max(working) / 2**20 if working else None,
    )


@dataclass(frozen=True, slots=True)
class Duel:
    """One of ours against one of theirs at one k, over the pictures that both did."""

    ours: str
    theirs: str
    k: int
    faster: dict[str, float]
    mse: float | None
    ssimulacra2: float


def duel(records: Sequence[Record], ours: str, theirs: str, k: int) -> Duel | None:
    """Compare two contenders: speed as median ratio, distortion as mean ratio."""
    first, second = (
        {r.picture: r for r in done(records) if (r.name, r.k) == (name, k)}
        for name in (ours, theirs)
    )
    pairs = [(first[name], second[name]) for name in first if name in second]
    if not pairs:
        return None
    classes = by(pairs, lambda pair: size_class(pair[0].pixels))
    ratios = [a.mse / b.mse for a, b in pairs if b.mse]
    return Duel(
        ours,
        theirs,
        k,
        faster={
            str(name): statistics.median(b.median / a.median for a, b in members)
            for name, members in classes.items()
        },
        mse=statistics.fmean(ratios) if ratios else None,
        ssimulacra2=statistics.fmean(a.ssimulacra2 - b.ssimulacra2 for a, b in pairs),
    )
