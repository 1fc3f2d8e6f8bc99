"""From a picture file to pixels: telling formats apart, and saying what is wrong with a file.

Pillow decodes. Its plugins are called directly, not through `PIL.Image.open`: that spares its
process-wide limit on pixels, which huepress sets per call, and the plugins that can run programs.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from huepress.common.arrays import widened
from huepress.errors import InputError
from huepress.read import apng, gif, webp
from huepress.read.canvas import composed
from huepress.read.facts import upright_exif
from huepress.read.loading import (
    ReadOptions,
    SourceFile,
    check_mode,
    chosen_frame,
    facts_of,
    load,
    orientation_in,
    orientation_of,
)
from huepress.read.opening import HEAD, memory_reported
from huepress.read.palettes import gif_palette, stored_palette
from huepress.read.png_chunks import SIGNATURE
from huepress.read.samples import Samples, decode, depth_warnings, upright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from huepress.read.canvas import Scanned
    from huepress.read.facts import SourceFacts
    from huepress.read.palettes import StoredPalette

    Read = tuple[NDArray[np.uint8], SourceFacts, bytes | None, StoredPalette | None]

READABLE = "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or PPM"

# Offset, magic bytes, and Pillow's class. A JPEG that holds more pictures, such as a depth map, is
# read as its main one.
_FORMATS = (
    (0, (SIGNATURE,), "PngImagePlugin", "PngImageFile"),
    (0, (b"\xff\xd8\xff",), "JpegImagePlugin", "JpegImageFile"),
    (8, (b"WEBP",), "WebPImagePlugin", "WebPImageFile"),
    (0, (b"GIF87a", b"GIF89a"), "GifImagePlugin", "GifImageFile"),
    (0, (b"BM",), "BmpImagePlugin", "BmpImageFile"),
    (0, (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "TiffImagePlugin", "TiffImageFile"),
    (4, (b"ftypavif", b"ftypavis"), "AvifImagePlugin", "AvifImageFile"),
    (
        0,
        tuple(b"P%c%c" % (kind, space) for kind in b"123456f" for space in b" \t\n\r"),
        "PpmImagePlugin",
        "PpmImageFile",
    ),
)


class _Foreign(NamedTuple):
    """A format that huepress does not read, known by its first bytes or its suffix."""

    offset: int
    magic: tuple[bytes, ...]
    suffixes: tuple[str, ...]
    what: str
    remedy: str


_FOREIGN = (
    _Foreign(
        4,
        (b"ftyphe", b"ftypmif1", b"ftypmsf1"),
        (".heic", ".heif", ".hif"),
        "an HEIC picture",
        "export it as JPEG or PNG, or open it with pillow-heif and pass the image",
    ),
    _Foreign(
        0,
        (b"\0\0\0\x0cJXL ", b"\xff\x0a"),
        (".jxl",),
        "a JPEG XL picture",
        "turn it into PNG first, for instance with djxl",
    ),
    _Foreign(0, (b"%PDF",), (".pdf",), "a PDF document", "render its page first (pdftoppm -png)"),
    _Foreign(
        0,
        (b"<svg",),
        (".svg", ".svgz"),
        "an SVG drawing",
        "render it to PNG first (rsvg-convert, Inkscape)",
    ),
    _Foreign(
        0, (b"8BPS",), (".psd", ".psb"), "a Photoshop document", "export it as PNG or TIFF first"
    ),
    _Foreign(0, (b"%!PS",), (".eps", ".ps"), "a PostScript document", "render it to PNG first"),
    _Foreign(
        0,
        (b"\0\0\0\x0cjP  ",),
        (".jp2", ".j2k"),
        "a JPEG 2000 picture",
        "turn it into PNG or TIFF first",
    ),
    _Foreign(
        0, (b"\0\0\1\0",), (".ico",), "an icon file", "extract the size you want as PNG first"
    ),
    _Foreign(
        0,
        (),
        (".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"),
        "a camera's raw file",
        "develop it to TIFF or PNG first",
    ),
)


def read_file(
    file: IO[bytes], name: str, options: ReadOptions, *, path: Path | None = None
) -> Read:
    """Read a seekable binary file from its start: pixels, source facts, kept profile, palette."""
    with damage_reported(name, "file"):
        head = file.read(HEAD)
        file_bytes = file.seek(0, io.SEEK_END)
    kind, plugin = format_of(head, name)
    warnings: list[str] = []
    try:
        scanned = None if kind == "GIF" else animation_in(file, kind, name, options.max_pixels)
    except InputError:
        if kind != "PNG":
            raise
        # Its still picture may be whole; if it is too large, that is found again.
        warnings.append("its animation breaks the rules and is left out")
    else:
        if scanned is not None:
            return _read_frame(file, scanned, name, options, path)
    with damage_reported(name, kind):
        loaded = load(SourceFile(file, name, plugin, options, warnings), kind)
        samples, picture = loaded.samples, loaded.picture
        orientation = loaded.orientation
        if orientation is None:  # 1 for a TIFF: Pillow has turned it
            orientation = orientation_of(picture, warnings)
        if isinstance(samples, Samples):
            check_mode(samples, name)
        profile = picture.info.get("icc_profile") or None
        if loaded.stated is not None:
            warnings += filter(None, [loaded.stated.warning])
            profile = loaded.stated.profile or profile
        decoded = decode(samples, profile, orientation, options.convert_icc, warnings, name)
        reduced = loaded.is_reduced or decoded.rounding.is_lossy
        if reduced:
            largest = decoded.rounding.largest
            warnings += depth_warnings(
                loaded.depth, largest, samples.white, loaded.significant_bits
            )
        facts = facts_of(
            picture,
            mode=loaded.mode,
            bit_depth=loaded.depth,
            path=path,
            file_bytes=file_bytes,
            mtime=path.stat().st_mtime if path else None,
            n_frames=loaded.n_frames,
            frame=loaded.frame,
            reduced=reduced,
            converted=decoded.converted,
            warnings=tuple(warnings),
        )
        palette = None
        if options.keep_palette and kind == "GIF":
            palette = gif_palette(file, loaded.frame)
        elif options.keep_palette:

            def decode_entries(strip: Samples) -> NDArray[np.uint8]:
                return decode(strip, profile, 1, options.convert_icc, [], name).pixels

            palette = stored_palette(picture, orientation, decode_entries, head=head)
    return decoded.pixels, facts, decoded.icc, palette


def animation_in(file: IO[bytes], kind: str, name: str, max_pixels: int | None) -> Scanned | None:
    """Walk through a GIF, or an animated PNG or WebP, without decoding it; None for all others.

    `kind` is Pillow's name of the format.
    """
    with damage_reported(name, kind):
        if kind == "GIF":
            return gif.scan(file, name, max_pixels)
        if kind == "PNG" and apng.is_moving(file):
            return apng.scan(file, name, max_pixels)
        if kind == "WEBP" and webp.is_moving(file):
            return webp.scan(file, name, max_pixels)
    return None


def upright_canvases(
    file: IO[bytes], scanned: Scanned, name: str, options: ReadOptions
) -> Iterator[NDArray[np.uint8]]:
    """Yield the (h, w, 4) canvas after each frame, in sRGB, upright; the array may change later."""
    orientation = orientation_in(scanned.exif)

    def painted(index: int) -> NDArray[np.uint8]:
        if scanned.painted is not None:
            with damage_reported(_shown(name, scanned, index), "GIF"):
                return scanned.painted(scanned.still(file, index))
        return frame_alone(file, scanned, index, name, options)[0]

    for canvas in composed(scanned, painted):
        yield canvas if orientation == 1 else upright(canvas, orientation)


def frame_alone(
    file: IO[bytes], scanned: Scanned, index: int, name: str, options: ReadOptions
) -> Read:
    """Decode one frame as any picture; the facts are those of the file, as far as it tells them."""
    where = _shown(name, scanned, index)
    still = io.BytesIO(scanned.still(file, index))
    pixels, facts, icc, palette = read_file(still, where, replace(options, frame=None))
    placed = scanned.frames[index]
    if pixels.shape[:2] != (placed.height, placed.width):
        raise InputError(
            f"{where}: holds {pixels.shape[1]}×{pixels.shape[0]} pixels and says "
            f"{placed.width}×{placed.height}; fetch the file again"
        )
    facts = replace(
        facts,
        file_bytes=file.seek(0, io.SEEK_END),
        exif=upright_exif(scanned.exif) if scanned.exif else None,
        n_frames=len(scanned.frames),
        frame=index,
        warnings=(*scanned.warnings, *facts.warnings),
    )
    return pixels, facts, icc, palette


def _shown(name: str, scanned: Scanned, index: int) -> str:
    return f"{name}, frame {index}" if len(scanned.frames) > 1 else name


def _read_frame(
    file: IO[bytes], scanned: Scanned, name: str, options: ReadOptions, path: Path | None
) -> Read:
    """Read the wanted frame of an animation as a picture."""
    index = chosen_frame(name, options.frame, len(scanned.frames))
    pixels = next(islice(upright_canvases(file, scanned, name, options), index, None))
    pixels.setflags(write=False)
    alone, facts, icc, palette = frame_alone(file, scanned, index, name, options)
    if index:  # frames before it may have lost something too
        facts = replace(facts, reduced=facts.bit_depth > 8)
    if path is not None:
        facts = replace(facts, path=path, mtime=path.stat().st_mtime)
    return pixels, facts, icc, palette if np.array_equal(widened(alone, 4), pixels) else None


def format_of(head: bytes, name: str) -> tuple[str, Callable[[IO[bytes]], Any]]:
    """Return the name of a format and Pillow's class for it, by a file's first `HEAD` bytes."""
    found = known_format(head, name)
    if found is None:
        raise InputError(
            f"{name}: not a picture in a format that huepress reads (it begins with {head[:8]!r}); "
            f"give {READABLE}"
        )
    return found


def known_format(head: bytes, name: str) -> tuple[str, Callable[[IO[bytes]], Any]] | None:
    """Do as `format_of`, but return None for what begins as no picture that is known."""
    if not head:
        raise InputError(f"{name}: is empty (0 bytes); fetch or export the picture again")
    if head[4:8] == b"ftyp" and b"avif" in head[8:40]:  # among the compatible brands
        head = head[:8] + b"avif"
    for offset, magic, module, plugin in _FORMATS:
        if head.startswith(magic, offset):
            kind = getattr(import_module(f"PIL.{module}"), plugin)
            return kind.format, kind
    foreign = _foreign(head, Path(name).suffix.lower())
    if foreign:
        raise InputError(f"{name}: {foreign.what}, which huepress cannot read; {foreign.remedy}")
    return None


def _foreign(head: bytes, suffix: str) -> _Foreign | None:
    for foreign in _FOREIGN:
        if foreign.magic and head.startswith(foreign.magic, foreign.offset):
            return foreign
    if b"<svg" in head:
        suffix = ".svg"
    return next((foreign for foreign in _FOREIGN if suffix in foreign.suffixes), None)


# Messages of Pillow about valid files of a kind that it does not read.
_NOT_SUPPORTED = (
    "unknown pixel mode",
    "unknown data organization",
    "Unsupported",
    "not yet supported",
    "is not configured",
    "support not installed",
)


@contextmanager
def damage_reported(name: str, kind: str) -> Iterator[None]:
    """Turn what Pillow raises on a damaged file, which may be anything, into an InputError."""
    from PIL.Image import DecompressionBombError

    try:
        with memory_reported(name):
            yield
    except InputError:
        raise
    except DecompressionBombError:
        raise InputError(
            f"{name}: has more pixels than can be read of a {kind}; scale it down, or save it "
            "anew as PNG"
        ) from None
    except Exception as error:
        detail = _detail(error)
        if any(words in detail for words in _NOT_SUPPORTED):
            raise InputError(
                f"{name}: a kind of {kind} that is not supported ({detail}); save it anew as PNG, "
                "or with 8 bits a sample, grey or RGB"
            ) from error
        raise InputError(
            f"{name}: the {kind} is damaged or incomplete ({detail}); fetch it again, or save it "
            "anew as PNG"
        ) from error


# libwebp gives one message for damage and for a lack of memory.
_UNCLEAR = {"could not create decoder object": "or larger than memory allows"}


def _detail(error: Exception) -> str:
    """Say in a few words what went wrong; that a look-up failed would tell a reader nothing."""
    inner = error.args[0] if error.args else None
    if isinstance(inner, Exception):
        return _detail(inner)
    unspoken = isinstance(error, (LookupError, AttributeError, AssertionError, TypeError))
    if unspoken or not str(error):
        return "its parts do not fit together"
    words = " ".join(str(error).split())
    words = _UNCLEAR.get(words, words)
    return words if len(words) <= 160 else words[:160] + "…"
