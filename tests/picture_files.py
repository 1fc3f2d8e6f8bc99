"""Writers of small picture files, independent of Pillow's, for the reading tests."""

from __future__ import annotations

import struct
import zlib

import numpy as np

ADAM7 = (
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, depth, color_type, *, interlace=False, chunks=()):
    """A PNG of (h, w, channels) samples; every row takes another of the five filters."""
    height, width, channels = samples.shape
    passes = [samples[y::dy, x::dx] for y, x, dy, dx in ADAM7] if interlace else [samples]
    stream = b"".join(_filtered(part, depth, channels) for part in passes if part.size)
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        png_chunk(kind, data)
        for kind, data in [
            (b"IHDR", header),
            *chunks,
            (b"IDAT", zlib.compress(stream)),
            (b"IEND", b""),
        ]
    )


def packed_rows(samples, depth):
    """Rows of (h, w, channels) samples as big-endian bytes, padded to whole bytes."""
    rows = samples.reshape(len(samples), -1)
    if depth == 16:
        return rows.astype(">u2").view(np.uint8)
    bits = np.unpackbits(rows.astype(np.uint8)[..., None], axis=2)[..., 8 - depth :]
    return np.packbits(bits.reshape(len(rows), -1), axis=1)


def _filtered(samples, depth, channels):
    rows = packed_rows(samples, depth).astype(int)
    step = max(1, depth * channels // 8)
    left = np.pad(rows, ((0, 0), (step, 0)))[:, : rows.shape[1]]
    above = np.pad(rows, ((1, 0), (0, 0)))[:-1]
    corner = np.pad(rows, ((1, 0), (step, 0)))[:-1, : rows.shape[1]]
    guess = left + above - corner
    distances = np.stack([abs(guess - left), abs(guess - above), abs(guess - corner)])
    paeth = np.choose(distances.argmin(axis=0), [left, above, corner])
    predictions = [0 * rows, left, above, (left + above) // 2, paeth]
    out = b""
    for y in range(len(rows)):
        kind = y % 5
        out += bytes([kind]) + ((rows[y] - predictions[kind][y]) % 256).astype(np.uint8).tobytes()
    return out


def tiff(
    samples,
    *,
    order="<",
    photometric=2,
    extra=None,
    bits=16,
    planar=1,
    deflate=False,
    more=(),
    start=0,
):
    """An uncompressed or deflated TIFF, one strip, of (h, w, channels) samples."""
    height, width, channels = samples.shape
    kind = samples.dtype.kind
    data = samples.transpose(2, 0, 1) if planar == 2 else samples
    data = data.astype(f"{order}{kind}{samples.dtype.itemsize}").tobytes()
    data = zlib.compress(data) if deflate else data
    size = len(data) // (channels if planar == 2 else 1)
    strips = channels if planar == 2 else 1
    entries = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [bits] * channels),
        259: ("H", [8 if deflate else 1]),
        262: ("H", [photometric]),
        273: ("I", [start + 8 + size * i for i in range(strips)]),
        277: ("H", [channels]),
        278: ("I", [height]),
        279: ("I", [size] * strips),
        284: ("H", [planar]),
        **dict(more),
    }
    if extra is not None:
        entries[338] = ("H", [extra])
    if kind != "u":
        entries[339] = ("H", [{"i": 2, "f": 3}[kind]] * channels)
    data += bytes(len(data) % 2)
    table = b""
    for tag, (code, values) in sorted(entries.items()):
        value = struct.pack(f"{order}{len(values)}{code}", *values)
        table += struct.pack(f"{order}HHI", tag, {"H": 3, "I": 4}[code], len(values))
        if len(value) > 4:
            table += struct.pack(f"{order}I", start + 8 + len(data))
            data += value
        else:
            table += value.ljust(4, b"\0")
    magic = {"<": b"II*\0", ">": b"MM\0*"}[order]
    directory = struct.pack(f"{order}I", start + 8 + len(data))
    return magic + directory + data + struct.pack(f"{order}H", len(entries)) + table + bytes(4)


def tiff_pages(pages, **options):
    """A TIFF of several pages: each one's last four bytes point to the next one's directory."""
    file = b""
    for samples in pages:
        page = tiff(samples, start=len(file), **options)
        file = file[:-4] + page[4:8] + page if file else page
    return file


