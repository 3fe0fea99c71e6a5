"""The content of the maps, against brute force and finite differences, and their drawing."""

import numpy as np
import pytest
from matplotlib import pyplot
from scipy.special import log_softmax
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from skdigits.displays import SaliencyDisplay

IMAGE = 450  # a sample that no classifier here has seen


@pytest.fixture(scope="module")
def linear(digits):
    X, y = digits
    return LogisticRegression(C=1e-3, tol=1e-3, max_iter=1000).fit(X[:300], y[:300])


@pytest.mark.parametrize("target", [None, 3])
def test_occlusion_of_a_pixel_is_what_a_linear_model_loses(digits, linear, target):
    image = digits[0][IMAGE]
    display = SaliencyDisplay.from_estimator(linear, image, target=target)
    # The classes are 0 to 9, which are their own indices.
    class_index = linear.predict([image])[0] if target is None else target
    images = np.vstack([image, np.where(np.eye(64), 0, image)])
    logits = images @ linear.coef_.T + linear.intercept_
    whole, *rest = log_softmax(logits, axis=1)[:, class_index]
    expected = (whole - np.array(rest)).reshape(8, 8)
    np.testing.assert_allclose(display.maps["occlusion"], expected, atol=1e-12)
    assert display.target == class_index
    assert display.probability == pytest.approx(linear.predict_proba([image])[0, class_index])


def test_occlusion_by_larger_squares_is_the_mean_over_those_that_cover_a_pixel(
    digits, linear, monkeypatch
):
    image, size = digits[0][IMAGE].reshape(8, 8), 3
    class_index = linear.predict([image.ravel()])[0]
    whole = np.log(linear.predict_proba([image.ravel()])[0, class_index])
    drops = [[[] for _ in range(8)] for _ in range(8)]
    for top in range(9 - size):
        for left in range(9 - size):
            without = image.copy()
            without[top : top + size, left : left + size] = 0
            drop = whole - np.log(linear.predict_proba([without.ravel()])[0, class_index])
            for row in range(top, top + size):
                for column in range(left, left + size):
                    drops[row][column].append(drop)
    expected = [[np.mean(pixel) for pixel in row] for row in drops]
    asked = []
    predict_proba = LogisticRegression.predict_proba
    monkeypatch.setattr(
        LogisticRegression,
        "predict_proba",
        lambda self, X: asked.append(len(X)) or predict_proba(self, X),
    )
    display = SaliencyDisplay.from_estimator(linear, image.ravel(), occlusion_size=size)
    np.testing.assert_allclose(display.maps["occlusion"], expected, atol=1e-12)
    assert asked == [1, 1 + 6 * 6]  # all squares are predicted together


def test_the_gradient_is_that_of_the_predicted_probability(digits, tiny):
    X, y = digits
    # Without kinks, and with probabilities that are not those of temperature 1.
    smooth = tiny(
        activation="tanh", dense_activation="tanh", pool_after=(), epochs=2, temperature=0.5
    ).fit(X[:200], y[:200])
    step = np.eye(64) / 64  # exact in float32
    for target in (None, 3):
        display = SaliencyDisplay.from_estimator(smooth, X[IMAGE], target=target)
        class_index = smooth.predict(X[[IMAGE]])[0] if target is None else target
        more, less = (
            np.log(smooth.predict_proba(X[IMAGE] + s)[:, class_index]) for s in (step, -step)
        )
        expected = ((more - less) * 32).reshape(8, 8)
        assert np.abs(expected).max() > 1e-3
        tolerance = 2e-3 * np.abs(expected).max()
        np.testing.assert_allclose(display.maps["gradient"], expected, atol=tolerance)


