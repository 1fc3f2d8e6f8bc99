"""PNG: a palette, greys, or true colour, each written in several ways, of which the least is kept.

Candidates are tried side by side; each has one possible outcome, and ties go to the first, so the
file is the same for any number of threads.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from huepress.common.once import once_property
from huepress.common.side_by_side import each
from huepress.errors import FormatError
from huepress.formats import orders as ordering
from huepress.formats.common import DAMAGED, Effort, check_pixels, from_palette, from_pixels
from huepress.formats.metadata import NOTHING, Metadata
from huepress.formats.pngfile import GREY, PALETTE, RGB, RGBA, Filtering, Samples
from huepress.read.png import SIGNATURE, damage_of
from huepress.values.indexed import IndexedImage
from huepress.values.palette import Palette, Slots

MAX_CODES = 256

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

    orders: tuple[tuple[Order, tuple[Filtering, ...], tuple[Filtering, ...]], ...]
    truecolor: tuple[Filtering, ...]
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
        ((ordering.popularity, ("none",), ()), (ordering.co_occurrence, ("min-sum",), ())),
        ("none", "min-sum"),
        trial_level=5,
        final_level=10,
        finalists=1,
        patience=1.05,
        slack=0.04,
    ),
    "default": _Plan(
        (
            (ordering.popularity, ("none",), ()),
            (ordering.co_occurrence, ("min-sum",), ("sub", "up", "paeth", "bigrams")),
            (ordering.path, ("bigrams",), ("none",)),
        ),
        ("none", "sub", "paeth", "min-sum", "bigrams"),
        trial_level=9,
        final_level=12,
        finalists=1,
        patience=1.05,
        slack=0.04,
    ),
    "best": _Plan(
        (
            (ordering.popularity, ("none",), ()),
            (ordering.luminance, ("none", "paeth", "min-sum"), ()),
            (
                ordering.co_occurrence,
                ("none", "sub", "up", "average", "paeth", "min-sum", "bigrams", "brute"),
                (),
            ),
            (ordering.path, ("up", "paeth", "min-sum", "bigrams", "brute"), ()),
        ),
        ("none", "sub", "up", "average", "paeth", "min-sum", "bigrams", "brute"),
        trial_level=10,
        final_level=12,
        finalists=2,
        patience=2.0,
        slack=0.2,
    ),
}


@dataclass(frozen=True, eq=False, slots=True)
class _Candidate:
    """One way to write the picture: packed samples, what they mean, and how rows are filtered."""

    samples: Samples
    filtering: Filtering
    first: bool = True
    """Whether it is tried at all events."""

    @property
    def unfiltered(self) -> bool:
        return self.filtering == "none"

    @property
    def still_won(self) -> float:
        """What the final level makes of the quick one's bytes, against packed samples."""
        # means over drawings, art and photographs
        return 1.0 if self.samples.depth < 8 else 0.96 if self.unfiltered else 0.98

    def promise(self, level: int) -> float:
        """Bytes after the final level, by a quick one; of a large picture, by bands of its rows."""
        samples, height = self.samples, self.samples.height
        rows = -(-_SAMPLED_BYTES * height // (_SAMPLED_BANDS * len(samples)))
        if 2 * _SAMPLED_BANDS * rows > height:
            return len(self.write(level)) * self.still_won
        starts = [(height - rows) * i // (_SAMPLED_BANDS - 1) for i in range(_SAMPLED_BANDS)]
        bands = samples.bands(starts, rows)
        size = len(replace(self, samples=bands).write(level))
        return size * self.still_won * height / bands.height

    def write(self, level: int, metadata: Metadata = NOTHING) -> bytes:
        return self.samples.write(self.filtering, level, metadata)


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
    threads : int
        To try ways side by side; 0 is one a core.
    """

    def __init__(
        self,
        candidates: Callable[[_Plan], Iterator[_Candidate]],
        effort: Effort,
        metadata: Metadata,
        *,
        filtered: bool = True,
        threads: int = 0,
    ) -> None:
        # Trials can mislead, so the best effort also does what the default does: never worse.
        efforts: tuple[Effort, ...] = ("default", "best") if effort == "best" else (effort,)
        plans = [_PLANS[name] if filtered else _unfiltered(_PLANS[name]) for name in efforts]
        self._ways = [(plan, list(candidates(plan))) for plan in plans]
        self._metadata, self._threads = metadata, threads

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

        def written(way: tuple[_Plan, _Candidate]) -> bytes:
            plan, candidate = way
            return candidate.write(plan.final_level, self._metadata)

        return min(each(written, chosen, self._threads), key=len)

    @once_property
    def _trials(self) -> list[list[_Tried]]:
        return [_tried(candidates, plan, self._threads) for plan, candidates in self._ways]


def draft(
    indexed: IndexedImage,
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    keep_order: bool = False,
    filtered: bool = True,
    threads: int = 0,
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
    threads : int
        To try ways side by side; 0 is one a core.

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

    return Draft(candidates, effort, metadata, filtered=filtered, threads=threads)


def encode(
    indexed: IndexedImage,
    *,
    effort: Effort = "default",
    metadata: Metadata = NOTHING,
    keep_order: bool = False,
    filtered: bool = True,
    threads: int = 0,
) -> bytes:
    """Write a palette PNG, or a grey or true-colour one where that is smaller.

    Parameters
    ----------
    indexed, effort, metadata, keep_order, filtered, threads
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
    >>> from huepress.values.codebook import Codebook
    >>> image = IndexedImage(Codebook.from_hex(["#123456", "#abcdef"]), np.eye(5, dtype=np.uint8))
    >>> data = encode(image, keep_order=True)
    >>> decode(data) == IndexedImage(Codebook(image.codebook.colors), image.labels)
    True
    """
    return draft(
        indexed,
        effort=effort,
        metadata=metadata,
        keep_order=keep_order,
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

    Parameters
    ----------
    slots : Slots
        The palette, of at most 256 entries, and the entry of each pixel.
    effort : {"fast", "default", "best"}
        How many filters to try.
    metadata : Metadata
        What to keep; EXIF, ICC and dpi all fit.
    threads : int
        To try them side by side; 0 is one a core.

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

    return Draft(candidates, effort, metadata, threads=threads).encode()


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
    >>> from huepress.values.codebook import Codebook
    >>> quick_size(IndexedImage(Codebook.from_hex(["#123456"]), np.zeros((9, 9), np.uint8))) < 90
    True
    """
    depth = _least_depth(len(indexed.codebook))
    rows = packed(indexed.labels.astype(np.uint8, copy=False), depth)
    filtered = np.pad(rows, ((0, 0), (1, 0)))
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
    >>> from huepress.values.codebook import Codebook
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
    threads: int = 0,
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
    threads : int
        To try filters side by side; 0 is one a core.

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
    candidates = partial(_truecolor_candidates, pixels)
    return Draft(candidates, effort, metadata, threads=threads).encode()


def encode_labels(
    labels: NDArray[np.uint8] | NDArray[np.uint16],
    *,
    effort: Effort = "default",
    threads: int = 0,
) -> bytes:
    """Write labels as they are, as a greyscale PNG of 8 or 16 bits.

    Parameters
    ----------
    labels : (h, w) uint8 or uint16 ndarray
        One grey a pixel.
    effort : {"fast", "default", "best"}
        How many filters to try.
    threads : int
        To try them side by side; 0 is one a core.

    Returns
    -------
    bytes
        The file, of as many bits as the labels have.
    """
    height, width = labels.shape
    rows = labels.astype(labels.dtype.newbyteorder(">")).view(np.uint8).reshape(height, -1)
    samples = Samples(rows, width, 8 * labels.dtype.itemsize, GREY)

    def candidates(plan: _Plan) -> Iterator[_Candidate]:
        return (_Candidate(samples, name) for name in plan.truecolor)

    return Draft(candidates, effort, NOTHING, threads=threads).encode()


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
    damage = damage_of(BytesIO(data))
    if damage is not None:
        raise FormatError(f"a damaged PNG: {damage}; restore it from a copy")
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
        raise FormatError(f"not a PNG: it begins with {data[:8]!r}; check its suffix")
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
        drawing = self.promise < len(self.candidate.samples) / 6 and not self.candidate.unfiltered
        return 0.84 * self.promise if drawing else self.likely


def _unfiltered(plan: _Plan) -> _Plan:
    none: tuple[Filtering, ...] = ("none",)
    orders = tuple(
        (order, none, none[:0]) for order, filters, _ in plan.orders if "none" in filters
    )
    return replace(plan, orders=orders, truecolor=none)


def _tried(candidates: list[_Candidate], plan: _Plan, threads: int) -> list[_Tried]:
    """Write candidates at the quick level, all but those that others showed to be in vain."""

    def tried(some: list[_Candidate]) -> list[_Tried]:
        return each(lambda one: _Tried(one.promise(plan.trial_level), one), some, threads)

    trials = tried([candidate for candidate in candidates if candidate.first])
    unfiltered = [trial.promise for trial in trials if trial.candidate.unfiltered]
    filtered = [trial.promise for trial in trials if not trial.candidate.unfiltered]
    if filtered and unfiltered and min(filtered) > plan.patience * min(unfiltered):
        return trials
    return trials + tried([candidate for candidate in candidates if not candidate.first])


def _promising(trials: list[_Tried], plan: _Plan) -> list[_Candidate]:
    if len(trials[0].candidate.samples) <= _SMALL:
        return [trial.candidate for trial in trials]
    kinds: dict[tuple[int, bool], list[_Tried]] = {}
    for trial in sorted(trials, key=lambda trial: trial.promise):
        kind = (trial.candidate.samples.depth, trial.candidate.unfiltered)
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
    filters: tuple[Filtering, ...],
    others: tuple[Filtering, ...],
) -> Iterator[_Candidate]:
    """List the depths and filters of one order of the palette."""
    least = _least_depth(len(entries))
    for depth in _depths(least):
        rows = packed(places.astype(np.uint8, copy=False), depth)
        samples = Samples(rows, places.shape[1], depth, PALETTE, entries)
        for name in filters + others:
            first = name == "none" or (name in filters and depth == least)
            yield _Candidate(samples, name, first)


def _grey_candidates(
    indexed: IndexedImage, values: NDArray[np.uint8], plan: _Plan
) -> Iterator[_Candidate]:
    used = values[indexed.counts() > 0]
    # A sample of d bits stands for a multiple of 255 / (2^d - 1): of 255, 85, 17 or 1.
    least = next(depth for depth in (1, 2, 4, 8) if not (used % (255 // (2**depth - 1))).any())
    for depth in _depths(least):
        rows = packed((values // (255 // (2**depth - 1)))[indexed.labels], depth)
        samples = Samples(rows, indexed.width, depth, GREY)
        yield from (_Candidate(samples, name) for name in plan.truecolor)


def _few_pixels(indexed: IndexedImage) -> bool:
    """Whether a palette may take more bytes than it saves, as in an icon of 16 pixels a side."""
    return 3 * overhead(indexed) > indexed.labels.size


def _truecolor_candidates(pixels: NDArray[np.uint8], plan: _Plan) -> Iterator[_Candidate]:
    if pixels.shape[2] == 4 and (pixels[..., 3] == 255).all():
        pixels = pixels[..., :3]
    height, width, channels = pixels.shape
    rows = np.ascontiguousarray(pixels).reshape(height, -1)
    samples = Samples(rows, width, 8, RGB if channels == 3 else RGBA)
    return (_Candidate(samples, name) for name in plan.truecolor)


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
    from huepress.values.codebook import Codebook

    return IndexedImage(Codebook(indexed.codebook.colors), indexed.labels).without_unused()


def _least_depth(k: int) -> int:
    return next(depth for depth in (1, 2, 4, 8) if k <= 2**depth)


def _depths(least: int) -> tuple[int, ...]:
    # Whole bytes compress better than two labels a byte on photographs (by 2 to 6 %), worse on
    # drawings (by 12 %); at fewer bits packing always wins.
    return (4, 8) if least == 4 else (least,)


def packed(samples: NDArray[np.uint8], depth: int) -> NDArray[np.uint8]:
    """Pack rows of samples into bytes as PNG does: leftmost in the high bits, rows padded.

    Parameters
    ----------
    samples : (h, w) uint8 ndarray
        Values below ``2**depth``.
    depth : {1, 2, 4, 8}
        Bits a sample.

    Returns
    -------
    (h, ceil(w * depth / 8)) uint8 ndarray
        The bytes of each row.

    Examples
    --------
    >>> packed(np.array([[1, 2, 3], [15, 0, 1]], np.uint8), 4).tobytes().hex()
    '1230f010'
    """
    if depth == 8:
        return np.ascontiguousarray(samples)
    per_byte = 8 // depth
    height, width = samples.shape
    padded = np.zeros((height, -(-width // per_byte) * per_byte), np.uint8)
    padded[:, :width] = samples
    rows = np.zeros((height, padded.shape[1] // per_byte), np.uint8)
    for place in range(per_byte):
        rows |= padded[:, place::per_byte] << np.uint8(8 - depth * (place + 1))
    return rows
