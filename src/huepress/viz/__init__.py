"""Figures of pictures, codebooks and fits; needs the extra ``huepress[viz]``.

Every function takes values of the library and returns a matplotlib `Figure` that belongs to no
window: show it in a notebook by naming it, or write it with ``figure.savefig``. Given axes are
drawn into, and nothing else of their figure is touched.

>>> import numpy as np
>>> from huepress import compress, viz
>>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
>>> len(viz.compare(compress(ramp, k=4)).axes)
3
"""

from __future__ import annotations

try:
    import matplotlib as _matplotlib  # noqa: F401
except ImportError as error:
    raise ImportError(
        "figures need matplotlib; pip install 'huepress[viz]'", name="matplotlib"
    ) from error

from huepress.viz.colors import colors3d as colors3d
from huepress.viz.colors import colors3d_html as colors3d_html
from huepress.viz.compare import compare as compare
from huepress.viz.compare import compare_grid as compare_grid
from huepress.viz.convergence import convergence as convergence
from huepress.viz.curves import bits as bits
from huepress.viz.curves import elbow as elbow
from huepress.viz.curves import rate_distortion as rate_distortion
from huepress.viz.labels import error_map as error_map
from huepress.viz.labels import labels as labels
from huepress.viz.palette import palette as palette
from huepress.viz.trajectories import trajectories as trajectories

__all__ = [
    "bits",
    "colors3d",
    "colors3d_html",
    "compare",
    "compare_grid",
    "convergence",
    "elbow",
    "error_map",
    "labels",
    "palette",
    "rate_distortion",
    "trajectories",
]
