"""`Image`: a picture in memory, and the one way in, `Image.read`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from huepress.common.arrays import as_array, frozen
from huepress.common.by_content import ByContent
from huepress.errors import InputError
from huepress.read.facts import SourceFacts
from huepress.read.opening import DEFAULT_MAX_PIXELS
from huepress.read.sources import read_pixels
from huepress.values.palette import Palette, Slots

if TYPE_CHECKING:
    from typing import Any, Self

    from numpy.typing import DTypeLike, NDArray

    from huepress.read.sources import Source

__all__ = ["Image", "SourceFacts"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Image(ByContent):
    """A picture: sRGB bytes with straight alpha, and where they came from.

    `Image.read` makes one from anything that holds a picture; the constructor takes pixels that are
    ready. An image never changes, and nobody else can change its pixels: an array that its owner
    could still write to is copied. Two images are equal, and hash alike, when pixels, profile and
    slots are, wherever they came from; ``numpy.asarray(image)`` is `pixels`.

    Parameters
    ----------
    pixels : (h, w, 3 or 4) uint8 array
        Red, green, blue and, where some pixel is not opaque, alpha. Not premultiplied. A fourth
        channel that is 255 everywhere says nothing and is dropped.
    source : SourceFacts, optional
        Format, stored mode, EXIF and so on.
    icc : bytes, optional
        The profile that the pixels are in, when it was kept on request; None is sRGB.
    slots : Slots, optional
        The palette that the file had and the entry of each pixel, when they were kept on request.
        Pixels that other frames of a GIF painted have any entry.

    Raises
    ------
    InputError
        The pixels have another dtype or shape, or there are none.

    Examples
    --------
    >>> import numpy as np
    >>> image = Image(np.full((2, 3, 4), 255, np.uint8))
    >>> image.height, image.width, image.channels, image.has_alpha
    (2, 3, 3, False)
    """

    pixels: NDArray[np.uint8]
    source: SourceFacts = field(default_factory=SourceFacts, compare=False)
    icc: bytes | None = None
    slots: Slots | None = None

    def __post_init__(self) -> None:
        pixels = self.pixels
        if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
            kind = getattr(pixels, "dtype", type(pixels).__name__)
            raise InputError(
                f"pixels are {kind}, but an Image holds uint8; use Image.read, which converts"
            )
        if pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
            raise InputError(
                f"pixels have shape {pixels.shape}, but an Image holds (height, width, 3 or 4); "
                "use Image.read, which widens grey pictures"
            )
        if pixels.size == 0:
            raise InputError(
                f"pixels have shape {pixels.shape}, which holds no pixel; give at least 1×1"
            )
        if pixels.shape[2] == 4 and pixels[..., 3].min() == 255:
            pixels = pixels[..., :3]
        if self.slots is not None and self.slots.places.shape != pixels.shape[:2]:
            raise InputError(
                f"a palette's places have shape {self.slots.places.shape}, but the pixels are "
                f"{pixels.shape[:2]}; give one place a pixel"
            )
        object.__setattr__(self, "pixels", frozen(pixels, np.uint8))

    @classmethod
    def read(
        cls,
        source: Source | Image,
        *,
        frame: int | None = None,
        max_pixels: int | None = DEFAULT_MAX_PIXELS,
        convert_icc: bool = True,
        lenient: bool = False,
        keep_palette: bool = False,
    ) -> Self:
        """Read a picture from a file, standard input, bytes, an array or a Pillow image.

        Files may be PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or PPM (PBM, PGM, PFM), recognized by
        content. Grey, palette and CMYK pictures are widened to RGB, transparency becomes alpha, 16
        bits a sample are rounded to the nearest of 8, and the EXIF orientation is carried out.

        An ICC profile is converted to sRGB, relative colorimetric with black point compensation; a
        profile that is sRGB within two levels leaves the pixels untouched. Colours that a PNG
        states by cICP, cHRM and gAMA, and an AVIF by nclx, are converted likewise. What counts
        first is, as in the PNG specification, cICP, then a profile, then sRGB, then cHRM and gAMA.
        CMYK without a profile is converted as R = (255 − C)(255 − K)/255.

        What is lost or ignored is listed in `source.warnings`, and for a file logged too: depth
        beyond 8 bits, HDR colours (PQ, HLG), a broken profile, a chunk in the wrong place.

        Parameters
        ----------
        source : str, path, bytes-like, binary file, array, PIL.Image.Image or Image
            ``'-'`` reads standard input. An array is h×w, or h×w×1, 2, 3 or 4 (grey, grey + alpha,
            RGB, RGBA), of uint8, uint16 (65535 is white), bool, or floats in [0, 1], which are
            rounded to the nearest level, halves up. An Image is returned as it is.
        frame : int, optional
            Which frame or page of several to read, from 0. Without it, a picture that has several
            is refused.
        max_pixels : int, optional
            Largest width × height to decode, checked in the header before any memory is taken.
            None: no limit.
        convert_icc : bool
            False leaves the pixels of an RGB picture in its own profile, which `icc` then holds.
        lenient : bool
            Take a damaged PNG, a JPEG that ends too early, or a fax in a TIFF with wrong code
            words, for what can be made of it; the warnings say so.
        keep_palette : bool
            Keep the palette that the file has, and the entry of each pixel, as `slots`.

        Returns
        -------
        Image
            Reading holds about 8 bytes a pixel at a time, 11 with 16 bits a sample, of which the
            result is 3 or 4; a WebP's decoder takes it to 16, an animated GIF to 12.

        Raises
        ------
        InputError
            The source is missing, unreadable, damaged, incomplete, not a picture, animated, or
            past the limit. A picture is never returned in part, unless `lenient`.

        Examples
        --------
        >>> import numpy as np
        >>> Image.read(np.array([[0.0, 0.5], [1.0, 1.0]])).pixels[..., 0]
        array([[  0, 128],
               [255, 255]], dtype=uint8)
        """
        if isinstance(source, cls):
            return source
        if isinstance(source, Image):
            return cls(source.pixels, source.source, source.icc, source.slots)
        pixels, facts, icc, palette = read_pixels(
            source,
            frame=frame,
            max_pixels=max_pixels,
            convert_icc=convert_icc,
            lenient=lenient,
            keep_palette=keep_palette,
        )
        slots = None if palette is None else Slots(Palette(palette.entries), palette.places)
        return cls(pixels, facts, icc, slots)

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.pixels.shape[1])

    @property
    def channels(self) -> int:
        """3 or, with alpha, 4."""
        return int(self.pixels.shape[2])

    @property
    def has_alpha(self) -> bool:
        """Whether some pixel is not opaque."""
        return self.channels == 4

    @property
    def n_pixels(self) -> int:
        """Height × width."""
        return self.height * self.width

    def _repr_png_(self) -> bytes:
        from huepress.common import notebook

        return notebook.picture_png(self.pixels)

    def _repr_html_(self) -> str:
        from huepress.common import humanize, notebook

        facts = [f"{self.width}×{self.height} {'RGBA' if self.has_alpha else 'RGB'}"]
        if self.source.file_bytes is not None:
            facts += [self.source.format, humanize.size(self.source.file_bytes)]
        return notebook.figure(notebook.picture(self.pixels), notebook.line(*facts))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return as_array(self.pixels, dtype, copy)

    def __repr__(self) -> str:
        mode = "RGBA" if self.has_alpha else "RGB"
        return f"<Image {self.width}×{self.height} {mode}, from {self.source}>"
