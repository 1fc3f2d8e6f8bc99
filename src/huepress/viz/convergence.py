"""How the error falls, iteration by iteration, and when it stops."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from huepress.colorspace import FIT_UNIT
from huepress.errors import OptionError
from huepress.kmeans import FitResult
from huepress.pipeline import Result
from huepress.viz.style import ACCENTS, figure_of, headline, sheet, styled
from huepress.viz.trajectories import fit_of

LONG = 40
"""A trace of more iterations than this has them on a logarithmic scale."""


@styled
def convergence(
    fits: FitResult | Result | Mapping[str, FitResult | Result], *, ax: Axes | None = None
) -> Figure:
    """Show the inertia after every iteration.

    Parameters
    ----------
    fits : FitResult or Result, or mapping of name to one
        One fit, or several to compare: fits of the same histogram, in the same space.
    ax : Axes, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    Figure
        One line a fit, from the seeding (iteration 0) on. A dot at its end says that it converged,
        a ring that it ran out of iterations.

    Raises
    ------
    OptionError
        If there are no fits, or a palette was given, so that nothing was fitted.

    Examples
    --------
    >>> from huepress import Histogram, fit
    >>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
    >>> figure = convergence(fit(Histogram.of(ramp), 4, seeding="random"))
    >>> figure.axes[0].get_title(loc="left")
    'inertia'
    """
    named = fits if isinstance(fits, Mapping) else {"": fits}
    found = {name: fit_of(each) for name, each in named.items()}
    if not found:
        raise OptionError("no fits; give one or more")
    if ax is None:
        ax = sheet(7.4, 3.8).subplots()
    for i, (name, fitted) in enumerate(found.items()):
        color = ACCENTS[i % len(ACCENTS)]
        inertia = fitted.trace.inertia / FIT_UNIT**2
        ax.plot(np.arange(len(inertia)), inertia, color=color, label=name)
        ax.plot(
            [len(inertia) - 1],
            inertia[-1:],
            color=color,
            marker="o",
            markersize=6,
            markerfacecolor=color if fitted.converged else "white",
            zorder=4,
        )
    longest = max(fitted.iterations for fitted in found.values())
    if longest > LONG:
        ax.set_xscale("symlog", linthresh=1, linscale=0.4)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
        ax.set_xlim(-0.1, longest * 1.25)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlim(-0.02 * max(longest, 1), max(longest, 1) * 1.04)
    ax.set_ylim(0, ax.dataLim.y1 * 1.08 or 1)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.set_xlabel("iteration")
    ax.grid(axis="y")
    headline(ax, "inertia", ["of all pixels, in the space of the fit", "● converged", "○ stopped"])
    if len(found) > 1:
        ax.legend(loc="upper right")
    return figure_of(ax)