def test_the_gradient_of_an_impossible_class_is_finite(digits, tiny):
    X, y = digits
    clf = tiny(epochs=4, temperature=0.005).fit(X[:200], y[:200])
    target = np.argmin(clf.predict_proba(X[:1])[0])
    display = SaliencyDisplay.from_estimator(clf, X[0], target=target)
    assert display.probability < 1e-40  # 0 in float32
    assert np.isfinite(display.maps["gradient"]).all()
    assert np.abs(display.maps["gradient"]).max() > 0
    assert np.isfinite(display.maps["occlusion"]).all()


class OnePixel(DummyClassifier):
    """Says "ink" the more, the more ink is in the last of four pixels."""

    def fit(self, X=None, y=None):
        return super().fit(np.zeros((2, 4)), ["ink", "paper"])

    def predict_proba(self, X):
        ink = np.asarray(X)[:, 3] / 16
        return np.stack([ink, 1 - ink], axis=1)


def test_occlusion_is_positive_where_ink_speaks_for_the_target():
    clf = OnePixel().fit()
    drawn = SaliencyDisplay.from_estimator(clf, [16, 0, 0, 8])
    assert drawn.target == "ink"
    assert drawn.maps["occlusion"][1, 1] > 0
    np.testing.assert_array_equal(drawn.maps["occlusion"].ravel()[:3], 0)
    drawn = SaliencyDisplay.from_estimator(clf, [16, 0, 0, 8], target="paper")
    assert drawn.maps["occlusion"][1, 1] == pytest.approx(np.log(0.5))
    drawn = SaliencyDisplay.from_estimator(clf, [0, 0, 0, 16])
    # A probability of 0 counts as a very small one.
    assert drawn.maps["occlusion"][1, 1] == pytest.approx(-np.log(1e-30))


def test_the_image_and_a_map_for_each_method_are_drawn(digits, small_classifier):
    image = digits[0][IMAGE]
    figure, ax = pyplot.subplots(figsize=(8, 4))
    display = SaliencyDisplay.from_estimator(small_classifier, image, target=3, ax=ax)
    drawn = [ax.images[0] for ax in display.axes_]
    np.testing.assert_array_equal(drawn[0].get_array(), image.reshape(8, 8))
    assert drawn[0].get_clim() == (0, 16)
    assert [ax.get_title() for ax in display.axes_] == [
        f"probability of 3: {display.probability:.2f}",
        "occlusion",
        "gradient",
    ]
    for picture, values in zip(drawn[1:], display.maps.values(), strict=True):
        np.testing.assert_array_equal(picture.get_array(), values)
        assert picture.get_clim() == (-np.abs(values).max(), np.abs(values).max())
        assert "nats" in picture.colorbar.ax.get_xlabel()
    # Nothing overlaps, in a figure without a layout either.
    figure.draw_without_rendering()
    boxes = [drawn.get_tightbbox() for drawn in figure.axes if drawn is not ax]
    assert len(boxes) == 6
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_nothing_is_cut_in_a_new_figure(digits, linear):
    display = SaliencyDisplay.from_estimator(linear, digits[0][IMAGE])
    display.figure_.draw_without_rendering()
    for ax in display.figure_.axes:
        box = ax.get_tightbbox()
        assert min(box.x0, box.y0) >= 0
        assert box.x1 <= display.figure_.bbox.x1
        assert box.y1 <= display.figure_.bbox.y1


def test_a_map_of_zeros_is_drawn_in_the_middle_of_the_colours(linear):
    display = SaliencyDisplay.from_estimator(linear, np.zeros(64))
    assert display.axes_[1].images[0].get_clim() == (-1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": 10}, r"target=10 is not one of the classifier's classes"),
        ({"occlusion_size": 9}, "occlusion_size == 9, must be <= 8"),
        ({"image": np.ones((2, 64))}, r"one flat row, such as X\[0\]; got .* \(2, 64\)"),
        ({"image": np.full(64, np.nan)}, "NaN"),
    ],
)
def test_errors_say_what_does_not_fit(linear, change, message):
    arguments = {"image": np.ones(64), **change}
    with pytest.raises(ValueError, match=message):
        SaliencyDisplay.from_estimator(linear, **arguments)
