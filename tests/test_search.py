"""The search: what a trial's figures are, what is kept, what ends a trial, what comes of it."""

import errno
import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import optuna
import pytest
from filelock import FileLock
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from skdigits import DigitCNNClassifier, load_model, save_model
from skdigits.datasets import read_digits_csv
from skdigits.evaluation import paired_difference
from skdigits.model_training import train_model
from skdigits.report import render_card
from skdigits.search import _space, _trials, classifier_parameters, digit_search, search_space
from skdigits.search._space import default_point
from skdigits.search._trials import TrialWork
from skdigits.training import AFFINE, DivergenceError

SMALL = {"cv": 2, "epochs": 2, "random_state": 3}
N_TRIALS = 9

# A search in a process of its own, which kills itself after so many epochs of its trials.
CHILD = """
import os, signal, sys
from skdigits.search import _space, _trials, digit_search

space = _space.search_space()
for name, choice in {"width": 32, "global_pooling": "max", "batch_size": "auto"}.items():
    space[name].choices = (choice,)
_space.search_space = _trials.search_space = lambda: space

def progress(step, done, total):
    if step == "Trials" and done == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

digit_search(sys.argv[2], n_trials=9, cv=2, epochs=2, random_state=3, output=sys.argv[3],
             progress=progress)
"""


@pytest.fixture(scope="module")
def one_graph():
    """Draw numbers only, so that all trials train one graph."""
    space = search_space()
    for name in ("width", "global_pooling", "batch_size"):
        space[name] = optuna.distributions.CategoricalDistribution((default_point()[name],))
    with pytest.MonkeyPatch.context() as patch:
        for module in (_space, _trials):
            patch.setattr(module, "search_space", lambda: dict(space))
        yield


@pytest.fixture(scope="module")
def searched(one_graph, digits_csv, tmp_path_factory):
    """A search, and the folder with its trials."""
    folder = tmp_path_factory.mktemp("searched")
    return digit_search(digits_csv, n_trials=N_TRIALS, **SMALL, output=folder), folder


@pytest.fixture(scope="module")
def rows(digits_csv):
    """The rows that are searched on, and the folds."""
    digits = read_digits_csv(digits_csv)
    from skdigits._runs import take_subset

    X, y = take_subset(digits, digits_csv, "train")
    return X, y, StratifiedKFold(2, shuffle=True, random_state=3)


@pytest.fixture
def work(one_graph, rows, tmp_path):
    """Make what runs trials in a folder."""
    X, y, cv = rows

    def make(**overrides):
        settings = {
            "folder": tmp_path,
            "study_name": "test",
            "estimator": DigitCNNClassifier(epochs=2, random_state=3),
            "X": X,
            "y": y,
            "folds": list(cv.split(X, y)),
            "pruning": False,
            "trial_time_limit": None,
            "random_state": 3,
            "deadline": np.inf,
        }
        return TrialWork(**{**settings, **overrides})

    return make


def figures(trials):
    """All that does not depend on the time it took, nor on who did it."""
    return [
        (trial.name, trial.parameters, trial.outcome, trial.accuracy, trial.n_epochs)
        for trial in trials
    ]


def test_the_defaults_are_a_point_of_the_space():
    parameters = classifier_parameters(default_point())
    defaults = DigitCNNClassifier().get_params()
    assert parameters.pop("augment") == AFFINE
    assert defaults["augment"] == "affine"
    assert parameters == {name: defaults[name] for name in parameters}
    space = search_space()
    assert space.keys() == default_point().keys()
    assert all(
        space[name]._contains(space[name].to_internal_repr(v))
        for name, v in default_point().items()
    )


@pytest.mark.parametrize("end", [0, -1])
def test_the_ends_of_the_space_are_valid(end):
    drawn = {
        name: values.choices[end] if hasattr(values, "choices") else (values.low, values.high)[end]
        for name, values in search_space().items()
    }
    clf = DigitCNNClassifier(**classifier_parameters(drawn))
    clf._validate_params()
    assert clf.filters == ((16, 32, 64), (48, 96, 192))[end]


def test_the_first_trial_is_the_default_classifier_on_scikit_learns_folds(searched, rows):
    X, y, cv = rows
    clf = DigitCNNClassifier(epochs=2, random_state=3)
    probabilities = cross_val_predict(clf, X, y, cv=cv, method="predict_proba")
    result, _ = searched
    first = result.trials[0]
    row = result.leaderboard.row("default", "cross_validation")
    assert (first.name, first.outcome, first.n_epochs) == ("default", "complete", 4)
    assert row.wrong == tuple(np.flatnonzero(probabilities.argmax(axis=1) != y))
    assert row.log_loss == pytest.approx(log_loss(y, probabilities))
    assert first.accuracy == pytest.approx(row.accuracy)


