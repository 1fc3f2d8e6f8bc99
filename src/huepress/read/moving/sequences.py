"""Pictures that are the frames: of a folder, a pattern, a list, or an array."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huepress.errors import InputError
from huepress.read.canvas import check_count
from huepress.read.facts import SourceFacts
from huepress.read.moving.frames import Moving, chosen
from huepress.read.moving.timeline import Shown, constant, timeline
from huepress.read.opening import PICTURES
from huepress.read.sources import read_pixels

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from huepress.read.moving.wanted import Wanted

DEFAULT_FPS = Fraction(20)
_WILD = re.compile(r"[*?]")
_DIGITS = re.compile(r"(\d+)")


def is_pattern(name: str) -> bool:
    """Tell whether a name has wildcards, and is not that of a file all the same."""
    return bool(_WILD.search(name)) and not Path(name).exists()


def matching(pattern: str) -> list[str]:
    """Return the files that a pattern matches, in natural order."""
    anchor = Path(pattern).anchor
    found = Path(anchor).glob(str(Path(pattern).relative_to(anchor)))
    names = [str(path) for path in found if path.name[0] != "." and path.is_file()]
    if not names:
        raise InputError(f"{pattern}: matches no file; check the folder and the pattern")
    return sorted(names, key=natural)


def pictures_in(folder: Path) -> list[str]:
    """Return the pictures of a folder, by their suffixes, in natural order; no hidden ones."""
    names = [
        str(path)
        for path in folder.iterdir()
        if path.suffix.lower() in PICTURES and path.name[0] != "." and path.is_file()
    ]
    if not names:
        raise InputError(f"{folder}: holds no picture; name a folder of frames")
    return sorted(names, key=natural)


def frames_in(names: Sequence[str]) -> list[str]:
    """Return the files that are frames: of one folder, of one pattern, or those that are named.

    Files whose names stand in the order of the alphabet, as shells put those that a pattern
    matches, come in natural order; any other order is meant.
    """
    if len(names) == 1 and Path(names[0]).is_dir():
        return pictures_in(Path(names[0]))
    if len(names) == 1 and is_pattern(names[0]):
        return matching(names[0])
    return sorted(names, key=natural) if list(names) == sorted(names) else list(names)


def natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """Return a key that sorts numbers in names by their value.

    Examples
    --------
    >>> sorted(["a10.png", "a9.png", "a009.png", "a.png"], key=natural)
    ['a009.png', 'a9.png', 'a10.png', 'a.png']
    """
    parts = _DIGITS.split(name)
    # Texts and numbers alternate.
    values = [(int(part), "") if i % 2 else (0, part) for i, part in enumerate(parts)]
    return values, name


def read_pictures(
    sources: Sequence[Any] | NDArray[Any], name: str, wanted: Wanted, path: Path | None
) -> Moving:
    """Read pictures, each of which is a frame; all must be as large as the first."""
    if not len(sources):
        raise InputError(f"{name}: there is no frame; give at least one")

    def picture(index: int, *, quiet: bool = True) -> tuple[NDArray[np.uint8], SourceFacts]:
        pixels, facts, _, _ = read_pixels(
            sources[index],
            frame=None,
            max_pixels=wanted.max_pixels,
            convert_icc=True,
            lenient=wanted.lenient,
            quiet=quiet,
        )
        return pixels, facts

    first, facts = picture(0, quiet=False)
    height, width = first.shape[:2]

    def pixels_of(index: int) -> NDArray[np.uint8]:
        pixels = picture(index)[0]
        if pixels.shape[:2] != (height, width):
            where = sources[index] if isinstance(sources[index], (str, Path)) else f"frame {index}"
            raise InputError(
                f"{where}: is {pixels.shape[1]}×{pixels.shape[0]}, and the first frame "
                f"{width}×{height}; give frames of one size"
            )
        return pixels

    found = SourceFacts(
        format=facts.format,
        mode=facts.mode,
        bit_depth=facts.bit_depth,
        path=path,
        n_frames=len(sources),
        reduced=facts.bit_depth > 8,
        converted=facts.converted,
        warnings=facts.warnings,
    )
    return _moving(pixels_of, (width, height), len(sources), name, wanted, found)


def read_array(array: NDArray[Any], wanted: Wanted) -> Moving:
    """Read an array of frames, (t, h, w, channels) or (t, h, w) of greys."""
    shape = array.shape
    if array.ndim == 3 and shape[2] in (3, 4):
        raise InputError(
            f"the array has shape {shape}, which is one picture, or frames of greys {shape[2]} "
            "pixels wide; say which: array[None] is the one, array[..., None] are the others"
        )
    if array.ndim not in (3, 4) or (array.ndim == 4 and not 1 <= shape[3] <= 4):
        raise InputError(
            f"the array has shape {shape}, and frames are (t, height, width) or (t, height, width, "
            "1 to 4); reshape it"
        )
    if array.size == 0:
        raise InputError(f"the array has shape {shape}, which holds no pixel; give at least 1×1×1")
    return read_pictures(array, "the array", wanted, None)


def _moving(
    pixels_of: Callable[[int], NDArray[np.uint8]],
    size: tuple[int, int],
    n_frames: int,
    name: str,
    wanted: Wanted,
    facts: SourceFacts,
) -> Moving:
    check_count(n_frames, name)
    durations = constant(n_frames, wanted.fps or DEFAULT_FPS)
    shown = timeline(durations, wanted.at_own_rate(), name)
    first = shown[0].place

    def canvases() -> Generator[NDArray[np.uint8]]:
        for index in range(first, n_frames):
            yield pixels_of(index)

    shown = [Shown(index - first, duration) for index, duration in shown]

    target = wanted.size_of(*size, name)
    return Moving(chosen(canvases, shown, target, name), *target, 0, len(shown), facts)
