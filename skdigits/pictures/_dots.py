"""Smooth pictures of black and white dots, which stand for greys, to these greys."""

import numpy as np
from scipy import ndimage

__all__ = ["smooth_dots"]

# Dots are at least this part of the pixels of the rarer value; hardly any are in digits that were
# drawn in black and white, or made so at a threshold.
_DOTS = 0.03
_LEAST_DOTS = 8

# Standard deviation, in pixels, of what they are smoothed with, and as a part of the longer side:
# strokes of small pictures would be lost.
_WIDTH = 1.5
_WIDEST = 1 / 80


def smooth_dots(grey: np.ndarray) -> np.ndarray:
    """Return the greys that dots of two values stand for; any other picture as it is.

    Dithering, as ``PIL.Image.convert("1")`` has it, makes dots of a grey stroke or its grey edges.

    Examples
    --------
    >>> dots = np.zeros((80, 80))
    >>> dots[5:75:2, 5:75:2] = dots[6:75:2, 6:75:2] = 1
    >>> round(float(smooth_dots(dots)[40, 40]), 2)
    0.5
    >>> line = np.eye(30)
    >>> smooth_dots(line) is line
    True
    """
    low, high = grey.min(), grey.max()
    light = grey == high
    if low == high or not (light | (grey == low)).all():
        return grey
    dots = _dots(light).sum()
    if dots < max(_LEAST_DOTS, _DOTS * min(light.sum(), (~light).sum())):
        return grey
    return ndimage.gaussian_filter(grey, min(_WIDTH, _WIDEST * max(grey.shape)), mode="nearest")


def _dots(light: np.ndarray) -> np.ndarray:
    """Return which pixels are unlike those beside them, and no part of a thin slanting line."""
    padded = np.pad(light.astype(np.int8), 1, mode="edge")
    beside = ndimage.convolve(padded, np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))[1:-1, 1:-1]
    corners = ndimage.convolve(padded, np.array([[1, 0, 1], [0, 0, 0], [1, 0, 1]]))[1:-1, 1:-1]
    # Number of neighbours that have the same value: 1 or 2 corners are the pixel's own line.
    beside, corners = (np.where(light, n, 4 - n) for n in (beside, corners))
    return (beside == 0) & (corners != 1) & (corners != 2)
