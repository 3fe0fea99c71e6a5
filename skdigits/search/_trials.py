"""Run the trials of a search in any process, with Optuna's storage, sampler and pruner."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from skdigits._runs import FoldFit, Split, fit_and_predict, import_tensorflow, pool_folds
from skdigits.search._result import SearchTrial
from skdigits.search._space import default_point, draw_parameters

if TYPE_CHECKING:
    import optuna

__all__ = ["cross_validate", "open_study", "prepare_study", "read_trials", "run_trial"]


@contextmanager
def open_study(path: Path, name: str, seed: int = 0) -> Iterator["optuna.Study"]:
    """Open a study in an SQLite database, which may not exist yet; `seed` is the sampler's."""
    import optuna

    storage, level = None, optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        try:
            storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
            study = optuna.create_study(
                storage=storage,
                study_name=name,
                sampler=optuna.samplers.TPESampler(seed=seed),
                pruner=optuna.pruners.MedianPruner(),
                direction="maximize",
                load_if_exists=True,
            )
            study.get_trials()
        except Exception as error:  # damage raises errors of SQLite, SQLAlchemy, json and Optuna
            reason = str(error.__cause__ or error).partition("\n")[0]
            raise OSError(
                f"The trials in {path} cannot be used ({reason}). Make the file readable and "
                "writable, restore it from a copy, or delete it to start the search from scratch."
            ) from error
        yield study
    except optuna.exceptions.StorageInternalError as error:
        raise OSError(f"{path} cannot be used: {error.__cause__}") from error
    finally:
        optuna.logging.set_verbosity(level)
        if storage is not None:
            storage.engine.dispose()


def prepare_study(study: "optuna.Study", n_trials: int) -> int:
    """Queue unfinished trials again, and return the number of missing trials.

    Call it while no process runs trials. A trial is retried once, so that a trial that kills its
    process cannot stop every search. The trial with the defaults is retried until it is finished.
    """
    from optuna.trial import TrialState

    unfinished = study.get_trials(states=(TrialState.RUNNING,))
    for trial in unfinished:
        study.tell(trial.number, state=TrialState.FAIL)
    finished = _finished_trials(study)
    lacks_default = not any(map(_is_default, finished))
    waiting = study.get_trials(states=(TrialState.WAITING,))
    if lacks_default and not any(map(_is_default, waiting)):
        study.enqueue_trial(default_point(), user_attrs={"is_default": True})
    for trial in unfinished:
        if not _is_default(trial) and "is_retry" not in trial.user_attrs:
            study.enqueue_trial(trial.params, user_attrs={"is_retry": True})
    return max(n_trials - len(finished), int(lacks_default))


def run_trial(
    open_study: Callable[[int], AbstractContextManager["optuna.Study"]],
    deadline: float,
    estimator: Any,
    seed: int,
    **samples: Any,
) -> None:
    """Run the next trial of a study, unless the deadline has passed."""
    if time.time() >= deadline:
        return
    import_tensorflow()
    from optuna.trial import TrialState

    with open_study(seed) as study:
        trial = study.ask()
        network = clone(estimator).set_params(**draw_parameters(trial))
        found = cross_validate(network, trial, **samples)
        trial.set_user_attr("found", found)
        if found["outcome"] == "complete":
            study.tell(trial, found["accuracy"])
        else:
            study.tell(trial, state=TrialState.PRUNED)


def cross_validate(
    estimator: Any, trial: Any, *, X: np.ndarray, y: np.ndarray, folds: list[Split]
) -> dict[str, Any]:
    """Fit an estimator on the folds, and return the attributes of its :class:`SearchTrial`.

    After each fold the accuracy over the folds so far is reported to an Optuna trial, which ends
    if that is below the median of the complete trials. The defaults are always completed.
    """
    from skdigits.training import DivergenceError

    start = time.process_time()
    fits: list[FoldFit] = []
    outcome, accuracy = "complete", np.nan
    try:
        for step, fold in enumerate(folds):
            if step and not _is_default(trial) and trial.should_prune():
                outcome = "pruned"
                break
            fits.append(fit_and_predict(estimator, X, y, fold))
            n_wrong = sum(len(fit.wrong) for fit in fits)
            accuracy = 1 - n_wrong / sum(fit.n_samples for fit in fits)
            trial.report(accuracy, step)
    except DivergenceError:
        outcome = "diverged"
    return {
        "outcome": outcome,
        "accuracy": accuracy,
        "cpu_seconds": time.process_time() - start,
        "figures": pool_folds(fits) if outcome == "complete" else None,
    }


def read_trials(study: "optuna.Study") -> list[SearchTrial]:
    """Return the trials that are complete or were stopped, the defaults first."""
    from optuna.trial import FixedTrial

    return [
        SearchTrial(
            name="default" if _is_default(trial) else f"trial {trial.number}",
            parameters=draw_parameters(FixedTrial(trial.params)),
            **trial.user_attrs["found"],
        )
        for trial in sorted(_finished_trials(study), key=_is_default, reverse=True)
    ]


def _finished_trials(study: "optuna.Study") -> list[Any]:
    from optuna.trial import TrialState

    return study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))


def _is_default(trial: Any) -> bool:
    return "is_default" in trial.user_attrs
