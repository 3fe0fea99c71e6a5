"""Remove the loop that some people write at the foot of a 2, and hardly anybody in the data set."""

import numpy as np
from scipy import ndimage

from skdigits.pictures._ink_measures import cropped, largest_part, span, stroke_width

__all__ = ["without_loop"]

# Of the picture's area: smaller holes are none, and larger ones are not a 2's.
_SMALLEST, _LARGEST = 0.002, 0.12

# The hole's middle is lower and further left than these parts of the height and the width.
_LOWER_THAN, _LEFT_OF = 0.55, 0.5

# Beyond the hole, the stroke goes on to the right for this part of the width: no 6 and no 8.
_TAIL = 0.2

# In these rows, parts of the height, the left is blank.
_ABOVE = (0.35, 0.45)


def without_loop(ink: np.ndarray) -> np.ndarray:
    """Make a plain foot of the loop at the foot of a 2.

    The loop is a small hole in the ink, the only one, low on the left, with a stroke that goes on
    to the right of it and nothing above it but the stroke that comes from the right. It is filled,
    and cut off a stroke's width below its middle.

    Ink comes and goes in its bounding box; without a loop, the same array is returned.
    """
    hole = _loop_of_a_two(ink)
    if hole is None:
        return ink
    y, x = np.nonzero(hole)
    width = stroke_width(ink)
    below = np.arange(ink.shape[0])[:, np.newaxis] > y.mean() + width
    left = np.arange(ink.shape[1]) <= x.max() + width / 2
    rest = (ink | hole) & ~(below & left)
    return cropped(largest_part(rest))


def _loop_of_a_two(ink: np.ndarray) -> np.ndarray | None:
    height, width = ink.shape
    labels, _ = ndimage.label(~np.pad(ink, 1))
    areas = np.bincount(labels.ravel())
    areas[[0, labels[0, 0]]] = 0
    holes = np.flatnonzero(areas >= _SMALLEST * ink.size)
    if len(holes) != 1 or areas[holes[0]] > _LARGEST * ink.size:
        return None
    hole = labels[1:-1, 1:-1] == holes[0]
    y, x = np.nonzero(hole)
    if y.mean() < _LOWER_THAN * height or x.mean() > _LEFT_OF * width:
        return None
    tail = span(ink[height // 2 :], axis=1).stop - 1 - x.max()
    above = ink[int(_ABOVE[0] * height) : int(_ABOVE[1] * height)]
    if tail < _TAIL * width or not above.any():
        return None
    return hole if span(above, axis=1).start >= x.mean() else None
