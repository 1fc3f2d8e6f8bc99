"""Laws of the search for a quality or a size."""

from dataclasses import replace
from functools import cache
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

import huepress
from huepress import (
    Codebook,
    CompressOptions,
    Histogram,
    Image,
    IndexedImage,
    OptionError,
    fit,
    formats,
    mapping,
    metrics,
)
from huepress.colorspace import embed
from huepress.errors import QualityError
from huepress.search import Found, hopeless_bytes, search
from huepress.search.codecs import codec_of
from huepress.search.families import MOST_RATE
from huepress.search.for_score import ForScore, at_least
from huepress.search.goals import AtLeast
from huepress.search.trials import Setting, without_doubles
from huepress.search.tuning import TUNING
from huepress.search.workbench import Workbench


@pytest.fixture(scope="module")
def photo() -> Image:
    from skimage.data import astronaut

    return Image.read(np.ascontiguousarray(astronaut()[40:200, 120:312]))


@pytest.fixture(scope="module")
def drawing() -> Image:
    """Flat areas, thin lines and a gradient, as plots and pages have them."""
    pixels = np.full((160, 200, 3), 250, np.uint8)
    pixels[20:60, 20:180] = np.linspace([0, 40, 90], [255, 220, 60], 160).astype(np.uint8)
    pixels[80:140:6, 20:180] = [30, 30, 30]
    pixels[80:140, 20:180:16] = [200, 30, 40]
    return Image.read(pixels)


@pytest.fixture(scope="module")
def art(photo: Image) -> Image:
    y, x = np.mgrid[:160, :192]
    alpha = np.clip(380 - 4.6 * np.hypot(y - 80, x - 96), 0, 255).astype(np.uint8)
    return Image.read(np.dstack([photo.pixels, alpha]))


@cache
def compress(image: Image, **options: object) -> huepress.Result:
    """Compress once for all laws: results are frozen, and a second run changes no byte of them."""
    return huepress.compress(image, **options)


def found(image: Image, **options: object) -> Found:
    return search(image, CompressOptions(**options))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["photo", "drawing", "art"])
@pytest.mark.parametrize("quality", [50, 70])
def test_a_quality_within_reach_is_met_and_hardly_exceeded(
    request: pytest.FixtureRequest, name: str, quality: int
) -> None:
    image = request.getfixturevalue(name)
    result = compress(image, quality=quality)
    score = metrics.ssimulacra2(image, formats.decode(result.encoded.files[0][1]))
    assert score == result.found.chosen.score
    assert score >= quality
    others = [trial for trial in result.found.trials if trial.score >= quality and trial.encoded]
    assert result.output_bytes == min(trial.n_bytes for trial in others)


@pytest.mark.parametrize("name", ["photo", "art"])
def test_on_photographs_the_search_beats_plain_labels_of_the_same_score(
    request: pytest.FixtureRequest, name: str
) -> None:
    image = request.getfixturevalue(name)
    plain = compress(image, k=32)
    score = metrics.ssimulacra2(image, plain.indexed)
    assert compress(image, quality=score).output_bytes < 0.9 * plain.output_bytes


@pytest.mark.slow
@pytest.mark.parametrize("name", ["photo", "drawing", "art"])
def test_more_bytes_never_give_a_lower_score(request: pytest.FixtureRequest, name: str) -> None:
    image = request.getfixturevalue(name)
    scores = []
    for target in (1500, 3000, 6000, 12000):
        result = compress(image, target_size=target)
        assert result.output_bytes <= target
        scores.append(result.found.chosen.score)
    assert scores == sorted(scores)


@pytest.mark.slow
def test_a_target_size_is_nearly_filled_where_the_picture_has_the_bytes() -> None:
    from skimage.data import astronaut

    # on a picture this large, scores fall smoothly as the rate rises
    image = Image.read(np.ascontiguousarray(astronaut()[:288, 100:484]))
    for target in (14_000, 25_000):
        assert 0.95 * target <= compress(image, target_size=target).output_bytes <= target


def large_photo() -> Image:
    from skimage.data import astronaut

    return Image.read(np.ascontiguousarray(astronaut()[:288, 100:484]))


@pytest.mark.parametrize(
    "quality", [60, *(pytest.param(q, marks=pytest.mark.slow) for q in (50, 55, 65, 70))]
)
def test_on_a_photograph_a_quality_is_exceeded_by_less_than_half_a_point(quality: int) -> None:
    assert 0 <= found(large_photo(), quality=quality).chosen.score - quality <= 0.5


