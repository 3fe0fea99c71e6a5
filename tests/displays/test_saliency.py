"""What the maps hold, against brute force and finite differences, and how they are drawn."""

import numpy as np
import pytest
from matplotlib import pyplot
from scipy.special import log_softmax
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from skdigits.displays import SaliencyDisplay

OCCLUSION, GRADIENT = {"methods": ("occlusion",)}, {"methods": ("gradient",)}
IMAGE = 450  # a row that no classifier here has seen


@pytest.fixture(scope="module")
def linear(digits):
    X, y = digits
    return LogisticRegression(C=1e-3, tol=1e-3, max_iter=1000).fit(X[:300], y[:300])


@pytest.fixture
def smooth(digits, tiny):
    """A network without kinks; its probabilities are not those of temperature 1."""
    X, y = digits
    return tiny(
        activation="tanh", dense_activation="tanh", pool_after=(), epochs=2, temperature=0.5
    ).fit(X[:200], y[:200])


@pytest.mark.parametrize("target", [None, 3])
def test_occlusion_of_a_pixel_is_what_a_linear_model_loses(digits, linear, target):
    image = digits[0][IMAGE]
    display = SaliencyDisplay.from_estimator(linear, image, target=target, **OCCLUSION)
    # The classes are 0 to 9, which are their own indices.
    class_index = linear.predict([image])[0] if target is None else target
    expected = np.empty(64)
    for pixel in range(64):
        without = np.where(np.arange(64) == pixel, 0, image)
        logits = np.stack([image, without]) @ linear.coef_.T + linear.intercept_
        whole, rest = log_softmax(logits, axis=1)[:, class_index]
        expected[pixel] = whole - rest
    np.testing.assert_allclose(display.maps["occlusion"], expected.reshape(8, 8), atol=1e-12)
    assert display.target == class_index
    assert display.probability == pytest.approx(linear.predict_proba([image])[0, class_index])


@pytest.mark.parametrize("size", [2, 3, 8])
def test_occlusion_by_larger_squares_is_the_mean_over_those_that_cover_a_pixel(
    digits, linear, size
):
    image = digits[0][IMAGE].reshape(8, 8)
    display = SaliencyDisplay.from_estimator(
        linear, image.ravel(), occlusion_size=size, **OCCLUSION
    )
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
    np.testing.assert_allclose(display.maps["occlusion"], expected, atol=1e-12)


def test_occlusion_asks_for_all_squares_at_once(digits, linear, monkeypatch):
    asked = []
    predict_proba = LogisticRegression.predict_proba
    monkeypatch.setattr(
        LogisticRegression,
        "predict_proba",
        lambda self, X: asked.append(len(X)) or predict_proba(self, X),
    )
    SaliencyDisplay.from_estimator(linear, digits[0][IMAGE], occlusion_size=3, **OCCLUSION)
    assert asked == [1, 1 + 6 * 6]


@pytest.mark.parametrize("target", [None, 3])
def test_the_gradient_is_that_of_the_predicted_probability(digits, smooth, target):
    image = digits[0][IMAGE]
    display = SaliencyDisplay.from_estimator(smooth, image, target=target, **GRADIENT)
    step = np.eye(64) / 64  # exact in float32
    class_index = smooth.predict(image[None])[0] if target is None else target
    more, less = (np.log(smooth.predict_proba(image + s)[:, class_index]) for s in (step, -step))
    expected = ((more - less) * 32).reshape(8, 8)
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(
        display.maps["gradient"], expected, atol=2e-3 * np.abs(expected).max()
    )


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
    drawn = SaliencyDisplay.from_estimator(OnePixel().fit(), [16, 0, 0, 8], **OCCLUSION)
    assert drawn.target == "ink"
    assert drawn.maps["occlusion"][1, 1] > 0
    np.testing.assert_array_equal(drawn.maps["occlusion"].ravel()[:3], 0)


def test_occlusion_is_negative_where_ink_speaks_against_the_target():
    drawn = SaliencyDisplay.from_estimator(
        OnePixel().fit(), [16, 0, 0, 8], target="paper", **OCCLUSION
    )
    assert drawn.maps["occlusion"][1, 1] == pytest.approx(np.log(0.5))
    assert drawn.probability == 0.5


def test_a_probability_of_0_counts_as_a_very_small_one():
    drawn = SaliencyDisplay.from_estimator(OnePixel().fit(), [0, 0, 0, 16], **OCCLUSION)
    assert drawn.maps["occlusion"][1, 1] == pytest.approx(-np.log(1e-30))


def test_the_gradient_is_positive_where_more_ink_speaks_for_the_target(digits, smooth):
    image = digits[0][IMAGE]
    drawn = SaliencyDisplay.from_estimator(smooth, image, **GRADIENT)
    gradient = drawn.maps["gradient"].ravel()
    more_for, more_against = image.copy(), image.copy()
    more_for[np.argmax(gradient)] += 0.25
    more_against[np.argmin(gradient)] += 0.25
    probability = smooth.predict_proba([image, more_for, more_against])[:, int(drawn.target)]
    assert probability[1] > probability[0] > probability[2]


def test_the_image_and_a_map_for_each_method_are_drawn(digits, smooth):
    image = digits[0][IMAGE]
    display = SaliencyDisplay.from_estimator(smooth, image, target=3)
    drawn = [ax.images[0] for ax in display.axes_]
    np.testing.assert_array_equal(drawn[0].get_array(), image.reshape(8, 8))
    assert drawn[0].get_clim() == (0, 16)
    assert drawn[0].colorbar.ax.get_xlabel() == "ink (count)"
    assert [ax.get_title() for ax in display.axes_] == [
        f"probability of 3: {display.probability:.2f}",
        "occlusion",
        "gradient",
    ]
    for picture, values in zip(drawn[1:], display.maps.values(), strict=True):
        np.testing.assert_array_equal(picture.get_array(), values)
        assert picture.get_clim() == (-np.abs(values).max(), np.abs(values).max())
        assert picture.get_cmap().name == "RdBu_r"
        assert "nats" in picture.colorbar.ax.get_xlabel()


