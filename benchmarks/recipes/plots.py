"""Plots that move, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.recipes.recipe import Material, Recipe
from huepress.values.animation import Frame


def figure(width: int, height: int, **options: Any) -> tuple[Any, Any]:
    """Make a figure of so many pixels that no window shows."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure((width / 80, height / 80), dpi=80)
    FigureCanvasAgg(made)
    made.subplots_adjust(bottom=0.15)
    return made, made.add_subplot(**options)


def drawn(made: Any, duration: int) -> Frame:
    made.canvas.draw()
    return Frame(np.asarray(made.canvas.buffer_rgba())[..., :3].copy(), duration)


def line(_: Material) -> Iterator[Frame]:
    """Two curves that grow behind a grid that stays."""
    made, axes = figure(480, 320)
    x = np.linspace(0, 10, 241)
    axes.set(xlim=(0, 10), ylim=(-1.2, 1.2), xlabel="time (s)", ylabel="level", title="Decay")
    axes.grid(alpha=0.4)
    curves = [axes.plot([], [], label=name, lw=2)[0] for name in ("signal", "envelope")]
    axes.legend(loc="upper right")
    for step in range(60):
        n = 4 * step + 5
        curves[0].set_data(x[:n], np.exp(-x[:n] / 5) * np.cos(4 * x[:n]))
        curves[1].set_data(x[:n], np.exp(-x[:n] / 5))
        yield drawn(made, 50)


def scatter(_: Material) -> Iterator[Frame]:
    """Translucent discs of many colours that drift."""
    rng = np.random.default_rng(8)
    made, axes = figure(400, 400)
    places, speeds = rng.uniform(0, 1, (90, 2)), rng.normal(0, 0.008, (90, 2))
    axes.set(xlim=(0, 1), ylim=(0, 1), title="Particles")
    discs = axes.scatter(*places.T, s=rng.uniform(20, 400, 90), c=rng.random(90), alpha=0.6)
    for _ in range(40):
        places = (places + speeds) % 1
        discs.set_offsets(places)
        yield drawn(made, 60)


def surface(_: Material) -> Iterator[Frame]:
    """A surface in three dimensions that turns once."""
    made, axes = figure(400, 300, projection="3d")
    x, y = np.meshgrid(*[np.linspace(-3, 3, 40)] * 2)
    axes.plot_surface(x, y, np.sin(np.hypot(x, y) * 2) / (1 + np.hypot(x, y)), cmap="viridis")
    for step in range(36):
        axes.view_init(30, step * 10)
        yield drawn(made, 70)


def heat(_: Material) -> Iterator[Frame]:
    """A map of colours over which two waves meet, beside a scale that stays."""
    made, axes = figure(420, 320)
    x, y = np.meshgrid(np.linspace(-2, 2, 200), np.linspace(-2, 2, 200))
    left, right = 6 * np.hypot(x - 1, y), 6 * np.hypot(x + 1, y)

    def waves(phase: float) -> Any:
        return np.sin(left - phase) + np.sin(right - phase)

    shown = axes.imshow(waves(0), cmap="magma", vmin=-2, vmax=2, extent=(-2, 2, -2, 2))
    made.colorbar(shown)
    for step in range(32):
        shown.set_data(waves(step * np.pi / 8))
        yield drawn(made, 80)


def bars(_: Material) -> Iterator[Frame]:
    """Bars that race, with names and figures, and stay at the end."""
    rng = np.random.default_rng(9)
    made, axes = figure(520, 300)
    names, values = ["Ash", "Beech", "Elm", "Fir", "Oak", "Pine"], rng.uniform(5, 20, 6)
    gains = rng.uniform(0.2, 1.6, 6)
    for step in range(50):
        axes.clear()
        axes.barh(names, values, color=[f"C{number}" for number in range(6)])
        axes.set(xlim=(0, 90), title=f"Trees planted, {1980 + min(step, 40)}")
        if step < 40:
            values = values + gains * rng.uniform(0.4, 1.6, 6)
        yield drawn(made, 80)


RECIPES = tuple(
    Recipe(f"plot-{draw.__name__}", draw) for draw in (bars, heat, line, scatter, surface)
)