def test_a_join_has_the_rows_of_one_rate_above_those_of_the_other() -> None:
    image = large_photo()
    bench = Workbench(image, CompressOptions())
    upper, lower = (bench.trial(Setting(64, rate=rate)) for rate in (2000, 20000))
    join = bench.trial(replace(upper.setting, last_rows=100, last_rate=20000))
    assert lower.score < join.score < upper.score
    assert lower.estimate < join.estimate < upper.estimate
    assert str(join.setting) == "k=64, rate-aware 2000, last 100 rows 20000"
    for trial, rows in ((upper, slice(0, -100)), (lower, slice(-100, None))):
        # The codes are the same ones, though they moved a little.
        pairs = np.stack([join.indexed.labels[rows], trial.indexed.labels[rows]]).reshape(2, -1)
        partners = np.unique(pairs, axis=1)
        assert len(np.unique(partners[0])) == len(np.unique(partners[1])) == partners.shape[1]


@pytest.mark.slow
@pytest.mark.parametrize("quality", [40, 70, 90])
def test_a_target_size_scores_nearly_what_a_quality_of_as_many_bytes_does(quality: int) -> None:
    page = page_with_a_link()
    by_quality = compress(page, quality=quality)
    by_size = compress(page, target_size=by_quality.output_bytes)
    assert by_size.output_bytes <= by_quality.output_bytes
    assert by_size.found.chosen.score >= by_quality.found.chosen.score - 3


@pytest.mark.slow
def test_codebooks_of_drawings_are_weighed_as_the_mask_does_where_that_takes_fewer_codes() -> None:
    page = page_with_a_link()
    bench = Workbench(page, CompressOptions())
    plain, weighed = (bench.trial(Setting(12, weighed=weighed)) for weighed in (False, True))
    assert not np.array_equal(plain.indexed.codebook.colors, weighed.indexed.codebook.colors)
    assert str(weighed.setting) == "k=12, nearest, weighed codebook"
    trials = found(page, quality=85).trials
    weighed_ks = [t.setting.k for t in trials if t.setting.weighed and t.score >= 85]
    assert min(weighed_ks) <= min(
        t.setting.k
        for t in trials
        if t.score >= 85 and not (t.setting.rate or t.setting.weighed or t.setting.diffusion)
    )


def test_moves_that_make_two_codes_one_are_taken_back() -> None:
    colors = np.array([[10, 0, 0], [20, 0, 0], [30, 0, 0], [40, 0, 0]], np.uint8)
    moved = np.array([[15, 0, 0], [15, 0, 0], [20, 0, 0], [44, 0, 0]], np.uint8)
    # Taking the first two back makes the third a double of the second.
    expected = np.array([[10, 0, 0], [20, 0, 0], [30, 0, 0], [44, 0, 0]], np.uint8)
    assert np.array_equal(without_doubles(moved, colors), expected)


@pytest.mark.slow
def test_the_best_effort_takes_fewer_bytes_for_the_same_wish() -> None:
    image = large_photo()
    default, best = (found(image, quality=65, effort=effort) for effort in ("default", "best"))
    assert best.chosen.score >= 65
    assert len(best.encoded) < len(default.encoded)


def test_a_translucent_pin_is_kept_in_an_opaque_picture(photo: Image) -> None:
    pin = Codebook.from_hex(["#ff000080"])
    result = compress(photo, quality=60, pinned=pin)
    assert result.found.chosen.score >= 60
    assert [255, 0, 0, 128] in result.indexed.codebook.rgba.tolist()


@pytest.mark.slow
def test_where_plain_labels_are_far_better_they_are_taken() -> None:
    pixels = np.zeros((600, 400, 3), np.uint8)
    pixels[::3, ::2] = [200, 30, 40]  # copies itself at any rate: nothing can be traded
    pixels[100:140, :300] = np.arange(300, dtype=np.uint8)[:, None] // 60 * 50
    pixels[300:302] = np.random.default_rng(0).integers(0, 256, (2, 400, 3), dtype=np.uint8)
    chosen = found(Image.read(pixels), quality=80).chosen
    assert chosen.setting.nearest


def icon_of(art: Image, top: int, left: int) -> Image:
    return Image(np.ascontiguousarray(art.pixels[top : top + 32, left : left + 32]))


