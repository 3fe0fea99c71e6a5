"""Metrics against scikit-learn's own functions, folds against cross_val_score."""

import dataclasses
import json

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.metrics import (
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)
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

from skdigits import evaluate, evaluate_folds


@pytest.fixture
def split(digits):
    X, y = digits
    return X[:300], y[:300], X[300:], y[300:]


def test_the_figures_are_those_of_scikit_learn(split):
    X, y, X_test, y_test = split
    clf = GaussianNB().fit(X, y)
    predicted, probabilities = clf.predict(X_test), clf.predict_proba(X_test)
    result = evaluate(clf, X_test, y_test)

    precision, recall, f1, _ = precision_recall_fscore_support(y_test, predicted, average="macro")
    assert (result.precision, result.recall, result.f1) == (precision, recall, f1)
    assert result.accuracy == clf.score(X_test, y_test)
    assert result.log_loss == log_loss(y_test, probabilities)
    area = roc_auc_score(y_test, probabilities, multi_class="ovr", average="macro")
    assert result.roc_auc == pytest.approx(area, abs=1e-15)
    np.testing.assert_array_equal(result.confusion_matrix, confusion_matrix(y_test, predicted))
    assert result.n_samples == 200


def test_a_digit_network_is_measured_as_any_other(split, tiny):
    X, y, X_test, y_test = split
    clf = tiny(epochs=2).fit(X, y)
    result = evaluate(clf, X_test, y_test)
    assert result.accuracy == clf.score(X_test, y_test)
    assert result.log_loss == pytest.approx(log_loss(y_test, clf.predict_proba(X_test)))


def test_labels_are_sorted_and_name_the_rows_of_table_and_matrix(split):
    X, y, X_test, y_test = split
    names = np.array(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    )
    result = evaluate(GaussianNB().fit(X, names[y]), X_test, names[y_test])

    assert result.labels.tolist() == sorted(names)
    assert result.per_class.index.tolist() == sorted(names)
    support = pd.Series(names[y_test]).value_counts()
    for i, name in enumerate(result.labels):
        assert result.confusion_matrix[i].sum() == support[name]
        assert result.per_class.loc[name, "support"] == support[name]
        recall = result.confusion_matrix[i, i] / support[name]
        assert result.per_class.loc[name, "recall"] == pytest.approx(recall)


def test_two_classes(split):
    X, y, X_test, y_test = split
    clf = GaussianNB().fit(X, y > 4)
    area = roc_auc_score(y_test > 4, clf.predict_proba(X_test)[:, 1])
    result = evaluate(clf, X_test, y_test > 4)
    assert result.per_class.loc[True, "roc_auc"] == area
    assert result.confusion_matrix.shape == (2, 2)


def test_a_class_without_rows_has_no_roc_area(split):
    X, y, X_test, y_test = split
    others = y_test != 3
    result = evaluate(GaussianNB().fit(X, y), X_test[others], y_test[others])
    assert np.isnan(result.per_class.loc[3, "roc_auc"])
    assert np.isnan(result.roc_auc)
    assert result.per_class["roc_auc"].drop(3).notna().all()
    assert 0 < result.accuracy < 1
    assert result.confusion_matrix.shape == (10, 10)


def test_without_probabilities_there_is_no_loss_and_no_roc(split):
    X, y, X_test, y_test = split
    result = evaluate(SVC().fit(X, y), X_test, y_test)
    assert np.isnan([result.log_loss, result.roc_auc]).all()
    assert result.accuracy > 0.9


def test_a_frame_of_one_row_and_a_dict_for_json(split):
    X, y, X_test, y_test = split
    result = evaluate(GaussianNB().fit(X, y), X_test, y_test)
    frame = result.to_frame()
    assert frame.shape == (1, 7)
    assert frame.loc[0, "f1"] == result.f1

    read = json.loads(json.dumps(result.to_dict()))
    assert read["accuracy"] == result.accuracy
    assert read["labels"] == list(range(10))
    assert read["confusion_matrix"] == result.confusion_matrix.tolist()
    assert read["per_class"][4]["label"] == 4
    assert read["per_class"][4]["recall"] == result.per_class.loc[4, "recall"]


def test_the_result_is_frozen(split):
    X, y, X_test, y_test = split
    result = evaluate(GaussianNB().fit(X, y), X_test, y_test)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.accuracy = 1.0


def test_wrong_input_is_named(split):
    X, y, X_test, y_test = split
    with pytest.raises(TypeError, match="instance of a scikit-learn classifier"):
        evaluate(LinearRegression().fit(X, y), X_test, y_test)
    with pytest.raises(TypeError, match="instance of a scikit-learn classifier"):
        evaluate_folds(GaussianNB, X, y)
    with pytest.raises(NotFittedError):
        evaluate(GaussianNB(), X_test, y_test)
    known = y < 8
    with pytest.raises(ValueError, match=r"labels \[8, 9\] that the classifier was not trained on"):
        evaluate(GaussianNB().fit(X[known], y[known]), X_test, y_test)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        evaluate(GaussianNB().fit(X, y), X_test, y_test[:-1])


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


def test_jobs_do_not_change_the_figures(digits, tiny):
    one, two = (
        evaluate_folds(tiny(epochs=1), *digits, cv=2, random_state=0, n_jobs=jobs)
        for jobs in (1, 2)
    )
    figures = ["accuracy", "log_loss"]
    pd.testing.assert_frame_equal(one.to_frame()[figures], two.to_frame()[figures])
    assert [fold.history for fold in one.folds] == [fold.history for fold in two.folds]


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


def test_folds_are_reported_in_order_as_they_end(digits):
    seen = []
    result = evaluate_folds(GaussianNB(), *digits, cv=3, on_fold=seen.append)
    assert tuple(seen) == result.folds


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
