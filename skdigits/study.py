"""The study, end to end: load, split, train, evaluate, cross-validate."""

import os
import time
from functools import partial
from numbers import Integral
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, train_test_split
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from skdigits._parameters import CONFIGURATIONS
from skdigits._runs import (
    HOLD_OUT,
    LOADERS,
    BaselineEvaluation,
    FitEvaluation,
    LabelledRows,
    Progress,
    StudyResult,
    StudySteps,
    check_enough_rows,
    make_configuration,
    read_data,
)
from skdigits.baselines import make_baseline
from skdigits.datasets import writer_groups
from skdigits.evaluation import evaluate, evaluate_folds

__all__ = ["BaselineEvaluation", "FitEvaluation", "StudyResult", "run_study"]

# Enough for the default network to be near its best, in less than a minute.
_QUICK = {"epochs": 8, "folds": 3}

# What the network has to beat; together they take so few seconds that they are not kept.
_BASELINES = ("svc", "knn")


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
        "output": [str, os.PathLike, None],
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
    output: str | os.PathLike[str] | None = None,
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
    output : str, path-like or None, default=None
        Folder in whose ``steps`` each fitted network and each fold is kept as soon as it is
        there. What an earlier run has left there is taken from there if data, splits, seed,
        parameters and versions are the same; the figures are then those of a run that did it
        all. One run at a time can use a folder.
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
        If the data cannot be read or fetched, or `output` cannot be written to.
    KeyboardInterrupt
        If Ctrl-C is pressed; what is finished stays in `output`.

    Warns
    -----
    UserWarning
        If a file of an earlier run is damaged; its step is done anew.

    See Also
    --------
    skdigits.report.write_report : Write the figures, a page and ``results.json``.
    skdigits.comparison.run_comparison : Several classifiers on the same splits.

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
    folder = None if output is None else Path(output) / "steps"
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    progress("TensorFlow", 0, 1)
    # With TensorFlow now, so that its seconds do not count as those of the first fit.
    from skdigits.training import Fit  # noqa: F401

    classifier = make_configuration(config, epochs, seed)
    progress("TensorFlow", 1, 1)

    X, y = digits.data, digits.target
    X_train, X_test, y_train, y_test = train_test_split(X, y, **HOLD_OUT)
    steps = StudySteps(folder, progress)

    def fit_and_evaluate(step: str, train: LabelledRows, test: LabelledRows) -> FitEvaluation:
        fitted, seconds = steps.fit(step, classifier, train)
        return FitEvaluation(fitted, len(train[1]), *test, evaluate(fitted, *test), seconds)

    hold_out = fit_and_evaluate("Hold-out", (X_train, y_train), (X_test, y_test))
    with_curves = clone(classifier).set_params(validation_fraction=0.1)
    validated, _ = steps.fit("Validation curves", with_curves, (X_train, y_train))
    unseen_writers, parts = None, []
    if data in LOADERS:
        parts = [LOADERS[data](subset=part, return_X_y=True) for part in ("train", "test")]
        unseen_writers = fit_and_evaluate("Unseen writers", *parts)

    cross_validate = partial(
        steps.evaluate_folds, classifier=classifier, n_jobs=n_jobs, random_state=seed
    )
    cross_validation = cross_validate("Cross-validation", rows=(X, y), cv=folds)
    writer_folds = shuffled_folds = None
    if parts:
        groups = writer_groups()
        n_folds = min(folds, len(np.unique(groups)))
        writer_folds = cross_validate(
            "Folds of writers", rows=parts[1], cv=GroupKFold(n_folds), groups=groups
        )
        shuffled_folds = cross_validate("Shuffled folds", rows=parts[1], cv=n_folds)

    baselines = {}
    progress("Baselines", 0, len(_BASELINES))
    for name in _BASELINES:
        baseline = make_baseline(name, random_state=seed)
        baselines[name] = BaselineEvaluation(
            hold_out=evaluate(clone(baseline).fit(X_train, y_train), X_test, y_test),
            unseen_writers=(evaluate(clone(baseline).fit(*parts[0]), *parts[1]) if parts else None),
            cross_validation=evaluate_folds(baseline, X, y, cv=folds, random_state=seed),
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
        reused=dict(steps.reused),
    )
