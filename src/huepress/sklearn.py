"""Colour quantization as a scikit-learn estimator, in scikit-learn's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from huepress.colorspace import FIT_UNIT, Space, embed
from huepress.common.arrays import distinct
from huepress.errors import InputError, OptionError
from huepress.kmeans import Effort, Seeding, fit
from huepress.mapping import nearest
from huepress.read.samples import quantized
from huepress.values.histogram import Histogram

try:
    from sklearn.base import (
        BaseEstimator,
        ClassNamePrefixFeaturesOutMixin,
        ClusterMixin,
        TransformerMixin,
    )
    from sklearn.utils import check_array, check_random_state
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "huepress.sklearn needs scikit-learn, which cannot be imported; "
        "install it with: pip install 'huepress[sklearn]'"
    ) from error

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

    Tally = tuple[NDArray[np.uint8], NDArray[np.float64]]

# Distances of so many (row, code) pairs are held in memory at once.
_PAIRS = 1 << 22

# Fractional weights are brought to integers that sum up to about this.
_WEIGHT_TOTAL = 2**31

# As in scikit-learn's KMeans: only where all codes are drawn at once, a poor start is likely.
_AUTO_STARTS = {"random": 10}


class ColorQuantizer(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator
):
    """Cluster colours with huepress's exact integer k-means.

    Rows of X are colours, red, green, blue and perhaps straight alpha: integers from 0 to 255, or
    floats in [0, 1], which are rounded to the nearest of the 256 levels. The result is the same on
    every machine, for any order of the rows, and for any shares of them given to `partial_fit`.

    Parameters
    ----------
    n_clusters : int
        Most codes to learn. X with fewer distinct colours gets no more codes than these.
    space : {'oklab', 'srgb', 'linear'}
        Where distances are measured.
    init : {'principal-axis', 'k-means++', 'random'}
        Where the codes start.
    effort : {'fast', 'default', 'best'}
        How hard to search from principal-axis starts; the other two are plain Lloyd iteration.
    n_init : 'auto' or int
        Starts of a random `init`, of which the least inertia wins; 'auto' is 10 for 'random' and
        1 for the others.
    max_iter : int, optional
        Most iterations; the effort's, or 300 after a random `init`.
    tol : float, optional
        Stop when an iteration lowers the inertia by no more than this fraction.
    random_state : int, RandomState instance or None
        Where random draws come from; an integer makes them repeatable.

    Attributes
    ----------
    cluster_centers_ : (k, 3 or 4) ndarray
        The codes in X's own scale and type, so that ``cluster_centers_[labels_]`` is X quantized:
        uint8 levels for integers, floats in [0, 1] for floats.
    labels_ : (n,) int32 ndarray
        Index of each row's code; after `partial_fit`, of its rows.
    inertia_ : float
        Weighted sum of the rows' squared distances to their codes, in the fit space, where black
        and white are 1 apart.
    n_iter_ : int
        Iterations run.
    n_features_in_ : int
        3 or 4.
    feature_names_in_ : (3 or 4,) ndarray of str
        Names of the columns of X, where X has any: those of a data frame.
    codebook_ : Codebook
        The codes, for the rest of huepress.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0, 0, 0], [9, 0, 0], [255, 255, 255], [250, 255, 255]], np.uint8)
    >>> quantizer = ColorQuantizer(n_clusters=2, space="srgb").fit(X)
    >>> np.unique(quantizer.cluster_centers_[quantizer.labels_], axis=0).tolist()
    [[5, 0, 0], [253, 255, 255]]
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        space: Space = "oklab",
        init: Seeding = "principal-axis",
        effort: Effort = "default",
        n_init: int | Literal["auto"] = "auto",
        max_iter: int | None = None,
        tol: float | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.space = space
        self.init = init
        self.effort = effort
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Learn the codes.

        Parameters
        ----------
        X : (n, 3 or 4) array-like
            Colours.
        y : ignored
        sample_weight : (n,) array-like, optional
            How much each row counts, not negative; a weight of 2 is the row twice.

        Returns
        -------
        self

        Raises
        ------
        OptionError
            (A ValueError.) X holds no colours, or a parameter is out of its range.
        """
        return self._learn(X, sample_weight, ())

    def partial_fit(
        self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn the codes of these rows and of all before them.

        What is kept of rows is how much each colour counts, so the codes are exactly those that
        `fit` learns from all rows at once; `fit` starts anew.

        Parameters
        ----------
        X : (n, 3 or 4) array-like
            Colours, with the channels of those before.
        y : ignored
        sample_weight : (n,) array-like, optional
            How much each row counts, not negative.

        Returns
        -------
        self

        Raises
        ------
        OptionError
            (A ValueError.) X holds no colours, or a parameter is out of its range.

        Examples
        --------
        >>> import numpy as np
        >>> X = np.array([[0, 0, 0], [9, 0, 0], [255, 255, 255], [250, 255, 255]], np.uint8)
        >>> parts = ColorQuantizer(2).partial_fit(X[:2]).partial_fit(X[2:])
        >>> np.array_equal(parts.cluster_centers_, ColorQuantizer(2).fit(X).cluster_centers_)
        True
        """
        return self._learn(X, sample_weight, (self._tally,) if hasattr(self, "_tally") else ())

    def _learn(
        self, X: ArrayLike, sample_weight: ArrayLike | None, before: tuple[Tally, ...]
    ) -> Self:
        array, levels = self._read(X, reset=not before)
        weights = _weights(sample_weight, len(levels))
        tally = _tallied(levels, weights, before)
        n_starts = _AUTO_STARTS.get(self.init, 1) if self.n_init == "auto" else self.n_init
        result = fit(
            _histogram(tally),
            self.n_clusters,
            space=self.space,
            effort=self.effort,
            seeding=self.init,
            n_init=n_starts,
            max_iter=self.max_iter,
            tol=self.tol,
            seed=int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max)),
        )
        self._tally = tally
        self.codebook_ = result.codebook
        codes = result.codebook.colors
        self.cluster_centers_ = codes if array.dtype.kind in "iu" else _unit(codes, array.dtype)
        self.n_iter_ = result.iterations
        self.labels_ = self._labels(levels)
        self.inertia_ = self._inertia(levels, self.labels_, weights)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.int32]:
        """Give each colour the index of the nearest code; ties go to the lowest.

        Parameters
        ----------
        X : (n, 3 or 4) array-like
            Colours, with the channels that `fit` saw.

        Returns
        -------
        (n,) int32 ndarray
        """
        return self._labels(self._checked(X))

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Measure the distance from each colour to each code, in the fit space.

        Parameters
        ----------
        X : (n, 3 or 4) array-like
            Colours, with the channels that `fit` saw.

        Returns
        -------
        (n, k) float64 ndarray
            Black and white are 1 apart; ``argmin(axis=1)`` is what `predict` returns, but that
            opaque colours go to opaque codes where there are any.
        """
        levels = self._checked(X)
        codes = self._positions(self.codebook_.colors)
        distances = np.empty((len(levels), len(codes)))
        step = max(1, _PAIRS // len(codes))
        for top in range(0, len(levels), step):
            rows = slice(top, top + step)
            points = self._positions(levels[rows])
            # Integers below 2^53, so these floats are exact.
            squares = (points**2).sum(axis=1)[:, np.newaxis] + (codes**2).sum(axis=1)
            distances[rows] = np.sqrt(squares - 2 * points @ codes.T) / FIT_UNIT
        return distances

    def inverse_transform(self, X: ArrayLike) -> NDArray[Any]:
        """Give the colour of the nearest code, from the distances to all of them.

        Parameters
        ----------
        X : (n, k) array-like
            Distances, as `transform` gives them.

        Returns
        -------
        (n, 3 or 4) ndarray
            Rows of `cluster_centers_`: after `transform`, its rows quantized. (`predict` may differ
            where X has alpha: it keeps opaque colours opaque.)

        Raises
        ------
        OptionError
            (A ValueError.) There is not one distance for each code.

        Examples
        --------
        >>> import numpy as np
        >>> X = np.array([[0, 0, 0], [9, 0, 0], [255, 255, 255]], np.uint8)
        >>> quantizer = ColorQuantizer(2, space="srgb").fit(X)
        >>> quantizer.inverse_transform(quantizer.transform(X)).tolist()
        [[5, 0, 0], [5, 0, 0], [255, 255, 255]]
        """
        check_is_fitted(self)
        distances = check_array(X, input_name="X")
        n_codes = len(self.cluster_centers_)
        if distances.shape[1] != n_codes:
            raise OptionError(
                f"X has {distances.shape[1]} distances a row, and there are {n_codes} codes; "
                "give what transform returned"
            )
        colors: NDArray[Any] = self.cluster_centers_[distances.argmin(axis=1)]
        return colors

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags

    def score(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> float:
        """Return the negative inertia of the colours: the higher, the better they are described.

        Parameters
        ----------
        X : (n, 3 or 4) array-like
            Colours, with the channels that `fit` saw.
        y : ignored
        sample_weight : (n,) array-like, optional
            How much each row counts.

        Returns
        -------
        float
        """
        levels = self._checked(X)
        return -self._inertia(levels, self._labels(levels), _weights(sample_weight, len(levels)))

    @property
    def _n_features_out(self) -> int:
        return len(self.cluster_centers_)

    def _checked(self, X: ArrayLike) -> NDArray[np.uint8]:
        check_is_fitted(self)
        return self._read(X, reset=False)[1]

    def _read(self, X: ArrayLike, *, reset: bool) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Return the rows as they came, checked and with their features noted, and as levels."""
        array = validate_data(self, X, reset=reset)
        return array, _levels(array)

    def _labels(self, levels: NDArray[np.uint8]) -> NDArray[np.int32]:
        indexed = nearest(levels[np.newaxis], self.codebook_, space=self.space)
        labels: NDArray[np.int32] = indexed.labels[0].astype(np.int32)
        return labels

    def _inertia(
        self,
        levels: NDArray[np.uint8],
        labels: NDArray[np.int32],
        weights: NDArray[np.float64] | None,
    ) -> float:
        differences = self._positions(levels) - self._positions(self.codebook_.colors)[labels]
        squares = (differences**2).sum(axis=1)
        return float(squares.sum() if weights is None else squares @ weights) / FIT_UNIT**2

    def _positions(self, colors: NDArray[np.uint8]) -> NDArray[np.float64]:
        return embed(colors, self.space).astype(np.float64)


