"""From any source to a moving picture."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from huepress.errors import InputError
from huepress.read.decoding import known_format
from huepress.read.moving.files import Held, read_moving_file, scanned_file
from huepress.read.moving.sequences import (
    is_pattern,
    matching,
    pictures_in,
    read_array,
    read_pictures,
)
from huepress.read.moving.video import read_video
from huepress.read.moving.wanted import wanted
from huepress.read.opening import HEAD, name_of, opened, read_stream
from huepress.read.sources import has_size, standard_input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from huepress.read.moving.frames import Moving
    from huepress.read.moving.wanted import Wanted
    from huepress.read.sources import Source

    MovingSource = Source | Sequence[Source]

logger = logging.getLogger(__name__)


def read_moving(
    source: MovingSource,
    *,
    fps: Any,
    start: Any,
    duration: Any,
    width: Any,
    max_pixels: Any,
    lenient: bool,
) -> Moving:
    """Do the work of `Animation.read`."""
    options = wanted(
        fps=fps, start=start, duration=duration, width=width, max_pixels=max_pixels, lenient=lenient
    )
    return _read(source, options)


def count_frames(source: MovingSource) -> int:
    """Count the frames of a GIF, or of an animated PNG or WebP; 1 for all else.

    No pixel is decoded. A file whose frames break the rules raises an `InputError`.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        held = Held("the given bytes", data=bytes(source))
    elif isinstance(source, (str, os.PathLike)) and Path(source).is_file():
        held = Held(str(source), Path(source))
    else:
        return 1
    with held.opened() as file:
        found = scanned_file(file, held.name)
    return 1 if found is None else len(found.frames)


def _read(source: MovingSource, options: Wanted) -> Moving:
    if isinstance(source, (list, tuple)):
        return read_pictures(source, "the list", options, None)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _read_held(Held("the given bytes", data=bytes(source)), options)
    if isinstance(source, (str, Path)) and str(source) == "-":
        stream = standard_input(options.max_pixels, lambda head: None)
        return _read_held(Held("standard input", data=stream.read()), options)
    if isinstance(source, (str, os.PathLike)):
        return _read_path(os.fspath(source), options)
    if hasattr(source, "read"):
        name = name_of(source)
        stream = read_stream(source, name, options.max_pixels, lambda head: None)
        return _read_held(Held(name, data=stream.read()), options)
    if hasattr(source, "__array__") or hasattr(source, "__array_interface__"):
        return read_array(np.asarray(source), options)
    raise InputError(
        f"cannot read a moving picture from {type(source).__name__}; give a path, a folder, a "
        "pattern, '-', bytes, a binary file, a list of pictures or a NumPy array"
    )


def _read_path(name: str, options: Wanted) -> Moving:
    path = Path(name)
    if name and path.is_dir():
        return read_pictures(pictures_in(path), name, options, path)
    if is_pattern(name):
        return read_pictures(matching(name), name, options, None)
    with opened(name) as file:
        if not has_size(file):
            stream = read_stream(file, name, options.max_pixels, lambda head: None)
            return _read_held(Held(name, data=stream.read()), options)
    return _read_held(Held(name, path), options)


def _read_held(held: Held, options: Wanted) -> Moving:
    with held.opened() as file:
        head = file.read(HEAD)
    is_video = known_format(head, held.name) is None
    moving = (read_video if is_video else read_moving_file)(held, options)
    for warning in moving.facts.warnings:
        logger.warning("%s: %s", held.name, warning)
    return moving
