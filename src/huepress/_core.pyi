"""Types of the compiled kernels; the Python modules beside it are the public face."""

import numpy as np
from numpy.typing import NDArray

def embed(colors: NDArray[np.uint8], space: str) -> NDArray[np.int16]: ...
def unembed(points: NDArray[np.int16], space: str) -> NDArray[np.uint8]: ...

def ssimulacra2(a: NDArray[np.uint8], b: NDArray[np.uint8], *, threads: int) -> float: ...

class Ssimulacra2:
    def __init__(self, original: NDArray[np.uint8], *, threads: int) -> None: ...
    def score(self, other: NDArray[np.uint8]) -> float: ...
    def score_indexed(
        self, codebook: NDArray[np.uint8], labels: NDArray[np.uint8] | NDArray[np.uint16]
    ) -> float: ...

def masking(pixels: NDArray[np.uint8], *, threads: int) -> NDArray[np.uint16]: ...
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
    cap: int = 1 << 30,
    chroma_cap: int = 1 << 30,
    portable: bool = False,
) -> NDArray[np.uint8]: ...
