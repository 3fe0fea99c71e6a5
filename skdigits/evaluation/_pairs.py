"""Test whether one classifier is better than another on the same rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d

__all__ = ["PairedDifference", "paired_difference"]


@dataclass(frozen=True)
class PairedDifference:
    """How much better one classifier is than another; :func:`paired_difference` makes it.

    Attributes
    ----------
    points : float
        Difference in accuracy, in percentage points; positive if the first one is better.
    standard_error : float
        Standard error of `points`, from the differences of single rows; nan for one row.
    p_value : float
        McNemar's exact two-sided p-value: among the rows that only one of the two got right, the
        probability of a split at least as uneven if both were equally good.

    See Also
    --------
    paired_difference : Return one.
    """

    points: float
    standard_error: float
    p_value: float


def paired_difference(right: Any, other_right: Any) -> PairedDifference:
    """Compare two classifiers on the same rows, row by row.

    Rows that are hard for both do not blur the comparison, as they do with two separate standard
    errors.

    Parameters
    ----------
    right, other_right : array-like of bool, of shape (n_samples,)
        Whether the one and the other classifier got each row right.

    Returns
    -------
    PairedDifference
        The difference, its standard error and McNemar's p-value.

    Raises
    ------
    ValueError
        If the two differ in length.

    See Also
    --------
    skdigits.comparison.run_comparison : Compare several models on the same splits.

    Notes
    -----
    Both measures take the trained classifiers as they are: they say nothing about other seeds
    or training rows. Over the folds of a cross-validation, whose training rows overlap, they are
    too optimistic [2]_.

    References
    ----------
    .. [1] Q. McNemar (1947). Note on the sampling error of the difference between correlated
       proportions or percentages. Psychometrika 12(2), 153-157.
    .. [2] T. G. Dietterich (1998). Approximate statistical tests for comparing supervised
       classification learning algorithms. Neural Computation 10(7), 1895-1923.

    Examples
    --------
    >>> from skdigits.evaluation import paired_difference
    >>> difference = paired_difference([True, True, True, False], [True, False, False, False])
    >>> difference.points, round(difference.standard_error, 1), difference.p_value
    (50.0, 28.9, 0.5)
    """
    from scipy.stats import binomtest

    right, other_right = (column_or_1d(rows).astype(bool) for rows in (right, other_right))
    check_consistent_length(right, other_right)
    differences = right.astype(np.int64) - other_right
    better, worse = int(np.sum(differences > 0)), int(np.sum(differences < 0))
    n_rows = len(differences)
    error = differences.std(ddof=1) / np.sqrt(n_rows) if n_rows > 1 else np.nan
    return PairedDifference(
        points=100 * (better - worse) / n_rows,
        standard_error=float(100 * error),
        p_value=float(binomtest(better, better + worse).pvalue) if better + worse else 1.0,
    )
