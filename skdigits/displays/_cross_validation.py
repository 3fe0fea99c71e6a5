"""Draw accuracy and log-loss of each fold, models side by side: ``CrossValidationDisplay``."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils import indexable

from skdigits.displays._layout import log_y, subplots_in
from skdigits.evaluation import (
    FoldsEvaluation,
    check_classifier,
    evaluate_folds,
    number_splits,
)

__all__ = ["CrossValidationDisplay"]

_WIDTH_OF_FOLDS = 0.3  # of the room that a model has
_LONG_NAME = 14  # letters that fit side by side


class CrossValidationDisplay:
    """Accuracy and log-loss of each fold, with one column for each model.

    A column shows the folds as points, in their order from left to right, their mean as a
    number and a bar, and one standard deviation on either side of it.

    Parameters
    ----------
    evaluations : dict of str to FoldsEvaluation
        Cross-validation results by the names of the models.

    Attributes
    ----------
    axes_ : ndarray of shape (2,) of matplotlib Axes
        Axes with the accuracy, and with the log-loss on a logarithmic scale.
    figure_ : matplotlib Figure
        Figure containing the axes.

    See Also
    --------
    skdigits.evaluate_folds : Cross-validate a classifier.
    TrainingHistoryDisplay : Loss and accuracy after each epoch.

    Notes
    -----
    The spread of the folds is not the error of their mean, because they share most of their
    training samples. Models can be compared fold by fold if they were given the same folds, as
    :meth:`from_estimator` does.

    Examples
    --------
    >>> from sklearn.linear_model import RidgeClassifier
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.displays import CrossValidationDisplay
    >>> X, y = load_optdigits(return_X_y=True)
    >>> models = {"naive Bayes": GaussianNB(), "ridge": RidgeClassifier()}
    >>> display = CrossValidationDisplay.from_estimator(models, X, y, cv=3, random_state=0)
    >>> round(display.evaluations["naive Bayes"].accuracy, 2)
    0.78
    """

    def __init__(self, *, evaluations: Mapping[str, FoldsEvaluation]) -> None:
        self.evaluations = evaluations

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        cv: Any = 5,
        groups: Any = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        ax: Any = None,
    ) -> Self:
        """Cross-validate one or several classifiers on the same folds and draw the results.

        Parameters
        ----------
        estimator : estimator or dict of str to estimator
            A scikit-learn classifier, which is named after its class, or several by name. They
            are cloned and fitted.
        X : array-like of shape (n_samples, n_features)
            Data to fit.
        y : array-like of shape (n_samples,)
            True labels.
        cv : int, splitter or iterable of (train, test) index arrays, default=5
            Splitting strategy. The data are split once, for all classifiers. An integer is the
            number of stratified, shuffled folds.
        groups : array-like of shape (n_samples,), default=None
            Group labels for splitters such as :class:`sklearn.model_selection.GroupKFold`.
        n_jobs : int or None, default=None
            Number of folds to run in parallel, as for :class:`joblib.Parallel`.
        random_state : int, RandomState instance or None, default=None
            Controls the shuffling if `cv` is an integer.
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : CrossValidationDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If one of them is not a classifier.
        ValueError
            If there is no classifier, the data cannot be split or fitted, or a test fold has a
            class that is missing from its training samples.
        KeyboardInterrupt
            If Ctrl-C is pressed.
        """
        models = (
            estimator if isinstance(estimator, Mapping) else {type(estimator).__name__: estimator}
        )
        for model in models.values():
            check_classifier(model)
        X, y, groups = indexable(X, y, groups)
        numbered = number_splits(X, y, cv=cv, groups=groups, random_state=random_state)
        splits = list(numbered.values())
        evaluations = {
            name: evaluate_folds(model, X, y, cv=splits, n_jobs=n_jobs)
            for name, model in models.items()
        }
        return cls.from_evaluations(evaluations, ax=ax)

    @classmethod
    def from_evaluations(
        cls, evaluations: Mapping[str, FoldsEvaluation], *, ax: Any = None
    ) -> Self:
        """Draw the results of earlier cross-validations.

        Parameters
        ----------
        evaluations : dict of str to FoldsEvaluation
            Results of :func:`skdigits.evaluate_folds` by the names of the models.
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : CrossValidationDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `evaluations` is empty.
        """
        if not evaluations:
            raise ValueError("There is nothing to draw: pass at least one model.")
        return cls(evaluations=dict(evaluations)).plot(ax=ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the folds.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : CrossValidationDisplay
            This display.
        """
        figsize = (max(7, 2.6 * len(self.evaluations) + 1.5), 4.5)
        self.figure_, (self.axes_,) = subplots_in(ax, 1, 2, figsize)
        for axes, metric, label in zip(
            self.axes_, ("accuracy", "log_loss"), ("Accuracy", "Log-loss (nats)"), strict=True
        ):
            for place, evaluation in enumerate(self.evaluations.values()):
                _draw_column(axes, place, evaluation, metric)
            axes.set_ylabel(label)
            axes.set_xlim(-0.6, len(self.evaluations) - 0.4)
            self._write_names(axes)
            axes.margins(y=0.12)  # room for the means in numbers
            axes.grid(axis="y", alpha=0.3)
        losses = [fold.log_loss for folds in self.evaluations.values() for fold in folds.folds]
        log_y(self.axes_[1], losses)
        if np.isnan(losses).all():
            self.axes_[1].set_yticks([])
        return self

    def _write_names(self, axes: Any) -> None:
        is_crowded = len(self.evaluations) > 1 and max(map(len, self.evaluations)) > _LONG_NAME
        turned = {"rotation": 20, "ha": "right", "rotation_mode": "anchor"} if is_crowded else {}
        axes.set_xticks(range(len(self.evaluations)), list(self.evaluations), **turned)


def _draw_column(axes: Any, place: int, evaluation: FoldsEvaluation, metric: str) -> None:
    values = np.array([getattr(fold, metric) for fold in evaluation.folds])
    mean, sd = getattr(evaluation, metric), getattr(evaluation, f"{metric}_sd")
    if np.isnan(mean):
        style = {"rotation": 90, "ha": "center", "va": "center", "color": "grey"}
        transform = axes.get_xaxis_transform()
        axes.text(place, 0.5, "no probabilities", transform=transform, **style)
        return
    color = f"C{place % 10}"
    beside = (np.arange(len(values)) - (len(values) - 1) / 2) / max(len(values) - 1, 1)
    axes.scatter(place + _WIDTH_OF_FOLDS * beside, values, s=20, color=color, alpha=0.6)
    axes.errorbar(place, mean, yerr=sd, marker="_", markersize=24, capsize=8, color=color)
    above = {"xytext": (0, 7), "textcoords": "offset points", "ha": "center"}
    axes.annotate(f"{mean:.4f}", (place, max(values.max(), mean + sd)), **above)