def _levels(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Check that rows are colours, and round them to levels."""
    if array.shape[1] not in (3, 4):
        raise OptionError(
            f"X has shape {array.shape}, and a row is a colour of 3 or 4 channels; "
            "reshape pixels with pixels.reshape(-1, 3)"
        )
    if array.dtype.kind in "iu":
        lowest, highest = array.min(), array.max()
        if lowest < 0 or highest > 255:
            wrong = lowest if lowest < 0 else highest
            raise OptionError(
                f"{_negative(lowest)}X holds the integer {wrong}, outside 0 to 255; rescale it"
            )
        return np.ascontiguousarray(array, np.uint8)
    try:
        return np.ascontiguousarray(quantized(array, "X"))
    except InputError as error:
        raise OptionError(f"{_negative(array.min())}{error}") from None


def _negative(lowest: Any) -> str:
    """Begin a message as scikit-learn's checks of estimators expect it of negative numbers."""
    return "Negative values in data: " if lowest < 0 else ""


def _weights(sample_weight: ArrayLike | None, n_rows: int) -> NDArray[np.float64] | None:
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, np.float64)
    if weights.shape != (n_rows,):
        raise OptionError(f"sample_weight has shape {weights.shape}; give {n_rows} numbers")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise OptionError("a sample_weight is negative or not finite; give numbers from 0 up")
    return weights


