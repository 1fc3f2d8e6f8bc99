"""Compare moving pictures at equal looks, huepress beside gifski, gifsicle, apngasm and gif2webp.

    python -m benchmarks.clips CLIPS
    python -m benchmarks.moving run CLIPS --out peers.json --peers
    python -m benchmarks.moving run CLIPS --out ours.json --ours
    python -m benchmarks.moving table peers.json ours.json
    python -m benchmarks.moving curves PLOTS peers.json ours.json
    python -m benchmarks.moving score CLIPS/NAME OUTPUT... --against peers.json

Each program takes each setting on each clip; what was measured is kept, so that a run that was
stopped goes on. A file is judged by SSIMULACRA2 of what it shows in the middle of each frame of its
source: the mean, weighted by duration, and the worst frame. Beside them stand pixels that stir
though the source's keep still, bytes, clock and CPU time.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from benchmarks.clips import load
from benchmarks.contenders import MissingPeerError
from benchmarks.machine import facts
from benchmarks.measure import Spawner
from benchmarks.movers import OURS, PEERS, Bench, Mover, merged, suits, versions
from benchmarks.playback import Judge, Verdict, decoded
from benchmarks.programs import program
from benchmarks.rd import Curve, bd_rate, frontier, log_bytes_at
from huepress.values.animation import Frame

FLOOR, CEILING = 50.0, 90.0
"""Scores between which curves are compared."""
DEFAULTS = {"gifski": "90"}
TARGETS = (60.0, 70.0, 80.0, 90.0)


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of one program on one clip."""

    program: str
    suffix: str
    setting: str
    clip: str
    content: str
    """Names the frames, so that figures of other ones are not taken for theirs."""
    bytes: int = 0
    seconds: float = 0
    cpu_seconds: float = 0
    verdict: Verdict | None = None
    problem: str | None = None

    @property
    def kind(self) -> str:
        return self.clip.partition("-")[0]

    @property
    def key(self) -> tuple[str, ...]:
        return self.program, self.suffix, self.setting, self.clip, self.content


def read(paths: Iterable[Path]) -> list[Point]:
    """Read points that `write` wrote."""
    points = []
    for path in paths:
        for values in json.loads(path.read_text())["points"]:
            verdict = values.pop("verdict")
            points.append(Point(**values, verdict=verdict and Verdict(**verdict)))
    return points


def write(points: Sequence[Point], path: Path) -> None:
    """Write points, with the machine and the versions of the programs."""
    said = {"machine": facts(1), "versions": dict(versions())}
    new = path.with_suffix(".new")
    new.write_text(json.dumps({**said, "points": [asdict(point) for point in points]}, indent=0))
    new.replace(path)


def content_of(frames: Sequence[Frame]) -> str:
    """Name the frames of a clip by what they show."""
    known = sha256()
    for frame in frames:
        known.update(repr((frame.pixels.shape, frame.duration)).encode())
        known.update(frame.pixels.tobytes())
    return known.hexdigest()[:16]


def measured(folder: Path, movers: Sequence[Mover], done: set[tuple[str, ...]]) -> list[Point]:
    """Take every setting of programs on one clip; it is a worker's."""
    source = load(folder)
    content = content_of(source)
    wanted = [
        (mover, point)
        for mover in movers
        for setting in mover.settings
        for point in [Point(mover.name, mover.suffix, setting, folder.name, content)]
        if point.key not in done
    ]
    if not wanted:
        return []
    judge, points = Judge(source), []
    with tempfile.TemporaryDirectory(prefix="huepress-moving-") as scratch, Spawner() as spawner:
        bench = Bench(Path(scratch), folder.with_suffix(".png"), merged(source), spawner)
        for mover, point in wanted:
            points.append(_one(bench, judge, mover, point))
    return points


def _one(bench: Bench, judge: Judge, mover: Mover, point: Point) -> Point:
    bench.seconds = bench.cpu_seconds = 0
    values = asdict(point)
    target = bench.folder / f"out{mover.suffix}"
    try:
        mover.make(bench, point.setting, target)
        spent = {"seconds": bench.seconds, "cpu_seconds": bench.cpu_seconds}
        size = target.stat().st_size
        return Point(**{**values, **spent, "bytes": size, "verdict": judge(decoded(target))})
    except (RuntimeError, OSError) as error:
        return Point(**{**values, "problem": str(error)})
    finally:
        target.unlink(missing_ok=True)


