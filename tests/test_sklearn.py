import pickle
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.datasets import load_sample_image
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data

from huepress import Histogram, OptionError, fit
from huepress.colorspace import FIT_UNIT, SPACES, embed
from huepress.sklearn import ColorQuantizer

pytestmark = pytest.mark.slow

WAYS = [
    {"random_state": 0},
    {"init": "k-means++", "random_state": 3},
    {"init": "random", "n_init": 2, "random_state": 0},
]


@pytest.fixture(scope="module")
def rows() -> NDArray[np.uint8]:
    return load_sample_image("china.jpg")[:120:2, :160:2].reshape(-1, 3)


@st.composite
def colors(draw: st.DrawFn) -> NDArray[np.uint8]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.sampled_from([2, 4, 256]))
    shape = draw(st.integers(1, 60)), draw(st.sampled_from([3, 4]))
    return (rng.integers(0, levels, shape) * (255 // (levels - 1))).astype(np.uint8)


def test_it_learns_what_fit_learns(rows: NDArray[np.uint8]) -> None:
    # at this effort nothing is drawn at random
    quantizer = ColorQuantizer(16, effort="fast").fit(rows)
    expected = fit(Histogram.of(rows[None]), 16, effort="fast")
    assert quantizer.codebook_ == expected.codebook
    assert quantizer.n_iter_ == expected.iterations


@given(colors(), st.integers(1, 9), st.sampled_from(WAYS), st.sampled_from(SPACES))
def test_labels_are_the_nearest_codes_and_the_attributes_agree(
    X: NDArray[np.uint8], k: int, way: dict, space: str
) -> None:
    quantizer = ColorQuantizer(k, space=space, **way).fit(X)
    distances = quantizer.transform(X)
    assert distances.shape == (len(X), len(quantizer.cluster_centers_))
    assert len(quantizer.cluster_centers_) <= k
    assert quantizer.labels_.dtype == np.int32
    allowed = distances.copy()
    codes = quantizer.codebook_.colors
    if X.shape[1] == 4 and (codes[:, 3] == 255).any():
        allowed[np.ix_(X[:, 3] == 255, codes[:, 3] < 255)] = np.inf
    assert np.array_equal(quantizer.labels_, allowed.argmin(axis=1))
    assert np.array_equal(quantizer.labels_, quantizer.predict(X))
    assert np.array_equal(clone(quantizer).fit_predict(X), quantizer.labels_)
    assert quantizer.inertia_ == pytest.approx((allowed.min(axis=1) ** 2).sum())
    assert quantizer.score(X) == -quantizer.inertia_
    points, codes = embed(X, space), embed(quantizer.codebook_.colors, space)
    exact = ((points[:, None].astype(int) - codes) ** 2).sum(axis=2)
    assert np.allclose(distances, np.sqrt(exact) / FIT_UNIT, rtol=1e-15, atol=0)


def test_the_codes_come_in_the_scale_and_type_of_x(rows: NDArray[np.uint8]) -> None:
    levels = ColorQuantizer(8, random_state=0).fit(rows)
    assert levels.cluster_centers_.dtype == np.uint8
    for dtype in (np.float32, np.float64):
        floats = ColorQuantizer(8, random_state=0).fit((rows / 255).astype(dtype))
        assert floats.cluster_centers_.dtype == dtype
        assert np.array_equal(floats.labels_, levels.labels_)
        assert np.array_equal(np.rint(floats.cluster_centers_ * 255), levels.cluster_centers_)
    integers = ColorQuantizer(8, random_state=0).fit(rows.astype(np.int64))
    assert np.array_equal(integers.cluster_centers_, levels.cluster_centers_)
    assert np.array_equal(levels.predict(rows / 255), levels.labels_)


def test_effort_and_max_iter_bound_the_search(rows: NDArray[np.uint8]) -> None:
    fast, best = (
        ColorQuantizer(16, effort=effort, random_state=0).fit(rows) for effort in ("fast", "best")
    )
    assert fast.n_iter_ <= 10
    assert best.n_iter_ <= 40
    assert best.inertia_ < fast.inertia_
    short = ColorQuantizer(16, init="random", max_iter=2, random_state=0).fit(rows)
    assert short.n_iter_ == 2


def test_no_more_codes_than_distinct_colours() -> None:
    X = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 0]], np.uint8)
    quantizer = ColorQuantizer(8, random_state=0).fit(X)
    assert np.array_equal(quantizer.cluster_centers_[quantizer.labels_], X)
    assert quantizer.inertia_ == 0


