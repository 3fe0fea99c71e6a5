"""What displays have in common: their places, and logarithmic axes with ticks to be read."""

import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from skdigits.displays import (
    DigitSamplesDisplay,
    FeatureMapDisplay,
    FilterDisplay,
    TrainingHistoryDisplay,
    log_y,
)


def ticks_of(values):
    """Labels of the ticks within the axis, after drawing `values`."""
    ax = Figure().subplots()
    ax.plot(values)
    log_y(ax, values)
    ax.figure.canvas.draw()
    low, high = ax.get_ylim()
    labels = [label.get_text() for label in ax.get_yticklabels(minor=True)]
    assert set(labels) <= {""}
    return ax, [
        label.get_text() for label in ax.get_yticklabels() if low <= label.get_position()[1] <= high
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.55, 0.7, 1.8], ["0.6", "0.8", "1", "1.2", "1.4", "1.6", "1.8"]),
        ([0.04, 2.0], ["0.05", "0.1", "0.2", "0.5", "1", "2"]),
        ([0.00008, 2.0], ["0.0001", "0.001", "0.01", "0.1", "1"]),
    ],
)
def test_ticks_are_plain_numbers_that_suit_the_range(values, expected):
    ax, ticks = ticks_of(values)
    assert ax.get_yscale() == "log"
    assert ticks == expected


@pytest.mark.parametrize("values", [[0.0, 0.0], [float("nan")], [0.3], []])
def test_what_spans_nothing_stays_linear(values):
    ax, _ = ticks_of(values)
    assert ax.get_yscale() == "linear"


def test_displays_draw_on_given_axes_or_in_their_place(small_classifier, digits):
    draws = [
        lambda ax: FilterDisplay.from_estimator(small_classifier, ax=ax),
        lambda ax: DigitSamplesDisplay.from_data(*digits, n_per_class=1, ax=ax),
        lambda ax: FeatureMapDisplay.from_estimator(small_classifier, digits[0][0], ax=ax),
        lambda ax: TrainingHistoryDisplay.from_estimator(small_classifier, ax=ax),
    ]
    for draw in draws:
        figure, (left, right) = pyplot.subplots(1, 2)
        display = draw(right)
        assert display.figure_ is figure
        axes = display.ax_ if hasattr(display, "ax_") else display.axes_.flat[0]
        assert axes.get_position().x0 >= right.get_position().x0 > left.get_position().x1
        assert pyplot.get_fignums() == [1]
        assert display.plot() is display  # again from what it keeps, in a new figure
        assert display.figure_ is not figure
        pyplot.close("all")
    with pytest.raises(ValueError, match="must be a subplot"):
        draws[-1](Figure().add_axes((0, 0, 1, 1)))
