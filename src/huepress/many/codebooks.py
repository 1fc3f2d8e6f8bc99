"""One codebook for many pictures: built, updated as pictures come and go, and merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from huepress.common.arrays import luma, widened
from huepress.common.choices import Effort, Seeding, Space
from huepress.errors import OptionError
from huepress.formats.histograms import digest
from huepress.kmeans import fit
from huepress.mapping import nearest
from huepress.values.codebook import MAX_CODES, Codebook
from huepress.values.histogram import Histogram
from huepress.values.palette import Palette
from huepress.values.shared import Counted, SharedCodebook

Color = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Update:
    """An updated codebook, and what is new in it.

    Parameters
    ----------
    shared : SharedCodebook
        The codebook.
    added : tuple of int
        Places behind the old ones.
    replaced : tuple of int
        Places that had a code which no pixel needed, and have another now.
    unused : tuple of int
        Places whose code no pixel of what was counted has as its nearest, pinned ones included.
    """

    shared: SharedCodebook
    added: tuple[int, ...] = ()
    replaced: tuple[int, ...] = ()
    unused: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged codebook, and where the codes of each part are in it.

    Parameters
    ----------
    shared : SharedCodebook
        The codebook.
    places : tuple of tuple of int
        For each part, the place in the merged codebook of each of its entries: labels of a picture
        ``l`` become ``places[part][l]``.
    """

    shared: SharedCodebook
    places: tuple[tuple[int, ...], ...]


def build_codebook(
    histogram: Histogram,
    k: int,
    *,
    space: Space = "oklab",
    effort: Effort = "default",
    seeding: Seeding = "principal-axis",
    seed: int = 0,
    pinned: Codebook | None = None,
    threads: int = 0,
) -> SharedCodebook:
    """Learn a codebook for all pictures that a histogram counts.

    Parameters
    ----------
    histogram : Histogram
        Of all pictures together: the sum of parts gives the same codebook as all at once.
    k : int
        Most codes, and the room of the codebook.
    space, effort, seeding, seed, threads
        As in `huepress.fit`.
    pinned : Codebook, optional
        Colours that lead the codebook, exactly, and stay for ever.

    Returns
    -------
    SharedCodebook
        Pinned codes as they were given, then what is clear or half transparent, then opaque codes
        from dark to light. Where a colour is half transparent, there is a clear code too, so that
        no picture has to add one.

    Raises
    ------
    OptionError
        If nothing was counted, or an option is out of its range.

    Examples
    --------
    >>> pictures = [np.full((2, 2, 3), level, np.uint8) for level in (200, 10, 90)]
    >>> build_codebook(Histogram.total(map(Histogram.of, pictures)), 8).palette.hex()
    ['#0a0a0a', '#5a5a5a', '#c8c8c8']
    """
    fitted = fit(
        _with_clear(histogram),
        k,
        space=space,
        effort=effort,
        seeding=seeding,
        seed=seed,
        pinned=pinned,
        threads=threads,
    )
    n_pins = fitted.codebook.pinned
    colors = fitted.codebook.rgba
    learned = _in_order(colors[n_pins:])
    palette = Palette(np.concatenate([colors[:n_pins], learned]))
    return SharedCodebook(palette, tuple(range(n_pins)), space, k, (_counted(histogram),))


def update_codebook(
    shared: SharedCodebook,
    histogram: Histogram,
    k: int | None = None,
    *,
    replace_unused: bool = False,
    effort: Effort = "default",
    seed: int = 0,
    pinned: Codebook | None = None,
    threads: int = 0,
) -> Update:
    """Add codes for new pictures; every code that is needed, or pinned, stays at its place.

    New codes are learned around all that stay, and take the free room behind them.

    Parameters
    ----------
    shared : SharedCodebook
        The codebook as it is.
    histogram : Histogram
        Of the new pictures; with `replace_unused` of all pictures that use the codebook.
    k : int, optional
        The new room; as it was unless given.
    replace_unused : bool
        Give places of codes that are not pinned, and that no pixel counted has as its nearest, to
        new codes, in order. What is left over keeps its colour.
    effort, seed, threads
        As in `huepress.fit`.
    pinned : Codebook, optional
        Colours that have to be codes from now on: pinned where they are codes already, else added
        behind.

    Returns
    -------
    Update
        The codebook, and what is new in it.

    Raises
    ------
    OptionError
        If there is less room than codes that have to stay.

    Examples
    --------
    >>> old = SharedCodebook(Palette.from_hex(["#000", "#fff"]), k=3)
    >>> new = update_codebook(old, Histogram.of(np.full((2, 2, 3), 9, np.uint8)))
    >>> new.shared.palette.hex(), new.added, new.unused
    (['#000000', '#ffffff', '#090909'], (2,), (1,))
    """
    room = shared.k if k is None else k
    old = shared.palette.entries
    known = {tuple(color): place for place, color in enumerate(old.tolist())}
    asked = [tuple(color) for color in (() if pinned is None else pinned.rgba.tolist())]
    pins = set(shared.pins) | {known[color] for color in asked if color in known}
    unused = _unused(shared, histogram, threads)
    free = [place for place in unused if place not in pins] if replace_unused else []
    stay = np.setdiff1d(np.arange(len(old)), free)
    fresh = np.array([color for color in asked if color not in known], np.uint8).reshape(-1, 4)
    given = np.concatenate([old[stay], fresh])
    if room < len(old) + max(len(fresh) - len(free), 0):
        raise OptionError(
            f"k={room} leaves no room for {len(old)} codes that have their places and {len(fresh)} "
            f"new pins; use {len(old) + len(fresh)} or more"
        )
    counted = _with_clear(histogram)
    fitted = fit(
        counted,
        room,
        space=shared.space,
        effort=effort,
        seed=seed,
        pinned=Codebook(given, len(given)),
        threads=threads,
    )
    learned = [tuple(color) for color in _in_order(fitted.codebook.rgba[len(given) :]).tolist()]
    # A code may be learned again that was free: it stays where it was.
    free = [place for place in free if tuple(old[place].tolist()) not in learned]
    new = [*map(tuple, fresh.tolist()), *(color for color in learned if color not in known)]
    entries = old.copy()
    names = list(shared.palette.names or [""] * len(old))
    replaced = tuple(free[: len(new)])
    for place, color in zip(replaced, new, strict=False):
        entries[place], names[place] = color, ""
    behind = np.array(new[len(replaced) :], np.uint8).reshape(-1, 4)
    added = tuple(range(len(old), len(old) + len(behind)))
    pins |= {place for place, color in zip((*replaced, *added), new, strict=True) if color in asked}
    palette = Palette(np.concatenate([entries, behind]), (*names, *[""] * len(behind)))
    sources = (*shared.learned_from, _counted(histogram))
    result = SharedCodebook(palette, tuple(pins), shared.space, room, tuple(dict.fromkeys(sources)))
    return Update(result, added, replaced, unused)


