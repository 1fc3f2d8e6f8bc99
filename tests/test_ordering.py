"""Laws of codebook orders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from cases import cases
from huepress.errors import OptionError
from huepress.formats import orders as ordering
from huepress.values.codebook import Codebook
from huepress.values.indexed import IndexedImage
from indexed_images import images, random_image, rgba

ORDERS = [
    ordering.luminance,
    ordering.popularity,
    ordering.co_occurrence,
    ordering.step_bits,
    ordering.path,
]


def label_steps(indexed: IndexedImage) -> int:
    """The sum of |label - neighbour's label| over rows and columns."""
    labels = indexed.labels.astype(int)
    return int(np.abs(np.diff(labels, axis=0)).sum() + np.abs(np.diff(labels, axis=1)).sum())


@pytest.mark.parametrize("order", ORDERS)
@cases(40)
@given(image=images())
def test_every_order_is_a_permutation_that_leaves_the_picture_alone(order, image):
    places = order(image)
    assert places.dtype == np.intp
    assert sorted(places.tolist()) == list(range(len(image.codebook)))
    assert np.array_equal(rgba(image.permuted(places)), rgba(image))


@pytest.mark.parametrize("order", ORDERS)
@cases(40)
@given(image=images(alphas=("one transparent", "mixed")))
def test_codes_that_are_not_opaque_come_first(order, image):
    opaque = image.codebook.rgba[order(image), 3] == 255
    assert not (opaque[:-1] & ~opaque[1:]).any()


def test_luminance_runs_from_dark_to_light():
    image = random_image(50, 4, 4)
    rgb = image.codebook.colors[ordering.luminance(image)].astype(int)
    assert (np.diff(rgb @ [299, 587, 114]) >= 0).all()


def test_popularity_runs_from_frequent_to_rare_and_keeps_the_order_of_equals():
    labels = np.array([[2, 2, 2, 0, 1, 1, 1]])
    image = IndexedImage(Codebook.from_hex(["#111", "#222", "#333", "#444"]), labels)
    assert ordering.popularity(image).tolist() == [1, 2, 0, 3]


def test_co_occurrence_recovers_a_gradient_whose_codes_were_shuffled():
    ramp = np.arange(60)[None].repeat(3, axis=0)
    shuffle = np.random.default_rng(2).permutation(60)
    codebook = Codebook(np.arange(180, dtype=np.uint8).reshape(60, 3))
    image = IndexedImage(codebook, shuffle[ramp])
    found = image.permuted(ordering.co_occurrence(image)).labels[0].tolist()
    assert found in (list(range(60)), list(range(60))[::-1])


def test_co_occurrence_is_optimal_or_close_on_few_codes():
    from itertools import permutations

    for seed in range(20):
        image = random_image(5, 6, 6, seed=seed)
        best = min(label_steps(image.permuted(order)) for order in permutations(range(5)))
        assert label_steps(image.permuted(ordering.co_occurrence(image))) <= 1.05 * best


def step_bits(indexed: IndexedImage) -> float:
    """The sum of log2(1 + step) over rows and columns."""
    labels = indexed.labels.astype(int)
    return sum(float(np.log2(1 + np.abs(np.diff(labels, axis=axis))).sum()) for axis in (0, 1))


@pytest.mark.parametrize("seed", range(3))
def test_steps_take_fewer_bits_than_in_the_chain_that_is_settled(seed):
    rng = np.random.default_rng(seed)
    codebook = Codebook(
        rng.choice(2**24, 40, replace=False).astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3]
    )
    image = IndexedImage(codebook, rng.zipf(1.3, (30, 30)) % 40)
    chained, settled = (ordering.co_occurrence(image), ordering.step_bits(image))
    assert step_bits(image.permuted(settled)) < step_bits(image.permuted(chained))


@pytest.mark.slow
def test_co_occurrence_shortens_the_steps_of_a_smooth_picture():
    y, x = np.mgrid[:40, :50]
    smooth = (x * 2 + y * 3) % 200
    shuffle = np.random.default_rng(3).permutation(200)
    colors = np.random.default_rng(4).choice(2**24, 200, replace=False).astype("<u4")
    codebook = Codebook(colors.view(np.uint8).reshape(-1, 4)[:, :3])
    image = IndexedImage(codebook, shuffle[smooth])
    chained = image.permuted(ordering.co_occurrence(image))
    assert label_steps(chained) < label_steps(image) / 5


def test_a_path_recovers_a_gradient_whose_codes_were_shuffled_and_leads_with_the_background():
    steps = np.repeat(np.arange(30), 3)
    shuffled = np.random.default_rng(2).permutation(30)
    labels = np.concatenate([np.zeros(40, int), steps])[None]
    image = IndexedImage(random_image(30, 4, 4).codebook, shuffled[labels])
    found = image.permuted(ordering.path(image)).labels[0].tolist()
    assert found == labels[0].tolist()


def test_along_a_path_no_link_is_passed_over_for_a_lighter_one():
    image = random_image(12, 30, 30)
    order = ordering.path(image).tolist()
    touching = np.zeros((12, 12), int)
    for a, b in [
        (image.labels[:, :-1], image.labels[:, 1:]),
        (image.labels[:-1], image.labels[1:]),
    ]:
        np.add.at(touching, (a.ravel(), b.ravel()), 1)
    touching += touching.T
    np.fill_diagonal(touching, 0)
    heaviest = np.unravel_index(touching.argmax(), touching.shape)
    places = [order.index(code) for code in heaviest]
    assert abs(places[0] - places[1]) in (1, 11)


def test_chains_refuse_more_codes_than_a_palette_has():
    with pytest.raises(OptionError, match="257 codes"):
        ordering.path(random_image(257, 3, 3))
    with pytest.raises(OptionError, match=r"257 codes.*256"):
        ordering.co_occurrence(random_image(257, 3, 3))


@pytest.mark.parametrize("order", ORDERS[:2])
def test_the_other_orders_take_any_number_of_codes(order):
    image = random_image(3000, 30, 30)
    assert len(np.unique(order(image))) == 3000
