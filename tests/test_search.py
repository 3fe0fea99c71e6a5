"""The search: figures of its trials, pruning, resuming after a kill, the best network."""

import json
import signal
import subprocess
import sys

import numpy as np
import optuna
import pytest
from optuna.trial import FixedTrial, TrialState
from sklearn.dummy import DummyClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from skdigits import DigitCNNClassifier
from skdigits._runs import take_subset
from skdigits.datasets import read_digits_csv
from skdigits.model_training import train_model
from skdigits.search import _trials, digit_search
from skdigits.search._space import default_point, draw_parameters
from skdigits.training import AFFINE, DivergenceError

SMALL = {"cv": 2, "epochs": 2, "random_state": 3}
N_TRIALS = 7

# A search in its own process, which kills itself in its second trial.
CHILD = """
import os, signal, sys
from skdigits.search import _trials, digit_search

fit_and_predict, calls = _trials.fit_and_predict, []

def fit_or_die(*given):
    calls.append(1)
    if len(calls) == 4 + 2 + 1:  # after the baselines and the defaults
        os.kill(os.getpid(), signal.SIGKILL)
    return fit_and_predict(*given)

_trials.fit_and_predict = fit_or_die
digit_search(sys.argv[1], n_trials=9, cv=2, epochs=2, random_state=3, output=sys.argv[2])
"""


@pytest.fixture(scope="module")
def samples(digits_csv):
    X, y = take_subset(read_digits_csv(digits_csv), digits_csv, "train")
    folds = StratifiedKFold(2, shuffle=True, random_state=3).split(X, y)
    return {"X": X, "y": y, "folds": list(folds)}


@pytest.fixture(scope="module")
def searched(digits_csv, tmp_path_factory):
    """A search whose second trial diverges, and its folder. All trials train the same graph."""
    folder, calls = tmp_path_factory.mktemp("searched"), []
    fit_and_predict = _trials.fit_and_predict

    def draw(trial):
        dropout = draw_parameters(trial)["dropout"]
        return draw_parameters(FixedTrial(default_point() | {"dropout": dropout}))

    def fit_or_diverge(*given):
        calls.append(1)
        if len(calls) == 4 + 2 + 1:  # after the baselines and the defaults
            raise DivergenceError("Training diverged in epoch 1")
        return fit_and_predict(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_trials, "draw_parameters", draw)
        patch.setattr(_trials, "fit_and_predict", fit_or_diverge)
        yield digit_search(digits_csv, n_trials=N_TRIALS, **SMALL, output=folder), folder


def figures(trials):
    """Everything that does not depend on time."""
    return [(t.name, t.parameters, t.outcome, str(t.accuracy)) for t in trials]


def test_the_default_point_has_the_classifiers_defaults():
    parameters = draw_parameters(FixedTrial(default_point()))
    defaults = DigitCNNClassifier().get_params()
    assert parameters.pop("augment") == AFFINE
    assert defaults["augment"] == "affine"
    assert parameters == {name: defaults[name] for name in parameters}


def test_the_first_trial_is_the_default_classifier_on_scikit_learns_folds(searched, samples):
    clf = DigitCNNClassifier(epochs=2, random_state=3)
    X, y, folds = samples.values()
    probabilities = cross_val_predict(clf, X, y, cv=folds, method="predict_proba")
    result, _ = searched
    row = result.leaderboard.row("default", "cross_validation")
    assert (result.trials[0].name, result.trials[0].outcome) == ("default", "complete")
    assert row.wrong == tuple(np.flatnonzero(probabilities.argmax(axis=1) != y))
    assert row.log_loss == pytest.approx(log_loss(y, probabilities))
    assert result.trials[0].accuracy == pytest.approx(row.accuracy)


def test_tables_have_all_trials_and_the_leaderboard_the_complete_ones(searched):
    result, _ = searched
    complete = {trial.name for trial in result.trials if trial.outcome == "complete"}
    assert set(result.leaderboard.models) == complete | {"svc", "knn"}
    n_wrong = [len(row.wrong) for row in result.leaderboard.rows]
    assert n_wrong == sorted(n_wrong)
    assert result.best.name == next(n for n in result.leaderboard.models if n in complete)
    assert result.importances.keys() == default_point().keys()
    frame = result.to_frame()
    assert len(frame) == N_TRIALS + 2
    assert frame.loc["trial 1", "outcome"] == "diverged"
    assert np.isnan(
        frame.loc["trial 1", ["accuracy", "cross_validation_log_loss"]].astype(float)
    ).all()
    assert json.dumps(result.to_dict(), default=str)


