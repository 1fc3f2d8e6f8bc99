import contextlib
import io
import logging
import os
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huepress.errors import InputError, OptionError
from huepress.values.image import Image
from picture_files import (
    P3_TO_XYZ,
    SRGB_TO_XYZ,
    cmyk_profile,
    exif,
    faded_rgb_profile,
    gif,
    grey_profile,
    linear_to_srgb,
    png,
    png_chunk,
    rgb_profile,
    srgb_to_linear,
    tiff,
    tiff_pages,
)

COLOR_TYPES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
PNG_KINDS = [(kind, depth) for kind, depths in DEPTHS.items() for depth in depths]


def random_samples(channels, depth=8, size=(13, 11), seed=0):
    dtype = np.uint16 if depth > 8 else np.uint8
    samples = np.random.default_rng(seed).integers(0, 2**depth, (*size, channels), dtype=dtype)
    # The values where rounding and truncating part, whatever the generator draws.
    borders = np.array([0, 127, 128, 129, 255, 256, 383, 385, 386, 65407, 65408, 65535])
    samples.reshape(-1)[: len(borders)] = borders >> (16 - depth) if depth < 16 else borders
    return samples


def to_levels(samples, depth):
    white = 2**depth - 1
    return ((samples.astype(np.int64) * 255 + white // 2) // white).astype(np.uint8)


def to_rgb(levels):
    return np.repeat(levels, 3, axis=2) if levels.shape[2] == 1 else levels


def encoded(array_or_picture, kind, **options):
    picture = array_or_picture
    if isinstance(picture, np.ndarray):
        picture = PIL.Image.fromarray(picture)
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


# A picture with a corner of its own, so that no two orientations agree.
CORNERED = np.zeros((16, 24, 3), np.uint8)
CORNERED[:8, :8] = (255, 0, 0)
CORNERED[8:, 16:] = (0, 255, 0)


@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.parametrize(("color_type", "depth"), PNG_KINDS)
def test_a_png_of_any_colour_type_and_depth_reads_as_its_samples(color_type, depth, interlace):
    samples = random_samples(COLOR_TYPES[color_type], depth)
    chunks, table = [], None
    if color_type == 3:
        table = np.random.default_rng(1).integers(0, 256, (2**depth, 3), np.uint8)
        chunks = [(b"PLTE", table.tobytes())]
    image = Image.read(png(samples, depth, color_type, interlace=interlace, chunks=chunks))
    if table is not None:
        expected = table[samples[..., 0]]
    else:
        levels = to_levels(samples, depth)
        expected = to_rgb(levels) if color_type in (0, 2, 6) else levels[..., [0, 0, 0, 1]]
    assert np.array_equal(image.pixels, expected)
    assert image.source.bit_depth == depth
    assert image.source.format == "PNG"
    if color_type == 4:
        assert image.source.mode == "LA"


@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.parametrize(("color_type", "depth"), [k for k in PNG_KINDS if k[0] in (0, 2)])
def test_a_png_colour_key_makes_exactly_its_colour_transparent(color_type, depth, interlace):
    samples = random_samples(COLOR_TYPES[color_type], depth)
    key = samples[5, 5]
    samples[0, 0] = key
    samples[0, 0, 0] ^= 1  # another colour in the lowest bit of one channel alone: opaque
    unused_bits = 0x1000 if depth in (2, 4) else 0
    chunks = [(b"tRNS", (key.astype(int) | unused_bits).astype(">u2").tobytes())]
    image = Image.read(png(samples, depth, color_type, interlace=interlace, chunks=chunks))
    alpha = np.where((samples == key).all(axis=2), 0, 255)
    assert np.array_equal(image.pixels[..., 3], alpha)
    assert np.array_equal(image.pixels[..., :3], to_rgb(to_levels(samples, depth)))


@pytest.mark.parametrize("alphas", [b"\x00", b"\xff\x00", b"\x80\x00\xff\x01", bytes(range(16))])
@pytest.mark.parametrize("depth", [4, 8])
def test_a_png_palette_takes_its_alpha_from_trns(depth, alphas):
    samples = random_samples(1, depth)
    table = np.random.default_rng(1).integers(0, 256, (2**depth, 3), np.uint8)
    chunks = [(b"PLTE", table.tobytes()), (b"tRNS", alphas)]
    alpha = np.full(2**depth, 255, np.uint8)
    alpha[: len(alphas)] = list(alphas)
    image = Image.read(png(samples, depth, 3, chunks=chunks))
    expected = np.column_stack([table, alpha])[samples[..., 0]]
    assert np.array_equal(image.pixels, expected)
    assert image.source.mode == "P"


@pytest.mark.parametrize("strip", [1, 11, 12, 100])
@pytest.mark.parametrize(("color_type", "depth"), [(0, 16), (2, 8), (2, 16), (4, 16), (6, 8)])
def test_strips_change_nothing(color_type, depth, strip, monkeypatch):
    chunks = [(b"eXIf", exif(7)[6:]), (b"iCCP", b"p\0\0" + zlib.compress(rgb_profile(P3_TO_XYZ)))]
    file = png(random_samples(COLOR_TYPES[color_type], depth), depth, color_type, chunks=chunks)
    whole = Image.read(file).pixels
    monkeypatch.setattr("huepress.read.samples.STRIP", strip)
    assert np.array_equal(Image.read(file).pixels, whole)


@pytest.mark.parametrize("through_a_file", [False, True])
@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("channels", "extra"), [(1, None), (3, None), (4, 2), (4, 0)])
def test_a_16_bit_tiff_is_rounded_not_truncated(
    channels, extra, order, deflate, through_a_file, tmp_path
):
    samples = random_samples(channels, 16)
    source = tiff(
        samples, order=order, deflate=deflate, extra=extra, photometric=1 if channels == 1 else 2
    )
    if through_a_file:
        (tmp_path / "a.tif").write_bytes(source)
        source = tmp_path / "a.tif"
    image = Image.read(source)
    expected = to_rgb(to_levels(samples, 16))
    assert np.array_equal(image.pixels, expected[..., :3] if extra == 0 else expected)
    assert image.source.bit_depth == 16


@pytest.mark.parametrize("order", "<>")
def test_a_16_bit_tiff_with_premultiplied_alpha_is_divided_before_rounding(order):
    samples = random_samples(4, 16, (64, 64))
    samples[0, :3, 3] = [0, 1, 65535]
    alpha = samples[..., 3:].astype(np.int64)
    color = np.minimum(samples[..., :3], alpha) * 65535
    straight = np.concatenate([(color + alpha // 2) // np.maximum(alpha, 1), alpha], axis=2)
    pixels = Image.read(tiff(samples, order=order, extra=1)).pixels
    assert np.array_equal(pixels, to_levels(straight, 16))


def test_a_tiff_that_counts_from_white_is_inverted():
    samples = random_samples(1, 16)
    pixels = Image.read(tiff(samples, photometric=0)).pixels
    assert np.array_equal(pixels, to_rgb(to_levels(65535 - samples, 16)))


def test_a_12_bit_tiff_has_its_white_at_4095():
    values = np.array([[0, 2048, 4095, 1], [4095, 8, 9, 4094]])
    packed = np.array([[0x00, 0x08, 0x00, 0xFF, 0xF0, 0x01], [0xFF, 0xF0, 0x08, 0x00, 0x9F, 0xFE]])
    fake = tiff(packed.astype(np.uint8)[..., None], photometric=1, bits=12, more={256: ("I", [4])})
    image = Image.read(fake)
    assert np.array_equal(image.pixels[..., 0], to_levels(values, 12))
    assert image.source.bit_depth == 12


def test_a_float_tiff_is_read_in_its_unit_range():
    floats = np.linspace(0, 1, 35, dtype=np.float32).reshape(5, 7, 1)
    pixels = Image.read(tiff(floats, photometric=1, bits=32)).pixels
    assert np.array_equal(pixels[..., :1], np.floor(floats.astype(float) * 255 + 0.5))
    inverted = Image.read(tiff(floats, photometric=0, bits=32)).pixels
    assert np.array_equal(inverted[..., :1], np.floor((1 - floats).astype(float) * 255 + 0.5))
    with pytest.raises(InputError, match=r"float 2, outside \[0, 1\]; divide by 255"):
        Image.read(tiff(floats * 2, photometric=1, bits=32))


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.uint32])
def test_integers_that_do_not_say_what_white_is_are_refused(kind):
    samples = random_samples(1).astype(kind)
    with pytest.raises(InputError, match=r"samples .signed integers, or of 32 bits. .* convert it"):
        Image.read(tiff(samples, photometric=1, bits=samples.itemsize * 8))


@pytest.mark.parametrize("order", "<>")
def test_a_page_of_a_16_bit_tiff_is_read_exactly(order):
    pages = [random_samples(3, 16, (8, 9 + seed), seed) for seed in range(3)]
    file = tiff_pages(pages, order=order)
    for index, page in enumerate(pages):
        assert np.array_equal(Image.read(file, frame=index).pixels, to_levels(page, 16))


def test_the_pixel_limit_holds_for_the_chosen_page():
    file = tiff_pages([random_samples(3, 16, (8, 9)), random_samples(3, 16, (9, 9))])
    assert Image.read(file, frame=0, max_pixels=80).n_pixels == 72
    with pytest.raises(InputError, match=r"9×9 is 81 pixels, past the limit of 80"):
        Image.read(file, frame=1, max_pixels=80)


@pytest.mark.parametrize("maximum", [1, 15, 255, 65535])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_binary_ppm_of_any_maximum_is_rounded(channels, maximum):
    samples = random_samples(channels, maximum.bit_length())
    head = b"P%d 11 13 %d\n" % (6 if channels == 3 else 5, maximum)
    image = Image.read(head + samples.astype(np.uint8 if maximum < 256 else ">u2").tobytes())
    assert np.array_equal(image.pixels, to_rgb(to_levels(samples, maximum.bit_length())))
    assert image.source.bit_depth == maximum.bit_length()


def test_plain_ppm_and_pbm_are_read():
    assert Image.read(b"P3 2 1 255 1 2 3 4 5 6").pixels.tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert Image.read(b"P1\n2 1\n1 0").pixels[..., 0].tolist() == [[0, 255]]
    assert Image.read(b"P4\n2 1\n\x80").pixels[..., 0].tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
        ("PPM", {}),
        ("GIF", {}),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
    ],
)
def test_every_lossless_format_gives_back_the_pixels(kind, options):
    image = Image.read(encoded(CORNERED, kind, **options))
    assert np.abs(image.pixels.astype(int) - CORNERED).max() <= (2 if kind == "AVIF" else 0)
    assert image.source.format == kind
    assert not image.has_alpha