def found(movers: Sequence[Mover]) -> list[Mover]:
    """Leave out what is not installed, and say so."""
    here = []
    for mover in movers:
        try:
            for name in mover.needs:
                program(name)
        except MissingPeerError as error:
            print(f"{mover.name}: left out, {error}")
        else:
            here.append(mover)
    return here


def clips_in(folder: Path, names: Sequence[str]) -> list[Path]:
    """Return the clips in a folder, those with least bytes first."""
    clips = [path.parent for path in folder.glob("*/durations.json")]
    if names:
        clips = [clip for clip in clips if clip.name.startswith(tuple(names))]
    return sorted(clips, key=lambda clip: (clip.with_suffix(".png").stat().st_size, clip.name))


def run(options: argparse.Namespace) -> None:
    movers = found([*(OURS if options.ours else ()), *(PEERS if options.peers else ())])
    if options.only:
        movers = [
            m for m in movers if m.suffix.lstrip(".") in options.only or m.name in options.only
        ]
    points = read([options.out]) if options.out.exists() else []
    done = {point.key for point in points if point.problem is None}
    points = [point for point in points if point.key in done]
    with ProcessPoolExecutor(options.jobs) as pool:
        waiting = {
            pool.submit(measured, clip, [mover], done): f"{mover.name} {mover.suffix}, {clip.name}"
            for clip in clips_in(options.clips, options.names)
            for mover in movers
            if suits(mover.name, mover.suffix, clip.name)
        }
        for future in as_completed(waiting):
            new = future.result()
            points += new
            problems = {point.problem for point in new if point.problem}
            print(f"{waiting[future]}: {len(new)} points", *problems, flush=True)
            write(points, options.out)  # after each: one that is stopped has measured something


def curve(points: Iterable[Point], worst: bool = False) -> list[tuple[float, float]]:
    """The scores and bytes of points, by the mean or by the worst frame."""
    return [
        (p.verdict.worst if worst else p.verdict.mean, float(p.bytes))
        for p in points
        if p.verdict is not None
    ]


def bytes_at(score: float, points: Curve) -> float | None:
    """Interpolate the bytes of a frontier at a score; None where it does not reach there."""
    front = frontier(points)
    if not front or not front[0][0] <= score <= front[-1][0]:
        return None
    return math.exp(float(log_bytes_at([score], front)[0]))


def worst_at(mean: float, points: Sequence[Point]) -> float | None:
    """Interpolate the worst frame along a frontier of mean scores."""
    import numpy as np

    ends = {(p.verdict.mean, float(p.bytes)): p.verdict.worst for p in points if p.verdict}
    front = frontier(curve(points))
    if not front or not front[0][0] <= mean <= front[-1][0]:
        return None
    return float(np.interp(mean, [s for s, _ in front], [ends[end] for end in front]))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A program beside a peer on one clip; figures are shares more than the peer's."""

    clip: str
    mean: float | None
    """Bytes at equal mean score, over the common range."""
    worst: float | None
    """Bytes at equal worst frame."""
    at: dict[float, float]
    """Bytes at some mean scores, where both reach them."""
    best: float | None
    """Bytes of the least that looks no worse than the peer's best."""
    cpu: float
    """CPU time as a factor, the median setting beside the peer's default or its median one."""

    @property
    def kind(self) -> str:
        return self.clip.partition("-")[0]


