"""Train one network to keep, measure it, and collect the scores to store in its file."""

import os
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import cpu_count
from sklearn.base import clone
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions

from skdigits._runs import (
    LOADERS,
    PARAMETERS,
    SUBSETS,
    Progress,
    check_enough_rows,
    claim_folder,
    describe_subset,
    fit_with_progress,
    ignore_progress,
    import_tensorflow,
    make_configuration,
    read_data,
    take_subset,
)
from skdigits._sklearn_compat import validate_params
from skdigits._validation import digest_samples, warn_of_shared_samples
from skdigits.evaluation import (
    ClassificationEvaluation,
    FoldsEvaluation,
    evaluate,
    evaluate_folds,
)

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier

__all__ = ["TrainedModel", "evaluate_model", "train_model"]


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A network and how good it is; :func:`train_model` makes it.

    Attributes
    ----------
    estimator : DigitCNNClassifier
        The fitted network.
    settings : dict
        Data, subset, configuration, what replaces some of its parameters, epochs, random state
        and folds (``cv``), as they were used; a file's name without its folder.
    n_train : int
        Rows that it was trained on.
    evaluation : ClassificationEvaluation or None
        The metrics on the other rows; None if it was trained on all of them.
    cross_validation : FoldsEvaluation or None
        The figures of networks like it, each trained without a fold of the training rows; None
        without folds.
    seconds : float
        Wall time of the fit, the evaluation and the folds.

    See Also
    --------
    train_model : Return one.
    skdigits.report.render_card : Describe the model in a file.
    """

    estimator: "DigitCNNClassifier"
    settings: dict[str, Any]
    n_train: int
    evaluation: ClassificationEvaluation | None
    cross_validation: FoldsEvaluation | None
    seconds: float

    def scores(self) -> dict[str, Any]:
        """Return the scores for :func:`skdigits.save_model`.

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
                The :meth:`~skdigits.evaluation.ClassificationEvaluation.scores` of `evaluation`.
            cross_validation : dict or None
                ``n_folds``, ``n_samples``, ``accuracy``, ``accuracy_sd``,
                ``log_loss`` and ``log_loss_sd`` over the folds, and the folds' ``accuracies``
                and ``log_losses``.
            time : dict
                ``seconds`` of the fit, the evaluation and the folds, and ``cores``, the number of
                cores that the process may use.
        """
        data, subset = self.settings["data"], self.settings["subset"]
        evaluation = self.evaluation
        return {
            "settings": dict(self.settings),
            "split": {
                "train": describe_subset(data, subset),
                "n_train": self.n_train,
                "test": describe_subset(data, "test") if evaluation else None,
                "n_test": evaluation.n_samples if evaluation else 0,
            },
            "test": evaluation and evaluation.scores(),
            "cross_validation": self.cross_validation and _scores_of_folds(self.cross_validation),
            "time": {"seconds": self.seconds, "cores": cpu_count()},
        }


@validate_params(
    PARAMETERS
    | {
        "subset": [StrOptions({"train", "all"})],
        "parameters": [dict, None],
        "checkpoint": PARAMETERS["output"],
    },
)
def train_model(
    data: str | os.PathLike[str] = "packaged",
    *,
    subset: str = "train",
    config: str = "default",
    parameters: dict[str, Any] | None = None,
    epochs: int | None = None,
    random_state: int = 42,
    cv: int | None = None,
    n_jobs: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> TrainedModel:
    """Train a network to keep, and measure it on rows that it has not seen.

    Parameters
    ----------
    data : {"packaged", "uci"} or path, default="packaged"
        The packaged data, the same live from UCI, or a CSV file that
        :func:`~skdigits.datasets.read_digits_csv` reads.
    subset : {"train", "all"}, default="train"
        "train" trains on UCI's training part and measures on its test part, by other writers;
        of a file, a fifth is measured on. "all" trains on all rows, which leaves the folds to
        say how good such a network is.
    config : {"default", "fast", "reference"}, default="default"
        ``DigitCNNClassifier()``, ``DigitCNNClassifier.fast()`` or
        ``DigitCNNClassifier.reference()``.
    parameters : dict or None, default=None
        Hyper-parameters that replace those of the configuration, such as those that a search has
        found.
    epochs : int or None, default=None
        Epochs of each fit; None takes the configuration's.
    random_state : int, default=42
        Seeds the networks and the folds. A file's fifth is always the same.
    cv : int or None, default=None
        Number of stratified, shuffled folds of a cross-validation of the rows trained on. None
        takes none with ``subset="train"``, and 5 with ``subset="all"``.
    n_jobs : int or None, default=None
        Number of folds to fit in parallel, as for :class:`joblib.Parallel`.
    checkpoint : str, path-like or None, default=None
        Folder that keeps the fit's state after each epoch: a fit that was killed continues from
        there. The folds do not use it. Only one training at a time can use it.
    progress : callable, default=None
        Called with the name of a step, the number of units done, and their total.

    Returns
    -------
    TrainedModel
        The fitted network and its scores.

    Raises
    ------
    ValueError
        If a parameter is not valid or the data are too few to be split.
    OSError
        If the data cannot be read or fetched, `checkpoint` cannot be written to, or another
        training uses it.
    KeyboardInterrupt
        If Ctrl-C is pressed.

    Warns
    -----
    UserWarning
        If samples that are measured on are equal to samples that are trained on.

    See Also
    --------
    skdigits.save_model : Write the network and its scores to a file.
    skdigits.study.run_study : Study one configuration in depth.

    Examples
    --------
    >>> from skdigits import save_model
    >>> from skdigits.model_training import train_model
    >>> model = train_model(config="fast")
    >>> model.n_train, model.evaluation.n_samples
    (3823, 1797)
    >>> save_model(model.estimator, "digits.skdigits", scores=model)  # doctest: +SKIP
    """
    progress = progress or ignore_progress
    if subset == "all":
        cv = cv or 5
    digits = read_data(data)
    X, y = take_subset(digits, data, subset)
    if cv:
        check_enough_rows(y, cv, "cross-validation")
    others = take_subset(digits, data, "test") if subset == "train" else None
    if others:
        warn_of_shared_samples([(digest_samples(X), digest_samples(others[0]))])
    import_tensorflow(progress)
    estimator = make_configuration(config, epochs, random_state).set_params(**parameters or {})
    start = time.perf_counter()
    resumable = clone(estimator).set_params(checkpoint=checkpoint)
    with claim_folder(checkpoint):
        fitted = fit_with_progress("Training", resumable, (X, y), progress)
    fitted.set_params(checkpoint=None)  # a folder here means nothing where the model goes
    evaluation = cross_validation = None
    if others:
        evaluation = evaluate(fitted, *others)
    if cv:
        progress("Cross-validation", 0, cv)
        cross_validation = evaluate_folds(
            estimator,
            X,
            y,
            cv=cv,
            n_jobs=n_jobs,
            random_state=random_state,
            on_fold=lambda fold: progress("Cross-validation", fold.fold, cv),
        )
    return TrainedModel(
        estimator=fitted,
        settings={
            "data": data if data in LOADERS else Path(data).name,
            "subset": subset,
            "config": config,
            "parameters": parameters,
            "epochs": estimator.epochs,
            "random_state": random_state,
            "cv": cv,
        },
        n_train=len(y),
        evaluation=evaluation,
        cross_validation=cross_validation,
        seconds=time.perf_counter() - start,
    )


@validate_params(PARAMETERS | {"path": PARAMETERS["data"]})
def evaluate_model(
    path: str | os.PathLike[str], data: str | os.PathLike[str] = "packaged"
) -> ClassificationEvaluation:
    """Measure a saved model on samples with known labels that it was not trained on.

    Parameters
    ----------
    path : str or path-like
        File that :func:`skdigits.save_model` has written.
    data : {"packaged", "uci"} or path, default="packaged"
        As for :func:`train_model`. The test subset of the packaged data is measured on, and all
        samples of a file; if :func:`train_model` trained the model on that file, the fifth that
        it has set aside.

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
        If the model was trained on some of these samples: on a subset of these data, as far as
        its fingerprint tells. Other selections of its training samples are not recognised.

    See Also
    --------
    train_model : Train a model and evaluate it.
    skdigits.evaluate : Evaluate any classifier.

    Examples
    --------
    >>> from skdigits.model_training import evaluate_model
    >>> evaluate_model("digits.skdigits").accuracy_interval()  # doctest: +SKIP
    (0.993..., 0.998...)
    """
    from skdigits.persistence import load_model, load_predictor

    # Read both files before TensorFlow is imported, which takes seconds.
    metadata = load_predictor(path).metadata
    n_features, classes = metadata["preprocessing"]["n_features_in"], metadata["classes"]
    if n_features != 64:
        raise ValueError(
            f"{os.fspath(path)} is a model of {n_features} features; digits are rows of 64 counts. "
            "Name a model that was trained on such."
        )
    digits = read_data(data)
    if unknown := sorted(set(digits.target.tolist()) - set(classes)):
        raise ValueError(
            f"The data have the labels {unknown}, which the model does not know; its classes are "
            f"{classes}."
        )
    trained_on = _subset_trained_on(metadata["training_data"]["sha256"], classes, digits, data)
    subset = "test" if data in LOADERS or trained_on == "train" else "all"
    if trained_on in {"all", "test"}:
        warnings.warn(
            "The model was trained on some or all of these samples: the figures flatter. "
            "Evaluate it on others.",
            stacklevel=2,
        )
    return evaluate(load_model(path), *take_subset(digits, data, subset))


def _subset_trained_on(
    sha256: str, classes: list[Any], digits: Bunch, data: str | os.PathLike[str]
) -> str | None:
    """Return the subset of the data with the fingerprint of a model's training data."""
    from skdigits.training import describe_rows

    for subset in SUBSETS:
        try:
            X, y = take_subset(digits, data, subset)
        except ValueError:  # too few to be split, so that nothing was trained on a subset
            continue
        if describe_rows(X, y, np.ones(len(y)), np.array(classes))["sha256"] == sha256:
            return subset
    return None


def _scores_of_folds(evaluation: FoldsEvaluation) -> dict[str, Any]:
    figures = evaluation.to_dict()
    folds = figures.pop("folds")
    return figures | {
        "n_folds": len(folds),
        "n_samples": sum(fold["n_test"] for fold in folds),
        "accuracies": [fold["accuracy"] for fold in folds],
        "log_losses": [fold["log_loss"] for fold in folds],
    }
