"""The figures say what they show, in the right order, and hide nothing."""

import base64
import dataclasses
import io

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image
from sklearn.dummy import DummyClassifier
from sklearn.metrics import roc_curve
from sklearn.neighbors import KNeighborsClassifier

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.report._embed import embed
from skdigits.report._figures import FIGURES, PAGE_FIGURES, average_roc_curve, saliency_row


@pytest.fixture(scope="module")
def figures(small_study):
    return {name: draw(small_study) for name, draw in FIGURES.items()}


def test_samples_are_images_of_their_class(figures, small_study):
    digits = small_study.digits
    axes = np.array(figures["samples"].axes[1:]).reshape(-1, 10)
    assert [ax.get_title() for ax in axes[0]] == [str(label) for label in range(10)]
    for label, column in enumerate(axes.T):
        drawn = [ax.images[0].get_array() for ax in column]
        known = digits.images[digits.target == label]
        assert all((image == known).all(axis=(1, 2)).any() for image in drawn)
        assert len({image.tobytes() for image in drawn}) == len(drawn)


def test_training_curves_are_labelled_as_what_they_are(figures, small_study):
    _, loss, accuracy = figures["training_curves"].axes
    assert loss.get_ylabel() == "Loss (cross-entropy, labels smoothed by 0.1, nats)"
    assert accuracy.get_ylabel() == "Accuracy"
    history = small_study.validated.history_
    for ax, name in ((loss, "loss"), (accuracy, "accuracy")):
        assert ax.get_xlabel() == "Epoch"
        training, validation, best = ax.lines
        assert best.get_label().startswith("best epoch")
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
    labels = [f"{k} (area {area:.5f})" for k, area in evaluation.per_class["roc_auc"].items()]
    *named, mean = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named == labels
    assert mean == f"mean (area {evaluation.roc_auc:.5f})"
    assert ax.get_xlabel() == "False positive rate (logarithmic)"
    assert ax.get_ylabel() == "True positive rate"
    for line, area in zip(ax.lines, evaluation.per_class["roc_auc"], strict=False):
        assert np.trapezoid(line.get_ydata(), line.get_xdata()) == pytest.approx(area)
    assert f"{evaluation.roc_auc:.5f}" in figures["roc_curves"].get_suptitle()


def test_the_mean_of_the_roc_curves_has_the_mean_of_their_areas(figures, small_study):
    (ax,) = figures["roc_curves"].axes
    *_, mean = ax.lines
    area = np.trapezoid(mean.get_ydata(), mean.get_xdata())
    assert area == pytest.approx(small_study.hold_out.evaluation.roc_auc)
    assert mean.get_label() == f"mean (area {area:.5f})"


def test_roc_curves_fill_the_figure_however_good_they_are(figures, small_study):
    (ax,) = figures["roc_curves"].axes
    assert ax.get_xscale() == "symlog"
    found = [line.get_ydata()[line.get_xdata() == 0].max() for line in ax.lines[:-1]]
    low, high = ax.get_ylim()
    assert low < min(found) < low + 0.1 * (high - low)
    fit = small_study.hold_out
    perfect = np.eye(10)[np.searchsorted(fit.estimator.classes_, fit.y)]
    estimator = DummyClassifier(strategy="prior").fit(fit.X, fit.y)
    estimator.predict_proba = lambda X: perfect
    study = dataclasses.replace(small_study, hold_out=dataclasses.replace(fit, estimator=estimator))
    low, high = FIGURES["roc_curves"](study).axes[0].get_ylim()
    assert low < 1 < high


def test_the_reliability_figure_counts_mistakes_made_and_expected(small_study):
    (ax,) = PAGE_FIGURES["reliability"](small_study).axes
    fit = small_study.hold_out
    proba = fit.estimator.predict_proba(fit.X)
    made, expected = ax.lines
    assert made.get_ydata()[-1] == np.sum(fit.estimator.predict(fit.X) != fit.y)
    np.testing.assert_allclose(expected.get_ydata()[-1], np.sum(1 - proba.max(axis=1)))
    assert ax.get_xlabel() == "Images, from the least certain on"
    assert ax.get_title().endswith(f"{fit.evaluation.calibration_error:.4f}")


@given(
    st.lists(
        st.tuples(arrays(bool, 12), arrays(np.int8, 12, elements=st.integers(0, 5))).filter(
            lambda rows: 0 < rows[0].sum() < 12
        ),
        min_size=1,
        max_size=4,
    )
)
def test_averaged_curves_rise_and_have_the_mean_area(rows):
    curves = [roc_curve(of_class, score)[:2] for of_class, score in rows]
    false_positives, true_positives = average_roc_curve(curves)
    areas = [np.trapezoid(y, x) for x, y in curves]
    assert np.trapezoid(true_positives, false_positives) == pytest.approx(np.mean(areas))
    assert (np.diff(true_positives) > -1e-12).all()
    assert (true_positives[0], true_positives[-1]) == (0, 1)


