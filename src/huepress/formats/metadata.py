"""What a file says about a picture besides its pixels, and is to be kept."""

from __future__ import annotations

import math
from dataclasses import dataclass

from huepress.errors import FormatError
from huepress.read.facts import upright_exif


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
            upright = upright_exif(self.exif)
            if upright is None:
                raise FormatError(
                    f"EXIF data of {len(self.exif)} bytes is damaged or cut short: do not keep it"
                )
            object.__setattr__(self, "exif", upright)
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
        """The colour space of the profile's device side: ``RGB``, ``GRAY``, ``CMYK``, ..."""
        return None if self.icc is None else self.icc[16:20].decode("latin-1").strip()


NOTHING = Metadata()
"""Keeps nothing."""


def check_rgb_profile(metadata: Metadata) -> None:
    """Refuse to keep an ICC profile that is not for the RGB that is written."""
    if metadata.icc_space not in (None, "RGB"):
        raise FormatError(
            f"an ICC profile for {metadata.icc_space} on a picture in RGB; "
            "convert its colours to sRGB instead of keeping the profile"
        )
