"""Run pngquant and `huepress pngquant` flag by flag: `python -m benchmarks.pngquant_flags`.

Each command line is given to both, in folders with the same small files. Printed is a table of exit
codes, names of files that came or changed, and what is on the standard streams; where the two
differ, both stand there. The last line counts.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.programs import program

OURS = (sys.executable, "-m", "huepress", "pngquant")

LINES = """\
NO ARGUMENTS
--help
-h
--version
-V
a.png
64 a.png
a.png 64
a.png --speed 10
-- a.png b.png
64 -- a.png
64x a.png
5 3 a.png
1 a.png
0 a.png
257 a.png
--nofs a.png
--ordered a.png
--floyd a.png
--floyd=0.5 a.png
--floyd=0 a.png
--floyd 0.5 a.png
--floyd=2 a.png
--floyd=x a.png
--fs a.png
--bogus a.png
-z a.png
--forc a.png
--force --force a.png
--skip-if-larger=1 a.png
--quality
--quality 65-80 a.png
--quality=65-80 a.png
-Q 65-80 a.png
-Q65-80 a.png
--quality 60 a.png
--quality 60- a.png
--quality -80 a.png
--quality 80-65 a.png
--quality 101 a.png
--quality abc a.png
--quality= a.png
--quality 70.5 a.png
--quality 50-60-70 a.png
--quality 99-100 4 a.png
--quality 100 4 a.png
--quality 99-100 4 a.png b.png
--speed 1 a.png
-s1 a.png
--speed 11 a.png
--speed 0 a.png
--speed 12 a.png
--speed x a.png
--speed 1.5 a.png
--posterize 4 a.png
--posterize 0 a.png
--posterize 5 a.png
--posterize x a.png
--strip a.png
--transbug a.png
--iebug a.png
--map b.png a.png
--map missing.png a.png
--map bad.png a.png
-v a.png
-vf a.png
-v
--verbose a.png missing.png
--ext .new.png a.png b.png
--ext=-new.png a.png
--ext new a.png
--ext .png a.png
--ext .png --force a.png
-o out.png a.png
--output=out.png a.png
-o out.png a.png b.png
-o - a.png
-o - --quality 100 4 a.png
-o there.png a.png
-f -o there.png a.png
-o a.png a.png
-f -o a.png a.png
-o none/out.png a.png
-o folder a.png
there.png --ext .png
--skip-if-larger a.png
--skip-if-larger small.png
-o - --skip-if-larger small.png
missing.png
bad.png
folder
photo.jpg
A.PNG
noext
a.png missing.png b.png
missing.png bad.png
bad.png missing.png
bad.png a.png
--quality 100 4 a.png missing.png
missing.png --quality 100 4 a.png
--skip-if-larger small.png a.png
- < a.png
8 < a.png
- < bad.png
- < empty
-o out.png - < a.png
--quality 100 4 - < a.png
-v - < a.png
- a.png < b.png
"""


@dataclass(frozen=True)
class Seen:
    """What a command line did, as far as a build tool can see."""

    code: int
    files: tuple[str, ...]
    out: str
    err: str

    def __str__(self) -> str:
        files = " ".join(self.files) or "no file"
        return f"{self.code}; {files}; out {self.out}; err {self.err}"


def fill(folder: Path) -> None:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:40, :48]
    waves = [
        np.sin(rows / a) * np.cos(columns / b) * 100 + 128 for a, b in ((5, 7), (9, 4), (3, 11))
    ]
    smooth = (np.stack(waves, axis=2) + rng.normal(0, 3, (40, 48, 3))).clip(0, 255)
    photo = Image.fromarray(smooth.astype(np.uint8))
    for name in ("a.png", "A.PNG", "there.png"):
        photo.save(folder / name, "PNG")
    photo.save(folder / "noext", "PNG")
    photo.rotate(180).save(folder / "b.png")
    photo.save(folder / "photo.jpg")
    Image.fromarray(np.eye(9, dtype=np.uint8)).quantize(2).save(
        folder / "small.png", bits=1, optimize=True
    )
    (folder / "bad.png").write_text("no picture")
    (folder / "empty").touch()
    (folder / "folder").mkdir()


def kind(data: bytes) -> str:
    if not data:
        return "-"
    if data.startswith(b"\x89PNG"):
        return "PNG" if data.endswith(b"IEND\xaeB`\x82") else "PNG and text"
    return "text"


def run(command: tuple[str, ...], line: str) -> Seen:
    words, _, source = line.partition("<")
    arguments = [] if line == "NO ARGUMENTS" else shlex.split(words)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder)
        before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        given = (folder / source.strip()).read_bytes() if source else b""
        done = subprocess.run([*command, *arguments], cwd=folder, input=given, capture_output=True)
        after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    changed = sorted(name for name, data in after.items() if before.get(name) != data)
    return Seen(done.returncode, tuple(changed), kind(done.stdout), kind(done.stderr))


def main() -> None:
    theirs = (program("pngquant"),)
    print("| command line | pngquant | huepress pngquant |\n|---|---|---|")
    lines, same = LINES.splitlines(), 0
    for line in lines:
        seen, ours = run(theirs, line), run(OURS, line)
        same += seen == ours
        print(f"| `{line}` | {seen} | {'the same' if seen == ours else ours} |", flush=True)
    print(f"\n{same} of {len(lines)} alike")


if __name__ == "__main__":
    main()
