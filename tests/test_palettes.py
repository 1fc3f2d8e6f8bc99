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
from huepress.errors import FormatError, InputError
from huepress.formats.palettes import read_palette, write_palette
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


@pytest.mark.parametrize("suffix", [".gpl", ".hex", ".act", ".json", ".png"])
@pytest.mark.parametrize("k", [1, 2, 17, 256, 300])
@pytest.mark.parametrize("alpha", ["opaque", "one transparent", "mixed"])
def test_what_is_written_is_read_back_in_order_or_refused(tmp_path, suffix, k, alpha):
    codebook = random_image(k, 1, 1, alpha).codebook
    values = codebook.rgba[:, 3]
    fits = {
        ".gpl": (values == 255).all(),
        ".act": k <= 256 and np.isin(values, (0, 255)).all(),
    }.get(suffix, True)
    if not fits:
        with pytest.raises(FormatError, match=r"use \.json"):
            write_palette(codebook, "x" + suffix)
        return
    back = read(tmp_path, "x" + suffix.upper(), write_palette(codebook, suffix))
    assert np.array_equal(back.entries, codebook.rgba)


@cases(100)
@given(data=st.binary(max_size=80), suffix=st.sampled_from([".gpl", ".hex", ".act", ".json"]))
def test_any_bytes_are_a_palette_or_a_format_error(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(data)
    try:
        palette = read_palette(path)
    except FormatError:
        return
    assert 1 <= len(palette.codebook) == palette.codebook.pinned <= len(palette)


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
        ("a.txt", b"ffffff", r"no suffix of a palette file; use \.gpl"),
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