@pytest.mark.slow
@pytest.mark.parametrize(("top", "left", "quality"), [(20, 10, 50), (20, 10, 70), (10, 60, 50)])
def test_of_a_small_picture_a_rate_takes_fewer_bytes_than_any_number_of_codes_alone(
    art: Image, top: int, left: int, quality: int
) -> None:
    icon = icon_of(art, top, left)
    result = compress(icon, quality=quality)
    assert result.score >= quality
    plain = (compress(icon, k=k) for k in range(2, 40))
    least = min(one.output_bytes for one in plain if one.score >= quality)
    assert result.output_bytes < 0.95 * least


@pytest.mark.slow
@pytest.mark.parametrize(("top", "left"), [(20, 10), (10, 60), (4, 84)])
def test_of_a_small_picture_no_fewer_codes_take_fewer_bytes(
    art: Image, top: int, left: int
) -> None:
    icon = icon_of(art, top, left)
    for quality in (50, 70, 85):
        result = compress(icon, quality=quality)
        for k in range(2, max(t.setting.k for t in result.found.trials if t.setting.weighed)):
            fewer = compress(icon, k=k)
            assert fewer.score < quality or fewer.output_bytes >= result.output_bytes, k


@pytest.mark.slow
@pytest.mark.parametrize("quality", [50, 70])
def test_a_small_picture_fills_a_size_as_well_as_a_quality_of_as_many_bytes(
    art: Image, quality: int
) -> None:
    icon = icon_of(art, 20, 10)
    asked = compress(icon, quality=quality)
    sized = compress(icon, target_size=asked.output_bytes)
    assert sized.output_bytes <= asked.output_bytes
    assert sized.score >= asked.score - 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["png", "gif"])
def test_in_a_small_photograph_codes_are_dearer_than_errors(photo: Image, name: str) -> None:
    small = Image(np.ascontiguousarray(photo.pixels[60:92, 80:120]))
    plain = huepress.compress(small, k=24, format=name)
    found = search(
        small, CompressOptions(format=name, quality=metrics.ssimulacra2(small, plain.indexed))
    )
    assert len(found.encoded) <= plain.output_bytes


@pytest.mark.slow
def test_on_a_page_a_rate_is_taken_where_its_file_is_smaller_than_any_of_plain_labels() -> None:
    """Estimates say that the plain file is smaller here, but they know nothing of row filters."""
    drawn = np.random.default_rng(10)
    page = Pillow.new("RGB", (420, 300), "white")
    pen = ImageDraw.Draw(page)
    for _ in range(int(drawn.integers(4, 14))):
        pen.text(
            (int(drawn.integers(0, 300)), int(drawn.integers(0, 280))),
            "the quick brown fox 101010",
            fill=tuple(int(level) for level in drawn.integers(0, 160, 3)),
            font=ImageFont.load_default(int(drawn.integers(10, 30))),
        )
    for _ in range(int(drawn.integers(0, 4))):
        x, y = (int(place) for place in drawn.integers(0, 300, 2))
        fill = tuple(int(level) for level in drawn.integers(60, 255, 3))
        pen.ellipse([x, y, x + 60, y + 40], fill=fill)
    image = Image.read(page)
    plain = [compress(image, k=k) for k in range(2, 13)]
    least = min(one.output_bytes for one in plain if one.score >= 60)
    assert compress(image, quality=60).output_bytes < 0.95 * least


def test_a_lower_wish_takes_no_more_bytes(photo: Image) -> None:
    sizes = [compress(photo, quality=quality).output_bytes for quality in (30, 50, 70, 80)]
    assert sizes == sorted(sizes)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["photo", "drawing", "art"])
def test_asking_for_less_never_costs_more(request: pytest.FixtureRequest, name: str) -> None:
    image = request.getfixturevalue(name)
    sizes = [compress(image, quality=quality).output_bytes for quality in range(30, 101, 10)]
    assert sizes == sorted(sizes)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["photo", "drawing", "art"])
def test_no_quality_that_fits_a_size_scores_more_than_a_point_above_it(
    request: pytest.FixtureRequest, name: str
) -> None:
    image = request.getfixturevalue(name)
    wishes = [compress(image, quality=quality) for quality in (5, 40, 60, 70, 90)]
    for wish in wishes:
        target = round(1.05 * wish.output_bytes)
        result = compress(image, target_size=target)
        assert result.output_bytes <= target
        fitting = [other.score for other in wishes if other.output_bytes <= target]
        assert result.score >= max(fitting) - 1


