"""How large a picture is, by its header."""

from __future__ import annotations

from huepress.errors import HuepressError
from huepress.read.decoding import damage_reported, format_of
from huepress.read.opening import HEAD, opened


def n_pixels(path: str) -> int:
    """Return a picture's pixels; 0 where its header cannot be read, which whoever reads it tells.

    Examples
    --------
    >>> n_pixels("none.png")
    0
    """
    try:
        with opened(path) as file, damage_reported(path, "file"):
            _, plugin = format_of(file.read(HEAD), path)
            file.seek(0)
            width, height = plugin(file).size
    except HuepressError:
        return 0
    return int(width) * int(height)
