"""One network to keep: trained, measured, and with the scores that its file shall carry."""

import os
import time
import warnings
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import cpu_count
from sklearn.base import clone
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from skdigits._parameters import CONFIGURATIONS
from skdigits._runs import (
    LOADERS,
    PARTS,
    Progress,
    check_enough_rows,
    describe_part,
    fit_with_progress,
    make_configuration,
    read_data,
    take_part,
)
from skdigits.evaluation import (
    ClassificationEvaluation,
    FoldsEvaluation,
    evaluate,
    evaluate_folds,
)
from skdigits.exceptions import interrupts_propagate

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier

__all__ = ["TrainedModel", "evaluate_model", "train_model"]


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A network and how good it is; :func:`train_model` makes it.

    Attributes
    ----------
    classifier : DigitCNNClassifier
        The fitted classifier.
    settings : dict
        Data, rows, configuration, epochs, seed and folds, as they were used; a file's name
        without its folder.
    n_train : int
        Rows that it was trained on.
    evaluation : ClassificationEvaluation or None
        The metrics on the other rows; None if it was trained on all of them.
    cross_validation : FoldsEvaluation or None
        The figures of networks like it, each trained without a fold of the training rows; None
        without folds.
    seconds, cpu_seconds : float
        Wall time of everything, and the time that processor cores were busy with it.
    """

    classifier: "DigitCNNClassifier"
    settings: dict[str, Any]
    n_train: int
    evaluation: ClassificationEvaluation | None
    cross_validation: FoldsEvaluation | None
    seconds: float
    cpu_seconds: float

    def scores(self) -> dict[str, Any]:
        """Return what :func:`skdigits.save_model` shall store as scores.

        Returns
        -------
        dict
            Of numbers, strings, lists and dicts:

            settings : dict
                As the attribute.
            split : dict
                In words and numbers, what was trained on (``train``, ``n_train``) and what it
                was measured on (``test``, ``n_test``; None and 0 for nothing).
            test : dict or None
                ``n_samples``, ``accuracy``, ``accuracy_interval`` (Wilson's, of 95 %),
                ``log_loss``, ``calibration_error``, ``labels`` and, in their order, ``recall``
                (None for a class that does not occur), ``support`` and ``confusion_matrix``
                (a row for each true class).
            cross_validation : dict or None
                ``folds`` (their number), ``n_samples``, ``accuracy``, ``accuracy_sd``,
                ``log_loss`` and ``log_loss_sd`` over the folds, and the folds' ``accuracies``
                and ``log_losses``.
            time : dict
                ``seconds`` (wall), ``cpu_seconds`` and ``cores`` (that the process may use) of
                everything: the fit, the measuring and the folds.
        """
        data, rows = self.settings["data"], self.settings["rows"]
        evaluation = self.evaluation
        return {
            "settings": dict(self.settings),
            "split": {
                "train": describe_part(data, rows),
                "n_train": self.n_train,
                "test": describe_part(data, "test") if evaluation else None,
                "n_test": evaluation.n_samples if evaluation else 0,
            },
            "test": evaluation and _scores_on_others(evaluation),
            "cross_validation": self.cross_validation and _scores_of_folds(self.cross_validation),
            "time": {
                "seconds": self.seconds,
                "cpu_seconds": self.cpu_seconds,
                "cores": cpu_count(),
            },
        }


@validate_params(
    {
        "data": [str, os.PathLike],
        "rows": [StrOptions({"train", "all"})],
        "config": [StrOptions(set(CONFIGURATIONS))],
        "epochs": [Interval(Integral, 1, None, closed="left"), None],
        "seed": [Interval(Integral, 0, 2**32 - 1, closed="both")],
        "folds": [Interval(Integral, 2, None, closed="left"), None],
        "checkpoint": [str, os.PathLike, None],
        "progress": [callable, None],
    },
    prefer_skip_nested_validation=True,
)
def train_model(
    data: str | os.PathLike[str] = "packaged",
    *,
    rows: str = "train",
    config: str = "default",
    epochs: int | None = None,
    seed: int = 42,
    folds: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> TrainedModel:
    """Train a network to keep, and measure it on rows that it has not seen.

    Parameters
    ----------
    data : {"packaged", "uci"} or path, default="packaged"
        The packaged data, the same live from UCI, or a CSV file that
        :func:`~skdigits.datasets.read_digits_csv` reads.
    rows : {"train", "all"}, default="train"
        "train" trains on UCI's training part and measures on its test part, by other writers;
        of a file, a fifth is measured on. "all" trains on all rows, which leaves the folds to
        say how good such a network is.
    config : {"default", "fast", "reference"}, default="default"
        ``DigitCNNClassifier()``, ``DigitCNNClassifier.fast()`` or
        ``DigitCNNClassifier.reference()``.
    epochs : int or None, default=None
        Epochs of each fit; None takes the configuration's.
    seed : int, default=42
        Seed of the networks and of the folds. A file's fifth is always the same.
    folds : int or None, default=None
        Stratified, shuffled folds of a cross-validation of the rows trained on. None takes none
        with ``rows="train"``, and 5 with ``rows="all"``.
    checkpoint : str, path-like or None, default=None
        Folder that keeps the fit's state after each epoch: a fit that was killed goes on from
        there. The folds do not use it.
    progress : callable, default=None
        Called with the name of a step, and how much of how much of it is done.

    Returns
    -------
    TrainedModel
        The fitted classifier and its scores.

    Raises
    ------
    ValueError
        If a parameter is not valid or the data are too few to be split.
    OSError
        If the data cannot be read or fetched, or `checkpoint` cannot be written to.
    KeyboardInterrupt
        If Ctrl-C is pressed.

    See Also
    --------
    skdigits.save_model : Write the classifier and its scores to a file.
    skdigits.study.run_study : All about one configuration.

    Examples
    --------
    >>> from skdigits import save_model
    >>> from skdigits.model_training import train_model
    >>> model = train_model(config="fast")
    >>> model.n_train, model.evaluation.n_samples
    (3823, 1797)
    >>> save_model(model.classifier, "digits.skdigits", scores=model.scores())  # doctest: +SKIP
    """
    progress = progress or (lambda step, done, total: None)
    if rows == "all":
        folds = folds or 5
    digits = read_data(data)
    X, y = take_part(digits, data, rows)
    if folds:
        check_enough_rows(y, folds, "cross-validation")
    progress("TensorFlow", 0, 1)
    from skdigits.training import Fit  # noqa: F401

    classifier = make_configuration(config, epochs, seed)
    progress("TensorFlow", 1, 1)
    start, cpu_start = time.perf_counter(), time.process_time()
    with interrupts_propagate():
        fitted = fit_with_progress(
            "Training", clone(classifier).set_params(checkpoint=checkpoint), (X, y), progress
        )
    fitted.set_params(checkpoint=None)  # a folder here means nothing where the classifier goes
    evaluation = cross_validation = None
    if rows == "train":
        evaluation = evaluate(fitted, *take_part(digits, data, "test"))
    if folds:
        progress("Cross-validation", 0, folds)
        cross_validation = evaluate_folds(
            classifier,
            X,
            y,
            cv=folds,
            random_state=seed,
            on_fold=lambda fold: progress("Cross-validation", fold.fold, folds),
        )
    return TrainedModel(
        classifier=fitted,
        settings={
            "data": data if data in LOADERS else Path(data).name,
            "rows": rows,
            "config": config,
            "epochs": classifier.epochs,
            "seed": seed,
            "folds": folds,
        },
        n_train=len(y),
        evaluation=evaluation,
        cross_validation=cross_validation,
        seconds=time.perf_counter() - start,
        cpu_seconds=time.process_time() - cpu_start,
    )


@validate_params(
    {
        "path": [str, os.PathLike],
        "data": [str, os.PathLike],
        "rows": [StrOptions({"train", "test", "all"}), None],
    },
    prefer_skip_nested_validation=True,
)
def evaluate_model(
    path: str | os.PathLike[str],
    data: str | os.PathLike[str] = "packaged",
    *,
    rows: str | None = None,
) -> ClassificationEvaluation:
    """Measure a saved model on rows with known labels.

    Parameters
    ----------
    path : str or path-like
        File that :func:`skdigits.save_model` has written.
    data : {"packaged", "uci"} or path, default="packaged"
        As for :func:`train_model`.
    rows : {"train", "test", "all"} or None, default=None
        Rows of the data, as :func:`train_model` parts them. None takes "test", or all rows of
        a file.

    Returns
    -------
    ClassificationEvaluation
        The metrics.

    Raises
    ------
    skdigits.exceptions.ModelFileError
        If the file is no sound model.
    ValueError
        If a parameter is not valid, or the data are not for this model.
    OSError
        If the model or the data cannot be read or fetched.

    Warns
    -----
    UserWarning
        If the model was trained on these rows or on some of them: on a part of these data, as
        far as its fingerprint tells. A selection of its training rows that is none of the parts
        is not recognised.

    Examples
    --------
    >>> from skdigits.model_training import evaluate_model
    >>> evaluate_model("digits.skdigits").accuracy_interval()  # doctest: +SKIP
    (0.993..., 0.998...)
    """
    from skdigits.persistence import load_model

    classifier = load_model(path)
    rows = rows or ("test" if data in LOADERS else "all")
    digits = read_data(data)
    evaluation = evaluate(classifier, *take_part(digits, data, rows))
    seen = _part_trained_on(classifier, digits, data)
    if seen is not None and (seen == rows or "all" in {seen, rows}):
        if seen == rows:
            told, others = "These are the rows", "on others"
        elif seen == "all":
            told, others = "These rows are among those", "on others"
        else:
            n_seen = classifier.training_data_["n_samples"]
            told = f"{n_seen} of these {evaluation.n_samples} rows are those"
            others = f'on the others: the rows "{"test" if seen == "train" else "train"}"'
        warnings.warn(
            f"{told} that the model was trained on: the figures flatter. Evaluate it {others}.",
            stacklevel=2,
        )
    return evaluation


def _part_trained_on(
    classifier: "DigitCNNClassifier", digits: Bunch, data: str | os.PathLike[str]
) -> str | None:
    """Return the part of the data that a classifier was trained on, all rows of it alike."""
    from skdigits.training import describe_rows

    for part in PARTS:
        try:
            X, y = take_part(digits, data, part)
        except ValueError:  # too few to be parted, so that nothing was trained on a part
            continue
        if np.isin(y, classifier.classes_).all():
            found = describe_rows(X, y, np.ones(len(y)), classifier.classes_)
            if found["sha256"] == classifier.training_data_["sha256"]:
                return part
    return None


def _scores_on_others(evaluation: ClassificationEvaluation) -> dict[str, Any]:
    support = evaluation.per_class["support"].tolist()
    return {
        "n_samples": evaluation.n_samples,
        "accuracy": evaluation.accuracy,
        "accuracy_interval": list(evaluation.accuracy_interval()),
        "log_loss": evaluation.log_loss,
        "calibration_error": evaluation.calibration_error,
        "labels": evaluation.labels.tolist(),
        "recall": [
            recall if rows else None
            for recall, rows in zip(evaluation.per_class["recall"].tolist(), support, strict=True)
        ],
        "support": support,
        "confusion_matrix": evaluation.confusion_matrix.tolist(),
    }


def _scores_of_folds(folds: FoldsEvaluation) -> dict[str, Any]:
    return {
        "folds": len(folds.folds),
        "n_samples": sum(fold.n_test for fold in folds.folds),
        "accuracy": folds.accuracy,
        "accuracy_sd": folds.accuracy_sd,
        "log_loss": folds.log_loss,
        "log_loss_sd": folds.log_loss_sd,
        "accuracies": [fold.accuracy for fold in folds.folds],
        "log_losses": [fold.log_loss for fold in folds.folds],
    }
