"""Codebooks that all frames of a moving picture share, by their number of codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np

from huepress.common.side_by_side import each
from huepress.kmeans import FitResult, fit
from huepress.motion.screen import STILL, View
from huepress.options import CompressOptions
from huepress.search.picture import salience
from huepress.search.tuning import Tuning
from huepress.values.animation import Animation
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram

BookOf = Callable[[int, View], Codebook]
"""Gives the codebook of a frame, by its number: that of all, of its scene, or its own."""


class Books:
    """Codebooks fitted to one histogram, each once."""

    def __init__(
        self,
        histogram: Histogram,
        options: CompressOptions,
        tuning: Tuning,
        *,
        graphic: bool,
        chroma: int,
    ) -> None:
        self.histogram, self._options = histogram, options
        self._weights = salience(histogram, tuning) if graphic else None
        self._chroma = chroma
        self._fits: dict[int, FitResult] = {}

    def make(self, numbers: Sequence[int]) -> None:
        """Fit those that are not there yet, side by side."""
        missing = [k for k in dict.fromkeys(numbers) if k not in self._fits]
        fits = each(self._fitted, missing, self._options.threads)
        self._fits.update(zip(missing, fits, strict=True))

    def fit_of(self, k: int) -> FitResult:
        """Return a fit that was made."""
        return self._fits[k]

    def of(self, k: int) -> Codebook:
        """Return the codebook of a fit that was made."""
        return self._fits[k].codebook

    def _fitted(self, k: int) -> FitResult:
        arguments = self._options.fit_arguments()
        arguments["k"] = k
        chroma = self._chroma / 256
        return fit(
            self.histogram,
            **arguments,
            weights=self._weights,
            chroma=chroma,
            threads=self._options.threads,
        )


class Palettes(Protocol):
    """Which codebook each frame has, in one pass after the other."""

    def shared(self, k: int) -> Codebook | None:
        """Return the one that stands in the file for all; None where each frame brings its own."""

    def begun(self, k: int) -> BookOf:
        """Begin a pass over all frames."""


@dataclass(frozen=True, slots=True)
class OneBook:
    """One for all frames."""

    books: Books

    def shared(self, k: int) -> Codebook:
        """Return it."""
        self.books.make([k])
        return self.books.of(k)

    def begun(self, k: int) -> BookOf:
        """Begin a pass."""
        book = self.shared(k)
        return lambda _number, _view: book


@dataclass(frozen=True, slots=True)
class SceneBooks:
    """One for each scene; scene_of tells of which a frame is."""

    books: list[Books]
    scene_of: Callable[[int], int]

    def shared(self, k: int) -> Codebook:
        """Return that of the first."""
        self.books[0].make([k])
        return self.books[0].of(k)

    def begun(self, k: int) -> BookOf:
        """Begin a pass."""
        for books in self.books:
            books.make([k])
        return lambda number, _view: self.books[self.scene_of(number)].of(k)


@dataclass(frozen=True, slots=True)
class PartBooks:
    """One for every few frames, fitted to them as they come: a pass reads the frames once more."""

    animation: Animation
    length: int
    make: Callable[[Histogram], Books]

    def shared(self, _k: int) -> None:
        """Return none."""

    def begun(self, k: int) -> BookOf:
        """Begin a pass."""
        books = self._fitted(k)
        part, book = 0, next(books)

        def book_of(number: int, _view: View) -> Codebook:
            nonlocal part, book
            while part < number // self.length:
                part, book = part + 1, next(books)
            return book

        return book_of

    def _fitted(self, k: int) -> Iterator[Codebook]:
        frames = iter(self.animation)
        while few := list(islice(frames, self.length)):
            books = self.make(Histogram.total(Histogram.of(frame.pixels) for frame in few))
            books.make([k])
            yield books.of(k)


def own_codebook(_number: int, view: View) -> Codebook:
    """Return the colours that a frame has to draw, exactly."""
    wanted = view.pixels[view.states != STILL]
    if len(wanted) == 0:
        wanted = view.pixels[:1, :1].reshape(1, 4)
    wanted = np.where(wanted[:, 3:] == 0, np.uint8(0), wanted)
    return Codebook(Histogram.of(np.ascontiguousarray(wanted[None])).colors)