def test_an_avif_whose_major_brand_is_that_of_the_container_is_read():
    file = encoded(CORNERED, "AVIF")
    assert np.array_equal(
        Image.read(file).pixels, Image.read(file[:8] + b"mif1" + file[12:]).pixels
    )


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha_survives_straight(kind):
    rgba = random_samples(4)
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    assert np.array_equal(Image.read(encoded(rgba, kind, **options)).pixels, rgba)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_reads_as_pillow_decodes_it(mode):
    file = encoded(PIL.Image.fromarray(random_samples(3)).convert(mode), "JPEG")
    image = Image.read(file)
    expected = PIL.Image.open(io.BytesIO(file)).convert("RGB")
    assert np.array_equal(image.pixels, np.asarray(expected))
    assert image.source.mode == mode


def test_adobe_inverted_cmyk_is_not_a_negative():
    white = encoded(PIL.Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG")
    assert b"Adobe" in white
    assert Image.read(white).pixels.min() == 255


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_orientation_is_carried_out(kind, orientation):
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100}}.get(kind, {})
    block = PIL.Image.Exif()
    block.load(exif(orientation))
    file = encoded(CORNERED, kind, exif=block, **options)
    picture = PIL.Image.open(io.BytesIO(file))
    expected = np.asarray(PIL.ImageOps.exif_transpose(picture).convert("RGB"))
    assert np.array_equal(Image.read(file).pixels, expected)
    upright = np.asarray(PIL.Image.open(io.BytesIO(encoded(CORNERED, kind, **options))))
    if orientation == 6 and kind != "TIFF":
        assert np.array_equal(Image.read(file).pixels, np.rot90(upright, -1))


