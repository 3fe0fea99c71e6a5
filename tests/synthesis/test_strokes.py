"""Digits drawn from strokes: every template is read as what it stands for, and is known."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from sklearn.neighbors import KNeighborsClassifier

from skdigits.pictures._ink_measures import border
from skdigits.preprocessing import check_digits
from skdigits.synthesis import draw_digits
from skdigits.synthesis._strokes import draw_strokes, read_templates


def test_there_are_several_templates_of_each_digit():
    templates = read_templates("strokes.txt")

    assert list(templates) == list("0123456789")
    assert all(len(styles) >= 4 for styles in templates.values())
    for strokes in (
        stroke for styles in templates.values() for style in styles for stroke in style
    ):
        assert len(strokes.points) >= 2
        assert strokes.points.min() >= 0
        assert strokes.points.max() <= 100


def test_rows_are_counts_and_digits_come_equally_often():
    X, y = draw_digits(200, random_state=0)

    assert (X.shape, X.dtype, y.dtype) == ((200, 64), np.float64, np.int64)
    assert not check_digits(X)
    np.testing.assert_array_equal(np.bincount(y), [20] * 10)


def test_templates_take_turns():
    X, y = draw_digits(500, strength=0, random_state=0)

    for digit, styles in read_templates("strokes.txt").items():
        rows = X[y == int(digit)]
        turn = len(styles)
        same = np.abs(rows[turn:] - rows[:-turn]).mean()
        assert same < np.abs(rows[1:] - rows[:-1]).mean()


def test_drawings_of_a_template_are_near_to_those_of_its_digit():
    X, y = draw_digits(1500, random_state=0)
    neighbours = KNeighborsClassifier(5).fit(X[:1000], y[:1000])

    assert neighbours.score(X[1000:], y[1000:]) > 0.9


def test_a_point_that_strokes_share_stays_one():
    # The foot and the bow of a 2 meet, however far their points are moved.
    two = read_templates("strokes.txt")["2"][0]
    for seed in range(10):
        random = np.random.default_rng(seed)
        ink = draw_strokes(two, random, strength=2, pen=(5, 5))
        assert ndimage.label(ink, np.ones((3, 3)))[1] == 1


@settings(max_examples=25, deadline=None)
@given(digit=st.integers(0, 9), seed=st.integers(0, 2**32), width=st.floats(3, 30))
def test_any_drawing_fits_its_page(digit, seed, width):
    random = np.random.default_rng(seed)
    styles = read_templates("strokes.txt")[str(digit)]
    strokes = styles[seed % len(styles)]
    ink = draw_strokes(strokes, random, strength=1.5, pen=(width, width))

    assert ink.any()
    assert not border(ink).any()


def test_the_seed_decides_and_the_processes_do_not():
    one, again, other = (draw_digits(12, random_state=seed)[0] for seed in (1, 1, 2))

    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(one, draw_digits(12, random_state=1, n_jobs=2)[0])
    assert (one != other).any()


def test_no_samples_are_no_rows():
    X, y = draw_digits(0)
    assert (X.shape, y.shape) == ((0, 64), (0,))
