"""What pages about one compression are made of, from plain values to HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from string import Template

import numpy as np
from numpy.typing import NDArray

from huepress.report.pictures import View, data_uri
from huepress.values.clouds import ranked
from huepress.values.codebook import Codebook


def resource(name: str) -> str:
    """Read a file that lies beside the pages' code."""
    return files("huepress.report").joinpath(name).read_text("utf-8")


def tiles(rows: Iterable[tuple[str, str, str]]) -> str:
    """Show names, values and a note each."""
    return "".join(
        f"<li><span>{escape(name)}</span><strong>{escape(value)}</strong>"
        f"<small>{escape(note)}</small></li>"
        for name, value, note in rows
    )


def score_in_words(score: float, *, reduced: bool) -> str:
    """Say what a score means; of a source that was reduced to 8 bits none is just identical."""
    for least, words in (
        (100, "identical at 8 bits" if reduced else "identical"),
        (90, "not told apart side by side"),
        (80, "not told apart by a careful eye"),
        (70, "high quality"),
        (50, "medium quality"),
        (30, "low quality"),
    ):
        if score >= least:
            return words
    return "plainly different"


def view(shown: View, before_alt: str, after_alt: str, *, has_alpha: bool) -> str:
    """Lay two pictures over each other, with a slider between them."""
    return Template(resource("view.html")).substitute(
        caption=escape(shown.caption),
        before=data_uri(shown.before, "image/webp"),
        after=data_uri(shown.after, shown.after_type),
        width=shown.width,
        height=shown.height,
        alpha="alpha" if has_alpha else "",
        before_alt=escape(before_alt),
        after_alt=escape(after_alt),
    )


def palette(codebook: Codebook, counts: NDArray[np.uint64]) -> str:
    """Show codes by their share, as a strip and as swatches."""
    shares = counts.astype(np.float64) / counts.sum()
    names = codebook.hex()
    places = {
        order: np.argsort(ranked(codebook, shares, order))
        for order in ("share", "lightness", "hue")
    }
    strip = "".join(
        f'<i style="flex:{shares[code]:.6f};background:{names[code]}"></i>'
        for code in ranked(codebook, shares, "lightness")
    )
    swatches = "".join(
        f'<li style="order:{places["share"][code]}" data-share="{places["share"][code]}" '
        f'data-lightness="{places["lightness"][code]}" data-hue="{places["hue"][code]}">'
        f'<i style="--code:{names[code]}"></i>'
        f"<code>{names[code] if codebook.rgba[code, 3] else 'transparent'}</code>"
        f"<span>{_percent(shares[code])}</span></li>"
        for code in range(len(codebook))
    )
    return (
        f'<div class="strip" role="img" aria-label="The colours by share, dark to light">{strip}'
        f'</div><ul class="swatches" tabindex="0" aria-label="Colours">{swatches}</ul>'
    )


def _percent(share: float) -> str:
    return "< 0.01%" if share < 0.0001 else f"{share:.2%}"


def command_line(command: str | None) -> str:
    """Show a command, and copy it at a click."""
    if command is None:
        return ""
    return (
        f'<div class="command"><pre tabindex="0" aria-label="Command">{escape(command)}</pre>'
        '<button type="button" data-copy>Copy</button></div>'
    )


def facts(rows: Mapping[str, str]) -> str:
    """Show names and values."""
    inside = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in rows.items()
    )
    return f'<dl class="facts">{inside}</dl>'
