"""What is said of rows and labels that come in another shape, and where warnings point."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from skdigits._validation import (
    check_labels,
    check_shape,
    digest_samples,
    validate_rows,
    warn_of_shared_samples,
    warn_of_strips,
)


class Tensor:
    """Has a shape and becomes an array, as the tensors of other packages do."""

    def __init__(self, values):
        self.values = values
        self.shape = values.shape

    def __array__(self, dtype=None, copy=None):
        return self.values


IMAGES = np.arange(192.0).reshape(3, 8, 8)
TO_ROWS = r"flat rows: X.reshape\(len\(X\), -1\)\.$"
SHAPES = [
    (IMAGES, 64, "got 3D array.*" + TO_ROWS),
    (IMAGES[..., np.newaxis], 64, "got 4D array.*" + TO_ROWS),
    (IMAGES[0], 64, r"X has 8 features.*one image.*: X.reshape\(1, -1\)\.$"),
    (IMAGES[0].reshape(64, 1), 64, r"X has 1 features.*one image.*: X.reshape\(1, -1\)\.$"),
    (IMAGES[0].ravel(), 64, r"one dimension.*: X.reshape\(1, -1\) makes one row of it\.$"),
    (IMAGES.tolist(), 64, r"images.*: np.asarray\(X\).reshape\(len\(X\), -1\)\.$"),
    (Tensor(IMAGES), 64, r"images.*: np.asarray\(X\).reshape\(len\(X\), -1\)\.$"),
    (pd.DataFrame(IMAGES[0]), 64, r"one image.*: np.asarray\(X\).reshape\(1, -1\)\.$"),
    (pd.Series([*IMAGES]), 64, r"array of arrays.*: np.stack\(X\).reshape\(len\(X\), -1\)\.$"),
    (csr_array(IMAGES[0]), 64, r"one image.*: X.reshape\(1, -1\)\.$"),
    (np.zeros((3, 28, 28)), 64, "images of 784 values, not 64.*DigitImageEncoder"),
    ("digit.png", 64, "X is of type str.*DigitImageEncoder"),
    (["1.png", "2.png"], 64, "X is made of str.*DigitImageEncoder"),
    ([Path("1.png")], None, "X is made of .*Path.*DigitImageEncoder"),
    (None, None, "X is of type NoneType"),
    # In fit, nothing is known of the features.
    (IMAGES, None, TO_ROWS),
    (IMAGES[..., np.newaxis], None, TO_ROWS),
    (IMAGES[0].ravel(), None, r"X.reshape\(1, -1\) makes one row of it, or X.reshape\(-1, 1\)"),
    (np.zeros((3, 8, 6)), None, r"X.reshape\(len\(X\), -1\), with image_shape=\(8, 6\)\.$"),
    (np.zeros((3, 8, 8, 3)), None, r"with image_shape=\(8, 8, 3\)\.$"),
]  # fmt: skip


@pytest.mark.parametrize(("X", "n_features", "message"), SHAPES)
def test_another_shape_gets_the_call_that_makes_rows_of_it(X, n_features, message):
    with pytest.raises(ValueError, match=message):
        check_shape(X, n_features=n_features, owner="Net")


@pytest.mark.parametrize(
    "X",
    [IMAGES.reshape(3, 64), np.zeros((64, 64)), np.zeros((1, 8)), [[1.0], [2.0, 3.0]],
     pd.DataFrame(np.zeros((2, 64))), csr_array(np.zeros((2, 64)))],
)  # fmt: skip
def test_rows_and_what_validation_explains_better_pass(X):
    check_shape(X, n_features=64, owner="Net")
    check_shape(X, n_features=None, owner="Net")


ONE_HOT = np.eye(3)[[0, 2, 1, 1]]


@pytest.mark.parametrize(
    ("y", "way"),
    [
        (ONE_HOT, r"Pass y.argmax\(axis=1\)"),
        (ONE_HOT.tolist(), r"Pass np.asarray\(y\).argmax\(axis=1\)"),
        (pd.DataFrame(ONE_HOT), r"Pass y.idxmax\(axis=1\) .* or np.asarray\(y\).argmax\(axis=1\)"),
        (csr_array(ONE_HOT), r"Pass y.toarray\(\).argmax\(axis=1\)"),
        (ONE_HOT[:, np.newaxis], r"Pass y.argmax\(axis=1\)"),
    ],
)
def test_one_hot_labels_get_the_call_that_makes_labels_of_them(y, way):
    with pytest.raises(ValueError, match=r"shape \(4, .*one-hot.*" + way):
        check_labels(y)


@pytest.mark.parametrize("y", [[0, 1], np.array([["a"], ["b"]]), None, pd.Series(["0", "1"])])
def test_a_column_of_labels_passes(y):
    check_labels(y)


@pytest.mark.parametrize("n_features", [33, 63])
def test_many_features_that_make_no_square_are_warned_about(n_features):
    with pytest.warns(UserWarning, match=rf"image_shape=\(1, {n_features}\) if strips") as caught:
        warn_of_strips(n_features, None)
    assert caught[0].filename == __file__
    assert "labels" not in str(caught[0].message)


def test_a_column_too_many_may_be_that_of_the_labels():
    with pytest.warns(UserWarning, match="or the column of labels"):
        warn_of_strips(65, None)


def test_squares_given_shapes_and_small_tables_are_quiet():
    tables = (load_iris, load_wine, load_breast_cancer)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for load in tables:
            warn_of_strips(load().data.shape[1], None)
        for n_features in (1, 2, 3, 20, 32, 36, 49, 64, 784):
            warn_of_strips(n_features, None)
        warn_of_strips(60, (1, 60))


class Elsewhere(np.ndarray):
    """An array that scikit-learn validates, whatever is in it."""


def fitted_on(X):
    estimator = BaseEstimator()
    validate_rows(estimator, X, reset=True)
    return estimator


ROWS = np.random.default_rng(0).normal(size=(5, 6))


@pytest.mark.parametrize(
    "X",
    [ROWS, ROWS.astype(np.float32), ROWS.astype(np.float16), ROWS.astype(">f8"), ROWS[:1],
     np.asfortranarray(ROWS), ROWS[::-1, ::-1], (ROWS * 9).astype(np.int8), ROWS > 0,
     (ROWS + 9).astype(np.uint64), ROWS.astype(np.longdouble), ROWS * 1e38, ROWS * 1e-42],
)  # fmt: skip
def test_plain_arrays_become_what_scikit_learn_makes_of_them(X):
    estimator = fitted_on(ROWS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = validate_rows(estimator, X, reset=False)
    expected = validate_rows(estimator, X.view(Elsewhere), reset=False)
    assert rows.dtype == expected.dtype == np.float32
    np.testing.assert_array_equal(rows, expected)
    assert np.shares_memory(rows, X) == (X.dtype == np.float32)


@pytest.mark.parametrize(
    "X",
    [np.full((2, 6), np.nan), np.full((2, 6), -np.inf), [[np.inf, -np.inf, 0, 0, 0, 0]],
     np.full((2, 6), 1e39), np.empty((0, 6)), ROWS[:, :5], ROWS + 1j, ROWS.astype(str)],
)  # fmt: skip
def test_plain_arrays_are_refused_as_scikit_learn_does(X):
    X = np.asarray(X)
    X = np.char.add(X, "?") if X.dtype.kind == "U" else X
    estimator = fitted_on(ROWS)
    messages = []
    for rows in (X, X.view(Elsewhere)):
        with pytest.raises(ValueError) as raised, np.errstate(all="ignore"):  # noqa: PT011
            validate_rows(estimator, rows, reset=False)
        messages.append(str(raised.value))
    assert messages[0] == messages[1]


def test_what_scikit_learn_is_told_holds_for_plain_arrays():
    X = np.array([[np.nan] * 6])
    with sklearn.config_context(assume_finite=True):
        np.testing.assert_array_equal(validate_rows(fitted_on(ROWS), X, reset=False), X)
    named = fitted_on(pd.DataFrame(ROWS, columns=[*"abcdef"]))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        validate_rows(named, ROWS, reset=False)


@pytest.mark.parametrize(
    ("X", "n_different"),
    [
        (np.array([[1, 2], [2, 1], [1, 2]], np.uint8), 2),
        ([[0.0, 1.0], [-0.0, 1.0], [0.0, 1.0 + 1e-12]], 1),  # as merging sees them
        (pd.DataFrame({"a": [1, 1], "b": [2.5, 2.5]}), 1),
        (np.full((3, 2), np.nan), 1),
        (csr_array(np.zeros((3, 2))), 3),
        (pd.DataFrame({"a": ["x", "x"]}), 2),
        (["x", "x"], 2),
        ([[1], [1, 2]], 2),
    ],
)
def test_equal_samples_share_a_digest_and_what_is_no_table_of_numbers_is_not_compared(
    X, n_different
):
    assert len(set(digest_samples(X).tolist())) == n_different


def test_samples_on_both_sides_are_counted_once():
    first, second, third, fourth = (np.array(part) for part in ([1, 1, 2], [1, 3], [2, 3], [4]))
    with pytest.warns(UserWarning, match=r"^2 samples are both in the training part and the test"):
        warn_of_shared_samples([(first, second), (first, third), (second, first)])
    with pytest.warns(UserWarning, match="^1 sample is both in A and B, .* Do it.$"):
        warn_of_shared_samples([(second, third)], where="A and B", way="Do it.")
    warn_of_shared_samples([(first, fourth)])