@given(colors(), st.integers(1, 5), st.sampled_from(WAYS[:2]), st.data())
def test_an_integer_weight_is_so_many_copies(
    X: NDArray[np.uint8], k: int, way: dict, data: st.DataObject
) -> None:
    drawn = data.draw(st.lists(st.integers(0, 3), min_size=len(X), max_size=len(X)))
    weights = np.array([*drawn[:-1], 1])
    weighted = ColorQuantizer(k, **way).fit(X, sample_weight=weights)
    repeated = ColorQuantizer(k, **way).fit(np.repeat(X, weights, axis=0))
    assert np.array_equal(weighted.cluster_centers_, repeated.cluster_centers_)
    assert weighted.inertia_ == pytest.approx(repeated.inertia_)
    assert weighted.score(X, sample_weight=weights) == -weighted.inertia_


def test_fractional_weights_count_by_their_proportion(rows: NDArray[np.uint8]) -> None:
    weights = np.random.default_rng(0).random(len(rows)) + 0.01
    heavy, light = (
        ColorQuantizer(8, random_state=0).fit(rows, sample_weight=weights * f) for f in (1e6, 1e-9)
    )
    assert np.array_equal(heavy.cluster_centers_, light.cluster_centers_)
    assert heavy.inertia_ == pytest.approx(light.inertia_ * 1e15)
    plain = ColorQuantizer(8, random_state=0).fit(rows)
    assert not np.array_equal(heavy.cluster_centers_, plain.cluster_centers_)
    light_code = ColorQuantizer(1, space="srgb").fit(
        [[0, 0, 0], [100, 100, 100]], sample_weight=[0.5, 1.5]
    )
    assert light_code.cluster_centers_.tolist() == [[75, 75, 75]]


def test_the_order_of_the_rows_does_not_matter(rows: NDArray[np.uint8]) -> None:
    order = np.random.default_rng(0).permutation(len(rows))
    first, other = (
        ColorQuantizer(16, random_state=0).fit(rows),
        ColorQuantizer(16, random_state=0).fit(rows[order]),
    )
    assert np.array_equal(first.cluster_centers_, other.cluster_centers_)
    assert np.array_equal(first.labels_[order], other.labels_)


def test_random_state_decides_the_draw(rows: NDArray[np.uint8]) -> None:
    def learned(random_state: object) -> list:
        quantizer = ColorQuantizer(8, init="random", max_iter=1, random_state=random_state)
        return quantizer.fit(rows).cluster_centers_.tolist()

    assert learned(1) == learned(1) == learned(np.random.RandomState(1))
    assert learned(1) != learned(2)
    state = np.random.RandomState(1)
    assert learned(state) != learned(state)
    assert learned(None) != learned(None)


def test_transparent_rows_share_a_code_and_bend_no_other() -> None:
    X = np.array([[0, 255, 0, 0], [9, 9, 9, 0], [255, 0, 0, 255]], np.uint8)
    quantizer = ColorQuantizer(2).fit(X)
    assert quantizer.n_features_in_ == 4
    assert quantizer.labels_[0] == quantizer.labels_[1] != quantizer.labels_[2]
    assert {*map(tuple, quantizer.cluster_centers_.tolist())} == {(0, 0, 0, 0), (255, 0, 0, 255)}
    opaque = ColorQuantizer(2).fit(np.full((3, 4), 255, np.uint8))
    assert opaque.cluster_centers_.shape == (1, 4)


def test_transform_gives_each_of_many_rows_what_it_gives_it_alone(rows: NDArray[np.uint8]) -> None:
    quantizer = ColorQuantizer(9).fit(rows)
    many = np.resize(rows, (500_000, rows.shape[1]))  # 4.5 million distances: more than one chunk
    alone = quantizer.transform(rows)
    assert np.array_equal(quantizer.transform(many), np.resize(alone, (len(many), 9)))


class OfAnyRows(ColorQuantizer):
    """Makes colours of any rows, so that scikit-learn's checks, which draw rows, get to the end."""

    def _read(self, X: object, *, reset: bool) -> tuple[NDArray, NDArray[np.uint8]]:
        array = validate_data(self, X, reset=reset)
        columns = np.resize(np.arange(array.shape[1]), 3)
        shares = 1 / (1 + np.exp(-array[:, columns].astype(float)))
        return array, np.rint(255 * shares).astype(np.uint8)


