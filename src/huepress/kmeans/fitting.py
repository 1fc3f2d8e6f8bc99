"""Exact integer k-means over a histogram: colours in, codebook and trace out."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import _core
from huepress.colorspace import Space, checked_space, embed, unembed
from huepress.common.arrays import all_differ, distinct, owned, packed, widened
from huepress.common.checks import instance, number, one_of, thread_count, whole
from huepress.errors import OptionError
from huepress.kmeans.efforts import CLASSIC, EFFORTS, SEEDINGS, Budget, Effort, Seeding
from huepress.kmeans.trace import FitResult, Trace
from huepress.values.codebook import MAX_CODES, Codebook
from huepress.values.histogram import Histogram


def fit(
    histogram: Histogram,
    k: int,
    *,
    space: Space = "oklab",
    effort: Effort = "default",
    seeding: Seeding = "principal-axis",
    n_init: int = 1,
    max_iter: int | None = None,
    tol: float | None = None,
    seed: int = 0,
    sample: int | None = None,
    batch_size: int | None = None,
    weights: NDArray[Any] | None = None,
    chroma: float = 1.0,
    pinned: Codebook | None = None,
    threads: int = 0,
) -> FitResult:
    """Learn at most k colours that stand for all colours of a histogram.

    Lloyd's k-means (1982) on fixed-point coordinates: squared distances and sums are exact
    integers and ties go to the lowest index, so the same histogram, options and version give the
    same codebook on every machine and for any number of threads.

    Parameters
    ----------
    histogram : Histogram
        What to describe. With no more than k distinct colours these are the codebook.
    k : int
        Most codes, 1 to 65536.
    space : {'oklab', 'srgb', 'linear'}
        Where distances are measured.
    effort : {'fast', 'default', 'best'}
        How hard to search, with principal-axis seeding; see `EFFORTS`.
    seeding : {'principal-axis', 'k-means++', 'random'}
        Where the centroids start: by splitting along principal axes; by k-means++ (Arthur &
        Vassilvitskii, 2007); at distinct colours drawn by their counts. The last two are followed
        by plain Lloyd iteration, without local search.
    n_init : int
        Starts of a random seeding, of which the least inertia wins.
    max_iter : int, optional
        Most Lloyd iterations; the effort's, or 300 after a random seeding.
    tol : float, optional
        Stop when an iteration lowers the inertia by no more than this fraction; the effort's, or 0
        after a random seeding: run until nothing moves.
    seed : int
        Of the generator, 0 to 2^64 - 1.
    sample : int, optional
        Fit on this many pixels, drawn without replacement; the classic recipe takes 1000. The draw
        is from the histogram, so the order of the pixels does not matter.
    batch_size : int, optional
        Mini-batch k-means (Sculley, 2010) with batches of so many pixels, drawn with replacement.
    weights : (n,) array, optional
        Importance of each colour, from 0 up; multiplies the counts. Floats are rounded to 1/65536.
    chroma : float
        Factor by which distances along Oklab's a and b count; 1/256 to 2, rounded to 1/256.
    pinned : Codebook, optional
        Colours that lead the codebook, exactly, and never move.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.

    Returns
    -------
    FitResult
        The codebook, and the trace of the iterations.

    Raises
    ------
    OptionError
        If an option is out of its range, or more than k colours are pinned.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    >>> result = fit(Histogram.of(grey), 4, space="srgb")
    >>> sorted(result.codebook.hex())
    ['#202020', '#616161', '#a1a1a1', '#e0e0e0']
    """
    budget = check_options(
        k=k,
        space=space,
        effort=effort,
        seeding=seeding,
        n_init=n_init,
        max_iter=max_iter,
        tol=tol,
        seed=seed,
        sample=sample,
        batch_size=batch_size,
        pinned=pinned,
    )
    chroma_256ths = _chroma_256ths(chroma, space)
    threads = thread_count(threads)
    if len(instance("histogram", histogram, Histogram)) == 0:
        raise OptionError("the histogram is empty; count at least one pixel")
    pins = np.empty((0, 3), np.uint8) if pinned is None else pinned.colors
    colors, weight = histogram.colors, _weights(histogram, weights)
    if weight.min() == 0:
        colors, weight = colors[weight > 0], weight[weight > 0]
    channels = max(histogram.channels, pins.shape[1])
    colors, pins = widened(colors, channels), widened(pins, channels)
    # Full transparency, which sorts first, gets a code of its own. It does not move, but takes
    # nearly transparent colours from the other codes.
    transparent = channels == 4 and colors[0, 3] == 0
    with_clear = transparent and 1 < k > len(pins) and not (pins[:, -1] == 0).any()
    clear = np.zeros((1 if with_clear else 0, channels), np.uint8)
    given = np.concatenate([pins, clear])
    if len(colors) <= k:  # else they cannot all be codes
        learnable = colors[~_rows_in(colors, given)]
        if len(given) + len(learnable) <= k:
            codes = np.concatenate([given, learnable])
            return _without_clustering(codes, len(pins), space, lossless=True)
    if len(given) == k:
        return _without_clustering(given, len(pins), space, lossless=False)

    if transparent:
        colors, weight = colors[1:], weight[1:]
    points = _with_chroma_scaled(embed(colors, space), chroma_256ths, 256)
    opaque = int(embed(np.zeros((1, 3), np.uint8), space)[0, 3])
    data = _Data(colors, points, weight, opaque, len(given), threads)
    centroids, positions, inertia, moved, reseeded, held, converged = _core.fit(
        points,
        weight,
        _with_chroma_scaled(embed(given, space), chroma_256ths, 256),
        k,
        seeding=seeding,
        n_init=n_init,
        seed=seed,
        sample=sample or 0,
        batch_size=batch_size or 0,
        opaque=opaque if channels == 4 else 0,
        threads=threads,
        **{field.name: getattr(budget, field.name) for field in fields(budget)},
    )
    neutral = _neutral(centroids, held, data, space)
    neutral, positions = (_with_chroma_scaled(a, 256, chroma_256ths) for a in (neutral, positions))
    learned = unembed(neutral, space)[len(given) :, :channels]
    codes = _made_distinct(np.concatenate([given, learned]), data, space)
    trace = Trace(owned(positions), owned(inertia), owned(moved), owned(reseeded))
    return FitResult(Codebook(codes, len(pins)), trace, space, bool(converged), lossless=False)


def check_options(
    *,
    k: int,
    space: str,
    effort: str,
    seeding: str,
    n_init: int,
    max_iter: int | None,
    tol: float | None,
    seed: int,
    sample: int | None,
    batch_size: int | None,
    pinned: Codebook | None,
) -> Budget:
    """Check the options of `fit` before there is a histogram.

    Parameters
    ----------
    k, space, effort, seeding, n_init, max_iter, tol, seed, sample, batch_size, pinned
        As `fit` takes them.

    Returns
    -------
    Budget
        The effort's parameters with `max_iter` and `tol` put in.

    Raises
    ------
    OptionError
        If one is out of its range.
    """
    checked_space(space)
    one_of("seeding", seeding, SEEDINGS)
    found = EFFORTS[one_of("effort", effort, EFFORTS)]
    search = found if seeding == "principal-axis" else CLASSIC
    search = replace(
        search,
        max_iter=search.max_iter if max_iter is None else max_iter,
        tol=search.tol if tol is None else tol,
    )
    for name, value, low, high in (
        ("k", k, 1, MAX_CODES),
        ("n_init", n_init, 1, 10_000),
        ("max_iter", search.max_iter, 0, 1_000_000),
        ("seed", seed, 0, 2**64 - 1),
        ("sample", 1 if sample is None else sample, 1, 2**32 - 1),
        ("batch_size", 1 if batch_size is None else batch_size, 1, 2**32 - 1),
    ):
        whole(name, value, low, high)
    if not 0 <= number("tol", search.tol) < 1:
        raise OptionError(f"tol={tol} is out of range; use a fraction from 0 up to 1")
    if pinned is not None and len(pinned) > k:
        raise OptionError(f"{len(pinned)} pinned colours exceed k={k}; raise k or pin fewer")
    return search


def _weights(histogram: Histogram, weights: NDArray[Any] | None) -> NDArray[np.uint32]:
    weight = histogram.counts
    if weights is not None:
        factor = np.asarray(weights)
        if factor.shape != weight.shape or factor.dtype.kind not in "iuf":
            raise OptionError(
                f"weights have shape {factor.shape} and type {factor.dtype}; "
                f"give {len(weight)} numbers, one a colour of the histogram"
            )
        if not np.isfinite(factor).all() or (factor < 0).any():
            raise OptionError("a weight is negative or not finite; give numbers from 0 up")
        if factor.dtype.kind == "f":
            factor = np.rint(factor * 65536)
        weight = weight * factor.astype(np.uint64)
    if weight.max(initial=0) == 0:
        raise OptionError("all weights are zero; give at least one colour a weight above 0")
    # The kernel's sums are exact while all weights together stay below 2^32.
    shift, fitting = np.uint64(0), weight
    while int(fitting.sum()) >= 2**32:
        shift += np.uint64(1)
        fitting = np.maximum(weight >> shift, weight > 0)
    return fitting.astype(np.uint32)


def _chroma_256ths(chroma: float, space: Space) -> int:
    rounded = round(number("chroma", chroma) * 256)
    if not 1 <= rounded <= 512:
        raise OptionError(f"chroma={chroma} is out of range; use 1/256 to 2")
    if rounded != 256 and space != "oklab":
        raise OptionError(f"space {space} has no chroma to weigh; use oklab, or leave chroma at 1")
    return rounded


def _with_chroma_scaled(points: NDArray[np.int16], up: int, down: int) -> NDArray[np.int16]:
    """Multiply Oklab's a and b, the second and third coordinates, by a ratio, rounding half up."""
    if up == down:
        return points
    result = points.copy()
    result[..., 1:3] = (2 * up * points[..., 1:3].astype(np.int64) + down) // (2 * down)
    return result


