"""Finding the programs of peers, and what they say of themselves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from benchmarks.contenders import MissingPeerError


@cache
def program(name: str) -> str:
    """Return the path of a program, or raise `MissingPeerError`."""
    found = shutil.which(name)
    if found is None:
        raise MissingPeerError(f"no program {name} on the PATH")
    return found


@cache
def imagemagick() -> str:
    """Return ImageMagick's converter: other programs are called `convert` too, so each is asked."""
    for name in ("magick", "convert", "convert-im6.q16"):
        for folder in os.get_exec_path():
            candidate = Path(folder) / name
            if os.access(candidate, os.X_OK) and "ImageMagick" in _said(str(candidate), "-version"):
                return str(candidate)
    raise MissingPeerError("no magick or convert of ImageMagick on the PATH")


def version_of(path: str, argument: str = "--version") -> str:
    """Return the first thing that looks like a version in what a program prints."""
    found = re.search(r"\d+(\.\d+)+(-\d+)?", _said(path, argument))
    return found.group() if found else "unknown version"


def _said(path: str, argument: str) -> str:
    try:
        done = subprocess.run([path, argument], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr
