"""Folders and many files: found, planned, done by workers, remembered."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from huepress import OptionError, Record, compress_files
from huepress.many import hashes, workers
from program import PROGRAM, huepress, program

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="links and signals are POSIX's")
MANIFEST = ".huepress-manifest"


def picture(seed: int) -> PillowImage.Image:
    """A picture of so many colours that any palette makes it smaller."""
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    return PillowImage.fromarray(pixels)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A web site's folder: equal names in different folders, and things that are no pictures."""
    for name in ("logo.png", "a/logo.png", "a/b/deep.webp"):
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(len(name)).save(path, lossless=True)
    picture(0).resize((64, 64)).save(tmp_path / "site/a/photo.jpg", quality=1)
    (tmp_path / "site" / "style.css").write_text("body {}")
    (tmp_path / "site" / ".hidden.png").write_text("never read")
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    """The content of all files below a folder, but for manifests."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def told(stdout: str) -> Mapping[str, dict]:
    """What --json says, by the input's name."""
    return {facts["input"]: facts for facts in map(json.loads, stdout.splitlines())}


def test_a_folder_is_mirrored_and_every_picture_of_it_is_under_its_name(site: Path) -> None:
    run = huepress("compress", "site", "-k", 16, "--out-dir", "out", cwd=site)
    assert (run.returncode, run.stderr) == (0, "")
    before, after = files(site / "site"), files(site / "out")
    assert after.keys() == {"logo.png", "a/logo.png", "a/b/deep.webp", "a/photo.jpg"}
    assert all(len(after[name]) < len(before[name]) for name in after if ".jpg" not in name)
    assert after["a/photo.jpg"] == before["a/photo.jpg"]
    assert files(site / "site") == before
    lines = run.stdout.splitlines()
    assert lines[-2].endswith("; 1 kept as they were (1 copied)")
    assert lines[-1] == "left out of folders: 1 hidden, 1 no pictures"


def test_bytes_are_the_same_for_any_number_of_jobs(site: Path) -> None:
    found = []
    for jobs in (1, 3):
        words = ["compress", "site", "-k", 4, "--out-dir", f"out{jobs}", "--jobs", jobs]
        assert huepress(*words, cwd=site).returncode == 0
        found.append(files(site / f"out{jobs}"))
    assert found[0] == found[1]


def test_a_second_run_does_only_what_changed(site: Path) -> None:
    words = ["compress", "site", "-k", 4, "--out-dir", "out", "--json"]
    assert huepress(*words, cwd=site).returncode == 0
    picture(99).save(site / "site/a/logo.png")
    run = huepress(*words, cwd=site)
    assert run.returncode == 0
    assert run.stderr.startswith("1 written: ")
    changed = {name for name, facts in told(run.stdout).items() if facts["status"] != "unchanged"}
    assert changed == {os.path.join("site", "a", "logo.png")}  # noqa: PTH118
    once = files(site / "out")
    assert huepress(*words, "--force", cwd=site).returncode == 0
    assert files(site / "out") == once


def test_in_place_a_second_run_changes_nothing(site: Path) -> None:
    words = ["compress", "site", "-k", 4, "--in-place"]
    before = files(site / "site")
    assert huepress(*words, cwd=site).returncode == 0
    once = files(site / "site")
    assert {name for name in once if once[name] != before[name]} == {
        "logo.png", "a/logo.png", "a/b/deep.webp",
    }  # fmt: skip
    run = huepress(*words, cwd=site)
    assert run.returncode == 0
    assert "3 unchanged since the last run" in run.stdout
    assert files(site / "site") == once


