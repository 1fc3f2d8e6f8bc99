"""Pictures within limits, and visual baselines: `huepress.fit_within`, `huepress.testing`."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage
from tests.cases import cases

import huepress
from huepress import Image, fit_within
from huepress.testing import assert_looks_like


def page(width: int = 120, height: int = 80) -> np.ndarray:
    """A drawing with lines and a shade."""
    pixels = np.full((height, width, 3), 245, np.uint8)
    pixels[8::11, 5:-5] = 30
    pixels[height // 2 :, : width // 3] = (200, 60, 20)
    pixels[:6] = np.linspace(0, 255, width).astype(np.uint8)[:, None]
    return pixels


def png(pixels: np.ndarray) -> bytes:
    stream = BytesIO()
    PillowImage.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


@cases(20)
@given(
    st.integers(17, 60), st.integers(17, 60), st.integers(8, 80), st.sampled_from(["png", "auto"])
)
def test_both_limits_hold_and_the_shape_stays(
    width: int, height: int, side: int, kind: str
) -> None:
    fitted = fit_within(page(width, height), max_bytes=4000, max_side=side, format=kind)
    with PillowImage.open(BytesIO(bytes(fitted))) as small:
        assert small.size == (fitted.width, fitted.height)
    assert len(fitted) <= 4000
    assert max(fitted.width, fitted.height) == min(side, max(width, height))
    scale = min(1, side / max(width, height))
    assert fitted.width == max(1, round(width * scale))
    assert fitted.height == max(1, round(height * scale))
    assert fitted.scale == pytest.approx(fitted.width / width)


def test_a_file_that_fits_comes_back_byte_for_byte(tmp_path: Path) -> None:
    data = png(page())
    (tmp_path / "a.png").write_bytes(data)
    for source in (data, bytearray(data), tmp_path / "a.png", str(tmp_path / "a.png")):
        fitted = fit_within(source, max_bytes=len(data), max_side=120)
        assert (fitted.data, fitted.format, fitted.scale, fitted.score) == (data, "png", 1, 100)
    assert fit_within(data, max_bytes=len(data) - 1).data != data
    assert fit_within(data, max_bytes=len(data), max_side=119).width == 119
    assert fit_within(data, max_bytes=len(data), format="webp").format == "webp"


def test_arrays_and_pillow_pictures_are_taken_and_runs_are_alike() -> None:
    pixels = page()
    sources = [pixels, PillowImage.fromarray(pixels), png(pixels), Image.read(pixels)]
    found = {fit_within(source, max_side=50).data for source in sources}
    assert len(found) == 1


@pytest.mark.slow
def test_a_picture_gets_smaller_rather_than_unreadable() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    fitted = fit_within(noise, max_bytes=2500)
    assert len(fitted) <= 2500
    assert fitted.scale < 1
    assert fitted.score >= 60
    worse = fit_within(noise, max_bytes=2500, least_score=0)
    assert worse.scale > fitted.scale


def test_light_is_averaged_and_not_levels() -> None:
    checks = np.indices((64, 64)).sum(axis=0) % 2 * np.uint8(255)
    fitted = fit_within(np.stack([checks] * 3, axis=2).astype(np.uint8), max_side=16)
    inner = Image.read(bytes(fitted)).pixels[4:-4, 4:-4]
    assert abs(inner.astype(int) - 188).max() <= 2  # half of the light; half of the levels is 128


def test_an_even_picture_keeps_its_colour() -> None:
    even = np.full((64, 48, 3), (30, 128, 200), np.uint8)
    small = Image.read(bytes(fit_within(even, max_side=16)))
    assert (small.pixels == (30, 128, 200)).all()


def test_clear_pixels_lend_no_colour_to_their_neighbours() -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:, :20] = (255, 0, 0, 255)
    pixels[:, 20:] = (0, 255, 0, 0)
    small = Image.read(bytes(fit_within(pixels, max_side=10))).pixels
    seen = small[small[..., 3] > 0]
    assert (seen[:, 1] == 0).all()
    assert (seen[:, 0] > 250).all()


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, "give max_bytes or max_side"),
        ({"max_bytes": 0}, "max_bytes=0"),
        ({"max_side": 0}, "max_side=0"),
        ({"max_side": 9.5}, "max_side=9.5"),
        ({"max_side": 9, "format": "gif"}, "use one of png, webp, auto"),
    ],
)
def test_a_limit_that_is_none_is_refused(limits: dict, said: str) -> None:
    with pytest.raises(huepress.OptionError, match=said):
        fit_within(page(), **limits)


@pytest.mark.slow
def test_what_cannot_fit_is_told_with_a_remedy() -> None:
    with pytest.raises(huepress.QualityError, match=r"60 bytes do not hold .* allow more"):
        fit_within(page(40, 40), max_bytes=60)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(huepress.InputError, match=r"no\.png"):
        fit_within(tmp_path / "no.png", max_side=9)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_baseline_is_written_on_request_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUEPRESS_UPDATE_BASELINES", raising=False)
    baseline = tmp_path / "shots" / "page.png"
    with pytest.raises(AssertionError, match=r"no baseline .* HUEPRESS_UPDATE_BASELINES=1"):
        assert_looks_like(page(), baseline)
    assert names(tmp_path) == []
    monkeypatch.setenv("HUEPRESS_UPDATE_BASELINES", "1")
    assert_looks_like(png(page()), baseline)
    assert names(tmp_path / "shots") == ["page.png"]
    monkeypatch.setenv("HUEPRESS_UPDATE_BASELINES", "0")
    assert_looks_like(page(), baseline)
    before = baseline.read_bytes()
    assert_looks_like(page(), baseline, update=True)
    assert baseline.read_bytes() == before


def test_what_differs_fails_and_leaves_both_pictures_until_it_passes(tmp_path: Path) -> None:
    baseline = tmp_path / "page.png"
    assert_looks_like(page(), baseline, update=True)
    changed = page()
    changed[19, 20:60] = 245  # a piece of a line
    with pytest.raises(AssertionError, match=r"scores .* less than 85; see .*page-diff.png"):
        assert_looks_like(changed, baseline, update=False)
    assert names(tmp_path) == ["page-actual.png", "page-diff.png", "page.png"]
    assert np.array_equal(Image.read(tmp_path / "page-actual.png").pixels, changed)
    difference = Image.read(tmp_path / "page-diff.png").pixels.sum(axis=2)
    assert difference[19, 40] > difference[60, 40]
    assert_looks_like(page(), baseline, update=False)
    assert names(tmp_path) == ["page.png"]
    assert_looks_like(changed, baseline, update=True)
    assert_looks_like(changed, baseline, update=False)


def test_another_size_is_told(tmp_path: Path) -> None:
    assert_looks_like(page(), tmp_path / "page.png", update=True)
    with pytest.raises(AssertionError, match=r"100×80 pixels, .* 120×80; see .*page-actual.png"):
        assert_looks_like(page(100), tmp_path / "page.png", update=False)
    assert names(tmp_path) == ["page-actual.png", "page.png"]


def test_faint_noise_passes_and_a_lower_score_lets_more_pass(tmp_path: Path) -> None:
    assert_looks_like(page(), tmp_path / "page.png", update=True)
    noise = np.random.default_rng(0).integers(-1, 2, page().shape)
    assert_looks_like((page() + noise).clip(0, 255).astype(np.uint8), tmp_path / "page.png")
    changed = page()
    changed[19, 20:60] = 245
    assert_looks_like(changed, tmp_path / "page.png", score=0)
