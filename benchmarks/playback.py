"""What a moving picture shows when, beside what its source shows: scores, and pixels that stir."""

from __future__ import annotations

import subprocess
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np

from benchmarks.contenders import Pixels
from benchmarks.programs import imagemagick
from benchmarks.score import Scorer
from huepress.values.animation import Frame


@dataclass(frozen=True, slots=True)
class Verdict:
    """How close to its source a moving picture looks, over all frames of the source."""

    mean: float
    """Of SSIMULACRA2, weighted by duration."""
    worst: float
    worst_frame: int
    stirred: int
    """Pixels that change from one frame to the next though the source's do not."""
    still: int
    """Pixels of the source that do not change."""
    milliseconds: int
    """By which it lasts longer than its source."""


def decoded(path: Path) -> list[Frame]:
    """Read whole canvases: GIF with ImageMagick, APNG and WebP with Pillow."""
    return list(_by_imagemagick(path) if path.suffix == ".gif" else _by_pillow(path))


def _by_imagemagick(path: Path) -> Iterator[Frame]:
    command = [imagemagick(), str(path), "-coalesce", "-format", "%W %H %T\n", "info:"]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    facts = [[int(word) for word in line.split()] for line in said.splitlines()]
    command = [imagemagick(), str(path), "-coalesce", "-depth", "8", "rgba:-"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    width, height, _ = facts[0]
    canvases = np.frombuffer(data, np.uint8).reshape(len(facts), height, width, 4)
    for canvas, (_, _, hundredths) in zip(canvases, facts, strict=True):
        yield Frame(canvas, 10 * hundredths)


def _by_pillow(path: Path) -> Iterator[Frame]:
    from PIL import Image

    with Image.open(path) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            pixels = np.asarray(image.convert("RGBA"))
            yield Frame(pixels, round(image.info.get("duration", 0)))


def aligned(source: Sequence[Frame], other: Sequence[Frame]) -> list[Pixels]:
    """Return what `other` shows in the middle of each frame of the source; it may merge frames."""
    ends = list(accumulate(frame.duration for frame in other))
    starts = accumulate((frame.duration for frame in source), initial=0)
    places = [
        bisect_right(ends, start + frame.duration / 2)
        for start, frame in zip(starts, source, strict=False)
    ]
    return [other[min(place, len(other) - 1)].pixels for place in places]


def changed(first: Pixels, second: Pixels) -> np.ndarray:
    """Mark pixels that differ; two that are clear do not, whatever their colours."""
    differs = (first != second).any(2)
    if first.shape[2] == 4:
        differs &= (first[..., 3] > 0) | (second[..., 3] > 0)
    return differs


class Judge:
    """Judges moving pictures against one source, each pair of frames once."""

    def __init__(self, source: Sequence[Frame]) -> None:
        self.source = source
        self._scores: dict[tuple[str, str], float] = {}
        self._digests = [_digest(frame.pixels) for frame in source]
        self._moves = [changed(a.pixels, b.pixels) for a, b in pairwise(source)]

    def __call__(self, other: Sequence[Frame]) -> Verdict:
        """Judge frames that were decoded; raise RuntimeError where their size is another."""
        canvas, frame = other[0].pixels.shape[:2], self.source[0].pixels.shape[:2]
        if canvas != frame:
            raise RuntimeError(f"{canvas[1]}×{canvas[0]} pixels for {frame[1]}×{frame[0]}")
        shown = aligned(self.source, other)
        scores = [self._score(number, pixels) for number, pixels in enumerate(shown)]
        weights = [frame.duration for frame in self.source]
        stirred = (
            int((changed(a, b) & ~moves).sum())
            for (a, b), moves in zip(pairwise(shown), self._moves, strict=True)
        )
        return Verdict(
            mean=float(np.average(scores, weights=weights)),
            worst=min(scores),
            worst_frame=int(np.argmin(scores)),
            stirred=sum(stirred),
            still=sum(int((~moves).sum()) for moves in self._moves),
            milliseconds=sum(frame.duration for frame in other) - sum(weights),
        )

    def _score(self, number: int, pixels: Pixels) -> float:
        original = self.source[number].pixels
        if original.shape[2] == 3 and pixels.shape[2] == 4 and (pixels[..., 3] == 255).all():
            pixels = np.ascontiguousarray(pixels[..., :3])
        key = self._digests[number], _digest(pixels)
        if key not in self._scores:
            self._scores[key] = Scorer(original).ssimulacra2(pixels)
        return self._scores[key]


def _digest(pixels: Pixels) -> str:
    return sha256(pixels.tobytes()).hexdigest()
