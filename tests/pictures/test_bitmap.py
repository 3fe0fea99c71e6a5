"""Ink on its way to a bitmap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdigits.pictures._bitmap import block_counts, normalise_size
from skdigits.pictures._slant import deslant


@given(st.integers(30, 300), st.integers(20, 300))
def test_ink_gets_its_height_and_a_width_between_20_pixels_and_its_proportions(height, width):
    scaled = normalise_size(np.ones((height, width), dtype=bool))
    rows, columns = scaled.any(axis=1).sum() / 4, scaled.any(axis=0).sum() / 4
    own = 32 * width / height
    assert rows == pytest.approx(32, abs=0.5)
    assert columns == pytest.approx(min(20**0.4 * own**0.6, 28), abs=0.6)


@pytest.mark.parametrize("slant", [-0.7, -0.2, 0.0, 0.4])
def test_a_slanted_stroke_is_brought_upright_to_a_pixel(slant):
    slanted = np.zeros((61, 60), dtype=bool)
    for row, line in enumerate(slanted):
        start = 27 + round(slant * (row - 30))
        line[start : start + 6] = True
    upright = deslant(slanted, "ends")
    assert upright.sum() == slanted.sum()
    assert upright.shape[1] <= 8


def test_counts_are_those_of_the_blocks():
    bitmap = np.random.default_rng(0).random((32, 32)) < 0.5
    expected = [
        [bitmap[y : y + 4, x : x + 4].sum() for x in range(0, 32, 4)] for y in range(0, 32, 4)
    ]
    np.testing.assert_array_equal(block_counts(bitmap), expected)
