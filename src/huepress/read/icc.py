"""ICC profiles: what converts a picture's own colours to sRGB."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import PIL.Image
    import PIL.ImageCms
    from numpy.typing import NDArray

    Convert = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]

# Profiles that mean sRGB, from Little CMS's to HP's and curves of 26 points, differ from it by one
# level; the nearest that mean something else by more: plain gamma 2.2 by 9, Rec. 709 by 16.
SRGB_TOLERANCE = 2


@dataclass(frozen=True, slots=True)
class Profile:
    """A usable profile: its space, 'GRAY', 'RGB' or 'CMYK', and how its samples become sRGB.

    `convert` takes (h, w, channels) samples and returns (h, w, 3) sRGB, both uint8. It is None
    where the samples are sRGB, within `SRGB_TOLERANCE`.
    """

    space: str
    convert: Convert | None


def read_profile(data: bytes, space: str, warnings: list[str]) -> Profile | None:
    """Return a profile that converts samples to sRGB, or None and a warning.

    Relative colorimetric with black point compensation: colours that sRGB has stay what they are,
    black stays black. A profile is of no use if it is broken, or made for another space than that
    of the samples; but greys may come with an RGB profile, whose greys they are.
    """
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(data))
        wanted = profile.profile.xcolor_space.strip()
        if wanted != space and (space, wanted) != ("GRAY", "RGB"):
            raise ImageCms.PyCMSError(f"it is made for {wanted}, the picture is {space}")
        # Little CMS resamples what it cannot simplify: the default grid is too coarse for a steep
        # grey curve (9 levels off in the dark), and 256 greys need none.
        accuracy = ImageCms.Flags.NOOPTIMIZE if wanted == "GRAY" else ImageCms.Flags.HIGHRESPRECALC
        transform = ImageCms.buildTransform(
            profile,
            ImageCms.createProfile("sRGB"),
            {"GRAY": "L"}.get(wanted, wanted),
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION | accuracy,
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError) as error:
        warnings.append(f"its ICC profile is ignored: {error}")
        return None
    convert = _converter(transform, wanted)
    is_srgb = wanted != "CMYK" and _is_srgb(convert, wanted)
    return Profile(wanted, None if is_srgb else convert)


def naive_cmyk(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert (h, w, 4) CMYK without a profile, as Pillow does: R = (255 − C)(255 − K)/255."""
    return np.asarray(_picture(samples, "CMYK").convert("RGB"))


def _converter(transform: PIL.ImageCms.ImageCmsTransform, space: str) -> Convert:
    if space == "GRAY":
        greys = np.arange(256, dtype=np.uint8)[np.newaxis]
        table = np.asarray(transform.apply(_picture(greys, "L")))[0]
        return lambda samples: np.take(table, samples[..., 0], axis=0)
    return lambda samples: np.asarray(transform.apply(_picture(samples, space)))


def _picture(samples: NDArray[np.uint8], mode: str) -> PIL.Image.Image:
    from PIL import Image

    height, width = samples.shape[:2]
    return Image.frombytes(mode, (width, height), np.ascontiguousarray(samples).tobytes())


def _is_srgb(convert: Convert, space: str) -> bool:
    """Whether a conversion to sRGB leaves a lattice of colours, and all greys, as they are."""
    greys = np.arange(256, dtype=np.uint8)
    if space == "GRAY":
        before = greys[np.newaxis, :, np.newaxis]
    else:
        lattice = np.stack(np.meshgrid(*[greys[::15]] * 3), axis=-1).reshape(-1, 3)
        before = np.concatenate([lattice, np.stack([greys] * 3, axis=-1)])[np.newaxis]
    difference = convert(before).astype(np.int16) - before
    return bool(np.abs(difference).max() <= SRGB_TOLERANCE)
