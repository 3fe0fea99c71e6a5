"""How good a classifier is: metrics once it is fitted, and over the folds of a cross-validation."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)
from sklearn.model_selection import StratifiedKFold, check_cv, cross_validate
from sklearn.utils import check_consistent_length, column_or_1d, indexable
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from skdigits.exceptions import interrupts_propagate

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ClassificationEvaluation",
    "FoldEvaluation",
    "FoldsEvaluation",
    "evaluate",
    "evaluate_folds",
]


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
    labels : ndarray of shape (n_classes,)
        The classifier's classes, sorted: the order of `per_class` and `confusion_matrix`.
    per_class : DataFrame of shape (n_classes, 5)
        ``precision``, ``recall``, ``f1``, ``roc_auc`` and ``support`` (rows of the class), by
        label.
    confusion_matrix : ndarray of shape (n_classes, n_classes), dtype int64
        Rows of true class ``labels[i]`` that were predicted as ``labels[j]``.
    """

    n_samples: int
    accuracy: float
    precision: float
    recall: float
    f1: float
    log_loss: float
    roc_auc: float
    labels: np.ndarray
    per_class: "pd.DataFrame"
    confusion_matrix: np.ndarray

    def to_frame(self) -> "pd.DataFrame":
        """Give the figures over all classes as one row, to be stacked with those of others.

        Returns
        -------
        DataFrame of shape (1, 7)
            ``n_samples``, ``accuracy``, ``precision``, ``recall``, ``f1``, ``log_loss`` and
            ``roc_auc``.
        """
        import pandas as pd

        return pd.DataFrame([self._figures()])

    def to_dict(self) -> dict[str, Any]:
        """Give everything as numbers, strings, lists and dicts.

        Returns
        -------
        dict
            The attributes by name; `per_class` as a list of one dict a class.
        """
        return {
            **self._figures(),
            "labels": self.labels.tolist(),
            "per_class": self.per_class.reset_index().to_dict(orient="records"),
            "confusion_matrix": self.confusion_matrix.tolist(),
        }

    def _figures(self) -> dict[str, float]:
        return {field.name: getattr(self, field.name) for field in fields(self)[:7]}


@dataclass(frozen=True, eq=False)
class FoldEvaluation:
    """Figures of one fold.

    Attributes
    ----------
    fold : int
        Number of the fold, from 1.
    n_train, n_test : int
        Rows trained on and rows evaluated.
    accuracy, log_loss : float
        On the fold's test rows, as in :class:`ClassificationEvaluation`.
    fit_seconds, score_seconds : float
        Wall time of the fit and of the evaluation.
    history : dict of str to list of float, or None
        The fitted classifier's ``history_``, if it has one.
    """

    fold: int
    n_train: int
    n_test: int
    accuracy: float
    log_loss: float
    fit_seconds: float
    score_seconds: float
    history: dict[str, list[float]] | None


@dataclass(frozen=True, eq=False)
class FoldsEvaluation:
    """Figures of a cross-validation; :func:`evaluate_folds` makes it.

    Attributes
    ----------
    folds : tuple of FoldEvaluation
        In the splitter's order.
    accuracy, accuracy_sd : float
        Mean and standard deviation (of the folds as a population) of their accuracies.
    log_loss, log_loss_sd : float
        The same of their log-losses.
    """

    folds: tuple[FoldEvaluation, ...]

    @property
    def accuracy(self) -> float:  # noqa: D102
        return float(np.mean([fold.accuracy for fold in self.folds]))

    @property
    def accuracy_sd(self) -> float:  # noqa: D102
        return float(np.std([fold.accuracy for fold in self.folds]))

    @property
    def log_loss(self) -> float:  # noqa: D102
        return float(np.mean([fold.log_loss for fold in self.folds]))

    @property
    def log_loss_sd(self) -> float:  # noqa: D102
        return float(np.std([fold.log_loss for fold in self.folds]))

    def to_frame(self) -> "pd.DataFrame":
        """Give the folds as rows, without their histories.

        Returns
        -------
        DataFrame of shape (n_folds, 6)
            ``n_train``, ``n_test``, ``accuracy``, ``log_loss``, ``fit_seconds`` and
            ``score_seconds`` by ``fold``.
        """
        import pandas as pd

        return (
            pd.DataFrame([asdict(fold) for fold in self.folds])
            .drop(columns="history")
            .set_index("fold")
        )

    def to_dict(self) -> dict[str, Any]:
        """Give everything as numbers, strings, lists and dicts.

        Returns
        -------
        dict
            Means and standard deviations by name, and ``folds``, a list of one dict a fold.
        """
        return {
            "accuracy": self.accuracy,
            "accuracy_sd": self.accuracy_sd,
            "log_loss": self.log_loss,
            "log_loss_sd": self.log_loss_sd,
            "folds": [asdict(fold) for fold in self.folds],
        }


