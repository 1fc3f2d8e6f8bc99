"""Laws of the PNG encoder: exact pixels, and no more structure than needed."""

from __future__ import annotations

import dataclasses
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from cases import cases
from huepress.errors import FormatError, InputError
from huepress.formats import orders as ordering
from huepress.formats import png
from huepress.formats.metadata import Metadata
from huepress.formats.png import plans, trials
from huepress.formats.png.file import Samples, packed
from huepress.read.png_chunks import PALETTE
from huepress.values.codebook import Codebook
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette, Slots
from indexed_images import images, random_image, rgba
from png_files import chunks

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"


def in_order(image: IndexedImage, **how) -> bytes:
    """Write every code at its place, as a palette."""
    return png.encode_slots(Slots(Palette.of(image.codebook), image.labels), **how)


def header(data: bytes) -> dict[str, int]:
    values = struct.unpack(">IIBBBBB", dict(chunks(data))[b"IHDR"])
    return dict(
        zip(("width", "height", "depth", "color", "", "", "interlace"), values, strict=True)
    )


def tiled(image: IndexedImage) -> IndexedImage:
    """The same codes and labels over so many pixels that a palette pays."""
    times = int(np.ceil(np.sqrt(4000 / image.labels.size)))
    return IndexedImage(image.codebook, np.tile(image.labels, (times, times)))


def pillow_rgba(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGBA")).copy()
    pixels[pixels[..., 3] == 0] = 0
    return pixels


@cases(120)
@given(image=images(), effort=st.sampled_from(["fast", "default"]), keep_order=st.booleans())
def test_a_palette_png_gives_back_every_pixel(image, effort, keep_order):
    data = (in_order if keep_order else png.encode)(image, effort=effort)
    assert np.array_equal(rgba(png.decode(data)), rgba(image))
    assert np.array_equal(pillow_rgba(data), rgba(image))


@cases(60)
@given(image=images())
def test_with_its_order_kept_it_gives_back_codebook_and_labels(image):
    back = png.decode(in_order(image))
    assert np.array_equal(back.codebook.rgba, image.codebook.rgba)
    assert np.array_equal(back.labels, image.labels)


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 2, 3, 5, 16, 17, 256])
@pytest.mark.parametrize("grey", [False, True])
def test_the_best_effort_gives_back_every_pixel_and_is_no_larger_than_the_default(k, grey):
    image = random_image(k, 20, 23, grey=grey, seed=k)
    best = png.encode(image, effort="best")
    assert np.array_equal(pillow_rgba(best), rgba(image))
    assert len(best) <= len(png.encode(image, effort="default"))


@pytest.mark.parametrize("effort", ["fast", "default", "best"])
@pytest.mark.parametrize("shape", [(1, 1), (40, 60), (120, 100)])
def test_labels_that_no_filter_helps_are_written_with_every_effort(effort, shape):
    image = random_image(17, *shape)
    draft = png.draft(image, effort=effort, filtered=False)
    assert draft.least_bytes <= draft.expected_bytes
    assert np.array_equal(rgba(png.decode(draft.encode())), rgba(image))


def test_the_best_effort_is_no_larger_than_the_default_even_if_its_trials_mislead(monkeypatch):
    astray = dataclasses.replace(
        plans.PLANS["best"],
        attempts=(plans.Attempt(ordering.luminance, ("average",)),),
        direct=("average",),
    )
    monkeypatch.setitem(plans.PLANS, "best", astray)
    image = random_image(40, 30, 30)
    assert len(png.encode(image, effort="best")) <= len(png.encode(image, effort="default"))


def test_filters_are_given_up_where_none_comes_near_and_tried_where_one_does(monkeypatch):
    tried = set()
    write = Samples.write

    def noted(samples, filtering, *how):
        tried.add(filtering)
        return write(samples, filtering, *how)

    monkeypatch.setattr(Samples, "write", noted)
    png.encode(random_image(40, 100, 100))
    in_vain = tried.copy()
    y, x = np.mgrid[:100, :90]
    tried.clear()
    png.encode(IndexedImage(random_image(200, 4, 4).codebook, (x * 2 + y * 3) % 200))
    assert in_vain < tried
    assert in_vain.isdisjoint({"sub", "up", "paeth"})


def test_a_draft_that_promises_fewer_bytes_takes_fewer():
    noise = random_image(200, 80, 90)
    y, x = np.mgrid[:80, :90]
    drafts = [png.draft(noise), png.draft(IndexedImage(noise.codebook, (x + y) % 200))]
    assert drafts[1].expected_bytes < drafts[0].expected_bytes
    assert len(drafts[1].encode()) < len(drafts[0].encode())