def test_the_best_is_trained_on_all_rows_and_tested_once(searched, digits_csv):
    result, _ = searched
    known = train_model(digits_csv, parameters=result.best.parameters, epochs=2, random_state=3)
    assert result.model.n_train == 240
    assert result.model.evaluation.to_dict() == known.evaluation.to_dict()


def test_more_trials_are_added_to_a_finished_search(searched, digits_csv):
    result, folder = searched
    more = digit_search(digits_csv, n_trials=N_TRIALS + 1, **SMALL, output=folder)
    assert figures(more.trials[:-1]) == figures(result.trials)
    assert more.trials[-1].parameters not in [trial.parameters for trial in result.trials]
    with pytest.raises(ValueError, match="No trial is complete"):
        # Another seed belongs to another search, which has no trials yet.
        digit_search(digits_csv, **SMALL | {"random_state": 4}, time_limit=1e-9, output=folder)


def test_a_killed_search_keeps_finished_trials_and_runs_the_others_again(
    searched, digits_csv, tmp_path
):
    arguments = [sys.executable, "-c", CHILD, str(digits_csv), str(tmp_path)]
    child = subprocess.run(arguments, capture_output=True, check=False, timeout=300)
    assert child.returncode == -signal.SIGKILL, child.stderr
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'trials/study.db'}")
    (summary,) = optuna.get_all_study_summaries(storage)
    killed = optuna.load_study(study_name=summary.study_name, storage=storage).trials[1]
    storage.engine.dispose()

    again = digit_search(digits_csv, n_trials=2, **SMALL, output=tmp_path)
    assert killed.state == TrialState.RUNNING
    assert figures(again.trials[:1]) == figures(searched[0].trials[:1])
    assert again.trials[1].parameters == _trials.draw_parameters(FixedTrial(killed.params))


def test_trials_are_retried_once_but_the_defaults_until_they_are_finished(tmp_path, capfd):
    with _trials.open_study(tmp_path / "study.db", "test") as study:
        for _ in range(3):  # each of these searches is killed while it runs two trials
            assert _trials.prepare_study(study, n_trials=5) == 5
            trials = [study.ask(), study.ask()]
            for trial in trials:
                draw_parameters(trial)
        drawn = [trial.params for trial in study.trials]
    assert drawn.count(default_point()) == 3
    assert len(drawn) == 6
    assert max(map(drawn.count, [params for params in drawn if params != default_point()])) == 2
    assert capfd.readouterr().err == ""  # Optuna does not log each study


@pytest.mark.parametrize(
    ("attributes", "outcome", "n_reports"),
    [({}, "pruned", 1), ({"is_default": True}, "complete", 2)],
)
def test_a_bad_trial_is_stopped_after_a_fold_unless_it_has_the_defaults(
    samples, attributes, outcome, n_reports
):
    study = optuna.create_study(direction="maximize", pruner=optuna.pruners.MedianPruner())
    good = optuna.create_trial(value=0.9, intermediate_values={0: 0.9, 1: 0.9})
    study.add_trials([good] * 5)
    study.enqueue_trial({}, user_attrs=attributes)
    trial = study.ask()
    found = _trials.cross_validate(DummyClassifier(), trial, **samples)
    assert found["outcome"] == outcome
    assert (found["figures"] is None) == (outcome == "pruned")
    assert len(study.trials[-1].intermediate_values) == n_reports


@pytest.mark.parametrize("damage", [lambda data: b"nonsense" * 9, lambda data: data[:5000]])
def test_a_damaged_database_is_named(tmp_path, damage):
    path = tmp_path / "study.db"
    with _trials.open_study(path, "study") as study:
        study.enqueue_trial({})
    path.write_bytes(damage(path.read_bytes()))
    with (
        pytest.raises(OSError, match=r"study.db cannot be used .* delete it to start"),
        _trials.open_study(path, "study"),
    ):
        pass


@pytest.mark.worker_processes
def test_a_trial_has_the_same_bits_in_a_worker_process(searched, digits_csv):
    result = digit_search(digits_csv, n_trials=1, **SMALL, n_jobs=2)
    assert figures(result.trials) == figures(searched[0].trials[:1])
