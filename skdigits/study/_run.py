"""Run the steps of a study, or take them from an earlier run."""

import os
import time
from collections import Counter
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from skdigits._runs import (
    HOLD_OUT,
    PARAMETERS,
    KeptResults,
    LabelledRows,
    Progress,
    Split,
    check_enough_rows,
    claim_folder,
    describe,
    fingerprint,
    fit_with_progress,
    ignore_progress,
    import_tensorflow,
    make_configuration,
    read_data,
    reporting_epochs,
    split_rows,
)
from skdigits._sklearn_compat import validate_params
from skdigits._validation import warn_of_repeated_samples
from skdigits.baselines import make_baseline
from skdigits.datasets import writer_groups
from skdigits.evaluation import (
    FoldEvaluation,
    FoldsEvaluation,
    evaluate,
    evaluate_predictions,
    evaluate_splits,
    number_splits,
)
from skdigits.study._result import BaselineEvaluation, FitEvaluation, StudyResult

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier

__all__ = ["run_study"]

TrainAndTest = tuple[LabelledRows, LabelledRows]

# Most epochs of a quick study, unless the caller sets them.
_QUICK_EPOCHS = 8

# The network has to beat these baselines. They take so few seconds that they are not kept.
_BASELINES = ("svc", "knn")


@validate_params(PARAMETERS | {"config": [*PARAMETERS["config"], None], "quick": ["boolean"]})
def run_study(
    data: str | os.PathLike[str] = "packaged",
    *,
    config: str | None = None,
    cv: int | None = None,
    epochs: int | None = None,
    n_jobs: int | None = None,
    random_state: int = 42,
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
    config : {"default", "fast", "reference"} or None, default=None
        ``DigitCNNClassifier()``, ``DigitCNNClassifier.fast()`` or
        ``DigitCNNClassifier.reference()``; None takes "default".
    cv : int or None, default=None
        Number of stratified, shuffled folds of the cross-validation; None takes 5.
    epochs : int or None, default=None
        Epochs of each fit; None takes the configuration's.
    n_jobs : int or None, default=None
        Number of folds to fit in parallel, as for :class:`joblib.Parallel`.
    random_state : int, default=42
        Seeds the networks and the folds. The hold-out split is always that of the original
        study, so that figures compare.
    quick : bool, default=False
        Take "fast", 3 folds and at most 8 epochs where they are not given: to try it, not to
        quote it.
    output : str, path-like or None, default=None
        Folder in whose ``steps`` each fitted network and each fold is kept as soon as it is
        there. What an earlier run has left there is taken from there if data, splits, random
        state, parameters and versions are the same; the figures are then those of a run that
        did it all. Only one study at a time can use a folder.
    progress : callable, default=None
        Called with the name of a step, the number of units done, and their total: of fits and
        folds their epochs.

    Returns
    -------
    StudyResult
        Figures, fitted classifiers and the data.

    Raises
    ------
    ValueError
        If a parameter is not valid or the data are too few to be split.
    OSError
        If the data cannot be read or fetched, `output` cannot be written to, or another study
        uses it.
    KeyboardInterrupt
        If Ctrl-C is pressed; what is finished stays in `output`.

    Warns
    -----
    UserWarning
        If a file of an earlier run is damaged; its step is run again. If equal samples
        are in the training part and in the test part of a split.

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
    progress = progress or ignore_progress
    config = config or ("fast" if quick else "default")
    cv = cv or (3 if quick else 5)
    estimator = make_configuration(config, epochs, random_state)
    if quick and epochs is None:
        estimator.set_params(epochs=min(estimator.epochs, _QUICK_EPOCHS))
    digits = read_data(data)
    X, y = digits.data, digits.target
    check_enough_rows(y, cv, "study")
    parts = split_rows(data, len(y))
    folds = number_splits(X, y, cv=cv, groups=None, random_state=random_state)
    warn_of_repeated_samples(X, [*parts.values(), *folds.values()])
    kept = KeptResults(None if output is None else Path(output) / "steps")
    import_tensorflow(progress)
    steps = _Steps(estimator, kept, n_jobs, progress)

    # Rows to train on and rows to measure on, for each split.
    splits: dict[str, TrainAndTest] = {
        name: ((X[train], y[train]), (X[test], y[test])) for name, (train, test) in parts.items()
    }

    with claim_folder(kept.folder):
        trained = steps.train(splits, (X, y), cv)
    baselines = steps.evaluate_baselines(splits, (X, y), folds)
    return StudyResult(
        settings={
            "data": os.fspath(data),
            "config": config,
            "quick": quick,
            "epochs": estimator.epochs,
            "cv": cv,
            "random_state": random_state,
            "hold_out_split": HOLD_OUT,
        },
        digits=digits,
        **trained,
        baselines=baselines,
        seconds=time.perf_counter() - start,
        reused=dict(steps.reused),
    )


@dataclass
class _Steps:
    """Do the steps of a study with one network, each unless an earlier run has done the same.

    ``reused`` counts the fits of a step, by its name, that an earlier run has left.
    """

    estimator: "DigitCNNClassifier"
    kept: KeptResults
    n_jobs: int | None
    progress: Progress
    reused: Counter[str] = field(default_factory=Counter)

    def train(self, splits: dict[str, TrainAndTest], rows: LabelledRows, cv: int) -> dict[str, Any]:
        """Fit and cross-validate the network, and return these fields of a :class:`StudyResult`."""
        # A network for each split, and one for the curves that is validated while it trains.
        train, test = splits["hold_out"]
        hold_out = self.fit_and_evaluate("Hold-out", train, test)
        validated, _ = self.fit("Validation curves", train, validation_fraction=0.1)
        unseen_writers = writer_folds = shuffled_folds = None
        if "unseen_writers" in splits:
            unseen_writers = self.fit_and_evaluate("Unseen writers", *splits["unseen_writers"])

        # Folds of all rows and, where the writers are known, two kinds of folds of UCI's test part.
        cross_validation = self.cross_validate("Cross-validation", rows, cv)
        if "unseen_writers" in splits:
            groups, (_, test) = writer_groups(), splits["unseen_writers"]
            n_folds = min(cv, len(np.unique(groups)))
            writer_folds = self.cross_validate(
                "Folds of writers", test, GroupKFold(n_folds), groups
            )
            shuffled_folds = self.cross_validate("Shuffled folds", test, n_folds)
        return {
            "hold_out": hold_out,
            "unseen_writers": unseen_writers,
            "validated": validated,
            "cross_validation": cross_validation,
            "writer_folds": writer_folds,
            "shuffled_folds": shuffled_folds,
        }

    def fit_and_evaluate(self, step: str, train: LabelledRows, test: LabelledRows) -> FitEvaluation:
        """Fit the network to some rows and evaluate it on others."""
        fitted, seconds = self.fit(step, train)
        X, y = test
        probabilities = fitted.predict_proba(X)
        predicted = fitted.classes_[probabilities.argmax(axis=1)]
        evaluation = evaluate_predictions(y, predicted, probabilities, labels=fitted.classes_)
        return FitEvaluation(fitted, len(train[1]), X, y, probabilities, evaluation, seconds)

    def fit(
        self, step: str, rows: LabelledRows, **parameters: Any
    ) -> tuple["DigitCNNClassifier", float]:
        """Return the network, fitted with some parameters changed, and the seconds of its fit."""
        estimator = clone(self.estimator).set_params(**parameters)
        settings = {"train": fingerprint(*rows), **describe(estimator)}
        kept = self.kept.read_fit(_file_name(step), settings)
        if kept is not None:
            self.reused[step] += 1
            self.progress(step, estimator.epochs, estimator.epochs)
            return kept
        start = time.perf_counter()
        fitted = fit_with_progress(step, estimator, rows, self.progress)
        seconds = time.perf_counter() - start
        self.kept.keep_fit(_file_name(step), settings, fitted, seconds)
        return fitted, seconds

    def cross_validate(
        self, step: str, rows: LabelledRows, cv: Any, groups: np.ndarray | None = None
    ) -> FoldsEvaluation:
        """Cross-validate as :func:`~skdigits.evaluation.evaluate_folds` does, fold by fold."""
        X, y = rows
        random_state = self.estimator.random_state
        splits = number_splits(X, y, cv=cv, groups=groups, random_state=random_state)
        settings = {
            number: {
                "train": fingerprint(X[train], y[train]),
                "test": fingerprint(X[test], y[test]),
                **describe(self.estimator),
            }
            for number, (train, test) in splits.items()
        }

        folds, reused = self.kept.complete(
            settings,
            f"{_file_name(step)}-{{}}".format,
            lambda missing: self._evaluate_missing(step, rows, splits, missing),
        )
        if reused:
            self.reused[step] += len(reused)
        return FoldsEvaluation(tuple(FoldEvaluation(**fold) for fold in folds.values()))

    def _evaluate_missing(
        self, step: str, rows: LabelledRows, splits: dict[int, Split], missing: list[int]
    ) -> Generator[tuple[int, dict[str, Any]], None, None]:
        """Fit the network on the missing folds; yield the figures of each."""
        done, epochs = len(splits) - len(missing), self.estimator.epochs

        def report(epoch: int = 0) -> None:
            self.progress(step, done * epochs + epoch, len(splits) * epochs)

        report()
        estimator = self.estimator
        # The epochs of another process are not seen: its folds count when they are done.
        if missing and effective_n_jobs(self.n_jobs) == 1:
            estimator = reporting_epochs(estimator, report)
        todo = {number: splits[number] for number in missing}
        for fold in evaluate_splits(estimator, *rows, todo, n_jobs=self.n_jobs, in_order=False):
            yield fold.fold, asdict(fold)
            done += 1
            report()

    def evaluate_baselines(
        self, splits: dict[str, TrainAndTest], rows: LabelledRows, folds: dict[int, Split]
    ) -> dict[str, BaselineEvaluation]:
        """Measure the baselines on the splits and folds of the network."""
        random_state = self.estimator.random_state
        baselines: dict[str, BaselineEvaluation] = {}
        for name in _BASELINES:
            self.progress("Baselines", len(baselines), len(_BASELINES))
            baseline = make_baseline(name, random_state=random_state)
            evaluations = {
                split: evaluate(clone(baseline).fit(*train), *test)
                for split, (train, test) in splits.items()
            }
            baselines[name] = BaselineEvaluation(
                evaluations["hold_out"],
                evaluations.get("unseen_writers"),
                FoldsEvaluation(tuple(evaluate_splits(baseline, *rows, folds, n_jobs=None))),
            )
        self.progress("Baselines", len(_BASELINES), len(_BASELINES))
        return baselines


def _file_name(step: str) -> str:
    return step.lower().replace(" ", "_").replace("-", "_")
