"""The proof that written files give the picture back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from huepress.errors import FormatError
from huepress.formats import gif, npz, pair, png, webp
from huepress.formats.decoding import decode
from huepress.formats.encoding import Encoded
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Slots


def verify(encoded: Encoded, indexed: IndexedImage, slots: Slots | None = None) -> None:
    """Decode the files, and make sure that they give the picture, pixel for pixel.

    Parameters
    ----------
    encoded : Encoded
        What is to be checked.
    indexed : IndexedImage
        What must come out. Colours under full transparency do not count, nor does an alpha channel
        that is opaque throughout.
    slots : Slots, optional
        The palette that must be in the file, entry for entry, and the entry of each pixel.

    Raises
    ------
    FormatError
        If it does not.
    """
    contents = encoded.contents
    result = pair.decode(*contents) if encoded.format == "npy" else decode(*contents)
    if result.labels.shape != indexed.labels.shape:
        raise FormatError(
            f"the {encoded.format} file decodes to {result.width}×{result.height} pixels, "
            f"and {indexed.width}×{indexed.height} were written; please report this"
        )
    wanted, found = _keys(indexed), _keys(result)
    rows = max(1, 2**20 // indexed.width)
    wrong = sum(
        np.count_nonzero(
            wanted[indexed.labels[top : top + rows]] != found[result.labels[top : top + rows]]
        )
        for top in range(0, indexed.height, rows)
    )
    if wrong:
        raise FormatError(
            f"{wrong} pixels of the {encoded.format} file decode to other colours than were "
            "written; please report this"
        )
    if slots is not None and not _holds(encoded, slots):
        raise FormatError(
            f"the palette of the {encoded.format} file is not the one that was written; "
            "please report this"
        )


_SLOTS_OF: dict[str, Callable[..., Slots]] = {
    "png": png.decode_slots,
    "gif": gif.decode_slots,
    "npz": npz.decode_slots,
    "npy": pair.decode_slots,
}
_PIXELS_OF: dict[str, Callable[[bytes], NDArray[np.uint8]]] = {
    "png24": png.decode_pixels,
    "webp": webp.decode_pixels,
}


def _holds(encoded: Encoded, slots: Slots) -> bool:
    """Whether the files have these entries at these places; a GIF may have more behind them."""
    if encoded.format in _PIXELS_OF:
        return np.array_equal(_PIXELS_OF[encoded.format](bytes(encoded)), slots.decode())
    found = _SLOTS_OF[encoded.format](*encoded.contents)
    entries = found.palette.entries[: len(slots.palette)]
    return np.array_equal(entries, slots.palette.entries) and np.array_equal(
        found.places, slots.places
    )


def _keys(indexed: IndexedImage) -> NDArray[np.uint32]:
    """Each code as one integer."""
    return np.ascontiguousarray(indexed.codebook.rgba).view(np.uint32).ravel()
