"""Ask other measures than the one that is aimed at: `python -m benchmarks.opinions PICTURES`.

huepress looks for the least bytes at a SSIMULACRA2 score; its files may look worse than others of
that score where the score is blind. So Butteraugli (3-norm) and ColorVideoVDP (CVVDP, in JOD), on
which nothing was tuned, judge what huepress makes for several scores. It is held against the
frontier of pngquant and oxipng of `benchmarks.rd`, interpolated at the score that huepress reached,
and at its bytes. The peers' files and all opinions are kept in `--out`: what was stopped goes on
where it was.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import huepress
from benchmarks import machine, rd, score
from benchmarks.contenders import Pixels
from benchmarks.measure import Spawner
from benchmarks.peers.pngquant import WITH_OXIPNG
from benchmarks.pictures import digest, find, load, save_png
from benchmarks.report import percent, table
from huepress.values.image import Image

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Point:
    """One file as it is judged: score, bytes, Butteraugli's 3-norm, and JOD lost of CVVDP's 10."""

    score: float
    size: float
    butteraugli: float
    cvvdp: float


@dataclass(frozen=True, slots=True)
class Measure:
    """A second opinion, whose noise grows with what it says: so errors are compared by share."""

    name: str
    of: Callable[[Point], float]
    least: float
    """Below so much nothing is seen; a share of less would say nothing."""

    def more(self, error: float, told: float) -> float:
        """Tell by how much an error is larger than what was told of others."""
        return (error - told) / max(told, self.least)


MEASURES = (
    Measure("Butteraugli", lambda point: point.butteraugli, least=0.1),
    Measure("CVVDP", lambda point: point.cvvdp, least=0.02),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file of ours against the peers' frontier: what each measure says more of it, by its name.

    `saved` is the change of bytes at equal score, and by `bytes_at` at equal opinion.
    """

    group: str
    picture: str
    aim: str
    saved: float
    at_score: dict[str, float]
    at_bytes: dict[str, float]
    bytes_at: dict[str, float]


def between(
    at: float, points: Sequence[Point], by: Callable[[Point], float], of: Callable[[Point], float]
) -> float:
    """Interpolate along points by rising `by`; beyond their ends, the end counts."""
    return float(np.interp(at, [by(p) for p in points], [of(p) for p in points]))


def compare(group: str, picture: str, aim: str, ours: Point, peers: Sequence[Point]) -> Comparison:
    """Hold a file of ours against a frontier of the peers."""
    log_bytes = math.log(ours.size)

    def size(point: Point) -> float:
        return math.log(point.size)

    at_score, at_bytes, bytes_at = {}, {}, {}
    for measure in MEASURES:
        error = measure.of(ours)
        at_score[measure.name] = measure.more(
            error, between(ours.score, peers, lambda p: p.score, measure.of)
        )
        at_bytes[measure.name] = measure.more(error, between(log_bytes, peers, size, measure.of))
        # By this opinion, the peers' frontier may be another.
        best = rd.frontier([(-measure.of(p), p.size) for p in peers])
        needed = float(rd.log_bytes_at(np.array([-error]), best)[0])
        bytes_at[measure.name] = math.expm1(log_bytes - needed)
    saved = math.expm1(log_bytes - between(ours.score, peers, lambda p: p.score, size))
    return Comparison(group, picture, aim, saved, at_score, at_bytes, bytes_at)


def unsteadiness(frontiers: Sequence[Sequence[Point]]) -> dict[str, float]:
    """Tell by how much a measure strays from the score, among the peers' own files.

    Each file is interpolated at its score from the two beside it on its frontier, as ours are. One
    in ten differs by more than the tolerance, to one side or the other: so 95 % of the peers' files
    are no worse than their own neighbours say.
    """
    strays = defaultdict(list)
    for line in frontiers:
        for before, file, after in zip(line, line[1:], line[2:], strict=False):
            for measure in MEASURES:
                told = between(file.score, [before, after], lambda p: p.score, measure.of)
                strays[measure.name].append(abs(measure.more(measure.of(file), told)))
    return {m.name: float(np.quantile(strays[m.name] or [0.0], 0.9)) for m in MEASURES}


