"""Compute the metrics of a fitted classifier on rows with known labels."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)
from sklearn.utils import check_consistent_length, column_or_1d

from skdigits._validation import check_labels
from skdigits.classifier import DigitCNNClassifier
from skdigits.evaluation._calibration import expected_calibration_error
from skdigits.evaluation._look_inside import check_fitted_classifier

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ClassificationEvaluation", "evaluate", "evaluate_predictions"]


@dataclass(frozen=True, eq=False)
class ClassificationEvaluation:
    """Metrics of a fitted classifier on some rows; :func:`evaluate` makes it.

    Attributes
    ----------
    n_samples : int
        Rows evaluated.
    accuracy : float
        Fraction of rows whose label was predicted, in [0, 1].
    precision, recall, f1 : float
        Means over the classes that occur in the labels or the predictions, in [0, 1]; 0 for
        a class where it is not defined.
    log_loss : float
        Mean of -log(probability of the true class), in nats; nan without ``predict_proba``.
    roc_auc : float
        Mean over the classes of the area under the one-vs-rest ROC curve, in [0, 1]; nan
        without ``predict_proba`` or where a class does not occur in the labels.
    calibration_error : float
        Expected calibration error, as in :func:`expected_calibration_error`; nan without
        ``predict_proba``.
    labels : ndarray of shape (n_classes,)
        The classifier's classes, sorted: the order of `per_class` and `confusion_matrix`.
    per_class : DataFrame of shape (n_classes, 5)
        ``precision``, ``recall``, ``f1``, ``roc_auc`` and ``support`` (rows of the class), by
        label.
    confusion_matrix : ndarray of shape (n_classes, n_classes), dtype int64
        Rows of true class ``labels[i]`` that were predicted as ``labels[j]``.

    See Also
    --------
    skdigits.evaluate : Return one.
    """

    n_samples: int
    accuracy: float
    precision: float
    recall: float
    f1: float
    log_loss: float
    roc_auc: float
    calibration_error: float
    labels: np.ndarray
    per_class: "pd.DataFrame"
    confusion_matrix: np.ndarray

    def accuracy_interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return Wilson's confidence interval of the accuracy.

        It says how uncertain the accuracy is because the rows are few, as if they had been drawn
        independently from all rows of interest; not how another seed or other writers would
        change it.

        Parameters
        ----------
        confidence : float, default=0.95
            How often such intervals hold the true figure, in (0, 1).

        Returns
        -------
        tuple of 2 floats
            Its ends, in [0, 1].

        Raises
        ------
        ValueError
            If `confidence` is not in (0, 1).

        References
        ----------
        E. B. Wilson (1927). Probable inference, the law of succession, and statistical
        inference. Journal of the American Statistical Association 22, 209-212.

        Examples
        --------
        >>> from sklearn.dummy import DummyClassifier
        >>> from skdigits import evaluate
        >>> clf = DummyClassifier().fit([[0], [0]], [0, 1])
        >>> low, high = evaluate(clf, [[0]] * 10, [0] * 8 + [1] * 2).accuracy_interval()
        >>> round(low, 3), round(high, 3)
        (0.49, 0.943)
        """
        from scipy.stats import binomtest

        if not 0 < confidence < 1:
            raise ValueError(f"confidence must be in (0, 1); got {confidence!r}.")
        right = int(np.trace(self.confusion_matrix))
        interval = binomtest(right, self.n_samples).proportion_ci(confidence, method="wilson")
        return float(interval.low), float(interval.high)

    def to_frame(self) -> "pd.DataFrame":
        """Return the figures over all classes as one row, to be stacked with those of others.

        Returns
        -------
        DataFrame of shape (1, 8)
            ``n_samples``, ``accuracy``, ``precision``, ``recall``, ``f1``, ``log_loss``,
            ``roc_auc`` and ``calibration_error``.
        """
        import pandas as pd

        return pd.DataFrame([self._figures()])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as numbers, strings, lists and dicts.

        Returns
        -------
        dict
            The attributes by name; `per_class` as a list with a dict for each class.
        """
        return {
            **self._figures(),
            "labels": self.labels.tolist(),
            "per_class": self.per_class.reset_index().to_dict(orient="records"),
            "confusion_matrix": self.confusion_matrix.tolist(),
        }

    def scores(self) -> dict[str, Any]:
        """Return the scores that :func:`skdigits.save_model` stores and a model card shows.

        Returns
        -------
        dict
            ``n_samples``, ``accuracy``, ``accuracy_interval`` (Wilson's, of 95 %), ``log_loss``,
            ``calibration_error``, ``labels`` and, in their order, ``recall`` (None for a class that
            does not occur), ``support`` and ``confusion_matrix`` (a row for each true class).
        """
        figures = self.to_dict()
        names = ("n_samples", "accuracy", "log_loss", "calibration_error", "labels")
        return {name: figures[name] for name in names} | {
            "accuracy_interval": list(self.accuracy_interval()),
            "recall": [row["recall"] if row["support"] else None for row in figures["per_class"]],
            "support": [row["support"] for row in figures["per_class"]],
            "confusion_matrix": figures["confusion_matrix"],
        }

    def _figures(self) -> dict[str, float]:
        return {field.name: getattr(self, field.name) for field in fields(self)[:8]}


def evaluate(estimator: Any, X: Any, y: Any) -> ClassificationEvaluation:
    """Measure a fitted classifier on rows with known labels.

    Parameters
    ----------
    estimator : estimator
        Any fitted scikit-learn classifier, not only this package's.
    X : array-like of shape (n_samples, n_features)
        Rows, as the classifier takes them.
    y : array-like of shape (n_samples,)
        Their labels, all of them among the classifier's classes.

    Returns
    -------
    ClassificationEvaluation
        The metrics.

    Raises
    ------
    TypeError
        If `estimator` is not a classifier, or a search that keeps none.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    ValueError
        If `y` has a label that the classifier does not know, or `X` and `y` differ in length.

    See Also
    --------
    evaluate_folds : Cross-validate a classifier.
    skdigits.evaluation.expected_calibration_error : Measure given probabilities.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from skdigits import evaluate
    >>> from skdigits.datasets import load_optdigits
    >>> clf = SVC().fit(*load_optdigits(subset="train", return_X_y=True))
    >>> result = evaluate(clf, *load_optdigits(subset="test", return_X_y=True))
    >>> round(result.accuracy, 3), result.confusion_matrix.shape
    (0.976, (10, 10))
    """
    check_fitted_classifier(estimator)
    check_labels(y)
    y = column_or_1d(y)
    labels = np.asarray(estimator.classes_)
    probabilities = None
    if isinstance(estimator, DigitCNNClassifier):
        # Its labels follow from its probabilities, which are computed only once.
        probabilities = estimator.predict_proba(X)
        predicted = labels[probabilities.argmax(axis=1)]
    else:
        predicted = estimator.predict(X)  # says what is wrong with the shape of X
        if hasattr(estimator, "predict_proba"):
            probabilities = estimator.predict_proba(X)
    return evaluate_predictions(y, predicted, probabilities, labels=labels)


def evaluate_predictions(
    y: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray | None, *, labels: np.ndarray
) -> ClassificationEvaluation:
    """Measure predictions of a classifier with these class labels, without predicting again."""
    import pandas as pd

    check_consistent_length(predicted, y)
    unknown = np.setdiff1d(y, labels)
    if len(unknown):
        raise ValueError(
            f"y contains labels {unknown.tolist()} that the classifier was not trained on; it "
            f"knows {labels.tolist()}."
        )
    loss, areas, calibration_error = np.nan, np.full(len(labels), np.nan), np.nan
    if probabilities is not None:
        loss = log_loss(y, probabilities, labels=labels)
        calibration_error = expected_calibration_error(y, probabilities, labels=labels)
        columns = zip(labels, probabilities.T, strict=True)
        areas = np.array([_roc_auc(y == label, column) for label, column in columns])
    precision, recall, f1, support = precision_recall_fscore_support(
        y, predicted, labels=labels, zero_division=0
    )
    macro = precision_recall_fscore_support(y, predicted, average="macro", zero_division=0)
    return ClassificationEvaluation(
        n_samples=len(y),
        accuracy=float(accuracy_score(y, predicted)),
        precision=float(macro[0]),
        recall=float(macro[1]),
        f1=float(macro[2]),
        log_loss=float(loss),
        roc_auc=float(np.mean(areas)),
        calibration_error=calibration_error,
        labels=labels,
        per_class=pd.DataFrame(
            {
                "precision": precision,
                "recall": recall,
                "f1": f1,
                "roc_auc": areas,
                "support": support,
            },
            index=pd.Index(labels, name="label"),
        ),
        confusion_matrix=confusion_matrix(y, predicted, labels=labels),
    )


def _roc_auc(positive: np.ndarray, probability: np.ndarray) -> float:
    # Not defined, and warned about by scikit-learn, without both positives and negatives.
    return roc_auc_score(positive, probability) if 0 < positive.sum() < len(positive) else np.nan
