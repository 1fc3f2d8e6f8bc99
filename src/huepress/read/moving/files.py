"""Animated GIF, PNG and WebP files, and pictures that do not move."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from huepress.errors import InputError
from huepress.read import apng, gif, webp
from huepress.read.canvas import composed
from huepress.read.decoding import damage_reported, format_of, read_file
from huepress.read.loading import ReadOptions, SeveralFramesError, orientation_in
from huepress.read.moving.frames import Moving, chosen
from huepress.read.moving.timeline import timeline
from huepress.read.opening import HEAD, opened
from huepress.read.samples import as_stored

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray

    from huepress.read.canvas import Scanned
    from huepress.read.facts import SourceFacts
    from huepress.read.moving.wanted import Wanted


class Held(NamedTuple):
    """A file that can be opened again and again: by its path, or bytes that are held."""

    name: str
    path: Path | None = None
    data: bytes = b""

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Open it at its start."""
        if self.path is None:
            yield io.BytesIO(self.data)
        else:
            with opened(self.path) as file:
                yield file


def scanned(file: IO[bytes], name: str, max_pixels: int | None = None) -> Scanned | None:
    """Walk through a GIF, or an animated PNG or WebP; None for all others. No pixel is decoded."""
    file.seek(0)
    head = file.read(HEAD)
    kind, _ = format_of(head, name)
    with damage_reported(name, kind):
        if kind == "GIF":
            return gif.scan(file, name, max_pixels)
        if kind == "PNG" and apng.is_moving(file):
            return apng.scan(file, name, max_pixels)
        if kind == "WEBP" and webp.is_moving(file):
            return webp.scan(file, name, max_pixels)
    return None


def read_moving_file(held: Held, wanted: Wanted) -> Moving:
    """Read what the file says of its frames, and the first of them."""
    options = ReadOptions(max_pixels=wanted.max_pixels)
    with held.opened() as file:
        found = scanned(file, held.name, wanted.max_pixels)
        if found is None:
            return _still(held, wanted)
        first = found.still(file, 0)
        n_bytes = file.seek(0, io.SEEK_END)
    name = held.name
    orientation = orientation_in(found.exif)
    upright = (found.height, found.width) if orientation > 4 else (found.width, found.height)

    def canvases() -> Generator[NDArray[np.uint8]]:
        with held.opened() as file:

            def painted(index: int) -> NDArray[np.uint8]:
                return _painted(found, found.still(file, index), index, name, options)[0]

            for canvas in composed(found, painted):
                yield canvas if orientation == 1 else _turned(canvas, orientation)

    _, facts = _painted(found, first, 0, name, options)
    facts = replace(
        facts,
        path=held.path,
        file_bytes=n_bytes,
        mtime=held.path.stat().st_mtime if held.path else None,
        exif=None,
        n_frames=len(found.frames),
        reduced=facts.bit_depth > 8,
        warnings=(*found.warnings, *facts.warnings),
    )
    shown = timeline([placed.duration for placed in found.frames], wanted, name)
    size = wanted.size_of(*upright, name)
    return Moving(chosen(canvases, shown, size, name), *size, found.loops, len(shown), facts)


def _painted(
    found: Scanned, still: bytes, index: int, name: str, options: ReadOptions
) -> tuple[NDArray[np.uint8], SourceFacts]:
    """Decode a frame alone, as any picture."""
    where = f"{name}, frame {index}" if len(found.frames) > 1 else name
    pixels, facts, _, _ = read_file(io.BytesIO(still), where, options)
    placed = found.frames[index]
    if pixels.shape[:2] != (placed.height, placed.width):
        raise InputError(
            f"{where}: holds {pixels.shape[1]}×{pixels.shape[0]} pixels and says "
            f"{placed.width}×{placed.height}; fetch the file again"
        )
    return pixels, facts


def _turned(canvas: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    height, width, channels = canvas.shape
    upright = np.empty((width, height, channels) if orientation > 4 else canvas.shape, np.uint8)
    as_stored(upright, orientation)[:] = canvas
    return upright


def _still(held: Held, wanted: Wanted) -> Moving:
    """Read a picture that does not move, as one frame without a duration."""
    options = ReadOptions(max_pixels=wanted.max_pixels)
    with held.opened() as file:
        try:
            pixels, facts, _, _ = read_file(file, held.name, options, path=held.path)
        except SeveralFramesError:
            raise InputError(
                f"{held.name}: holds several pictures in a format that is not read as an "
                "animation; give GIF, APNG or WebP, or the pictures one by one in a folder"
            ) from None
    shown = timeline([0], wanted, held.name)
    size = wanted.size_of(pixels.shape[1], pixels.shape[0], held.name)

    def canvases() -> Generator[NDArray[np.uint8]]:
        yield pixels

    return Moving(chosen(canvases, shown, size, held.name), *size, 1, 1, facts)
