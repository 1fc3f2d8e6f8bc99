"""What earlier runs have done: a file that a run reads, checks against the disk, and adds to.

Lines of text: the first says what the file is, each other one holds a checksum and an entry. An
entry is added before an output is put into its place, and believed only where the files on disk
have the content that it states: so a run that is killed at any moment loses no more than the files
it was at, and a picture that was compressed in place is never compressed again by mistake.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import IO, Any

import numpy as np

from huepress.common.files import make_folder, write_files
from huepress.errors import OutputError
from huepress.many.plan import Job
from huepress.many.records import Record
from huepress.options import CompressOptions

NAME = ".huepress-manifest"
"""Of the file, in a folder of outputs or of pictures."""

_HEADER = b"huepress manifest 1\n"
_SETTLED = 2_000_000_000
"""Nanoseconds after which a file's time tells of every change: the coarsest file system's step."""

Key = tuple[str, str]
"""Source and target, relative to the manifest's folder."""

Stamp = tuple[int, int, int]
"""Size, time of modification, time of change (nanoseconds)."""


@dataclass(frozen=True, slots=True)
class Content:
    """A file's content: its hash, and the stamp by which it need not be read again."""

    hash: str
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What was done with one file.

    Parameters
    ----------
    source, target : str
        Relative to the manifest's folder; the target with open fields in braces.
    asked : str
        A hash of options, version and rules.
    original : Content
        Of the source once all was done: where it was replaced, of what took its place.
    outputs : mapping of str to Content
        Of what was written, by relative path.
    older : mapping of str to str
        Hashes of what an earlier run has written, and this one was about to replace.
    told : mapping
        What the record said.
    """

    source: str
    target: str
    asked: str
    original: Content
    outputs: Mapping[str, Content] = field(default_factory=dict)
    older: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)

    def line(self) -> bytes:
        """Write it as a line."""
        outputs = {path: [found.hash, found.stamp] for path, found in self.outputs.items()}
        original = [self.original.hash, self.original.stamp]
        return _signed(
            [self.source, self.target, self.asked, original, outputs, self.older, self.told]
        )

    @classmethod
    def parsed(cls, line: bytes) -> Entry:
        """Read a line whose checksum is right."""
        source, target, asked, original, outputs, older, told = json.loads(line.partition(b" ")[2])
        contents = {path: _content(*found) for path, found in outputs.items()}
        return cls(source, target, asked, _content(*original), contents, older, told)


@dataclass(frozen=True, slots=True)
class Known:
    """What an entry says that is true on disk.

    Parameters
    ----------
    record : Record or None
        What was done, where nothing needs to be done again.
    ours : mapping of str to str
        Outputs that are as they were written, with their hashes: a new run may replace them.
    """

    record: Record | None = None
    ours: Mapping[str, str] = field(default_factory=dict)


def content_hash(content: bytes) -> str:
    """Hash a file's content."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def asked_hash(job: Job, version: str) -> str:
    """Hash all that the bytes of an output depend on, but the original.

    Threads change no byte. Where other libraries write the file, their version counts.
    """
    options = job.options
    values = {each.name: getattr(options, each.name) for each in fields(CompressOptions)}
    del values["threads"]
    rules = [version, job.placement.allow_larger, job.copies, job.keeps_name, job.as_it_is]
    if options.format == "smallest":
        from PIL import __version__ as pillow

        rules.append(pillow)
    stated = repr([rules, [(name, _stated(value)) for name, value in values.items()]])
    return content_hash(stated.encode(errors="surrogateescape"))


def _stated(value: Any) -> str:
    if isinstance(value, frozenset):
        return repr(sorted(value))
    if hasattr(value, "__dataclass_fields__"):
        held = (getattr(value, each.name) for each in fields(value))
        return repr([type(value).__name__, *map(_stated, held)])
    return repr(value.tolist()) if isinstance(value, np.ndarray) else repr(value)


