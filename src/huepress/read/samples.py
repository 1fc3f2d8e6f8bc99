"""`Samples`, a picture as its file stores it, and the way from there to sRGB bytes, upright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from huepress.errors import InputError
from huepress.read.icc import naive_cmyk, read_profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    import PIL.Image
    from numpy.typing import NDArray

    from huepress.read.icc import Convert

# The mode to which Pillow converts each of its modes before the samples are read.
_PLAIN_MODES = {
    "1": "L",
    "L": "L",
    "LA": "LA",
    "La": "LA",
    "RGB": "RGB",
    "RGBX": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
    "LAB": "RGB",
    "RGBA": "RGBA",
    "RGBa": "RGBA",
    "PA": "RGBA",
    "CMYK": "CMYK",
    "I": "I",
    "F": "F",
    "I;16": "I;16",
    "I;16L": "I;16",
    "I;16B": "I;16",
    "I;16N": "I;16",
}

# Samples of a strip of rows: temporary arrays stay as small as this.
STRIP = 1 << 20


@dataclass(frozen=True, slots=True)
class Samples:
    """A loaded Pillow picture, and what its mode does not say about the samples.

    It may still have to be turned upright. `low` holds the low bytes of 16-bit colour samples, of
    which Pillow keeps the high ones. `key` is the one transparent colour, in the samples' own
    depth. `grey_alpha` says that the four bytes of an RGBA picture are two 16-bit samples, grey and
    alpha.
    """

    picture: PIL.Image.Image
    low: PIL.Image.Image | None = None
    key: int | tuple[int, ...] | None = None
    grey_alpha: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.picture.size

    @property
    def white(self) -> int:
        """The 16-bit sample that means 1.0."""
        return 65535

    @property
    def plain_mode(self) -> str | None:
        """'L', 'LA', 'RGB', 'RGBA', 'CMYK', 'I', 'I;16', 'F'; None for what cannot be read."""
        picture = self.picture
        if picture.mode == "P":
            return "RGBA" if picture.has_transparency_data else "RGB"
        return _PLAIN_MODES.get(picture.mode)

    @property
    def space(self) -> str:
        """The colour space of the samples: 'GRAY', 'RGB' or 'CMYK'."""
        if self.plain_mode == "CMYK":
            return "CMYK"
        return "RGB" if self.plain_mode in ("RGB", "RGBA") and not self.grey_alpha else "GRAY"

    @property
    def has_alpha(self) -> bool:
        """Whether the samples, or a key among them, say what is transparent."""
        return self.plain_mode in ("LA", "RGBA") or self.key is not None

    def strips(self) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Yield (rows, samples) from top to bottom; samples are (n, w, channels), alpha last.

        uint8, uint16, or float in [0, 1]; a key has become an alpha channel.
        """
        height = self.picture.height
        step = max(1, STRIP // self.picture.width)
        for top in range(0, height, step):
            rows = slice(top, min(top + step, height))
            samples = self._rows(rows)
            if self.key is not None:
                opaque = np.iinfo(samples.dtype).max * (samples != self.key).any(axis=2)
                samples = np.concatenate(
                    [samples, opaque[..., np.newaxis].astype(samples.dtype)], axis=2
                )
            yield rows, samples

    def _rows(self, rows: slice) -> NDArray[Any]:
        strip = self.picture.crop((0, rows.start, self.picture.width, rows.stop))
        mode = self.plain_mode
        if mode == "I;16":
            return np.asarray(strip).astype(np.uint16)[..., np.newaxis]
        if mode == "I":
            return np.asarray(strip).astype(np.uint16)[..., np.newaxis]
        samples = np.asarray(strip if strip.mode == mode else strip.convert(mode))
        if samples.ndim == 2:
            samples = samples[..., np.newaxis]
        if self.grey_alpha:
            return samples.view(">u2").astype(np.uint16)
        if self.low is not None:
            low = np.asarray(self.low.crop((0, rows.start, self.low.width, rows.stop)))
            samples = samples.astype(np.uint16) << 8 | low
        return samples


@dataclass(frozen=True, slots=True)
class PlaneSamples:
    """All samples of a picture as an (h, w, channels) array, colours first, and what they mean.

    They are uint8, uint16, or float in [0, 1]; `white` is the integer that means 1.0. `inverted`
    colours count from white, `premultiplied` ones are multiplied by alpha.
    """

    planes: NDArray[Any]
    space: str
    has_alpha: bool = False
    white: int = 65535
    inverted: bool = False
    premultiplied: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.planes.shape[1], self.planes.shape[0]

    def strips(self) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Yield (rows, samples) from top to bottom, as `Samples` does."""
        for rows in _strips_of(self.planes):
            samples = self.planes[rows].copy()
            n_colors = samples.shape[2] - self.has_alpha
            colors = samples[..., :n_colors]
            if self.inverted:
                colors[:] = (1 if samples.dtype.kind == "f" else self.white) - colors
            if self.premultiplied:
                colors[:] = _divided(colors, samples[..., n_colors:], self.white)
            yield rows, samples


class Decoded(NamedTuple):
    """Upright (h, w, 3 or 4) pixels, and what was done to the samples to get them.

    `icc` is the profile that the pixels are left in, `rounding` what their depth lost.
    """

    pixels: NDArray[np.uint8]
    icc: bytes | None
    converted: bool
    rounding: Rounding


class Rounding:
    """Whether rounding samples to 8 bits loses something, found out strip by strip."""

    def __init__(self) -> None:
        self.is_lossy = False
        self.largest = 0

    def add(self, samples: NDArray[Any], levels: NDArray[np.uint8], white: int = 65535) -> None:
        """Compare samples, of which `white` means 1.0, with the levels that they became."""
        kind, width = samples.dtype.kind, samples.dtype.itemsize
        if kind == "u" and width == 2:
            self.largest = max(self.largest, int(samples.max()))
        if width == 1:
            return
        for rows in _strips_of(samples):
            if self.is_lossy:
                return
            if kind == "f":  # tolerant, because n/255 is rounded itself in float16
                error = samples[rows].astype(np.float64) * 255 - levels[rows]
                self.is_lossy = bool(np.abs(error).max() > 0.07)
            else:
                back = (levels[rows].astype(np.uint32) * white + 127) // 255
                self.is_lossy = not np.array_equal(back, samples[rows])


def depth_warnings(
    depth: int, largest: int = 0, white: int = 65535, significant: int = 0
) -> list[str]:
    r"""Say that depth was lost, and what samples that stay far below white may mean.

    `largest` of the samples is 0 where it is not known, `significant` bits where the file states
    none.

    Examples
    --------
    >>> print(*depth_warnings(16, largest=4000), sep="\n")
    16 bits a sample are reduced to 8, and what lies between the 256 levels is lost
    its largest sample is 4,000 of 65,535, very dark: if these are 12 bits, scale them up by 16
    """
    found = [
        f"{depth} bits a sample are reduced to 8, and what lies between the 256 levels is lost"
    ]
    bits = max(largest.bit_length(), significant)
    if largest and bits < white.bit_length() - 1:
        found.append(
            f"its largest sample is {largest:,} of {white:,}, very dark: if these are {bits} bits, "
            f"scale them up by {1 << white.bit_length() - bits}"
        )
    return found


def decode(
    samples: Samples | PlaneSamples,
    profile: bytes | None,
    orientation: int,
    convert_icc: bool,
    warnings: list[str],
    name: str,
) -> Decoded:
    """Turn samples into upright (h, w, 3 or 4) sRGB bytes.

    `orientation` is EXIF's, 1 to 8. Without `convert_icc`, RGB samples stay in their profile; those
    in other spaces are always converted. `warnings` gets a sentence if the profile is of no use.
    """
    width, height = samples.size
    size = (width, height) if orientation > 4 else (height, width)
    pixels = np.empty((*size, 4 if samples.has_alpha else 3), np.uint8)
    stored = as_stored(pixels, orientation)
    space = samples.space
    found = read_profile(profile, space, warnings) if profile else None
    kept = profile if found and found.space == space == "RGB" and not convert_icc else None
    convert = found.convert if found and not kept else None
    if found is None and space == "CMYK":
        convert = naive_cmyk
    rounding = Rounding()
    for rows, strip in samples.strips():
        levels = quantized(strip, name, samples.white)
        rounding.add(strip, levels, samples.white)
        if samples.has_alpha:
            stored[rows, :, 3] = levels[..., -1]
            levels, strip = levels[..., :-1], strip[..., :-1]
        if convert:
            if found and found.space == "RGB" and space == "GRAY":
                levels, strip = (np.repeat(grey, 3, axis=2) for grey in (levels, strip))
            deep = strip.dtype.itemsize > 1
            levels = _converted(strip, samples.white, convert) if deep else convert(levels)
        stored[rows, :, :3] = levels
    pixels.setflags(write=False)
    return Decoded(pixels, kept, convert is not None, rounding)


def _converted(samples: NDArray[Any], white: int, convert: Convert) -> NDArray[np.uint8]:
    """Convert deep samples by a conversion of bytes, interpolated between its levels.

    If they were rounded to bytes first, the darks of a linear profile would come in steps of 13.
    """
    if samples.dtype.kind == "f":
        samples, white = (samples.astype(np.float64) * 65535 + 0.5).astype(np.uint16), 65535
    below, rest = np.divmod(samples.astype(np.int64) * 255, white)
    levels = below.astype(np.uint8)
    first = convert(levels).astype(np.int64)
    total = first * white
    for channel in range(samples.shape[2]):
        above = levels.copy()
        above[..., channel] = np.minimum(below[..., channel] + 1, 255)
        total += rest[..., channel, np.newaxis] * (convert(above) - first)
    return np.clip((total + white // 2) // white, 0, 255).astype(np.uint8)


def quantized(samples: NDArray[Any], name: str, white: int = 65535) -> NDArray[np.uint8]:
    """Round samples to the nearest of 256 levels, halves up; uint8 is returned as it is.

    Samples are uint8, bool, uint16 of which `white` is 1.0, or floats in [0, 1]; others are
    refused.

    Examples
    --------
    >>> quantized(np.uint16([128, 129, 65535]), "greys")
    array([  0,   1, 255], dtype=uint8)
    """
    kind, width = samples.dtype.kind, samples.dtype.itemsize
    if kind == "u" and width == 1:
        return samples
    if kind != "f" and kind != "b" and (kind, width) != ("u", 2):
        raise InputError(
            f"{name} holds {samples.dtype}; give uint8, uint16, bool, or floats in [0, 1] "
            "(levels from 0 to 255: .astype(np.uint8))"
        )
    levels = np.empty(samples.shape, np.uint8)
    for rows in _strips_of(samples):
        if kind == "b":
            levels[rows] = samples[rows] * np.uint8(255)
        elif kind == "u":
            levels[rows] = (samples[rows].astype(np.uint32) * 255 + white // 2) // white
        else:
            _check_range(samples[rows], name)
            levels[rows] = samples[rows].astype(np.float64) * 255 + 0.5
    return levels


def _strips_of(samples: NDArray[Any]) -> Iterator[slice]:
    """Yield the rows of strips that are as small as those of `Samples`."""
    step = max(1, STRIP * len(samples) // samples.size)
    return (slice(top, top + step) for top in range(0, len(samples), step))


def _check_range(floats: NDArray[Any], name: str) -> None:
    lowest, highest = floats.min(), floats.max()
    if np.isnan(lowest):
        raise InputError(
            f"{name} holds NaN, and a level must be in [0, 1]; replace it, as with np.nan_to_num"
        )
    if lowest < 0 or highest > 1:
        wrong = lowest if lowest < 0 else highest
        remedy = (
            "divide by 255, or cast to uint8"
            if lowest >= 0 and highest <= 255
            else "rescale, or clip with np.clip(array, 0, 1)"
        )
        raise InputError(f"{name} holds the float {wrong:g}, outside [0, 1]; {remedy}")


def _divided(colors: NDArray[Any], alpha: NDArray[Any], white: int) -> NDArray[Any]:
    """Divide colours by their alpha, integers rounded halves up; 65535² fits uint32."""
    if colors.dtype.kind == "f":
        return np.minimum(colors / np.where(alpha > 0, alpha, 1), 1)
    divisor = np.maximum(alpha, 1).astype(np.uint32)
    divided: NDArray[np.uint32] = np.minimum(colors, alpha) * np.uint32(white) + divisor // 2
    np.floor_divide(divided, divisor, out=divided)
    return divided


def as_stored(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """View an upright picture as it lies in the file, so that filling the view turns it."""
    if orientation in (2, 3):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4):
        pixels = pixels[::-1]
    if orientation in (6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (7, 8):
        pixels = pixels[::-1]
    return pixels.swapaxes(0, 1) if orientation > 4 else pixels


def upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return a stored (h, w, ...) picture upright, in an array of its own."""
    height, width = pixels.shape[:2]
    size = (width, height) if orientation > 4 else (height, width)
    turned = np.empty((*size, *pixels.shape[2:]), np.uint8)
    as_stored(turned, orientation)[:] = pixels
    return turned
