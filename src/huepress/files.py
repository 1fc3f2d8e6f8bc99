"""Writing files all or nothing: beside the target first, checked, and then moved into place."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from huepress.errors import OutputError

Verify = Callable[[tuple[bytes, ...]], None]

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)
"""What file systems without hard links answer."""


def write_files(
    files: Mapping[Path, bytes],
    *,
    overwrite: bool = False,
    source: Path | None = None,
    verify: Verify | None = None,
    mtime: float | None = None,
) -> None:
    """Write files so that each appears whole and checked, or not at all.

    Everything is written under hidden names in the same folders, read back and verified, and only
    then moved into place. Whatever ends this early, an interrupt included, the hidden files are
    removed, and targets that were already replaced are put back.

    Parameters
    ----------
    files : mapping of Path to bytes
        Targets and contents.
    overwrite : bool
        Whether targets may exist. If not, one that appears while this runs is not overwritten
        either. One that is overwritten keeps its permissions; a symbolic link is followed.
    source : Path, optional
        A file that must not be a target, under any name. Leave it out to write in place.
    verify : callable, optional
        Called with the contents as read back from the file system, in the order of `files`; what it
        raises is passed on.
    mtime : float, optional
        Modification time to give the files, in seconds since the epoch.

    Raises
    ------
    OutputError
        If a target exists, is the source, is not an ordinary file, or its folder is missing or
        cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_files({folder / "a.bin": b"123"})
    >>> (folder / "a.bin").read_bytes()
    b'123'
    """
    targets = [_checked(Path(path), overwrite=overwrite, source=source) for path in files]
    if len(set(targets)) < len(targets):
        raise OutputError(f"two outputs have one name, {targets[0]}; give each its own")
    # Named before they are made, so that an interrupt in between leaves nothing behind.
    hidden = [_hidden_beside(target) for target in targets]
    try:
        for target, temporary, content in zip(targets, hidden, files.values(), strict=True):
            _write(temporary, content, target, durable=overwrite, mtime=mtime)
        if verify is not None:
            verify(tuple(temporary.read_bytes() for temporary in hidden))
        _move_all(hidden, targets, overwrite=overwrite)
    finally:
        for temporary in hidden:
            temporary.unlink(missing_ok=True)


def _checked(path: Path, *, overwrite: bool, source: Path | None) -> Path:
    """Refuse a target that cannot be written, and return the file that a link stands for."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        status = None
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    if status is None:
        if not path.parent.is_dir():
            raise OutputError(
                f"{path} cannot be written: there is no folder {path.parent}; make it"
            )
        return path.resolve() if path.is_symlink() and overwrite else path
    if stat.S_ISDIR(status.st_mode):
        raise OutputError(f"{path} is a folder; name a file in it")
    if source is not None and source.exists() and os.path.samestat(status, source.stat()):
        raise OutputError(f"{path} is the input itself; name another output")
    if not stat.S_ISREG(status.st_mode):
        raise OutputError(f"{path} is not an ordinary file; name one, or write to '-'")
    if not overwrite:
        raise _exists(path)
    return path.resolve()


def _exists(path: Path) -> OutputError:
    return OutputError(
        f"{path} exists; overwrite it with --force (overwrite=True), or name another output"
    )


def _hidden_beside(target: Path) -> Path:
    return target.with_name(f".huepress-{os.urandom(8).hex()}.tmp")


def _write(
    temporary: Path, content: bytes, target: Path, *, durable: bool, mtime: float | None
) -> None:
    try:
        # Permissions as the umask says; O_EXCL, so that nobody else's file or link is followed.
        with temporary.open("xb") as file:
            file.write(content)
            if durable:
                # What is overwritten must not be lost to a power cut.
                file.flush()
                os.fsync(file.fileno())
        if durable and target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        if mtime is not None:
            os.utime(temporary, (mtime, mtime))
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written: {error.strerror or error}; "
            "check the folder's permissions and free space"
        ) from error


def _move_all(hidden: list[Path], targets: list[Path], *, overwrite: bool) -> None:
    backups: dict[Path, Path] = {}
    try:
        for temporary, target in zip(hidden, targets, strict=True):
            if not overwrite:
                _place_new(temporary, target)
                continue
            if len(targets) > 1 and target.exists():
                backups[target] = _hidden_beside(target)
                _link_or_copy(target, backups[target])
            _replace(temporary, target)
    except BaseException:
        # One file is there whole, or not at all. Of several, those already there are taken back.
        if len(targets) > 1:
            for temporary, target in zip(hidden, targets, strict=True):
                _take_back(temporary, target, backups.get(target))
        raise
    finally:
        for backup in backups.values():
            backup.unlink(missing_ok=True)


def _place_new(temporary: Path, target: Path) -> None:
    """Move a file to a name that nothing has, even if something takes it meanwhile."""
    try:
        os.link(temporary, target)  # Unlike a rename, it never replaces anything.
        return
    except FileExistsError as error:
        raise _exists(target) from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise OutputError(f"{target} cannot be written: {error.strerror}") from error
    try:
        target.open("xb").close()
    except FileExistsError as error:
        raise _exists(target) from error
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
    try:
        os.link(original, copy)
    except OSError:
        shutil.copy2(original, copy)


def _take_back(temporary: Path, target: Path, backup: Path | None) -> None:
    if temporary.exists():
        if target.exists() and temporary.samefile(target):
            target.unlink()
    elif backup is not None:
        backup.replace(target)
    else:
        target.unlink(missing_ok=True)
