"""Calibration by hand, against a naive loop, and where there is nothing to be found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdigits.evaluation import expected_calibration_error


def two_columns(confidence, first):
    """Return probabilities of two classes: `confidence` for the first where `first`."""
    confidence = np.asarray(confidence, dtype=float)
    return np.where(
        np.asarray(first, dtype=bool)[:, None],
        np.column_stack([confidence, 1 - confidence]),
        np.column_stack([1 - confidence, confidence]),
    )


@st.composite
def predictions(draw):
    """Draw labels and the probabilities of 2 to 5 classes, ties and exact 1.0 included."""
    n_classes, n_samples = draw(st.integers(2, 5)), draw(st.integers(1, 40))
    counts = st.lists(st.integers(0, 6), min_size=n_classes, max_size=n_classes).filter(any)
    rows = np.array(draw(st.lists(counts, min_size=n_samples, max_size=n_samples)), dtype=float)
    codes = st.lists(st.integers(0, n_classes - 1), min_size=n_samples, max_size=n_samples)
    return np.array(draw(codes)), rows / rows.sum(axis=1, keepdims=True)


def naive_error(y_true, y_proba, n_bins):
    total = 0.0
    for number in range(n_bins):
        confidences, rights = [], []
        for label, row in zip(y_true, y_proba, strict=True):
            confidence = max(row)
            at = min(int(confidence * n_bins), n_bins - 1)
            if at == number:
                confidences.append(confidence)
                rights.append(list(row).index(confidence) == label)
        if rights:
            distance = abs(sum(rights) / len(rights) - sum(confidences) / len(confidences))
            total += distance * len(rights) / len(y_true)
    return total


def test_one_bin_is_the_distance_of_mean_confidence_and_accuracy():
    proba = [[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.4, 0.6]]
    # two of four are right; the mean confidence is 0.75
    error = expected_calibration_error([0, 1, 1, 0], proba, n_bins=1)
    assert error == pytest.approx(0.25)


def test_bins_are_weighed_by_their_rows():
    proba = [[0.95, 0.05]] * 3 + [[0.55, 0.45]]
    # of [0.9, 1): two of three right; of [0.5, 0.6): one of one
    error = expected_calibration_error([0, 0, 1, 0], proba, labels=[0, 1], n_bins=10)
    assert error == pytest.approx(3 / 4 * (0.95 - 2 / 3) + 1 / 4 * (1 - 0.55))


def test_too_much_and_too_little_confidence_cancel_within_a_bin_only():
    proba = two_columns([0.6, 0.9], [True, True])
    assert expected_calibration_error([0, 1], proba, n_bins=1) == pytest.approx(0.25)
    assert expected_calibration_error([0, 1], proba, n_bins=10) == pytest.approx(0.65)


@pytest.mark.parametrize("n_bins", [1, 10, 15])
def test_a_confidence_of_exactly_1_falls_into_the_last_bin(n_bins):
    certain = [[1.0, 0.0], [0.0, 1.0]]
    assert expected_calibration_error([0, 1], certain, n_bins=n_bins) == 0
    assert expected_calibration_error([1, 0], certain, n_bins=n_bins) == 1
    together = [[1.0, 0.0], [0.99, 0.01]]
    error = expected_calibration_error([0, 1], together, n_bins=n_bins)
    assert error == pytest.approx(0.495)


def test_perfectly_calibrated_data_have_a_small_error_and_timid_ones_a_large_one():
    generator = np.random.default_rng(0)
    proba = generator.dirichlet(np.full(10, 0.2), size=50_000)
    y = (proba.cumsum(axis=1) > generator.random((len(proba), 1))).argmax(axis=1)
    assert expected_calibration_error(y, proba) < 0.01
    timid = np.sqrt(proba) / np.sqrt(proba).sum(axis=1, keepdims=True)
    assert expected_calibration_error(y, timid) > 0.1


@given(predictions(), st.integers(1, 20))
def test_it_is_that_of_a_naive_loop(case, n_bins):
    y, proba = case
    labels = range(proba.shape[1])
    error = expected_calibration_error(y, proba, labels=labels, n_bins=n_bins)
    assert error == pytest.approx(naive_error(y, proba, n_bins), abs=1e-12)
    assert 0 <= error <= 1


def test_labels_name_the_columns_in_their_order():
    proba = two_columns([0.9, 0.8, 0.7, 0.6], [True, False, False, True])
    numbers, names = [0, 1, 1, 1], np.array(["b", "a", "a", "a"], dtype=object)
    known = expected_calibration_error(numbers, proba)
    assert expected_calibration_error(names, proba, labels=["b", "a"]) == known
    assert expected_calibration_error(names, proba) != known  # sorted, "a" comes first


def test_a_class_may_have_no_rows():
    proba = [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]
    error = expected_calibration_error([0, 2], proba, labels=[0, 1, 2])
    assert error == expected_calibration_error([0, 1], [[0.8, 0.2], [0.2, 0.8]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [0, 1, 2]}, r"2 columns, but there are 3 labels; .* classes_"),
        ({"y_true": [1, 1]}, "2 columns, but there are 1 labels"),
        ({"y_true": [0, 1, 1]}, "inconsistent numbers of samples"),
        ({"y_true": [0, 7], "labels": [0, 1]}, r"\[7\], which are not in the labels"),
        ({"y_proba": [0.9, 0.8]}, "Expected 2D array, got 1D array"),
        ({"y_proba": [[0.9, 0.1], [np.nan, 0.8]]}, "contains NaN"),
        ({"y_proba": [[9.0, 1.0], [2.0, 8.0]]}, r"probabilities in \[0, 1\]; got 1.0 to 9.0"),
        ({"n_bins": 0}, "n_bins == 0, must be >= 1"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"y_true": [0, 1], "y_proba": [[0.9, 0.1], [0.2, 0.8]], **change}
    with pytest.raises(ValueError, match=message):
        expected_calibration_error(**arguments)
