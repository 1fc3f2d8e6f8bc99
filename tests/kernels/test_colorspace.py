"""Laws of the fit spaces: tables derived again, the definition as an oracle, and the way back."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from cases import cases
from huepress import _core

SPACES = ["srgb", "linear", "oklab"]
FIT_UNIT = 16320
ALPHA_WEIGHT = {"srgb": 14134, "linear": 14134, "oklab": FIT_UNIT // 2}
OPACITY_GAP = 8  # levels of alpha
SOURCE = Path(__file__).parents[2] / "cpp" / "color" / "colorspace.cpp"

# Björn Ottosson, "A perceptual color space for image processing" (2020).
LMS_FROM_LINEAR = """
    0.4122214708 0.5363325363 0.0514459929
    0.2119034982 0.6806995451 0.1073969566
    0.0883024619 0.2817188376 0.6299787005"""
LAB_FROM_CONES = """
    0.2104542553 0.7936177850 -0.0040720468
    1.9779984951 -2.4285922050 0.4505937099
    0.0259040371 0.7827717662 -0.8086757660"""


@cache
def integers_of(name: str) -> list[int]:
    """Return the integers between the braces of a table in the source."""
    text = SOURCE.read_text(encoding="utf-8")
    body = text.split(f" {name}", 1)[1].split("= {", 1)[1].split("};", 1)[0]
    return [int(number) for number in re.findall(r"-?\d+", body)]


def decimals(table: str) -> list[Fraction]:
    return [Fraction(number) for number in table.split()]


def rounded(numerator: int, denominator: int) -> int:
    """Return the integer nearest to a fraction, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)


def linear_light(half_levels: int) -> int:
    """Return IEC 61966-2-1's linear light of half_levels / 510, times 2^20, rounded."""
    with localcontext() as context:
        context.prec = 50
        level = Decimal(half_levels) / 510
        if level <= Decimal("0.04045"):
            light = level / Decimal("12.92")
        else:
            light = ((level + Decimal("0.055")) / Decimal("1.055")) ** Decimal("2.4")
        return int((light * 2**20).to_integral_value())


LIGHT = [linear_light(half) for half in range(511)]


def cube_root(value: int) -> int:
    """Return the greatest integer whose cube is at most `value`."""
    low, high = 0, 1 << 21
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= value else (low, middle)
    return low


def position(rgb: list[int], space: str) -> list[int]:
    """Return the coordinates of an opaque colour by the written definition."""
    if space == "srgb":
        return [32 * (2 * level - 255) for level in rgb]
    light = [LIGHT[2 * level] for level in rgb]
    if space == "linear":
        return [rounded((2 * x - 2**20) * FIT_UNIT, 2**21) for x in light]
    rows = np.reshape(integers_of("lms_from_linear"), (3, 3)).tolist()
    cones = [rounded(sum(map(int.__mul__, row, light)), 2**16) for row in rows]
    roots = [cube_root(cone << 40) for cone in cones]
    rows = np.reshape(integers_of("lab_from_cones"), (3, 3)).tolist()
    lab = [sum(map(int.__mul__, row, roots)) for row in rows]  # times 2^36
    lab[0] -= 2**35
    return [rounded(x * FIT_UNIT, 2**36) for x in lab]


def composited(rgba: list[int], space: str) -> list[int]:
    coordinates = [*position(rgba[:3], space), ALPHA_WEIGHT[space]]
    return [rounded(x * rgba[3], 255) for x in coordinates]


def alpha_place(alpha: int, space: str) -> int:
    gap = rounded(ALPHA_WEIGHT[space] * OPACITY_GAP, 255)
    return composited([0, 0, 0, alpha], space)[3] + gap * ((alpha > 0) + (alpha == 255))


def embedded(rgba: list[int], space: str) -> list[int]:
    return [*composited(rgba, space)[:3], alpha_place(rgba[3], space)]


def every_opaque_color(red: int) -> NDArray[np.uint8]:
    green, blue = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    colors = np.stack([np.full(65536, red), green.ravel(), blue.ravel()], axis=1)
    return colors.astype(np.uint8)


def test_the_table_of_linear_light_is_the_standards() -> None:
    assert integers_of("linear_light") == LIGHT


