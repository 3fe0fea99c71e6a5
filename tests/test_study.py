"""The study on real digits, its figures computed again in another way."""

import json

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    StratifiedKFold,
    cross_val_score,
    train_test_split,
)

from skdigits import DigitCNNClassifier
from skdigits.baselines import make_baseline
from skdigits.datasets import load_optdigits, read_digits_csv, writer_groups
from skdigits.evaluation import FoldsEvaluation, evaluate
from skdigits.study import _run, run_study


def test_hold_out_and_folds_are_what_scikit_learn_computes(small_study, digits_csv):
    digits = read_digits_csv(digits_csv)
    X, y = digits.data, digits.target
    clf = DigitCNNClassifier(epochs=2, random_state=3)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
    hold_out = small_study.hold_out
    assert hold_out.evaluation.accuracy == clf.fit(X_train, y_train).score(X_test, y_test)
    assert hold_out.estimator.history_ == clf.history_
    assert (hold_out.n_train, hold_out.evaluation.n_samples) == (240, 60)

    folds = StratifiedKFold(2, shuffle=True, random_state=3)
    scores = cross_val_score(clf, X, y, cv=folds)
    assert [fold.accuracy for fold in small_study.cross_validation.folds] == scores.tolist()


def test_the_writers_of_a_file_are_not_known(small_study):
    figures = small_study.to_dict()
    for name in ("unseen_writers", "writer_folds", "shuffled_folds"):
        assert getattr(small_study, name) is None
        assert figures[name] is None


def test_the_curves_have_validation_values_and_the_hold_out_took_no_part(small_study):
    history = small_study.validated.history_
    assert [len(history[name]) for name in ("loss", "val_loss", "val_accuracy")] == [2, 2, 2]
    assert sorted(small_study.hold_out.estimator.history_) == ["accuracy", "loss"]


def test_the_predictions_of_the_hold_out_are_kept(small_study):
    fit = small_study.hold_out
    np.testing.assert_array_equal(fit.probabilities, fit.estimator.predict_proba(fit.X))
    np.testing.assert_array_equal(fit.predicted, fit.estimator.predict(fit.X))
    again = evaluate(fit.estimator, fit.X, fit.y)
    assert fit.evaluation.to_dict() == again.to_dict()


@pytest.fixture(scope="module")
def packaged_study(made_once):
    """The smallest study of the packaged data, with its steps."""

    def study():
        steps = []
        progress = lambda *step: steps.append(step)  # noqa: E731
        return run_study(config="fast", epochs=1, cv=2, progress=progress), steps

    return made_once("packaged_study", study)


def test_the_fast_configuration_is_that_of_the_classifier(packaged_study):
    result, _ = packaged_study
    clf = DigitCNNClassifier.fast(epochs=1, random_state=42)
    assert result.settings["config"] == "fast"
    assert result.hold_out.estimator.get_params() == clf.get_params()
    assert result.validated.get_params() == {**clf.get_params(), "validation_fraction": 0.1}


def test_folds_of_writers_and_shuffled_ones_are_what_scikit_learn_computes(packaged_study):
    result, _ = packaged_study
    X, y = load_optdigits(subset="test", return_X_y=True)
    by_writer = GroupKFold(2).split(X, y, writer_groups())
    shuffled = StratifiedKFold(2, shuffle=True, random_state=42).split(X, y)
    for folds, cv in ((result.writer_folds, by_writer), (result.shuffled_folds, shuffled)):
        splits = list(cv)
        sizes = [(fold.n_train, fold.n_test) for fold in folds.folds]
        assert sizes == [(len(train), len(test)) for train, test in splits]
        clf = DigitCNNClassifier.fast(epochs=1, random_state=42)
        scores = cross_val_score(clf, X, y, cv=splits)
        assert [fold.accuracy for fold in folds.folds] == scores.tolist()


def test_the_dict_has_the_folds_of_writers_and_the_shuffled_ones(packaged_study):
    result, _ = packaged_study
    figures = json.loads(json.dumps(result.to_dict()))
    for name in ("writer_folds", "shuffled_folds"):
        assert figures[name] == getattr(result, name).to_dict()
        assert sum(fold["n_test"] for fold in figures[name]["folds"]) == 1797
        assert len(figures[name]["folds"]) == 2


def test_baselines_are_measured_on_the_splits_of_the_network(packaged_study):
    result, _ = packaged_study
    X, y = load_optdigits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
    assert list(result.baselines) == ["svc", "knn"]
    for name, found in result.baselines.items():
        classifier = make_baseline(name)
        assert found.hold_out.accuracy == classifier.fit(X_train, y_train).score(X_test, y_test)
        classifier.fit(*load_optdigits(subset="train", return_X_y=True))
        unseen = classifier.score(*load_optdigits(subset="test", return_X_y=True))
        assert found.unseen_writers.accuracy == unseen
        folds = StratifiedKFold(2, shuffle=True, random_state=42)
        scores = cross_val_score(classifier, X, y, cv=folds)
        assert [fold.accuracy for fold in found.cross_validation.folds] == scores.tolist()
    assert result.to_dict()["baselines"]["knn"] == result.baselines["knn"].to_dict()


