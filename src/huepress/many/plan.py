"""What is to be made of each file, and where it goes: planned, and refused, before any work."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from huepress.common.files import check_folder, folds_case, identity_of, same_file
from huepress.errors import OptionError
from huepress.formats import FORMATS
from huepress.many.names import KNOWN_BEFORE, Name
from huepress.many.records import Record
from huepress.many.walk import File, Walked
from huepress.motion.asked import MovingOptions
from huepress.options import CompressOptions
from huepress.read.moving.telling import own_format
from huepress.read.opening import PICTURES

Copies = Literal["never", "same", "all"]
"""Which originals that are not made smaller are copied to where their outputs would be: none, those
of the output's format, or all."""

OTHER_FORMAT, MADE, LINKS = "of other formats", "made from others", "links"
"""Why a file of a folder is left out, besides the reasons of `walk`."""

_WRITABLE = {kind.suffix: kind.name for kind in reversed(FORMATS.values()) if kind.is_picture}
_WRITABLE[".apng"] = "png"

# A moving PNG stays one without being looked at.
_STILL = PICTURES - {".gif", ".webp", ".apng"}
_PLAIN = MovingOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where outputs go, and what may happen there.

    Parameters
    ----------
    out_dir : str, optional
        Their folder; beside the originals where there is none.
    name : str, optional
        A pattern of their names, see `Name`.
    in_place : bool
        They replace the originals.
    force : bool
        They may replace other files.
    preserve : bool
        They get the originals' modification times.
    allow_larger : bool
        They may be larger than the originals.
    can_save : float
        By which share of the originals they must be smaller, if they must.
    copy_kept : bool, optional
        Whether what is not made smaller is copied to `out_dir`; by default where a folder's tree is
        mirrored there. Originals whose outputs are called otherwise are copied too, unless another
        format or name was asked for and this was not.
    """

    out_dir: str | None = None
    name: str | None = None
    in_place: bool = False
    force: bool = False
    preserve: bool = False
    allow_larger: bool = False
    can_save: float = 0.0
    copy_kept: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be made of one file.

    Parameters
    ----------
    source : str
        A path, or '-'.
    folder : str
        Where the output goes.
    name : Name
        Its name; fields that only the result knows are open. No parts: standard output.
    options : CompressOptions
        How it is compressed.
    placement : Placement
        How it is put there.
    copies : {'never', 'same', 'all'}
        Whether the original is copied where nothing smaller comes out.
    copy_to : str
        Where to; where the output would be if it is empty.
    keeps_name : bool
        Whether the original is copied to `copy_to` too where the output has another name.
    as_it_is : str
        Why nothing is to be tried; empty where there is no reason.
    is_named : bool
        Whether it was named itself, and is no find of a folder.
    n_bytes : int
        Of the original.
    moving : MovingOptions
        What is asked besides, if it moves.
    frames : tuple of str
        Files that are its frames, where it is none itself.
    own_format : bool
        Whether a moving picture keeps its format, whatever the options say.
    """

    source: str
    folder: str
    name: Name
    options: CompressOptions
    placement: Placement = field(default_factory=Placement)
    copies: Copies = "never"
    copy_to: str = ""
    keeps_name: bool = False
    as_it_is: str = ""
    is_named: bool = True
    n_bytes: int = 0
    moving: MovingOptions = _PLAIN
    frames: tuple[str, ...] = ()
    own_format: bool = False

    @property
    def to_stdout(self) -> bool:
        """Whether the output goes to standard output."""
        return not self.name.parts

    @property
    def shown(self) -> str:
        """The output's path, open fields in braces."""
        return os.path.join(self.folder, self.name.shown)

    def outputs(self) -> list[Path]:
        """Name every file that may be written, as far as it is known."""
        kind = FORMATS[self.options.format]
        suffixes = kind.chosen_from or (kind.suffix,)
        names = {self.name.filled({"ext": suffix[1:]}) for suffix in suffixes}
        if self.to_stdout or any(name.fields for name in names):
            return []
        paths = [Path(self.folder, name.text) for name in names]
        if kind.chosen_from:
            return sorted(paths)
        (target,), (_, *others) = paths, kind.suffixes
        return [target, *(target.with_name(target.stem + suffix) for suffix in others)]

    def place(self, suffix: str, told: Callable[[], Mapping[str, str]]) -> Path:
        """Name the output; `told` gives what only the result tells, if there is one."""
        known = {"ext": suffix[1:]}
        if self.name.filled(known).fields:
            known |= told()
        return Path(self.folder, self.name.filled(known).text)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is to be done.

    Parameters
    ----------
    jobs : tuple of Job
        In the order in which files were named and found.
    files : tuple of File
        What each job is about.
    home : str
        The folder whose manifest remembers what is done.
    left_out : mapping of str to int
        How many things of folders were left out, by the reason.
    refused : tuple of (str, str)
        Folders that cannot be read and files that cannot be done, and why.
    """

    jobs: tuple[Job, ...]
    files: tuple[File, ...]
    home: str
    left_out: Mapping[str, int]
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def n_files(self) -> int:
        """How many files and refused files and folders are told of."""
        return len(self.jobs) + len(self.refused)

    def in_order(self, records: Iterable[Record]) -> list[Record]:
        """Put records into the order of the plan; folders that failed first."""
        place = {job.source: number for number, job in enumerate(self.jobs)}
        return sorted(records, key=lambda record: place.get(record.source, -1))


class _Formats:
    """The options of a run, for each format once."""

    def __init__(self, options: CompressOptions, *, chosen: bool) -> None:
        self.chosen, self._options = chosen, options
        self._made = {options.format: options}

    def own(self, suffix: str) -> str | None:
        """Return the format of a file, where it is written, and no other was asked for."""
        return None if self.chosen else _WRITABLE.get(suffix.lower())

    def moving(self, file: File, suffix: str) -> str | None:
        """Return the format of a moving picture that was named, where no other was asked for."""
        if self.chosen or self._options.frame is not None or suffix.lower() in _STILL:
            return None
        return own_format(file.path, self._options.max_pixels)

    def __call__(self, name: str | None) -> CompressOptions:
        """Return the options for a format, by default the one that was asked for."""
        if name is None:
            return self._options
        if name not in self._made:
            self._made[name] = replace(self._options, format=name)
        return self._made[name]


def planned(
    walked: Walked,
    placement: Placement,
    options: CompressOptions,
    *,
    chosen: bool,
    moving: MovingOptions = _PLAIN,
) -> Plan:
    """Give each file its output.

    Parameters
    ----------
    walked : Walked
        The files.
    placement : Placement
        Where outputs go. By default their names are ``{name}.{ext}`` in `out_dir`, and
        ``{name}-small.{ext}`` beside the originals. A folder's tree is mirrored.
    options : CompressOptions
        How files are compressed. A folder's pictures keep their own format, where it is written.
    chosen : bool
        Whether the format was asked for, for all.
    moving : MovingOptions
        What is asked of those that move.

    Returns
    -------
    Plan
        Where two pictures of a folder would get one name, the one that keeps its format gets it,
        and the other stays as it is.

    Raises
    ------
    OptionError
        If two outputs would have one name, or what is asked contradicts itself.
    """
    if placement.in_place:
        return _in_place(walked, placement, options, chosen=chosen, moving=moving)
    _check(walked, placement)
    pattern = _Pattern.of(placement)
    of_format = _Formats(options, chosen=chosen)
    jobs, files, refused = [], [], list(walked.closed)
    for file in walked.files:
        try:
            jobs.append(_job(file, placement, pattern, of_format))
            files.append(file)
        except OptionError as error:  # of this file's format
            refused.append((file.path, str(error)))
    left_out = Counter(walked.left_out)
    if placement.out_dir is None:
        jobs, files = _without_own_outputs(jobs, files, left_out)
    return Plan(
        tuple(replace(job, moving=moving) for job in _each_its_name(jobs)),
        tuple(files),
        placement.out_dir or _home(walked.files),
        left_out,
        tuple(refused),
    )


def _check(walked: Walked, placement: Placement) -> None:
    if placement.out_dir is None:
        if placement.copy_kept:
            raise OptionError("--copy-kept copies to a folder; name it with --out-dir DIR")
        return
    check_folder(Path(placement.out_dir))
    for root in {file.root for file in walked.files if not file.is_named}:
        if same_file(Path(root), Path(placement.out_dir)):
            raise OptionError(
                f"--out-dir {placement.out_dir} is the folder of the pictures itself; name another,"
                " or replace them by --in-place"
            )


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern of names, and of folders below `out_dir` where it has some."""

    folder: Name | None
    name: Name

    @classmethod
    def of(cls, placement: Placement) -> _Pattern:
        if placement.name is None:
            return cls(
                None, Name.parsed("{name}.{ext}" if placement.out_dir else "{name}-small.{ext}")
            )
        folder, _, last = placement.name.rpartition("/")
        name = Name.parsed(last)
        if "\\" in last or not name.parts or "dir" in name.fields:
            raise OptionError(
                f"name {placement.name!r} is not the name of a file; write {{name}}-{{k}}.{{ext}}, "
                "or {dir}/{name}.{ext} for folders too"
            )
        if not folder:
            return cls(None, name)
        if placement.out_dir is None or ".." in folder.split("/"):
            raise OptionError(
                f"name {placement.name!r} has folders, which lie below --out-dir; name that too"
            )
        folders = Name.parsed(folder)
        if late := sorted(folders.fields - set(KNOWN_BEFORE)):
            raise OptionError(
                f"name {placement.name!r} has a folder by {{{late[0]}}}, which only the result "
                f"tells; use {', '.join(f'{{{known}}}' for known in KNOWN_BEFORE)} there"
            )
        return cls(folders, name)