def _unit(codes: NDArray[np.uint8], dtype: np.dtype[Any]) -> NDArray[Any]:
    return (codes / 255).astype(dtype)


def _tallied(
    levels: NDArray[np.uint8], weights: NDArray[np.float64] | None, before: tuple[Tally, ...]
) -> Tally:
    """Add up how much each colour counts, in these rows and before."""
    if levels.shape[1] == 4:  # as in a histogram, full transparency is one colour
        levels = np.where(levels[:, 3:] > 0, levels, np.uint8(0))
    first, inverse = distinct(levels)
    colors = levels[first]
    counted = np.ones(len(levels)) if weights is None else weights
    totals: NDArray[Any] = np.bincount(inverse, counted)
    for known, sums in before:
        colors = np.concatenate([known, colors])
        first, inverse = distinct(colors)
        colors, totals = colors[first], np.bincount(inverse, np.concatenate([sums, totals]))
    return colors, totals


def _histogram(tally: Tally) -> Histogram:
    """Make a histogram, whose counts are whole: fractional weights are scaled up, and rounded."""
    colors, totals = tally
    if (totals % 1).any() or totals.sum() > _WEIGHT_TOTAL:
        totals = np.where(totals > 0, np.maximum(totals * (_WEIGHT_TOTAL / totals.sum()), 1), 0)
    return Histogram(colors, np.rint(totals).astype(np.uint64))