def evaluate(classifier: Any, X: Any, y: Any) -> ClassificationEvaluation:
    """Measure a fitted classifier on rows with known labels.

    Parameters
    ----------
    classifier : estimator
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
        If `classifier` is not a classifier.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    ValueError
        If `y` has a label that the classifier does not know, or `X` and `y` differ in length.

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
    import pandas as pd

    _check_classifier(classifier)
    check_is_fitted(classifier)
    y = column_or_1d(y)
    check_consistent_length(X, y)
    labels = np.asarray(classifier.classes_)
    unknown = np.setdiff1d(y, labels)
    if len(unknown):
        raise ValueError(
            f"y contains labels {unknown.tolist()} that the classifier was not trained on; it "
            f"knows {labels.tolist()}."
        )
    predicted = classifier.predict(X)
    loss, areas = np.nan, np.full(len(labels), np.nan)
    if hasattr(classifier, "predict_proba"):
        probabilities = classifier.predict_proba(X)
        loss = log_loss(y, probabilities, labels=labels)
        areas = np.array(
            [
                _roc_auc(y == label, column)
                for label, column in zip(labels, probabilities.T, strict=True)
            ]
        )
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


def evaluate_folds(
    classifier: Any,
    X: Any,
    y: Any,
    *,
    cv: Any = 5,
    groups: Any = None,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    on_fold: Callable[[FoldEvaluation], None] | None = None,
) -> FoldsEvaluation:
    """Cross-validate a classifier, keeping losses, times and training histories.

    Shuffled folds of the digits mix their writers, and flatter: see the user guide.

    Parameters
    ----------
    classifier : estimator
        Any scikit-learn classifier; clones of it are fitted.
    X : array-like of shape (n_samples, n_features)
        Rows, as the classifier takes them.
    y : array-like of shape (n_samples,)
        Their labels.
    cv : int, splitter or iterable of (train, test) index arrays, default=5
        How to split. A number makes that many stratified, shuffled folds.
    groups : array-like of shape (n_samples,), default=None
        For splitters that keep groups together, such as
        :class:`sklearn.model_selection.GroupKFold`.
    n_jobs : int or None, default=None
        Folds to work on at once, as for :class:`joblib.Parallel`.
    random_state : int, RandomState instance or None, default=None
        Seeds the shuffling if `cv` is a number; splitters and the classifier have their own.
    on_fold : callable, default=None
        Called with the :class:`FoldEvaluation` of each fold, in order, as soon as it is there.

    Returns
    -------
    FoldsEvaluation
        Figures of each fold, and their means.

    Raises
    ------
    TypeError
        If `classifier` is not a classifier.
    ValueError
        If the data cannot be split or fitted, or a test fold has a class that its training
        rows lack.
    KeyboardInterrupt
        If Ctrl-C is pressed; nothing of the fold at work is kept.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skdigits import evaluate_folds
    >>> from skdigits.datasets import load_optdigits
    >>> X, y = load_optdigits(return_X_y=True)
    >>> result = evaluate_folds(GaussianNB(), X, y, cv=3, random_state=0)
    >>> len(result.folds), round(result.accuracy, 2)
    (3, 0.78)
    """
    _check_classifier(classifier)
    X, y, groups = indexable(X, y, groups)
    if isinstance(cv, int | np.integer):
        cv = StratifiedKFold(cv, shuffle=True, random_state=random_state)
    splits = list(check_cv(cv, y, classifier=True).split(X, y, groups))
    evaluations: Iterable[FoldEvaluation] = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_evaluate_fold)(classifier, X, y, number, split)
        for number, split in enumerate(splits, start=1)
    )
    folds = []
    for fold in evaluations:
        folds.append(fold)
        if on_fold is not None:
            on_fold(fold)
    return FoldsEvaluation(tuple(folds))


def _evaluate_fold(
    classifier: Any, X: Any, y: Any, number: int, split: tuple[np.ndarray, np.ndarray]
) -> FoldEvaluation:
    with interrupts_propagate():
        result = cross_validate(
            classifier,
            X,
            y,
            cv=[split],
            scoring=_accuracy_and_log_loss,
            return_estimator=True,
            error_score="raise",
        )
    history = getattr(result["estimator"][0], "history_", None)
    return FoldEvaluation(
        fold=number,
        n_train=len(split[0]),
        n_test=len(split[1]),
        accuracy=float(result["test_accuracy"][0]),
        log_loss=float(result["test_log_loss"][0]),
        fit_seconds=float(result["fit_time"][0]),
        score_seconds=float(result["score_time"][0]),
        history=None if history is None else dict(history),
    )


def _accuracy_and_log_loss(classifier: Any, X: Any, y: Any) -> dict[str, float]:
    result = evaluate(classifier, X, y)
    return {"accuracy": result.accuracy, "log_loss": result.log_loss}


def _check_classifier(classifier: Any) -> None:
    if isinstance(classifier, type) or not is_classifier(classifier):
        raise TypeError(f"Expected an instance of a scikit-learn classifier, got {classifier!r}.")


def _roc_auc(of_class: np.ndarray, probability: np.ndarray) -> float:
    # Not defined, and warned about by scikit-learn, without both positives and negatives.
    return roc_auc_score(of_class, probability) if 0 < of_class.sum() < len(of_class) else np.nan
