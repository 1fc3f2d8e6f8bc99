"""What must not change by being described with few colours: grey, opaque, clear, and soft edges."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cases import cases
from huepress import Codebook, compress, error_diffusion, fit, metrics, nearest, ordered, rate_aware
from huepress.colorspace import SPACES
from huepress.formats.png import read_header
from huepress.options import CompressOptions
from huepress.search.trials import Setting
from huepress.search.workbench import Workbench
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage

WAYS = [
    {"effort": "fast"},
    {"effort": "default"},
    {"effort": "best"},
    {"max_iter": 0},
    {"seeding": "k-means++"},
    {"seeding": "random", "n_init": 3},
    {"seeding": "k-means++", "sample": 50},
    {"seeding": "k-means++", "batch_size": 20, "max_iter": 30},
]
MAPPINGS = {
    "nearest": nearest,
    "diffusion": error_diffusion,
    "ordered": ordered,
    "rate": lambda pixels, book, space: rate_aware(pixels, book, rate=4000, space=space),
    "fed": lambda pixels, book, space: rate_aware(
        pixels, book, rate=60000, feedback=0.6, space=space
    ),
}
Pixels = NDArray[np.uint8]


def is_grey(colors: Pixels) -> bool:
    return bool((colors[..., :3] == colors[..., :1]).all())


@st.composite
def greys(draw: st.DrawFn) -> Pixels:
    """Grey pictures, some with alpha."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pixels = rng.integers(0, 256, (draw(st.integers(1, 20)), 17, 1), dtype=np.uint8)
    pixels = np.repeat(pixels, draw(st.sampled_from([3, 4])), axis=2)
    if pixels.shape[2] == 4:
        pixels[..., 3] = rng.choice([0, 1, 100, 255, 255], pixels.shape[:2])
    return pixels


