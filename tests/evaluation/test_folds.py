"""Folds against scikit-learn's cross-validation."""

import json

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedKFold,
    cross_val_score,
    cross_validate,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skdigits import evaluate_folds
from skdigits.datasets import load_optdigits


def test_folds_are_those_of_cross_validation(digits, tiny):
    X, y = digits
    clf, cv = tiny(epochs=2), StratifiedKFold(3, shuffle=True, random_state=5)
    result = evaluate_folds(clf, X, y, cv=cv)

    known = cross_validate(clf, X, y, cv=cv, scoring=["accuracy", "neg_log_loss"])
    accuracies = [fold.accuracy for fold in result.folds]
    np.testing.assert_array_equal(accuracies, known["test_accuracy"])
    np.testing.assert_allclose([f.log_loss for f in result.folds], -known["test_neg_log_loss"])
    assert result.accuracy == np.mean(accuracies)
    assert result.accuracy_sd == np.std(accuracies)
    for number, (fold, (train, test)) in enumerate(zip(result.folds, cv.split(X, y), strict=True)):
        assert fold.fold == number + 1
        assert (fold.n_train, fold.n_test) == (len(train), len(test))
        assert fold.history == tiny(epochs=2).fit(X[train], y[train]).history_
        assert fold.fit_seconds > 0


def test_a_number_of_folds_makes_them_stratified_shuffled_and_seeded(digits):
    by_number = evaluate_folds(GaussianNB(), *digits, cv=4, random_state=7)
    cv = StratifiedKFold(4, shuffle=True, random_state=7)
    scores = cross_val_score(GaussianNB(), *digits, cv=cv)
    np.testing.assert_array_equal(by_number.to_frame()["accuracy"], scores)
    other = evaluate_folds(GaussianNB(), *digits, cv=4, random_state=8)
    assert not by_number.to_frame()["accuracy"].equals(other.to_frame()["accuracy"])


@pytest.mark.parametrize(
    ("cv", "groups"), [(KFold(3), None), (GroupKFold(3), np.arange(500) // 50)]
)
def test_any_splitter_any_classifier_and_groups(digits, cv, groups):
    X, y = digits
    clf = make_pipeline(StandardScaler(), SVC())
    result = evaluate_folds(clf, pd.DataFrame(X), pd.Series(y), cv=cv, groups=groups)
    scores = cross_val_score(clf, X, y, cv=cv, groups=groups)
    np.testing.assert_array_equal([fold.accuracy for fold in result.folds], scores)
    assert result.folds[0].history is None


def test_folds_become_a_frame_and_a_dict_for_json(digits, tiny):
    result = evaluate_folds(tiny(epochs=1), *digits, cv=2, random_state=0)
    frame = result.to_frame()
    assert frame.index.tolist() == [1, 2]
    assert "history" not in frame
    read = json.loads(json.dumps(result.to_dict()))
    assert read["log_loss"] == result.log_loss
    assert read["folds"][1]["history"] == result.folds[1].history


def test_an_interrupt_ends_the_cross_validation(digits, tiny):
    class PressCtrlC(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    seen = []
    with pytest.raises(KeyboardInterrupt, match="1 finished of 2 epochs"):
        evaluate_folds(tiny(epochs=2, callbacks=[PressCtrlC()]), *digits, cv=2, on_fold=seen.append)
    assert seen == []


def test_a_backend_that_gives_all_results_at_the_end_gives_the_same(digits):
    seen = []
    one = evaluate_folds(GaussianNB(), *digits, cv=2, random_state=0, on_fold=seen.append)
    assert tuple(seen) == one.folds
    seen.clear()
    with joblib.parallel_config("multiprocessing"):
        two = evaluate_folds(
            GaussianNB(), *digits, cv=2, random_state=0, n_jobs=2, on_fold=seen.append
        )
    assert two.accuracy == one.accuracy
    assert [fold.fold for fold in seen] == [1, 2]


def test_equal_samples_on_both_sides_of_a_fold_are_warned_of(digits):
    X, y = (np.repeat(part[:60], 3, axis=0) for part in digits)
    with pytest.warns(UserWarning, match=r"^\d\d samples are both in .*GroupKFold") as caught:
        evaluate_folds(GaussianNB(), X, y, cv=3, random_state=0)
    assert caught[0].filename == __file__
    evaluate_folds(GaussianNB(), X, y, cv=GroupKFold(3), groups=np.arange(180) // 3)


def test_no_sample_of_the_packaged_data_occurs_twice():
    evaluate_folds(GaussianNB(), *load_optdigits(return_X_y=True), cv=2, random_state=0)
