import numpy as np
import pytest

from skdigits.displays import FilterDisplay


def drawn_filters(display, n_filters):
    """Read kernels of 3x3 off the mosaic again: the middle of each weight."""
    picture = display.ax_.images[0].get_array().filled(np.nan)
    tiles = [picture[:, 27 * column :][4:24:8, 4:24:8] for column in range(n_filters)]
    return np.stack(tiles, axis=-1)


def test_it_draws_the_kernels_of_any_convolution_and_channel(small_classifier):
    for layer, channel, title in (
        ("conv_1", 0, "conv_1: 4 filters of 3x3, input channel 0 of 1"),
        ("conv_2", 2, "conv_2: 6 filters of 3x3, input channel 2 of 4"),
    ):
        display = FilterDisplay.from_estimator(small_classifier, layer=layer, channel=channel)
        kernels = small_classifier.model_.get_layer(layer).get_weights()[0]
        np.testing.assert_array_equal(display.kernels, kernels)
        expected = kernels[:, :, channel]
        np.testing.assert_array_equal(drawn_filters(display, kernels.shape[-1]), expected)
        assert display.ax_.get_title() == title


def test_colours_are_symmetric_around_zero():
    for weights, limit in (([-3.0, 1.0, 2.0], 3), ([0.0, 0.0, 0.0], 1)):
        kernels = np.array(weights).reshape(1, 1, 1, 3)
        picture = FilterDisplay(kernels=kernels, layer="conv_1").plot().ax_.images[0]
        assert picture.get_clim() == (-limit, limit)
    colours = picture.to_rgba(picture.get_array())
    assert not np.allclose(colours[12, 12], colours[12, 25], atol=0.1)  # the gaps are not white


def test_the_colour_bar_is_as_high_as_the_kernels(small_classifier):
    display = FilterDisplay.from_estimator(small_classifier)
    display.figure_.canvas.draw()
    bar, kernels = (ax.get_window_extent() for ax in (display.colorbar_.ax, display.ax_))
    assert bar.height == pytest.approx(kernels.height)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": "softmax"}, r"layer='softmax' .* it has conv_1, conv_2\."),
        ({"layer": "conv_2", "channel": 4}, r"channel=4 .* conv_2; it has 4, .* 0 to 3\."),
        ({"channel": -1}, "channel=-1"),
    ],
)
def test_unknown_layers_and_channels_are_refused(small_classifier, arguments, message):
    with pytest.raises(ValueError, match=message):
        FilterDisplay.from_estimator(small_classifier, **arguments)
