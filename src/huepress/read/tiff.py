"""TIFF directories, read without Pillow: which pages are pictures, and how their samples lie.

Pillow reads a page of a few layouts of samples, and of some others the wrong pixels or none. Here
such a page is taken apart into pages of grey, one for each plane, which Pillow reads right.

https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from huepress.read.splice import Span, spliced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_OLD_REDUCED = 2  # of SubfileType

NEW_SUBFILE, SUBFILE = 254, 255
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
FILL_ORDER, ORIENTATION, SAMPLES, ROWS_PER_STRIP, PLANAR = 266, 274, 277, 278, 284
STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325
TILE_WIDTH, TILE_HEIGHT, PREDICTOR, EXTRA, FORMAT, JPEG_TABLES = 322, 323, 317, 338, 339, 347
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, PROFILE = 282, 283, 296, 34675
GEO_TAGS = (33550, 33922, 34264, 34735)

_CODES = {1: "B", 2: "B", 3: "H", 4: "I", 5: "II", 6: "b", 7: "B", 8: "h", 9: "i", 10: "ii"}
_CODES |= {11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_TEXTS, _SHORT = (1, 2, 7), 3
_JPEGS = (6, 7, 34892, 34933)
_FAX = (2, 3, 4)
_HORIZONTAL, _FLOATING = 2, 3  # predictors
_PLACES = 4  # bytes of a float, which the floating predictor stores apart
ASSOCIATED, UNASSOCIATED = 1, 2
_SPACES = {0: ("GRAY", 1), 1: ("GRAY", 1), 2: ("RGB", 3), 5: ("CMYK", 4)}
# Tags that are read, and limits: a crafted file may let every entry point to the same megabytes, or
# make every few bytes a page.
_WANTED = {
    *(WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, ORIENTATION, SAMPLES),
    *(ROWS_PER_STRIP, PLANAR, STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS),
    *(TILE_WIDTH, TILE_HEIGHT, PREDICTOR, EXTRA, FORMAT, JPEG_TABLES),
    *(X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, PROFILE, *GEO_TAGS),
}
_MOST_BYTES, _MOST_PAGES = 1 << 24, 1 << 20


@dataclass(frozen=True, slots=True)
class Header:
    """The order of a file's bytes, whether it is a BigTIFF, and where its first directory lies."""

    order: str
    is_big: bool
    first: int

    @property
    def count_code(self) -> str:
        """How the number of a directory's entries is packed."""
        return self.order + ("Q" if self.is_big else "H")

    @property
    def offset_code(self) -> str:
        """How an offset is packed."""
        return self.order + ("Q" if self.is_big else "I")

    @property
    def entry_bytes(self) -> int:
        """Size of a directory's entry."""
        return 20 if self.is_big else 12

    def pointing_to(self, offset: int) -> bytes:
        """Write the header anew, with another first directory."""
        magic = {"<": b"II", ">": b"MM"}[self.order]
        if self.is_big:
            return magic + struct.pack(f"{self.order}HHHQ", 43, 8, 0, offset)
        return magic + struct.pack(f"{self.order}HI", 42, offset)