def test_a_check_of_nothing_says_that_there_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    run = huepress("check", ".", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (0, "no pictures were found\n")


def test_check_lists_what_compress_would_make_smaller_and_writes_nothing(site: Path) -> None:
    before = files(site)
    run = huepress("check", "site", "-k", 16, "--json", cwd=site)
    assert (run.returncode, run.stderr) == (1, "")
    listed = {name for name, facts in told(run.stdout).items() if facts["status"] != "fine"}
    assert listed == {f"site/{name}" for name in ("logo.png", "a/logo.png", "a/b/deep.webp")}
    assert huepress("check", "site", "-k", 16, "--can-save", "99%", cwd=site).returncode == 0
    assert files(site) == before
    assert not list(site.rglob(MANIFEST))


@pytest.mark.parametrize("place", ["--in-place", "--out-dir=out"])
def test_after_compress_there_is_nothing_that_check_would_list(site: Path, place: str) -> None:
    (site / "site/a/photo.jpg").unlink()  # which cannot be replaced by a palette file in place
    assert huepress("compress", "site", "-k", 4, place, cwd=site).returncode == 0
    run = huepress("check", "site" if "in" in place else "out", "-k", 4, cwd=site)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("site --out-dir site", 2, "is the folder of the pictures itself"),
        ("site -o x.png", 2, "use --out-dir DIR"),
        ("site --out-dir out --jobs -1", 2, "--jobs -1 is out of range; use 0 (one a core) to 256"),
        ("site --out-dir out --jobs 1000", 2, "use 0 (one a core) to 256"),
        ("site --out-dir out --name {nam}.png", 2, "has the field {nam}; the fields are {dir}"),
        ("site --out-dir out --name {k}/{name}.png", 2, "which only the result tells"),
        ("site --out-dir out --name ../{name}.png", 2, "which lie below --out-dir"),
        ("site --out-dir out --format webp", 0, ""),
        ("site --out-dir out --ext .webp --name x", 2, "give one of them"),
        ("site --out-dir out --map names.txt", 2, "does not end in .json or .html"),
        ("site --out-dir out --manifest site/style.css", 1, "is no manifest"),
        ("site/logo.png site/a/logo.png --out-dir out", 2, "would both become"),
        ("site --include / --out-dir out", 2, "matches nothing"),
        ("empty --out-dir out", 0, ""),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_work(
    site: Path, words: str, code: int, says: str
) -> None:
    (site / "empty").mkdir()
    before = files(site)
    run = huepress("compress", *words.split(), "-k", 4, "--dry-run", cwd=site)
    assert run.returncode == code, run.stderr
    assert says in run.stderr
    assert len(run.stderr.splitlines()) == bool(code)
    assert files(site) == before


@pytest.mark.slow
def test_a_dry_run_names_what_a_run_would_write(site: Path) -> None:
    words = ["compress", "site", "-k", 4, "--out-dir", "out", "--json"]
    planned = told(huepress(*words, "--dry-run", cwd=site).stdout)
    assert not (site / "out").exists()
    made = told(huepress(*words, cwd=site).stdout)
    assert {name: facts["output"] for name, facts in made.items()} == {
        name: facts["output"] for name, facts in planned.items()
    }
    assert {facts["status"] for facts in planned.values()} == {"planned"}


def test_a_map_names_what_is_there_for_every_name_that_was(site: Path) -> None:
    picture(7).save(site / "site" / "drawn.bmp")
    words = ["compress", "site", "-k", 4, "--out-dir", "out"]
    assert huepress(*words, "--map", "names.json", cwd=site).returncode == 0
    names = json.loads((site / "names.json").read_text())
    assert names.keys() == files(site / "site").keys() - {"style.css", ".hidden.png"}
    assert names["drawn.bmp"] == "drawn.png"
    assert all((site / "out" / new).is_file() for new in names.values())
    assert huepress(*words, "--map", "page.html", cwd=site).returncode == 0
    assert (
        '<img src="a/logo.png" width="32" height="24" alt="">' in (site / "page.html").read_text()
    )


@pytest.mark.slow
def test_names_have_what_a_pattern_asks_for(site: Path) -> None:
    name = "{dir}/{name}-{from}-{k}-{width}x{height}.{ext}"
    words = ["compress", "site", "-k", 4, "--format", "webp", "--out-dir", "out", "--name", name]
    assert huepress(*words, "--no-copy-kept", "--exclude", "*.jpg", cwd=site).returncode == 0
    assert files(site / "out").keys() == {
        "logo-png-4-32x24.webp", "a/logo-png-4-32x24.webp", "a/b/deep-webp-4-32x24.webp",
    }  # fmt: skip


@pytest.mark.slow
def test_what_gets_another_name_is_under_its_own_too_so_that_pages_find_it(site: Path) -> None:
    bmp = site / "site" / "drawn.bmp"
    picture(7).save(bmp)
    assert huepress("compress", "site", "-k", 4, "--out-dir", "out", cwd=site).returncode == 0
    assert (site / "out/drawn.bmp").read_bytes() == bmp.read_bytes()
    assert (site / "out/drawn.png").exists()


@pytest.mark.slow
def test_two_pictures_that_would_get_one_name_are_told(site: Path) -> None:
    picture(7).save(site / "site" / "logo.bmp")
    run = huepress("compress", "site", "-k", 4, "--out-dir", "out", "--json", cwd=site)
    facts = told(run.stdout)[str(Path("site/logo.bmp"))]
    assert facts["status"] == "copied"
    assert "logo.png is made of" in facts["reason"]
    run = huepress("compress", "site", "-k", 4, "--format", "webp", "--out-dir", "o", cwd=site)
    assert run.returncode == 2
    assert "would both become" in run.stderr


def test_an_output_of_somebody_else_is_never_replaced_without_force(site: Path) -> None:
    (site / "out").mkdir()
    (site / "out" / "logo.png").write_text("precious")
    run = huepress("compress", "site", "-k", 4, "--out-dir", "out", cwd=site)
    assert run.returncode == 1
    assert "--force" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert (site / "out" / "logo.png").read_text() == "precious"
    assert (site / "out/a/logo.png").exists()


@pytest.mark.slow
def test_without_its_manifest_a_run_finds_that_its_outputs_are_there(site: Path) -> None:
    words = ["compress", "site", "-k", 4, "--out-dir", "out"]
    assert huepress(*words, cwd=site).returncode == 0
    once = files(site / "out")
    (site / "out" / MANIFEST).unlink()
    run = huepress(*words, cwd=site)
    assert (run.returncode, run.stderr) == (0, "")
    assert "4 unchanged" in run.stdout
    assert files(site / "out") == once


def broken(content: bytes) -> list[bytes]:
    """Make a manifest that is damaged in one line, torn, of somebody else, and empty."""
    lines = content.splitlines(keepends=True)
    return [
        b"".join([*lines[:-1], lines[-1].replace(b'"input_bytes":', b'"input_bites":')]),
        content[:-40],
        b"{}",
        b"",
    ]


@pytest.mark.parametrize("case", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3))])
def test_a_manifest_that_is_damaged_is_told_and_never_trusted(site: Path, case: int) -> None:
    words = ["compress", "site", "-k", 4, "--out-dir", "out"]
    assert huepress(*words, cwd=site).returncode == 0
    once, manifest = files(site / "out"), site / "out" / MANIFEST
    content = manifest.read_bytes()
    manifest.write_bytes(broken(content)[case])
    run = huepress(*words, cwd=site)
    assert run.returncode == 0
    assert ("warning" in run.stderr) == (case in (0, 2))
    assert files(site / "out") == once
    assert len(manifest.read_bytes().splitlines()) == len(content.splitlines())
    assert huepress(*words, cwd=site).stderr == ""


