"""Laws of error diffusion and of ordered dithering."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from huepress import _core

SPACES = ["srgb", "linear", "oklab"]
SHAPES = [(1, 1), (1, 2), (1, 9), (2, 1), (9, 1), (3, 3), (4, 5), (5, 4), (7, 2), (8, 33), (9, 31)]
Bytes = NDArray[np.uint8]


def random_colors(seed: int, n: int, channels: int) -> Bytes:
    generator = np.random.default_rng(seed)
    colors = generator.integers(0, 256, (n, channels), dtype=np.uint8)
    if channels == 4:
        colors[:, 3] = generator.choice([0, 1, 40, 128, 254, 255, 255, 255], n)
    return colors


def random_pixels(seed: int, shape: tuple[int, int], channels: int) -> Bytes:
    return random_colors(seed, shape[0] * shape[1], channels).reshape(*shape, channels)


def nearest(color: tuple[int, ...], codes: NDArray[np.int64], space: str) -> int:
    """Return the nearest code; of an opaque colour the nearest opaque one, if there is any."""
    point = _core.embed(np.array([color], np.uint8), space)[0].astype(np.int64)
    distances = ((codes - point) ** 2).sum(axis=1)
    top = _core.embed(np.full((1, 3), 255, np.uint8), space)[0, 3]
    if point[3] == top and (codes[:, 3] == top).any():
        distances[codes[:, 3] != top] = 2**30
    return int(distances.argmin())


def error_reach(codebook: Bytes) -> int:
    """Return the longest edge of the minimum spanning tree, as dither.hpp defines it."""
    if len(codebook) > 1024:
        return 255
    codes = codebook.astype(np.int64)
    alpha = codes[:, 3:] if codes.shape[1] == 4 else np.full((len(codes), 1), 255)
    places = np.concatenate([codes[:, :3] * alpha, 255 * alpha], axis=1)
    apart = np.abs(places[:, None] - places).max(axis=2)
    # a code is reached by steps no longer than the least maximum over all walks (Floyd-Warshall)
    for middle in range(len(places)):
        apart = np.minimum(apart, np.maximum(apart[:, middle, None], apart[middle]))
    return -(-int(apart.max()) // 255)


def floyd_steinberg(pixels: Bytes, codebook: Bytes, space: str, strength: int) -> NDArray[np.int64]:
    """Return the labels in plain raster order, straight from the definition in dither.hpp."""
    height, width, channels = pixels.shape
    codes = _core.embed(codebook, space).astype(np.int64)
    reach = error_reach(codebook)
    cache: dict[tuple[int, ...], int] = {}
    labels = np.zeros((height, width), dtype=np.int64)
    errors = np.zeros((height + 1, width + 2, 4), dtype=np.int64)  # row -1 and two columns of zeros
    for y in range(height):
        for x in range(width):
            pixel = [int(v) for v in pixels[y, x]]
            if channels == 4 and pixel[3] == 0:
                labels[y, x] = nearest((0, 0, 0, 0), codes, space)
                continue
            above, here = errors[y - 1], errors[y]
            total = 7 * here[x] + above[x] + 5 * above[x + 1] + 3 * above[x + 2]
            shift = [(int(t) * strength + 2048) // 4096 for t in total]
            if channels == 3:
                target = tuple(min(max(v + s, 0), 255) for v, s in zip(pixel, shift, strict=False))
            else:
                alpha = 255
                if pixel[3] < 255:
                    alpha = min(max(pixel[3] + shift[3], 1), 254)
                rgb = [0, 0, 0]
                for c in range(3):
                    light = min(max(pixel[c] * pixel[3] + shift[c], 0), 255 * alpha)
                    rgb[c] = (light + alpha // 2) // alpha
                target = (*rgb, alpha)
            if target not in cache:
                cache[target] = nearest(target, codes, space)
            labels[y, x] = cache[target]
            code = [int(v) for v in codebook[labels[y, x]]] + [255] * (4 - codebook.shape[1])
            for c in range(3):
                if channels == 3:
                    error, most = target[c] - code[c], reach
                else:
                    error, most = target[c] * target[3] - code[c] * code[3], 255 * reach
                here[x + 1, c] = min(max(error, -most), most)
            error = (target[3] if channels == 4 else 255) - code[3]
            here[x + 1, 3] = min(max(error, -reach), reach)
    return labels


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("strength", [0, 1, 100, 256])
def test_diffusion_is_plain_raster_order_by_definition(
    shape: tuple[int, int], channels: int, strength: int
) -> None:
    for space in SPACES:
        pixels = random_pixels(1, shape, channels)
        codebook = random_colors(2, 11, channels)
        labels = _core.error_diffusion(pixels, codebook, space, strength, threads=1)
        assert_array_equal(labels, floyd_steinberg(pixels, codebook, space, strength))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("k", [1, 2, 16, 256, 257, 1000])
def test_diffusion_with_any_k_is_by_definition(channels: int, k: int) -> None:
    ramp = np.linspace(0, 255, 47).astype(np.uint8)
    red, green = np.meshgrid(ramp, ramp)
    planes = [red, green, red[::-1], np.clip(2 * green.astype(int), 0, 255).astype(np.uint8)]
    pixels = np.ascontiguousarray(np.stack(planes[:channels], axis=-1))
    codebook = random_colors(3, k, channels)
    labels = _core.error_diffusion(pixels, codebook, "oklab", 256)
    assert labels.dtype == (np.uint8 if k <= 256 else np.uint16)
    assert_array_equal(labels, floyd_steinberg(pixels, codebook, "oklab", 256))


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_diffusion_of_any_small_picture_is_by_definition(data: st.DataObject) -> None:
    channels = data.draw(st.sampled_from([3, 4]))
    code_channels = data.draw(st.sampled_from([3, 4]))
    height, width = data.draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    level = st.sampled_from([0, 1, 2, 64, 127, 128, 200, 254, 255])
    size = height * width * channels
    pixels = np.array(data.draw(st.lists(level, min_size=size, max_size=size)), np.uint8)
    pixels = pixels.reshape(height, width, channels)
    k = data.draw(st.integers(1, 5))
    size = k * code_channels
    codebook = np.array(data.draw(st.lists(level, min_size=size, max_size=size)), np.uint8)
    codebook = codebook.reshape(k, code_channels)
    strength = data.draw(st.integers(0, 256))
    space = data.draw(st.sampled_from(SPACES))
    labels = _core.error_diffusion(pixels, codebook, space, strength)
    assert_array_equal(labels, floyd_steinberg(pixels, codebook, space, strength))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("k", [3, 256, 400])
def test_diffusion_of_no_strength_is_nearest(channels: int, space: str, k: int) -> None:
    pixels, codebook = random_pixels(4, (60, 61), channels), random_colors(5, k, channels)
    assert_array_equal(
        _core.error_diffusion(pixels, codebook, space, 0),
        _core.map_nearest(pixels, codebook, space),
    )


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("threads", [2, 3, 7])
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (4, 200), (5, 200), (200, 1), (131, 257)])
def test_the_number_of_threads_changes_nothing(
    channels: int, threads: int, shape: tuple[int, int]
) -> None:
    pixels, codebook = random_pixels(6, shape, channels), random_colors(7, 64, channels)
    assert_array_equal(
        _core.error_diffusion(pixels, codebook, "srgb", 256, threads=threads),
        _core.error_diffusion(pixels, codebook, "srgb", 256, threads=1),
    )
    assert_array_equal(
        _core.ordered(pixels, codebook, "oklab", threads=threads),
        _core.ordered(pixels, codebook, "oklab", threads=1),
    )


@pytest.mark.parametrize("space", SPACES)
def test_an_opaque_picture_dithers_alike_with_and_without_an_alpha_channel(space: str) -> None:
    pixels, codebook = random_pixels(8, (30, 33), 3), random_colors(9, 12, 3)
    opaque = np.concatenate([pixels, np.full((30, 33, 1), 255, np.uint8)], axis=2)
    for strength in (90, 256):
        assert_array_equal(
            _core.error_diffusion(opaque, codebook, space, strength),
            _core.error_diffusion(pixels, codebook, space, strength),
        )
    assert_array_equal(
        _core.ordered(opaque, codebook, space), _core.ordered(pixels, codebook, space)
    )


@pytest.mark.parametrize("kind", ["diffusion", "ordered"])
def test_fully_transparent_pixels_get_their_nearest_code_and_stop_errors(kind: str) -> None:
    pixels = random_pixels(10, (24, 25), 4)
    pixels[..., 3] = 255
    pixels[:, 12, 3] = 0
    codebook = np.array([[0, 0, 0, 255], [255, 255, 255, 255], [0, 0, 0, 0]], np.uint8)

    def labels_of(pixels: Bytes) -> NDArray[np.uint8]:
        if kind == "diffusion":
            return _core.error_diffusion(pixels, codebook, "srgb", 256)
        return _core.ordered(pixels, codebook, "srgb")

    labels = labels_of(pixels)
    assert (labels[:, 12] == 2).all()
    # a fully transparent column parts the picture as an edge would
    assert_array_equal(labels[:, :12], labels_of(np.ascontiguousarray(pixels[:, :12])))


@pytest.mark.parametrize("value", [0, 13, 77, 128, 200, 255])
def test_the_mean_level_of_a_flat_grey_survives_diffusion(value: int) -> None:
    pixels = np.full((128, 128, 3), value, dtype=np.uint8)
    codebook = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    labels = _core.error_diffusion(pixels, codebook, "srgb", 256)
    assert abs(codebook[labels].mean() - value) < 2


@pytest.mark.parametrize("alpha", [30, 128])
def test_a_flat_translucent_colour_survives_diffusion_on_any_background(alpha: int) -> None:
    pixels = np.full((128, 128, 4), (200, 120, 40, alpha), dtype=np.uint8)
    codebook = np.array(
        [[255, 0, 0, 255], [255, 255, 0, 255], [0, 0, 0, 0], [0, 0, 255, 255]], np.uint8
    )
    decoded = codebook[_core.error_diffusion(pixels, codebook, "srgb", 256)].astype(float)
    for background in (0, 128, 255):
        opacity = decoded[..., 3:] / 255
        seen = (decoded[..., :3] * opacity + background * (1 - opacity)).mean(axis=(0, 1))
        wanted = np.array([200, 120, 40]) * alpha / 255 + background * (1 - alpha / 255)
        assert np.abs(seen - wanted).max() < 10  # clamping and the edges lose a little


def test_errors_do_not_pile_up_where_the_codebook_cannot_follow() -> None:
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, :40] = 255  # far outside a codebook that ends at mid grey
    pixels[:, 40:] = 10
    codebook = np.array([[10, 10, 10], [128, 128, 128]], np.uint8)
    labels = _core.error_diffusion(pixels, codebook, "srgb", 256)
    assert (labels[:, :39] == 1).all()
    assert (labels[:, 48:] == 0).all()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("space", SPACES)
def test_a_colour_in_the_codebook_is_never_dithered_by_the_mask(space: str, channels: int) -> None:
    codebook = np.unique(random_colors(11, 50, channels), axis=0)
    if channels == 4:
        codebook = codebook[codebook[:, 3] > 200]
    labels = np.random.default_rng(12).integers(0, len(codebook), (70, 70))
    assert_array_equal(_core.ordered(codebook[labels], codebook, space), labels)


def mixture(color: Bytes, codebook: Bytes, space: str) -> tuple[int, int, int]:
    """Return (dark code, bright code, share of the bright one in 256ths), by definition."""
    codes = [[int(v) for v in p] for p in _core.embed(codebook, space)]
    point = [int(v) for v in _core.embed(color[None], space)[0]]
    first = nearest(tuple(color), np.array(codes), space)
    solid = codes[first][3] == point[3] and (len(color) == 3 or color[3] == 255)
    best, second, share = 0, first, 0
    for i, code in enumerate(codes):
        if solid and code[3] != point[3]:
            continue
        step = [b - a for a, b in zip(codes[first], code, strict=True)]
        apart = sum(s * s for s in step)
        along = sum(s * (p - a) for s, p, a in zip(step, point, codes[first], strict=True))
        if along <= 0:
            continue
        t = min(128, (512 * along + apart) // (2 * apart))
        cost = 8 * (t * t * apart - 512 * t * along) + t * (256 - t) * apart
        if cost < best:
            best, second, share = cost, i, t
    if color.shape[0] == 4 and color[3] == 0:
        second, share = first, 0
    luma = [
        (2 * int(c[0]) + 5 * int(c[1]) + int(c[2])) * (int(c[3]) if len(c) == 4 else 255)
        for c in codebook
    ]
    if (luma[second], second) < (luma[first], first):
        return second, first, 256 - share
    return first, second, share


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("k", [1, 2, 30, 300])
def test_the_mask_chooses_between_the_two_best_codes(channels: int, space: str, k: int) -> None:
    pixels, codebook = random_pixels(13, (130, 3), channels), random_colors(14, k, channels)
    labels = _core.ordered(pixels, codebook, space)
    mask = _core.blue_noise()
    for y in range(130):
        for x in range(3):
            dark, bright, share = mixture(pixels[y, x], codebook, space)
            assert labels[y, x] == (bright if mask[y % 64, x % 64] < share else dark)


def test_a_grey_ramp_keeps_its_levels_under_the_mask() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8), 64)
    pixels = np.repeat(np.tile(ramp, (64, 1))[..., None], 3, axis=2)
    codebook = np.repeat(np.arange(0, 256, 51, dtype=np.uint8)[:, None], 3, axis=1)
    decoded = codebook[_core.ordered(pixels, codebook, "srgb")][..., 0]
    levels = decoded.reshape(64, 256, 64).mean(axis=(0, 2))
    off = np.abs(levels - np.arange(256))
    # within an eighth of the step to the next code, a level is not worth the noise
    to_code = np.abs((np.arange(256) + 25) % 51 - 25)
    assert off[to_code * 8 > 51].max() < 0.5
    assert (off <= to_code).all()
    assert (np.diff(levels) >= 0).all()


def test_the_mask_holds_every_threshold_equally_often() -> None:
    mask = _core.blue_noise()
    assert mask.shape == (64, 64)
    assert_array_equal(np.bincount(mask.ravel(), minlength=256), np.full(256, 16))


@pytest.mark.parametrize("share", [8, 32, 64, 128, 192, 248])
def test_the_mask_is_blue_at_every_level(share: int) -> None:
    pattern = (_core.blue_noise() < share).astype(float)
    spectrum = np.abs(np.fft.fft2(pattern - pattern.mean())) ** 2
    frequency = np.fft.fftfreq(64)
    radius = np.hypot(*np.meshgrid(frequency, frequency))
    principal = np.sqrt(min(share, 256 - share) / 256)  # the spacing of evenly spread points
    low = spectrum[(radius > 0) & (radius < 0.4 * principal)].mean()
    assert low < 0.12 * spectrum[radius > 0].mean()


def test_a_picture_without_pixels_has_no_labels() -> None:
    for shape in ((0, 4, 3), (4, 0, 3)):
        empty, codebook = np.empty(shape, np.uint8), np.zeros((2, 3), np.uint8)
        assert _core.error_diffusion(empty, codebook, "srgb", 256).shape == shape[:2]
        assert _core.ordered(empty, codebook, "srgb").shape == shape[:2]


def test_a_strength_beyond_one_is_refused() -> None:
    pixels, codebook = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3), np.uint8)
    for strength in (-1, 257):
        with pytest.raises(ValueError, match="0 to 256"):
            _core.error_diffusion(pixels, codebook, "srgb", strength)