@dataclass(frozen=True, slots=True)
class Page:
    """A directory, where it lies, and its tags.

    Their values are tuples of numbers, pairs of numbers for rationals, or bytes.
    """

    header: Header
    offset: int
    tags: dict[int, Any]

    def number(self, tag: int, default: int) -> int:
        """Return the first, or only, value of a tag."""
        values = self.tags.get(tag)
        return int(values[0]) if values else default

    @property
    def width(self) -> int:
        """Pixels a row."""
        return self.number(WIDTH, 0)

    @property
    def height(self) -> int:
        """Rows."""
        return self.number(HEIGHT, 0)

    @property
    def orientation(self) -> int:
        """As EXIF counts, 1 to 8."""
        orientation = self.number(ORIENTATION, 1)
        return orientation if orientation in range(1, 9) else 1

    @property
    def counts_from_white(self) -> bool:
        """Whether 0 is white."""
        return self.number(PHOTOMETRIC, 1) == 0

    @property
    def samples(self) -> int:
        """Samples a pixel."""
        return self.number(SAMPLES, 1)

    @property
    def bits(self) -> int:
        """Bits a sample; the most, where they differ."""
        return int(max(self.tags.get(BITS, (1,))))

    @property
    def extra(self) -> tuple[int, ...]:
        """What the samples beyond the colours mean: 1 and 2 are alpha, multiplied in or not."""
        return tuple(self.tags.get(EXTRA, ()))

    @property
    def is_separate(self) -> bool:
        """Whether every sample has a plane of its own."""
        return self.samples > 1 and self.number(PLANAR, 1) == 2

    @property
    def compression(self) -> int:
        """Number of its compression; 1 is none."""
        return self.number(COMPRESSION, 1)

    @property
    def is_jpeg(self) -> bool:
        """Whether JPEG compresses it."""
        return self.compression in _JPEGS

    @property
    def is_fax(self) -> bool:
        """Whether a code of fax machines compresses it."""
        return self.compression in _FAX

    @property
    def is_located(self) -> bool:
        """Whether it says where on the Earth it lies."""
        return any(tag in self.tags for tag in GEO_TAGS)

    @property
    def icc(self) -> bytes | None:
        """The ICC profile."""
        profile = self.tags.get(PROFILE)
        return profile if isinstance(profile, bytes) and profile else None

    @property
    def dpi(self) -> tuple[float, float] | None:
        """Dots per inch, where they can be told."""
        pairs = [self.tags.get(tag, ()) for tag in (X_RESOLUTION, Y_RESOLUTION)]
        unit = {2: 1.0, 3: 2.54}.get(self.number(RESOLUTION_UNIT, 2))
        if unit is None or any(len(pair) != 2 or not pair[1] for pair in pairs):
            return None
        (x, x_part), (y, y_part) = pairs
        return x / x_part * unit, y / y_part * unit


@dataclass(frozen=True, slots=True)
class Layout:
    """What the samples of a page are.

    `space` is 'GRAY', 'RGB' or 'CMYK'. `alpha` is 0 for none, else `ASSOCIATED`, which is
    multiplied into the colours, or `UNASSOCIATED`. `n_others` samples are neither colour nor alpha.
    """

    space: str
    n_colors: int
    alpha: int
    n_others: int


def header_of(file: IO[bytes]) -> Header:
    """Read the header; a struct.error says that the file is too short."""
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    is_big = 43 in head[2:4]
    (first,) = struct.unpack_from(f"{order}Q" if is_big else f"{order}I", head, 8 if is_big else 4)
    return Header(order, is_big, first)


def pages(file: IO[bytes], header: Header) -> list[int]:
    """List where the directories of the pictures lie, in order.

    Small versions of a picture, as for zooming, and masks are no pictures of their own. A broken
    chain of directories raises a ValueError or struct.error.
    """
    all_pages, full = [], []
    seen = set()
    offset = header.first
    while offset and offset not in seen:
        seen.add(offset)
        if len(seen) > _MOST_PAGES:
            raise ValueError(f"more than {_MOST_PAGES:,} pages")
        entries, after = _entries(file, header, offset)
        kind = 0
        for tag, code, _, value in entries:
            if tag > SUBFILE:
                break
            (number,) = struct.unpack_from(header.order + ("H" if code == _SHORT else "I"), value)
            if tag == NEW_SUBFILE:
                kind |= number & (_REDUCED | _MASK)
            elif tag == SUBFILE:
                kind |= number == _OLD_REDUCED
        all_pages.append(offset)
        if not kind:
            full.append(offset)
        offset = after
    return full or all_pages


