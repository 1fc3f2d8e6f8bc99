"""Fixed-point fit spaces: colour bytes to coordinates and back, in integers only.

A colour becomes four int16 coordinates, ``((f(rgb) - f(mid)) * alpha, w * alpha)``. Their Euclidean
distance is the error of compositing averaged over a black and a white background: for premultiplied
c it is sum((dc - da/2)^2) + 3/4 da^2 when all three channels meet the background (``srgb``,
``linear``), and 1/4 da^2 when only lightness does (``oklab``). Opaque colours share the fourth
coordinate; full transparency is the origin. Translucent colours stand apart from both by a gap in
that coordinate, as wide as eight levels of alpha.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.common.choices import SPACES as SPACES
from huepress.common.choices import Space as Space
from huepress.errors import OptionError

FIT_UNIT = 16320
"""Length of 1.0 (black to white in a channel, or in Oklab lightness); 64 a level in ``srgb``."""


def checked_space(space: str) -> Space:
    """Return the space of that name, or raise an OptionError."""
    for known in SPACES:
        if space == known:
            return known
    raise OptionError(f"space {space!r} is unknown; use one of {', '.join(SPACES)}")


def embed(colors: NDArray[np.uint8], space: Space = "oklab") -> NDArray[np.int16]:
    """Place colours in a fit space.

    Parameters
    ----------
    colors : (n, 3) or (n, 4) uint8 ndarray
        Straight alpha; opaque where there is none.
    space : {'oklab', 'srgb', 'linear'}
        Oklab is Björn Ottosson's (2020), in integer arithmetic.

    Returns
    -------
    (n, 4) int16 ndarray
        Coordinates; 1.0 is `FIT_UNIT` long. Squared distances stay below 2^30.

    Examples
    --------
    >>> import numpy as np
    >>> embed(np.array([[0, 0, 0], [255, 255, 255]], np.uint8), "oklab").tolist()
    [[-8160, 0, 0, 8672], [8160, 0, 0, 8672]]
    """
    return _core.embed(np.ascontiguousarray(colors, np.uint8), checked_space(space))


def unembed(points: NDArray[np.int16], space: Space = "oklab") -> NDArray[np.uint8]:
    """Find the colours nearest to positions in a fit space.

    Parameters
    ----------
    points : (n, 4) int16 ndarray
        Coordinates, as `embed` gives them or means of such.
    space : {'oklab', 'srgb', 'linear'}
        The space they are in.

    Returns
    -------
    (n, 4) uint8 ndarray
        Straight-alpha colours, alpha 255 for opaque ones. Colours that were embedded come back at
        the same position; opaque ones unchanged, except where two share a position in Oklab.

    Examples
    --------
    >>> import numpy as np
    >>> color = np.array([[12, 200, 99, 255]], np.uint8)
    >>> bool((unembed(embed(color)) == color).all())
    True
    """
    return _core.unembed(np.ascontiguousarray(points, np.int16), checked_space(space))
