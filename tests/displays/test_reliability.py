import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import same_color
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

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
    assert len(mean) == 8
    np.testing.assert_array_equal(curve.get_xdata(), mean)
    np.testing.assert_array_equal(curve.get_ydata(), fraction)
    assert texts_of_legend(display.axes_[0]) == ["perfectly calibrated", "predicted class"]


def test_the_title_tells_the_expected_calibration_error(timid):
    display = ReliabilityDisplay.from_predictions(*timid)
    error = expected_calibration_error(*timid)
    assert display.calibration_error == error
    assert display.axes_[0].get_title() == f"Expected calibration error {error:.4f}"


def test_per_class_is_one_curve_a_class_against_the_rest(timid):
    y, proba = timid
    display = ReliabilityDisplay.from_predictions(y, proba, kind="per_class", n_bins=5)
    assert texts_of_legend(display.axes_[0]) == ["perfectly calibrated", "a", "b", "c"]
    for column, (label, line) in enumerate(zip("abc", display.axes_[0].lines[1:], strict=True)):
        fraction, mean = calibration_curve(
            y == label, proba[:, column], n_bins=5, strategy="quantile"
        )
        np.testing.assert_array_equal(line.get_xdata(), mean)
        np.testing.assert_array_equal(line.get_ydata(), fraction)


def test_uniform_bins_have_equal_width(timid):
    display = ReliabilityDisplay.from_predictions(
        *timid, kind="per_class", n_bins=4, strategy="uniform"
    )
    for line in display.axes_[0].lines[1:]:
        np.testing.assert_array_equal(np.floor(line.get_xdata() * 4), [0, 1, 2, 3])


def test_mistakes_are_counted_from_the_least_certain_row_on():
    proba = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [1.0, 0.0]])
    display = ReliabilityDisplay.from_predictions([0, 0, 0, 0], proba, labels=[0, 1])
    below = display.axes_[1]
    made, expected = below.lines
    np.testing.assert_array_equal(made.get_xydata(), [[1, 1], [2, 2], [3, 2], [4, 2]])
    np.testing.assert_allclose(expected.get_ydata(), [0.4, 0.6, 0.7, 0.7])
    assert below.get_xscale() == "log"
    assert texts_of_legend(below) == ["made", "expected: the sum of 1 - probability"]


def test_a_stored_display_without_the_outcomes_has_a_histogram(timid):
    _, proba = timid
    drawn = ReliabilityDisplay.from_predictions(*timid)
    display = ReliabilityDisplay(curves=drawn.curves, kind="top_label", calibration_error=0.1)
    _, below = display.plot().axes_
    assert below.get_yscale() == "log"
    assert below.get_ylim()[0] < 1
    counts = counts_of(below.patches[0])
    np.testing.assert_array_equal(counts, np.histogram(proba.max(axis=1), 20, (0, 1))[0])


def test_the_histogram_has_the_colours_of_the_classes(timid):
    _, proba = timid
    above, below = ReliabilityDisplay.from_predictions(*timid, kind="per_class").axes_
    assert len(below.patches) == 3
    for line, patch, of_class in zip(above.lines[1:], below.patches, proba.T, strict=True):
        assert same_color(line.get_color(), patch.get_edgecolor())
        np.testing.assert_array_equal(counts_of(patch), np.histogram(of_class, 20, (0, 1))[0])


def counts_of(patch):
    """Heights of the steps of a histogram of 20 bins; its outline starts below the first."""
    corners = patch.get_xy()
    return corners[1:41:2, 1]


def test_axes_say_what_they_show(timid):
    above, below = ReliabilityDisplay.from_predictions(*timid).axes_
    assert above.get_xlabel() == "Mean probability of the predicted class in a bin"
    assert above.get_ylabel() == "Fraction of rows predicted right"
    assert below.get_xlabel() == "Rows, from the least certain on"
    assert below.get_ylabel() == "Mistakes among them"
    above, below = ReliabilityDisplay.from_predictions(*timid, kind="per_class").axes_
    assert above.get_xlabel() == "Mean predicted probability of the class in a bin"
    assert above.get_ylabel() == "Fraction of rows of the class"
    assert below.get_xlabel() == "Predicted probability of the class"


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
    display = ReliabilityDisplay.from_estimator(clf, X[is_small], y[is_small], kind="per_class")
    assert list(display.curves) == [str(label) for label in range(10)]
    expected = expected_calibration_error(
        y[is_small], clf.predict_proba(X[is_small]), labels=clf.classes_
    )
    assert display.calibration_error == expected


def test_a_network_can_be_drawn(digits, tiny):
    X, y = digits
    clf = tiny(epochs=1).fit(X[:300], y[:300])
    display = ReliabilityDisplay.from_estimator(clf, X[300:], y[300:])
    mean = display.axes_[0].lines[1].get_xdata()
    np.testing.assert_allclose(mean.mean(), clf.predict_proba(X[300:]).max(axis=1).mean())


def test_probabilities_that_are_all_the_same_make_one_point():
    display = ReliabilityDisplay.from_predictions([0, 1, 1], [[0, 1]] * 3)
    np.testing.assert_allclose(display.axes_[0].lines[1].get_xydata(), [[1, 2 / 3]])
    np.testing.assert_array_equal(display.axes_[1].lines[0].get_ydata(), [1, 1, 1])
    display.figure_.canvas.draw()


def test_it_is_drawn_again_from_what_is_stored_in_the_place_of_a_subplot(timid):
    display = ReliabilityDisplay.from_predictions(*timid)
    before = display.axes_[0].lines[1].get_xydata()
    figure, (left, right) = pyplot.subplots(1, 2)
    assert display.plot(right, line_kw={"marker": "x"}) is display
    assert display.figure_ is figure
    assert display.axes_[0].get_position().x0 > left.get_position().x1
    curve = display.axes_[0].lines[1]
    np.testing.assert_array_equal(curve.get_xydata(), before)
    assert curve.get_marker() == "x"


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"kind": "both"}, ValueError, r"kind must be one of .*; got 'both'"),
        ({"strategy": "log"}, ValueError, r"'strategy' parameter .*'uniform'"),
        ({"n_bins": 0}, ValueError, r"n_bins == 0, must be >= 1"),
        ({"n_bins": 2.5}, TypeError, r"n_bins must be an instance of"),
        ({"labels": ["a", "b"]}, ValueError, r"3 columns, but there are 2 labels"),
    ],
)
def test_wrong_arguments_are_refused(timid, wrong, error, message):
    with pytest.raises(error, match=message):
        ReliabilityDisplay.from_predictions(*timid, **wrong)
    assert not pyplot.get_fignums()


def test_a_classifier_without_probabilities_is_told_how_to_get_some(digits):
    X, y = digits
    with pytest.raises(TypeError, match=r"SVC has no predict_proba; .*CalibratedClassifier"):
        ReliabilityDisplay.from_estimator(SVC().fit(X, y), X, y)
    clf = CalibratedClassifierCV(SVC(), ensemble=False).fit(X, y)
    assert ReliabilityDisplay.from_estimator(clf, X, y).calibration_error < 0.2


def test_what_is_not_a_fitted_classifier_is_refused(digits):
    with pytest.raises(NotFittedError):
        ReliabilityDisplay.from_estimator(GaussianNB(), *digits)
    with pytest.raises(TypeError, match=r"Expected an instance of a scikit-learn classifier"):
        ReliabilityDisplay.from_estimator(LinearRegression().fit(*digits), *digits)
