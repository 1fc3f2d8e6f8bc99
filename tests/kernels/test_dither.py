"""Laws of error diffusion and of ordered dithering."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from test_colorspace import LIGHT, cube_root, integers_of, rounded

from cases import cases
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


UNIT = 8160  # what a channel spans in mixing coordinates
ALPHA = 32  # a level of alpha
FARTHEST = UNIT // 2 + 3 * UNIT // 2


def mixed(colors: Bytes, space: str) -> NDArray[np.int64]:
    """Return where colours add up: in levels for sRGB, else in light."""
    points = _core.embed(colors, "srgb" if space == "srgb" else "linear").astype(np.int64) >> 1
    points[:, 3] = ALPHA * (colors[:, 3].astype(np.int64) if colors.shape[1] == 4 else 255)
    return points


def light_of(half_level: int) -> int:
    """Return the linear light of a level, mirrored beyond black and white."""
    if half_level < 0:
        return -light_of(-half_level)
    if half_level > 510:
        return 2 * 2**20 - light_of(1020 - half_level)
    return LIGHT[half_level]


def border(key: int) -> int:
    """Return the lower border of a cell, in half levels: 2 levels apart, 7 beyond the cube."""
    if key < 64:
        return -1 + 14 * (key - 64)
    return -1 + 4 * (key - 64) if key <= 192 else 511 + 14 * (key - 192)


@cache
def oklab_of(*light: int) -> list[int]:
    """Return the first three coordinates of linear light, which may lie outside the cube."""
    rows = np.reshape(integers_of("lms_from_linear"), (3, 3)).tolist()
    cones = [rounded(sum(map(int.__mul__, row, light)), 2**16) for row in rows]
    roots = [cube_root(abs(cone) << 40) * (1 if cone >= 0 else -1) for cone in cones]
    rows = np.reshape(integers_of("lab_from_cones"), (3, 3)).tolist()
    lab = [sum(map(int.__mul__, row, roots)) for row in rows]
    lab[0] -= 2**35
    return [min(max(rounded(x * 16320, 2**36), -(2**14)), 2**14) for x in lab]


def place(half_level: int, space: str) -> int:
    """Return where a level is added up."""
    if space == "srgb":
        return 16 * half_level - UNIT // 2
    return rounded((2 * light_of(half_level) - 2**20) * UNIT, 2**21)


@cache
def tables(
    space: str,
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[int], list[int], list[int]]:
    """Return what holds for any codebook: levels, veils, and cells with their middles."""
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    veils = np.zeros((256, 4), np.uint8)
    veils[:, 3] = np.arange(256)
    slots = 2 * np.arange(FARTHEST + 1) + 1 - FARTHEST
    borders = [place(border(key), space) for key in range(1, 256)]
    middles = [(border(key) + border(key + 1)) // 2 for key in range(256)]
    return (
        mixed(greys, space)[:, 0],
        _core.embed(veils, space)[:, 3].astype(np.int64) >> 1,
        np.searchsorted(borders, slots, side="right").tolist(),
        middles,
        [min(max(place(m, space), -FARTHEST), FARTHEST) for m in middles],
    )


class Codes:
    """What mixing.hpp says of a codebook, by its definition."""

    def __init__(self, codebook: Bytes, space: str) -> None:
        self.space = space
        self.points = mixed(codebook, space)
        self.compared = _core.embed(codebook, space).astype(np.int64) >> 1
        opaque = np.full(len(codebook), 255)
        self.alpha = codebook[:, 3].astype(np.int64) if codebook.shape[1] == 4 else opaque
        solid = np.flatnonzero(self.alpha == 255)
        self.solid = solid if len(solid) else np.arange(len(codebook))
        self.levels, self.veils, self.keys, self.middles, self.centres = tables(space)
        self.cells: dict[tuple[int, ...], list[int]] = {}
        for label, (point, alpha) in enumerate(zip(self.points, self.alpha, strict=True)):
            if alpha:
                self.cells.setdefault(self._cell(point, int(alpha)), []).append(label)
        self.labels: dict[tuple[int, ...], int] = {}
        self.rooms = self.usual_gaps(self.points, lambda steps: np.abs(steps).max(axis=2))
        self.gaps = self.usual_gaps(self.compared, lambda steps: (steps**2).sum(axis=2))

    @staticmethod
    def usual_gaps(
        points: NDArray[np.int64], measure: Callable[[NDArray[np.int64]], NDArray[np.int64]]
    ) -> NDArray[np.int64]:
        distinct = np.unique(points, axis=0)
        gaps = measure(distinct[:, None] - distinct)
        np.fill_diagonal(gaps, 2**62)
        gaps = gaps.min(axis=1) if len(distinct) > 1 else np.zeros(1, np.int64)
        usual = np.sort(gaps)[(len(gaps) - 1) // 2]
        at = (points[:, None] == distinct).all(axis=2).argmax(axis=1)
        return np.minimum(gaps[at], usual)

    def _cell(self, point: NDArray[np.int64], alpha: int) -> tuple[int, ...]:
        straight = [rounded(int(x) * 255, alpha) for x in point[:3]]
        held = [min(max(x, -FARTHEST), FARTHEST) for x in straight]
        return (*(self.keys[(x + FARTHEST) >> 1] for x in held), alpha)

    def of_cell(self, cell: tuple[int, ...]) -> int:
        if cell in self.cells:
            return self.cells[cell][0]
        if cell not in self.labels:
            among = self.solid if cell[3] == 255 else np.arange(len(self.points))
            away = self.compared[among] - self.centre(cell)
            self.labels[cell] = int(among[(away**2).sum(axis=1).argmin()])
        return self.labels[cell]

    def centre(self, cell: tuple[int, ...]) -> list[int]:
        """Return where the centre of a cell is compared."""
        if self.space == "oklab":
            centre = [x >> 1 for x in oklab_of(*(light_of(self.middles[k]) for k in cell[:3]))]
        else:
            centre = [self.centres[key] for key in cell[:3]]
        alpha = cell[3]
        return [*(rounded(x * alpha, 255) for x in centre), int(self.veils[alpha])]

    def __call__(self, target: NDArray[np.int64], alpha: int) -> int:
        label = self.of_cell(self._cell(target, alpha))
        if self.alpha[label] == 0 or (alpha == 255) != (self.alpha[label] == 255):
            return label
        sharing = self.cells[self._cell(self.points[label], int(self.alpha[label]))]
        return sharing[((self.points[sharing] - target) ** 2).sum(axis=1).argmin()]

    def bounded(self, label: int, own: NDArray[np.int64]) -> int:
        """Return the label of an opaque pixel's target, or of the pixel where that is too far."""
        cell = self._cell(own, 255)
        centre, undithered = np.array(self.centre(cell)), self.of_cell(cell)
        least = int(((self.compared[undithered] - centre) ** 2).sum())
        most = max(9 * least // 4, 49 * int(self.gaps[undithered]) // 16, (UNIT // 16) ** 2)
        far = int(((self.compared[label] - centre) ** 2).sum()) > most
        off = np.abs(own - self.points[label])[:3].max() > self.rooms[undithered]
        return self(own, 255) if far and off else label

    def reach(self, point: NDArray[np.int64], alpha: int) -> int:
        if alpha == 255:
            cell = self._cell(point, alpha)
            label = self.of_cell(cell)
            away = np.abs([self.centres[key] for key in cell[:3]] - self.points[label, :3])
        else:
            label = self(point, alpha)
            away = np.abs(point - self.points[label])
        far, room = int(away.max()), int(self.rooms[label])
        return min(max(room, far, min(3 * room // 2, 3 * far // 2)), 3 * UNIT // 2)


def floyd_steinberg(
    pixels: Bytes, codebook: Bytes, space: str, strength: int
) -> NDArray[np.integer]:
    """Return the labels in plain raster order, straight from the definition in dither.hpp."""
    if strength == 0:
        return _core.map_nearest(pixels, codebook, space)
    height, width, channels = pixels.shape
    codes = Codes(codebook, space)
    clear = _core.embed(np.zeros((1, 4), np.uint8), space)[0].astype(np.int64) >> 1
    labels = np.zeros((height, width), dtype=np.int64)
    errors = np.zeros((height + 1, width + 2, 4), dtype=np.int64)  # row -1 and two columns of zeros
    for y in range(height):
        for x in range(width):
            alpha = int(pixels[y, x, 3]) if channels == 4 else 255
            if alpha == 0:
                labels[y, x] = ((codes.compared - clear) ** 2).sum(axis=1).argmin()
                continue
            above, here = errors[y - 1], errors[y]
            total = 7 * here[x] + above[x] + 5 * above[x + 1] + 3 * above[x + 2]
            shift = (strength * total + 2048) // 4096
            if alpha == 255:
                shift[3] = 0
            levels = [int(codes.levels[v]) for v in pixels[y, x, :3]]
            point = [rounded(v * alpha, 255) for v in levels]
            own = np.array([*point, ALPHA * alpha], dtype=np.int64)
            reach, most = codes.reach(own, alpha), np.abs(shift).max()
            if most > reach:
                share = np.float32(reach) / np.float32(most)
                shift = np.trunc(shift.astype(np.float32) * share).astype(np.int64)
            target = own + shift
            if alpha < 255:
                target[3] = min(max(target[3], ALPHA), 254 * ALPHA)
                alpha = int(target[3] + ALPHA // 2) // ALPHA
            labels[y, x] = codes(target, alpha)
            if alpha == 255:
                labels[y, x] = codes.bounded(labels[y, x], own)
            here[x + 1] = target - codes.points[labels[y, x]]
    return labels


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("strength", [0, pytest.param(1, marks=pytest.mark.slow), 100, 256])
def test_diffusion_is_plain_raster_order_by_definition(
    shape: tuple[int, int], channels: int, strength: int
) -> None:
    for space in SPACES:
        pixels = random_pixels(1, shape, channels)
        codebook = random_colors(2, 11, channels)
        labels = _core.error_diffusion(pixels, codebook, space, strength, threads=1)
        assert_array_equal(labels, floyd_steinberg(pixels, codebook, space, strength))


@pytest.mark.slow
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("k", [1, 2, 16, 256, 257, 1000])
def test_diffusion_with_any_k_is_by_definition(channels: int, k: int) -> None:
    ramp = np.linspace(0, 255, 31).astype(np.uint8)
    red, green = np.meshgrid(ramp, ramp)
    planes = [red, green, red[::-1], np.clip(2 * green.astype(int), 0, 255).astype(np.uint8)]
    pixels = np.ascontiguousarray(np.stack(planes[:channels], axis=-1))
    codebook = random_colors(3, k, channels)
    labels = _core.error_diffusion(pixels, codebook, "oklab", 256)
    assert labels.dtype == (np.uint8 if k <= 256 else np.uint16)
    assert_array_equal(labels, floyd_steinberg(pixels, codebook, "oklab", 256))


@given(st.data())
@cases(60)
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


def mean_place(codebook: Bytes, labels: NDArray[np.integer], space: str) -> NDArray[np.float64]:
    """Return where the mean of a dithered area is, from 0 to 1 in each channel as they add up."""
    return mixed(codebook, space)[labels].mean(axis=(0, 1))[:3] / UNIT + 0.5


BLACK_AND_WHITE = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
SIX_INKS = np.array(
    [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]], np.uint8
)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("value", [0, 13, 77, 128, 200, 250, 255])
def test_the_mean_of_a_flat_grey_survives_diffusion_where_colours_add_up(
    value: int, space: str
) -> None:
    pixels = np.full((128, 128, 3), value, dtype=np.uint8)
    labels = _core.error_diffusion(pixels, BLACK_AND_WHITE, space, 256)
    grey = mixed(pixels[0, :1], space)[0, 0] / UNIT + 0.5
    assert abs(labels.mean() - grey) < 0.006


@pytest.mark.parametrize(("space", "white"), [("srgb", 0.502), ("linear", 0.216), ("oklab", 0.216)])
def test_mid_grey_has_the_brightness_that_the_space_says(space: str, white: float) -> None:
    pixels = np.full((128, 128, 3), 128, dtype=np.uint8)
    for labels in (
        _core.error_diffusion(pixels, BLACK_AND_WHITE, space, 256),
        _core.ordered(pixels, BLACK_AND_WHITE, space),
    ):
        assert abs(labels.mean() - white) < 0.004


@pytest.mark.parametrize("space", SPACES)
def test_any_colour_within_the_hull_survives_diffusion(space: str) -> None:
    generator = np.random.default_rng(15)
    for _ in range(12):
        # a mixture of inks, as the bytes that are nearest to it
        light = generator.dirichlet(np.ones(6)) @ (mixed(SIX_INKS, space)[:, :3] / UNIT + 0.5)
        levels = mixed(np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1), space)
        color = np.abs(levels[:, :3] / UNIT + 0.5 - light).argmin(axis=0).astype(np.uint8)
        pixels = np.ascontiguousarray(np.broadcast_to(color, (96, 96, 3)))
        labels = _core.error_diffusion(pixels, SIX_INKS, space, 256)
        wanted = mixed(color[None], space)[0, :3] / UNIT + 0.5
        assert np.abs(mean_place(SIX_INKS, labels, space) - wanted).max() < 0.03


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("color", [(0, 255, 255), (255, 0, 255), (0, 128, 255), (128, 0, 255)])
def test_a_colour_beyond_the_hull_is_mixed_from_what_there_is(
    color: tuple[int, int, int], space: str
) -> None:
    pixels = np.ascontiguousarray(np.broadcast_to(np.array(color, np.uint8), (96, 96, 3)))
    labels = _core.error_diffusion(pixels, SIX_INKS, space, 256)[16:, 16:-16]
    wanted = mixed(pixels[0, :1], space)[0, :3] / UNIT + 0.5
    single = np.linalg.norm(mixed(SIX_INKS, space)[:, :3] / UNIT + 0.5 - wanted, axis=1).min()
    assert np.linalg.norm(mean_place(SIX_INKS, labels, space) - wanted) < 0.99 * single
    assert np.sort(np.bincount(labels.ravel(), minlength=6))[-2] > 0.03 * labels.size


@given(st.data())
@cases(40)
def test_no_pixel_strays_beyond_what_lies_near_it(data: st.DataObject) -> None:
    seed, k = data.draw(st.integers(0, 2**32 - 1)), data.draw(st.integers(2, 24))
    generator = np.random.default_rng(seed)
    ends = generator.integers(0, 256, (2, 3))
    glow = np.clip(1 - np.hypot(*np.mgrid[-12:12, -12:12]) / 14, 0, 1)[..., None]
    pixels = np.rint(ends[0] + glow * (ends[1] - ends[0])).astype(np.uint8)
    codebook = random_colors(seed, k, 3)
    labels = _core.error_diffusion(pixels, codebook, "srgb", 256)
    codes = Codes(codebook, "srgb")
    near = _core.map_nearest(pixels, codebook, "srgb")
    places = mixed(pixels.reshape(-1, 3), "srgb")
    strayed, least = (
        np.linalg.norm(places - codes.points[found.ravel()], axis=1) for found in (labels, near)
    )
    widest = np.sqrt(3) * codes.rooms.max()
    # nearly: a cell's centre stands for its colours
    bound = np.maximum(1.5 * least, max(1.75 * widest, UNIT / 16))
    assert (strayed <= bound + 4 * UNIT / 255).all()


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


def gaps_of(codebook: Bytes, space: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how far it is from each code to the next: squared as compared, and as they add up."""
    points = _core.embed(codebook, space).astype(np.int64)
    return (
        Codes.usual_gaps(points, lambda steps: (steps**2).sum(axis=2)),
        Codes.usual_gaps(mixed(codebook, space), lambda steps: np.abs(steps).max(axis=2)),
    )


def mixture(
    color: Bytes,
    codebook: Bytes,
    space: str,
    gaps: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[int, int, int]:
    """Return (dark code, bright code, share of the bright one in 256ths), by definition."""
    codes = _core.embed(codebook, space).astype(np.int64)
    point = _core.embed(color[None], space)[0].astype(np.int64)
    adding, own = mixed(codebook, space), mixed(color[None], space)[0]
    first = nearest(tuple(color), codes, space)
    squares, rooms = gaps
    rest = int(((point - codes[first]) ** 2).sum())
    most = max(9 * rest // 4, 49 * int(squares[first]) // 16, 1020**2)
    step = codes - codes[first]
    apart, along = (step**2).sum(axis=1), (step * (point - codes[first])).sum(axis=1)
    far = ((point - codes) ** 2).sum(axis=1) > most
    beyond = np.abs(own - adding).max(axis=1) > rooms[first]
    chosen = (along > 0) & ~(far & beyond)
    if codes[first, 3] == point[3] and (len(color) == 3 or color[3] == 255):
        chosen &= codes[:, 3] == point[3]
    t = np.minimum(128, (512 * along + apart) // np.maximum(2 * apart, 1))
    costs = np.where(chosen, 8 * (t * t * apart - 512 * t * along) + t * (256 - t) * apart, 0)
    best = int(costs.argmin())
    second, share = (best, int(t[best])) if costs[best] < 0 else (first, 0)
    if color.shape[0] == 4 and color[3] == 0:
        second, share = first, 0
    if second != first:  # the share that keeps the mean where colours add up
        step = adding[second] - adding[first]
        along = int((step * (own - adding[first])).sum())
        apart = int((step**2).sum())
        share = min(max(rounded(256 * along, apart), 0), 256) if apart else 0
    luma = [
        (2 * int(c[0]) + 5 * int(c[1]) + int(c[2])) * (int(c[3]) if len(c) == 4 else 255)
        for c in codebook
    ]
    if (luma[second], second) < (luma[first], first):
        return second, first, 256 - share
    return first, second, share


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("k", [1, 2, 30, pytest.param(300, marks=pytest.mark.slow)])
def test_the_mask_chooses_between_the_two_best_codes(channels: int, space: str, k: int) -> None:
    pixels, codebook = random_pixels(13, (130, 3), channels), random_colors(14, k, channels)
    labels = _core.ordered(pixels, codebook, space)
    mask, gaps = _core.blue_noise(), gaps_of(codebook, space)
    for y in range(130):
        for x in range(3):
            dark, bright, share = mixture(pixels[y, x], codebook, space, gaps)
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
