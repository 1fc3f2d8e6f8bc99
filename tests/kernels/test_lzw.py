"""Laws of GIF's LZW: Pillow reads what is written, and no other writer takes fewer bytes."""

from __future__ import annotations

import io
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from huepress import _core

EFFORTS = ("quick", "normal")
RNG = np.random.default_rng(0)


def wrapped(labels, data):
    """The GIF around coded labels: greys for a palette."""
    bits = max(1, int(labels.max(initial=0)).bit_length())
    size = b"".join(side.to_bytes(2, "little") for side in labels.shape[::-1])
    grey = np.linspace(0, 255, 1 << bits).astype(np.uint8).repeat(3).tobytes()
    head = b"GIF87a" + size + bytes([0xF0 | bits - 1, 0, 0]) + grey
    return head + b"," + bytes(4) + size + b"\0" + data + b";"


def read(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("P") if image.mode == "P" else image)


def by_pillow(labels):
    """The bytes of the same picture as Pillow writes it."""
    bits = max(1, int(labels.max(initial=0)).bit_length())
    image = Image.fromarray(labels)
    image.putpalette(np.linspace(0, 255, 1 << bits).astype(np.uint8).repeat(3).tobytes())
    stream = io.BytesIO()
    image.save(stream, "GIF", optimize=False, interlace=0)
    return stream.getvalue()


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
def test_pillow_reads_back_what_was_given(labels, effort):
    assert (read(wrapped(labels, _core.lzw(labels, effort=effort))) == labels).all()


@given(labels=planes())
def test_no_more_bytes_than_pillow_takes(labels):
    assert len(wrapped(labels, _core.lzw(labels, effort="normal"))) <= len(by_pillow(labels))


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 255, 256])
def test_full_dictionaries_and_all_widths_of_codes_are_read_back(k, effort):
    for labels in (
        RNG.integers(0, k, (150, 257)).astype(np.uint8),
        np.full((1200, 800), k - 1, np.uint8),
        np.resize(np.arange(k, dtype=np.uint8), (300, 301)),
    ):
        assert (read(wrapped(labels, _core.lzw(labels, effort=effort))) == labels).all()


def test_blocks_of_every_size_at_the_end_are_read_back():
    for width in range(200, 700):
        labels = RNG.integers(0, 256, (1, width)).astype(np.uint8)
        assert (read(wrapped(labels, _core.lzw(labels, effort="normal"))) == labels).all()


def test_where_the_rows_below_are_others_the_dictionary_is_cleared():
    above, below = RNG.integers(0, 16, (2, 8, 200)).astype(np.uint8)
    halves = [np.tile(half, (40, 1)) for half in (above, below + np.uint8(16))]
    apart = sum(len(_core.lzw(half, effort="normal")) for half in halves)
    assert len(_core.lzw(np.concatenate(halves), effort="normal")) < 1.03 * apart


@pytest.mark.skipif(shutil.which("gifsicle") is None, reason="gifsicle is not installed")
@given(labels=planes())
def test_no_more_bytes_than_gifsicle_takes(labels):
    # It drops codes that no label has.
    labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.uint8)
    run = ["gifsicle", "--no-warnings", "-O3"]
    peer = subprocess.run(run, input=by_pillow(labels), capture_output=True, check=True).stdout
    # Its code for the end may be a bit narrower than decoders expect by then.
    assert len(wrapped(labels, _core.lzw(labels, effort="normal"))) <= len(peer) + 1


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
