"""Types of the compiled kernels; the Python modules beside it are the public face."""

import numpy as np
from numpy.typing import NDArray

def embed(colors: NDArray[np.uint8], space: str) -> NDArray[np.int16]: ...
def unembed(points: NDArray[np.int16], space: str) -> NDArray[np.uint8]: ...
