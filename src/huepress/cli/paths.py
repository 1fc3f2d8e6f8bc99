"""Names of files, as they are given on the command line."""

from __future__ import annotations

import os
from pathlib import Path

from huepress.common.humanize import url_of
from huepress.errors import OptionError

_SEPARATORS = tuple({"/", os.sep})


def output_path(written: str) -> str:
    """Refuse as an output what names no file: nothing, a URL, a folder by its form."""
    if not written:
        raise OptionError("the output has no name; give one, or - for standard output")
    if url := url_of(Path(written)):
        raise OptionError(
            f"{url} is a URL, and only files can be written; name a file and upload that"
        )
    if written.endswith(_SEPARATORS) or Path(written).name in ("", ".."):
        raise OptionError(f"{written} names a folder; name a file in it")
    return written


def is_folder(name: str) -> bool:
    """Tell whether an input is a folder; no if that may not be looked up."""
    return os.path.isdir(name)  # noqa: PTH112  # Path raises


def file_inputs(*written: str | Path | None) -> list[Path]:
    """Name the files among what is read, '-' and None being none: no output may replace them."""
    return [Path(name) for name in written if name is not None and str(name) != "-"]
