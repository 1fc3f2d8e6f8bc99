"""Writing files all or nothing: beside the target first, checked, and then moved into place."""

from __future__ import annotations

import errno
import logging
import os
import platform
import shutil
import stat
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from huepress.common.humanize import url_of
from huepress.errors import OutputError

logger = logging.getLogger(__name__)

Verify = Callable[[tuple[bytes, ...]], None]

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)
"""What file systems without hard links answer."""


def write_files(
    files: Mapping[Path, bytes],
    *,
    overwrite: bool = False,
    inputs: Iterable[Path] = (),
    verify: Verify | None = None,
    mtime: float | None = None,
) -> None:
    """Write files so that each appears whole and checked, or not at all.

    Everything is written under hidden names in the same folders, read back, passed to `verify` in
    the order of `files`, and only then moved into place. Whatever ends this early, an interrupt
    included, the hidden files are removed and targets that were already replaced are put back.

    Without `overwrite`, a target that appears while this runs is not overwritten either. With it, a
    target keeps its permissions, and its owner where that is allowed; a symbolic link is followed.
    No target may be one of `inputs`, under any name: leave one out to write it in place.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_files({folder / "a.bin": b"123"})
    >>> (folder / "a.bin").read_bytes()
    b'123'
    """
    targets = check_targets(files, overwrite=overwrite, inputs=inputs)
    # Names are chosen before the files are made, so that they can be removed after any interrupt.
    hidden = [_hidden_beside(target) for target in targets]
    backups = {target: _hidden_beside(target) for target in targets}
    scratch = [*hidden, *backups.values()]
    try:
        try:
            for target, temporary, content in zip(targets, hidden, files.values(), strict=True):
                _write(temporary, content, target, durable=overwrite, mtime=mtime)
            found = tuple(
                _read_back(temporary, content, target)
                for target, temporary, content in zip(targets, hidden, files.values(), strict=True)
            )
            if verify is not None:
                verify(found)
            _move_all(hidden, targets, backups, overwrite=overwrite)
        finally:
            _remove(scratch)
    except BaseException:
        _remove(scratch)  # again: an interrupt may have cut the first removal short
        raise


def check_targets(
    paths: Iterable[Path], *, overwrite: bool = False, inputs: Iterable[Path] = ()
) -> list[Path]:
    """Refuse files that could not be written, before the work whose results they hold.

    Returns the targets, or what they link to.

    Examples
    --------
    >>> check_targets([Path("none/a.png")])
    Traceback (most recent call last):
    huepress.errors.OutputError: none/a.png cannot be written: there is no folder none; make it
    """
    statuses = [status for path in inputs if (status := _status(path)) is not None]
    targets = [_checked(Path(path), statuses, overwrite=overwrite) for path in paths]
    if len(set(targets)) < len(targets):
        raise OutputError(f"two outputs have one name, {targets[0]}; give each its own")
    return targets


def check_folder(path: Path) -> None:
    """Refuse a folder in which no file could be written; it need not exist yet."""
    _refuse_url(path)
    existing = path
    while (status := _status(existing)) is None and existing != existing.parent:
        if existing.is_symlink():
            raise OutputError(
                f"{path} cannot be made: {existing} is a link to nothing; name another folder"
            )
        existing = existing.parent
    if status is None or not stat.S_ISDIR(status.st_mode):
        raise OutputError(
            f"{path} cannot hold files: {existing} is not a folder; name another folder"
        )
    _check_writable(existing, path)


def make_folder(path: Path) -> None:
    """Make a folder, and those that it lies in; it may exist."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be made: {error.strerror or error}; name another folder"
        ) from error


def check_unchanged(path: Path, n_bytes: int | None, mtime: float | None) -> None:
    """Refuse to replace a file whose size or time is no longer what it was when it was read."""
    status = _status(path)
    if status is None or (status.st_size, status.st_mtime) != (n_bytes, mtime):
        raise OutputError(f"{path} was changed since it was read; read it again")


def exists(path: Path) -> bool:
    """Tell whether a path exists; no if that may not be looked up."""
    return _status(path) is not None


def same_file(one: Path, other: Path) -> bool:
    """Tell whether two names stand for one file that exists, links included."""
    return (identity := identity_of(one)) is not None and identity == identity_of(other)


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return what all names of a file or folder have in common; None where it does not exist."""
    status = _status(path)
    return None if status is None else (status.st_dev, status.st_ino)


