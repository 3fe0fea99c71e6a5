"""Run the trials of a study, in any process, and read what became of them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout
from sklearn.base import clone

from skdigits._runs import Split, fit_and_predict, import_tensorflow, pool_folds, watching_epochs
from skdigits.search._result import SearchTrial
from skdigits.search._space import classifier_parameters, default_point, search_space

if TYPE_CHECKING:
    import optuna

    from skdigits.classifier import DigitCNNClassifier

__all__ = ["Measured", "TrialWork", "finished_trials", "only_run_in", "read_trials"]

# So many trials are complete before one is pruned.
_LEAST_COMPLETE = 5

# With the figures that all folds gave together; None for a trial that is not complete.
Measured = dict[SearchTrial, dict[str, Any] | None]

Report = Callable[[int], Any]  # called with the epochs that a trial has trained


@contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """Keep other searches out of a folder within the block; a killed process keeps nobody out."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "running.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise OSError(
            f"Another search is at work in {folder.parent}. Wait for its end, or name another "
            "folder; more processes for one search come with n_jobs."
        ) from None
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True, eq=False)
class TrialWork:
    """All that a process needs to run trials of a study, whose journal is a file.

    Attributes
    ----------
    folder : Path
        Folder of the journal.
    study_name : str
        Name of the study in it.
    estimator : DigitCNNClassifier
        What trials change some hyper-parameters of.
    X, y : ndarray of shape (n_samples, n_features) and (n_samples,)
        The rows.
    folds : list of (train, test)
        How they are split.
    pruning : bool
        Whether trials that are worse than half of the others are stopped.
    trial_time_limit : float or None
        Seconds that a trial may take.
    random_state : int
        Seeds what is drawn.
    deadline : float
        When, in the seconds of ``time.time()``, no trial is begun any more.
    """

    folder: Path
    study_name: str
    estimator: "DigitCNNClassifier"
    X: np.ndarray
    y: np.ndarray
    folds: list[Split]
    pruning: bool
    trial_time_limit: float | None
    random_state: int
    deadline: float

    @property
    def n_epochs(self) -> int:
        """Epochs of a trial that is complete."""
        return len(self.folds) * self.estimator.epochs

    def open_study(self) -> "optuna.Study":
        """Open the study, or create it with the defaults as what it tries first."""
        import optuna
        from optuna.storages.journal import JournalFileBackend, JournalStorage

        path = self.folder / "study.log"

        class Journal(JournalFileBackend):
            def append_logs(self, logs: list[dict[str, Any]]) -> None:
                try:
                    super().append_logs(logs)
                except OSError as error:  # such as of a full disk
                    error.filename = error.filename or str(path)
                    raise

        # The lock of a process that is killed is free at once, unlike that of Optuna's own.
        lock: Any = FileLock(path.with_suffix(".lock"))
        storage = JournalStorage(Journal(str(path), lock_obj=lock))
        level = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            return optuna.create_study(
                storage=storage,
                study_name=self.study_name,
                direction="maximize",
                load_if_exists=True,
            )
        finally:
            optuna.logging.set_verbosity(level)

    def prepare_study(self) -> "optuna.Study":
        """Open the study once all processes of an earlier run are gone, to go on with it.

        What was at work then is begun anew, once; a line that was not written to its end goes.
        """
        from optuna.trial import TrialState

        path = self.folder / "study.log"
        if path.exists():
            journal = path.read_bytes()
            if not journal.endswith(b"\n"):
                with path.open("rb+") as file:
                    file.truncate(journal.rfind(b"\n") + 1)
        study = self.open_study()
        if not study.get_trials(deepcopy=False):
            study.enqueue_trial(default_point(), user_attrs={"name": "default"})
        for trial in study.get_trials(states=(TrialState.RUNNING,)):
            study.tell(trial.number, state=TrialState.FAIL)
            if "again" not in trial.user_attrs:
                study.enqueue_trial(trial.params, user_attrs=trial.user_attrs | {"again": True})
        return study

    def run(self, report: Report | None = None) -> bool:
        """Run the next trial; return False if it is too late for it."""
        if time.time() >= self.deadline:
            return False
        import_tensorflow()
        from optuna.samplers import TPESampler
        from optuna.trial import TrialState

        study = self.open_study()
        # What is drawn follows from the seed and the trials before: also in a run that goes on.
        n_earlier = sum(
            trial.state != TrialState.FAIL for trial in study.get_trials(deepcopy=False)
        )
        seeds = np.random.SeedSequence([self.random_state, n_earlier])
        study.sampler = TPESampler(seed=int(seeds.generate_state(1)[0]))
        trial = study.ask(search_space())
        state, value = TrialState.PRUNED, None
        for name, found in self._measure(trial, report).items():
            trial.set_user_attr(name, found)
            if name == "figures":
                value = 1 - len(found["wrong"]) / found["n_samples"]
                state = TrialState.COMPLETE
        study.tell(trial, value, state=state)
        return True

    def _measure(self, trial: "optuna.Trial", report: Report | None) -> dict[str, Any]:
        """Return what came of the trial's network on the folds, or until its watch ended it."""
        from skdigits.training import DivergenceError

        cpu_start = time.process_time()
        watch = _Watch(self, trial, report)
        estimator = clone(self.estimator).set_params(**classifier_parameters(trial.params))
        watched = watching_epochs(estimator, watch)
        fits = []
        try:
            for fold in self.folds:
                fit = fit_and_predict(watched, self.X, self.y, fold, validate=True)
                if watch.outcome != "complete":
                    break
                fits.append(fit)
                watch.accuracies.append(1 - len(fit.wrong) / fit.n_samples)
        except DivergenceError:
            watch.outcome = "diverged"
        figures = {"figures": pool_folds(fits)} if watch.outcome == "complete" else {}
        return figures | {
            "outcome": watch.outcome,
            "n_epochs": watch.n_epochs,
            "cpu_seconds": time.process_time() - cpu_start,
        }


