"""Bring a digit upright: shear what is slanted."""

import numpy as np

from skdigits.pictures._ink_measures import cropped

__all__ = ["deslant"]

# The middle of NIST's third row.
_END = 2.5 / 32


def deslant(ink: np.ndarray, method: str) -> np.ndarray:
    """Shear the ink along its rows, so that it stands upright.

    "ends" brings the left ends of a row near the top and of one near the bottom in line, as NIST
    did, "moments" takes out the correlation of x and y, "mean" the mean of both slants. Ink comes
    and goes in its bounding box.
    """
    slants = {"ends": [_slant_of_ends], "moments": [_slant_of_moments]}
    slants["mean"] = slants["ends"] + slants["moments"]
    slant = float(np.mean([measure(ink) for measure in slants[method]]))
    height, width = ink.shape
    moves = np.rint(slant * ((height - 1) / 2 - np.arange(height))).astype(np.intp)
    sheared = np.zeros((height, width + np.ptp(moves)), dtype=bool)
    columns = moves[:, np.newaxis] - moves.min() + np.arange(width)
    np.put_along_axis(sheared, columns, ink, axis=1)
    return cropped(sheared)


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
