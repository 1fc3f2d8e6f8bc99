"""Other labels that show the same: a pixel that has its colour already may be left or drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from huepress.common.arrays import owned
from huepress.motion.painting import CODES_MAX, Painter
from huepress.motion.screen import REDRAWN, STILL, View
from huepress.values.patch import Patch


def least(
    patch: Patch, view: View, painter: Painter, coded: Callable[[Patch], bytes]
) -> tuple[Patch, bytes]:
    """Code a patch and those that show the same, and return the least with its bytes."""
    best = patch, coded(patch)
    for other in _alternatives(patch, view, painter):
        data = coded(other)
        if len(data) < len(best[1]):
            best = other, data
    return best


def _alternatives(patch: Patch, view: View, painter: Painter) -> Iterator[Patch]:
    leave, height, width = len(patch.codebook), *patch.labels.shape
    if patch.replaces or view.blank or leave >= CODES_MAX:
        return
    tuning = painter.tuning
    if patch.labels.size > tuning.polished_labels:
        return
    place = np.s_[patch.top : patch.top + height, patch.left : patch.left + width]
    base = view.shown[place]
    colors = np.concatenate([patch.codebook.rgba, patch.codebook.rgba[-1:]])
    left = patch.labels == leave
    wanted = np.where(left[..., None], base, colors[patch.labels])
    # Of what is drawn anew the view says what to show; on the canvas it is gone.
    same = (wanted == base).all(axis=2) & (view.states[place] != REDRAWN)
    if same.mean() < tuning.polished_share:
        return
    all_left = np.where(same, np.uint8(leave), patch.labels)
    if not np.array_equal(all_left, patch.labels):
        yield replace(patch, labels=owned(all_left))
    states = np.where(same, np.uint8(STILL), np.uint8(REDRAWN))
    for prior in tuning.priors:
        labels = painter.held(wanted, base, states, patch.codebook, prior)
        yield replace(patch, labels=owned(labels))
