"""Metrics against scikit-learn's own functions."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import (
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

from skdigits import evaluate
from skdigits.evaluation import expected_calibration_error


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


def test_a_digit_network_is_measured_as_any_other(split, small_classifier, monkeypatch):
    *_, X_test, y_test = split
    probabilities = small_classifier.predict_proba(X_test)
    score = small_classifier.score(X_test, y_test)
    asked = []
    predict_proba = type(small_classifier).predict_proba
    monkeypatch.setattr(
        type(small_classifier),
        "predict_proba",
        lambda self, X: asked.append(len(X)) or predict_proba(self, X),
    )
    result = evaluate(small_classifier, X_test, y_test)
    assert asked == [200]  # predicted once
    assert result.accuracy == score
    assert result.log_loss == pytest.approx(log_loss(y_test, probabilities))


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
    clf = GaussianNB().fit(X, y)
    result = evaluate(clf, X_test[others], y_test[others])
    assert np.isnan(result.per_class.loc[3, "roc_auc"])
    assert np.isnan(result.roc_auc)
    probabilities = clf.predict_proba(X_test[others])
    error = expected_calibration_error(y_test[others], probabilities, labels=clf.classes_)
    assert result.calibration_error == error
    assert result.per_class["roc_auc"].drop(3).notna().all()
    assert 0 < result.accuracy < 1
    assert result.confusion_matrix.shape == (10, 10)


def test_without_probabilities_there_is_no_loss_no_roc_and_no_calibration(split):
    X, y, X_test, y_test = split
    result = evaluate(SVC().fit(X, y), X_test, y_test)
    assert np.isnan([result.log_loss, result.roc_auc, result.calibration_error]).all()
    assert result.accuracy > 0.9


def test_a_frame_of_one_row_and_a_dict_for_json(split):
    X, y, X_test, y_test = split
    result = evaluate(GaussianNB().fit(X, y), X_test, y_test)
    frame = result.to_frame()
    assert frame.shape == (1, 8)
    assert frame.columns[-1] == "calibration_error"
    assert frame.loc[0, "f1"] == result.f1
    assert frame.loc[0, "calibration_error"] == result.calibration_error

    read = json.loads(json.dumps(result.to_dict()))
    assert read["accuracy"] == result.accuracy
    assert read["calibration_error"] == result.calibration_error
    assert read["labels"] == list(range(10))
    assert read["confusion_matrix"] == result.confusion_matrix.tolist()
    assert read["per_class"][4]["label"] == 4
    assert read["per_class"][4]["recall"] == result.per_class.loc[4, "recall"]


def test_wrong_input_is_named(split):
    X, y, X_test, y_test = split
    with pytest.raises(TypeError, match="instance of a scikit-learn classifier"):
        evaluate(LinearRegression().fit(X, y), X_test, y_test)
    known = y < 8
    with pytest.raises(ValueError, match=r"labels \[8, 9\] that the classifier was not trained on"):
        evaluate(GaussianNB().fit(X[known], y[known]), X_test, y_test)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        evaluate(GaussianNB().fit(X, y), X_test, y_test[:-1])
