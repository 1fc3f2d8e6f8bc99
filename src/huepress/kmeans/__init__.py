"""Exact integer k-means: from a histogram to a codebook."""

from __future__ import annotations

from huepress.kmeans.efforts import CLASSIC as CLASSIC
from huepress.kmeans.efforts import EFFORTS as EFFORTS
from huepress.kmeans.efforts import SEEDINGS as SEEDINGS
from huepress.kmeans.efforts import Budget as Budget
from huepress.kmeans.efforts import Effort as Effort
from huepress.kmeans.efforts import Seeding as Seeding
from huepress.kmeans.fitting import check_options as check_options
from huepress.kmeans.fitting import fit as fit
from huepress.kmeans.trace import FitResult as FitResult
from huepress.kmeans.trace import Trace as Trace
