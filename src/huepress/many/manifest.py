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
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import IO, Any

import numpy as np

from huepress.common.files import make_folder, write_files
from huepress.errors import OutputError
from huepress.many.hashes import Hashes, content_hash
from huepress.many.plan import Job
from huepress.many.records import Record
from huepress.options import CompressOptions

NAME = ".huepress-manifest"
"""Of the file, in a folder of outputs or of pictures."""

_HEADER = b"huepress manifest 1\n"
Key = tuple[str, str]
"""Source and target, relative to the manifest's folder; the target with open fields in braces."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was done with one file.

    Parameters
    ----------
    asked : str
        A hash of options and version.
    rules : str
        What becomes of originals that are not made smaller.
    original : str
        The hash of the source once all was done: where it was replaced, of what took its place.
    outputs : mapping of str to str
        Hashes of what was written, by path relative to the manifest's folder.
    older : mapping of str to str
        Of what an earlier run has written there, and this one was about to replace.
    told : mapping
        What the record said.
    """

    asked: str
    rules: str
    original: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    older: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)


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


def asked_hash(job: Job, version: str) -> str:
    """Hash all that the bytes of an output depend on, but the original.

    Threads change no byte. Where other libraries write the file, their version counts.
    """
    options = job.options
    values = {each.name: getattr(options, each.name) for each in fields(CompressOptions)}
    del values["threads"]
    rules: list[Any] = [version, job.placement.allow_larger]
    if job.moving.given:
        rules += job.moving.given
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
        self._folder = os.path.dirname(path) or os.curdir
        self._folders: dict[str, str] = {}
        self._asked: dict[str, str] = {}
        self._made: dict[str, Entry] | None = None
        self._mine: dict[Key, Entry] = {}
        self._file: IO[bytes] | None = None
        self._hashes = Hashes(path)
        self._there = _Content.read(path)
        if self._there.is_foreign and is_named:
            raise OutputError(
                f"{self.path} is no manifest of this version of huepress; name another "
                "(--manifest FILE), or remove it"
            )

    @property
    def warning(self) -> str:
        """What is wrong with the file, for a line; empty where nothing is."""
        if self._there.is_foreign:
            return f"{self.path} is no manifest of this version; it is made anew"
        if self._there.n_damaged:
            return (
                f"{self.path} is damaged in {self._there.n_damaged:,} lines; the files that they "
                "told of are done again"
            )
        return ""

    def known(self, job: Job, version: str) -> Known:
        """Compare what is known of a job with the disk."""
        entry = self._there.entries.get(self._key(job))
        if entry is None:
            return Known()
        found = {path: self._hashes.of(self._absolute(path)) for path in entry.outputs}
        if (
            found == entry.outputs
            and entry.asked == self._asked_hash(job, version)
            # Of what was replaced there is no original that rules could tell of.
            and (entry.rules == _rules(job) or (job.placement.in_place and entry.outputs))
            and self._hashes.of(job.source) == entry.original
        ):
            return Known(self._record(job, entry.told))
        ours = {
            os.path.abspath(self._absolute(path)): seen
            for path, seen in found.items()
            if seen is not None and seen in (entry.outputs[path], entry.older.get(path))
        }
        return Known(None, ours)

    def made(self, job: Job, version: str) -> Record | None:
        """Tell what a file was made of, where it is an output of an entry, and asked for so."""
        if self._made is None:
            entries = self._there.entries.values()
            self._made = {path: entry for entry in entries for path in entry.outputs}
        path = self._relative(job.source)
        entry = self._made.get(path)
        if entry is None or entry.asked != self._asked_hash(job, version):
            return None
        is_there = self._hashes.of(job.source) == entry.outputs[path]
        return self._record(job, entry.told) if is_there else None

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
        key = self._key(job)
        entry = Entry(
            asked=self._asked_hash(job, version),
            rules=_rules(job),
            original=original,
            outputs={self._relative(path): found for path, found in outputs.items()},
            older={self._relative(path): found for path, found in older.items()},
            told={
                "outputs": [self._relative(path) for path in record.outputs],
                "input_bytes": record.input_bytes,
                "output_bytes": record.output_bytes,
                "score": record.score,
                "note": record.note,
                "facts": dict(record.facts),
            },
        )
        if self._file is None:
            # Whatever is damaged or torn there goes first.
            self._write_anew()
        try:
            if self._file is None:
                self._file = open(self.path, "ab")  # noqa: SIM115  # until `save`
            self._file.write(_line(key, entry))
            self._file.flush()
        except OSError as error:
            raise OutputError(
                f"{self.path}: the manifest cannot be written ({error.strerror or error}); name "
                "another (--manifest FILE)"
            ) from None
        self._mine[key] = entry

    def save(self) -> None:
        """Write the file anew, sorted, each entry once, without files that are gone.

        What another run has added meanwhile stays.
        """
        self._hashes.save()
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._mine or self._there.needs_care:
            self._write_anew()

    def _write_anew(self) -> None:
        entries = {**_Content.read(self.path).entries, **self._mine}
        lines = [
            _line(key, entry)
            for key, entry in sorted(entries.items(), key=lambda one: one[0])
            if os.path.lexists(self._absolute(key[0]))
        ]
        make_folder(Path(self._folder))
        write_files({Path(self.path): _HEADER + b"".join(lines)}, overwrite=True)

    def _key(self, job: Job) -> Key:
        return self._relative(job.source), self._relative(job.shown)

    def _asked_hash(self, job: Job, version: str) -> str:
        """Hash what is asked; of the jobs of one run, only the format differs."""
        key = job.options.format
        if key not in self._asked:
            self._asked[key] = asked_hash(job, version)
        return self._asked[key]

    def _relative(self, path: str) -> str:
        folder, name = os.path.split(path)
        if folder not in self._folders:
            try:
                inner = os.path.relpath(folder or os.curdir, self._folder)
            except ValueError:  # on another drive of Windows
                inner = os.path.abspath(folder)
            inner = "" if inner == os.curdir else inner.replace(os.sep, "/") + "/"
            self._folders[folder] = inner
        return self._folders[folder] + name

    def _absolute(self, path: str) -> str:
        return os.path.normpath(os.path.join(self._folder, path))


