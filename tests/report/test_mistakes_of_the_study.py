import dataclasses
import io
import re

import numpy as np
import pytest
from rich.console import Console
from sklearn.model_selection import train_test_split

from skdigits import DigitCNNClassifier
from skdigits.report import print_summary
from skdigits.report._figures import FIGURES
from skdigits.study import run_study


@pytest.fixture(scope="module")
def figures(small_study):
    return {name: draw(small_study) for name, draw in FIGURES.items()}


def test_labels_of_the_confusion_matrix_stand_in_the_order_of_its_rows(figures, small_study):
    (ax,) = figures["confusion_matrix"].axes
    drawn = ax.images[0].get_array()
    fit = small_study.hold_out
    assert list(dict.fromkeys(fit.y.tolist())) != sorted(set(fit.y.tolist()))
    for axis, of_label in ((ax.yaxis, fit.y), (ax.xaxis, fit.estimator.predict(fit.X))):
        sums = drawn.sum(axis=1 if axis is ax.yaxis else 0)
        named = dict(zip([tick.get_text() for tick in axis.get_ticklabels()], sums, strict=True))
        assert named == {str(label): np.sum(of_label == label) for label in range(10)}


def test_the_axis_of_the_loss_says_loss(figures, small_study):
    axes = [ax for ax in figures["training_curves"].axes if ax.lines]
    axes += [ax for ax in figures["folds"].axes if ax.lines]
    for ax in axes:
        curves = [list(line.get_ydata()) for line in ax.lines]
        shows_loss = small_study.validated.history_["loss"] in curves or any(
            fold.history["loss"] in curves for fold in small_study.cross_validation.folds
        )
        if shows_loss:
            assert ax.get_ylabel().startswith("Loss")
    assert sum(ax.get_ylabel().startswith("Loss") for ax in axes) == 2


def test_maps_of_one_value_are_not_black(small_study):
    X, y = small_study.digits.data, small_study.digits.target
    clf = DigitCNNClassifier(filters=(4, 4, 4), pool_after=None, epochs=1, random_state=0)
    hold_out = dataclasses.replace(small_study.hold_out, estimator=clf.fit(X, y))
    figure = FIGURES["feature_maps"](dataclasses.replace(small_study, hold_out=hold_out))
    last = figure.axes[-1]
    assert "1x1" in last.get_ylabel()
    picture = last.images[0]
    values = np.ma.masked_invalid(picture.get_array())
    assert picture.to_rgba(values)[..., :3][values == values.max()].sum(axis=-1).min() > 2.5


def test_feature_maps_are_those_of_the_trained_network(figures, small_study):
    fit = small_study.hold_out
    _, image, *layers = figures["feature_maps"].axes
    drawn = image.images[0].get_array().reshape(1, -1)
    trained = fit.estimator.feature_maps(drawn)
    X_train, _, y_train, _ = train_test_split(
        small_study.digits.data, small_study.digits.target, test_size=0.2, random_state=42
    )
    untrained = fit.estimator.__class__(**{**fit.estimator.get_params(), "learning_rate": 1e-12})
    untrained = untrained.fit(X_train, y_train).feature_maps(drawn)
    for ax, name in zip(layers, trained, strict=True):
        shown = set(np.unique(np.ma.masked_invalid(ax.images[0].get_array()).compressed()))
        assert shown == set(np.unique(trained[name]))
        assert shown != set(np.unique(untrained[name]))


def test_the_same_seed_gives_the_same_figures(small_study, digits_csv, figures):
    again = run_study(digits_csv, epochs=2, cv=2, random_state=3)
    for name in ("accuracy", "log_loss"):
        assert [getattr(fold, name) for fold in again.cross_validation.folds] == [
            getattr(fold, name) for fold in small_study.cross_validation.folds
        ]
    np.testing.assert_array_equal(again.hold_out.X, small_study.hold_out.X)
    samples = FIGURES["samples"](again)
    for ax, other in zip(samples.axes, figures["samples"].axes, strict=True):
        for image, same in zip(ax.images, other.images, strict=True):
            np.testing.assert_array_equal(image.get_array(), same.get_array())


def test_the_data_are_not_called_mnist(page, csv_page, study_of_writers):
    for text in (page, csv_page):
        words = re.sub(r'src="[^"]*"', "", text)  # letters of pictures may spell anything
        assert words.count("MNIST") == words.count("These data are not MNIST, nor made from it")
    console = Console(file=io.StringIO(), width=100)
    print_summary(study_of_writers, [], console=console)
    assert "MNIST" not in console.file.getvalue()


def test_there_is_validation_while_training(figures, small_study, page):
    history = small_study.validated.history_
    assert len(history["val_loss"]) == len(history["val_accuracy"]) == len(history["loss"])
    curves = [list(line.get_ydata()) for ax in figures["training_curves"].axes for line in ax.lines]
    assert history["val_loss"] in curves
    assert history["val_accuracy"] in curves
    assert f"{history['val_loss'][-1]:.3f}" in page


def test_writers_are_kept_apart_and_said_to_be(page, study_of_writers):
    assert 'id="writers"' in page
    fit = study_of_writers.unseen_writers
    assert f"{fit.evaluation.accuracy:.4f}" in page[page.index('id="writers"') :]
    console = Console(file=io.StringIO(), width=100)
    print_summary(study_of_writers, [], console=console)
    assert "unseen writers" in console.file.getvalue()
