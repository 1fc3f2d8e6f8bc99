"""From an opened file to the samples of the wanted frame, a function for each format.

Pillow decodes; what it would get wrong is corrected here, and what it leaves out is warned of. The
module for a format is imported when such a file is read.
"""

from __future__ import annotations

import io
import math
import re
import struct
import sys
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from huepress.errors import InputError
from huepress.read.facts import SourceFacts, upright_exif
from huepress.read.opening import check_size
from huepress.read.samples import PlaneSamples, Samples

if TYPE_CHECKING:
    from collections.abc import Callable

    import PIL.Image
    import PIL.ImageFile
    from numpy.typing import NDArray

    from huepress.read import tiff
    from huepress.read.primaries import StatedColors

_EXIF_ORIENTATION = 274
_XMP = ("xmp", "XML:com.adobe.xmp")
_IN_WORDS = {"I": "signed integers, or of 32 bits", "F": "floats"}
_NO_FRAMES = (0xC4, 0xC8, 0xCC)  # in the range of frame markers, but tables and an extension
_READ_FRAMES = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)
_END_OF_JPEG = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a picture is to be read; `Image.read` explains each. A `quiet` one logs no warning."""

    frame: int | None = None
    max_pixels: int | None = None
    convert_icc: bool = True
    lenient: bool = False
    keep_palette: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A seekable picture file, Pillow's class for its format, and how it is to be read.

    `warnings` gets a sentence for everything that is passed over.
    """

    file: IO[bytes]
    name: str
    plugin: Callable[[IO[bytes]], Any]
    options: ReadOptions
    warnings: list[str]

    def opened(self, file: IO[bytes] | None = None) -> PIL.ImageFile.ImageFile:
        """Open the file, or one made of it, with Pillow, and check its size."""
        file = file or self.file
        file.seek(0)
        picture: PIL.ImageFile.ImageFile = self.plugin(file)
        check_size(*picture.size, self.name, self.options.max_pixels)
        for key in _XMP:  # Pillow would turn a TIFF by its XMP
            picture.info.pop(key, None)
        return picture

    def chosen(self, n_frames: int) -> int:
        """Return the index of the wanted frame."""
        return chosen_frame(self.name, self.options.frame, n_frames)


class Loaded(NamedTuple):
    """A decoded frame, and what only its file knows of it.

    `depth` is bits a sample and `mode` Pillow's word for them, both as stored. `stated` is what the
    file says of its colours otherwise than by a profile. `significant_bits` are 0 where the file
    states none. `is_reduced` says that deeper samples have become 8 bits already. `orientation` is
    EXIF's; None where `picture` holds it.
    """

    samples: Samples | PlaneSamples
    picture: PIL.Image.Image
    depth: int
    mode: str
    n_frames: int = 1
    frame: int = 0
    stated: StatedColors | None = None
    significant_bits: int = 0
    is_reduced: bool = False
    orientation: int | None = None


def load(source: SourceFile, kind: str) -> Loaded:
    """Decode the wanted frame in full depth; `kind` is Pillow's name of the format.

    What Pillow raises on a damaged file is left to the caller.
    """
    loaders = {
        "PNG": _load_png,
        "JPEG": _load_jpeg,
        "GIF": _load_gif,
        "BMP": _load_bmp,
        "TIFF": _load_tiff,
        "AVIF": _load_avif,
        "PPM": _load_ppm,
    }
    return loaders.get(kind, _load_frame)(source)


class SeveralFramesError(InputError):
    """A file of several frames or pages, of which none was chosen."""


def chosen_frame(name: str, frame: int | None, n_frames: int) -> int:
    """Return the index of the frame to read, or raise: without a choice there must be just one."""
    if frame is None and n_frames > 1:
        raise SeveralFramesError(
            f"{name}: holds {n_frames} frames, and one picture is wanted; choose one "
            f"(--frame N), N from 0 to {n_frames - 1}"
        )
    if frame is not None and not 0 <= frame < n_frames:
        count = f"{n_frames} frames" if n_frames > 1 else "one frame"
        choice = f"one (--frame N), N from 0 to {n_frames - 1}" if n_frames > 1 else "frame 0"
        raise InputError(f"{name}: has no frame {frame}, it holds {count}; choose {choice}")
    return frame or 0


def check_mode(samples: Samples, name: str) -> None:
    """Refuse samples that do not say what white is, or have no conversion to RGB."""
    picture = samples.picture
    # Of all pictures that Pillow loads as 32-bit integers, only a PGM says what white is.
    if samples.plain_mode is None or (picture.mode == "I" and picture.format != "PPM"):
        raise InputError(
            f"{name}: its samples ({_IN_WORDS.get(picture.mode, picture.mode)}) do not say what "
            "white is or how to get RGB; convert it to 8 or 16 bits a sample, grey or RGB"
        )