@dataclass(frozen=True, slots=True)
class _Content:
    """What a manifest's file says; of several lines about one thing the last one counts."""

    entries: dict[Key, Entry]
    is_foreign: bool = False
    n_damaged: int = 0
    is_torn: bool = False

    @property
    def needs_care(self) -> bool:
        return self.is_foreign or self.n_damaged > 0 or self.is_torn

    @classmethod
    def read(cls, path: str) -> _Content:
        try:
            content = Path(path).read_bytes()
        except FileNotFoundError:
            return cls({})
        except OSError as error:
            raise OutputError(
                f"{path}: the manifest cannot be read ({error.strerror or error}); make it "
                "readable, or name another (--manifest FILE)"
            ) from None
        if not content.startswith(_HEADER):
            return cls({}, is_foreign=bool(content))
        # What a killed process has not written to its end has no end of line.
        *lines, torn = content[len(_HEADER) :].split(b"\n")
        entries: dict[Key, Entry] = {}
        n_damaged = 0
        for line in lines:
            check, _, text = line.partition(b" ")
            if check == _check(text):
                source, target, *stated = json.loads(text)
                entries[source, target] = Entry(*stated)
            else:
                n_damaged += 1
        return cls(entries, n_damaged=n_damaged, is_torn=bool(torn))


def _line(key: Key, entry: Entry) -> bytes:
    held = [*key, *(getattr(entry, each.name) for each in fields(Entry))]
    text = json.dumps(held, separators=(",", ":")).encode()
    return _check(text) + b" " + text + b"\n"


def _rules(job: Job) -> str:
    saves = f"saves {job.placement.can_save:g}"
    return "; ".join([job.copies, "own name too" if job.keeps_name else "", job.as_it_is, saves])


def _check(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=8).hexdigest().encode()