def test_nothing_overlaps_in_a_figure_without_a_layout(digits, smooth):
    figure, ax = pyplot.subplots(figsize=(8, 4))
    SaliencyDisplay.from_estimator(smooth, digits[0][IMAGE], ax=ax)
    figure.draw_without_rendering()
    boxes = [drawn.get_tightbbox() for drawn in figure.axes if drawn is not ax]
    assert len(boxes) == 6
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])


@pytest.mark.parametrize("methods", [("occlusion",), ("occlusion", "gradient")])
def test_nothing_is_cut_in_a_figure_of_its_own(digits, smooth, methods):
    display = SaliencyDisplay.from_estimator(smooth, digits[0][IMAGE], methods=methods)
    display.figure_.draw_without_rendering()
    whole = display.figure_.bbox
    for ax in display.figure_.axes:
        box = ax.get_tightbbox()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= whole.x1
        assert box.y1 <= whole.y1


def test_maps_stand_in_the_order_of_the_methods(digits, smooth):
    display = SaliencyDisplay.from_estimator(
        smooth, digits[0][IMAGE], methods=("gradient", "occlusion")
    )
    assert [ax.get_title() for ax in display.axes_[1:]] == ["gradient", "occlusion"]


def test_a_map_of_zeros_is_drawn_in_the_middle_of_the_colours(linear):
    display = SaliencyDisplay.from_estimator(linear, np.zeros(64), **OCCLUSION)
    assert display.axes_[1].images[0].get_clim() == (-1, 1)


def test_the_shape_is_that_of_the_classifier_unless_given(digits, tiny):
    X, y = digits
    clf = tiny(image_shape=(4, 16), epochs=1).fit(X[:100], y[:100])
    display = SaliencyDisplay.from_estimator(clf, X[0])
    assert {values.shape for values in display.maps.values()} == {(4, 16)}
    given = SaliencyDisplay.from_estimator(clf, X[0], image_shape=(16, 4))
    np.testing.assert_array_equal(given.maps["gradient"].ravel(), display.maps["gradient"].ravel())
    assert given.image.shape == (16, 4)


def test_plot_needs_only_what_is_stored(digits, linear):
    first = SaliencyDisplay.from_estimator(linear, digits[0][IMAGE], **OCCLUSION)
    names = ("image", "maps", "target", "probability")
    again = SaliencyDisplay(**{name: getattr(first, name) for name in names})
    assert again.plot(cmap="PiYG") is again
    assert again.figure_ is not first.figure_
    assert again.axes_[1].images[0].get_cmap().name == "PiYG"
    np.testing.assert_array_equal(
        again.axes_[1].images[0].get_array(), first.axes_[1].images[0].get_array()
    )


def test_it_draws_in_the_place_of_a_subplot(digits, linear):
    figure, (upper, lower) = pyplot.subplots(2, 1)
    display = SaliencyDisplay.from_estimator(linear, digits[0][IMAGE], ax=lower, **OCCLUSION)
    assert display.figure_ is figure
    assert len(pyplot.get_fignums()) == 1
    assert display.axes_[0].get_position().y1 < upper.get_position().y0


def test_the_gradient_is_for_digit_cnns_only(digits, linear):
    with pytest.raises(TypeError, match=r"LogisticRegression; use methods=\(\"occlusion\",\)"):
        SaliencyDisplay.from_estimator(linear, digits[0][0])


def test_a_classifier_without_probabilities_is_refused(digits):
    clf = LinearSVC().fit(digits[0][:50], digits[1][:50])
    with pytest.raises(TypeError, match="LinearSVC has no predict_proba"):
        SaliencyDisplay.from_estimator(clf, digits[0][0], **OCCLUSION)


def test_what_is_no_fitted_classifier_is_refused(digits, tiny):
    with pytest.raises(TypeError, match="classifier"):
        SaliencyDisplay.from_estimator(LinearRegression(), digits[0][0], **OCCLUSION)
    for clf, methods in ((KNeighborsClassifier(), OCCLUSION), (tiny(), {})):
        with pytest.raises(NotFittedError):
            SaliencyDisplay.from_estimator(clf, digits[0][0], **methods)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": "occlusion"}, "methods must be a tuple of one or more of 'occlusion', 'gra"),
        ({"methods": ()}, r"got \(\)"),
        ({"methods": ("occlusion", "shap")}, r"got \('occlusion', 'shap'\)"),
        ({"target": 10}, r"target=10 is not one of the classifier's classes \[0, 1, .*, 9\]"),
        ({"occlusion_size": 0}, "occlusion_size == 0, must be >= 1"),
        ({"occlusion_size": 9}, "occlusion_size == 9, must be <= 8"),
        ({"image_shape": (3, 3)}, "holds 9 values, but X has 64 features"),
        ({"image_shape": (4, 4, 4)}, "Only images of one channel can be drawn; got 4"),
        ({"image": np.ones((2, 64))}, r"one flat row, such as X\[0\]; got .* \(2, 64\)"),
        ({"image": np.full(64, np.nan)}, "NaN"),
    ],
)
def test_errors_say_what_does_not_fit(linear, change, message):
    arguments = {"image": np.ones(64), **OCCLUSION, **change}
    with pytest.raises(ValueError, match=message):
        SaliencyDisplay.from_estimator(linear, **arguments)
