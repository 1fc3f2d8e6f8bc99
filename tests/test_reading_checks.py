"""What reading proves of a file, and what it says of what it could not keep."""

import io
import itertools
import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huepress import compress, decompress
from huepress.errors import HuepressError, InputError
from huepress.read.avif import facts_of_avif
from huepress.values.image import Image
from picture_files import (
    P3_TO_XYZ,
    SRGB_TO_XYZ,
    exif,
    grey_profile,
    linear_to_srgb,
    png,
    png_chunk,
    rgb_profile,
    srgb_to_linear,
    tiff,
    tiff_pages,
)
from program import huepress

RAMP = np.arange(0, 240, 5, dtype=np.uint8).reshape(4, 4, 3)


def encoded(pixels, kind="PNG", **options):
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def chunks_of(file):
    position = 8
    while position < len(file):
        (length,) = struct.unpack_from(">I", file, position)
        yield file[position + 4 : position + 8], file[position + 8 : position + 8 + length]
        position += 12 + length


def rebuilt(chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in chunks)


def with_chunk(file, chunk, *, before=None, after=None):
    """A PNG with one more chunk, before the first or after the last of a kind."""
    chunks = list(chunks_of(file))
    kinds = [kind for kind, _ in chunks]
    place = kinds.index(before) if before else len(kinds) - kinds[::-1].index(after)
    chunks.insert(place, chunk)
    return rebuilt(chunks)


@pytest.mark.parametrize("color_type", [2, 3])
def test_no_bit_of_a_png_can_flip_unseen(color_type):
    palette = [(b"PLTE", bytes(range(48))), (b"tRNS", b"\x80")] if color_type == 3 else []
    samples = RAMP if color_type == 2 else RAMP[..., :1] % 16
    file = png(samples, 8, color_type, chunks=[(b"pHYs", bytes(9)), *palette])
    Image.read(file)
    for bit in range(8 * len(file)):
        flipped = bytearray(file)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InputError):
            Image.read(bytes(flipped))


def test_a_wrong_checksum_says_where_and_what_to_do():
    file = bytearray(png(RAMP, 8, 2))
    file[45] ^= 1
    with pytest.raises(InputError, match=r"checksum of its IDAT chunk at byte 33 .*--lenient"):
        Image.read(bytes(file))


