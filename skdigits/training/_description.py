"""What a fit was given, in a few figures."""

import hashlib
from typing import Any

import numpy as np

__all__ = ["describe_rows"]


def describe_rows(
    X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray, classes: np.ndarray
) -> dict[str, Any]:
    """Describe the rows of a positive weight, in the order in which they came.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Labels; those of rows that count are in `classes`.
    sample_weight : ndarray of shape (n_samples,)
        Non-negative weights.
    classes : ndarray of shape (n_classes,)
        Sorted labels.

    Returns
    -------
    dict
        ``n_samples``, ``n_features``, ``class_counts`` (rows by label) and ``sha256``: of the
        features as little-endian float32, row after row, then the labels' indices in `classes`
        as int64, then the weights as float64.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.training import describe_rows
    >>> X, y = np.zeros((3, 2)), np.array(["b", "a", "b"])
    >>> describe_rows(X, y, np.array([1, 1, 0.5]), np.unique(y))["class_counts"]
    {'a': 1, 'b': 2}
    """
    counted = sample_weight > 0
    if not counted.all():
        X, y, sample_weight = X[counted], y[counted], sample_weight[counted]
    codes = np.searchsorted(classes, y)
    digest = hashlib.sha256()
    for values, dtype in ((X, "<f4"), (codes, "<i8"), (sample_weight, "<f8")):
        digest.update(np.ascontiguousarray(values, dtype=dtype).data)
    counts = np.bincount(codes, minlength=len(classes))
    return {
        "n_samples": len(y),
        "n_features": X.shape[1],
        "class_counts": dict(zip(classes.tolist(), counts.tolist(), strict=True)),
        "sha256": digest.hexdigest(),
    }
