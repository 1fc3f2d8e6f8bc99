"""Figures: what they say, where they draw, and what they leave alone."""

import math
import os
import re
import subprocess
import sys
from io import BytesIO
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image as PillowImage

import huepress
from huepress import Codebook, Histogram, IndexedImage, viz
from huepress.errors import OptionError, OutputError
from huepress.metrics import ssimulacra2
from huepress.pipeline import Result
from huepress.viz import style
from huepress.viz.colors import cloud
from huepress.viz.curves import frontier
from huepress.viz.dark import darkened
from huepress.viz.labels import false_colors
from huepress.viz.trajectories import Projection


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    from skimage.data import astronaut

    return np.ascontiguousarray(astronaut()[:64, 100:200])


@pytest.fixture(scope="module")
def art(photo: np.ndarray) -> np.ndarray:
    fade = np.tile(np.linspace(0, 255, 100).astype(np.uint8), (64, 1))[..., None]
    return np.concatenate([photo, fade], axis=2)


@pytest.fixture(scope="module")
def result(photo: np.ndarray) -> Result:
    return huepress.compress(photo, k=16)


@pytest.fixture(scope="module")
def ladder(photo: np.ndarray) -> list[Result]:
    return [huepress.compress(photo, k=k) for k in (2, 8, 32)]


@pytest.fixture(scope="module")
def few(photo: np.ndarray) -> Result:
    """One of few colours, each of which takes matplotlib time."""
    return huepress.compress(np.ascontiguousarray(photo[::4, ::4]), k=16)


@pytest.fixture(scope="module")
def few_ladder(photo: np.ndarray) -> list[Result]:
    return [huepress.compress(np.ascontiguousarray(photo[::4, ::4]), k=k) for k in (2, 8, 32)]


def texts(figure: Figure) -> str:
    found = [ax.get_title(loc="left") for ax in figure.axes]
    found += [text.get_text() for ax in figure.axes for text in ax.texts]
    return " | ".join(found)


def drawings(result: Result, ladder: list[Result]) -> dict:
    """Every public function, as a drawing into axes or none: name -> (function, kinds of axes)."""
    points = [(100 * i, float(i), f"k={i}") for i in (1, 2, 3)]
    return {
        "bits": (lambda axes: viz.bits(ladder, ax=_one(axes)), [""]),
        "compare": (lambda axes: viz.compare(result, axes=axes), ["", "", ""]),
        "compare_grid": (lambda axes: viz.compare_grid(result, ladder, axes=axes), [""] * 4),
        "palette": (lambda axes: viz.palette(result, ax=_one(axes)), [""]),
        "colors3d": (lambda axes: viz.colors3d(result, axes=axes), ["3d", "3d"]),
        "trajectories": (lambda axes: viz.trajectories(result, axes=axes), ["", "3d"]),
        "convergence": (lambda axes: viz.convergence(result, ax=_one(axes)), [""]),
        "elbow": (lambda axes: viz.elbow(ladder, axes=axes), [""] * 4),
        "rate_distortion": (lambda axes: viz.rate_distortion(points, ax=_one(axes)), [""]),
        "labels": (lambda axes: viz.labels(result, ax=_one(axes)), [""]),
        "error_map": (lambda axes: viz.error_map(result, ax=_one(axes)), [""]),
    }


def _one(axes: list | None) -> object:
    return None if axes is None else axes[0]


NAMES = sorted(set(viz.__all__) - {"colors3d_html"})


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_figure_belongs_to_no_window_and_settings_stay(
    name: str, result: Result, ladder: list[Result]
) -> None:
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    figure = drawings(result, ladder)[name][0](None)
    assert isinstance(figure, Figure)
    assert pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_given_axes_are_drawn_into_and_no_others(
    name: str, result: Result, ladder: list[Result]
) -> None:
    draw, kinds = drawings(result, ladder)[name]
    figure = Figure(figsize=(12, 9))
    other = figure.add_subplot(2, 4, 8)
    untouched = set(other.get_children())
    axes = [
        figure.add_subplot(2, 4, i + 1, **({"projection": kind} if kind else {}))
        for i, kind in enumerate(kinds)
    ]
    assert draw(axes) is figure
    assert figure.axes == [other, *axes]
    assert set(other.get_children()) == untouched
    assert all(ax.has_data() or ax.patches for ax in axes)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_the_same_file_every_time(
    name: str, few: Result, few_ladder: list[Result]
) -> None:
    draw = drawings(few, few_ladder)[name][0]
    first, again = (
        {suffix: style.render(figure, suffix, dpi=50) for suffix in style.FORMATS}
        for figure in (draw(None), draw(None))
    )
    assert first == again
    for suffix, start in {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}.items():
        assert first[suffix].startswith(start)
    ElementTree.fromstring(first[".svg"])