class Opinions:
    """What the measures said of pairs of pictures, kept in a file."""

    def __init__(self, file: Path, display: str) -> None:
        self._file, self._display = file, display
        self._kept: dict[tuple[str, str], tuple[float, float]] = {}
        for line in file.read_text().splitlines() if file.exists() else ():
            row = json.loads(line)
            if row["display"] == display:
                pair = row["original"], row["other"]
                self._kept[pair] = row["butteraugli"], row["jod"]

    def of(self, scorer: score.Scorer, other: Pixels) -> tuple[float, float]:
        """Return the 3-norm and the JOD."""
        pair = digest(scorer.original), digest(other)
        if pair not in self._kept:
            said = scorer.butteraugli(other), scorer.cvvdp(other, self._display)
            self._kept[pair] = said
            row = {
                "display": self._display,
                "original": pair[0],
                "other": pair[1],
                "butteraugli": said[0],
                "jod": said[1],
            }
            with self._file.open("a") as stream:
                stream.write(json.dumps(row) + "\n")
        return self._kept[pair]


class Judge:
    """Judges files that stand for one picture."""

    def __init__(self, pixels: Pixels, opinions: Opinions) -> None:
        self._scorer, self._opinions = score.Scorer(pixels), opinions

    def score(self, decoded: Pixels) -> float:
        return self._scorer.ssimulacra2(decoded)

    def point(self, decoded: Pixels, n_bytes: int) -> Point:
        norm, jod = self._opinions.of(self._scorer, decoded)
        return Point(self.score(decoded), float(n_bytes), norm, 10 - jod)


def peers_of(pixels: Pixels, judge: Judge, version: str, cache: Path) -> list[Point]:
    """Let pngquant and oxipng take every number of colours, with and without dithering.

    Only files of their frontier are judged, and only from the score on that `rd` starts at.
    """
    files: dict[tuple[float, float], Pixels] = {}
    with tempfile.TemporaryDirectory() as folder, Spawner() as spawner:
        source = Path(folder, "source.png")
        save_png(pixels, source)
        for ladder in rd.reference_ladders(version):
            for setting in ladder.settings:
                file = rd.place(cache, ladder, setting, digest(pixels))
                assert file is not None
                rd.made(spawner, ladder, setting, source, file, threads=1)
                decoded = load(file, pixels.shape[2])
                files[judge.score(decoded), float(file.stat().st_size)] = decoded
    kept = [place for place in rd.frontier(list(files)) if place[0] >= rd.FLOOR]
    return [judge.point(files[place], int(place[1])) for place in kept]


def ours_of(
    pixels: Pixels, judge: Judge, aims: Sequence[float | None], peers: Sequence[Point]
) -> Iterator[tuple[str, Point]]:
    """Compress for each aim, None being the default, where the peers have files of that score.

    An aim beyond their scores is moved to their best, or to their least.
    """
    low, high = peers[0].score, peers[-1].score
    for aim in aims:
        wished = aim if aim is None else min(max(aim, low), high)
        point = _compressed(pixels, judge, wished)
        if not low <= point.score <= high:
            point = _compressed(pixels, judge, min(max(point.score, low), high))
        yield "default" if aim is None else f"{aim:g}", point


def _compressed(pixels: Pixels, judge: Judge, quality: float | None) -> Point:
    made = huepress.compress(Image(pixels), format="png", quality=quality, threads=1)
    return judge.point(made.indexed.decode(), len(made.encoded))


