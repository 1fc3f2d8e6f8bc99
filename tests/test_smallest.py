"""Laws of `--format smallest`: the least file of palettes, lossy WebP and AVIF at one score."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageCms, features

import huepress
from huepress import CompressOptions, IndexedImage, formats, metrics
from huepress.errors import FormatError, OptionError, QualityError
from huepress.formats import lossy
from huepress.formats.lossy import Coder
from huepress.report import report_html
from program import huepress as run

Pixels = NDArray[np.uint8]
CODERS = [
    "webp",
    pytest.param(
        "avif", marks=pytest.mark.skipif(not features.check("avif"), reason="Pillow has no AVIF")
    ),
]
PICTURES = ["photo", "art", "drawing", "icon"]


def drawn(name: str) -> Pixels:
    """A photograph, a part of it that fades, a drawing with shades, or an icon with soft edges."""
    from skimage.data import astronaut

    if name == "photo":
        return np.ascontiguousarray(astronaut()[:160, 120:312])
    if name == "art":
        fade = np.tile(np.linspace(0, 255, 120).astype(np.uint8), (96, 1))
        return np.dstack([astronaut()[40:136, 150:270], fade])
    y, x = np.mgrid[:96, :128]
    if name == "drawing":
        pixels = np.full((96, 128, 3), 250, np.uint8)
        pixels[20:60, 10:70, 0] = (4 * y + x)[20:60, 10:70] % 256
        pixels[70:74, 10:110] = (200, 0, 0)
        return pixels
    radius = np.hypot(y[:48, :48] - 23.5, x[:48, :48] - 23.5)
    alpha = np.clip(255 * (22 - radius), 0, 255)
    return np.dstack([5 * y[:48, :48], 5 * x[:48, :48], 180 - 3 * radius, alpha]).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture of each kind."""
    for name in PICTURES:
        PillowImage.fromarray(drawn(name)).save(tmp_path / f"{name}.png")
    return tmp_path


def facts(*words: object, cwd: Path) -> dict:
    answer = run(*words, "--json", cwd=cwd)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


# -- the promise -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("quality", [60, 85])
@pytest.mark.parametrize("name", PICTURES)
def test_smallest_is_never_larger_than_auto_at_the_same_quality(
    folder: Path, name: str, quality: int
) -> None:
    wish = ["--quality", quality, "--allow-larger", "--out-dir"]
    auto = facts("compress", f"{name}.png", "--format", "auto", *wish, "a", cwd=folder)
    least = facts("compress", f"{name}.png", "--format", "smallest", *wish, "s", cwd=folder)
    if auto["ssimulacra2"] >= quality:
        assert least["output_bytes"] <= auto["output_bytes"]
    written = folder / least["output"]
    assert written.stat().st_size == least["output_bytes"]
    assert written.suffix == "." + least["format"]
    compared = facts("compare", f"{name}.png", least["output"], cwd=folder)
    assert compared["ssimulacra2"] >= quality
    assert compared["ssimulacra2"] == pytest.approx(least["ssimulacra2"], abs=1e-3)
    assert compared["mse"] == pytest.approx(least["mse"])
    assert compared["other_colors"] == least["output_colors"]


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_other_programs_read_the_file_with_its_size_and_alpha(folder: Path, name: str) -> None:
    least = facts("compress", f"{name}.png", "--format", "smallest", "--out-dir", "s", cwd=folder)
    pixels = drawn(name)
    with PillowImage.open(folder / least["output"]) as image:
        assert image.size == pixels.shape[1::-1]
        assert image.has_transparency_data == (pixels.shape[2] == 4)
        back = np.asarray(image.convert("RGBA"))
    assert metrics.ssimulacra2(pixels, back) == pytest.approx(least["ssimulacra2"], abs=1e-3)


@pytest.mark.slow
def test_a_size_holds_and_gives_no_less_than_auto_does(folder: Path) -> None:
    for name in ("art", "drawing"):
        wish = ["--target-size", 3000, "--allow-larger"]
        auto, least = (
            facts("compress", f"{name}.png", "--format", kind, *wish, "--out-dir", kind, cwd=folder)
            for kind in ("auto", "smallest")
        )
        assert least["output_bytes"] <= 3000
        assert least["ssimulacra2"] >= min(auto["ssimulacra2"], 69)


def test_a_photograph_becomes_a_lossy_file_of_half_the_bytes() -> None:
    photo = drawn("photo")
    auto, least = (huepress.compress(photo, format=name) for name in ("auto", "smallest"))
    assert not least.is_indexed
    assert least.output_bytes < 0.6 * auto.output_bytes
    assert least.score >= 80