def test_a_stream_whose_own_checksum_is_wrong_is_refused_though_the_chunks_are_right():
    chunks = dict(chunks_of(png(RAMP, 8, 2)))
    good = chunks[b"IDAT"]
    for bad, words in (
        (good[:-1] + bytes([good[-1] ^ 1]), "cannot be unpacked"),
        (good[:-4], "lack their checksum"),
        (good[: len(good) // 2], "end too early"),
        (zlib.compress(zlib.decompress(good)[:-13]), "end too early, after 75%"),
    ):
        file = rebuilt({**chunks, b"IDAT": bad}.items())
        with pytest.raises(InputError, match=words):
            Image.read(file)
        assert Image.read(file, lenient=True).pixels.shape == RAMP.shape


def test_more_data_than_the_rows_need_are_passed_over():
    chunks = dict(chunks_of(png(RAMP, 8, 2)))
    longer = zlib.compress(zlib.decompress(chunks[b"IDAT"]) + bytes(10**6))
    assert np.array_equal(Image.read(rebuilt({**chunks, b"IDAT": longer}.items())).pixels, RAMP)


@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.parametrize("depth", [8, 16])
def test_lenient_takes_the_rows_that_are_there_and_says_so(depth, interlace):
    samples = np.random.default_rng(0).integers(0, 2**depth, (40, 30, 3), np.uint16)
    file = png(samples, depth, 2, interlace=interlace)
    whole = Image.read(file).pixels
    cut = file[: len(file) * 2 // 3]
    with pytest.raises(InputError, match="--lenient"):
        Image.read(cut)
    image = Image.read(cut, lenient=True)
    assert any("it is damaged: it ends within its IDAT" in text for text in image.source.warnings)
    assert image.pixels.shape == whole.shape
    if not interlace:
        assert np.array_equal(image.pixels[:20], whole[:20])
        assert image.pixels[-5:].max() == 0
    assert np.array_equal(Image.read(file, lenient=True).pixels, whole)


def test_a_jpeg_that_ends_too_early_is_refused_or_taken_with_a_warning():
    pixels = np.random.default_rng(0).integers(0, 256, (160, 160, 3), np.uint8)
    file = encoded(pixels, "JPEG")
    cut = file[: len(file) // 2]
    with pytest.raises(InputError, match=r"ends too early.*--lenient"):
        Image.read(cut)
    image = Image.read(cut, lenient=True)
    assert np.array_equal(image.pixels[:48], Image.read(file).pixels[:48])
    assert any("ends too early" in text for text in image.source.warnings)


GREY, COLOR, INDEXED = 0, 2, 3


@pytest.mark.parametrize(
    ("color_type", "chunk", "place", "words"),
    [
        (COLOR, (b"tRNS", bytes(6)), {"after": b"IDAT"}, "tRNS chunk stands where"),
        (INDEXED, (b"tRNS", b"\0"), {"before": b"PLTE"}, "tRNS chunk stands where"),
        (COLOR, (b"tRNS", bytes(2)), {"before": b"IDAT"}, "tRNS. does not fit"),
        (INDEXED, (b"tRNS", bytes(17)), {"before": b"IDAT"}, "tRNS. does not fit"),
        (GREY, (b"gAMA", struct.pack(">I", 10**5)), {"after": b"IDAT"}, "gAMA chunk stands where"),
        (COLOR, (b"cHRM", bytes(32)), {"before": b"IDAT"}, "cHRM chunk holds no real colours"),
        (COLOR, (b"gAMA", bytes(4)), {"before": b"IDAT"}, "gamma of 0 is ignored"),
        (COLOR, (b"cICP", bytes([9, 13, 9, 1])), {"before": b"IDAT"}, "cICP chunk states matrix 9"),
        (COLOR, (b"cICP", bytes([9, 16, 0, 1])), {"before": b"IDAT"}, r"HDR \(Rec. 2020, PQ\)"),
        (COLOR, (b"cICP", bytes([9, 18, 0, 1])), {"before": b"IDAT"}, r"HDR \(Rec. 2020, HLG\)"),
        (COLOR, (b"cICP", bytes([99, 13, 0, 1])), {"before": b"IDAT"}, "primaries 99, transfer 13"),
        (COLOR, (b"iCCP", b"a\0\0rubbish"), {"before": b"IDAT"}, "profile is ignored"),
    ],
)
def test_a_chunk_that_breaks_the_rules_is_ignored_with_a_warning(color_type, chunk, place, words):
    table = [(b"PLTE", bytes(range(48)))] if color_type == INDEXED else []
    samples = RAMP if color_type == COLOR else RAMP[..., :1] % 16
    file = png(samples, 8, color_type, chunks=table)
    image = Image.read(with_chunk(file, chunk, **place))
    assert np.array_equal(image.pixels, Image.read(file).pixels)
    (warning,) = image.source.warnings
    assert re.search(words, warning)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda c: [c[0], (b"PLTE", bytes(5)), c[1], c[2]], "5 bytes, which is no number"),
        (lambda c: [c[0], c[1], c[2]], "no palette"),
        (lambda c: [c[0], c[1], (b"PLTE", bytes(48)), c[2]], "no palette"),
        (lambda c: [c[0], (b"PLTE", bytes(48)), c[2]], r"no pixels \(IDAT\)"),
        (lambda c: [(b"PLTE", bytes(48)), c[1], c[2]], "does not begin with a header"),
        (lambda c: [c[0], (b"PLTE", bytes(48)), c[1], (b"NEED", b""), c[2]], "no standard knows"),
        (
            lambda c: [
                c[0],
                (b"PLTE", bytes(48)),
                (b"IDAT", c[1][1][:9]),
                (b"tEXt", b"a\0b"),
                (b"IDAT", c[1][1][9:]),
                c[2],
            ],
            "stand between",
        ),
    ],
)
def test_a_png_that_breaks_the_order_of_its_needed_chunks_is_refused(make, words):
    chunks = list(chunks_of(png(RAMP[..., :1] % 16, 8, INDEXED)))
    with pytest.raises(InputError, match=words):
        Image.read(rebuilt(make(chunks)))


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"prIv"])
def test_long_texts_do_not_keep_a_png_from_being_read(kind):
    text = b"mxfile\0" + (b"\0" + zlib.compress(bytes(3 * 10**6)) if kind == b"zTXt" else b"")
    text += np.random.default_rng(0).integers(1, 128, 3 * 10**6, np.uint8).tobytes()
    for place in ({"before": b"IDAT"}, {"after": b"IDAT"}):
        file = with_chunk(png(RAMP, 8, 2), (kind, text), **place)
        assert np.array_equal(Image.read(file).pixels, RAMP)


def test_a_profile_of_many_megabytes_is_followed():
    icc = bytearray(rgb_profile(P3_TO_XYZ) + bytes(3 * 10**6))
    icc[:4] = struct.pack(">I", len(icc))
    small = encoded(RAMP, icc_profile=rgb_profile(P3_TO_XYZ))
    chunk = b"iCCP", b"p\0\0" + zlib.compress(bytes(icc))
    large = with_chunk(png(RAMP, 8, 2), chunk, before=b"IDAT")
    assert np.array_equal(Image.read(large).pixels, Image.read(small).pixels)
    assert Image.read(large).source.icc == bytes(icc)