def page_at(file: IO[bytes], header: Header, offset: int) -> Page:
    """Read a directory whole; a broken one raises a ValueError or struct.error."""
    tags: dict[int, Any] = {}
    entries, _ = _entries(file, header, offset)
    for tag, code, count, value in entries:
        pack = _CODES.get(code)
        if pack is None or tag not in _WANTED:
            continue
        n_bytes = struct.calcsize(f"={pack}") * count
        if n_bytes > _MOST_BYTES:
            continue
        if n_bytes > len(value):
            file.seek(struct.unpack(header.offset_code, value)[0])
            value = file.read(n_bytes)
        if len(value) < n_bytes:  # if the picture needs it, Pillow will complain
            continue
        if code in _TEXTS:
            tags[tag] = value[:n_bytes]
        else:
            numbers = f"{header.order}{count * len(pack)}{pack[0]}"
            tags[tag] = struct.unpack(numbers, value[:n_bytes])
    return Page(header, offset, tags)


def showing(file: IO[bytes], page: Page) -> IO[bytes]:
    """Return the file as one whose first directory is the page's."""
    if page.offset == page.header.first:
        return file
    head = page.header.pointing_to(page.offset)
    size = file.seek(0, 2)
    return spliced(file, [head, Span(len(head), size - len(head))])


def layout_of(page: Page) -> Layout | None:
    """Say what the samples of a page are; None where only Pillow may know."""
    space, n_colors = _SPACES.get(page.number(PHOTOMETRIC, 1), ("", 0))
    if not space or page.samples < n_colors:
        return None
    extra = page.extra[: page.samples - n_colors]
    alpha = extra[0] if extra and extra[0] in (ASSOCIATED, UNASSOCIATED) else 0
    n_others = page.samples - n_colors - bool(alpha)
    return Layout(space, n_colors, alpha, n_others)


def can_be_taken_apart(page: Page) -> bool:
    """Tell whether `planes` reads a page: all samples alike, and compressed as bytes."""
    bits, formats = set(page.tags.get(BITS, (1,))), set(page.tags.get(FORMAT, (1,)))
    if (formats, bits) not in [({1}, {8}), ({1}, {12}), ({1}, {16}), ({3}, {32}), ({3}, {64})]:
        return False
    if page.samples == 1 or page.is_separate:
        return True
    predictor = page.number(PREDICTOR, 1)
    differences = predictor == _HORIZONTAL and bits in ({8}, {16})
    differences |= predictor == _FLOATING and bits == {8 * _PLACES}
    return not page.is_jpeg and (predictor == 1 or differences)


def planes(file: IO[bytes], page: Page, read: Callable[[IO[bytes]], NDArray[Any]]) -> NDArray[Any]:
    """Read all samples of a page for which `can_be_taken_apart`, as stored, as (h, w, samples).

    `read` reads a TIFF of grey to an (h, w) array.
    """
    width, height, samples = page.width, page.height, page.samples
    if page.is_separate:
        return np.stack([read(_of_grey(file, page, plane)) for plane in range(samples)], axis=-1)
    wide = read(_of_grey(file, page, None)).reshape(height, -1, samples)
    predictor = page.number(PREDICTOR, 1)
    if samples == 1 or predictor == 1:
        return wide
    step = wide.shape[1] // -(-width // page.number(TILE_WIDTH, width))
    if predictor == _HORIZONTAL:
        step = page.number(TILE_WIDTH, width)
    # A predictor's differences start again in every tile.
    tiles = [
        np.cumsum(wide[:, left : left + step], axis=1, dtype=wide.dtype)
        for left in range(0, wide.shape[1], step)
    ]
    if predictor == _FLOATING:  # the first bytes of all floats of a row, then the second, ...
        tiles = [
            np.ascontiguousarray(tile.reshape(height, _PLACES, -1).swapaxes(1, 2))
            .view(">f4")
            .reshape(height, -1, samples)
            .astype(np.float32)
            for tile in tiles
        ]
    return np.concatenate(tiles, axis=1)[:, :width]


