"""Ink that grows in all directions."""

import hypothesis.extra.numpy as npst
import hypothesis.strategies as st
import numpy as np
from hypothesis import given
from scipy import ndimage

from skdigits.pictures import grown


@given(
    npst.arrays(bool, npst.array_shapes(min_dims=2, max_dims=2, max_side=20)),
    st.floats(0, 30) | st.integers(0, 30),
)
def test_it_is_what_is_no_farther_away(ink, radius):
    before = ink.copy()
    distances = ndimage.distance_transform_edt(~ink) if ink.any() else np.inf
    np.testing.assert_array_equal(grown(ink, radius), np.full(ink.shape, distances <= radius))
    np.testing.assert_array_equal(ink, before)
