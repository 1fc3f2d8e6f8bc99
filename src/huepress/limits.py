"""Pictures that keep to limits: of bytes, and of the longer side."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from huepress.common.arrays import owned, widened
from huepress.common.checks import one_of, whole
from huepress.errors import OptionError, QualityError
from huepress.options import CompressOptions
from huepress.pipeline import compress
from huepress.values.image import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Fitted", "fit_within"]

LEAST_SCORE = 60.0
"""Below it, a smaller picture shows more than a worse one."""

LEAST_SIDE = 16
"""No picture is made smaller than this to save bytes."""

_STEP = 0.8
_FORMATS = ("png", "webp", "auto")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A picture's file within limits, and what was done for it; ``bytes(fitted)`` is the file.

    Parameters
    ----------
    data : bytes
        The file.
    format : str
        What it is: 'png' or 'webp'; of a file that fitted already, its own.
    width, height : int
        Of the picture in it.
    scale : float
        Its width over the original's.
    score : float
        SSIMULACRA2 of the file against the picture in its own size; 100 where nothing was lost.
    """

    data: bytes
    format: str
    width: int
    height: int
    scale: float
    score: float

    def __bytes__(self) -> bytes:
        return self.data

    def __len__(self) -> int:
        return len(self.data)


def fit_within(
    source: Any,
    *,
    max_bytes: int | None = None,
    max_side: int | None = None,
    format: str = "png",  # noqa: A002  # as in `CompressOptions`
    least_score: float = LEAST_SCORE,
) -> Fitted:
    """Make a file of a picture that takes no more bytes, and has no longer side, than is allowed.

    A file that keeps to both limits already, and is of the format, comes back byte for byte. Else a
    longer side than `max_side` is reduced to it; then few colours are searched for that fit into
    `max_bytes`. Where these would score less than `least_score`, the picture is made smaller by a
    fifth, again and again. Pixels are averaged as light (Pillow's Lanczos filter, on linear values
    premultiplied by alpha), not as levels, which would darken fine lines.

    Parameters
    ----------
    source : path, bytes-like, binary file, array, PIL image or Image
        As `Image.read` takes it.
    max_bytes : int, optional
        Of the file. Without it, the file is that of `compress`.
    max_side : int, optional
        Of the longer side, in pixels.
    format : {'png', 'webp', 'auto'}
        The smaller of both with 'auto'.
    least_score : float
        0 to 100; 0 keeps the size as long as any colours fit.

    Returns
    -------
    Fitted
        The same on every run.

    Raises
    ------
    InputError
        If the source cannot be read.
    OptionError
        If no limit is given, or one is out of its range.
    QualityError
        If the picture does not fit even with its shorter side at 16 pixels.

    Examples
    --------
    >>> noise = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    >>> small = fit_within(noise, max_bytes=3000, max_side=45)
    >>> len(small) <= 3000, small.width <= 45, small.data[1:4]
    (True, True, b'PNG')
    """
    one_of("format", format, _FORMATS)
    if max_bytes is None and max_side is None:
        raise OptionError("nothing limits the picture; give max_bytes or max_side")
    most = None if max_side is None else whole("max_side", max_side, 1)
    # A path is read once, so that what comes back is what was seen.
    given = Path(source).read_bytes() if _is_file(source) else source
    image = Image.read(given)
    is_longer = most is not None and max(image.width, image.height) > most
    options = CompressOptions(
        format=format, target_size=None if max_bytes is None else whole("max_bytes", max_bytes, 1)
    )
    if not is_longer and _is_fitting(given, image, format, max_bytes):
        kind = image.source.format.lower()
        return Fitted(bytes(given), kind, image.width, image.height, 1.0, 100.0)
    picture = image
    if most is not None and is_longer:
        picture = _reduced(image, most / max(image.width, image.height))
    while True:
        made = _made(picture, options, least_score)
        if made is not None:
            return replace(made, scale=made.width / image.width)
        if min(picture.width, picture.height) * _STEP < LEAST_SIDE:
            raise QualityError(
                f"{max_bytes} bytes do not hold this picture, even at {picture.width}×"
                f"{picture.height} pixels; allow more, or a lower least_score"
            )
        picture = _reduced(image, _STEP * picture.width / image.width)


def _is_file(source: Any) -> bool:
    is_path = isinstance(source, (str, os.PathLike)) and str(source) != "-"
    return is_path and Path(source).is_file() and os.access(source, os.R_OK)


def _is_fitting(given: Any, image: Image, name: str, max_bytes: int | None) -> bool:
    """Whether a file can stay as it is."""
    if not isinstance(given, (bytes, bytearray, memoryview)):
        return False
    kinds = ("png", "webp") if name == "auto" else (name,)
    fits = max_bytes is None or len(bytes(given)) <= max_bytes
    return fits and image.source.format.lower() in kinds


def _made(picture: Image, options: CompressOptions, least_score: float) -> Fitted | None:
    """Write a picture; None where too little of it is left, or nothing fits."""
    try:
        result = compress(picture, options)
    except QualityError:
        return None
    score = result.score
    if options.target_size is not None and score < least_score:
        return None
    kind = result.encoded.format
    return Fitted(bytes(result), kind, picture.width, picture.height, 1.0, score)


def _reduced(image: Image, scale: float) -> Image:
    """Scale a picture down by its light, with alpha premultiplied."""
    from PIL import Image as PillowImage

    width, height = (max(1, round(side * scale)) for side in (image.width, image.height))
    rgba = widened(image.pixels, 4)
    alpha = rgba[..., 3].astype(np.float32) / 255
    planes = [_LIGHT[rgba[..., channel]] * alpha for channel in range(3)]
    small = [
        np.asarray(
            PillowImage.fromarray(plane).resize((width, height), PillowImage.Resampling.LANCZOS)
        )
        for plane in (*planes, alpha)
    ]
    share = np.clip(small[3], 0, 1)
    levels = np.empty((height, width, 4), np.uint8)
    levels[..., 3] = np.rint(share * 255)
    for channel, plane in enumerate(small[:3]):
        light = np.divide(plane, share, out=np.zeros_like(plane), where=levels[..., 3] > 0)
        levels[..., channel] = np.searchsorted(_BETWEEN, light)
    levels[levels[..., 3] == 0] = 0
    return Image(owned(levels), image.source)


def _light(levels: NDArray[Any]) -> NDArray[np.float32]:
    """Turn levels of sRGB into light, from 0 to 1."""
    shares = levels / 255
    low, high = shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4
    light: NDArray[np.float32] = np.where(shares <= 0.04045, low, high).astype(np.float32)
    return light


_LIGHT = _light(np.arange(256.0))
_BETWEEN = _light(np.arange(255) + 0.5)
"""The light between two levels: what is above is rounded up."""
