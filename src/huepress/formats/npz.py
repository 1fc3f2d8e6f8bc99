"""The codebook container: an ``.npz`` that plain `numpy.load` reads.

=========== ============================== =======================================================
array       shape, type                    meaning
=========== ============================== =======================================================
codebook    (k, 3) or (k, 4) uint8         the codes, straight alpha; a palette that was given is
                                           there whole, repeated entries too
labels      (h, w) uint8, uint16 if k > 256  which code each pixel has
version     () int64                       1
pinned      () int64                       how many lead codes were given rather than learned
exif, icc   (n,) uint8, if kept            EXIF block and ICC profile
dpi         (2,) float64, if kept          pixels per inch, horizontally and vertically
=========== ============================== =======================================================

``codebook[labels]`` is the picture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress.errors import FormatError, OptionError
from huepress.formats import archive
from huepress.formats.archive import Archive
from huepress.formats.common import Effort, check_pixels
from huepress.formats.metadata import NOTHING, Metadata
from huepress.values.codebook import Codebook, label_dtype
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette, Slots

VERSION = 1
"""The container's version that this program writes, and the newest it reads."""

_LEVELS: dict[Effort, int] = {"fast": 6, "default": 9, "best": 9}


def encode(
    indexed: IndexedImage,
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    slots: Slots | None = None,
) -> bytes:
    """Write the codebook container, or with `slots` their palette in the codebook's place.

    Every code is kept, used or not. The file holds no dates: the same values give the same bytes
    with the same zlib.

    Examples
    --------
    >>> import io
    >>> image = IndexedImage(Codebook.from_hex(["#123456", "#abcdef"]), np.eye(2, dtype=np.uint8))
    >>> arrays = np.load(io.BytesIO(encode(image)))
    >>> arrays["codebook"][arrays["labels"]][0, 0].tolist()
    [171, 205, 239]
    """
    colors, labels = tables(indexed, slots)
    pinned = indexed.codebook.pinned if slots is None else len(colors)
    arrays: dict[str, NDArray[Any]] = {
        "codebook": colors,
        "labels": labels,
        "version": np.array(VERSION, "<i8"),
        "pinned": np.array(pinned, "<i8"),
    }
    if metadata.exif is not None:
        arrays["exif"] = np.frombuffer(metadata.exif, np.uint8)
    if metadata.icc is not None:
        arrays["icc"] = np.frombuffer(metadata.icc, np.uint8)
    if metadata.dpi is not None:
        arrays["dpi"] = np.array(metadata.dpi, "<f8")
    return archive.write(arrays, _LEVELS[effort])


def decode(data: bytes, *, max_pixels: int | None = None) -> IndexedImage:
    """Read back exactly what was encoded; of a palette, equal entries are one code."""
    colors, labels, pinned = _read(data, max_pixels)
    try:
        palette = Palette(colors)
        if len(palette.codebook) == len(colors) and not colors[palette.alpha == 0, :3].any():
            return IndexedImage(Codebook(colors, pinned), labels)
        places = Slots(palette, labels).places
        if not 0 <= pinned <= len(colors):
            raise OptionError(f"{pinned} pinned codes in a codebook of {len(colors)}")
        distinct = int(palette.codes[:pinned].max(initial=-1)) + 1
        codes: NDArray[Any] = palette.codes.astype(places.dtype)
        return IndexedImage(Codebook(palette.codebook.colors, distinct), codes[places])
    except OptionError as error:
        raise FormatError(f"a container that contradicts itself: {error}") from error


def decode_slots(data: bytes) -> Slots:
    """Read the codebook as the palette that was written, repeated entries too, and the labels."""
    colors, labels, _ = _read(data, None)
    try:
        return Slots(Palette(colors), labels)
    except OptionError as error:
        raise FormatError(f"a container that contradicts itself: {error}") from error


def _read(
    data: bytes, max_pixels: int | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | NDArray[np.uint16], int]:
    with Archive(data, "container", "codebook, labels and version") as container:
        container.check_version(VERSION)
        colors = container.array("codebook", np.uint8, 2)
        labels = _labels(container, max_pixels)
        pinned = int(container.array("pinned", np.int64, 0)) if "pinned" in container else 0
    wanted = label_dtype(len(colors))
    if labels.dtype != wanted:
        raise FormatError(
            f"labels of type {labels.dtype} for {len(colors)} codes; the container wants "
            f"{np.dtype(wanted)}: write it again"
        )
    return colors, labels, pinned


def _labels(container: Archive, max_pixels: int | None) -> NDArray[np.uint8] | NDArray[np.uint16]:
    header = container.header("labels")
    shape, found = header.shape, header.dtype
    if found not in (np.uint8, np.uint16) or len(shape) != 2:
        raise FormatError(
            f"'labels' has shape {shape} and type {found}; the container wants (h, w) of uint8 "
            "or uint16: write it again"
        )
    check_pixels(shape[1], shape[0], max_pixels)
    return container.read("labels", header)


def tables(
    indexed: IndexedImage, slots: Slots | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | NDArray[np.uint16]]:
    """Return the colours and labels to store: of a codebook, or if given of a whole palette."""
    if slots is None:
        return indexed.codebook.colors, indexed.labels
    entries = slots.palette.entries
    return entries if (entries[:, 3] != 255).any() else entries[:, :3], slots.places
