"""The study on real digits, its figures computed again in another way."""

import json

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits, read_digits_csv
from skdigits.datasets._cache import write_cache
from skdigits.datasets._packaged import packaged_table
from skdigits.datasets._uci import UciDigits
from skdigits.study import run_study


def test_hold_out_and_folds_are_what_scikit_learn_computes(small_study, digits_csv):
    digits = read_digits_csv(digits_csv)
    X, y = digits.data, digits.target
    clf = DigitCNNClassifier(epochs=2, random_state=3)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
    hold_out = small_study.hold_out
    assert hold_out.evaluation.accuracy == clf.fit(X_train, y_train).score(X_test, y_test)
    assert hold_out.classifier.history_ == clf.history_
    assert (hold_out.n_train, hold_out.evaluation.n_samples) == (240, 60)

    folds = StratifiedKFold(2, shuffle=True, random_state=3)
    scores = cross_val_score(clf, X, y, cv=folds)
    assert [fold.accuracy for fold in small_study.cross_validation.folds] == scores.tolist()
    assert small_study.unseen_writers is None  # not known of a file


def test_the_curves_have_validation_values_and_the_hold_out_took_no_part(small_study):
    history = small_study.validated.history_
    assert [len(history[name]) for name in ("loss", "val_loss", "val_accuracy")] == [2, 2, 2]
    assert sorted(small_study.hold_out.classifier.history_) == ["accuracy", "loss"]


def test_uci_data_and_the_official_split(tmp_path, monkeypatch):
    cache = tmp_path / "optdigits_uci" / "optdigits.npz"
    cache.parent.mkdir()
    write_cache(cache, UciDigits(packaged_table(), {}, [{"name": "class"}]))
    monkeypatch.setenv("SKDIGITS_DATA", str(tmp_path))
    result = run_study("uci", epochs=1, folds=2)

    counts = [108, 102, 107, 118, 117, 97, 123, 124, 105, 123]  # the original study's
    assert result.hold_out.evaluation.per_class["support"].tolist() == counts
    clf = DigitCNNClassifier(epochs=1, random_state=42)
    clf.fit(*load_optdigits(subset="train", return_X_y=True))
    known = clf.score(*load_optdigits(subset="test", return_X_y=True))
    assert result.unseen_writers.evaluation.accuracy == known


def test_the_dict_has_all_that_is_needed_to_get_the_figures_again(small_study, digits_csv):
    figures = small_study.to_dict()
    assert figures["settings"] == {
        "data": str(digits_csv),
        "config": "default",
        "quick": False,
        "epochs": 2,
        "folds": 2,
        "seed": 3,
        "hold_out_split": {"test_size": 0.2, "random_state": 42},
    }
    assert figures["hold_out"]["accuracy"] == small_study.hold_out.evaluation.accuracy
    assert figures["network"]["parameters"] == 53290
    assert sum(layer["parameters"] for layer in figures["network"]["layers"]) == 53290
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
        folds=2,
        progress=lambda *step: steps.append(step),
    )
    assert result.to_dict()["network"]["parameters"] == 102_794
    assert result.settings["epochs"] == 12
    assert result.settings["folds"] == 2
    assert steps[:2] == [("TensorFlow", 0, 1), ("TensorFlow", 1, 1)]
    assert [step for step in steps if step[0] == "Hold-out"] == [
        ("Hold-out", done, 12) for done in range(13)
    ]
    assert steps[-1] == ("Cross-validation", 2, 2)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("config", "best"),
        ("folds", 1),
        ("epochs", 0),
        ("n_jobs", 0),
        ("seed", -1),
        ("seed", 2**32),
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
        run_study(path, folds=40)
    frame[frame.target == 3].head(30).to_csv(path, index=False)
    with pytest.raises(ValueError, match="only one class, 3"):
        run_study(path)


def test_another_seed_keeps_the_hold_out(small_study, digits_csv):
    other = run_study(digits_csv, epochs=1, folds=2, seed=4)
    np.testing.assert_array_equal(other.hold_out.X, small_study.hold_out.X)
    assert other.hold_out.classifier.random_state == 4