def orientation_of(picture: PIL.Image.Image, warnings: list[str]) -> int:
    """Return the EXIF orientation, 1 to 8; a broken EXIF block is a warning."""
    from PIL import Image

    try:
        if any(key in picture.info for key in _XMP):
            # Pillow would turn a picture by what XMP says; EXIF alone counts, as in browsers.
            stored = Image.Exif()
            stored.load(picture.info.get("exif") or b"")
            orientation = stored.get(_EXIF_ORIENTATION, 1)
        else:
            orientation = picture.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception as error:  # as with decoding, Pillow does not say what it may raise
        warnings.append(f"its EXIF block is ignored: {error}")
        return 1
    return orientation if orientation in range(1, 9) else 1


def orientation_in(exif: bytes | None) -> int:
    """Return the orientation that an EXIF block states; 1 where it is broken."""
    from PIL import Image

    stored = Image.Exif()
    try:
        stored.load(exif or b"")
        orientation = stored.get(_EXIF_ORIENTATION, 1)
    except Exception:  # as with decoding, Pillow does not say what it may raise
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


def key_of(picture: PIL.Image.Image) -> Any:
    """Return the one colour that stands for transparent, in pictures that have such a key."""
    return picture.info.get("transparency") if picture.mode in ("1", "L", "I;16", "RGB") else None


def _load_frame(source: SourceFile, opened: PIL.ImageFile.ImageFile | None = None) -> Loaded:
    """Decode with Pillow alone."""
    picture = opened or source.opened()
    mode = picture.mode
    n_frames = getattr(picture, "n_frames", 1)
    frame = source.chosen(n_frames)
    if n_frames > 1:
        picture.seek(frame)
        check_size(*picture.size, source.name, source.options.max_pixels)
    picture.load()
    samples = Samples(picture, key=key_of(picture))
    return Loaded(samples, picture, 1 if mode == "1" else 8, mode, n_frames, frame)


def _load_jpeg(source: SourceFile) -> Loaded:
    from huepress.read.splice import Span, spliced

    try:
        return _load_frame(source)
    except (OSError, SyntaxError) as error:
        kind = _unsupported_jpeg(source.file)
        if kind:
            raise OSError(f"Unsupported: {kind}") from None
        if "truncated" not in str(error):
            raise
        if not source.options.lenient:
            raise InputError(
                f"{source.name}: the JPEG ends too early; fetch it again, or take what there is "
                "(--lenient)"
            ) from None
    size = source.file.seek(0, io.SEEK_END)
    ended = spliced(source.file, [Span(0, size), _END_OF_JPEG])
    loaded = _load_frame(source, source.opened(ended))
    source.warnings.append("it is damaged: it ends too early, and the rest of it is grey")
    return loaded


def _unsupported_jpeg(file: IO[bytes]) -> str | None:
    """Name the kind of a JPEG that Pillow's decoder does not know, by its frame's header."""
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF:
        kind, length = head[1], int.from_bytes(head[2:], "big")
        if kind & 0xF0 == 0xC0 and kind not in _NO_FRAMES:
            precision = file.read(1)
            if precision not in (b"", b"\x08"):
                return f"{precision[0]} bits a sample"
            return None if kind in _READ_FRAMES else f"process {kind - 0xC0}"
        file.seek(length - 2, io.SEEK_CUR)
    return None


def _load_gif(source: SourceFile) -> Loaded:
    from PIL import Image

    from huepress.read import gif
    from huepress.read.canvas import composed

    picture = source.opened()
    scanned = gif.scan(source.file, source.name, source.options.max_pixels)
    frame = source.chosen(len(scanned.frames))
    source.warnings.extend(scanned.warnings)

    def painted(index: int) -> NDArray[np.uint8]:
        return gif.painted(scanned.still(source.file, index))

    canvas = next(islice(composed(scanned, painted), frame, None))
    samples = Samples(Image.fromarray(canvas))
    return Loaded(samples, picture, 8, picture.mode, len(scanned.frames), frame)


def _load_bmp(source: SourceFile) -> Loaded:
    from PIL import Image

    from huepress.read import bmp

    layout = bmp.masked_layout(source.file)
    if layout is None:
        return _load_frame(source)
    source.chosen(1)
    check_size(*layout.size, source.name, source.options.max_pixels)
    picture = Image.fromarray(bmp.read_masked(source.file, layout))
    picture.format = "BMP"
    depth = max(8, layout.depth)
    return Loaded(Samples(picture), picture, depth, picture.mode, is_reduced=depth > 8)


