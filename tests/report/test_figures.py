"""The figures show what they say, in the right order, and hide nothing."""

import dataclasses

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.neighbors import KNeighborsClassifier

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.report._figures import FIGURES, figure_names, saliency_row


@pytest.fixture(scope="module")
def figures(study_of_writers):
    before = dict(matplotlib.rcParams)
    drawn = {name: draw(study_of_writers) for name, draw in FIGURES.items()}
    assert dict(matplotlib.rcParams) == before  # no backend is chosen
    assert pyplot.get_fignums() == []
    return drawn


def test_samples_are_images_of_their_class(figures, small_study):
    digits = small_study.digits
    axes = np.array(figures["samples"].axes[1:]).reshape(-1, 10)
    assert [ax.get_title() for ax in axes[0]] == [str(label) for label in range(10)]
    for label, column in enumerate(axes.T):
        drawn = [ax.images[0].get_array() for ax in column]
        known = digits.images[digits.target == label]
        assert all((image == known).all(axis=(1, 2)).any() for image in drawn)
        assert len({image.tobytes() for image in drawn}) == len(drawn)


def test_training_curves_are_labelled_and_have_validation(figures, small_study):
    _, loss, accuracy = figures["training_curves"].axes
    assert loss.get_ylabel() == "Loss (cross-entropy, labels smoothed by 0.1, nats)"
    assert accuracy.get_ylabel() == "Accuracy"
    history = small_study.validated.history_
    for ax, name in ((loss, "loss"), (accuracy, "accuracy")):
        assert ax.get_xlabel() == "Epoch"
        training, validation, _ = ax.lines
        assert training.get_ydata().tolist() == history[name]
        assert validation.get_ydata().tolist() == history[f"val_{name}"]
        assert training.get_xdata().tolist() == [1, 2]


def test_confusion_matrix_has_its_labels_in_the_order_of_its_rows(figures, small_study):
    (ax,) = figures["confusion_matrix"].axes
    for axis in (ax.xaxis, ax.yaxis):
        assert [tick.get_text() for tick in axis.get_ticklabels()] == list("0123456789")
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("True label", "Predicted label")
    hold_out = small_study.hold_out
    predicted = hold_out.estimator.predict(hold_out.X)
    drawn = ax.images[0].get_array()
    for true in range(10):
        for guess in range(10):
            assert drawn[true, guess] == np.sum((hold_out.y == true) & (predicted == guess))
    errors = np.sum(hold_out.y != predicted)
    assert ax.get_title() == f"Hold-out: {errors} errors in 60 images"


def test_roc_curves_are_one_a_class_with_their_areas(figures, small_study):
    (ax,) = figures["roc_curves"].axes
    evaluation = small_study.hold_out.evaluation
    areas = evaluation.per_class["roc_auc"]
    labels = [f"{label} (area {area:.5f})" for label, area in areas.items()]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == labels
    for line, area in zip(ax.lines, areas, strict=True):
        assert np.trapezoid(line.get_ydata(), line.get_xdata()) == pytest.approx(area)
    assert f"{evaluation.roc_auc:.5f}" in figures["roc_curves"].get_suptitle()


def test_roc_curves_fill_the_figure_however_good_they_are(figures, small_study):
    (ax,) = figures["roc_curves"].axes
    assert ax.get_xscale() == "symlog"
    found = [line.get_ydata()[line.get_xdata() == 0].max() for line in ax.lines]
    low, high = ax.get_ylim()
    assert low < min(found) < low + 0.1 * (high - low)
    fit = small_study.hold_out
    perfect = dataclasses.replace(fit, probabilities=np.eye(10)[fit.y.astype(int)])
    study = dataclasses.replace(small_study, hold_out=perfect)
    low, high = FIGURES["roc_curves"](study).axes[0].get_ylim()
    assert low < 1 < high


def test_the_reliability_figure_counts_mistakes_made_and_expected(figures, small_study):
    (ax,) = figures["reliability"].axes
    fit = small_study.hold_out
    made, expected = ax.lines
    assert made.get_ydata()[-1] == np.sum(fit.estimator.predict(fit.X) != fit.y)
    proba = fit.estimator.predict_proba(fit.X)
    np.testing.assert_allclose(expected.get_ydata()[-1], np.sum(1 - proba.max(axis=1)))
    assert ax.get_title().endswith(f"{fit.evaluation.calibration_error:.4f}")


