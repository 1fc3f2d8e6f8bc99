"""The indexed image: a codebook and a label for every pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from huepress import _core
from huepress.common.arrays import as_array, frozen, owned
from huepress.common.by_content import ByContent
from huepress.common.checks import instance
from huepress.errors import OptionError
from huepress.values.codebook import Codebook, label_dtype


@dataclass(frozen=True, eq=False, slots=True)
class IndexedImage(ByContent):
    """A picture as labels into a codebook; ``numpy.asarray(indexed)`` is `decode()`.

    Parameters
    ----------
    codebook : Codebook
        The colours.
    labels : (h, w) ndarray of integers
        Which code each pixel has; every label is below ``len(codebook)``. Kept as uint8, or uint16
        when the codebook has more than 256 codes.

    Raises
    ------
    OptionError
        If the labels are not a plane of integers, or one is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> image = IndexedImage(Codebook.from_hex(["#000", "#fff"]), np.array([[0, 1], [1, 0]]))
    >>> image.decode()[0, 1].tolist()
    [255, 255, 255]
    """

    codebook: Codebook
    labels: NDArray[np.uint8] | NDArray[np.uint16]

    def __post_init__(self) -> None:
        labels = np.asarray(self.labels)
        if labels.ndim != 2 or labels.dtype.kind not in "iu" or labels.size == 0:
            raise OptionError(
                f"labels have shape {labels.shape} and type {labels.dtype}; give (h, w) integers"
            )
        k = len(instance("codebook", self.codebook, Codebook))
        if (labels.dtype.kind == "i" and labels.min() < 0) or int(labels.max()) >= k:
            bad = labels.min() if labels.min() < 0 else labels.max()
            raise OptionError(f"label {bad} in an image of {k} codes; labels run from 0 to {k - 1}")
        object.__setattr__(self, "labels", frozen(labels, label_dtype(k)))

    def decode(self) -> NDArray[np.uint8]:
        """Replace every label by its code.

        Returns
        -------
        (h, w, 3 or 4) uint8 ndarray
            The picture, exactly, with as many channels as the codebook.
        """
        return self.codebook.colors[self.labels]

    def counts(self) -> NDArray[np.uint64]:
        """Count the pixels of each code.

        Returns
        -------
        (k,) uint64 ndarray
            Zero for a code that no pixel has.
        """
        return _core.label_counts(self.labels, len(self.codebook))

    def permuted(self, order: Sequence[int] | NDArray[np.intp]) -> IndexedImage:
        """Return the same picture with its codes in another order.

        Parameters
        ----------
        order : (k,) sequence of int
            Code ``order[i]`` comes to place ``i``; a permutation.

        Returns
        -------
        IndexedImage
            ``decode()`` gives the same pixels.
        """
        codebook = self.codebook.permuted(order)
        place = np.empty(len(codebook), self.labels.dtype)
        place[np.asarray(order)] = np.arange(len(codebook))
        return IndexedImage(codebook, owned(place[self.labels]))

    def kept(self) -> NDArray[np.bool_]:
        """Tell which codes some pixel has, or are pinned.

        Returns
        -------
        (k,) bool ndarray
            Those that `without_unused` keeps.
        """
        used: NDArray[np.bool_] = self.counts() > 0
        used[: self.codebook.pinned] = True
        return used

    def without_unused(self) -> IndexedImage:
        """Return the same picture without codes that no pixel has.

        Returns
        -------
        IndexedImage
            Pinned codes stay, used or not.
        """
        used = self.kept()
        if used.all():
            return self
        place = (np.cumsum(used) - 1).astype(np.uint16)
        codebook = Codebook(self.codebook.colors[used], self.codebook.pinned)
        return IndexedImage(codebook, owned(place[self.labels]))

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.labels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.labels.shape[1])

    def _repr_png_(self) -> bytes:
        from huepress.common import notebook

        return notebook.picture_png(self.decode())

    def _repr_html_(self) -> str:
        from huepress.common import humanize, notebook

        book, counts = self.codebook, self.counts()
        shares = counts[counts > 0] / counts.sum()
        return notebook.figure(
            notebook.picture(self.decode()),
            notebook.strip(book.rgba, book.hex(), counts, self.labels.shape),
            notebook.line(
                f"{self.width}×{self.height}",
                humanize.colors(len(book)),
                f"label entropy {float(-(shares * np.log2(shares)).sum()) + 0.0:.2f} bits a pixel",
            ),
        )

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return as_array(self.decode(), dtype, copy, fresh=True)
