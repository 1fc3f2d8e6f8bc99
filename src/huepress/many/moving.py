"""A moving picture: told from what stands still, compressed, and what is told of it."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from huepress.common.files import check_unchanged
from huepress.errors import FormatError, InputError
from huepress.options import CompressOptions
from huepress.read.decoding import format_of
from huepress.read.loading import SeveralFramesError
from huepress.read.moving.telling import (
    DEFAULT_FORMAT,
    FORMATS_OF,
    VIDEO,
    may_be_video,
    moving_kind,
)
from huepress.read.opening import opened, read_stream
from huepress.read.sources import standard_input

if TYPE_CHECKING:
    from huepress.many.plan import Job
    from huepress.motion.result import MovingResult
    from huepress.values.animation import Animation

SUFFIXES = {"gif": ".gif", "apng": ".png", "webp": ".webp"}
"""Of files of moving pictures, by their formats."""

_MOVING_PNG = ".apng"

OnFrames = Callable[[str, int, int], None]
"""Called with what is being done, frames done, and frames in all."""


class Piped(io.BytesIO):
    """What a pipe gave, held, so that it can be looked at twice."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


def held(source: str, max_pixels: int) -> str | Piped:
    """Return a path as it is, and what comes through a pipe as bytes."""
    if source == "-":
        name = "standard input"
        stream = standard_input(max_pixels, lambda head: _check_head(head, name))
        return Piped(stream.read(), name)
    try:
        status = os.stat(source)
    except (OSError, ValueError):  # whoever opens it says what is wrong
        return source
    if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
        return source
    with opened(source) as file:
        stream = read_stream(file, source, max_pixels, lambda head: _check_head(head, source))
    return Piped(stream.read(), source)


def _check_head(head: bytes, name: str) -> None:
    """Refuse a stream that is neither a picture nor a video, before it is read to its end."""
    if not may_be_video(head):
        format_of(head, name)


def kind_of(job: Job, source: str | Piped) -> str | None:
    """Name what moves: a format, or `VIDEO`; None for one picture, or where one is to be taken."""
    if job.frames:
        return VIDEO
    if job.options.frame is not None:
        return None
    # What is found is a picture by its suffix; what is named may be any video, if that is asked.
    asked = job.is_named and bool(job.moving.given)
    if not isinstance(source, str):
        kind = moving_kind(source, source.name, job.options.max_pixels, asked=asked)
        source.seek(0)
        return kind
    with opened(source) as file:
        kind = moving_kind(file, source, job.options.max_pixels, asked=asked)
    return kind if kind != VIDEO or job.is_named else None


def for_moving_only(job: Job) -> str:
    """Name what is asked and is for moving pictures only: options, and the suffix of an output."""
    given = list(job.moving.given)
    ends = (os.path.splitext(name)[1].lower() for name in (job.name.shown, job.source))
    if next(ends) == _MOVING_PNG != next(ends):
        given.append(_MOVING_PNG)
    return " ".join(given)


def options_for(job: Job, kind: str) -> CompressOptions:
    """Return a job's options; where its format is the moving picture's own, with that."""
    if not job.own_format:
        return job.options
    return replace(job.options, format=FORMATS_OF.get(kind, DEFAULT_FORMAT))


def compressed(
    job: Job, source: str | Piped, options: CompressOptions, on_frames: OnFrames | None
) -> MovingResult:
    """Compress a moving picture as a job asks."""
    from huepress.motion.compression import compress_animation
    from huepress.values.animation import Animation

    moving = job.moving
    try:
        animation = Animation.read(
            list(job.frames) if job.frames else source,
            **moving.reading(),
            max_pixels=options.max_pixels,
            lenient=options.lenient,
        )
        return compress_animation(
            animation,
            options,
            lossless=moving.lossless,
            drop_duplicates=moving.drop_duplicates,
            on_progress=on_frames,
        )
    except FormatError as error:
        raise FormatError(f"{job.source}: {error}") from error
    except SeveralFramesError as error:  # its remedy is none for files that are frames
        what = str(error).partition("; ")[0]
        raise InputError(f"{what}; leave it out, or take pictures of it first") from error


def replaces_bytes(job: Job, result: MovingResult) -> bool:
    """Whether a result is worth writing only where it is smaller than what was read."""
    changed = job.options.changes_colors or job.moving.changes_frames
    return not (changed or job.frames) and result.animation.source.format in FORMATS_OF


def name_fields(result: MovingResult) -> Mapping[str, str]:
    """Return what only a result tells of an output's name."""
    import hashlib

    return {
        "format": result.format,
        "k": str(result.output_codes),
        "width": str(result.animation.width),
        "height": str(result.animation.height),
        "hash": hashlib.sha256(bytes(result)).hexdigest()[:8],
    }


def shown_by(result: MovingResult) -> Animation:
    """Read a result back."""
    from huepress.values.animation import Animation

    return Animation.read(bytes(result))


def check_original(result: MovingResult) -> None:
    """Make sure that the file that was read is still the same."""
    source = result.animation.source
    if source.path is not None and source.file_bytes is not None:
        check_unchanged(source.path, source.file_bytes, source.mtime)


def facts(result: MovingResult) -> dict[str, Any]:
    """Return what --json tells of a result."""
    animation, frames = result.animation, result.frames
    return {
        "width": animation.width,
        "height": animation.height,
        "bit_depth": animation.source.bit_depth,
        "input_bytes": animation.source.file_bytes,
        "output_bytes": result.output_bytes,
        "format": result.format,
        "frames": len(frames),
        "duration": sum(frame.duration for frame in frames) / 1000,
        "loops": animation.loops,
        "lossless": result.lossless,
        "distinct_colors": result.survey.distinct_colors,
        "k": result.setting.k,
        "codes": result.output_codes,
        "setting": str(result.setting),
        "wanted": result.wanted,
        "ssimulacra2": round(result.score, 4),
        "worst_ssimulacra2": round(result.worst, 4),
        "frame_bytes": [frame.n_bytes for frame in frames],
        "frame_durations": [frame.duration for frame in frames],
        "frame_ssimulacra2": [round(frame.score, 4) for frame in frames],
        "seed": result.options.seed,
        "seconds": round(result.seconds, 4),
        "warnings": list(animation.source.warnings),
    }


def note(result: MovingResult) -> str:
    """Say what a line about one file of many tells besides bytes and score."""
    parts = [f"{len(result.frames)} frames", f"worst {result.worst:.1f}"]
    return "  ".join([*parts, shortfall(result)] if not result.reached else parts)


def shortfall(result: MovingResult) -> str:
    """Say which quality was missed; empty where none was."""
    if result.reached:
        return ""
    return f"short of {result.wanted:g}"
