import numpy as np
import pytest

from skdigits.displays import FeatureMapDisplay


@pytest.fixture
def image(digits):
    return digits[0][400]


def drawn_maps(ax, shape):
    """Read the maps off a line of a mosaic again: the middle of each of their points."""
    height, width, n_maps = shape
    picture = ax.images[0].get_array().filled(np.nan)
    rows, columns = (((np.arange(size) + 0.5) * 24 / size).astype(int) for size in (height, width))
    maps = [picture[:, 27 * number :][rows][:, columns] for number in range(n_maps)]
    return np.stack(maps, axis=-1)


def test_it_draws_the_image_and_the_maps_of_the_classifier(small_classifier, image):
    display = FeatureMapDisplay.from_estimator(small_classifier, image)
    expected = small_classifier.feature_maps(image[np.newaxis])
    assert list(display.maps) == list(expected)
    np.testing.assert_array_equal(display.axes_[0].images[0].get_array(), image.reshape(8, 8))
    for ax, (name, maps) in zip(display.axes_[1:], expected.items(), strict=True):
        np.testing.assert_array_equal(display.maps[name], maps[0])
        np.testing.assert_array_equal(drawn_maps(ax, maps[0].shape), maps[0])
        assert ax.get_xlim() == (-0.5, 6 * 27 - 3 - 0.5)  # maps of all layers have the same size
        gap = ax.images[0].to_rgba(ax.images[0].get_array())[5, 25]
        np.testing.assert_array_equal(gap, [1, 1, 1, 1])


def test_layers_are_drawn_in_the_order_asked_for(small_classifier, image):
    layers = ["conv_2", "conv_1"]
    display = FeatureMapDisplay.from_estimator(small_classifier, image[np.newaxis], layers=layers)
    assert [ax.get_ylabel().split("\n")[0] for ax in display.axes_] == ["image", *layers]


def test_the_channels_of_an_image_stand_side_by_side():
    image = np.arange(18.0).reshape(3, 3, 2)
    display = FeatureMapDisplay(maps={"conv_1": np.ones((3, 3, 1))}, image=image).plot()
    drawn = display.axes_[0].images[0].get_array()
    np.testing.assert_array_equal(drawn, np.hstack([image[..., 0], image[..., 1]]))


def test_labels_tell_name_number_size_and_scale():
    maps = {"conv_1": np.full((4, 2, 3), 2.0), "pool_1": np.full((1, 1, 1), -0.5)}
    display = FeatureMapDisplay(maps=maps, image=np.ones((4, 2, 1))).plot()
    assert [ax.get_ylabel() for ax in display.axes_[1:]] == [
        "conv_1\n3 maps of 4x2\n0 to 2",
        "pool_1\n1 map of 1x1\n-0.5 to 0",
    ]


def test_a_scale_begins_at_zero_or_the_lowest_negative_value():
    # Maps of a single value, as after the last pooling, have different shades.
    values = {"positive": [1, 3], "both": [-1, 2], "negative": [-3, -1], "zeros": [0, 0]}
    maps = {name: np.array([[pair]], dtype=float) for name, pair in values.items()}
    display = FeatureMapDisplay(maps=maps, image=np.zeros((1, 1, 1))).plot()
    limits = [ax.images[0].get_clim() for ax in display.axes_]
    assert limits == [(0, 1), (0, 3), (-1, 2), (-3, -1), (0, 1)]
    display.figure_.canvas.draw()


@pytest.mark.parametrize("layers", [["conv_1", "conv_9"], []])
def test_unknown_layers_are_refused(small_classifier, image, layers):
    with pytest.raises(ValueError, match=r"layers=.* it has conv_1, "):
        FeatureMapDisplay.from_estimator(small_classifier, image, layers=layers)


@pytest.mark.parametrize("shape", [(2, 64), (8, 8), (1, 8, 8), ()])
def test_anything_but_one_flat_image_is_refused(small_classifier, shape):
    with pytest.raises(ValueError, match=r"one flat row, such as X\[0\] or X\[:1\]; got"):
        FeatureMapDisplay.from_estimator(small_classifier, np.ones(shape))
