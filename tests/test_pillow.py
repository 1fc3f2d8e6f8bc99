"""Pillow's pictures in and out: `huepress.pillow`."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageCms
from tests.cases import cases

import huepress
from huepress import Codebook, Image, IndexedImage, Palette, Slots
from huepress.pillow import quantize, to_pillow

MODES = ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV"]
MODES += ["LAB", "I;16", "I;16B"]


def noise(mode: str = "RGBA", size: tuple[int, int] = (30, 20)) -> PillowImage.Image:
    bands = {"I;16": 1, "I;16B": 1}.get(mode) or len(PillowImage.new(mode, (1, 1)).getbands())
    width = 2 if "16" in mode else 1
    levels = np.random.default_rng(0).integers(0, 256, (size[1], size[0] * bands * width), np.uint8)
    if mode == "RGBA":
        levels[levels == 0] = 1  # no clear pixel, for which a palette may get one more entry
    if mode == "1":
        return PillowImage.fromarray(levels).convert("1")
    return PillowImage.frombytes(mode, size, levels.tobytes())


def rgba(picture: PillowImage.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGBA"))


def saved(picture: PillowImage.Image, kind: str, **how: object) -> bytes:
    stream = BytesIO()
    picture.save(stream, kind, **how)
    return stream.getvalue()


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_becomes_a_palette_picture_of_its_size(mode: str) -> None:
    before = noise(mode)
    small = quantize(before, 5)
    assert (small.mode, small.size) == ("P", before.size)
    assert 1 <= len(small.getcolors()) <= 5


@pytest.mark.parametrize("mode", ["I", "F"])
def test_a_mode_that_does_not_say_what_white_is_is_refused_with_a_remedy(mode: str) -> None:
    picture = PillowImage.new(mode, (4, 3), 300)
    with pytest.raises(huepress.InputError, match=r"convert it|rescale"):
        quantize(picture)


def test_floats_from_0_to_1_are_taken() -> None:
    ramp = PillowImage.fromarray(np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4))
    assert len(quantize(ramp, 3).getcolors()) == 3


@cases(40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 256), st.sampled_from([0, 90, 254, 255]))
def test_what_pillow_saves_is_exact_to_pillow_and_to_us(seed: int, n: int, alpha: int) -> None:
    rng = np.random.default_rng(seed)
    colors = rng.integers(0, 256, (n, 4), np.uint8)
    colors[:, 3] = rng.choice(np.array([alpha, 255, 255], np.uint8), n)
    colors[colors[:, 3] == 0] = 0
    picture = PillowImage.fromarray(colors[rng.integers(0, n, (9, 14))])
    small = quantize(picture, 256)
    assert np.array_equal(rgba(small), rgba(picture))
    for kind, how in (("PNG", {}), ("WEBP", {"lossless": True})):
        data = saved(small, kind, **how)
        with PillowImage.open(BytesIO(data)) as again:
            assert np.array_equal(rgba(again), rgba(picture))
        ours = Image.read(data)
        assert np.array_equal(ours.pixels, rgba(picture)[..., : ours.channels])


def test_one_clear_entry_is_named_by_its_place_which_gif_keeps() -> None:
    colors = np.array([[200, 0, 0, 255], [0, 0, 0, 0], [0, 0, 200, 255]], np.uint8)
    picture = PillowImage.fromarray(colors[np.arange(24).reshape(4, 6) % 3])
    small = quantize(picture)
    with PillowImage.open(BytesIO(saved(small, "GIF"))) as again:
        assert np.array_equal(rgba(again), rgba(picture))


def test_colours_are_those_of_compress() -> None:
    picture = noise("RGBA")
    result = huepress.compress(np.asarray(picture), k=9, dither="diffusion")
    small = quantize(picture, 9, dither=PillowImage.Dither.FLOYDSTEINBERG)
    assert np.array_equal(rgba(small), result.indexed.decode())


def test_a_palette_is_used_whole_and_each_entry_stays_at_its_place() -> None:
    names = ["#ff0000", "#00ff00", "#ff0000", "#0000ff80", "#010203"]
    book = Palette.from_hex(names)
    own = to_pillow(Slots(book, np.array([[0, 1], [2, 3]])))
    picture = noise("RGBA")
    small = quantize(picture, palette=own)
    assert small.getpalette("RGB") == own.getpalette("RGB")
    assert small.info["transparency"] == own.info["transparency"]
    again = quantize(picture, palette=book)
    assert saved(again, "PNG") == saved(small, "PNG")
    plain = quantize(picture, palette=book, dither=PillowImage.Dither.NONE)
    assert saved(plain, "PNG") != saved(small, "PNG")  # with a palette, as in Pillow, it dithers
    assert 2 not in np.asarray(plain)  # the first of equal entries serves


def test_an_rgba_palette_of_pillow_keeps_its_alpha() -> None:
    entries = np.array([[255, 0, 0, 255], [0, 0, 255, 128]], np.uint8)
    own = PillowImage.frombytes("P", (2, 1), b"\0\1")
    own.putpalette(entries.tobytes(), "RGBA")
    slots = Image.read(own, keep_palette=True).slots
    assert np.array_equal(slots.palette.entries[:2], entries)
    assert len(quantize(noise("RGBA"), palette=own, dither=0).getcolors()) == 2


def test_neither_orientation_nor_facts_nor_an_rgb_profile_are_lost() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    picture = noise("RGB")
    picture.info.update(exif=exif.tobytes(), icc_profile=profile, dpi=(300, 300))
    small = quantize(picture, 4)
    assert small.size == picture.size
    assert small.info["exif"] == picture.info["exif"]
    assert small.info["icc_profile"] == profile
    assert small.info["dpi"] == (300, 300)


def test_the_profile_of_a_mode_that_is_converted_goes() -> None:
    grey = noise("L")
    grey.info["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert "icc_profile" not in quantize(grey, 4).info


def test_the_frame_that_is_shown_is_taken_and_the_picture_stays_at_it() -> None:
    frames = [PillowImage.new("P", (4, 4), color) for color in (0, 1, 2)]
    for frame in frames:
        frame.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    stream = BytesIO(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    with PillowImage.open(stream) as animated:
        animated.seek(1)
        assert quantize(animated, 2).convert("RGB").getpixel((0, 0)) == (0, 255, 0)
        assert animated.tell() == 1


def test_method_and_kmeans_change_nothing() -> None:
    picture = noise("RGBA")
    plain = saved(quantize(picture, 7), "PNG")
    assert saved(quantize(picture, 7, PillowImage.Quantize.MEDIANCUT, 3), "PNG") == plain


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"colors": 257}, "colors=257 is out of range; use 1 to 256"),
        ({"colors": 0}, "colors=0"),
        ({"method": 4}, "method=4"),
        ({"kmeans": -1}, "kmeans=-1"),
        ({"dither": PillowImage.Dither.RASTERIZE}, "use NONE, ORDERED or FLOYDSTEINBERG"),
        ({"palette": PillowImage.new("RGB", (1, 1))}, "mode RGB; give one of mode P"),
        ({"palette": [1, 2, 3]}, "palette is a list"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_right(arguments: dict, said: str) -> None:
    with pytest.raises(huepress.OptionError, match=said):
        quantize(noise("RGB"), **arguments)


def test_a_picture_of_another_library_is_refused() -> None:
    with pytest.raises(huepress.OptionError, match="im is an array; give a Image"):
        quantize(np.zeros((2, 2, 3), np.uint8))


def test_more_colours_than_mode_p_holds_are_refused_with_a_remedy() -> None:
    many = np.arange(257 * 3, dtype=np.uint16).reshape(-1, 3).astype(np.uint8)
    many[:, 0] = np.arange(257) // 2
    many[:, 1] = np.arange(257) % 2
    indexed = IndexedImage(Codebook(many), np.arange(257)[None])
    with pytest.raises(huepress.FormatError, match="257 colours exceed the 256"):
        to_pillow(indexed)


def test_the_way_back_gives_the_codebook_and_the_labels() -> None:
    book = Codebook.from_hex(["#102030", "#a0b0c080", "#00000000"])
    indexed = IndexedImage(book, np.array([[0, 1, 2], [2, 1, 0]]))
    slots = Image.read(to_pillow(indexed), keep_palette=True).slots
    assert np.array_equal(slots.palette.entries[:3], book.rgba)
    assert np.array_equal(slots.places, indexed.labels)