@pytest.mark.parametrize(
    "change",
    ["source", *(pytest.param(n, marks=pytest.mark.slow) for n in ("output", "options", "lost"))],
)
def test_whatever_changed_is_done_again_even_behind_an_old_time(site: Path, change: str) -> None:
    words = ["compress", "site", "--out-dir", "out", "--json"]
    assert huepress(*words, "-k", 4, cwd=site).returncode == 0
    once = files(site / "out")
    path = site / ("site" if change == "source" else "out") / "logo.png"
    times = path.stat().st_mtime_ns
    if change == "lost":
        path.unlink()
    elif change != "options":
        path.write_bytes(path.read_bytes()[:-1] + b"\x83")
        os.utime(path, ns=(times, times))
    run = huepress(*words, "-k", 5 if change == "options" else 4, cwd=site)
    facts = told(run.stdout)[str(Path("site/logo.png"))]
    if change == "output":  # it is nobody's now, and not ours to replace
        assert (run.returncode, facts["status"]) == (1, "failed")
    elif change == "source":  # a picture whose end is damaged
        assert facts["status"] == "failed"
    else:
        assert facts["status"] == "written"
        assert (files(site / "out") == once) == (change == "lost")


@POSIX
def test_a_hash_is_not_believed_once_anything_was_written(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashes, "SETTLED", -(10**18))  # files may be as new as they are
    for _ in range(2):
        compress_files(site / "site", out_dir=site / "out", k=4, jobs=1)
    path = site / "out" / "logo.png"
    status = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    records = compress_files(site / "site", out_dir=site / "out", k=4, jobs=1)
    assert [Path(record.source).name for record in records if record.status == "failed"] == [
        "logo.png"
    ]