def gif(size, frames, *, palette=None, background=0):
    """A GIF of (box, labels, palette or None, disposal, transparent label or None) frames.

    The screen's palette holds 4 colours, labels are below 4. A clear code before each
    label keeps all LZW codes at 3 bits.
    """

    def table(colors):
        return b"" if colors is None else np.asarray(colors, np.uint8).tobytes()

    width, height = size
    flags = 0x80 | 1 if palette is not None else 0
    out = b"GIF89a" + struct.pack("<HHBBB", width, height, flags, background, 0) + table(palette)
    for (left, top), labels, colors, disposal, transparent in frames:
        if disposal or transparent is not None:
            out += bytes([0x21, 0xF9, 4, disposal << 2 | (transparent is not None), 0, 0])
            out += bytes([transparent or 0, 0])
        height, width = labels.shape
        flags = 0x80 | 1 if colors is not None else 0
        out += struct.pack("<BHHHHB", 0x2C, left, top, width, height, flags) + table(colors)
        codes = [code for label in labels.ravel().tolist() for code in (4, label)] + [5]
        bits = "".join(f"{code:03b}" for code in reversed(codes))
        data = int(bits, 2).to_bytes((len(bits) + 7) // 8, "little")
        blocks = [data[i : i + 255] for i in range(0, len(data), 255)]
        out += bytes([2]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"
    return out + b";"


def exif(orientation, order="<"):
    """The smallest EXIF block that holds an orientation."""
    magic = {"<": b"II*\0", ">": b"MM\0*"}[order]
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0" + magic + struct.pack(f"{order}IH", 8, 1) + entry + bytes(4)


def _icc(space, pcs, tags):
    tag_data, table = b"", struct.pack(">I", len(tags))
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", start + len(tag_data), len(data))
        tag_data += data
    size = start + len(tag_data)
    head = struct.pack(
        ">I4xI4s4s4s", size, 0x02400000, b"prtr" if space == b"CMYK" else b"mntr", space, pcs
    )
    head += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp").ljust(44, b"\0")
    head += _fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + table + tag_data


def _fixed(*values):
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _curve(levels):
    return b"curv" + struct.pack(f">4xI{len(levels)}H", len(levels), *levels)


def _text(text):
    return b"desc" + struct.pack(">4xI", len(text) + 1) + text.encode() + bytes(79)


def _common(text):
    return {
        b"desc": _text(text),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(0.9642, 1.0, 0.8249),
    }


# Columns: red, green, blue; adapted to D50 (Bradford), as the ICC wants them.
SRGB_TO_XYZ = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
P3_TO_XYZ = np.array(
    [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)


def srgb_to_linear(v):
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(v):
    return np.where(
        v <= 0.0031308, v * 12.92, 1.055 * np.maximum(v, 0.0031308) ** (1 / 2.4) - 0.055
    )


def rgb_profile(matrix, text="a matrix profile", n_levels=1024):
    """An RGB profile with these primaries and the sRGB curve."""
    levels = np.rint(srgb_to_linear(np.linspace(0, 1, n_levels)) * 65535).astype(int)
    tags = _common(text)
    for i, c in enumerate((b"r", b"g", b"b")):
        tags[c + b"XYZ"] = b"XYZ \0\0\0\0" + _fixed(*matrix[:, i])
        tags[c + b"TRC"] = _curve(levels)
    return _icc(b"RGB ", b"XYZ ", tags)


def grey_profile(gamma):
    """A grey profile with a power curve."""
    return _icc(b"GRAY", b"XYZ ", {**_common("grey"), b"kTRC": _curve([round(gamma * 256)])})


def cmyk_profile():
    """A CMYK profile in which only black ink prints: L* = 100 (1 − K), whatever the others."""
    grid = [0 if k else 100 for _cmy in range(8) for k in range(2)]
    return _icc(b"CMYK", b"Lab ", {**_common("ink"), **_grey_lut(4, grid)})


def faded_rgb_profile(black):
    """An RGB profile of a screen whose black is L* = `black`, grey whatever its colours."""
    grid = [black + (100 - black) * (r + g + b) / 3 for r in (0, 1) for g in (0, 1) for b in (0, 1)]
    return _icc(b"RGB ", b"Lab ", {**_common("faded"), **_grey_lut(3, grid)})


def _grey_lut(channels, lightness):
    """The tags of an 8-bit table from samples to L*, two grid points a channel."""
    ramp = bytes(range(256))
    identity = _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    head = b"mft1" + bytes([0, 0, 0, 0, channels, 3, 2, 0]) + identity
    grid = b"".join(bytes([round(value * 2.55), 128, 128]) for value in lightness)
    return dict.fromkeys([b"A2B0", b"A2B1"], head + ramp * channels + grid + ramp * 3)
