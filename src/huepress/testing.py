"""Visual baselines in tests: a picture must look like the one that was stored, by its score.

Stored baselines are few colours in few bytes; what decides is what is seen, so that neither the
palette nor a pixel of smoothing makes a test fail. Any test runner will do, and none is loaded.

>>> import tempfile
>>> import numpy as np
>>> from huepress.testing import assert_looks_like
>>> baseline = tempfile.mkdtemp() + "/page.png"
>>> page = np.zeros((40, 60, 3), np.uint8)
>>> page[10:20] = 200
>>> assert_looks_like(page, baseline, update=True)
>>> assert_looks_like(page, baseline)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from huepress.common.files import make_folder, write_files
from huepress.metrics import ssimulacra2
from huepress.metrics.diffmap import difference_map
from huepress.pipeline import compress
from huepress.values.image import Image

__all__ = ["assert_looks_like"]

SCORE = 85.0
"""A word that is missing on a page takes tens of points; other smoothing of letters, a few."""

STORED = 92.0
"""The score of what is stored, above what is asked."""

UPDATE = "HUEPRESS_UPDATE_BASELINES"
"""The environment variable that has baselines written, if it is not empty or 0."""


def assert_looks_like(
    picture: Any,
    baseline: str | os.PathLike[str],
    *,
    score: float = SCORE,
    update: bool | None = None,
) -> None:
    """Fail unless a picture looks like a stored one.

    Parameters
    ----------
    picture : path, bytes-like, binary file, array, PIL image or Image
        What the test made, such as Playwright's ``page.screenshot()``.
    baseline : str or path
        A PNG, committed with the tests. Where it is to be written, its folder is made.
    score : float
        The least SSIMULACRA2 score against the baseline.
    update : bool, optional
        Whether to write the baseline instead, in few bytes with a score of 92; where it is not
        given, as the environment variable ``HUEPRESS_UPDATE_BASELINES`` says. A baseline that the
        picture looks like already stays as it is.

    Raises
    ------
    AssertionError
        If there is no baseline, or it has another size, or the score is lower. Then the picture and
        a map of the differences lie beside the baseline, as ``NAME-actual.png`` and
        ``NAME-diff.png``.
    InputError
        If the picture or the baseline cannot be read.
    """
    stored, image = Path(baseline), Image.read(picture)
    wanted = os.environ.get(UPDATE, "0") not in ("", "0") if update is None else update
    reason = _difference(image, stored, score)
    if reason is None:
        _write(stored, {})
        return
    if wanted:
        make_folder(stored.parent)
        data = bytes(compress(image, quality=max(score, STORED)))
        write_files({stored: data}, overwrite=True)
        _write(stored, {})
        return
    if stored.exists():
        made = {"-actual.png": _png(image)}
        before = Image.read(stored)
        if before.pixels.shape[:2] == image.pixels.shape[:2]:
            made["-diff.png"] = _png(Image(difference_map(before, image)))
        _write(stored, made)
        reason += "; see " + " and ".join(str(_beside(stored, end)) for end in made)
    raise AssertionError(f"{reason}; if it is right so, run again with {UPDATE}=1")


def _difference(image: Image, stored: Path, score: float) -> str | None:
    """Say how a picture differs from the stored one; None if it looks the same."""
    if not stored.exists():
        return f"there is no baseline {stored}"
    before = Image.read(stored)
    if before.pixels.shape[:2] != image.pixels.shape[:2]:
        return (
            f"the picture is {image.width}×{image.height} pixels, and {stored} "
            f"{before.width}×{before.height}"
        )
    found = ssimulacra2(before, image)
    if found >= score:
        return None
    return f"the picture scores {found:.1f} against {stored}, less than {score:g}"


def _png(image: Image) -> bytes:
    """Write all pixels as they are."""
    from io import BytesIO

    from PIL import Image as PillowImage

    stream = BytesIO()
    PillowImage.fromarray(image.pixels).save(stream, "PNG")
    return stream.getvalue()


def _beside(stored: Path, end: str) -> Path:
    return stored.with_name(stored.stem + end)


def _write(stored: Path, made: dict[str, bytes]) -> None:
    """Put files beside a baseline, and remove those of an earlier failure."""
    for end in ("-actual.png", "-diff.png"):
        if end not in made:
            _beside(stored, end).unlink(missing_ok=True)
    if made:
        write_files({_beside(stored, end): data for end, data in made.items()}, overwrite=True)