@st.composite
def sprites(draw: st.DrawFn) -> Pixels:
    """Pictures of opaque, clear and translucent pixels, each kind at least once."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pixels = rng.integers(0, 256, (draw(st.integers(1, 20)), 17, 4), dtype=np.uint8)
    levels = draw(st.sampled_from([[0, 1, 254, 255], [0, 2, 128, 200, 255], [254] * 9 + [255]]))
    pixels[..., 3] = rng.choice(levels, pixels.shape[:2])
    pixels[0, :3, 3] = 0, 99, 255
    return pixels


@given(greys(), st.integers(1, 40), st.sampled_from(WAYS), st.sampled_from(SPACES))
def test_a_grey_picture_has_grey_codes(pixels: Pixels, k: int, way: dict, space: str) -> None:
    assert is_grey(fit(Histogram.of(pixels), k, space=space, **way).codebook.colors)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("chroma", [0.5, 2.0])
def test_grey_stays_grey_however_chroma_counts(space: str, chroma: float) -> None:
    pixels = np.repeat(np.arange(240, dtype=np.uint8)[None, :, None], 3, axis=2)
    chroma = chroma if space == "oklab" else 1.0
    assert is_grey(fit(Histogram.of(pixels), 37, space=space, chroma=chroma).codebook.colors)


def test_a_cluster_of_greys_has_a_grey_code_in_a_coloured_picture_too() -> None:
    rng = np.random.default_rng(0)
    colored = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    colored[..., 0] |= 128
    colored[..., 2] &= 63
    grey = np.repeat(rng.integers(80, 180, (40, 40, 1), dtype=np.uint8), 3, axis=2)
    pixels = np.concatenate([grey, colored])
    for space in SPACES:
        codebook = fit(Histogram.of(pixels), 64, space=space).codebook
        labels = nearest(pixels, codebook, space=space).labels
        only_grey = np.setdiff1d(labels[:40], labels[40:])
        assert len(only_grey) > 5
        assert is_grey(codebook.colors[only_grey])


@pytest.mark.slow
@pytest.mark.parametrize("space", SPACES)
def test_a_large_grey_area_is_not_tinted_by_a_few_colours_near_it(space: str) -> None:
    pixels = np.full((60, 90, 3), 140, np.uint8)
    pixels[40:] = np.random.default_rng(0).integers(0, 256, (20, 90, 3))
    pixels[:8] = [150, 138, 131]
    for k in (6, 10):
        codebook = fit(Histogram.of(pixels), k, space=space).codebook
        assert is_grey(nearest(pixels[8:40], codebook, space=space).decode())
    for aim in ({"quality": 40}, {"target_size": 2000}):
        assert is_grey(compress(pixels, space=space, **aim).indexed.decode()[10:38])


@pytest.mark.parametrize("effort", ["fast", "default"])
def test_a_large_grey_area_is_not_tinted_among_many_colours_wherever_it_sorts(effort: str) -> None:
    rng = np.random.default_rng(0)
    others = np.unique(rng.integers(0, 2**24, 30_000))
    others = np.stack([others >> 16, others >> 8 & 255, others & 255], axis=1).astype(np.uint8)
    grey, near = np.full((40_000, 3), 140, np.uint8), np.full((3_000, 3), [150, 138, 131], np.uint8)
    for left_out in range(16):
        pixels = np.concatenate([others[left_out:], grey, near])[None]
        codebook = fit(Histogram.of(pixels), 6, effort=effort).codebook
        assert is_grey(nearest(grey[None, :1], codebook).decode())


@given(greys(), st.integers(1, 20), st.sampled_from([*MAPPINGS]), st.sampled_from(SPACES))
def test_a_grey_picture_stays_grey(pixels: Pixels, k: int, mapping: str, space: str) -> None:
    codebook = fit(Histogram.of(pixels), k, space=space).codebook
    assert is_grey(MAPPINGS[mapping](pixels, codebook, space=space).decode())


@pytest.mark.slow
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(
    "aim", [{"k": 40}, {"k": 9, "dither": "diffusion"}, {"quality": 75}, {"target_size": 3000}]
)
def test_a_grey_picture_is_written_in_greys(space: str, alpha: bool, aim: dict) -> None:
    y, x = np.mgrid[:90, :120]
    level = 120 + 80 * np.sin(x / 19) + 40 * np.cos(y / 7)
    level += np.random.default_rng(0).normal(0, 6, level.shape)
    pixels = np.repeat(level.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    if alpha:
        edge = np.clip(300 - 6 * np.hypot(x - 60, y - 45), 0, 255).astype(np.uint8)
        pixels = np.dstack([pixels, edge])
    result = compress(pixels, space=space, **aim)
    assert is_grey(result.indexed.codebook.colors)
    header = read_header(result.encoded.files[0][1])
    assert header.color_type in (0, 3)
    assert is_grey(result.indexed.decode())


@cases(200)
@given(sprites(), st.integers(2, 30), st.sampled_from(WAYS), st.sampled_from(SPACES), st.data())
def test_from_two_codes_on_opaque_stays_opaque_and_clear_stays_clear(
    pixels: Pixels, k: int, way: dict, space: str, data: st.DataObject
) -> None:
    codebook = fit(Histogram.of(pixels), k, space=space, **way).codebook
    mapping = MAPPINGS[data.draw(st.sampled_from([*MAPPINGS]))]
    before, after = pixels[..., 3], mapping(pixels, codebook, space=space).decode()[..., 3]
    assert (after[before == 255] == 255).all()
    assert (after[before == 0] == 0).all()


@cases(200)
@given(sprites(), st.integers(0, 2**32 - 1), st.sampled_from([*MAPPINGS]), st.sampled_from(SPACES))
def test_an_opaque_pixel_gets_an_opaque_code_of_any_codebook_that_has_one(
    pixels: Pixels, seed: int, mapping: str, space: str
) -> None:
    rng = np.random.default_rng(seed)
    colors = rng.integers(0, 256, (rng.integers(1, 20), 4), dtype=np.uint8)
    colors[:, 3] = rng.choice([0, 1, 130, 254, 255], len(colors))
    colors[colors[:, 3] == 0] = 0
    codebook = Codebook(np.unique(colors, axis=0))
    before = pixels[..., 3]
    after = MAPPINGS[mapping](pixels, codebook, space=space).decode()[..., 3]
    for alpha in (0, 255):
        if (codebook.colors[:, 3] == alpha).any():
            assert (after[before == alpha] == alpha).all()


@given(sprites(), st.integers(2, 12), st.sampled_from(SPACES))
def test_the_estimator_keeps_opaque_colours_opaque(pixels: Pixels, k: int, space: str) -> None:
    from huepress.sklearn import ColorQuantizer

    rows = pixels.reshape(-1, 4)
    quantizer = ColorQuantizer(k, space=space).fit(rows)
    alpha = quantizer.cluster_centers_[quantizer.predict(rows), 3]
    assert (alpha[rows[:, 3] == 255] == 255).all()


def test_the_last_row_of_the_trace_is_the_codebook_where_there_is_alpha(icon: Pixels) -> None:
    from huepress.colorspace import unembed

    for way in WAYS:
        result = fit(Histogram.of(icon), 24, **way)
        differ = (unembed(result.trace.centroids[-1]) != result.codebook.colors).any(axis=1)
        assert is_grey(result.codebook.colors[differ])


@pytest.fixture(scope="module")
def icon() -> Pixels:
    """A shaded disc with a ring, soft at its rims, over a soft shadow."""
    y, x = np.mgrid[:256, :256]
    away = np.hypot(x - 120, y - 118)
    disc, shadow = (
        np.clip(100.5 - away, 0, 1),
        np.clip(1.1 - np.hypot(x - 128, y - 132) / 115, 0, 1),
    )
    shade = np.stack([230 - x / 3, 120 + y / 3, 60 + away], axis=2)
    shade[(away > 60) & (away < 70)] = 250
    alpha = disc + (1 - disc) * 0.5 * shadow
    color = shade * (disc / np.maximum(alpha, 1e-6))[..., None]
    return np.dstack([color.clip(0, 255), 255 * alpha]).round().astype(np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize(
    "aim", [{}, {"quality": 60}, {"target_size": 6000}, {"k": 24}, {"k": 24, "dither": "ordered"}]
)
def test_an_icon_keeps_its_opaque_and_clear_pixels_and_its_soft_edges(
    icon: Pixels, aim: dict
) -> None:
    indexed = compress(icon, **aim).indexed
    before, after = icon[..., 3], indexed.decode()[..., 3]
    assert (after[before == 255] == 255).all()
    assert (after[before == 0] == 0).all()
    assert metrics.softness(icon, indexed) > 0.9


def test_an_opaque_picture_is_fitted_alike_with_and_without_alpha(icon: Pixels) -> None:
    opaque = np.ascontiguousarray(icon[..., :3])
    with_alpha = np.dstack([opaque, np.full(opaque.shape[:2], 255, np.uint8)])
    books = [fit(Histogram.of(pixels), 30).codebook for pixels in (opaque, with_alpha)]
    assert np.array_equal(books[0].colors, books[1].colors[:, :3])


DIGEST = """
import hashlib
import numpy as np
from huepress import *

