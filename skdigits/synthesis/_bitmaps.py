"""Distort bitmaps of digits: more rows of the digits that there are bitmaps of."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from sklearn.utils._param_validation import Interval

from skdigits._sklearn_compat import validate_params
from skdigits.synthesis._rows import encode_drawings

__all__ = ["distort_bitmaps"]

# A page to draw on, in its own pixels and in those of a bitmap: with room around the digit.
_PAGE = 72
_SIDE = 52.0

# Paper around a bitmap, in pixels, so that strokes may grow.
_ROOM = 4

# Places each way at which a smooth field of displacements is drawn.
_PLACES = 5

# Thinning that leaves less of the ink than this part would break strokes.
_LEAST_LEFT = 0.35

# Distortions at a strength of 1. Degrees to either side; columns per row to either side; standard
# deviation of the logarithms of the factors on height and width; standard deviation, in pixels, of
# the displacements; and most pixels by which strokes become wider or thinner.
_ROTATION = 12.0
_SLANT = 0.3
_ZOOM = 0.12
_ELASTIC = 0.8
_STROKE = 1.2


@validate_params(
    {
        "bitmaps": ["array-like"],
        "n_copies": [Interval(Integral, 1, None, closed="left")],
        "strength": [Interval(Real, 0, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }
)
def distort_bitmaps(
    bitmaps: npt.ArrayLike,
    *,
    n_copies: int = 1,
    strength: float = 1.0,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> npt.NDArray[np.float64]:
    """Distort bitmaps of digits at random, and encode what comes of them as counts.

    A count says how much ink there is in a block, but not where: to turn or to bend 8x8 counts
    blurs them. Bitmaps are distorted first [1]_ and counted afterwards.

    Parameters
    ----------
    bitmaps : array-like of shape (n_bitmaps, 32, 32)
        Whatever is not 0 is ink; there must be some in each.
    n_copies : int, default=1
        Rows to make of each bitmap.
    strength : float, default=1.0
        Factor on all distortions. At 1, digits are turned by up to 12 degrees and slanted by up to
        0.3 columns per row to either side, scaled by factors with a standard deviation of 12 %,
        bent by smooth displacements with a standard deviation of 0.8 pixels, and have strokes that
        are up to 1.2 pixels wider or thinner. 0 does not distort.
    n_jobs : int or None, default=None
        Number of processes, as for :class:`joblib.Parallel`. The rows do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seeds the distortions.

    Returns
    -------
    ndarray of shape (n_copies * n_bitmaps, 64), dtype float64
        Counts 0..16: a row of each bitmap, in their order, and then the next copy of all.

    Raises
    ------
    ValueError
        If a parameter is not valid, or a bitmap is of another size or empty.

    See Also
    --------
    draw_digits : Draw digits in styles that a data set lacks.
    skdigits.datasets.load_optdigits : Load the original bitmaps, with ``bitmaps=True``.

    References
    ----------
    .. [1] P. Y. Simard, D. Steinkraus and J. C. Platt (2003). Best practices for convolutional
       neural networks applied to visual document analysis. ICDAR.

    Examples
    --------
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.synthesis import distort_bitmaps
    >>> digits = load_optdigits(subset="test", bitmaps=True)
    >>> distort_bitmaps(digits.bitmaps[:10], n_copies=2, random_state=0).shape
    (20, 64)
    """
    ink = np.asarray(bitmaps) != 0
    if ink.ndim != 3 or ink.shape[1:] != (32, 32):
        raise ValueError(f"bitmaps must have the shape (n_bitmaps, 32, 32); got {ink.shape}.")
    empty = np.flatnonzero(~ink.any(axis=(1, 2)))
    if len(empty):
        raise ValueError(
            f"{len(empty)} bitmaps are empty, the first of them number {empty[0]}: leave them out, "
            "as with bitmaps[has_bitmap] of load_optdigits."
        )
    return encode_drawings(
        partial(_distorted, strength=strength),
        [_measured(bitmap) for bitmap in ink] * n_copies,
        n_jobs=n_jobs,
        random_state=random_state,
    )


def _measured(bitmap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how deep each pixel is within the ink, less than 0 outside of it, and the middle."""
    rows, columns = (np.flatnonzero(bitmap.any(axis=axis)) for axis in (1, 0))
    middle = np.array([rows[0] + rows[-1], columns[0] + columns[-1]]) / 2
    padded = np.pad(bitmap, _ROOM)
    depth = ndimage.distance_transform_edt(padded) - ndimage.distance_transform_edt(~padded)
    return ndimage.gaussian_filter(depth, 0.7), middle + _ROOM


def _distorted(
    measured: tuple[np.ndarray, np.ndarray], random: np.random.Generator, *, strength: float
) -> np.ndarray:
    """Draw a bitmap on a page, distorted: bools."""
    depth, middle = measured
    rotation, slant, stroke = (size * strength for size in (_ROTATION, _SLANT, _STROKE))
    angle = np.radians(random.uniform(-rotation, rotation))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1.0, 0.0], [random.uniform(-slant, slant), 1.0]])
    to_bitmap = turn @ shear * np.exp(random.normal(0, _ZOOM * strength, 2))
    field = random.normal(0, _ELASTIC * strength, (2, _PLACES, _PLACES))
    moves = (_SMOOTH @ field @ _SMOOTH.T).reshape(2, -1)
    places = to_bitmap @ _PIXELS + middle[:, np.newaxis] + moves
    drawn = ndimage.map_coordinates(depth, places, order=1, mode="nearest")
    drawn = drawn.reshape(_PAGE, _PAGE)
    ink, other = drawn >= 0, drawn >= random.uniform(-stroke, stroke) / 2
    return other if other.sum() > _LEAST_LEFT * ink.sum() else ink


def _smooth_steps(n_places: int, size: int) -> np.ndarray:
    """Return how values at places become those of pixels, (size, n_places): smooth in between."""
    at = np.linspace(0, n_places - 1, size)[:, None] - np.arange(n_places)
    near = np.clip(1 - np.abs(at), 0, 1)
    return near * near * (3 - 2 * near)


_SMOOTH = _smooth_steps(_PLACES, _PAGE)

# Where the page's pixels are from its middle, in pixels of a bitmap.
_PIXELS = (np.mgrid[:_PAGE, :_PAGE].reshape(2, -1) - (_PAGE - 1) / 2) * (_SIDE / _PAGE)
