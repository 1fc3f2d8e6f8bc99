"""Laws of the kernels that order a codebook by which codes are neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import cases
from huepress import _core


@st.composite
def planes(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    k = draw(st.integers(1, 12))
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    return rng.integers(0, k, (height, width), dtype=np.uint8), k


def touching(labels, k):
    table = np.zeros((k, k), int)
    for a, b in [(labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])]:
        np.add.at(table, (a.ravel(), b.ravel()), 1)
    table += table.T
    np.fill_diagonal(table, 0)
    return table


def length(order, table):
    place = np.argsort(order)
    return int((table * np.abs(place[:, None] - place)).sum())


def chained(table):
    """Zeng's chain, where every place is tried by adding up the whole sum."""
    order = [int(table.max(axis=1).argmax())]

    def put(code, order):
        tries = [[*order[:p], code, *order[p:]] for p in range(len(order) + 1)]
        return min(tries, key=lambda t: length(range(len(t)), table[np.ix_(t, t)]))

    while len(order) < len(table):
        ties = table[order].sum(axis=0)
        ties[order] = -1
        order = put(int(ties.argmax()), order)
    for _ in range(3):
        before = order
        for code in before:
            order = put(code, [other for other in order if other != code])
        if order == before:
            break
    return order


@cases(60)
@given(planes())
def test_a_chain_is_the_one_that_trying_every_place_gives(plane):
    labels, k = plane
    assert _core.chain_codes(labels, k).tolist() == chained(touching(labels, k))


def settled(order, table):
    """Move each code in turn to the place where the steps take the fewest bits, by trying all."""
    # log2(1 + distance) in sixteenths, from a table of 33 fractions; exact for so few codes.
    steps = np.rint(16 * np.log2(1 + np.arange(len(table)))).astype(int)

    def bits(order):
        place = np.argsort(order)
        return int((table * steps[np.abs(place[:, None] - place)]).sum())

    for _ in range(3):
        before = list(order)
        for code in before:
            rest = [other for other in order if other != code]
            tries = [[*rest[:p], code, *rest[p:]] for p in range(len(order))]
            order = min([order, *tries], key=bits)
        if order == before:
            break
    return order


@cases(60)
@given(planes())
def test_a_settled_chain_is_the_one_that_trying_every_place_of_every_code_gives(plane):
    labels, k = plane
    table = touching(labels, k)
    assert _core.settle_codes(labels, k).tolist() == settled(chained(table), table)


@given(planes())
def test_a_path_takes_the_heaviest_links_that_leave_a_path(plane):
    labels, k = plane
    table = touching(labels, k)
    fragments = [{code} for code in range(k)]
    degree, total = np.zeros(k, int), 0
    pairs = [(a, b) for a in range(k) for b in range(a + 1, k)]
    for a, b in sorted(pairs, key=lambda pair: -table[pair]):
        one = next(f for f in fragments if a in f)
        if degree[a] < 2 and degree[b] < 2 and b not in one:
            other = next(f for f in fragments if b in f)
            fragments = [f for f in fragments if f not in (one, other)] + [one | other]
            degree[[a, b]] += 1
            total += table[a, b]
    order = _core.link_codes(labels, k)
    assert sorted(order.tolist()) == list(range(k))
    assert table[order[:-1], order[1:]].sum() == total


@pytest.mark.parametrize("kernel", [_core.chain_codes, _core.link_codes, _core.settle_codes])
def test_labels_beyond_the_codes_are_refused(kernel):
    with pytest.raises(ValueError, match="labels must be below k"):
        kernel(np.full((2, 2), 3, np.uint8), 3)
    with pytest.raises(ValueError, match="k must be 1 to 256"):
        kernel(np.zeros((2, 2), np.uint8), 257)
