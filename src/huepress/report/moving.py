"""The page about one compressed moving picture: a player, frames as bars, facts, the command."""

from __future__ import annotations

import json
import platform
from hashlib import sha256
from html import escape
from importlib.metadata import version
from io import BytesIO
from string import Template

import numpy as np

from huepress import __version__, metrics
from huepress.common import humanize as _text
from huepress.common.thumbnails import thumbnail
from huepress.metrics import MovingDistortion, compare_moving
from huepress.motion.result import MovingResult
from huepress.motion.survey import surveyed
from huepress.report import charts, parts
from huepress.report.account import Item
from huepress.report.film import Film, film_of, frames_of
from huepress.report.pictures import data_uri, views_of
from huepress.values.animation import Animation
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram

THUMBNAILS, SIDE = 10, 60
"""Pictures of the strip, and half their longest side."""

SWATCHES = 256
"""Colours that are shown, those that are seen most, where frames have codebooks of their own."""

MOST_SAVED = 3_000_000
"""Bytes of a file that the page holds, to be saved from it."""

_MEDIA = {"gif": "image/gif", "apng": "image/png", "webp": "image/webp"}
_SUFFIXES = {"gif": ".gif", "apng": ".png", "webp": ".webp"}


def moving_html(
    result: MovingResult, *, title: str | None = None, command: str | None = None
) -> str:
    """Write a page about one compressed moving picture.

    A player shows original and compressed frames on each other or side by side; bars tell what each
    frame takes and how it looks. The same result gives the same page.

    Parameters
    ----------
    result : MovingResult
        What was compressed.
    title : str, optional
        What the picture is called; the name of its file unless given.
    command : str, optional
        The command that makes the same file again.

    Returns
    -------
    str
        HTML. Scripts, styles and pictures are inside, and the page allows itself no request. Large
        or many frames are shown smaller or fewer, and the page says so.

    Examples
    --------
    >>> from huepress import Frame, compress_animation
    >>> frames = [Frame(np.full((8, 8, 3), level, np.uint8), 100) for level in (10, 200)]
    >>> page = moving_html(compress_animation(Animation.of(frames), format="gif"), title="blink")
    >>> page.startswith("<!doctype html>")
    True
    """
    source = result.animation.source
    title = title or (_text.shown_name(source.path.name) if source.path else "moving picture")
    data = bytes(result)
    shown = Animation.read(BytesIO(data))
    found = compare_moving(result.animation, shown, threads=result.options.threads)
    seen = surveyed(shown, lambda _: None).histogram
    sizes = [frame.n_bytes for frame in result.frames]
    film = film_of(result.animation, shown, found, sizes)
    return Template(parts.resource("moving.html")).substitute(
        title=escape(title),
        style=parts.resource("page.css") + parts.resource("moving.css"),
        script=parts.resource("page.js") + parts.resource("moving.js"),
        summary=_summary(result),
        tiles=_tiles(result, found, len(seen)),
        width=film.width,
        height=film.height,
        alpha="" if result.survey.opaque else "alpha",
        crisp="crisp" if max(film.width, film.height) <= 200 else "",
        most=len(film.steps) - 1,
        shown_as=_shown_as(result, film),
        strip=_strip(result, shown, film),
        chart=charts.frames(film.steps),
        worst=_worst(result, shown, found),
        lowest=_lowest(result, found),
        bits=_bits(result, found),
        codes=_codes(seen),
        recipe=_recipe(result, data, title, command),
        film=json.dumps(film.facts, separators=(",", ":")),
    )


def _summary(result: MovingResult) -> str:
    survey = result.survey
    durations = survey.durations
    spread = f"{min(durations):,} to {max(durations):,}"
    each = f"{durations[0]:,}" if len(set(durations)) == 1 else spread
    words = [
        f"{result.animation.width}×{result.animation.height} pixels",
        "opaque" if survey.opaque else "with alpha",
        f"{_n_frames(survey.n_frames)} in {_text.seconds(sum(durations))}, {each} ms each",
        f"shown {_text.loops_in_words(result.animation.loops)}",
    ]
    return escape(", ".join(words))


def _n_frames(n: int) -> str:
    return f"{n:,} frame{'' if n == 1 else 's'}"


def _tiles(result: MovingResult, found: MovingDistortion, colors: int) -> str:
    source = result.animation.source
    before, after = source.file_bytes, result.output_bytes
    size_note = f"{after / before:.1%} of {_text.size(before)}" if before else "as a file"
    if before and after >= before:
        size_note = f"larger than the original, {_text.size(before)}"
    worst, before_colors = found.frames[found.worst], len(result.survey.histogram)
    stirred = found.stirred / found.still if found.still else 0.0
    return parts.tiles(
        [
            (f"{result.format.upper()} file", _text.size(after), size_note),
            ("a frame", _text.size(after / len(found.frames)), "bytes in the mean"),
            ("colours", f"{colors:,}", f"of {before_colors:,} in all frames"),
            (
                "SSIMULACRA2",
                _score(found.score),
                "mean: " + parts.score_in_words(found.score, reduced=source.reduced),
            ),
            ("worst frame", _score(worst.score), f"frame {found.worst} of {len(found.frames)}"),
            (
                "contours",
                f"{found.contours:.1f}",
                f"{_text.contours_in_words(found.contours)} in smooth areas",
            ),
            ("PSNR", _text.decibels(found.psnr, source.exactness), "of all frames"),
            ("still pixels that stir", f"{stirred:.2%}", f"{found.stirred:,} of {found.still:,}"),
        ]
    )


def _score(score: float) -> str:
    return f"{score:.1f}".replace("-", "−")


