"""Indexed images for the tests of everything that stores them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from huepress.values.codebook import Codebook
from huepress.values.indexed import IndexedImage

ALPHAS = ("opaque", "one transparent", "mixed", "all translucent")


def random_image(
    k: int, height: int, width: int, alpha: str = "opaque", *, grey: bool = False, seed: int = 0
) -> IndexedImage:
    """An image of k random codes, not all of which need be used."""
    rng = np.random.default_rng(seed)
    if grey:
        values = rng.permutation(256)[:k].astype(np.uint8)
        rgb = np.repeat(values[:, None], 3, axis=1)
    else:
        keys = rng.choice(2**24, k, replace=False).astype("<u4")
        rgb = keys.view(np.uint8).reshape(-1, 4)[:, :3]
    colors = np.column_stack([rgb, np.full(k, 255, np.uint8)])
    if alpha == "one transparent":
        colors[rng.integers(k)] = 0
    elif alpha == "mixed":
        colors[:, 3] = rng.choice([255, 1, 128, 254], k)
    elif alpha == "all translucent":
        colors[:, 3] = rng.integers(1, 255, k)
    codebook = Codebook(colors[:, :3] if alpha == "opaque" else colors)
    return IndexedImage(codebook, rng.integers(0, k, (height, width)))


def rgba(indexed: IndexedImage) -> np.ndarray:
    """Pixels with alpha, in which full transparency has no colour."""
    pixels = indexed.codebook.rgba[indexed.labels]
    pixels[pixels[..., 3] == 0] = 0
    return pixels


def images(
    ks: tuple[int, ...] = (1, 2, 3, 4, 5, 16, 17, 255, 256),
    alphas: tuple[str, ...] = ALPHAS,
) -> st.SearchStrategy[IndexedImage]:
    """Small images on both sides of every bit depth, with widths that do not fill a byte."""
    return st.builds(
        random_image,
        st.sampled_from(ks),
        st.integers(1, 9),
        st.integers(1, 19),
        st.sampled_from(alphas),
        seed=st.integers(0, 2**32 - 1),
    )