@pytest.mark.slow
def test_what_every_quality_of_a_lossy_format_misses_is_written_without_loss() -> None:
    photo = drawn("photo")
    result = huepress.compress(photo, format="smallest", quality=99)
    assert result.score >= 99
    with PillowImage.open(io.BytesIO(bytes(result))) as image:
        assert np.array_equal(np.asarray(image), photo)
    assert "every pixel is there exactly" in report_html(result)


@pytest.mark.slow
def test_a_size_with_room_for_every_pixel_loses_none() -> None:
    photo = drawn("photo")
    result = huepress.compress(photo, format="smallest", target_size=10**6)
    assert np.array_equal(result.pixels, photo)
    assert result.score == 100


def test_nothing_is_lost_of_few_colours_unless_a_quality_is_asked() -> None:
    few = drawn("drawing") // 64 * 64
    result = huepress.compress(few, format="smallest")
    assert result.is_indexed
    assert np.array_equal(result.pixels, few)
    assert "nothing need be lost" in result.found.left_out[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["photograph", "page"])
def test_large_pictures_whose_samples_are_tried_first_keep_the_promise(name: str) -> None:
    from skimage.data import astronaut

    # The smallest pictures that have samples: of 240 rows and 150,000 pixels.
    pixels = np.pad(astronaut(), ((0, 88), (0, 113), (0, 0)), "symmetric")
    if name == "page":
        pixels = np.full((600, 625, 3), 255, np.uint8)
        pixels[50:550:20, 40:580:3] = np.arange(180)[:, None] + (0, 40, 70)
    auto, least = (
        huepress.compress(pixels, format=kind, quality=75) for kind in ("auto", "smallest")
    )
    assert least.output_bytes <= auto.output_bytes
    assert least.score >= 75
    assert least.is_indexed == (name == "page")
    sized = huepress.compress(pixels, format="smallest", target_size=least.output_bytes)
    assert sized.output_bytes <= least.output_bytes
    assert sized.score >= 70


@pytest.mark.slow
def test_letters_stay_crisp_where_little_is_asked() -> None:
    """Below a score of 80, lossy files of drawings smear what palettes keep."""
    for score in (40, 60):
        result = huepress.compress(drawn("drawing"), format="smallest", quality=score)
        assert result.is_indexed or result.score >= 80


@pytest.mark.slow
def test_a_size_that_nothing_fits_is_refused() -> None:
    with pytest.raises(QualityError, match="and 20 were asked"):
        huepress.compress(drawn("photo"), format="smallest", target_size=20)


# -- what it tells ---------------------------------------------------------------------------------


def test_a_result_without_codes_says_so_and_has_its_pixels() -> None:
    result = huepress.compress(drawn("photo"), format="smallest", quality=70)
    assert result.coder is not None
    assert (result.k, result.fit) == (0, None)
    with pytest.raises(FormatError, match="no codebook and labels; take `picture`"):
        assert result.indexed
    assert result.score == metrics.ssimulacra2(result.image, result.pixels)
    assert result.distortion == metrics.distortion(result.image, result.pixels)
    assert result.output_colors == len(np.unique(result.pixels.reshape(-1, 3), axis=0))
    assert str(result.coder) in result._repr_html_()


def test_a_result_is_not_saved_under_the_suffix_of_another_format(tmp_path: Path) -> None:
    result = huepress.compress(drawn("photo"), format="smallest", quality=70)
    with pytest.raises(OptionError, match="end it in"):
        result.save(tmp_path / "photo.png")
    assert not list(tmp_path.iterdir())
    (path,) = result.save(tmp_path / f"photo{result.encoded.suffix}")
    assert path.read_bytes() == bytes(result)


@pytest.mark.slow
def test_the_summary_the_curve_and_the_page_name_the_file_and_no_codes(folder: Path) -> None:
    wish = ["--format", "smallest", "--quality", "70"]
    said = run("compress", "photo.png", *wish, "--explain", "--plot", "c.svg", cwd=folder)
    assert said.returncode == 0, said.stderr
    assert "lossy" in said.stdout
    assert "no codebook" in said.stdout
    assert "moved most" not in said.stdout
    page = report_html(huepress.compress(drawn("photo"), format="smallest", quality=70))
    assert 'class="swatches"' not in page
    assert "has no codes" in page
    assert "image/avif" in page or "image/webp" in page
    assert "described with" not in page


