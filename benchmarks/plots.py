"""Plots: quality against time, and bytes against quality. matplotlib is needed only here."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import rd
from benchmarks.measure import Record
from benchmarks.tables import References, Row, by, rows, size_class

OURS, OURS_DARK = "#0b7285", "#064b58"
PEER_COLORS = {
    "Pillow": "#c2255c",
    "libimagequant": "#e8590c",
    "pngquant": "#e8590c",
    "ImageMagick": "#846358",
    "scikit-learn": "#9c36b5",
    "OpenCV": "#2f9e44",
    "faiss": "#5c7cfa",
    "quantette": "#b8860b",
}
LADDER_COLORS = (OURS, "#f08c00", "#9c36b5", "#2f9e44")
INK, FAINT = "#343a40", "#adb5bd"
LEAST_EXCESS = 0.02
LEAST_SCORE = 25.0
STYLE = {
    "font.size": 9,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e9ecef",
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.dpi": 150,
    "savefig.facecolor": "white",
}


def quality_against_time(
    records: Sequence[Record], references: References, folder: Path
) -> list[str]:
    """Draw, for each k, excess error and SSIMULACRA2 over time; return the files' names."""
    from matplotlib import pyplot as plt

    opaque = [record for record in records if not record.alpha]
    sizes = by(opaque, lambda record: size_class(record.pixels))
    if not sizes:
        return []
    size, part = max(sizes.items(), key=lambda item: len(item[1]))
    names = []
    with plt.rc_context(STYLE):
        for k, found in by(rows(part, references), lambda row: row.k).items():
            figure, axes = plt.subplots(1, 2, figsize=(13, 5.6), layout="constrained")
            _scatter(axes[0], [row for row in found if row.ratio is not None], _excess)
            axes[0].set_yscale("log")
            axes[0].set_title("sRGB error above the best known palette (lower left is better)")
            axes[0].yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
            _scatter(axes[1], found, lambda row: row.ssimulacra2)
            axes[1].set_title("SSIMULACRA2 (upper left is better)")
            for axis in axes:
                axis.set_xscale("log")
                axis.set_xlabel("milliseconds a megapixel, one picture at a time (log)")
                axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            n_pictures = len({record.picture for record in part})
            figure.suptitle(
                f"k = {k}: quality against time   pictures {size}: {n_pictures}, no dithering; "
                "hollow: clustered in Oklab; †: the whole command, files included",
                color=INK,
                x=0.01,
                ha="left",
                fontsize=10,
            )
            _label(axes[0], [row for row in found if row.ratio is not None], _excess)
            _label(axes[1], found, lambda row: row.ssimulacra2)
            names.append(f"quality-k{k}.png")
            figure.savefig(folder / names[-1])
            plt.close(figure)
    return names


def _excess(row: Row) -> float:
    assert row.ratio is not None
    return max(100 * (row.ratio - 1), LEAST_EXCESS)


def _time(row: Row) -> float:
    return 1e3 / statistics.median(row.speed.values())


def _scatter(axis: Any, found: Sequence[Row], height: Any) -> None:
    for row in found:
        ours = row.peer == "huepress"
        color = OURS if ours else PEER_COLORS.get(row.peer, INK)
        axis.scatter(
            _time(row),
            height(row),
            s=70 if ours else 40,
            marker="o" if ours else "s",
            facecolor="white" if "oklab" in row.name else color,
            edgecolor=color,
            linewidth=1.6,
            zorder=4 if ours else 3,
        )
    for space in ("srgb", "oklab"):
        efforts = [row for row in found if row.peer == "huepress" and row.name.endswith(space)]
        efforts.sort(key=_time)
        times, heights = [_time(row) for row in efforts], [height(row) for row in efforts]
        axis.plot(times, heights, color=OURS, linewidth=1.2, alpha=0.5, zorder=2)
    axis.margins(x=0.12, y=0.08)


