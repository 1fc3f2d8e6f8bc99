"""Laws of writing: whole and checked, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from huepress.common.files import write_files
from huepress.errors import FormatError, OutputError


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.fixture(params=["links", "no links"])
def file_system(request, monkeypatch):
    if request.param == "no links":
        monkeypatch.setattr(os, "link", no_links)


@pytest.mark.usefixtures("file_system")
@pytest.mark.parametrize("overwrite", [False, True])
def test_files_are_written_and_nothing_else_is_left(tmp_path, overwrite):
    write_files({tmp_path / "a": b"1", tmp_path / "b": b"22"}, overwrite=overwrite)
    assert contents(tmp_path) == {"a": b"1", "b": b"22"}


@pytest.mark.usefixtures("file_system")
def test_a_file_that_exists_is_not_overwritten_unless_asked(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(OutputError, match="a exists; overwrite it"):
        write_files({tmp_path / "b": b"new", tmp_path / "a": b"new"})
    assert contents(tmp_path) == {"a": b"old"}
    write_files({tmp_path / "a": b"new"}, overwrite=True)
    assert contents(tmp_path) == {"a": b"new"}


@pytest.mark.usefixtures("file_system")
def test_a_file_that_appears_meanwhile_is_not_overwritten_and_its_partner_taken_back(tmp_path):
    def someone_else_writes(_: object) -> None:
        (tmp_path / "b").write_bytes(b"theirs")

    with pytest.raises(OutputError, match="b exists"):
        write_files({tmp_path / "a": b"1", tmp_path / "b": b"2"}, verify=someone_else_writes)
    assert contents(tmp_path) == {"b": b"theirs"}


@pytest.mark.parametrize("error", [FormatError("no"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("overwrite", [False, True])
def test_nothing_changes_when_verification_fails(tmp_path, error, overwrite):
    if overwrite:
        (tmp_path / "a").write_bytes(b"old")
    before = contents(tmp_path)

    def verify(found: tuple[bytes, ...]) -> None:
        assert found == (b"1", b"2")
        assert len(contents(tmp_path)) == len(before) + 2
        raise error

    with pytest.raises(type(error)):
        write_files(
            {tmp_path / "a": b"1", tmp_path / "b": b"2"}, verify=verify, overwrite=overwrite
        )
    assert contents(tmp_path) == before


@pytest.mark.usefixtures("file_system")
@pytest.mark.parametrize("error", [OSError(errno.EACCES, "denied"), KeyboardInterrupt()])
def test_of_two_files_none_changes_when_the_second_cannot_be_replaced(tmp_path, monkeypatch, error):
    (tmp_path / "a").write_bytes(b"old a")
    (tmp_path / "c").write_bytes(b"old c")
    replace = os.replace

    def fails_for_c(source: object, target: object) -> None:
        if Path(str(target)).name == "c":
            raise error
        replace(source, target)

    monkeypatch.setattr(os, "replace", fails_for_c)
    files = {tmp_path / "a": b"1", tmp_path / "b": b"2", tmp_path / "c": b"3"}
    with pytest.raises((OutputError, KeyboardInterrupt)):
        write_files(files, overwrite=True)
    assert contents(tmp_path) == {"a": b"old a", "c": b"old c"}


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_files({tmp_path / "a": b"new"}, overwrite=True)
    assert contents(tmp_path) == {"a": b"old"}


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(OutputError, match="a cannot be written: Permission denied"):
        write_files({tmp_path / "a": b"1"})


def test_a_missing_folder_and_a_file_in_place_of_a_folder_are_refused(tmp_path):
    with pytest.raises(OutputError, match="there is no folder"):
        write_files({tmp_path / "none" / "a": b"1"})
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="there is no folder"):
        write_files({tmp_path / "file" / "a": b"1"})


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_is_no_target(tmp_path, overwrite):
    with pytest.raises(OutputError, match="is a folder"):
        write_files({tmp_path: b"1"}, overwrite=overwrite)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes among its files")
def test_a_pipe_or_a_device_is_never_replaced(tmp_path):
    # A pipe of its own: were this broken, the test must not replace the system's null device.
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="not an ordinary file"):
        write_files({tmp_path / "pipe": b"1"}, overwrite=True)
    assert (tmp_path / "pipe").is_fifo()


def test_the_input_is_no_target_under_any_name(tmp_path):
    source = tmp_path / "in.png"
    source.write_bytes(b"original")
    other = tmp_path / "other.png"
    (tmp_path / "alias.png").hardlink_to(source)
    for name in ("in.png", "alias.png", "../" + tmp_path.name + "/in.png"):
        with pytest.raises(OutputError, match="is an input itself"):
            write_files({tmp_path / name: b"1"}, overwrite=True, inputs=[other, source])
    assert source.read_bytes() == b"original"
    write_files({source: b"1"}, overwrite=True)
    assert source.read_bytes() == b"1"


def test_two_outputs_may_not_have_one_name(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(OutputError, match="one name"):
        write_files({tmp_path / "a": b"1", tmp_path / "link": b"2"}, overwrite=True)
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_symbolic_link_is_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(OutputError, match="exists"):
        write_files({tmp_path / "link": b"1"})
    write_files({tmp_path / "link": b"1"}, overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a").read_bytes() == b"1"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_permissions_are_those_of_an_ordinary_file_and_survive_overwriting(tmp_path):
    ordinary, written = tmp_path / "ordinary", tmp_path / "written"
    ordinary.write_bytes(b"")
    write_files({written: b"1"})
    assert written.stat().st_mode == ordinary.stat().st_mode
    written.chmod(0o640)
    write_files({written: b"2"}, overwrite=True)
    assert stat.S_IMODE(written.stat().st_mode) == 0o640


def test_the_modification_time_is_set_if_given(tmp_path):
    write_files({tmp_path / "a": b"1"}, mtime=1234567890.5)
    assert (tmp_path / "a").stat().st_mtime == 1234567890.5


def test_a_name_as_long_as_the_file_system_allows_is_written(tmp_path):
    write_files({tmp_path / ("a" * 251 + ".png"): b"1"})
    assert len(contents(tmp_path)) == 1