def test_one_trial_is_marked_as_chosen_though_two_formats_tried_its_setting() -> None:
    icon = np.ascontiguousarray(drawn("icon")[:24, :24])
    result = huepress.compress(icon, format="smallest", quality=60)
    assert result.found is not None
    assert sum(trial is result.found.chosen for trial in result.found.trials) == 1
    assert report_html(result).count("class=chosen") == 1
    name = result.found.name(result.found.chosen)
    assert name.startswith(result.encoded.format.upper()) or "lossy" in name


@pytest.mark.slow
def test_of_many_each_line_names_the_lossy_format(folder: Path) -> None:
    said = run("compress", "photo.png", "icon.png", "--format", "smallest", cwd=folder)
    line = next(line for line in said.stdout.splitlines() if line.startswith("photo.png"))
    assert "lossy" in line


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["auto", "smallest"])
def test_an_original_that_is_copied_keeps_its_suffix(folder: Path, kind: str) -> None:
    PillowImage.fromarray(drawn("photo")).resize((40, 40)).save(folder / "p.webp", quality=5)
    wish = ["--format", kind, "--quality", 90, "--out-dir", "out"]
    copied = facts("compress", "p.webp", *wish, cwd=folder)
    if copied["status"] == "copied":
        assert copied["output"].endswith("p.webp")
        assert (folder / copied["output"]).read_bytes() == (folder / "p.webp").read_bytes()
    else:
        assert copied["status"] == "kept"


def test_a_pillow_without_avif_is_told_and_the_others_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check = features.check
    monkeypatch.setattr(features, "check", lambda name: name != "avif" and check(name))
    result = huepress.compress(drawn("photo"), format="smallest")
    assert result.encoded.format != "avif"
    assert any(
        line.startswith("AVIF: this Pillow was built without it") for line in result.found.left_out
    )
    with pytest.raises(FormatError, match=r"Pillow from 11\.3 on"):
        lossy.encode(drawn("photo"), Coder("avif", 50))


@pytest.mark.slow
def test_a_picture_too_long_for_a_webp_is_tried_in_the_others() -> None:
    long = np.zeros((3, 16400, 3), np.uint8)
    long[..., 0] = np.arange(16400) // 8 % 256
    result = huepress.compress(long, format="smallest", quality=60)
    assert result.encoded.format != "webp"
    assert any("exceeds its 16383 pixels a side" in line for line in result.found.left_out)
    assert huepress.compress(long, format="auto", k=8).encoded.format == "png"


@pytest.mark.slow
def test_a_picture_too_long_for_any_lossy_format_is_a_png() -> None:
    long = np.zeros((33000, 2, 3), np.uint8)
    long[..., 0] = np.arange(33000)[:, None] // 80 % 256
    result = huepress.compress(long, format="smallest", quality=60)
    assert result.encoded.format == "png"
    assert any("exceeds its 32768 pixels a side" in line for line in result.found.left_out)


# -- what it keeps ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CODERS)
def test_colours_under_full_transparency_do_not_come_out(name: str) -> None:
    pixels = np.full((64, 64, 4), (20, 90, 200, 255), np.uint8)
    pixels[16:48, 16:48] = (255, 0, 0, 0)
    with PillowImage.open(io.BytesIO(lossy.encode(pixels, Coder(name, 90)))) as image:
        back = np.asarray(image.convert("RGBA"))
    assert (back[20:44, 20:44, 3] == 0).all()
    assert back[..., 0].max() < 60


def test_a_lossless_file_without_palette_hides_nothing_either() -> None:
    pixels = np.dstack([drawn("photo"), np.full((160, 192), 255, np.uint8)])
    pixels[:50, :50] = (255, 0, 0, 0)
    with PillowImage.open(io.BytesIO(lossy.encode(pixels, Coder("webp", None)))) as image:
        assert not np.asarray(image.convert("RGBA"))[:50, :50].any()