WIDE = "its rows have not the 3 or 4 columns of a colour, and ColorQuantizer says so"
BEYOND = "its floats are not shares from 0 to 1, and ColorQuantizer says so"
EXPECTED = {
    "ColorQuantizer": {
        "check_all_zero_sample_weights_error": WIDE,
        "check_clustering": WIDE,
        "check_dict_unchanged": BEYOND,
        "check_dont_overwrite_parameters": BEYOND,
        "check_dtype_object": WIDE,
        "check_estimators_dtypes": WIDE,
        "check_estimators_fit_returns_self": WIDE,
        "check_estimators_overwrite_params": WIDE,
        "check_estimators_partial_fit_n_features": WIDE,
        "check_estimators_pickle": BEYOND,
        "check_f_contiguous_array_estimator": BEYOND,
        "check_fit2d_1feature": "the error names the shape (10, 1), not '1 feature'",
        "check_fit2d_1sample": WIDE,
        "check_fit2d_predict1d": BEYOND,
        "check_fit_check_is_fitted": WIDE,
        "check_fit_idempotent": WIDE,
        "check_methods_sample_order_invariance": BEYOND,
        "check_methods_subset_invariance": BEYOND,
        "check_n_features_in": WIDE,
        "check_n_features_in_after_fitting": BEYOND,
        "check_pipeline_consistency": BEYOND,
        "check_readonly_memmap_input": WIDE,
        "check_sample_weight_equivalence_on_dense_data": WIDE,
        "check_sample_weights_not_an_array": WIDE,
        "check_sample_weights_not_overwritten": WIDE,
        "check_sample_weights_pandas_series": WIDE,
        "check_sample_weights_shape": WIDE,
        "check_transformer_data_not_an_array": BEYOND,
        "check_transformer_general": BEYOND,
        "check_transformer_n_iter": BEYOND,
        "check_transformer_preserve_dtypes": BEYOND,
    },
    "OfAnyRows": {
        "check_fit_non_negative": "OfAnyRows makes colours of negative numbers too",
        "check_positive_only_tag_during_fit": "OfAnyRows makes colours of negative numbers too",
        "check_transformer_n_iter": "where the seeding is at rest, no update is counted",
    },
}


@parametrize_with_checks(
    [ColorQuantizer(), OfAnyRows(space="srgb")],
    expected_failed_checks=lambda estimator: EXPECTED[type(estimator).__name__],
)
def test_it_follows_scikit_learns_rules(estimator, check) -> None:
    check(estimator)


def test_what_is_not_default_is_shown() -> None:
    quantizer = ColorQuantizer(3, space="srgb")
    assert repr(quantizer) == "ColorQuantizer(n_clusters=3, space='srgb')"


def test_the_columns_of_a_data_frame_are_its_features(rows: NDArray[np.uint8]) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(rows, columns=["red", "green", "blue"])
    quantizer = ColorQuantizer(4).fit(frame)
    assert quantizer.feature_names_in_.tolist() == ["red", "green", "blue"]
    assert np.array_equal(quantizer.predict(frame), quantizer.labels_)
    with pytest.raises(ValueError, match="feature names should match"):
        quantizer.predict(frame[["blue", "green", "red"]])
    assert not hasattr(ColorQuantizer(4).fit(rows), "feature_names_in_")


def test_the_parts_give_what_the_whole_gives(rows: NDArray[np.uint8]) -> None:
    weights = np.random.default_rng(0).integers(0, 4, len(rows))
    whole = ColorQuantizer(16, random_state=0).fit(rows, sample_weight=weights)
    for n_parts, step in ((1, 1), (3, 1), (5, -1)):
        parts = ColorQuantizer(16, random_state=0)
        for part in np.array_split(np.arange(len(rows)), n_parts)[::step]:
            parts.partial_fit(rows[part], sample_weight=weights[part])
            assert np.array_equal(parts.labels_, parts.predict(rows[part]))
        assert np.array_equal(parts.cluster_centers_, whole.cluster_centers_)
    assert parts.fit(rows[:9]).codebook_ == ColorQuantizer(16).fit(rows[:9]).codebook_


def test_a_part_of_other_channels_is_refused(rows: NDArray[np.uint8]) -> None:
    quantizer = ColorQuantizer(2).partial_fit(rows)
    with pytest.raises(ValueError, match="X has 4 features, but ColorQuantizer is expecting 3"):
        quantizer.partial_fit(np.zeros((2, 4)))


@given(colors(), st.integers(1, 9))
def test_the_way_back_from_distances_is_the_nearest_code(X: NDArray[np.uint8], k: int) -> None:
    X = X[:, :3]
    quantizer = ColorQuantizer(k).fit(X)
    quantized = quantizer.inverse_transform(quantizer.transform(X))
    assert np.array_equal(quantized, quantizer.cluster_centers_[quantizer.labels_])
    with pytest.raises(OptionError, match="give what transform returned"):
        quantizer.inverse_transform(np.zeros((2, len(quantizer.cluster_centers_) + 1)))


