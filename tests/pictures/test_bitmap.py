"""Ink on its way to a bitmap."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import ndimage

from skdigits.pictures._bitmap import block_counts, normalise_size
from skdigits.pictures._ink_measures import cropped, stroke_width
from skdigits.pictures._slant import deslant


@given(st.integers(8, 300), st.integers(20, 300), st.integers(0, 2**32 - 1))
def test_ink_gets_its_size_as_an_affine_map_would_give_it(height, width, seed):
    random = np.random.default_rng(seed)
    blots = ndimage.gaussian_filter(random.normal(size=(height, width)), height / 8)
    ink = cropped(blots > np.median(blots))
    height, width = ink.shape
    assume(stroke_width(ink) >= height / 16)  # thinner strokes are drawn thicker first
    scaled = normalise_size(ink, 0)
    steps = np.array([height / 32, width / 20]) / 4
    smooth = ndimage.gaussian_filter(ink.astype(np.float32), np.maximum(steps / 2 - 0.5, 0))
    expected = ndimage.affine_transform(
        smooth,
        np.diag(steps),
        offset=(np.array(ink.shape) - 1) / 2 - steps * 159 / 2,
        output_shape=(160, 160),
        order=1,
        mode="grid-constant",
    )
    clear = np.abs(expected - 0.5) > 1e-5
    np.testing.assert_array_equal(scaled[clear], expected[clear] >= 0.5)


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
