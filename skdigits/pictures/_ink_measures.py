"""Measures of ink: its box, its runs, the width of its strokes."""

import numpy as np

__all__ = ["bounding_box", "cropped", "run_lengths", "stroke_width"]


def bounding_box(ink: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and the columns from the first to the last one with ink."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def cropped(ink: np.ndarray) -> np.ndarray:
    """Cut out the bounding box."""
    return ink[bounding_box(ink)]


def run_lengths(ink: np.ndarray, axis: int) -> np.ndarray:
    """Return for each pixel of ink how long the straight run along an axis is that it is part of.

    Examples
    --------
    >>> import numpy as np
    >>> run_lengths(np.array([[True, True, False, True]]), axis=1)
    array([[2, 2, 0, 1]])
    """
    if axis == 0:
        return run_lengths(ink.T, axis=1).T
    padded = np.pad(ink, [(0, 0), (1, 1)]).ravel()
    starts = np.flatnonzero(padded[1:] & ~padded[:-1])
    ends = np.flatnonzero(padded[:-1] & ~padded[1:])
    lengths = np.zeros(ink.shape, dtype=np.intp)
    lengths[ink] = np.repeat(ends - starts, ends - starts)
    return lengths


def stroke_width(ink: np.ndarray) -> float:
    """Estimate the width of strokes: twice their area by the length of their edges.

    Examples
    --------
    >>> bar = np.ones((400, 10), dtype=bool)
    >>> round(stroke_width(bar), 1)
    12.4
    """
    padded = np.pad(ink, 1)
    steps = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    return float(2 * ink.sum() / (steps * np.pi / 4))