def test_no_other_file_format_is_written() -> None:
    with pytest.raises(OutputError, match=r"\.bmp.*use \.png, \.svg, \.pdf"):
        style.render(style.sheet(1, 1), ".bmp")


def test_a_notebook_shows_a_figure_without_pyplot(result: Result) -> None:
    assert viz.palette(result)._repr_png_().startswith(b"\x89PNG")


@pytest.mark.slow
def test_figures_need_no_display(tmp_path: os.PathLike) -> None:
    code = (
        "import numpy as np, huepress, sys\n"
        "from huepress import viz\n"
        "from huepress.viz.style import render\n"
        "pixels = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)\n"
        "render(viz.compare(huepress.compress(pixels, k=4)), '.png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    environment["MPLBACKEND"] = "TkAgg"
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path)


def test_compare_says_bytes_colours_psnr_and_score(result: Result) -> None:
    said = texts(viz.compare(result))
    assert f"{result.distinct_colors:,} colours" in said
    assert "16 colours" in said
    assert f"{result.distortion.psnr:.2f} dB" in said
    assert f"{result.output_bytes / 1024:.1f} KiB" in said
    score = ssimulacra2(result.image, result.indexed)
    assert f"score {score:.1f}".replace("-", "−") in said
    assert f"MSE {result.distortion.mse:.2f}" in said
    assert "score" not in texts(viz.compare(result, score=False))


def test_the_difference_is_amplified_as_the_title_says(photo: np.ndarray) -> None:
    other = photo // 8 * 8
    for gain in (1, 4, 16):
        figure = viz.compare(photo, other, gain=gain)
        assert f"difference × {gain}" in texts(figure)
        shown = np.asarray(figure.axes[2].images[0].get_array())
        assert np.array_equal(shown, np.minimum((photo - other).astype(int) * gain, 255))


def test_equal_pictures_are_called_lossless(photo: np.ndarray) -> None:
    figure = viz.compare(photo, photo.copy())
    assert "lossless" in texts(figure)
    assert np.asarray(figure.axes[2].images[0].get_array()).max() == 0


@pytest.mark.parametrize("level", [0, 255])
def test_a_change_of_alpha_alone_is_a_difference(level: int) -> None:
    # Black shows it on white, and white on black.
    before = np.full((10, 10, 4), level, np.uint8)
    before[..., 3] = 200
    after = before.copy()
    after[:4, :, 3] = 150
    shown = np.asarray(
        viz.compare(before, after, gain=1, score=False).axes[2].images[0].get_array()
    )
    assert (shown[:4] == 50).all()
    assert not shown[4:].any()


def test_compare_grid_has_a_panel_for_each_version_and_no_empty_one(
    result: Result, ladder: list[Result]
) -> None:
    figure = viz.compare_grid(result, [*ladder, result])
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["original", "2 colours", "8 colours", "32 colours", "16 colours"]


def test_versions_may_have_names(photo: np.ndarray, ladder: list[Result]) -> None:
    figure = viz.compare_grid(photo, {"small": ladder[0], "large": ladder[2]})
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["original", "small", "large"]
    assert "32 colours" in texts(figure)


def test_pictures_of_unlike_sizes_are_refused(photo: np.ndarray) -> None:
    with pytest.raises(OptionError, match="one size"):
        viz.compare(photo, photo[:50])
    with pytest.raises(OptionError, match="give two"):
        viz.compare(photo)
    with pytest.raises(OptionError, match="2 axes for 3 panels"):
        viz.compare(photo, photo, axes=Figure().subplots(1, 2))


def swatches(figure: Figure) -> np.ndarray:
    patches = [patch for patch in figure.axes[0].patches if patch.get_label() == "swatch"]
    return np.rint(np.array([patch.get_facecolor() for patch in patches]) * 255).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["blocks", "bars"])
@pytest.mark.parametrize("order", ["hue", "lightness", "share", "codebook"])
@pytest.mark.parametrize("k", [5, 60])
def test_a_palette_shows_every_code_once(layout: str, order: str, k: int, art: np.ndarray) -> None:
    indexed = huepress.compress(art, k=k).indexed
    shown = swatches(viz.palette(indexed, layout=layout, order=order))
    assert sorted(map(tuple, shown)) == sorted(map(tuple, indexed.codebook.rgba.tolist()))


