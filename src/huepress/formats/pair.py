"""The classic two-file form: ``NAME.npy``, the codebook, and ``NAME-labels.png``, the labels.

The label file is an ordinary greyscale PNG whose grey *is* the label: 8 bits, or 16 when there are
more than 256 codes, never fewer, because readers scale narrower samples up to 0-255. Any program
that reads greys, and the notebooks of old, get the labels as they are.

The codebook is a uint8 array of shape (k, 3) or (k, 4). Old notebooks saved their centroids as
floats: these are read too, as 0-1 if none exceeds 1 and as 0-255 otherwise, rounded to nearest
(halves to even). A codebook in 0-255 in which nothing exceeds 1, which is black, is misread so.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from huepress.errors import FormatError
from huepress.formats import npy, png
from huepress.formats.common import Effort, check_pixels, from_palette, opened_by_pillow
from huepress.formats.npz import tables
from huepress.read.png_chunks import GREY, SIGNATURE
from huepress.values.codebook import MAX_CODES
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette, Slots

CODEBOOK_SUFFIX = ".npy"
LABELS_SUFFIX = "-labels.png"


def encode(
    indexed: IndexedImage,
    *,
    effort: Effort = "default",
    slots: Slots | None = None,
    threads: int = 0,
) -> tuple[bytes, bytes]:
    """Write a codebook, or in its place a palette, and a label file; unused codes stay too."""
    colors, labels = tables(indexed, slots)
    return npy.write(colors), png.encode_labels(labels, effort=effort, threads=threads)


def decode(codebook: bytes, labels: bytes, *, max_pixels: int | None = None) -> IndexedImage:
    """Read a codebook and its label file back; codes that round to one colour become one code."""
    colors, plane = _read(codebook, labels, max_pixels)
    return from_palette(plane, colors)


def decode_slots(codebook: bytes, labels: bytes) -> Slots:
    """Read a codebook as the palette that was written, repeated entries too, and its label file."""
    colors, plane = _read(codebook, labels, None)
    return Slots(Palette(colors), plane)


def _read(
    codebook: bytes, labels: bytes, max_pixels: int | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    colors = _read_codebook(codebook)
    plane = _read_labels(labels, max_pixels)
    top = int(plane.max())
    if top >= len(colors):
        raise FormatError(
            f"label {top} with a codebook of {len(colors)} codes, whose labels run from 0 to "
            f"{len(colors) - 1}; the files do not belong together, or the labels were changed: "
            "store them again, as PNG"
        )
    return colors, plane


def _read_codebook(data: bytes) -> NDArray[np.uint8]:
    file = BytesIO(data)
    try:
        header = npy.read_header(file)
        shape = header.shape
        if len(shape) != 2 or shape[1] not in (3, 4) or not 1 <= shape[0] <= MAX_CODES:
            raise FormatError(
                f"a codebook of shape {shape}; it must be (k, 3) or (k, 4), "
                f"with 1 to {MAX_CODES} codes"
            )
        if header.dtype.kind not in "iuf":
            raise FormatError(f"a codebook of type {header.dtype}; it must be numbers: store uint8")
        array = npy.read_data(file, header)
    except ValueError as error:
        raise FormatError(f"a damaged codebook .npy ({error}); restore it from a copy") from error
    values = array.astype(np.float64)
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > 255:
        raise FormatError(
            f"a codebook with values from {values.min():g} to {values.max():g}; "
            "they must be in 0-255, or in 0-1"
        )
    if array.dtype.kind == "f" and values.max() <= 1:
        values *= 255
    return np.rint(values).astype(np.uint8)


def _read_labels(data: bytes, max_pixels: int | None) -> NDArray[np.uint16]:
    from PIL.PngImagePlugin import PngImageFile

    if data.startswith(b"\xff\xd8\xff"):
        raise FormatError(
            "the label file is a JPEG, and a lossy format changes labels; store them again, as PNG"
        )
    if not data.startswith(SIGNATURE):
        raise FormatError(
            f"the label file begins with {data[:8]!r}, which is not a PNG; store the labels as a "
            "greyscale PNG"
        )
    header = png.read_header(data)
    check_pixels(header.width, header.height, max_pixels)
    # A program that optimizes PNG may have put the greys into a palette.
    palette = header.palette
    grey_palette = palette is not None and bool((palette[:, :3] == palette[:, :1]).all())
    if header.color_type != GREY and not grey_palette:
        raise FormatError(
            "the label file is in colour, and labels are one grey a pixel; "
            "store them as a greyscale PNG"
        )
    with opened_by_pillow(PngImageFile, data, "label PNG") as image:
        plane = np.asarray(image.convert("L") if image.mode in ("1", "P") else image)
    return plane.astype(np.uint16)
