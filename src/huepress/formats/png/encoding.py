"""Which PNG can hold a picture: checks, and the candidates that a draft chooses from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from huepress.errors import FormatError
from huepress.formats.common import Effort
from huepress.formats.metadata import NOTHING, Metadata, check_rgb_profile
from huepress.formats.png.candidates import (
    Candidate,
    grey_candidates,
    grey_values,
    is_tiny,
    label_candidates,
    palette_candidates,
    placed_candidates,
    truecolor_candidates,
)
from huepress.formats.png.file import MAX_CODES
from huepress.formats.png.plans import Plan
from huepress.formats.png.trials import Draft
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Slots


def draft(
    indexed: IndexedImage,
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    filtered: bool = True,
    threads: int = 0,
) -> Draft:
    """Prepare a palette PNG, or a grey or true-colour one where that is smaller.

    Codes are reordered and unused ones dropped; `encode_slots` leaves all at their places. Row
    filters break the copies that rate-aware labels were chosen for: those want `filtered` to be
    False. A kept ICC profile must be for the colours that are written.
    """
    if len(indexed.codebook) > MAX_CODES:
        raise FormatError(
            f"k={len(indexed.codebook)} exceeds the {MAX_CODES} colours of a PNG palette; "
            "use k ≤ 256, a truecolour PNG, WebP, or an .npz container"
        )
    grey = grey_values(indexed)
    as_palette = True
    if metadata.icc_space == "GRAY":
        if grey is None:
            raise FormatError(
                "a grey ICC profile on a picture that is not grey; convert its colours to sRGB "
                "instead of keeping the profile"
            )
        as_palette = False
    else:
        check_rgb_profile(metadata)
    # A grey PNG may not carry an RGB profile.
    as_grey = not (as_palette and metadata.icc)

    def candidates(plan: Plan) -> Iterator[Candidate]:
        if as_palette:
            yield from palette_candidates(indexed, plan)
        if grey is not None and as_grey:
            yield from grey_candidates(indexed, grey, plan)
        elif as_palette and is_tiny(indexed):
            yield from truecolor_candidates(indexed.decode(), plan)

    return Draft(candidates, effort, metadata, filtered=filtered, threads=threads)


def encode(
    indexed: IndexedImage,
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    filtered: bool = True,
    threads: int = 0,
) -> bytes:
    """Write what `draft` prepares; the bytes are the same for any number of threads.

    Examples
    --------
    >>> from huepress.formats.png import decode
    >>> from huepress.values.codebook import Codebook
    >>> image = IndexedImage(Codebook.from_hex(["#123456", "#abcdef"]), np.eye(5, dtype=np.uint8))
    >>> decode(encode(image)).decode().tolist() == image.decode().tolist()
    True
    """
    return draft(
        indexed,
        effort=effort,
        metadata=metadata,
        filtered=filtered,
        threads=threads,
    ).encode()


def encode_slots(
    slots: Slots,
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    threads: int = 0,
) -> bytes:
    """Write a palette PNG with every entry of a palette at its place.

    Examples
    --------
    >>> from huepress.formats.png import decode_slots
    >>> from huepress.values.palette import Palette
    >>> slots = Slots(Palette.from_hex(["#123", "#fff", "#123"]), np.eye(5, dtype=np.uint8) * 2)
    >>> decode_slots(encode_slots(slots)) == slots
    True
    """
    if len(slots.palette) > MAX_CODES:
        raise FormatError(
            f"a palette of {len(slots.palette)} exceeds the {MAX_CODES} colours of a PNG palette; "
            "use an .npz container"
        )
    check_rgb_profile(metadata)

    def candidates(plan: Plan) -> Iterator[Candidate]:
        return placed_candidates(slots.palette.entries, slots.places, plan.filters)

    return Draft(candidates, effort, metadata, threads=threads).encode()


def encode_truecolor(
    pixels: NDArray[np.uint8],
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    threads: int = 0,
) -> bytes:
    """Write (h, w, 3 or 4) pixels in true colour, for more codes than a palette holds."""
    check_rgb_profile(metadata)
    candidates = partial(truecolor_candidates, pixels)
    return Draft(candidates, effort, metadata, threads=threads).encode()


def encode_labels(
    labels: NDArray[np.uint8] | NDArray[np.uint16],
    *,
    effort: Effort = "default",
    threads: int = 0,
) -> bytes:
    """Write (h, w) labels as they are, as greys of 8 or 16 bits."""
    return Draft(partial(label_candidates, labels), effort, NOTHING, threads=threads).encode()