def compare(ours: Sequence[Point], theirs: Sequence[Point]) -> Comparison | None:
    """Compare two programs on one clip, or tell that one has measured nothing."""
    ours, theirs = ([p for p in points if p.verdict is not None] for points in (ours, theirs))
    if not ours or not theirs:
        return None
    at = {}
    for target in TARGETS:
        first, second = (bytes_at(target, curve(points)) for points in (ours, theirs))
        if first is not None and second is not None:
            at[target] = first / second - 1
    usual = [p for p in theirs if p.setting == DEFAULTS.get(p.program)] or theirs
    first, second = (statistics.median(p.cpu_seconds for p in points) for points in (ours, usual))
    top, size = frontier(curve(theirs))[-1]
    enough = [count for score, count in curve(ours) if score >= top]
    return Comparison(
        clip=ours[0].clip,
        mean=_rate(ours, theirs),
        worst=_rate(ours, theirs, worst=True),
        at=at,
        best=min(enough) / size - 1 if enough else None,
        cpu=first / second,
    )


def _rate(ours: Sequence[Point], theirs: Sequence[Point], worst: bool = False) -> float | None:
    """Compare where scores matter; clips of few colours look better than that with any setting."""
    curves = curve(ours, worst), curve(theirs, worst)
    rate = bd_rate(*curves, FLOOR, CEILING)
    return bd_rate(*curves, CEILING) if rate is None else rate


