"""Boxes and ruled lines that are taken out, and strokes that are not."""

import numpy as np
import pytest
from scipy import ndimage

from skdigits.pictures._ruled_lines import remove_printed_lines, remove_ruled_lines


@pytest.fixture
def stroke():
    """An upright stroke that ends within a page."""
    page = np.zeros((100, 100), dtype=bool)
    page[20:80, 47:53] = True
    return page


@pytest.mark.parametrize("thickness", [1, 2, 3])
@pytest.mark.parametrize("rise", [0, 3])
def test_lines_across_a_page_go_and_the_stroke_through_them_stays(stroke, thickness, rise):
    page = stroke.copy()
    for column in range(100):
        for row in (15, 45, 75):
            top = row - rise * column // 100
            page[top : top + thickness, column] = True
    page[:, 20] = True  # the margin
    left = remove_ruled_lines(page)
    assert left[stroke].all()
    assert (left & ~stroke).sum() <= 3 * thickness  # where the margin crosses the lines


def test_a_thick_line_across_a_page_is_a_stroke(stroke):
    page = stroke.copy()
    page[40:48] = True
    np.testing.assert_array_equal(remove_ruled_lines(page), page)


def test_a_line_that_ends_within_the_page_is_a_stroke(stroke):
    page = stroke.copy()
    page[40:42, :80] = True
    np.testing.assert_array_equal(remove_ruled_lines(page), page)


def test_a_digit_that_fills_the_picture_keeps_its_strokes():
    four = np.zeros((100, 100), dtype=bool)
    four[:60, :6] = four[:, 60:66] = True
    four[50:53] = True
    np.testing.assert_array_equal(remove_ruled_lines(four), four)


@pytest.mark.parametrize("side", [16, 28, 100])
def test_a_digit_cut_close_keeps_a_foot_as_wide_as_the_picture(side):
    two = np.zeros((side, side), dtype=bool)
    thick = max(1, side // 16)
    two[side // 2 : side // 2 + thick] = two[1 : side // 2, side // 2 : side // 2 + thick] = True
    np.testing.assert_array_equal(remove_ruled_lines(two), two)


def test_a_page_of_lines_alone_is_left_as_it_is():
    page = np.zeros((60, 100), dtype=bool)
    page[20] = page[40] = True
    np.testing.assert_array_equal(remove_ruled_lines(page), page)


def test_a_ruled_line_goes_and_the_stroke_through_it_stays():
    stroke = np.zeros((40, 100), dtype=bool)
    stroke[:, 48:53] = True
    ruled = stroke.copy()
    ruled[30:32] = True
    np.testing.assert_array_equal(remove_printed_lines(ruled, 60), stroke)


def test_a_line_may_drift():
    line = np.zeros((8, 100), dtype=bool)
    for column in range(100):
        line[3 + column // 50 : 5 + column // 50, column] = True
    assert not remove_printed_lines(line, 60).any()


def test_a_box_with_cells_goes_with_its_upright_lines():
    cells = np.zeros((40, 122), dtype=bool)
    cells[:2] = cells[-2:] = True
    cells[:, ::40] = cells[:, 1::40] = True
    left, _ = ndimage.label(remove_printed_lines(cells, 90))
    crossings = [(rows.stop - rows.start) for rows, _ in ndimage.find_objects(left)]
    assert max(crossings) <= 2


def test_upright_strokes_are_no_lines_of_a_box_without_top_and_bottom():
    ruled = np.zeros((40, 100), dtype=bool)
    ruled[38:] = True
    ruled[:, 20:23] = ruled[:, 70:73] = True
    left = remove_printed_lines(ruled, 60)
    assert left[:38, 20:23].all()
    assert left[:38, 70:73].all()
    assert left.sum() == ruled[:, 20:23].size * 2
