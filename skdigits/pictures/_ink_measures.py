"""Measure ink: its bounding box, its parts, its straight runs, the width of its strokes."""

import numpy as np
from scipy import ndimage

__all__ = [
    "EIGHT_NEIGHBOURS",
    "border",
    "bounding_box",
    "cropped",
    "largest_part",
    "median_stroke_width",
    "moved",
    "run_lengths",
    "span",
    "stroke_width",
]

EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)


def span(ink: np.ndarray, axis: int) -> slice:
    """Return the rows (axis 0) or the columns (axis 1) from the first to the last one with ink."""
    places = np.flatnonzero(ink.any(axis=1 - axis))
    return slice(int(places[0]), int(places[-1]) + 1)


def bounding_box(ink: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and the columns of the ink; there must be some."""
    return span(ink, axis=0), span(ink, axis=1)


def moved(box: tuple[slice, slice], down: int, right: int) -> tuple[slice, slice]:
    """Return rows and columns as they are counted from another first pixel."""
    rows, columns = box
    return (
        slice(rows.start + down, rows.stop + down),
        slice(columns.start + right, columns.stop + right),
    )


def cropped(ink: np.ndarray) -> np.ndarray:
    """Cut out the bounding box."""
    return ink[bounding_box(ink)]


def border(pixels: np.ndarray) -> np.ndarray:
    """Return the pixels along the four edges in one row."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def largest_part(ink: np.ndarray) -> np.ndarray:
    """Return where the largest connected part of the ink is; there must be some."""
    labels, _ = ndimage.label(ink, EIGHT_NEIGHBOURS)
    return labels == np.bincount(labels[ink]).argmax()


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
    edges = ink[1:] != ink[:-1], ink[:, 1:] != ink[:, :-1], border(ink)
    return float(2 * np.count_nonzero(ink) / (sum(map(np.count_nonzero, edges)) * np.pi / 4))


def median_stroke_width(ink: np.ndarray) -> float:
    """Return the median width of strokes, measured at their middle.

    It takes longer than :func:`stroke_width`, but is the same at every slant, and unmoved by
    blots. What decides on touching digits was fitted with it.

    Examples
    --------
    >>> bar = np.ones((400, 9), dtype=bool)
    >>> median_stroke_width(bar)
    10.0
    """
    depth = ndimage.distance_transform_edt(np.pad(ink, 1))
    ridge = (depth > 0) & (depth == ndimage.maximum_filter(depth, 3))
    return 2 * float(np.median(depth[ridge]))