@pytest.mark.parametrize("order", "<>")
def test_the_kept_exif_says_upright_and_is_otherwise_untouched(order):
    image = Image.read(encoded(CORNERED, "JPEG", exif=exif(6, order)))
    assert image.pixels.shape == (24, 16, 3)
    assert image.source.exif == exif(1, order)[6:]


def test_a_broken_exif_block_is_not_kept_and_does_not_stop_the_picture():
    image = Image.read(encoded(CORNERED, "PNG", exif=b"Exif\0\0II*\0\xff\xff\0\0"))
    assert image.source.exif is None
    assert image.pixels.shape == CORNERED.shape


def test_a_16_bit_picture_is_turned_upright_too():
    samples = random_samples(3, 16)
    pixels = Image.read(png(samples, 16, 2, chunks=[(b"eXIf", exif(8)[6:])])).pixels
    assert np.array_equal(pixels, np.rot90(to_levels(samples, 16)))


def test_a_wide_gamut_profile_is_converted_to_srgb():
    stored = random_samples(3, size=(64, 64))
    icc = rgb_profile(P3_TO_XYZ)
    image = Image.read(encoded(stored, "PNG", icc_profile=icc))
    linear = srgb_to_linear(stored / 255) @ (np.linalg.inv(SRGB_TO_XYZ) @ P3_TO_XYZ).T
    expected = 255 * linear_to_srgb(np.clip(linear, 0, 1))
    assert np.abs(image.pixels - expected).max() < 1.5
    assert image.source.icc == icc
    assert image.icc is None