P3_CHRM = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
SRGB_CHRM = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


def gama(gamma):
    return b"gAMA", struct.pack(">I", round(gamma * 1e5))


@pytest.mark.parametrize(
    ("chunks", "matrix", "power"),
    [
        ([(b"cICP", bytes([12, 13, 0, 1]))], P3_TO_XYZ, None),
        ([(b"cICP", bytes([1, 8, 0, 1]))], SRGB_TO_XYZ, 1.0),
        ([(b"cICP", bytes([12, 4, 0, 1]))], P3_TO_XYZ, 2.2),
        ([(b"cHRM", P3_CHRM)], P3_TO_XYZ, None),
        ([gama(1.0)], SRGB_TO_XYZ, 1.0),
        ([gama(1 / 1.8), (b"cHRM", P3_CHRM)], P3_TO_XYZ, 1.8),
        ([(b"cICP", bytes([12, 13, 0, 1])), (b"sRGB", b"\0"), gama(1.0)], P3_TO_XYZ, None),
    ],
)
def test_colours_that_a_png_states_by_numbers_are_converted(chunks, matrix, power):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    image = Image.read(png(pixels, 8, 2, chunks=chunks))
    stored = pixels / 255
    linear = srgb_to_linear(stored) if power is None else stored**power
    linear = linear @ (np.linalg.inv(SRGB_TO_XYZ) @ matrix).T
    assert np.abs(image.pixels - 255 * linear_to_srgb(np.clip(linear, 0, 1))).max() < 2
    assert image.source.exactness == "exact in sRGB"
    kept = Image.read(png(pixels, 8, 2, chunks=chunks), convert_icc=False)
    assert np.array_equal(kept.pixels, pixels)
    again = Image.read(encoded(pixels, icc_profile=kept.icc))
    assert np.array_equal(again.pixels, image.pixels)


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(0.45455), (b"cHRM", SRGB_CHRM)],
        [(b"sRGB", b"\0"), gama(1.0), (b"cHRM", P3_CHRM)],
        [(b"cICP", bytes([1, 13, 0, 1])), gama(1.0)],
        [(b"cICP", bytes([1, 1, 0, 1])), gama(1.0)],
        [
            (b"iCCP", b"p\0\0" + zlib.compress(rgb_profile(SRGB_TO_XYZ))),
            gama(1.0),
            (b"cHRM", P3_CHRM),
        ],
    ],
)
def test_what_says_srgb_first_leaves_the_pixels_alone(chunks):
    image = Image.read(png(RAMP, 8, 2, chunks=chunks))
    assert np.array_equal(image.pixels, RAMP)
    assert (image.source.exactness, image.source.warnings) == ("lossless", ())


def test_greys_follow_a_gamma_and_stay_grey():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    pixels = Image.read(png(ramp, 8, 0, chunks=[gama(1.0), (b"cHRM", P3_CHRM)])).pixels
    assert np.ptp(pixels, axis=2).max() == 0
    assert np.abs(pixels[..., :1] - 255 * linear_to_srgb(ramp / 255)).max() < 1


def deep(kind):
    samples = np.arange(0, 60000, 1000, dtype=np.uint16).reshape(4, 5, 3)
    if kind == "PNG":
        return png(samples, 16, 2)
    if kind == "TIFF":
        return tiff(samples)
    if kind == "PPM":
        return b"P6 5 4 65535\n" + samples.astype(">u2").tobytes()
    if kind == "PGM":
        return b"P5 15 4 1023\n" + (samples % 1024).astype(">u2").tobytes()
    return samples if kind == "array" else (samples / 65535).astype(np.float32)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM", "PGM", "array", "floats"])
def test_depth_that_is_lost_is_said_and_the_result_is_not_called_lossless(kind):
    image = Image.read(deep(kind))
    bits = {"PGM": 10, "floats": 32}.get(kind, 16)
    assert f"{bits} bits a sample are reduced to 8" in image.source.warnings[0]
    assert image.source.exactness == "exact at 8 bits"
    result = compress(image, k=256)
    assert result.distortion.mse == 0
    assert "lossless" not in result._repr_html_()
    assert "exact at 8 bits" in result._repr_html_()


@given(st.integers(0, 99))
def test_samples_that_are_8_bits_in_16_lose_nothing(seed):
    levels = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), np.uint8)
    for source in (png(levels * np.uint16(257), 16, 2), levels * np.uint16(257), levels / 255):
        image = Image.read(source)
        assert np.array_equal(image.pixels, levels)
        assert (image.source.exactness, image.source.warnings) == ("lossless", ())


