"""Rate and distortion: how many bytes a ladder of settings takes at equal perceived quality."""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Log, Spawner
from benchmarks.peers.huepress import program
from benchmarks.peers.pngquant import quantize_and_finish
from benchmarks.pictures import Picture, digest, load, save_png
from benchmarks.score import Scorer

FLOOR = 40.0
PNGQUANT_COLORS = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256)
QUALITIES = (40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100)
REFERENCE = "pngquant + oxipng"

Curve = Sequence[tuple[float, float]]
"""Pairs of score and bytes."""
Stages = Callable[[Path, Path, str, int], Sequence[Sequence[str]]]
"""Of source, target, setting and threads: the command lines to run."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """A command line with one setting that trades bytes for quality.

    The results of a ladder with a `cache_key` are kept on disk under it.
    """

    name: str
    settings: tuple[str, ...]
    stages: Stages
    cache_key: str | None = None


@dataclass
class Point:
    """One setting of one ladder on one picture."""

    ladder: str
    setting: str
    picture: str
    group: str
    pixels: int
    bytes: int | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    ssimulacra2: float | None = None
    butteraugli: float | None = None
    problem: str | None = None


@dataclass
class Comparison:
    """A ladder against the reference on one picture."""

    ladder: str
    picture: str
    group: str
    rate: float | None
    low: float | None
    high: float | None
    best: float | None
    reference_best: float | None
    bytes_at_best: float | None
    butteraugli_rate: float | None = None
    problem: str | None = field(default=None)


def frontier(points: Curve) -> list[tuple[float, float]]:
    """Keep the points that no other beats in both score and bytes, by rising score."""
    kept: list[tuple[float, float]] = []
    for score, size in sorted(points, key=lambda point: (-point[0], point[1])):
        if not kept or size < kept[-1][1]:
            kept.append((score, size))
    return kept[::-1]


def common_range(
    ours: Curve, reference: Curve, floor: float = FLOOR, ceiling: float = math.inf
) -> tuple[float, float] | None:
    """Return the scores from `floor` to `ceiling` that both frontiers span, if any."""
    low = max(floor, min(s for s, _ in ours), min(s for s, _ in reference))
    high = min(ceiling, max(s for s, _ in ours), max(s for s, _ in reference))
    return (low, high) if high > low else None


def bd_rate(
    ours: Curve, reference: Curve, floor: float = FLOOR, ceiling: float = math.inf
) -> float | None:
    """Return the mean difference of log(bytes) at equal score, as a fraction of the bytes.

    Between the points of a frontier log(bytes) is linear in the score, so that the mean over the
    common range is exact: both are linear between neighbouring knots.

    Returns
    -------
    float or None
        −0.3 means 30 % fewer bytes; None without a common range.
    """
    first, second = frontier(ours), frontier(reference)
    span = common_range(first, second, floor, ceiling)
    if span is None:
        return None
    inner = {s for s, _ in (*first, *second) if span[0] < s < span[1]}
    knots = np.array(sorted({*span, *inner}))
    gap = log_bytes_at(knots, first) - log_bytes_at(knots, second)
    area = float(((gap[1:] + gap[:-1]) / 2 * np.diff(knots)).sum())
    return math.expm1(area / (span[1] - span[0]))


def log_bytes_at(scores: np.ndarray, curve: Curve) -> np.ndarray:
    """Interpolate a frontier."""
    return np.interp(scores, [s for s, _ in curve], [math.log(size) for _, size in curve])


def reference_ladders(version: str) -> list[Ladder]:
    """pngquant at its slowest with and without dithering, finished by oxipng."""

    def stages(
        source: Path, target: Path, setting: str, threads: int, *, dithered: bool
    ) -> Sequence[Sequence[str]]:
        return quantize_and_finish(
            source, target, int(setting), threads, speed=1, dithered=dithered
        )

    settings = tuple(map(str, PNGQUANT_COLORS))
    return [
        Ladder(
            f"{REFERENCE}{'' if dithered else ', --nofs'}",
            settings,
            partial(stages, dithered=dithered),
            cache_key=f"{version} speed 1 level 4 {'dithered' if dithered else 'plain'}",
        )
        for dithered in (True, False)
    ]


def huepress_ladders() -> list[Ladder]:
    """The wanted quality, where this version takes one, and the plain number of colours."""

    def stages(
        source: Path, target: Path, setting: str, threads: int, *, option: str
    ) -> Sequence[Sequence[str]]:
        options = ("--force", "--allow-larger", "--threads", str(threads), option, setting)
        return [[*program(), "compress", *options, "-o", str(target), str(source)]]

    ladders = [
        Ladder("huepress -k", tuple(map(str, PNGQUANT_COLORS)), partial(stages, option="-k"))
    ]
    usage = subprocess.run([*program(), "compress", "--help"], capture_output=True, text=True)
    if "--quality" in usage.stdout:
        by_quality = partial(stages, option="--quality")
        ladders.insert(0, Ladder("huepress --quality", tuple(map(str, QUALITIES)), by_quality))
    return ladders


def custom_ladder(name: str, command: str, settings: str) -> Ladder:
    """Make a ladder of a command with {in}, {out} and {x}, and settings with commas between."""

    def stages(source: Path, target: Path, setting: str, threads: int) -> Sequence[Sequence[str]]:
        values = {"{in}": str(source), "{out}": str(target), "{x}": setting}
        line = []
        for word in command.split():
            for key, value in values.items():
                word = word.replace(key, value)
            line.append(word)
        return [line]

    return Ladder(name, tuple(settings.split(",")), stages)


def climb(
    ladders: Sequence[Ladder],
    picture: Picture,
    threads: int,
    cache: Path,
    butteraugli: bool,
    log: Log,
) -> list[Point]:
    """Take every setting of every ladder on one picture."""
    pixels = picture.read()
    scorer, content = Scorer(pixels), digest(pixels)
    points = []
    with tempfile.TemporaryDirectory() as folder, Spawner() as spawner:
        source = Path(folder, "source.png")
        save_png(pixels, source)
        for ladder in ladders:
            for setting in ladder.settings:
                point = Point(
                    ladder=ladder.name,
                    setting=setting,
                    picture=picture.name,
                    group=picture.group,
                    pixels=pixels.shape[0] * pixels.shape[1],
                )
                points.append(point)
                kept = place(cache, ladder, setting, content)
                target = kept or Path(folder, "target.png")
                try:
                    answer = made(spawner, ladder, setting, source, target, threads)
                except RuntimeError as error:
                    point.problem = str(error)
                    log(f"  {ladder.name} {setting}, {picture.name}: {error}")
                    continue
                decoded = load(target, pixels.shape[2])
                point.seconds, point.cpu_seconds = answer["seconds"], answer["cpu_seconds"]
                point.bytes = target.stat().st_size
                point.ssimulacra2 = scorer.ssimulacra2(decoded)
                if butteraugli:
                    point.butteraugli = scorer.butteraugli(decoded)
                if kept is None:
                    target.unlink()
    log(f"  {picture.name}: {len(points)} points")
    return points


def place(cache: Path, ladder: Ladder, setting: str, content: str) -> Path | None:
    """Return where the result of a ladder is kept; None where it is not."""
    if ladder.cache_key is None:
        return None
    key = "".join(c if c.isalnum() else "-" for c in f"{ladder.cache_key} {setting}")
    folder = cache / content
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{key}.png"


def made(
    spawner: Spawner, ladder: Ladder, setting: str, source: Path, target: Path, threads: int
) -> dict[str, Any]:
    """Make the file unless it is cached; return what making it took."""
    facts = target.with_suffix(".json")
    if ladder.cache_key is not None and facts.exists():
        kept: dict[str, Any] = json.loads(facts.read_text())
        return kept
    answer = spawner.run(ladder.stages(source, target, setting, threads))
    if ladder.cache_key is not None:
        facts.write_text(json.dumps(answer))
    return answer


def compare(points: Sequence[Point]) -> list[Comparison]:
    """Compare every ladder with the frontier of the reference's points, picture by picture."""
    pictures = list(dict.fromkeys(point.picture for point in points))
    ladders = dict.fromkeys(p.ladder for p in points if not p.ladder.startswith(REFERENCE))
    comparisons = []
    for ladder in ladders:
        for picture in pictures:
            here = [p for p in points if p.picture == picture and p.bytes is not None]
            ours = [p for p in here if p.ladder == ladder]
            reference = [p for p in here if p.ladder.startswith(REFERENCE)]
            group = next(p.group for p in points if p.picture == picture)
            comparisons.append(_compare(ladder, picture, group, ours, reference))
    return comparisons


