"""The pictures of the page: before and after, and where they differ."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import widened
from huepress.common.thumbnails import reduced
from huepress.metrics.diffmap import difference_map
from huepress.pipeline import Result

MOST_PIXELS = 2_000_000
"""Larger pictures are shown reduced, with a window of them as it is."""

WINDOW = (960, 720)
"""Width and height of that window."""

_SIDE = 1000
MEDIA_TYPES = {
    "png": "image/png",
    "png24": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
}
"""Of the formats that browsers show."""


@dataclass(frozen=True, slots=True)
class View:
    """A picture before and after, as files to be laid over each other; before is a lossless WebP.

    `caption` says what part of the picture it is; it is empty for the whole as it is.
    """

    caption: str
    before: bytes
    after: bytes
    after_type: str
    width: int
    height: int


def views(result: Result) -> list[View]:
    """List what the sliders show.

    The whole picture, with the very bytes of the compressed file where browsers know its format. Of
    one larger than `MOST_PIXELS`: the whole picture reduced, and at its own size the window where
    it differs most.
    """
    before, after = result.image.pixels, result.pixels
    height, width = before.shape[:2]
    kind = MEDIA_TYPES.get(result.encoded.format)
    if kind and result.image.n_pixels <= MOST_PIXELS:
        content = result.encoded.files[0][1]
        return [View("", webp(before), content, kind, width, height)]
    return views_of(before, after)


def views_of(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> list[View]:
    """List what sliders show of two pictures, without loss; of large ones as `views` does."""
    height, width = before.shape[:2]
    if width * height <= MOST_PIXELS:
        return [_lossless("", before, after)]
    small = reduced(before, _SIDE)
    factor = max(height, width) // _SIDE
    top, left = _worst_window(before, after)
    window = np.s_[top : top + WINDOW[1], left : left + WINDOW[0]]
    part = before[window]
    return [
        _lossless(f"The whole picture at 1/{factor} of its size", small, reduced(after, _SIDE)),
        _lossless(
            f"Where it differs most, pixel for pixel: {part.shape[1]}×{part.shape[0]} at "
            f"({left}, {top})",
            part,
            after[window],
        ),
    ]


def is_shown_whole(result: Result) -> bool:
    """Tell whether the first view holds the compressed file itself."""
    return result.image.n_pixels <= MOST_PIXELS and result.encoded.format in MEDIA_TYPES


def error_map(result: Result) -> bytes:
    """Draw where the picture differs: a lossy WebP of `difference_map`."""
    return webp(reduced(difference_map(result.image, result.picture), _SIDE), lossless=False)


def data_uri(data: bytes, kind: str) -> str:
    """Write a file of a media type as an address that holds it.

    Examples
    --------
    >>> data_uri(b"abc", "text/plain")
    'data:text/plain;base64,YWJj'
    """
    return f"data:{kind};base64,{b64encode(data).decode()}"


def _lossless(caption: str, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> View:
    height, width = before.shape[:2]
    return View(caption, webp(before), webp(after), "image/webp", width, height)


def _worst_window(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[int, int]:
    """Find the window with the greatest squared error, to a tenth of its size."""
    channels = max(before.shape[2], after.shape[2])
    error = widened(before, channels).astype(np.int32) - widened(after, channels)
    totals = np.zeros((before.shape[0] + 1, before.shape[1] + 1), np.int64)
    totals[1:, 1:] = (error * error).sum(axis=2).cumsum(axis=0).cumsum(axis=1)
    width, height = WINDOW
    tops = range(0, max(before.shape[0] - height, 0) + 1, height // 10)
    lefts = range(0, max(before.shape[1] - width, 0) + 1, width // 10)
    sums = {
        (top, left): int(
            totals[min(top + height, before.shape[0]), min(left + width, before.shape[1])]
            - totals[top, min(left + width, before.shape[1])]
            - totals[min(top + height, before.shape[0]), left]
            + totals[top, left]
        )
        for top in tops
        for left in lefts
    }
    return max(sums, key=lambda place: sums[place])


def webp(pixels: NDArray[np.uint8], *, lossless: bool = True, fast: bool = False) -> bytes:
    """Write a WebP; a fast one is larger."""
    from PIL import Image

    stream = BytesIO()
    how = {"quality": 20, "method": 1} if fast else {"quality": 60}
    Image.fromarray(pixels).save(stream, "WEBP", lossless=lossless, exact=True, **how)
    return stream.getvalue()