def _label(axis: Any, found: Sequence[Row], height: Any) -> None:
    """Write each point's name beside it, where it covers no point and no other name."""
    axis.figure.canvas.draw()
    renderer = axis.figure.canvas.get_renderer()
    taken = []
    places = [axis.transData.transform((_time(row), height(row))) for row in found]
    for x, y in places:
        taken.append((x - 8, y - 8, x + 8, y + 8))
    frame = axis.get_window_extent(renderer)
    order = sorted(range(len(found)), key=lambda i: found[i].peer != "huepress")
    for index in order:
        row, (x, y) = found[index], places[index]
        ours = row.peer == "huepress"
        text = axis.annotate(
            row.name.replace("scikit-learn ", "sklearn ").replace(" (whole command)", " †"),
            (_time(row), height(row)),
            textcoords="offset pixels",
            xytext=(0, 0),
            fontsize=7.5,
            color=OURS_DARK if ours else PEER_COLORS.get(row.peer, INK),
            fontweight="bold" if ours else "normal",
            zorder=5,
        )
        box = text.get_window_extent(renderer)
        wide, tall = box.width, box.height
        spots = [
            (side, step)
            for step in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6)
            for side in ("right", "left")
        ]
        best, least = (14.0, -tall / 2), float("inf")
        for side, step in spots:
            dx = 14.0 if side == "right" else -14.0 - wide
            dy = -tall / 2 + step * tall * 0.8
            place = (x + dx, y + dy, x + dx + wide, y + dy + tall)
            outside = place[0] < frame.x0 or place[2] > frame.x1 + 40 or place[1] < frame.y0
            cost = sum(_overlap(place, other) for other in taken) + 4e3 * outside + 60 * abs(step)
            if cost < least:
                best, least = (dx, dy), cost
        text.set_position(best)
        dx, dy = best
        taken.append((x + dx, y + dy, x + dx + wide, y + dy + tall))
        if abs(dy + tall / 2) > tall:
            near = (0 if dx > 0 else wide) + dx
            end = axis.transData.inverted().transform((x + near, y + dy + tall / 2))
            axis.plot(
                [_time(row), end[0]], [height(row), end[1]], color=FAINT, linewidth=0.7, zorder=2
            )


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0])
    tall = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, tall)