def _job(
    file: File,
    placement: Placement,
    pattern: _Pattern,
    of_format: _Formats,
) -> Job:
    below, own = os.path.split(file.below)
    stem, suffix = os.path.splitext(own)
    own_format = of_format.moving(file, suffix) if file.is_named else of_format.own(suffix)
    options = of_format(own_format)
    kind = FORMATS[options.format]
    values = {"name": stem, "from": suffix[1:], "dir": below or "."}
    if not kind.chosen_from:
        keeps = own_format is not None and own_format == of_format.own(suffix)
        ext = suffix if keeps else kind.suffix  # .PNG stays .PNG
        values |= {"format": kind.name, "ext": ext[1:]}
    name = pattern.name.filled(values)
    shown = name.shown.lower()
    if not (shown.endswith(".{ext}") or _ends(kind.name, os.path.splitext(shown)[1])):
        name = Name((*name.parts, kind.suffix))
    is_renamed = of_format.chosen or placement.name is not None
    copies: Copies = "never"
    folder = os.path.dirname(file.path)
    if placement.out_dir is not None:
        inner = "" if file.is_named else below
        if pattern.folder is not None:
            inner = pattern.folder.filled(values).text
        folder = os.path.normpath(os.path.join(placement.out_dir, inner))
        copies = _copies(placement, mirrored=not file.is_named)
    return Job(
        source=file.path,
        folder=folder,
        name=name,
        options=options,
        placement=placement,
        copies=copies,
        copy_to=os.path.join(folder, own) if copies == "all" else "",
        keeps_name=copies == "all" and (placement.copy_kept or not is_renamed),
        is_named=file.is_named,
        n_bytes=file.n_bytes,
    )