class Manifest:
    """The entries of one manifest.

    Parameters
    ----------
    path : str
        Of its file, which need not exist.
    is_named : bool
        Whether the user named it; then a file that is none of ours is refused, not replaced.

    Raises
    ------
    OutputError
        If the file that was named is no manifest, or cannot be read.
    """

    def __init__(self, path: str, *, is_named: bool = False) -> None:
        self.path = path
        self.warnings: list[str] = []
        self._folder = os.path.dirname(path) or os.curdir
        self._asked: dict[Any, str] = {}
        self._file: IO[bytes] | None = None
        try:
            content = Path(self.path).read_bytes()
        except FileNotFoundError:
            content = b""
        except OSError as error:
            raise OutputError(
                f"{self.path}: the manifest cannot be read ({error.strerror or error}); make it "
                "readable, or name another (--manifest FILE)"
            ) from None
        self._lines = _Lines.parsed(content)
        self._mine: dict[Key, bytes] = {}
        if self._lines.is_foreign and is_named:
            raise OutputError(
                f"{self.path} is no manifest of this version of huepress; name another "
                "(--manifest FILE), or remove it"
            )
        if self._lines.is_foreign:
            self.warnings.append(f"{path} is no manifest of this version; it is made anew")
        if self._lines.n_damaged:
            self.warnings.append(
                f"{path} is damaged in {self._lines.n_damaged:,} lines; the files that they told "
                "of are done again"
            )

    def known(self, job: Job, version: str) -> Known:
        """Compare what is known of a job with the disk."""
        key = self._key(job)
        line = self._lines.of.get(key)
        if line is None:
            return Known()
        entry = Entry.parsed(line)
        seen = {path: self._seen(path, content) for path, content in entry.outputs.items()}
        ours = {path: found.hash for path, found in seen.items() if found is not None}
        for path in entry.older.keys() - ours.keys():
            if self._seen(path, Content(entry.older[path])) is not None:
                ours[path] = entry.older[path]
        ours = {os.path.abspath(self._absolute(path)): found for path, found in ours.items()}
        if entry.asked != self._asked_hash(job, version) or None in seen.values():
            return Known(None, ours)
        original = seen.get(entry.source) or self._seen(entry.source, entry.original)
        if original is None:
            return Known(None, ours)
        outputs = {path: found for path, found in seen.items() if found is not None}
        if (original, outputs) != (entry.original, dict(entry.outputs)):
            # Files that were new when they were hashed need not be hashed the next time.
            renewed = Entry(*key, entry.asked, original, outputs, told=entry.told)
            self._mine[key] = renewed.line()
        return Known(self._record(job, entry.told), ours)

    def _record(self, job: Job, told: Mapping[str, Any]) -> Record:
        outputs = tuple(map(self._absolute, told["outputs"]))
        facts = {**told["facts"], "input": job.source, "status": "unchanged"}
        if "copy" in facts:
            facts["copy"] = outputs[-1]
        placed = outputs[: len(outputs) - ("copy" in facts)]
        facts["output"] = list(placed) if len(placed) > 1 else placed[0] if placed else None
        return Record(
            source=job.source,
            status="unchanged",
            outputs=outputs,
            input_bytes=told["input_bytes"],
            output_bytes=told["output_bytes"],
            score=told["score"],
            note=told["note"],
            facts=facts,
        )

    def add(
        self,
        job: Job,
        version: str,
        record: Record,
        original: str,
        outputs: Mapping[str, str],
        older: Mapping[str, str],
    ) -> None:
        """State what is going to be true: the hashes of the original and of the outputs.

        `older` are those of outputs that an earlier run has written, as `Known.ours` names them.
        """
        source, target = self._key(job)
        entry = Entry(
            source,
            target,
            self._asked_hash(job, version),
            Content(original),
            {self._relative(path): Content(found) for path, found in outputs.items()},
            {self._relative(path): found for path, found in older.items()},
            {
                "outputs": [self._relative(path) for path in record.outputs],
                "input_bytes": record.input_bytes,
                "output_bytes": record.output_bytes,
                "score": record.score,
                "note": record.note,
                "facts": dict(record.facts),
            },
        )
        self._append((source, target), entry.line())

    def _append(self, key: Key, line: bytes) -> None:
        if self._file is None:
            # Whatever is damaged or torn there goes first.
            self._save()
            try:
                self._file = open(self.path, "ab")  # noqa: SIM115  # until `save`
            except OSError as error:
                raise self._unwritable(error) from None
        try:
            self._file.write(line + b"\n")
            self._file.flush()
        except OSError as error:
            raise self._unwritable(error) from None
        self._mine[key] = line

    def save(self) -> None:
        """Write the file anew, sorted, each entry once, without files that are gone.

        What another run has added meanwhile stays.
        """
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._mine or (self._lines.needs_care and os.path.exists(self.path)):
            self._save()

    def _save(self) -> None:
        try:
            there = _Lines.parsed(Path(self.path).read_bytes()).of
        except OSError:
            there = {}
        lines = [
            line
            for (source, _), line in sorted({**there, **self._mine}.items())
            if os.path.lexists(self._absolute(source))
        ]
        content = _HEADER + b"".join(line + b"\n" for line in lines)
        make_folder(Path(self._folder))
        try:
            write_files({Path(self.path): content}, overwrite=True)
        except OutputError as error:
            raise OutputError(f"the manifest: {error}") from error

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.path}: the manifest cannot be written ({error.strerror or error}); name "
            "another (--manifest FILE)"
        )

    def _seen(self, path: str, stated: Content) -> Content | None:
        """Return a file's content where it is what is stated, with a stamp if it is settled."""
        absolute = self._absolute(path)
        try:
            found = _stamp(os.stat(absolute))
            if found == stated.stamp:
                return stated
            now = time.time_ns()
            with open(absolute, "rb") as file:
                content = file.read()
        except (OSError, ValueError):
            return None
        if content_hash(content) != stated.hash:
            return None
        is_settled = max(found[1:]) + _SETTLED < now
        return Content(stated.hash, found if is_settled else None)

    def _key(self, job: Job) -> Key:
        return self._relative(job.source), self._relative(job.shown)

    def _asked_hash(self, job: Job, version: str) -> str:
        """Hash what is asked; of the jobs of one run, only these differ."""
        key = job.options.format, job.copies, job.keeps_name, job.as_it_is
        if key not in self._asked:
            self._asked[key] = asked_hash(job, version)
        return self._asked[key]

    def _relative(self, path: str) -> str:
        try:
            return os.path.relpath(path, self._folder).replace(os.sep, "/")
        except ValueError:  # on another drive of Windows
            return os.path.abspath(path).replace(os.sep, "/")

    def _absolute(self, path: str) -> str:
        return os.path.normpath(os.path.join(self._folder, path))


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a manifest's file, by the files that they tell of; the last one counts."""

    of: dict[Key, bytes]
    is_foreign: bool = False
    n_damaged: int = 0
    is_torn: bool = False

    @property
    def needs_care(self) -> bool:
        return self.is_foreign or self.n_damaged > 0 or self.is_torn

    @classmethod
    def parsed(cls, content: bytes) -> _Lines:
        if not content.startswith(_HEADER):
            return cls({}, is_foreign=bool(content))
        # What a killed process has not written to its end has no end of line.
        *lines, torn = content[len(_HEADER) :].split(b"\n")
        found: dict[Key, bytes] = {}
        n_damaged = 0
        for line in lines:
            check, _, text = line.partition(b" ")
            if check != _check(text):
                n_damaged += 1
                continue
            source, target = json.loads(text)[:2]
            found[source, target] = line
        return cls(found, n_damaged=n_damaged, is_torn=bool(torn))


def _check(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=8).hexdigest().encode()


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _content(found: str, stamp: list[int] | None) -> Content:
    return Content(found, None if stamp is None else (stamp[0], stamp[1], stamp[2]))


def _signed(held: list[Any]) -> bytes:
    text = json.dumps(held, separators=(",", ":")).encode()
    return _check(text) + b" " + text
