"""Fit a classifier on one fold and predict the others' rows; pool what its folds gave."""

import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.metrics import log_loss

from skdigits._runs._splits import Split

__all__ = ["FoldFit", "fit_and_predict", "pool_folds"]


class FoldFit(NamedTuple):
    """What one fit on one fold of a split gave."""

    wrong: list[int]
    log_loss: float
    n_samples: int
    fit_seconds: float
    predict_seconds: float


def fit_and_predict(estimator: Any, X: np.ndarray, y: np.ndarray, fold: Split) -> FoldFit:
    """Fit a clone on a fold's training rows, and predict its test rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits._runs._fold_fits import fit_and_predict, pool_folds
    >>> from skdigits.baselines import make_baseline
    >>> X, y = np.array([[0.0], [1.0], [0.1], [0.9]]), np.array([0, 1, 0, 0])
    >>> fit = fit_and_predict(make_baseline("knn"), X, y, (np.arange(2), np.arange(2, 4)))
    >>> fit.wrong, pool_folds([fit, fit])["n_samples"]
    ([3], 4)
    """
    train, test = fold
    X_train, y_train, X_test, y_test = X[train], y[train], X[test], y[test]
    start = time.perf_counter()
    fitted = clone(estimator).fit(X_train, y_train)
    fit_seconds = time.perf_counter() - start
    start = time.perf_counter()
    predicted = fitted.predict(X_test)
    predict_seconds = time.perf_counter() - start
    loss = np.nan
    if hasattr(fitted, "predict_proba") and np.isin(y_test, fitted.classes_).all():
        loss = log_loss(y_test, fitted.predict_proba(X_test), labels=fitted.classes_)
    wrong = test[predicted != y_test].tolist()
    return FoldFit(wrong, float(loss), len(test), fit_seconds, predict_seconds)


def pool_folds(fits: Sequence[FoldFit]) -> dict[str, Any]:
    """Return the figures of all folds of a split together, as JSON can hold them."""
    n_samples = sum(fit.n_samples for fit in fits)
    loss = sum(fit.log_loss * fit.n_samples for fit in fits) / n_samples
    return {
        "n_samples": n_samples,
        "wrong": sorted(row for fit in fits for row in fit.wrong),
        "log_loss": None if math.isnan(loss) else loss,
        "fit_seconds": float(np.mean([fit.fit_seconds for fit in fits])),
        "predict_seconds": float(np.mean([fit.predict_seconds for fit in fits])),
    }