def _load_avif(source: SourceFile) -> Loaded:
    from huepress.read import avif
    from huepress.read.primaries import from_code_points

    source.file.seek(0)
    facts = avif.facts_of_avif(source.file.read())
    loaded = _load_frame(source)
    picture = loaded.picture
    samples = loaded.samples
    if facts.clean_aperture is not None:
        box = avif.clean_box(facts.clean_aperture, picture.size)
        if box is None:
            source.warnings.append("its crop (clap) is no box of whole pixels and is ignored")
        else:
            samples = Samples(picture.crop(box))
    stated = None
    if facts.code_points is not None and not picture.info.get("icc_profile"):
        stated = from_code_points(*facts.code_points, "nclx", grey=False)
    depth = facts.bit_depth
    return loaded._replace(samples=samples, depth=depth, stated=stated, is_reduced=depth > 8)


def _load_png(source: SourceFile) -> Loaded:
    from huepress.read import png
    from huepress.read.png_chunks import SIGNATURE

    source.file.seek(len(SIGNATURE) + 4)
    kind, size = source.file.read(4), source.file.read(8)
    if kind == b"IHDR" and len(size) == 8:
        width, height = struct.unpack(">II", size)
        check_size(width, height, source.name, source.options.max_pixels)
    checked = png.checked(source.file, source.name, lenient=source.options.lenient)
    source.warnings.extend(checked.warnings)
    source.chosen(1)
    picture = source.opened(checked.file)
    picture.info["icc_profile"] = checked.icc
    mode, depth = picture.mode, checked.depth
    if depth == 16 and checked.color_type == 4:
        # Pillow has no 16-bit grey with alpha; four bytes a pixel fit RGBA.
        picture.tile = [_retiled(tile, "RGBA") for tile in picture.tile]
        picture.load()
        mode, samples = "LA", Samples(picture, grey_alpha=True)
    else:
        picture.load()
        if picture.mode == "P":
            _fill_palette(picture, checked.n_entries, source.warnings)
        low = None
        if depth == 16 and checked.color_type in (2, 6):
            low = _low_bytes(source.opened(checked.file), source.name)
        key = key_of(picture)
        if depth < 8 and isinstance(key, int):  # Pillow has scaled the samples, but not the key
            key = (key & (1 << depth) - 1) * 255 // ((1 << depth) - 1)
        samples = Samples(picture, low=low, key=key)
    return Loaded(
        samples,
        picture,
        depth,
        mode,
        stated=checked.stated,
        significant_bits=checked.significant_bits or 0,
    )


def _fill_palette(picture: PIL.Image.Image, n_entries: int, warnings: list[str]) -> None:
    """Make entries black that pixels have but the palette lacks, as browsers do."""
    extrema: Any = picture.getextrema()
    if extrema[1] >= n_entries:
        colors = picture.getpalette("RGB") or []
        picture.putpalette(colors[: 3 * n_entries] + [0, 0, 0] * (extrema[1] + 1 - n_entries))
        warnings.append(
            f"pixels have entry {extrema[1]} of a palette of {n_entries}: they are taken as black"
        )


def _load_tiff(source: SourceFile) -> Loaded:
    from PIL.TiffImagePlugin import COMPRESSION_INFO

    from huepress.read import tiff
    from huepress.read.libtiff import collected_errors

    header = tiff.header_of(source.file)
    offsets = tiff.pages(source.file, header)
    frame = source.chosen(len(offsets))
    page = tiff.page_at(source.file, header, offsets[frame])
    if page.compression not in COMPRESSION_INFO:
        raise OSError(f"Unsupported compression {page.compression}")
    _check_bands(source, page)
    if page.is_located:
        source.warnings.append("its GeoTIFF tags, which place it on the Earth, are not kept")
    with collected_errors() as messages:
        try:
            loaded = _load_planes(source, page) if _is_deep(page) else _load_page(source, page)
        except OSError as error:
            words = [re.sub(r"^.*?: *|%\S+ *", "", line) for line in messages[:1]]
            raise OSError("; ".join([*words, str(error)])) from None
    if page.is_fax and messages:
        what = "its fax code holds words that do not exist"
        if not source.options.lenient:
            raise InputError(
                f"{source.name}: the TIFF is damaged: {what}; fetch it again, or take it as it is "
                "(--lenient)"
            )
        source.warnings.append(f"it is damaged: {what}")
    return loaded._replace(n_frames=len(offsets), frame=frame)


def _check_bands(source: SourceFile, page: tiff.Page) -> None:
    """Refuse measurements, which are no picture; warn of samples that are left out of one."""
    from huepress.read import tiff

    layout = tiff.layout_of(page)
    if layout is None or not layout.n_others:
        return
    if layout.space == "GRAY" and layout.n_others > 1:
        raise InputError(
            f"{source.name}: holds {page.samples} bands that are neither grey nor RGB; choose "
            "three first, as with gdal_translate -b 1 -b 2 -b 3 -colorinterp red,green,blue"
        )
    source.warnings.append(
        f"{layout.n_others} of its {page.samples} samples a pixel are neither colour nor alpha: "
        "left out"
    )


