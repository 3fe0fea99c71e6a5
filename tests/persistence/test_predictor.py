import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import polars
import pytest
from scipy.sparse import coo_matrix, csr_array

from skdigits import DigitCNNClassifier, load_model, load_predictor, save_model
from skdigits.exceptions import DigitsWarning
from skdigits.persistence import Predictor


@pytest.fixture(scope="module")
def path(small_classifier, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "digits.skdigits"
    save_model(small_classifier, path)
    return path


@pytest.fixture(scope="module")
def predictor(path):
    return load_predictor(path)


@pytest.fixture(scope="module")
def named(digits, tmp_path_factory):
    """A classifier fitted with feature names, and the predictor of its file."""
    X, y = digits
    frame = pd.DataFrame(X[:200, :9], columns=list("abcdefghi"))
    classifier = DigitCNNClassifier(filters=(2,), epochs=1, random_state=0).fit(frame, y[:200])
    path = tmp_path_factory.mktemp("model") / "named.skdigits"
    save_model(classifier, path)
    return classifier, load_predictor(path), frame


@pytest.fixture(scope="module")
def with_outliers(digits, tmp_path_factory):
    """The file of a classifier for which eights and nines are outliers."""
    X, y = digits
    clf = DigitCNNClassifier.fast(epochs=2, random_state=0).fit(X, np.where(y > 7, -1, y))
    path = tmp_path_factory.mktemp("outliers") / "model.skdigits"
    save_model(clf, path, outlier_label=-1)
    return path


def test_one_row_many_rows_and_any_numbers_are_predicted_alike(predictor, small_classifier, digits):
    X = np.tile(digits[0], (8, 1))
    expected = small_classifier.predict_proba(X)
    np.testing.assert_array_equal(predictor.predict_proba(X), expected)
    for rows in (X.astype(np.uint8), X.astype(np.float16), np.asfortranarray(X), X.astype(object)):
        np.testing.assert_array_equal(predictor.predict_proba(rows), expected)
    np.testing.assert_array_equal(
        predictor.predict_proba(X[:1].tolist()), small_classifier.predict_proba(X[:1])
    )


def test_attributes_are_those_of_the_classifier(predictor, small_classifier):
    assert isinstance(predictor, Predictor)
    np.testing.assert_array_equal(predictor.classes_, small_classifier.classes_)
    assert predictor.classes_.dtype == small_classifier.classes_.dtype
    assert predictor.n_features_in_ == 64
    assert predictor.image_shape_ == (8, 8, 1)
    assert not hasattr(predictor, "feature_names_in_")
    for ours, of_keras in zip(
        predictor.weights_, small_classifier.model_.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, of_keras)
    assert [x["config"]["name"] for x in predictor.layers_] == [
        layer.name for layer in small_classifier.model_.layers
    ]


LOADED = """
import sys
before = set(sys.modules)
import numpy as np
from skdigits import load_predictor
predictor = load_predictor({path!r})
print(predictor.predict(np.zeros((2, 64))), predictor.predict_proba(np.zeros((700, 64))).shape)
print(*sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))
"""


def test_it_needs_nothing_but_numpy_and_threadpoolctl(path, run_python):
    loaded = run_python(LOADED.format(path=str(path))).splitlines()[-1].split()
    assert {"numpy", "skdigits", "threadpoolctl"} <= set(loaded)
    heavy = {
        "safetensors",
        "tensorflow",
        "keras",
        "scikeras",
        "sklearn",
        "scipy",
        "pandas",
        "joblib",
        "matplotlib",
    }
    assert heavy.isdisjoint(loaded)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros(64), "Expected 2D array, got 1D.*reshape"),
        (np.zeros((2, 63)), "X has 63 features, but this predictor is expecting 64 features"),
        (np.zeros((0, 64)), "no rows"),
        (np.full((1, 64), np.nan), "NaN, infinity or a value too large"),
        (np.full((1, 64), 1e300), "NaN, infinity or a value too large"),
        (np.full((1, 64), "x"), "could not convert string"),
        (np.full((1, 64), 1j), "Complex"),
        ([[1.0] * 64, [1.0] * 63], "inhomogeneous"),
        (np.zeros((8, 8)), r"X has 8 features.*one image.*X.reshape\(1, -1\)"),
        (np.zeros((3, 8, 8, 1)), r"4D array.*images.*X.reshape\(len\(X\), -1\)"),
        ("digit.png", "of type str.*DigitImageEncoder"),
    ],
)
def test_what_cannot_be_predicted_is_a_value_error(X, message, predictor, small_classifier):
    with pytest.raises(ValueError, match=message):
        predictor.predict_proba(X)
    with pytest.raises(ValueError, match=message):
        predictor.predict(X)
    with np.errstate(over="ignore"), pytest.raises((ValueError, TypeError)):
        small_classifier.predict(X)  # which refuses it as well


