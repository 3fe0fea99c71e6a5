import numpy as np
import pytest
from scipy.stats import binomtest

from skdigits.evaluation import PairedDifference, paired_difference


def test_figures_are_those_of_the_formulas():
    rng = np.random.default_rng(0)
    right, other = rng.random(200) < 0.9, rng.random(200) < 0.8
    difference = paired_difference(right, other)
    points = 100 * (right.astype(float) - other)
    assert difference.points == pytest.approx(100 * (right.mean() - other.mean()))
    assert difference.standard_error == pytest.approx(points.std(ddof=1) / np.sqrt(200))
    better, worse = np.sum(right & ~other), np.sum(~right & other)
    assert difference.p_value == binomtest(better, better + worse).pvalue


def test_the_other_way_round_only_the_sign_differs():
    right, other = [True, True, False, True], [True, False, True, False]
    one, two = paired_difference(right, other), paired_difference(other, right)
    assert one.points == -two.points == 25
    assert (one.standard_error, one.p_value) == (two.standard_error, two.p_value)


def test_equal_classifiers_do_not_differ():
    assert paired_difference([True, False], [True, False]) == PairedDifference(0.0, 0.0, 1.0)


def test_one_row_has_no_standard_error():
    difference = paired_difference([True], [False])
    assert difference.points == 100
    assert np.isnan(difference.standard_error)


def test_rows_must_be_the_same():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        paired_difference([True, False], [True])
