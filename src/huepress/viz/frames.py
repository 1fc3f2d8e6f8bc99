"""One frame of the animation: colours and centroids, the picture, the inertia so far."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from huepress.colorspace import embed
from huepress.common.arrays import luma
from huepress.common.thumbnails import on_chequerboard
from huepress.kmeans import FitResult
from huepress.values.clouds import cloud
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage
from huepress.viz.style import ACCENTS, HAIRLINE, INK, MUTED, PANE, Sheet, styled
from huepress.viz.trajectories import plane_of, scatter
from huepress.viz.values import Pixels

MARGIN, HEADER, STRIP, FOOTER, GAP = 14, 44, 14, 46, 18
POINTS = 1500
DPI = 100


class Stage:
    """What stays the same from frame to frame, drawn once; `picture` is as large as shown."""

    @styled
    def __init__(self, image: Image, fitted: FitResult, width: int) -> None:
        inner = width - 2 * MARGIN - GAP
        self.picture = _fitted(image.pixels, inner * 54 // 100, width * 62 // 100)
        shown_height, shown_width = self.picture.shape[:2]
        body = max(shown_height, width * 30 // 100)
        # Video wants even numbers.
        height = (HEADER + body + FOOTER + MARGIN + 1) // 2 * 2
        self._size = height, width // 2 * 2
        self._corner = HEADER + (body - shown_height) // 2, self._size[1] - MARGIN - shown_width
        self._fitted = fitted
        points = cloud(Histogram.of(image), POINTS)
        trace = fitted.trace.centroids
        self._plane = plane_of(points, trace, fitted.space)
        self._paths = self._plane(trace)

        figure = Sheet(figsize=(self._size[1] / DPI, height / DPI), dpi=DPI)
        self._canvas: Any = FigureCanvasAgg(figure)
        left = inner - shown_width
        flat: Any = figure.add_axes(self._box(MARGIN, HEADER, left, body))
        scatter(flat, self._plane(embed(points.colors, fitted.space)), points)
        flat.set(xticks=[], yticks=[], facecolor=PANE)
        flat.margins(0.07)
        for spine in flat.spines.values():
            spine.set_visible(False)
        flat.set_aspect("equal", adjustable="datalim")
        flat.autoscale_view()
        flat.apply_aspect()
        flat.autoscale(False)
        k = trace.shape[1]
        casing = [withStroke(linewidth=2.4, foreground="white")]
        self._trails = [
            flat.plot([], [], color=INK, linewidth=0.9, path_effects=casing, zorder=3)[0]
            for _ in range(k)
        ]
        self._stars = flat.scatter(
            *self._paths[0].T,
            s=max(24, 130 / max(1, k / 24)),
            marker="*",
            edgecolors=INK,
            linewidths=0.8,
            zorder=5,
            path_effects=[withStroke(linewidth=2.2, foreground="white")],
        )
        figure.text(
            MARGIN / width,
            1 - MARGIN / height,
            f"k-means, {k} centroids",
            va="top",
            fontsize=10,
            fontweight="bold",
        )
        self._turn = figure.text(
            1 - MARGIN / width, 1 - MARGIN / height, "", va="top", ha="right", color=MUTED
        )
        self._chart(figure, left, height)

    def _chart(self, figure: Sheet, width: int, height: int) -> None:
        inertia = self._fitted.trace.inertia.astype(np.float64)
        axes: Any = figure.add_axes(self._box(MARGIN + 52, height - FOOTER, width - 60, 34))
        axes.axis("off")
        axes.plot(inertia, color=HAIRLINE, linewidth=1.4)
        (self._past,) = axes.plot([], [], color=ACCENTS[0], linewidth=1.6)
        (self._dot,) = axes.plot([], [], color=ACCENTS[0], marker="o", markersize=4.5)
        axes.margins(x=0.02, y=0.16)
        axes.autoscale_view()
        axes.autoscale(False)
        figure.text(
            MARGIN / self._size[1],
            (FOOTER - 17) / height,
            "inertia",
            color=MUTED,
            fontsize=8,
            va="center",
        )

    @styled
    def draw(self, row: int, codes: Pixels, painted: IndexedImage) -> Pixels:
        """Draw the (h, w, 3) frame of one row of the trace, with the centroids' colours."""
        inertia = self._fitted.trace.inertia.astype(np.float64)
        for trail, path in zip(self._trails, self._paths.swapaxes(0, 1), strict=True):
            trail.set_data(*path[: row + 1].T)
        # Full transparency has no colour, and no star.
        hidden = codes[:, 3:].any(axis=1) < (codes.shape[1] == 4)
        self._stars.set_offsets(np.where(hidden[:, None], np.nan, self._paths[row]))
        self._stars.set_facecolor(codes[:, :3] / 255)
        self._past.set_data(np.arange(row + 1), inertia[: row + 1])
        self._dot.set_data([row], [inertia[row]])
        last = len(inertia) - 1
        self._turn.set_text("start" if row == 0 else f"iteration {row} of {last}")
        self._canvas.draw()
        frame = np.array(np.asarray(self._canvas.buffer_rgba())[..., :3])
        top, left = self._corner
        shown = on_chequerboard(painted.decode())
        frame[top : top + len(shown), left : left + shown.shape[1]] = shown
        strip = self._size[0] - FOOTER + 12
        frame[strip : strip + STRIP, left : left + shown.shape[1]] = _strip(painted, shown.shape[1])
        return frame

    def _box(self, left: float, top: float, width: float, height: float) -> Any:
        page_height, page_width = self._size
        return (
            left / page_width,
            1 - (top + height) / page_height,
            width / page_width,
            height / page_height,
        )


def _fitted(pixels: Pixels, width: int, height: int) -> Pixels:
    """Scale a picture into a box; small ones by a whole factor, so that they stay crisp."""
    from PIL import Image as Pillow

    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    if scale >= 1:
        factor = int(scale)
        return pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    size = (max(1, int(pixels.shape[1] * scale)), max(1, int(pixels.shape[0] * scale)))
    picture = Pillow.fromarray(pixels)
    if picture.mode == "RGBA":
        # Premultiplied, because colours of clear pixels would bleed into their neighbours.
        small = picture.convert("RGBa").resize(size, Pillow.Resampling.BOX).convert("RGBA")
    else:
        small = picture.resize(size, Pillow.Resampling.BOX)
    return np.asarray(small)


def _strip(painted: IndexedImage, width: int) -> NDArray[np.uint8]:
    """Show the codes dark to light, each as wide as its share."""
    colors = painted.codebook.rgba
    order = np.lexsort((luma(colors), colors[:, 3] > 0))
    ends = np.cumsum(painted.counts()[order].astype(np.float64))
    middles = (np.arange(width) + 0.5) * ends[-1] / width
    codes = order[np.searchsorted(ends, middles, side="right").clip(max=len(order) - 1)]
    return on_chequerboard(np.broadcast_to(colors[codes], (STRIP, width, 4)))