def folds_case(folder: Path) -> bool:
    """Tell whether a folder, which need not exist yet, takes names that differ in case for one."""
    for existing in (folder.absolute(), *folder.absolute().parents):
        other = existing.with_name(existing.name.swapcase()) if existing.name else existing
        if other != existing and exists(existing):
            return same_file(existing, other)
    return False


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _checked(path: Path, inputs: list[os.stat_result], *, overwrite: bool) -> Path:
    """Refuse a target that cannot be written, and return the file that a link stands for."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        status = None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"{path} cannot be written: {reason}; name another file") from error
    if status is None:
        _refuse_url(path)
        if not path.parent.is_dir():
            raise OutputError(
                f"{path} cannot be written: there is no folder {path.parent}; make it"
            )
        target = path.resolve() if path.is_symlink() and overwrite else path
        _check_writable(target.parent, path)
        return target
    if stat.S_ISDIR(status.st_mode):
        raise OutputError(f"{path} is a folder; name a file in it")
    if any(os.path.samestat(status, other) for other in inputs):
        raise OutputError(
            f"{path} is an input itself; name another output, or compress in place (--in-place)"
        )
    if not stat.S_ISREG(status.st_mode):
        raise OutputError(f"{path} is not an ordinary file; name one, or write to '-'")
    if not overwrite:
        raise _taken(path)
    target = path.resolve()
    _check_writable(target.parent, path)
    return target


def _check_writable(folder: Path, path: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(
            f"{path} cannot be written: the folder {folder} is write-protected for you; "
            "change its permissions, or name another"
        )


def _refuse_url(path: Path) -> None:
    if url := url_of(path):
        raise OutputError(
            f"{url} is a URL, and only files can be written; name a file and upload that"
        )


def _taken(path: Path) -> OutputError:
    return OutputError(f"{path} exists; overwrite it (--force), or name another output")


def _hidden_beside(target: Path) -> Path:
    return target.with_name(f"{_scratch(os.getpid())}{os.urandom(4).hex()}.tmp")


def _scratch(process: int) -> str:
    """Say how the names of the hidden files of a process of this machine begin."""
    machine = zlib.crc32(platform.node().encode(errors="surrogateescape"))
    return f".huepress-{machine:08x}-{process}-"


def remove_scratch(folder: Path, process: int | None = None) -> None:
    """Remove hidden files that a process which was killed has left in a folder.

    Without its number, those of all processes of this machine that are no more.
    """
    begin = _scratch(0)[:-2]
    try:
        names = [path.name for path in folder.iterdir() if path.name.startswith(begin)]
    except OSError:
        return
    for name in names:
        number = name[len(begin) :].partition("-")[0]
        if not (number.isdigit() and name.endswith(".tmp")):
            continue
        if int(number) == process or (process is None and not _lives(int(number))):
            _remove([folder / name])


def _lives(process: int) -> bool:
    if os.name != "posix":  # where asking would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _write(
    temporary: Path, content: bytes, target: Path, *, durable: bool, mtime: float | None
) -> None:
    try:
        # Exclusive creation never follows a file or link that somebody else has put there.
        with temporary.open("xb") as file:
            file.write(content)
            if durable:
                # A power cut must leave the old file or the new one.
                file.flush()
                os.fsync(file.fileno())
        if durable and (status := _status(target)) is not None:
            with suppress(OSError, AttributeError):  # not allowed, or on Windows missing
                os.chown(temporary, status.st_uid, status.st_gid)
            temporary.chmod(stat.S_IMODE(status.st_mode))
        if mtime is not None:
            os.utime(temporary, (mtime, mtime))
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written: {error.strerror or error}; "
            "check the folder's permissions and free space"
        ) from error


def _read_back(temporary: Path, content: bytes, target: Path) -> bytes:
    try:
        found = temporary.read_bytes()
    except OSError as error:
        raise OutputError(
            f"{target} cannot be read back: {error.strerror or error}; check the disk"
        ) from error
    if found != content:
        raise OutputError(f"{target} reads back otherwise than it was written; check the disk")
    return found


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            # Only a warning: an error that came before matters more.
            if os.path.lexists(path):
                logger.warning("%s could not be removed: %s", path, error.strerror)


def _move_all(
    hidden: list[Path], targets: list[Path], backups: dict[Path, Path], *, overwrite: bool
) -> None:
    try:
        for temporary, target in zip(hidden, targets, strict=True):
            if not overwrite:
                _place_new(temporary, target)
                continue
            if len(targets) > 1 and target.exists():
                _link_or_copy(target, backups[target])
            _replace(temporary, target)
    except BaseException:
        # A single move is all or nothing; of several files, those in place already are taken back.
        if len(targets) > 1:
            for temporary, target in zip(hidden, targets, strict=True):
                _take_back(temporary, target, backups[target])
        raise


def _place_new(temporary: Path, target: Path) -> None:
    """Move a file to a free name, and raise rather than replace what takes that name meanwhile."""
    try:
        os.link(temporary, target)  # unlike a rename, it never replaces anything
        return
    except FileExistsError as error:
        raise _taken(target) from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise OutputError(f"{target} cannot be written: {error.strerror}") from error
    try:
        target.open("xb").close()
    except FileExistsError as error:
        raise _taken(target) from error
    try:
        _replace(temporary, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _replace(temporary: Path, target: Path) -> None:
    try:
        temporary.replace(target)
    except OSError as error:
        raise OutputError(f"{target} cannot be replaced: {error.strerror or error}") from error


def _link_or_copy(original: Path, copy: Path) -> None:
    with suppress(OSError):  # not all file systems have links
        os.link(original, copy)
        return
    try:
        shutil.copy2(original, copy)
    except OSError as error:
        raise OutputError(
            f"{original} cannot be put aside: {error.strerror or error}; check the free space"
        ) from error


def _take_back(temporary: Path, target: Path, backup: Path) -> None:
    if temporary.exists():
        if target.exists() and temporary.samefile(target):
            target.unlink()
    elif backup.exists():
        backup.replace(target)
    else:
        target.unlink(missing_ok=True)