def _ends(format_name: str, suffix: str) -> bool:
    """Tell whether files of a format may end so; what is a PNG may be an APNG."""
    return suffix == FORMATS[format_name].suffix or (format_name, suffix) == ("png", ".apng")


def _copies(placement: Placement, *, mirrored: bool) -> Copies:
    """Say which originals are copied to a folder of outputs."""
    if placement.copy_kept is None:
        return "all" if mirrored else "same"
    return "all" if placement.copy_kept else "never"


def _without_own_outputs(
    jobs: list[Job], files: list[File], left_out: Counter[str]
) -> tuple[list[Job], list[File]]:
    """Leave out what was found and is what an earlier run has made of another file."""
    made = {os.path.abspath(path): job.source for job in jobs for path in job.outputs()}
    kept = []
    for job, file in zip(jobs, files, strict=True):
        maker = made.get(os.path.abspath(job.source), job.source)
        if not file.is_named and maker != job.source:
            left_out[MADE] += 1
        else:
            kept.append((job, file))
    return [job for job, _ in kept], [file for _, file in kept]


def _each_its_name(jobs: list[Job]) -> list[Job]:
    """Let no two outputs have one name."""
    spelled = _Spelling()
    by_name: dict[str, list[Job]] = {}
    told: dict[str, str] = {}
    for job in jobs:
        by_name.setdefault(spelled(job), []).append(job)
    for same in by_name.values():
        # What keeps its format comes first.
        owner, *others = sorted(same, key=lambda job: not _keeps_suffix(job))
        for other in others:
            if other.is_named or _keeps_suffix(other) or not _keeps_suffix(owner):
                raise OptionError(
                    f"{owner.source} and {other.source} would both become {other.shown}; compress "
                    "them into different folders, or tell them apart by --name "
                    "'{name}-{from}.{ext}' or, below --out-dir, '{dir}/{name}.{ext}'"
                )
            told[other.source] = f"{other.shown} is made of {owner.source}; --name tells them apart"
    return [replace(job, as_it_is=told[job.source]) if job.source in told else job for job in jobs]


