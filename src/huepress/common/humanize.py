"""Numbers and names as people read them: in messages, reports, figures and notebooks."""

from __future__ import annotations

import math
import re
from pathlib import PurePath

ROUND_SIZES = tuple(
    float(step * 1024**power) for power in range(4) for step in (1, 2, 5, 10, 20, 50, 100, 200, 500)
)


def size(n_bytes: float) -> str:
    """Write a number of bytes in B, KiB, MiB or GiB.

    Examples
    --------
    >>> size(819840), size(12)
    ('800.6 KiB', '12 B')
    """
    if n_bytes < 1024:
        return f"{n_bytes:.0f} B"
    for unit in ("KiB", "MiB"):
        n_bytes /= 1024
        if n_bytes < 1024:
            return f"{n_bytes:.1f} {unit}"
    return f"{n_bytes / 1024:.1f} GiB"


def percentage(share: float) -> str:
    """Write a share of 1.

    Examples
    --------
    >>> percentage(0.1), percentage(0.025)
    ('10 %', '2.5 %')
    """
    return f"{100 * share:g} %"


def contours_in_words(banding: float) -> str:
    """Say how well contours can be seen, from what `huepress.metrics.banding` gives.

    Examples
    --------
    >>> contours_in_words(0.0), contours_in_words(2.4)
    ('none visible', 'plain')
    """
    for least, words in (
        (5, "strong"),
        (2, "plain"),
        (0.8, "just visible"),
        (0.5, "hardly visible"),
    ):
        if banding >= least:
            return words
    return "none visible"


def decibels(psnr: float | None, exact: str = "lossless") -> str:
    """Write a PSNR in dB, or `exact` where it is infinite or None: see `SourceFacts.exactness`.

    Examples
    --------
    >>> decibels(31.415)
    '31.41 dB'
    """
    return exact if psnr is None or math.isinf(psnr) else f"{psnr:.2f} dB"


def colors(n: int) -> str:
    """Write a number of colours with its noun.

    Examples
    --------
    >>> colors(1), colors(96615)
    ('1 colour', '96,615 colours')
    """
    return f"{n:,} colour{'' if n == 1 else 's'}"


def files(n: int) -> str:
    """Write a number of files with its noun.

    Examples
    --------
    >>> files(1), files(1200)
    ('1 file', '1,200 files')
    """
    return f"{n:,} file{'' if n == 1 else 's'}"


def seconds(milliseconds: float) -> str:
    """Write a time to the millisecond, in seconds.

    Examples
    --------
    >>> seconds(2500), seconds(33)
    ('2.5 s', '0.033 s')
    """
    return f"{round(milliseconds) / 1000:,.3f}".rstrip("0").rstrip(".") + " s"


def loops_in_words(loops: int) -> str:
    """Say how often a moving picture is shown; 0 is for ever.

    Examples
    --------
    >>> [loops_in_words(n) for n in (0, 1, 3)]
    ['for ever', 'once', '3 times']
    """
    return {0: "for ever", 1: "once"}.get(loops, f"{loops:,} times")


def axis_size(n_bytes: float, _: int | None = None) -> str:
    """Write a round number of bytes for an axis; matplotlib also passes the place of the mark.

    Examples
    --------
    >>> axis_size(51200), axis_size(1536)
    ('50 KiB', '1.5 KiB')
    """
    return size(n_bytes).replace(".0 ", " ")


def round_sizes(low: float, high: float, most: int) -> list[float]:
    """Choose at most so many round sizes within an axis of bytes.

    They are 1, 2 or 5 times a power of ten of B, KiB, MiB or GiB, and more between them where the
    axis is short.

    Examples
    --------
    >>> [axis_size(n) for n in round_sizes(9_000, 130_000, 8)]
    ['10 KiB', '20 KiB', '50 KiB', '100 KiB']
    >>> [axis_size(n) for n in round_sizes(31_000, 64_000, 8)]
    ['40 KiB', '50 KiB', '60 KiB']
    """
    inside = [n for n in ROUND_SIZES if low <= n <= high]
    if len(inside) < 3:
        between = (step * n for n in ROUND_SIZES[::3] for step in (1, 1.5, 2, 3, 4, 5, 6, 8))
        inside = [n for n in between if low <= n <= high]
    return inside[:: -(-len(inside) // most) or 1]


def url_of(path: PurePath) -> str | None:
    """Return the URL that was given for a path, of which Path leaves one slash; None if none was.

    Examples
    --------
    >>> url_of(PurePath("s3://bucket/photo.png"))
    's3://bucket/photo.png'
    """
    if not path.parts or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]+:", path.parts[0]):
        return None
    return f"{path.parts[0]}//{'/'.join(path.parts[1:])}"


def shown_name(path: PurePath | str) -> str:
    r"""Replace what cannot be shown or stored in a file's name: control characters, bad UTF-8.

    Examples
    --------
    >>> shown_name("caf\udce9.png") == "caf\ufffd.png"
    True
    """
    return re.sub("[\ud800-\udfff\x00-\x1f\x7f-\x9f]", "\ufffd", str(path))
