"""Laws of PNG's row filters."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huepress import _core

PLAIN = ("none", "sub", "up", "average", "paeth")


@st.composite
def rows_and_step(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    step = draw(st.sampled_from([1, 2, 3, 4]))
    height, width = draw(st.integers(1, 6)), draw(st.sampled_from([1, 2, 5, 16, 33, 70]))
    most = draw(st.sampled_from([2, 9, 256]))
    if draw(st.booleans()):
        rows = rng.integers(0, most, (height, step * width))
    else:
        rows = np.add.outer(7 * np.arange(height), np.arange(step * width) * most // 4)
    return rows.astype(np.uint8), step


def neighbours(rows, step):
    """What PNG calls a (left), b (above) and c (above left), 0 outside."""
    above = np.pad(rows, ((1, 0), (0, 0)))[:-1].astype(int)
    left, corner = (np.pad(x, ((0, 0), (step, 0)))[:, :-step].astype(int) for x in (rows, above))
    return left, above, corner


def predicted(rows, step, filtering):
    a, b, c = neighbours(rows, step)
    p = a + b - c
    off = np.abs(np.stack([p - a, p - b, p - c]))
    paeth = np.take_along_axis(np.stack([a, b, c]), off.argmin(axis=0)[None], axis=0)[0]
    return {"none": 0 * a, "sub": a, "up": b, "average": (a + b) // 2, "paeth": paeth}[filtering]


def filtered(rows, step, filtering):
    """Wrap to a byte what a filter leaves, behind its number."""
    left = (rows - predicted(rows, step, filtering)).astype(np.uint8)
    return np.insert(left, 0, PLAIN.index(filtering), axis=1)


def chosen(rows, step, cost):
    ways = [filtered(rows, step, name) for name in PLAIN]
    return np.stack([min(tried, key=cost) for tried in zip(*ways, strict=True)])


@given(case=rows_and_step(), filtering=st.sampled_from(PLAIN))
def test_a_filter_leaves_what_the_neighbours_do_not_tell(case, filtering):
    rows, step = case
    assert np.array_equal(_core.filter_rows(rows, step, filtering), filtered(rows, step, filtering))


@given(case=rows_and_step())
def test_the_least_sum_of_magnitudes_is_chosen_and_the_first_of_equals(case):
    rows, step = case
    expected = chosen(rows, step, lambda row: np.abs(row.view(np.int8).astype(int)).sum())
    assert np.array_equal(_core.filter_rows(rows, step, "min-sum"), expected)


@given(case=rows_and_step())
def test_the_fewest_pairs_of_bytes_are_chosen_and_the_first_of_equals(case):
    rows, step = case
    expected = chosen(rows, step, lambda row: len(set(pairwise(row))))
    assert np.array_equal(_core.filter_rows(rows, step, "bigrams"), expected)


def bits(row):
    """The entropy of all pairs of bytes of a row together."""
    counts = np.array(list(Counter(pairwise(row)).values()))
    return -(counts * np.log2(counts / counts.sum())).sum()


@given(case=rows_and_step())
def test_pairs_of_bytes_of_the_least_entropy_are_chosen_to_a_sixteenth_of_a_bit(case):
    rows, step = case
    ways = [filtered(rows, step, name) for name in PLAIN]
    for y, row in enumerate(_core.filter_rows(rows, step, "entropy")):
        assert np.array_equal(row, ways[row[0]][y])
        assert bits(row) <= min(bits(way[y]) for way in ways) + len(row) / 16 + 1e-6


def test_sums_of_long_rows_do_not_overflow():
    noise = np.random.default_rng(0).integers(100, 156, (2, 200_001)).astype(np.uint8)
    expected = chosen(noise, 1, lambda row: np.abs(row.view(np.int8).astype(int)).sum())
    assert np.array_equal(_core.filter_rows(noise, 1, "min-sum"), expected)


def test_no_rows_give_none():
    assert _core.filter_rows(np.zeros((0, 4), np.uint8), 4, "paeth").shape == (0, 5)


@pytest.mark.parametrize(
    ("width", "step", "filtering", "words"),
    [
        (4, 0, "none", "step must be 1 to 8, not 0"),
        (9, 9, "none", "step must be 1 to 8, not 9"),
        (2, 3, "none", "3 bytes at least"),
        (3, 3, "best", "filtering must be"),
    ],
)
def test_what_is_out_of_range_is_refused(width, step, filtering, words):
    with pytest.raises(ValueError, match=words):
        _core.filter_rows(np.zeros((2, width), np.uint8), step, filtering)
