import numpy as np
import pytest
from matplotlib import pyplot
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


def test_each_model_is_a_column_of_points_one_a_fold():
    display = CrossValidationDisplay.from_evaluations({"good": GOOD, "poor": POOR})
    for ax, metric in zip(display.axes_, ("accuracy", "log_loss"), strict=True):
        assert names_of(ax) == ["good", "poor"]
        np.testing.assert_array_equal(ax.get_xticks(), [0, 1])
        for place, (evaluation, column) in enumerate(
            zip((GOOD, POOR), scatters_of(ax), strict=True)
        ):
            x, y = np.asarray(column.get_offsets()).T
            np.testing.assert_array_equal(y, [getattr(fold, metric) for fold in evaluation.folds])
            assert (np.diff(x) > 0).all()
            np.testing.assert_allclose(x.mean(), place)
            assert np.abs(x - place).max() < 0.25


def test_mean_and_standard_deviation_are_drawn_and_printed():
    display = CrossValidationDisplay.from_evaluations({"good": GOOD, "poor": POOR})
    for ax, metric in zip(display.axes_, ("accuracy", "log_loss"), strict=True):
        expected = [getattr(evaluation, metric) for evaluation in (GOOD, POOR)]
        assert texts_of(ax) == [f"{mean:.4f}" for mean in expected]
        for evaluation, container in zip((GOOD, POOR), ax.containers, strict=True):
            mean, sd = getattr(evaluation, metric), getattr(evaluation, f"{metric}_sd")
            line, _, (bar,) = container.lines
            assert line.get_ydata() == [mean]
            np.testing.assert_allclose(bar.get_segments()[0][:, 1], [mean - sd, mean + sd])


def test_axes_say_what_they_show():
    accuracy, loss = CrossValidationDisplay.from_evaluations({"good": GOOD}).axes_
    assert accuracy.get_ylabel() == "Accuracy"
    assert loss.get_ylabel() == "Log-loss (nats)"
    assert (accuracy.get_yscale(), loss.get_yscale()) == ("linear", "log")


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
    assert len(scatters_of(accuracy)) == 2
    assert len(scatters_of(loss)) == 1
    assert texts_of(loss) == [f"{GOOD.log_loss:.4f}", "no probabilities"]
    assert loss.texts[1].get_position()[0] == 1
    assert names_of(loss) == ["good", "without"]


def test_where_no_model_has_probabilities_the_axis_has_no_numbers():
    _, loss = CrossValidationDisplay.from_evaluations({"without": WITHOUT}).axes_
    assert texts_of(loss) == ["no probabilities"]
    assert len(loss.get_yticks()) == 0


def test_a_single_fold_stands_at_the_place_of_its_model():
    display = CrossValidationDisplay.from_evaluations({"one": folds_of([0.9], [0.3])})
    np.testing.assert_array_equal(scatters_of(display.axes_[0])[0].get_offsets(), [[0, 0.9]])


def test_a_classifier_is_called_by_its_class_and_evaluated(digits):
    display = CrossValidationDisplay.from_estimator(GaussianNB(), *digits, cv=3, random_state=0)
    expected = evaluate_folds(GaussianNB(), *digits, cv=3, random_state=0)
    assert names_of(display.axes_[0]) == ["GaussianNB"]
    np.testing.assert_array_equal(
        scatters_of(display.axes_[1])[0].get_offsets()[:, 1],
        [fold.log_loss for fold in expected.folds],
    )


@pytest.mark.parametrize(
    ("cv", "random_state"),
    [
        (3, None),
        (3, np.random.RandomState(0)),
        (ShuffleSplit(3, test_size=0.5), None),
        (ShuffleSplit(3, test_size=0.5).split(np.zeros(500)), None),
    ],
)
def test_models_get_the_same_folds(digits, cv, random_state):
    models = {"first": GaussianNB(), "second": GaussianNB()}
    display = CrossValidationDisplay.from_estimator(
        models, *digits, cv=cv, random_state=random_state
    )
    first, second = scatters_of(display.axes_[0])
    assert len(first.get_offsets()) == 3
    np.testing.assert_array_equal(first.get_offsets()[:, 1], second.get_offsets()[:, 1])


def test_groups_reach_the_splitter(digits):
    groups = np.arange(500) % 2
    display = CrossValidationDisplay.from_estimator(
        {"tree": DecisionTreeClassifier(random_state=0), "ridge": RidgeClassifier()},
        *digits,
        cv=GroupKFold(2),
        groups=groups,
    )
    assert [len(folds.folds) for folds in display.evaluations.values()] == [2, 2]
    assert texts_of(display.axes_[1])[1] == "no probabilities"


def test_it_is_drawn_again_from_what_is_stored_in_the_place_of_a_subplot():
    display = CrossValidationDisplay.from_evaluations({"good": GOOD})
    figure, (left, right) = pyplot.subplots(1, 2)
    assert display.plot(right) is display
    assert display.figure_ is figure
    assert display.axes_[0].get_position().x0 > left.get_position().x1
    assert texts_of(display.axes_[0]) == [f"{GOOD.accuracy:.4f}"]


def test_long_names_are_turned_so_that_they_do_not_overlap():
    names = ["DigitCNNClassifier", "RandomForestClassifier", "KNeighborsClassifier"]
    display = CrossValidationDisplay.from_evaluations(dict.fromkeys(names, GOOD))
    display.figure_.canvas.draw()
    assert [label.get_rotation() for label in display.axes_[0].get_xticklabels()] == [20] * 3
    display = CrossValidationDisplay.from_evaluations({"SVC": GOOD, "CNN": GOOD})
    assert [label.get_rotation() for label in display.axes_[0].get_xticklabels()] == [0] * 2


def test_nothing_to_draw_is_refused(digits):
    with pytest.raises(ValueError, match=r"pass at least one model"):
        CrossValidationDisplay.from_evaluations({})
    with pytest.raises(ValueError, match=r"pass at least one model"):
        CrossValidationDisplay.from_estimator({}, *digits)


def test_what_is_no_classifier_is_refused_before_any_is_fitted(digits):
    class Untouched(GaussianNB):
        def fit(self, X, y):
            raise AssertionError

    with pytest.raises(TypeError, match=r"Expected an instance of a scikit-learn classifier"):
        CrossValidationDisplay.from_estimator({"a": Untouched(), "b": Ridge()}, *digits)