rng = np.random.default_rng(5)
pixels = np.cumsum(rng.integers(-9, 10, (70, 90, 4)), 1).astype(np.uint8)
pixels[..., 3] = rng.choice([0, 1, 77, 254, 255, 255], (70, 90))
digest = hashlib.sha256()
for space in ("oklab", "srgb", "linear"):
    for threads in (1, 3):
        book = fit(Histogram.of(pixels), 40, space=space, threads=threads).codebook
        digest.update(book.colors.tobytes())
        options = {"space": space, "threads": threads}
        for indexed in (
            nearest(pixels, book, **options),
            error_diffusion(pixels, book, **options),
            ordered(pixels, book, **options),
            rate_aware(pixels, book, rate=3000, feedback=0.5, **options),
        ):
            digest.update(indexed.labels.tobytes())
    print(digest.hexdigest())
"""


@pytest.mark.slow
def test_kinds_of_pixels_are_kept_alike_on_every_instruction_set() -> None:
    digests = set()
    for isa in ("plain", "avx2", "avx512", "neon"):
        run = subprocess.run(
            [sys.executable, "-c", DIGEST],
            env=dict(os.environ, HUEPRESS_ISA=isa),
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode == 0:
            digests.add(run.stdout)
        else:
            assert isa != "plain", run.stderr
    assert len(digests) == 1


def test_threads_change_nothing_where_there_is_alpha(icon: Pixels) -> None:
    found: list[IndexedImage] = []
    for threads in (1, 2, 5):
        codebook = fit(Histogram.of(icon), 50, threads=threads).codebook
        found.append(nearest(icon, codebook, threads=threads))
    assert found[0] == found[1] == found[2]


def test_soft_edges_of_a_drawing_count_for_more_than_their_pixels() -> None:
    scale = 4
    y, x = np.mgrid[: 120 * scale, : 240 * scale] / scale
    rng = np.random.default_rng(1)
    drawn = np.zeros((*x.shape, 4))
    for centre in range(20, 230, 25):
        inside = np.hypot(x - centre, y - rng.uniform(45, 75)) < rng.uniform(15, 30)
        drawn[inside] = [*rng.integers(20, 236, 3), 255]
    drawn = drawn.reshape(120, scale, 240, scale, 4).mean(axis=(1, 3))
    drawn[..., :3] *= 255 / np.maximum(drawn[..., 3:], 1e-9)
    pixels = drawn.round().astype(np.uint8)
    bench = Workbench(Image(pixels), CompressOptions())
    assert bench.picture.graphic
    ways = [
        [codebook_of(k) for k in (12, 16, 20, 24, 32)]
        for codebook_of in (
            lambda k: bench.fit_of(Setting(k)).codebook,
            lambda k: fit(Histogram.of(pixels), k).codebook,
        )
    ]
    kept = [
        np.mean([metrics.softness(pixels, nearest(pixels, book)) for book in books])
        for books in ways
    ]
    assert kept[0] > kept[1] + 0.01, kept
    assert kept[0] > 0.7
