"""The figures say what they show, in the right order, and hide nothing."""

import dataclasses

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot

from skdigits import DigitCNNClassifier
from skdigits.report._figures import FIGURES, _mosaic


@pytest.fixture(scope="module")
def figures(small_study):
    return {name: draw(small_study) for name, draw in FIGURES.items()}


def test_samples_are_images_of_their_class(figures, small_study):
    digits = small_study.digits
    axes = np.array(figures["samples"].axes).reshape(-1, 10)
    assert [ax.get_title() for ax in axes[0]] == [str(label) for label in range(10)]
    for label, column in enumerate(axes.T):
        drawn = [ax.images[0].get_array() for ax in column]
        known = digits.images[digits.target == label]
        assert all((image == known).all(axis=(1, 2)).any() for image in drawn)
        assert len({image.tobytes() for image in drawn}) == len(drawn)


def test_training_curves_are_labelled_as_what_they_are(figures, small_study):
    loss, accuracy = figures["training_curves"].axes
    assert loss.get_ylabel() == "Loss (cross-entropy, labels smoothed by 0.1, nats)"
    assert accuracy.get_ylabel() == "Accuracy"
    history = small_study.validated.history_
    for ax, name in ((loss, "loss"), (accuracy, "accuracy")):
        assert ax.get_xlabel() == "Epoch"
        training, validation = ax.lines
        assert training.get_label() == "training rows, while training"
        assert validation.get_label() == "validation rows, after the epoch"
        assert training.get_ydata().tolist() == history[name]
        assert validation.get_ydata().tolist() == history[f"val_{name}"]
        assert training.get_xdata().tolist() == [1, 2]


def test_confusion_matrix_has_its_labels_in_the_order_of_its_rows(figures, small_study):
    (ax,) = figures["confusion_matrix"].axes
    for axis in (ax.xaxis, ax.yaxis):
        assert [tick.get_text() for tick in axis.get_ticklabels()] == list("0123456789")
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("True label", "Predicted label")
    hold_out = small_study.hold_out
    predicted = hold_out.classifier.predict(hold_out.X)
    drawn = ax.images[0].get_array()
    for true in range(10):
        for guess in range(10):
            assert drawn[true, guess] == np.sum((hold_out.y == true) & (predicted == guess))
    errors = np.sum(hold_out.y != predicted)
    assert ax.get_title() == f"Hold-out: {errors} errors in 60 images"


def test_roc_curves_are_one_a_class_with_their_areas(figures, small_study):
    whole, corner = figures["roc_curves"].axes
    evaluation = small_study.hold_out.evaluation
    labels = [f"{k} (area {area:.5f})" for k, area in evaluation.per_class["roc_auc"].items()]
    assert [text.get_text() for text in whole.get_legend().get_texts()] == labels
    for ax in (whole, corner):
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("False positive rate", "True positive rate")
    for line, area in zip(whole.lines, evaluation.per_class["roc_auc"], strict=False):
        assert np.trapezoid(line.get_ydata(), line.get_xdata()) == pytest.approx(area)
    assert f"{evaluation.roc_auc:.5f}" in figures["roc_curves"].get_suptitle()


def test_fold_curves_have_their_mean(figures, small_study):
    accuracy, log_loss, training = figures["folds"].axes
    folds = small_study.cross_validation
    assert accuracy.get_ylabel() == "Accuracy"
    assert log_loss.get_ylabel() == "Log-loss (nats)"
    assert training.get_ylabel() == "Loss (cross-entropy, labels smoothed by 0.1, nats)"
    assert list(accuracy.lines[0].get_ydata()) == [fold.accuracy for fold in folds.folds]
    assert set(accuracy.lines[1].get_ydata()) == {folds.accuracy}
    *each, mean = training.lines
    assert len(each) == 2
    np.testing.assert_allclose(mean.get_ydata(), np.mean([line.get_ydata() for line in each], 0))


def test_feature_maps_are_those_of_the_trained_network(figures, small_study):
    image, bars, *layers = figures["feature_maps"].axes
    fit = small_study.hold_out
    drawn = image.images[0].get_array().reshape(1, -1)
    assert (drawn == fit.X).all(axis=1).any()
    heights = [bar.get_height() for bar in bars.patches]
    np.testing.assert_allclose(heights, fit.classifier.predict_proba(drawn)[0])
    maps = fit.classifier.feature_maps(drawn)
    for ax, (name, values) in zip(layers, maps.items(), strict=True):
        assert ax.get_ylabel().startswith(f"{name}\n{values.shape[-1]} maps")
        shown = np.ma.masked_invalid(ax.images[0].get_array()).compressed()
        assert set(np.unique(shown)) == set(np.unique(values))


def test_maps_of_one_value_are_not_black(small_study):
    X, y = small_study.digits.data, small_study.digits.target
    clf = DigitCNNClassifier(filters=(4, 4, 4), pool_after=None, epochs=1, random_state=0)
    clf.fit(X, y)
    hold_out = dataclasses.replace(small_study.hold_out, classifier=clf)
    figure = FIGURES["feature_maps"](dataclasses.replace(small_study, hold_out=hold_out))
    last = figure.axes[-1]
    assert "1x1" in last.get_ylabel()
    picture = last.images[0]
    values = np.ma.masked_invalid(picture.get_array())
    brightness = picture.to_rgba(values)[..., :3].sum(axis=-1)
    assert brightness[values == values.max()].min() > 2.5  # of 3


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 40)),
    st.integers(0, 2**32 - 1),
)
def test_mosaic_shows_every_map_in_its_place_and_nothing_else(shape, seed):
    maps = np.random.default_rng(seed).normal(size=shape)
    mosaic = _mosaic(maps)
    for number in range(shape[-1]):
        top, left = (27 * place for place in divmod(number, 16))
        tile = mosaic[top : top + 24, left : left + 24]
        assert set(np.unique(tile)) == set(np.unique(maps[:, :, number]))
        assert tile[0, 0] == maps[0, 0, number]
        assert tile[-1, -1] == maps[-1, -1, number]
    assert np.sum(np.isfinite(mosaic)) == shape[-1] * 24 * 24


def test_drawing_chooses_no_backend_and_opens_no_figure(small_study):
    before = dict(matplotlib.rcParams)
    for draw in FIGURES.values():
        draw(small_study)
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []
