"""What a classifier that was trained on digits says of rows that are none."""

import copy
import pickle
import warnings

import numpy as np
import pytest

from skdigits.datasets import load_optdigits
from skdigits.exceptions import DigitsWarning
from skdigits.preprocessing import are_digits, warn_of_odd_rows

X_ALL = load_optdigits(return_X_y=True)[0]

UNLIKE_DIGITS = {
    "scaled_to_1": ("0 to 1", lambda X: X / 16),
    "scaled_to_255": ("0..255", lambda X: X * 255 / 16),
    "too_large": ("above 255", lambda X: X * 1000),
    "negative": ("negative", lambda X: X - X.mean()),
    "inverted": ("background", lambda X: 16 - X),
    "transposed": ("side", lambda X: X.reshape(-1, 8, 8).transpose(0, 2, 1).reshape(-1, 64)),
    "empty": ("no digit", np.zeros_like),
}


@pytest.mark.parametrize("n_rows", [1, 3, 500])
@pytest.mark.parametrize("kind", UNLIKE_DIGITS)
def test_rows_unlike_digits_are_noticed(kind, n_rows):
    says, change = UNLIKE_DIGITS[kind]
    with pytest.warns(DigitsWarning, match=says):
        warn_of_odd_rows(change(X_ALL[:n_rows]), stacklevel=1)


def test_digits_give_no_warning():
    for row in X_ALL:
        warn_of_odd_rows(row[np.newaxis], stacklevel=1)


def test_nor_do_digits_that_are_distorted_on_purpose():
    noise = np.random.default_rng(0).normal(scale=2, size=X_ALL.shape)
    for X in (X_ALL + noise / 8, np.clip(X_ALL + noise, 0, 16), np.roll(X_ALL, 8, axis=1)):
        for row in X[::10]:
            warn_of_odd_rows(row[np.newaxis], stacklevel=1)


@pytest.mark.parametrize("X", [X_ALL / 16, X_ALL - 8, X_ALL[:, :63], np.zeros((5, 64)), 16 - X_ALL])
def test_what_is_scaled_or_cut_is_taken_for_no_digits(X):
    assert not are_digits(X)


def test_digits_are_digits_even_if_a_few_are_odd():
    X = X_ALL[:100].copy()
    assert are_digits(X)
    X[:3] = 0
    assert are_digits(X)


@pytest.fixture(scope="module")
def trained(digits):
    from skdigits import DigitCNNClassifier

    return DigitCNNClassifier(filters=(4,), epochs=1, augment=None, random_state=0).fit(*digits)


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_a_classifier_warns_where_it_was_called(trained, digits, method):
    X, _ = digits
    predict = getattr(trained, method)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        predict(X)
        predict(X[:1] / 16)
        predict(16 - X)
    assert [warning.category for warning in caught] == [DigitsWarning] * 2
    assert ["0 to 1" in str(caught[0].message), "16 - X" in str(caught[1].message)] == [True] * 2
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda clf: pickle.loads(pickle.dumps(clf))])
def test_a_copy_warns_as_well(trained, digits, copied):
    X, _ = digits
    with pytest.warns(DigitsWarning, match="0 to 1"):
        copied(trained).predict(X / 16)


def test_a_classifier_of_scaled_digits_takes_them_as_they_are(digits):
    from skdigits import DigitCNNClassifier

    X, y = digits
    clf = DigitCNNClassifier(filters=(4,), epochs=1, augment=None, random_state=0)
    clf.fit(X / 16, y).predict(X / 16)


def test_partial_fit_goes_on_with_what_was_learnt_first(digits):
    from skdigits import DigitCNNClassifier

    X, y = digits
    clf = DigitCNNClassifier(filters=(4,), augment=None, random_state=0)
    clf.partial_fit(X, y, classes=np.arange(10)).partial_fit(X, y)
    with pytest.warns(DigitsWarning, match="0 to 1"):
        clf.predict(X / 16)


def test_predictions_do_not_depend_on_the_warning(trained, digits):
    X, _ = digits
    before = dict(vars(trained))
    with pytest.warns(DigitsWarning):
        first = trained.predict_proba(X / 16)
    with pytest.warns(DigitsWarning):
        np.testing.assert_array_equal(trained.predict_proba(X / 16), first)
    assert vars(trained) == before
