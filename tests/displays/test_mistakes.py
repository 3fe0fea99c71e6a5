import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from skdigits.displays import MistakesDisplay

# Four images of 2x2 pixels: right and certain, wrong and certain, wrong, right and uncertain.
X = np.arange(16.0).reshape(4, 4)
Y_TRUE = [0, 0, 1, 1]
Y_PROBA = [[0.9, 0.1], [0.04, 0.96], [0.75, 0.25], [0.375, 0.625]]


@pytest.fixture
def neighbours(digits):
    """A classifier with some mistakes, and rows that it has not seen."""
    X, y = digits
    return KNeighborsClassifier(15).fit(X[:200], y[:200]), X[200:], y[200:]


def titles(display):
    return [ax.get_title() for ax in display.axes_.ravel()]


def test_the_most_confident_mistake_comes_first():
    display = MistakesDisplay.from_predictions(X, Y_TRUE, Y_PROBA)
    np.testing.assert_array_equal(display.rows, [1, 2])
    assert titles(display) == ["true 0, said 1 (0.96)", "true 1, said 0 (0.75)"]
    assert [ax.get_xlabel() for ax in display.axes_.ravel()] == ["row 1", "row 2"]
    for ax, row in zip(display.axes_.ravel(), (1, 2), strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), X[row].reshape(2, 2))


def test_the_least_certain_comes_first_right_or_wrong():
    display = MistakesDisplay.from_predictions(X, Y_TRUE, Y_PROBA, kind="least_certain")
    np.testing.assert_array_equal(display.rows, [3, 2, 0, 1])
    np.testing.assert_array_equal(display.probability, [0.625, 0.75, 0.9, 0.96])
    assert titles(display)[0] == "true 1, said 1 (0.62)"


def test_only_wrong_ones_are_red():
    display = MistakesDisplay.from_predictions(X, Y_TRUE, Y_PROBA, kind="least_certain")
    colors = [ax.title.get_color() for ax in display.axes_.ravel()]
    assert [color == "tab:red" for color in colors] == [False, True, False, True]


def test_an_estimator_shows_what_its_predictions_show(neighbours):
    clf, X, y = neighbours
    display = MistakesDisplay.from_estimator(clf, X, y, n_images=1000)
    proba = clf.predict_proba(X)
    wrong = np.flatnonzero(proba.argmax(axis=1) != y)  # the classes are 0 to 9
    assert len(wrong) > 5
    assert set(display.rows) == set(wrong)
    np.testing.assert_array_equal(display.images, X[display.rows].reshape(-1, 8, 8))
    np.testing.assert_array_equal(display.true, y[display.rows])
    np.testing.assert_array_equal(display.predicted, proba.argmax(axis=1)[display.rows])
    np.testing.assert_array_equal(display.probability, proba.max(axis=1)[display.rows])
    assert (np.diff(display.probability) <= 0).all()


def test_equals_stay_in_the_order_of_their_rows():
    X, y, proba = np.ones((30, 4)), [0, 1] * 15, [[0, 1]] * 30
    display = MistakesDisplay.from_predictions(X, y, proba)
    np.testing.assert_array_equal(display.rows, np.arange(0, 30, 2))
    display = MistakesDisplay.from_predictions(X, y, proba, kind="least_certain", n_images=12)
    np.testing.assert_array_equal(display.rows, np.arange(12))


def test_the_places_after_the_last_image_are_empty(neighbours):
    display = MistakesDisplay.from_estimator(*neighbours, kind="least_certain", n_images=7)
    assert display.axes_.shape == (2, 5)
    assert [ax.axison for ax in display.axes_.ravel()] == [True] * 7 + [False] * 3


def test_without_mistakes_a_text_says_so():
    display = MistakesDisplay.from_predictions(X, [0, 1, 0, 1], Y_PROBA)
    assert display.images.shape == (0, 2, 2)
    (ax,) = display.axes_.ravel()
    assert [text.get_text() for text in ax.texts] == ["no mistakes"]
    assert not ax.images


def test_labels_may_be_strings(digits):
    X, y = digits
    names = np.array(["zero", "one", "two", *"3456789"])[y]
    clf = GaussianNB().fit(X[:100], names[:100])
    display = MistakesDisplay.from_estimator(clf, X[100:], names[100:], n_images=3)
    predicted = clf.predict(X[100:])
    for row, title in zip(display.rows, titles(display), strict=True):
        assert title.startswith(f"true {names[100:][row]}, said {predicted[row]} (")


