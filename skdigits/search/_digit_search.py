"""Search for better hyper-parameters: draw, cross-validate, prune, compare, train the best."""

import hashlib
import json
import os
import time
from contextlib import closing
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold
from sklearn.utils._param_validation import Interval
from sklearn.utils.parallel import delayed

from skdigits import _runs as runs
from skdigits._sklearn_compat import validate_params
from skdigits._validation import warn_of_repeated_samples
from skdigits.baselines import make_baseline
from skdigits.comparison import ComparisonResult, make_row
from skdigits.model_training import train_model
from skdigits.parallel import run_in_parallel
from skdigits.search import _trials
from skdigits.search._result import SPLIT, SearchResult, SearchTrial

__all__ = ["digit_search"]

# Number of complete trials below which importances are meaningless.
_LEAST_FOR_IMPORTANCES = 5


@validate_params(
    runs.PARAMETERS
    | {
        "n_trials": [Interval(Integral, 1, None, closed="left")],
        "time_limit": [Interval(Real, 0, None, closed="neither"), None],
    },
)
def digit_search(
    data: str | os.PathLike[str] = "packaged",
    *,
    n_trials: int = 50,
    cv: int | None = None,
    epochs: int | None = None,
    time_limit: float | None = None,
    random_state: int = 42,
    n_jobs: int | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: runs.Progress | None = None,
) -> SearchResult:
    """Search for better hyper-parameters of the network, and train the best one.

    Optuna draws width, pooling and dropout of the network, the strength of the augmentation, label
    smoothing, learning rate, weight decay and batch size. The first trial has the defaults. Each
    trial is cross-validated on the same folds, and so are scikit-learn's SVC and KNN. A trial that
    is worse than the median of the others after a fold is stopped. The best network is trained on
    all training samples and evaluated, once, on the test samples.

    Parameters
    ----------
    data : {"packaged", "uci"} or path, default="packaged"
        The packaged data, the same live from UCI, or a CSV file that
        :func:`~skdigits.datasets.read_digits_csv` reads. The search uses the subset "train", as
        for :func:`~skdigits.model_training.train_model`.
    n_trials : int, default=50
        Total number of trials, including the finished trials that `output` holds.
    cv : int or None, default=None
        Number of stratified, shuffled folds; None takes 5.
    epochs : int or None, default=None
        Epochs of each fit; None takes the classifier's.
    time_limit : float or None, default=None
        Seconds after which no trial begins. Running trials end first, and then the best network
        is trained.
    random_state : int, default=42
        Seeds the sampler, the folds and the networks, all of which start from the same seed.
    n_jobs : int or None, default=None
        Number of trials to run in parallel, as for :class:`joblib.Parallel`. With more than one
        process, the values drawn depend on the order in which trials end.
    output : str, path-like or None, default=None
        Folder in whose ``trials`` finished trials are kept. The same call continues from there,
        also after a kill, and runs unfinished trials again. It need not draw the values that an
        uninterrupted search would have drawn. Raise `n_trials` to add trials. A search with
        another seed, other data, folds, epochs or versions starts from scratch in the same
        folder. Only one search at a time can use a folder. Parallel processes on several machines
        need it on a disk that they share.
    progress : callable, default=None
        Called with the name of a step, the number of units done, and their total.

    Returns
    -------
    SearchResult
        Trials, leaderboard with paired differences, and the best network with its scores.

    Raises
    ------
    ImportError
        If Optuna is not installed: the extra ``search`` installs it.
    ValueError
        If a parameter is not valid, the data are too few, or no trial is complete.
    OSError
        If the data cannot be read or fetched, `output` cannot be written to, or another search
        uses it.
    KeyboardInterrupt
        If Ctrl-C is pressed; `output` keeps the finished trials.

    Warns
    -----
    UserWarning
        If equal samples are in the training part and in the test part of a fold.

    See Also
    --------
    skdigits.report.write_search : Write tables, figure, the best model and its card.
    skdigits.comparison.run_comparison : Compare configurations and baselines.

    Notes
    -----
    The best of many scores is too high, because part of it is luck. Use the network's
    ``model.evaluation`` and the paired difference to the defaults, ``leaderboard.difference``.

    References
    ----------
    T. Akiba et al. (2019). Optuna: A Next-generation Hyperparameter Optimization Framework.
    https://doi.org/10.1145/3292500.3330701

    Examples
    --------
    >>> from skdigits.search import digit_search
    >>> result = digit_search(n_trials=30, time_limit=600)  # doctest: +SKIP
    >>> result.best.name, result.model.evaluation.accuracy  # doctest: +SKIP
    """
    start, deadline = time.perf_counter(), time.time() + (time_limit or np.inf)
    cv, progress = cv or 5, progress or runs.ignore_progress
    X, y = runs.take_subset(runs.read_data(data), data, "train")
    runs.check_enough_rows(y, cv, "search")
    folds = list(StratifiedKFold(cv, shuffle=True, random_state=random_state).split(X, y))
    warn_of_repeated_samples(X, folds)
    estimator = runs.make_configuration("default", epochs, random_state)
    settings = {"rows": runs.fingerprint(X, y), "cv": cv, "random_state": random_state}
    depends_on = json.dumps(settings | runs.describe(estimator), sort_keys=True)
    settings |= {"data": os.fspath(data), "epochs": estimator.epochs, "n_trials": n_trials}

    samples: dict[str, Any] = {"X": X, "y": y, "folds": folds}
    with TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder = Path(output or scratch).absolute() / "trials"
        name = hashlib.sha256(depends_on.encode()).hexdigest()[:16]
        open_study = partial(_trials.open_study, folder / "study.db", name)
        run = partial(_trials.run_trial, open_study, deadline, estimator, **samples)
        with runs.claim_folder(folder), open_study() as study:
            baselines = _measure_baselines(samples)
            # A Dask worker that dies leaves a trial unfinished, which the next round runs again.
            while (n_missing := _trials.prepare_study(study, n_trials)) and time.time() < deadline:
                # A search that continues another one must not draw the same values again.
                seeds = np.random.SeedSequence([random_state, len(study.trials)])
                tasks = [delayed(run)(int(seed)) for seed in seeds.generate_state(n_missing)]
                with closing(run_in_parallel(tasks, n_jobs=n_jobs, in_order=False)) as ran:
                    for n_done, _ in enumerate(ran, start=n_trials - n_missing + 1):
                        progress("Trials", n_done, n_trials)
            trials = _trials.read_trials(study)
            importances = _importances(study)

    rows = [
        make_row(trial.name, SPLIT, trial.figures)
        for trial in (*baselines, *trials)
        if trial.figures
    ]
    rows.sort(key=lambda row: (len(row.wrong), np.nan_to_num(row.log_loss, nan=np.inf)))
    best = next((trial for row in rows for trial in trials if trial.name == row.model), None)
    if best is None:
        raise ValueError("No trial is complete. Raise time_limit, or take fewer epochs or folds.")
    leaderboard = ComparisonResult(
        settings, tuple(rows), {SPLIT: np.arange(len(y))}, time.perf_counter() - start
    )
    model = train_model(
        data,
        epochs=epochs,
        random_state=random_state,
        parameters=best.parameters,
        progress=progress,
    )
    return SearchResult(
        settings=settings,
        trials=tuple(trials),
        baselines=tuple(baselines),
        best=best,
        leaderboard=leaderboard,
        importances=importances,
        model=model,
        seconds=time.perf_counter() - start,
    )


def _measure_baselines(samples: dict[str, Any]) -> list[SearchTrial]:
    from optuna.trial import FixedTrial

    return [
        SearchTrial(
            name, {}, **_trials.cross_validate(make_baseline(name), FixedTrial({}), **samples)
        )
        for name in ("svc", "knn")
    ]


def _importances(study: Any) -> dict[str, float]:
    from optuna.importance import get_param_importances
    from optuna.trial import TrialState

    n_complete = len(study.get_trials(states=(TrialState.COMPLETE,)))
    return get_param_importances(study) if n_complete >= _LEAST_FOR_IMPORTANCES else {}
