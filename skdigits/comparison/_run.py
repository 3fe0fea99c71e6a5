"""Fit the models of a comparison on its splits, or take their figures from an earlier run."""

import os
import time
from collections.abc import Generator, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from joblib import parallel_config
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.parallel import delayed

from skdigits._parameters import CONFIGURATIONS, check_name
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
    fit_and_predict,
    ignore_progress,
    import_tensorflow,
    make_configuration,
    pool_folds,
    read_data,
    split_rows,
)
from skdigits._sklearn_compat import validate_params
from skdigits._validation import warn_of_repeated_samples
from skdigits.baselines import BASELINE_NAMES, make_baseline
from skdigits.comparison._result import ComparisonResult, make_row
from skdigits.parallel import run_in_parallel

__all__ = ["MODEL_NAMES", "run_comparison"]

#: The names that :func:`run_comparison` knows.
MODEL_NAMES = (*CONFIGURATIONS, *BASELINE_NAMES)

Key = tuple[str, str]  # names of a model and of a split


@validate_params(PARAMETERS | {"models": [list, tuple]})
def run_comparison(
    data: str | os.PathLike[str] = "packaged",
    *,
    models: list[str] | tuple[str, ...] = MODEL_NAMES,
    cv: int | None = None,
    random_state: int = 42,
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
    cv : int or None, default=None
        Number of stratified, shuffled folds of the cross-validation; None takes 5.
    random_state : int, default=42
        Seeds the models and the folds. The hold-out split is always the study's.
    epochs : int or None, default=None
        Epochs of each network's fits; None takes the configuration's.
    n_jobs : int or None, default=None
        Number of fits to run in parallel, as for :class:`joblib.Parallel`. They then share the
        machine, which shows in their seconds.
    output : str, path-like or None, default=None
        Folder in whose ``rows`` each model's figures on a split are kept as soon as they are
        there. What an earlier run has left there is taken from there if data, splits, random
        state, parameters and versions are the same. Only one comparison at a time
        can use a folder.
    progress : callable, default=None
        Called with the name of a model, the number of its fits done, and their total.

    Returns
    -------
    ComparisonResult
        Figures of each model on each split, and differences to the first model.

    Raises
    ------
    ValueError
        If a parameter is not valid, there is no such model, or the data are too few.
    OSError
        If the data cannot be read or fetched, `output` cannot be written to, or another
        comparison uses it.
    KeyboardInterrupt
        If Ctrl-C is pressed; what is finished stays in `output`.

    Warns
    -----
    UserWarning
        If a file of an earlier run is damaged; its figures are computed again. If equal samples
        are in the training part and in the test part of a split.

    See Also
    --------
    skdigits.study.run_study : Study one configuration in depth.

    Examples
    --------
    >>> from skdigits.comparison import run_comparison
    >>> result = run_comparison(models=["knn", "svc"], cv=2)
    >>> frame = result.to_frame()
    >>> frame[["hold_out_accuracy", "unseen_writers_accuracy"]].round(3)
           hold_out_accuracy  unseen_writers_accuracy
    model
    knn                0.987                    0.980
    svc                0.995                    0.982
    """
    start = time.perf_counter()
    cv = cv or 5
    _check_models(models)
    digits = read_data(data)
    X, y = digits.data, digits.target
    check_enough_rows(y, cv, "comparison")
    kept = KeptResults(None if output is None else Path(output) / "rows")

    # Splits of one fold each, and the folds of the cross-validation.
    splits = {name: [split] for name, split in split_rows(data, len(y)).items()}
    splitter = StratifiedKFold(cv, shuffle=True, random_state=random_state)
    splits["cross_validation"] = list(splitter.split(X, y))
    warn_of_repeated_samples(X, chain.from_iterable(splits.values()))

    # Each model on each split, with all that its figures depend on.
    estimators = {name: _make(name, epochs, random_state) for name in models}
    data_sha256 = fingerprint(X, y)
    settings = {
        (model, split): {
            "data": data_sha256,
            "cv": cv,
            "random_state": random_state,
            **describe(estimator),
        }
        for model, estimator in estimators.items()
        for split in splits
    }
    progress = progress or ignore_progress
    with claim_folder(kept.folder):
        figures, reused = kept.complete(
            settings,
            "-".join,
            lambda missing: _fit_missing(
                missing, estimators, splits, (X, y), n_jobs=n_jobs, progress=progress
            ),
        )
    return ComparisonResult(
        settings={
            "data": os.fspath(data),
            "data_sha256": data_sha256,
            "n_samples": len(y),
            "models": list(models),
            "cv": cv,
            "random_state": random_state,
            "epochs": epochs,
            "hold_out_split": HOLD_OUT,
        },
        rows=tuple(make_row(*key, figures[key], reused=key in reused) for key in settings),
        test_rows={
            split: np.concatenate([test for _, test in folds]) for split, folds in splits.items()
        },
        seconds=time.perf_counter() - start,
    )


def _check_models(models: list[str] | tuple[str, ...]) -> None:
    if not models:
        raise ValueError(f"There are no models to compare. Known: {', '.join(MODEL_NAMES)}.")
    for name in models:
        check_name(name, MODEL_NAMES, "model")
        if list(models).count(name) > 1:
            raise ValueError(f"The model {name!r} is named more than once.")


def _make(name: str, epochs: int | None, random_state: int) -> Any:
    if name in CONFIGURATIONS:
        return make_configuration(name, epochs, random_state)
    return make_baseline(name, random_state=random_state)


def _fit_missing(
    missing: list[Key],
    estimators: Mapping[str, Any],
    splits: Mapping[str, list[Split]],
    rows: LabelledRows,
    *,
    n_jobs: int | None,
    progress: Progress,
) -> Generator[tuple[Key, dict[str, Any]], None, None]:
    """Fit models on the folds of splits; yield each with its figures once all folds are done."""
    n_fits = sum(map(len, splits.values()))
    done = dict.fromkeys(estimators, n_fits)
    for model, split in missing:
        done[model] -= len(splits[split])

    def report_finished_and_next() -> None:
        for model in done:
            progress(model, done[model], n_fits)
            if done[model] < n_fits:
                return

    report_finished_and_next()
    has_network = any(model in CONFIGURATIONS for model, _ in missing)
    tasks = (
        delayed(_fit_and_predict)(key, estimators[key[0]], *rows, fold, has_network=has_network)
        for key in missing
        for fold in splits[key[1]]
    )
    fits_of: dict[Key, list[Any]] = {key: [] for key in missing}
    with closing(run_in_parallel(tasks, n_jobs=n_jobs, in_order=False)) as fits:
        for key, fit in fits:
            model, split = key
            fits_of[key].append(fit)
            if len(fits_of[key]) == len(splits[split]):
                yield key, pool_folds(fits_of[key])
            done[model] += 1
            progress(model, done[model], n_fits)
            if done[model] == n_fits:
                report_finished_and_next()


def _fit_and_predict(
    key: Key, estimator: Any, X: np.ndarray, y: np.ndarray, fold: Split, *, has_network: bool
) -> tuple[Key, Any]:
    if has_network:  # in a worker's first task, for loky takes what it grows by later for a leak
        import_tensorflow()
    with parallel_config("sequential"):  # a forest's trees are not for Dask's other workers
        return key, fit_and_predict(estimator, X, y, fold)
