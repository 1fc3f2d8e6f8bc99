"""Laws of every format but PNG, of metadata, and of the registry."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

import huepress
from cases import cases
from huepress import formats
from huepress.errors import FormatError, InputError, OptionError
from huepress.formats import gif, npz, pair, png, webp
from huepress.formats.metadata import Metadata
from huepress.read.png_chunks import RGB
from huepress.values.codebook import Codebook
from huepress.values.indexed import IndexedImage
from indexed_images import images, random_image, rgba

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
ALL_KS = (1, 2, 3, 4, 5, 16, 17, 255, 256, 257, 700)


def pillow_rgba(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGBA")).copy()
    pixels[pixels[..., 3] == 0] = 0
    return pixels


# Every format


@pytest.mark.parametrize("name", formats.FORMATS)
@cases(40)
@given(image=images(ALL_KS))
def test_what_a_format_writes_decodes_to_the_same_pixels_or_is_refused(name, image):
    limits = formats.FORMATS[name]
    alpha = image.codebook.rgba[:, 3]
    semi = ((alpha > 0) & (alpha < 255)).any()
    too_many = limits.max_codes is not None and len(image.codebook) > limits.max_codes
    if too_many or (limits.alpha == "binary" and semi):
        with pytest.raises(OptionError if too_many else FormatError, match="use"):
            formats.encode(image, name, effort="fast")
        return
    encoded = formats.encode(image, name, effort="fast")
    formats.verify(encoded, image)
    contents = [content for _, content in encoded.files]
    back = formats.decode(contents[0], labels=contents[1] if len(contents) > 1 else None)
    assert np.array_equal(rgba(back), rgba(image))
    written = formats.FORMATS[encoded.format]
    assert encoded.format in (formats.AUTO if limits.chosen_from else (name,))
    assert [suffix for suffix, _ in encoded.files] == list(written.suffixes)


@pytest.mark.slow
@pytest.mark.parametrize("name", formats.FORMATS)
@pytest.mark.parametrize("effort", ["fast", "default", "best"])
def test_every_effort_gives_back_every_pixel_and_the_same_bytes_again(name, effort):
    image = random_image(60, 12, 17, "one transparent")
    encoded = formats.encode(image, name, effort=effort)
    formats.verify(encoded, image)
    assert encoded == formats.encode(image, name, effort=effort)


@pytest.mark.parametrize("name", formats.FORMATS)
def test_verify_notices_one_wrong_pixel(name):
    image = random_image(60, 12, 17, "one transparent")
    labels = image.labels.copy()
    labels[-1, -1] = (labels[-1, -1] + 1) % 60
    encoded = formats.encode(IndexedImage(image.codebook, labels), name)
    with pytest.raises(FormatError, match="1 pixels of the"):
        formats.verify(encoded, image)


def test_verify_notices_another_size():
    image = random_image(9, 4, 6)
    turned = IndexedImage(image.codebook, image.labels.T)
    with pytest.raises(FormatError, match="6×4"):
        formats.verify(formats.encode(image, "png"), turned)


def test_an_opaque_alpha_channel_is_no_difference():
    image = random_image(9, 4, 6)
    with_alpha = IndexedImage(Codebook(image.codebook.rgba), image.labels)
    for name in formats.FORMATS:
        formats.verify(formats.encode(with_alpha, name), image)


def test_a_format_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(OptionError, match=r"'jxl'.*webp, gif, png24, auto, smallest, npz"):
        formats.encode(random_image(2, 1, 1), "jxl")


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff\xe0", b"RIFF1234AVI "])
def test_data_in_no_known_format_is_refused(data):
    with pytest.raises(FormatError, match="no known format"):
        formats.decode(data)


@pytest.mark.parametrize("name", ["png", "webp", "gif", "npz"])
@cases(60)
@given(data=st.data())
def test_damage_is_refused_or_harmless_but_never_another_error(name, data):
    image = random_image(20, 9, 11)
    content = bytearray(formats.encode(image, name, effort="fast").files[0][1])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    try:
        result = formats.decode(bytes(content), max_pixels=10**6)
    except (FormatError, InputError):
        return
    assert int(result.labels.max()) < len(result.codebook)


@pytest.mark.parametrize("name", ["png", "webp", "gif", "npz", "npy"])
def test_too_many_pixels_are_refused_before_decoding(name):
    contents = [c for _, c in formats.encode(random_image(4, 30, 30), name).files]
    labels = contents[1] if len(contents) > 1 else None
    with pytest.raises(InputError, match="30×30"):
        formats.decode(contents[0], labels=labels, max_pixels=899)
    assert formats.decode(contents[0], labels=labels, max_pixels=900).labels.shape == (30, 30)


def test_the_format_is_told_by_content_not_by_suffix(tmp_path):
    image = random_image(20, 9, 11)
    for name in ("png", "webp", "gif", "npz"):
        path = tmp_path / f"{name}.txt"
        path.write_bytes(formats.encode(image, name).files[0][1])
        assert np.array_equal(rgba(formats.decode(path)), rgba(image))


def test_a_file_that_is_missing_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="no such file; check its name"):
        formats.decode(tmp_path / "none.png")


def test_what_cannot_be_decoded_is_said_as_of_pictures_that_are_compressed(tmp_path):
    stored = formats.encode(
        IndexedImage(Codebook.from_hex(["#123"]), np.zeros((4, 5), "u1")), "png"
    )
    path = tmp_path / "small.png"
    path.write_bytes(bytes(stored))
    for source in (tmp_path, path):
        with pytest.raises(InputError) as read:
            huepress.Image.read(source, max_pixels=19)
        with pytest.raises(InputError) as decoded:
            formats.decode(source, max_pixels=19)
        assert str(read.value) == str(decoded.value)


def test_a_stream_that_cannot_be_decoded_is_named(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with (
        path.open("rb") as file,
        pytest.raises(FormatError, match=r"notes\.txt: .* no known format"),
    ):
        formats.decode(file)
    with path.open() as file, pytest.raises(InputError, match="gives str, not bytes"):
        formats.decode(file)


# WebP and GIF


def test_webp_keeps_exif_and_profile():
    data = webp.encode_pixels(
        random_image(9, 5, 5).decode(), metadata=Metadata(EXIF, SRGB, (300, 300))
    )
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["icc_profile"] == SRGB
        assert dict(image.getexif()) == {274: 1}


def test_webp_stores_full_transparency_as_it_is():
    image = random_image(600, 30, 40, "one transparent")
    labels = image.labels.copy()
    labels[::2] = int(image.codebook.colors[:, 3].argmin())
    image = IndexedImage(image.codebook, labels)
    with Image.open(io.BytesIO(webp.encode_pixels(image.decode()))) as read:
        assert np.array_equal(np.asarray(read), image.decode())


@pytest.mark.parametrize("metadata", [Metadata(), Metadata(EXIF), Metadata(None, SRGB)])
@pytest.mark.parametrize("k", [2, 5, 200])
def test_labels_take_no_more_in_a_webp_than_libwebp_makes_of_them(k, metadata):
    image = random_image(k, 40, 60)
    data = webp.encode(image, metadata=metadata)
    assert len(data) <= len(webp.encode_pixels(image.decode(), metadata=metadata))
    with Image.open(io.BytesIO(data)) as read:
        assert np.array_equal(np.asarray(read.convert("RGBA")), image.codebook.rgba[image.labels])
        assert read.info.get("icc_profile") == metadata.icc
        assert bool(dict(read.getexif())) == (metadata.exif is not None)


def test_webp_refuses_sides_it_cannot_have():
    with pytest.raises(FormatError, match=r"16384×1 .*16383.*PNG"):
        webp.encode_pixels(random_image(2, 1, 16384).decode())


def test_gif_keeps_the_order_of_the_codes():
    image = random_image(100, 30, 30, "one transparent")
    back = gif.decode(gif.encode(image))
    top = int(image.labels.max()) + 1
    assert np.array_equal(back.labels, image.labels)
    assert np.array_equal(back.codebook.rgba[:top], image.codebook.rgba[:top])


def test_gif_of_all_greys_in_order_is_read_though_pillow_calls_it_grey():
    codebook = Codebook(np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1))
    image = IndexedImage(codebook, np.arange(256).reshape(16, 16))
    assert gif.decode(gif.encode(image)) == image


def test_gif_refuses_semi_transparent_codes_with_the_remedy():
    image = IndexedImage(Codebook.from_hex(["#11223380", "#fff"]), np.array([[0, 1]]))
    with pytest.raises(FormatError, match=r"1 codes are semi-transparent \(alpha 128\).*PNG or W"):
        gif.encode(image)


def test_animations_are_refused():
    frames = [Image.new("RGB", (3, 3), color) for color in ("red", "blue")]
    for name in ("GIF", "WEBP"):
        stream = io.BytesIO()
        frames[0].save(stream, name, save_all=True, append_images=frames[1:])
        with pytest.raises(FormatError, match="animated"):
            formats.decode(stream.getvalue())


# The container


@cases(60)
@given(image=images(ALL_KS), pinned=st.integers(0, 700))
def test_a_container_gives_back_codebook_labels_and_pins(image, pinned):
    codebook = Codebook(image.codebook.colors, min(pinned, len(image.codebook)))
    image = IndexedImage(codebook, image.labels)
    assert npz.decode(npz.encode(image)) == image


def test_a_container_is_read_by_plain_numpy():
    image = random_image(300, 9, 11, "mixed")
    with np.load(io.BytesIO(npz.encode(image)), allow_pickle=False) as arrays:
        assert sorted(arrays) == ["codebook", "labels", "pinned", "version"]
        assert arrays["version"] == 1
        assert arrays["labels"].dtype == np.uint16
        assert np.array_equal(arrays["codebook"][arrays["labels"]], image.decode())


def test_a_container_tells_neither_date_nor_system(monkeypatch):
    image = random_image(9, 5, 5)
    data = npz.encode(image)
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert npz.encode(image) == data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.create_system for info in archive.infolist()} == {3}


def test_a_container_keeps_metadata():
    kept = Metadata(EXIF, SRGB, (300.5, 72))
    image = random_image(9, 5, 5)
    with np.load(io.BytesIO(npz.encode(image, metadata=kept)), allow_pickle=False) as arrays:
        assert arrays["exif"].tobytes() == kept.exif
        assert arrays["icc"].tobytes() == SRGB
        assert arrays["dpi"].tolist() == [300.5, 72]
    with np.load(io.BytesIO(npz.encode(image)), allow_pickle=False) as arrays:
        assert {"exif", "icc", "dpi"}.isdisjoint(arrays)


def container(**changes: object) -> bytes:
    arrays = {
        "codebook": np.array([[1, 2, 3], [4, 5, 6]], np.uint8),
        "labels": np.array([[0, 1]], np.uint8),
        "version": np.array(1),
        "pinned": np.array(0),
    } | changes
    stream = io.BytesIO()
    np.savez(stream, **{name: value for name, value in arrays.items() if value is not None})
    return stream.getvalue()


def test_a_container_written_by_plain_numpy_is_read():
    assert npz.decode(container()).labels.tolist() == [[0, 1]]
    assert npz.decode(container(pinned=None)).codebook.pinned == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": None}, "no 'labels' in the .npz"),
        ({"version": None}, "no 'version'"),
        ({"version": np.array(2)}, "version 2; this program reads versions up to 1: upgrade"),
        ({"version": np.array("1")}, "'version' has shape"),
        ({"codebook": np.zeros((2, 3))}, "'codebook' has shape .* float64"),
        ({"codebook": np.zeros((2, 5), np.uint8)}, "contradicts itself: .* have shape"),
        ({"codebook": np.zeros((0, 3), np.uint8)}, "contradicts itself"),
        ({"labels": np.array([[0, 2]], np.uint8)}, "contradicts itself: label 2"),
        ({"labels": np.array([[0, 1]], np.uint16)}, "labels of type uint16 for 2 codes"),
        ({"labels": np.array([[0, 1]], np.int64)}, "'labels' has shape .* int64"),
        ({"labels": np.array([0, 1], np.uint8)}, r"'labels' has shape \(2,\)"),
        ({"labels": np.zeros((0, 4), np.uint8)}, "4×0"),
        ({"labels": np.array([[None]], object)}, "object"),
        ({"pinned": np.array(3)}, "contradicts itself: 3 pinned"),
        ({"pinned": np.array(0.5)}, "'pinned' has shape"),
    ],
)
def test_a_container_that_breaks_the_rules_is_refused(changes, message):
    with pytest.raises(FormatError, match=message):
        npz.decode(container(**changes))


def test_a_container_that_claims_a_huge_picture_is_refused_before_it_is_read():
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "|u1", "fortran_order": False, "shape": (10**6, 10**6)}
    )
    data = container(labels=None)
    target = io.BytesIO(data)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("labels.npy", stream.getvalue())
    with pytest.raises(InputError, match="limit"):
        npz.decode(target.getvalue(), max_pixels=10**8)


# Two files


def grey_png(array: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG", **options)
    return stream.getvalue()


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


CODES = np.array([[1, 2, 3], [4, 5, 6], [250, 251, 252]], np.uint8)
LABELS = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)


@pytest.mark.parametrize("k", [1, 2, 16, 256, 257, 1000])
def test_the_label_file_is_an_ordinary_grey_png_whose_grey_is_the_label(k):
    image = random_image(k, 9, 11, "mixed")
    codebook, labels = pair.encode(image)
    assert np.array_equal(np.load(io.BytesIO(codebook)), image.codebook.colors)
    with Image.open(io.BytesIO(labels)) as read:
        assert read.mode == ("L" if k <= 256 else "I;16")
        assert np.array_equal(np.asarray(read), image.labels)


def test_the_files_of_a_pair_find_each_other(tmp_path):
    image = random_image(20, 9, 11)
    files = formats.encode(image, "npy").paths(tmp_path / "photo.npy")
    assert [path.name for path in files] == ["photo.npy", "photo-labels.png"]
    for path, content in files.items():
        path.write_bytes(content)
    assert formats.decode(tmp_path / "photo.npy") == image
    (tmp_path / "photo-labels.png").rename(tmp_path / "other.png")
    with pytest.raises(FormatError, match=r"photo-labels\.png are not beside it"):
        formats.decode(tmp_path / "photo.npy")
    assert formats.decode(tmp_path / "photo.npy", labels=tmp_path / "other.png") == image


def test_a_codebook_alone_and_labels_too_many_are_refused():
    with pytest.raises(FormatError, match="without labels"):
        formats.decode(npy(CODES))
    with pytest.raises(FormatError, match="labels go with a codebook"):
        formats.decode(grey_png(LABELS), labels=grey_png(LABELS))


@pytest.mark.parametrize(
    "codebook",
    [CODES, CODES / 255, CODES.astype(np.float32), CODES + 0.4, CODES.astype(np.int64)],
    ids=["uint8", "0-1", "0-255", "unrounded", "int64"],
)
def test_codebooks_of_old_notebooks_are_read(codebook):
    back = pair.decode(npy(codebook), grey_png(LABELS))
    assert np.array_equal(back.decode(), CODES[LABELS])


def test_codes_that_round_to_one_colour_become_one_code():
    codebook = np.array([[9.0, 9, 9], [200, 0, 0], [9.4, 9, 8.8]])
    back = pair.decode(npy(codebook), grey_png(LABELS))
    assert len(back.codebook) == 2
    assert back.labels.tolist() == [[0, 1, 0], [0, 1, 0]]


def test_an_optimizer_may_have_put_the_greys_into_a_palette_or_fewer_bits():
    greys = Image.fromarray(LABELS)
    greys.putpalette(np.arange(256, dtype=np.uint8).repeat(3).tobytes())
    stream = io.BytesIO()
    greys.save(stream, "PNG")
    assert np.array_equal(pair.decode(npy(CODES), stream.getvalue()).labels, LABELS)
    zeros = np.zeros((2, 3), bool)
    assert pair.decode(npy(CODES), grey_png(zeros)).labels.tolist() == [[0] * 3] * 2


def other(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(LABELS).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("codebook", "labels", "message"),
    [
        (npy(CODES), other("JPEG"), "JPEG, and a lossy format changes labels.*as PNG"),
        (npy(CODES), other("BMP"), "not a PNG"),
        (npy(CODES), grey_png(LABELS[..., None].repeat(3, 2)), "in colour"),
        (npy(CODES), grey_png(LABELS + 1), "label 3 with a codebook of 3 codes"),
        (npy(CODES), grey_png(LABELS)[:-30], "damaged label PNG"),
        (npy(CODES[:, :2]), grey_png(LABELS), r"shape \(3, 2\)"),
        (npy(CODES[0]), grey_png(LABELS), r"shape \(3,\)"),
        (npy(CODES[:0]), grey_png(LABELS), r"shape \(0, 3\)"),
        (npy(CODES + 0.5j), grey_png(LABELS), "type complex128"),
        (npy(CODES * np.nan), grey_png(LABELS), "values from nan"),
        (npy(CODES.astype(int) - 2), grey_png(LABELS), "values from -1 to 250"),
        (npy(CODES.astype(int) * 2), grey_png(LABELS), "to 504"),
        (npy(np.array([["a"] * 3])), grey_png(LABELS), "type <U1"),
        (npy(CODES)[:-3], grey_png(LABELS), "damaged codebook"),
        (npy(np.array([[None] * 3])), grey_png(LABELS), "type object"),
    ],
)
def test_a_pair_that_breaks_the_rules_is_refused(codebook, labels, message):
    with pytest.raises(FormatError, match=message):
        pair.decode(codebook, labels)


# Metadata


def exif(orientation: int, *, little: bool = True, mark: bytes = b"") -> bytes:
    order = "little" if little else "big"

    def n(value: int, size: int) -> bytes:
        return value.to_bytes(size, order)

    width = n(0x0100, 2) + n(3, 2) + n(1, 4) + n(77, 2) + b"\0\0"
    turn = n(0x0112, 2) + n(3, 2) + n(1, 4) + n(orientation, 2) + b"\0\0"
    return mark + (b"II*\0" if little else b"MM\0*") + n(8, 4) + n(2, 2) + width + turn + n(0, 4)


@pytest.mark.parametrize("little", [False, True])
@pytest.mark.parametrize("mark", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_kept_exif_says_upright_and_is_otherwise_unchanged(little, mark, orientation):
    kept = Metadata(exif=exif(orientation, little=little, mark=mark)).exif
    assert kept == exif(1, little=little)


@pytest.mark.parametrize("damage", [b"", b"II", b"XX*\0\x08\0\0\0", exif(6)[:20], exif(6)[:9]])
def test_damaged_exif_is_refused(damage):
    with pytest.raises(FormatError, match="do not keep it"):
        Metadata(exif=damage)


def test_a_profile_that_is_none_and_a_resolution_that_cannot_be_are_refused():
    with pytest.raises(FormatError, match="not an ICC profile"):
        Metadata(icc=b"x" * 200)
    for dpi in ((0, 72), (72, float("nan")), (72, float("inf"))):
        with pytest.raises(FormatError, match="positive"):
            Metadata(dpi=dpi)


def test_true_colour_is_asked_for_by_name_and_never_a_silent_fallback():
    image = random_image(257, 20, 20)
    with pytest.raises(OptionError, match="k=257 exceeds the 256 colours of a PNG palette"):
        formats.encode(image, "png")
    data = formats.encode(image, "png24").files[0][1]
    assert png.read_header(data).color_type == RGB


def test_paths_put_the_other_files_beside_the_first():
    encoded = formats.Encoded("npy", ((".npy", b"a"), ("-labels.png", b"b")))
    paths = [path.as_posix() for path in encoded.paths(Path("a.b/c.d.npy"))]
    assert paths == ["a.b/c.d.npy", "a.b/c.d-labels.png"]