def test_fold_curves_have_their_mean(figures, small_study):
    _, training, accuracy, log_loss = figures["folds"].axes
    folds = small_study.cross_validation
    assert training.get_ylabel() == "Loss (cross-entropy, labels smoothed by 0.1, nats)"
    for ax, name in ((accuracy, "accuracy"), (log_loss, "log_loss")):
        known = [getattr(fold, name) for fold in folds.folds]
        assert ax.collections[0].get_offsets()[:, 1].tolist() == known
        assert any(f"{getattr(folds, name):.4f}" in text.get_text() for text in ax.texts)
    *each, mean = training.lines
    assert len(each) == 2
    np.testing.assert_allclose(mean.get_ydata(), np.mean([line.get_ydata() for line in each], 0))


def test_feature_maps_are_those_of_the_trained_network(figures, small_study):
    figure = figures["feature_maps"]
    _, image, *layers = figure.axes
    fit = small_study.hold_out
    drawn = image.images[0].get_array().reshape(1, -1)
    assert (drawn == fit.X).all(axis=1).any()
    (probabilities,) = fit.estimator.predict_proba(drawn)
    title = f"says {fit.estimator.predict(drawn)[0]}, with probability {probabilities.max():.2f}"
    assert figure.get_suptitle().endswith(title)
    maps = fit.estimator.feature_maps(drawn)
    for ax, (name, values) in zip(layers, maps.items(), strict=True):
        assert ax.get_ylabel().startswith(f"{name}\n{values.shape[-1]} maps")
        shown = np.ma.masked_invalid(ax.images[0].get_array()).compressed()
        assert set(np.unique(shown)) == set(np.unique(values))


def test_maps_of_one_value_are_not_black(small_study):
    X, y = small_study.digits.data, small_study.digits.target
    clf = DigitCNNClassifier(filters=(4, 4, 4), pool_after=None, epochs=1, random_state=0)
    hold_out = dataclasses.replace(small_study.hold_out, estimator=clf.fit(X, y))
    figure = FIGURES["feature_maps"](dataclasses.replace(small_study, hold_out=hold_out))
    last = figure.axes[-1]
    assert "1x1" in last.get_ylabel()
    picture = last.images[0]
    values = np.ma.masked_invalid(picture.get_array())
    brightness = picture.to_rgba(values)[..., :3].sum(axis=-1)
    assert brightness[values == values.max()].min() > 2.5  # of 3


def test_figures_of_writers_need_writers(small_study, study_of_writers):
    of_writers = {"confusion_matrix_of_unseen_writers", "writer_folds"}
    assert set(figure_names(study_of_writers)) - set(figure_names(small_study)) == of_writers


@pytest.fixture(scope="module")
def neighbours(small_study):
    """Neighbours on 18 rows of UCI's test subset; the one mistake has a doubtful label."""
    clf = KNeighborsClassifier(15).fit(*load_optdigits(subset="train", return_X_y=True))
    X, y = load_optdigits(subset="test", return_X_y=True)
    X, y = X[1030:1048], y[1030:1048]
    fit = dataclasses.replace(
        small_study.hold_out, estimator=clf, X=X, y=y, probabilities=clf.predict_proba(X)
    )
    assert np.flatnonzero(fit.predicted != y).tolist() == [8]
    return fit


def test_doubtful_labels_are_not_explained(neighbours):
    certainty = neighbours.probabilities.max(axis=1)
    assert saliency_row(neighbours) == np.argmin(np.where(np.arange(18) == 8, 1, certainty))
    other = neighbours.y.copy()
    other[3] = 0  # a mistake beyond doubt
    assert saliency_row(dataclasses.replace(neighbours, y=other)) == 3


def test_images_with_a_doubtful_label_are_marked(small_study, neighbours):
    study = dataclasses.replace(small_study, unseen_writers=neighbours)
    for kind in ("mistakes", "least_certain"):
        below = [ax.get_xlabel() for ax in FIGURES[kind](study).axes if ax.images]
        doubtful = [text for text in below if "doubtful" in text]
        assert doubtful == ["row 8: label doubtful"]
