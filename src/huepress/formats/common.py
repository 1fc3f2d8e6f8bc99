"""What the formats share: opening with Pillow, checks before decoding, pixels back to labels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import owned
from huepress.common.choices import Effort as Effort
from huepress.errors import FormatError
from huepress.read.opening import check_size
from huepress.values.codebook import MAX_CODES, Codebook
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
"""What Pillow and NumPy raise on damaged files."""


def check_pixels(width: int, height: int, limit: int | None) -> None:
    """Refuse a picture that is empty, or past a limit of pixels, before it is decoded."""
    if width < 1 or height < 1:
        raise FormatError(f"a picture of {width}×{height} pixels; it has nothing to decode")
    check_size(width, height, "", limit)


@contextmanager
def opened_by_pillow(
    plugin: Callable[[IO[bytes]], ImageFile], data: bytes, kind: str
) -> Iterator[ImageFile]:
    """Open a file with Pillow's class for its format; what that raises becomes a FormatError."""
    from PIL.Image import DecompressionBombError

    try:
        with plugin(BytesIO(data)) as image:
            yield image
    except (*DAMAGED, DecompressionBombError) as error:
        raise FormatError(f"a damaged {kind} ({error}); restore it from a copy") from error


def check_still(image: ImageFile, kind: str) -> None:
    """Refuse an animation."""
    if getattr(image, "is_animated", False):
        raise FormatError(f"an animated {kind}; an indexed image is one frame: read it as an image")


def from_palette(
    labels: NDArray[np.uint8] | NDArray[np.uint16], palette: NDArray[np.uint8]
) -> IndexedImage:
    """Make an indexed image of a file's (k, 3 or 4) palette, where equal entries become one code.

    Codes stand in the order of their first entries. The caller has checked the labels' range.
    """
    entries = Palette(palette)
    codebook = Codebook(entries.codebook.colors)
    if len(codebook) == len(entries):
        return IndexedImage(codebook, labels)
    codes: NDArray[Any] = entries.codes.astype(labels.dtype)
    return IndexedImage(codebook, owned(codes[labels]))


def from_pixels(pixels: NDArray[np.uint8]) -> IndexedImage:
    """Make an indexed image of all distinct colours of (h, w, 3 or 4) pixels, in ascending order.

    Full transparency is one colour; more than 65536 colours raise a FormatError.
    """
    height, width, channels = pixels.shape
    packed = np.full((height, width, 4), 255, np.uint8)
    packed[..., :channels] = pixels
    packed[packed[..., 3] == 0] = 0
    keys, inverse = np.unique(packed.view(">u4").ravel(), return_inverse=True)
    if len(keys) > MAX_CODES:
        raise FormatError(
            f"{len(keys)} distinct colours exceed the {MAX_CODES} codes of an indexed image; "
            "read it as an image and compress it"
        )
    colors = keys.astype(">u4").view(np.uint8).reshape(-1, 4)
    labels = inverse.astype(np.uint16).reshape(height, width)
    return IndexedImage(Codebook(Palette(colors).codebook.colors), owned(labels))
