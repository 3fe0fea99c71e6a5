"""Cut apart digits that touch: where a piece of ink is wide, and a cut goes through little."""

from collections.abc import Iterator

import numpy as np

from skdigits.pictures._ink_measures import median_stroke_width, span

__all__ = ["CAREFUL", "DARING", "seam", "split_ink"]

# A piece is cut where a positive score says so: several digits are wider than one, a cut goes
# through few strokes, and leaves parts that are about as high as a digit. The factors are those of
# a logistic regression on single digits and touching pairs of MNIST images, half and half, which
# had 94 % of others right. There, the constant is -12.5 and 10 % of the wide single digits are cut.
# With -16 it is less than 1 %, for 3 in 10 pairs that stay together: few digits touch. Where a
# model looks at the parts, more cuts may be tried.
_WIDTH, _STROKES, _HEIGHT = 8, -4, 11
CAREFUL, DARING = -16.0, -10.0

# In heights of a digit: no piece that is narrower is cut, nor is one so near its edge.
_NARROW = 0.7
_EDGE = 0.25
_REACH = 0.25  # of a cut to either side
_STEP = 0.06  # between the places where cuts are tried
# What is wider or higher is not a few digits that touch.
_WIDEST = 12
_HIGHEST = 2

# Height in pixels that is enough to see where to cut; it is found sooner than in more.
_ENOUGH = 48


def split_ink(ink: np.ndarray, height: float, constant: float = CAREFUL) -> list[np.ndarray]:
    """Cut a piece of ink into the digits that it seems to be, from left to right.

    Its rows, not its columns, are those of its bounding box; digits of the same line have this
    height in pixels. The parts add up to the piece. The greater the constant, from `CAREFUL` to
    `DARING`, the more is cut.
    """
    columns = span(ink, axis=1)
    width = (columns.stop - columns.start) / height
    if not _NARROW < width < _WIDEST or len(ink) > _HIGHEST * height:
        return [ink]
    inside = ink[:, columns]
    factor = max(1, round(height / _ENOUGH))
    score, is_left = max(
        _cuts(inside[::factor, ::factor], height / factor),
        key=lambda cut: cut[0],
        default=(-np.inf, inside),
    )
    if _WIDTH * width + score + constant <= 0:
        return [ink]
    is_left = is_left.repeat(factor, axis=0).repeat(factor, axis=1)
    left = np.zeros_like(ink)
    left[:, columns] = inside & is_left[: len(ink), : inside.shape[1]]
    parts = left, ink & ~left
    return [smaller for part in parts for smaller in split_ink(part, height, constant)]


def _cuts(ink: np.ndarray, height: float) -> Iterator[tuple[float, np.ndarray]]:
    """Yield cuts at places from the left to the right: a score, and what is left of the cut."""
    rows, columns = ink.shape
    stroke = median_stroke_width(ink)
    for middle in np.arange(_EDGE * height, columns - _EDGE * height, max(1, _STEP * height)):
        away = np.abs(np.arange(columns) - middle) / (_REACH * height)
        cost = np.where(ink, 1, 0.02) + 0.02 * away**2
        cut = seam(np.where(away <= 1, cost, np.inf))
        is_left = np.arange(columns) < cut[:, np.newaxis]
        parts = ink & is_left, ink & ~is_left
        if all(part.any() for part in parts):
            strokes = ink[np.arange(rows), cut].sum() / stroke
            extents = [span(part, axis=0) for part in parts]
            lower = min(extent.stop - extent.start for extent in extents)
            yield _STROKES * strokes + _HEIGHT * lower / height, is_left


def seam(cost: np.ndarray) -> np.ndarray:
    """Return the cheapest way from the first row to the last, one column aside a row at most.

    It is a column in each row.

    Examples
    --------
    >>> import numpy as np
    >>> seam(np.array([[5, 1, 9], [5, 9, 1], [1, 9, 9]]))
    array([1, 0, 0])
    """
    total = cost.astype(float)
    for row in range(1, len(total)):
        before = np.pad(total[row - 1], 1, constant_values=np.inf)
        total[row] += np.minimum(np.minimum(before[:-2], before[1:-1]), before[2:])
    columns = np.empty(len(total), dtype=np.int64)
    columns[-1] = np.argmin(total[-1])
    for row in range(len(total) - 2, -1, -1):
        first = max(columns[row + 1] - 1, 0)
        columns[row] = first + np.argmin(total[row, first : columns[row + 1] + 2])
    return columns