def test_automatic_starts_are_ten_where_all_codes_are_drawn_at_once(
    rows: NDArray[np.uint8],
) -> None:
    for init, n_init in (("random", 10), ("k-means++", 1), ("principal-axis", 1)):
        automatic, told = (
            ColorQuantizer(8, init=init, max_iter=3, random_state=0, **way).fit(rows)
            for way in ({}, {"n_init": n_init})
        )
        assert automatic.inertia_ == told.inertia_
    one = ColorQuantizer(8, init="random", max_iter=3, n_init=1, random_state=0).fit(rows)
    ten = ColorQuantizer(8, init="random", max_iter=3, random_state=0).fit(rows)
    assert ten.inertia_ < one.inertia_
    with pytest.raises(OptionError, match="n_init='ten' is text"):
        ColorQuantizer(n_init="ten").fit(rows)


def test_it_clones_pickles_and_names_its_output(rows: NDArray[np.uint8]) -> None:
    quantizer = ColorQuantizer(4, random_state=0).fit(rows)
    assert not hasattr(clone(quantizer), "labels_")
    assert clone(quantizer).get_params() == quantizer.get_params()
    copy = pickle.loads(pickle.dumps(quantizer))
    assert np.array_equal(copy.predict(rows), quantizer.labels_)
    names = quantizer.get_feature_names_out().tolist()
    assert names == [f"colorquantizer{i}" for i in range(4)]


def test_it_works_in_a_pipeline(rows: NDArray[np.uint8]) -> None:
    pipeline = make_pipeline(
        FunctionTransformer(lambda levels: levels / 255), ColorQuantizer(4, random_state=0)
    )
    assert np.array_equal(
        pipeline.fit_predict(rows), ColorQuantizer(4, random_state=0).fit(rows).labels_
    )
    assert pipeline.transform(rows).shape == (len(rows), 4)


def test_it_works_in_a_grid_search(rows: NDArray[np.uint8]) -> None:
    search = GridSearchCV(ColorQuantizer(), {"n_clusters": [2, 16, 4]}, cv=3, error_score="raise")
    search.fit(rows)
    assert search.best_params_ == {"n_clusters": 16}
    assert search.best_score_ < 0


def test_inputs_are_not_changed(rows: NDArray[np.uint8]) -> None:
    X, weights = rows.copy(), np.ones(len(rows))
    ColorQuantizer(4).fit(X, sample_weight=weights).score(X)
    assert np.array_equal(X, rows)
    assert (weights == 1).all()


@pytest.mark.parametrize(
    ("X", "says"),
    [
        (np.zeros((4, 2)), r"shape \(4, 2\), .*reshape\(-1, 3\)"),
        (np.zeros((4, 5, 3)), "dim 3"),
        (np.zeros((0, 3)), "0 sample"),
        (np.array([[0, 0, 256]]), "integer 256, outside 0 to 255; rescale"),
        (np.array([[0, 0, -1]]), "integer -1, outside 0 to 255; rescale"),
        (np.array([[0, 0, 1.5]]), r"float 1.5, outside \[0, 1\]; divide by 255"),
        (np.array([[0, 0, np.nan]]), "NaN"),
        (np.array([[0, 0, np.inf]]), "infinity"),
        ([["a", "b", "c"]], "could not convert|numeric"),
    ],
)
def test_what_is_not_colours_is_refused(X: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ColorQuantizer(2).fit(X)


def test_the_channels_of_fit_are_the_channels_of_predict(rows: NDArray[np.uint8]) -> None:
    quantizer = ColorQuantizer(2).fit(rows)
    with pytest.raises(ValueError, match="X has 4 features, but ColorQuantizer is expecting 3"):
        quantizer.predict(np.zeros((2, 4)))
    with pytest.raises(NotFittedError):
        clone(quantizer).predict(rows)


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ([1.0], r"shape \(1,\); give 2"),
        ([1, -1], "negative"),
        ([1, np.nan], "not finite"),
        ([0, 0], "zero"),
    ],
)
def test_wrong_weights_are_refused(weights: list, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        ColorQuantizer(1).fit([[0, 0, 0], [9, 9, 9]], sample_weight=weights)


@pytest.mark.parametrize(
    "wrong", [{"n_clusters": 0}, {"space": "lab"}, {"init": "best"}, {"n_init": 0}, {"tol": 1}]
)
def test_a_parameter_out_of_range_is_refused_in_fit(wrong: dict) -> None:
    with pytest.raises(OptionError, match="use"):
        ColorQuantizer(**wrong).fit([[0, 0, 0]])


def test_without_scikit_learn_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "huepress.sklearn")
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"pip install 'huepress\[sklearn\]'"):
        import huepress.sklearn  # noqa: F401