@pytest.mark.parametrize(
    ("name", "table"), [("lms_from_linear", LMS_FROM_LINEAR), ("lab_from_cones", LAB_FROM_CONES)]
)
def test_oklabs_matrices_are_the_published_ones(name: str, table: str) -> None:
    ours, published = integers_of(name), decimals(table)
    # within two units of 2^-16: rows are trimmed so that greys have no chroma
    assert all(abs(a - b * 2**16) <= 2 for a, b in zip(ours, published, strict=True))


def test_greys_have_no_chroma() -> None:
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    points = _core.embed(greys, "oklab")
    assert not points[:, 1:3].any()
    assert (np.diff(points[:, 0].astype(int)) > 0).all()


@pytest.mark.parametrize("name", ["cones_from_lab", "linear_from_lms"])
def test_the_way_back_inverts_the_way_there(name: str) -> None:
    other = {"cones_from_lab": "lab_from_cones", "linear_from_lms": "lms_from_linear"}[name]
    back, there = (np.reshape(integers_of(n), (3, 3)).astype(object) for n in (name, other))
    product = back.dot(there)
    for i in range(3):
        for j in range(3):
            assert abs(Fraction(int(product[i, j]), 2**32) - (i == j)) < Fraction(1, 4000)


@pytest.mark.parametrize("space", SPACES)
@given(
    rgba=st.lists(
        st.one_of(st.integers(0, 255), st.sampled_from([0, 1, 127, 128, 254, 255])),
        min_size=4,
        max_size=4,
    )
)
@cases(200)
def test_coordinates_are_those_of_the_written_definition(space: str, rgba: list[int]) -> None:
    point = _core.embed(np.array([rgba], dtype=np.uint8), space)
    assert point[0].tolist() == embedded(rgba, space)
    without = _core.embed(np.array([rgba], dtype=np.uint8), space, gaps=False)
    assert without[0].tolist() == composited(rgba, space)


# 64 colours are one batch of the kernel.
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("n", [0, 1, 2, 63, 64, 65, 128, 131])
@pytest.mark.parametrize("channels", [3, 4])
def test_a_colour_has_one_position_whatever_its_neighbours(
    space: str, n: int, channels: int
) -> None:
    colors = np.random.default_rng(n).integers(0, 256, (n, channels), dtype=np.uint8)
    alone = [_core.embed(colors[i : i + 1], space) for i in range(n)]
    together = _core.embed(colors, space)
    assert together.shape == (n, 4)
    assert_array_equal(together, np.concatenate(alone) if n else together)


@pytest.mark.parametrize("space", SPACES)
def test_an_opaque_colour_stands_where_alpha_255_puts_it(space: str) -> None:
    colors = np.random.default_rng(1).integers(0, 256, (500, 3), dtype=np.uint8)
    opaque = np.concatenate([colors, np.full((500, 1), 255, np.uint8)], axis=1)
    assert_array_equal(_core.embed(colors, space), _core.embed(opaque, space))


@pytest.mark.parametrize("space", SPACES)
def test_full_transparency_is_the_origin_whatever_lies_under_it(space: str) -> None:
    colors = np.random.default_rng(2).integers(0, 256, (300, 4), dtype=np.uint8)
    colors[:, 3] = 0
    assert not _core.embed(colors, space).any()


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("red", [0, 1, 2, 9, 77, 128, 254, 255])
def test_every_opaque_colour_comes_back(space: str, red: int) -> None:
    colors = every_opaque_color(red)
    points = _core.embed(colors, space)
    back = _core.unembed(points, space)
    assert (back[:, 3] == 255).all()
    differ = (back[:, :3] != colors).any(1)
    # Of all 2^24 colours, two share their position in Oklab with a neighbour, which comes instead.
    shared = {2: [[2, 255, 239]], 9: [[9, 252, 242]]} if space == "oklab" else {}
    assert colors[differ].tolist() == shared.get(red, [])
    assert_array_equal(_core.embed(back, space), points)


@pytest.mark.parametrize("space", SPACES)
def test_alpha_comes_back(space: str) -> None:
    colors = np.random.default_rng(3).integers(0, 256, (4096, 4), dtype=np.uint8)
    back = _core.unembed(_core.embed(colors, space), space)
    assert_array_equal(back[:, 3], colors[:, 3])
    assert not back[colors[:, 3] == 0].any()