def _of_grey(file: IO[bytes], page: Page, plane: int | None) -> IO[bytes]:
    """Return the file as a grey TIFF of one plane, or whose pixels are all samples of each row."""
    header, tags = page.header, page.tags
    wider = page.samples if plane is None else 1
    kept = (COMPRESSION, FILL_ORDER, JPEG_TABLES, HEIGHT, ROWS_PER_STRIP, TILE_HEIGHT)
    new: dict[int, Any] = {tag: tags[tag] for tag in kept if tag in tags}
    new[WIDTH] = (page.width * wider,)
    new[BITS], new[SAMPLES], new[PLANAR], new[PHOTOMETRIC] = (page.bits,), (1,), (1,), (1,)
    new[FORMAT] = (page.number(FORMAT, 1),)
    if TILE_WIDTH in tags:
        new[TILE_WIDTH] = (page.number(TILE_WIDTH, 0) * wider,)
    if PREDICTOR in tags:
        new[PREDICTOR] = (1,) if wider > 1 else tags[PREDICTOR]
    if wider > 1 and page.number(PREDICTOR, 1) == _FLOATING:
        # Read as bytes, edge tiles in full: a row's floats are spread over the whole row of a tile.
        tile = page.number(TILE_WIDTH, page.width)
        new[WIDTH] = (-(-page.width // tile) * tile * wider * _PLACES,)
        new[BITS], new[FORMAT] = (8,), (1,)
        if TILE_WIDTH in tags:
            new[TILE_WIDTH] = (tile * wider * _PLACES,)
    for tag in (STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS):
        if tag in tags:
            share = len(tags[tag]) // page.samples
            first = 0 if plane is None else plane * share
            new[tag] = tags[tag] if plane is None else tags[tag][first : first + share]
    size = file.seek(0, 2)
    start = size + size % 2
    head = header.pointing_to(start)
    rest = Span(len(head), size - len(head))
    return spliced(file, [head, rest, bytes(size % 2), _directory(header, new, start)])


def _directory(header: Header, tags: dict[int, Any], start: int) -> bytes:
    """Write a directory that is to lie at `start`, and behind it what does not fit in it."""
    inline = 8 if header.is_big else 4
    table = struct.pack(header.count_code, len(tags))
    behind = start + len(table) + len(tags) * header.entry_bytes + inline
    rest = b""
    for tag, values in sorted(tags.items()):
        if isinstance(values, bytes):
            code, packed = 7, values
        else:
            code = 16 if header.is_big else 4
            packed = struct.pack(f"{header.order}{len(values)}{_CODES[code]}", *values)
        if tag in (BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, PLANAR, FORMAT, PREDICTOR, FILL_ORDER):
            code, packed = 3, struct.pack(f"{header.order}{len(values)}H", *values)
        count = len(values)
        table += struct.pack(f"{header.order}HH", tag, code)
        table += struct.pack(header.offset_code, count)
        if len(packed) > inline:
            table += struct.pack(header.offset_code, behind + len(rest))
            rest += packed + bytes(len(packed) % 2)
        else:
            table += packed.ljust(inline, b"\0")
    return table + bytes(inline) + rest


def _entries(
    file: IO[bytes], header: Header, offset: int
) -> tuple[Iterator[tuple[int, int, int, bytes]], int]:
    """Read a directory's entries, as tag, type, count and the bytes of the value, and the next."""
    file.seek(offset)
    count_bytes = struct.calcsize(header.count_code)
    (n_entries,) = struct.unpack(header.count_code, file.read(count_bytes))
    if n_entries > 65535:
        raise ValueError(f"a directory of {n_entries} entries")
    size = header.entry_bytes
    table = file.read(n_entries * size)
    if len(table) < n_entries * size:
        raise ValueError("a directory is cut off")
    after = file.read(struct.calcsize(header.offset_code))
    # Some writers leave out the pointer behind the last directory.
    full = len(after) == struct.calcsize(header.offset_code)
    following = struct.unpack(header.offset_code, after)[0] if full else 0
    return _split(table, header), following


def _split(table: bytes, header: Header) -> Iterator[tuple[int, int, int, bytes]]:
    count_code = header.offset_code
    for start in range(0, len(table), header.entry_bytes):
        tag, code = struct.unpack_from(f"{header.order}HH", table, start)
        (count,) = struct.unpack_from(count_code, table, start + 4)
        value_at = start + 4 + struct.calcsize(count_code)
        yield tag, code, count, table[value_at : start + header.entry_bytes]