def compared(points: Sequence[Point], suffix: str) -> dict[str, list[Comparison]]:
    """Hold huepress beside each peer that writes a format, clip by clip."""
    grouped: dict[str, dict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    for point in points:
        if point.suffix == suffix and suits(point.program, suffix, point.clip):
            grouped[point.program][point.clip].append(point)
    ours = grouped.pop(OURS[0].name, {})
    return {
        peer: [
            made
            for clip in sorted(clips.keys() & ours.keys())
            if (made := compare(ours[clip], clips[clip])) is not None
        ]
        for peer, clips in grouped.items()
    }


def share(values: Iterable[float | None]) -> str:
    """Average shares as factors."""
    known = [math.log1p(value) for value in values if value is not None]
    return f"{math.expm1(statistics.fmean(known)):+.1%}" if known else "–"


def table(options: argparse.Namespace) -> None:
    """Print one table for each format and peer, by kind, with the worst clip of each."""
    points = read(options.files)
    for path in options.files:
        said = json.loads(path.read_text())
        stated = [f"{name}: {value}" for name, value in said["machine"].items()]
        stated += [f"{name} {version}" for name, version in said["versions"].items()]
        print(f"{path.name}: {'; '.join(stated)}\n")
    for suffix in dict.fromkeys(point.suffix for point in points):
        for peer, made in compared(points, suffix).items():
            if made:
                print(f"\n{suffix[1:].upper()}, huepress beside {peer}\n")
                print("\n".join(rows(made)))
        print("\n".join(stirring([p for p in points if p.suffix == suffix])))


def curves(options: argparse.Namespace) -> None:
    """Draw one picture of curves for each format."""
    from benchmarks.moving_plots import draw

    points = read(options.files)
    points = [point for point in points if suits(point.program, point.suffix, point.clip)]
    options.folder.mkdir(parents=True, exist_ok=True)
    for suffix in dict.fromkeys(point.suffix for point in points):
        path = options.folder / f"moving-{suffix[1:]}.png"
        draw(points, suffix, path)
        print(path)


def rows(made: Sequence[Comparison]) -> Iterator[str]:
    """Write the rows of a table: kinds, then all of them."""
    heads = [*(f"at {target:g}" for target in TARGETS), "at its best"]
    yield f"| kind | clips | equal mean | equal worst | {' | '.join(heads)} | CPU | worst clip |"
    yield f"|---|---:|---:|---:|{'---:|' * len(heads)}---:|---|"
    kinds = dict.fromkeys(one.kind for one in made)
    for kind in [*kinds, None]:
        some = [one for one in made if kind in (None, one.kind)]
        rated = [one for one in some if one.mean is not None]
        last = max(rated, key=lambda one: one.mean or 0, default=None)
        cells = [
            share(one.mean for one in some),
            share(one.worst for one in some),
            *(share(one.at.get(target) for one in some) for target in TARGETS),
            share(one.best for one in some),
            f"×{statistics.median(one.cpu for one in some):.2g}",
            f"{last.clip} {share([last.mean])}" if last else "no common scores",
        ]
        yield f"| {kind or 'all'} | {len(rated)} of {len(some)} | {' | '.join(cells)} |"


def stirring(points: Sequence[Point]) -> Iterator[str]:
    """Tell of each program which share of still pixels it changed, and where most."""
    for name in dict.fromkeys(point.program for point in points):
        judged = [p for p in points if p.program == name and p.verdict and p.verdict.still]
        if not judged:
            continue
        stirred = sum(p.verdict.stirred for p in judged)
        still = sum(p.verdict.still for p in judged)
        most = max(judged, key=lambda p: p.verdict.stirred / p.verdict.still)
        where = (
            f"; most {most.verdict.stirred / most.verdict.still:.2%}, {most.clip} {most.setting}"
        )
        yield f"\n{name}: {stirred / still:.3%} of still pixels changed{where if stirred else ''}"


def score(options: argparse.Namespace) -> None:
    """Judge files against the clip that they were made of, and the peers at equal score."""
    source = load(options.source)
    judge, content = Judge(source), content_of(source)
    points = read(options.against)
    here = [p for p in points if p.content == content and p.verdict is not None]
    if points and not here:
        print(f"{options.source.name}: none of the points is of these frames")
    for path in options.outputs:
        verdict, size = judge(decoded(path)), path.stat().st_size
        late = f", {verdict.milliseconds:+} ms" if verdict.milliseconds else ""
        print(
            f"{path.name}: {size:,} bytes, mean {verdict.mean:.2f}, worst {verdict.worst:.2f} "
            f"(frame {verdict.worst_frame}), {verdict.stirred:,} of {verdict.still:,} still pixels "
            f"changed{late}"
        )
        for name in dict.fromkeys(p.program for p in here if p.suffix == path.suffix):
            theirs = [p for p in here if p.program == name and p.suffix == path.suffix]
            print(f"  {name:10}{_beside(size, verdict, theirs)}")


def _beside(size: int, verdict: Verdict, theirs: Sequence[Point]) -> str:
    needed = bytes_at(verdict.mean, curve(theirs))
    front = frontier(curve(theirs))
    if needed is None:
        ends = [f"{mean:.1f} with {int(count):,}" for mean, count in (front[0], front[-1])]
        return f"reaches means of {ends[0]} to {ends[1]} bytes ({size / front[-1][1] - 1:+.1%})"
    worst = worst_at(verdict.mean, theirs)
    even = bytes_at(verdict.worst, curve(theirs, worst=True))
    by_worst = f"; at equal worst {even:,.0f} ({size / even - 1:+.1%})" if even else ""
    return (
        f"{needed:,.0f} bytes at equal mean ({size / needed - 1:+.1%}), worst {worst:.1f}{by_worst}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.moving", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parts = parser.add_subparsers(required=True)
    part = parts.add_parser("run", help="measure programs on clips")
    part.add_argument("clips", type=Path, help="what `benchmarks.clips` has made")
    part.add_argument("--out", type=Path, required=True, help="a JSON file of all points")
    part.add_argument("--peers", action="store_true")
    part.add_argument("--ours", action="store_true")
    part.add_argument("--names", nargs="+", default=[], help="clips, or their beginnings")
    part.add_argument("--only", nargs="+", default=[], help="programs, or gif, png, webp")
    part.add_argument("--jobs", type=int, default=1, help="clips at once; times suffer from it")
    part.set_defaults(do=run)
    part = parts.add_parser("score", help="judge files")
    part.add_argument("source", type=Path, help="a clip's folder")
    part.add_argument("outputs", type=Path, nargs="+")
    part.add_argument("--against", type=Path, nargs="+", default=[], help="JSON files of points")
    part.set_defaults(do=score)
    part = parts.add_parser("table", help="compare what was measured, as Markdown")
    part.add_argument("files", type=Path, nargs="+", help="JSON files of points")
    part.set_defaults(do=table)
    part = parts.add_parser("curves", help="draw bytes over scores, a panel for each clip")
    part.add_argument("folder", type=Path, help="is made")
    part.add_argument("files", type=Path, nargs="+", help="JSON files of points")
    part.set_defaults(do=curves)
    options = parser.parse_args()
    options.do(options)


if __name__ == "__main__":
    main()