def test_alpha_passes_a_profile_unchanged():
    stored = random_samples(4)
    image = Image.read(encoded(stored, "PNG", icc_profile=rgb_profile(P3_TO_XYZ)))
    assert np.array_equal(image.pixels[..., 3], stored[..., 3])
    assert not np.array_equal(image.pixels[..., :3], stored[..., :3])


def test_a_profile_can_be_kept_instead():
    stored = random_samples(3)
    icc = rgb_profile(P3_TO_XYZ)
    image = Image.read(encoded(stored, "PNG", icc_profile=icc), convert_icc=False)
    assert np.array_equal(image.pixels, stored)
    assert image.icc == icc


@pytest.mark.parametrize("n_levels", [26, 1024])
def test_a_profile_that_means_srgb_leaves_the_pixels_untouched(n_levels):
    stored = random_samples(3)
    icc = rgb_profile(SRGB_TO_XYZ, "under any name", n_levels)
    for convert_icc in (True, False):
        image = Image.read(encoded(stored, "PNG", icc_profile=icc), convert_icc=convert_icc)
        assert np.array_equal(image.pixels, stored)
        assert image.icc == (None if convert_icc else icc)


@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_a_grey_profile_is_converted(gamma):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = Image.read(encoded(ramp, "PNG", icc_profile=grey_profile(gamma)), convert_icc=False)
    expected = 255 * linear_to_srgb((ramp / 255) ** gamma)
    assert np.abs(image.pixels[..., 0] - expected).max() < 1
    assert np.ptp(image.pixels, axis=2).max() == 0
    assert image.icc is None


def test_greys_with_an_rgb_profile_are_that_profiles_greys():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = Image.read(encoded(ramp, "PNG", icc_profile=rgb_profile(P3_TO_XYZ)))
    assert np.array_equal(image.pixels, to_rgb(ramp[..., None]))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile(kind):
    black = np.arange(0, 256, dtype=np.uint8).reshape(16, 16)
    stored = np.stack([black * 0 + 200, black.T, black * 0 + 9, black], axis=2)
    picture = PIL.Image.frombytes("CMYK", (16, 16), stored.tobytes())
    options = {"quality": 100} if kind == "JPEG" else {}
    image = Image.read(encoded(picture, kind, icc_profile=cmyk_profile(), **options))
    f = (100 * (1 - black / 255) + 16) / 116
    expected = 255 * linear_to_srgb(np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)))
    assert np.abs(image.pixels[..., 1] - expected).max() < (12 if kind == "JPEG" else 2)
    assert np.ptp(image.pixels, axis=2).max() <= 1


