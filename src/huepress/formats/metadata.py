"""What a file says about a picture besides its pixels, and is to be kept."""

from __future__ import annotations

import math
from dataclasses import dataclass

from huepress.errors import FormatError

_ORIENTATION = 0x0112
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Metadata:
    """Facts to write beside the pixels; nothing is kept unless it is given.

    Parameters
    ----------
    exif : bytes, optional
        An EXIF block, with or without the ``Exif`` mark of a JPEG. Kept without the mark, and with
        the orientation reset to 1: the pixels were already turned when they were read.
    icc : bytes, optional
        An ICC profile.
    dpi : (float, float), optional
        Pixels per inch, horizontally and vertically.

    Raises
    ------
    FormatError
        If one of them is malformed.

    Examples
    --------
    >>> Metadata(dpi=(300, 300)).dpi
    (300, 300)
    >>> bool(Metadata())
    False
    """

    exif: bytes | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.exif is not None:
            object.__setattr__(self, "exif", _upright(bytes(self.exif)))
        if self.icc is not None and (len(self.icc) < 128 or self.icc[36:40] != b"acsp"):
            raise FormatError(
                f"{len(self.icc)} bytes that are not an ICC profile; a profile has at least 128 "
                "bytes and is marked 'acsp': do not keep it"
            )
        if self.dpi is not None and not all(
            math.isfinite(value) and 0 < value < 1e6 for value in self.dpi
        ):
            raise FormatError(f"a resolution of {self.dpi} dpi; give two positive numbers")

    def __bool__(self) -> bool:
        return not (self.exif is None and self.icc is None and self.dpi is None)

    @property
    def icc_space(self) -> str | None:
        """The colour space of the profile's input side: ``RGB``, ``GRAY``, ``CMYK``, ..."""
        return None if self.icc is None else self.icc[16:20].decode("latin-1").strip()


NOTHING = Metadata()
"""Keeps nothing."""


def _upright(exif: bytes) -> bytes:
    """Take off the JPEG mark and set the orientation in the first directory to 1."""
    tiff = bytearray(exif.removeprefix(b"Exif\0\0"))
    little = tiff.startswith(b"II*\0")
    if not little and not tiff.startswith(b"MM\0*"):
        raise FormatError(
            f"EXIF data that begins with {bytes(tiff[:4])!r}; it must begin with II*\\0 or MM\\0*: "
            "do not keep it"
        )

    def number(start: int, size: int) -> int:
        if start + size > len(tiff):
            raise FormatError(
                f"EXIF data of {len(tiff)} bytes refers to byte {start + size}; "
                "it is cut short: do not keep it"
            )
        return int.from_bytes(tiff[start : start + size], "little" if little else "big")

    directory = number(4, 4)
    for entry in range(number(directory, 2)):
        start = directory + 2 + 12 * entry
        if number(start, 2) == _ORIENTATION and number(start + 2, 2) == _SHORT:
            number(start + 8, 4)
            tiff[start + 8 : start + 12] = b"\1\0\0\0" if little else b"\0\1\0\0"
    return bytes(tiff)
