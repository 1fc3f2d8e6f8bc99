"""The page: facts, pictures and charts of one compression in one file that loads nothing."""

from __future__ import annotations

import json
import platform
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.metadata import version
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import __version__
from huepress.colorspace import Space
from huepress.common import humanize as _text
from huepress.mapping import nearest
from huepress.metrics import banding, moved_colors
from huepress.pipeline import Result
from huepress.report import account, charts, parts
from huepress.report.pictures import MEDIA_TYPES, View, data_uri, error_map, is_shown_whole, views
from huepress.values.clouds import cloud, positions
from huepress.values.histogram import Histogram

CLOUD_POINTS = 2500
"""Colours that the cloud draws."""

CUBE = 10_000
"""Edge of the cube that the cloud is drawn in, in the script's units."""


def report_html(result: Result, *, title: str | None = None, command: str | None = None) -> str:
    """Write a page about one compression.

    The same result gives the same page: it names neither a date nor a machine.

    Parameters
    ----------
    result : Result
        What was compressed.
    title : str, optional
        What the picture is called; the name of its file unless given.
    command : str, optional
        The command that makes the same file again.

    Returns
    -------
    str
        HTML. Scripts, styles and pictures are inside, and the page allows itself no request.
    """
    source = result.image.source
    title = title or (_text.shown_name(source.path.name) if source.path else "picture")
    return Template(parts.resource("page.html")).substitute(
        title=escape(title),
        style=parts.resource("page.css"),
        script=parts.resource("page.js")
        + (parts.resource("cloud.js") if result.is_indexed else ""),
        summary=_summary(result),
        tiles=_tiles(result),
        views="".join(_view(view, result) for view in views(result)),
        codes=_codes(result) if result.is_indexed else "",
        curve=_curve(result),
        steps=_steps(result),
        moved=_moved(result),
        same_bytes=_same_bytes(result),
        error_size="small" if max(result.image.width, result.image.height) < 200 else "",
        error_map=data_uri(error_map(result), "image/webp"),
        recipe=_recipe(result, title, command),
    )


def _summary(result: Result) -> str:
    image, verb = result.image, "described with" if result.is_indexed else "became"
    words = [
        f"{image.width}×{image.height} pixels",
        "with alpha" if image.has_alpha else "opaque",
        f"{_text.colors(result.distinct_colors)} {verb} {result.output_colors:,}",
    ]
    if result.coder is not None:
        words.append(f"in a {result.kind}")
    return escape(", ".join(words))


def _tiles(result: Result) -> str:
    image = result.image
    before, after = image.source.file_bytes, result.output_bytes
    score = result.score
    contours = banding(result.image, result.picture)
    name = result.encoded.format.upper()
    size_note = f"{after / before:.1%} of {_text.size(before)}" if before else "as a file"
    if before and after >= before:
        size_note = f"larger than the original, {_text.size(before)}"
    tiles = [
        (f"{name} file", _text.size(after), size_note),
        (
            "colours",
            f"{result.output_colors:,}",
            f"of {result.distinct_colors:,} in the original",
        ),
        (
            "SSIMULACRA2",
            f"{score:.1f}".replace("-", "−"),
            parts.score_in_words(score, reduced=image.source.reduced),
        ),
        ("contours", f"{contours:.1f}", f"{_text.contours_in_words(contours)} in smooth areas"),
        (
            "PSNR",
            _text.decibels(result.distortion.psnr, result.image.source.exactness),
            f"MSE {result.distortion.mse:.2f}, channels summed",
        ),
        ("rate", f"{after * 8 / result.image.n_pixels:.2f}", "bits a pixel"),
    ]
    return parts.tiles(tiles)


def _view(view: View, result: Result) -> str:
    return parts.view(
        view,
        f"The original, {_text.colors(result.distinct_colors)}",
        f"The compressed picture, {_text.colors(result.output_colors)}",
        has_alpha=result.image.has_alpha,
    )


def _codes(result: Result) -> str:
    cloud = json.dumps(_cloud(result), separators=(",", ":"))
    palette = parts.palette(result.indexed.codebook, result.indexed.counts())
    return Template(parts.resource("codes.html")).substitute(palette=palette, cloud=cloud)


def _cloud(result: Result) -> dict[str, Any]:
    """Pack the points for the script, which draws them around the middle of a cube."""
    codebook = result.indexed.codebook
    counts = result.indexed.counts().astype(np.float64)
    points = cloud(Histogram.of(result.image, threads=result.options.threads), CLOUD_POINTS)
    labels = np.empty(0, np.uint16)
    if len(points):  # none in a picture that is transparent all over
        labels = nearest(points.colors[None], codebook, space=result.options.space).labels[0]
    # Oklab's a and b span less than lightness: scale them so that these colours fill the cube.
    everything = np.concatenate([points.colors[:, :3], codebook.colors[:, :3]])
    widest = np.abs(_centred(everything, "oklab")[:, [0, 2]]).max(initial=0.04)
    scales: dict[Space, NDArray[np.float64]] = {
        "oklab": np.array([0.48 / widest, 1, 0.48 / widest]) * CUBE,
        "srgb": np.full(3, CUBE),
    }
    return {
        "colors": _packed(points.colors[:, :3]),
        "labels": _packed(labels.astype("<u2")),
        "codes": _packed(codebook.rgba),
        "shares": (counts / counts.sum()).round(6).tolist(),
        "spaces": {
            space: {
                "points": _packed((_centred(points.colors, space) * scale).astype("<i2")),
                "codes": _packed((_centred(codebook.colors, space) * scale).astype("<i2")),
            }
            for space, scale in scales.items()
        },
    }


