"""Histogram, Codebook, IndexedImage: what they can hold, and what they cannot."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from huepress import Codebook, Histogram, IndexedImage, OptionError

pictures = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([3, 4])),
    elements=st.sampled_from([0, 1, 128, 254, 255]),
)


def cleared(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    pixels = pixels.copy()
    if pixels.shape[2] == 4:
        pixels[pixels[..., 3] == 0] = 0
    return pixels


@given(pictures)
def test_a_histogram_is_what_numpy_counts(pixels: NDArray[np.uint8]) -> None:
    flat = cleared(pixels).reshape(-1, pixels.shape[2])
    colors, counts = np.unique(flat, axis=0, return_counts=True)
    histogram = Histogram.of(pixels)
    assert np.array_equal(histogram.colors, colors)
    assert np.array_equal(histogram.counts, counts)
    assert histogram.n_pixels == pixels.shape[0] * pixels.shape[1]


@given(pictures, st.data())
def test_histograms_of_the_parts_add_up_to_the_histogram_of_the_whole(
    pixels: NDArray[np.uint8], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, pixels.shape[0]))
    parts = [part for part in (pixels[:cut], pixels[cut:]) if part.size]
    total = sum((Histogram.of(part) for part in parts[1:]), Histogram.of(parts[0]))
    assert total == Histogram.of(pixels)


@given(pictures, pictures, pictures)
def test_adding_histograms_is_associative_and_commutative(
    a: NDArray[np.uint8], b: NDArray[np.uint8], c: NDArray[np.uint8]
) -> None:
    x, y, z = Histogram.of(a), Histogram.of(b), Histogram.of(c)
    assert x + y == y + x
    assert (x + y) + z == x + (y + z)


def test_an_opaque_histogram_and_one_with_alpha_add_up_with_alpha() -> None:
    opaque = Histogram.of(np.full((1, 2, 3), 7, np.uint8))
    clear = Histogram.of(np.zeros((1, 1, 4), np.uint8))
    both = opaque + clear
    assert both.colors.tolist() == [[0, 0, 0, 0], [7, 7, 7, 255]]
    assert both.counts.tolist() == [1, 2]
    assert both.has_transparent
    assert not opaque.has_transparent


@pytest.mark.parametrize(
    ("colors", "counts", "says"),
    [
        ([[1, 2]], [1], "give \\(n, 3\\) or \\(n, 4\\)"),
        ([[1, 2, 3]], [1, 2], "one a colour"),
        ([[1, 2, 3]], [-1], "must not be negative"),
        ([[1, 2, 3], [1, 2, 3]], [1, 1], "repeat or are out of order"),
        ([[2, 2, 3], [1, 2, 3]], [1, 1], "repeat or are out of order"),
    ],
)
def test_a_wrong_histogram_cannot_be_made(colors: list, counts: list, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        Histogram(np.array(colors, np.uint8), np.array(counts))


def test_a_value_does_not_change_when_the_array_it_was_made_of_does() -> None:
    colors = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    labels = np.array([[0, 1]], np.uint8)
    codebook = Codebook(colors)
    indexed = IndexedImage(codebook, labels)
    colors[0] = 9
    labels[0, 0] = 1
    assert codebook.hex() == ["#010203", "#040506"]
    assert indexed.labels.tolist() == [[0, 1]]


def test_a_value_does_not_change_when_the_owner_of_a_read_only_view_writes() -> None:
    colors, labels = np.array([[1, 2, 3], [4, 5, 6]], np.uint8), np.zeros((2, 2), np.uint8)
    views = colors.view(), labels.view()
    for view in views:
        view.flags.writeable = False
    indexed = IndexedImage(Codebook(views[0]), views[1])
    before = hash(indexed)
    colors[0], labels[0] = 9, 1
    assert indexed.decode().max() == 3
    assert hash(indexed) == before


def test_a_value_cannot_be_written() -> None:
    codebook = Codebook.from_hex(["#000", "#fff"])
    indexed = IndexedImage(codebook, np.zeros((2, 2), np.uint8))
    for array in (codebook.colors, indexed.labels, Histogram.of(indexed.decode()).counts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize(
    ("colors", "says"),
    [
        (np.zeros((0, 3), np.uint8), "0 codes"),
        (np.zeros((3,), np.uint8), "give \\(k, 3\\)"),
        (np.zeros((1, 3), float), "float64"),
        (np.zeros((2, 3), np.uint8), "same colour"),
        (np.array([[1, 0, 0, 0]], np.uint8), "fully transparent"),
    ],
)
def test_a_wrong_codebook_cannot_be_made(colors: NDArray, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        Codebook(colors)


@pytest.mark.parametrize("color", ["red", "#12345", "#gggggg", ""])
def test_a_colour_that_is_not_hex_is_refused_by_name(color: str) -> None:
    with pytest.raises(OptionError, match="is not a colour; write #rrggbb"):
        Codebook.from_hex([color])


@given(hnp.arrays(np.uint8, (20, 4)))
def test_a_codebook_survives_being_written_as_hex(colors: NDArray[np.uint8]) -> None:
    colors[colors[:, 3] == 0] = 0
    codes = np.unique(colors, axis=0)
    assert np.array_equal(Codebook.from_hex(Codebook(codes).hex()).rgba, codes)


@pytest.mark.parametrize("label", [2, -1])
def test_a_label_without_a_code_is_refused(label: int) -> None:
    with pytest.raises(OptionError, match=f"label {label} in an image of 2 codes"):
        IndexedImage(Codebook.from_hex(["#000", "#fff"]), np.array([[0, label]]))


@pytest.mark.parametrize(("k", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16)])
def test_labels_take_one_byte_up_to_256_codes_and_two_beyond(k: int, dtype: type) -> None:
    codes = np.stack([np.arange(k) % 256, np.arange(k) // 256, np.zeros(k)], 1).astype(np.uint8)
    indexed = IndexedImage(Codebook(codes), np.arange(k)[None])
    assert indexed.labels.dtype == dtype
    assert np.array_equal(indexed.decode()[0], codes)


@given(st.permutations(range(5)), hnp.arrays(np.uint8, (3, 4), elements=st.integers(0, 4)))
def test_permuting_the_codes_changes_no_pixel(order: list[int], labels: NDArray) -> None:
    indexed = IndexedImage(Codebook.from_hex(["#000", "#111", "#222", "#333", "#444"]), labels)
    permuted = indexed.permuted(order)
    assert np.array_equal(permuted.decode(), indexed.decode())
    assert np.array_equal(permuted.codebook.colors, indexed.codebook.colors[order])


def test_codes_without_pixels_are_dropped_unless_pinned() -> None:
    codes = np.array([[1, 1, 1], [2, 2, 2], [3, 3, 3]], np.uint8)
    labels = np.array([[2, 2]])
    assert IndexedImage(Codebook(codes), labels).without_unused().codebook.hex() == ["#030303"]
    kept = IndexedImage(Codebook(codes, pinned=1), labels).without_unused()
    assert kept.codebook.hex() == ["#010101", "#030303"]
    assert kept.labels.tolist() == [[1, 1]]