def test_the_darkest_colour_of_a_profile_becomes_black_and_the_lightest_white():
    extremes = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    image = Image.read(encoded(extremes, "PNG", icc_profile=faded_rgb_profile(black=20)))
    assert np.abs(image.pixels.astype(int) - extremes).max() <= 1


@pytest.mark.parametrize("space", ["rubbish", "cut", "of another space"])
def test_a_profile_of_no_use_is_ignored_with_a_logged_warning(space, caplog):
    icc = {
        "rubbish": b"no profile" * 40,
        "cut": rgb_profile(P3_TO_XYZ)[:300],
        "of another space": grey_profile(1.0),
    }[space]
    stored = random_samples(3)
    image = Image.read(encoded(stored, "PNG", icc_profile=icc))
    assert np.array_equal(image.pixels, stored)
    assert "ICC profile is ignored" in caplog.text


FRAMES = [np.roll(CORNERED, 4 * index, axis=1) for index in range(3)]


def animation(kind, frames=FRAMES, **options):
    first, *others = (PIL.Image.fromarray(frame) for frame in frames)
    return encoded(first, kind, save_all=True, append_images=others, **options)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("GIF", {}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
    ],
)
def test_an_animation_is_refused_without_a_choice_and_read_with_one(kind, options):
    file = animation(kind, **options)
    with pytest.raises(InputError, match=r"holds 3 frames.* one \(--frame N\), N from 0 to 2"):
        Image.read(file)
    for index, frame in enumerate(FRAMES):
        image = Image.read(file, frame=index)
        assert np.abs(image.pixels.astype(int) - frame).max() <= (2 if kind == "AVIF" else 0)
        assert (image.source.frame, image.source.n_frames) == (index, 3)
    for wrong in (3, -1):
        with pytest.raises(InputError, match=rf"no frame {wrong}, it holds 3 frames.* to 2"):
            Image.read(file, frame=wrong)


GIF_COLORS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]], np.uint8)
GIF_OTHERS = np.array([[1, 2, 3], [70, 80, 90], [200, 100, 0], [0, 255, 255]], np.uint8)


@st.composite
def gif_frames(draw):
    frames = []
    for _ in range(draw(st.integers(1, 5))):
        left, top = draw(st.tuples(st.integers(0, 4), st.integers(0, 4)))
        # The first frame stays on the screen: Pillow lets it widen the screen.
        width, height = (draw(st.integers(1, 9 - edge)) for edge in (left, top))
        labels = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 4, (height, width))
        palette = draw(st.sampled_from([None, GIF_OTHERS]))
        disposal, transparent = draw(st.integers(0, 3)), draw(st.sampled_from([None, 0, 3]))
        frames.append(((left, top), labels, palette, disposal, transparent))
    return frames


@given(gif_frames(), st.integers(0, 3))
def test_gif_frames_are_composed_over_transparency(frames, background):
    file = gif((9, 9), frames, palette=GIF_COLORS, background=background)
    canvas = np.zeros((9, 9, 4), np.uint8)
    for index, ((left, top), labels, palette, disposal, transparent) in enumerate(frames):
        before = canvas.copy()
        for (y, x), label in np.ndenumerate(labels):
            if label != transparent:
                colors = GIF_COLORS if palette is None else palette
                canvas[top + y, left + x] = [*colors[label], 255]
        pixels = Image.read(file, frame=index).pixels
        painted = canvas[..., 3] == 255
        assert np.array_equal(pixels[painted][:, :3], canvas[painted][:, :3])
        assert np.array_equal(painted, pixels[..., 3] == 255 if pixels.shape[2] == 4 else painted)
        assert pixels.shape[2] == (3 if painted.all() else 4)
        if disposal == 2:
            canvas[top : top + len(labels), left : left + labels.shape[1]] = 0
        elif disposal == 3:
            canvas = before


def test_a_gif_frame_that_sticks_out_is_cut():
    whole, labels = np.zeros((4, 5), int), np.ones((4, 4), int)
    frames = [((0, 0), whole, None, 0, None), ((3, 2), labels, None, 0, None)]
    pixels = Image.read(gif((5, 4), frames, palette=GIF_COLORS), frame=1).pixels
    expected = np.tile(GIF_COLORS[0], (4, 5, 1))
    expected[2:, 3:] = GIF_COLORS[1]
    assert np.array_equal(pixels, expected)