def test_labels_name_the_columns():
    display = MistakesDisplay.from_predictions(X[:2], ["b", "b"], Y_PROBA[:2], labels=["b", "a"])
    assert titles(display) == ["true b, said a (0.96)"]


def test_titles_of_long_labels_do_not_overlap():
    names = np.array(["a rather long label", "another long label"])
    display = MistakesDisplay.from_predictions(X, names[Y_TRUE], Y_PROBA, labels=names)
    display.figure_.draw_without_rendering()
    left, right = (ax.title.get_window_extent() for ax in display.axes_.ravel())
    assert left.x1 < right.x0
    assert left.x0 > 0
    assert right.x1 < display.figure_.bbox.width


def test_the_shape_is_that_of_the_classifier_unless_given(digits, tiny):
    X, y = digits
    clf = tiny(image_shape=(4, 16), epochs=1).fit(X[:100], y[:100])
    assert MistakesDisplay.from_estimator(clf, X, y).images.shape[1:] == (4, 16)
    given = MistakesDisplay.from_estimator(clf, X, y, image_shape=(16, 4))
    assert given.images.shape[1:] == (16, 4)


def test_plot_needs_only_what_is_stored(neighbours):
    first = MistakesDisplay.from_estimator(*neighbours, n_images=3)
    names = ("images", "rows", "true", "predicted", "probability")
    again = MistakesDisplay(**{name: getattr(first, name) for name in names})
    assert again.plot(imshow_kw={"cmap": "magma"}) is again
    assert titles(again) == titles(first)
    assert again.figure_ is not first.figure_
    assert again.axes_[0, 0].images[0].get_cmap().name == "magma"
    assert first.axes_[0, 0].images[0].get_cmap().name == "gray_r"


def test_it_draws_in_the_place_of_a_subplot(neighbours):
    figure, (left, right) = pyplot.subplots(1, 2)
    display = MistakesDisplay.from_estimator(*neighbours, ax=right)
    assert display.figure_ is figure
    assert len(pyplot.get_fignums()) == 1
    assert display.axes_[0, 0].get_position().x0 > left.get_position().x1


def test_a_classifier_without_probabilities_is_refused(digits):
    clf = LinearSVC().fit(digits[0][:50], digits[1][:50])
    with pytest.raises(TypeError, match="LinearSVC has no predict_proba"):
        MistakesDisplay.from_estimator(clf, *digits)


def test_what_is_no_fitted_classifier_is_refused(digits):
    with pytest.raises(TypeError, match="classifier"):
        MistakesDisplay.from_estimator(LinearRegression(), *digits)
    with pytest.raises(NotFittedError):
        MistakesDisplay.from_estimator(KNeighborsClassifier(), *digits)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": X[:3]}, "inconsistent numbers of samples"),
        ({"y_true": Y_TRUE[:3]}, "inconsistent numbers of samples"),
        ({"y_proba": Y_PROBA[:3]}, "inconsistent numbers of samples"),
        ({"labels": [0, 1, 2]}, r"y_proba has 2 columns, but there are 3 labels"),
        ({"y_true": [0, 0, 0, 0]}, r"y_proba has 2 columns, but there are 1 labels"),
        ({"labels": [0, 2]}, r"y_true has \[1\], which are not in the labels \[0, 2\]"),
        ({"y_proba": np.array(Y_PROBA) * 2}, r"in \[0, 1\]; got 0.08 to 1.92"),
        ({"kind": "errors"}, "kind must be one of 'mistakes', 'least_certain'; got 'errors'"),
        ({"n_images": 0}, "n_images == 0, must be >= 1"),
        ({"image_shape": (3, 3)}, "holds 9 values, but X has 4 features"),
    ],
)
def test_errors_say_what_does_not_fit(change, message):
    arguments = {"X": X, "y_true": Y_TRUE, "y_proba": Y_PROBA, **change}
    with pytest.raises(ValueError, match=message):
        MistakesDisplay.from_predictions(**arguments)


def test_a_label_that_the_classifier_does_not_know_is_refused(neighbours):
    clf, X, y = neighbours
    with pytest.raises(ValueError, match=r"y_true has \[10\]"):
        MistakesDisplay.from_estimator(clf, X, y + 1)
