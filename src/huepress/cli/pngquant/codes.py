"""Exit codes as pngquant 3 has them; those of a quality and a size are in `huepress.cli.exits`."""

from __future__ import annotations

NO_FILES = 1
"""Also of words that are no command line."""

CANNOT_READ, INVALID_VALUE = 2, 4
EXISTS, CANNOT_WRITE = 15, 16
NO_MEMORY, NOT_A_PNG = 17, 25
