"""Which files are meant: those that are named, and the pictures of the folders that are named."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from huepress.many.globs import matcher
from huepress.read.opening import PICTURES

OWN = ".huepress-"
"""How the names of huepress's own files in folders begin."""

HIDDEN, LINKED, OTHER, EXCLUDED = "hidden", "links to folders", "no pictures", "excluded"
"""Why something of a folder is left out."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that is meant.

    Parameters
    ----------
    path : str
        As it can be opened.
    root : str
        The folder that was named; of files that were named, the one that they have in common.
    below : str
        Its path below `root`, with '/' between the parts.
    n_bytes : int
        0 where it is not known.
    is_named : bool
        Whether it was named itself.
    is_link : bool
        Whether it is a symbolic link.
    """

    path: str
    root: str
    below: str
    n_bytes: int
    is_named: bool
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class Walked:
    """What was found.

    Parameters
    ----------
    files : tuple of File
        In the order of what was named, a folder's by name; each once.
    left_out : mapping of str to int
        How many things of folders were left out, by the reason.
    closed : tuple of (str, str)
        Folders that cannot be read, and why.
    """

    files: tuple[File, ...]
    left_out: Counter[str] = field(default_factory=Counter)
    closed: tuple[tuple[str, str], ...] = ()


def walk(
    paths: Sequence[str],
    *,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    beside: str | None = None,
) -> Walked:
    """Find the files that paths mean.

    A file that is named is taken as it is. A folder stands for the pictures in it and in its
    folders, by their suffix. Hidden files and folders (whose names begin with a dot) are left out;
    links to files are files, links to folders are not followed, so that no loop has an end to be
    looked for. `include` and `exclude` are about what is found in folders; see `matcher`.

    Parameters
    ----------
    paths : sequence of str
        Files and folders.
    include, exclude : iterable of str
        Only pictures that match, and none that match; a folder that matches `exclude` is not
        looked into.
    beside : str, optional
        A folder of outputs, which is not looked into where it lies within one of `paths`.

    Returns
    -------
    Walked
        Files that were named and do not exist are among them: whoever opens them tells.

    Raises
    ------
    OptionError
        If a pattern matches nothing.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("b.png", "a.jpg", "notes.txt", ".hidden.png"):
    ...     (folder / name).touch()
    >>> walked = walk([str(folder)])
    >>> [file.below for file in walked.files], dict(walked.left_out)
    (['a.jpg', 'b.png'], {'hidden': 1, 'no pictures': 1})
    """
    wanted, unwanted = matcher(tuple(include)), matcher(tuple(exclude))
    left_out: Counter[str] = Counter()
    closed: list[tuple[str, str]] = []
    skipped = _identity(beside)

    def entries(folder: str, below: str) -> list[tuple[os.DirEntry[str], str]]:
        """List a folder, last name first."""
        try:
            with os.scandir(folder) as found:
                inside = [(entry, below + entry.name) for entry in found]
        except OSError as error:
            why = f"the folder cannot be read ({error.strerror or error})"
            closed.append((folder, f"{why}; open it to you, or leave it out (--exclude)"))
            return []
        return sorted(inside, key=lambda one: one[0].name, reverse=True)

    def inside(root: str) -> Iterator[File]:
        rest = entries(root, "")
        while rest:
            entry, below = rest.pop()
            is_link, is_folder = entry.is_symlink(), _is_folder(entry)
            if entry.name.startswith(OWN):
                continue
            if entry.name.startswith("."):
                left_out[HIDDEN] += 1
            elif unwanted is not None and unwanted.fullmatch(below):
                left_out[EXCLUDED] += 1
            elif is_folder and is_link:
                left_out[LINKED] += 1
            elif is_folder:
                if skipped is None or _identity(entry.path) != skipped:
                    rest += entries(entry.path, below + "/")
            elif os.path.splitext(entry.name)[1].lower() not in PICTURES:
                left_out[OTHER] += 1
            elif wanted is not None and not wanted.fullmatch(below):
                left_out[EXCLUDED] += 1
            else:
                yield File(entry.path, root, below, _size(entry.path), False, is_link)

    named = [path for path in paths if not os.path.isdir(path)]
    common = _common_folder(named)
    files: list[File] = []
    known = {os.path.abspath(path) for path in named}
    for path in dict.fromkeys(paths):
        if os.path.isdir(path):
            found: Iterable[File] = inside(path)
        else:
            below = os.path.relpath(os.path.abspath(path), os.path.abspath(common))
            below = below.replace(os.sep, "/")
            found = [File(path, common, below, _size(path), True, os.path.islink(path))]
        for file in found:
            # Once, by name rather than as a find; two spellings of one name are told by the plan.
            if file.is_named or os.path.abspath(file.path) not in known:
                known.add(os.path.abspath(file.path))
                files.append(file)
    return Walked(tuple(files), left_out, tuple(closed))


def _common_folder(named: list[str]) -> str:
    """Find the folder that lies above all files."""
    if not named:
        return os.curdir
    folders = [os.path.dirname(os.path.abspath(path)) for path in named]
    try:
        common = os.path.commonpath(folders)
    except ValueError:  # on different drives of Windows
        return os.curdir
    return os.path.relpath(common) if not any(map(os.path.isabs, named)) else common


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle
        return False


def _size(path: str) -> int:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _identity(path: str | None) -> tuple[int, int] | None:
    try:
        status = None if path is None else os.stat(path)
    except (OSError, ValueError):
        return None
    return None if status is None else (status.st_dev, status.st_ino)