@pytest.mark.slow
def test_a_small_size_of_a_photograph_is_met_by_rates_rather_than_by_a_few_codes() -> None:
    from skimage.data import astronaut

    result = compress(Image.read(astronaut()), target_size=20_000)
    assert 0.95 * 20_000 <= result.output_bytes <= 20_000
    assert result.score > 30


PINS = Codebook.from_hex(["#ff0001", "#00ff02", "#0304fe"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "wish", [{}, {"quality": 80}, {"target_size": 3000}, {"quality": 60, "k": 5}]
)
@pytest.mark.parametrize("distinct", [1, 3, 27, 300])
def test_pins_come_on_top_of_the_pictures_own_colours(wish: dict, distinct: int) -> None:
    rng = np.random.default_rng(1)
    colors = rng.choice(256**3, (distinct, 1), replace=False) >> np.array([16, 8, 0]) & 254
    pixels = colors.astype(np.uint8)[np.arange(24 * 32).reshape(24, 32) * 7 % distinct]
    result = compress(Image(pixels), pinned=PINS, **wish)
    assert result.indexed.codebook.hex()[:3] == PINS.hex()
    if not wish and distinct <= 200:
        assert np.array_equal(result.indexed.decode(), pixels)


@pytest.mark.slow
@pytest.mark.parametrize("wish", [{"quality": 55}, {"target_size": 9000}])
@pytest.mark.parametrize("dither", ["none", "diffusion", "ordered"])
def test_a_dither_beside_a_wish_says_how_labels_are_chosen(
    photo: Image, dither: str, wish: dict
) -> None:
    result = compress(photo, dither=dither, dither_strength=0.75, **wish)
    assert result.output_bytes <= wish.get("target_size", np.inf)
    assert result.score >= wish.get("quality", -np.inf)
    assert result.found is not None
    for trial in result.found.trials:
        setting = trial.setting
        assert setting.rate == 0
        assert setting.ordered == (dither == "ordered")
        assert setting.diffusion == (192 if dither == "diffusion" else 0)
    again = compress(photo, k=result.k, dither=dither, dither_strength=0.75)
    assert np.array_equal(again.indexed.decode(), result.indexed.decode())


def test_k_bounds_the_codes_of_a_search(photo: Image) -> None:
    result = compress(photo, quality=95, k=20)
    assert len(result.indexed.codebook) <= 20
    assert all(trial.setting.k <= 20 for trial in result.found.trials)
    assert not result.found.reached


def test_an_unreachable_minimum_is_an_error(photo: Image) -> None:
    with pytest.raises(QualityError, match=r"is the best that 4 colours reach, and at least 90"):
        compress(photo, quality=95, min_quality=90, k=4)
    with pytest.raises(
        QualityError, match="is the least found with at most 256 colours, and 40 were asked"
    ):
        compress(photo, target_size=40)


def test_a_wish_out_of_reach_below_zero_still_gives_a_file(photo: Image) -> None:
    result = compress(photo, quality=10, k=2)
    assert result.found.chosen.score < 0
    assert not result.found.reached


@pytest.mark.slow
def test_out_of_reach_is_still_nearly_as_good_as_the_nearest_labels() -> None:
    from skimage.data import astronaut

    suit = Image.read(np.ascontiguousarray(astronaut()[200:420, 60:330]))
    result = found(suit, quality=100)
    nearest = Workbench(suit, CompressOptions()).trial(Setting(256))
    assert nearest.score - 0.4 <= result.chosen.score
    assert len(result.encoded) <= len(formats.encode(nearest.indexed, "png"))


def test_near_the_best_score_rates_come_closer_than_half_a_point() -> None:
    overs = [AtLeast(score=score).tolerance for score in (0, 50, 90, 95, 99, 100)]
    assert overs == sorted(overs, reverse=True)
    assert overs[0] == 0.5
    assert 0 < overs[-1] < 0.05


def test_where_the_highest_rate_leaves_too_much_fewer_codes_are_tried(photo: Image) -> None:
    grey = Image(np.repeat(photo.pixels[..., 1:2], 3, axis=2))
    result = found(grey, quality=20)
    most = [t for t in result.trials if t.setting.k > 200 and t.setting.rate > 0.9 * MOST_RATE]
    assert most
    assert most[0].score > 30
    assert result.chosen.setting.k < 150
    assert len(result.encoded) < most[0].estimate


@pytest.mark.slow
def test_out_of_reach_the_last_points_are_worth_their_bytes() -> None:
    from skimage.data import coffee

    cup = Image.read(np.ascontiguousarray(coffee()[100:300, 100:340]))
    result = compress(cup, quality=100)
    best = max(trial.score for trial in result.found.trials)
    assert best - 4 <= result.found.chosen.score < best
    dearer = compress(cup, quality=100, min_quality=best)
    assert dearer.found.chosen.score == best
    assert dearer.output_bytes > result.output_bytes


@pytest.mark.slow
def test_a_grey_photograph_is_not_kept_lossless_where_less_is_asked() -> None:
    grey = Image(np.repeat(large_photo().pixels[..., 1:2], 3, axis=2))
    exact, enough = compress(grey, quality=100), compress(grey, quality=60)
    assert exact.found.chosen.score == 100
    assert 60 <= enough.found.chosen.score <= 62
    assert enough.output_bytes < 0.4 * exact.output_bytes


@pytest.mark.slow
def test_a_smooth_gradient_out_of_reach_is_dithered_rather_than_banded() -> None:
    y, x = np.mgrid[:300, :400]
    ramps = np.dstack([x * 255 // 399, y * 255 // 299, (x + y) * 255 // 698]).astype(np.uint8)
    result = found(Image(ramps), quality=95)
    assert not result.reached
    best = max(result.trials, key=lambda trial: trial.score)
    nearest = max(trial.score for trial in result.trials if trial.setting.nearest)
    assert best.score > nearest + 20
    assert best.setting.diffusion > 192  # the stronger, the better
    # In a smooth picture contours count beside the score.
    assert result.goal.contour_limit == TUNING.smooth_contour
    assert result.goal.grade(result.chosen) >= max(map(result.goal.grade, result.trials)) - 1.5
    assert result.chosen.score >= best.score - 4


def gradients() -> dict[str, NDArray[np.uint8]]:
    """A sky, a radial gradient, a dark vignette and a soft shadow, as no photograph has them."""
    y, x = np.mgrid[:192, :256] / [[[192]], [[256]]]
    far = np.hypot(y - 0.45, x - 0.4)
    ends = {
        "sky": (y, [60, 120, 210], [215, 230, 245]),
        "radial": (np.clip(far * 1.4, 0, 1), [250, 220, 190], [120, 60, 90]),
        "vignette": (np.clip(far * 1.3, 0, 1), [70, 64, 72], [6, 5, 9]),
    }
    drawn = {
        name: np.rint(np.array(a) + share[..., None] * np.subtract(b, a)).astype(np.uint8)
        for name, (share, a, b) in ends.items()
    }
    # Levels of three channels change at other places, as where a camera made them.
    noise = np.random.default_rng(0).integers(0, 2, (192, 256, 3), dtype=np.uint8)
    drawn |= {name: pixels + noise for name, pixels in drawn.items()}
    shadow = np.zeros((192, 256, 4), np.uint8)
    shadow[..., 3] = np.rint(170 * np.clip(1.2 - 2.2 * far, 0, 1))
    shadow[..., :3] = np.rint(40 + 90 * np.stack([x, y, x * y], axis=-1))
    shadow[shadow[..., 3] == 0] = 0
    return drawn | {"shadow": shadow}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sky", "radial", "vignette", "shadow"])
@pytest.mark.parametrize("quality", [None, 75, 85])
def test_smooth_pictures_get_no_contours_that_a_finer_candidate_avoids(
    name: str, quality: float | None
) -> None:
    image = Image(gradients()[name])
    result = compress(image, quality=quality)
    seen = metrics.banding(image, result.indexed)
    if result.found.fit.lossless:
        return
    limit = TUNING.smooth_contour
    if name == "shadow":
        limit = TUNING.art_contour if quality is None else TUNING.asked_art_contour
    chosen, goal = result.found.chosen, result.found.goal
    assert goal.contour_limit == limit
    assert chosen.contours == seen
    avoidable = max(map(goal.grade, result.found.trials))
    assert goal.grade(chosen) >= min(result.found.wanted, avoidable - 1.6)
    assert seen < limit + 0.6


@pytest.mark.slow
def test_the_default_looks_more_closely_at_art_and_small_drawings(
    photo: Image, drawing: Image, art: Image
) -> None:
    icon = Image(art.pixels[40:120, 60:140])
    images = (photo, drawing, art, Image(gradients()["sky"]), icon)
    assert [found(image).wanted for image in images] == [80, 88, 88, 88, 91]


@pytest.mark.slow
def test_soft_edges_stay_soft_at_the_default(art: Image) -> None:
    result = compress(art)
    most = compress(art, k=256)
    kept, best = (metrics.softness(art, r.indexed) for r in (result, most))
    assert kept >= 0.75 * best


def test_few_colours_come_out_lossless(drawing: Image) -> None:
    icon = Image.read(drawing.pixels[80:140])
    for result in (compress(icon), compress(icon, quality=100)):
        assert result.found.chosen.score == 100
        assert np.array_equal(result.indexed.decode(), icon.pixels)


def test_threads_change_no_byte(photo: Image) -> None:
    files = {compress(photo, quality=60, threads=threads).encoded for threads in (1, 2, 3, 7)}
    assert len(files) == 1


def test_nothing_asked_is_the_default_quality(photo: Image) -> None:
    result = compress(photo)
    assert result.found.wanted == TUNING.photo_score


def test_fast_tries_no_rate(photo: Image) -> None:
    trials = found(photo, quality=60, effort="fast").trials
    assert all(trial.setting.rate == 0 for trial in trials)


@pytest.mark.parametrize("name", ["webp", "gif"])
def test_other_palette_formats_are_searched_too(photo: Image, name: str) -> None:
    result = compress(photo, quality=60, format=name)
    decoded = formats.decode(result.encoded.files[0][1])
    assert metrics.ssimulacra2(photo, decoded) >= 60


def test_a_red_dot_on_a_grey_map_stays_red_at_sixteen_colours() -> None:
    rng = np.random.default_rng(0)
    grey = np.clip(rng.normal(150, 30, (240, 320)), 0, 255).astype(np.uint8)
    pixels = np.repeat(grey[..., None], 3, axis=2)
    pixels[100:106, 200:206] = [220, 20, 30]
    decoded: NDArray[np.uint8] = compress(Image(pixels), k=16).indexed.decode()
    red = decoded[100:106, 200:206].reshape(-1, 3).astype(int)
    assert (red[:, 0] - red[:, 1] > 120).all()


def page_with_a_link(greys: tuple[int, ...] = tuple(range(200))) -> Image:
    """Grey marks on a page, and a blue area of 36 pixels among its 77 thousand."""
    rng = np.random.default_rng(3)
    pixels = np.full((240, 320, 3), 250, np.uint8)
    for _ in range(260):
        y, x = rng.integers(0, 230), rng.integers(0, 305)
        pixels[y : y + rng.integers(1, 8), x : x + rng.integers(1, 12)] = rng.choice(greys)
    pixels[100:103, 200:212] = [30, 60, 220]
    return Image(pixels)


def blueness(indexed: IndexedImage) -> int:
    link = indexed.decode()[100:103, 200:212].reshape(-1, 3).astype(int)
    return int((link[:, 2] - link[:, 0]).min())


@pytest.mark.slow
@pytest.mark.parametrize("quality", [70, 80, None])
def test_a_small_saturated_area_of_a_page_keeps_its_colour(quality: float | None) -> None:
    page = page_with_a_link()
    result = compress(page, quality=quality)
    assert blueness(result.indexed) > 150


def test_the_codebook_of_a_page_has_a_code_for_so_few_pixels_and_plain_k_means_none() -> None:
    page = page_with_a_link()
    plain = fit(Histogram.of(page), 6).codebook
    weighed = Workbench(page, CompressOptions()).fit_of(Setting(6)).codebook
    assert blueness(mapping.nearest(page, plain)) < 50
    assert blueness(mapping.nearest(page, weighed)) > 150


def test_fewer_codes_of_the_same_score_are_passed_over_where_they_fade_an_area() -> None:
    page = page_with_a_link(greys=(0, 90, 160))
    bench = Workbench(page, CompressOptions())
    faded = bench.trial(Setting(4))
    assert faded.score > 70
    assert blueness(faded.indexed) < 50
    assert blueness(compress(page, quality=70).indexed) > 150


@pytest.mark.slow
@pytest.mark.parametrize("quality", [20, 40, 60])
def test_pale_lines_of_a_plot_stay_at_any_quality(quality: int) -> None:
    pixels = np.full((320, 400, 3), [229, 236, 246], np.uint8)
    pixels[40::80] = pixels[41::80] = 255
    pixels[:, 30::50] = pixels[:, 31::50] = 255
    rng = np.random.default_rng(0)
    marks = rng.integers(0, [310, 180], (150, 2))
    for top, left in marks:
        pixels[top : top + 7, left : left + 5] = rng.integers(0, 200)
    decoded = compress(Image(pixels), quality=quality).indexed.decode()[:, 220:]
    line = pixels[:, 220:, 0] == 255
    assert decoded[line, 0].min() > decoded[~line, 0].max() + 12


def test_in_a_drawing_no_error_grows_beyond_half_of_what_it_may_elsewhere() -> None:
    rng = np.random.default_rng(3)
    pixels = np.full((240, 320, 3), 250, np.uint8)
    for _ in range(400):
        y, x = rng.integers(0, 230), rng.integers(0, 305)
        pixels[y : y + rng.integers(1, 8), x : x + rng.integers(1, 12)] = rng.integers(0, 250)
    bench = Workbench(Image(pixels), CompressOptions())
    assert bench.picture.graphic
    setting = Setting(64, rate=MOST_RATE, contrast=0.75, feedback=0)
    rate_aware = bench.trial(setting).rate_aware
    assert rate_aware is not None
    labels = rate_aware.labels.ravel()
    # Greys: only lightness and the constant of opaque colours, whatever chroma counts.
    codes = embed(bench.fit_of(setting).codebook.colors).astype(np.int64)
    squares = (embed(pixels.reshape(-1, 3)).astype(np.int64)[:, None, 0] - codes[:, 0]) ** 2
    grown = squares[np.arange(len(labels)), labels] - squares.min(axis=1)
    weights = bench.picture.weights(0.75)[..., 0].ravel().astype(np.int64)
    most = (grown * weights**2).max() / 4096**2
    assert 2**16 < most <= 2**17


def test_in_a_drawing_no_error_grows_beyond_what_letters_bear_whatever_masks_it() -> None:
    rng = np.random.default_rng(3)
    noise = rng.choice(np.array([0, 60, 130, 200, 255], np.uint8), (160, 200))
    pixels = np.full((160, 320, 3), 250, np.uint8)
    pixels[:, :100] = noise[:, :100, None]
    bench = Workbench(Image(pixels), CompressOptions())
    assert bench.picture.graphic
    setting = Setting(16, rate=MOST_RATE, contrast=1.0, feedback=0)
    rate_aware = bench.trial(setting).rate_aware
    assert rate_aware is not None
    codes = embed(bench.fit_of(setting).codebook.colors).astype(np.int64)
    distances = np.abs(embed(pixels.reshape(-1, 3)).astype(np.int64)[:, None, 0] - codes[:, 0])
    chosen = np.take_along_axis(distances, rate_aware.labels.reshape(-1, 1).astype(int), 1)[:, 0]
    farthest = bench.tuning.drawing_farthest
    most = (chosen**2 - distances.min(axis=1) ** 2).max()
    assert (farthest / 4) ** 2 < most <= farthest**2


def test_among_equal_pixels_of_a_drawing_errors_count_more_but_not_beside_others() -> None:
    page = page_with_a_link()
    picture = Workbench(page, CompressOptions()).picture
    plain = Workbench(page, CompressOptions(), tuning=replace(TUNING, flat_weight=1)).picture
    more = picture.weights(0.75) / plain.weights(0.75)
    colors = np.pad(page.pixels.astype(int), ((1, 1), (1, 1), (0, 0)), mode="edge")
    nine = np.lib.stride_tricks.sliding_window_view(colors, (3, 3), axis=(0, 1))
    even = (nine == page.pixels[..., None, None]).all(axis=(2, 3, 4))
    assert 0.2 < even.mean() < 0.9
    assert (more[~even] == 1).all()
    heaviest = 65535 // TUNING.flat_weight
    assert (more[even & (plain.weights(0.75) < heaviest).all(axis=2)] == TUNING.flat_weight).all()


def test_rates_of_codes_that_fade_an_area_are_tried_only_where_it_may_fade() -> None:
    page = page_with_a_link(greys=(0, 90, 160))
    search = ForScore(Workbench(page, CompressOptions(quality=80)))
    search.whole.trials([search.top, search.bench.plain(3)])
    tried = {
        score: {family.fixed.k for family in search.families(at_least(search.bench, score), 8)}
        for score in (50, 80)
    }
    assert 4 in tried[50]
    assert tried[80] == tried[50] - {4}


@pytest.mark.parametrize(("k", "packed"), [(3, 4), (16, 2), (17, 1)])
def test_rates_of_few_codes_are_chosen_for_the_bytes_that_labels_share_in_a_png(
    k: int, packed: int
) -> None:
    page = page_with_a_link(greys=tuple(range(20, 250, 15)))
    setting = Setting(k, rate=30000, feedback=0)
    benches = {name: Workbench(page, CompressOptions(format=name)) for name in ("png", "npz")}
    labels = {name: bench.trial(setting).rate_aware for name, bench in benches.items()}
    assert codec_of("png").labels_a_byte(k) == packed
    assert (labels["png"].labels != labels["npz"].labels).any() == (packed > 1)


def test_labels_of_an_icon_are_chosen_a_byte_each(art: Image) -> None:
    icon, setting = icon_of(art, 20, 10), Setting(8, rate=3000)
    png, npz = (
        Workbench(icon, CompressOptions(format=name)).trial(setting).rate_aware
        for name in ("png", "npz")
    )
    assert (png.labels == npz.labels).all()


def test_a_codebook_fades_an_area_where_no_code_has_half_of_its_chroma() -> None:
    page = page_with_a_link()
    bench = Workbench(page, CompressOptions())
    books = [bench.fit_of(Setting(k)).codebook for k in (3, 16)]
    few, more = map(bench.picture.faded_by, books)
    assert few.tolist() == [True]
    assert more.tolist() == [False]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"quality": 101}, "quality=101 is out of range; use a score from 0 to 100"),
        ({"quality": 70, "min_quality": 80}, "exceeds the quality of 70"),
        ({"min_quality": 80}, "goes with a quality to look for"),
        ({"target_size": 0}, "use 1 to 9007199254740992 bytes"),
        ({"quality": 70, "target_size": 1000}, "give one of them"),
        ({"quality": 70, "palette": Codebook.from_hex(["#000"])}, "leave the palette out"),
        ({"quality": 70, "format": "npz"}, "not npz"),
    ],
)
def test_wishes_that_contradict_are_refused(options: dict, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        CompressOptions(**options)


def saved(pixels: NDArray[np.uint8], quality: int) -> Image:
    file = BytesIO()
    Pillow.fromarray(pixels).save(file, "JPEG", quality=quality)
    return Image.read(file.getvalue())


@pytest.mark.slow
@pytest.mark.parametrize("quality", [40, 75])
def test_a_forecast_is_what_the_search_comes_to_or_less_than_half_more(quality: int) -> None:
    from skimage.data import astronaut

    image = saved(astronaut()[:256, 100:388], quality)
    forecast = hopeless_bytes(image, CompressOptions())
    assert forecast is not None
    assert len(search(image, CompressOptions()).encoded) > forecast / 1.5 > image.source.file_bytes


def test_what_a_palette_may_win_is_never_called_hopeless(drawing: Image) -> None:
    from skimage.data import astronaut

    page = np.tile(drawing.pixels, (2, 3, 1))
    for image in (saved(page, 85), saved(astronaut()[:256, 100:388], 97), Image.read(page)):
        assert hopeless_bytes(image, CompressOptions()) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "wish",
    [
        {"k": 64},
        {"k": 64, "quality": 60},
        {"target_size": 9000},
        {"quality": 70, "min_quality": 30},
        {"quality": 60, "dither": "none"},
        {"matte": "#ffffff"},
        {"pinned": Codebook.from_hex(["#123456"])},
        {"keep": frozenset(["icc"])},
        {"format": "npz"},
    ],
    ids=str,
)
def test_only_the_least_bytes_of_a_score_are_forecast(wish: dict[str, object]) -> None:
    from skimage.data import astronaut

    image = saved(astronaut()[:256, 100:388], 60)
    assert hopeless_bytes(image, CompressOptions()) is not None
    assert hopeless_bytes(image, CompressOptions(quality=75)) is not None
    assert hopeless_bytes(image, CompressOptions(**wish)) is None