@pytest.mark.parametrize("name", CODERS)
def test_metadata_is_kept_when_asked_and_only_then(name: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    metadata = formats.Metadata(exif=exif, icc=profile, dpi=(300, 300))
    photo = drawn("photo")
    kept = lossy.encode(photo, Coder(name, 60), metadata=metadata)
    bare = lossy.encode(photo, Coder(name, 60))
    back = huepress.Image.read(kept, convert_icc=False)
    assert back.icc == profile
    assert back.pixels.shape == photo.shape  # upright, as the pixels are
    for part in (b"acsp", b"MM\0*"):
        assert part not in bare


def test_a_wide_gamut_is_converted_or_kept_with_its_profile(tmp_path: Path) -> None:
    """The score of a kept profile is of samples as they are, as for every other format."""
    photo = drawn("photo")
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    place = profile.find(b"rXYZ", 128)
    (offset,) = struct.unpack_from(">I", profile, place + 4)
    struct.pack_into(">i", profile, offset + 8, 40000)  # a red of another machine
    PillowImage.fromarray(photo).save(tmp_path / "wide.png", icc_profile=bytes(profile))
    kept = huepress.compress(tmp_path / "wide.png", format="smallest", keep=frozenset({"icc"}))
    again = huepress.Image.read(bytes(kept), convert_icc=False)
    assert again.icc == bytes(profile)
    assert metrics.ssimulacra2(photo, again) >= 80
    converted = huepress.compress(tmp_path / "wide.png", format="smallest")
    seen = huepress.Image.read(tmp_path / "wide.png")
    assert huepress.Image.read(bytes(converted)).icc is None
    assert metrics.ssimulacra2(seen, huepress.Image.read(bytes(converted))) >= 80


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"matte": "#ffffff"}, {"alpha_threshold": 128}])
def test_nothing_is_half_transparent_where_that_was_asked(changes: dict) -> None:
    result = huepress.compress(drawn("art"), format="smallest", quality=70, **changes)
    alpha = np.unique(result.pixels[..., 3]) if result.pixels.shape[2] == 4 else [255]
    assert set(alpha) <= {0, 255}


@pytest.mark.slow
@pytest.mark.parametrize("name", CODERS)
@pytest.mark.parametrize("effort", ["fast", "default", "best"])
def test_every_effort_writes_the_same_bytes_from_any_number_of_threads(name, effort) -> None:
    photo, coder = drawn("photo"), Coder(name, 70)
    one, *others = (lossy.encode(photo, coder, effort=effort, threads=n) for n in (1, 2, 5))
    assert all(other == one for other in others)
    back = lossy.decode(one, coder)
    assert back.shape == photo.shape
    assert metrics.ssimulacra2(photo, back) > 55


@pytest.mark.slow
def test_threads_change_no_bit_of_the_choice() -> None:
    for name in ("art", "icon"):
        one, more = (
            huepress.compress(drawn(name), format="smallest", threads=n, quality=70) for n in (1, 3)
        )
        assert bytes(one) == bytes(more)


def test_a_picture_of_one_pixel_and_one_all_clear_are_written() -> None:
    for pixels in (np.full((1, 1, 3), 7, np.uint8), np.zeros((20, 30, 4), np.uint8)):
        result = huepress.compress(pixels, format="smallest", quality=80)
        assert result.pixels.shape[:2] == pixels.shape[:2]
        assert result.score >= 80


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": 16}, "k=16 is about codes; leave it out, or use format auto"),
        ({"k": 16, "quality": 70}, "k=16 is about codes"),
        ({"dither": "diffusion"}, "dither='diffusion' is about codes"),
        ({"keep_palette": True}, "a palette is about codes"),
        ({"pinned": huepress.Codebook.from_hex(["#f00"])}, "a pinned colour is about codes"),
        ({"keep": frozenset({"hidden-rgb"})}, "cannot keep colours under full transparency"),
    ],
)
def test_options_about_codes_are_refused_with_the_remedy(changes: dict, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        CompressOptions(format="smallest", **changes)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "x.avif"], "smallest chooses the suffix itself"),
        (["--ext", "-s.webp"], "smallest chooses the suffix itself"),
        (["--in-place"], "cannot be compressed in place"),
        (["-k", "4"], "k=4 is about codes"),
        (["--pin", "#fff"], "a pinned colour is about codes"),
    ],
)
def test_the_command_refuses_what_makes_no_sense(
    folder: Path, words: list[str], message: str
) -> None:
    answer = run("compress", "photo.png", "--format", "smallest", *words, cwd=folder)
    assert answer.returncode == 2
    assert message in answer.stderr
    assert len(list(folder.iterdir())) == len(PICTURES)


def test_no_file_is_replaced_whichever_suffix_is_chosen(folder: Path) -> None:
    (folder / "photo-small.avif").write_bytes(b"mine")
    answer = run("compress", "photo.png", "--format", "smallest", cwd=folder)
    assert answer.returncode != 0
    assert "photo-small.avif exists" in answer.stderr
    assert (folder / "photo-small.avif").read_bytes() == b"mine"


def test_an_indexed_image_is_written_as_it_is() -> None:
    """What is to be kept exactly is the smaller of PNG and WebP."""
    labels = np.random.default_rng(3).integers(0, 3, (9, 7))
    image = IndexedImage(huepress.Codebook.from_hex(["#123", "#456", "#fed"]), labels)
    assert formats.encode(image, "smallest") == formats.encode(image, "auto")
