"""Cross-validate classifiers, keeping losses, times and training histories."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.model_selection import StratifiedKFold, check_cv, cross_validate
from sklearn.utils import indexable
from sklearn.utils.parallel import delayed

from skdigits._validation import check_labels, warn_of_repeated_samples
from skdigits.evaluation._classification import evaluate
from skdigits.evaluation._look_inside import check_classifier, look_inside
from skdigits.parallel import run_in_parallel

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FoldEvaluation",
    "FoldsEvaluation",
    "evaluate_folds",
    "evaluate_splits",
    "number_splits",
]

Split = tuple[np.ndarray, np.ndarray]  # indices of the rows to train on and of those to evaluate


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
        The fitted classifier's ``history_``, if it has one; that of the classifier within a
        pipeline or a search.

    See Also
    --------
    FoldsEvaluation : Hold all folds.
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

    See Also
    --------
    skdigits.evaluate_folds : Return one.
    """

    folds: tuple[FoldEvaluation, ...]

    @property
    def accuracy(self) -> float:
        return float(np.mean([fold.accuracy for fold in self.folds]))

    @property
    def accuracy_sd(self) -> float:
        return float(np.std([fold.accuracy for fold in self.folds]))

    @property
    def log_loss(self) -> float:
        return float(np.mean([fold.log_loss for fold in self.folds]))

    @property
    def log_loss_sd(self) -> float:
        return float(np.std([fold.log_loss for fold in self.folds]))

    def to_frame(self) -> "pd.DataFrame":
        """Return the folds as rows, without their histories.

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
        """Return everything as numbers, strings, lists and dicts.

        Returns
        -------
        dict
            Means and standard deviations by name, and ``folds``, a list with a dict for each fold.
        """
        names = ("accuracy", "accuracy_sd", "log_loss", "log_loss_sd")
        folds = [asdict(fold) for fold in self.folds]
        return {name: getattr(self, name) for name in names} | {"folds": folds}


def evaluate_folds(
    estimator: Any,
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
    estimator : estimator
        Any scikit-learn classifier; clones of it are fitted.
    X : array-like of shape (n_samples, n_features)
        Rows, as the classifier takes them.
    y : array-like of shape (n_samples,)
        Their labels.
    cv : int, splitter or iterable of (train, test) index arrays, default=5
        How to split. An int makes that many stratified, shuffled folds.
    groups : array-like of shape (n_samples,), default=None
        For splitters that keep groups together, such as
        :class:`sklearn.model_selection.GroupKFold`.
    n_jobs : int or None, default=None
        Number of folds to fit in parallel, as for :class:`joblib.Parallel`; on which processes or
        machines, :class:`joblib.parallel_config` and
        :func:`skdigits.parallel.dask_backend` say. The figures are the same.
    random_state : int, RandomState instance or None, default=None
        Seeds the shuffling if `cv` is an int; splitters and the classifier have their own.
    on_fold : callable, default=None
        Called with the :class:`FoldEvaluation` of each fold, in order, as soon as it is done.

    Returns
    -------
    FoldsEvaluation
        Figures of each fold, and their means.

    Raises
    ------
    TypeError
        If `estimator` is not a classifier.
    ValueError
        If the data cannot be split or fitted, or a test fold has a class that its training
        rows lack.
    KeyboardInterrupt
        If Ctrl-C is pressed; nothing of the fold at work is kept.

    Warns
    -----
    UserWarning
        If equal samples are in the training part and in the test part of a fold. Sparse samples
        are not compared.

    See Also
    --------
    evaluate : Evaluate a fitted classifier.
    sklearn.model_selection.cross_validate : Cross-validate any estimator.
    skdigits.displays.CrossValidationDisplay : Draw the folds.

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
    check_classifier(estimator)
    check_labels(y)
    X, y, groups = indexable(X, y, groups)
    splits = number_splits(X, y, cv=cv, groups=groups, random_state=random_state)
    warn_of_repeated_samples(X, splits.values())
    folds = []
    for fold in evaluate_splits(estimator, X, y, splits, n_jobs=n_jobs):
        folds.append(fold)
        if on_fold is not None:
            on_fold(fold)
    return FoldsEvaluation(tuple(folds))


def number_splits(
    X: Any, y: Any, *, cv: Any, groups: Any, random_state: int | np.random.RandomState | None
) -> dict[int, Split]:
    """Split rows as :func:`evaluate_folds` does; the folds are numbered from 1."""
    if isinstance(cv, int | np.integer):
        cv = StratifiedKFold(cv, shuffle=True, random_state=random_state)
    return dict(enumerate(check_cv(cv, y, classifier=True).split(X, y, groups), start=1))


def evaluate_splits(
    estimator: Any,
    X: Any,
    y: Any,
    splits: Mapping[int, Split],
    *,
    n_jobs: int | None,
    in_order: bool = True,
) -> Iterator[FoldEvaluation]:
    """Evaluate folds by number; without `in_order`, yield each as soon as it is done."""
    tasks = (
        delayed(_evaluate_fold)(estimator, X, y, number, split) for number, split in splits.items()
    )
    return run_in_parallel(tasks, n_jobs=n_jobs, in_order=in_order)


def _evaluate_fold(estimator: Any, X: Any, y: Any, number: int, split: Split) -> FoldEvaluation:
    result = cross_validate(
        estimator,
        X,
        y,
        cv=[split],
        scoring=_accuracy_and_log_loss,
        return_estimator=True,
        error_score="raise",
    )
    history = getattr(look_inside(result["estimator"][0])[1], "history_", None)
    return FoldEvaluation(
        fold=number,
        n_train=len(split[0]),
        n_test=len(split[1]),
        accuracy=float(result["test_accuracy"][0]),
        log_loss=float(result["test_log_loss"][0]),
        fit_seconds=float(result["fit_time"][0]),
        score_seconds=float(result["score_time"][0]),
        history=dict(history) if isinstance(history, Mapping) else None,
    )


def _accuracy_and_log_loss(estimator: Any, X: Any, y: Any) -> dict[str, float]:
    result = evaluate(estimator, X, y)
    return {"accuracy": result.accuracy, "log_loss": result.log_loss}