@pytest.mark.slow
@POSIX
def test_links_and_hidden_things_are_left_out_by_the_rules(site: Path) -> None:
    folder = site / "site"
    (folder / "loop").symlink_to(".")
    (folder / "linked.png").symlink_to("logo.png")
    (folder / ".git").mkdir()
    picture(3).save(folder / ".git" / "object.png")
    assert huepress("compress", "site", "-k", 4, "--out-dir", "site/out", cwd=site).returncode == 0
    assert files(folder / "out")["linked.png"] == files(folder / "out")["logo.png"]
    assert "loop" not in {path.name for path in (folder / "out").iterdir()}
    before = (folder / "linked.png").readlink()
    run = huepress("compress", "site", "-k", 4, "--in-place", "--exclude", "out", cwd=site)
    assert run.returncode == 0
    assert (folder / "linked.png").readlink() == before
    assert "1 excluded" in run.stdout
    assert "1 links, 1 links to folders" in run.stdout


@pytest.mark.slow
@POSIX
@pytest.mark.skipif(sys.platform == "darwin", reason="its names are UTF-8")
def test_any_name_of_a_file_is_a_name(site: Path) -> None:
    names = ["sp ace.png", "new\nline.png", "{k}.png", "[x].png", os.fsdecode(b"caf\xe9.png")]
    (site / "odd").mkdir()
    for name in names:
        picture(1).save(site / "odd" / name)
    words = ["compress", "odd", "-k", 4, "--out-dir", "out", "--map", "names.json"]
    assert program(*words, cwd=site).returncode == 0
    assert files(site / "out").keys() == set(names)
    assert json.loads((site / "names.json").read_text()) == {name: name for name in names}
    assert b"5 unchanged" in program(*words, cwd=site).stdout


@pytest.mark.slow
@pytest.mark.parametrize("pixels", [500, 10**6])
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_however_workers_start_and_wait_for_each_other_bytes_are_the_same(
    site: Path, monkeypatch: pytest.MonkeyPatch, method: str, pixels: int
) -> None:
    monkeypatch.setattr(workers, "start_method", lambda: method)
    monkeypatch.setattr(workers, "PIXELS_A_JOB", pixels)  # 500: pictures take more than one place
    heard: list[Record] = []
    records = compress_files(
        site / "site", out_dir=site / "out", k=4, jobs=3, on_record=heard.append
    )
    assert {record.status for record in records} <= {"written", "copied"}
    assert sorted(record.source for record in heard) == [record.source for record in records]
    compress_files(site / "site", out_dir=site / "here", k=4, jobs=1)
    assert files(site / "out") == files(site / "here")


UNGUARDED = """
import threading, time
import huepress
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print([record.status for record in huepress.compress_files("site", out_dir="out", k=4, jobs=2)])
"""


