"""The search: figures of its trials, pruning, resuming after a kill, the best network."""

import json
import signal
import subprocess
import sys
from functools import partial

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


@pytest.fixture
def measure(monkeypatch):
    """Run trials of a study in a folder, with a made-up accuracy that grows with the dropout."""

    def cross_validate(estimator, trial):
        accuracy = 0.9 + 0.1 * estimator.dropout
        return {"outcome": "complete", "accuracy": accuracy, "cpu_seconds": 1.0}

    def measure(folder, seeds):
        open_study = partial(_trials.open_study, folder / "study.db", "test")
        with open_study() as study:
            _trials.prepare_study(study, len(seeds))
        for seed in seeds:
            _trials.run_trial(open_study, np.inf, DigitCNNClassifier(), seed)

    monkeypatch.setattr(_trials, "cross_validate", cross_validate)
    return measure


def begin(study, n_trials):
    """Draw trials, as a process does that dies soon after."""
    for _ in range(n_trials):
        draw_parameters(study.ask())


def test_a_trial_that_kills_its_process_twice_is_skipped_and_named(tmp_path, capfd):
    with _trials.open_study(tmp_path / "study.db", "test") as study:
        missing = []
        for _ in range(3):
            missing.append(_trials.prepare_study(study, n_trials=5))
            begin(study, 2)
        drawn = [trial.params for trial in study.trials if trial.state != TrialState.PRUNED]
        trials, _ = _trials.read_trials(study, 5)
    assert missing == [5, 5, 4]
    assert drawn.count(default_point()) == 3
    assert max(map(drawn.count, [params for params in drawn if params != default_point()])) == 2
    (killed,) = trials
    assert (killed.name, killed.outcome) == ("trial 4", "killed")
    assert killed.parameters == _trials.draw_parameters(FixedTrial(drawn[1]))
    assert capfd.readouterr().err == ""  # Optuna does not log each study


def test_ctrl_c_does_not_count_as_a_death(tmp_path):
    with _trials.open_study(tmp_path / "study.db", "test") as study:
        _trials.prepare_study(study, n_trials=5)
        begin(study, 2)
        for _ in range(3):
            _trials.queue_unfinished(study, n_deaths=0)
            begin(study, 1)
        drawn = [trial.params for trial in study.trials if trial.params != default_point()]
    assert drawn == [drawn[0]] * 4


@pytest.mark.parametrize("interrupted", ["add_trial", "tell"])
def test_a_kill_while_unfinished_trials_are_queued_loses_and_repeats_nothing(
    tmp_path, monkeypatch, interrupted
):
    def killed(*given, **parameters):
        raise SystemExit

    with _trials.open_study(tmp_path / "study.db", "test") as study:
        _trials.prepare_study(study, n_trials=5)
        begin(study, 2)
        with monkeypatch.context() as patch:
            patch.setattr(optuna.Study, interrupted, killed)
            with pytest.raises(SystemExit):
                _trials.prepare_study(study, n_trials=5)
        _trials.prepare_study(study, n_trials=5)
        begin(study, 2)
        drawn = [trial.params for trial in study.trials]
    assert len(drawn) == 4
    assert drawn.count(default_point()) == drawn.count(drawn[1]) == 2


def test_with_fewer_trials_all_parts_of_the_result_are_of_the_first_ones(tmp_path, measure):
    results = []
    for name, n_measured in (("more", 9), ("as_many", 6)):
        (tmp_path / name).mkdir()
        measure(tmp_path / name, range(n_measured))
        with _trials.open_study(tmp_path / name / "study.db", "test") as study:
            results.append(_trials.read_trials(study, 6))
    (trials, importances), expected = results
    assert (figures(trials), importances) == (figures(expected[0]), expected[1])
    assert len(trials) == 6
    assert importances


def cut(path):
    path.write_bytes(path.read_bytes()[:-5000])


def flip_bits(path):
    content = path.read_bytes()
    assert b'"accuracy": 0.92' in content
    path.write_bytes(content.replace(b'"accuracy": 0.92', b'"accuracy": 0.93'))


def write_nonsense(path):
    path.write_text("nonsense" * 100)


def put_a_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [cut, flip_bits, write_nonsense, put_a_folder])
def test_damaged_trials_are_an_error_that_names_the_file(tmp_path, measure, damage):
    measure(tmp_path, range(2))
    damage(tmp_path / "study.db")
    message = rf"The trials in {tmp_path}/study\.db cannot be used \(.+\)\. Make the file"
    with (
        pytest.raises(OSError, match=message),
        _trials.open_study(tmp_path / "study.db", "test"),
    ):
        pass


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


@pytest.mark.worker_processes
def test_a_trial_has_the_same_bits_in_a_worker_process(searched, digits_csv):
    result = digit_search(digits_csv, n_trials=1, **SMALL, n_jobs=2)
    assert figures(result.trials) == figures(searched[0].trials[:1])