_GREY_AREA = 1000
"""A tint can be seen in grey areas of at least one pixel in so many."""


@dataclass(frozen=True, eq=False, slots=True)
class _Data:
    """What was fitted, the last coordinate of opaque points, and how many centroids were given."""

    colors: NDArray[np.uint8]
    points: NDArray[np.int16]
    weight: NDArray[np.uint32]
    opaque: int
    n_given: int
    threads: int

    @property
    def grey(self) -> NDArray[np.intp]:
        """Places of the grey colours: few in a photograph, and so faster to use than a mask."""
        red, green, blue = self.colors.T[:3]
        return np.flatnonzero((red == green) & (green == blue))

    def __len__(self) -> int:
        return len(self.colors)

    def nearest(
        self, centroids: NDArray[np.int16], some: NDArray[np.intp] | slice
    ) -> NDArray[np.uint16]:
        """Find the nearest centroids, as a mapping to their colours would.

        Opaque colours look only among opaque centroids, where there are any.
        """
        points, opaque = self.points[some], self.points[some, 3] == self.opaque
        among = np.flatnonzero(centroids[:, 3] == self.opaque)
        if len(among) in (0, len(centroids)) or not opaque.any():
            return _core.nearest_points(points, centroids, threads=self.threads)[0]
        labels = np.empty(len(points), np.uint16)
        for kind, places in ((opaque, among), (~opaque, np.arange(len(centroids)))):
            found, _ = _core.nearest_points(points[kind], centroids[places], threads=self.threads)
            labels[kind] = places[found]
        return labels

    def weights_of(
        self, centroids: NDArray[np.int16], some: NDArray[np.intp] | slice
    ) -> NDArray[Any]:
        """Sum the weights of some of the colours by their nearest centroids."""
        labels = self.nearest(centroids, some)
        return np.bincount(labels, self.weight[some], minlength=len(centroids))