def test_a_gif_without_a_palette_is_grey():
    pixels = Image.read(gif((2, 1), [((0, 0), np.array([[0, 3]]), None, 0, None)])).pixels
    assert np.ptp(pixels, axis=2).max() == 0


def test_an_interlaced_gif_is_read_in_order():
    picture = PIL.Image.fromarray(np.arange(240, dtype=np.uint8).reshape(20, 12))
    file = encoded(picture, "GIF", interlace=1)
    assert np.array_equal(Image.read(file).pixels, to_rgb(np.asarray(picture)[..., None]))


def test_stray_bytes_between_gif_blocks_are_passed_over():
    file = gif((2, 1), [((0, 0), np.array([[0, 3]]), None, 0, None)], palette=GIF_COLORS)
    stray = file[:25] + b"\0\0" + file[25:]
    assert np.array_equal(Image.read(stray).pixels, Image.read(file).pixels)


def test_a_jpeg_with_further_pictures_is_read_as_its_main_one():
    file = encoded(
        PIL.Image.fromarray(CORNERED),
        "MPO",
        save_all=True,
        append_images=[PIL.Image.new("RGB", (8, 8))],
    )
    assert Image.read(file).pixels.shape == CORNERED.shape


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM"])
def test_the_pixel_limit_is_checked_before_decoding(kind, monkeypatch):
    file = encoded(CORNERED, kind)
    assert Image.read(file, max_pixels=16 * 24).n_pixels == 384
    assert Image.read(file, max_pixels=None).n_pixels == 384
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("decoded"))
    with pytest.raises(InputError, match=r"24×16 is 384 pixels, past the limit of 383; .*max-pix"):
        Image.read(file, max_pixels=383)


@pytest.mark.parametrize(
    "kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "AVIF", "PPM", "16-bit TIFF"]
)
def test_pillows_own_limit_does_not_interfere(kind, monkeypatch):
    file = (
        tiff(CORNERED.astype(np.uint16) * 257) if kind == "16-bit TIFF" else encoded(CORNERED, kind)
    )
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 30)
    monkeypatch.setattr("huepress.read.samples.STRIP", 24)
    assert Image.read(file).n_pixels == 384


def test_a_limit_below_one_pixel_is_refused():
    with pytest.raises(OptionError, match=r"max_pixels=0 is out of range; use 1 or more"):
        Image.read(CORNERED, max_pixels=0)


def test_a_header_that_promises_too_much_is_refused_at_once():
    bomb = b"P6 100000 100000 255\n"
    with pytest.raises(
        InputError, match=r"100000×100000 is 10,000,000,000 pixels, past .*200,000,"
    ):
        Image.read(bomb)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("AVIF", {}),
        ("PPM", {}),
    ],
)
def test_a_truncated_file_is_an_error_or_whole_never_half_a_picture(kind, options, tmp_path):
    file = encoded(random_samples(3, size=(40, 50)), kind, **options)
    whole = Image.read(file).pixels
    failures = 0
    for length in sorted({*range(1, len(file), 97), *range(len(file) - 40, len(file))}):
        path = tmp_path / f"cut.{kind}"
        path.write_bytes(file[:length])
        for source in (file[:length], path):
            try:
                pixels = Image.read(source).pixels
            except InputError:
                failures += 1
            else:
                assert np.array_equal(pixels, whole), length
    assert failures > 40


@pytest.mark.filterwarnings("ignore")
@settings(deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_but_never_crashes(data):
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM"]))
    file = bytearray(encoded(CORNERED, kind, exif=exif(6)))
    for _ in range(data.draw(st.integers(1, 6))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InputError):
        assert Image.read(bytes(file), max_pixels=10**6).n_pixels <= 10**6


def test_a_path_a_string_bytes_a_file_and_a_pipe_read_the_same(tmp_path, monkeypatch):
    path = tmp_path / "a picture.png"
    path.write_bytes(encoded(CORNERED, "PNG", dpi=(300, 300)))
    sources = [path, str(path), path.read_bytes(), bytearray(path.read_bytes())]
    sources += [io.BytesIO(path.read_bytes()), memoryview(path.read_bytes())]
    for source in sources:
        assert np.array_equal(Image.read(source).pixels, CORNERED)
    with path.open("rb") as file:
        assert np.array_equal(Image.read(file).pixels, CORNERED)
        with pytest.raises(InputError, match=r"a picture.png: is empty \(0 bytes\)"):
            Image.read(file)
    for stdin in ("-", Path("-")):
        with path.open() as text:
            monkeypatch.setattr(sys, "stdin", text)
            assert np.array_equal(Image.read(stdin).pixels, CORNERED)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_read(tmp_path):
    import threading

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(encoded(CORNERED, "TIFF"),))
    writer.start()
    assert np.array_equal(Image.read(pipe).pixels, CORNERED)
    writer.join()


