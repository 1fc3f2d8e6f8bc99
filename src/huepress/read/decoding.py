"""From a picture file to pixels: telling formats apart, and saying what is wrong with a file.

Pillow decodes. Its plugins are called directly, not through `PIL.Image.open`: that spares its
process-wide limit on pixels, which huepress sets per call, and the plugins that can run programs.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from huepress.errors import InputError
from huepress.read.loading import (
    ReadOptions,
    SourceFile,
    check_mode,
    facts_of,
    load,
    orientation_of,
)
from huepress.read.opening import HEAD, memory_reported
from huepress.read.palettes import gif_palette, stored_palette
from huepress.read.png_chunks import SIGNATURE
from huepress.read.samples import Samples, decode, depth_warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from huepress.read.facts import SourceFacts
    from huepress.read.palettes import StoredPalette

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


class UnknownFormatError(InputError):
    """A file that begins as no picture does that is known."""


def read_file(
    file: IO[bytes], name: str, options: ReadOptions, *, path: Path | None = None
) -> tuple[NDArray[np.uint8], SourceFacts, bytes | None, StoredPalette | None]:
    """Read a seekable binary file from its start: pixels, source facts, kept profile, palette."""
    with damage_reported(name, "file"):
        head = file.read(HEAD)
        file_bytes = file.seek(0, io.SEEK_END)
    kind, plugin = format_of(head, name)
    warnings: list[str] = []
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


def format_of(head: bytes, name: str) -> tuple[str, Callable[[IO[bytes]], Any]]:
    """Return the name of a format and Pillow's class for it, by a file's first `HEAD` bytes."""
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
    raise UnknownFormatError(
        f"{name}: not a picture in a format that huepress reads (it begins with {head[:8]!r}); "
        f"give {READABLE}"
    )


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
