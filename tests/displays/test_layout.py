"""Logarithmic axes have ticks that can be read."""

import pytest
from matplotlib.figure import Figure

from skdigits.displays import log_y


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