def test_every_step_is_reported_from_none_to_all(packaged_study):
    _, steps = packaged_study
    assert list(dict.fromkeys(name for name, _, _ in steps)) == [
        "TensorFlow",
        "Hold-out",
        "Validation curves",
        "Unseen writers",
        "Cross-validation",
        "Folds of writers",
        "Shuffled folds",
        "Baselines",
    ]
    for name in ("Cross-validation", "Folds of writers", "Shuffled folds"):
        done = dict.fromkeys(step for step in steps if step[0] == name)
        assert list(done) == [(name, n_epochs, 2) for n_epochs in range(3)]


def test_writers_are_never_split_and_no_more_folds_than_writers(monkeypatch):
    calls = []

    def spy_on_baseline(estimator, X, y, splits, **parameters):
        calls.append((X, y, len(splits), None))
        return ()

    def spy(self, step, rows, cv, groups=None):
        calls.append((*rows, cv, groups))
        return FoldsEvaluation(())

    monkeypatch.setattr(_run, "evaluate_splits", spy_on_baseline)
    monkeypatch.setattr(_run._Steps, "cross_validate", spy)
    monkeypatch.setattr(_run._Steps, "fit", lambda *arguments, **parameters: (None, 0))
    monkeypatch.setattr(_run._Steps, "fit_and_evaluate", lambda *arguments: None)
    run_study(config="fast", epochs=1, cv=20)
    (all_rows, _, all_cv, _), by_writer, shuffled, *baselines = calls
    assert [(len(X), cv) for X, _, cv, _ in baselines] == [(5620, 20)] * 2
    assert (len(all_rows), all_cv) == (5620, 20)

    X_test, y_test = load_optdigits(subset="test", return_X_y=True)
    for X, y, _, _ in (by_writer, shuffled):
        np.testing.assert_array_equal(X, X_test)
        np.testing.assert_array_equal(y, y_test)
    X, y, cv, groups = by_writer
    np.testing.assert_array_equal(groups, writer_groups())
    assert cv.get_n_splits() == shuffled[2] == 14
    for train, test in cv.split(X, y, groups):
        assert set(groups[train]).isdisjoint(groups[test])
    assert shuffled[3] is None


def test_the_dict_has_all_that_is_needed_to_get_the_figures_again(small_study):
    figures = small_study.to_dict()
    assert figures["settings"] == {
        "data": small_study.settings["data"],
        "config": "default",
        "quick": False,
        "epochs": 2,
        "cv": 2,
        "random_state": 3,
        "hold_out_split": {"test_size": 0.2, "random_state": 42},
    }
    assert figures["hold_out"]["accuracy"] == small_study.hold_out.evaluation.accuracy
    parameters = small_study.hold_out.estimator.model_.count_params()
    assert figures["network"]["parameters"] == parameters
    assert sum(layer["parameters"] for layer in figures["network"]["layers"]) == parameters
    assert sum(figures["data"]["samples_per_class"].values()) == 300
    assert figures["network"]["hyper_parameters"]["random_state"] == 3
    assert {"python", "tensorflow", "scikit-learn"} <= figures["versions"].keys()
    json.dumps(figures)


def test_reference_and_quick_set_what_is_not_given(digits_csv):
    steps = []
    result = run_study(
        digits_csv,
        config="reference",
        quick=True,
        progress=lambda *step: steps.append(step),
    )
    assert result.to_dict()["network"]["parameters"] == 102_794
    assert result.settings["epochs"] == 8
    assert result.settings["cv"] == 3
    assert steps[:2] == [("TensorFlow", 0, 1), ("TensorFlow", 1, 1)]
    assert [step for step in steps if step[0] == "Hold-out"] == [
        ("Hold-out", done, 8) for done in range(9)
    ]
    done = dict.fromkeys(step for step in steps if step[0] == "Cross-validation")
    assert list(done) == [("Cross-validation", n_epochs, 24) for n_epochs in range(25)]
    assert steps[-1] == ("Baselines", 2, 2)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("config", "best"),
        ("cv", 1),
        ("epochs", 0),
        ("n_jobs", 0),
        ("random_state", -1),
        ("random_state", 2**32),
        ("quick", "yes"),
    ],
)
def test_a_wrong_setting_is_named(parameter, value):
    with pytest.raises(ValueError, match=f"The '{parameter}' parameter of run_study must be"):
        run_study(**{parameter: value})


def test_too_few_rows_are_refused_before_training(tmp_path):
    frame = load_optdigits(as_frame=True).frame.astype(int)
    path = tmp_path / "digits.csv"
    frame.head(120).to_csv(path, index=False)
    with pytest.raises(ValueError, match=r"Class 5 has 9 rows; .* needs at least 10 of each"):
        run_study(path)
    frame.head(300).to_csv(path, index=False)
    with pytest.raises(ValueError, match="a study with 40 folds needs at least 40 of each"):
        run_study(path, cv=40)
    frame[frame.target == 3].head(30).to_csv(path, index=False)
    with pytest.raises(ValueError, match="only one class, 3"):
        run_study(path)
