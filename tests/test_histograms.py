"""Laws of histograms in parts: files of them, and their sums."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cases import cases
from huepress import FormatError, Histogram, HuepressError, InputError
from huepress.formats.histograms import digest, read_histogram, write_histogram

few = st.sampled_from([0, 1, 128, 255])
pictures = st.lists(
    st.integers(3, 4).flatmap(
        lambda channels: hnp.arrays(np.uint8, (3, 4, channels), elements=few)
    ),
    max_size=12,
)


@given(pictures, st.randoms(use_true_random=False))
def test_the_total_of_parts_is_the_histogram_of_all_pixels_in_any_order(parts, shuffler):
    counted = Histogram.total(Histogram.of(part) for part in parts)
    mixed = parts.copy()
    shuffler.shuffle(mixed)
    assert Histogram.total(map(Histogram.of, mixed)) == counted
    if not parts:
        assert len(counted) == 0
        return
    channels = max(part.shape[2] for part in parts)
    whole = [
        np.concatenate([part, np.full((3, 4, channels - part.shape[2]), 255, np.uint8)], axis=2)
        for part in parts
    ]
    assert counted == Histogram.of(np.concatenate(whole))


@given(pictures.filter(bool))
def test_a_histogram_file_gives_back_what_was_written(tmp_path_factory, parts):
    counted = Histogram.total(map(Histogram.of, parts))
    path = tmp_path_factory.getbasetemp() / "part.npz"
    path.write_bytes(write_histogram(counted))
    assert read_histogram(path) == counted
    assert write_histogram(read_histogram(path)) == path.read_bytes()


@given(pictures.filter(bool), pictures.filter(bool))
def test_the_digest_names_what_was_counted_and_nothing_else(some, others):
    one, other = (Histogram.total(map(Histogram.of, parts)) for parts in (some, others))
    there = {tuple(color) + (255,) * (4 - len(color)): count for color, count in pairs(one)}
    also = {tuple(color) + (255,) * (4 - len(color)): count for color, count in pairs(other)}
    assert (digest(one) == digest(other)) == (there == also)
    opaque = Histogram(np.empty((0, 4), np.uint8), np.empty(0, np.uint64))
    assert digest(one + opaque) == digest(one)
    unused = Histogram(np.array([[9, 9, 9]], np.uint8), np.zeros(1, np.uint64))
    assert digest(one + unused) == digest(one)


def pairs(histogram: Histogram) -> zip:
    return zip(histogram.colors.tolist(), histogram.counts.tolist(), strict=True)


def test_a_thousand_parts_are_added_without_keeping_them():
    rng = np.random.default_rng(0)
    alive = [0, 0]

    class Part(Histogram):
        def __del__(self) -> None:
            alive[0] -= 1

    def parts():
        for _ in range(1000):
            alive[0] += 1
            alive[1] = max(alive)
            counted = Histogram.of(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
            yield Part(counted.colors, counted.counts)

    assert Histogram.total(parts()).n_pixels == 64000
    assert alive[1] < 20


def stored(**arrays: object) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


COLORS = np.array([[0, 0, 0], [1, 2, 3]], np.uint8)
COUNTS = np.array([4, 5], np.uint64)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "a damaged .npz histogram"),
        (b"PK not a zip", "a damaged .npz histogram"),
        (stored(colors=COLORS, counts=COUNTS), "no 'version' in the .npz"),
        (stored(colors=COLORS, counts=COUNTS, version=2), "a histogram of version 2.*upgrade"),
        (stored(colors=COLORS, counts=COUNTS[:1], version=1), "contradicts itself"),
        (stored(colors=COLORS[::-1], counts=COUNTS, version=1), "out of order"),
        (stored(colors=COLORS, counts=COUNTS.astype(float), version=1), "type float64"),
        (stored(colors=COLORS[0], counts=COUNTS, version=1), "wants 2 dimensions"),
        (stored(codebook=COLORS, labels=COUNTS, version=1), "a histogram has colors, counts"),
    ],
)
def test_what_is_no_histogram_file_is_refused_with_the_reason(tmp_path, data, says):
    path = tmp_path / "part.npz"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=says) as caught:
        read_histogram(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_histogram(tmp_path / "none.npz")


@cases(60)
@given(place=st.integers(0, 900), put=st.binary(max_size=8), end=st.integers(0, 900))
def test_damaged_histogram_files_are_refused_in_one_line(tmp_path_factory, place, put, end):
    rng = random.Random(0)
    pixels = np.array([rng.randrange(256) for _ in range(300)], np.uint8).reshape(10, 10, 3)
    data = write_histogram(Histogram.of(pixels))[:end]
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(data[:place] + put + data[place + len(put) :])
    try:
        read_histogram(path)
    except HuepressError as error:
        refused = str(error)
    else:
        refused = ""
    assert "\n" not in refused
