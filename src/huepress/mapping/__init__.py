"""From pixels to labels, given a codebook."""

from __future__ import annotations

from huepress.mapping.dithering import error_diffusion as error_diffusion
from huepress.mapping.dithering import ordered as ordered
from huepress.mapping.labels import nearest as nearest
from huepress.mapping.rates import rate_aware as rate_aware
