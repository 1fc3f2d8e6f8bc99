"""Animated GIF, PNG and WebP files, and pictures that do not move."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from huepress.errors import InputError
from huepress.read.decoding import (
    animation_in,
    frame_alone,
    known_format,
    read_file,
    upright_canvases,
)
from huepress.read.loading import ReadOptions, SeveralFramesError, orientation_in
from huepress.read.moving.frames import Moving, chosen
from huepress.read.moving.timeline import timeline
from huepress.read.opening import HEAD, opened

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from huepress.read.canvas import Scanned
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


def read_moving_file(held: Held, wanted: Wanted) -> Moving:
    """Read what the file says of its frames, and the first of them."""
    name, options = held.name, ReadOptions(None, wanted.max_pixels, lenient=wanted.lenient)
    with held.opened() as file:
        scanned = scanned_file(file, name, wanted.max_pixels)
        if scanned is None:
            return _still(held, wanted)
        _, facts, _, _ = frame_alone(file, scanned, 0, name, options)
    facts = replace(facts, reduced=facts.bit_depth > 8)
    if held.path is not None:
        facts = replace(facts, path=held.path, mtime=held.path.stat().st_mtime)

    def canvases() -> Generator[NDArray[np.uint8]]:
        with held.opened() as file:
            yield from upright_canvases(file, scanned, name, options)

    shown = timeline([placed.duration for placed in scanned.frames], wanted, name)
    is_turned = orientation_in(scanned.exif) > 4
    width, height = (
        (scanned.height, scanned.width) if is_turned else (scanned.width, scanned.height)
    )
    size = wanted.size_of(width, height, name)
    return Moving(chosen(canvases, shown, size, name), *size, scanned.loops, len(shown), facts)


def scanned_file(file: IO[bytes], name: str, max_pixels: int | None = None) -> Scanned | None:
    """Walk through a GIF, or an animated PNG or WebP; None for all else."""
    found = known_format(file.read(HEAD), name)
    return None if found is None else animation_in(file, found[0], name, max_pixels)


def _still(held: Held, wanted: Wanted) -> Moving:
    """Read a picture that does not move, as one frame without a duration."""
    options = ReadOptions(None, wanted.max_pixels, lenient=wanted.lenient)
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
