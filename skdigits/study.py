"""The study, end to end: load, split, train, evaluate, cross-validate."""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, train_test_split
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from skdigits._protocol import (
    CONFIGURATIONS,
    HOLD_OUT,
    LOADERS,
    check_enough_rows,
    make_configuration,
    read_data,
)
from skdigits.baselines import make_baseline
from skdigits.datasets import writer_groups
from skdigits.evaluation import (
    ClassificationEvaluation,
    FoldsEvaluation,
    evaluate,
    evaluate_folds,
)
from skdigits.exceptions import interrupts_propagate

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier

__all__ = ["BaselineEvaluation", "FitEvaluation", "StudyResult", "run_study"]

# Enough for the default network to be near its best, in less than a minute.
_QUICK = {"epochs": 8, "folds": 3}

# What the network has to beat; together they take a second or two.
_BASELINES = ("svc", "knn")

_PACKAGES = ("skdigits", "scikit-learn", "tensorflow", "keras", "scikeras", "numpy", "pandas")

Progress = Callable[[str, int, int], None]
LabelledRows = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class FitEvaluation:
    """A network trained on some rows and evaluated on others.

    Attributes
    ----------
    classifier : DigitCNNClassifier
        The fitted classifier.
    n_train : int
        Rows it was trained on.
    X, y : ndarray of shape (n_samples, n_features) and (n_samples,)
        The rows it was evaluated on.
    evaluation : ClassificationEvaluation
        The metrics on them.
    fit_seconds : float
        Wall time of the fit.
    """

    classifier: "DigitCNNClassifier"
    n_train: int
    X: np.ndarray
    y: np.ndarray
    evaluation: ClassificationEvaluation
    fit_seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Give everything but classifier and rows as numbers, strings, lists and dicts."""
        return {
            "n_train": self.n_train,
            **self.evaluation.to_dict(),
            "fit_seconds": self.fit_seconds,
            "history": self.classifier.history_,
        }


@dataclass(frozen=True, eq=False)
class BaselineEvaluation:
    """Another classifier, measured on the same splits as the network.

    Attributes
    ----------
    hold_out : ClassificationEvaluation
        On the hold-out's rows, trained on its training rows.
    unseen_writers : ClassificationEvaluation or None
        On UCI's test part, trained on its training part; None for other data.
    cross_validation : FoldsEvaluation
        On the folds of the network's cross-validation.
    """

    hold_out: ClassificationEvaluation
    unseen_writers: ClassificationEvaluation | None
    cross_validation: FoldsEvaluation

    def to_dict(self) -> dict[str, Any]:
        """Give everything as numbers, strings, lists and dicts."""
        return {
            "hold_out": self.hold_out.to_dict(),
            "unseen_writers": self.unseen_writers and self.unseen_writers.to_dict(),
            "cross_validation": self.cross_validation.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class StudyResult:
    """What a study found; :func:`run_study` makes it.

    Attributes
    ----------
    settings : dict
        Data, configuration, seed and the like, as the study used them.
    digits : sklearn.utils.Bunch
        The data.
    hold_out : FitEvaluation
        80 % of the rows against the other 20 %, shuffled: writers are mixed.
    unseen_writers : FitEvaluation or None
        UCI's training part against its test part, written by others; None for other data.
    validated : DigitCNNClassifier
        Trained on nine tenths of the hold-out's training rows and validated on the last
        tenth after each epoch: for the curves only.
    cross_validation : FoldsEvaluation
        Cross-validation on all rows.
    writer_folds, shuffled_folds : FoldsEvaluation or None
        Cross-validation on UCI's test part alone, once with the inferred writers kept
        together, once with their rows shuffled over the folds; None for other data.
    baselines : dict of str to BaselineEvaluation
        The tuned support vector machine "svc" and the nearest neighbour "knn" of
        :func:`skdigits.baselines.make_baseline`, on the same splits.
    seconds : float
        Wall time of the study.
    """

    settings: dict[str, Any]
    digits: Bunch
    hold_out: FitEvaluation
    unseen_writers: FitEvaluation | None
    validated: "DigitCNNClassifier"
    cross_validation: FoldsEvaluation
    writer_folds: FoldsEvaluation | None
    shuffled_folds: FoldsEvaluation | None
    baselines: dict[str, BaselineEvaluation]
    seconds: float

    def layers(self) -> list[dict[str, Any]]:
        """Describe the layers of the hold-out's network, from the image on.

        Returns
        -------
        list of dict
            ``name``, ``type``, ``output_shape`` (list, without the batch) and ``parameters``.
        """
        from skdigits.network import describe_layers

        return describe_layers(self.hold_out.classifier.model_)

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, with what is needed to get them again.

        Returns
        -------
        dict
            Of numbers, strings, lists and dicts, as ``results.json`` holds it.
        """
        labels, counts = np.unique(self.digits.target, return_counts=True)
        return {
            "settings": self.settings,
            "data": {
                "n_samples": len(self.digits.target),
                "n_features": self.digits.data.shape[1],
                "samples_per_class": dict(zip(labels.tolist(), counts.tolist(), strict=True)),
                "metadata": self.digits.get("metadata"),
            },
            "network": {
                "hyper_parameters": self.hold_out.classifier.get_params(),
                "parameters": self.hold_out.classifier.model_.count_params(),
                "layers": self.layers(),
            },
            "hold_out": self.hold_out.to_dict(),
            "unseen_writers": self.unseen_writers and self.unseen_writers.to_dict(),
            "validated": {"history": self.validated.history_},
            "cross_validation": self.cross_validation.to_dict(),
            "writer_folds": self.writer_folds and self.writer_folds.to_dict(),
            "shuffled_folds": self.shuffled_folds and self.shuffled_folds.to_dict(),
            "baselines": {name: found.to_dict() for name, found in self.baselines.items()},
            "seconds": self.seconds,
            "versions": {"python": platform.python_version()}
            | {package: version(package) for package in _PACKAGES},
            "machine": {"cores": os.cpu_count(), "system": platform.system()},
        }


