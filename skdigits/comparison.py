"""Several classifiers on the same splits: ours and scikit-learn's, side by side."""

import math
import os
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.parallel import Parallel, delayed

from skdigits._parameters import CONFIGURATIONS, check_name
from skdigits._runs import (
    HOLD_OUT,
    LOADERS,
    VERSIONS,
    ComparisonResult,
    ComparisonRow,
    check_enough_rows,
    describe,
    fingerprint,
    keep,
    make_configuration,
    network_versions,
    read_data,
    read_kept,
)
from skdigits.baselines import BASELINE_NAMES, make_baseline
from skdigits.datasets import N_TRAIN
from skdigits.exceptions import interrupts_propagate

__all__ = ["MODEL_NAMES", "ComparisonResult", "ComparisonRow", "run_comparison"]

#: The names that :func:`run_comparison` knows.
MODEL_NAMES = (*CONFIGURATIONS, *BASELINE_NAMES)

Split = tuple[np.ndarray, np.ndarray]  # indices of the rows to train on and to predict
Progress = Callable[[str, int, int], None]


class _Fit(NamedTuple):
    """What one fit on one fold of a split gave."""

    wrong: list[int]
    log_loss: float
    n_samples: int
    fit_seconds: float
    predict_seconds: float


@validate_params(
    {
        "data": [str, os.PathLike],
        "models": [list, tuple],
        "folds": [Interval(Integral, 2, None, closed="left")],
        "seed": [Interval(Integral, 0, 2**32 - 1, closed="both")],
        "epochs": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Integral, None, -1, closed="right"),
            None,
        ],
        "output": [str, os.PathLike, None],
        "progress": [callable, None],
    },
    prefer_skip_nested_validation=True,
)
def run_comparison(
    data: str | os.PathLike[str] = "packaged",
    *,
    models: list[str] | tuple[str, ...] = MODEL_NAMES,
    folds: int = 5,
    seed: int = 42,
    epochs: int | None = None,
    n_jobs: int | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> ComparisonResult:
    """Train each model on the same rows and have it predict the same others.

    There are three splits: the study's hold-out, UCI's training part against its test part by
    other writers (not for a file, whose writers are not known), and stratified, shuffled folds
    of all rows.

    Parameters
    ----------
    data : {"packaged", "uci"} or path, default="packaged"
        The packaged data, the same live from UCI, or a CSV file that
        :func:`~skdigits.datasets.read_digits_csv` reads.
    models : list or tuple of str, default=MODEL_NAMES
        "default", "fast" and "reference" are the configurations of
        :class:`~skdigits.DigitCNNClassifier`, the others those of
        :func:`~skdigits.baselines.make_baseline`. All are compared with the first one.
    folds : int, default=5
        Stratified, shuffled folds of the cross-validation.
    seed : int, default=42
        Seed of the models and of the folds. The hold-out split is always the study's.
    epochs : int or None, default=None
        Epochs of each network's fits; None takes the configuration's.
    n_jobs : int or None, default=None
        Fits to do at once, as for :class:`joblib.Parallel`. They then share the machine, which
        shows in their seconds.
    output : str, path-like or None, default=None
        Folder in whose ``rows`` each model's figures on a split are kept as soon as they are
        there. What an earlier run has left there is taken from there if data, splits, seed,
        parameters and versions are the same. One run at a time can use a folder.
    progress : callable, default=None
        Called with the name of a model, and how many of how many of its fits are done.

    Returns
    -------
    ComparisonResult
        Figures of each model on each split, and differences to the first model.

    Raises
    ------
    ValueError
        If a parameter is not valid, there is no such model, or the data are too few.
    OSError
        If the data cannot be read or fetched, or `output` cannot be written to.
    KeyboardInterrupt
        If Ctrl-C is pressed; what is finished stays in `output`.

    Warns
    -----
    UserWarning
        If a file of an earlier run is damaged; its figures are worked out anew.

    See Also
    --------
    skdigits.study.run_study : All about one configuration.

    Examples
    --------
    >>> from skdigits.comparison import run_comparison
    >>> result = run_comparison(models=["knn", "svc"], folds=2)
    >>> frame = result.to_frame()
    >>> frame[["hold_out_accuracy", "unseen_writers_accuracy"]].round(3)
           hold_out_accuracy  unseen_writers_accuracy
    model
    knn                0.987                    0.980
    svc                0.995                    0.982
    """
    start = time.perf_counter()
    progress = progress or (lambda model, done, total: None)
    _check_models(models)
    digits = read_data(data)
    X, y = digits.data, digits.target
    check_enough_rows(y, folds, "comparison")
    splits = _splits(y, folds=folds, seed=seed, has_parts=data in LOADERS)
    test_rows = {name: np.concatenate([test for _, test in of]) for name, of in splits.items()}
    classifiers = {name: _make(name, epochs, seed) for name in models}
    data_sha256 = fingerprint(X, y)
    folder = None if output is None else Path(output) / "rows"
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)

    rows: dict[tuple[str, str], ComparisonRow] = {}
    waiting: dict[tuple[str, str], list[_Fit]] = {}
    settings: dict[tuple[str, str], dict[str, Any]] = {}
    for model, split in ((model, split) for model in models for split in splits):
        key = model, split
        settings[key] = {
            "data": data_sha256,
            "split": split,
            "folds": folds,
            "seed": seed,
            "model": model,
            **describe(classifiers[model]),
        }
        kept = None if folder is None else read_kept(_path(folder, key), settings[key])
        if kept is None:
            waiting[key] = []
        else:
            rows[key] = _row(key, kept, reused=True)

    done = {
        model: sum(len(of) for split, of in splits.items() if (model, split) in rows)
        for model in models
    }
    n_fits = sum(map(len, splits.values()))

    def report(*names: str) -> None:
        # And of the next one, whose first fit begins.
        for name in (*names, *[name for name in models if done[name] < n_fits][:1]):
            progress(name, done[name], n_fits)

    report(*(model for model in models if done[model] == n_fits))
    fits = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
        delayed(_fit_and_predict)(key, classifiers[key[0]], X, y, fold)
        for key in waiting
        for fold in splits[key[1]]
    )
    with _closed_in_the_end(fits):
        for key, fit in fits:
            model, split = key
            waiting[key].append(fit)
            if len(waiting[key]) == len(splits[split]):
                figures = _figures(waiting[key])
                if folder is not None:
                    keep(_path(folder, key), settings[key], figures)
                rows[key] = _row(key, figures)
            done[model] += 1
            if done[model] == n_fits:
                report(model)
            else:
                progress(model, done[model], n_fits)
    return ComparisonResult(
        settings={
            "data": os.fspath(data),
            "data_sha256": data_sha256,
            "n_samples": len(y),
            "models": list(models),
            "folds": folds,
            "seed": seed,
            "epochs": epochs,
            "hold_out_split": HOLD_OUT,
        },
        rows=tuple(rows[key] for key in settings),
        test_rows=test_rows,
        seconds=time.perf_counter() - start,
        versions=VERSIONS | network_versions(),
    )


