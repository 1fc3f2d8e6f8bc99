"""From a picture file to samples: telling formats apart, checking before decoding, choosing frames.

Pillow decodes. Its plugins are called directly, not through `PIL.Image.open`: that spares its
process-wide limit on pixels, which huepress sets per call, and the plugins that can run programs.
"""

from __future__ import annotations

import io
import logging
import math
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from huepress.errors import InputError
from huepress.reading.facts import SourceFacts, upright_exif
from huepress.reading.gif import composed
from huepress.reading.samples import Samples, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import PIL.Image
    import PIL.ImageFile
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

READABLE = "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or PPM"

# Where in a file, what stands there, and which class of Pillow reads such a file. A JPEG that holds
# more pictures, such as a depth map, is read as its main one.
_FORMATS = (
    (0, (b"\x89PNG\r\n\x1a\n",), "PngImagePlugin", "PngImageFile"),
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
    """What else people have, told by what stands in its first bytes or by its suffix."""

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

# Enough to find the <svg> behind an XML declaration and a comment.
_HEAD = 512

_TIFF_BITS, _TIFF_PHOTOMETRIC, _TIFF_PLANAR = 258, 262, 284
_EXIF_ORIENTATION = 274


def read_file(
    file: IO[bytes],
    name: str,
    *,
    frame: int | None,
    max_pixels: int | None,
    convert_icc: bool,
    path: Path | None = None,
) -> tuple[NDArray[np.uint8], SourceFacts, bytes | None]:
    """Read a seekable binary file, from its start: pixels, source facts, kept ICC profile."""
    with damage_reported(name, "file"):
        head = file.read(_HEAD)
        file_bytes = file.seek(0, io.SEEK_END)
    kind, plugin = _plugin(head, name)

    def opened() -> PIL.ImageFile.ImageFile:
        file.seek(0)
        picture: PIL.ImageFile.ImageFile = plugin(file)
        _check_size(picture, name, max_pixels)
        return picture

    with damage_reported(name, kind):
        picture = opened()
        stored_mode = picture.mode
        n_frames = getattr(picture, "n_frames", 1)
        frame = chosen_frame(name, frame, n_frames)
        if n_frames > 1 and kind != "GIF":
            picture.seek(frame)
            _check_size(picture, name, max_pixels)

        def reopened() -> PIL.ImageFile.ImageFile:
            again = opened()
            again.seek(frame)
            return again

        if kind == "GIF":
            samples, depth = _load_gif(file, picture.size, frame)
        else:
            samples, depth = _load(picture, head, reopened, name)
        orientation = orientation_of(picture, name)  # of a TIFF, 1: Pillow has turned it
        facts = facts_of(
            picture,
            mode="LA" if samples.grey_alpha else stored_mode,
            bit_depth=depth,
            path=path,
            file_bytes=file_bytes,
            mtime=path.stat().st_mtime if path else None,
            n_frames=n_frames,
            frame=frame,
        )
        check_mode(samples, name)
        pixels, icc = decode(samples, facts.icc, orientation, convert_icc, name)
    _note_gamma(picture, name)
    return pixels, facts, icc


def _plugin(head: bytes, name: str) -> tuple[str, Callable[[IO[bytes]], Any]]:
    """Return the format's name and what opens its files."""
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
    raise InputError(
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


@contextmanager
def damage_reported(name: str, kind: str) -> Iterator[None]:
    """Turn whatever Pillow raises on a damaged file, and it may be anything, into an InputError."""
    from PIL.Image import DecompressionBombError

    try:
        yield
    except InputError:
        raise
    except MemoryError:
        raise InputError(
            f"{name}: needs more memory than there is; scale it down, or use a larger machine"
        ) from None
    except DecompressionBombError as error:
        raise InputError(
            f"{name}: past Pillow's own limit for this {kind} ({error}); "
            "raise PIL.Image.MAX_IMAGE_PIXELS if you trust the file"
        ) from error
    except Exception as error:
        raise InputError(
            f"{name}: the {kind} is damaged, incomplete or of an unknown kind "
            f"({str(error) or type(error).__name__}); fetch it again, or save it anew as PNG"
        ) from error


def _check_size(picture: PIL.Image.Image, name: str, max_pixels: int | None) -> None:
    n_pixels = picture.width * picture.height
    if max_pixels is not None and n_pixels > max_pixels:
        raise InputError(
            f"{name}: {picture.width}×{picture.height} is {n_pixels:,} pixels, past the limit of "
            f"{max_pixels:,}; if you trust it, raise max_pixels (--max-pixels {n_pixels})"
        )


def chosen_frame(name: str, frame: int | None, n_frames: int) -> int:
    """Return the index of the frame to read, or raise: without a choice there must be just one."""
    if frame is None and n_frames > 1:
        raise InputError(
            f"{name}: holds {n_frames} frames, and one picture is wanted; choose with frame=N "
            f"(--frame N), N from 0 to {n_frames - 1}"
        )
    if frame is not None and not 0 <= frame < n_frames:
        count = f"{n_frames} frames" if n_frames > 1 else "one frame"
        choice = f"frame=N (--frame N), N from 0 to {n_frames - 1}" if n_frames > 1 else "frame=0"
        raise InputError(f"{name}: has no frame {frame}, it holds {count}; choose {choice}")
    return frame or 0


def check_mode(samples: Samples, name: str) -> None:
    """Refuse what has no stated white, or no conversion to RGB."""
    picture = samples.picture
    # Of all pictures that Pillow loads as 32-bit integers, only a PGM says what white is.
    if samples.plain_mode is None or (picture.mode == "I" and picture.format != "PPM"):
        raise InputError(
            f"{name}: its mode, {picture.mode!r}, does not say what white is or how to get RGB; "
            "convert it to 8 or 16 bits a sample, grey or RGB"
        )


def orientation_of(picture: PIL.Image.Image, name: str) -> int:
    """Return the EXIF orientation, 1 to 8; a broken EXIF block is a logged warning."""
    try:
        orientation = picture.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception as error:  # as with decoding, Pillow does not say what it may raise
        logger.warning("%s: its EXIF block is ignored: %s", name, error)
        return 1
    return orientation if orientation in range(1, 9) else 1


def facts_of(picture: PIL.Image.Image, **known: Any) -> SourceFacts:
    """Gather what a loaded picture says of itself; `known` is what it cannot say."""
    info = picture.info
    exif = info.get("exif")
    dpi = tuple(float(value) for value in info.get("dpi", ()))
    return SourceFacts(
        format=picture.format or "PIL",
        icc=info.get("icc_profile") or None,
        exif=upright_exif(exif) if isinstance(exif, bytes) else None,
        dpi=dpi if len(dpi) == 2 and all(math.isfinite(v) and v > 0 for v in dpi) else None,
        **known,
    )


def _note_gamma(picture: PIL.Image.Image, name: str) -> None:
    gamma = picture.info.get("gamma")
    says_more = "srgb" in picture.info or picture.info.get("icc_profile")
    if gamma is not None and not says_more and abs(gamma - 1 / 2.2) > 0.01:
        logger.warning("%s: its gamma of %g is ignored, it is taken as sRGB", name, gamma)


def _load(
    picture: PIL.ImageFile.ImageFile,
    head: bytes,
    reopened: Callable[[], PIL.ImageFile.ImageFile],
    name: str,
) -> tuple[Samples, int]:
    """Decode the chosen frame: its samples, in full depth, and their bits as stored."""
    if picture.format == "PNG":
        return _load_png(picture, head, reopened, name)
    if picture.format == "TIFF":
        return _load_tiff(picture, reopened, name)
    if picture.format == "PPM":
        return _load_ppm(picture, reopened, name)
    picture.load()
    return Samples(picture, key=key_of(picture)), 1 if picture.mode == "1" else 8


def _load_gif(file: IO[bytes], size: tuple[int, int], frame: int) -> tuple[Samples, int]:
    from PIL import Image

    file.seek(0)
    return Samples(Image.fromarray(composed(file.read(), size, frame))), 8


def key_of(picture: PIL.Image.Image) -> Any:
    """Return the one colour that stands for transparent, in pictures that have such a key."""
    return picture.info.get("transparency") if picture.mode in ("1", "L", "I;16", "RGB") else None


def _load_png(
    picture: PIL.ImageFile.ImageFile,
    head: bytes,
    reopened: Callable[[], PIL.ImageFile.ImageFile],
    name: str,
) -> tuple[Samples, int]:
    depth, color_type = head[24], head[25]
    if depth == 16 and getattr(picture, "n_frames", 1) > 1:
        raise InputError(
            f"{name}: an animation with 16 bits a sample, whose frames cannot be read exactly; "
            "convert it to 8 bits first"
        )
    if depth == 16 and color_type == 4:
        # Pillow has no 16-bit grey with alpha; four bytes a pixel fit RGBA.
        picture.tile = [_retiled(tile, "RGBA") for tile in picture.tile]
        picture.load()
        return Samples(picture, grey_alpha=True), depth
    picture.load()
    low = _low_bytes(reopened(), name) if depth == 16 and color_type in (2, 6) else None
    key = key_of(picture)
    if depth < 8 and isinstance(key, int):  # Pillow has scaled the samples, but not the key
        key = (key & (1 << depth) - 1) * 255 // ((1 << depth) - 1)
    return Samples(picture, low=low, key=key), depth


def _load_tiff(
    picture: PIL.ImageFile.ImageFile, reopened: Callable[[], PIL.ImageFile.ImageFile], name: str
) -> tuple[Samples, int]:
    tags: Any = picture.tag_v2  # type: ignore[attr-defined]
    bits = tags.get(_TIFF_BITS, 1)
    depth = max(bits) if isinstance(bits, tuple) else bits
    low, premultiplied = None, False
    _allocate(picture)
    if depth == 16 and picture.mode in ("RGB", "RGBA", "CMYK"):
        if tags.get(_TIFF_PLANAR) == 2:
            raise InputError(
                f"{name}: a TIFF with 16 bits a sample and a plane per channel, which cannot be "
                "read exactly; store its channels interleaved (contiguous planar configuration)"
            )
        tiles: list[Any] = picture.tile
        premultiplied = any(tile.args[0].startswith("RGBa") for tile in tiles)
        picture.tile = [_retiled(tile, tile.args[0].replace("RGBa", "RGBA")) for tile in tiles]
        picture.load()
        again = reopened()
        _allocate(again)
        low = _low_bytes(again, name)
    picture.load()
    return Samples(
        picture,
        low=low,
        white=(1 << depth) - 1 if 8 < depth <= 16 else 65535,
        inverted=tags.get(_TIFF_PHOTOMETRIC) == 0,
        premultiplied=premultiplied,
    ), depth


def _load_ppm(
    picture: PIL.ImageFile.ImageFile, reopened: Callable[[], PIL.ImageFile.ImageFile], name: str
) -> tuple[Samples, int]:
    tile: Any = picture.tile[0]
    depth = {"1": 1, "F": 32, "I": 16}.get(picture.mode, 8)
    if tile.codec_name == "raw" or picture.mode == "1":
        picture.load()
        return Samples(picture), depth
    if (tile.codec_name, *tile.args) != ("ppm", "RGB", 65535):
        picture.load()  # Pillow rounds other maxima to 8 bits (grey: 16), correctly
        return Samples(picture), tile.args[1].bit_length()

    def raw(ppm: PIL.ImageFile.ImageFile) -> PIL.ImageFile.ImageFile:
        ppm.tile = [tile._replace(codec_name="raw", args=("RGB;16B", 0, 1)) for tile in ppm.tile]
        return ppm

    raw(picture).load()
    return Samples(picture, low=_low_bytes(raw(reopened()), name)), 16


def _allocate(picture: PIL.ImageFile.ImageFile) -> None:
    """Give a TIFF page its memory, because Pillow would first check its own limit on pixels."""
    from PIL import Image

    extents = [tile.extents or (0, 0, 0, 0) for tile in picture.tile]
    size = max(box[2] for box in extents), max(box[3] for box in extents)
    picture.im = Image.new(picture.mode, size, None).im


def _low_bytes(picture: PIL.ImageFile.ImageFile, name: str) -> PIL.ImageFile.ImageFile:
    """Load the low bytes of 16-bit samples: Pillow keeps those it takes for the high ones."""
    tiles = []
    for tile in picture.tile:
        rawmode = tile.args if isinstance(tile.args, str) else (tile.args or ("",))[0]
        if rawmode[-4:] not in (";16B", ";16L", ";16N"):
            raise InputError(
                f"{name}: 16 bits a sample in a layout ({rawmode}) that cannot be read exactly; "
                "convert it to 8 bits, or to a 16-bit PNG"
            )
        tiles.append(_retiled(tile, rawmode[:-1].replace("RGBa", "RGBA") + _other_byte(rawmode)))
    picture.tile = tiles
    picture.load()
    return picture


def _other_byte(rawmode: str) -> str:
    big = rawmode[-1] == "B" or (rawmode[-1] == "N" and sys.byteorder == "big")
    return "L" if big else "B"


def _retiled(tile: Any, rawmode: str) -> Any:
    """Return a tile of Pillow's that unpacks its bytes in another way."""
    args = rawmode if isinstance(tile.args, str) else (rawmode, *tile.args[1:])
    return tile._replace(args=args)
