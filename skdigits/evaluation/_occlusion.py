"""Measure what a classifier loses when parts of an image are blanked."""

from typing import Any

import numpy as np

from skdigits.exceptions import DigitsWarning

__all__ = ["occlusion_map"]

_LEAST_PROBABILITY = 1e-30  # neighbours and trees give 0


def occlusion_map(estimator: Any, image: np.ndarray, class_index: int, size: int = 1) -> np.ndarray:
    """Measure how much log-probability a class loses when squares of an image are set to 0.

    Returns
    -------
    ndarray of shape (height, width), dtype float64
        Mean loss over the squares that cover a pixel, in nats; probabilities below 1e-30 count
        as 1e-30.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.evaluation._occlusion import occlusion_map
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = LogisticRegression(C=1e-3, max_iter=1000).fit(X[:300], y[:300])
    >>> occlusion_map(clf, X[300].reshape(8, 8), class_index=0, size=2).shape
    (8, 8)
    """
    height, width = image.shape
    squares = [
        np.s_[top : top + size, left : left + size]
        for top in range(height - size + 1)
        for left in range(width - size + 1)
    ]
    images = np.repeat(image[np.newaxis], 1 + len(squares), axis=0)
    for occluded, square in zip(images[1:], squares, strict=True):
        occluded[square] = 0
    with DigitsWarning.silenced():  # blanked, they are unlike digits
        probability = estimator.predict_proba(images.reshape(len(images), -1))[:, class_index]
    whole, *others = np.log(np.maximum(probability, _LEAST_PROBABILITY))
    lost, n_covering = np.zeros_like(image), np.zeros_like(image)
    for square, other in zip(squares, others, strict=True):
        lost[square] += whole - other
        n_covering[square] += 1
    return lost / n_covering