def averaged(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Put the aims of each picture together."""
    pictures: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    for c in comparisons:
        pictures[c.group, c.picture].append(c)

    def mean(of: Sequence[dict[str, float]]) -> dict[str, float]:
        return {m.name: statistics.fmean(values[m.name] for values in of) for m in MEASURES}

    return [
        Comparison(
            group,
            picture,
            "all aims",
            statistics.fmean(c.saved for c in found),
            mean([c.at_score for c in found]),
            mean([c.at_bytes for c in found]),
            mean([c.bytes_at for c in found]),
        )
        for (group, picture), found in pictures.items()
    ]


def share(values: Sequence[float], tolerance: float) -> str:
    """Tell how many are no larger than a tolerance."""
    enough = sum(value <= tolerance for value in values)
    return f"{100 * enough / len(values):.0f} %"


def summary(comparisons: Sequence[Comparison], tolerances: dict[str, float]) -> str:
    """Tables by class and by aim: shares that are no worse, means, and the worst named."""
    groups = dict.fromkeys(c.group for c in comparisons)
    rows = [(group, [c for c in comparisons if c.group == group]) for group in groups]
    rows.append(("**all**", list(comparisons)))
    rows.append(("**pictures**", averaged(comparisons)))
    aims = dict.fromkeys(c.aim for c in comparisons)
    rows += [(f"aim {aim}", [c for c in comparisons if c.aim == aim]) for aim in aims]
    lines = []
    for measure in MEASURES:
        name, tolerance = measure.name, tolerances[measure.name]
        body = []
        for title, found in rows:
            equal, same = [c.at_score[name] for c in found], [c.at_bytes[name] for c in found]
            worst = max(found, key=lambda c: c.at_score[name])
            body.append(
                (
                    title,
                    len(found),
                    percent(statistics.fmean(c.saved for c in found)),
                    percent(statistics.fmean(c.bytes_at[name] for c in found)),
                    share(equal, tolerance),
                    share(equal, 0),
                    percent(statistics.fmean(equal)),
                    f"{percent(worst.at_score[name])}, {worst.picture} at {worst.aim}",
                    share(same, tolerance),
                )
            )
        head = (
            f"{name}, tolerance {percent(tolerance)}",
            "files",
            "bytes at equal score",
            "bytes at equal opinion",
            "no worse at equal score",
            "without tolerance",
            "mean",
            "worst",
            "no worse at equal bytes",
        )
        lines.append(table(head, body))
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.opinions", description=__doc__)
    parser.add_argument("pictures", nargs="+", help="pictures or folders")
    parser.add_argument("--qualities", type=float, nargs="*", default=[70, 85], help="and default")
    parser.add_argument("--display", default="standard_4k", help="of CVVDP (standard_4k)")
    parser.add_argument("--most", type=float, default=3, help="megapixels; larger are left out (3)")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder of what is kept")
    options = parser.parse_args()
    version = WITH_OXIPNG.version()
    for fact, value in machine.facts(1).items():
        print(f"{fact}: {value}")
    print(f"peers: pngquant {version}; {score.cvvdp_version()}, display {options.display}")
    options.out.mkdir(parents=True, exist_ok=True)
    opinions = Opinions(options.out / "opinions.jsonl", options.display)
    comparisons: list[Comparison] = []
    frontiers: list[list[Point]] = []
    for picture in find(options.pictures):
        if picture.size > options.most * 1e6:
            print(f"{picture.name}: left out, of {picture.size / 1e6:.1f} megapixels")
            continue
        pixels = picture.read()
        judge = Judge(pixels, opinions)
        peers = peers_of(pixels, judge, version, options.out / "cache")
        if not peers:
            print(f"{picture.name}: no file of the peers scores {rd.FLOOR:g}")
            continue
        frontiers.append(peers)
        for aim, point in ours_of(pixels, judge, [None, *options.qualities], peers):
            c = compare(picture.group, picture.name, aim, point, peers)
            comparisons.append(c)
            said = ", ".join(f"{m.name} {percent(c.at_score[m.name])}" for m in MEASURES)
            print(f"{c.group}/{c.picture} at {aim}: {percent(c.saved)} bytes, {said}", flush=True)
    print("\n" + summary(comparisons, unsteadiness(frontiers)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
