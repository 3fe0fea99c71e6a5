"""Search for better hyper-parameters: draw, cross-validate, prune, compare, train the best."""

import hashlib
import json
import os
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from numbers import Integral, Real
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.model_selection import StratifiedKFold
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.parallel import delayed

from skdigits._parameters import check_name
from skdigits._runs import (
    PARAMETERS,
    KeptResults,
    Progress,
    Split,
    check_enough_rows,
    describe,
    fingerprint,
    fit_and_predict,
    ignore_progress,
    import_tensorflow,
    make_configuration,
    pool_folds,
    read_data,
    take_subset,
)
from skdigits._sklearn_compat import validate_params
from skdigits.baselines import BASELINE_NAMES, make_baseline
from skdigits.comparison import ComparisonResult, make_row
from skdigits.model_training import train_model
from skdigits.parallel import run_in_parallel
from skdigits.search._result import SPLIT, SearchResult, SearchTrial
from skdigits.search._space import describe_space
from skdigits.search._trials import Measured, TrialWork, finished_trials, only_run_in, read_trials

if TYPE_CHECKING:
    import optuna

__all__ = ["digit_search"]

_SECONDS = [Interval(Real, 0, None, closed="neither"), None]

# Fewer complete trials say nothing about what matters.
_LEAST_FOR_IMPORTANCES = 5


