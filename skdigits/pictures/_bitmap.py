"""Scale the ink of a digit to a bitmap of 32x32 pixels, and count its blocks.

The data set's bitmaps come from NIST's program for form-based handprint (M. D. Garris and others,
NIST Interagency Reports 5469 and 5959): it scales the ink to 20x32 whatever its proportions, thins
or thickens strokes by a pixel if there is too much or too little ink, and shears each row so that
the leftmost ink of the third row from the top and of the third row from the bottom are in line.
These are the same steps, made to work on ink that does not come from that program's scans.
"""

from functools import reduce

import numpy as np
from scipy import ndimage

from skdigits.pictures._growth import grown
from skdigits.pictures._ink_measures import bounding_box, cropped, stroke_width

__all__ = [
    "bitmap_ink",
    "block_counts",
    "is_normalised",
    "normalise_size",
    "normalise_strokes",
]

_SIDE = 32
_BLOCK = 4
_USUAL_WIDTH = 20  # width of NIST's digits, whatever their proportions

# Weight of a digit's own proportions in its width, the other one being that of the usual width.
_KEEP_ASPECT = 0.6

# Least and greatest width of strokes, in pixels of the bitmap.
_STROKE_WIDTHS = (4.5, 6.5)

# Working pixels in a pixel of the bitmap, and pixels around the bitmap for strokes to grow into.
_SUB = 4
_MARGIN = 4

# Of ink and of width, in pixels of the bitmap: 185..433 and 8..28 in the data set.
_INK_RANGE = (170, 450)
_WIDTH_RANGE = (7, 29)
_FARTHEST_FROM_CENTRE = 7

_WIDEST = 28.0

# In pixels of the bitmap: thinner strokes would not survive scaling.
_THINNEST = 2.0
_MOST_GROWTH = 1.5


def normalise_size(ink: np.ndarray) -> np.ndarray:
    """Scale the ink to the size of the data set's digits: 32 pixels of the bitmap high.

    NIST made digits 20 pixels wide whatever their proportions. Here the width is the geometric mean
    of that and of the width that keeps the proportions, up to 28 pixels. Returns (160, 160) bools:
    the ink in the middle, at four pixels to one of the bitmap, whose place begins at 16.
    """
    height, width = ink.shape
    missing = _THINNEST * height / _SIDE - stroke_width(ink)
    if missing > 0:
        room = int(np.ceil(missing / 2))
        ink = cropped(grown(np.pad(ink, room), missing / 2))
        height, width = ink.shape
    across = _USUAL_WIDTH ** (1 - _KEEP_ASPECT) * (_SIDE * width / height) ** _KEEP_ASPECT
    steps = np.array([height / _SIDE, width / min(across, _WIDEST)]) / _SUB
    side = (_SIDE + 2 * _MARGIN) * _SUB
    smooth = ndimage.gaussian_filter(ink.astype(np.float32), np.maximum(steps / 2 - 0.5, 0))
    rows, columns = (
        ((size - 1) + step * np.arange(1 - side, side, 2)) / 2
        for size, step in zip(ink.shape, steps, strict=True)
    )
    return _interpolated(_interpolated(smooth, rows).T, columns).T >= 0.5


def _interpolated(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return rows at places between those that there are; beyond these, all are 0."""
    padded = np.zeros((len(rows) + 2, rows.shape[1]), dtype=rows.dtype)
    padded[1:-1] = rows
    places = np.clip(places + 1, 0, len(rows) + 1)
    before = np.minimum(places.astype(np.intp), len(rows))
    share = (places - before).astype(rows.dtype)[:, np.newaxis]
    return padded[before] + (padded[before + 1] - padded[before]) * share


def normalise_strokes(ink: np.ndarray) -> np.ndarray:
    """Thin or thicken the strokes of scaled ink by up to 3 pixels, and return the bitmap.

    The pixels of the bitmap have ink on half of their area or more.
    """
    width = stroke_width(ink) / _SUB
    growth = (np.clip(width, *_STROKE_WIDTHS) - width) / 2
    growth = float(np.clip(growth, -_MOST_GROWTH, _MOST_GROWTH)) * _SUB
    if growth > 0:
        ink = grown(ink, growth)
    elif growth < 0:
        ink = ~grown(~ink, -growth)
    inside = slice(_MARGIN * _SUB, -_MARGIN * _SUB)
    return _block_sums(ink[inside, inside], _SUB) >= _SUB**2 / 2


def is_normalised(grey: np.ndarray) -> bool:
    """Return whether a picture is a bitmap such as the data set's counts were made from.

    It has 32x32 pixels of two values, and ink of the amount, size and place that the data set's
    digits have.
    """
    if grey.shape != (_SIDE, _SIDE):
        return False
    low, high = grey.min(), grey.max()
    if low == high or not ((grey == low) | (grey == high)).all():
        return False
    ink = bitmap_ink(grey)
    if not _INK_RANGE[0] <= ink.sum() <= _INK_RANGE[1]:
        return False
    rows, columns = bounding_box(ink)
    return (
        rows.start <= 1
        and rows.stop >= _SIDE - 1
        and _WIDTH_RANGE[0] <= columns.stop - columns.start <= _WIDTH_RANGE[1]
        and abs(columns.start + columns.stop - _SIDE) <= 2 * _FARTHEST_FROM_CENTRE
    )


def bitmap_ink(grey: np.ndarray) -> np.ndarray:
    """Return the rarer one of two values."""
    light = grey == grey.max()
    return light if light.mean() < 0.5 else ~light


def block_counts(bitmap: np.ndarray) -> np.ndarray:
    """Count the ink in blocks of 4x4 pixels: 8x8 counts 0..16 as floats.

    Examples
    --------
    >>> block_counts(np.eye(32, dtype=bool))[:2, :3]
    array([[4., 0., 0.],
           [0., 4., 0.]])
    """
    return _block_sums(bitmap, _BLOCK).astype(np.float64)


def _block_sums(ink: np.ndarray, side: int) -> np.ndarray:
    """Count the ink in blocks of `side` x `side` pixels, at most 255."""
    rows = reduce(np.add, (ink[i::side].astype(np.uint8) for i in range(side)))
    return reduce(np.add, (rows[:, i::side] for i in range(side)))
