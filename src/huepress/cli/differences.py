"""The map that `huepress compare` draws of where two pictures differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from huepress import formats
from huepress.cli.target import Target
from huepress.errors import OptionError
from huepress.mapping import nearest
from huepress.metrics.diffmap import difference_map, difference_ramp
from huepress.values.codebook import Codebook


def check_map(target: Target) -> None:
    """Refuse what could never be written, or is no PNG."""
    if Path(target.name).suffix.lower() != ".png":
        raise OptionError(f"{target.name!r} is not a .png; the difference map is written as PNG")
    target.check()


def map_png(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bytes:
    """Draw where two pictures differ, as a PNG."""
    ramp = Codebook(np.unique(difference_ramp(), axis=0))
    indexed = nearest(difference_map(first, second), ramp)
    return bytes(formats.encode(indexed.without_unused(), "png", effort="fast"))