def _keeps_suffix(job: Job) -> bool:
    suffix = os.path.splitext(job.source)[1].lower()
    return suffix == os.path.splitext(job.name.shown)[1].lower()


class _Spelling:
    """What tells names of outputs apart: where a file system ignores case, so does this."""

    def __init__(self) -> None:
        self._folders: dict[str, tuple[str, bool]] = {}

    def __call__(self, job: Job) -> str:
        if job.folder not in self._folders:
            self._folders[job.folder] = os.path.realpath(job.folder), folds_case(Path(job.folder))
        folder, folds = self._folders[job.folder]
        path = os.path.join(folder, job.name.shown)
        return unicodedata.normalize("NFC", path).casefold() if folds else path


def _in_place(
    walked: Walked,
    placement: Placement,
    options: CompressOptions,
    *,
    chosen: bool,
    moving: MovingOptions,
) -> Plan:
    if placement.out_dir is not None or placement.name is not None or placement.copy_kept:
        raise OptionError(
            "--in-place puts outputs in the place of their inputs; give it without -o, --out-dir, "
            "--ext, --name and --copy-kept"
        )
    if options.frame is not None:
        raise OptionError("--frame takes one picture of many, and --in-place would lose the others")
    left_out = Counter(walked.left_out)
    of_format = _Formats(options, chosen=chosen)
    jobs, files, refused = [], [], list(walked.closed)
    seen: dict[tuple[int, int], str] = {}
    for file in walked.files:
        suffix = os.path.splitext(file.path)[1].lower()
        name = options.format if chosen else _WRITABLE.get(suffix)
        if name is None or FORMATS[name].chosen_from or not _ends(name, suffix):
            if not file.is_named:
                left_out[OTHER_FORMAT] += 1
                continue
            kinds = FORMATS[options.format].suffix if chosen else ", ".join(sorted(_WRITABLE))
            raise OptionError(
                f"{file.path} cannot be compressed in place, which {kinds} can; leave out "
                "--in-place"
            )
        if file.is_link and not file.is_named:
            left_out[LINKS] += 1  # what it stands for may lie elsewhere
            continue
        if file.is_named and (identity := identity_of(Path(file.path))) is not None:
            twin = seen.setdefault(identity, file.path)
            if twin is not file.path:
                raise OptionError(f"{twin} and {file.path} are one file; name it once")
        try:
            job = _replacing(file, placement, of_format(name))
            jobs.append(replace(job, moving=moving))
            files.append(file)
        except OptionError as error:  # of this file's format
            refused.append((file.path, str(error)))
    return Plan(tuple(jobs), tuple(files), _home(files), left_out, tuple(refused))


def to_check(walked: Walked, options: CompressOptions, *, can_save: float, chosen: bool) -> Plan:
    """Plan what `--in-place` would do, of files that it cannot replace too: nothing is written.

    Parameters
    ----------
    walked : Walked
        The files.
    options : CompressOptions
        How they would be compressed; each in its own format where that is written.
    can_save : float
        By which share they must get smaller to be listed.
    chosen : bool
        Whether the format was asked for, for all.

    Returns
    -------
    Plan
        A job a file.
    """
    placement = Placement(in_place=True, can_save=can_save)
    of_format = _Formats(options, chosen=chosen)
    jobs, files, refused = [], [], list(walked.closed)
    for file in walked.files:
        own = of_format.own(os.path.splitext(file.path)[1])
        try:
            jobs.append(_replacing(file, placement, of_format(own)))
            files.append(file)
        except OptionError as error:  # of this file's format
            refused.append((file.path, str(error)))
    return Plan(tuple(jobs), tuple(files), _home(files), walked.left_out, tuple(refused))


def _replacing(file: File, placement: Placement, options: CompressOptions) -> Job:
    folder, own = os.path.split(file.path)
    return Job(
        source=file.path,
        folder=folder,
        name=Name((own,)),
        options=options,
        placement=placement,
        is_named=file.is_named,
        n_bytes=file.n_bytes,
    )


def _home(files: Sequence[File]) -> str:
    """Find the folder that was named, or that what was named has in common."""
    roots = {file.root for file in files}
    if len(roots) <= 1:
        return roots.pop() if roots else os.curdir
    try:
        return os.path.relpath(os.path.commonpath([os.path.abspath(root) for root in roots]))
    except ValueError:  # on different drives of Windows
        return os.curdir