def merge_codebooks(
    parts: Iterable[SharedCodebook | Palette], *, space: Space | None = None
) -> Merged:
    """Join codebooks: those of the first stay at their places, others follow in their order.

    A colour that several parts have is one code, at the place that it has first, and called as it
    is called first; it is pinned if it is pinned in one of them. There is room for as many codes
    as the part with the most room has, or as come together. Palettes say nothing of pins, room or
    space, and may have a colour several times, but for the first part.

    Parameters
    ----------
    parts : iterable of SharedCodebook or Palette
        At least one.
    space : {'oklab', 'srgb', 'linear'}, optional
        Where pictures are compared with the codes; needed where parts disagree.

    Returns
    -------
    Merged
        The codebook, and the new place of each code.

    Raises
    ------
    OptionError
        If parts disagree about the space, or there are more codes than labels can address.

    Examples
    --------
    >>> parts = Palette.from_hex(["#000", "#fff"]), Palette.from_hex(["#f00", "#000"])
    >>> merged = merge_codebooks(parts)
    >>> merged.shared.palette.hex(), merged.places
    (['#000000', '#ffffff', '#ff0000'], ((0, 1), (2, 0)))
    """
    parts = list(parts)
    if not parts:
        raise OptionError("no codebook to merge; give at least one")
    if isinstance(parts[0], Palette):
        parts[0] = SharedCodebook(parts[0])  # refuses repeated colours, which could not stay
        spaces = []
    else:
        spaces = [parts[0].space]
    spaces += [part.space for part in parts[1:] if isinstance(part, SharedCodebook)]
    if space is None and len(set(spaces)) > 1:
        raise OptionError(
            f"codebooks for {' and '.join(dict.fromkeys(spaces))}, which compare colours in "
            "different ways; say which shall hold with --space"
        )
    known: dict[Color, int] = {}
    names: list[str] = []
    places = []
    for part in parts:
        palette = part.palette if isinstance(part, SharedCodebook) else part
        found = []
        for entry, name in zip(palette.entries.tolist(), _names(palette), strict=True):
            color = tuple(entry) if entry[3] else (0, 0, 0, 0)
            if color not in known:
                known[color] = len(known)
                names.append("")
            place = known[color]
            names[place] = names[place] or name
            found.append(place)
        places.append(tuple(found))
    if len(known) > MAX_CODES:
        raise OptionError(f"{len(known)} codes together; a codebook has up to {MAX_CODES}")
    shared = [(part, place) for part, place in zip(parts, places, strict=True)]
    held = [(part, place) for part, place in shared if isinstance(part, SharedCodebook)]
    result = SharedCodebook(
        Palette(np.array(list(known), np.uint8), tuple(names)),
        tuple(place[pin] for part, place in held for pin in part.pins),
        space or (spaces[0] if spaces else "oklab"),
        max(len(known), *(part.k for part, _ in held), 1),
        tuple(dict.fromkeys(one for part, _ in held for one in part.learned_from)),
    )
    return Merged(result, tuple(places))


def _names(palette: Palette) -> Sequence[str]:
    return palette.names or [""] * len(palette)


def _counted(histogram: Histogram) -> Counted:
    n_colors = int(np.count_nonzero(histogram.counts))
    return Counted(digest(histogram), histogram.n_pixels, n_colors)


def _with_clear(histogram: Histogram) -> Histogram:
    """Count a clear pixel where others are half transparent.

    A picture whose clear pixels found no clear code would get one of its own, which soft pixels of
    its neighbours could not have: tiles would not join.
    """
    soft = histogram.channels == 4 and (histogram.colors[:, 3] < 255).any()
    if not soft or histogram.has_transparent:
        return histogram
    return histogram + Histogram(np.zeros((1, 4), np.uint8), np.ones(1, np.uint64))


def _in_order(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Order learned codes from clear to opaque, as PNGs want them, and from dark to light."""
    rgba = widened(colors, 4)
    return rgba[np.lexsort((luma(rgba), rgba[:, 3]))]


def _unused(shared: SharedCodebook, histogram: Histogram, threads: int) -> tuple[int, ...]:
    """Find the places whose code is nobody's nearest."""
    colors = histogram.colors[histogram.counts > 0]
    if len(colors) == 0:
        raise OptionError("no pixel was counted; name at least one picture")
    mapped = nearest(colors[None], shared.codebook, space=shared.space, threads=threads)
    return tuple(np.flatnonzero(mapped.counts() == 0).tolist())
