"""`SourceFacts`: what is known of where a picture came from."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of a picture's source, for reports and for writers that keep metadata.

    Parameters
    ----------
    format : str
        'PNG', 'JPEG', 'WEBP', 'GIF', 'BMP', 'TIFF', 'AVIF', 'PPM'; 'PIL' or 'array'; of a video its
        codec, as 'H264'.
    mode : str
        The mode as stored, in Pillow's words: 'L', 'P', 'RGB', 'CMYK', 'I;16', ...
    bit_depth : int
        Bits a sample as stored.
    path : Path or None
        The file, when there is one.
    file_bytes : int or None
        Size of the encoded picture in bytes, where there was one.
    icc : bytes or None
        The ICC profile as stored, whether or not the pixels were converted from it.
    exif : bytes or None
        The EXIF block (a TIFF structure, without 'Exif' in front); its orientation reads upright,
        because the pixels are. A TIFF file's own tags are not kept.
    dpi : (float, float) or None
        Horizontal and vertical resolution in dots per inch, as stored.
    mtime : float or None
        The file's modification time, seconds since 1970.
    n_frames, frame : int
        How many frames or pages the source holds, and which of them this is.
    reduced : bool
        Whether deeper samples lost something when they became 8 bits.
    converted : bool
        Whether colours were converted from another space to sRGB.
    warnings : tuple of str
        What was reduced, ignored, or taken though it is damaged: one sentence each.
    """

    format: str = "array"
    mode: str = "RGB"
    bit_depth: int = 8
    path: Path | None = None
    file_bytes: int | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    mtime: float | None = None
    n_frames: int = 1
    frame: int = 0
    reduced: bool = False
    converted: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def exactness(self) -> str:
        """What to call a result that has all pixels as they were read.

        Examples
        --------
        >>> SourceFacts().exactness, SourceFacts(reduced=True).exactness
        ('lossless', 'exact at 8 bits')
        """
        if self.reduced:
            return "exact at 8 bits"
        return "exact in sRGB" if self.converted else "lossless"

    def __str__(self) -> str:
        where = f" {self.path}" if self.path else ""
        which = f", frame {self.frame} of {self.n_frames}" if self.n_frames > 1 else ""
        return f"{self.bit_depth}-bit {self.mode} {self.format}{where}{which}"


def upright_exif(exif: bytes) -> bytes | None:
    r"""Return an EXIF block whose orientation, if it has one, is 1; None where it is broken.

    Only that value changes: maker notes and thumbnails, which refer to byte offsets, stay right.

    Examples
    --------
    >>> sideways = b"\x12\1\3\0\1\0\0\0\6\0\0\0"
    >>> upright_exif(b"Exif\0\0II*\0\x08\0\0\0\1\0" + sideways + bytes(4))[10:20]
    b'\x12\x01\x03\x00\x01\x00\x00\x00\x01\x00'
    """
    block = bytearray(exif.removeprefix(b"Exif\0\0"))
    order = {b"II": "<", b"MM": ">"}.get(bytes(block[:2]))
    if order is None:
        return None
    try:
        (directory,) = struct.unpack_from(f"{order}I", block, 4)
        (n_entries,) = struct.unpack_from(f"{order}H", block, directory)
        for entry in range(directory + 2, directory + 2 + 12 * n_entries, 12):
            tag, kind, count = struct.unpack_from(f"{order}HHI", block, entry)
            if tag == 0x0112 and count == 1:
                struct.pack_into({3: f"{order}H", 4: f"{order}I"}[kind], block, entry + 8, 1)
    except (struct.error, KeyError):
        return None
    return bytes(block)
