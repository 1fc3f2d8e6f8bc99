"""The names that options choose from, without what they mean: `--help` loads nothing heavier."""

from __future__ import annotations

from typing import Literal, get_args

Space = Literal["oklab", "srgb", "linear"]
"""Where colours are clustered and compared."""

SPACES: tuple[Space, ...] = get_args(Space)
"""``oklab`` (best perceived quality), ``srgb`` (least plain MSE), ``linear``."""

Dither = Literal["none", "diffusion", "ordered"]
"""How labels are chosen."""

Effort = Literal["fast", "default", "best"]
"""Time spent on the codebook and on the file."""

Seeding = Literal["principal-axis", "k-means++", "random"]
"""Where k-means starts."""

FormatName = Literal["png", "webp", "gif", "auto", "smallest", "png24", "npz", "npy"]
"""What can be written: the names in `huepress.formats.FORMATS`."""

PaletteFormat = Literal["gpl", "hex", "txt", "pal", "act", "aco", "ase", "json", "png"]
"""Palette files that can be written."""

KEEPABLE = ("exif", "icc", "dpi", "hidden-rgb")
"""What a file can keep besides the picture that is seen."""
