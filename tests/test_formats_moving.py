"""Moving pictures as files: other readers see at every frame what the patches show."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cases import cases
from huepress.read.gif import composed
from patches import films, shown, written


def seen(data):
    """Each frame as Pillow reads it, and its milliseconds."""
    with Image.open(io.BytesIO(data)) as image:
        n = getattr(image, "n_frames", 1)
        for number in range(n):
            image.seek(number)
            pixels = np.asarray(image.convert("RGBA")).copy()
            pixels[pixels[..., 3] == 0] = 0
            yield pixels, image.info["duration"]


@cases(300)
@given(film=films("gif"))
def test_a_gif_shows_what_its_patches_show(film):
    stage, patches = film
    data = written("gif", stage, patches)
    for number, screen in enumerate(shown(stage, patches)):
        assert np.array_equal(composed(data, (stage.width, stage.height), number), screen)


@pytest.mark.parametrize("name", ["apng", "webp"])
@cases(300)
@given(draw=st.data())
def test_pillow_sees_what_the_patches_show(name, draw):
    stage, patches = draw.draw(films(name))
    frames = list(seen(written(name, stage, patches)))
    assert len(frames) == len(patches)
    for patch, (pixels, duration), screen in zip(
        patches, frames, shown(stage, patches), strict=True
    ):
        assert np.array_equal(pixels, screen)
        assert duration == patch.duration