@pytest.mark.parametrize(
    ("largest", "chunks", "bits"),
    [
        (4095, [], 12),
        (1000, [(b"sBIT", b"\x0c")], 12),
        (16383, [], 14),
        (40000, [], None),
        (1000, [(b"sBIT", b"\x10")], None),
    ],
)
def test_samples_far_below_white_get_a_hint(largest, chunks, bits):
    samples = np.linspace(0, largest, 20).astype(np.uint16).reshape(4, 5, 1)
    warnings = Image.read(png(samples, 16, 0, chunks=chunks)).source.warnings
    if bits is None:
        assert len(warnings) == 1
    else:
        expected = f"largest sample is {largest:,} of 65,535, very dark: if these are {bits} bits"
        assert expected in warnings[1]
        assert warnings[1].endswith(f"by {2 ** (16 - bits)}")


def xmp(orientation):
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description '
        b'tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>' % orientation
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_the_orientation_is_exif_s_whatever_xmp_says(kind):
    pixels = np.zeros((16, 24, 3), np.uint8)
    pixels[:8, :8] = 255
    if kind == "PNG":
        text = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6)
        with_xmp = png(pixels, 8, 2, chunks=[(b"iTXt", text)])
        with_both = png(pixels, 8, 2, chunks=[(b"iTXt", text), (b"eXIf", exif(3)[6:])])
    else:
        options = {"tiffinfo": {700: xmp(6)}} if kind == "TIFF" else {"xmp": xmp(6)}
        options |= {"quality": 100} if kind in ("JPEG", "AVIF", "WEBP") else {}
        with_xmp = encoded(pixels, kind, **options)
        if kind == "TIFF":
            with_both = encoded(pixels, kind, tiffinfo={700: xmp(6), 274: 3})
        else:
            with_both = encoded(pixels, kind, exif=exif(3), **options)
    upright = Image.read(with_xmp).pixels
    assert upright.shape == pixels.shape
    assert np.abs(upright.astype(int) - pixels).mean() < 3
    turned = Image.read(with_both).pixels
    assert np.abs(turned.astype(int) - pixels[::-1, ::-1]).mean() < 3


def bmp_with_masks(words, bits, masks, *, from_top, header):
    height, width = words.shape
    rows = [row.astype(f"<u{bits // 8}").tobytes() for row in words]
    rows = [row + bytes(-len(row) % 4) for row in rows]
    data = b"".join(rows if from_top else rows[::-1])
    head = struct.pack("<iiHHI", width, -height if from_top else height, 1, bits, 3)
    head = (head + bytes(20) + struct.pack("<4I", *masks)).ljust(header - 4, b"\0")
    start = 14 + header
    return b"BM" + struct.pack("<IIII", start + len(data), 0, start, header) + head + data


