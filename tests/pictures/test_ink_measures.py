"""What is measured of ink."""

import numpy as np
import pytest

from skdigits.pictures._ink_measures import bounding_box, cropped, run_lengths, stroke_width


def test_runs_along_both_axes():
    ink = np.array([[1, 1, 0], [0, 1, 0], [0, 1, 1]], dtype=bool)
    np.testing.assert_array_equal(run_lengths(ink, 0), [[1, 3, 0], [0, 3, 0], [0, 3, 1]])
    np.testing.assert_array_equal(run_lengths(ink, 1), [[2, 2, 0], [0, 1, 0], [0, 2, 2]])


def test_the_box_is_that_of_the_ink():
    ink = np.zeros((9, 7), dtype=bool)
    ink[2, 3] = ink[5, 1] = True
    assert bounding_box(ink) == (slice(2, 6), slice(1, 4))
    assert cropped(ink).shape == (4, 3)


@pytest.mark.parametrize("width", [4, 10, 20])
def test_upright_strokes_are_measured_in_proportion(width):
    # Edges are counted in steps, of which a slanted one has more: the mean over all slants is
    # taken out.
    measured = stroke_width(np.ones((4000, width), dtype=bool))
    assert measured == pytest.approx(width * 4 / np.pi, rel=0.01)
