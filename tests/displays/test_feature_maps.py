import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.exceptions import NotFittedError

from skdigits.displays import FeatureMapDisplay


@pytest.fixture
def fitted(digits, tiny):
    X, y = digits
    return tiny(epochs=1, filters=(3, 5)).fit(X[:40], y[:40])


@pytest.fixture
def image(digits):
    return digits[0][40]


def drawn_maps(ax, shape, per_line):
    """Read the maps off a mosaic again: the middle of each of their points."""
    height, width, n_maps = shape
    picture = ax.images[0].get_array().filled(np.nan)
    maps = np.empty(shape)
    for number in range(n_maps):
        line, column = divmod(number, per_line)
        for y in range(height):
            for x in range(width):
                maps[y, x, number] = picture[
                    27 * line + int((y + 0.5) * 24 / height),
                    27 * column + int((x + 0.5) * 24 / width),
                ]
    return maps


def test_it_draws_the_maps_of_the_classifier(fitted, image):
    display = FeatureMapDisplay.from_estimator(fitted, image, maps_per_line=2)
    expected = fitted.feature_maps(image[np.newaxis])
    assert list(display.maps) == ["conv_1", "pool_1", "conv_2", "pool_2"]
    assert len(display.axes_) == 5
    for ax, (name, maps) in zip(display.axes_[1:], expected.items(), strict=True):
        np.testing.assert_array_equal(display.maps[name], maps[0])
        np.testing.assert_array_equal(drawn_maps(ax, maps[0].shape, per_line=2), maps[0])


def test_the_image_stands_above(fitted, image):
    display = FeatureMapDisplay.from_estimator(fitted, image[np.newaxis])
    np.testing.assert_array_equal(display.axes_[0].images[0].get_array(), image.reshape(8, 8))
    assert display.axes_[0].get_ylabel() == "image\n8x8"


def test_the_channels_of_an_image_stand_side_by_side(tiny):
    X, y = np.random.default_rng(0).normal(size=(30, 18)), np.arange(30) % 2
    clf = tiny(epochs=1, image_shape=(3, 3, 2)).fit(X, y)
    drawn = FeatureMapDisplay.from_estimator(clf, X[0]).axes_[0].images[0].get_array()
    image = X[0].reshape(3, 3, 2)
    np.testing.assert_array_equal(drawn, np.hstack([image[..., 0], image[..., 1]]))


def test_labels_tell_name_number_size_and_scale():
    maps = {"conv_1": np.full((4, 2, 3), 2.0), "pool_1": np.full((1, 1, 1), -0.5)}
    display = FeatureMapDisplay(maps=maps, image=np.ones((4, 2, 1))).plot()
    assert [ax.get_ylabel() for ax in display.axes_[1:]] == [
        "conv_1\n3 maps of 4x2\n0 to 2",
        "pool_1\n1 map of 1x1\n-0.5 to 0",
    ]


def test_a_scale_begins_at_zero_or_the_lowest_negative_value():
    maps = {
        "positive": np.array([[[1.0, 3.0]]]),
        "both": np.array([[[-1.0, 2.0]]]),
        "negative": np.array([[[-3.0, -1.0]]]),
    }
    display = FeatureMapDisplay(maps=maps, image=np.ones((1, 1, 1))).plot()
    limits = [ax.images[0].get_clim() for ax in display.axes_[1:]]
    assert limits == [(0, 3), (-1, 2), (-3, -1)]


def test_layers_can_share_a_scale():
    maps = {"conv_1": np.array([[[-1.0, 3.0]]]), "conv_2": np.array([[[1.0, 7.0]]])}
    display = FeatureMapDisplay(maps=maps, image=np.ones((1, 1, 1))).plot(share_scale=True)
    assert [ax.images[0].get_clim() for ax in display.axes_[1:]] == [(-1, 7), (-1, 7)]


@pytest.mark.parametrize("value", [4.0, 0.0, -4.0])
def test_a_layer_of_one_value_has_a_scale(value):
    maps = {"pool_3": np.full((1, 1, 2), value)}
    display = FeatureMapDisplay(maps=maps, image=np.zeros((2, 2, 1))).plot()
    picture = display.axes_[1].images[0]
    low, high = picture.get_clim()
    assert low < high
    assert np.isfinite(picture.norm(value))
    assert display.axes_[0].images[0].get_clim() == (0, 1)
    display.figure_.canvas.draw()


