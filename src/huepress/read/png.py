"""PNG files before Pillow sees them: checksums are compared, and only what counts is passed on.

Pillow leaves the checksums of the picture's own data alone, takes a transparency chunk wherever it
stands, refuses files for long texts, and knows nothing of cICP. So the chunks are walked here, by
the rules of https://www.w3.org/TR/png-3, and Pillow reads a file that holds the needed ones alone.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from huepress.errors import InputError
from huepress.read.png_chunks import (
    BLOCK,
    CHANNELS,
    GREY,
    GREY_ALPHA,
    LONGEST,
    PALETTE,
    RGB,
    SIGNATURE,
    Chunk,
    DamageError,
    Walk,
    chunk_parts,
    read_header,
)
from huepress.read.primaries import (
    Chromaticities,
    StatedColors,
    from_chrm_and_gama,
    from_code_points,
)
from huepress.read.splice import Span, spliced

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)

_ONCE_BEFORE_DATA = (b"PLTE", b"tRNS", b"cICP", b"cHRM", b"gAMA", b"sRGB", b"iCCP", b"sBIT")
_LARGEST_PROFILE = 1 << 26


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG whose chunks have been checked.

    `file` is what Pillow is to read, the picture that does not move. `icc` is the profile of iCCP,
    `stated` what cICP, cHRM or gAMA say, where they count. `significant_bits` is the fewest that
    sBIT states.
    """

    depth: int
    color_type: int
    file: IO[bytes]
    n_entries: int
    icc: bytes | None
    stated: StatedColors | None
    significant_bits: int | None
    warnings: tuple[str, ...]


def checked(file: IO[bytes], name: str, *, lenient: bool) -> Png:
    """Check a PNG's checksums and the order of its chunks, and unpack what they say.

    A damaged file is refused, or if `lenient` taken for what can be made of it, with a warning.
    """
    walk = Walk(file, lenient=lenient)
    try:
        chunks = list(walk)
        return _assembled(file, chunks, walk)
    except DamageError as damage:
        raise InputError(
            f"{name}: the PNG is damaged: {damage}; fetch it again, or take it as it is (--lenient)"
            if not lenient
            else f"{name}: the PNG is too damaged to read: {damage}; fetch it again"
        ) from None


def damage_of(file: IO[bytes]) -> str | None:
    """Say what is wrong with a PNG; None if nothing is."""
    walk = Walk(file)
    try:
        _assembled(file, list(walk), walk)
    except DamageError as damage:
        return str(damage)
    return None


