"""Planes of labels for the tests of LZW and of GIF files."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st


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
