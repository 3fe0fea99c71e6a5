"""Printed lines and boxes around handwriting, taken out of the ink."""

import numpy as np
from scipy import ndimage

from skdigits.pictures._ink_measures import run_lengths

__all__ = ["without_lines"]

# A line two pixels thick may rise by one in eight: 7 degrees.
_PIECES = 16


def without_lines(ink: np.ndarray, length: float) -> np.ndarray:
    """Take out level lines and, if there are some at the top and at the bottom, those between.

    Where a stroke crosses a line, it stays whole.

    Parameters
    ----------
    ink : ndarray of shape (rows, columns), dtype bool
        Connected ink in its bounding box.
    length : float
        Of level lines, at least, in pixels; more than digits are wide.

    Returns
    -------
    ndarray of shape (rows, columns), dtype bool
        What is left.
    """
    level = _lines(ink, length)
    rows = np.flatnonzero(level.any(axis=1))
    # Only a box has upright lines; without one, they are strokes.
    is_box = len(rows) and rows[-1] + 1 - rows[0] >= 0.8 * len(ink)
    upright = _lines(ink.T, 0.9 * (rows[-1] - rows[0])).T if is_box else np.zeros_like(ink)
    return ink & ~level & ~upright


def _lines(ink: np.ndarray, length: float) -> np.ndarray:
    # A line that is not quite level is made of level pieces, each a pixel above the last.
    along, across = run_lengths(ink, axis=1), run_lengths(ink, axis=0)
    pieces = (along >= max(3, length / _PIECES)) & (along > 2 * across)
    joined = ndimage.binary_dilation(pieces, np.ones((3, 5)))
    labels, _ = ndimage.label(joined, np.ones((3, 3)))
    lines = np.zeros_like(ink)
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        if columns.stop - columns.start >= length:
            place = rows, columns
            lines[place] |= pieces[place] & (labels[place] == number)
    if not lines.any():
        return lines
    return lines & (across <= 1.5 * np.median(across[lines]) + 1)
