"""Rows of distorted bitmaps: seeded, near to the digit, and counted as the encoder counts."""

import numpy as np
import pytest

from skdigits.datasets import load_optdigits
from skdigits.pictures import PictureEncoding
from skdigits.preprocessing import check_digits
from skdigits.synthesis import distort_bitmaps


@pytest.fixture(scope="module")
def bitmaps():
    return load_optdigits(subset="test", bitmaps=True).bitmaps[:40]


def test_each_copy_is_another_row_of_counts(bitmaps):
    rows = distort_bitmaps(bitmaps, n_copies=3, random_state=0)

    assert rows.shape == (120, 64)
    assert len(np.unique(rows, axis=0)) == 120
    assert not check_digits(rows)


def test_without_distortion_a_row_is_nearly_what_the_encoder_makes_of_the_bitmap(bitmaps):
    rows = distort_bitmaps(bitmaps, strength=0, random_state=0)
    expected = [PictureEncoding().encode_ink(bitmap.astype(bool)) for bitmap in bitmaps]

    assert np.abs(rows - expected).mean() < 1.0


def test_strength_distorts_the_more_the_more(bitmaps):
    none, little, much = (
        distort_bitmaps(bitmaps, strength=strength, random_state=0) for strength in (0, 0.3, 1)
    )
    assert 0 < np.abs(little - none).mean() < np.abs(much - none).mean()


def test_a_digit_stays_what_it_is(bitmaps):
    # The nearest of the undistorted rows is mostly its own.
    rows = distort_bitmaps(bitmaps, strength=0, random_state=0)
    distorted = distort_bitmaps(bitmaps, n_copies=5, random_state=0)
    nearest = ((distorted[:, None] - rows) ** 2).sum(axis=2).argmin(axis=1)
    y = load_optdigits(subset="test").target[:40]

    assert np.mean(y[nearest] == np.tile(y, 5)) > 0.8


def test_the_seed_decides_and_the_processes_do_not(bitmaps):
    one, again, other = (distort_bitmaps(bitmaps[:8], random_state=seed) for seed in (1, 1, 2))
    in_two = distort_bitmaps(bitmaps[:8], random_state=1, n_jobs=2)

    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(one, in_two)
    assert (one != other).any(axis=1).all()


@pytest.mark.parametrize(
    ("shape", "message"),
    [((3, 64), r"\(n_bitmaps, 32, 32\)"), ((2, 32, 32), "2 bitmaps are empty")],
)
def test_what_is_no_bitmap_is_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        distort_bitmaps(np.zeros(shape))


def test_no_bitmaps_give_no_rows():
    assert distort_bitmaps(np.zeros((0, 32, 32))).shape == (0, 64)


def test_a_parameter_that_is_not_valid_is_named(bitmaps):
    with pytest.raises(ValueError, match="'strength' parameter"):
        distort_bitmaps(bitmaps, strength=-1)