def _neutral(
    centroids: NDArray[np.int16], held: NDArray[np.int64], data: _Data, space: Space
) -> NDArray[np.int16]:
    """Move the centroids of which two thirds of the weight are grey onto the grey axis.

    In a large grey area the eye sees a tint that is too small an error for k-means to avoid.
    `held` is what each centroid's colours weigh; empty where that is not known.
    """
    grey = data.grey
    if len(grey) in (0, len(data)):
        return centroids
    if space == "oklab":
        axis = centroids * np.array([1, 0, 0, 1], np.int16)
    else:
        axis = centroids.copy()
        total = centroids[:, :3].sum(axis=1, dtype=np.int64)
        axis[:, :3] = ((2 * total + 3) // 6)[:, None]
    tinted = (axis != centroids).any(axis=1)
    tinted[: data.n_given] = False
    greys = data.weights_of(centroids, grey)
    tinted &= greys * _GREY_AREA >= data.weight.sum(dtype=np.uint64)
    if not tinted.any():
        return centroids
    tinted &= 3 * greys >= 2 * (held if len(held) else data.weights_of(centroids, slice(None)))
    return np.where(tinted[:, None], axis, centroids)


def _rows_in(colors: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.bool_]:
    if len(others) == 0:
        return np.zeros(len(colors), np.bool_)
    keys, known = packed(colors), np.sort(packed(others))
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.equal(known[places], keys)


def _without_clustering(
    codes: NDArray[np.uint8], n_pinned: int, space: Space, *, lossless: bool
) -> FitResult:
    trace = Trace(
        owned(embed(codes, space)[None]),
        owned(np.zeros(1, np.uint64)),
        owned(np.zeros(1, np.int32)),
        owned(np.zeros(1, np.int32)),
    )
    return FitResult(Codebook(codes, n_pinned), trace, space, converged=True, lossless=lossless)


def _made_distinct(codes: NDArray[np.uint8], data: _Data, space: Space) -> NDArray[np.uint8]:
    """Replace codes that rounding made equal to earlier ones by the colours of largest error."""
    while not all_differ(codes):
        repeated = np.ones(len(codes), np.bool_)
        repeated[distinct(codes)[0]] = False
        doubles = np.flatnonzero(repeated)
        points, places = embed(data.colors, space), embed(codes, space)
        _, distances = _core.nearest_points(points, places, threads=data.threads)
        error = np.where(_rows_in(data.colors, codes), -1, data.weight.astype(np.int64) * distances)
        codes = codes.copy()
        codes[doubles[0]] = data.colors[np.argmax(error)]
    return codes
