"""Laws of pictures in pieces: with one codebook, tiles have the labels of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as PillowImage

from cases import cases
from huepress import (
    Codebook,
    OptionError,
    Palette,
    compress,
    error_diffusion,
    nearest,
    ordered,
)
from huepress.formats import png
from program import huepress

SPACES = st.sampled_from(["oklab", "srgb", "linear"])


def picture(seed: int, height: int, width: int, *, alpha: bool) -> NDArray[np.uint8]:
    """Smooth shades with noise, opaque on the left and soft or clear on the right."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    pixels = np.empty((height, width, 4), np.uint8)
    for channel in range(3):
        shade = 128 + 100 * np.sin(x / (9 + seed % 7) + channel) * np.cos(y / (11 + channel))
        pixels[..., channel] = np.clip(shade + rng.normal(0, 6, shade.shape), 0, 255)
    pixels[..., 3] = np.clip(900 - 1200 * x / width, 0, 255) if alpha else 255
    return pixels if alpha else np.ascontiguousarray(pixels[..., :3])


def codebook_of(pixels: NDArray[np.uint8], seed: int) -> Codebook:
    """Some of the colours; where there is alpha, full transparency is one."""
    flat = np.where(pixels[..., -1:] == 0, 0, pixels) if pixels.shape[2] == 4 else pixels
    colors = np.unique(flat.reshape(-1, pixels.shape[2]), axis=0)
    chosen = np.random.default_rng(seed).permutation(len(colors))[:12]
    if pixels.shape[2] == 4:
        chosen = np.union1d(chosen, [0, len(colors) - 1])
    return Codebook(colors[chosen])


def pieces(draw: st.DataObject, shape: tuple[int, ...]) -> Iterator[tuple[int, int, tuple]]:
    """Cut a picture into rows and columns of any width."""
    sides = []
    for length in shape[:2]:
        cuts = draw.draw(st.sets(st.integers(1, length - 1), max_size=3))
        edges = [0, *sorted(cuts), length]
        sides.append(list(pairwise(edges)))
    for top, bottom in sides[0]:
        for left, right in sides[1]:
            yield left, top, np.s_[top:bottom, left:right]


def without_useless_alpha(tile: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Read as a file is: a tile that is opaque throughout has no alpha."""
    opaque = tile.shape[2] == 4 and (tile[..., 3] == 255).all()
    return np.ascontiguousarray(tile[..., :3] if opaque else tile)


@cases(60)
@given(data=st.data(), seed=st.integers(0, 50), alpha=st.booleans(), space=SPACES)
def test_tiles_that_know_their_place_join_to_the_labels_of_the_whole(data, seed, alpha, space):
    pixels = picture(seed, 70, 90, alpha=alpha)
    codebook = codebook_of(pixels, seed)
    whole = ordered(pixels, codebook, space=space).labels
    near = nearest(pixels, codebook, space=space).labels
    for left, top, area in pieces(data, pixels.shape):
        tile = without_useless_alpha(pixels[area])
        found = ordered(tile, codebook, space=space, left=left, top=top)
        assert np.array_equal(found.labels, whole[area])
        assert np.array_equal(nearest(tile, codebook, space=space).labels, near[area])


def test_tiles_with_sides_of_64s_need_not_know_their_place():
    pixels = picture(3, 128, 256, alpha=False)
    codebook = codebook_of(pixels, 3)
    whole = ordered(pixels, codebook).labels
    for top in (0, 64):
        for left in (0, 128):
            area = np.s_[top : top + 64, left : left + 128]
            assert np.array_equal(ordered(pixels[area], codebook).labels, whole[area])
    # The pattern repeats after no less.
    assert not np.array_equal(ordered(pixels[:, 32:], codebook).labels, whole[:, 32:])
    shifted = ordered(pixels[:, 32:], codebook, left=32 + 64 * 10**6, top=64)
    assert np.array_equal(shifted.labels, whole[:, 32:])


def test_error_diffusion_joins_no_tiles():
    pixels = picture(3, 128, 128, alpha=False)
    codebook = codebook_of(pixels, 3)
    whole = error_diffusion(pixels, codebook).labels
    assert not np.array_equal(error_diffusion(pixels[:, 64:], codebook).labels, whole[:, 64:])


@pytest.mark.parametrize(
    ("dither", "alpha"),
    [
        ("ordered", True),
        pytest.param("ordered", False, marks=pytest.mark.slow),
        pytest.param("none", True, marks=pytest.mark.slow),
        pytest.param("none", False, marks=pytest.mark.slow),
    ],
)
def test_files_of_tiles_have_one_palette_and_the_labels_of_the_whole(dither, alpha):
    pixels = picture(8, 96, 128, alpha=alpha)
    palette = Palette.of(codebook_of(pixels, 8))
    whole = png.decode_slots(bytes(compress(pixels, palette=palette, dither=dither)))
    assert whole.palette == palette
    for top in (0, 48):
        for left in (0, 32, 64, 96):
            area = np.s_[top : top + 48, left : left + 32]
            place = {"tile_left": left, "tile_top": top} if dither == "ordered" else {}
            result = compress(pixels[area], palette=palette, dither=dither, **place)
            tile = png.decode_slots(bytes(result))
            assert tile.palette == palette
            assert np.array_equal(tile.places, whole.places[area])


def test_frames_that_hardly_differ_have_labels_that_hardly_differ():
    first = picture(4, 60, 80, alpha=False)
    second = first.copy()
    second[20:30, 30:40] = 9
    codebook = codebook_of(first, 4)
    moved = (first != second).any(axis=2)
    for mapping in (nearest, ordered):
        same = mapping(first, codebook).labels == mapping(second, codebook).labels
        assert same[~moved].all()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tile_left": 3}, "nearest labels join without it"),
        ({"tile_top": 3, "dither": "diffusion"}, "dither is diffusion; use ordered"),
        ({"tile_left": -1, "dither": "ordered"}, "tile_left=-1 is out of range"),
        ({"tile_left": 9, "dither": "ordered", "quality": 70}, "a search learns one for each"),
    ],
)
def test_a_place_that_changes_nothing_is_refused(options, says):
    with pytest.raises(OptionError, match=says):
        compress(np.zeros((4, 4, 3), np.uint8), **options)


def test_the_program_takes_the_place_of_a_tile_behind_the_dither(tmp_path):
    pixels = picture(5, 40, 100, alpha=False)
    codes = codebook_of(pixels, 5)
    (tmp_path / "inks.hex").write_text("\n".join(codes.hex()))
    for name, part in (("whole", pixels), ("tile", pixels[8:, 30:])):
        PillowImage.fromarray(part).save(tmp_path / f"{name}.png")
    labels = {}
    for name, dither in (("whole", "ordered"), ("tile", "ordered:30,8")):
        run = huepress(
            *("compress", f"{name}.png", "--palette", "inks.hex", "--dither", dither),
            *("-o", f"{name}-out.png"),
            cwd=tmp_path,
        )
        assert run.returncode == 0, run.stderr
        labels[name] = png.decode_slots((tmp_path / f"{name}-out.png").read_bytes()).places
    assert np.array_equal(labels["tile"], labels["whole"][8:, 30:])