def rate_distortion(points: Sequence[rd.Point], folder: Path) -> list[str]:
    """Draw every class's pictures, and all their BD-rates; return the files' names."""
    from matplotlib import pyplot as plt

    comparisons = {(c.ladder, c.picture): c for c in rd.compare(points)}
    ladders = list(dict.fromkeys(ladder for ladder, _ in comparisons))
    colors = dict(zip(ladders, LADDER_COLORS * len(ladders), strict=False))
    names = []
    with plt.rc_context(STYLE):
        if comparisons:
            names.append("rd-summary.png")
            summary = _summary(plt, list(comparisons.values()), colors)
            summary.savefig(folder / names[-1])
            plt.close(summary)
        for group, part in by(points, lambda point: point.group).items():
            pictures = by(part, lambda point: point.picture)
            columns = min(3, len(pictures))
            tall = -(-len(pictures) // columns)
            figure, axes = plt.subplots(
                tall,
                columns,
                figsize=(4.4 * columns, 3.3 * tall + 0.8),
                squeeze=False,
                layout="constrained",
            )
            for axis in axes.flat[len(pictures) :]:
                axis.remove()
            for axis, (picture, found) in zip(axes.flat, pictures.items(), strict=False):
                _rate_distortion_panel(axis, found, colors)
                rates = [
                    f"{100 * c.rate:+.0f} %".replace("-", "−")
                    for ladder in ladders
                    if (c := comparisons[ladder, str(picture)]).rate is not None
                ]
                axis.set_title(f"{picture}   {' / '.join(rates)}")
            for axis in axes[:, 0]:
                axis.set_ylabel("SSIMULACRA2")
            handles, labels = axes[0, 0].get_legend_handles_labels()
            figure.legend(
                handles,
                labels,
                loc="outside lower left",
                ncols=min(len(labels), 2 * columns),
                frameon=False,
            )
            figure.suptitle(f"{group}: bytes against quality", color=INK, x=0.01, ha="left")
            names.append(f"rd-{group}.png")
            figure.savefig(folder / names[-1])
            plt.close(figure)
    return names


def _rate_distortion_panel(axis: Any, points: Sequence[rd.Point], colors: dict[str, str]) -> None:
    reference = [p for p in points if p.ladder.startswith(rd.REFERENCE) and p.bytes]
    area = points[0].pixels
    for plain in (False, True):
        some = [p for p in reference if p.ladder.endswith("--nofs") is plain]
        axis.scatter(
            [8 * (p.bytes or 0) / area for p in some],
            [p.ssimulacra2 for p in some],
            s=14,
            marker="s" if plain else "^",
            facecolor="white" if plain else FAINT,
            edgecolor="#868e96",
            linewidth=0.8,
            label=f"{rd.REFERENCE}, {'--nofs' if plain else 'dithered'}",
        )
    if reference:
        front = rd.frontier(rd.curve(reference))
        axis.plot(
            [8 * size / area for _, size in front],
            [score for score, _ in front],
            color="#868e96",
            linewidth=1.2,
            label="its Pareto frontier",
        )
    for ladder, color in colors.items():
        ours = rd.frontier(rd.curve([p for p in points if p.ladder == ladder]))
        axis.plot(
            [8 * size / area for _, size in ours],
            [score for score, _ in ours],
            color=color,
            marker="o",
            markersize=4,
            linewidth=1.8,
            label=ladder,
        )
    seen = [(s, 8 * size / area) for s, size in rd.curve(points) if s >= LEAST_SCORE]
    if seen:
        axis.set_ylim(min(seen)[0] - 3, max(seen)[0] + 3)
        axis.set_xlim(0.9 * min(rate for _, rate in seen), 1.1 * max(rate for _, rate in seen))
    axis.set_xscale("log")
    axis.set_xlabel("bits a pixel (log)")
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.xaxis.set_minor_formatter(lambda value, _: _minor(value))
    axis.tick_params(axis="x", which="minor", labelsize=7)
    axis.axhline(rd.FLOOR, color=FAINT, linewidth=0.8, linestyle=":")


def _minor(value: float) -> str:
    return f"{value:g}" if f"{value:e}"[0] in "235" else ""


def _summary(plt: Any, comparisons: Sequence[rd.Comparison], colors: dict[str, str]) -> Any:
    groups = list(dict.fromkeys(c.group for c in comparisons))
    figure, axis = plt.subplots(
        figsize=(9, 1.1 + 0.55 * len(groups) * len(colors)), layout="constrained"
    )
    for row, group in enumerate(groups):
        for offset, (ladder, color) in enumerate(colors.items()):
            rates = [
                100 * c.rate
                for c in comparisons
                if (c.group, c.ladder) == (group, ladder) and c.rate is not None
            ]
            y = -row + 0.3 * ((len(colors) - 1) / 2 - offset)
            axis.scatter(rates, [y] * len(rates), s=26, color=color, alpha=0.55, linewidth=0)
            if rates:
                mean = statistics.fmean(rates)
                axis.plot([mean, mean], [y - 0.13, y + 0.13], color=color, linewidth=3)
                axis.annotate(
                    f"{mean:+.1f} %".replace("-", "−"),
                    (mean, y + 0.15),
                    ha="center",
                    va="bottom",
                    fontsize=8,
                    fontweight="bold",
                    color=color,
                )
    for ladder, color in colors.items():
        axis.scatter([], [], color=color, label=ladder)
    axis.axvline(0, color="#868e96", linewidth=1.2)
    axis.set_yticks([-row for row in range(len(groups))], groups)
    axis.set_ylim(-len(groups) + 0.4, 0.6)
    axis.set_xlabel(f"bytes at equal SSIMULACRA2 against {rd.REFERENCE}, per cent; bar = mean")
    axis.set_title("Left is smaller")
    axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
