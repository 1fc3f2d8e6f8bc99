"""Measures of a compressed picture: what it costs, what it loses, how it looks."""

from __future__ import annotations

from huepress.metrics.accounting import entropy_bits as entropy_bits
from huepress.metrics.accounting import indexed_bits as indexed_bits
from huepress.metrics.accounting import label_bits as label_bits
from huepress.metrics.accounting import raw_bits as raw_bits
from huepress.metrics.accounting import stored_bytes as stored_bytes
from huepress.metrics.diffmap import difference_map as difference_map
from huepress.metrics.diffmap import difference_ramp as difference_ramp
from huepress.metrics.error import Distortion as Distortion
from huepress.metrics.error import MovedColor as MovedColor
from huepress.metrics.error import distortion as distortion
from huepress.metrics.error import moved_colors as moved_colors
from huepress.metrics.moving import ComparedFrame as ComparedFrame
from huepress.metrics.moving import MovingDistortion as MovingDistortion
from huepress.metrics.moving import compare_moving as compare_moving
from huepress.metrics.perception import banding as banding
from huepress.metrics.perception import softness as softness
from huepress.metrics.perception import ssimulacra2 as ssimulacra2
from huepress.metrics.tradeoff import Point as Point
from huepress.metrics.tradeoff import frontier as frontier