def test_the_source_facts_of_a_file(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(CORNERED, "PNG", dpi=(300, 150)))
    os.utime(path, (1_700_000_000, 1_700_000_000.5))
    source = Image.read(path).source
    assert (source.format, source.mode, source.bit_depth) == ("PNG", "RGB", 8)
    assert source.path == path
    assert source.file_bytes == path.stat().st_size
    assert source.mtime == 1_700_000_000.5
    assert source.dpi == pytest.approx((300, 150), abs=0.1)
    assert (source.n_frames, source.frame) == (1, 0)
    assert str(source) == f"8-bit RGB PNG {path}"


def test_reading_leaves_the_file_and_pillow_free_of_each_other(tmp_path):
    path = tmp_path / "a.bmp"
    path.write_bytes(encoded(CORNERED, "BMP"))
    image = Image.read(path)
    path.write_bytes(encoded(255 - CORNERED, "BMP"))
    assert np.array_equal(image.pixels, CORNERED)


@pytest.mark.parametrize(
    "mode",
    ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "La", "CMYK", "YCbCr", "HSV", "LAB"],
)
def test_a_pillow_image_of_any_colour_mode_is_what_pillow_converts_it_to(mode):
    source = PIL.Image.fromarray(random_samples(4))
    if mode in ("PA", "RGBX", "YCbCr", "HSV", "LAB", "CMYK"):
        source = source.convert("RGB")
    picture = source.convert({"PA": "P", "La": "LA"}.get(mode, mode))
    if mode in ("PA", "La"):
        picture = picture.convert(mode)
    before = picture.tobytes()
    straight = picture.convert("LA") if mode == "La" else picture
    expected = np.asarray(straight.convert("RGBA"))
    image = Image.read(picture)
    assert np.array_equal(image.pixels, expected[..., : image.channels])
    assert picture.tobytes() == before
    assert image.source.format == "PIL"


def test_a_16_bit_and_a_float_pillow_image_are_rounded():
    samples = random_samples(1, 16)
    image = Image.read(PIL.Image.fromarray(samples[..., 0]))
    assert np.array_equal(image.pixels, to_rgb(to_levels(samples, 16)))
    floats = np.linspace(0, 1, 20, dtype=np.float32).reshape(4, 5)
    assert np.array_equal(Image.read(PIL.Image.fromarray(floats)).pixels, Image.read(floats).pixels)


def test_an_opened_pillow_image_reads_as_its_file(tmp_path):
    file = encoded(CORNERED, "JPEG", exif=exif(5), icc_profile=rgb_profile(P3_TO_XYZ))
    picture = PIL.Image.open(io.BytesIO(file))
    assert np.array_equal(Image.read(picture).pixels, Image.read(file).pixels)


def test_an_animated_pillow_image_needs_a_frame_and_stays_where_it_was():
    picture = PIL.Image.open(io.BytesIO(animation("GIF")))
    picture.seek(1)
    with pytest.raises(InputError, match="holds 3 frames"):
        Image.read(picture)
    assert np.array_equal(Image.read(picture, frame=2).pixels, FRAMES[2])
    assert picture.tell() == 1


def test_a_pillow_mode_without_a_stated_white_is_refused():
    with pytest.raises(
        InputError, match=r"samples .signed integers, or of 32 bits. .* convert it to 8 or 16 bits"
    ):
        Image.read(PIL.Image.new("I", (2, 2)))


def test_an_empty_pillow_image_is_refused():
    with pytest.raises(InputError, match="0×3; give at least 1×1"):
        Image.read(PIL.Image.new("RGB", (0, 3)))


