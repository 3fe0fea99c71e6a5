"""Bring a digit upright: turn what does not stand level, shear what is slanted."""

import numpy as np
from scipy import ndimage

from skdigits.pictures._ink_measures import cropped

__all__ = ["deslant", "level"]

# A digit stands on an edge of at least this part of its width that rises less than this.
_LEAST_STAND = 0.5
_STEEPEST = 0.6

# The middle of NIST's third row.
_END = 2.5 / 32


def level(ink: np.ndarray) -> np.ndarray:
    """Turn a digit that stands on two points, the right one higher, until it stands level.

    Ink comes and goes in its bounding box; the same array is returned where nothing is turned.
    """
    slope = _rise(ink)
    if slope == 0:
        return ink
    angle = np.arctan(slope)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    padded = np.pad(ink.astype(np.float32), max(ink.shape) // 3)
    middle = (np.array(padded.shape) - 1) / 2
    turned = ndimage.affine_transform(padded, turn, offset=middle - turn @ middle, order=1)
    return cropped(turned >= 0.5)


def deslant(ink: np.ndarray, method: str) -> np.ndarray:
    """Shear the ink along its rows, so that it stands upright.

    "ends" brings the left ends of a row near the top and of one near the bottom in line, as NIST
    did, "moments" takes out the correlation of x and y, "mean" the mean of both slants. Ink comes
    and goes in its bounding box.
    """
    slants = {"ends": [_slant_of_ends], "moments": [_slant_of_moments]}
    slants["mean"] = slants["ends"] + slants["moments"]
    slant = float(np.mean([measure(ink) for measure in slants[method]]))
    height = len(ink)
    room = int(np.ceil(abs(slant) * height / 2)) + 1
    padded = np.pad(ink.astype(np.float32), [(0, 0), (room, room)])
    shear = np.array([[1.0, 0.0], [slant, 1.0]])
    sheared = ndimage.affine_transform(
        padded, shear, offset=[0.0, -slant * (height - 1) / 2], order=1
    )
    return cropped(sheared >= 0.5)


def _rise(ink: np.ndarray) -> float:
    """Return the slope of the edge that the ink stands on, 0 if it does not rise to the right."""
    columns = np.flatnonzero(ink.any(axis=0))
    lowest = len(ink) - 1 - ink[::-1, columns].argmax(axis=0)
    hull: list[tuple[int, int]] = []
    for x, y in zip(columns.tolist(), lowest.tolist(), strict=True):
        while len(hull) >= 2 and _is_above(hull[-1], hull[-2], (x, y)):
            hull.pop()
        hull.append((x, y))
    corners = np.array(hull, dtype=float)
    widths, falls = np.diff(corners, axis=0).T
    stands = (widths >= _LEAST_STAND * ink.shape[1]) & (falls < 0) & (-falls <= _STEEPEST * widths)
    return float(-falls[stands][0] / widths[stands][0]) if stands.any() else 0.0


def _is_above(point: tuple[int, int], left: tuple[int, int], right: tuple[int, int]) -> bool:
    """Return whether a point is on or above the line between two others; y points down."""
    across, down = right[0] - left[0], right[1] - left[1]
    return (point[1] - left[1]) * across <= down * (point[0] - left[0])


def _slant_of_moments(ink: np.ndarray) -> float:
    y, x = np.nonzero(ink)
    y, x = y - y.mean(), x - x.mean()
    spread = (y * y).sum()
    return float((x * y).sum() / spread) if spread > 0 else 0.0


def _slant_of_ends(ink: np.ndarray) -> float:
    height = len(ink)
    rows = int(height * _END), int(height - 1 - height * _END)
    if rows[1] <= rows[0]:
        return 0.0
    half = max(1, height // 64)
    ends = [
        [int(line.argmax()) for line in ink[max(row - half, 0) : row + half + 1] if line.any()]
        for row in rows
    ]
    if not all(ends):
        return 0.0
    return float(np.mean(ends[1]) - np.mean(ends[0])) / (rows[1] - rows[0])