def _compare(
    ladder: str, picture: str, group: str, ours: Sequence[Point], reference: Sequence[Point]
) -> Comparison:
    if not ours or not reference:
        problem = f"no points of {ladder if not ours else REFERENCE}"
        return Comparison(ladder, picture, group, *[None] * 6, problem=problem)
    first, second = frontier(curve(ours)), frontier(curve(reference))
    span = common_range(first, second)
    best, reference_best = first[-1][0], second[-1][0]
    enough = [size for score, size in first if score >= reference_best]
    return Comparison(
        ladder=ladder,
        picture=picture,
        group=group,
        rate=bd_rate(first, second),
        low=span[0] if span else None,
        high=span[1] if span else None,
        best=best,
        reference_best=reference_best,
        bytes_at_best=enough[0] / second[-1][1] - 1 if enough else None,
        butteraugli_rate=_butteraugli_rate(ours, reference),
        problem=None if span else "no common range of scores from 40 up",
    )


def _butteraugli_rate(ours: Sequence[Point], reference: Sequence[Point]) -> float | None:
    curves = [
        [(-p.butteraugli, float(p.bytes)) for p in points if p.butteraugli is not None and p.bytes]
        for points in (ours, reference)
    ]
    return bd_rate(*curves, floor=-math.inf) if all(curves) else None


def curve(points: Sequence[Point]) -> list[tuple[float, float]]:
    """The scores and bytes of points."""
    return [
        (p.ssimulacra2, float(p.bytes))
        for p in points
        if p.ssimulacra2 is not None and p.bytes is not None
    ]


def as_json(values: Sequence[Point] | Sequence[Comparison]) -> list[dict[str, Any]]:
    """Return points or comparisons as plain values."""
    return [asdict(value) for value in values]
