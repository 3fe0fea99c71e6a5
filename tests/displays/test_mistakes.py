import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from skdigits.displays import MistakesDisplay

# Four images of 2x2 pixels: right and certain, wrong and certain, wrong, right and uncertain.
X = np.arange(16.0).reshape(4, 4)
Y_TRUE = [0, 0, 1, 1]
Y_PROBA = [[0.9, 0.1], [0.04, 0.96], [0.75, 0.25], [0.375, 0.625]]


def titles(display):
    return [ax.get_title() for ax in display.axes_.ravel()]


def test_the_most_confident_mistake_comes_first():
    display = MistakesDisplay.from_predictions(X, Y_TRUE, Y_PROBA)
    np.testing.assert_array_equal(display.rows, [1, 2])
    assert titles(display) == ["true 0, said 1 (0.96)", "true 1, said 0 (0.75)"]
    assert [ax.get_xlabel() for ax in display.axes_.ravel()] == ["row 1", "row 2"]
    for ax, row in zip(display.axes_.ravel(), (1, 2), strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), X[row].reshape(2, 2))


def test_the_least_certain_comes_first_and_only_wrong_ones_are_red():
    display = MistakesDisplay.from_predictions(X, Y_TRUE, Y_PROBA, kind="least_certain")
    np.testing.assert_array_equal(display.rows, [3, 2, 0, 1])
    np.testing.assert_array_equal(display.probability, [0.625, 0.75, 0.9, 0.96])
    colors = [ax.title.get_color() for ax in display.axes_.ravel()]
    assert [color == "tab:red" for color in colors] == [False, True, False, True]


def test_an_estimator_shows_what_its_predictions_show(digits):
    X, y = digits
    names = np.array(list("abcdefghij"))[y]
    clf = KNeighborsClassifier(15).fit(X[:200], names[:200])
    X, names = X[200:], names[200:]
    display = MistakesDisplay.from_estimator(clf, X, names, n_images=7)
    proba = clf.predict_proba(X)
    predicted = clf.classes_[proba.argmax(axis=1)]
    assert display.axes_.shape == (2, 5)
    assert [ax.axison for ax in display.axes_.ravel()] == [True] * 7 + [False] * 3
    np.testing.assert_array_equal(display.images, X[display.rows].reshape(-1, 8, 8))
    np.testing.assert_array_equal(display.true, names[display.rows])
    np.testing.assert_array_equal(display.predicted, predicted[display.rows])
    np.testing.assert_array_equal(display.probability, proba.max(axis=1)[display.rows])
    assert (display.true != display.predicted).all()
    others = proba.max(axis=1)[(predicted != names) & ~np.isin(np.arange(300), display.rows)]
    assert display.probability.min() >= others.max()


def test_equals_stay_in_the_order_of_their_rows():
    X, y, proba = np.ones((30, 4)), [0, 1] * 15, [[0, 1]] * 30
    display = MistakesDisplay.from_predictions(X, y, proba, n_images=4)
    np.testing.assert_array_equal(display.rows, [0, 2, 4, 6])
    display = MistakesDisplay.from_predictions(X, y, proba, kind="least_certain", n_images=3)
    np.testing.assert_array_equal(display.rows, [0, 1, 2])


def test_without_mistakes_a_text_says_so():
    display = MistakesDisplay.from_predictions(X, [0, 1, 0, 1], Y_PROBA)
    (ax,) = display.axes_.ravel()
    assert [text.get_text() for text in ax.texts] == ["no mistakes"]
    assert not ax.images


def test_labels_name_the_columns_and_long_titles_do_not_overlap():
    names = np.array(["b, a rather long label", "a, another long label"])
    display = MistakesDisplay.from_predictions(X, names[Y_TRUE], Y_PROBA, labels=names)
    assert titles(display)[0] == f"true {names[0]}, said {names[1]} (0.96)"
    display.figure_.draw_without_rendering()
    left, right = (ax.title.get_window_extent() for ax in display.axes_.ravel())
    assert 0 < left.x0 < left.x1 < right.x0 < right.x1 < display.figure_.bbox.width


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": X[:3]}, "inconsistent numbers of samples"),
        ({"labels": [0, 1, 2]}, r"y_proba has 2 columns, but there are 3 labels"),
        ({"kind": "errors"}, "got 'errors'"),
        ({"n_images": 0}, "n_images == 0, must be >= 1"),
        ({"image_shape": (3, 3)}, "holds 9 values, but X has 4 features"),
    ],
)
def test_errors_say_what_does_not_fit(change, message):
    arguments = {"X": X, "y_true": Y_TRUE, "y_proba": Y_PROBA, **change}
    with pytest.raises(ValueError, match=message):
        MistakesDisplay.from_predictions(**arguments)
