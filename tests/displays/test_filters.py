import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.exceptions import NotFittedError

from skdigits.displays import FilterDisplay


@pytest.fixture
def fitted(digits, tiny):
    X, y = digits
    return tiny(epochs=1, filters=(3, 5)).fit(X[:40], y[:40])


def drawn_filters(display, n_filters, per_line):
    """Read kernels of 3x3 off the mosaic again: the middle of each weight."""
    picture = display.ax_.images[0].get_array().filled(np.nan)
    places = [divmod(number, per_line) for number in range(n_filters)]
    tiles = [picture[27 * line :, 27 * column :][4:24:8, 4:24:8] for line, column in places]
    return np.stack(tiles, axis=-1)


def test_it_draws_the_kernels_of_the_first_convolution(fitted):
    display = FilterDisplay.from_estimator(fitted)
    kernels = fitted.model_.get_layer("conv_1").get_weights()[0]
    np.testing.assert_array_equal(display.kernels, kernels)
    np.testing.assert_array_equal(drawn_filters(display, 3, per_line=8), kernels[:, :, 0])
    assert display.ax_.get_title() == "conv_1: 3 filters of 3x3, input channel 0 of 1"


def test_it_draws_the_kernels_of_any_convolution_and_channel(fitted):
    display = FilterDisplay.from_estimator(fitted, layer="conv_2", channel=2, filters_per_line=2)
    kernels = fitted.model_.get_layer("conv_2").get_weights()[0]
    np.testing.assert_array_equal(drawn_filters(display, 5, per_line=2), kernels[:, :, 2])
    assert display.ax_.get_title() == "conv_2: 5 filters of 3x3, input channel 2 of 3"


def test_colours_are_symmetric_around_zero():
    kernels = np.array([-3.0, 1.0, 2.0]).reshape(1, 1, 1, 3)
    picture = FilterDisplay(kernels=kernels, layer="conv_1").plot().ax_.images[0]
    assert picture.get_clim() == (-3, 3)
    assert picture.norm(0) == 0.5


def test_kernels_of_zeros_have_the_middle_colour():
    display = FilterDisplay(kernels=np.zeros((3, 3, 1, 2)), layer="conv_1").plot()
    assert display.ax_.images[0].get_clim() == (-1, 1)


def test_gaps_differ_from_a_weight_of_zero():
    picture = FilterDisplay(kernels=np.zeros((3, 3, 1, 2)), layer="conv_1").plot().ax_.images[0]
    colours = picture.to_rgba(picture.get_array())
    assert not np.allclose(colours[12, 12], colours[12, 25], atol=0.1)


def test_the_colour_bar_is_labelled_and_as_high_as_the_kernels(fitted):
    display = FilterDisplay.from_estimator(fitted)
    assert display.colorbar_.ax.get_ylabel() == "Weight"
    assert display.colorbar_.mappable is display.ax_.images[0]
    display.figure_.canvas.draw()
    bar, kernels = (ax.get_window_extent() for ax in (display.colorbar_.ax, display.ax_))
    assert bar.height == pytest.approx(kernels.height)


def test_it_draws_again_from_what_it_keeps(fitted):
    display = FilterDisplay.from_estimator(fitted, layer="conv_2")
    figure, (_, right) = pyplot.subplots(1, 2)
    assert display.plot(right, channel=1, cmap="PiYG") is display
    assert display.ax_ is right
    assert display.figure_ is figure
    np.testing.assert_array_equal(drawn_filters(display, 5, per_line=8), display.kernels[:, :, 1])
    assert right.images[0].get_cmap().name == "PiYG"


def test_a_classifier_that_is_not_fitted_is_refused(tiny):
    with pytest.raises(NotFittedError):
        FilterDisplay.from_estimator(tiny())


@pytest.mark.parametrize("layer", ["softmax", "conv_9"])
def test_a_layer_that_is_no_convolution_is_refused(fitted, layer):
    with pytest.raises(ValueError, match=rf"layer='{layer}' .* it has conv_1, conv_2\."):
        FilterDisplay.from_estimator(fitted, layer=layer)


@pytest.mark.parametrize("channel", [3, -1])
def test_a_channel_that_is_not_there_is_refused(fitted, channel):
    with pytest.raises(ValueError, match=rf"channel={channel} .* conv_2; it has 3, .* 0 to 2\."):
        FilterDisplay.from_estimator(fitted, layer="conv_2", channel=channel)


def test_no_kernels_in_a_line_are_refused(fitted):
    with pytest.raises(ValueError, match=r"filters_per_line must be at least 1; got 0"):
        FilterDisplay.from_estimator(fitted, filters_per_line=0)
