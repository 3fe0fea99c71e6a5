"""Signs that are no digits: letters, shapes, scribbles, digits on their side or side by side."""

import numpy as np
import pytest

from skdigits.synthesis import draw_nondigits
from skdigits.synthesis._nondigits import _signs
from skdigits.synthesis._strokes import draw_strokes, read_templates

LIKE_A_DIGIT = set("bBDgGIloOqQsSzZ")


@pytest.fixture(scope="module")
def templates():
    return read_templates("others.txt")


def test_templates_are_strokes_of_what_is_not_written_like_a_digit(templates):
    assert len(templates) > 60
    assert LIKE_A_DIGIT.isdisjoint(templates)
    for stroke in (stroke for styles in templates.values() for sign in styles for stroke in sign):
        assert stroke.kind in {"-", "~", "#"}
        assert len(stroke.points) >= 2
        assert stroke.points.min() >= 0
        assert stroke.points.max() <= 100


def test_a_filled_shape_is_filled(templates):
    (square,) = templates["square"]
    ink = draw_strokes(square, np.random.default_rng(0), strength=0, pen=(3, 3))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    inside = ink[rows[0] + 2 : rows[-1] - 1, columns[0] + 2 : columns[-1] - 1]
    assert inside.size > 1000
    assert inside.all()


def test_signs_of_every_kind_are_drawn_and_pairs_are_wide(templates):
    signs = _signs(np.random.default_rng(0))
    n_templates = sum(map(len, templates.values()))
    assert n_templates < len(signs) / 3
    widest = [max(stroke.points[:, 0].max() for stroke in sign) for sign in signs]
    assert sum(width > 130 for width in widest) >= 50


def test_rows_are_counts_and_those_of_the_seed():
    one, again, other = (draw_nondigits(30, random_state=seed) for seed in (1, 1, 2))
    assert one.shape == (30, 64)
    assert (one >= 0).all()
    assert (one <= 16).all()
    np.testing.assert_array_equal(one, again)
    assert (one != other).any(axis=1).all()


def test_a_parameter_that_is_not_valid_is_named():
    with pytest.raises(ValueError, match="'n_samples' parameter"):
        draw_nondigits(-1)
