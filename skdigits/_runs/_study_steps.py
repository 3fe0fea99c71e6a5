"""The steps of a study, each of them done once: what an earlier run has finished is taken."""

import hashlib
import time
import warnings
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skdigits._runs._kept_results import keep, read_kept
from skdigits._runs._protocol import LabelledRows, Progress, fit_with_progress
from skdigits._runs._provenance import describe, fingerprint
from skdigits.evaluation import FoldEvaluation, FoldsEvaluation, evaluate_splits, number_splits
from skdigits.exceptions import interrupts_propagate
from skdigits.persistence import load_model, save_model

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier

__all__ = ["StudySteps"]


class StudySteps:
    """Do the steps of a study, and keep each as soon as it is finished.

    What is kept is taken again by the next run, if the rows that were trained on and evaluated,
    the classifier's parameters and the versions are the same.

    Parameters
    ----------
    folder : Path or None
        Folder for what is finished, which exists; None keeps nothing.
    progress : callable
        Called with the name of a step, and how much of how much of it is done.

    Attributes
    ----------
    reused : Counter of str
        How many fits of a step, by its name, an earlier run has left.
    """

    def __init__(self, folder: Path | None, progress: Progress) -> None:
        self.reused: Counter[str] = Counter()
        self._folder = folder
        self._progress = progress

    def fit(
        self, step: str, classifier: "DigitCNNClassifier", rows: LabelledRows
    ) -> tuple["DigitCNNClassifier", float]:
        """Fit a clone of a classifier.

        Parameters
        ----------
        step : str
            Name of the step.
        classifier : DigitCNNClassifier
            What to fit.
        rows : tuple of ndarrays
            Features and labels to train on.

        Returns
        -------
        tuple of DigitCNNClassifier and float
            The fitted classifier, and the wall time of its fit in seconds.
        """
        settings = {"step": step, "train": fingerprint(*rows), **describe(classifier)}
        kept = self._read_fit(settings)
        if kept is not None:
            self.reused[step] += 1
            self._progress(step, classifier.epochs, classifier.epochs)
            return kept
        start = time.perf_counter()
        with interrupts_propagate():
            fitted = fit_with_progress(step, classifier, rows, self._progress)
        seconds = time.perf_counter() - start
        self._keep_fit(settings, fitted, seconds)
        return fitted, seconds

    def evaluate_folds(
        self,
        step: str,
        *,
        classifier: "DigitCNNClassifier",
        rows: LabelledRows,
        cv: Any,
        groups: np.ndarray | None = None,
        n_jobs: int | None = None,
        random_state: int,
    ) -> FoldsEvaluation:
        """Cross-validate as :func:`skdigits.evaluation.evaluate_folds` does, fold by fold.

        Parameters
        ----------
        step : str
            Name of the step.
        classifier : DigitCNNClassifier
            What to evaluate.
        rows : tuple of ndarrays
            Features and labels.
        cv, groups, n_jobs, random_state
            As for :func:`skdigits.evaluation.evaluate_folds`.

        Returns
        -------
        FoldsEvaluation
            All folds, whoever has worked them out.
        """
        X, y = rows
        splits = number_splits(X, y, cv=cv, groups=groups, random_state=random_state)
        settings: dict[int, dict[str, Any]] = {
            number: {
                "step": step,
                "fold": number,
                "train": fingerprint(X[train], y[train]),
                "test": fingerprint(X[test], y[test]),
                **describe(classifier),
            }
            for number, (train, test) in splits.items()
        }
        folds = {}
        for number in splits:
            kept = self._read(settings[number])
            if kept is not None:
                self.reused[step] += 1
                folds[number] = FoldEvaluation(**kept)
        self._progress(step, len(folds), len(splits))
        missing = {number: split for number, split in splits.items() if number not in folds}
        for fold in evaluate_splits(classifier, X, y, missing, n_jobs=n_jobs, in_order=False):
            self._keep(settings[fold.fold], asdict(fold))
            folds[fold.fold] = fold
            self._progress(step, len(folds), len(splits))
        return FoldsEvaluation(tuple(folds[number] for number in splits))

    def _read_fit(self, settings: dict[str, Any]) -> tuple["DigitCNNClassifier", float] | None:
        kept = self._read(settings)
        if kept is None:
            return None
        model = self._path(settings, ".skdigits")
        try:
            if _sha256(model) != kept["model_sha256"]:
                raise ValueError("it is not the model that was written")
            return load_model(model), kept["fit_seconds"]
        except (OSError, ValueError) as error:
            warnings.warn(f"{model} is damaged ({error}); it is trained anew.", stacklevel=4)
        return None

    def _keep_fit(
        self, settings: dict[str, Any], fitted: "DigitCNNClassifier", seconds: float
    ) -> None:
        if self._folder is None:
            return
        # What is said of a model must never stand beside another one.
        self._path(settings).unlink(missing_ok=True)
        model = self._path(settings, ".skdigits")
        save_model(fitted, model)
        self._keep(settings, {"fit_seconds": seconds, "model_sha256": _sha256(model)})

    def _read(self, settings: dict[str, Any]) -> dict[str, Any] | None:
        return None if self._folder is None else read_kept(self._path(settings), settings)

    def _keep(self, settings: dict[str, Any], result: dict[str, Any]) -> None:
        if self._folder is not None:
            keep(self._path(settings), settings, result)

    def _path(self, settings: dict[str, Any], ending: str = ".json") -> Path:
        assert self._folder is not None
        name = settings["step"].lower().replace(" ", "_").replace("-", "_")
        fold = f"-{settings['fold']}" if "fold" in settings else ""
        return self._folder / f"{name}{fold}{ending}"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
