"""Types of the compiled kernels; the Python modules beside it are the public face."""

from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

_Bytes: TypeAlias = NDArray[np.uint8]
_Counts: TypeAlias = NDArray[np.uint64]
_Labels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]

def embed(colors: _Bytes, space: str, gaps: bool = True) -> NDArray[np.int16]: ...
def unembed(points: NDArray[np.int16], space: str) -> _Bytes: ...

# pixels
def histogram(pixels: _Bytes, *, threads: int = 0) -> tuple[_Bytes, _Counts]: ...
def merge_histograms(
    colors_a: _Bytes, counts_a: _Counts, colors_b: _Bytes, counts_b: _Counts
) -> tuple[_Bytes, _Counts]: ...
def sum_by_color(pixels: _Bytes, colors: _Bytes, values: NDArray[np.uint16]) -> _Counts: ...
def map_nearest(
    pixels: _Bytes, codebook: _Bytes, space: str, *, threads: int = 0
) -> NDArray[Any]: ...
def error_diffusion(
    pixels: _Bytes, codebook: _Bytes, space: str, strength: int, *, threads: int = 0
) -> NDArray[Any]: ...
def ordered(pixels: _Bytes, codebook: _Bytes, space: str, *, threads: int = 0) -> NDArray[Any]: ...
def squared_error(a: _Bytes, b: _Bytes, *, threads: int = 0) -> _Counts: ...
def indexed_squared_error(
    pixels: _Bytes, codebook: _Bytes, labels: _Labels, *, threads: int = 0
) -> _Counts: ...
def label_counts(labels: _Labels, k: int) -> _Counts: ...
def blue_noise() -> _Bytes: ...

# k-means
def fit(
    points: NDArray[np.int16],
    weights: NDArray[np.uint32],
    pinned: NDArray[np.int16],
    k: int,
    *,
    seeding: str,
    n_init: int,
    max_iter: int,
    tol: float,
    seed: int,
    relaxation: int,
    coarse_only: bool,
    coarse_detail: int,
    coarse_starts: int,
    swap_trials: int,
    fine_detail: int,
    sample: int,
    batch_size: int,
    opaque: int = 0,
    trades: int = 0,
    threads: int,
) -> tuple[
    NDArray[np.int16],
    NDArray[np.int16],
    NDArray[np.uint64],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int64],
    bool,
]: ...
def nearest_points(
    points: NDArray[np.int16], centroids: NDArray[np.int16], *, threads: int
) -> tuple[NDArray[np.uint16], NDArray[np.int32]]: ...
def instruction_set() -> str: ...

# score
def ssimulacra2(a: _Bytes, b: _Bytes, *, threads: int = 0) -> float: ...

class Ssimulacra2:
    def __init__(self, original: _Bytes, *, threads: int = 0) -> None: ...
    def score(self, other: _Bytes) -> float: ...
    def score_indexed(self, codebook: _Bytes, labels: _Labels) -> float: ...

class Banding:
    def __init__(self, original: _Bytes, *, threads: int = 0) -> None: ...
    def of(self, other: _Bytes) -> float: ...
    def of_indexed(self, codebook: _Bytes, labels: _Labels) -> float: ...

# rate-aware mapping
def masking(pixels: _Bytes, *, slopes: int = 0, threads: int) -> NDArray[np.uint16]: ...
def rate_aware(
    pixels: NDArray[np.uint8],
    codebook: NDArray[np.uint8],
    space: str,
    mask: NDArray[np.uint16],
    lam: int,
    *,
    feedback: int = 0,
    dither: int = 0,
    chroma: int = 256,
    chain: int = 16,
    cap: int = 1 << 18,
    chroma_cap: int = 1 << 16,
    most_cap: int = 1 << 30,
    portable: bool = False,
    vp8l: bool = False,
    pack: int = 1,
) -> tuple[NDArray[np.uint8], int]: ...
def rate_aware_lzw(
    pixels: NDArray[np.uint8],
    codebook: NDArray[np.uint8],
    space: str,
    mask: NDArray[np.uint16],
    lam: int,
    *,
    feedback: int = 0,
    dither: int = 0,
    chroma: int = 256,
    beam: int = 64,
    cap: int = 1 << 18,
    chroma_cap: int = 1 << 16,
    most_cap: int = 1 << 30,
    portable: bool = False,
) -> tuple[NDArray[np.uint8], int]: ...
def refit(
    pixels: _Bytes, codebook: _Bytes, space: str, labels: _Bytes, *, step: int = 16
) -> _Bytes: ...

# orders of a codebook
def chain_codes(labels: _Bytes, k: int) -> NDArray[np.int64]: ...
def link_codes(labels: _Bytes, k: int) -> NDArray[np.int64]: ...
def settle_codes(labels: _Bytes, k: int) -> NDArray[np.int64]: ...

# PNG
def filter_rows(rows: _Bytes, step: int, filtering: str) -> _Bytes: ...
@overload
def deflate(data: _Bytes | bytes, *, effort: str) -> bytes: ...
@overload
def deflate(data: _Bytes | bytes, *, effort: str, limit: int | None) -> bytes | None: ...

# the image data of a GIF
def lzw(labels: _Bytes, *, effort: str) -> bytes: ...

# the image data of a lossless WebP
def vp8l(labels: _Bytes, palette: _Bytes) -> bytes: ...
