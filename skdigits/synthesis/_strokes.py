"""Draw digits from templates of strokes, in styles that the data set's writers did not use.

The templates are in ``strokes.txt`` beside this file, to be read and changed by hand.
"""

from collections.abc import Sequence
from functools import cache, partial
from importlib import resources
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy.interpolate import make_interp_spline
from sklearn.utils._param_validation import Interval

from skdigits._sklearn_compat import validate_params
from skdigits.pictures import grown
from skdigits.synthesis._rows import encode_drawings

__all__ = ["Stroke", "draw_digits", "draw_strokes", "read_templates"]

# Sides of the page and of a digit, the longer one, in pixels.
_PAGE = 96
_SIDE = 66

# Width by height of a digit before it is distorted.
_ASPECT = 0.7

# Least and greatest width of strokes, in hundredths of the longer side.
_PEN = (5.0, 20.0)

# Distortions at a strength of 1. Standard deviation of a point's displacement, in hundredths of a
# digit's height; degrees to either side; columns per row to either side; standard deviation of the
# logarithm of the factor on the width, and of a smooth displacement of all points.
_JITTER = 4.0
_ROTATION = 12.0
_SLANT = 0.35
_ZOOM = 0.25
_BEND = 4.0


class Stroke(NamedTuple):
    """Points of shape (n_points, 2), x and y in 0..100.

    They are joined by straight pieces ("-"), by a smooth curve ("~"), or are the corners of a
    filled shape ("#").
    """

    points: np.ndarray
    kind: str


@validate_params(
    {
        "n_samples": [Interval(Integral, 0, None, closed="left")],
        "strength": [Interval(Real, 0, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }
)
def draw_digits(
    n_samples: int,
    *,
    strength: float = 1.0,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Draw digits at random from templates of strokes, and encode them as counts.

    The 43 writers of the data set are of one country. The templates add what others write: a 1
    with a long flag or a foot, a 2 with a loop, a closed 4, a crossed 7, and more; all were made
    up by hand. The rows are synthetic: for training, and never to measure with.

    Parameters
    ----------
    n_samples : int
        Rows to draw. Digits come equally often, and so do the templates of a digit.
    strength : float, default=1.0
        Factor on all distortions. At 1, the points of a template are displaced by 4 % of the
        height, each by itself and again smoothly; digits are turned by up to 12 degrees, slanted
        by up to 0.35 columns per row to either side, and their widths vary by 25 %. 0 draws the
        templates themselves, in strokes of all widths.
    n_jobs : int or None, default=None
        Number of processes, as for :class:`joblib.Parallel`. The rows do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seeds the drawing.

    Returns
    -------
    X : ndarray of shape (n_samples, 64), dtype float64
        Counts 0..16.
    y : ndarray of shape (n_samples,), dtype int64
        The digits.

    Raises
    ------
    ValueError
        If a parameter is not valid.

    See Also
    --------
    distort_bitmaps : Distort digits that were written.

    Examples
    --------
    >>> from skdigits.synthesis import draw_digits
    >>> X, y = draw_digits(20, random_state=0)
    >>> X.shape, y[:10]
    ((20, 64), array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    """
    y = np.arange(n_samples) % 10
    styles = read_templates("strokes.txt")
    chosen = [styles[str(i % 10)][(i // 10) % len(styles[str(i % 10)])] for i in range(n_samples)]
    draw = partial(draw_strokes, strength=strength)
    X = encode_drawings(draw, chosen, n_jobs=n_jobs, random_state=random_state)
    return X, y


@cache
def read_templates(file_name: str) -> dict[str, list[list[Stroke]]]:
    """Read the templates of each digit or other sign, by its name."""
    file = resources.files("skdigits.synthesis") / file_name
    templates: dict[str, list[list[Stroke]]] = {}
    for line in file.read_text(encoding="ascii").splitlines():
        if line and not line.startswith("#"):
            name, strokes = line.split(maxsplit=1)
            templates.setdefault(name, []).append([_stroke(text) for text in strokes.split("|")])
    return templates


def _stroke(text: str) -> Stroke:
    kind, *points = text.split()
    return Stroke(np.array([point.split(",") for point in points], float), kind)


def draw_strokes(
    strokes: Sequence[Stroke],
    random: np.random.Generator,
    *,
    strength: float = 1.0,
    pen: tuple[float, float] = _PEN,
) -> np.ndarray:
    """Draw strokes on a page: bools."""
    # A point that strokes have in common stays so.
    points, which = np.unique(
        np.concatenate([stroke.points for stroke in strokes]), axis=0, return_inverse=True
    )
    points = points + random.normal(0, _JITTER * strength, points.shape)
    rotation, slant = _ROTATION * strength, _SLANT * strength
    ends = np.cumsum([len(stroke.points) for stroke in strokes])[:-1]
    lines = [
        _line(points[places], stroke.kind == "~")
        for stroke, places in zip(strokes, np.split(which.ravel(), ends), strict=True)
    ]
    angle = np.radians(random.uniform(-rotation, rotation))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    width = _ASPECT * np.exp(random.normal(0, _ZOOM * strength))
    distort = turn @ [[width, random.uniform(-slant, slant)], [0.0, 1.0]]
    field = random.normal(0, _BEND * strength, (3, 3, 2))
    lines = [(line + _bent(line / 100, field)) @ distort.T for line in lines]
    everything = np.concatenate(lines)
    low, high = everything.min(axis=0), everything.max(axis=0)
    scale = _SIDE / (high - low).max()
    page = Image.new("L", (_PAGE, _PAGE), 1)
    draw = ImageDraw.Draw(page)
    for line, stroke in zip(lines, strokes, strict=True):
        places = ((line - (low + high) / 2) * scale + _PAGE / 2).ravel().tolist()
        if stroke.kind == "#":
            draw.polygon(places, fill=0)
        else:
            draw.line(places, fill=0)
    half = random.uniform(*pen) / 200 * _SIDE
    return grown(np.asarray(page) == 0, half)


def _line(points: np.ndarray, is_smooth: bool) -> np.ndarray:
    """Return points close to each other, on a curve or on straight pieces through `points`."""
    lengths = np.hypot(*np.diff(points, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(np.maximum(lengths, 1e-6))])
    closely = np.linspace(0, at[-1], max(8, int(at[-1] / 4)))
    if is_smooth:
        return make_interp_spline(at, points, k=min(3, len(at) - 1))(closely)
    return np.stack([np.interp(closely, at, values) for values in points.T], axis=1)


def _bent(points: np.ndarray, field: np.ndarray) -> np.ndarray:
    """Return the displacement at points in 0..1 of a smooth field, given at 3x3 places."""
    weights = np.stack([(1 - points) ** 2, 2 * points * (1 - points), points**2])
    return np.einsum("ip,jp,ijk->pk", weights[..., 1], weights[..., 0], field)
