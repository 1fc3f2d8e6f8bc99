"""What each effort spends on a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from huepress.common.choices import Effort as Effort
from huepress.common.choices import Seeding as Seeding

SEEDINGS: tuple[Seeding, ...] = get_args(Seeding)


@dataclass(frozen=True, slots=True)
class Budget:
    """What an effort spends on one fit; see `EFFORTS`.

    Parameters
    ----------
    max_iter : int
        Most Lloyd iterations.
    tol : float
        Stop when an iteration lowers the inertia by no more than this fraction.
    relaxation : int
        Step of the centroid update in sixteenths of the way to the mean: 16 is plain Lloyd.
    coarse_only : bool
        Iterate over coarse points, the exact means of small cells, instead of all colours.
    coarse_detail : int
        Coarse points a code, about; at least 1024 in all.
    coarse_starts : int
        Searches on coarse points when k is at most 32; larger k have one. 0: none.
    swap_trials : int
        Relocations of a centroid that a search looks into; each is made only if the inertia falls.
    fine_detail : int
        Search again, and more closely, on so many points a code. 0: do not.
    trades : int
        Codes that are tried for opaque colours instead of others, or the other way round.
    """

    max_iter: int
    tol: float
    relaxation: int
    coarse_only: bool
    coarse_detail: int
    coarse_starts: int
    swap_trials: int
    fine_detail: int
    trades: int


EFFORTS: dict[Effort, Budget] = {
    "fast": Budget(10, 1e-3, 26, True, 6, 0, 0, 0, 0),
    "default": Budget(5, 1e-4, 26, False, 8, 1, 200, 0, 10),
    "best": Budget(40, 1e-6, 26, False, 8, 8, 8000, 64, 40),
}
"""The parameters behind ``--effort``, with principal-axis seeding.

=================  ====  =======  ====
parameter          fast  default  best
=================  ====  =======  ====
``max_iter``         10        5    40
``tol``            1e-3     1e-4  1e-6
``relaxation``       26       26    26
``coarse_only``     yes       no    no
``coarse_detail``     6        8     8
``coarse_starts``     0        1     8
``swap_trials``       0      200  8000
``fine_detail``       0        0    64
``trades``            0       10    40
=================  ====  =======  ====

Their sRGB error, as a ratio to the best palette known after a minute's search (mean and worst of
eight photographs of 0.4 megapixels), and the time of such a fit on one core of an Intel Xeon
(Sapphire Rapids):

===  ==========================  ==========================  ==========================
k    fast                        default                     best
===  ==========================  ==========================  ==========================
16   1.034, 1.066, 4 ms          1.002, 1.008, 7 ms          1.000, 1.000, 27 ms
64   1.032, 1.049, 4 ms          1.005, 1.009, 8 ms          1.002, 1.004, 18 ms
256  1.049, 1.056, 5 ms          1.013, 1.016, 12 ms         1.004, 1.008, 55 ms
===  ==========================  ==========================  ==========================
"""


CLASSIC = Budget(300, 0.0, 16, False, 8, 0, 0, 0, 0)
"""Plain Lloyd iteration from the given seeding, as the textbooks have it."""
