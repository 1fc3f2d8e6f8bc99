"""Hashes of files' contents, kept from run to run, so that what is unchanged is not read again.

A file is taken for unchanged where size, inode and both times (of modification and of change, in
nanoseconds) are as they were when it was read, and these times lay two seconds back then: a later
change shows in them, whatever a program does to the time of modification, because nobody can set
that of change. Everything else is read. The hashes are no part of a manifest, which may be shared:
they lie in the user's folder of caches, and nothing but time is lost with them.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from huepress.common.files import make_folder, write_files
from huepress.errors import OutputError

SETTLED = 2_000_000_000
"""Nanoseconds after which a file's time tells of every change: the coarsest file system's step."""

_KEPT = 60 * 86_400
"""Seconds that the hashes of a manifest are kept for, after they were of use."""

Stamp = tuple[int, int, int, int]
"""Size, inode, time of modification, time of change."""


def content_hash(content: bytes) -> str:
    """Hash a file's content."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


class Hashes:
    """Hashes of the files that a manifest tells of.

    Parameters
    ----------
    manifest : str
        Of whose files; each manifest has a cache of its own.
    """

    def __init__(self, manifest: str) -> None:
        folder = _cache_folder()
        name = content_hash(os.fsencode(os.path.realpath(manifest)))
        self._path = None if folder is None else Path(folder, name)
        self._known = _read(self._path)
        self._seen: dict[str, tuple[Stamp, str]] = {}

    def of(self, path: str) -> str | None:
        """Hash a file's content; None where it cannot be read."""
        try:
            status = os.stat(path)
            stamp = status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns
            known = self._known.get(path)
            if known is not None and known[0] == stamp:
                self._seen[path] = known
                return known[1]
            now = time.time_ns()
            with open(path, "rb") as file:
                found = content_hash(file.read())
        except (OSError, ValueError):
            return None
        if max(stamp[2:]) + SETTLED < now:
            self._seen[path] = stamp, found
        return found

    def save(self) -> None:
        """Keep the hashes of files that were asked for."""
        if self._path is None or self._seen.items() <= self._known.items():
            return
        _forget(self._path.parent)
        text = json.dumps(self._seen, separators=(",", ":")).encode()
        with suppress(OutputError):  # a cache that cannot be written only costs time
            make_folder(self._path.parent)
            content = content_hash(text).encode() + b"\n" + text
            write_files({self._path: content}, overwrite=True)


def _read(path: Path | None) -> dict[str, tuple[Stamp, str]]:
    if path is None:
        return {}
    try:
        check, _, text = path.read_bytes().partition(b"\n")
    except OSError:
        return {}
    if check != content_hash(text).encode():
        return {}
    with suppress(OSError):
        os.utime(path)  # it is in use
    known = json.loads(text)
    return {name: (tuple(stamp), found) for name, (stamp, found) in known.items()}


def _forget(folder: Path) -> None:
    """Remove what no run has read for long."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.stat().st_mtime < time.time() - _KEPT:
                path.unlink()


def _cache_folder() -> str | None:
    """Return `HUEPRESS_CACHE`, or the user's folder of caches as the system has it."""
    if named := os.environ.get("HUEPRESS_CACHE"):
        return os.path.abspath(named)
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return os.path.join(base, "huepress", "hashes") if os.path.isabs(base) else None
