"""What files, streams, limits and signals can do to the command line, run as a process."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

import huepress as library
from huepress.common.files import write_files
from huepress.formats.palettes import SUFFIXES
from program import PROGRAM, program

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no such thing")
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")

ENDED = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}


def huepress(
    *arguments: object, cwd: Path, shell: str = "", **options: object
) -> subprocess.CompletedProcess[bytes]:
    """Run the program, or with `shell` that text with `huepress` for its name."""
    if shell:
        command = ["sh", "-c", shell.replace("huepress", str(PROGRAM))]
    else:
        command = [os.fsencode(PROGRAM), *map(os.fsencode, map(str, arguments))]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.run(command, cwd=cwd, check=False, timeout=600, **streams)


def assert_one_line(run: subprocess.CompletedProcess[bytes], code: int, text: str = "") -> None:
    """One line on standard error, which begins with the program's name, and this exit code."""
    lines = [line for line in run.stderr.decode(errors="replace").splitlines() if line.strip()]
    assert len(lines) == 1, run.stderr
    assert lines[0].startswith("huepress: ")
    assert text in lines[0]
    assert run.returncode == code


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures of many colours; the second upside down."""
    y, x = np.mgrid[:40, :48]
    pixels = np.stack([x * 5, y * 6, x * y % 251], axis=-1).astype(np.uint8)
    PillowImage.fromarray(pixels).save(tmp_path / "a.png")
    PillowImage.fromarray(pixels[::-1].copy()).save(tmp_path / "b.png")
    return tmp_path


# Nothing is lost.


@pytest.mark.parametrize(
    "arguments",
    [
        "compress a.png -k 4 -o a.png",
        "compress a.png -k 4 -o link.png",
        "compress a.png -k 4 -o hard.png",
        "compress a.png -k 4 -o loop/a.png",
        "compress link.png -k 4 -o a.png",
        "compress a.png -k 4 --ext .png",
        "compress a.png -k 4 --out-dir .",
        "compress a.png b.png -k 4 --out-dir loop",
        "compress a.png a-small.png -k 4",
        "compress b.png --palette few.png -o few.png",
        "compress b.png b-labels.png -k 4 --format npy --ext .npy",
        "compress a.png --plot a.png",
        "compress a.png --plot out.png -o out.png",
        "report a.html -k 4 -o a.html",
        "palette a.png -k 4 -o a.png",
        "compare b.png a.png -o a.png",
        "decompress a.png -o a.png",
        "decompress p.npy -o p-labels.png",
        "decompress p.npy --labels b-labels.png -o b-labels.png",
        "plot palette a.png -k 4 -o a.png",
        "animate anim.gif -k 4 --frame 0 -o anim.gif",
    ],
)
@POSIX
def test_no_output_is_ever_an_input_under_any_of_its_names(folder: Path, arguments: str) -> None:
    (folder / "link.png").symlink_to("a.png")
    (folder / "hard.png").hardlink_to(folder / "a.png")
    (folder / "loop").symlink_to(".")
    PillowImage.new("RGB", (1, 1)).save(folder / "few.png")
    for other in ("a-small.png", "b-labels.png", "p.npy", "p-labels.png", "a.html", "anim.gif"):
        (folder / other).write_bytes((folder / "b.png").read_bytes())
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    run = program(*arguments.split(), "--force", cwd=folder)
    assert run.returncode in (1, 2), run
    assert b"is an input itself" in run.stderr or b"is the output's name too" in run.stderr
    assert b"Traceback" not in run.stderr
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert {name: after[name] for name in before} == before


def test_in_place_replaces_an_input_and_keeps_its_permissions_and_time(folder: Path) -> None:
    path = folder / "a.png"
    before = path.read_bytes()
    path.chmod(0o640)
    os.utime(path, (1e9, 1e9))
    run = program("compress", "a.png", "-k", 4, "--in-place", "--preserve", cwd=folder)
    assert (run.returncode, run.stderr) == (0, b"")
    assert path.stat().st_size < len(before)
    assert path.stat().st_mtime == 1e9
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o640
    assert names(folder) == {"a.png", "b.png"}


@POSIX
def test_in_place_follows_a_link_and_leaves_other_names_of_a_file_alone(folder: Path) -> None:
    before = (folder / "a.png").read_bytes()
    (folder / "link.png").symlink_to("a.png")
    (folder / "hard.png").hardlink_to(folder / "a.png")
    assert program("compress", "link.png", "-k", 4, "--in-place", cwd=folder).returncode == 0
    assert (folder / "link.png").is_symlink()
    assert len((folder / "a.png").read_bytes()) < len(before)
    assert (folder / "hard.png").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("a.png -o c.png", "without -o"),
        ("a.png --out-dir c", "without -o"),
        ("a.jpg", "cannot be compressed in place"),
        ("-", "cannot be compressed in place"),
        ("a.png --format webp", "cannot be compressed in place"),
        ("a.png --format npz", "cannot be compressed in place"),
        ("a.png ./a.png", "are one file"),
        ("a.png --frame 0", "would lose the others"),
    ],
)
def test_in_place_refuses_what_would_lose_something(
    folder: Path, arguments: str, text: str
) -> None:
    (folder / "a.jpg").write_bytes(b"")
    before = (folder / "a.png").read_bytes()
    run = program("compress", "--in-place", "-k", 4, *arguments.split(), cwd=folder)
    assert_one_line(run, 2, text)
    assert (folder / "a.png").read_bytes() == before


def test_in_place_keeps_an_original_that_would_grow(folder: Path) -> None:
    assert program("compress", "a.png", "-k", 4, "--in-place", cwd=folder).returncode == 0
    before = (folder / "a.png").read_bytes()
    run = program("compress", "a.png", "-k", 4, "--in-place", "--json", cwd=folder)
    assert json.loads(run.stdout)["status"] == "kept"
    assert (folder / "a.png").read_bytes() == before


def test_a_result_is_saved_over_its_picture_only_in_place(folder: Path) -> None:
    before = (folder / "a.png").read_bytes()
    result = library.compress(folder / "a.png", k=4)
    with pytest.raises(library.OutputError, match="in place"):
        result.save(folder / "a.png", overwrite=True)
    assert (folder / "a.png").read_bytes() == before
    with pytest.raises(library.OutputError, match="exists"):
        result.save(folder / "b.png", in_place=True)
    os.utime(folder / "a.png", (1e9, 1e9))
    with pytest.raises(library.OutputError, match="was changed since it was read"):
        result.save(folder / "a.png", in_place=True)
    result = library.compress(folder / "a.png", k=4)
    result.save(folder / "a.png", in_place=True)
    assert (folder / "a.png").read_bytes() == result.encoded.files[0][1]


# Streams.

COMMANDS = {
    "compress": "huepress compress a.png -k 4",
    "compress to stdout": "huepress compress a.png -k 4 -o -",
    "compress json": "huepress compress a.png -k 4 --json",
    "report": "huepress report a.png -k 4 -o -",
    "decompress": "huepress decompress a.png -o -",
    "inspect": "huepress inspect a.png",
    "compare": "huepress compare a.png b.png",
    "palette": "huepress palette a.png -k 4",
    "palette json": "huepress palette a.png -k 4 --json",
    "codebook": "huepress codebook build a.png -k 4 -o -",
    "histogram": "huepress histogram a.png -o -",
    "plot": "huepress plot palette a.png -k 4 -o -",
    "animate": "huepress animate a.png -k 2 --max-iter 2 -o -",
    "help": "huepress compress --help",
    "version": "huepress --version",
}


@pytest.mark.slow
@FULL
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_full_disk_at_standard_output_is_one_line_and_exit_1(folder: Path, command: str) -> None:
    run = huepress(shell=f"{command} >/dev/full", cwd=folder)
    assert_one_line(run, 1, "standard output cannot be written: No space left on device")


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("command", ["compress", "compress to stdout", "inspect", "version"])
def test_a_closed_standard_output_is_one_line_and_exit_1(folder: Path, command: str) -> None:
    run = huepress(shell=f"{COMMANDS[command]} >&-", cwd=folder)
    assert_one_line(run, 1, "standard output is closed")


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("command", ["compress to stdout", "inspect", "report"])
def test_a_reader_that_leaves_is_one_line_and_exit_1(folder: Path, command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = huepress(shell=COMMANDS[command], cwd=folder, stdout=writer)
    os.close(writer)
    assert_one_line(run, 1, "standard output was closed before all was written")


@pytest.mark.slow
@FULL
@pytest.mark.parametrize("stream", ["2>/dev/full", "2>&-"])
def test_without_standard_error_the_exit_code_still_tells(folder: Path, stream: str) -> None:
    done = huepress(shell=f"huepress compress a.png -k 4 -o - {stream}", cwd=folder)
    assert done.returncode == 0
    assert done.stdout == library.compress(folder / "a.png", k=4).encoded.files[0][1]
    failed = huepress(shell=f"huepress inspect none.png {stream}", cwd=folder)
    assert (failed.returncode, failed.stdout) == (1, b"")


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("command", ["compress", "decompress", "inspect", "palette"])
def test_closed_standard_input_is_called_that(folder: Path, command: str) -> None:
    run = huepress(shell=f"huepress {command} - <&-", cwd=folder)
    assert_one_line(run, 1, "standard input is closed")


@pytest.mark.slow
def test_a_file_on_standard_output_has_nothing_after_it(folder: Path) -> None:
    run = huepress("compress", "a.png", "-k", 4, "-o", "-", "--json", cwd=folder)
    picture = library.compress(folder / "a.png", k=4).encoded.files[0][1]
    assert run.stdout == picture
    assert json.loads(run.stderr)["output_bytes"] == len(picture)
    back = huepress("decompress", "-", "--json", cwd=folder, input=picture)
    assert json.loads(back.stderr)["codes"] == 4
    learned = huepress("palette", "a.png", "-k", 4, "-o", "-", "--json", cwd=folder)
    assert json.loads(learned.stderr)["codes"] == len(learned.stdout.splitlines()) == 4
    assert back.stdout.endswith(b"IEND\xaeB`\x82")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_no_character_is_missing_so_much_that_it_fails(folder: Path, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    run = huepress("compress", "a.png", "--explain", cwd=folder, env=environment)
    assert (run.returncode, run.stderr) == (0, b"")
    assert ("→" if encoding == "utf-8" else "->") in run.stdout.decode(encoding)
    picture = "48×40" if encoding != "ascii" else "48x40"
    assert picture in run.stdout.decode(encoding)


@pytest.mark.slow
@POSIX
@pytest.mark.skipif(sys.platform == "darwin", reason="its names are UTF-8")
def test_names_that_are_not_utf8_go_everywhere(folder: Path) -> None:
    strange = os.fsdecode(b"caf\xe9.png")
    (folder / "a.png").rename(folder / strange)
    for arguments in (
        ["compress", strange, "-k", "4"],
        ["inspect", strange],
        ["report", strange, "-k", "4", "-o", "page.html"],
        ["plot", "frontier", strange, "-k", "2,4", "-o", "f.svg"],
        ["plot", "colors3d", strange, "-k", "4", "-o", "c.html"],
        *(
            ["palette", strange, "-k", "4", "-o", os.fsdecode(b"\xe9") + suffix]
            for suffix in SUFFIXES
        ),
        ["codebook", "build", strange, "-k", "4", "-o", os.fsdecode(b"\xe9-book.json")],
        ["histogram", strange, "-o", os.fsdecode(b"\xe9.npz")],
    ):
        run = program(*arguments, cwd=folder)
        assert (run.returncode, run.stderr) == (0, b""), (arguments, run.stderr)
    assert program("inspect", strange + "x", cwd=folder).stderr.count(b"caf\xe9.pngx: no such") == 1
    # The page's command makes the file again, in a shell that knows the quotes.
    page = (folder / "page.html").read_text("utf-8")
    assert r"$&#x27;caf\xe9.png&#x27;" in page


# Outputs that cannot be, found before the work.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ("compress huge.png -o none/x.png", 1, "there is no folder none"),
        ("compress huge.png -o b.png", 1, "b.png exists; overwrite it"),
        ("compress huge.png --out-dir b.png", 1, "b.png is not a folder"),
        ("compress huge.png --out-dir b.png/c/d", 1, "b.png is not a folder"),
        ("compress huge.png -o b.png/c.png", 1, "there is no folder b.png"),
        ("compress huge.png --plot a.txt", 2, "does not end in .png, .svg, .pdf"),
        ("compress huge.png --plot none/a.png", 1, "there is no folder none"),
        ("compress huge.png --plot b.png", 1, "b.png exists"),
        ("compress huge.png --format npy -o -", 2, "makes 2 files"),
        ("compress huge.png --ext /../../x.png", 2, "names a folder"),
        ("compress huge.png -o s3://bucket/x.png", 2, "s3://bucket/x.png is a URL"),
        ("compress huge.png --out-dir gs://bucket/x", 1, "gs://bucket/x is a URL"),
        ("compress huge.png -o", 2, ""),
        ("compress huge.png -o . --format npy", 2, ". names a folder; name a file in it"),
        ("compress huge.png -o / --format auto", 2, "/ names a folder; name a file in it"),
        ("compress huge.png -o small/", 2, "small/ names a folder; name a file in it"),
        ("decompress .", 1, ".: is a folder, not a file"),
        ("decompress /", 1, "/: is a folder, not a file"),
        ("decompress huge.png --max-pixels 0", 2, "--max-pixels 0 is out of range; use 1 or more"),
        ("inspect huge.png --max-pixels 0", 2, "--max-pixels 0 is out of range; use 1 or more"),
        ("compress s3://bucket/x.png", 1, "s3://bucket/x.png is a URL"),
        ("report huge.png -o none/x.html", 1, "there is no folder none"),
        ("report huge.png -o https://a.b/x.html", 2, "https://a.b/x.html is a URL"),
        ("palette huge.png -o none/x.gpl", 1, "there is no folder none"),
        ("compare huge.png huge.png -o none/x.png", 1, "there is no folder none"),
        ("compare huge.png huge.png -o b.png", 1, "b.png exists"),
        ("decompress huge.png -o none/x.png", 1, "there is no folder none"),
        ("decompress huge.png -o b.png", 1, "b.png exists"),
        ("plot palette huge.png -o none/x.png", 1, "there is no folder none"),
        ("animate huge.png -o none/x.gif", 1, "there is no folder none"),
    ],
)
def test_an_output_that_cannot_be_is_found_before_the_work(
    folder: Path, arguments: str, code: int, text: str
) -> None:
    # Were the input read, it would be called damaged.
    (folder / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    words = arguments.split()
    run = program(*words, *([""] if words[-1] == "-o" else []), cwd=folder)
    if text:
        assert_one_line(run, code, text)
    else:
        assert_one_line(run, code, "has no name")
    assert names(folder) == {"a.png", "b.png", "huge.png"}


@POSIX
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write everywhere")
def test_a_protected_folder_is_found_before_the_work(folder: Path) -> None:
    (folder / "kept").mkdir(0o555)
    for option in ("-o kept/x.png", "--out-dir kept", "--out-dir kept/new"):
        run = program("compress", "a.png", *option.split(), cwd=folder)
        assert_one_line(run, 1, "write-protected")


def test_an_error_of_cleaning_up_does_not_hide_what_went_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "open", read_only)
    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(library.OutputError, match="Read-only file system"):
        write_files({tmp_path / "a.png": b"1"})


def test_what_reads_back_otherwise_is_not_moved_into_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(b"old")
    monkeypatch.setattr(Path, "read_bytes", lambda _: b"garbled")
    with pytest.raises(library.OutputError, match="reads back otherwise"):
        write_files({tmp_path / "a.png": b"new"}, overwrite=True)
    monkeypatch.undo()
    assert (tmp_path / "a.png").read_bytes() == b"old"
    assert names(tmp_path) == {"a.png"}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
@pytest.mark.parametrize(
    "command",
    [
        "huepress decompress - </dev/zero",
        "huepress decompress /dev/zero -o x.png",
        "huepress compress - </dev/zero",
        "(printf 'PK\\003\\004'; cat /dev/zero) | huepress decompress - --max-pixels 100",
    ],
)
def test_a_stream_without_end_is_not_read_to_its_end(folder: Path, command: str) -> None:
    run = huepress(shell=f"{command} 2>err", cwd=folder)
    line = (folder / "err").read_text().splitlines()[0]
    assert run.returncode == 1
    assert line.startswith("huepress: ")
    assert "format" in line or "bytes, and no picture of" in line


# Files that lie, and numbers beyond all sense.


def npy_header(shape: str, descr: str = "'|u1'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def container(**members: bytes) -> bytes:
    whole = {
        "version": npy_header("()", "'<i8'") + bytes([1, *[0] * 7]),
        "codebook": npy_header("(2, 3)") + bytes([0, 0, 0, 255, 255, 255]),
        "labels": npy_header("(4, 4)") + bytes(16),
    } | members
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in whole.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def encrypted(data: bytes) -> bytes:
    flags = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = flags.find(mark)
        while place >= 0:
            flags[place + offset] |= 1
            place = flags.find(mark, place + 1)
    return bytes(flags)


LIES = {
    "more codes than any memory": (
        container(codebook=npy_header("(4000000000000, 3)")),
        "no array of",
    ),
    "more codes than said": (container(codebook=npy_header("(9, 3)") + bytes(6)), "damaged"),
    "a number of 23 digits": (container(labels=npy_header(f"({10**22}, 1)")), "any memory"),
    "a deep header": (container(labels=npy_header("(" * 900 + ")" * 900)), "damaged"),
    "a long header": (container(labels=npy_header("(4, 4)" + " " * 9000)), "header of"),
    "a header that nests minus signs": (
        container(labels=npy_header("(" + "-" * 900 + "1,)")),
        "damaged",
    ),
    "no header": (container(labels=b""), "damaged"),
    "half a header": (container(labels=npy_header("(4, 4)")[:20]), "ends in the header"),
    "half the labels": (container(labels=npy_header("(4, 4)") + bytes(8)), "damaged"),
    "labels of objects": (container(labels=npy_header("(4, 4)", "'|O'") + bytes(128)), "object"),
    "a type that is none": (container(labels=npy_header("(4, 4)", "'<q7'") + bytes(16)), "type"),
    "900 million labels": (container(labels=npy_header("(30000, 30000)")), "limit"),
    "a profile without end": (container(icc=npy_header("(99999999999,)")), None),
    "encrypted": (encrypted(container()), "is encrypted"),
    "cut": (container()[:-30], "damaged"),
}


@pytest.mark.parametrize(("data", "text"), LIES.values(), ids=LIES)
def test_a_container_that_lies_is_refused_before_it_takes_memory(
    data: bytes, text: str | None
) -> None:
    library.decompress(container())  # What is loaded at first use is not counted.
    tracemalloc.start()
    try:
        if text is None:
            assert library.decompress(data).width == 4
        else:
            with pytest.raises((library.FormatError, library.InputError), match=text):
                library.decompress(data)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.slow
def test_a_container_that_keeps_a_huge_promise_is_refused_before_it_takes_memory() -> None:
    rows = 2**26 // 3 + 1
    huge = container(codebook=npy_header(f"({rows}, 3)") + bytes(3 * rows))
    assert library.decompress(container()).width == 4  # and everything is loaded
    tracemalloc.start()
    try:
        with pytest.raises(library.FormatError, match="no array of a container has more than 67,"):
            library.decompress(huge)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 1 << 20


def test_the_command_line_says_in_one_line_which_container_lies(folder: Path) -> None:
    (folder / "lie.npz").write_bytes(LIES["a deep header"][0])
    for command in ("decompress", "inspect"):
        assert_one_line(program(command, "lie.npz", cwd=folder), 1, "lie.npz: 'labels'")
    (folder / "c.npy").write_bytes(npy_header("(16d, 3)") + bytes(48))
    run = program("decompress", "c.npy", "--labels", "a.png", cwd=folder)
    assert_one_line(run, 1, "damaged codebook")


@pytest.mark.parametrize(
    "content",
    [
        '{"colors": [[0, 0, 1%s]]}' % ("0" * 5000),
        "[" * 5000 + "]" * 5000,
        "[" + "[" * 500 + "]" * 500 + "]",
        '["#%s"]' % ("f" * 10**6),
    ],
    ids=["a number of 5000 digits", "too deep", "deep", "a colour of a megabyte"],
)
def test_a_palette_that_lies_is_one_short_line(folder: Path, content: str) -> None:
    (folder / "p.json").write_text(content)
    run = program("compress", "a.png", "--palette", "p.json", cwd=folder)
    assert_one_line(run, 1, "p.json")
    assert len(run.stderr) < 1200
    assert b"Python" not in run.stderr
    assert b"sys." not in run.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "decompress big.npz",
        "inspect big.npz",
        "inspect a.png",
        "compare big.npz a.png",
        "compare a.png b.png",
        "decompress a.png",
        "compress a.png",
        "compress tiny.png --palette a.png",
        "plot compare big.npz a.png -o f.png",
    ],
)
def test_the_limit_of_pixels_holds_wherever_pixels_are_read(folder: Path, arguments: str) -> None:
    (folder / "big.npz").write_bytes(container(labels=npy_header("(40, 48)") + bytes(1920)))
    PillowImage.new("RGB", (1, 1)).save(folder / "tiny.png")
    run = program(*arguments.split(), "--max-pixels", 1919, cwd=folder)
    assert_one_line(run, 1, "the limit")


HUGE = "9" * 400


@pytest.mark.parametrize(
    "arguments",
    [
        "compress a.png --threads 99999999999999999999",
        f"compress a.png --threads {HUGE}",
        f"compress a.png --target-size {HUGE}",
        f"compress a.png --target-size {HUGE}k",
        "compress a.png --target-size 0",
        f"compress a.png --quality {HUGE}",
        "compress a.png --quality nan",
        f"compress a.png --quality 1-{HUGE}",
        f"compress a.png -k {HUGE}",
        "compress a.png -k -1",
        f"compress a.png -k 4 --seed {HUGE}",
        f"compress a.png -k 4 --sample {HUGE}",
        f"compress a.png -k 4 --batch-size {HUGE}",
        f"compress a.png -k 4 --n-init {HUGE}",
        f"compress a.png -k 4 --max-iter {HUGE}",
        "compress a.png -k 4 --tol nan",
        f"compress a.png -k 4 --tol {HUGE}",
        "compress a.png -k 4 --dither diffusion:nan",
        f"compress a.png -k 4 --dither diffusion:{HUGE}",
        f"compress a.png -k 4 --frame {HUGE}",
        "compress a.png -k 4 --max-pixels -1",
        f"palette a.png --threads {HUGE}",
        f"palette a.png -k {HUGE}",
        f"plot palette a.png -k {HUGE} -o f.png",
        f"plot elbow a.png -k 2 --chosen {HUGE} -o f.png",
        f"animate a.png -k 2 --max-iter 1 --width {HUGE} -o f.gif",
        "animate a.png -k 2 --max-iter 1 --interval nan -o f.gif",
        "animate a.png -k 2 --max-iter 1 --hold inf -o f.gif",
        f"animate a.png -k 2 --max-iter 1 --interval {HUGE} -o f.gif",
        f"compress {'a' * 5000}.png",
        f"compress a.png --threads {'9' * 5000}",
    ],
)
def test_numbers_beyond_all_sense_are_refused_in_one_line(folder: Path, arguments: str) -> None:
    run = program(*arguments.split(), cwd=folder)
    assert run.returncode in (1, 2), run
    assert_one_line(run, run.returncode)
    assert names(folder) == {"a.png", "b.png"}


@pytest.mark.slow
@POSIX
@pytest.mark.skipif(sys.platform != "linux", reason="not every address space has a limit")
@pytest.mark.parametrize("megabytes", [200, 300])
def test_a_lack_of_memory_is_one_line(folder: Path, megabytes: int) -> None:
    large = np.random.default_rng(0).integers(0, 256, (3000, 3000, 3), dtype=np.uint8)
    PillowImage.fromarray(large).save(folder / "large.png", compress_level=0)
    shell = f"ulimit -v {megabytes * 1024}; huepress compress large.png -k 16 --threads 1"
    run = huepress(shell=shell, cwd=folder)
    assert_one_line(run, 1)
    assert names(folder) == {"a.png", "b.png", "large.png"}


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"k": 4}, {"quality": 60}])
def test_where_no_thread_can_be_started_one_does_it_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    wanted = bytes(library.compress(folder / "a.png", threads=2, **options))

    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert bytes(library.compress(folder / "a.png", threads=2, **options)) == wanted


# Signals.


SENT = """
import os, sys
number, moment, seen = int(sys.argv.pop(1)), int(sys.argv.pop(1)), 0

