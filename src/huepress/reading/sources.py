"""From any source to pixels: paths, standard input, bytes, files, arrays, Pillow images."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from huepress.errors import InputError, OptionError
from huepress.reading.decoding import (
    check_mode,
    chosen_frame,
    damage_reported,
    facts_of,
    key_of,
    orientation_of,
    read_file,
)
from huepress.reading.facts import SourceFacts
from huepress.reading.samples import Samples, decode, quantized

if TYPE_CHECKING:
    from collections.abc import Iterator

    import PIL.Image
    from numpy.typing import NDArray

    Source = str | os.PathLike[str] | bytes | IO[bytes] | NDArray[Any] | PIL.Image.Image
    Read = tuple[NDArray[np.uint8], SourceFacts, bytes | None]

DEFAULT_MAX_PIXELS = 200_000_000


def read_pixels(
    source: Source, *, frame: int | None, max_pixels: int | None, convert_icc: bool
) -> Read:
    """Do the work of `Image.read`: its pixels, source facts and kept ICC profile."""
    if max_pixels is not None and max_pixels < 1:
        raise OptionError(
            f"max_pixels={max_pixels} would refuse every picture; give at least 1, or None"
        )
    options: dict[str, Any] = {
        "frame": frame,
        "max_pixels": max_pixels,
        "convert_icc": convert_icc,
    }
    if isinstance(source, (bytes, bytearray, memoryview)):
        return read_file(io.BytesIO(source), "the given bytes", **options)
    if isinstance(source, (str, Path)) and str(source) == "-":
        return read_file(_standard_input(), "standard input", **options)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        with _opened(path) as file:
            return read_file(file, str(path), path=path, **options)
    if hasattr(source, "read"):
        return read_file(_buffered(source), _name_of(source), **options)
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(source, pillow.Image):
        return _read_pillow(source, frame, convert_icc)
    if hasattr(source, "__array__") or hasattr(source, "__array_interface__"):
        chosen_frame("the array", frame, 1)
        return _read_array(np.asarray(source))
    raise InputError(
        f"cannot read a picture from {type(source).__name__}; "
        "give a path, '-', bytes, a binary file, a NumPy array or a Pillow image"
    )


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check its name and folder") from None
    except (IsADirectoryError, PermissionError) as error:
        if path.is_dir():
            raise InputError(f"{path}: is a folder, not a picture; name the files in it") from None
        raise InputError(
            f"{path}: permission denied ({error.strerror}); make the file readable for you"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be opened ({error}); check the path") from None
    with file:
        yield file if file.seekable() else _buffered(file)


def _standard_input() -> IO[bytes]:
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError(
            "standard input is a terminal, not a picture; pipe a file into it, "
            "as in 'huepress compress - < photo.png'"
        )
    return _buffered(sys.stdin.buffer)


def _buffered(file: Any) -> IO[bytes]:
    try:
        data = file.read()
    except (OSError, ValueError) as error:
        raise InputError(f"{_name_of(file)}: cannot be read ({error}); reopen it") from None
    if not isinstance(data, bytes):
        raise InputError(
            f"{_name_of(file)}: gives {type(data).__name__}, not bytes; open it in mode 'rb'"
        )
    return io.BytesIO(data)


def _name_of(file: object) -> str:
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else f"the {type(file).__name__} object"


def _read_array(array: NDArray[Any]) -> Read:
    shape = array.shape
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= shape[2] <= 4):
        channels_first = array.ndim == 3 and 1 <= shape[0] <= 4
        raise InputError(
            f"the array has shape {shape}, and a picture is (height, width) or "
            "(height, width, 1 to 4); "
            + ("try array.transpose(1, 2, 0)" if channels_first else "reshape it")
        )
    if array.size == 0:
        raise InputError(f"the array has shape {shape}, which holds no pixel; give at least 1×1")
    levels = quantized(array.reshape(*shape[:2], -1), "the array")
    channels = levels.shape[2]
    if channels < 3:
        levels = np.take(levels, [0, 0, 0, 1][: channels + 2], axis=2)
    levels.setflags(write=False)
    bit_depth = 1 if array.dtype == np.bool_ else array.dtype.itemsize * 8
    mode = ("L", "LA", "RGB", "RGBA")[channels - 1]
    return levels, SourceFacts(mode=mode, bit_depth=bit_depth), None


def _read_pillow(picture: PIL.Image.Image, frame: int | None, convert_icc: bool) -> Read:
    """Read a Pillow image as Pillow decodes it, and leave it at the frame it was at."""
    name = "the Pillow image"
    if 0 in picture.size:
        raise InputError(f"{name} is {picture.width}×{picture.height}; give at least 1×1")
    with damage_reported(name, picture.format or "picture"):
        n_frames = getattr(picture, "n_frames", 1)
        frame = chosen_frame(name, frame, n_frames)
        shown = picture.tell()
        picture.seek(frame)
        picture.load()
        samples = Samples(picture, key=key_of(picture))
        check_mode(samples, name)
        bit_depth = {"1": 1, "F": 32}.get(picture.mode, 16 if "16" in picture.mode else 8)
        facts = facts_of(
            picture, mode=picture.mode, bit_depth=bit_depth, n_frames=n_frames, frame=frame
        )
        orientation = orientation_of(picture, name)
        pixels, icc = decode(samples, facts.icc, orientation, convert_icc, name)
        picture.seek(shown)
    return pixels, facts, icc
