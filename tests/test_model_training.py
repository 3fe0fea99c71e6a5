"""A network to keep: which rows it is trained and measured on, and what its file shall say."""

import json

import numpy as np
import pytest

from skdigits import evaluate, load_model, save_model
from skdigits.datasets import load_optdigits, read_digits_csv
from skdigits.model_training import evaluate_model, train_model
from skdigits.persistence import load_predictor

SMALL = {"config": "fast", "epochs": 1, "random_state": 3}


@pytest.fixture(scope="module")
def of_a_file(digits_csv):
    return train_model(digits_csv, cv=2, **SMALL)


@pytest.fixture(scope="module")
def its_file(of_a_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "digits.skdigits"
    save_model(of_a_file.estimator, path, scores=of_a_file.scores())
    return path


def test_of_a_file_a_fifth_is_measured_on_and_not_trained_on(of_a_file, digits_csv):
    digits = read_digits_csv(digits_csv)
    assert (of_a_file.n_train, of_a_file.evaluation.n_samples) == (240, 60)
    assert of_a_file.estimator.training_data_["n_samples"] == 240
    _, in_all = np.unique(digits.target, return_counts=True)
    fifth = of_a_file.evaluation.per_class["support"]
    assert (abs(fifth - in_all / 5) <= 1).all()


def test_the_scores_are_those_of_the_classifier(of_a_file, its_file, digits_csv):
    scores = of_a_file.scores()
    measured = evaluate_model(its_file, digits_csv)  # the fifth that was set aside
    assert scores["test"]["accuracy"] == measured.accuracy == of_a_file.evaluation.accuracy
    assert scores["test"]["confusion_matrix"] == measured.confusion_matrix.tolist()
    low, high = scores["test"]["accuracy_interval"]
    assert low < measured.accuracy < high
    folds = of_a_file.cross_validation.folds
    assert scores["cross_validation"]["accuracies"] == [fold.accuracy for fold in folds]
    assert sum(fold.n_test for fold in folds) == scores["cross_validation"]["n_samples"] == 240
    assert scores["time"]["seconds"] > 0
    assert scores["settings"]["data"] == digits_csv.name  # and not the folder on this machine
    assert load_predictor(its_file).metadata["scores"] == json.loads(json.dumps(of_a_file.scores()))


def test_the_packaged_data_are_parted_by_their_writers():
    model = train_model(**SMALL)
    X, y = load_optdigits(subset="test", return_X_y=True)
    assert model.n_train == 3823
    assert model.cross_validation is None
    assert model.evaluation.accuracy == evaluate(model.estimator, X, y).accuracy


def test_all_rows_are_scored_by_folds_alone(digits_csv, tmp_path):
    done = []
    model = train_model(digits_csv, subset="all", progress=lambda *step: done.append(step), **SMALL)
    assert model.n_train == 300
    assert model.evaluation is None
    assert len(model.cross_validation.folds) == 5
    assert done[-1] == ("Cross-validation", 5, 5)
    scores = model.scores()
    assert scores["test"] is None
    assert scores["split"]["n_test"] == 0
    save_model(model.estimator, tmp_path / "all.skdigits")
    with pytest.warns(UserWarning, match="trained on some or all of these samples"):
        assert evaluate_model(tmp_path / "all.skdigits", digits_csv).n_samples == 300


def test_a_checkpoint_is_used_and_not_kept(digits_csv, tmp_path):
    classifier = train_model(digits_csv, checkpoint=tmp_path / "kept", **SMALL).estimator
    assert list((tmp_path / "kept").iterdir()) == []
    assert classifier.checkpoint is None


def test_rows_not_trained_on_are_measured_on_without_a_word(its_file, tmp_path):
    assert evaluate_model(its_file).n_samples == 1797
    frame = load_optdigits(as_frame=True).frame.astype(int)
    frame.tail(3).to_csv(tmp_path / "few.csv", index=False)
    assert evaluate_model(its_file, tmp_path / "few.csv").n_samples == 3


def test_a_model_of_other_rows_is_refused(tmp_path, tiny):
    X = np.random.default_rng(0).random((40, 16))
    save_model(tiny(epochs=1).fit(X, X[:, 0] > 0.5), tmp_path / "other")
    with pytest.raises(ValueError, match="a model of 16 features"):
        evaluate_model(tmp_path / "other")


def test_labels_that_the_model_does_not_know_are_named(digits, tmp_path, tiny):
    X, y = digits
    save_model(tiny(epochs=1).fit(X[y < 8], y[y < 8]), tmp_path / "some")
    save_model(tiny(epochs=1).fit(X, y.astype(str)), tmp_path / "words")
    for name, labels in (("some", r"\[8, 9\]"), ("words", r"\[0, 1, .*\['0', '1'")):
        with pytest.raises(ValueError, match=f"labels {labels}"):
            evaluate_model(tmp_path / name)


def test_the_same_seed_gives_the_same_model(of_a_file, its_file, digits_csv):
    again = train_model(digits_csv, **SMALL).estimator
    X = load_optdigits().data[:50]
    expected = of_a_file.estimator.predict_proba(X)
    np.testing.assert_array_equal(again.predict_proba(X), expected)
    np.testing.assert_array_equal(load_model(its_file).predict_proba(X), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"subset": "some"}, "subset"), ({"cv": 1}, "cv"), ({"config": "slow"}, "config")],
)
def test_what_is_not_valid_is_named(arguments, message):
    with pytest.raises(ValueError, match=f"The '{message}' parameter"):
        train_model(**arguments)
