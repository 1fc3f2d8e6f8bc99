"""BMP pixels with channel masks, of which Pillow follows a few, and none for alpha in 16 bits.

https://learn.microsoft.com/windows/win32/api/wingdi/ns-wingdi-bitmapv5header
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BITFIELDS, _ALPHA_BITFIELDS = 3, 6
_WITH_COLORS_ONLY = 40  # bytes of the header that masks follow, alpha's only with _ALPHA_BITFIELDS
# Red, green, blue and alpha of the layouts that Pillow reads.
_PILLOWS = {
    16: ((0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0)),
    32: (
        (0xFF0000, 0xFF00, 0xFF, 0x0),
        (0xFF000000, 0xFF0000, 0xFF00, 0x0),
        (0xFF000000, 0xFF00, 0xFF, 0x0),
        (0xFF000000, 0xFF0000, 0xFF00, 0xFF),
        (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
        (0xFF0000, 0xFF00, 0xFF, 0xFF000000),
        (0xFF000000, 0xFF00, 0xFF, 0xFF0000),
        (0x0, 0x0, 0x0, 0x0),
    ),
}


class Masked(NamedTuple):
    """Where the pixels of a BMP lie, and the masks of red, green, blue and alpha."""

    size: tuple[int, int]
    bits: int
    from_top: bool
    start: int
    masks: tuple[int, int, int, int]

    @property
    def depth(self) -> int:
        """Bits of the deepest channel."""
        return max(mask.bit_count() for mask in self.masks)


def masked_layout(file: IO[bytes]) -> Masked | None:
    """Describe a BMP whose channel masks Pillow does not follow; None for all others."""
    file.seek(0)
    head = file.read(14 + 124)
    if len(head) < 14 + 40:
        return None
    start, header = struct.unpack_from("<II", head, 10)
    if header < _WITH_COLORS_ONLY:
        return None
    width, height, _, bits, method = struct.unpack_from("<iiHHI", head, 18)
    if bits not in _PILLOWS or method not in (_BITFIELDS, _ALPHA_BITFIELDS):
        return None
    has_alpha = header >= 56 or method == _ALPHA_BITFIELDS
    found = struct.unpack_from("<4I" if has_alpha else "<3I", head, 54)
    masks = (*found, 0)[:4]
    if method == _BITFIELDS and masks in _PILLOWS[bits]:
        return None
    if width < 1 or height == 0 or not all(map(_is_run, masks)) or not any(masks[:3]):
        return None
    return Masked((width, abs(height)), bits, height < 0, start, masks)


def read_masked(file: IO[bytes], layout: Masked) -> NDArray[np.uint8]:
    """Read its (h, w, 3 or 4) pixels, every channel scaled to 255 and rounded, halves up."""
    width, height = layout.size
    n_bytes = layout.bits // 8
    stride = -(-width * n_bytes // 4) * 4
    file.seek(layout.start)
    data = file.read(stride * height)
    if len(data) < stride * height - (stride - width * n_bytes):
        raise ValueError("the file ends within its pixels")
    rows = np.frombuffer(data.ljust(stride * height, b"\0"), np.uint8).reshape(height, stride)
    words = np.ascontiguousarray(rows[:, : width * n_bytes]).view(f"<u{n_bytes}")
    if not layout.from_top:
        words = words[::-1]
    pixels = np.zeros((height, width, 4 if layout.masks[3] else 3), np.uint8)
    for channel, mask in enumerate(layout.masks[: pixels.shape[2]]):
        if mask:
            most = (1 << mask.bit_count()) - 1
            shift = (mask & -mask).bit_length() - 1
            values = (words >> shift & most).astype(np.uint64)
            pixels[..., channel] = (values * 255 + most // 2) // most
    return pixels


def _is_run(mask: int) -> bool:
    """Whether the bits of a mask, if any, are neighbours."""
    lowest = mask & -mask
    return mask == 0 or (mask + lowest) & mask == 0