def test_the_leaderboard_has_what_is_complete_the_best_first(searched, rows):
    result, _ = searched
    _, y, _ = rows
    board = result.leaderboard
    complete = {trial.name for trial in result.trials if trial.outcome == "complete"}
    assert set(board.models) == complete | {"svc", "knn"}
    n_wrong = [len(row.wrong) for row in board.rows]
    assert n_wrong == sorted(n_wrong)
    assert result.best.name == next(name for name in board.models if name in complete)
    right = {
        name: ~np.isin(np.arange(len(y)), board.row(name, "cross_validation").wrong)
        for name in ("default", board.models[0])
    }
    known = paired_difference(right["default"], right[board.models[0]])
    assert board.difference("default", "cross_validation").p_value == known.p_value


def test_a_bad_trial_is_stopped_and_has_no_score(searched):
    result, _ = searched
    pruned = [trial for trial in result.trials if trial.outcome == "pruned"]
    assert pruned
    for trial in pruned:
        assert trial.n_epochs < 4
        assert trial.name not in result.leaderboard.models
    frame = result.to_frame()
    assert frame.index.tolist()[:3] == ["svc", "knn", "default"]
    assert len(frame) == N_TRIALS + 2
    assert frame.loc[[trial.name for trial in pruned], "log_loss"].isna().all()
    assert set(result.importances) == set(search_space())


def test_the_best_is_trained_on_all_rows_and_tested_once(searched, digits_csv, tmp_path):
    result, _ = searched
    known = train_model(digits_csv, parameters=result.best.parameters, epochs=2, random_state=3)
    assert result.model.n_train == 240
    assert result.model.evaluation.to_dict() == known.evaluation.to_dict()
    assert result.model.estimator.learning_rate == result.best.parameters["learning_rate"]

    path = tmp_path / "best.skdigits"
    save_model(result.model.estimator, path, scores=result.model.scores())
    card = render_card(path)
    assert load_model(path).dropout == result.best.parameters["dropout"]
    assert "with other values of augment" in card
    assert "Command:" not in card  # none would make this network


def test_killed_it_ends_as_if_it_had_not_been(searched, digits_csv, tmp_path):
    result, _ = searched
    arguments = [sys.executable, "-c", CHILD, "11", str(digits_csv), str(tmp_path)]
    child = subprocess.run(arguments, capture_output=True, check=False, timeout=300)
    assert child.returncode == -signal.SIGKILL, child.stderr
    with (tmp_path / "trials/study.log").open("a") as journal:
        journal.write('{"op_code":')  # a line that it did not write to its end

    again = digit_search(digits_csv, n_trials=N_TRIALS, **SMALL, output=tmp_path)
    assert figures(again.trials) == figures(result.trials)
    assert [trial.reused for trial in again.trials[:3]] == [True, True, False]
    assert again.leaderboard.row("svc", "cross_validation").reused
    assert again.importances == result.importances


def test_a_finished_search_is_read_and_more_trials_are_added(searched, digits_csv, monkeypatch):
    result, folder = searched
    ran = []
    run = TrialWork.run
    monkeypatch.setattr(TrialWork, "run", lambda *given: ran.append(1) or run(*given))
    more = digit_search(digits_csv, n_trials=N_TRIALS + 1, **SMALL, output=folder)
    assert ran == [1]
    assert figures(more.trials[:N_TRIALS]) == figures(result.trials)
    fewer = digit_search(digits_csv, n_trials=3, **SMALL, output=folder)
    assert figures(fewer.trials) == figures(result.trials[:3])
    other = digit_search(digits_csv, n_trials=1, **{**SMALL, "random_state": 4}, output=folder)
    assert not other.trials[0].reused


def test_when_the_time_is_up_no_trial_begins(searched, digits_csv):
    result, folder = searched
    late = digit_search(digits_csv, n_trials=99, **SMALL, time_limit=1e-9, output=folder)
    assert len(result.trials) <= len(late.trials) < 99
    assert late.model.evaluation is not None
    with pytest.raises(
        ValueError, match=r"No trial is complete \(no trial was begun\): raise time"
    ):
        digit_search(digits_csv, n_trials=1, **SMALL, time_limit=1e-9)


def test_a_trial_that_would_take_too_long_is_stopped_without_a_score(one_graph, digits_csv):
    with pytest.raises(ValueError, match=r"No trial is complete \(too slow, too slow\): raise"):
        digit_search(digits_csv, n_trials=2, **SMALL, trial_time_limit=1e-9)


