"""What is measured of ink."""

import numpy as np
import pytest

from skdigits.pictures._ink_measures import (
    bounding_box,
    cropped,
    largest_part,
    median_stroke_width,
    moved,
    run_lengths,
    stroke_width,
)


def test_runs_along_both_axes():
    ink = np.array([[1, 1, 0], [0, 1, 0], [0, 1, 1]], dtype=bool)
    np.testing.assert_array_equal(run_lengths(ink, 0), [[1, 3, 0], [0, 3, 0], [0, 3, 1]])
    np.testing.assert_array_equal(run_lengths(ink, 1), [[2, 2, 0], [0, 1, 0], [0, 2, 2]])


def test_the_box_is_that_of_the_ink():
    ink = np.zeros((9, 7), dtype=bool)
    ink[2, 3] = ink[5, 1] = True
    assert bounding_box(ink) == (slice(2, 6), slice(1, 4))
    assert cropped(ink).shape == (4, 3)
    assert moved(bounding_box(ink), 10, -1) == (slice(12, 16), slice(0, 3))


def test_corners_connect_the_largest_part():
    ink = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 0], [1, 0, 0, 0]], dtype=bool)
    expected = ink.copy()
    expected[3, 0] = False
    np.testing.assert_array_equal(largest_part(ink), expected)


@pytest.mark.parametrize("width", [4, 10, 20])
def test_upright_strokes_are_measured_in_proportion(width):
    # Edges are counted in steps, of which a slanted one has more: the mean over all slants is
    # taken out.
    measured = stroke_width(np.ones((4000, width), dtype=bool))
    assert measured == pytest.approx(width * 4 / np.pi, rel=0.01)


@pytest.mark.parametrize("slant", [0, 0.3, 1])
def test_the_median_width_is_the_same_at_every_slant(slant):
    rows, columns = np.mgrid[:300, :400]
    away = np.abs(columns - 50 - slant * rows) / np.hypot(1, slant)
    assert median_stroke_width(away <= 6) == pytest.approx(13, abs=1)