def test_a_palette_is_in_the_order_asked_for(result: Result) -> None:
    shares = dict(
        zip(map(tuple, result.indexed.codebook.rgba.tolist()), result.indexed.counts(), strict=True)
    )
    shown = [shares[tuple(color)] for color in swatches(viz.palette(result, order="share"))]
    assert shown == sorted(shown, reverse=True)
    greys = Codebook(np.array([[9, 9, 9], [250, 250, 250], [90, 90, 90]], np.uint8))
    assert swatches(viz.palette(greys, order="lightness"))[:, 0].tolist() == [9, 90, 250]
    assert swatches(viz.palette(greys, order="codebook"))[:, 0].tolist() == [9, 250, 90]


def test_bars_are_as_long_as_the_shares(result: Result) -> None:
    figure = viz.palette(result, layout="bars", order="codebook")
    lengths = np.array([patch.get_width() for patch in figure.axes[0].patches])
    assert np.allclose(lengths, result.indexed.counts() / result.indexed.labels.size)
    assert math.isclose(lengths.sum(), 1)


@pytest.mark.slow
@pytest.mark.parametrize("k", [16, 128])
def test_hexadecimal_names_are_written_only_where_they_fit(k: int, photo: np.ndarray) -> None:
    result = huepress.compress(photo, k=k)
    figure = viz.palette(result)
    figure.draw_without_rendering()
    (ax,) = figure.axes
    names = [text for text in ax.texts if text.get_text().startswith("#")]
    assert len(names) == k
    boxes = [patch.get_window_extent() for patch in ax.patches]
    for text, box in zip(names, boxes, strict=True):
        inside = text.get_window_extent()
        assert box.x0 < inside.x0
        assert inside.x1 < box.x1
    narrow = Figure(figsize=(1.5, 1)).subplots()
    viz.palette(result, ax=narrow)
    assert not narrow.texts


def test_a_bare_codebook_has_no_shares() -> None:
    codebook = Codebook.from_hex(["#000", "#fff"])
    for options in ({"layout": "bars"}, {"order": "share"}):
        with pytest.raises(OptionError, match="no shares"):
            viz.palette(codebook, **options)
    with pytest.raises(OptionError, match="order 'size' is unknown"):
        viz.palette(codebook, order="size")


@given(
    counts=st.lists(st.integers(0, 10_000), min_size=1, max_size=300),
    limit=st.integers(1, 200),
)
def test_a_colour_is_drawn_as_often_as_its_share_says(counts: list[int], limit: int) -> None:
    colors = np.arange(len(counts))[:, None].astype(np.uint32) >> [16, 8, 0]
    histogram = Histogram(colors.astype(np.uint8), np.array(counts, np.uint64))
    points = cloud(histogram, limit)
    assert len(points) <= limit
    seen = dict(zip(map(tuple, points.colors.tolist()), points.weights, strict=True))
    drawn, total = points.weights.sum(), max(sum(counts), 1)
    assert drawn == (sum(counts) if np.count_nonzero(counts) <= limit else limit)
    for color, count in zip(histogram.colors.tolist(), counts, strict=True):
        assert abs(seen.get(tuple(color), 0) - count * drawn / total) < 1


def test_full_transparency_is_no_point(art: np.ndarray) -> None:
    points = cloud(Histogram.of(art), 500)
    assert (points.colors[:, 3] > 0).all()
    clear = np.zeros((4, 4, 4), np.uint8)
    assert viz.colors3d(clear, Codebook(np.zeros((1, 4), np.uint8)))


def test_a_large_histogram_costs_a_limited_number_of_points() -> None:
    keys = np.arange(1 << 19) * 31
    colors = (keys[:, None] >> [16, 8, 0] & 255).astype(np.uint8)
    histogram = Histogram(colors, np.ones(len(colors), np.uint64))
    figure = viz.colors3d(histogram, max_points=700)
    (points,) = figure.axes[0].collections
    assert len(points.get_offsets()) <= 700
    assert "524,288 colours" in texts(figure)


def test_stars_are_the_larger_the_more_pixels_they_have(result: Result) -> None:
    after = viz.colors3d(result).axes[1]
    stars = after.collections[-1]
    assert len(stars.get_sizes()) == 16
    largest = int(np.argmax(result.indexed.counts()))
    assert stars.get_sizes()[largest] == stars.get_sizes().max()


def test_flat_axes_are_refused_where_space_is_needed(result: Result) -> None:
    with pytest.raises(OptionError, match="projection='3d'"):
        viz.colors3d(result, axes=Figure().subplots(1, 2))


def test_the_interactive_page_needs_no_network(result: Result) -> None:
    page = viz.colors3d_html(result, title="<cat> & dog", max_points=300)
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)\s*=", page)
    assert "<title>&lt;cat&gt; &amp; dog</title>" in page
    assert "Plotly.newPlot" in page
    for name in result.indexed.codebook.hex():
        assert name in page


