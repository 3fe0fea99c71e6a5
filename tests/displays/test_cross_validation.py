import numpy as np
import pytest
from matplotlib.collections import PathCollection
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.model_selection import GroupKFold, ShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skdigits import evaluate_folds
from skdigits.displays import CrossValidationDisplay
from skdigits.evaluation import FoldEvaluation, FoldsEvaluation


def folds_of(accuracies, losses):
    folds = zip(accuracies, losses, strict=True)
    return FoldsEvaluation(
        tuple(
            FoldEvaluation(number, 80, 20, accuracy, loss, 1.0, 0.1, None)
            for number, (accuracy, loss) in enumerate(folds, start=1)
        )
    )


GOOD = folds_of([0.9, 0.92, 0.97], [0.3, 0.2, 0.1])
POOR = folds_of([0.6, 0.7], [2.0, 3.0])
WITHOUT = folds_of([0.8, 0.9], [np.nan, np.nan])


def texts_of(ax):
    return [text.get_text() for text in ax.texts]


def names_of(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


def scatters_of(ax):
    return [collection for collection in ax.collections if isinstance(collection, PathCollection)]


def test_each_model_is_a_column_of_points_with_mean_and_standard_deviation():
    display = CrossValidationDisplay.from_evaluations({"good": GOOD, "poor": POOR})
    for ax, metric in zip(display.axes_, ("accuracy", "log_loss"), strict=True):
        assert names_of(ax) == ["good", "poor"]
        columns = zip((GOOD, POOR), scatters_of(ax), ax.containers, texts_of(ax), strict=True)
        for place, (evaluation, column, container, text) in enumerate(columns):
            x, y = np.asarray(column.get_offsets()).T
            np.testing.assert_array_equal(y, [getattr(fold, metric) for fold in evaluation.folds])
            np.testing.assert_allclose(x.mean(), place)
            assert np.abs(x - place).max() < 0.25
            mean, sd = getattr(evaluation, metric), getattr(evaluation, f"{metric}_sd")
            line, _, (bar,) = container.lines
            assert line.get_ydata() == [mean]
            np.testing.assert_allclose(bar.get_segments()[0][:, 1], [mean - sd, mean + sd])
            assert text == f"{mean:.4f}"
    assert [ax.get_yscale() for ax in display.axes_] == ["linear", "log"]


def test_the_mean_is_printed_within_the_axes_above_the_points():
    display = CrossValidationDisplay.from_evaluations({"good": GOOD, "poor": POOR})
    display.figure_.canvas.draw()
    for ax in display.axes_:
        for text, column in zip(ax.texts, scatters_of(ax), strict=True):
            extent = text.get_window_extent()
            top = ax.transData.transform(np.asarray(column.get_offsets()))[:, 1].max()
            assert top < extent.y0
            assert extent.y1 < ax.get_window_extent().y1


def test_a_model_without_probabilities_has_words_instead_of_points():
    display = CrossValidationDisplay.from_evaluations({"good": GOOD, "without": WITHOUT})
    accuracy, loss = display.axes_
    assert (len(scatters_of(accuracy)), len(scatters_of(loss))) == (2, 1)
    assert texts_of(loss) == [f"{GOOD.log_loss:.4f}", "no probabilities"]
    _, loss = CrossValidationDisplay.from_evaluations({"without": WITHOUT}).axes_
    assert len(loss.get_yticks()) == 0


def test_a_classifier_is_called_by_its_class_and_evaluated(digits):
    display = CrossValidationDisplay.from_estimator(GaussianNB(), *digits, cv=3, random_state=0)
    expected = evaluate_folds(GaussianNB(), *digits, cv=3, random_state=0)
    assert names_of(display.axes_[0]) == ["GaussianNB"]
    losses = [fold.log_loss for fold in expected.folds]
    drawn = scatters_of(display.axes_[1])[0].get_offsets()[:, 1]
    np.testing.assert_array_equal(drawn, losses)


@pytest.mark.parametrize(
    "arguments",
    [
        {"cv": 2, "random_state": np.random.RandomState(0)},
        {"cv": ShuffleSplit(2, test_size=0.5)},
        {"cv": GroupKFold(2), "groups": np.arange(500) % 2},
    ],
    ids=["number", "splitter", "groups"],
)
def test_models_get_the_same_folds(digits, arguments):
    tree = DecisionTreeClassifier(random_state=0)
    models = {"first": tree, "second": tree, "ridge": RidgeClassifier()}
    display = CrossValidationDisplay.from_estimator(models, *digits, **arguments)
    first, second, _ = scatters_of(display.axes_[0])
    assert len(first.get_offsets()) == 2
    np.testing.assert_array_equal(first.get_offsets()[:, 1], second.get_offsets()[:, 1])


def test_long_names_are_turned():
    for names, turn in ((["DigitCNNClassifier", "KNeighborsClassifier"], 20), (["SVC", "CNN"], 0)):
        display = CrossValidationDisplay.from_evaluations(dict.fromkeys(names, GOOD))
        assert {label.get_rotation() for label in display.axes_[0].get_xticklabels()} == {turn}


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match=r"pass at least one model"):
        CrossValidationDisplay.from_evaluations({})


def test_other_estimators_are_refused_before_any_is_fitted(digits):
    class Untouched(GaussianNB):
        def fit(self, X, y):
            raise AssertionError

    with pytest.raises(TypeError, match=r"Expected an instance of a scikit-learn classifier"):
        CrossValidationDisplay.from_estimator({"first": Untouched(), "no": Ridge()}, *digits)