def test_maps_of_a_single_value_have_their_own_shades(digits, tiny):
    # The study scaled each map by itself: these were all black, divided by 0.
    clf = tiny(epochs=1, filters=(4, 4, 8), activation="softplus").fit(*digits)
    display = FeatureMapDisplay.from_estimator(clf, digits[0][0], layers="pool_3")
    maps = display.maps["pool_3"]
    assert maps.shape == (1, 1, 8)
    assert len(np.unique(maps)) == 8
    picture = display.axes_[1].images[0]
    colours = picture.to_rgba(picture.get_array())[12, 12::27]
    expected = picture.get_cmap()(maps[0, 0] / maps.max())
    np.testing.assert_allclose(colours, expected, atol=0.01)
    np.testing.assert_array_equal(colours[maps[0, 0].argmax()], picture.get_cmap()(1.0))


def test_gaps_are_white(fitted, image):
    picture = FeatureMapDisplay.from_estimator(fitted, image).axes_[1].images[0]
    np.testing.assert_array_equal(picture.to_rgba(picture.get_array())[5, 25], [1, 1, 1, 1])


def test_maps_have_the_same_size_in_all_layers(fitted, image):
    display = FeatureMapDisplay.from_estimator(fitted, image)
    display.figure_.canvas.draw()
    scales = [ax.get_window_extent().width / np.ptp(ax.get_xlim()) for ax in display.axes_[1:]]
    assert [ax.get_xlim() for ax in display.axes_[1:]] == [(-0.5, 5 * 27 - 3 - 0.5)] * 4
    assert scales == pytest.approx([scales[0]] * 4, rel=0.02)


def test_layers_are_drawn_in_the_order_asked_for(fitted, image):
    display = FeatureMapDisplay.from_estimator(fitted, image, layers=["conv_2", "conv_1"])
    assert [ax.get_ylabel().split("\n")[0] for ax in display.axes_] == ["image", "conv_2", "conv_1"]


def test_it_draws_again_from_what_it_keeps(fitted, image):
    display = FeatureMapDisplay.from_estimator(fitted, image)
    again = FeatureMapDisplay(maps=display.maps, image=display.image)
    assert again.plot(cmap="viridis") is again
    for old, new in zip(display.axes_, again.axes_, strict=True):
        np.testing.assert_array_equal(old.images[0].get_array(), new.images[0].get_array())
    assert again.axes_[1].images[0].get_cmap().name == "viridis"


def test_it_draws_in_the_place_of_a_subplot(fitted, image):
    figure, (_, right) = pyplot.subplots(1, 2)
    display = FeatureMapDisplay.from_estimator(fitted, image, ax=right)
    assert display.figure_ is figure
    assert len(pyplot.get_fignums()) == 1


def test_a_classifier_that_is_not_fitted_is_refused(tiny):
    with pytest.raises(NotFittedError):
        FeatureMapDisplay.from_estimator(tiny(), np.ones(64))


@pytest.mark.parametrize("layers", ["softmax", ["conv_1", "conv_9"], []])
def test_the_layers_that_there_are_are_named(fitted, image, layers):
    with pytest.raises(ValueError, match=r"layers=.* it has conv_1, pool_1, conv_2, pool_2\."):
        FeatureMapDisplay.from_estimator(fitted, image, layers=layers)


@pytest.mark.parametrize("shape", [(2, 64), (8, 8), (0, 64), (1, 8, 8), ()])
def test_anything_but_one_flat_image_is_refused(fitted, shape):
    with pytest.raises(ValueError, match=r"one flat image, of shape \(64,\) or \(1, 64\); got"):
        FeatureMapDisplay.from_estimator(fitted, np.ones(shape))


def test_no_maps_in_a_line_are_refused(fitted, image):
    with pytest.raises(ValueError, match=r"maps_per_line must be at least 1; got 0"):
        FeatureMapDisplay.from_estimator(fitted, image, maps_per_line=0)
