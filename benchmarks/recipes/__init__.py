"""Recipes of clips, one module for each kind."""

from __future__ import annotations

from benchmarks.recipes import film, interface, photos, plots, screen, sprites, stickers, terminal
from benchmarks.recipes.recipe import Recipe

KINDS = (terminal, screen, sprites, interface, plots, photos, film, stickers)
RECIPES: tuple[Recipe, ...] = tuple(
    sorted((recipe for kind in KINDS for recipe in kind.RECIPES), key=lambda recipe: recipe.name)
)
