"""`huepress report` of moving pictures."""

from __future__ import annotations

from collections.abc import Callable

from huepress.cli.pictures import read_animation
from huepress.cli.written import Written
from huepress.common.choices import FormatName
from huepress.motion.compression import compress_animation
from huepress.report.moving import moving_html

_OWN: dict[str, FormatName] = {"GIF": "gif", "PNG": "png"}
"""Formats that are kept; all else becomes WebP."""


def page(source: str, how: Written, command: str, say: Callable[[str], None]) -> str:
    """Compress a moving picture as `compress` does, and write the page about it."""
    options = how.options()
    animation = read_animation(source, max_pixels=options.max_pixels, lenient=options.lenient)
    if how.format is None:
        kept = animation.source.format if animation.source.n_frames > 1 else ""
        options = how.options(format=_OWN.get(kept, "webp"))
    result = compress_animation(
        animation,
        options,
        on_progress=lambda what, done, total: say(f"{what} {done}/{total}" if total else what),
    )
    say("writing the page")
    with result.written.file:
        return moving_html(result, command=command)