def test_trajectories_follow_the_trace(photo: np.ndarray) -> None:
    fitted = huepress.fit(Histogram.of(photo), 5, seeding="random", seed=2, space="srgb")
    figure = viz.trajectories(fitted, photo)
    flat, deep = figure.axes
    assert len(flat.lines) == len(deep.lines) == 5
    for i, line in enumerate(deep.lines):
        path = np.stack(line.get_data_3d(), axis=1)
        assert np.allclose(path, fitted.trace.centroids[:, i, :3] / 64 + 127.5)
    assert f"{fitted.iterations} iterations" in texts(figure)


def test_a_given_palette_has_no_trajectories(photo: np.ndarray) -> None:
    given_palette = huepress.compress(photo, palette=Codebook.from_hex(["#000", "#fff"]))
    with pytest.raises(OptionError, match="nothing was fitted"):
        viz.trajectories(given_palette)


@given(st.integers(0, 2**32 - 1), st.integers(3, 40))
def test_no_plane_shows_more_than_the_principal_one(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(-8000, 8000, (n, 4)).astype(np.int16)
    weights = rng.integers(1, 9, n)
    plane = Projection.of(points, weights)
    assert np.allclose(plane.axes.T @ plane.axes, np.eye(2))
    apart = points - np.average(points, axis=0, weights=weights)
    other = np.linalg.qr(rng.normal(size=(4, 2)))[0]
    shown = weights @ np.square(plane(points)).sum(axis=1)
    assert shown >= weights @ np.square(apart @ other).sum(axis=1) * (1 - 1e-9)


def test_elbow_plots_what_was_measured_and_marks_the_chosen(ladder: list[Result]) -> None:
    figure = viz.elbow(ladder[::-1], chosen=8)
    inertia, mse, size, score = figure.axes
    for ax in figure.axes:
        assert ax.lines[0].get_xdata().tolist() == [2, 8, 32]
        assert ax.lines[-1].get_xdata().tolist() == [8]
    assert mse.lines[0].get_ydata().tolist() == [one.distortion.mse for one in ladder]
    assert size.lines[0].get_ydata().tolist() == [one.output_bytes for one in ladder]
    assert score.lines[0].get_ydata()[1] == ssimulacra2(ladder[1].image, ladder[1].indexed)
    n_pixels = ladder[0].image.n_pixels
    assert np.allclose(inertia.lines[0].get_ydata(), [one.fit.inertia / n_pixels for one in ladder])
    assert f"{ladder[1].distortion.mse:.4g} at k = 8" in texts(figure)
    assert len(viz.elbow(ladder, score=False).axes) == 3
    (time,) = viz.elbow(ladder, time=True).axes[4:]
    assert time.lines[0].get_ydata().tolist() == [one.seconds for one in ladder]
    with pytest.raises(OptionError, match="no result has k=7; choose one of 2, 8, 32"):
        viz.elbow(ladder, chosen=7)
    with pytest.raises(OptionError, match="no results"):
        viz.elbow([])


def test_bits_are_those_of_labels_entropy_and_file(ladder: list[Result]) -> None:
    (ax,) = viz.bits(ladder[::-1]).axes
    fixed, entropy, file = (line.get_ydata() for line in ax.lines)
    n_pixels = ladder[0].image.n_pixels
    assert fixed.tolist() == [1, 3, 5]
    shares = [one.indexed.counts() / n_pixels for one in ladder]
    assert np.allclose(entropy, [-(s * np.log2(s)).sum() for s in shares])
    assert file.tolist() == [8 * one.output_bytes / n_pixels for one in ladder]
    with pytest.raises(OptionError, match="no results"):
        viz.bits([])


def test_convergence_shows_the_trace_and_how_it_ended(photo: np.ndarray) -> None:
    histogram = huepress.Histogram.of(photo)
    done = huepress.fit(histogram, 4, seeding="random")
    cut = huepress.fit(histogram, 4, seeding="random", max_iter=2)
    assert done.converged
    assert not cut.converged
    (ax,) = viz.convergence({"done": done, "cut": cut}).axes
    whole, end, begun, stop = ax.lines
    assert whole.get_xdata().tolist() == list(range(done.iterations + 1))
    assert whole.get_ydata()[-1] == end.get_ydata()[0] == done.inertia
    assert begun.get_ydata().tolist() == whole.get_ydata()[:3].tolist()
    assert stop.get_xdata().tolist() == [2]
    assert end.get_markerfacecolor() == end.get_color()
    assert stop.get_markerfacecolor() == "white"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["done", "cut"]
    assert viz.convergence(done).axes[0].get_legend() is None
    with pytest.raises(OptionError, match="no fits; give one or more"):
        viz.convergence({})


def test_a_long_line_of_facts_does_not_narrow_the_axes() -> None:
    def width(fact: str) -> float:
        figure = style.sheet(6, 3)
        ax, _ = figure.subplots(1, 2)
        style.headline(ax, "title", [fact])
        figure.draw_without_rendering()
        return ax.get_window_extent().width

    assert width("short") == width("x" * 60)


Points = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50), st.just("")), max_size=30)


