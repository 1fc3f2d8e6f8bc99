"""PNG: a palette, greys, or true colour, each written in several ways, of which the least is kept.

The pixels go through oxipng one candidate at a time, with its own reductions off: then each call
has one possible outcome, and the file is the same for any number of threads. (The Python binding
cannot limit its threads, and it holds the interpreter's lock while it runs.) Only filters that
count in integers are used; oxipng's entropy filters use the system's logarithm, whose last bit
differs between systems.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress import ordering
from huepress.errors import FormatError
from huepress.formats.common import DAMAGED, Effort, check_pixels, from_palette, from_pixels
from huepress.formats.metadata import NOTHING, Metadata
from huepress.indexed import IndexedImage
from huepress.palette import Palette, Slots

if TYPE_CHECKING:
    import oxipng

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CODES = 256
GREY, PALETTE = 0, 3
"""Colour types of the header."""

_QUICK_LEVEL = 7
_SMALL = 1 << 13  # bytes: all that is tried is written at the final level, too
_SAMPLED_BYTES, _SAMPLED_BANDS = 1 << 19, 8

Order = Callable[[IndexedImage], NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What an effort tries at a quick level of deflate, before the most promising at the final.

    Each order of the palette comes with the filters that are tried first, and those that follow
    only if one of the first comes near to no filter. The best of each kind (depth, and whether
    filtered) go on, unless they are behind the best of all.
    """

    orders: tuple[tuple[Order, tuple[str, ...], tuple[str, ...]], ...]
    truecolor: tuple[str, ...]
    trial_level: int
    final_level: int
    finalists: int
    patience: float
    slack: float