def _assembled(file: IO[bytes], chunks: list[Chunk], walk: Walk) -> Png:
    """Check the chunks' order and contents; put together the files that Pillow is to read."""
    if not chunks or chunks[0].kind != b"IHDR" or chunks[0].data is None:
        raise DamageError("it does not begin with a header (IHDR)")
    header = chunks[0].data
    width, height, depth, color_type, interlace = read_header(header)
    first = _first_of(chunks, color_type, walk)
    palette = first.get(b"PLTE", b"")
    start: list[Span | bytes] = [SIGNATURE, _packed(b"IHDR", header)]
    start += _color_parts(first, color_type, depth, walk)
    passes = [
        (-(-w * depth * CHANNELS[color_type] // 8), h)
        for w, h in _passes(width, height, interlace)
        if w and h
    ]
    data = [chunk.span for chunk in chunks if chunk.kind == b"IDAT"]
    raw = _inflated(file, data, sum((1 + row) * h for row, h in passes), walk)
    mended = None if raw is None else _packed(b"IDAT", _mended(raw, passes))
    grey = color_type in (GREY, GREY_ALPHA)
    icc, stated = _colors(first, walk, grey=grey)
    bits = first.get(b"sBIT")
    return Png(
        depth=depth,
        color_type=color_type,
        file=spliced(file, [*start, *_other_parts(chunks, mended)]),
        n_entries=len(palette) // 3,
        icc=icc,
        stated=stated,
        significant_bits=min(bits[: 1 if grey else 3]) if bits else None,
        warnings=tuple(walk.warnings),
    )


def _color_parts(
    first: dict[bytes, bytes], color_type: int, depth: int, walk: Walk
) -> Iterator[bytes]:
    """Yield the palette and the transparency, where they have a meaning."""
    palette = first.get(b"PLTE")
    if color_type == PALETTE:
        if palette is None:
            raise DamageError("it has no palette (PLTE)")
        n_bytes = len(palette)
        if not n_bytes or n_bytes % 3:
            raise DamageError(
                f"its palette (PLTE) has {n_bytes} bytes, which is no number of colours"
            )
        yield _packed(b"PLTE", palette[: 3 << depth])
    transparent = first.get(b"tRNS")
    if transparent is not None:
        if _fits(transparent, color_type, palette):
            yield _packed(b"tRNS", transparent)
        else:
            walk.warnings.append("its transparency (tRNS) does not fit its colours and is ignored")


def _other_parts(chunks: list[Chunk], mended: bytes | None) -> Iterator[Span | bytes]:
    """Yield the pixels, in one piece if they were mended, and the other chunks that Pillow uses."""
    for chunk in chunks:
        if chunk.kind == b"IDAT":
            if mended is None:
                yield from _data_part(chunk)
            else:
                yield mended
                mended = b""
        elif chunk.data is not None and _is_wanted(chunk):
            yield _packed(chunk.kind, chunk.data)
    yield _packed(b"IEND", b"")


def _first_of(chunks: list[Chunk], color_type: int, walk: Walk) -> dict[bytes, bytes]:
    """Return, by kind, the contents of chunks of which only the first counts."""
    kinds = [chunk.kind for chunk in chunks]
    if b"IDAT" not in kinds:
        raise DamageError("it holds no pixels (IDAT)")
    start = kinds.index(b"IDAT")
    n_data = kinds.count(b"IDAT")
    if kinds[start : start + n_data] != [b"IDAT"] * n_data:
        walk.damaged("other chunks stand between those of its pixels (IDAT)")
    first: dict[bytes, bytes] = {}
    for place, chunk in enumerate(chunks):
        kind = chunk.kind
        known = kind in (b"IHDR", b"PLTE", b"IDAT", b"IEND")
        if kind[:1].isupper() and not known:
            walk.damaged(f"it needs a chunk that no standard knows ({kind.decode()})")
        if kind == b"IHDR" and place:
            walk.damaged("it has two headers (IHDR)")
        if kind not in _ONCE_BEFORE_DATA:
            continue
        early = kind == b"tRNS" and color_type == PALETTE and b"PLTE" not in first
        if place > start or early or kind in first:
            walk.warnings.append(f"its {kind.decode()} chunk stands where it must not: ignored")
        elif chunk.data is None:
            walk.warnings.append(f"its {kind.decode()} chunk is too long: ignored")
        else:
            first[kind] = chunk.data
    return first


def _is_wanted(chunk: Chunk) -> bool:
    data = chunk.data or b""
    if chunk.kind in (b"tEXt", b"zTXt"):
        return data.startswith(b"Raw profile type exif\0")
    if chunk.kind == b"eXIf":
        return bool(data)
    return chunk.kind == b"pHYs" and len(data) == LONGEST[b"pHYs"]


def _fits(transparent: bytes, color_type: int, palette: bytes | None) -> bool:
    if color_type == PALETTE:
        return 0 < len(transparent) <= len(palette or b"") // 3
    return len(transparent) == {GREY: 2, RGB: 6}.get(color_type)


def _passes(width: int, height: int, interlace: int) -> list[tuple[int, int]]:
    if not interlace:
        return [(width, height)]
    return [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in _ADAM7]


def _inflated(file: IO[bytes], data: list[Span], n_bytes: int, walk: Walk) -> bytes | None:
    """Check that the data unpack to n bytes; of damaged data, return what there is and zeros."""
    kept: list[bytes] = []
    done = 0
    unpack = zlib.decompressobj()
    try:
        for block in _blocks(file, data):
            packed = block
            # No reader looks at what comes after the last row, however much it is.
            while packed and not unpack.eof and done <= n_bytes + BLOCK:
                raw = unpack.decompress(packed, BLOCK)
                packed = unpack.unconsumed_tail
                if walk.lenient:
                    kept.append(raw[: max(0, n_bytes - done)])
                done += len(raw)
        if done < n_bytes:
            walk.damaged(f"its data end too early, after {done / n_bytes:.0%} of its pixels")
        elif done == n_bytes and not unpack.eof:
            walk.damaged("its data lack their checksum")
    except zlib.error as error:
        walk.damaged(f"its data cannot be unpacked ({str(error).rpartition(': ')[2]})")
    return b"".join(kept).ljust(n_bytes, b"\0") if walk.is_damaged else None


def _blocks(file: IO[bytes], spans: list[Span]) -> Iterator[bytes]:
    for start, length in spans:
        file.seek(start)
        while length and (block := file.read(min(length, BLOCK))):
            length -= len(block)
            yield block


def _mended(raw: bytes, passes: list[tuple[int, int]]) -> bytes:
    """Deflate rows again, with no filter in the place of invalid ones."""
    rows = bytearray(raw)
    position = 0
    for row, height in passes:
        for _ in range(height):
            if rows[position] > 4:
                rows[position] = 0
            position += 1 + row
    return zlib.compress(rows, 1)


def _data_part(chunk: Chunk) -> Iterator[Span | bytes]:
    yield struct.pack(">I", chunk.span.length) + chunk.kind
    yield chunk.span
    yield bytes(4)  # a checksum, which Pillow does not look at; it was compared before


def _packed(kind: bytes, data: bytes) -> bytes:
    return b"".join(chunk_parts(kind, data))


def _colors(
    first: dict[bytes, bytes], walk: Walk, *, grey: bool
) -> tuple[bytes | None, StatedColors | None]:
    """Choose what states the colours: cICP before iCCP before sRGB before cHRM and gAMA."""
    cicp = first.get(b"cICP", b"")
    if len(cicp) == 4:
        primaries, transfer, matrix, full = cicp
        if not matrix and full == 1:
            return None, from_code_points(primaries, transfer, "cICP", grey=grey)
        walk.warnings.append(
            f"its cICP chunk states matrix {matrix} and range {full}, which RGB bytes do not have; "
            "it is ignored"
        )
    if b"iCCP" in first:
        icc = _profile(first[b"iCCP"])
        if icc:
            return icc, None
        walk.warnings.append("its ICC profile is ignored: it cannot be unpacked")
    if b"sRGB" in first:
        return None, None
    chrm, gama = first.get(b"cHRM", b""), first.get(b"gAMA", b"")
    chromaticities = None
    if len(chrm) == 32:
        values = [value / 100_000 for value in struct.unpack(">8I", chrm)]
        chromaticities = Chromaticities(*zip(values[::2], values[1::2], strict=True))
    gamma = struct.unpack(">I", gama)[0] / 100_000 if len(gama) == 4 else None
    return None, from_chrm_and_gama(chromaticities, gamma, grey=grey)


def _profile(chunk: bytes) -> bytes | None:
    _, _, packed = chunk.partition(b"\0")
    unpack = zlib.decompressobj()
    try:
        profile = unpack.decompress(packed[1:], _LARGEST_PROFILE)
    except zlib.error:
        return None
    return profile if unpack.eof else None
