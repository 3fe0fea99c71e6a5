"""Measure whether probabilities mean what they say."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_array, check_consistent_length, check_scalar, column_or_1d

from skdigits._validation import check_labels

__all__ = ["check_probabilities", "expected_calibration_error", "selective_accuracy"]


def expected_calibration_error(
    y_true: Any, y_proba: Any, *, labels: Any = None, n_bins: int = 15
) -> float:
    """Measure how far the probability of the predicted class is from its being right.

    Rows are put into bins of equal width by that probability; the error is the mean over the
    rows of the distance between a bin's mean probability and its accuracy.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_proba : array-like of shape (n_samples, n_classes)
        Probabilities, in the order of `labels`.
    labels : array-like of shape (n_classes,), default=None
        Labels of the columns; None takes the sorted labels of `y_true`.
    n_bins : int, default=15
        Bins over [0, 1].

    Returns
    -------
    float
        In [0, 1]; 0 is perfectly calibrated.

    Raises
    ------
    ValueError
        If the shapes do not fit, a label is not in `labels`, a probability not in [0, 1], or
        `n_bins` less than 1.

    See Also
    --------
    selective_accuracy : Compute the accuracy on the most certain samples.
    skdigits.displays.ReliabilityDisplay : Draw calibration curves.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger (2017). On calibration of modern neural
    networks. https://arxiv.org/abs/1706.04599

    Examples
    --------
    >>> from skdigits.evaluation import expected_calibration_error
    >>> proba = [[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.2, 0.8]]
    >>> round(expected_calibration_error([0, 0, 1, 0], proba), 3)
    0.2
    """
    check_scalar(n_bins, "n_bins", Integral, min_val=1)
    right, confidence = _right_and_confidence(y_true, y_proba, labels)
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    rows, rights, confidences = (
        np.bincount(bins, weights, n_bins) for weights in (None, right, confidence)
    )
    return float(np.abs(rights - confidences).sum() / rows.sum())


def selective_accuracy(y_true: Any, y_proba: Any, *, coverage: float, labels: Any = None) -> float:
    """Measure the accuracy on the rows that the classifier is most certain of.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_proba : array-like of shape (n_samples, n_classes)
        Probabilities, in the order of `labels`.
    coverage : float in (0, 1]
        Fraction of the rows to keep; the others, with the lowest probability of the predicted
        class, would go to a person.
    labels : array-like of shape (n_classes,), default=None
        Labels of the columns; None takes the sorted labels of `y_true`.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        If the shapes do not fit, a label is not in `labels`, a probability not in [0, 1], or
        `coverage` not in (0, 1].

    See Also
    --------
    expected_calibration_error : Compute how far confidence and accuracy are apart.

    References
    ----------
    Y. Geifman and R. El-Yaniv (2017). Selective classification for deep neural networks.
    https://arxiv.org/abs/1705.08500

    Examples
    --------
    >>> from skdigits.evaluation import selective_accuracy
    >>> proba = [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.2, 0.8]]
    >>> selective_accuracy([0, 1, 1, 1], proba, coverage=0.75)
    1.0
    """
    if not 0 < coverage <= 1:
        raise ValueError(f"coverage must be in (0, 1]; got {coverage!r}.")
    right, confidence = _right_and_confidence(y_true, y_proba, labels)
    n_kept = max(1, round(coverage * len(right)))
    most_certain = np.argsort(-confidence, kind="stable")[:n_kept]
    return float(right[most_certain].mean())


def check_probabilities(
    y_true: Any, y_proba: Any, labels: Any = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check true labels and predicted probabilities, and return both with the columns' labels."""
    check_labels(y_true)
    y_true, y_proba = column_or_1d(y_true), check_array(y_proba)
    check_consistent_length(y_true, y_proba)
    labels = np.unique(y_true) if labels is None else column_or_1d(labels)
    if len(labels) != y_proba.shape[1]:
        raise ValueError(
            f"y_proba has {y_proba.shape[1]} columns, but there are {len(labels)} labels; pass "
            "the classifier's classes_ as labels."
        )
    if y_proba.min() < 0 or y_proba.max() > 1:
        raise ValueError(
            f"y_proba must be probabilities in [0, 1]; got {y_proba.min()} to {y_proba.max()}."
        )
    unknown = np.setdiff1d(y_true, labels).tolist()
    if unknown:
        raise ValueError(f"y_true has {unknown}, which are not in the labels {labels.tolist()}.")
    return y_true, y_proba, labels


def _right_and_confidence(y_true: Any, y_proba: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    y_true, y_proba, labels = check_probabilities(y_true, y_proba, labels)
    return labels[np.argmax(y_proba, axis=1)] == y_true, np.max(y_proba, axis=1)
