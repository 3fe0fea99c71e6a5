"""Boxes and ruled lines that are taken out, and strokes that are not."""

import numpy as np
from scipy import ndimage

from skdigits.pictures._printed_lines import without_lines


def test_a_ruled_line_goes_and_the_stroke_through_it_stays():
    stroke = np.zeros((40, 100), dtype=bool)
    stroke[:, 48:53] = True
    ruled = stroke.copy()
    ruled[30:32] = True
    np.testing.assert_array_equal(without_lines(ruled, 60), stroke)


def test_a_line_may_drift():
    line = np.zeros((8, 100), dtype=bool)
    for column in range(100):
        line[3 + column // 50 : 5 + column // 50, column] = True
    assert not without_lines(line, 60).any()


def test_a_box_with_cells_goes_with_its_upright_lines():
    cells = np.zeros((40, 122), dtype=bool)
    cells[:2] = cells[-2:] = True
    cells[:, ::40] = cells[:, 1::40] = True
    left, _ = ndimage.label(without_lines(cells, 90))
    crossings = [(rows.stop - rows.start) for rows, _ in ndimage.find_objects(left)]
    assert max(crossings) <= 2


def test_upright_strokes_are_no_lines_of_a_box_without_top_and_bottom():
    ruled = np.zeros((40, 100), dtype=bool)
    ruled[38:] = True
    ruled[:, 20:23] = ruled[:, 70:73] = True
    left = without_lines(ruled, 60)
    assert left[:38, 20:23].all()
    assert left[:38, 70:73].all()
    assert left.sum() == ruled[:, 20:23].size * 2


def test_short_strokes_are_no_lines():
    seven = np.zeros((40, 30), dtype=bool)
    seven[:3] = seven[:, -3:] = True
    np.testing.assert_array_equal(without_lines(seven, 60), seven)
