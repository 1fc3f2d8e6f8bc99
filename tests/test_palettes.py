"""Laws of palette files."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cases import cases
from huepress.errors import FormatError, HuepressError, InputError
from huepress.formats.palettes import READABLE, SUFFIXES, read_palette, write_palette
from huepress.values.codebook import Codebook
from huepress.values.palette import Palette
from indexed_images import random_image

COLORS = ["#123456", "#000000", "#abcdef", "#ff8800"]
WITH_ALPHA = [*COLORS, "#11223380"]
WITH_HOLE = [*COLORS, "#00000000"]


def read(tmp_path, name: str, data: bytes) -> Palette:
    path = tmp_path / name
    path.write_bytes(data)
    return read_palette(path)


OPAQUE_ONLY = (".gpl", ".pal", ".aco", ".ase")
NAMED = (".gpl", ".aco", ".ase", ".json")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("k", [1, 2, 17, 256, 300])
@pytest.mark.parametrize("alpha", ["opaque", "one transparent", "mixed"])
def test_what_is_written_is_read_back_in_order_or_refused(tmp_path, suffix, k, alpha):
    codebook = random_image(k, 1, 1, alpha).codebook
    values = codebook.rgba[:, 3]
    fits = suffix not in OPAQUE_ONLY or (values == 255).all()
    if suffix == ".act":
        fits = k <= 256 and np.isin(values, (0, 255)).all()
    if not fits:
        with pytest.raises(FormatError, match=r"use \.json"):
            write_palette(codebook, "x" + suffix)
        return
    back = read(tmp_path, "x" + suffix.upper(), write_palette(codebook, suffix))
    assert np.array_equal(back.entries, codebook.rgba)


names = st.lists(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=0, max_size=12).filter(
        lambda name: name.lower() not in ("untitled", "unnamed")  # which say that there is none
    )
    | st.sampled_from(["Meerblau, tief", "赤", "a # b", "12 34", "\U0001f308 bow"]),
    min_size=1,
    max_size=6,
)


@cases(60)
@given(names=names, suffix=st.sampled_from(NAMED))
def test_names_survive_in_every_format_that_has_a_place_for_them(tmp_path_factory, names, suffix):
    entries = np.random.default_rng(len(names)).integers(0, 256, (len(names), 3), dtype=np.uint8)
    palette = Palette(entries, tuple(names))
    path = tmp_path_factory.getbasetemp() / f"named{suffix}"
    path.write_bytes(write_palette(palette, path))
    assert read_palette(path) == palette


@pytest.mark.parametrize("suffix", sorted(set(SUFFIXES) - set(NAMED)))
def test_a_format_without_names_keeps_the_colours(tmp_path, suffix):
    named = Palette(np.array([[1, 2, 3], [200, 0, 9]], np.uint8), ("sea", "fire"))
    back = read(tmp_path, f"a{suffix}", write_palette(named, suffix))
    assert back == Palette(named.entries)


@pytest.mark.parametrize("name", ["Untitled", "#010203", "  \t"])
def test_what_programs_write_for_want_of_a_name_is_none(tmp_path, name):
    text = f"GIMP Palette\n#\n1 2 3\t{name}\n4 5 6\tSea  green\n"
    assert read(tmp_path, "a.gpl", text.encode()).names == ("", "Sea green")


def test_a_line_break_in_a_name_makes_no_second_colour(tmp_path):
    palette = Palette(np.array([[1, 2, 3]], np.uint8), ("a\n9 9 9\u2028\r4 4 4",))
    back = read(tmp_path, "a.gpl", write_palette(palette, ".gpl"))
    assert back == Palette(palette.entries, ("a 9 9 9 4 4 4",))


@cases(200)
@given(data=st.binary(max_size=80), suffix=st.sampled_from([s for s in READABLE if s != ".png"]))
def test_any_bytes_are_a_palette_or_an_error_in_one_line(tmp_path_factory, data, suffix):
    is_palette_or_refused(tmp_path_factory.getbasetemp() / f"any{suffix}", data)


@cases(300)
@given(
    suffix=st.sampled_from(READABLE),
    place=st.integers(0, 400),
    put=st.binary(min_size=0, max_size=6),
    cut=st.integers(0, 6),
    end=st.integers(0, 2000),
)
def test_damaged_files_are_a_palette_or_an_error_in_one_line(
    tmp_path_factory, suffix, place, put, cut, end
):
    data = (sprite() if suffix == ".aseprite" else SAMPLES[suffix])[:end]
    data = data[:place] + put + data[place + cut :]
    is_palette_or_refused(tmp_path_factory.getbasetemp() / f"damaged{suffix}", data)


def is_palette_or_refused(path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        palette = read_palette(path)
    except HuepressError as error:
        refused = str(error)
    else:
        assert 1 <= len(palette.codebook) == palette.codebook.pinned <= len(palette)
        return
    assert str(path) in refused
    assert "\n" not in refused


SAMPLES = {
    suffix: write_palette(
        Palette(np.arange(30, dtype=np.uint8).reshape(10, 3), tuple("sea-water!")), suffix
    )
    for suffix in SUFFIXES
}


def test_gimp_palettes_with_names_comments_and_alpha_are_read(tmp_path):
    text = "GIMP Palette\nName: Sea\nColumns: 2\n# deep\n\n  0   0  64\tDeep blue\n255 255 255\n"
    assert read(tmp_path, "a.gpl", text.encode()).hex() == ["#000040", "#ffffff"]
    windows = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    assert read(tmp_path, "a.gpl", windows).hex() == ["#000040", "#ffffff"]
    alpha = "GIMP Palette\nChannels: RGBA\n#\n1 2 3 128 Half\n9 9 9 0 None\n"
    assert read(tmp_path, "a.gpl", alpha.encode()).hex() == ["#01020380", "#09090900"]


def test_a_written_gimp_palette_looks_like_one():
    text = write_palette(Codebook.from_hex(COLORS), "out/sea.gpl").decode()
    assert text.splitlines()[:5] == [
        "GIMP Palette",
        "Name: sea",
        "Columns: 16",
        "#",
        " 18  52  86\t#123456",
    ]


def test_hex_files_may_have_marks_comments_and_alpha(tmp_path):
    data = b"; Lospec\n#123456\r\nABCDEF\n\n11223380\n"
    assert read(tmp_path, "a.hex", data).hex() == ["#123456", "#abcdef", "#11223380"]


def test_act_has_768_bytes_or_4_more_with_count_and_transparent_index(tmp_path):
    data = write_palette(Codebook.from_hex(WITH_HOLE), ".act")
    assert len(data) == 772
    assert struct.unpack(">HH", data[768:]) == (5, 4)
    assert read(tmp_path, "a.act", data).hex() == WITH_HOLE
    # Without a count there are 256 colours.
    assert read(tmp_path, "a.act", data[:768]).hex() == COLORS + 252 * ["#000000"]


def sprite(
    *, depth: int = 32, clear: int = 0, flags: int = 0, chunks: list[bytes] | None = None
) -> bytes:
    """An Aseprite file: header, one frame, a layer, the old palette and the new one."""

    def chunk(kind: int, content: bytes) -> bytes:
        return struct.pack("<IH", len(content) + 6, kind) + content

    layer = struct.pack("<HHHHHHB3xH4s", flags, 0, 0, 0, 0, 0, 255, 4, b"ship")
    old = struct.pack("<HBB", 1, 0, 2) + bytes([9, 9, 9, 8, 8, 8])
    new = struct.pack("<III8x", 4, 1, 3)
    new += struct.pack("<H4BH", 1, 255, 0, 0, 255, 5) + "Röt".encode() + b"!"
    new += struct.pack("<H4B", 0, 0, 255, 0, 128) + struct.pack("<H4B", 0, 0, 0, 255, 255)
    if chunks is None:
        chunks = [chunk(0x2004, layer), chunk(0x0004, old), chunk(0x2019, new)]
    else:
        chunks = [chunk(0x2004, layer), *(chunk(0x0011, one) for one in chunks)]
    frame = b"".join(chunks)
    head = struct.pack("<IHHHHHI", 0, 0xA5E0, 1, 8, 8, depth, 1).ljust(28, b"\0")
    head += bytes([clear]) + bytes(99)
    return head + struct.pack("<IHHH2xI", len(frame) + 16, 0xF1FA, len(chunks), 100, 0) + frame


def test_one_suffix_of_two_programs_is_told_apart_by_the_first_bytes(tmp_path):
    wanted = ["#000000", "#ff0000", "#00ff0080", "#0000ff"]
    for name in ("a.ase", "a.aseprite", "a.ASE"):
        palette = read(tmp_path, name, sprite())
        assert (palette.hex(), palette.names) == (wanted, ("", "Röt!", "", ""))
    adobe = write_palette(Codebook.from_hex(COLORS), "a.ase")
    for name in ("a.ase", "a.aseprite"):
        assert read(tmp_path, name, adobe).hex() == COLORS
    with pytest.raises(FormatError, match=r"\.aseprite files are only read; write one of \.gpl"):
        write_palette(Codebook.from_hex(COLORS), "a.aseprite")


def test_the_clear_entry_of_an_indexed_sprite_is_clear_unless_all_is_background(tmp_path):
    assert read(tmp_path, "a.ase", sprite(depth=8, clear=1)).alpha.tolist() == [255, 0, 128, 255]
    assert read(tmp_path, "a.ase", sprite(depth=8, clear=1, flags=8)).alpha[1] == 255
    assert read(tmp_path, "a.ase", sprite(depth=32, clear=1)).alpha[1] == 255


def test_an_old_sprite_has_levels_up_to_63(tmp_path):
    packet = struct.pack("<HBB", 1, 1, 2) + bytes([63, 0, 21, 0, 63, 42])
    palette = read(tmp_path, "a.aseprite", sprite(chunks=[packet]))
    assert palette.hex() == ["#000000", "#ff0055", "#00ffaa"]


def test_a_jasc_palette_is_text_with_crlf_and_a_count(tmp_path):
    assert write_palette(Codebook.from_hex(COLORS[:2]), ".pal") == (
        b"JASC-PAL\r\n0100\r\n2\r\n18 52 86\r\n0 0 0\r\n"
    )
    unix = b"JASC-PAL\n0100\n2\n1 2 3\n4 5 6 128"
    assert read(tmp_path, "a.pal", unix).hex() == ["#010203", "#04050680"]


def test_a_riff_palette_of_windows_is_read_behind_other_chunks(tmp_path):
    colors = struct.pack("<HH", 0x0300, 2) + bytes([1, 2, 3, 0, 4, 5, 6, 0])
    chunks = struct.pack("<4sI", b"LIST", 3) + b"abc\0" + struct.pack("<4sI", b"data", 12) + colors
    data = struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"PAL ") + chunks
    assert read(tmp_path, "a.pal", data).hex() == ["#010203", "#040506"]


def test_paint_net_writes_alpha_first(tmp_path):
    text = write_palette(Codebook.from_hex(["#112233", "#44556680"]), "sea.txt")
    assert text.splitlines()[0] == b"; paint.net Palette File"
    assert text.endswith(b"FF112233\r\n80445566\r\n")
    data = b"\xef\xbb\xbf;paint.net\n112233 ; six digits\n00FF0000\n"
    assert read(tmp_path, "a.txt", data).hex() == ["#112233", "#ff000000"]


def aco(*colors: tuple[int, ...]) -> bytes:
    return struct.pack(">HH", 1, len(colors)) + b"".join(struct.pack(">5H", *c) for c in colors)


def test_photoshop_swatches_are_read_in_every_model_that_has_samples(tmp_path):
    data = aco(
        (0, 65535, 32768, 256, 0),  # RGB, of which the upper byte counts
        (1, 21845, 65535, 65535, 0),  # HSB: a third of a turn
        (2, 65535, 0, 0, 65535),  # CMYK: 0 is full ink
        (7, 10000, 0, 0, 0),  # Lab: white
        (7, 5429, 8081, 6989, 0),  # the red of sRGB under D50
        (7, 8782, 65536 - 7927, 8099, 0),  # its green, with a below 0
        (8, 7500, 0, 0, 0),  # 75 % grey: three quarters of the ink
        (9, 0, 10000, 10000, 0),  # CMYK: 10000 is full ink
    )
    assert read(tmp_path, "a.aco", data).hex() == [
        "#ff8001", "#00ff00", "#ff0000", "#ffffff", "#ff0000", "#01ff00", "#404040", "#ff0000",
    ]  # fmt: skip
    # GIMP and others write a byte as 256 times its value.
    assert read(tmp_path, "a.aco", aco((0, 0xFE00, 0x0100, 0, 0))).hex() == ["#fe0100"]


def test_photoshop_swatches_of_either_version_alone_are_read(tmp_path):
    palette = Palette(np.array([[1, 2, 3], [4, 5, 6]], np.uint8), ("sea", "sky"))
    data = write_palette(palette, ".aco")
    first = 4 + 10 * len(palette)
    assert read(tmp_path, "a.aco", data[:first]) == Palette(palette.entries)
    assert read(tmp_path, "a.aco", data[first:]) == palette


def exchange(*colors: tuple[bytes, tuple[float, ...]]) -> bytes:
    blocks = [struct.pack(">HIH", 0xC001, 4, 1) + b"\0\0"]
    for model, samples in colors:
        content = struct.pack(f">H4s4s{len(samples)}fH", 2, b"\0x\0\0", model, *samples, 0)
        blocks.append(struct.pack(">HI", 1, len(content)) + content)
    blocks.append(struct.pack(">HI", 0xC002, 0))
    return struct.pack(">4sHHI", b"ASEF", 1, 0, len(blocks)) + b"".join(blocks)


def test_exchanged_swatches_are_read_in_every_model(tmp_path):
    data = exchange(
        (b"RGB ", (1.0, 0.5, 0.0)),
        (b"CMYK", (0.0, 1.0, 1.0, 0.5)),
        (b"LAB ", (0.5, 0.0, 0.0)),
        (b"Gray", (0.2,)),
        (b"RGB ", (7.0, -1.0, 0.0)),
    )
    palette = read(tmp_path, "a.ase", data)
    assert palette.hex() == ["#ff8000", "#800000", "#777777", "#333333", "#ff0000"]
    assert palette.names == ("x",) * 5


def test_json_may_be_a_list_of_hex_or_of_numbers(tmp_path):
    value = json.loads(write_palette(Codebook.from_hex(WITH_ALPHA), "sea.json"))
    assert value == {"name": "sea", "colors": WITH_ALPHA}
    plain = b'["#123456", [0, 0, 0], [171, 205, 239, 255], "ff8800", [17, 34, 51, 128]]'
    assert read(tmp_path, "a.json", plain).hex() == WITH_ALPHA


def test_a_palette_png_gives_its_palette_and_any_other_its_colours_in_reading_order(tmp_path):
    image = Image.new("P", (1, 1))
    image.putpalette(bytes.fromhex("112233 445566 000000"))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    assert read(tmp_path, "a.png", stream.getvalue()).hex()[:2] == ["#112233", "#445566"]
    pixels = np.array([[[9, 9, 9], [1, 1, 1]], [[9, 9, 9], [5, 5, 5]]], np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    assert read(tmp_path, "a.png", stream.getvalue()).hex() == ["#090909", "#010101", "#050505"]


def test_every_entry_of_a_palette_file_stays_at_its_place(tmp_path):
    palette = read(tmp_path, "a.hex", b"ffffff\n000000\nffffff\n11223300\n44556600\n")
    assert palette.hex() == ["#ffffff", "#000000", "#ffffff", "#00000000", "#00000000"]
    assert palette.codebook == Codebook.from_hex(["#ffffff", "#000000", "#00000000"])
    assert palette.codes.tolist() == [0, 1, 0, 2, 2]
    assert palette.first.tolist() == [0, 1, 3]


def test_a_strip_of_single_pixels_gives_each_of_them_and_one_of_squares_each_colour(tmp_path):
    strip = np.array([[[9, 9, 9], [1, 1, 1], [9, 9, 9]]], np.uint8)
    for pixels, wanted in [
        (strip, ["#090909", "#010101", "#090909"]),
        (strip.swapaxes(0, 1), ["#090909", "#010101", "#090909"]),
        (strip.repeat(8, axis=0).repeat(8, axis=1), ["#090909", "#010101"]),
    ]:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        assert read(tmp_path, "a.png", stream.getvalue()).hex() == wanted


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.doc", b"ffffff", r"no suffix of a palette file; use \.gpl"),
        ("a.hex", b"", "is empty"),
        ("a.png", b"", "is empty"),
        ("a.hex", b"\n", "holds 0 colours"),
        ("a.hex", b"ffffff\nred\n", "'red' is not a colour"),
        ("a.hex", b"\xff\xfe", "is not text"),
        ("a.gpl", b"1 2 3\n", "does not begin with 'GIMP Palette'"),
        ("a.gpl", b"GIMP Palette\n1 2 256\n", "line 2, '1 2 256'"),
        ("a.gpl", b"GIMP Palette\n1 2\n", "is not 3 numbers"),
        ("a.gpl", b"GIMP Palette\n-1 2 3\n", "is not 3 numbers"),
        ("a.gpl", b"GIMP Palette\n1 2 " + b"9" * 5000, "is not 3 numbers"),
        ("a.act", b"123", "3 bytes; an .act file has 768 or 772"),
        ("a.act", bytes(768) + b"\x01\x01\xff\xff", "a count of 257"),
        ("a.json", b"{", "not JSON"),
        ("a.json", b"[" * 100000, "not JSON"),
        ("a.json", b'{"a": 1}', "no list of colours"),
        ("a.json", b"[[1, 2]]", "is not a colour"),
        ("a.json", b"[[1, 2, 3.5]]", "is not a colour"),
        ("a.json", b"[[1, 2, true]]", "is not a colour"),
        ("a.png", b"GIF89a", "not a PNG"),
        ("a.json", b'{"colors": ["#000"], "names": "x"}', "names that are not a list"),
        ("a.json", b'{"colors": ["#000"], "names": []}', "0 names for 1 colours"),
        ("a.gpl", b"GIMP Palette\n1 2 3 " + b"x" * 2000, "a name of 2,000 characters"),
        ("a.txt", b"#ff0000", "'#ff0000' is not a colour; paint.net writes aarrggbb"),
        ("a.pal", bytes(768), "neither as a .pal of Paint Shop Pro"),
        ("a.pal", b"JASC-PAL\n0100\n", "no count of colours"),
        ("a.pal", b"JASC-PAL\n0100\n3\n1 2 3\n", "says that it has 3 colours, and has 1"),
        ("a.pal", b"JASC-PAL\n0100\n1\n1 2 x\n", "line 4, '1 2 x', is not three or four"),
        ("a.pal", b"JASC-PAL\n0100\n1\n1 2 256\n", "is not three or four numbers"),
        ("a.pal", b"RIFF\x04\0\0\0WAVE", "a RIFF of kind b'WAVE'"),
        (
            "a.pal",
            b"RIFF\xff\xff\xff\xffPAL data\xff\xff\xff\xff\0\x03\xff\xff",
            "colour 0 of 65535",
        ),
        ("a.pal", b"RIFF\xff\xff\xff\xffPAL LIST\xff\xff\xff\xff", "within the chunk"),
        ("a.aco", b"\0\x07\0\x01", "of version 7"),
        ("a.aco", b"\0\x01\xff\xff", "ends after 4 bytes, within colour 0 of 65535"),
        ("a.aco", aco((3, 1, 2, 3, 4)), r"model 3 \(Pantone\), which only numbers inks"),
        ("a.aco", b"\0\x02\0\x01" + bytes(10) + b"\xff" * 4, "within the name of colour 0"),
        ("a.aco", b"\0\x02\0\x01" + bytes(13) + b"\x01\xd8\0", "is not text"),
        ("a.ase", b"ASEF\0\x02\0\0\0\0\0\0", "of version 2"),
        ("a.ase", b"ASEF\0\x01\0\0\xff\xff\xff\xff", "within block 0 of 4294967295"),
        ("a.ase", exchange((b"HSB ", (1.0, 1.0, 1.0))), "a colour of model b'HSB '"),
        ("a.ase", exchange((b"RGB ", (float("nan"), 1.0, 1.0))), "a sample of nan"),
        ("a.ase", b"neither", "neither as Adobe's Swatch Exchange"),
        ("a.ase", sprite()[:140], "ends after 140 bytes, within the header of the first frame"),
        ("a.ase", sprite(chunks=[b"\x01\0\0\x05"]), "within entry 0 of the palette"),
        ("a.ase", sprite(chunks=[]), "holds 0 colours"),
    ],
)
def test_files_that_are_no_palette_are_refused_with_the_reason(tmp_path, name, data, message):
    with pytest.raises(FormatError, match=message):
        read(tmp_path, name, data)


def test_too_many_colours_are_refused(tmp_path):
    lines = "".join(f"{value:06x}\n" for value in range(65537))
    with pytest.raises(FormatError, match="65537 colours; a palette has 1 to 65536"):
        read(tmp_path, "a.hex", lines.encode())


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="no such file; check its name"):
        read_palette(tmp_path / "none.gpl")