@given(st.data(), st.sampled_from([16, 32]), st.booleans(), st.sampled_from([56, 108, 124]))
def test_a_bmp_is_read_by_its_masks(data, bits, from_top, header):
    cuts = sorted(data.draw(st.lists(st.integers(0, bits), min_size=5, max_size=5, unique=True)))
    runs = [(1 << high) - (1 << low) for low, high in itertools.pairwise(cuts)]
    masks = data.draw(st.permutations(runs))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    words = rng.integers(0, 2**bits, (5, 7), np.uint32)
    file = bmp_with_masks(words, bits, masks, from_top=from_top, header=header)
    channels = [(words & mask) // (mask & -mask) / (mask // (mask & -mask)) for mask in masks]
    expected = np.floor(np.stack(channels, axis=-1) * 255 + 0.5)
    image = Image.read(file)
    assert np.array_equal(image.pixels, expected[..., : image.channels])
    assert image.has_alpha == bool((expected[..., 3] < 255).any())
    assert image.source.reduced == (max(map(int.bit_count, masks)) > 8)


def avif_with_crop(pixels, box):
    """An AVIF with a clap box put among the properties of its picture."""
    file = bytearray(encoded(pixels, "AVIF", quality=100))
    height, width = pixels.shape[:2]
    left, top, right, bottom = box
    numbers = [right - left, 1, bottom - top, 1]
    numbers += [left + right - width, 2, top + bottom - height, 2]
    clap = struct.pack(">I4s8i", 40, b"clap", *numbers)

    def grow(kind, by):
        at = file.index(kind) - 4
        file[at : at + 4] = struct.pack(">I", struct.unpack_from(">I", file, at)[0] + by)
        return at

    ipma = file.index(b"ipma") - 4
    assert file[ipma + 4 + 4 + 4 + 3] == 1  # one item
    n_indices = file[ipma + 18]
    at = ipma + 19 + n_indices
    n_known = 0
    position = file.index(b"ipco") + 4
    while position < ipma:
        n_known += 1
        position += struct.unpack_from(">I", file, position)[0]
    file[ipma + 18] += 1
    file[at:at] = bytes([0x80 | n_known + 1])
    grow(b"ipma", 1)
    file[ipma:ipma] = clap
    grow(b"ipco", 40)
    grow(b"iprp", 41)
    grow(b"meta", 41)
    start = bytes(file).index(b"mdat") + 4
    old = struct.pack(">I", start - 41)
    iloc = file.index(b"iloc")
    place = bytes(file).index(old, iloc)
    file[place : place + 4] = struct.pack(">I", start)
    return bytes(file)


def test_an_avif_is_cropped_as_it_says():
    pixels = (
        np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    )
    whole = Image.read(encoded(pixels, "AVIF", quality=100)).pixels
    cropped = Image.read(avif_with_crop(pixels, (8, 4, 40, 30)))
    assert np.array_equal(cropped.pixels, whole[4:30, 8:40])
    outside = Image.read(avif_with_crop(pixels, (8, 4, 60, 30)))
    assert np.array_equal(outside.pixels, whole)
    assert "crop (clap)" in outside.source.warnings[0]


@pytest.mark.parametrize(
    ("primaries", "transfer", "words"),
    [(1, 13, None), (2, 2, None), (12, 13, "exact in sRGB"), (9, 16, "HDR"), (9, 1, None)],
)
def test_an_avif_s_colours_are_converted_or_warned_of(primaries, transfer, words):
    file = bytearray(encoded(RAMP.repeat(8, 0).repeat(8, 1), "AVIF", quality=100))
    plain = Image.read(bytes(file))
    at = file.index(b"colrnclx") + 8
    file[at : at + 4] = struct.pack(">HH", primaries, transfer)
    image = Image.read(bytes(file))
    if (primaries, transfer) in ((1, 13), (2, 2)):
        assert np.array_equal(image.pixels, plain.pixels)
    elif transfer == 16:
        assert words in image.source.warnings[0]
    else:
        assert image.source.exactness == "exact in sRGB"
        assert not np.array_equal(image.pixels, plain.pixels)


class Endless(io.RawIOBase):
    """A stream without an end, which counts what was taken from it."""

    def __init__(self, head):
        self.head, self.taken = head, 0

    def readable(self):
        return True

    def read(self, size=-1):
        assert 0 <= size <= 1 << 20
        self.taken += size
        head, self.head = self.head[:size], self.head[size:]
        return head + bytes(size - len(head))


def test_a_stream_without_an_end_is_refused_at_its_first_bytes_or_at_a_limit():
    zeros = Endless(b"")
    with pytest.raises(InputError, match="not a picture"):
        Image.read(zeros)
    assert zeros.taken < 1000
    picture = Endless(png(RAMP, 8, 2)[:-20])
    with pytest.raises(InputError, match=r"more than .* bytes.*--max-pixels"):
        Image.read(picture, max_pixels=1000)
    assert picture.taken < 1 << 27


def test_a_folder_without_search_permission_is_named_not_a_traceback(monkeypatch):
    def denied(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    monkeypatch.setattr(Path, "is_dir", denied)
    with pytest.raises(InputError, match=r"permission denied .*folders above"):
        Image.read("closed/secret.png")


def test_a_lack_of_memory_is_one_line_for_arrays_and_streams_too(monkeypatch):
    class Hungry(io.BytesIO):
        def read(self, size=-1):
            raise MemoryError

    with pytest.raises(InputError, match="needs more memory"):
        Image.read(Hungry())

    def starve(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr("huepress.read.sources.quantized", starve)
    with pytest.raises(InputError, match="the array: needs more memory"):
        Image.read(RAMP)


def test_the_command_line_says_each_warning_once_and_keeps_it_in_json(tmp_path):
    (tmp_path / "deep.png").write_bytes(deep("PNG"))
    words = "deep.png: 16 bits a sample are reduced to 8"
    for command in (
        ["compress", "deep.png", "-k", "256", "--allow-larger", "-f"],
        ["compress", "deep.png", "--allow-larger", "-f", "--json"],
        ["inspect", "deep.png", "--json"],
        ["palette", "deep.png", "--json"],
        ["compare", "deep.png", "deep-small.png", "--json"],
        ["compare", "deep.png", "deep-small.png"],
        ["report", "deep.png", "-o", "page.html", "-f"],
    ):
        run = huepress(*command, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        assert run.stderr.count("reduced to 8") == 1
        assert f"huepress: warning: {words}" in run.stderr
        assert "lossless" not in run.stdout
        if "--json" in command:
            assert "reduced to 8" in json.loads(run.stdout)["warnings"][0]
        elif command[0] != "report":
            assert "exact at 8 bits" in run.stdout
    page = (tmp_path / "page.html").read_text()
    assert "reduced to 8" in page
    assert ">lossless<" not in page


def test_lenient_reaches_every_command_that_reads_a_picture(tmp_path):
    file = bytearray(png(RAMP, 8, 2))
    file[-20] ^= 1
    (tmp_path / "bad.png").write_bytes(file)
    for command in (
        ["compress", "bad.png", "-k", "4", "-o", "a.png"],
        ["report", "bad.png", "-o", "a.html"],
        ["inspect", "bad.png"],
        ["palette", "bad.png"],
        ["compare", "bad.png", "bad.png"],
    ):
        for lenient in (False, True):
            run = huepress(*command, *["--lenient"] * lenient, cwd=tmp_path)
            assert run.returncode == (0 if lenient else 1), run.stderr
            assert ("warning: bad.png: it is damaged" in run.stderr) == lenient


KINDS = {
    "grey": ("minisblack", 1, []),
    "white": ("miniswhite", 1, []),
    "grey+alpha": ("minisblack", 2, ["unassalpha"]),
    "grey*alpha": ("minisblack", 2, ["assocalpha"]),
    "rgb": ("rgb", 3, []),
    "rgb+alpha": ("rgb", 4, ["unassalpha"]),
    "rgb*alpha": ("rgb", 4, ["assocalpha"]),
    "rgb+other": ("rgb", 4, ["unspecified"]),
    "cmyk": ("separated", 4, []),
}


def tiff_file(samples, photometric, extra, **options):
    import tifffile

    file = io.BytesIO()
    if samples.shape[2] == 1:
        options.pop("planarconfig", None)
        samples = samples[..., 0]
    elif options.get("planarconfig") == "separate":
        samples = np.moveaxis(samples, -1, 0)
    tifffile.imwrite(
        file,
        samples,
        photometric=photometric,
        extrasamples=extra or None,
        metadata=None,
        **options,
    )
    return file.getvalue()


def as_a_picture(kind, samples):
    """The picture of samples, in plain NumPy; levels are not rounded."""
    unit = samples / (1 if samples.dtype.kind == "f" else np.iinfo(samples.dtype).max)
    if kind == "white":
        unit = 1 - unit
    if "*" in kind:
        alpha = unit[..., -1:]
        colors = np.minimum(unit[..., :-1] / np.where(alpha > 0, alpha, 1), 1)
        unit = np.concatenate([colors, alpha], axis=2)
    if kind == "cmyk":
        unit = (1 - unit[..., :3]) * (1 - unit[..., 3:])
    if kind == "rgb+other":
        unit = unit[..., :3]
    if unit.shape[2] < 3:
        unit = unit[..., [0, 0, 0, 1][: unit.shape[2] + 2]]
    return unit * 255


@pytest.mark.parametrize(
    ("planes", "dtype"),
    [
        *(("contig", dtype) for dtype in (np.uint8, np.uint16, np.float32)),
        ("separate", np.uint16),
        *(pytest.param("separate", t, marks=pytest.mark.slow) for t in (np.uint8, np.float32)),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_tiff_reads_the_same_however_its_samples_lie(kind, planes, dtype):
    photometric, channels, extra = KINDS[kind]
    rng = np.random.default_rng(0)
    samples = rng.random((37, 53, channels)) * (1 if dtype is np.float32 else np.iinfo(dtype).max)
    samples = samples.astype(dtype)
    expected = as_a_picture(kind, samples)
    counted = expected[..., 3:] > 8 if "*" in kind else True  # else 8-bit colours are a guess
    ways = itertools.product("<>", [None, (32, 16)], [(None, None), ("zlib", None), ("zlib", 2)])
    for order, tile, (compression, predictor) in ways:
        if predictor and dtype is np.float32:
            continue
        file = tiff_file(
            samples,
            photometric,
            extra,
            planarconfig=planes,
            byteorder=order,
            tile=tile,
            rowsperstrip=None if tile else 8,
            compression=compression,
            predictor=predictor,
        )
        pixels = Image.read(file).pixels
        assert pixels.shape == expected.shape
        error = np.abs(pixels - expected) * counted
        assert error.max() <= (2 if kind == "cmyk" else 1), (order, tile, compression, predictor)


@pytest.mark.parametrize("tile", [None, 16])
def test_floats_whose_bytes_are_taken_apart_are_put_together(tile):
    floats = np.random.default_rng(0).random((16, 24, 3)).astype(np.float32)
    parts = [floats] if tile is None else [floats[:, :16], np.pad(floats[:, 16:], PAD)]
    data = b""
    for part in parts:
        places = part.astype(">f4").view(np.uint8).reshape(16, -1, 4).swapaxes(1, 2)
        places = places.reshape(16, -1, 3)
        data += np.diff(places, axis=1, prepend=np.uint8(0)).tobytes()
    more = {256: ("I", [24]), 257: ("I", [16]), 278: ("I", [16]), 317: ("H", [3])}
    if tile:
        size = 16 * 16 * 12
        more |= {322: ("H", [16]), 323: ("H", [16])}
        more |= {324: ("I", [8, 8 + size]), 325: ("I", [size, size])}
    stored = np.frombuffer(data, "<f4").reshape(1, -1, 3)
    file = tiff(stored, bits=32, more=more)
    if tile:  # strips and tiles exclude each other
        for tag in (273, 279):
            at = file.rindex(struct.pack("<HH", tag, 4))
            file = file[:at] + struct.pack("<H", 60000 + tag) + file[at + 2 :]
    assert np.array_equal(Image.read(file).pixels, np.floor(floats.astype(float) * 255 + 0.5))


PAD = ((0, 0), (0, 8), (0, 0))


def test_bands_that_are_no_colours_are_refused_and_one_too_many_is_told_of():
    samples = np.zeros((8, 9, 5), np.uint8)
    for planes in ("contig", "separate"):
        file = tiff_file(samples, "minisblack", ["unspecified"] * 4, planarconfig=planes)
        with pytest.raises(InputError, match=r"holds 5 bands .* choose three"):
            Image.read(file)
        file = tiff_file(samples[..., :4], "rgb", ["unspecified"], planarconfig=planes)
        (warning,) = Image.read(file).source.warnings
        assert warning.startswith("1 of its 4 samples a pixel")


def test_small_versions_and_masks_in_a_tiff_are_no_pages():
    import tifffile

    file = io.BytesIO()
    pages = [RAMP, RAMP[::2, ::2].copy(), RAMP[..., 0] > 50, 255 - RAMP]
    with tifffile.TiffWriter(file) as writer:
        for page, kind in zip(pages, (0, 1, 4, 0), strict=True):
            options = {"photometric": "rgb" if page.ndim == 3 else "minisblack", "metadata": None}
            writer.write(page, subfiletype=kind, **options)
    with pytest.raises(InputError, match="holds 2 frames"):
        Image.read(file.getvalue())
    assert np.array_equal(Image.read(file.getvalue(), frame=0).pixels, RAMP)
    assert np.array_equal(Image.read(file.getvalue(), frame=1).pixels, 255 - RAMP)


def test_a_place_on_the_earth_is_not_dropped_without_a_word():
    plain = tiff(RAMP, bits=8)
    placed = tiff(RAMP, bits=8, more={34735: ("H", [1, 1, 0, 0])})
    assert Image.read(plain).source.warnings == ()
    assert "GeoTIFF" in Image.read(placed).source.warnings[0]


def test_a_page_is_found_without_reading_those_before_it(monkeypatch):
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    pages = [np.full((2, 2, 1), level % 256, np.uint8) for level in range(300)]
    file = tiff_pages(pages, photometric=1, bits=8)
    loaded = []
    load = ImageFileDirectory_v2.load
    monkeypatch.setattr(
        ImageFileDirectory_v2, "load", lambda self, fp: (loaded.append(1), load(self, fp))[1]
    )
    assert Image.read(file, frame=299).pixels[0, 0, 0] == 299 % 256
    assert len(loaded) < 10


def test_a_fax_page_with_wrong_code_words_is_refused_and_nothing_is_printed(capfd):
    lines = np.random.default_rng(0).random((40, 64)) < 0.5
    file = io.BytesIO()
    PIL.Image.fromarray(lines).save(file, "TIFF", compression="group4")
    good = file.getvalue()
    assert np.array_equal(Image.read(good).pixels[..., 0] > 0, lines)
    refused = 0
    for place in range(20, 200, 7):
        bad = bytearray(good)
        bad[place] ^= 0xFF
        try:
            Image.read(bytes(bad))
        except InputError as error:
            refused += "code holds words" in str(error)
    assert refused > 5
    assert capfd.readouterr().err == ""


def test_a_layout_that_is_not_supported_is_not_called_damaged():
    file = tiff(RAMP, bits=8, more={258: ("H", [5, 6, 5])})
    with pytest.raises(InputError, match="kind of TIFF that is not supported"):
        Image.read(file)
    file = tiff(RAMP, bits=8, more={259: ("H", [34712])})
    with pytest.raises(InputError, match="not supported"):
        Image.read(file)


def test_the_size_of_a_png_is_checked_before_anything_is_unpacked(monkeypatch):
    monkeypatch.setattr("huepress.read.png.checked", lambda *_, **__: pytest.fail("walked through"))
    with pytest.raises(InputError, match="past the limit of 15"):
        Image.read(png(RAMP, 8, 2), max_pixels=15)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_entries_that_a_png_palette_has_not_are_black_and_told_of(depth):
    top = 2**depth - 1
    samples = np.array([[0, top], [top, 0]], np.uint8)[..., None]
    chunks = [(b"PLTE", b"\x09\x08\x07"), (b"tRNS", b"\x80")]
    image = Image.read(png(samples, depth, 3, chunks=chunks))
    own, missing = [9, 8, 7, 128], [0, 0, 0, 255]
    assert image.pixels.tolist() == [[own, missing], [missing, own]]
    assert f"entry {top} of a palette of 1" in image.source.warnings[0]


def test_a_png_whose_animation_breaks_the_rules_is_its_still_picture():
    first, second = (PIL.Image.fromarray(pixels) for pixels in (RAMP, 255 - RAMP))
    file = io.BytesIO()
    first.save(file, "PNG", save_all=True, append_images=[second])
    chunks = list(chunks_of(file.getvalue()))
    control = next(i for i, (kind, _) in enumerate(chunks) if kind == b"fcTL")
    chunks[control] = (b"fcTL", b"\0\0\0\x09" + chunks[control][1][4:])
    image = Image.read(rebuilt(chunks))
    assert np.array_equal(image.pixels, RAMP)
    assert image.source.n_frames == 1
    assert "animation breaks the rules" in image.source.warnings[0]


def test_decompress_takes_no_damaged_png():
    result = compress(RAMP, k=4)
    file = bytearray(result.encoded.files[0][1])
    assert decompress(bytes(file)).decode().shape == RAMP.shape
    start = file.index(b"IDAT") + 4
    for place in range(start, len(file) - 12):
        bad = bytearray(file)
        bad[place] ^= 1
        with pytest.raises(HuepressError):
            decompress(bytes(bad))


def test_jpegs_of_other_processes_and_depths_are_not_called_damaged():
    file = bytearray(encoded(RAMP, "JPEG"))
    frame = file.index(b"\xff\xc0")
    deeper, lossless = file.copy(), file.copy()
    deeper[frame + 4] = 12
    lossless[frame + 1] = 0xC3
    for changed, words in ((deeper, "12 bits a sample"), (lossless, "process 3")):
        with pytest.raises(InputError, match=rf"kind of JPEG that is not supported .*{words}"):
            Image.read(bytes(changed))


def test_an_avif_says_how_deep_it_is():
    file = bytearray(encoded(RAMP.repeat(8, 0).repeat(8, 1), "AVIF"))
    assert facts_of_avif(bytes(file)).bit_depth == 8
    flags = file.index(b"av1C") + 6
    for more, depth in ((0x40, 10), (0x60, 12)):
        deeper = file.copy()
        deeper[flags] |= more
        assert facts_of_avif(bytes(deeper)).bit_depth == depth
    for length in range(0, len(file), 7):
        facts_of_avif(bytes(file[:length]))


@pytest.mark.parametrize("kind", ["grey", "rgb", "floats"])
def test_deep_samples_are_converted_before_they_are_rounded(kind):
    linear = np.linspace(0, 1, 65536).reshape(256, 256, 1) ** 3
    if kind == "floats":
        file = tiff(np.float32(linear), photometric=1, bits=32, more={34675: ("I", [0])})
        icc = grey_profile(1.0)
        size = len(file)
        at = file.rindex(struct.pack("<HH", 34675, 4))
        file = file[:at] + struct.pack("<HHII", 34675, 7, len(icc), size) + file[at + 12 :] + icc
        exact = linear
    else:
        samples = np.rint(linear * 65535).astype(np.uint16)
        colors = (
            samples if kind == "grey" else np.dstack([samples, samples[::-1], samples[:, ::-1]])
        )
        file = png(colors, 16, 0 if kind == "grey" else 2, chunks=[gama(1.0)])
        exact = colors / 65535
    pixels = Image.read(file).pixels
    assert np.abs(pixels - 255 * linear_to_srgb(exact)).max() < (1.6 if kind == "rgb" else 1.1)
    assert len(np.unique(pixels)) > 250


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(1.0)],
        [(b"cHRM", P3_CHRM), gama(1 / 1.8)],
        [(b"sRGB", b"\0"), gama(1.0)],
        [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6))],
        [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6)), (b"eXIf", exif(8)[6:])],
    ],
)
def test_a_png_that_pillow_has_opened_reads_as_its_file(chunks):
    file = png(RAMP[:3], 8, 2, chunks=chunks)
    picture = PIL.Image.open(io.BytesIO(file))
    assert np.array_equal(Image.read(picture).pixels, Image.read(file).pixels)
