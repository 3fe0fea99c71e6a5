"""Run the trials of a search in any process, with Optuna's storage, sampler and pruner."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from skdigits._runs import FoldFit, Split, digest, fit_and_predict, import_tensorflow, pool_folds
from skdigits.search._result import SearchTrial
from skdigits.search._space import default_point, draw_parameters

if TYPE_CHECKING:
    import optuna

__all__ = [
    "cross_validate",
    "open_study",
    "prepare_study",
    "queue_unfinished",
    "read_trials",
    "run_trial",
]

# Number of times that the process may die during a trial before the trial is skipped.
_MOST_DEATHS = 2

# Number of complete trials below which importances are meaningless.
_LEAST_FOR_IMPORTANCES = 5


@contextmanager
def open_study(path: Path, name: str, seed: int = 0) -> Iterator["optuna.Study"]:
    """Open a study in an SQLite database, which may not exist yet; `seed` is the sampler's."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = None
    try:
        try:
            _check_database(path)
            storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
            study = optuna.create_study(
                storage=storage,
                study_name=name,
                sampler=optuna.samplers.TPESampler(seed=seed),
                pruner=optuna.pruners.MedianPruner(),
                direction="maximize",
                load_if_exists=True,
            )
            _check_trials(study)
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


def _check_database(path: Path) -> None:
    """Raise an error if a file is not a sound SQLite database; it may not exist yet."""
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        (verdict,), *_ = connection.execute("PRAGMA integrity_check")
        if verdict != "ok" or connection.execute("PRAGMA foreign_key_check").fetchone():
            raise ValueError("its integrity check fails")


def _check_trials(study: "optuna.Study") -> None:
    """Raise an error if bits of finished trials have flipped, which SQLite does not notice."""
    for trial in _finished_trials(study):
        is_sound = trial.user_attrs["digest"] == _digest(trial, trial.user_attrs)
        if not is_sound or trial.value not in (None, trial.user_attrs["found"]["accuracy"]):
            raise ValueError(f"trial {trial.number} is damaged")


def _digest(trial: Any, attributes: dict[str, Any]) -> str:
    attributes = {name: attributes[name] for name in attributes if name != "digest"}
    distributions = {name: repr(drawn) for name, drawn in trial.distributions.items()}
    return digest([trial.params, distributions, attributes])


def prepare_study(study: "optuna.Study", n_trials: int) -> int:
    """Queue unfinished trials again, and return the number of missing trials.

    Call it while no process runs trials. The trial with the defaults is repeated until it is
    finished.
    """
    from optuna.trial import TrialState

    queue_unfinished(study, n_deaths=1)
    finished = _finished_trials(study)
    lacks_default = not any(map(_is_default, finished))
    waiting = study.get_trials(states=(TrialState.WAITING,))
    if lacks_default and not any(map(_is_default, waiting)):
        study.enqueue_trial(default_point(), user_attrs={"is_default": True})
    return max(n_trials - len(finished), int(lacks_default))


def queue_unfinished(study: "optuna.Study", n_deaths: int) -> None:
    """Queue unfinished trials again, and end those during which the process has died twice.

    Without that end a trial that needs too much memory would stop every search. `n_deaths` is the
    number to add: 1 after a death, 0 after Ctrl-C.
    """
    from optuna.trial import TrialState, create_trial

    repeated = {trial.user_attrs.get("repeats") for trial in study.get_trials()}
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        deaths = trial.user_attrs.get("n_deaths", 0) + n_deaths
        attributes: dict[str, Any] = {"repeats": trial.number, "n_deaths": deaths}
        # A kill between the two writes loses nothing, and repeats nothing twice.
        if trial.number in repeated or _is_default(trial):
            pass
        elif deaths < _MOST_DEATHS:
            study.enqueue_trial(trial.params, user_attrs=attributes)
        elif trial.params.keys() == default_point().keys():  # it was drawn, so that it began
            attributes["found"] = {"outcome": "killed", "accuracy": np.nan, "cpu_seconds": np.nan}
            attributes["digest"] = _digest(trial, attributes)
            study.add_trial(
                create_trial(
                    state=TrialState.PRUNED,
                    params=trial.params,
                    distributions=trial.distributions,
                    user_attrs=attributes,
                )
            )
        study.tell(trial.number, state=TrialState.FAIL)


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
        trial.set_user_attr("digest", _digest(trial, trial.user_attrs))
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


def read_trials(study: "optuna.Study", n_trials: int) -> tuple[list[SearchTrial], dict[str, float]]:
    """Return the first finished trials, the defaults before all, and their importances."""
    import optuna

    first = sorted(_finished_trials(study), key=_is_default, reverse=True)[:n_trials]
    trials = [
        SearchTrial(
            name="default" if _is_default(trial) else f"trial {trial.number}",
            parameters=draw_parameters(optuna.trial.FixedTrial(trial.params)),
            **trial.user_attrs["found"],
        )
        for trial in first
    ]
    complete = [trial for trial in first if trial.state == optuna.trial.TrialState.COMPLETE]
    if len(complete) < _LEAST_FOR_IMPORTANCES:
        return trials, {}
    of_these = optuna.create_study(direction="maximize")
    of_these.add_trials(complete)
    return trials, optuna.importance.get_param_importances(of_these)


def _finished_trials(study: "optuna.Study") -> list[Any]:
    from optuna.trial import TrialState

    return study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))


def _is_default(trial: Any) -> bool:
    return "is_default" in trial.user_attrs