@given(Points)
def test_the_frontier_is_what_nothing_beats(points: list[tuple[int, int, str]]) -> None:
    best = frontier(points)
    for n_bytes, score, _ in points:
        beaten = any(
            b <= n_bytes and s >= score and (b, s) != (n_bytes, score) for b, s, _ in points
        )
        assert beaten == ((n_bytes, score, "") not in best)


def test_labels_beside_points_do_not_cover_each_other() -> None:
    points = [(1000 + i, 50 + 0.01 * i, f"k={i}") for i in range(50)] + [(9000, 90.0, "far")]
    figure = viz.rate_distortion(points, chosen="far")
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if "better" not in str(text)]
    assert 2 <= len(boxes) < 20
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
    with pytest.raises(OptionError, match="label 'near'"):
        viz.rate_distortion(points, chosen="near")
    with pytest.raises(OptionError, match="no points"):
        viz.rate_distortion([])


def test_several_curves_have_a_legend() -> None:
    curves = {"ours": [(10, 1.0, ""), (20, 2.0, "")], "theirs": [(15, 1.0, ""), (30, 2.0, "")]}
    legend = viz.rate_distortion(curves).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["ours", "theirs"]


@pytest.mark.parametrize("k", [2, 16, 256])
def test_false_colours_are_all_different(k: int) -> None:
    colors = np.random.default_rng(0).permutation(1 << 16)[:k, None] >> [8, 4, 0]
    codebook = Codebook(np.unique((colors & 255).astype(np.uint8), axis=0))
    indexed = IndexedImage(codebook, np.arange(len(codebook))[None])
    assert len(np.unique(false_colors(indexed), axis=0)) == len(codebook)


def test_the_label_plane_says_its_entropy() -> None:
    indexed = IndexedImage(
        Codebook.from_hex(["#000", "#444", "#888", "#fff"]), np.array([[0, 1], [2, 3]] * 2)
    )
    assert "entropy 2.00 of 2 bits a pixel" in texts(viz.labels(indexed))


def test_the_error_map_is_the_root_mean_square(photo: np.ndarray, result: Result) -> None:
    shown = np.asarray(viz.error_map(result).axes[0].images[0].get_array())
    error = photo.astype(float) - result.indexed.decode()
    assert np.allclose(shown, np.sqrt(np.square(error).mean(axis=2)), atol=1e-4)


def test_pictures_larger_than_a_page_are_reduced() -> None:
    tall = np.zeros((6000, 300, 3), np.uint8)
    figure = viz.compare(tall, tall + np.uint8(1), score=False)
    assert max(figure.axes[0].images[0].get_array().shape) <= 2 * style.DISPLAY_SIDE


def looks(figure: Figure) -> list:
    """Every colour that a figure has."""
    found = [figure.get_facecolor()]
    for artist in figure.findobj():
        found += [
            getattr(artist, f"get_{part}")()
            for part in ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")
            if hasattr(artist, f"get_{part}")
        ]
        found += [str(vars(effect)) for effect in artist.get_path_effects() or ()]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_on_a_dark_page_a_figure_is_light_on_dark_and_afterwards_as_it_was(
    name: str, few: Result, few_ladder: list[Result]
) -> None:
    figure = drawings(few, few_ladder)[name][0](None)
    figure.draw_without_rendering()
    before = looks(figure)
    light = _pixels(style.render(figure, ".png", dpi=60))
    with darkened(figure):
        dark = _pixels(style.render(figure, ".png", dpi=60))
        for text in figure.findobj(Text):
            if text.get_text() and text.get_gid() != style.AS_DRAWN:
                assert np.mean(to_rgb(text.get_color())) > 0.6
    assert str(looks(figure)) == str(before)
    assert (light[..., 3] == 255).all()
    # The margins let the page through.
    edges = [dark[0], dark[-1], dark[:, 0], dark[:, -1]]
    assert np.mean(np.concatenate(edges)[:, 3] == 0) > 0.9


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(PillowImage.open(BytesIO(png)).convert("RGBA"))
