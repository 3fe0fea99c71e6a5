import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import same_color
from sklearn.calibration import calibration_curve
from sklearn.naive_bayes import GaussianNB

from skdigits.displays import ReliabilityDisplay
from skdigits.evaluation import expected_calibration_error


@pytest.fixture
def timid():
    """True labels of three classes, and probabilities whose highest are right too often."""
    random = np.random.default_rng(0)
    y = random.choice(["a", "b", "c"], 600)
    proba = random.dirichlet([1, 1, 1], 600)
    is_right = random.random(600) < 0.9
    best = np.searchsorted(["a", "b", "c"], y)
    for row in np.flatnonzero(is_right):
        top = proba[row].argmax()
        proba[row, [top, best[row]]] = proba[row, [best[row], top]]
    return y, proba


def texts_of_legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_top_label_is_one_curve_of_how_often_it_is_right(timid):
    y, proba = timid
    display = ReliabilityDisplay.from_predictions(y, proba, n_bins=8)
    diagonal, curve = display.axes_[0].lines
    np.testing.assert_array_equal(diagonal.get_xydata(), [[0, 0], [1, 1]])
    is_right = np.array(["a", "b", "c"])[proba.argmax(axis=1)] == y
    fraction, mean = calibration_curve(is_right, proba.max(axis=1), n_bins=8, strategy="quantile")
    np.testing.assert_array_equal(curve.get_xydata(), np.column_stack([mean, fraction]))
    assert texts_of_legend(display.axes_[0]) == ["perfectly calibrated", "predicted class"]
    error = expected_calibration_error(y, proba)
    assert display.calibration_error == error
    assert display.axes_[0].get_title() == f"Expected calibration error {error:.4f}"


def test_per_class_is_one_curve_a_class_against_the_rest_above_a_histogram(timid):
    y, proba = timid
    display = ReliabilityDisplay.from_predictions(
        y, proba, kind="per_class", n_bins=4, strategy="uniform"
    )
    above, below = display.axes_
    assert texts_of_legend(above) == ["perfectly calibrated", "a", "b", "c"]
    columns = zip("abc", proba.T, above.lines[1:], below.patches, strict=True)
    for label, column, line, patch in columns:
        fraction, mean = calibration_curve(y == label, column, n_bins=4)
        np.testing.assert_array_equal(line.get_xydata(), np.column_stack([mean, fraction]))
        assert same_color(line.get_color(), patch.get_edgecolor())
        # The outline of the 20 bins starts below the first.
        counts = patch.get_xy()[1:41:2, 1]
        np.testing.assert_array_equal(counts, np.histogram(column, 20, (0, 1))[0])


def test_mistakes_are_counted_from_the_least_certain_row_on():
    proba = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [1.0, 0.0]])
    display = ReliabilityDisplay.from_predictions([0, 0, 0, 0], proba, labels=[0, 1])
    below = display.axes_[1]
    made, expected = below.lines
    np.testing.assert_array_equal(made.get_xydata(), [[1, 1], [2, 2], [3, 2], [4, 2]])
    np.testing.assert_allclose(expected.get_ydata(), [0.4, 0.6, 0.7, 0.7])
    assert below.get_xscale() == "log"


def test_the_curve_of_a_certain_classifier_is_enlarged():
    y = np.arange(200) % 2
    certain = np.linspace(0.9, 1, 200)
    proba = np.where((y == 1)[:, None], np.c_[1 - certain, certain], np.c_[certain, 1 - certain])
    above, _ = ReliabilityDisplay.from_predictions(y, proba).axes_
    for low, high in (above.get_xlim(), above.get_ylim()):
        assert low == pytest.approx(0.8 - 0.006)
        assert high == pytest.approx(1.006)


def test_a_fitted_classifier_is_asked_for_its_classes(digits):
    X, y = digits
    is_small = y < 8
    clf = GaussianNB().fit(X, y)
    display = ReliabilityDisplay.from_estimator(clf, X[is_small], y[is_small])
    proba = clf.predict_proba(X[is_small])
    expected = expected_calibration_error(y[is_small], proba, labels=clf.classes_)
    assert display.calibration_error == expected


def test_probabilities_that_are_all_the_same_make_one_point():
    display = ReliabilityDisplay.from_predictions([0, 1, 1], [[0, 1]] * 3)
    np.testing.assert_allclose(display.axes_[0].lines[1].get_xydata(), [[1, 2 / 3]])
    display.figure_.canvas.draw()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "both"}, "got 'both'"),
        ({"strategy": "log"}, r"'strategy' parameter .*'uniform'"),
        ({"n_bins": 0}, "'n_bins' parameter"),
        ({"labels": ["a", "b"]}, r"3 columns, but there are 2 labels"),
    ],
)
def test_wrong_arguments_are_refused(timid, wrong, message):
    with pytest.raises(ValueError, match=message):
        ReliabilityDisplay.from_predictions(*timid, **wrong)
    assert not pyplot.get_fignums()
