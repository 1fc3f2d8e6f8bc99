"""One file: read, compressed, and put where it belongs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from huepress.common.files import (
    check_folder,
    check_targets,
    exists,
    make_folder,
    write_files,
)
from huepress.common.humanize import percentage
from huepress.errors import InputError, OptionError
from huepress.formats import FORMATS
from huepress.many import moving
from huepress.many.outcome import Outcome, Spared
from huepress.many.plan import Job
from huepress.pipeline import Result, compress, prepared
from huepress.read.loading import SeveralFramesError
from huepress.read.opening import memory_reported
from huepress.search import hopeless_bytes
from huepress.values.image import Image


@dataclass(frozen=True, eq=False, slots=True)
class Made:
    """What came out of a file, and the files that are to be written of it.

    Parameters
    ----------
    outcome : Outcome
        As it is once they are written.
    files : mapping of Path to bytes
        Outputs, and copies of the original.
    mtime : float or None
        The time that they get, where one was asked for.
    """

    outcome: Outcome
    files: Mapping[Path, bytes]
    mtime: float | None = None

    def check_original(self) -> None:
        """Make sure that the file that was read is still the same."""
        if self.outcome.result is not None:
            self.outcome.result.check_original()
        if self.outcome.moving is not None:
            moving.check_original(self.outcome.moving)


def check_places(job: Job, *, overwrite: bool, inputs: list[Path]) -> None:
    """Refuse outputs that could never be written, before the work."""
    is_ready = job.placement.out_dir is None
    if not is_ready:
        check_folder(Path(job.folder))
        is_ready = exists(Path(job.folder))
    if is_ready and (job.source == "-" or exists(Path(job.source))):
        check_targets(job.outputs(), overwrite=overwrite, inputs=inputs)


def made(
    job: Job,
    *,
    spares: bool = True,
    keeps: bool = True,
    on_progress: Callable[[str], None] | None = None,
    on_frames: moving.OnFrames | None = None,
) -> Made:
    """Compress one file, a picture or a moving one, and say what is to be written.

    Parameters
    ----------
    job : Job
        What is asked.
    spares : bool
        Whether a search may be left out that a sample calls hopeless.
    keeps : bool
        Whether the original stays where it is no larger.
    on_progress : callable, optional
        Hears of trials.
    on_frames : callable, optional
        Hears of what is done to a moving picture, of frames done, and of frames in all.

    Returns
    -------
    Made
        With outcome 'written', 'copied' or 'kept'.

    Raises
    ------
    HuepressError
        If the file cannot be read, or what is asked cannot be done.
    """
    if job.as_it_is:
        return _kept(job, Outcome(job.source, "kept", reason=job.as_it_is), "", None)
    with memory_reported(job.source):
        source = moving.held(job.source, job.options.max_pixels)
        kind = moving.kind_of(job, source)
        if kind is not None:
            return _moving(job, source, kind, keeps=keeps, on_frames=on_frames)
        if asked := moving.for_moving_only(job):
            return _not_for(job, f"is one picture, and {asked} is for moving ones; leave it out")
        try:
            image = prepared(source, job.options)
        except SeveralFramesError:
            if job.is_named:
                raise
            return _kept(job, Outcome(job.source, "kept", reason="it has several pages"))
        mtime = image.source.mtime if job.placement.preserve else None
        own = image.source.format.lower()
        if spares and keeps and (spared := _spared(job, image)) is not None:
            why = "the result would not be smaller, as a sample tells"
            outcome = Outcome(job.source, "kept", spared=spared, reason=why)
            return _kept(job, outcome, FORMATS[job.options.format].suffix, mtime, own)
        result = compress(image, job.options, on_progress=on_progress)
        outcome = Outcome(job.source, "written", result=result, score=result.score)
    suffix = result.encoded.suffix
    if keeps and (why := _too_large(result, job.placement.can_save)):
        return _kept(job, replace(outcome, status="kept", reason=why), suffix, mtime, own)
    if job.to_stdout:
        return Made(replace(outcome, outputs=("-",)), {})
    files = dict(result.encoded.paths(job.place(suffix, outcome.name_fields)))
    return _placed(job, outcome, files, mtime)


def _moving(
    job: Job,
    source: str | moving.Piped,
    kind: str,
    *,
    keeps: bool,
    on_frames: moving.OnFrames | None,
) -> Made:
    """Compress a moving picture."""
    try:
        options = moving.options_for(job, kind)
        result = moving.compressed(job, source, options, on_frames)
    except OptionError as error:
        return _not_for(job, f"moves, and {error}")
    facts = result.animation.source
    mtime = facts.mtime if job.placement.preserve else None
    outcome = Outcome(job.source, "written", moving=result, score=result.score)
    suffix = moving.SUFFIXES[result.format]
    if keeps and moving.replaces_bytes(job, result):
        before, after = facts.file_bytes or 0, result.output_bytes
        if why := _hardly_smaller(before, after, job.placement.can_save):
            own = facts.format.lower()
            return _kept(job, replace(outcome, status="kept", reason=why), suffix, mtime, own)
    if job.to_stdout:
        return Made(replace(outcome, outputs=("-",)), {})
    files = {job.place(suffix, outcome.name_fields): bytes(result)}
    return _placed(job, outcome, files, mtime)


def _not_for(job: Job, why: str) -> Made:
    """Refuse what is asked of a file that was named; one that was found stays, for all is asked."""
    if job.is_named:
        raise OptionError(f"{job.source} {why}")
    return _kept(job, Outcome(job.source, "kept", reason=f"it {why.partition('; ')[0]}"))


def _placed(job: Job, outcome: Outcome, files: dict[Path, bytes], mtime: float | None) -> Made:
    """Say where files go, and that the original is copied beside them where it should be."""
    outcome = replace(outcome, outputs=tuple(map(str, files)))
    if job.keeps_name and Path(job.copy_to) not in files:
        files[Path(job.copy_to)] = _original(job.source)
        outcome = replace(outcome, copy=job.copy_to)
    return Made(outcome, files, mtime)


def _kept(
    job: Job, outcome: Outcome, suffix: str = "", mtime: float | None = None, own: str = ""
) -> Made:
    """Leave the original, of its own format; copy it where a file is expected."""
    if job.copies == "all":
        place = Path(job.copy_to) if job.copy_to else job.place(suffix, outcome.name_fields)
    elif job.copies == "same" and own == suffix[1:] != "" and job.source != "-":
        place = job.place(suffix, outcome.name_fields)
    else:
        return Made(outcome, {}, mtime)
    if mtime is None and job.placement.preserve:
        mtime = Path(job.source).stat().st_mtime
    outcome = replace(outcome, status="copied", outputs=(str(place),))
    return Made(outcome, {place: _original(job.source)}, mtime)


def _spared(job: Job, image: Image) -> Spared | None:
    """Tell whether a sample says already that the result would not be written.

    What is no JPEG may have to be copied, which only the format of the result decides.
    """
    if job.options.format == "auto" and image.source.format != "JPEG":
        return None
    start = time.perf_counter()
    n_bytes = hopeless_bytes(image, job.options)
    if n_bytes is None:
        return None
    return Spared(image, job.options, n_bytes, time.perf_counter() - start)


def _too_large(result: Result, can_save: float) -> str:
    """Say why the original stays, where it is hardly larger and has all that was asked for."""
    before, options = result.image.source.file_bytes, result.options
    if before is None or options.changes_colors or not FORMATS[options.format].is_picture:
        return ""
    return _hardly_smaller(before, result.output_bytes, can_save)


def _hardly_smaller(before: int, after: int, can_save: float) -> str:
    if after >= before:
        return "the result would not be smaller"
    if after > before * (1 - can_save):
        return f"the result would not be {percentage(can_save)} smaller"
    return ""


def _original(source: str) -> bytes:
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{source} cannot be read again: {error.strerror or error}") from error


def put(made: Made, job: Job, *, overwrite: bool, inputs: list[Path]) -> None:
    """Write the files, whole and checked, or nothing."""
    if not made.files:
        return
    if job.placement.out_dir is not None:
        for folder in {path.parent for path in made.files}:
            make_folder(folder)
    write_files(
        made.files,
        overwrite=overwrite,
        inputs=inputs,
        verify=(lambda _: made.check_original()) if job.placement.in_place else None,
        mtime=made.mtime,
    )
