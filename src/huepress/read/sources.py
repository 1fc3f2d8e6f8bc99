"""From any source to pixels: paths, standard input, bytes, files, arrays, Pillow images."""

from __future__ import annotations

import io
import logging
import os
import stat
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from huepress.common.checks import whole
from huepress.errors import InputError
from huepress.read.decoding import damage_reported, format_of, read_file
from huepress.read.facts import SourceFacts
from huepress.read.loading import (
    ReadOptions,
    check_mode,
    chosen_frame,
    facts_of,
    key_of,
    orientation_of,
)
from huepress.read.opening import memory_reported, name_of, opened, read_stream
from huepress.read.palettes import stored_palette
from huepress.read.samples import Rounding, Samples, decode, depth_warnings, quantized

if TYPE_CHECKING:
    from collections.abc import Callable

    import PIL.Image
    from numpy.typing import NDArray

    Source = (
        str
        | os.PathLike[str]
        | bytes
        | bytearray
        | memoryview
        | IO[bytes]
        | NDArray[Any]
        | PIL.Image.Image
    )
    from huepress.read.decoding import Read

logger = logging.getLogger(__name__)


def read_pixels(
    source: Source,
    *,
    frame: int | None,
    max_pixels: int | None,
    convert_icc: bool,
    lenient: bool,
    keep_palette: bool = False,
    quiet: bool = False,
) -> Read:
    """Do the work of `Image.read`: its pixels, source facts, kept ICC profile and palette.

    Warnings are logged unless it is to be `quiet`.
    """
    if max_pixels is not None:
        max_pixels = whole("max_pixels", max_pixels, low=1)
    if frame is not None:
        frame = whole("frame", frame)
    options = ReadOptions(frame, max_pixels, convert_icc, lenient, keep_palette, quiet)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _read_file(io.BytesIO(bytes(source)), "the given bytes", options)
    if isinstance(source, (str, Path)) and str(source) == "-":
        return _read_file(standard_input(max_pixels), "standard input", options)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        with opened(source) as file:
            ready = file if has_size(file) else _buffered(file, str(path), max_pixels)
            return _read_file(ready, str(path), options, path)
    if hasattr(source, "read"):
        name = name_of(source)
        return _read_file(_buffered(source, name, max_pixels), name, options)
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(source, pillow.Image):
        return _read_pillow(source, frame, convert_icc, keep_palette)
    if hasattr(source, "__array__") or hasattr(source, "__array_interface__"):
        chosen_frame("the array", frame, 1)
        with memory_reported("the array"):
            return _read_array(np.asarray(source))
    raise InputError(
        f"cannot read a picture from {type(source).__name__}; "
        "give a path, '-', bytes, a binary file, a NumPy array or a Pillow image"
    )


def _read_file(file: IO[bytes], name: str, options: ReadOptions, path: Path | None = None) -> Read:
    read = read_file(file, name, options, path=path)
    for warning in () if options.quiet else read[1].warnings:
        logger.warning("%s: %s", name, warning)
    return read


def has_size(file: IO[bytes]) -> bool:
    """Whether a file has a size; devices may claim to be seekable and have none."""
    return file.seekable() and stat.S_ISREG(os.fstat(file.fileno()).st_mode)


def standard_input(
    max_pixels: int | None, check: Callable[[bytes], object] | None = None
) -> IO[bytes]:
    """Read standard input to its end, once `check` (by default: is it a picture?) saw its head."""
    if sys.stdin is None or sys.stdin.closed:
        raise InputError(
            "standard input is closed; pipe a file into it, as in 'huepress compress - < photo.png'"
        )
    if sys.stdin.isatty():
        raise InputError(
            "standard input is a terminal, not a picture; pipe a file into it, "
            "as in 'huepress compress - < photo.png'"
        )
    if check is not None:
        return read_stream(sys.stdin.buffer, "standard input", max_pixels, check)
    return _buffered(sys.stdin.buffer, "standard input", max_pixels)


def _buffered(file: Any, name: str, max_pixels: int | None) -> IO[bytes]:
    return read_stream(file, name, max_pixels, lambda head: format_of(head, name))


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
    samples = array.reshape(*shape[:2], -1)
    levels = quantized(samples, "the array")
    rounding = Rounding()
    rounding.add(samples, levels)
    channels = levels.shape[2]
    if channels < 3:
        levels = np.take(levels, [0, 0, 0, 1][: channels + 2], axis=2)
    levels.setflags(write=False)
    bit_depth = 1 if array.dtype == np.bool_ else array.dtype.itemsize * 8
    mode = ("L", "LA", "RGB", "RGBA")[channels - 1]
    facts = SourceFacts(
        mode=mode,
        bit_depth=bit_depth,
        reduced=rounding.is_lossy,
        warnings=tuple(depth_warnings(bit_depth, rounding.largest)) if rounding.is_lossy else (),
    )
    return levels, facts, None, None


def _stated(picture: PIL.Image.Image, samples: Samples, warnings: list[str]) -> bytes | None:
    """Return a profile of the colours that a PNG states by numbers, as far as Pillow passes on."""
    from huepress.read.primaries import Chromaticities, from_chrm_and_gama

    numbers = picture.info.get("chromaticity")
    if picture.format != "PNG" or "srgb" in picture.info:
        return None
    chromaticities = None
    if numbers is not None:
        chromaticities = Chromaticities(*zip(numbers[::2], numbers[1::2], strict=True))
    grey = samples.space == "GRAY"
    stated = from_chrm_and_gama(chromaticities, picture.info.get("gamma"), grey=grey)
    warnings += filter(None, [stated.warning])
    return stated.profile


def _read_pillow(
    picture: PIL.Image.Image, frame: int | None, convert_icc: bool, keep_palette: bool
) -> Read:
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
        warnings: list[str] = []
        orientation = orientation_of(picture, warnings)
        profile = picture.info.get("icc_profile") or _stated(picture, samples, warnings)
        decoded = decode(samples, profile, orientation, convert_icc, warnings, name)
        if decoded.rounding.is_lossy:
            warnings += depth_warnings(bit_depth, decoded.rounding.largest)
        facts = facts_of(
            picture,
            mode=picture.mode,
            bit_depth=bit_depth,
            n_frames=n_frames,
            frame=frame,
            reduced=decoded.rounding.is_lossy,
            converted=decoded.converted,
            warnings=tuple(warnings),
        )
        palette = None
        if keep_palette:

            def decode_entries(strip: Samples) -> NDArray[np.uint8]:
                return decode(strip, profile, 1, convert_icc, [], name).pixels

            palette = stored_palette(picture, orientation, decode_entries)
        picture.seek(shown)
    return decoded.pixels, facts, decoded.icc, palette