def _check_models(models: list[str] | tuple[str, ...]) -> None:
    if not models:
        raise ValueError(f"There are no models to compare. Known: {', '.join(MODEL_NAMES)}.")
    for name in models:
        check_name(name, MODEL_NAMES, "model")
        if list(models).count(name) > 1:
            raise ValueError(f"The model {name!r} is named more than once.")


@contextmanager
def _closed_in_the_end(results: Generator[Any, None, None]) -> Iterator[None]:
    """End what is at work at once, when an interrupt comes, and not when it is collected."""
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib says that there were more to come
            results.close()


def _make(name: str, epochs: int | None, seed: int) -> Any:
    if name in CONFIGURATIONS:
        return make_configuration(name, epochs, seed)
    return make_baseline(name, random_state=seed)


def _splits(y: np.ndarray, *, folds: int, seed: int, has_parts: bool) -> dict[str, list[Split]]:
    indices = np.arange(len(y))
    splits: dict[str, list[Split]] = {"hold_out": [tuple(train_test_split(indices, **HOLD_OUT))]}
    if has_parts:
        splits["unseen_writers"] = [(indices[:N_TRAIN], indices[N_TRAIN:])]
    by_fold = StratifiedKFold(folds, shuffle=True, random_state=seed)
    splits["cross_validation"] = list(by_fold.split(indices, y))
    return splits


def _fit_and_predict(
    key: tuple[str, str],
    classifier: Any,
    X: np.ndarray,
    y: np.ndarray,
    fold: Split,
) -> tuple[tuple[str, str], _Fit]:
    if key[0] in CONFIGURATIONS:
        # TensorFlow now, so that its seconds do not count as those of the first fit.
        from skdigits.training import Fit  # noqa: F401
    train, test = fold
    X_train, y_train, X_test, y_test = X[train], y[train], X[test], y[test]
    start = time.perf_counter()
    with interrupts_propagate():
        fitted = clone(classifier).fit(X_train, y_train)
    fit_seconds = time.perf_counter() - start
    start = time.perf_counter()
    predicted = fitted.predict(X_test)
    predict_seconds = time.perf_counter() - start
    loss = np.nan
    if hasattr(fitted, "predict_proba") and np.isin(y_test, fitted.classes_).all():
        loss = log_loss(y_test, fitted.predict_proba(X_test), labels=fitted.classes_)
    wrong = test[predicted != y_test].tolist()
    return key, _Fit(wrong, float(loss), len(test), fit_seconds, predict_seconds)


def _figures(fits: list[_Fit]) -> dict[str, Any]:
    n_samples = sum(fit.n_samples for fit in fits)
    loss = sum(fit.log_loss * fit.n_samples for fit in fits) / n_samples
    return {
        "n_samples": n_samples,
        "wrong": sorted(row for fit in fits for row in fit.wrong),
        "log_loss": None if math.isnan(loss) else loss,
        "fit_seconds": float(np.mean([fit.fit_seconds for fit in fits])),
        "predict_seconds": float(np.mean([fit.predict_seconds for fit in fits])),
    }


def _row(
    key: tuple[str, str], figures: Mapping[str, Any], *, reused: bool = False
) -> ComparisonRow:
    loss = figures["log_loss"]
    return ComparisonRow(
        *key,
        n_samples=figures["n_samples"],
        wrong=tuple(figures["wrong"]),
        log_loss=np.nan if loss is None else loss,
        fit_seconds=figures["fit_seconds"],
        predict_seconds=figures["predict_seconds"],
        reused=reused,
    )


def _path(folder: Path, key: tuple[str, str]) -> Path:
    return folder / f"{'-'.join(key)}.json"
