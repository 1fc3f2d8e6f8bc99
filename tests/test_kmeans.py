"""Laws of fit(): what it promises whatever the picture."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cases import cases
from huepress import Codebook, FitResult, Histogram, OptionError, fit, nearest
from huepress.colorspace import SPACES, embed
from huepress.kmeans import EFFORTS, SEEDINGS

WAYS = [
    {"seeding": "principal-axis", "effort": "fast"},
    {"seeding": "principal-axis", "effort": "default"},
    {"seeding": "principal-axis", "effort": "best"},
    {"seeding": "k-means++"},
    {"seeding": "random", "n_init": 3},
    {"seeding": "k-means++", "sample": 50},
    {"seeding": "k-means++", "batch_size": 20, "max_iter": 30},
]


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    from skimage.data import astronaut

    return np.ascontiguousarray(astronaut()[60:188, 150:310])


def same(a: FitResult, b: FitResult) -> bool:
    return a.codebook == b.codebook and np.array_equal(a.trace.centroids, b.trace.centroids)


@st.composite
def histograms(draw: st.DrawFn) -> Histogram:
    seed = draw(st.integers(0, 2**32 - 1))
    channels = draw(st.sampled_from([3, 4]))
    levels = draw(st.sampled_from([2, 6, 256]))
    rng = np.random.default_rng(seed)
    shape = (draw(st.integers(1, 12)), draw(st.integers(1, 12)), channels)
    return Histogram.of((rng.integers(0, levels, shape) * (255 // (levels - 1))).astype(np.uint8))


@given(histograms(), st.integers(1, 20), st.sampled_from(WAYS), st.sampled_from(SPACES))
def test_the_codebook_has_k_codes_or_every_colour(
    histogram: Histogram, k: int, way: dict, space: str
) -> None:
    result = fit(histogram, k, space=space, **way)
    assert len(result.codebook) == min(k, len(histogram))
    assert result.lossless == (len(histogram) <= k)
    if result.lossless:
        assert {*result.codebook.hex()} == {*Codebook(histogram.colors).hex()}
        assert result.converged


@given(histograms(), st.integers(1, 8), st.sampled_from(WAYS))
def test_colours_that_no_pixel_has_change_nothing(histogram: Histogram, k: int, way: dict) -> None:
    ghosts = Histogram(np.array([[1, 1, 1], [9, 200, 9]], np.uint8), np.array([0, 0]))
    assert same(fit(histogram + ghosts, k, **way), fit(histogram, k, **way))


@given(histograms(), st.integers(1, 8), st.integers(1, 5), st.sampled_from(WAYS))
def test_an_integer_weight_is_so_many_copies(
    histogram: Histogram, k: int, copies: int, way: dict
) -> None:
    many = Histogram(histogram.colors, histogram.counts * np.uint64(copies))
    weights = np.full(len(histogram), copies)
    assert same(fit(histogram, k, weights=weights, **way), fit(many, k, **way))


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_neither_pixel_order_nor_tiling_nor_threads_change_a_bit(
    photo: NDArray[np.uint8], way: dict
) -> None:
    whole = fit(Histogram.of(photo), 16, **way)
    shuffled = np.random.default_rng(1).permutation(photo.reshape(-1, 3)).reshape(photo.shape)
    tiles = Histogram.of(photo[:50]) + Histogram.of(photo[50:, :99]) + Histogram.of(photo[50:, 99:])
    assert same(fit(Histogram.of(shuffled), 16, **way), whole)
    assert same(fit(tiles, 16, **way), whole)
    for threads in (1, 2, 3, 7):
        assert same(fit(Histogram.of(photo, threads=threads), 16, threads=threads, **way), whole)


GREY_LEVELS = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(
    "pixels",
    [
        np.full((1, 1, 3), 7, np.uint8),
        np.full((65, 63, 3), 200, np.uint8),
        np.full((3, 5, 4), 0, np.uint8),
        np.array([[[9, 9, 9, 0], [200, 1, 3, 0], [0, 0, 0, 255]]], np.uint8),
        np.array([[[40, 41, 42], [40, 41, 43]]], np.uint8).repeat(999, axis=1),
        GREY_LEVELS[None, :16],
        GREY_LEVELS[:16, None],
    ],
    ids=["one pixel", "one colour", "clear", "clear and black", "a level apart", "row", "column"],
)
def test_a_picture_of_no_more_than_k_colours_comes_back_exactly(
    pixels: NDArray[np.uint8], space: str, effort: str
) -> None:
    result = fit(Histogram.of(pixels), 16, space=space, effort=effort)
    decoded = nearest(pixels, result.codebook, space=space).decode()
    assert result.lossless
    if pixels.shape[2] == 4:
        pixels = np.where(pixels[..., 3:] > 0, pixels, 0)
    assert np.array_equal(decoded, pixels)


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("along", [0, 1])
def test_a_row_and_a_column_of_grey_are_cut_where_their_neighbours_meet(
    effort: str, along: int
) -> None:
    ramp = np.expand_dims(GREY_LEVELS, along)
    result = fit(Histogram.of(ramp), 5, space="srgb", effort=effort)
    labels = nearest(ramp, result.codebook, space="srgb").labels.ravel()
    assert len(result.codebook) == 5
    assert np.count_nonzero(np.diff(labels.astype(int))) == 4


@pytest.mark.parametrize("seeding", ["k-means++", "random"])
def test_the_seed_decides_the_draw_and_nothing_else_does(
    photo: NDArray[np.uint8], seeding: str
) -> None:
    histogram = Histogram.of(photo)
    first, again = (fit(histogram, 8, seeding=seeding, seed=3, max_iter=2) for _ in range(2))
    other = fit(histogram, 8, seeding=seeding, seed=4, max_iter=2)
    assert same(first, again)
    assert not same(first, other)


@pytest.mark.parametrize("seeding", ["k-means++", "random"])
@pytest.mark.parametrize("space", SPACES)
def test_plain_lloyd_never_raises_the_inertia_and_ends_at_a_fixed_point(
    photo: NDArray[np.uint8], seeding: str, space: str
) -> None:
    histogram = Histogram.of(photo)
    result = fit(histogram, 12, seeding=seeding, space=space)
    assert result.converged
    assert result.stopped_by == "convergence"
    inertia = result.trace.inertia.astype(object)
    assert all(after <= before for before, after in itertools.pairwise(inertia))
    # oracle: one step of NumPy's Lloyd moves nothing
    points = embed(histogram.colors, space).astype(np.int64)
    centroids = result.trace.centroids[-1].astype(np.int64)
    distances = ((points[:, None] - centroids) ** 2).sum(-1)
    labels = distances.argmin(1)
    weight = histogram.counts.astype(np.int64)
    assert int((weight * distances.min(1)).sum()) == int(inertia[-1])
    for code in range(12):
        sums = (weight[:, None] * points)[labels == code].sum(0)
        mean = sums / weight[labels == code].sum()
        assert np.abs(mean - centroids[code]).max() <= 0.5


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("k", [2, 16, 64])
def test_the_end_is_no_worse_than_the_seeding(
    photo: NDArray[np.uint8], effort: str, k: int
) -> None:
    inertia = fit(Histogram.of(photo), k, effort=effort).trace.inertia
    assert inertia[-1] <= inertia[0]


def test_more_effort_is_no_worse_on_a_photograph(photo: NDArray[np.uint8]) -> None:
    histogram = Histogram.of(photo)
    fast, default, best = (fit(histogram, 32, effort=effort).inertia for effort in EFFORTS)
    assert best <= default <= fast


def test_running_out_of_iterations_is_said(photo: NDArray[np.uint8]) -> None:
    result = fit(Histogram.of(photo), 32, seeding="random", max_iter=1)
    assert not result.converged
    assert result.stopped_by == "max_iter"
    assert result.iterations == 1
    assert len(result.trace) == len(result.trace.centroids) == 2


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("space", SPACES)
def test_pinned_colours_lead_the_codebook_exactly(
    photo: NDArray[np.uint8], way: dict, space: str
) -> None:
    pins = Codebook.from_hex(["#ff00fe", "#010203", "#30a0b7"])
    result = fit(Histogram.of(photo), 16, pinned=pins, space=space, **way)
    assert result.codebook.hex()[:3] == pins.hex()
    assert result.codebook.pinned == 3
    assert len(result.codebook) == 16
    start = result.trace.centroids[0, :3]
    assert (result.trace.centroids[:, :3] == start).all()


def test_nothing_but_pinned_colours_needs_no_fit(photo: NDArray[np.uint8]) -> None:
    pins = Codebook.from_hex(["#fff", "#000"])
    result = fit(Histogram.of(photo), 2, pinned=pins)
    assert result.codebook == pins
    assert not result.lossless


def test_full_transparency_is_one_code_and_moves_no_other(photo: NDArray[np.uint8]) -> None:
    clear = np.zeros((300, 160, 4), np.uint8)
    clear[..., :3] = np.random.default_rng(0).integers(0, 256, (*clear.shape[:2], 3))
    opaque = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    with_clear = fit(Histogram.of(np.concatenate([opaque, clear])), 9)
    without = fit(Histogram.of(opaque), 8)
    codes = with_clear.codebook.colors
    assert codes[0].tolist() == [0, 0, 0, 0]
    assert (codes[1:, 3] > 0).all()
    assert np.array_equal(codes[1:], without.codebook.colors)


@pytest.mark.parametrize("effort", ["fast", "default", "best"])
def test_what_is_nearly_transparent_counts_for_the_clear_code(effort: str) -> None:
    alpha = np.repeat(np.arange(256), np.maximum(240 - 8 * np.arange(256), 9))
    pixels = np.full((1, len(alpha), 4), 255, np.uint8)
    pixels[..., 3] = alpha
    codes = np.sort(fit(Histogram.of(pixels), 5, effort=effort).codebook.colors[:, 3]).astype(int)
    # White grows evenly with its alpha, but for the gaps beside 0 and 255: each translucent code is
    # the mean of those nearest to it.
    places = embed(np.stack([255 + 0 * alpha] * 3 + [alpha], axis=1).astype(np.uint8))
    spots = embed(np.stack([255 + 0 * codes] * 3 + [codes], axis=1).astype(np.uint8))
    apart = ((places.astype(int)[:, None] - spots) ** 2).sum(axis=2)
    nearest = codes[apart.argmin(axis=1)]
    means = [alpha[nearest == code].mean() for code in codes[1:-1]]
    assert codes[[0, -1]].tolist() == [0, 255]
    assert np.abs(means - codes[1:-1]).max() < 4


def test_a_single_code_is_visible_when_any_pixel_is() -> None:
    pixels = np.array([[[0, 0, 0, 0], [200, 10, 10, 255], [200, 10, 10, 255]]], np.uint8)
    assert fit(Histogram.of(pixels), 1).codebook.hex() == ["#c80a0a"]


def test_only_full_transparency_is_one_code() -> None:
    pixels = np.zeros((3, 3, 4), np.uint8)
    pixels[..., 0] = np.arange(9).reshape(3, 3)
    assert fit(Histogram.of(pixels), 4).codebook.colors.tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize("space", SPACES)
def test_two_colours_a_level_apart_are_told_apart(space: str) -> None:
    colors = np.array([[0, 0, 0], [0, 0, 1], [255, 255, 254], [255, 255, 255]], np.uint8)
    histogram = Histogram(colors, np.array([5, 1, 1, 5]))
    assert len(fit(histogram, 3, space=space).codebook) == 3
    assert fit(histogram, 4, space=space).lossless


def test_a_billion_pixels_of_each_colour_do_not_overflow(photo: NDArray[np.uint8]) -> None:
    histogram = Histogram.of(photo)
    huge = Histogram(histogram.colors, histogram.counts * np.uint64(10**9))
    assert len(fit(huge, 16).codebook) == 16


@cases(20)
@given(st.integers(0, 2**64 - 1))
def test_a_sample_of_every_pixel_is_every_pixel(seed: int) -> None:
    rng = np.random.default_rng(0)
    histogram = Histogram.of(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8))
    options = {"effort": "fast", "seed": seed}
    assert same(fit(histogram, 4, sample=81, **options), fit(histogram, 4, **options))
    assert same(fit(histogram, 4, sample=10**6, **options), fit(histogram, 4, **options))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"k": 0}, "k=0 is out of range; use 1 to 65536"),
        ({"k": 65537}, "k=65537 is out of range"),
        ({"seed": -1}, "seed=-1 is out of range"),
        ({"n_init": 0}, "n_init=0 is out of range"),
        ({"max_iter": -1}, "max_iter=-1 is out of range"),
        ({"tol": 1.5}, "tol=1.5 is out of range"),
        ({"sample": 0}, "sample=0 is out of range"),
        ({"batch_size": 0}, "batch_size=0 is out of range"),
        ({"space": "hsv"}, "space 'hsv' is unknown; use one of oklab, srgb, linear"),
        ({"seeding": "guess"}, "seeding 'guess' is unknown"),
        ({"effort": "heroic"}, "effort 'heroic' is unknown"),
        ({"pinned": Codebook.from_hex(["#000", "#fff", "#f00"]), "k": 2}, "3 pinned colours"),
        ({"weights": np.ones(3)}, "one a colour"),
        ({"weights": np.array([1.0, np.nan])}, "negative or not finite"),
        ({"weights": np.zeros(2)}, "all weights are zero"),
    ],
)
def test_a_wrong_option_is_refused_with_value_and_remedy(options: dict, says: str) -> None:
    histogram = Histogram(np.array([[0, 0, 0], [9, 9, 9]], np.uint8), np.array([1, 1]))
    with pytest.raises(OptionError, match=says):
        fit(histogram, **{"k": 2, **options})


def test_chroma_that_counts_less_leaves_more_codes_to_lightness(photo: NDArray[np.uint8]) -> None:
    histogram = Histogram.of(photo)
    errors = []
    for chroma in (0.25, 1, 2):
        codes = fit(histogram, 16, chroma=chroma).codebook.colors
        points = embed(histogram.colors, "oklab").astype(np.int64)
        apart = points[:, None] - embed(codes, "oklab").astype(np.int64)
        nearest = (apart**2).sum(2).argmin(1)
        lightness = apart[np.arange(len(points)), nearest, 0] ** 2
        errors.append(int((lightness * histogram.counts.astype(np.int64)).sum()))
    assert errors == sorted(errors)
    assert fit(histogram, 16, chroma=1).codebook == fit(histogram, 16).codebook


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"chroma": 0}, "chroma=0 is out of range; use 1/256 to 2"),
        ({"chroma": 3.0}, "chroma=3.0 is out of range"),
        ({"chroma": 0.5, "space": "srgb"}, "srgb has no chroma to weigh; use oklab"),
    ],
)
def test_chroma_is_weighed_in_oklab_alone(
    photo: NDArray[np.uint8], options: dict, says: str
) -> None:
    with pytest.raises(OptionError, match=says):
        fit(Histogram.of(photo), 4, **options)


def test_an_empty_histogram_is_refused() -> None:
    empty = Histogram(np.empty((0, 3), np.uint8), np.empty(0, np.uint64))
    with pytest.raises(OptionError, match="histogram is empty"):
        fit(empty, 2)


def test_there_is_a_way_for_every_seeding() -> None:
    assert {way["seeding"] for way in WAYS} == {*SEEDINGS}
