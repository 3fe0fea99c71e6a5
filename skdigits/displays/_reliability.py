"""``ReliabilityDisplay``: whether probabilities mean what they say."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.calibration import CalibrationDisplay, calibration_curve
from sklearn.utils import check_array, check_scalar, column_or_1d

from skdigits.displays._layout import grid_in
from skdigits.displays._scales import log_y
from skdigits.evaluation import check_probabilistic_classifier, expected_calibration_error

__all__ = ["ReliabilityDisplay"]

_KINDS = ("top_label", "per_class")
_HISTOGRAM_BINS = np.linspace(0, 1, 21)
_ROOM = 0.03  # on each side of an axis


class ReliabilityDisplay:
    """Fraction of rows that are as predicted, against the probability of being so.

    Below it, a histogram of the probabilities, on a logarithmic scale: most are near 0 or 1.

    It is made by :meth:`from_estimator` or :meth:`from_predictions`; the constructor takes what
    is drawn as it is.

    Parameters
    ----------
    curves : dict of str to sklearn.calibration.CalibrationDisplay
        Calibration curves by name; not drawn yet.
    kind : "top_label" or "per_class"
        What the curves are of.
    calibration_error : float
        Expected calibration error, as in :func:`skdigits.evaluation.expected_calibration_error`.

    Attributes
    ----------
    axes_ : ndarray of shape (2,) of matplotlib Axes
        The curves, from the tenth below the lowest of their points to 1 in both directions,
        and the histogram, from 0 to 1.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    sklearn.calibration.CalibrationDisplay : The curve of a binary classifier.
    skdigits.evaluation.expected_calibration_error : The same in a number.

    Notes
    -----
    Bins of equal width would leave nearly all rows in the last one, and a handful in each other:
    digits are predicted with probabilities near 1. So the default is quantile bins, which hold
    equally many rows; where many rows have the same probability, there are fewer of them. For
    "per_class", where nine rows in ten are of other classes and most bins lie near 0,
    ``strategy="uniform"`` shows more of the middle, if there are rows in it.

    The expected calibration error of the title is over 15 bins of equal width, as usual,
    whatever the bins of the curve.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.displays import ReliabilityDisplay
    >>> clf = GaussianNB().fit(*load_optdigits(subset="train", return_X_y=True))
    >>> X_test, y_test = load_optdigits(subset="test", return_X_y=True)
    >>> display = ReliabilityDisplay.from_estimator(clf, X_test, y_test)
    >>> round(display.calibration_error, 2)
    0.2
    """

    def __init__(
        self, *, curves: Mapping[str, CalibrationDisplay], kind: str, calibration_error: float
    ) -> None:
        self.curves = curves
        self.kind = kind
        self.calibration_error = calibration_error

    @classmethod
    def from_estimator(
        cls,
        classifier: Any,
        X: Any,
        y: Any,
        *,
        kind: str = "top_label",
        n_bins: int = 10,
        strategy: str = "quantile",
        ax: Any = None,
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Predict rows with known labels and draw how far the probabilities can be relied on.

        Parameters
        ----------
        classifier : estimator
            Any fitted scikit-learn classifier with ``predict_proba``.
        X : array-like of shape (n_samples, n_features)
            Rows, as the classifier takes them; not those that it was trained on.
        y : array-like of shape (n_samples,)
            Their labels.
        kind : "top_label" or "per_class", default="top_label"
            One curve of whether the predicted class is right, against its probability; or one
            curve a class, of whether a row is of the class.
        n_bins : int, default=10
            Bins of a curve, at most.
        strategy : "quantile" or "uniform", default="quantile"
            Bins of equally many rows, or of equal width.
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        line_kw : dict, default=None
            Keywords for ``Axes.plot``.

        Returns
        -------
        display : ReliabilityDisplay
            As drawn.

        Raises
        ------
        TypeError
            If `classifier` is not a classifier, or has no ``predict_proba``.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        ValueError
            If `y` has a label that the classifier does not know, the lengths differ, `kind`,
            `n_bins` or `strategy` is not one of the above, or `ax` is not a subplot.
        """
        check_probabilistic_classifier(classifier)
        return cls.from_predictions(
            y,
            classifier.predict_proba(X),
            labels=classifier.classes_,
            kind=kind,
            n_bins=n_bins,
            strategy=strategy,
            ax=ax,
            line_kw=line_kw,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_proba: Any,
        *,
        labels: Any = None,
        kind: str = "top_label",
        n_bins: int = 10,
        strategy: str = "quantile",
        ax: Any = None,
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw how far probabilities can be relied on.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.
        y_proba : array-like of shape (n_samples, n_classes)
            Probabilities, in the order of `labels`.
        labels : array-like of shape (n_classes,), default=None
            Labels of the columns; None takes the sorted labels of `y_true`.
        kind : "top_label" or "per_class", default="top_label"
            One curve of whether the predicted class is right, against its probability; or one
            curve a class, of whether a row is of the class.
        n_bins : int, default=10
            Bins of a curve, at most.
        strategy : "quantile" or "uniform", default="quantile"
            Bins of equally many rows, or of equal width.
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        line_kw : dict, default=None
            Keywords for ``Axes.plot``.

        Returns
        -------
        display : ReliabilityDisplay
            As drawn.

        Raises
        ------
        TypeError
            If `n_bins` is not an integer.
        ValueError
            If the shapes do not fit, a label is not in `labels`, a probability not in [0, 1],
            `kind`, `n_bins` or `strategy` is not one of the above, or `ax` is not a subplot.
        """
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {_KINDS}; got {kind!r}.")
        check_scalar(n_bins, "n_bins", Integral, min_val=1)
        error = expected_calibration_error(y_true, y_proba, labels=labels)
        y_true, y_proba = column_or_1d(y_true), check_array(y_proba)
        labels = np.unique(y_true) if labels is None else column_or_1d(labels)
        if kind == "top_label":
            is_right = labels[np.argmax(y_proba, axis=1)] == y_true
            outcomes = {"predicted class": (is_right, y_proba.max(axis=1))}
        else:
            outcomes = {
                str(label): (y_true == label, column)
                for label, column in zip(labels, y_proba.T, strict=True)
            }
        curves = {
            name: CalibrationDisplay(
                *calibration_curve(outcome, probability, n_bins=n_bins, strategy=strategy),
                probability,
            )
            for name, (outcome, probability) in outcomes.items()
        }
        display = cls(curves=curves, kind=kind, calibration_error=error)
        return display.plot(ax=ax, line_kw=line_kw)

    def plot(self, ax: Any = None, *, line_kw: dict[str, Any] | None = None) -> Self:
        """Draw the curves and the histogram.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        line_kw : dict, default=None
            Keywords for ``Axes.plot``.

        Returns
        -------
        display : ReliabilityDisplay
            This display.

        Raises
        ------
        ValueError
            If `ax` is not a subplot.
        """
        self.figure_, grid = grid_in(ax, 2, 1, (7, 7.5), height_ratios=(3, 1))
        self.axes_ = grid.subplots(squeeze=False)[:, 0]
        above, below = self.axes_
        above.plot([0, 1], [0, 1], "k:", label="perfectly calibrated")
        for name, curve in self.curves.items():
            curve.plot(ax=above, name=name, ref_line=False, **{"marker": ".", **(line_kw or {})})
        self._draw_histogram(below)
        self._enlarge(above)
        above.grid(alpha=0.3)
        if self.kind == "top_label":
            above.set_title(f"Expected calibration error {self.calibration_error:.4f}")
            above.set(
                xlabel="Mean probability of the predicted class in a bin",
                ylabel="Fraction of rows predicted right",
            )
            below.set(xlabel="Probability of the predicted class", ylabel="Rows")
            above.legend()
        else:
            above.set_title("One class against the rest")
            above.set(
                xlabel="Mean predicted probability of the class in a bin",
                ylabel="Fraction of rows of the class",
            )
            below.set(xlabel="Predicted probability of the class", ylabel="Rows")
            above.legend(title="Class", loc="center left", bbox_to_anchor=(1, 0.5))
        return self

    def _enlarge(self, axes: Any) -> None:
        lowest = min(
            min(curve.prob_pred.min(), curve.prob_true.min()) for curve in self.curves.values()
        )
        start = max(0, np.floor(10 * lowest - 0.1) / 10)  # a tenth that leaves some room
        room = _ROOM * (1 - start)
        axes.set(xlim=(start - room, 1 + room), ylim=(start - room, 1 + room))

    def _draw_histogram(self, axes: Any) -> None:
        is_alone = len(self.curves) == 1
        counts = [
            axes.hist(
                curve.y_prob,
                bins=_HISTOGRAM_BINS,
                color=curve.line_.get_color(),
                histtype="stepfilled" if is_alone else "step",
            )[0]
            for curve in self.curves.values()
        ]
        log_y(axes, counts)
        axes.set_ylim(bottom=0.7)  # a bin of a single row is seen
        axes.set_xlim(-_ROOM, 1 + _ROOM)
        axes.grid(alpha=0.3)
