"""Pictures of Pillow in, palette pictures of Pillow out: in the place of `Image.quantize`.

>>> from PIL import Image
>>> from huepress.pillow import quantize
>>> small = quantize(Image.linear_gradient("L"), 16)
>>> small.mode, small.size, len(small.getcolors())
('P', (256, 256), 16)
"""

from __future__ import annotations

import numpy as np
from PIL import Image as PillowImage

from huepress.colorspace import Space
from huepress.common.checks import instance, whole
from huepress.common.choices import Dither
from huepress.errors import FormatError, OptionError
from huepress.options import CompressOptions
from huepress.pipeline.indexing import indexed
from huepress.values.codebook import Codebook
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette, Slots

__all__ = ["quantize", "to_pillow"]

MAX_ENTRIES = 256
"""Of a picture of mode P."""

_DITHERS: dict[int, Dither] = {
    PillowImage.Dither.NONE: "none",
    PillowImage.Dither.ORDERED: "ordered",
    PillowImage.Dither.FLOYDSTEINBERG: "diffusion",
}

_OF_THE_PIXELS = ("transparency", "icc_profile")
"""What Pillow's `info` says of the samples: made anew for the palette."""


def quantize(
    im: PillowImage.Image,
    colors: int = 256,
    method: int | None = None,
    kmeans: int = 0,
    palette: PillowImage.Image | Codebook | Palette | None = None,
    dither: int | None = None,
    *,
    space: Space = "oklab",
    threads: int = 0,
) -> PillowImage.Image:
    """Describe a picture by few colours, as `PIL.Image.Image.quantize` does.

    The parameters are Pillow's, and stand in its order. Colours may be half transparent, at any
    number of them. The size, the orientation and what else `im.info` says stay as they are. A
    picture of RGB or of a palette keeps its ICC profile, and its levels are not converted; those of
    the other modes (grey, CMYK, LAB) become sRGB.

    Parameters
    ----------
    im : PIL.Image.Image
        Of mode 1, L, LA, P, PA, RGB, RGBA, RGBX, CMYK, YCbCr, HSV, LAB, or I;16, whose samples are
        rounded to 8 bits. Of several frames, the one that it shows.
    colors : int
        Most colours, 1 to 256; a palette that is given is used whole.
    method : PIL.Image.Quantize, optional
        Taken for Pillow's sake, and without effect: its four methods are ways to find colours, and
        here is one for every mode, exact k-means.
    kmeans : int
        Taken for Pillow's sake, and without effect: the colours are k-means's, run to its end.
    palette : PIL.Image.Image of mode P, Codebook or Palette, optional
        Colours to use as they are, each entry at its place.
    dither : PIL.Image.Dither, optional
        FLOYDSTEINBERG, ORDERED or NONE. Where it is not given, as in Pillow: FLOYDSTEINBERG with a
        palette, and NONE without.
    space : {'oklab', 'srgb', 'linear'}
        Where colours are compared.
    threads : int
        0 for one a core; the result is the same for any number.

    Returns
    -------
    PIL.Image.Image
        Of mode P. Its palette has the entries that are used, or all of those given. One clear entry
        is named by ``info["transparency"]``, other alphas are its bytes, as when Pillow has opened
        a PNG: saved as PNG or lossless WebP, the colours are exact.

    Raises
    ------
    OptionError
        If an argument is out of its range, or a palette is none.
    InputError
        If the mode does not say what white is (I and F beyond [0, 1]): convert it first.
    FormatError
        If there are clear pixels, and no place in a palette for a clear entry.

    Examples
    --------
    >>> glow = PillowImage.merge("RGBA", [PillowImage.linear_gradient("L")] * 4)
    >>> small = quantize(glow, 8)
    >>> small.mode, len(small.info["transparency"]), small.convert("RGBA").getpixel((0, 255))
    ('P', 8, (255, 255, 255, 255))
    """
    instance("im", im, PillowImage.Image)
    whole("colors", colors, 1, MAX_ENTRIES)
    whole("kmeans", kmeans, 0)
    if method is not None:
        whole("method", method, 0, max(PillowImage.Quantize))
    if dither is None:
        dither = PillowImage.Dither.NONE if palette is None else PillowImage.Dither.FLOYDSTEINBERG
    if dither not in _DITHERS:
        raise OptionError(
            f"dither {dither!r} is unknown; use NONE, ORDERED or FLOYDSTEINBERG of PIL.Image.Dither"
        )
    image = _read(im)
    options = CompressOptions(
        k=colors if palette is None else None,
        palette=None if palette is None else _entries(palette),
        dither=_DITHERS[dither],
        space=space,
        threads=threads,
    )
    small = to_pillow(indexed(image, options))
    kept = {name: fact for name, fact in im.info.items() if name not in _OF_THE_PIXELS}
    if image.icc is not None:
        kept["icc_profile"] = image.icc
    small.info = kept | small.info
    return small


def to_pillow(picture: IndexedImage | Slots) -> PillowImage.Image:
    r"""Make a palette picture of Pillow, each code or entry at its place.

    Parameters
    ----------
    picture : IndexedImage or Slots
        As in ``compress(...).indexed``. `Image.read` is the way back: with ``keep_palette=True``
        its `slots` are the entries and their places.

    Returns
    -------
    PIL.Image.Image
        Of mode P, with transparency as `quantize` says.

    Raises
    ------
    FormatError
        If there are more than 256 colours.

    Examples
    --------
    >>> labels = np.array([[0, 1]])
    >>> glow = to_pillow(IndexedImage(Codebook.from_hex(["#f80", "#0000ff80"]), labels))
    >>> glow.convert("RGBA").getpixel((1, 0)), glow.info
    ((0, 0, 255, 128), {'transparency': b'\xff\x80'})
    """
    if isinstance(picture, Slots):
        entries, places = picture.palette.entries, picture.places
    else:
        instance("picture", picture, IndexedImage)
        entries, places = picture.codebook.rgba, picture.labels
    if len(entries) > MAX_ENTRIES:
        raise FormatError(
            f"{len(entries)} colours exceed the {MAX_ENTRIES} of Pillow's mode P; use fewer, or "
            "PIL.Image.fromarray(picture.decode())"
        )
    height, width = places.shape
    made = PillowImage.frombytes("P", (width, height), places.astype(np.uint8).tobytes())
    made.putpalette(entries[:, :3].tobytes())
    clear = np.flatnonzero(entries[:, 3] != 255)
    if len(clear) == 1 and entries[clear[0], 3] == 0:
        made.info["transparency"] = int(clear[0])  # which GIF takes as well
    elif len(clear):
        made.info["transparency"] = entries[: clear[-1] + 1, 3].tobytes()
    return made


def _read(im: PillowImage.Image) -> Image:
    """Read samples as they lie: not turned, and those of RGB in their own profile."""
    plain = im.copy()  # of the frame that is shown, and of no format
    plain.info = {name: im.info[name] for name in _OF_THE_PIXELS if name in im.info}
    return Image.read(plain, convert_icc=False, max_pixels=None)


def _entries(palette: PillowImage.Image | Codebook | Palette) -> Palette:
    if isinstance(palette, (Codebook, Palette)):
        return Palette.of(palette)
    instance("palette", palette, PillowImage.Image)
    slots = Image.read(palette.copy(), keep_palette=True, convert_icc=False).slots
    if slots is None:
        raise OptionError(
            f"the palette is a picture of mode {palette.mode}; give one of mode P, as quantize "
            "returns, a Codebook or a Palette"
        )
    return slots.palette
