"""From one frame to a patch: labels for what may change, chosen with what the screen shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.common.arrays import owned, packed
from huepress.common.choices import Space
from huepress.mapping import error_diffusion, nearest, ordered
from huepress.motion.screen import FREE, STILL, Box, View
from huepress.search.codecs import Codec
from huepress.search.picture import MASK_UNIT, Kind, even_pixels, masking_weights
from huepress.search.trials import Setting
from huepress.search.tuning import Tuning
from huepress.values.codebook import Codebook
from huepress.values.patch import Patch

CODES_MAX = 256
"""Of rate-aware labels, with what leaves pixels."""

MASK_REACH = 12
"""Pixels about a box that a mask within it looks at."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A patch, and the bytes that its labels should take; 0 where nothing knows."""

    patch: Patch
    coded: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Painter:
    """How the frames of one moving picture are mapped.

    Parameters
    ----------
    codec : Codec
        What will code the labels.
    space : {'oklab', 'srgb', 'linear'}
        Where errors are measured.
    kind : {'photograph', 'drawing', 'art'}
        Of its frames.
    chroma : int
        How much errors of chroma count, in 256ths.
    even : bool
        Whether boxes begin at even places.
    opaque : bool
        Whether all pixels of all frames are.
    tuning : Tuning
        The numbers of the search.
    can_replace : bool
        Whether patches may replace alpha.
    chain : int
        How far mapping looks: see `_core.rate_aware`.
    threads : int
        For masks.
    """

    codec: Codec
    space: Space
    kind: Kind
    chroma: int
    even: bool
    opaque: bool
    tuning: Tuning
    can_replace: bool = True
    chain: int = 16
    threads: int = 0

    def paint(
        self,
        view: View,
        duration: int,
        codebook: Codebook,
        how: Setting,
        weights: NDArray[np.uint16] | None = None,
    ) -> Painted:
        """Choose labels for what a frame may change; weights: those of the view's box."""
        if view.box is None:
            leaving = np.full((1, 1), len(codebook), np.uint16 if len(codebook) > 255 else np.uint8)
            return Painted(Patch(0, 0, leaving, codebook, duration), 2)
        box = self._placed(view.box)
        labels, coded = self._labels(view, box, codebook, how, weights)
        if not (view.clears or view.blank):
            labels, box = self._trimmed(labels, box, len(codebook))
        replaces = view.replaces
        if not (replaces or view.blank) and _blends(labels, codebook):
            # Few codes may be all translucent, those of opaque pixels too.
            shown = view.shown[box.slices]
            left = labels == len(codebook)
            labels = np.where(left, self._labels_of(shown, codebook), labels)
            replaces = self.can_replace
        patch = Patch(box.left, box.top, owned(labels), codebook, duration, replaces, view.clears)
        return Painted(patch, coded)

    def _labels(
        self,
        view: View,
        box: Box,
        codebook: Codebook,
        how: Setting,
        weights: NDArray[np.uint16] | None,
    ) -> tuple[NDArray[Any], int]:
        """Choose labels of a box, and the bytes that they should take; 0 where nothing knows."""
        if how.nearest and len(codebook) < CODES_MAX:
            # Nearest codes, and of what may be left or drawn, what suits the coder.
            height, width = box.bottom - box.top, box.right - box.left
            alike = np.full((height, width, 2), MASK_UNIT, np.uint16)
            nearest_ones = replace(how, rate=1, feedback=0)
            return self._rate_aware(view, box, codebook, nearest_ones, alike)
        if not how.rate:
            return self._plain(view, box, codebook, how), 0
        if weights is None:
            weights = self.weights(view.pixels, box, how.contrast)
        return self._rate_aware(view, box, codebook, how, weights)

    @property
    def page(self) -> bool:
        """Whether frames are drawings, whose letters and lines must stay themselves."""
        return self.kind == "drawing"

    def held(
        self,
        wanted: NDArray[np.uint8],
        base: NDArray[np.uint8],
        states: NDArray[np.uint8],
        codebook: Codebook,
        prior: int,
    ) -> NDArray[np.uint8]:
        """Choose of what may be left or drawn what suits the coder, where all colours are settled.

        wanted and base: (h, w, 4), what is to be shown, and what is.
        """
        colors = self._channels(codebook.rgba)
        labels, _ = self.codec.rate_aware(
            self._channels(wanted),
            np.concatenate([colors, colors[-1:]]),
            self.space,
            np.full((*states.shape, 2), MASK_UNIT, np.uint16),
            1,
            chain=self.chain,
            shown=self._channels(np.where((states == STILL)[..., None], base, wanted)),
            states=states,
            leave=len(codebook),
            prior=prior,
        )
        return labels

    def _placed(self, box: Box) -> Box:
        if not self.even:
            return box
        return box._replace(top=box.top & ~1, left=box.left & ~1)

    def _trimmed(self, labels: NDArray[Any], box: Box, leave: int) -> tuple[NDArray[Any], Box]:
        """Take off rows and columns that are all left."""
        some = labels != leave
        rows, columns = np.flatnonzero(some.any(axis=1)), np.flatnonzero(some.any(axis=0))
        if len(rows) == 0:
            return labels[:1, :1], box._replace(bottom=box.top + 1, right=box.left + 1)
        step = 2 if self.even else 1
        top, left = (int(first) // step * step for first in (rows[0], columns[0]))
        bottom, right = int(rows[-1]) + 1, int(columns[-1]) + 1
        trimmed = Box(box.top + top, box.top + bottom, box.left + left, box.left + right)
        return np.ascontiguousarray(labels[top:bottom, left:right]), trimmed

    def _channels(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(pixels[..., :3] if self.opaque else pixels)

    def _rate_aware(
        self,
        view: View,
        box: Box,
        codebook: Codebook,
        how: Setting,
        weights: NDArray[np.uint16],
    ) -> tuple[NDArray[np.uint8], int]:
        tuning, more = self.tuning, dict[str, Any]()
        if self.page:
            more = {
                "cap": tuning.drawing_cap,
                "chroma_cap": tuning.drawing_chroma_cap,
                "most_cap": tuning.drawing_farthest**2,
            }
        colors = self._channels(codebook.rgba)
        leave = -1
        if not view.replaces and not (view.blank and self.opaque):
            # The last code stands for what is left; its colour does not matter.
            colors, leave = np.concatenate([colors, colors[-1:]]), len(codebook)
            more["prior"] = tuning.leaving
        return self.codec.rate_aware(
            self._channels(view.pixels[box.slices]),
            colors,
            self.space,
            weights,
            how.rate,
            feedback=how.feedback,
            dither=how.diffusion,
            chroma=self.chroma,
            chain=self.chain,
            shown=self._channels(view.shown[box.slices]),
            states=np.ascontiguousarray(view.states[box.slices]),
            leave=leave,
            **more,
        )

    def weights(self, pixels: NDArray[np.uint8], box: Box, contrast: float) -> NDArray[np.uint16]:
        """Say how much errors count in a box, where patches may begin; what lies about it tells."""
        box = self._placed(box)
        wide = box.around(MASK_REACH, *pixels.shape[:2])
        within = self._channels(pixels[wide.slices])
        slopes = self.tuning.opaque_slopes if self.opaque else 0
        mask = _core.masking(within, slopes=slopes, threads=self.threads)
        even = even_pixels(within) if self.page else None
        weights = masking_weights(mask, contrast, self.chroma, even, self.tuning.flat_weight)
        top, left = box.top - wide.top, box.left - wide.left
        height, width = box.bottom - box.top, box.right - box.left
        return np.ascontiguousarray(weights[top : top + height, left : left + width])

    def _plain(
        self, view: View, box: Box, codebook: Codebook, how: Setting
    ) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Map without a look at the rate; what shows its code already is left."""
        pixels = self._channels(view.pixels[box.slices])
        states, shown = view.states[box.slices], view.shown[box.slices]
        labels = self._mapped(pixels, codebook, how, box)
        drawn = states == FREE
        held = ~drawn
        if held.any():
            labels = np.where(drawn, labels, self._labels_of(shown, codebook))
        if view.replaces:
            return labels
        leave = len(codebook)
        if leave > 255:
            labels = labels.astype(np.uint16)
        left = (states == STILL) | (drawn & (codebook.rgba[labels] == shown).all(axis=2))
        return np.where(left, labels.dtype.type(leave), labels)

    def _mapped(
        self, pixels: NDArray[np.uint8], codebook: Codebook, how: Setting, box: Box
    ) -> NDArray[Any]:
        common: dict[str, Any] = {"space": self.space, "threads": self.threads}
        if how.diffusion:
            strength = how.diffusion / 256
            return error_diffusion(pixels, codebook, strength=strength, **common).labels
        if how.ordered:
            return ordered(pixels, codebook, left=box.left, top=box.top, **common).labels
        return nearest(pixels, codebook, **common).labels

    @staticmethod
    def _labels_of(shown: NDArray[np.uint8], codebook: Codebook) -> NDArray[Any]:
        """Find the code of each colour; where there is none, as of what is left, any."""
        keys = packed(codebook.rgba)
        order = np.argsort(keys, kind="stable")
        wanted = packed(shown.reshape(-1, 4))
        places = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
        labels = order[places].reshape(shown.shape[:2])
        return labels.astype(np.uint8 if len(codebook) <= 256 else np.uint16)


def _blends(labels: NDArray[Any], codebook: Codebook) -> bool:
    """Tell whether some pixel is translucent while others are left."""
    alpha = np.append(codebook.rgba[:, 3], 0)
    used = alpha[np.unique(labels)]
    return bool(((used > 0) & (used < 255)).any())
