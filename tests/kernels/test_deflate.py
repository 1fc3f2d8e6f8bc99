"""Laws of the zlib writer; zlib itself reads what it writes."""

from __future__ import annotations

import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huepress import _core

EFFORTS = ("normal", "best")
efforts = st.sampled_from(EFFORTS)
RNG = np.random.default_rng(0)
LABELS = np.repeat(RNG.integers(0, 5, 900).astype(np.uint8), 7).tobytes()
NOISE = RNG.bytes(70_000)
# A hexadecimal digit a byte: zlib's rules for ties, and its parse, give shorter headers here than
# others do.
NEARLY_PERIODIC = [
    "87384fff6d723be41034dfaa3ca85316044748fd6a6ab50f63de173f7384fff6d723be41034dfaa3ca85316044748"
    "fd6a6ab50f639e173f7384fff6d723be41034dfaa3ca85316044748fd6a6ab50f63de173",
    "4e10c7849a7300d2490d4058a1898212a1b47b8e03d051873662a915b20913274e10cb849a7300d2490d4058a1898"
    "212a1b47b8e032051873662a9a512093327",
    "643322a629976432657141725105943875424a644322a624976432657141725105943875424a643322a629976432"
    "657141725105943875424a643322a629976432657141725105943875424a",
]


@st.composite
def datas(draw):
    """Bytes of a few kinds: with copies near and far, short and long, or hardly any."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.sampled_from([0, 1, 2, 3, 4, 57, 258, 259, 260, 1000, 4097, 20_000]))
    symbols = draw(st.sampled_from([1, 2, 3, 16, 256]))
    runs = rng.integers(0, symbols, n).astype(np.uint8)
    kind = draw(st.sampled_from(["noise", "runs", "rows", "pieces"]))
    if kind == "runs":
        runs = np.repeat(runs, rng.integers(1, 400))[:n]
    elif kind == "rows" and n:
        runs = np.resize(runs[: rng.integers(1, n + 1)], n)
        runs[rng.integers(0, n, n // 50)] ^= 1
    elif kind == "pieces" and n > 9:
        runs = np.concatenate([runs[i : i + 40] for i in rng.integers(0, n, n // 40)])
    return runs.tobytes()


@given(data=datas(), effort=efforts)
def test_zlib_reads_back_what_was_given(data, effort):
    assert zlib.decompress(_core.deflate(data, effort=effort)) == data


@given(data=datas(), effort=efforts, share=st.sampled_from([0.1, 0.5, 0.9, 1.1, 2.0]))
def test_a_limit_changes_no_bit_of_what_takes_less(data, effort, share):
    stream = _core.deflate(data, effort=effort)
    limited = _core.deflate(data, effort=effort, limit=int(share * len(stream)))
    assert limited == stream or (limited is None and share < 1)


def test_what_takes_far_more_than_a_limit_is_not_written():
    assert _core.deflate(NOISE, effort="normal", limit=60_000) is None
    assert _core.deflate(NOISE, effort="normal", limit=70_100) is not None


@pytest.mark.slow
@pytest.mark.parametrize("values", [2, 3])
@pytest.mark.parametrize("n", [300, 4097, 20_000, 60_000])
def test_noise_of_two_or_three_values_takes_fewer_bytes_than_zlib_finds(values, n):
    data = np.random.default_rng(n).integers(0, values, n).astype(np.uint8).tobytes()
    assert len(_core.deflate(data, effort="normal")) < len(zlib.compress(data, 9))


@given(data=datas())
@example(data=bytes(int(digit, 16) for digit in NEARLY_PERIODIC[0]))
@example(data=bytes(int(digit, 16) for digit in NEARLY_PERIODIC[1]))
@example(data=bytes(int(digit, 16) for digit in NEARLY_PERIODIC[2]))
def test_no_more_bytes_than_zlib_takes_and_than_the_data_stored(data):
    assert len(_core.deflate(data, effort="normal")) <= len(zlib.compress(data, 9))
    stored = len(data) + 5 * max(1, -(-len(data) // 65535)) + 6
    for effort in EFFORTS:
        assert len(_core.deflate(data, effort=effort)) <= stored


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize(
    "data",
    [
        bytes(300_000),
        bytes(range(250)) * 1200,
        NOISE,
        NOISE[:32768] + NOISE[:300],  # the furthest copy there is
        NOISE[:32769] + NOISE[:300],  # one too far
        LABELS + NOISE[:3000] + LABELS[::-1],
    ],
    ids=["equal", "periodic", "noise", "far", "too-far", "mixed"],
)
def test_extremes_are_read_back(data, effort):
    assert zlib.decompress(_core.deflate(data, effort=effort)) == data


def test_the_furthest_copy_is_found_and_none_beyond():
    far, beyond = (
        len(_core.deflate(NOISE[:n] + NOISE[:300], effort="normal")) - n for n in (32768, 32769)
    )
    assert far < 60
    assert beyond > 300


def test_noise_is_stored():
    assert len(_core.deflate(NOISE, effort="normal")) <= len(NOISE) + 2 * 5 + 6


def test_more_than_one_segment_is_read_back_and_copies_cross_the_border():
    piece = NOISE[:30_000]
    data = piece * 40
    stream = _core.deflate(data, effort="normal")
    assert zlib.decompress(stream) == data
    assert len(stream) < len(piece) + len(data) // 60


def test_threads_and_forks_give_the_same_bytes():
    datas = [LABELS, NOISE[:5000], LABELS[:700], LABELS[1:]]
    make = partial(_core.deflate, effort="normal")
    expected = [make(data) for data in datas]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(make, datas * 3)) == expected * 3
    if hasattr(os, "fork"):
        child = os.fork()
        if child == 0:
            os._exit(0 if [make(data) for data in datas] == expected else 1)
        assert os.waitpid(child, 0)[1] == 0


@pytest.mark.slow
def test_matches_of_every_length_at_one_place_are_read_back():
    # Behind the longest run of one letter, each shorter run was met nearer by.
    data = b"".join(NOISE[:n] + NOISE[n + 9000 : n + 9003] for n in range(250, 3, -1)) + NOISE[:258]
    assert zlib.decompress(_core.deflate(data, effort="best")) == data


def test_an_unknown_effort_is_refused():
    with pytest.raises(ValueError, match="effort must be"):
        _core.deflate(b"", effort="slow")