@validate_params(
    {
        "data": [str, os.PathLike],
        "config": [StrOptions(set(CONFIGURATIONS))],
        "folds": [Interval(Integral, 2, None, closed="left"), None],
        "epochs": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Integral, None, -1, closed="right"),
            None,
        ],
        "seed": [Interval(Integral, 0, 2**32 - 1, closed="both")],
        "quick": ["boolean"],
        "progress": [callable, None],
    },
    prefer_skip_nested_validation=True,
)
def run_study(
    data: str | os.PathLike[str] = "packaged",
    *,
    config: str = "default",
    folds: int | None = None,
    epochs: int | None = None,
    n_jobs: int | None = None,
    seed: int = 42,
    quick: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Train the network on the digits and measure it in each of the study's ways.

    Parameters
    ----------
    data : {"packaged", "uci"} or path, default="packaged"
        The packaged data, the same live from UCI, or a CSV file that
        :func:`~skdigits.datasets.read_digits_csv` reads.
    config : {"default", "fast", "reference"}, default="default"
        ``DigitCNNClassifier()``, ``DigitCNNClassifier.fast()`` or
        ``DigitCNNClassifier.reference()``.
    folds : int or None, default=None
        Stratified, shuffled folds of the cross-validation; None takes 5.
    epochs : int or None, default=None
        Epochs of each fit; None takes the configuration's.
    n_jobs : int or None, default=None
        Folds to work on at once, as for :class:`joblib.Parallel`.
    seed : int, default=42
        Seed of the networks and of the folds. The hold-out split is always that of the
        original study, so that figures compare.
    quick : bool, default=False
        Take 3 folds and 8 epochs where they are not given: to try it, not to quote it.
    progress : callable, default=None
        Called with the name of a step, and how much of how much of it is done.

    Returns
    -------
    StudyResult
        Figures, fitted classifiers and the data.

    Raises
    ------
    ValueError
        If a parameter is not valid or the data are too few to be split.
    OSError
        If the data cannot be read or fetched.
    KeyboardInterrupt
        If Ctrl-C is pressed.

    Examples
    --------
    >>> from skdigits.study import run_study
    >>> result = run_study(quick=True)  # doctest: +SKIP
    >>> result.hold_out.evaluation.n_samples  # doctest: +SKIP
    1124
    """
    start = time.perf_counter()
    folds = folds or (_QUICK["folds"] if quick else 5)
    epochs = epochs or (_QUICK["epochs"] if quick else None)
    progress = progress or (lambda step, done, total: None)
    digits = read_data(data)
    check_enough_rows(digits.target, folds, "study")
    progress("TensorFlow", 0, 1)
    # With TensorFlow now, so that its seconds do not count as those of the first fit.
    import skdigits._scikeras  # noqa: F401

    classifier = make_configuration(config, epochs, seed)
    progress("TensorFlow", 1, 1)

    X, y = digits.data, digits.target
    X_train, X_test, y_train, y_test = train_test_split(X, y, **HOLD_OUT)
    with interrupts_propagate():
        hold_out = _fit_and_evaluate(
            "Hold-out", classifier, (X_train, y_train), (X_test, y_test), progress
        )
        validated = _fit(
            "Validation curves",
            clone(classifier).set_params(validation_fraction=0.1),
            (X_train, y_train),
            progress,
        )
        unseen_writers, parts = None, []
        if data in LOADERS:
            parts = [LOADERS[data](subset=part, return_X_y=True) for part in ("train", "test")]
            unseen_writers = _fit_and_evaluate(
                "Unseen writers", classifier, parts[0], parts[1], progress
            )

    def cross_validate(
        step: str, X: np.ndarray, y: np.ndarray, cv: Any, groups: np.ndarray | None = None
    ) -> FoldsEvaluation:
        n_folds = cv if groups is None else cv.get_n_splits()
        progress(step, 0, n_folds)
        return evaluate_folds(
            classifier,
            X,
            y,
            cv=cv,
            groups=groups,
            n_jobs=n_jobs,
            random_state=seed,
            on_fold=lambda fold: progress(step, fold.fold, n_folds),
        )

    cross_validation = cross_validate("Cross-validation", X, y, folds)
    writer_folds = shuffled_folds = None
    if parts:
        groups = writer_groups()
        n_folds = min(folds, len(np.unique(groups)))
        X, y = parts[1]
        writer_folds = cross_validate("Folds of writers", X, y, GroupKFold(n_folds), groups)
        shuffled_folds = cross_validate("Shuffled folds", X, y, n_folds)

    baselines = {}
    progress("Baselines", 0, len(_BASELINES))
    for name in _BASELINES:
        baseline = make_baseline(name, random_state=seed)
        baselines[name] = BaselineEvaluation(
            hold_out=evaluate(clone(baseline).fit(X_train, y_train), X_test, y_test),
            unseen_writers=(evaluate(clone(baseline).fit(*parts[0]), *parts[1]) if parts else None),
            cross_validation=evaluate_folds(
                baseline, digits.data, digits.target, cv=folds, random_state=seed
            ),
        )
        progress("Baselines", len(baselines), len(_BASELINES))
    return StudyResult(
        settings={
            "data": os.fspath(data),
            "config": config,
            "quick": quick,
            "epochs": classifier.epochs,
            "folds": folds,
            "seed": seed,
            "hold_out_split": HOLD_OUT,
        },
        digits=digits,
        hold_out=hold_out,
        unseen_writers=unseen_writers,
        validated=validated,
        cross_validation=cross_validation,
        writer_folds=writer_folds,
        shuffled_folds=shuffled_folds,
        baselines=baselines,
        seconds=time.perf_counter() - start,
    )


def _fit(
    step: str, classifier: "DigitCNNClassifier", rows: LabelledRows, progress: Progress
) -> "DigitCNNClassifier":
    from skdigits._tensorflow import keras

    def report(epoch: int, logs: Any = None) -> None:
        progress(step, epoch + 1, classifier.epochs)

    progress(step, 0, classifier.epochs)
    fitted = clone(classifier).set_params(
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=report)]
    )
    return fitted.fit(*rows).set_params(callbacks=None)


def _fit_and_evaluate(
    step: str,
    classifier: "DigitCNNClassifier",
    train: LabelledRows,
    test: LabelledRows,
    progress: Progress,
) -> FitEvaluation:
    start = time.perf_counter()
    fitted = _fit(step, classifier, train, progress)
    seconds = time.perf_counter() - start
    return FitEvaluation(fitted, len(train[1]), *test, evaluate(fitted, *test), seconds)
