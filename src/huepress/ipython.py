"""Small plots in notebooks: ``%load_ext huepress``, or `small_figures` with a quality of its own.

>>> from IPython.core.interactiveshell import InteractiveShell
>>> from huepress.ipython import large_figures, small_figures
>>> shell = InteractiveShell()
>>> small_figures(quality=80, shell=shell)
>>> large_figures(shell=shell)
"""

from __future__ import annotations

import logging
import sys
from base64 import b64decode, b64encode
from typing import Any

from huepress.errors import HuepressError, OptionError
from huepress.options import CompressOptions

__all__ = ["large_figures", "small_figures"]

logger = logging.getLogger(__name__)

QUALITY = 90.0
"""Lines and letters are looked at closely, and cost little."""

_PNG = "image/png"


def small_figures(
    quality: float | None = QUALITY,
    *,
    k: int | None = None,
    effort: Any = "fast",
    shell: Any = None,
) -> None:
    """Show figures of matplotlib with few colours, so that the notebook stays small.

    The picture that a notebook stores is compressed just before it is shown, and only where it gets
    smaller. Nothing else changes: neither figures nor `savefig`, nor what other libraries show.
    Call it again for another quality.

    Parameters
    ----------
    quality : float, optional
        The SSIMULACRA2 score to reach; None, beside `k`, for no search.
    k : int, optional
        Most colours.
    effort : {'fast', 'default', 'best'}
        Fast takes a few tenths of a second a figure, and a fifth more bytes than the default.
    shell : IPython.core.interactiveshell.InteractiveShell, optional
        The one that runs, where it is not given.

    Raises
    ------
    OptionError
        If there is no IPython, or an option is out of its range.

    Examples
    --------
    >>> small_figures(quality=101)
    Traceback (most recent call last):
    huepress.errors.OptionError: quality=101 is out of range; use a score from 0 to 100
    """
    options = CompressOptions(quality=quality, k=k, effort=effort)
    formatter = _formatter(shell)
    large_figures(shell=shell)
    original = formatter.format

    def format_small(thing: Any, *args: Any, **kwargs: Any) -> Any:
        shown, facts = original(thing, *args, **kwargs)
        if _PNG in shown and _is_figure(thing):
            shown = {**shown, _PNG: _smaller(shown[_PNG], options)}
        return shown, facts

    # An attribute of this one formatter, before the method of its class.
    formatter.format = format_small


def large_figures(*, shell: Any = None) -> None:
    """Show figures as matplotlib renders them again.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell, optional
        The one that runs, where it is not given.

    Raises
    ------
    OptionError
        If there is no IPython.
    """
    vars(_formatter(shell)).pop("format", None)


def _formatter(shell: Any) -> Any:
    if shell is None and "IPython" in sys.modules:
        from IPython import get_ipython

        shell = get_ipython()
    if shell is None:
        raise OptionError(
            "no IPython runs here; call it in a notebook, or save figures by huepress.mpl"
        )
    return shell.display_formatter


def _is_figure(thing: Any) -> bool:
    figures = sys.modules.get("matplotlib.figure")
    return figures is not None and isinstance(thing, figures.Figure)


def _smaller(png: bytes | str, options: CompressOptions) -> bytes | str:
    """Compress a PNG, which matplotlib gives as text; a picture that fails is shown as it is."""
    from huepress.pipeline import compress

    data = b64decode(png) if isinstance(png, str) else png
    try:
        small = bytes(compress(data, options))
    except HuepressError as error:
        logger.warning("a figure is shown as it was rendered: %s", error)
        return png
    if len(small) >= len(data):
        return png
    return b64encode(small).decode() + "\n" if isinstance(png, str) else small
