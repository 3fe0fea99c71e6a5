"""Draw how well predicted probabilities are calibrated: ``ReliabilityDisplay``."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from sklearn.calibration import CalibrationDisplay, calibration_curve

from skdigits.displays._layout import log_y, plain_number, subplots_in
from skdigits.evaluation import (
    check_probabilistic_classifier,
    check_probabilities,
    expected_calibration_error,
)

__all__ = ["ReliabilityDisplay", "draw_expected_mistakes"]

_HISTOGRAM_BINS = np.linspace(0, 1, 21)
_MARGIN = 0.03  # on each side of an axis


class ReliabilityDisplay:
    """Calibration curves of a multiclass classifier, and what they do not show.

    The curves plot the fraction of positives against the mean predicted probability. Below them
    are, for "top_label", the mistakes that were made and those that the probabilities let one
    expect, from the least certain row to the most certain one: of a classifier with few mistakes,
    nearly all points of the curve are in its upper right corner. For "per_class", there is a
    histogram, logarithmic because most probabilities are close to 0 or 1.

    Parameters
    ----------
    curves : dict of str to sklearn.calibration.CalibrationDisplay
        Calibration curves by name, not drawn yet.
    calibration_error : float
        Expected calibration error, see :func:`skdigits.evaluation.expected_calibration_error`.
    is_right : ndarray of shape (n_samples,) or None, default=None
        Which predictions are right, for "top_label"; None for "per_class".

    Attributes
    ----------
    axes_ : ndarray of shape (2,) of matplotlib Axes
        Axes with the curves, which start at the tenth below their lowest point, and with the
        mistakes or the histogram.
    figure_ : matplotlib Figure
        Figure containing the axes.

    See Also
    --------
    sklearn.calibration.CalibrationDisplay : Calibration curve of a binary classifier.
    skdigits.evaluation.expected_calibration_error : Summarise the calibration in a number.

    Notes
    -----
    Most digits are predicted with probabilities close to 1. Bins of equal width would hold
    nearly all samples in the last bin and a handful in each of the others; therefore the
    default is quantile bins, which hold the same number of samples. There are fewer of them if
    many samples have the same probability. For "per_class", where most probabilities are close
    to 0, ``strategy="uniform"`` shows more of the middle.

    The expected calibration error in the title is computed over 15 bins of equal width, whatever
    the bins of the curve.

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
        self,
        *,
        curves: Mapping[str, CalibrationDisplay],
        calibration_error: float,
        is_right: np.ndarray | None = None,
    ) -> None:
        self.curves = curves
        self.calibration_error = calibration_error
        self.is_right = is_right

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        kind: str = "top_label",
        n_bins: int = 10,
        strategy: str = "quantile",
        ax: Any = None,
    ) -> Self:
        """Predict probabilities and draw their calibration curves.

        Parameters
        ----------
        estimator : estimator
            Fitted scikit-learn classifier with ``predict_proba``.
        X : array-like of shape (n_samples, n_features)
            Samples that the classifier was not trained on.
        y : array-like of shape (n_samples,)
            True labels.
        kind, n_bins, strategy, ax : as for :meth:`from_predictions`
            With the same defaults.

        Returns
        -------
        display : ReliabilityDisplay
            The display, drawn.

        Raises
        ------
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` is not a fitted classifier with ``predict_proba``.
        ValueError
            If `X` and `y` differ in length, `y` has a label that the classifier does not know,
            or a parameter is not valid.
        """
        check_probabilistic_classifier(estimator)
        return cls.from_predictions(
            y,
            estimator.predict_proba(X),
            labels=estimator.classes_,
            kind=kind,
            n_bins=n_bins,
            strategy=strategy,
            ax=ax,
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
    ) -> Self:
        """Draw the calibration curves of predicted probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.
        y_proba : array-like of shape (n_samples, n_classes)
            Predicted probabilities, in the order of `labels`.
        labels : array-like of shape (n_classes,), default=None
            Labels of the columns. If None, the sorted labels of `y_true`.
        kind : {"top_label", "per_class"}, default="top_label"
            Curves to draw: "top_label" is a single curve, of the probabilities of the predicted
            classes, whose positives are the samples predicted correctly; "per_class" is a curve
            for each class against the rest.
        n_bins : int, default=10
            Maximum number of bins of a curve.
        strategy : {"quantile", "uniform"}, default="quantile"
            Whether bins have the same number of samples or the same width.
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : ReliabilityDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If lengths or shapes do not match, a label is not in `labels`, a probability is not
            in [0, 1], or a parameter is not valid.
        """
        if kind not in {"top_label", "per_class"}:
            raise ValueError(f"kind must be 'top_label' or 'per_class'; got {kind!r}.")
        error = expected_calibration_error(y_true, y_proba, labels=labels)
        y_true, y_proba, labels = check_probabilities(y_true, y_proba, labels)

        # A curve is binary: which samples are positive, and how probable that was said to be.
        is_right = None
        if kind == "top_label":
            is_right = labels[np.argmax(y_proba, axis=1)] == y_true
            outcomes = {"predicted class": (is_right, y_proba.max(axis=1))}
        else:
            columns = zip(labels, y_proba.T, strict=True)
            outcomes = {str(label): (y_true == label, column) for label, column in columns}
        curves = {}
        for name, (outcome, probability) in outcomes.items():
            curve = calibration_curve(outcome, probability, n_bins=n_bins, strategy=strategy)
            curves[name] = CalibrationDisplay(*curve, probability)
        return cls(curves=curves, calibration_error=error, is_right=is_right).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the curves, and the mistakes or the histogram.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : ReliabilityDisplay
            This display.
        """
        heights = (3, 1) if self.is_right is None else (3, 2)
        self.figure_, axes = subplots_in(ax, 2, 1, (7, 7.5), height_ratios=heights)
        self.axes_ = axes[:, 0]
        above, below = self.axes_
        above.plot([0, 1], [0, 1], "k:", label="perfectly calibrated")
        for name, curve in self.curves.items():
            curve.plot(ax=above, name=name, ref_line=False, marker=".")
        self._enlarge(above)
        above.grid(alpha=0.3)
        if self.is_right is None:
            above.set(
                title="One class against the rest",
                xlabel="Mean predicted probability of the class in a bin",
                ylabel="Fraction of rows of the class",
            )
            above.legend(title="Class", loc="center left", bbox_to_anchor=(1, 0.5))
            self._draw_histogram(below)
        else:
            above.set(
                title=f"Expected calibration error {self.calibration_error:.4f}",
                xlabel="Mean probability of the predicted class in a bin",
                ylabel="Fraction of rows predicted right",
            )
            above.legend()
            (curve,) = self.curves.values()
            draw_expected_mistakes(below, self.is_right, curve.y_prob)
        return self

    def _enlarge(self, axes: Any) -> None:
        lowest = min(
            min(curve.prob_pred.min(), curve.prob_true.min()) for curve in self.curves.values()
        )
        start = max(0, np.floor(10 * lowest - 0.1) / 10)  # a tenth that leaves some room
        margin = _MARGIN * (1 - start)
        axes.set(xlim=(start - margin, 1 + margin), ylim=(start - margin, 1 + margin))

    def _draw_histogram(self, axes: Any) -> None:
        counts = []
        for curve in self.curves.values():
            style = {"color": curve.line_.get_color(), "histtype": "step"}
            counts.append(axes.hist(curve.y_prob, bins=_HISTOGRAM_BINS, **style)[0])
        axes.set(xlabel="Predicted probability of the class", ylabel="Rows")
        log_y(axes, counts)
        axes.set_ylim(bottom=0.7)  # so that a bin of a single sample is seen
        axes.set_xlim(-_MARGIN, 1 + _MARGIN)
        axes.grid(alpha=0.3)


def draw_expected_mistakes(ax: Axes, is_right: np.ndarray, probability: np.ndarray) -> None:
    """Draw how many mistakes were made and expected among the rows that are least certain.

    `probability` is that of the predicted classes; what they lack to 1 is expected of mistakes.
    """
    order = np.argsort(probability, kind="stable")
    rows = np.arange(1, len(order) + 1)
    ax.plot(rows, np.cumsum(~is_right[order]), drawstyle="steps-post", label="made")
    expected = np.cumsum(1 - probability[order])
    ax.plot(rows, expected, "k:", label="expected: the sum of 1 - probability")
    ax.set(xscale="log", xlabel="Rows, from the least certain on", ylabel="Mistakes among them")
    ax.xaxis.set_major_formatter(plain_number)
    ax.set_ylim(bottom=0)
    ax.grid(alpha=0.3)
    ax.legend(loc="upper left")