def send(event, arguments):
    global seen
    if event.partition(".")[0] in ("import", "open", "os"):
        seen += 1
        if seen == moment:
            os.kill(os.getpid(), number)

from huepress.cli.start import run
sys.addaudithook(send)
code = run()
print(seen)
sys.exit(code)
"""
"""Sends a signal to itself when it imports, opens, links, renames or removes for the n-th time."""


@pytest.mark.slow
@POSIX
def test_a_signal_at_any_moment_is_one_line_and_leaves_nothing_half_done(folder: Path) -> None:
    def sent(number: int, moment: int) -> subprocess.CompletedProcess[bytes]:
        words = ["compress", "a.png", "-k", "9", "--format", "npy"]
        command = [sys.executable, "-c", SENT, str(number), str(moment), *words]
        return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=600)

    before = names(folder)
    last = int(sent(0, 0).stdout.split()[-1])
    whole = names(folder) - before
    assert len(whole) == 2
    moments = [1, *range(last // 7, last, last // 7), last - 9, last - 6, last - 3, last - 1]
    for turn, moment in enumerate(moments):
        for path in whole & names(folder):
            (folder / path).unlink()
        name, code = list(ENDED.items())[turn % 3]
        run = sent(getattr(signal, name), moment)
        if run.returncode == 0 and (seen := int(run.stdout.split()[-1])) < moment:
            # Threads import at once or one after the other: it ended before the moment.
            for path in whole & names(folder):
                (folder / path).unlink()
            run = sent(getattr(signal, name), seen - 9)
        assert names(folder) - before in (set(), whole), (name, moment)
        assert_one_line(run, code, "nothing unfinished was left behind")


@pytest.mark.parametrize("n_files", [1, 2])
@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("links", [False, True])
def test_an_interrupt_at_any_moment_of_writing_leaves_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_files: int, exists: bool, links: bool
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    countdown = 0

    def interrupt(event: str, _: object) -> None:
        nonlocal countdown
        if countdown and event in ("open", "os.link", "os.rename", "os.remove", "os.chmod"):
            countdown -= 1
            if not countdown:
                raise KeyboardInterrupt

    if not links:
        monkeypatch.setattr(os, "link", refused)
    sys.addaudithook(interrupt)
    files = {tmp_path / name: name.encode() for name in ("new-1", "new-2")[:n_files]}
    for moment in range(1, 40):
        old = dict.fromkeys(files, b"old") if exists else {}
        for path in tmp_path.iterdir():
            path.unlink()
        for path, content in old.items():
            path.write_bytes(content)
        countdown = moment
        with suppress(KeyboardInterrupt):
            write_files(files, overwrite=exists)
        ended, countdown = countdown > 0, 0
        found = {path: path.read_bytes() for path in tmp_path.iterdir()}
        assert found in (old, files), moment
        if ended:
            assert found == files
            return
    pytest.fail("it never ends")


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("name", ENDED)
def test_a_signal_after_the_work_changes_no_exit_code(folder: Path, name: str) -> None:
    code = (
        "import atexit, os; from huepress.cli.start import run; "
        f"atexit.register(os.kill, os.getpid(), {int(getattr(signal, name))}); "
        "raise SystemExit(run())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "palette", "a.png", "-k", "2"],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=600,
    )
    assert (run.returncode, run.stderr) == (0, b"")


@pytest.mark.slow
@POSIX
def test_a_signal_that_is_ignored_stays_ignored(folder: Path) -> None:
    shell = "trap '' HUP; huepress compress a.png -k 4 & sleep 0.1; kill -HUP $!; wait $!"
    assert huepress(shell=shell, cwd=folder).returncode == 0
