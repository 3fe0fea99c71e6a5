"""Remove ruled and printed lines from ink; a stroke that crosses a line stays whole.

A line that is not quite level is a chain of level pieces, each a pixel above or below the last.
Across a whole picture, what such a chain holds is the line, whatever its thickness; within a piece
of ink, where digits may hang on the line, it is only the pieces, as thin as most of them.
"""

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from skdigits.pictures._ink_measures import (
    EIGHT_NEIGHBOURS,
    border,
    largest_part,
    run_lengths,
    stroke_width,
)

__all__ = ["remove_printed_lines", "remove_ruled_lines"]

# A line has no more pieces than these: the line of a form, two pixels thick, may then rise by one
# in eight (7 degrees).
_RULED_PIECES = 20
_PRINTED_PIECES = 16

# A smaller picture, in pixels, shows no line beside its strokes.
_LEAST_SIDE = 40

# Of the strokes' width: what is thicker is one of them.
_THICKEST = 0.7

# Of the picture's width; a thicker line is a stroke.
_THICKEST_RULED = 0.03

# A printed box has lines at the top and at the bottom, this part of its height apart.
_BOX = 0.8


def remove_ruled_lines(ink: np.ndarray) -> np.ndarray:
    """Take out lines that run across the whole picture, level or upright, or slightly slanted.

    A picture cut close around a digit has strokes from edge to edge. They are not thinner than the
    others, though, what is left of the digit may reach the edge as well, and in a small picture
    nothing is thinner than a stroke.
    """
    if min(ink.shape) < _LEAST_SIDE:
        return ink
    lines = _ruled(ink) | _ruled(ink.T).T
    rest = ink & ~lines
    if not lines.any() or not rest.any():
        return ink
    digit = largest_part(rest)
    if border(digit).any() or stroke_width(lines) > _THICKEST * stroke_width(digit):
        return ink
    return rest


def remove_printed_lines(ink: np.ndarray, length: float) -> np.ndarray:
    """Take out level lines and, if there are some at the top and at the bottom, those between.

    The ink is connected and fills its bounding box; lines have at least this length in pixels,
    which must be more than digits are wide.
    """
    level = _printed(ink, length)
    rows = np.flatnonzero(level.any(axis=1))
    # Only a box has upright lines; without one, they are strokes.
    if not (len(rows) and rows[-1] + 1 - rows[0] >= _BOX * len(ink)):
        return ink & ~level
    return ink & ~level & ~_printed(ink.T, 0.9 * (rows[-1] - rows[0])).T


def _ruled(ink: np.ndarray) -> np.ndarray:
    lines = np.zeros_like(ink)
    height, width = ink.shape
    least = max(3, width // _RULED_PIECES)
    pieces = run_lengths(ink, axis=1) >= least
    # The first and the last piece of a slanted line may be short.
    if not (pieces[:, :least].any() and pieces[:, -least:].any()):
        return lines
    thickness = run_lengths(ink, axis=0)
    for rows, columns, near in _chains(pieces, width - 2 * least):
        if columns.start >= least or columns.stop <= width - least:
            continue
        if rows.start == 0 or rows.stop == height:
            continue
        found = ink[rows] & near
        # Strokes cover less than half of the line: elsewhere it is as thick as it is.
        usual = np.median(np.where(found, thickness[rows], height).min(axis=0))
        if usual <= max(2, _THICKEST_RULED * width):
            lines[rows] |= found & _is_as_thin(thickness[rows], usual)
    return lines


def _printed(ink: np.ndarray, length: float) -> np.ndarray:
    lines = np.zeros_like(ink)
    along, thickness = run_lengths(ink, axis=1), run_lengths(ink, axis=0)
    pieces = (along >= max(3, length / _PRINTED_PIECES)) & (along > 2 * thickness)
    for rows, _, near in _chains(pieces, length):
        lines[rows] |= pieces[rows] & near
    return lines & _is_as_thin(thickness, np.median(thickness[lines])) if lines.any() else lines


def _chains(pieces: np.ndarray, length: float) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Return rows and columns of each chain of this length, and which pixels of its rows it is."""
    # The pieces of a slanted line touch at their corners, or where a stroke crosses it.
    labels, _ = ndimage.label(ndimage.binary_dilation(pieces, np.ones((3, 5))), EIGHT_NEIGHBOURS)
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        if columns.stop - columns.start >= length:
            yield rows, columns, labels[rows] == number


def _is_as_thin(thickness: np.ndarray, usual: np.floating) -> np.ndarray:
    return thickness <= 1.5 * usual + 1
