"""Names of files, as they are given on the command line."""

from __future__ import annotations

import os
from pathlib import Path

from huepress.common.humanize import url_of
from huepress.errors import OptionError

_SEPARATORS = tuple({"/", os.sep})


def output_path(written: str) -> str:
    """Refuse as an output what is no path.

    Parameters
    ----------
    written : str
        A path, or '-'.

    Returns
    -------
    str
        The same.

    Raises
    ------
    OptionError
        If it is a URL, a folder's name by its form, or empty.
    """
    if not written:
        raise OptionError("the output has no name; give one, or - for standard output")
    if url := url_of(Path(written)):
        raise OptionError(
            f"{url} is a URL, and only files can be written; name a file and upload that"
        )
    if written.endswith(_SEPARATORS) or Path(written).name in ("", ".."):
        raise OptionError(f"{written} names a folder; name a file in it")
    return written


def file_inputs(*written: str | Path | None) -> list[Path]:
    """Name the files among what is read, which no output may replace.

    Parameters
    ----------
    *written : str, Path or None
        Paths; '-' and None are left out.

    Returns
    -------
    list of Path
        In that order.
    """
    return [Path(name) for name in written if name is not None and str(name) != "-"]