def test_translucent_srgb_comes_back_within_its_rounding() -> None:
    colors = np.random.default_rng(4).integers(0, 256, (4096, 4), dtype=np.uint8)
    colors[:, 3] = np.maximum(colors[:, 3], 1)
    back = _core.unembed(_core.embed(colors, "srgb"), "srgb")
    off = np.abs(back[:, :3].astype(int) - colors[:, :3])
    # half a unit, premultiplied, of 64 units a level
    assert (off * colors[:, 3:].astype(int) <= 255 // 64).all()


@pytest.mark.parametrize("space", SPACES)
def test_squared_distances_stay_below_two_to_the_30(space: str) -> None:
    levels = np.array([0, 255], dtype=np.uint8)
    corners = np.stack(np.meshgrid(*[levels] * 3, [0, 1, 255]), axis=-1).reshape(-1, 4)
    points = _core.embed(corners.astype(np.uint8), space).astype(np.int64)
    differences = points[:, None] - points[None]
    assert np.abs(differences).max() < 2**15
    assert np.square(differences).sum(-1).max() < 2**30


@pytest.mark.parametrize("space", SPACES)
@given(point=st.lists(st.integers(-8191, 8191), min_size=4, max_size=4))
@cases(200)
def test_any_position_has_a_colour_that_no_neighbour_beats(space: str, point: list[int]) -> None:
    opaque = np.array([[*point[:3], alpha_place(255, space)]], dtype=np.int16)
    color = _core.unembed(opaque, space)
    assert color[0, 3] == 255
    offsets = np.array([[0, 0, 0], *np.eye(3), *-np.eye(3)], dtype=int)
    if point[1] == point[2] == (0 if space == "oklab" else point[0]):
        offsets = np.array([[0, 0, 0], [1, 1, 1], [-1, -1, -1]])  # a grey has grey neighbours only
    around = color[0, :3].astype(int) + offsets
    around = around[((around >= 0) & (around <= 255)).all(1)].astype(np.uint8)
    distances = np.square(_core.embed(around, space).astype(np.int64) - opaque).sum(-1)
    assert distances[0] == distances.min()


@pytest.mark.parametrize("space", SPACES)
def test_positions_beyond_all_colours_have_a_colour_too(space: str) -> None:
    """Nothing overflows, which the sanitizers see."""
    reach = [-32768, -8192, -1, 0, 1, 31, 56, 8192, 32767]
    points = np.stack(np.meshgrid(*[reach] * 4), axis=-1).reshape(-1, 4).astype(np.int16)
    colors = _core.unembed(points, space)
    assert (colors[points[:, 3] <= 0] == 0).all()
    assert (colors[points[:, 3] >= 8192, 3] > 100).all()


@pytest.mark.parametrize("space", SPACES)
@given(seed=st.integers(0, 2**32 - 1), lowest=st.integers(1, 255))
@cases(100)
def test_the_mean_of_greys_is_grey(space: str, seed: int, lowest: int) -> None:
    random = np.random.default_rng(seed)
    greys = np.repeat(random.integers(0, 256, (64, 9, 1), dtype=np.uint8), 4, axis=2)
    greys[..., 3] = random.integers(lowest, 256, (64, 9))
    points = _core.embed(greys.reshape(-1, 4), space).reshape(64, 9, 4)
    means = np.floor(points.mean(axis=1) + 0.5).astype(np.int16)
    colors = _core.unembed(means, space)
    assert (colors[:, :3] == colors[:, :1]).all()


@pytest.mark.parametrize("space", SPACES)
def test_what_stands_between_two_alphas_has_the_nearer_one(space: str) -> None:
    places = np.array([alpha_place(alpha, space) for alpha in range(256)])
    between = np.arange(-50, places[-1] + 50)
    points = np.zeros((len(between), 4), np.int16)
    points[:, 3] = between
    alpha = _core.unembed(points, space)[:, 3]
    off = np.abs(between - places[alpha])
    # a unit, as a level is no whole number of them
    assert (off <= np.abs(between[:, None] - places).min(axis=1) + 1).all()


@pytest.mark.parametrize("space", SPACES)
def test_nothing_is_as_near_to_an_opaque_or_a_clear_colour_as_its_like(space: str) -> None:
    places = np.array([alpha_place(alpha, space) for alpha in range(256)])
    steps = np.diff(places)
    assert steps[0] > OPACITY_GAP * steps[1:-1].max()
    assert steps[-1] > OPACITY_GAP * steps[1:-1].max()