@pytest.mark.slow
def test_a_script_without_a_guard_that_has_threads_runs_once(site: Path) -> None:
    (site / "script.py").write_text(UNGUARDED)
    command = [sys.executable, "script.py"]
    run = subprocess.run(command, cwd=site, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert len(run.stdout.splitlines()) == 1
    assert run.stdout.count("written") == 4 - run.stdout.count("copied")


def test_a_failing_file_is_a_record_and_a_wrong_option_an_error(site: Path) -> None:
    (site / "site" / "text.png").write_text("I am no picture.")
    records = compress_files(site / "site", out_dir=site / "out", k=4, jobs=1)
    (failed,) = [record for record in records if record.status == "failed"]
    assert failed.failure == "InputError"
    assert "text.png: not a picture" in failed.error
    with pytest.raises(OptionError, match="jobs=300"):
        compress_files(site / "site", out_dir=site / "out", jobs=300)


# Killed and stopped.

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the workers")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders with pictures that take some time, and with what is made of them."""
    from skimage.data import astronaut

    folder = tmp_path_factory.mktemp("photographs")
    (folder / "in").mkdir()
    for number in range(12):
        crop = astronaut()[20 * number : 20 * number + 56, 100:180]
        PillowImage.fromarray(crop).save(folder / "in" / f"{number}.png")
    assert huepress("compress", "in", "--out-dir", "whole", cwd=folder).returncode == 0
    return folder


def begun(folder: Path, *words: object, until: Callable[[subprocess.Popen], object]) -> tuple:
    """Start a command, wait until something is so, and return the process and what was found."""
    process = subprocess.Popen(
        [PROGRAM, "compress", *map(str, words)],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 600
    while not (found := until(process)) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.002)
    return process, found


def children(process: subprocess.Popen) -> list[int]:
    """Find the processes that a command has started."""
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


def is_gone(pid: int) -> bool:
    """Whether a process is no more; one that nobody has waited for is still there."""
    return not Path(f"/proc/{pid}").exists()


def resumed(folder: Path, out: str) -> dict[str, dict]:
    """Run the same again, and see that all is as if nothing had happened."""
    run = huepress("compress", "in", "--out-dir", out, "--json", cwd=folder)
    assert (run.returncode, run.stderr.splitlines()[1:]) == (0, []), run.stderr
    assert files(folder / out) == files(folder / "whole")
    return told(run.stdout)


@pytest.mark.slow
@LINUX
def test_a_killed_worker_loses_one_file_and_is_replaced(photographs: Path) -> None:
    words = ["in", "--out-dir", "a", "--jobs", 2, "--json"]

    def at_work(process: subprocess.Popen) -> list[int]:
        is_busy = list(photographs.glob("a/*.png"))
        return children(process) if is_busy else []

    process, pids = begun(photographs, *words, until=at_work)
    os.kill(pids[0], signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=600)
    assert process.returncode == 1
    lost = [name for name, facts in told(stdout).items() if facts["status"] == "failed"]
    assert len(told(stdout)) == 12
    assert len(lost) == 1
    assert "was killed (SIGKILL); run it again" in stderr
    assert all(map(is_gone, pids))
    again = resumed(photographs, "a")
    assert [name for name, facts in again.items() if facts["status"] != "unchanged"] == lost


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_run_that_was_ended_goes_on_where_it_was(photographs: Path, name: str) -> None:
    process, _ = begun(
        photographs, "in", "--out-dir", name, "--jobs", 2,
        until=lambda _: len(list(photographs.glob(f"{name}/*.png"))) > 2,
    )  # fmt: skip
    pids = children(process)
    os.kill(process.pid, getattr(signal, name))
    _, stderr = process.communicate(timeout=600)
    if name == "SIGKILL":  # its workers hear of it once they are done with what they are at
        deadline = time.monotonic() + 600
        while not all(map(is_gone, pids)) and time.monotonic() < deadline:
            time.sleep(0.01)
    else:
        assert process.returncode == 128 + getattr(signal, name)
        assert "nothing unfinished was left behind" in stderr
        assert len(stderr.splitlines()) == 1
    assert len(pids) == 2
    assert all(map(is_gone, pids))
    done = files(photographs / name)
    assert all(
        done[path] == content
        for path, content in files(photographs / "whole").items()
        if path in done
    )
    assert done.keys() <= files(photographs / "whole").keys()
    again = resumed(photographs, name)
    assert sum(facts["status"] == "unchanged" for facts in again.values()) >= len(done)