@pytest.mark.parametrize(
    ("name", "content", "value", "remedy"),
    [
        ("empty.png", b"", "0 bytes", "again"),
        ("notes.png", b"hello world, this is text", "b'hello wo'", "give PNG, JPEG, WebP"),
        ("short.png", b"\x89", r"b'\\x89'", "give PNG, JPEG, WebP"),
        ("noise.bmp", b"BM but a letter, not a bitmap" * 9, "BMP is damaged", "again"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing", "render"),
        ("drawing.txt", b"<?xml version='1.0'?>\n<!-- x --><svg/>", "an SVG drawing", "render"),
        ("drawing.svgz", b"\x1f\x8b" + bytes(9), "an SVG drawing", "render"),
        ("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "an HEIC picture", "pillow-heif"),
        ("photo.jpg", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "an HEIC picture", "pillow-heif"),
        ("photo.jxl", b"\xff\x0a\0\0", "a JPEG XL picture", "djxl"),
        ("photo.jpg", b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture", "djxl"),
        ("paper.pdf", b"%PDF-1.7", "a PDF document", "pdftoppm"),
        ("layers.psd", b"8BPS\0\1", "a Photoshop document", "export"),
        ("print.eps", b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript document", "render"),
        ("scan.jp2", b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture", "turn it into PNG"),
        ("site.ico", b"\0\0\1\0\1\0", "an icon file", "extract"),
        ("shot.nef", b"\0" * 40, "a camera's raw file", "develop"),
    ],
)
def test_what_is_not_a_picture_is_named_with_a_remedy(name, content, value, remedy, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=value) as caught:
        Image.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert caught.match(remedy)


def test_paths_that_cannot_be_opened_say_why(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"a file without a name; name one"):
        Image.read("")
    with pytest.raises(InputError, match=r"missing.png: no such file; check"):
        Image.read(tmp_path / "missing.png")
    with pytest.raises(InputError, match=r"is a folder, not a file; name the files in it"):
        Image.read(tmp_path)
    with pytest.raises(InputError, match=r"cannot be opened .*; check the path"):
        Image.read("nul\0byte.png")
    (tmp_path / "secret.png").write_bytes(b"x")

    def denied(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(InputError, match=r"secret.png: permission denied .*; make the file"):
        Image.read(tmp_path / "secret.png")


def test_files_that_give_no_bytes_say_why(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"gives str, not bytes; open it in mode 'rb'"):
        Image.read(io.StringIO("text"))
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(InputError, match=r"cannot be read .*; reopen it"):
        Image.read(closed)

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    with pytest.raises(InputError, match=r"is a terminal, not a picture; pipe a file"):
        Image.read("-")


def test_zero_size_files_of_each_header_are_refused():
    empty = png(np.zeros((1, 1, 3), np.uint8), 8, 2)
    header = b"\0\0\0\0\0\0\0\0" + empty[24:29]
    with pytest.raises(InputError, match="PNG is damaged"):
        Image.read(empty[:8] + png_chunk(b"IHDR", header) + empty[33:])
    with pytest.raises(InputError, match="PPM is damaged"):
        Image.read(b"P6 0 0 255\n")


def test_too_little_memory_is_reported(monkeypatch):
    def starve(self):
        raise MemoryError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", starve)
    with pytest.raises(InputError, match="more memory than there is; scale it down"):
        Image.read(encoded(CORNERED, "PNG"))


@pytest.mark.parametrize("turn", [1, 6])
def test_reading_a_file_holds_the_pixels_once_beside_pillows(turn, monkeypatch):
    file = encoded(np.zeros((400, 500, 3), np.uint8), "JPEG", exif=exif(turn))
    Image.read(file)
    monkeypatch.setattr("huepress.read.samples.STRIP", 1000)
    tracemalloc.start()  # which sees NumPy's memory, not Pillow's
    image = Image.read(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * image.pixels.nbytes


def test_reading_prints_nothing(capfd, caplog):
    caplog.set_level(logging.WARNING)
    Image.read(encoded(CORNERED, "PNG", icc_profile=b"rubbish"))
    assert capfd.readouterr() == ("", "")
