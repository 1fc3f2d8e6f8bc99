"""Colours under full transparency, kept for programs that filter textures.

Nobody sees them, so a codebook has one code for all of them. An engine that interpolates between
pixels, or writes another alpha, does see them: there they are described by codes of their own, as
entries of the palette whose alpha is 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import owned
from huepress.errors import QualityError
from huepress.formats import Encoded
from huepress.formats import orders as ordering
from huepress.kmeans import fit
from huepress.mapping import nearest
from huepress.options import CompressOptions
from huepress.pipeline.steps import encoded
from huepress.search.found import Found
from huepress.search.search import search
from huepress.search.trials import OnProgress
from huepress.values.codebook import MAX_CODES, label_dtype
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette, Slots

_SHARE = 8
"""One in so many codes, at least, goes to hidden colours where there are too many of all."""

_TRIES = 4
"""How often a size is searched for again, because hidden colours took more than was left."""


@dataclass(frozen=True, eq=False, slots=True)
class Hidden:
    """The colours under full transparency of one picture.

    Parameters
    ----------
    histogram : Histogram
        These colours, as opaque ones, and their counts.
    k : int
        How many codes they get.
    """

    histogram: Histogram
    k: int

    @classmethod
    def of(cls, image: Image, options: CompressOptions) -> Hidden | None:
        """Find what has to be kept.

        Parameters
        ----------
        image : Image
            The original.
        options : CompressOptions
            With ``"hidden-rgb"`` in `keep`, or not.

        Returns
        -------
        Hidden or None
            None where nothing was asked, or nothing but black is hidden.
        """
        if "hidden-rgb" not in options.keep or options.has_palette or not image.has_alpha:
            return None
        clear = image.pixels[..., 3] == 0
        under = np.ascontiguousarray(image.pixels[clear][None, :, :3])
        if not under.any():
            return None
        histogram = Histogram.of(under, threads=options.threads)
        if options.format == "png24":
            return cls(histogram, min(len(histogram), MAX_CODES - options.most_codes))
        codes = options.most_codes
        visible = len(Histogram.of(image, threads=options.threads)) - 1
        return cls(histogram, min(len(histogram), max(codes // _SHARE, codes - visible, 1)))

    def beside(self, options: CompressOptions) -> CompressOptions:
        """Return the options for what is visible.

        Parameters
        ----------
        options : CompressOptions
            As asked.

        Returns
        -------
        CompressOptions
            With as many codes less as hidden colours get, but for the one of full transparency. A
            truecolour PNG has no palette to share.
        """
        if options.format == "png24":
            return options
        return replace(options, k=max(options.most_codes - self.k + 1, 2))

    def slots(self, image: Image, indexed: IndexedImage, options: CompressOptions) -> Slots:
        """Put the hidden colours under the clear pixels of a compressed picture.

        Parameters
        ----------
        image : Image
            The original.
        indexed : IndexedImage
            What became of it, with one code for full transparency.
        options : CompressOptions
            How colours are learned and compared.

        Returns
        -------
        Slots
            The same picture. Entries that are not opaque come first, as a PNG wants them, and the
            frequent before the rare.
        """
        rgba = indexed.codebook.rgba
        clear = rgba[:, 3] == 0
        pixels = clear[indexed.labels]
        arguments = options.fit_arguments()
        arguments["k"], arguments["pinned"] = self.k, None
        under = fit(self.histogram, **arguments, threads=options.threads).codebook
        colors = np.ascontiguousarray(image.pixels[pixels][None, :, :3])
        mapped = nearest(colors, under, space=options.space, threads=options.threads)
        by_count = np.argsort(-mapped.counts().astype(np.int64), kind="stable")
        order = ordering.popularity(indexed)
        order = order[~clear[order]]
        entries = np.concatenate([np.insert(under.colors[by_count], 3, 0, axis=1), rgba[order]])
        dtype = label_dtype(len(entries))
        place = np.zeros(len(rgba), dtype)
        place[order] = np.arange(len(order)) + len(under)
        hidden_place = np.empty(len(under), dtype)
        hidden_place[by_count] = np.arange(len(under))
        places: NDArray[Any] = place[indexed.labels]
        places[pixels] = hidden_place[mapped.labels[0]]
        return Slots(Palette(entries), owned(places))

    def searched(
        self, image: Image, options: CompressOptions, on_progress: OnProgress | None
    ) -> tuple[Found, Slots, Encoded]:
        """Search as `huepress.search.search` does, and put the hidden colours into what it found.

        Parameters
        ----------
        image : Image
            The original.
        options : CompressOptions
            As asked. A target size holds for the file with its hidden colours.
        on_progress : callable, optional
            Called with a line about each trial.

        Returns
        -------
        tuple of Found, Slots and Encoded
            What the search found without hidden colours, and the file with them.

        Raises
        ------
        QualityError
            If a quality or a size cannot be met.
        """
        wish, target = self.beside(options), options.target_size
        least = None
        for _ in range(_TRIES):
            try:
                found = search(image, wish, on_progress)
            except QualityError:
                if least is None:
                    raise
                break
            indexed = found.chosen.picture
            assert isinstance(indexed, IndexedImage)  # lossy formats keep no hidden colours
            slots = self.slots(image, indexed, options)
            file = encoded(image, indexed, slots, options)
            if target is None or len(file) <= target:
                return found, slots, file
            least = min(len(file), least or len(file))
            left = (wish.target_size or 0) - (len(file) - target) - target // 50
            if left < 1:
                break
            wish = replace(wish, target_size=left)
        raise QualityError(
            f"{least} bytes is the least found with the colours under full transparency, and "
            f"{target} were asked; ask for more, or do not keep hidden-rgb"
        )