@pytest.mark.parametrize(("limit", "stopped_in"), [(9.0, 1), (17.0, 2), (18.5, None)])
def test_the_time_of_a_trial_is_told_from_its_epochs(work, monkeypatch, limit, stopped_in):
    now = SimpleNamespace(seconds=0.0)
    clock = SimpleNamespace(perf_counter=lambda: now.seconds)
    monkeypatch.setattr(_trials, "time", clock)
    estimator = DigitCNNClassifier(epochs=5)
    watch = _trials._Watch(
        work(estimator=estimator, trial_time_limit=limit),
        SimpleNamespace(report=lambda *given: None),
        None,
    )
    for number in range(1, 11):  # two folds; the first epoch is slow, for the graph is traced
        now.seconds += 9.2 if number == 1 else 1.0
        if watch((number - 1) % 5 + 1, {"val_accuracy": 0.5}):
            break
    assert (watch.outcome, number) == (("too slow", stopped_in) if stopped_in else ("complete", 10))


@pytest.mark.parametrize(("n_complete", "stopped_in"), [(5, 4), (4, None)])
def test_a_trial_is_pruned_by_what_it_has_now_not_by_its_best(work, n_complete, stopped_in):
    study = optuna.create_study(direction="maximize")
    for accuracy in np.linspace(0.92, 0.94, n_complete):
        reported = dict.fromkeys((2, 4, 6), accuracy)
        study.add_trial(optuna.create_trial(value=accuracy, intermediate_values=reported))
    watch = _trials._Watch(
        work(pruning=True, folds=[None] * 3),
        study.ask(),
        None,
    )
    for number, accuracy in enumerate([0.1, 0.96, 0.1, 0.88, 0.1, 0.99], start=1):
        if watch(2 - number % 2, {"val_accuracy": accuracy}):
            break
        if number % 2 == 0:
            watch.accuracies.append(accuracy)
    assert (watch.outcome, number) == (("pruned", stopped_in) if stopped_in else ("complete", 6))


def test_a_trial_that_diverges_is_named_and_the_search_goes_on(one_graph, digits_csv, monkeypatch):
    fit, calls = _trials.fit_and_predict, []

    def second_diverges(*given, **options):
        calls.append(1)
        if len(calls) == 3:
            raise DivergenceError("Training diverged in epoch 1")
        return fit(*given, **options)

    monkeypatch.setattr(_trials, "fit_and_predict", second_diverges)
    result = digit_search(digits_csv, n_trials=3, **SMALL, baselines=[])
    assert [trial.outcome for trial in result.trials] == ["complete", "diverged", "complete"]
    assert np.isnan(result.trials[1].accuracy)


def test_a_trial_that_was_cut_off_is_begun_again_once(work):
    study = work().prepare_study()
    for _ in range(2):
        drawn = study.ask(search_space()).params
        assert drawn == default_point()
        study = work().prepare_study()  # as after a kill
    states = [trial.state.name for trial in study.get_trials()]
    assert states == ["FAIL", "FAIL"]


def test_two_searches_do_not_share_a_folder(digits_csv, tmp_path):
    (tmp_path / "trials").mkdir()
    with (
        FileLock(tmp_path / "trials/running.lock"),
        pytest.raises(OSError, match=r"Another search is at work in .*Wait for its end"),
    ):
        digit_search(digits_csv, n_trials=1, **SMALL, output=tmp_path)


def test_nothing_of_optunas_settings_is_changed_and_nothing_said(work, caplog, capfd):
    level = optuna.logging.get_verbosity()
    work().prepare_study()
    assert optuna.logging.get_verbosity() == level
    assert (caplog.text, capfd.readouterr().err) == ("", "")


def test_a_full_disk_is_named_with_its_file(work, monkeypatch):
    study = work().prepare_study()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*study\.log'"):
        study.ask(search_space())


def test_without_optuna_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna.distributions", None)
    with pytest.raises(ImportError, match=r"pip install optuna\."):
        search_space()


def test_unknown_baselines_and_too_few_rows_are_refused(digits_csv):
    with pytest.raises(ValueError, match=r"no baseline 'scv'\. Did you mean 'svc'"):
        digit_search(digits_csv, baselines=["scv"])
    with pytest.raises(ValueError, match="a search with 99 folds needs at least 99"):
        digit_search(digits_csv, cv=99)


@pytest.mark.worker_processes
def test_two_processes_share_the_trials(digits_csv, tmp_path):
    settings = {"cv": 2, "epochs": 1, "random_state": 3, "baselines": ["knn"]}
    result = digit_search(digits_csv, n_trials=3, **settings, n_jobs=2, output=tmp_path)
    alone = digit_search(digits_csv, n_trials=1, **settings)
    assert len(result.trials) == 3
    (default,) = (trial for trial in result.trials if trial.name == "default")
    assert figures([default]) == figures(alone.trials)
    assert json.dumps(result.to_dict(), default=str)
