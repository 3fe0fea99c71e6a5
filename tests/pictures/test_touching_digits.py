"""Digits that touch, cut apart; digits that are wide, left alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from skdigits.pictures._touching_digits import seam, split_ink


def ring(height, width, pen=5):
    rows, columns = np.mgrid[:height, :width]
    away = np.hypot(
        (rows - (height - 1) / 2) / (height / 2), (columns - (width - 1) / 2) / (width / 2)
    )
    return (away <= 1) & (away >= 1 - 2 * pen / min(height, width))


def rings(n, scale=1):
    bridge = np.zeros((50 * scale, 2 * scale), dtype=bool)
    bridge[23 * scale : 27 * scale] = True
    parts = [ring(50 * scale, 36 * scale, 5 * scale), bridge] * n
    return np.hstack(parts[:-1])


@pytest.mark.parametrize("scale", [1, 4])
def test_two_rings_that_touch_are_two_digits(scale):
    two = rings(2, scale)
    left, right = split_ink(two, height=50 * scale)
    assert left[:, : 36 * scale].sum() > 0.99 * left.sum()
    assert right[:, 38 * scale :].sum() > 0.97 * right.sum()
    np.testing.assert_array_equal(left ^ right, two)


def test_four_rings_that_touch_are_four_digits_from_left_to_right():
    parts = split_ink(rings(4), height=50)
    middles = [np.flatnonzero(part.any(axis=0)).mean() for part in parts]
    assert [int(middle // 38) for middle in middles] == [0, 1, 2, 3]


@pytest.mark.parametrize("ink", [rings(20), rings(2).repeat(3, axis=0)])
def test_what_cannot_be_a_few_digits_is_left_alone(ink):
    assert len(split_ink(ink, height=50)) == 1


def test_a_round_zero_is_one_digit():
    assert len(split_ink(ring(50, 50), height=50)) == 1


def test_a_narrow_piece_is_not_looked_into():
    one = np.ones((50, 8), dtype=bool)
    (part,) = split_ink(one, height=50)
    assert part is one


@settings(deadline=None)
@given(
    arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=40)),
    st.floats(2, 60),
)
def test_parts_add_up_to_the_whole(ink, height):
    ink[0, 0] = ink[-1, -1] = True  # it fills its box
    parts = split_ink(ink, height)
    assert all(part.any() for part in parts)
    np.testing.assert_array_equal(np.sum(parts, axis=0), ink)


@given(arrays(float, array_shapes(min_dims=2, max_dims=2), elements=st.floats(0, 9)))
def test_a_seam_is_connected_and_no_dearer_than_a_straight_cut(cost):
    columns = seam(cost)
    assert (np.abs(np.diff(columns)) <= 1).all()
    price = cost[np.arange(len(cost)), columns].sum()
    assert price <= cost.sum(axis=0).min() + 1e-9
