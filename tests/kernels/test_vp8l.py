"""Laws of the writer of lossless WebP's image data; what reads it is Pillow's libwebp."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huepress import _core


def contained(stream):
    """Image data as a file."""
    body = b"WEBPVP8L" + struct.pack("<I", len(stream)) + stream + bytes(len(stream) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def decoded(stream):
    image = pytest.importorskip("PIL.Image")
    with image.open(io.BytesIO(contained(stream))) as opened:
        return np.asarray(opened.convert("RGBA"))


@st.composite
def planes(draw):
    """Labels with repetitions near and far, and their palette."""
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 60))
    k = draw(st.sampled_from([1, 2, 3, 4, 5, 16, 17, 100, 256]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    labels = rng.integers(0, k, (height, width), np.uint8)
    if draw(st.booleans()):  # rows that are nearly alike
        labels[:] = labels[0]
        changed = rng.random(labels.shape) < draw(st.sampled_from([0, 0.02, 0.2]))
        labels[changed] = rng.integers(0, k, changed.sum(), np.uint8)
    palette = rng.integers(0, 256, (k, 4), np.uint8)
    if draw(st.booleans()):
        palette[:, 3] = 255
    return labels, palette


@settings(deadline=None)
@given(planes())
def test_a_decoder_sees_the_labels_colours(plane):
    labels, palette = plane
    assert (decoded(_core.vp8l(labels, palette)) == palette[labels]).all()


@pytest.mark.parametrize("k", [2, 4, 16, 40])
def test_areas_of_different_texture_and_long_runs_come_back(k):
    # Large enough for groups of prefix codes, and for copies up to the longest.
    rng = np.random.default_rng(k)
    labels = rng.integers(0, k, (300, 411), np.uint8)
    labels[:150, 200:] //= 2
    labels[200:] = 1
    labels[280:, ::7] = 0
    palette = rng.integers(0, 256, (k, 4), np.uint8)
    assert (decoded(_core.vp8l(labels, palette)) == palette[labels]).all()


def test_a_plane_of_more_labels_than_are_parsed_at_once_comes_back():
    labels = np.resize(np.random.default_rng(0).integers(0, 9, 5003, np.uint8), (1100, 1000))
    palette = np.random.default_rng(1).integers(0, 256, (20, 4), np.uint8)
    assert (decoded(_core.vp8l(labels, palette)) == palette[labels]).all()


def test_rows_that_repeat_cost_next_to_nothing():
    row = np.random.default_rng(0).integers(0, 256, 256, np.uint8)
    palette = np.random.default_rng(1).integers(0, 256, (256, 4), np.uint8)
    once, often = (len(_core.vp8l(np.tile(row, (n, 1)), palette)) for n in (1, 100))
    assert often < once + 60


def size(labels, k):
    palette = np.random.default_rng(1).integers(0, 256, (k, 4), np.uint8)
    return len(_core.vp8l(labels, palette))


def test_repetitions_far_away_cost_next_to_nothing():
    noise = np.random.default_rng(0).integers(0, 200, (100, 300), np.uint8)
    assert size(np.vstack([noise, noise]), 200) < size(noise, 200) + 100


def test_areas_of_different_labels_have_codes_of_their_own():
    # Six kinds of tiles, each with eight labels of its own: 3 bits a label instead of 5.6.
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 6, (12, 12)).repeat(32, axis=0).repeat(32, axis=1)
    labels = (8 * kinds + rng.integers(0, 8, kinds.shape)).astype(np.uint8)
    assert 8 * size(labels, 48) < 3.15 * labels.size


def test_few_bytes_tell_codes_of_which_few_symbols_are_used():
    labels = (np.random.default_rng(0).integers(0, 8, (40, 40)) + 150).astype(np.uint8)
    palette = np.zeros((160, 4), np.uint8)
    palette[:, 3] = 255
    assert len(_core.vp8l(labels, palette)) < 1600 * 3 / 8 + 70


def test_labels_share_bytes_only_where_copies_stay_possible():
    # Words of 97 labels that begin at any place of a byte, were two labels a byte.
    word = np.random.default_rng(3).integers(0, 13, 97, np.uint8)
    assert size(np.resize(word, (97, 61)), 13) < 250


def expected(labels, mode):
    """What mode 1 (left), 2 (above), 7 (their mean), 11 (one of them) or 12 (the plane) says."""
    left, above = labels[1:, :-1].astype(int), labels[:-1, 1:].astype(int)
    corner = labels[:-1, :-1].astype(int)
    return {
        1: left,
        2: above,
        7: (left + above) // 2,
        11: np.where(abs(above - corner) < abs(left - corner), left, above),
        12: np.clip(left + above - corner, 0, 255),
    }[mode]


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize(("height", "width"), [(64, 1), (1, 64), (33, 17), (48, 31), (50, 257)])
def test_labels_that_their_neighbours_foretell_come_back(height, width, bits):
    y, x = np.mgrid[:height, :width]
    slopes = (
        3 * x + 5 * y + 40 * (x // 16 + y // 16) + np.random.default_rng(0).integers(0, 3, y.shape)
    )
    labels = (slopes % (1 << bits)).astype(np.uint8)
    grey = np.arange(1 << bits, dtype=np.uint8)
    palette = np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=1)
    assert (decoded(_core.vp8l(labels, palette)) == palette[labels]).all()


@pytest.mark.parametrize("mode", [1, 2, 7, 11, 12])
def test_small_errors_of_predictions_cost_few_bits(mode):
    # One of three steps off what a rule says: two bits a label, as three symbols and a few rare
    # ones take by a prefix code, where the labels themselves take five or more.
    rng = np.random.default_rng(mode)
    labels = rng.integers(100, 140, (128, 128)).astype(np.uint8)
    if mode in (1, 7, 11, 12):
        labels[0] = 128 + rng.integers(-1, 2, 128).cumsum() % 64
    if mode in (2, 7, 11, 12):
        labels[:, 0] = 128 + rng.integers(-1, 2, 128).cumsum() % 64
    noise = rng.integers(-1, 2, (128, 128))
    for y in range(1, 128):
        for x in range(1, 128):
            square = labels[y - 1 : y + 1, x - 1 : x + 1]
            labels[y, x] = np.clip(expected(square, mode)[0, 0] + noise[y, x], 0, 255)
    grey = np.arange(256, dtype=np.uint8)
    palette = np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=1)
    stream = _core.vp8l(labels, palette)
    assert (decoded(stream) == palette[labels]).all()
    assert 8 * len(stream) < 2.2 * labels.size


def test_codes_whose_numbers_say_nothing_are_sorted_for_predictions():
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:200, :200]
    smooth = ((x * x + 3 * y * y) // 500 + rng.integers(0, 2, y.shape)).astype(np.uint8)
    colors = rng.integers(0, 256, (256, 4), np.uint8)
    shuffled = rng.permutation(256).astype(np.uint8)
    streams = [_core.vp8l(labels, colors) for labels in (smooth, shuffled[smooth])]
    assert len(streams[1]) < 1.05 * len(streams[0])
    assert 8 * len(streams[1]) < 2.1 * smooth.size  # of which the palette is 0.16


def test_where_labels_repeat_each_area_is_copied_whole():
    # Tiles of flat runs: what is ahead starts alike at thousands of places.
    rng = np.random.default_rng(4)
    kinds = np.floor(rng.random((12, 24, 24)).cumsum(1).cumsum(2) / 9).astype(np.uint8) % 40
    grid = rng.integers(0, 12, (12, 16))
    labels = np.ascontiguousarray(kinds[grid].transpose(0, 2, 1, 3).reshape(12 * 24, 16 * 24))
    assert size(labels, 40) < 9000


def test_areas_of_one_label_are_copied_with_what_borders_them():
    # Rings: a run is found again where its end is as far, among hundreds that begin alike.
    y, x = np.mgrid[:400, :600]
    labels = (np.hypot(y - 200, x - 300) // 20).astype(np.uint8)
    assert size(labels, 19) < 2700


def test_palettes_are_sorted_so_that_neighbours_are_alike():
    rng = np.random.default_rng(5)
    walk = 128 + np.cumsum(rng.integers(-3, 4, (200, 3)), axis=0)
    colors = rng.permutation(np.unique(np.clip(walk, 0, 255), axis=0))
    palette = np.dstack([colors[None], np.full((1, len(colors), 1), 255)])[0].astype(np.uint8)
    bits = 8 * len(_core.vp8l(np.zeros((16, 16), np.uint8), palette))
    assert bits < 13.5 * len(colors)  # of 24 as they are, and 13.9 sorted by channels


@pytest.mark.parametrize(
    ("labels", "palette", "message"),
    [
        (np.zeros((0, 3), np.uint8), np.zeros((1, 4), np.uint8), "high and wide"),
        (np.zeros((1 << 13, 4097), np.uint8), np.zeros((1, 4), np.uint8), r"at most 2\^25"),
        (np.zeros((1, 16385), np.uint8), np.zeros((1, 4), np.uint8), "high and wide"),
        (np.zeros((3, 3), np.uint8), np.zeros((0, 4), np.uint8), "1 to 256"),
        (np.full((3, 3), 2, np.uint8), np.zeros((2, 4), np.uint8), "below the number"),
    ],
)
def test_wrong_arguments_are_refused(labels, palette, message):
    with pytest.raises(ValueError, match=message):
        _core.vp8l(labels, palette)
