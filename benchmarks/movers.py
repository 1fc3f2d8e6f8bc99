"""Programs that make moving pictures smaller, each with the settings that trade bytes for looks.

They get the frames of a clip as PNGs, those that repeat merged into one that lasts longer: what a
careful user does first. What is done between programs, like cutting a montage, is not timed.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

from benchmarks.contenders import Pixels
from benchmarks.measure import Spawner
from benchmarks.peers.huepress import program as huepress
from benchmarks.pictures import save_png
from benchmarks.programs import program
from huepress.values.animation import Frame

GIFSKI = (10, 25, 40, 55, 70, 80, 90, 100)
GIFSICLE_LOSSY = (0, 30, 80, 160)
BASES = ("plain 256", "plain 64", "plain 24", "plain 10", "sierra2_4a 256", "gifski 100")
PNGQUANT_COLORS = (256, 64, 16)
WEBP = (25, 60, 90)
HARD = ("gifski", "gifsicle", "gif2webp")
"""Of these a soft edge comes out hard: no setting looks right."""
HUEPRESS = (60, 75, 88)


@dataclass
class Bench:
    """A folder with the frames of one clip, and what the programs took so far."""

    folder: Path
    clip: Path
    """Its APNG."""
    frames: Sequence[Frame]
    """Those that repeat are merged."""
    spawner: Spawner
    seconds: float = 0
    cpu_seconds: float = 0
    _kept: dict[str, tuple[Path, float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, frame in enumerate(self.frames):
            save_png(frame.pixels, self.folder / f"in{number:03}.png")

    @property
    def pngs(self) -> list[str]:
        return [str(self.folder / f"in{number:03}.png") for number in range(len(self.frames))]

    @property
    def beat(self) -> int:
        """The milliseconds that divide all durations."""
        return math.gcd(*(frame.duration for frame in self.frames))

    def run(self, *stages: Sequence[str]) -> None:
        """Run programs and add what they take."""
        answer = self.spawner.run(stages)
        self.seconds += answer["seconds"]
        self.cpu_seconds += answer["cpu_seconds"]

    def kept(self, name: str, make: Callable[[Path], None]) -> Path:
        """Make a file that several settings begin with; each of them pays for it."""
        if name in self._kept:
            path, seconds, cpu_seconds = self._kept[name]
            self.seconds += seconds
            self.cpu_seconds += cpu_seconds
            return path
        before = self.seconds, self.cpu_seconds
        path = self.folder / name
        make(path)
        self._kept[name] = path, self.seconds - before[0], self.cpu_seconds - before[1]
        return path


@dataclass(frozen=True, slots=True)
class Mover:
    """One way to write a moving picture: of a bench, a setting and a target."""

    name: str
    suffix: str
    settings: tuple[str, ...]
    make: Callable[[Bench, str, Path], None]
    needs: tuple[str, ...]


def suits(program: str, suffix: str, clip: str) -> bool:
    """Tell whether a clip's edges can be kept."""
    return not clip.startswith("sticker-soft-") or not (suffix == ".gif" or program in HARD)


def merged(frames: Sequence[Frame]) -> list[Frame]:
    """Show frames that repeat once, for as long."""
    runs = [list(run) for _, run in groupby(frames, lambda frame: frame.pixels.tobytes())]
    return [Frame(run[0].pixels, sum(frame.duration for frame in run)) for run in runs]