@pytest.mark.slow
@pytest.mark.parametrize("effort", ["default", "best"])
@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("k", [2, 7, 40])
def test_a_small_file_takes_no_fewer_bytes_than_its_draft_says_at_the_least(k, filtered, effort):
    y, x = np.mgrid[:30, :33]
    noise = random_image(k, 30, 33)
    planes = noise.labels, (x + y) % k, (x // 5 + y // 3) % k, np.where(x < y, noise.labels, 0)
    for labels in planes:
        image = IndexedImage(noise.codebook, labels.astype(np.uint8)).without_unused()
        draft = png.draft(image, effort=effort, filtered=filtered)
        assert len(draft.encode()) >= draft.least_bytes


@pytest.mark.parametrize("size", [30, 120])
@pytest.mark.parametrize("filtered", [False, True])
def test_a_limit_leaves_out_files_but_changes_none(size, filtered):
    y, x = np.mgrid[:size, :size]
    image = IndexedImage(random_image(40, 1, 1).codebook, ((x * y // 7 + y) % 40).astype(np.uint8))
    file = png.draft(image, filtered=filtered).encode()
    above, below = len(file) + 1, len(file) // 2
    assert png.draft(image, filtered=filtered).encode_below(above) == file
    assert png.draft(image, filtered=filtered).encode_below(below) is None


def test_no_order_and_filter_of_the_plan_makes_a_small_picture_smaller():
    sprite = IndexedImage(random_image(24, 1, 1).codebook, random_image(24, 16, 16).labels)
    sprite = IndexedImage(sprite.codebook, sprite.labels.repeat(4, 0).repeat(4, 1))
    least = len(png.encode(sprite))
    for order, filters, _ in plans.PLANS["default"].small:
        image = sprite.permuted(order(sprite))
        samples = Samples(packed(image.labels, 8), 64, 8, PALETTE, image.codebook.rgba)
        assert all(len(samples.write(name, 12)) >= least for name in filters)


def test_dithered_labels_of_four_codes_take_fewer_bytes_at_a_byte_a_label():
    x = np.mgrid[:300, :300][1]
    labels = (x / 100 + np.random.default_rng(0).random(x.shape)).astype(np.uint8)
    image = IndexedImage(Codebook.from_hex(["#f00", "#f70", "#ff0", "#fff"]), labels)
    two_bits = Samples(packed(labels, 2), 300, 2, PALETTE, image.codebook.rgba)
    assert len(png.encode(image)) < 0.97 * len(two_bits.write("none", "normal"))


def test_a_mask_of_two_colours_may_take_fewer_bytes_at_a_byte_a_label():
    y, x = np.mgrid[:34, :34] - 16.5
    disc = IndexedImage(random_image(2, 1, 1).codebook, (x**2 + y**2 < 250).astype(np.uint8))
    sizes = [
        len(
            Samples(packed(disc.labels, depth), 34, depth, PALETTE, disc.codebook.rgba).write(
                "none", 12
            )
        )
        for depth in (1, 2, 4, 8)
    ]
    assert min(sizes) < sizes[0]
    assert len(png.encode(disc)) <= min(sizes)


def test_a_tile_of_two_colours_may_take_the_fewest_bytes_at_two_bits_a_label():
    drawn = np.random.default_rng(1)
    places, tile = drawn.random((8, 8)) < 0.5, drawn.random((12, 12)) < 0.5
    image = IndexedImage(random_image(2, 1, 1).codebook, np.kron(places, tile).astype(np.uint8))
    sizes = {
        depth: len(
            Samples(packed(image.labels, depth), 96, depth, PALETTE, image.codebook.rgba).write(
                "none", 12
            )
        )
        for depth in (1, 2, 4, 8)
    }
    assert min(sizes, key=lambda depth: sizes[depth]) == 2
    assert len(png.encode(image)) <= sizes[2]


def test_a_large_picture_is_tried_by_a_quarter_of_its_rows_as_if_by_all(monkeypatch):
    y, x = np.mgrid[:1600, :1400]
    noise = np.random.default_rng(0).integers(0, 40, y.shape)
    image = IndexedImage(random_image(200, 1, 1).codebook, ((x + y) // 9 % 120 + noise) % 200)
    ordered = image.permuted(ordering.popularity(image))
    samples = Samples(ordered.labels, 1400, 8, PALETTE, ordered.codebook.rgba)
    level = plans.PLANS["default"].trial_level
    whole = len(samples.write("none", level)) * trials.UNFILTERED_GAIN
    heights, write = [], Samples.write
    monkeypatch.setattr(
        Samples,
        "write",
        lambda samples, *how: heights.append(samples.height) or write(samples, *how),
    )
    assert abs(png.draft(image, filtered=False).expected_bytes / whole - 1) < 0.02
    assert max(heights) <= 400


@pytest.mark.parametrize(
    ("k", "depths"),
    [(1, {1}), (2, {1}), (3, {2}), (4, {2}), (5, {4, 8}), (16, {4, 8}), (17, {8}), (256, {8})],
)
@pytest.mark.parametrize("keep_order", [False, True])
def test_the_bit_depth_is_the_least_that_holds_the_labels(k, depths, keep_order):
    labels = np.arange(k).repeat(3).reshape(k, 3)
    image = tiled(IndexedImage(random_image(k, 1, 1, seed=9).codebook, labels))
    data = (in_order if keep_order else png.encode)(image)
    found = header(data)
    assert found["color"] == 3
    assert found["interlace"] == 0
    assert found["depth"] in depths
    assert len(dict(chunks(data))[b"PLTE"]) == 3 * k


def test_a_picture_without_extras_has_no_chunk_but_the_necessary():
    opaque = png.encode(tiled(random_image(9, 5, 5)))
    assert [name for name, _ in chunks(opaque)] == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    mixed = png.encode(tiled(random_image(9, 5, 5, "mixed")))
    assert [name for name, _ in chunks(mixed)] == [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"]


@cases(40)
@given(image=images(alphas=("one transparent", "mixed", "all translucent")))
def test_trns_has_one_entry_for_each_code_in_use_that_is_not_opaque(image):
    used = image.codebook.rgba[np.unique(image.labels)]
    expected = int((used[:, 3] < 255).sum())
    found = dict(chunks(png.encode(tiled(image))))
    assert len(found.get(b"tRNS", b"")) == expected


def test_trns_of_a_kept_order_ends_with_the_last_code_that_is_not_opaque():
    colors = np.array([[1, 2, 3, 255], [4, 5, 6, 9], [7, 8, 9, 255], [1, 1, 1, 255]], np.uint8)
    image = IndexedImage(Codebook(colors), np.array([[0, 1, 2, 3]]))
    assert dict(chunks(in_order(image)))[b"tRNS"] == bytes([255, 9])


def test_unused_codes_are_dropped_unless_the_order_is_kept():
    image = tiled(IndexedImage(Codebook.from_hex(["#123", "#f00", "#00f"]), np.array([[2, 0]])))
    assert len(dict(chunks(png.encode(image)))[b"PLTE"]) == 6
    assert dict(chunks(in_order(image)))[b"PLTE"].hex() == "112233ff00000000ff"


@pytest.mark.parametrize(
    ("values", "depth"),
    [((0, 255), 1), ((0, 85, 170), 2), ((17, 34, 238), 4), ((1, 2, 3, 4, 5), 8), ((255,), 1)],
)
def test_greys_are_written_without_palette_at_the_least_depth(values, depth):
    codebook = Codebook(np.repeat(np.array(values, np.uint8)[:, None], 3, axis=1))
    labels = np.random.default_rng(0).integers(0, len(values), (11, 13))
    labels[0, : len(values)] = range(len(values))
    data = png.encode(IndexedImage(codebook, labels), effort="best")
    found = header(data)
    # Eight grey codes or fewer may be smaller as a palette of fewer bits.
    if found["color"] == 0:
        assert found["depth"] in (depth, 8)
        assert b"PLTE" not in dict(chunks(data))
    assert np.array_equal(pillow_rgba(data)[..., 0], np.array(values)[labels])


@pytest.mark.parametrize(("alpha", "color"), [("opaque", 2), ("all translucent", 6)])
def test_an_icon_of_many_colours_does_without_a_palette(alpha, color):
    icon = random_image(200, 16, 16, alpha)
    data, palette = png.encode(icon), in_order(icon)
    assert header(data)["color"] == color
    assert header(palette)["color"] == 3
    assert len(data) < len(palette)
    assert np.array_equal(pillow_rgba(data), rgba(icon))


def test_an_image_of_all_greys_needs_no_palette():
    image = random_image(256, 40, 40, grey=True)
    assert header(png.encode(image))["color"] == 0
    assert header(in_order(image))["color"] == 3


def test_grey_codes_with_alpha_stay_a_palette():
    image = random_image(200, 40, 40, "mixed", grey=True)
    assert header(png.encode(image))["color"] == 3


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [False, True])
def test_truecolor_gives_back_every_pixel_and_has_an_alpha_channel_only_if_needed(alpha):
    image = random_image(400, 20, 31, "mixed" if alpha else "opaque")
    for effort in ("fast", "default", "best"):
        data = png.encode_truecolor(image.codebook.rgba[image.labels], effort=effort)
        assert header(data)["color"] == (6 if alpha else 2)
        assert np.array_equal(rgba(png.decode(data)), rgba(image))


def test_more_than_256_codes_are_refused_with_the_remedy():
    with pytest.raises(FormatError, match=r"k=257 exceeds the 256 .* \.npz container"):
        png.encode(random_image(257, 3, 3))


def test_what_is_to_be_kept_is_in_the_file():
    data = png.encode(random_image(9, 5, 5), metadata=Metadata(EXIF, SRGB, (300, 72)))
    with Image.open(BytesIO(data)) as image:
        assert image.info["icc_profile"] == SRGB
        assert image.info["dpi"] == pytest.approx((300, 72), abs=0.01)
        assert dict(image.getexif()) == {274: 1}
    names = [name for name, _ in chunks(data)]
    assert sorted(names) == sorted([b"IHDR", b"iCCP", b"PLTE", b"pHYs", b"eXIf", b"IDAT", b"IEND"])
    assert names.index(b"iCCP") < names.index(b"PLTE")


def test_greys_with_an_rgb_profile_stay_a_palette():
    image = random_image(256, 40, 40, grey=True)
    assert header(png.encode(image, metadata=Metadata(icc=SRGB)))["color"] == 3


def test_a_grey_profile_makes_a_grey_file_or_is_refused():
    profile = SRGB[:16] + b"GRAY" + SRGB[20:]
    grey = random_image(9, 5, 5, grey=True)
    assert header(png.encode(grey, metadata=Metadata(icc=profile)))["color"] == 0
    with pytest.raises(FormatError, match="grey ICC profile"):
        png.encode(random_image(9, 5, 5), metadata=Metadata(icc=profile))
    with pytest.raises(FormatError, match="for GRAY"):
        png.encode_truecolor(np.zeros((2, 2, 3), np.uint8), metadata=Metadata(icc=profile))


def test_encoding_twice_gives_the_same_bytes():
    image = random_image(40, 30, 30, "mixed")
    assert png.encode(image) == png.encode(image)


@cases(60)
@given(cut=st.integers(0, 400))
def test_a_png_cut_short_is_refused(cut):
    data = png.encode(random_image(40, 30, 30), effort="fast")
    with pytest.raises(FormatError):
        png.decode(data[: min(cut, len(data) - 13)])


def test_a_png_with_a_flipped_bit_in_its_pixels_is_refused():
    data = bytearray(png.encode(random_image(40, 30, 30), effort="fast"))
    data[data.index(b"IDAT") + 40] ^= 1
    with pytest.raises(FormatError, match="damaged PNG"):
        png.decode(bytes(data))


def test_a_pixel_beyond_the_palette_is_refused():
    data = in_order(random_image(200, 30, 30))
    place = data.index(b"PLTE")
    short = data[place + 4 : place + 4 + 30]
    plte = struct.pack(">I", 30) + b"PLTE" + short + struct.pack(">I", zlib.crc32(b"PLTE" + short))
    with pytest.raises(FormatError, match="beyond the palette"):
        png.decode(data[: place - 4] + plte + data[place + 4 + 600 + 4 :])


def test_files_of_other_programs_are_read_by_their_colours():
    pixels = np.random.default_rng(0).integers(0, 255, (7, 9, 4), np.uint8)
    pixels[0, :2] = [(9, 9, 9, 0), (7, 7, 7, 0)]
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    back = png.decode(stream.getvalue())
    pixels[0, :2] = 0
    assert np.array_equal(rgba(back), pixels)


def test_a_palette_with_equal_entries_is_read_with_one_code_for_them():
    image = Image.fromarray(np.array([[0, 1, 2, 3]], np.uint8))
    image.putpalette(bytes.fromhex("aa2233 445566 aa2233 118899"))
    stream = BytesIO()
    image.save(stream, "PNG")
    back = png.decode(stream.getvalue())
    assert back.codebook.hex()[:3] == ["#aa2233", "#445566", "#118899"]
    assert back.labels.tolist() == [[0, 1, 0, 2]]


def test_sixteen_bits_animation_and_too_many_pixels_are_refused():
    stream = BytesIO()
    Image.fromarray(np.zeros((2, 2), np.uint16)).save(stream, "PNG")
    with pytest.raises(FormatError, match="16 bits"):
        png.decode(stream.getvalue())
    stream = BytesIO()
    frames = [Image.new("L", (3, 3), value) for value in (0, 9)]
    frames[0].save(stream, "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(FormatError, match="animated"):
        png.decode(stream.getvalue())
    with pytest.raises(InputError, match="limit"):
        png.decode(png.encode(random_image(4, 30, 30)), max_pixels=899)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
@pytest.mark.parametrize("width", [1, 7, 8, 9, 16])
def test_packing_is_what_numpy_packs(depth, width):
    samples = np.random.default_rng(width).integers(0, 2**depth, (3, width)).astype(np.uint8)
    bits = (samples[..., None] >> np.arange(depth - 1, -1, -1)) & 1
    expected = np.packbits(bits.reshape(3, -1), axis=1)
    assert packed(samples, depth).tobytes() == expected.tobytes()
