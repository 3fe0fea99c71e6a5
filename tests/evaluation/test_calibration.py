"""Calibration by hand, against a naive loop, and where there is nothing to be found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score
from sklearn.naive_bayes import GaussianNB

from skdigits.evaluation import expected_calibration_error, selective_accuracy


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


def naive_selective_accuracy(y_true, y_proba, n_kept):
    rows = [(-max(row), place) for place, row in enumerate(y_proba)]
    kept = [place for _, place in sorted(rows)[:n_kept]]
    rights = [list(y_proba[i]).index(max(y_proba[i])) == y_true[i] for i in kept]
    return sum(rights) / n_kept


class TestExpectedCalibrationError:
    def test_one_bin_is_the_distance_of_mean_confidence_and_accuracy(self):
        proba = [[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.4, 0.6]]
        # two of four are right; the mean confidence is 0.75
        error = expected_calibration_error([0, 1, 1, 0], proba, n_bins=1)
        assert error == pytest.approx(0.25)

    def test_bins_are_weighed_by_their_rows(self):
        proba = [[0.95, 0.05]] * 3 + [[0.55, 0.45]]
        # of [0.9, 1): two of three right; of [0.5, 0.6): one of one
        error = expected_calibration_error([0, 0, 1, 0], proba, labels=[0, 1], n_bins=10)
        assert error == pytest.approx(3 / 4 * (0.95 - 2 / 3) + 1 / 4 * (1 - 0.55))

    def test_too_much_and_too_little_confidence_cancel_within_a_bin_only(self):
        proba = two_columns([0.6, 0.9], [True, True])
        assert expected_calibration_error([0, 1], proba, n_bins=1) == pytest.approx(0.25)
        assert expected_calibration_error([0, 1], proba, n_bins=10) == pytest.approx(0.65)

    @pytest.mark.parametrize("n_bins", [1, 10, 15])
    def test_a_confidence_of_exactly_1_falls_into_the_last_bin(self, n_bins):
        certain = [[1.0, 0.0], [0.0, 1.0]]
        assert expected_calibration_error([0, 1], certain, n_bins=n_bins) == 0
        assert expected_calibration_error([1, 0], certain, n_bins=n_bins) == 1
        together = [[1.0, 0.0], [0.99, 0.01]]
        error = expected_calibration_error([0, 1], together, n_bins=n_bins)
        assert error == pytest.approx(0.495)

    def test_perfectly_calibrated_data_have_a_small_error_and_timid_ones_a_large_one(self):
        generator = np.random.default_rng(0)
        proba = generator.dirichlet(np.full(10, 0.2), size=50_000)
        y = (proba.cumsum(axis=1) > generator.random((len(proba), 1))).argmax(axis=1)
        assert expected_calibration_error(y, proba) < 0.01
        timid = np.sqrt(proba) / np.sqrt(proba).sum(axis=1, keepdims=True)
        assert expected_calibration_error(y, timid) > 0.1

    @given(predictions(), st.integers(1, 20))
    def test_it_is_that_of_a_naive_loop(self, case, n_bins):
        y, proba = case
        labels = range(proba.shape[1])
        error = expected_calibration_error(y, proba, labels=labels, n_bins=n_bins)
        assert error == pytest.approx(naive_error(y, proba, n_bins), abs=1e-12)
        assert 0 <= error <= 1


class TestSelectiveAccuracy:
    PROBA = two_columns([0.9, 0.6, 0.8, 0.7], [True, True, False, False])
    Y = (0, 1, 1, 0)  # right, wrong, right, wrong: by certainty right, right, wrong, wrong

    @pytest.mark.parametrize(
        ("coverage", "accuracy"), [(0.01, 1), (0.25, 1), (0.5, 1), (0.75, 2 / 3), (1, 0.5)]
    )
    def test_the_least_certain_rows_are_left_out(self, coverage, accuracy):
        known = selective_accuracy(self.Y, self.PROBA, coverage=coverage)
        assert known == pytest.approx(accuracy)

    def test_the_first_of_rows_that_are_as_certain_are_kept(self):
        proba = [[0.7, 0.3]] * 4
        assert selective_accuracy([0, 0, 1, 1], proba, coverage=0.5) == 1
        assert selective_accuracy([1, 1, 0, 0], proba, coverage=0.5) == 0

    @given(predictions())
    def test_all_rows_give_the_accuracy(self, case):
        y, proba = case
        accuracy = accuracy_score(y, proba.argmax(axis=1))
        labels = range(proba.shape[1])
        known = selective_accuracy(y, proba, coverage=1, labels=labels)
        assert known == pytest.approx(accuracy)

    @given(predictions(), st.data())
    def test_it_is_that_of_a_naive_loop(self, case, data):
        y, proba = case
        n_kept = data.draw(st.integers(1, len(y)))
        known = selective_accuracy(y, proba, coverage=n_kept / len(y), labels=range(proba.shape[1]))
        assert known == pytest.approx(naive_selective_accuracy(y, proba, n_kept))

    @pytest.mark.parametrize("coverage", [0, -0.1, 1.1, np.nan])
    def test_a_coverage_that_is_none_is_refused(self, coverage):
        with pytest.raises(ValueError, match=r"coverage must be in \(0, 1\]; got"):
            selective_accuracy(self.Y, self.PROBA, coverage=coverage)


def certain_half(y_true, y_proba, *, labels=None):
    return selective_accuracy(y_true, y_proba, coverage=0.5, labels=labels)


both = pytest.mark.parametrize("measure", [expected_calibration_error, certain_half])


@both
def test_labels_name_the_columns_in_their_order(measure):
    proba = two_columns([0.9, 0.8, 0.7, 0.6], [True, False, False, True])
    numbers, names = [0, 1, 1, 1], ["b", "a", "a", "a"]
    known = measure(numbers, proba)
    assert measure(names, proba, labels=["b", "a"]) == known
    assert measure(np.array(names, dtype=object), proba, labels=np.array(["b", "a"])) == known
    assert measure(names, proba) != known  # sorted, "a" comes first


@both
def test_the_classes_of_a_classifier_are_the_labels(measure, digits):
    X, y = digits
    names = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "9"])
    clf, other = GaussianNB().fit(X[:300], y[:300]), GaussianNB().fit(X[:300], names[y[:300]])
    known = measure(y[300:], clf.predict_proba(X[300:]), labels=clf.classes_)
    by_name = measure(names[y[300:]], other.predict_proba(X[300:]), labels=other.classes_)
    assert by_name == pytest.approx(known)
    assert 0 < known < 1


@both
def test_a_class_may_have_no_rows(measure):
    proba = [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]
    assert measure([0, 2], proba, labels=[0, 1, 2]) == measure([0, 1], [[0.8, 0.2], [0.2, 0.8]])


@both
def test_shapes_that_do_not_fit_are_refused(measure):
    proba = [[0.9, 0.1], [0.2, 0.8]]
    with pytest.raises(ValueError, match=r"2 columns, but there are 3 labels; .* classes_"):
        measure([0, 1], proba, labels=[0, 1, 2])
    with pytest.raises(ValueError, match="2 columns, but there are 1 labels"):
        measure([1, 1], proba)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        measure([0, 1, 1], proba)
    with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
        measure([0, 1], [0.9, 0.8])
    with pytest.raises(ValueError, match="contains NaN"):
        measure([0, 1], [[0.9, 0.1], [np.nan, 0.8]])


def test_bad_input_is_named():
    proba = [[0.9, 0.1], [0.2, 0.8]]
    with pytest.raises(ValueError, match="n_bins == 0, must be >= 1"):
        expected_calibration_error([0, 1], proba, n_bins=0)
    with pytest.raises(ValueError, match=r"probabilities in \[0, 1\]; got 1.0 to 9.0"):
        expected_calibration_error([0, 1], [[9.0, 1.0], [2.0, 8.0]])
    with pytest.raises(ValueError, match=r"\[7\], which are not in the labels"):
        selective_accuracy([0, 7], proba, coverage=1, labels=[0, 1])
