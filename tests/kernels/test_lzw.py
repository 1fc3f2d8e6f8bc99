"""Laws of GIF's LZW; what other programs read and write of it is in tests/test_formats_gif.py."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huepress import _core

EFFORTS = ("quick", "normal")
RNG = np.random.default_rng(0)


def unlzw(data):
    """Decode a GIF's image data as the standard says, strictly."""
    bits, at, stream = data[0], 1, b""
    while data[at]:
        stream += data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
    assert at == len(data) - 1
    value, place, out = int.from_bytes(stream, "little"), 0, bytearray()
    clear = 1 << bits
    table = []
    width, before = bits + 1, b""
    while True:
        code = value >> place & ((1 << width) - 1)
        place += width
        if code == clear + 1:
            break
        if code == clear:
            table = [bytes([i]) for i in range(clear)] + [b"", b""]
            width, before = bits + 1, b""
            continue
        assert code < len(table) + bool(before)
        phrase = table[code] if code < len(table) else before + before[:1]
        out += phrase
        if before and len(table) < 4096:
            table.append(before + phrase[:1])
            width = min(max(width, len(table).bit_length()), 12)
        before = phrase
    assert 8 * len(stream) - place < 8
    return np.frombuffer(bytes(out), np.uint8)


@st.composite
def planes(draw):
    """Labels of a few kinds: noise, runs, rows that repeat, and pieces of them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    width, height = draw(st.sampled_from([1, 2, 7, 64, 255, 300])), draw(st.integers(1, 90))
    k = draw(st.sampled_from([1, 2, 3, 4, 5, 16, 17, 128, 129, 256]))
    labels = rng.integers(0, k, width * height).astype(np.uint8)
    kind = draw(st.sampled_from(["noise", "runs", "rows", "pieces"]))
    if kind == "runs":
        labels = np.repeat(labels, rng.integers(1, 400))[: width * height]
    elif kind == "rows":
        labels = np.resize(labels[: width * (1 + height // 9)], width * height)
        labels[rng.integers(0, len(labels), len(labels) // 50)] ^= k > 1
    elif kind == "pieces" and len(labels) > 80:
        starts = rng.integers(0, len(labels) // 8, len(labels) // 20 + 1)
        labels = np.resize(np.concatenate([labels[i : i + 40] for i in starts]), len(labels))
    return labels.reshape(height, width)


@given(labels=planes(), effort=st.sampled_from(EFFORTS))
def test_a_decoder_reads_back_what_was_given(labels, effort):
    assert (unlzw(_core.lzw(labels, effort=effort)) == labels.ravel()).all()


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 255, 256])
def test_full_dictionaries_and_all_widths_of_codes_are_read_back(k, effort):
    for labels in (
        RNG.integers(0, k, (150, 257)).astype(np.uint8),
        np.full((1200, 800), k - 1, np.uint8),
        np.resize(np.arange(k, dtype=np.uint8), (300, 301)),
    ):
        assert (unlzw(_core.lzw(labels, effort=effort)) == labels.ravel()).all()


def test_blocks_of_every_size_at_the_end_are_read_back():
    for width in range(200, 700):
        labels = RNG.integers(0, 256, (1, width)).astype(np.uint8)
        assert (unlzw(_core.lzw(labels, effort="normal")) == labels.ravel()).all()


def test_where_the_rows_below_are_others_the_dictionary_is_cleared():
    halves = np.random.default_rng(0).integers(0, 32, (2, 8, 200)).astype(np.uint8)
    halves = [np.tile(half, (40, 1)) for half in halves]
    apart = sum(len(_core.lzw(half, effort="normal")) for half in halves)
    assert len(_core.lzw(np.concatenate(halves), effort="normal")) < 1.03 * apart


def test_threads_give_the_same_bytes():
    planes = [RNG.integers(0, 40, (90, 120)).astype(np.uint8) for _ in range(4)]
    expected = [_core.lzw(plane, effort="normal") for plane in planes]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda p: _core.lzw(p, effort="normal"), planes * 3)) == expected * 3


def test_no_labels_are_a_clear_and_an_end():
    assert _core.lzw(np.zeros((0, 5), np.uint8), effort="normal") == b"\x02\x01\x2c\x00"


def test_an_unknown_effort_is_refused():
    with pytest.raises(ValueError, match="effort must be"):
        _core.lzw(np.zeros((1, 1), np.uint8), effort="slow")