class _Watch:
    """Watch over the epochs of a trial: whether it is worth going on, and in time.

    A score in the midst of a schedule says little: the learning rate is high. So what is reported,
    and compared with the other trials at the same epoch, begins with the second half of a fold's
    epochs: the mean of that fold's accuracy and of those before. No schedule is cut short and then
    scored: a trial that is stopped has no score, and one that would not end in time is stopped as
    soon as its epochs show it.

    Attributes
    ----------
    outcome : {"complete", "pruned", "too slow", "diverged"}
        Why it was stopped; "complete" as long as it was not.
    n_epochs : int
        Epochs trained.
    accuracies : list of float
        Of the folds that are done.
    """

    def __init__(self, work: TrialWork, trial: "optuna.Trial", report: Report | None) -> None:
        self.outcome = "complete"
        self.n_epochs = 0
        self.accuracies: list[float] = []
        self._work, self._trial, self._report = work, trial, report
        self._start = time.perf_counter()
        self._first = 0.0  # seconds of the first epoch, tracing included

    def __call__(self, done: int, logs: dict[str, float]) -> bool:
        """Return whether training is to stop, after this epoch of a fold."""
        work = self._work
        self.n_epochs += 1
        if self._report is not None:
            self._report(self.n_epochs)
        is_last = self.n_epochs == work.n_epochs
        if done > work.estimator.epochs // 2:
            so_far = float(np.mean([*self.accuracies, logs["val_accuracy"]]))
            self._trial.report(so_far, self.n_epochs)
            if work.pruning and not is_last and self._is_worse_than_half(so_far):
                self.outcome = "pruned"
        if work.trial_time_limit is not None and self._expected() > work.trial_time_limit:
            self.outcome = "too slow"
        return self.outcome != "complete"

    def _is_worse_than_half(self, so_far: float) -> bool:
        """Return whether half of the complete trials were better at this epoch.

        Optuna's pruners take the best that a trial has reported, such as a lucky first fold's.
        """
        from optuna.trial import TrialState

        complete = self._trial.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(complete) < _LEAST_COMPLETE:
            return False
        others = [trial.intermediate_values[self.n_epochs] for trial in complete]
        return so_far < float(np.median(others))

    def _expected(self) -> float:
        """Return the seconds that the whole trial will take, from those of its epochs so far."""
        passed = time.perf_counter() - self._start
        if self.n_epochs == 1:
            self._first = passed
            return passed
        left = self._work.n_epochs - self.n_epochs
        return passed + left * (passed - self._first) / (self.n_epochs - 1)


def finished_trials(study: "optuna.Study") -> list[Any]:
    """Return the trials that have ended with or without a score, in their order."""
    from optuna.trial import TrialState

    return study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))


def read_trials(study: "optuna.Study", earlier: set[int]) -> Measured:
    """Return the finished trials, each with its pooled figures; None if it is not complete.

    `earlier` are the numbers of those that an earlier run has left.
    """
    found: Measured = {}
    numbers = count(1)
    for trial in finished_trials(study):
        of = trial.user_attrs
        last = trial.intermediate_values.get(trial.last_step, np.nan)
        name = of["name"] if "name" in of else f"trial {next(numbers)}"
        read = SearchTrial(
            name=name,
            parameters=classifier_parameters(trial.params),
            outcome=of["outcome"],
            accuracy=trial.value if "figures" in of else last,
            cpu_seconds=of["cpu_seconds"],
            n_epochs=of["n_epochs"],
            reused=trial.number in earlier,
        )
        found[read] = of.get("figures")
    return found