# Unfiltered, the order of the palette hardly matters (frequent codes first gain up to 3 % on
# drawings, paths 1 %: not worth a second trial of rate-aware labels); filters pay off only where
# touching codes have close labels.
_PLANS: dict[Effort, _Plan] = {
    "fast": _Plan(
        ((ordering.popularity, ("NoOp",), ()), (ordering.co_occurrence, ("MinSum",), ())),
        ("NoOp", "MinSum"),
        trial_level=5,
        final_level=10,
        finalists=1,
        patience=1.05,
        slack=0.04,
    ),
    "default": _Plan(
        (
            (ordering.popularity, ("NoOp",), ()),
            (ordering.co_occurrence, ("MinSum",), ("Sub", "Up", "Paeth", "Bigrams")),
            (ordering.path, ("Bigrams",), ("NoOp",)),
        ),
        ("NoOp", "Sub", "Paeth", "MinSum", "Bigrams"),
        trial_level=9,
        final_level=12,
        finalists=1,
        patience=1.05,
        slack=0.04,
    ),
    "best": _Plan(
        (
            (ordering.popularity, ("NoOp",), ()),
            (ordering.luminance, ("NoOp", "Paeth", "MinSum"), ()),
            (
                ordering.co_occurrence,
                ("NoOp", "Sub", "Up", "Average", "Paeth", "MinSum", "Bigrams", "Brute"),
                (),
            ),
            (ordering.path, ("Up", "Paeth", "MinSum", "Bigrams", "Brute"), ()),
        ),
        ("NoOp", "Sub", "Up", "Average", "Paeth", "MinSum", "Bigrams", "Brute"),
        trial_level=10,
        final_level=12,
        finalists=2,
        patience=2.0,
        slack=0.2,
    ),
}


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way to write the picture: packed samples, what they mean, and one row filter."""

    data: bytes
    size: tuple[int, int]
    depth: int
    color_type: oxipng.ColorType
    filter: str
    first: bool = True
    """Whether it is tried at all events."""

    @property
    def unfiltered(self) -> bool:
        return self.filter == "NoOp"

    @property
    def still_won(self) -> float:
        """What the final level makes of the quick one's bytes, against packed samples."""
        # means over drawings, art and photographs
        return 1.0 if self.depth < 8 else 0.96 if self.unfiltered else 0.98

    def promise(self, level: int) -> float:
        """Bytes after the final level, by a quick one; of a large picture, by bands of its rows."""
        width, height = self.size
        rows = -(-_SAMPLED_BYTES * height // (_SAMPLED_BANDS * len(self.data)))
        if 2 * _SAMPLED_BANDS * rows > height:
            return len(self.write(level)) * self.still_won
        lines = np.frombuffer(self.data, np.uint8).reshape(height, -1)
        starts = [(height - rows) * i // (_SAMPLED_BANDS - 1) for i in range(_SAMPLED_BANDS)]
        bands = np.concatenate([lines[start : start + rows] for start in starts])
        sample = replace(self, data=bands.tobytes(), size=(width, len(bands)))
        return len(sample.write(level)) * self.still_won * height / len(bands)

    def write(self, level: int, metadata: Metadata = NOTHING) -> bytes:
        import oxipng

        image = oxipng.RawImage(
            self.data, *self.size, color_type=self.color_type, bit_depth=self.depth
        )
        if metadata.icc is not None:
            image.add_icc_profile(metadata.icc)
        if metadata.exif is not None:
            image.add_png_chunk(b"eXIf", metadata.exif)
        if metadata.dpi is not None:
            per_metre = [round(value / 0.0254) for value in metadata.dpi]
            image.add_png_chunk(b"pHYs", struct.pack(">IIB", *per_metre, 1))
        return image.create_optimized_png(
            filter=[getattr(oxipng.RowFilter, self.filter)],
            deflate=oxipng.Deflaters.libdeflater(level),
            interlace=None,
            bit_depth_reduction=False,
            color_type_reduction=False,
            palette_reduction=False,
            grayscale_reduction=False,
            fast_evaluation=False,
        )


class Draft:
    """A PNG that is to be written in the least of several ways.

    Parameters
    ----------
    candidates : callable
        Lists the ways that a plan allows.
    effort : {"fast", "default", "best"}
        Whose plan to follow.
    metadata : Metadata
        What to keep.
    filtered : bool
        Whether to try row filters.
    """

    def __init__(
        self,
        candidates: Callable[[_Plan], Iterator[_Candidate]],
        effort: Effort,
        metadata: Metadata,
        *,
        filtered: bool = True,
    ) -> None:
        # Trials can mislead, so the best effort also does what the default does: never worse.
        efforts: tuple[Effort, ...] = ("default", "best") if effort == "best" else (effort,)
        plans = [_PLANS[name] if filtered else _unfiltered(_PLANS[name]) for name in efforts]
        self._ways = [(plan, list(candidates(plan))) for plan in plans]
        self._metadata = metadata

    @property
    def promise(self) -> float:
        """Bytes that the file should take, judged by a quick level."""
        return min(trial.likely for trials in self._trials for trial in trials)

    @property
    def hope(self) -> float:
        """The least bytes that it may take."""
        return min(trial.hope for trials in self._trials for trial in trials)

    def encode(self) -> bytes:
        """Write what looks best at the quick level; return the least, the first of equals."""
        if all(len(candidates) == 1 for _, candidates in self._ways):
            chosen = [(plan, candidates[0]) for plan, candidates in self._ways[:1]]
        else:
            chosen = [
                (plan, candidate)
                for (plan, _), trials in zip(self._ways, self._trials, strict=True)
                for candidate in _promising(trials, plan)
            ]
        return min(
            (candidate.write(plan.final_level, self._metadata) for plan, candidate in chosen),
            key=len,
        )

    @cached_property
    def _trials(self) -> list[list[_Tried]]:
        return [_tried(candidates, plan) for plan, candidates in self._ways]


def draft(
    indexed: IndexedImage,
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    keep_order: bool = False,
    filtered: bool = True,
) -> Draft:
    """Prepare a palette PNG, or a grey or true-colour one where that is smaller.

    Parameters
    ----------
    indexed : IndexedImage
        The picture; at most 256 codes.
    effort : {"fast", "default", "best"}
        How many palette orders and filters to try.
    metadata : Metadata
        What to keep; EXIF, ICC and dpi all fit.
    keep_order : bool
        Write every code, used or not, at its place, as a palette. Otherwise codes are reordered and
        unused ones dropped; the pixels are the same.
    filtered : bool
        Whether to try row filters, which break the copies that rate-aware labels were chosen for.

    Returns
    -------
    Draft
        To be encoded.

    Raises
    ------
    FormatError
        If there are more than 256 codes, or an ICC profile to be kept is not for these colours.
    """
    if len(indexed.codebook) > MAX_CODES:
        raise FormatError(
            f"k={len(indexed.codebook)} exceeds the {MAX_CODES} colours of a PNG palette; "
            "use k ≤ 256, a truecolour PNG, WebP, or an .npz container"
        )
    grey = _grey_values(indexed)
    as_palette = True
    if metadata.icc_space == "GRAY":
        if grey is None:
            raise FormatError(
                "a grey ICC profile on a picture that is not grey; convert its colours to sRGB "
                "instead of keeping the profile"
            )
        as_palette = False
    else:
        _check_profile(metadata)
    # A grey PNG may not carry an RGB profile, and has no palette whose order could be kept.
    as_grey = not as_palette or not (metadata.icc or keep_order)

    def candidates(plan: _Plan) -> Iterator[_Candidate]:
        if as_palette:
            yield from _palette_candidates(indexed, plan, keep_order=keep_order)
        if grey is not None and as_grey:
            yield from _grey_candidates(indexed, grey, plan)
        elif as_palette and not keep_order and _few_pixels(indexed):
            yield from _truecolor_candidates(indexed.decode(), plan)

    return Draft(candidates, effort, metadata, filtered=filtered)


def encode(
    indexed: IndexedImage,
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    keep_order: bool = False,
    filtered: bool = True,
) -> bytes:
    """Write a palette PNG, or a grey or true-colour one where that is smaller.

    Parameters
    ----------
    indexed, effort, metadata, keep_order, filtered
        As for `draft`.

    Returns
    -------
    bytes
        The file. The same for any number of threads.

    Raises
    ------
    FormatError
        If there are more than 256 codes, or an ICC profile to be kept is not for these colours.

    Examples
    --------
    >>> from huepress.codebook import Codebook
    >>> image = IndexedImage(Codebook.from_hex(["#123456", "#abcdef"]), np.eye(5, dtype=np.uint8))
    >>> data = encode(image, keep_order=True)
    >>> decode(data) == IndexedImage(Codebook(image.codebook.colors), image.labels)
    True
    """
    return draft(
        indexed, effort=effort, metadata=metadata, keep_order=keep_order, filtered=filtered
    ).encode()


def encode_slots(
    slots: Slots, *, effort: Effort = "default", metadata: Metadata = NOTHING
) -> bytes:
    """Write a palette PNG with every entry of a palette at its place.

    Parameters
    ----------
    slots : Slots
        The palette, of at most 256 entries, and the entry of each pixel.
    effort : {"fast", "default", "best"}
        How many filters to try.
    metadata : Metadata
        What to keep; EXIF, ICC and dpi all fit.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    FormatError
        If there are more than 256 entries, or an ICC profile to be kept is not for RGB.

    Examples
    --------
    >>> slots = Slots(Palette.from_hex(["#123", "#fff", "#123"]), np.eye(5, dtype=np.uint8) * 2)
    >>> decode_slots(encode_slots(slots)) == slots
    True
    """
    if len(slots.palette) > MAX_CODES:
        raise FormatError(
            f"a palette of {len(slots.palette)} exceeds the {MAX_CODES} colours of a PNG palette; "
            "use an .npz container"
        )
    _check_profile(metadata)

    def candidates(plan: _Plan) -> Iterator[_Candidate]:
        filters = tuple(dict.fromkeys(name for _, *names in plan.orders for name in chain(*names)))
        return _placed_candidates(slots.palette.entries, slots.places, filters, ())

    return Draft(candidates, effort, metadata).encode()


def quick_size(indexed: IndexedImage) -> int:
    """Estimate the bytes of a palette PNG by one quick deflate of its unfiltered labels.

    Parameters
    ----------
    indexed : IndexedImage
        The picture; at most 256 codes.

    Returns
    -------
    int
        Codebook, labels and chunk overhead; encoding in full saves up to a third of it.

    Examples
    --------
    >>> from huepress.codebook import Codebook
    >>> quick_size(IndexedImage(Codebook.from_hex(["#123456"]), np.zeros((9, 9), np.uint8))) < 90
    True
    """
    depth = _least_depth(len(indexed.codebook))
    rows = np.frombuffer(packed(indexed.labels.astype(np.uint8, copy=False), depth), np.uint8)
    filtered = np.pad(rows.reshape(indexed.height, -1), ((0, 0), (1, 0)))
    return overhead(indexed) + len(zlib.compress(filtered.tobytes(), _QUICK_LEVEL))


def overhead(indexed: IndexedImage) -> int:
    """Count the bytes of a palette PNG beside its deflated labels.

    Parameters
    ----------
    indexed : IndexedImage
        The picture; at most 256 codes.

    Returns
    -------
    int
        Signature, chunk headers and checksums, palette and its alpha.

    Examples
    --------
    >>> from huepress.codebook import Codebook
    >>> overhead(IndexedImage(Codebook.from_hex(["#123456"]), np.zeros((9, 9), np.uint8)))
    72
    """
    translucent = int(np.count_nonzero(indexed.codebook.rgba[:, 3] != 255))
    return 57 + 12 + 3 * len(indexed.codebook) + (12 + translucent if translucent else 0)


def encode_truecolor(
    pixels: NDArray[np.uint8],
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
) -> bytes:
    """Write a PNG of three or four channels: for more codes than a palette holds.

    Parameters
    ----------
    pixels : (h, w, 3 or 4) uint8 ndarray
        Straight alpha. A fourth channel that is 255 throughout is left out.
    effort : {"fast", "default", "best"}
        How many filters to try.
    metadata : Metadata
        What to keep; EXIF, ICC and dpi all fit.

    Returns
    -------
    bytes
        The file. The same for any number of threads.

    Raises
    ------
    FormatError
        If an ICC profile to be kept is not for RGB.
    """
    _check_profile(metadata)
    return Draft(partial(_truecolor_candidates, pixels), effort, metadata).encode()


def encode_labels(
    labels: NDArray[np.uint8] | NDArray[np.uint16], *, effort: Effort = "default"
) -> bytes:
    """Write labels as they are, as a greyscale PNG of 8 or 16 bits.

    Parameters
    ----------
    labels : (h, w) uint8 or uint16 ndarray
        One grey a pixel.
    effort : {"fast", "default", "best"}
        How many filters to try.

    Returns
    -------
    bytes
        The file, of as many bits as the labels have.
    """
    import oxipng

    depth = 8 * labels.dtype.itemsize
    data = labels.astype(labels.dtype.newbyteorder(">")).tobytes()
    size = (labels.shape[1], labels.shape[0])
    grey = oxipng.ColorType.grayscale()

    def candidates(plan: _Plan) -> Iterator[_Candidate]:
        return (_Candidate(data, size, depth, grey, name) for name in plan.truecolor)

    return Draft(candidates, effort, NOTHING).encode()


def decode(data: bytes, *, max_pixels: int | None = None) -> IndexedImage:
    """Read a PNG back.

    Parameters
    ----------
    data : bytes
        The file.
    max_pixels : int, optional
        The largest picture to decode.

    Returns
    -------
    IndexedImage
        With the file's palette and labels if it has them, but that equal entries are one code; from
        greys and true colour, with the distinct colours in ascending order.

    Raises
    ------
    FormatError
        If the file is damaged, animated, has 16 bits a channel, or more than 65536 colours.
    """
    facts = read_header(data)
    check_pixels(facts.width, facts.height, max_pixels)
    if facts.depth > 8:
        raise FormatError(
            f"a PNG of {facts.depth} bits a channel; an indexed image has 8: read it as an image"
        )
    if facts.animated:
        raise FormatError("an animated PNG; an indexed image is one frame: read it as an image")
    if facts.color_type != PALETTE:
        return from_pixels(decode_pixels(data))
    slots = decode_slots(data)
    return from_palette(slots.places, slots.palette.entries)


def decode_pixels(data: bytes) -> NDArray[np.uint8]:
    """Read the pixels of a PNG of 8 bits a channel or fewer.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    (h, w, 4) uint8 ndarray
        Straight alpha, colours under full transparency included.

    Raises
    ------
    FormatError
        If the file is damaged.
    """
    from PIL.PngImagePlugin import PngImageFile

    try:
        with PngImageFile(BytesIO(data)) as image:
            image.load()
            return np.asarray(image.convert("RGBA"))
    except DAMAGED as error:
        raise FormatError(f"a damaged PNG ({error}); restore it from a copy") from error


def decode_slots(data: bytes) -> Slots:
    """Read the palette of a PNG, and the entry of each pixel.

    Parameters
    ----------
    data : bytes
        A file with a palette.

    Returns
    -------
    Slots
        PLTE with the alpha of tRNS, repeated and unused entries included.

    Raises
    ------
    FormatError
        If the file is damaged, or has no palette.
    """
    from PIL.PngImagePlugin import PngImageFile

    palette = read_header(data).palette
    try:
        with PngImageFile(BytesIO(data)) as image:
            places = np.asarray(image)
    except DAMAGED as error:
        raise FormatError(f"a damaged PNG ({error}); restore it from a copy") from error
    if palette is None or int(places.max()) >= len(palette):
        raise FormatError(
            "a damaged PNG: a pixel points beyond the palette; restore it from a copy"
        )
    return Slots(Palette(palette), places)


@dataclass(frozen=True, slots=True)
class Header:
    """What the chunks before the pixels say."""

    width: int
    height: int
    depth: int
    color_type: int
    animated: bool
    palette: NDArray[np.uint8] | None
    """(k, 4) uint8: PLTE with the alpha of tRNS."""


def read_header(data: bytes) -> Header:
    """Read a PNG's chunks up to the pixels.

    Parameters
    ----------
    data : bytes
        The file, or its beginning.

    Returns
    -------
    Header
        Size, sample layout and palette.

    Raises
    ------
    FormatError
        If it is not a PNG, or is cut short or damaged before the pixels.
    """
    if not data.startswith(SIGNATURE):
        raise FormatError(f"not a PNG: it begins with {data[:8]!r}")
    seen: dict[bytes, bytes] = {}
    for name, content in chunks(data):
        if name == b"IDAT":
            break
        seen.setdefault(name, content)
    header = seen.get(b"IHDR", b"")
    if len(header) != 13:
        raise FormatError("a damaged PNG: it has no header; restore it from a copy")
    width, height, depth, color_type = struct.unpack(">IIBB", header[:10])
    palette = None
    if color_type == PALETTE and b"PLTE" in seen:
        colors = np.frombuffer(seen[b"PLTE"], np.uint8)
        if colors.size % 3 or not 0 < colors.size <= 3 * MAX_CODES:
            raise FormatError(
                f"a damaged PNG: a palette of {colors.size} bytes; restore it from a copy"
            )
        palette = np.full((colors.size // 3, 4), 255, np.uint8)
        palette[:, :3] = colors.reshape(-1, 3)
        alpha = np.frombuffer(seen.get(b"tRNS", b""), np.uint8)[: len(palette)]
        palette[: len(alpha), 3] = alpha
    return Header(width, height, depth, color_type, b"acTL" in seen, palette)


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Take a PNG apart.

    Parameters
    ----------
    data : bytes
        The file.

    Yields
    ------
    (bytes, bytes)
        Name and content of each chunk, up to the first that is cut off.
    """
    place = len(SIGNATURE)
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        if place + 12 + length > len(data):
            break
        yield data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        place += 12 + length


def _check_profile(metadata: Metadata) -> None:
    if metadata.icc_space not in (None, "RGB"):
        raise FormatError(
            f"an ICC profile for {metadata.icc_space} on a picture in RGB; "
            "convert its colours to sRGB instead of keeping the profile"
        )


@dataclass(frozen=True, slots=True)
class _Tried:
    """A candidate, and what it promises to take."""

    promise: float
    candidate: _Candidate

    @property
    def likely(self) -> float:
        return self.promise if self.candidate.unfiltered else 0.92 * self.promise

    @property
    def hope(self) -> float:
        # The final level wins most on filtered rows of drawings.
        drawing = self.promise < len(self.candidate.data) / 6 and not self.candidate.unfiltered
        return 0.84 * self.promise if drawing else self.likely


def _unfiltered(plan: _Plan) -> _Plan:
    orders = tuple((order, ("NoOp",), ()) for order, filters, _ in plan.orders if "NoOp" in filters)
    return replace(plan, orders=orders, truecolor=("NoOp",))


def _tried(candidates: list[_Candidate], plan: _Plan) -> list[_Tried]:
    """Write candidates at the quick level, all but those that others showed to be in vain."""

    def tried(some: list[_Candidate]) -> list[_Tried]:
        return [_Tried(one.promise(plan.trial_level), one) for one in some]

    trials = tried([candidate for candidate in candidates if candidate.first])
    unfiltered = [trial.promise for trial in trials if trial.candidate.unfiltered]
    filtered = [trial.promise for trial in trials if not trial.candidate.unfiltered]
    if filtered and unfiltered and min(filtered) > plan.patience * min(unfiltered):
        return trials
    return trials + tried([candidate for candidate in candidates if not candidate.first])


def _promising(trials: list[_Tried], plan: _Plan) -> list[_Candidate]:
    if len(trials[0].candidate.data) <= _SMALL:
        return [trial.candidate for trial in trials]
    kinds: dict[tuple[int, bool], list[_Tried]] = {}
    for trial in sorted(trials, key=lambda trial: trial.promise):
        kind = (trial.candidate.depth, trial.candidate.unfiltered)
        kinds.setdefault(kind, []).append(trial)
    least = next(iter(kinds.values()))[0]

    def limit(trial: _Tried) -> float:
        # The final level hardly changes what another depth wins or loses.
        alike = trial.candidate.unfiltered == least.candidate.unfiltered
        return (1 + plan.slack / (3 if alike else 1)) * least.promise

    chosen = [trial for ranked in kinds.values() for trial in ranked[: plan.finalists]]
    return [trial.candidate for trial in chosen if trial.promise <= limit(trial)]


def _palette_candidates(
    indexed: IndexedImage, plan: _Plan, *, keep_order: bool
) -> Iterator[_Candidate]:
    if keep_order:
        filters = tuple(dict.fromkeys(name for _, *names in plan.orders for name in chain(*names)))
        ordered = [(indexed, filters, filters[:0])]
    else:
        indexed = without_unused(indexed)
        ordered = [
            (indexed.permuted(order(indexed)), filters, others)
            for order, filters, others in plan.orders
        ]
    for image, filters, others in ordered:
        yield from _placed_candidates(image.codebook.rgba, image.labels, filters, others)


def _placed_candidates(
    entries: NDArray[np.uint8],
    places: NDArray[np.uint8] | NDArray[np.uint16],
    filters: tuple[str, ...],
    others: tuple[str, ...],
) -> Iterator[_Candidate]:
    """List the depths and filters of one order of the palette."""
    import oxipng

    color_type = oxipng.ColorType.indexed(entries.tolist())
    height, width = places.shape
    least = _least_depth(len(entries))
    for depth in _depths(least):
        data = packed(places.astype(np.uint8, copy=False), depth)
        for name in filters + others:
            first = name == "NoOp" or (name in filters and depth == least)
            yield _Candidate(data, (width, height), depth, color_type, name, first)


def _grey_candidates(
    indexed: IndexedImage, values: NDArray[np.uint8], plan: _Plan
) -> Iterator[_Candidate]:
    import oxipng

    used = values[indexed.counts() > 0]
    # A sample of d bits stands for a multiple of 255 / (2^d - 1): of 255, 85, 17 or 1.
    least = next(depth for depth in (1, 2, 4, 8) if not (used % (255 // (2**depth - 1))).any())
    for depth in _depths(least):
        samples = (values // (255 // (2**depth - 1)))[indexed.labels]
        data = packed(samples, depth)
        for name in plan.truecolor:
            yield _Candidate(
                data,
                (indexed.width, indexed.height),
                depth,
                oxipng.ColorType.grayscale(),
                name,
            )


def _few_pixels(indexed: IndexedImage) -> bool:
    """Whether a palette may take more bytes than it saves, as in an icon of 16 pixels a side."""
    return 3 * overhead(indexed) > indexed.labels.size


def _truecolor_candidates(pixels: NDArray[np.uint8], plan: _Plan) -> Iterator[_Candidate]:
    import oxipng

    if pixels.shape[2] == 4 and (pixels[..., 3] == 255).all():
        pixels = pixels[..., :3]
    color_type = oxipng.ColorType.rgb() if pixels.shape[2] == 3 else oxipng.ColorType.rgba()
    data = pixels.tobytes()
    size = (pixels.shape[1], pixels.shape[0])
    return (_Candidate(data, size, 8, color_type, name) for name in plan.truecolor)


def _grey_values(indexed: IndexedImage) -> NDArray[np.uint8] | None:
    rgba = indexed.codebook.rgba[indexed.counts() > 0]
    grey = (rgba[:, :3] == rgba[:, :1]).all() and (rgba[:, 3] == 255).all()
    return indexed.codebook.colors[:, 0] if grey else None


def without_unused(indexed: IndexedImage) -> IndexedImage:
    """Drop the codes that no pixel has, pinned or not.

    Parameters
    ----------
    indexed : IndexedImage
        The picture.

    Returns
    -------
    IndexedImage
        The same pixels; no code counts as pinned.
    """
    from huepress.codebook import Codebook

    return IndexedImage(Codebook(indexed.codebook.colors), indexed.labels).without_unused()


def _least_depth(k: int) -> int:
    return next(depth for depth in (1, 2, 4, 8) if k <= 2**depth)


def _depths(least: int) -> tuple[int, ...]:
    # Whole bytes compress better than two labels a byte on photographs (by 2 to 6 %), worse on
    # drawings (by 12 %); at fewer bits packing always wins.
    return (4, 8) if least == 4 else (least,)


def packed(samples: NDArray[np.uint8], depth: int) -> bytes:
    """Pack rows of samples into bytes as PNG does: leftmost in the high bits, rows padded.

    Parameters
    ----------
    samples : (h, w) uint8 ndarray
        Values below ``2**depth``.
    depth : {1, 2, 4, 8}
        Bits a sample.

    Returns
    -------
    bytes
        ``h`` rows of ``ceil(w * depth / 8)`` bytes.

    Examples
    --------
    >>> packed(np.array([[1, 2, 3], [15, 0, 1]], np.uint8), 4).hex()
    '1230f010'
    """
    if depth == 8:
        return samples.tobytes()
    per_byte = 8 // depth
    height, width = samples.shape
    padded = np.zeros((height, -(-width // per_byte) * per_byte), np.uint8)
    padded[:, :width] = samples
    rows = np.zeros((height, padded.shape[1] // per_byte), np.uint8)
    for place in range(per_byte):
        rows |= padded[:, place::per_byte] << np.uint8(8 - depth * (place + 1))
    return rows.tobytes()
