"""Patches for the tests of moving pictures, and what they show."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import strategies as st

from huepress.formats.moving import MOVING, Stage
from huepress.values.codebook import Codebook
from huepress.values.patch import Patch

DURATIONS = (0, 1, 7, 10, 20, 33, 40, 125, 1000, 65_535)


def random_codebook(
    rng: np.random.Generator, k: int, *, soft: bool = False, clear: bool = False
) -> Codebook:
    """A codebook of k random codes, some translucent, one clear."""
    colors = rng.choice(2**24, k, replace=False).astype("<u4").view(np.uint8).reshape(-1, 4).copy()
    colors[:, 3] = rng.choice([255, 255, 1, 100, 254], k) if soft else 255
    if clear:
        colors[rng.integers(k)] = 0
    return Codebook(colors)


@st.composite
def films(draw, name):
    """A stage and the patches on it that a format can hold."""
    form = MOVING[name]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    width, height = draw(st.integers(1, 9)), draw(st.integers(1, 7))
    soft = form.alpha == "full" and draw(st.booleans())
    leaves = draw(st.booleans())
    one = draw(st.booleans())
    most = 255 if leaves else 256

    def codes():
        k = draw(st.sampled_from([1, 2, 3, 4, 5, 15, 16, 17, most] + [300] * (name != "gif")))
        k = min(k, most) if one else k
        return random_codebook(rng, k, soft=soft, clear=leaves and draw(st.booleans()))

    shared = codes() if one else None
    loops = draw(st.sampled_from([0, 1, 2, 7, 65_535]))
    stage = Stage(width, height, loops, shared, leaves, alpha=soft)
    patches = []
    canvas = np.zeros((height, width, 4), np.uint8)
    for number in range(draw(st.integers(1, 6))):
        own = shared
        if shared is None or (name != "apng" and draw(st.integers(0, 3)) == 0):
            own = codes()
        patch = _patch(draw, rng, form, stage, own, canvas, is_first=number == 0)
        patches.append(patch)
        canvas = patch.after(patch.painted(canvas))
    return stage, patches


def _patch(draw, rng, form, stage, codes, canvas, *, is_first):
    left, top = draw(st.integers(0, stage.width - 1)), draw(st.integers(0, stage.height - 1))
    if form.even_places:
        left, top = left & ~1, top & ~1
    if is_first:
        left = top = 0
        width, height = stage.width, stage.height
    else:
        width = draw(st.integers(1, stage.width - left))
        height = draw(st.integers(1, stage.height - top))
    k, alpha = len(codes), codes.rgba[:, 3]
    replaces = form.may_replace and draw(st.booleans())
    labels = rng.integers(0, k + (stage.leaves and not replaces), (height, width))
    if draw(st.booleans()):
        labels = labels // 2
    if not replaces:
        # Translucent codes lie where the canvas is clear, beside none that leaves a pixel.
        where = canvas[top : top + height, left : left + width, 3] == 0
        left_alone = np.append(alpha, 0)[labels] == 0
        soft = (np.append(alpha, 255)[labels] < 255) & ~left_alone
        opaque = np.flatnonzero(alpha == 255)
        if soft.any() and (not where[soft].all() or (left_alone.any() and not is_first)):
            if len(opaque):
                labels[soft] = opaque[0]
            else:
                labels[:] = k if stage.leaves else 0
                replaces = form.may_replace and not stage.leaves
    labels = labels.astype(np.uint8 if k < 256 else np.uint16)
    clears = stage.leaves and draw(st.booleans())
    return Patch(left, top, labels, codes, draw(st.sampled_from(DURATIONS)), replaces, clears)


def written(name, stage, patches, effort="fast"):
    """The file of some patches."""
    form, stream = MOVING[name], io.BytesIO()
    file = form.opened(stream, stage)
    for patch in patches:
        file.add(patch, form.coded(patch, stage, effort))
    file.finish()
    return stream.getvalue()


def shown(stage, patches):
    """What the screen shows of each patch; full transparency has no colour."""
    canvas, screens = np.zeros((stage.height, stage.width, 4), np.uint8), []
    for patch in patches:
        screens.append(patch.painted(canvas))
        canvas = patch.after(screens[-1])
    return screens