@validate_params(
    PARAMETERS
    | {
        "subset": [StrOptions({"train", "all"})],
        "n_trials": [Interval(Integral, 1, None, closed="left")],
        "baselines": [list, tuple],
        "pruning": ["boolean"],
        "time_limit": _SECONDS,
        "trial_time_limit": _SECONDS,
    },
)
def digit_search(
    data: str | os.PathLike[str] = "packaged",
    *,
    subset: str = "train",
    n_trials: int = 50,
    cv: int | None = None,
    epochs: int | None = None,
    baselines: list[str] | tuple[str, ...] = ("svc", "knn"),
    pruning: bool = True,
    time_limit: float | None = None,
    trial_time_limit: float | None = None,
    random_state: int = 42,
    n_jobs: int | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> SearchResult:
    """Search for better hyper-parameters of the network, and train the best one.

    Optuna draws trials from :func:`search_space`, the first of which are the defaults, and each
    is cross-validated on the same folds, on which the baselines are measured too. A trial that is
    worse than half of the others so far is stopped. The best network is trained on the whole
    subset; only then are rows looked at that it is tested on.

    Parameters
    ----------
    data : {"packaged", "uci"} or path, default="packaged"
        The packaged data, the same live from UCI, or a CSV file that
        :func:`~skdigits.datasets.read_digits_csv` reads.
    subset : {"train", "all"}, default="train"
        What is searched and trained on, as for :func:`~skdigits.model_training.train_model`.
    n_trials : int, default=50
        Trials in all, those that an earlier run has left in `output` included.
    cv : int or None, default=None
        Number of stratified, shuffled folds; None takes 5.
    epochs : int or None, default=None
        Epochs of each fit; None takes the classifier's. All trials have the same number: their
        scores are compared at the same point of the schedule.
    baselines : list or tuple of str, default=("svc", "knn")
        Names for :func:`~skdigits.baselines.make_baseline`.
    pruning : bool, default=True
        Whether to stop trials that are worse than the median of those before.
    time_limit : float or None, default=None
        Seconds after which no trial is begun; those at work end first, and then the best network
        is trained.
    trial_time_limit : float or None, default=None
        Seconds for one trial. Its schedule is not cut short: as soon as its epochs show that it
        would take longer it is stopped, without a score.
    random_state : int, default=42
        Seeds what is drawn, the folds and the networks, all of which begin alike.
    n_jobs : int or None, default=None
        Number of trials to run in parallel, as for :class:`joblib.Parallel`. What is drawn then
        depends on the order in which they end.
    output : str, path-like or None, default=None
        Folder in whose ``trials`` each trial is kept as soon as it is done: the same call goes on
        from there, also after a kill, and draws what it would have drawn; more `n_trials` add to
        it. Another seed, other data, folds, epochs, limits or versions begin anew beside it. One
        run at a time can use a folder.
    progress : callable, default=None
        Called with the name of a step, the number of units done, and their total; trials count
        their epochs.

    Returns
    -------
    SearchResult
        Trials, leaderboard with paired differences, and the best network with its scores.

    Raises
    ------
    ImportError
        If Optuna is not installed: the extra ``search`` brings it.
    ValueError
        If a parameter is not valid, the data are too few, or no trial is complete.
    OSError
        If the data cannot be read or fetched, `output` cannot be written to, or another search
        is at work there.
    KeyboardInterrupt
        If Ctrl-C is pressed; what is finished stays in `output`.

    Warns
    -----
    UserWarning
        If a baseline's file of an earlier run is damaged; it is measured anew.

    See Also
    --------
    skdigits.report.write_search : Write tables, figure, the best model and its card.
    skdigits.comparison.run_comparison : Configurations and baselines as they are.

    Notes
    -----
    The best of many scores is too high: part of it is luck. What the network is worth are its
    ``model.evaluation`` and, against the defaults, ``leaderboard.difference``.

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
    progress, cv = progress or ignore_progress, cv or 5
    of_trials = {
        "space": describe_space(),
        "pruning": pruning,
        "trial_time_limit": trial_time_limit,
    }
    for name in baselines:
        check_name(name, BASELINE_NAMES, "baseline")
    digits = read_data(data)
    X, y = take_subset(digits, data, subset)
    check_enough_rows(y, cv, "search")
    folds = list(StratifiedKFold(cv, shuffle=True, random_state=random_state).split(X, y))
    estimator = make_configuration("default", epochs, random_state)
    of_all = {"rows": fingerprint(X, y), "cv": cv, "random_state": random_state}

    with _folder_of_trials(output) as folder:
        work = TrialWork(
            folder=folder,
            # All that figures depend on: others are of another study.
            study_name=_digest(of_all | of_trials | describe(estimator)),
            estimator=estimator,
            X=X,
            y=y,
            folds=folds,
            pruning=pruning,
            trial_time_limit=trial_time_limit,
            random_state=random_state,
            deadline=deadline,
        )
        others = _measure_baselines(work, baselines, of_all, KeptResults(folder), progress)
        study = work.prepare_study()
        earlier = {trial.number for trial in finished_trials(study)}
        _run_trials(work, len(earlier), n_trials, n_jobs, progress)
        trials = dict([*read_trials(study, earlier).items()][:n_trials])
        importances = _importances(study)

    # Now, and not before, rows are looked at that no trial saw.
    settings = {"data": os.fspath(data), "subset": subset, "epochs": estimator.epochs}
    settings |= {"n_trials": n_trials, "time_limit": time_limit, **of_all, **of_trials}
    leaderboard = _leaderboard(others | trials, settings, folds, time.perf_counter() - start)
    best = _best(trials, leaderboard)
    model = train_model(
        data,
        subset=subset,
        epochs=epochs,
        random_state=random_state,
        parameters=best.parameters,
        progress=progress,
    )
    return SearchResult(
        settings=settings,
        trials=tuple(trials),
        baselines=tuple(others),
        best=best,
        leaderboard=leaderboard,
        importances=importances,
        model=model,
        seconds=time.perf_counter() - start,
    )


@contextmanager
def _folder_of_trials(output: str | os.PathLike[str] | None) -> Iterator[Path]:
    """Keep other searches out of the folder within the block; None makes one for the block."""
    with ExitStack() as stack:
        if output is None:
            output = stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True))
        folder = Path(output).absolute() / "trials"
        stack.enter_context(only_run_in(folder))
        yield folder


def _digest(settings: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def _measure_baselines(
    work: TrialWork,
    names: Sequence[str],
    settings: dict[str, Any],
    kept: KeptResults,
    progress: Progress,
) -> Measured:
    """Fit the baselines on the folds of the trials, those that an earlier run has not left."""
    names = list(dict.fromkeys(names))
    made = {name: make_baseline(name, random_state=settings["random_state"]) for name in names}

    def measure(missing: list[str]) -> Generator[tuple[str, dict[str, Any]], None, None]:
        for name in missing:
            progress("Baselines", len(names) - len(missing) + missing.index(name), len(names))
            start = time.process_time()
            fits = [fit_and_predict(made[name], work.X, work.y, fold) for fold in work.folds]
            seconds = time.process_time() - start
            yield name, pool_folds(fits) | {"cpu_seconds": seconds}
        progress("Baselines", len(names), len(names))

    depends_on = {name: settings | describe(baseline) for name, baseline in made.items()}
    found, reused = kept.complete(depends_on, str, measure)
    return {
        SearchTrial(
            name=name,
            parameters={},
            outcome="complete",
            accuracy=1 - len(figures["wrong"]) / figures["n_samples"],
            cpu_seconds=figures["cpu_seconds"],
            reused=name in reused,
        ): figures
        for name, figures in found.items()
    }


def _run_trials(
    work: TrialWork, n_done: int, n_trials: int, n_jobs: int | None, progress: Progress
) -> None:
    """Run the trials that are missing, unless the time is up before."""
    is_alone = effective_n_jobs(n_jobs) == 1

    def report(n_epochs: int = 0) -> None:
        progress("Trials", n_done * work.n_epochs + n_epochs, n_trials * work.n_epochs)

    if n_done < n_trials and is_alone:
        import_tensorflow(progress)
    report()
    tasks = (  # epochs of another process are counted when its trial is done
        delayed(work.run)(report if is_alone else None) for _ in range(n_done, n_trials)
    )
    with closing(run_in_parallel(tasks, n_jobs=n_jobs, in_order=False)) as ran:
        for was_in_time in ran:
            if was_in_time:
                n_done += 1
                report()


def _leaderboard(
    measured: Measured, settings: dict[str, Any], folds: list[Split], seconds: float
) -> ComparisonResult:
    """Return what is complete as a comparison, the best first; of equals, the surer one."""
    rows = [
        make_row(trial.name, SPLIT, figures, reused=trial.reused)
        for trial, figures in measured.items()
        if figures is not None
    ]
    rows.sort(key=lambda row: (len(row.wrong), np.nan_to_num(row.log_loss, nan=np.inf)))
    return ComparisonResult(
        settings=settings,
        rows=tuple(rows),
        test_rows={SPLIT: np.concatenate([test for _, test in folds])},
        seconds=seconds,
    )


def _best(trials: Measured, leaderboard: ComparisonResult) -> SearchTrial:
    complete = {trial.name: trial for trial, figures in trials.items() if figures is not None}
    for name in leaderboard.models:
        if name in complete:
            return complete[name]
    outcomes = ", ".join(trial.outcome for trial in trials) or "no trial was begun"
    raise ValueError(
        f"No trial is complete ({outcomes}): raise time_limit or trial_time_limit, or take fewer "
        "epochs or folds."
    )


def _importances(study: "optuna.Study") -> dict[str, float]:
    from optuna.importance import get_param_importances
    from optuna.trial import TrialState

    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < _LEAST_FOR_IMPORTANCES:
        return {}
    return {name: float(part) for name, part in get_param_importances(study).items()}