def _shown_as(result: MovingResult, film: Film) -> str:
    said = []
    if (film.width, film.height) != (result.animation.width, result.animation.height):
        said.append(f"Shown at {film.width}×{film.height}, to keep the page small.")
    if film.every > 1:
        said.append(f"Of every {film.every} frames the first is shown.")
    return "".join(f"<p>{sentence}</p>" for sentence in said)


def _strip(result: MovingResult, shown: Animation, film: Film) -> str:
    """Show some frames of the file, as far apart as their places in the bars below."""
    steps = film.steps
    n = min(THUMBNAILS, len(steps))
    chosen = [steps[(2 * place + 1) * len(steps) // (2 * n)] for place in range(n)]
    pictures = frames_of(result.animation, shown, [step.first for step in chosen])
    return "".join(
        f'<button type="button" data-step="{steps.index(step)}" title="frame {step.first}">'
        f'<img src="{data_uri(thumbnail(after, SIDE), "image/webp")}" '
        f'alt="Frame {step.first} at {_text.seconds(step.start)}"></button>'
        for step, (_, after) in zip(chosen, pictures, strict=True)
    )


def _worst(result: MovingResult, shown: Animation, found: MovingDistortion) -> str:
    ((before, after),) = frames_of(result.animation, shown, [found.worst])
    name = f"frame {found.worst}"
    return "".join(
        parts.view(
            view,
            f"The original, {name}",
            f"The compressed one, {name}",
            has_alpha=not result.survey.opaque,
        )
        for view in views_of(before, after)
    )


def _lowest(result: MovingResult, found: MovingDistortion) -> str:
    """List the frames that look worst, worst first."""
    order = sorted(range(len(found.frames)), key=lambda number: found.frames[number].score)[:12]
    rows = []
    for number in order:
        frame, n_bytes = found.frames[number], result.frames[number].n_bytes
        rows.append(
            f"<tr><td>{number}</td><td>{_text.seconds(frame.start)}</td>"
            f"<td>{_score(frame.score)}</td><td>{frame.contours:.1f}</td><td>{n_bytes:,}</td></tr>"
        )
    return (
        "<table><thead><tr><th>frame</th><th>at</th><th>score</th><th>contours</th>"
        f"<th>bytes</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _bits(result: MovingResult, found: MovingDistortion) -> str:
    animation, channels = result.animation, 3 if result.survey.opaque else 4
    n_pixels = animation.width * animation.height * result.survey.n_frames
    raw = metrics.raw_bits(n_pixels, channels) / 8
    items = [Item("bare pixels", raw, f"{n_pixels:,} × {channels * 8} bits")]
    if animation.source.file_bytes is not None:
        original = Item("original file", animation.source.file_bytes, animation.source.format)
        items.append(original)
    items.append(Item("compressed file", result.output_bytes, result.format.upper()))
    first, *others = [frame.n_bytes for frame in result.frames]
    inside = [Item("first frame", first, "all of it is drawn")]
    if others:
        still = found.still / (n_pixels - n_pixels // result.survey.n_frames)
        formula = f"{len(others):,}, in which {1 - still:.1%} of the pixels change"
        inside.append(Item("other frames", sum(others), formula))
    rest = result.output_bytes - sum(item.n_bytes for item in inside)
    inside.append(Item("head", rest, "palette of all frames, times, loops"))
    return (
        charts.bars(items, raw)
        + "<h3>Inside the compressed file</h3>"
        + charts.bars(inside, result.output_bytes)
    )


def _codes(histogram: Histogram) -> str:
    most = np.sort(np.argsort(-histogram.counts.astype(np.int64), kind="stable")[:SWATCHES])
    said = f"The {_text.colors(len(histogram))} of all frames, by how long they are seen."
    if len(most) < len(histogram):
        said = f"Of {len(histogram):,} colours the {len(most)} that are seen most."
    swatches = parts.palette(Codebook(histogram.colors[most]), histogram.counts[most])
    return f"<p>{said}</p>{swatches}"


def _recipe(result: MovingResult, data: bytes, title: str, command: str | None) -> str:
    shown = parts.command_line(command)
    if len(data) <= MOST_SAVED:
        name = f"{title.rpartition('.')[0] or title}-small{_SUFFIXES[result.format]}"
        address = data_uri(data, _MEDIA[result.format])
        shown += (
            f'<p><a download="{escape(name)}" href="{address}">Save the compressed file</a>, '
            f"{_text.size(len(data))}</p>"
        )
    facts = {
        "huepress": __version__,
        "with": ", ".join(
            f"{name} {number}"
            for name, number in (
                ("Python", platform.python_version()),
                ("NumPy", np.__version__),
                ("Pillow", version("pillow")),
            )
        ),
        "mapped": "exactly" if result.lossless else str(result.setting),
        "wanted": _wanted(result),
        "seed": str(result.options.seed),
        "space": result.options.space,
        "effort": result.options.effort,
        "k-means": _fitted(result),
        "SHA-256": sha256(data).hexdigest(),
    }
    if result.animation.source.warnings:
        facts["warnings"] = "; ".join(result.animation.source.warnings)
    return shown + parts.facts(facts)


def _wanted(result: MovingResult) -> str:
    if result.wanted is None:
        return "no score"
    return f"score {result.wanted:g}" + ("" if result.reached else ", which is not reached")


def _fitted(result: MovingResult) -> str:
    if result.lossless or (result.fit is not None and result.fit.lossless):
        return "not needed: every colour is kept"
    if result.fit is None:
        return "of scenes or frames, each for itself"
    stop = "converged" if result.fit.converged else "stopped at the limit"
    return f"{result.fit.iterations} iterations, {stop}"
