"""Draw what is not a digit: letters, signs, shapes, scribbles, pairs and rotations of digits.

The templates of letters, signs and shapes are in ``others.txt`` in this folder.
"""

from itertools import chain
from numbers import Integral

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from skdigits._sklearn_compat import validate_params
from skdigits.synthesis._rows import encode_drawings
from skdigits.synthesis._strokes import Stroke, draw_strokes, read_templates

__all__ = ["draw_nondigits"]

# Digits that become other signs when they are mirrored or lie on their side.
_MIRRORED = "34679"
_ON_THEIR_SIDE = "2345679"

# Number of random drawings that are made in addition to the templates.
_N_PAIRS = 60
_N_SCRIBBLES = 40


@validate_params(
    {
        "n_samples": [Interval(Integral, 0, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    },
)
def draw_nondigits(
    n_samples: int,
    *,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> npt.NDArray[np.float64]:
    """Draw random signs that are not digits, and encode them as counts.

    A classifier that has seen digits alone is as sure of a letter as of a digit. One that is
    trained on these as well, as samples of one more class, recognises them [1]_: see
    `outlier_label` of :func:`skdigits.save_model`. Half of them are letters, signs and shapes
    from hand-made templates; letters that are written like a digit, such as O, l and S, are not
    among them. The others are digits mirrored or on their side, two digits side by side, and
    scribbles. They are drawn as :func:`draw_digits` draws digits.

    Parameters
    ----------
    n_samples : int
        Rows to draw.
    n_jobs : int or None, default=None
        Number of processes, as for :class:`joblib.Parallel`. The rows do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seeds the drawing.

    Returns
    -------
    ndarray of shape (n_samples, 64), dtype float64
        Counts 0..16.

    Raises
    ------
    ValueError
        If a parameter is not valid.

    See Also
    --------
    draw_digits : Draw digits.

    References
    ----------
    .. [1] D. Hendrycks, M. Mazeika and T. Dietterich (2019). Deep anomaly detection with outlier
       exposure. ICLR.

    Examples
    --------
    >>> from skdigits.synthesis import draw_nondigits
    >>> draw_nondigits(20, random_state=0).shape
    (20, 64)
    """
    random = check_random_state(random_state)
    signs = _signs(np.random.default_rng(random.randint(np.iinfo(np.int32).max)))
    chosen = [signs[number % len(signs)] for number in range(n_samples)]
    return encode_drawings(draw_strokes, chosen, n_jobs=n_jobs, random_state=random)


def _signs(random: np.random.Generator) -> list[list[Stroke]]:
    """Return what is drawn in turn."""
    digits = read_templates("strokes.txt")
    others = [*chain(*read_templates("others.txt").values())]
    mirrored = [_turned(sign, [[-1, 0], [0, 1]]) for name in _MIRRORED for sign in digits[name]]
    on_their_side = [
        _turned(sign, [[0, way], [-way, 0]])
        for name in _ON_THEIR_SIDE
        for sign in digits[name]
        for way in (-1, 1)
    ]
    every = [*chain(*digits.values())]
    pairs = [
        _side_by_side(every[left], every[right], random)
        for left, right in random.integers(len(every), size=(_N_PAIRS, 2))
    ]
    scribbles = [_scribble(random) for _ in range(_N_SCRIBBLES)]
    return [*others, *others, *mirrored, *on_their_side, *pairs, *scribbles]


def _turned(sign: list[Stroke], matrix: npt.ArrayLike) -> list[Stroke]:
    """Turn or mirror a sign about its middle."""
    return [stroke._replace(points=(stroke.points - 50) @ matrix + 50) for stroke in sign]


def _side_by_side(
    left: list[Stroke], right: list[Stroke], random: np.random.Generator
) -> list[Stroke]:
    # From touching each other to a gap.
    apart = [random.uniform(80, 140), 0]
    return [*left, *(stroke._replace(points=stroke.points + apart) for stroke in right)]


def _scribble(random: np.random.Generator) -> list[Stroke]:
    """Return one or two strokes with more turns than a digit has."""
    return [
        Stroke(random.uniform(0, 100, (random.integers(5, 9), 2)), "~-"[random.integers(2)])
        for _ in range(random.integers(1, 3))
    ]
