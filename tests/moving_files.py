"""Writers of small moving files, independent of Pillow's, and what their canvases must be."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from picture_files import packed_rows, png_chunk

KEEP, CLEAR, RESTORE = "keep", "clear", "restore"


@dataclass
class Piece:
    """One frame: `samples` are (h, w) labels of a GIF, (h, w, channels) of the others."""

    samples: NDArray[np.integer]
    left: int = 0
    top: int = 0
    delay: int = 0
    per: int = 1000
    dispose: int = 0
    over: bool = True
    palette: NDArray[np.uint8] | None = None
    transparent: int | None = None
    interlaced: bool = False
    parts: int = 1


def canvases(size, pieces, colors, disposals):
    """Compose RGBA pieces (`colors` makes them of one) pixel by pixel, in exact fractions."""
    width, height = size
    canvas = np.zeros((height, width, 4), np.uint8)
    shown = []
    for index, piece in enumerate(pieces):
        before = canvas.copy()
        pixels = colors(piece)
        box = np.s_[piece.top : piece.top + len(pixels), piece.left : piece.left + pixels.shape[1]]
        for (y, x), pixel in zip(np.ndindex(pixels.shape[:2]), pixels.reshape(-1, 4), strict=True):
            y, x = y + piece.top, x + piece.left
            if y < height and x < width:
                canvas[y, x] = _over(pixel, canvas[y, x]) if piece.over else pixel
        shown.append(cleaned(canvas))
        disposal = disposals.get(piece.dispose, KEEP)
        if disposal == CLEAR or (disposal == RESTORE and not index):
            canvas[box] = 0
        elif disposal == RESTORE:
            canvas = before
    return shown


def cleaned(pixels):
    """What is seen: clear pixels are black, and opaque pictures have three channels."""
    pixels = pixels.copy()
    if pixels.shape[2] == 4:
        pixels[pixels[..., 3] == 0] = 0
        if pixels[..., 3].min() == 255:
            pixels = pixels[..., :3]
    return pixels


def _over(source, below):
    a, b = Fraction(int(source[3]), 255), Fraction(int(below[3]), 255)
    alpha = a + b * (1 - a)
    if not alpha:
        return [0, 0, 0, 0]
    levels = [
        (int(s) * a + int(d) * b * (1 - a)) / alpha
        for s, d in zip(source[:3], below[:3], strict=True)
    ]
    return [int(level + Fraction(1, 2)) for level in [*levels, alpha * 255]]


def gif_file(size, pieces, *, palette=None, loops=(), trailer=b";"):
    """A GIF of pieces whose labels are below 4, or 8 where a palette has as many."""
    out = b"GIF89a" + struct.pack("<HHBBB", *size, _flags(palette), 0, 0) + _table(palette)
    for n in loops:
        out += b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", n) + b"\0"
    return out + b"".join(map(gif_frame, pieces)) + trailer


def gif_frame(piece):
    """The blocks of one frame; a clear code before each label keeps all codes at one length."""
    height, width = piece.samples.shape
    rows = piece.samples
    if piece.interlaced:
        rows = np.concatenate([rows[0::8], rows[4::8], rows[2::4], rows[1::2]])
    flags = piece.dispose << 2 | (piece.transparent is not None)
    out = b"!\xf9\x04" + struct.pack("<BHBB", flags, piece.delay, piece.transparent or 0, 0)
    flags = _flags(piece.palette) | 0x40 * piece.interlaced
    out += struct.pack("<BHHHHB", 0x2C, piece.left, piece.top, width, height, flags)
    out += _table(piece.palette)
    depth = 3 if int(rows.max(initial=0)) > 3 else 2
    clear = 1 << depth
    codes = [code for label in rows.ravel().tolist() for code in (clear, label)] + [clear + 1]
    bits = "".join(f"{code:0{depth + 1}b}" for code in reversed(codes))
    data = int(bits, 2).to_bytes((len(bits) + 7) // 8, "little")
    blocks = [data[i : i + 255] for i in range(0, len(data), 255)]
    out += bytes([depth]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"
    return out


def gif_colors(palette):
    """Return what makes RGBA of a piece of a GIF: entries that no palette has are black."""

    def colors(piece):
        table = np.zeros((256, 4), np.uint8)
        known = palette if piece.palette is None else piece.palette
        table[: len(known), :3] = known
        table[:, 3] = 255
        if piece.transparent is not None:
            table[piece.transparent] = 0
        return table[piece.samples]

    return colors


def _flags(palette):
    return 0 if palette is None else 0x80 | len(palette).bit_length() - 2


def _table(palette):
    return b"" if palette is None else np.asarray(palette, np.uint8).tobytes()


def apng_file(
    size,
    pieces,
    *,
    depth=8,
    color_type=6,
    plays=0,
    chunks=(),
    default=None,
    said=None,
    changed=lambda sequence: sequence,
):
    """An animated PNG; with `default` its still picture is none of the frames.

    `said` is how many frames it says, `changed` gives each sequence number.
    """
    head = struct.pack(">IIBBBBB", *size, depth, color_type, 0, 0, 0)
    said = len(pieces) if said is None else said
    out = [(b"IHDR", head), (b"acTL", struct.pack(">II", said, plays)), *chunks]
    if default is not None:
        out.append((b"IDAT", packed_png(default, depth)))
    sequence = 0
    for index, piece in enumerate(pieces):
        height, width = piece.samples.shape[:2]
        control = struct.pack(">5I", changed(sequence), width, height, piece.left, piece.top)
        control += struct.pack(">HHBB", piece.delay, piece.per, piece.dispose, piece.over)
        out.append((b"fcTL", control))
        sequence += 1
        data = packed_png(piece.samples, depth)
        if index == 0 and default is None:
            out.append((b"IDAT", data))
            continue
        step = -(-len(data) // piece.parts)
        for start in range(0, len(data), step):
            out.append((b"fdAT", struct.pack(">I", changed(sequence)) + data[start : start + step]))
            sequence += 1
    out.append((b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in out)


def packed_png(samples, depth=8):
    """The image data of (h, w, channels) samples, no row filtered."""
    rows = packed_rows(samples, depth)
    return zlib.compress(np.pad(rows, ((0, 0), (1, 0))).astype(np.uint8).tobytes())


def webp_file(size, pieces, *, plays=0, chunks=(), flags=0):
    """An animated lossless WebP of RGBA pieces."""
    body = webp_chunk(b"VP8X", bytes([0x12 | flags, 0, 0, 0]) + _u24(size[0] - 1, size[1] - 1))
    body += b"".join(webp_chunk(*chunk) for chunk in chunks)
    body += webp_chunk(b"ANIM", bytes([9, 8, 7, 255]) + struct.pack("<H", plays))
    for piece in pieces:
        body += webp_chunk(b"ANMF", webp_frame(piece))
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def webp_frame(piece):
    """What an ANMF chunk holds."""
    height, width = piece.samples.shape[:2]
    file = io.BytesIO()
    PIL.Image.fromarray(piece.samples).save(file, "WEBP", lossless=True, exact=True)
    still = file.getvalue()
    start = still.index(b"VP8L")
    (length,) = struct.unpack_from("<I", still, start + 4)
    head = _u24(piece.left // 2, piece.top // 2, width - 1, height - 1, piece.delay)
    head += bytes([piece.dispose | 2 * (not piece.over)])
    return head + webp_chunk(b"VP8L", still[start + 8 : start + 8 + length])


def webp_chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _u24(*values):
    return b"".join(value.to_bytes(3, "little") for value in values)