@pytest.mark.parametrize(
    "make", [csr_array, coo_matrix, lambda X: pd.DataFrame(X).astype(pd.SparseDtype(float, 0))]
)
def test_sparse_rows_are_predicted_as_dense_ones(make, predictor, digits):
    X = digits[0][:20]
    np.testing.assert_array_equal(predictor.predict_proba(make(X)), predictor.predict_proba(X))


def test_log_probabilities_are_those_of_the_classifier(predictor, small_classifier, digits):
    X = digits[0][:20]
    logarithms = predictor.predict_log_proba(X)
    np.testing.assert_array_equal(logarithms, small_classifier.predict_log_proba(X))
    np.testing.assert_array_equal(np.exp(logarithms).argmax(axis=1), predictor.predict(X))


@pytest.mark.parametrize("make", [pd.DataFrame, polars.from_pandas])
def test_frames_with_the_names_of_the_fit_are_predicted(make, named):
    classifier, predictor, frame = named
    assert predictor.feature_names_in_.tolist() == list("abcdefghi")
    assert predictor.feature_names_in_.dtype == classifier.feature_names_in_.dtype
    np.testing.assert_array_equal(
        predictor.predict_proba(make(frame)), classifier.predict_proba(frame)
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (list("bacdefghi"), "order"),
        (list("abcdefghx"), "order: a, b"),
    ],
)
def test_frames_with_other_names_are_refused_as_scikit_learn_does(columns, message, named):
    classifier, predictor, frame = named
    other = frame.set_axis(columns, axis=1)
    with pytest.raises(ValueError, match=f"feature names should match.*{message}"):
        predictor.predict(other)
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(other)


@pytest.mark.parametrize("through", [lambda p: pickle.loads(pickle.dumps(p)), copy.deepcopy])
def test_it_pickles_and_copies(through, predictor, digits):
    again = through(predictor)
    np.testing.assert_array_equal(
        again.predict_proba(digits[0]), predictor.predict_proba(digits[0])
    )
    assert again.metadata == predictor.metadata


def test_x_is_not_changed_and_nothing_is_warned_about(predictor, digits):
    X = np.array(digits[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predictor.predict(X)
    np.testing.assert_array_equal(X, digits[0])


class TestOutliers:
    """One class of the model is "not a digit"."""

    def test_novelty_is_its_probability_and_the_others_are_renormalised(
        self, with_outliers, digits
    ):
        X, _ = digits
        predictor, classifier = load_predictor(with_outliers), load_model(with_outliers)
        assert (predictor.outlier_label_, classifier.outlier_label_) == (-1, -1)
        np.testing.assert_array_equal(predictor.classes_, range(8))
        np.testing.assert_array_equal(classifier.classes_, [-1, *range(8)])
        all_nine = classifier.predict_proba(X)
        np.testing.assert_array_equal(predictor.novelty(X), all_nine[:, 0])
        others = all_nine[:, 1:] / all_nine[:, 1:].sum(axis=1, keepdims=True)
        np.testing.assert_allclose(predictor.predict_proba(X), others, rtol=1e-12)
        again = pickle.loads(pickle.dumps(predictor))
        np.testing.assert_array_equal(again.novelty(X), predictor.novelty(X))

    def test_probabilities_sum_to_1_even_where_novelty_is_1(self, with_outliers):
        with pytest.warns(DigitsWarning):
            probabilities = load_predictor(with_outliers).predict_proba(np.full((1, 64), 1e6))
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)

    def test_the_label_is_kept_when_a_loaded_classifier_is_saved(self, with_outliers, tmp_path):
        save_model(load_model(with_outliers), tmp_path / "again.skdigits")
        assert load_predictor(tmp_path / "again.skdigits").metadata["outlier_label"] == -1

    @pytest.mark.parametrize("label", [-1, "-1"])
    def test_the_label_may_be_text(self, label, digits, tiny, tmp_path):
        X, y = digits
        clf = tiny(epochs=1).fit(X[:100], np.where(y[:100] < 8, y[:100], -1).astype(str))
        save_model(clf, tmp_path / "text.skdigits", outlier_label=label)
        predictor = load_predictor(tmp_path / "text.skdigits")
        assert predictor.outlier_label_ == "-1"
        assert predictor.classes_.tolist() == [*"01234567"]

    @pytest.mark.parametrize("label", [-1, "none"])
    def test_a_label_that_is_not_a_class_is_refused(self, label, small_classifier, tmp_path):
        with pytest.raises(ValueError, match="is not one of the model's classes"):
            save_model(small_classifier, tmp_path / "a.skdigits", outlier_label=label)

    def test_without_such_a_class_there_is_no_novelty(self, predictor, digits):
        with pytest.raises(ValueError, match="outlier_label=-1"):
            predictor.novelty(digits[0])