def _centred(colors: NDArray[np.uint8], space: Space) -> NDArray[np.float64]:
    """Place colours around the middle grey, with lightness or green upwards."""
    places = positions(colors, space)
    if space == "srgb":
        return places / 255 - 0.5
    return places[:, [0, 2, 1]] - [0, 0.5, 0]


def _packed(values: NDArray[Any]) -> str:
    return b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _curve(result: Result) -> str:
    found = result.found
    if found is None:
        return (
            "<p>The options named one setting, so nothing was searched. Without "
            "<code>-k</code>, <code>--dither</code> and <code>--palette</code>, huepress tries "
            "many and draws the curve of bytes against score here.</p>"
        )
    rows = "".join(
        f"<tr{' class=chosen' if trial is found.chosen else ''}>"
        f"<td>{escape(found.name(trial))}</td>"
        f"<td>{'' if trial.encoded else '≈ '}{trial.n_bytes:,}</td><td>{trial.score:.2f}</td></tr>"
        for trial in found.trials
    )
    missed = ""
    if found.shortfall:
        more = " For a photograph, <code>--format smallest</code> may."
        missed = f"<p>{found.shortfall}.{'' if result.options.format == 'smallest' else more}</p>"
    missed += "".join(f"<p>Left out: {escape(reason)}.</p>" for reason in found.left_out)
    return (
        f"{missed}<p>Each ring or dot is a setting that was tried; up and to the left is better. "
        f"The large dot was chosen: {escape(str(found.chosen.setting))}.</p>"
        f'<div class="plot">{charts.curve(found)}</div>'
        f"<details><summary>All {len(found.trials)} trials as a table</summary>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Trials"><table><thead><tr>'
        "<th>setting</th><th>bytes</th><th>score</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _steps(result: Result) -> str:
    items = account.steps(result)
    inside = account.contents(result.encoded)
    shown = [charts.bars(items, max(item.n_bytes for item in items))]
    sentence = account.verdict(result)
    if sentence:
        shown.append(f"<p>{escape(sentence)}</p>")
    if inside:
        shown.append("<h3>Inside the compressed file</h3>")
        shown.append(charts.bars(inside, sum(item.n_bytes for item in inside)))
    return "".join(shown)


def _same_bytes(result: Result) -> str:
    if result.is_indexed and result.encoded.format != "webp":
        return "The same command and version give the same bytes on every machine."
    return (
        "The same command and version give the same bytes on every machine, as long as Pillow's "
        "libraries for the format are the same."
    )


def _moved(result: Result) -> str:
    if not result.is_indexed and result.distortion.mse > 0:
        return "<p>The file has no codes: any pixel may have moved a little.</p>"
    if not result.is_indexed:
        return "<p>None: every pixel is there exactly.</p>"
    moved = moved_colors(result.image, result.indexed.codebook, threads=result.options.threads)
    moved = [color for color in moved if color.difference > 0]
    if not moved:
        return "<p>None: every colour is there exactly.</p>"
    rows = "".join(
        f'<tr><td><i style="--code:{color.color}"></i><code>{color.color}</code></td>'
        f'<td><i style="--code:{color.code}"></i><code>{color.code}</code></td>'
        f"<td>{color.difference:.3f}</td><td>{color.n_pixels:,}</td></tr>"
        for color in moved
    )
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Colours that moved most">'
        '<table class="moved"><thead><tr><th>colour</th><th>nearest code</th><th>ΔE</th>'
        f"<th>pixels</th></tr></thead><tbody>{rows}</tbody></table></div>"
        "<p>Dithering may mix a colour from several codes.</p>"
    )


def _recipe(result: Result, title: str, command: str | None) -> str:
    shown = parts.command_line(command)
    (suffix, data), *others = result.encoded.files
    if not others:
        name = f"{title.rpartition('.')[0] or title}-small{suffix}"
        address = data_uri(data, MEDIA_TYPES.get(result.encoded.format, "application/octet-stream"))
        # Where the page holds the file already, the script gives the link those bytes.
        where = 'href="#look" data-save' if is_shown_whole(result) else f'href="{address}"'
        shown += (
            f'<p><a download="{escape(name)}" {where}>Save the compressed file</a>, '
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
                ("deflate", version("deflate")),
            )
        ),
        "seed": str(result.options.seed),
        "space": result.options.space,
        "effort": result.options.effort,
        "k-means": _fitted(result),
    }
    if result.image.source.warnings:
        facts["warnings"] = "; ".join(result.image.source.warnings)
    for suffix, data in result.encoded.files:
        name = "SHA-256" if len(result.encoded.files) == 1 else f"SHA-256 of {suffix}"
        facts[name] = sha256(data).hexdigest()
    return shown + parts.facts(facts)


def _fitted(result: Result) -> str:
    if not result.is_indexed:
        return "not used: the file has no codebook"
    if result.fit is None:
        return "not run: the palette was given"
    if result.fit.lossless:
        return "not needed: no more colours than codes"
    stop = "converged" if result.fit.converged else "stopped at the limit"
    return f"{result.fit.iterations} iterations, {stop}"
