"""Laws of palettes that are used as they are: every entry at its place, clear pixels clear."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from cases import cases
from huepress import Codebook, FormatError, Image, InputError, OptionError, Palette, Slots, compress
from huepress.formats import decode, gif, npz, png
from huepress.formats.palettes import read_palette
from huepress.formats.png.file import packed
from program import huepress

SPRITE = ["#ff00ff00", "#141414", "#c82828", "#141414", "#fadc3c", "#c82828", "#ffffff"]


def sprite(entries: list[str] = SPRITE, side: int = 12) -> tuple[Palette, np.ndarray]:
    """A palette with repeated, unused and clear entries, and places into all but the last."""
    colors = np.array(
        [tuple(bytes.fromhex(entry[1:].ljust(8, "f"))) for entry in entries], np.uint8
    )
    places = (
        np.random.default_rng(0)
        .integers(0, max(len(entries) - 1, 1), (side, side))
        .astype(np.uint8)
    )
    return Palette(colors), places


def pillow_png(palette: Palette, places: np.ndarray, **options: object) -> bytes:
    picture = PillowImage.fromarray(places)
    picture.putpalette(palette.entries[:, :3].tobytes())
    stream = io.BytesIO()
    clear = (palette.alpha != 255).any()
    picture.save(stream, "PNG", **({"transparency": palette.alpha.tobytes()} if clear else {}))
    return stream.getvalue()


def read_back(encoded, name: str) -> Slots:
    contents = [content for _, content in encoded.files]
    if name == "npy":
        colors = np.load(io.BytesIO(contents[0]))
        return Slots(Palette(colors), np.asarray(PillowImage.open(io.BytesIO(contents[1]))))
    return {"png": png, "gif": gif, "npz": npz}[name].decode_slots(*contents)


palettes = st.lists(
    st.sampled_from(["#000000", "#ffffff", "#ff0000", "#00ff0080", "#11223300", "#00000000"]),
    min_size=1,
    max_size=20,
)


@cases(60)
@given(entries=palettes, seed=st.integers(0, 9), format_name=st.sampled_from(["png", "npz", "npy"]))
def test_kept_palettes_come_out_entry_for_entry_and_place_for_place(entries, seed, format_name):
    palette, _ = sprite(entries)
    rng = np.random.default_rng(seed)
    places = rng.integers(0, len(palette), (5, 7)).astype(np.uint8)
    result = compress(pillow_png(palette, places), keep_palette=True, format=format_name)
    found = read_back(result.encoded, format_name)
    assert np.array_equal(found.palette.entries, palette.entries)
    assert np.array_equal(found.places, places)
    shown = decode(
        result.encoded.files[0][1],
        labels=result.encoded.files[1][1] if format_name == "npy" else None,
    )
    seen = palette.entries[places]
    seen[seen[..., 3] == 0] = 0
    assert np.array_equal(shown.codebook.rgba[shown.labels], seen)
    assert result.distortion.mse == 0


def test_pillow_reads_the_same_places_and_entries_from_a_kept_palette():
    palette, places = sprite()
    data = compress(pillow_png(palette, places), keep_palette=True).encoded.files[0][1]
    with PillowImage.open(io.BytesIO(data)) as picture:
        assert np.array_equal(np.asarray(picture), places)
        assert picture.getpalette() == palette.entries[:, :3].ravel().tolist()


@pytest.mark.parametrize("depth", [1, 4, 8])
def test_bitmaps_keep_their_palettes_grey_ramps_too(depth):
    rng = np.random.default_rng(depth)
    greys = np.linspace(0, 255, 2**depth).astype(int)[:, None].repeat(3, axis=1)
    for colors in (rng.integers(0, 256, (2**depth, 3)), greys, greys[: 2**depth - 1]):
        places = rng.integers(0, len(colors), (6, 8)).astype(np.uint8)
        data = bitmap(colors.astype(np.uint8), places, depth)
        image = Image.read(data, keep_palette=True)
        assert np.array_equal(image.slots.palette.entries[:, :3], colors)
        assert np.array_equal(image.slots.places, places)
        assert np.array_equal(image.slots.decode()[..., :3], image.pixels)


def bitmap(colors: np.ndarray, places: np.ndarray, depth: int) -> bytes:
    table = np.zeros((len(colors), 4), np.uint8)
    table[:, :3] = colors[:, ::-1]
    rows = [packed(row[None], depth).tobytes() for row in places[::-1]]
    raster = b"".join(row.ljust(-(-len(row) // 4) * 4, b"\0") for row in rows)
    start = 54 + table.nbytes
    height, width = places.shape
    header = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, depth, 0, len(raster), 0, 0, len(colors), 0
    )
    head = b"BM" + struct.pack("<IHHI", start + len(raster), 0, 0, start)
    return head + header + table.tobytes() + raster


def test_a_gif_keeps_its_palette_and_places_and_has_one_clear_entry():
    palette, places = sprite()
    first = compress(pillow_png(palette, places), keep_palette=True, format="gif")
    again = compress(first.encoded.files[0][1], keep_palette=True, format="gif")
    for result in (first, again):
        found = read_back(result.encoded, "gif")
        assert np.array_equal(found.palette.entries[: len(palette)], palette.entries)
        assert np.array_equal(found.places, places)
    two_clear, places = sprite([*SPRITE, "#12345600", "#000000"])
    found = read_back(
        compress(pillow_png(two_clear, places), keep_palette=True, format="gif").encoded, "gif"
    )
    assert np.array_equal(found.palette.entries[:9, :3], two_clear.entries[:, :3])
    assert np.flatnonzero(found.palette.alpha == 0).tolist() == [0]
    moved = np.where(places == 7, 0, places)
    assert np.array_equal(found.places, moved)


def test_frames_of_a_gif_keep_the_palette_that_they_have():
    palette, places = sprite()
    frames = []
    for frame in (places, places.T):
        picture = PillowImage.fromarray(np.ascontiguousarray(frame))
        picture.putpalette(palette.entries[:, :3].tobytes())
        frames.append(picture)
    stream = io.BytesIO()
    frames[0].save(
        stream, "GIF", save_all=True, append_images=frames[1:], optimize=False, disposal=2
    )
    image = Image.read(stream.getvalue(), frame=1, keep_palette=True)
    assert np.array_equal(image.slots.palette.entries[: len(palette), :3], palette.entries[:, :3])
    result = compress(image, keep_palette=True)
    assert np.array_equal(result.slots.decode()[..., :3], image.pixels[..., :3])


def test_a_turned_picture_keeps_its_places_turned_as_its_pixels():
    palette, places = sprite(side=9)
    picture = PillowImage.open(io.BytesIO(pillow_png(palette, places[:5])))
    for orientation in range(1, 9):
        exif = PillowImage.Exif()
        exif[274] = orientation
        stream = io.BytesIO()
        picture.save(stream, "PNG", exif=exif)
        image = Image.read(stream.getvalue(), keep_palette=True)
        assert np.array_equal(image.slots.decode(), np.asarray(image.pixels))


def test_a_picture_without_palette_has_none_to_keep(tmp_path):
    path = tmp_path / "grey.png"
    PillowImage.new("L", (4, 4), 9).save(path)
    for source in (path, np.zeros((4, 4, 3), np.uint8)):
        with pytest.raises(InputError, match="has no palette to keep"):
            compress(source, keep_palette=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "webp"}, "webp has no palette to keep; use one of png, gif"),
        ({"format": "auto"}, "no palette order"),
        ({"palette": Palette.from_hex(["#000"])}, "give one of them"),
        ({"quality": 80}, "keep_palette|keep.palette"),
        ({"pinned": Codebook.from_hex(["#000"])}, "used as it is"),
        ({"k": 4}, "used whole, and k=4"),
        ({"keep": frozenset({"hidden-rgb"}), "format": "gif"}, "one colour under full"),
    ],
)
def test_a_kept_palette_goes_with_nothing_that_would_change_it(options, message):
    palette, places = sprite()
    with pytest.raises(OptionError, match=message):
        compress(pillow_png(palette, places), keep_palette=True, **options)


@pytest.mark.parametrize("format_name", ["png", "gif", "npz", "npy"])
def test_a_given_palette_keeps_every_entry_and_labels_take_the_first_of_a_colour(format_name):
    palette = Palette.from_hex(["#ff0000", "#000000", "#ff0000", "#ffffff", "#000000", "#0000ff"])
    pixels = np.random.default_rng(1).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    result = compress(pixels, palette=palette, format=format_name)
    found = read_back(result.encoded, format_name)
    assert np.array_equal(found.palette.entries[: len(palette)], palette.entries)
    assert set(np.unique(found.places)) <= {0, 1, 3, 5}
    assert result.k == 6
    assert len(result.indexed.codebook) == 4


def test_a_codebook_given_as_palette_keeps_codes_that_no_pixel_has():
    given_codes = Codebook(np.array([[1, 1, 1], [9, 9, 9], [200, 0, 0]], np.uint8))
    result = compress(np.full((4, 4, 3), 200, np.uint8), palette=given_codes)
    assert read_back(result.encoded, "png").palette == Palette.of(given_codes)


@pytest.mark.parametrize("dither", ["none", "diffusion", "ordered"])
@pytest.mark.parametrize("space", ["oklab", "srgb", "linear"])
def test_opaque_pixels_stay_opaque_and_clear_ones_clear_under_a_palette_without_alpha(
    dither, space
):
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, (40, 40, 4)).astype(np.uint8)
    pixels[..., :3] = 90 + pixels[..., :3] // 4  # greys between the inks, where clear is not far
    palette = Palette.from_hex(["#000", "#fff", "#f00"])
    result = compress(pixels, palette=palette, dither=dither, space=space)
    out = result.slots.decode()
    assert np.array_equal(out[..., 3] == 255, pixels[..., 3] >= 128)
    assert np.array_equal(out[..., 3] == 0, pixels[..., 3] < 128)
    assert np.array_equal(result.slots.palette.entries[:3], palette.entries)
    assert result.slots.palette.entries[3].tolist() == [0, 0, 0, 0]


def test_a_palette_with_soft_entries_is_mapped_with_its_alpha():
    palette = Palette.from_hex(["#00000000", "#ffffff80", "#ffffff"])
    alpha = np.array([[0, 120, 140, 255]], np.uint8)
    pixels = np.dstack([np.full((1, 4, 3), 255, np.uint8), alpha])
    assert compress(pixels, palette=palette).slots.places.tolist() == [[0, 1, 1, 2]]


def test_a_full_palette_gives_a_repeated_entry_to_clear_pixels_or_is_refused():
    colors = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, :, 3] = 255
    with pytest.raises(FormatError, match="no place for one; leave a colour out"):
        compress(pixels, palette=Palette(colors))
    repeated = colors.copy()
    repeated[7] = 3
    slots = compress(pixels, palette=Palette(repeated)).slots
    assert np.array_equal(slots.palette.entries[:, :3], repeated)
    assert np.flatnonzero(slots.palette.alpha == 0).tolist() == [7]
    assert slots.places.tolist() == [[0, 0], [7, 7]]
    laid = compress(pixels, palette=Palette(colors), matte="#050505", alpha_threshold=0)
    assert laid.slots.places.tolist() == [[0, 0], [5, 5]]


def test_a_palette_too_long_for_the_format_is_refused_by_its_own_name():
    palette = Palette(np.zeros((300, 3), np.uint8))
    pixels = np.zeros((2, 2, 3), np.uint8)
    for format_name in ("png", "gif"):
        with pytest.raises(OptionError, match="palette's 300 entries exceed the 256 colours"):
            compress(pixels, palette=palette, format=format_name)
    assert len(compress(pixels, palette=palette, format="npz").slots.palette) == 300


def test_repeated_entries_of_a_container_are_one_code():
    colors = np.array([[5, 5, 5], [9, 9, 9], [5, 5, 5]], np.uint8)
    stream = io.BytesIO()
    labels = np.array([[0, 1, 2]], np.uint8)
    np.savez(stream, codebook=colors, labels=labels, version=1, pinned=3)
    image = decode(stream.getvalue())
    assert image.codebook == Codebook(colors[:2], 2)
    assert image.labels.tolist() == [[0, 1, 0]]


def test_verification_notices_a_lost_or_shifted_entry():
    palette, places = sprite()
    result = compress(pillow_png(palette, places), keep_palette=True)
    from huepress.formats import encode, verify

    in_order = Slots(Palette.of(result.indexed.codebook), result.indexed.labels)
    for wrong in (encode(result.indexed, "png"), encode(result.indexed, "png", slots=in_order)):
        with pytest.raises(FormatError, match="palette of the png file"):
            verify(wrong, result.indexed, result.slots)


@cases(60)
@given(
    seed=st.integers(0, 99),
    matte=st.one_of(st.none(), st.sampled_from(["#fff", "#000000", "204060"])),
    threshold=st.one_of(st.none(), st.integers(0, 255)),
)
def test_flattening_is_compositing_on_srgb_bytes_or_a_cut(seed, matte, threshold):
    from huepress.values.flatten import flattened

    pixels = np.random.default_rng(seed).integers(0, 256, (6, 5, 4)).astype(np.uint8)
    pixels[0, 0, 3] = 0
    image = Image(pixels)
    if threshold == 0 and matte is None:
        with pytest.raises(OptionError, match="leaves nothing clear"):
            flattened(image, matte, threshold)
        return
    flat = flattened(image, matte, threshold)
    if matte is None and threshold is None:
        assert flat is image
        return
    cut = threshold if threshold is not None else 1
    alpha = pixels[..., 3]
    out = np.dstack([flat.pixels, np.full((6, 5), 255)])[..., :4]
    assert np.array_equal(out[..., 3], np.where(alpha < cut, 0, 255))
    visible = alpha >= cut
    wanted = pixels[..., :3].astype(float)
    if matte is not None:
        behind = np.array(list(bytes.fromhex(matte.strip("#").ljust(6, "f"))))
        share = alpha[..., None] / 255
        wanted = wanted * share + behind * (1 - share)
    assert np.abs(out[..., :3] - wanted)[visible].max(initial=0) <= 0.5


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"k": 8}, {"quality": 70}, {"target_size": 4000}, {}])
def test_a_gif_of_soft_art_needs_a_word_about_its_alpha_and_then_has_no_soft_code(options):
    y, x = np.mgrid[:48, :64]
    pixels = np.zeros((48, 64, 4), np.uint8)
    pixels[..., 0], pixels[..., 1] = 4 * x, 5 * y
    pixels[..., 3] = np.clip(600 - 20 * np.hypot(y - 24, x - 32), 0, 255)
    with pytest.raises(FormatError, match=r"half transparent.*--alpha-threshold 128.*--matte"):
        compress(pixels, format="gif", **options)
    cut = compress(pixels, format="gif", alpha_threshold=100, **options)
    assert np.array_equal(cut.indexed.decode()[..., 3], np.where(pixels[..., 3] < 100, 0, 255))
    laid = compress(pixels, format="gif", matte="#fff", alpha_threshold=0, **options)
    assert laid.indexed.codebook.channels == 3


def test_options_about_alpha_are_checked():
    pixels = np.zeros((4, 4, 4), np.uint8)
    for options, message in [
        ({"alpha_threshold": 256}, "256 is out of range; use 0 to 255"),
        ({"alpha_threshold": -1}, "-1 is out of range"),
        ({"matte": "white"}, "not a colour; write #rrggbb"),
        ({"matte": "#ffffff80"}, "is not opaque"),
    ]:
        with pytest.raises(OptionError, match=message):
            compress(pixels, k=4, **options)


def test_the_program_keeps_palettes_and_takes_a_sprite_as_one(tmp_path):
    palette, places = sprite()
    (tmp_path / "sprite.png").write_bytes(pillow_png(palette, places))
    (tmp_path / "inks.hex").write_text("000000\nffffff\nff0000\n000000\n")
    run = huepress(
        "compress", "sprite.png", "--keep-palette", "-o", "kept.png", "--allow-larger", cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    assert "7 entries, each at its place; pixels have 6; clear is 0" in run.stdout
    kept = png.decode_slots((tmp_path / "kept.png").read_bytes())
    assert kept == Slots(palette, places)
    assert read_palette(tmp_path / "kept.png") == palette
    for file, wanted in [
        ("sprite.png", palette),
        ("inks.hex", read_palette(tmp_path / "inks.hex")),
    ]:
        run = huepress(
            "compress", "sprite.png", "--palette", file, "-o", "out.png", "-f", "--allow-larger",
            "--json", cwd=tmp_path,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        facts = json.loads(run.stdout)
        dressed = png.decode_slots((tmp_path / "out.png").read_bytes())
        n = len(wanted)
        assert np.array_equal(dressed.palette.entries[:n], wanted.entries)
        clear = dressed.palette.alpha[dressed.places] == 0
        assert np.array_equal(clear, palette.alpha[places] == 0)
        assert facts["k"] == len(dressed.palette)


def test_the_program_says_what_to_do_about_soft_alpha(tmp_path):
    ramp = np.zeros((16, 16, 4), np.uint8)
    ramp[..., 3] = np.arange(0, 256, 16)
    PillowImage.fromarray(ramp).save(tmp_path / "art.png")
    run = huepress("compress", "art.png", "-o", "art.gif", cwd=tmp_path)
    assert run.returncode == 1
    assert "--alpha-threshold 128" in run.stderr
    assert "--matte" in run.stderr
    run = huepress(
        "compress", "art.png", "-o", "art.gif", "--matte", "fff", "--allow-larger", cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    with PillowImage.open(tmp_path / "art.gif") as made:
        out = np.asarray(made.convert("RGBA"))
    assert (out[:, 0, 3] == 0).all()
    assert np.abs(out[:, 1:, 0] - (255.0 - ramp[:, 1:, 3])).max() <= 1


def test_other_colours_that_were_asked_for_are_written_whatever_they_take(tmp_path):
    picture = np.zeros((16, 16, 4), np.uint8)
    picture[4:12, 4:12] = 9, 9, 9, 200
    PillowImage.fromarray(picture).save(tmp_path / "small.png", optimize=True)
    (tmp_path / "inks.hex").write_text("".join(f"{value:06x}\n" for value in range(200)))
    for name, asked in [
        ("inks", ["--palette", "inks.hex"]),
        ("laid", ["--matte", "102030", "--alpha-threshold", "0"]),
        ("cut", ["--alpha-threshold", "128"]),
    ]:
        run = huepress("compress", "small.png", *asked, "-o", f"{name}.png", cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        out = np.asarray(PillowImage.open(tmp_path / f"{name}.png").convert("RGBA"))
        assert sorted(set(out[..., 3].ravel().tolist())) == ([255] if name == "laid" else [0, 255])