def _is_deep(page: tiff.Page) -> bool:
    """Whether a page must be taken apart, because Pillow would read it wrong without a word."""
    from huepress.read import tiff

    apart = page.is_separate or page.bits > 8
    return apart and tiff.layout_of(page) is not None and tiff.can_be_taken_apart(page)


def _load_planes(source: SourceFile, page: tiff.Page) -> Loaded:
    from PIL import Image

    from huepress.read import tiff

    layout = tiff.layout_of(page)
    assert layout is not None
    picture = Image.new("1", (1, 1))
    picture.format = "TIFF"
    picture.info = {"icc_profile": page.icc, "dpi": page.dpi or ()}
    check_size(page.width, page.height, source.name, source.options.max_pixels)

    def read(file: IO[bytes]) -> NDArray[Any]:
        file.seek(0)
        grey = source.plugin(file)
        _allocate(grey)
        # libtiff has put the bytes in this machine's order already.
        grey.tile = [
            _retiled(tile, "F;32NF" if tile.args[0] == "F;32BF" else tile.args[0])
            if tile.codec_name == "libtiff"
            else tile
            for tile in grey.tile
        ]
        grey.load()
        array = np.asarray(grey)
        return array.astype(array.dtype.newbyteorder("="), copy=False)

    planes = tiff.planes(source.file, page, read)[..., : layout.n_colors + bool(layout.alpha)]
    samples = PlaneSamples(
        planes,
        layout.space,
        has_alpha=bool(layout.alpha),
        white=(1 << page.bits) - 1,
        inverted=page.counts_from_white,
        premultiplied=layout.alpha == tiff.ASSOCIATED,
    )
    mode = {"GRAY": "L"}.get(layout.space, layout.space) + "A" * bool(layout.alpha)
    return Loaded(samples, picture, page.bits, mode, orientation=page.orientation)


def _load_page(source: SourceFile, page: tiff.Page) -> Loaded:
    from huepress.read import tiff

    picture = source.opened(tiff.showing(source.file, page))
    mode = picture.mode
    _allocate(picture)
    picture.load()
    return Loaded(Samples(picture), picture, page.bits, mode)


def _load_ppm(source: SourceFile) -> Loaded:
    picture = source.opened()
    source.chosen(1)
    mode = picture.mode
    tile: Any = picture.tile[0]
    depth = {"1": 1, "F": 32, "I": 16}.get(picture.mode, 8)
    if tile.codec_name == "raw" or picture.mode == "1":
        picture.load()
        return Loaded(Samples(picture), picture, depth, mode)
    if (tile.codec_name, *tile.args) != ("ppm", "RGB", 65535):
        depth = tile.args[1].bit_length()
        picture.load()  # Pillow rounds other maxima to 8 bits (grey: 16), correctly
        is_reduced = depth > 8 and mode == "RGB"
        return Loaded(Samples(picture), picture, depth, mode, is_reduced=is_reduced)

    def raw(ppm: PIL.ImageFile.ImageFile) -> PIL.ImageFile.ImageFile:
        ppm.tile = [tile._replace(codec_name="raw", args=("RGB;16B", 0, 1)) for tile in ppm.tile]
        return ppm

    raw(picture).load()
    samples = Samples(picture, low=_low_bytes(raw(source.opened()), source.name))
    return Loaded(samples, picture, 16, mode)


def _allocate(picture: PIL.ImageFile.ImageFile) -> None:
    """Allocate the memory of a TIFF page: Pillow would first check its own limit on pixels."""
    from PIL import Image

    extents = [tile.extents or (0, 0, 0, 0) for tile in picture.tile]
    size = max(box[2] for box in extents), max(box[3] for box in extents)
    picture.im = Image.new(picture.mode, size, None).im


def _low_bytes(picture: PIL.ImageFile.ImageFile, name: str) -> PIL.ImageFile.ImageFile:
    """Load the low bytes of 16-bit samples, as if they were the high ones, which Pillow keeps."""
    tiles = []
    for tile in picture.tile:
        rawmode = tile.args if isinstance(tile.args, str) else (tile.args or ("",))[0]
        if rawmode[-4:] not in (";16B", ";16L", ";16N"):
            raise InputError(
                f"{name}: 16 bits a sample in a layout ({rawmode}) that cannot be read exactly; "
                "convert it to 8 bits, or to a 16-bit PNG"
            )
        tiles.append(_retiled(tile, rawmode[:-1] + _other_byte(rawmode)))
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
