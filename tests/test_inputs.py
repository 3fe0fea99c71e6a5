"""What people pass to the classifier: rows, labels, sizes, keywords, and what it makes of them."""

import inspect
import json
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array, csc_matrix, csr_array
from sklearn.base import clone
from sklearn.feature_selection import VarianceThreshold
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

from skdigits import DigitCNNClassifier, evaluate, evaluate_folds, load_model, save_model
from skdigits.exceptions import DigitsWarning
from skdigits.persistence import load_predictor


def small(**parameters):
    """Make the smallest network there is; one epoch of it takes no time."""
    return DigitCNNClassifier(
        **{"filters": (4,), "augment": None, "epochs": 1, "random_state": 0, **parameters}
    )


def weights_of(clf):
    return clf.pipeline_["network"].state_.weights


def assert_same_network(a, b):
    for ours, theirs in zip(weights_of(a), weights_of(b), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.fixture(scope="module")
def rows(digits):
    return digits[0][:100], digits[1][:100]


@pytest.fixture(scope="module")
def fitted(rows):
    """A small classifier of 100 rows; not to be changed."""
    return small().fit(*rows)


SPARSE = {
    "csr_array": csr_array,
    "csc_matrix": csc_matrix,
    "coo_array": coo_array,
    "integers": lambda X: csr_array(X.astype(np.int16)),
    "frame with gaps of NaN": lambda X: pd.DataFrame(X).astype(pd.SparseDtype(float, np.nan)),
}


@pytest.mark.parametrize("kind", SPARSE)
def test_sparse_rows_are_predicted_as_dense_ones(kind, rows, fitted):
    X, _ = rows
    sparse = SPARSE[kind](X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(fitted.predict_proba(sparse), fitted.predict_proba(X))


def test_sparse_rows_train_the_network_of_dense_ones(rows, fitted):
    X, y = rows
    sparse = csc_matrix(X)
    clf = small().fit(sparse, y)
    assert_same_network(clf, fitted)
    assert clf.training_data_["sha256"] == fitted.training_data_["sha256"]
    assert_same_network(
        small().partial_fit(sparse, y, classes=range(10)),
        small().partial_fit(X, y, classes=range(10)),
    )
    assert get_tags(clf).input_tags.sparse


def test_sparse_rows_go_through_all_that_looks_at_rows(rows, fitted):
    X, y = rows
    sparse = csr_array(X)
    np.testing.assert_array_equal(fitted.predict(sparse), fitted.predict(X))
    np.testing.assert_array_equal(fitted.pipeline_.predict(sparse), fitted.predict(X))
    for name, maps in fitted.feature_maps(X).items():
        np.testing.assert_array_equal(fitted.feature_maps(sparse)[name], maps)
    assert evaluate(fitted, sparse, y).to_dict() == evaluate(fitted, X, y).to_dict()


@pytest.mark.parametrize(
    "sizes",
    [
        {"filters": 4},
        {"filters": np.array([4])},
        {"filters": range(4, 5)},
        {"dense_units": np.array([], int)},
        {"pool_after": np.int8(2)},
        {"image_shape": np.array([8, 8])},
        {"validation_fraction": np.float64(0)},
    ],
    ids=str,
)
def test_one_number_arrays_and_ranges_stand_for_the_same_sizes(sizes, rows, fitted):
    clf = small(**sizes).fit(*rows)
    assert_same_network(clf, fitted)
    assert list(clf.history_) == list(fitted.history_)
    ((name, value),) = sizes.items()
    assert getattr(clf, name) is value
    clone(clf)
    assert name in repr(clf)


def test_sizes_are_kept_as_plain_lists(rows, tmp_path):
    path = tmp_path / "digits.skdigits"
    sizes = {
        "filters": range(4, 7, 2),
        "dense_units": np.array([3]),
        "pool_after": np.int64(1),
        "image_shape": np.array([8, 8]),
    }
    clf = small(**sizes).fit(*rows)
    save_model(clf, path)
    loaded = load_model(path)
    plain = {"filters": [4, 6], "dense_units": [3], "pool_after": 1, "image_shape": [8, 8]}
    assert {name: loaded.get_params()[name] for name in sizes} == plain
    assert json.dumps(load_predictor(path).metadata["parameters"]["filters"]) == "[4, 6]"
    np.testing.assert_array_equal(loaded.predict_proba(rows[0]), clf.predict_proba(rows[0]))
    assert_same_network(clone(loaded).fit(*rows), clf)


ENTRIES = {
    "fit": lambda clf, X, y: clone(clf).fit(X, y),
    "partial_fit": lambda clf, X, y: clone(clf).partial_fit(X, y, classes=range(10)),
    "a later partial_fit": lambda clf, X, y: clf.partial_fit(X, y),
    "predict": lambda clf, X, y: clf.predict(X),
    "predict_proba": lambda clf, X, y: clf.predict_proba(X),
    "predict_log_proba": lambda clf, X, y: clf.predict_log_proba(X),
    "feature_maps": lambda clf, X, y: clf.feature_maps(X),
    "score": lambda clf, X, y: clf.score(X, y),
    "evaluate": evaluate,
    "evaluate_folds": lambda clf, X, y: evaluate_folds(clf, X, y, cv=2),
    "ImageReshaper": lambda clf, X, y: clf.pipeline_["reshape"].transform(X),
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_images_get_the_way_out_wherever_they_are_passed(entry, rows, fitted):
    X, y = rows
    for images in (X.reshape(-1, 8, 8), X.reshape(-1, 8, 8, 1)):
        with pytest.raises(ValueError, match=r"X.reshape\(len\(X\), -1\)"):
            ENTRIES[entry](fitted, images, y)
    if entry == "evaluate_folds":  # splits first
        return
    with pytest.raises(ValueError, match=r"Reshape your data: X.reshape\(1, -1\)"):
        ENTRIES[entry](fitted, X[0], y[:1] if entry == "evaluate" else y)


@pytest.mark.parametrize("entry", ["predict", "predict_proba", "feature_maps", "evaluate"])
def test_eight_rows_of_eight_numbers_are_one_image(entry, rows, fitted):
    X, y = rows
    message = r"X has 8 features, but .* expecting 64 .* one image.*: X.reshape\(1, -1\)"
    with pytest.raises(ValueError, match=message):
        ENTRIES[entry](fitted, X[0].reshape(8, 8), y[:8])


@pytest.mark.parametrize(
    "entry",
    ["fit", "a later partial_fit", "score", "evaluate", "evaluate_folds"],
)
def test_one_hot_labels_get_the_way_out_wherever_they_are_passed(entry, rows, fitted):
    X, y = rows
    with pytest.raises(ValueError, match=r"one-hot.* Pass y.argmax\(axis=1\)"):
        ENTRIES[entry](fitted, X, np.eye(10)[y])


@pytest.mark.parametrize(
    ("method", "name", "hint"),
    [
        ("fit", "epochs", r"set_params\(epochs=\.\.\.\) or DigitCNNClassifier\(epochs=\.\.\.\)"),
        ("fit", "validation_split", r"set_params\(validation_fraction=\.\.\.\)"),
        ("fit", "validation_data", "Did you mean 'X_val'"),
        ("fit", "eval_set", "Did you mean 'X_val'"),
        ("fit", "sample_weights", "Did you mean 'sample_weight'"),
        ("fit", "nothing_like_it", "It has X, y, sample_weight"),
        ("partial_fit", "batch_size", r"set_params\(batch_size=\.\.\.\)"),
        ("partial_fit", "validation_data", "It has X, y, classes, sample_weight"),
        ("partial_fit", "class", "Did you mean 'classes'"),
    ],
)
def test_a_keyword_that_fit_does_not_have_is_sent_where_it_belongs(method, name, hint, rows):
    train = getattr(small(), method)
    with pytest.raises(TypeError, match=rf"\.{method}\(\) has no keyword '{name}'.*{hint}"):
        train(*rows, **{name: 3})


def test_a_pipeline_passes_the_hint_on(rows):
    with pytest.raises(TypeError, match=r"set_params\(epochs=\.\.\.\)"):
        make_pipeline(small()).fit(*rows, digitcnnclassifier__epochs=3)
    assert list(inspect.signature(small().fit).parameters)[:3] == ["X", "y", "sample_weight"]


@pytest.mark.parametrize(
    "labels",
    [lambda y: y.astype(str), lambda y: pd.Series(y.astype(str)).astype("category")],
)
def test_class_weights_by_labels_that_look_like_numbers(labels, rows, fitted):
    X, y = rows
    weights = np.arange(1.0, 11.0)
    by_label = {str(digit): weight for digit, weight in enumerate(weights)}
    clf = small(class_weight=by_label).fit(X, labels(y))
    assert_same_network(clf, small().fit(X, y, sample_weight=weights[y]))
    with pytest.raises(ValueError, match=r"keys \[0, 1,.* such as class_weight={'0': 2.0}"):
        small(class_weight=dict(enumerate(weights))).fit(X, labels(y))


class Prefers(DigitCNNClassifier):
    """Is certain of the second class."""

    def predict_proba(self, X):
        probabilities = np.zeros_like(super().predict_proba(X))
        probabilities[:, 1] = 1
        return probabilities


@pytest.fixture(scope="module")
def preferring(rows):
    return Prefers(filters=(4,), augment=None, epochs=1, random_state=0).fit(*rows)


def test_a_subclass_predicts_what_its_probabilities_say(preferring, rows):
    assert set(preferring.predict(rows[0])) == {1}
    assert preferring.score(*rows) == np.mean(rows[1] == 1)


def test_the_logarithm_of_0_is_silent(preferring, rows):
    with np.errstate(divide="raise"):
        logarithms = preferring.predict_log_proba(rows[0][:2])
    assert logarithms[:, :3].tolist() == [[-np.inf, 0, -np.inf]] * 2


def test_warnings_point_at_the_line_of_the_caller(rows, fitted, preferring):
    for model in (fitted, preferring, make_pipeline(fitted)):
        for method in (model.predict, model.predict_log_proba):
            with pytest.warns(DigitsWarning) as caught:
                method(rows[0] / 16)
            assert {warning.filename for warning in caught} == {__file__}


def test_what_is_left_of_images_is_warned_about_in_fit(rows):
    X, y = rows
    pipeline = make_pipeline(VarianceThreshold(), small())
    with pytest.warns(UserWarning, match=r"no square image.*VarianceThreshold") as caught:
        pipeline.fit(X, y)
    assert caught[0].filename == __file__
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline.predict(X)
        n_features = pipeline[-1].n_features_in_
        pipeline.set_params(digitcnnclassifier__image_shape=(1, n_features)).fit(X, y)


def test_partial_fit_warns_of_strips_once_and_a_loaded_model_does_not(rows, tmp_path):
    X, y = rows
    clf = small()
    with pytest.warns(UserWarning, match="X has 60 features, which make no square"):
        clf.partial_fit(X[:, 2:62], y, classes=range(10))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.partial_fit(X[:, 2:62], y)
        save_model(clf, tmp_path / "strips.skdigits")
        load_model(tmp_path / "strips.skdigits").partial_fit(X[:, 2:62], y)