def test_fold_curves_have_their_mean(figures, small_study):
    _, training, accuracy, log_loss = figures["folds"].axes
    folds = small_study.cross_validation
    assert accuracy.get_ylabel() == "Accuracy"
    assert log_loss.get_ylabel() == "Log-loss (nats)"
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
    said = fit.estimator.predict(drawn)[0]
    title = f"the network says {said}, with probability {probabilities.max():.2f}"
    assert figure.get_suptitle().endswith(title)
    maps = fit.estimator.feature_maps(drawn)
    for ax, (name, values) in zip(layers, maps.items(), strict=True):
        assert ax.get_ylabel().startswith(f"{name}\n{values.shape[-1]} maps")
        shown = np.ma.masked_invalid(ax.images[0].get_array()).compressed()
        assert set(np.unique(shown)) == set(np.unique(values))


def test_maps_of_one_value_are_not_black(small_study):
    X, y = small_study.digits.data, small_study.digits.target
    clf = DigitCNNClassifier(filters=(4, 4, 4), pool_after=None, epochs=1, random_state=0)
    clf.fit(X, y)
    hold_out = dataclasses.replace(small_study.hold_out, estimator=clf)
    figure = FIGURES["feature_maps"](dataclasses.replace(small_study, hold_out=hold_out))
    last = figure.axes[-1]
    assert "1x1" in last.get_ylabel()
    picture = last.images[0]
    values = np.ma.masked_invalid(picture.get_array())
    brightness = picture.to_rgba(values)[..., :3].sum(axis=-1)
    assert brightness[values == values.max()].min() > 2.5  # of 3


def test_drawing_chooses_no_backend_and_opens_no_figure(study_of_writers):
    before = dict(matplotlib.rcParams)
    for draw in (FIGURES | PAGE_FIGURES).values():
        draw(study_of_writers)
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


@pytest.fixture(scope="module")
def neighbours(small_study):
    """Neighbours on 18 rows of UCI's test subset; the one mistake has a doubtful label."""
    clf = KNeighborsClassifier(15).fit(*load_optdigits(subset="train", return_X_y=True))
    X, y = load_optdigits(subset="test", return_X_y=True)
    fit = dataclasses.replace(small_study.hold_out, estimator=clf, X=X[1030:1048], y=y[1030:1048])
    assert np.flatnonzero(clf.predict(fit.X) != fit.y).tolist() == [8]
    return fit


def test_what_may_be_a_mistake_of_the_label_is_not_explained(neighbours):
    certainty = neighbours.estimator.predict_proba(neighbours.X).max(axis=1)
    assert saliency_row(neighbours) == np.argmin(np.where(np.arange(18) == 8, 1, certainty))
    other = neighbours.y.copy()
    other[3] = 0  # a mistake beyond doubt
    assert saliency_row(dataclasses.replace(neighbours, y=other)) == 3


def test_images_with_a_doubtful_label_are_marked(small_study, neighbours):
    study = dataclasses.replace(small_study, unseen_writers=neighbours)
    for kind in ("mistakes", "least_certain"):
        below = [ax.get_xlabel() for ax in PAGE_FIGURES[kind](study).axes if ax.images]
        doubtful = [text for text in below if "doubtful" in text]
        assert doubtful == ["row 8: label doubtful"]


def pixels_of(uri):
    data = base64.b64decode(uri.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_the_dark_figure_has_dark_paper_and_the_same_digits():
    figure = Figure(figsize=(4, 2))
    left, right = figure.subplots(1, 2)
    left.imshow(load_optdigits().images[0], cmap="gray_r")
    right.plot([0, 1], linewidth=5)
    drawn = embed(figure)
    light, dark = pixels_of(drawn["light"]), pixels_of(drawn["dark"])
    assert (drawn["width"], drawn["height"]) == (384, 192)
    assert light.shape == dark.shape
    assert light[0, 0].tolist() == [255, 255, 255]
    assert dark[0, 0].tolist() == [0x14, 0x18, 0x1D]
    middle = light.shape[1] // 2
    digit, chart = np.s_[40:-40, 60 : middle - 40], np.s_[:, middle:]
    assert abs(light[digit] - dark[digit]).max() <= 8  # 256 colours
    assert light[chart].mean() > 230
    assert dark[chart].mean() < 50
    line = dark[chart][(light[chart] == [0x1F, 0x77, 0xB4]).all(axis=2)]
    assert len(line) > 100
    assert (line[:, 2] > line[:, 0] + 50).all()  # blue as before, and lighter
    assert line.mean() > 120
