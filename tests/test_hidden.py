"""Laws of colours under full transparency: one code for all, or kept where they are asked for."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from cases import cases
from huepress import FormatError, Image, OptionError, compress
from huepress.errors import QualityError
from huepress.formats import encode, verify
from program import huepress

KEEP = frozenset({"hidden-rgb"})
HOLDING = ["png", "webp", "png24", "auto"]


def seen(result) -> np.ndarray:
    """The pixels of a result's file as another program reads them."""
    (_, data), *_ = result.encoded.files
    return np.asarray(PillowImage.open(io.BytesIO(data)).convert("RGBA"))


def texture(side: int = 48, hidden: int = 256) -> np.ndarray:
    """A disc of many colours with a soft edge; under the clear ground, another picture."""
    y, x = np.mgrid[:side, :side]
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[..., 0], pixels[..., 1] = x * 255 // side, y * 255 // side
    pixels[..., 2] = (x * y) % 256
    pixels[..., 3] = np.clip(18 * (side / 3 - np.hypot(y - side / 2, x - side / 2)), 0, 255)
    clear = pixels[..., 3] == 0
    colors = np.random.default_rng(0).integers(0, 256, (hidden, 3)).astype(np.uint8)
    pixels[clear, :3] = colors[np.arange(clear.sum()) % hidden]
    return pixels


@cases(25)
@given(
    seed=st.integers(0, 1000),
    format_name=st.sampled_from(HOLDING),
    how=st.sampled_from([{"k": 40}, {}, {"quality": 60}]),
)
def test_few_hidden_colours_are_kept_exactly_beside_few_visible_ones(seed, format_name, how):
    assume(format_name != "png24" or "quality" not in how)
    rng = np.random.default_rng(seed)
    colors = rng.integers(0, 256, (20, 4)).astype(np.uint8)
    colors[:8, 3] = 0
    colors[8:14, 3] = 255
    pixels = colors[rng.integers(0, 20, (9, 14))]
    result = compress(pixels, keep=KEEP, format=format_name, **how)
    out, clear = seen(result), pixels[..., 3] == 0
    assert np.array_equal(out[clear], pixels[clear])
    if "quality" not in how:
        assert np.array_equal(out, pixels)


@pytest.mark.slow
@pytest.mark.parametrize("how", [{"k": 32}, {"k": 2}, {"k": 200, "dither": "diffusion"}, {}])
@pytest.mark.parametrize("format_name", HOLDING)
def test_many_hidden_colours_share_the_palette_and_change_nothing_that_is_seen(how, format_name):
    pixels = texture()
    result = compress(pixels, keep=KEEP, format=format_name, **how)
    out, shown = seen(result), result.indexed.decode()
    assert np.array_equal(out[..., 3] == 0, shown[..., 3] == 0)
    visible = shown[..., 3] > 0
    assert np.array_equal(out[visible], shown[visible])
    codes = len(np.unique(out.reshape(-1, 4), axis=0))
    hidden = (pixels[..., 3] == 0) & (out[..., 3] == 0)
    if format_name == "png24":
        assert np.array_equal(out[hidden], pixels[hidden])
    else:
        assert codes <= how.get("k", 256)
    if how.get("k", 256) > 8:
        spread = pixels[hidden, :3].var(axis=0).sum()
        left = ((pixels[hidden, :3].astype(float) - out[hidden, :3]) ** 2).sum(axis=1).mean()
        assert left < 0.6 * spread


def test_without_the_wish_hidden_colours_are_one():
    for format_name in ("png", "webp", "png24"):
        out = seen(compress(texture(), k=16, format=format_name))
        assert not out[out[..., 3] == 0].any()


def test_a_file_without_its_hidden_colours_is_not_taken_for_proved():
    pixels = texture(24)
    result = compress(pixels, k=32, keep=KEEP)
    verify(result.encoded, result.indexed, result.slots)
    for name in ("png", "webp", "png24"):
        verify(encode(result.indexed, name, slots=result.slots), result.indexed, result.slots)
        plain = encode(result.indexed, name)
        verify(plain, result.indexed)
        with pytest.raises(FormatError, match="palette of the"):
            verify(plain, result.indexed, result.slots)


def test_reading_keeps_the_colours_that_lie_under_full_transparency():
    pixels = texture(20)
    for kind, options in [("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})]:
        stream = io.BytesIO()
        PillowImage.fromarray(pixels).save(stream, kind, **options)
        assert np.array_equal(Image.read(stream.getvalue()).pixels, pixels)


def test_a_picture_that_is_clear_throughout_keeps_its_hidden_colours():
    pixels = np.zeros((6, 6, 4), np.uint8)
    pixels[..., 0] = np.arange(6) * 40
    for how in ({}, {"k": 16}):
        assert np.array_equal(seen(compress(pixels, keep=KEEP, **how)), pixels)


def test_what_a_threshold_clears_keeps_its_colour():
    pixels = texture(30, hidden=4)
    pixels[..., :3] //= 64
    result = compress(pixels, k=256, keep=KEEP, alpha_threshold=128)
    assert np.array_equal(seen(result)[..., :3], pixels[..., :3])
    assert np.array_equal(seen(result)[..., 3], np.where(pixels[..., 3] < 128, 0, 255))


@pytest.mark.slow
def test_a_target_size_holds_with_the_hidden_colours():
    pixels = texture(64)
    most = len(compress(pixels, keep=KEEP).encoded)
    least = len(compress(pixels, keep=KEEP, k=4).encoded)
    target = (most + least) // 2
    result = compress(pixels, keep=KEEP, target_size=target)
    assert len(result.encoded) <= target
    assert seen(result)[..., :3][pixels[..., 3] == 0].any()
    with pytest.raises(QualityError, match="100 were asked"):
        compress(pixels, keep=KEEP, target_size=100)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "gif"}, "gif holds one colour under full transparency; use one of png, webp"),
        ({"format": "npz"}, "npz holds one colour"),
        ({"k": 1}, "use k ≥ 2"),
    ],
)
def test_what_cannot_hold_hidden_colours_refuses_them(options, message):
    with pytest.raises(OptionError, match=message):
        compress(texture(8), keep=KEEP, **options)


def test_the_program_keeps_hidden_colours_and_says_how_many(tmp_path):
    PillowImage.fromarray(texture(hidden=300)).save(tmp_path / "texture.png")
    arguments = ["compress", "texture.png", "--keep", "hidden-rgb", "-k", "64", "-o", "out.png"]
    run = huepress(*arguments, "--json", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    facts = json.loads(run.stdout)
    assert (facts["hidden_colors"], facts["hidden_codes"]) == (300, 8)
    out = np.asarray(PillowImage.open(tmp_path / "out.png").convert("RGBA"))
    assert len(np.unique(out[out[..., 3] == 0], axis=0)) == 8
    run = huepress(*arguments, "-f", cwd=tmp_path)
    assert "300 colours under full transparency → 8" in run.stdout