def gifski(bench: Bench, setting: str, target: Path) -> None:
    height, width = bench.frames[0].pixels.shape[:2]
    paths = [
        path
        for path, frame in zip(bench.pngs, bench.frames, strict=True)
        for _ in range(frame.duration // bench.beat)
    ]
    options = ("--quiet", "--no-sort", "--width", str(width), "--height", str(height))
    rate = ("--fps", f"{1000 / bench.beat:g}", "--quality", setting)
    bench.run([program("gifski"), *options, *rate, "-o", str(target), *paths])


def with_palette(bench: Bench, dither: str, k: str, target: Path) -> None:
    """One palette for all frames by ffmpeg, dithered or not."""
    ffmpeg = (program("ffmpeg"), "-v", "error", "-y", "-threads", "1", "-framerate", "10")
    source = ("-i", str(bench.folder / "in%03d.png"))
    palette = str(bench.folder / "palette.png")
    # GIF's one clear code is not taken from the colours of frames that need none.
    clear = int(bench.frames[0].pixels.shape[2] == 4)
    generate = f"palettegen=max_colors={k}:reserve_transparent={clear}"
    use = f"[0][1]paletteuse=dither={dither}:diff_mode=rectangle"
    bench.run(
        [*ffmpeg, *source, "-vf", generate, "-frames:v", "1", "-update", "1", palette],
        [*ffmpeg, *source, "-i", palette, "-lavfi", use, "-fps_mode", "passthrough", str(target)],
    )


def base(bench: Bench, name: str) -> Path:
    """A GIF for programs that only make GIFs smaller, or other files of them."""
    how, k = name.split()
    if how == "gifski":
        return bench.kept(f"{name}.gif", partial(_timed, bench, partial(gifski, bench, k)))
    dither = "none" if how == "plain" else how
    return bench.kept(
        f"{name}.gif", partial(_timed, bench, partial(with_palette, bench, dither, k))
    )


def _timed(bench: Bench, make: Callable[[Path], None], target: Path) -> None:
    """Make a GIF and give each frame its time, which ffmpeg was not told."""
    make(target)
    from PIL import Image

    with Image.open(target) as image:
        count = image.n_frames
    if count == len(bench.frames):
        delays = [
            word
            for number, frame in enumerate(bench.frames)
            for word in (f"-d{frame.duration // 10}", f"#{number}")
        ]
        command = [program("gifsicle"), "--no-warnings", "--batch", "--loopcount=forever"]
        bench.run([*command, str(target), *delays])
    elif "gifski" not in target.name:
        raise RuntimeError(f"ffmpeg wrote {count} frames of {len(bench.frames)}")


def gifsicle(bench: Bench, setting: str, target: Path) -> None:
    name, _, lossy = setting.rpartition(" lossy ")
    options = ("--no-warnings", "-O3", *([f"--lossy={lossy}"] if lossy != "0" else []))
    bench.run([program("gifsicle"), *options, str(base(bench, name)), "-o", str(target)])


def gif2webp(bench: Bench, setting: str, target: Path) -> None:
    name, _, quality = setting.rpartition(" q ")
    options = ("-quiet", "-min_size", "-mixed", "-q", quality)
    bench.run([program("gif2webp"), *options, str(base(bench, name)), "-o", str(target)])


def img2webp(bench: Bench, setting: str, target: Path) -> None:
    frames = [
        word
        for path, frame in zip(bench.pngs, bench.frames, strict=True)
        for word in ("-q", setting, "-d", str(frame.duration), path)
    ]
    options = ("-min_size", "-mixed", "-loop", "0")
    bench.run([program("img2webp"), *options, *frames, "-o", str(target)])


def apngasm(bench: Bench, setting: str, target: Path) -> None:
    """One palette of pngquant for a montage of all frames, then apngasm, then apngopt."""
    k, _, how = setting.partition(" ")
    folder = bench.folder / "apng"
    folder.mkdir(exist_ok=True)
    whole = bench.kept("montage.png", partial(_montage, [f.pixels for f in bench.frames]))
    options = ("--force", "--strip", *(("--nofs",) if how == "plain" else ()))
    few = folder / "few.png"
    bench.run([program("pngquant"), *options, "--output", str(few), k, "--", str(whole)])
    _cut(few, folder, bench.frames)
    # apngopt takes a path that begins with a slash for an option.
    inside = ("env", "-C", str(folder))
    bench.run(
        [*inside, program("apngasm"), "joined.png", "in000.png"],
        [*inside, program("apngopt"), "joined.png", "done.png"],
    )
    (folder / "done.png").replace(target)
    shutil.rmtree(folder)


def _montage(frames: Sequence[Pixels], target: Path) -> None:
    import numpy as np

    save_png(np.concatenate(frames), target)


def _cut(montage: Path, folder: Path, frames: Sequence[Frame]) -> None:
    """Cut a montage into palette images, each with its delay as apngasm reads it."""
    from PIL import Image

    height, width = frames[0].pixels.shape[:2]
    with Image.open(montage) as image:
        for number, frame in enumerate(frames):
            part = image.crop((0, number * height, width, (number + 1) * height))
            part.save(folder / f"in{number:03}.png", transparency=image.info.get("transparency"))
            (folder / f"in{number:03}.txt").write_text(f"delay={frame.duration}/1000\n")


def ours(bench: Bench, setting: str, target: Path) -> None:
    options = ("--force", "--allow-larger", "--threads", "1", "--quality", setting)
    bench.run([*huepress(), "compress", *options, "-o", str(target), str(bench.clip)])


def _settings(bases: Sequence[str], word: str, values: Sequence[int]) -> tuple[str, ...]:
    return tuple(f"{name} {word} {value}" for name in bases for value in values)


PEERS = (
    Mover("gifski", ".gif", tuple(map(str, GIFSKI)), gifski, ("gifski",)),
    Mover(
        "gifsicle", ".gif", _settings(BASES, "lossy", GIFSICLE_LOSSY), gifsicle,
        ("gifsicle", "ffmpeg", "gifski"),
    ),
    Mover(
        "gif2webp", ".webp", _settings(("plain 256", "plain 64", "gifski 100"), "q", WEBP),
        gif2webp, ("gif2webp", "gifsicle", "ffmpeg", "gifski"),
    ),
    Mover(
        "apngasm", ".png",
        tuple(f"{k} {how}" for k in PNGQUANT_COLORS for how in ("plain", "dithered")), apngasm,
        ("pngquant", "apngasm", "apngopt"),
    ),
    Mover("img2webp", ".webp", tuple(map(str, WEBP)), img2webp, ("img2webp",)),
)  # fmt: skip
OURS = tuple(
    Mover("huepress", suffix, tuple(map(str, HUEPRESS)), ours, ())
    for suffix in (".gif", ".png", ".webp")
)


def versions() -> Iterator[tuple[str, str]]:
    """Name every program with its version."""
    from benchmarks.programs import version_of

    for name, argument in (
        ("gifski", "--version"), ("gifsicle", "--version"), ("ffmpeg", "-version"),
        ("pngquant", "--version"), ("apngasm", ""), ("apngopt", ""), ("gif2webp", "-version"),
        ("img2webp", "-version"),
    ):  # fmt: skip
        found = shutil.which(name)
        yield name, version_of(found, argument) if found else "missing"
