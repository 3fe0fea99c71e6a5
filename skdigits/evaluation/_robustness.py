"""Measure a classifier on digits that are distorted."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage
from sklearn.metrics import accuracy_score
from sklearn.utils import check_array, check_consistent_length, check_random_state, column_or_1d

from skdigits._validation import check_labels, check_shape
from skdigits.evaluation._look_inside import check_fitted_classifier
from skdigits.exceptions import DigitsWarning

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["evaluate_robustness"]

Distortion = Callable[[np.ndarray, np.random.RandomState], np.ndarray]

_FULL_INK = 16.0


def evaluate_robustness(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    image_shape: tuple[int, int] = (8, 8),
    random_state: int | np.random.RandomState | None = None,
) -> "pd.DataFrame":
    """Measure the accuracy on distorted digits.

    Parameters
    ----------
    estimator : estimator
        Any fitted scikit-learn classifier.
    X : array-like of shape (n_samples, n_features)
        Counts 0..16, a row for each image.
    y : array-like of shape (n_samples,)
        Their labels.
    image_shape : tuple of 2 ints, default=(8, 8)
        Height and width of an image.
    random_state : int, RandomState instance or None, default=None
        Seeds directions, noise and the places of blocks.

    Returns
    -------
    DataFrame of shape (n_distortions, 1)
        ``accuracy`` by ``distortion``: "none"; "shift by 1 pixel" to one of four sides;
        "rotation by 5 degrees", 10 and 15, to either side, with bilinear interpolation; "noise"
        with a standard deviation of 2 counts, clipped; "missing block" of 2x2 pixels; "ink" of
        each image times 0.7 and 1.3, clipped.

    Raises
    ------
    TypeError, sklearn.exceptions.NotFittedError
        If `estimator` is not a fitted classifier.
    ValueError
        If the shapes do not fit, an image has less than 2 pixels to a side, or counts are not in
        0..16.

    See Also
    --------
    skdigits.evaluate : Evaluate a classifier on the samples as they are.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.evaluation import evaluate_robustness
    >>> clf = SVC().fit(*load_optdigits(subset="train", return_X_y=True))
    >>> X_test, y_test = load_optdigits(subset="test", return_X_y=True)
    >>> result = evaluate_robustness(clf, X_test, y_test, random_state=0)
    >>> bool(result.accuracy["none"] > result.accuracy["shift by 1 pixel"])
    True
    """
    import pandas as pd

    check_fitted_classifier(estimator)
    columns = getattr(X, "columns", None)
    height, width = image_shape
    check_shape(X, n_features=height * width, owner="evaluate_robustness")
    check_labels(y)
    X, y = check_array(X, dtype=np.float64), column_or_1d(y)
    check_consistent_length(X, y)
    if X.shape[1] != height * width:
        raise ValueError(
            f"X has {X.shape[1]} features; images of {height}x{width} have {height * width}."
        )
    if min(image_shape) < 2:
        raise ValueError(f"Images need at least 2 pixels to a side; got {height}x{width}.")
    if X.min() < 0 or X.max() > _FULL_INK:
        raise ValueError(f"X must be ink counts 0..16; got {X.min():g} to {X.max():g}.")
    random = check_random_state(random_state)
    images = X.reshape(-1, height, width)
    accuracies = {}
    for name, distort in _DISTORTIONS.items():
        distorted = distort(images, random).reshape(X.shape)
        rows = distorted if columns is None else pd.DataFrame(distorted, columns=columns)
        with DigitsWarning.silenced():
            accuracies[name] = accuracy_score(y, estimator.predict(rows))
    return pd.DataFrame({"accuracy": accuracies}).rename_axis("distortion")


def _shifted(images: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    sides = np.array([(0, 1), (0, -1), (1, 0), (-1, 0)])[random.randint(4, size=len(images))]
    return np.stack(
        [ndimage.shift(image, side, order=0) for image, side in zip(images, sides, strict=True)]
    )


def _rotated(degrees: float) -> Distortion:
    def rotate(images: np.ndarray, random: np.random.RandomState) -> np.ndarray:
        angles = degrees * random.choice([-1, 1], size=len(images))
        return np.stack(
            [
                ndimage.rotate(image, angle, reshape=False, order=1)
                for image, angle in zip(images, angles, strict=True)
            ]
        )

    return rotate


def _noisy(images: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    return np.clip(images + random.normal(scale=2.0, size=images.shape), 0, _FULL_INK)


def _without_block(images: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    images = images.copy()
    for image in images:
        top, left = (random.randint(side - 1) for side in image.shape)
        image[top : top + 2, left : left + 2] = 0
    return images


def _inked(factor: float) -> Distortion:
    return lambda images, random: np.clip(images * factor, 0, _FULL_INK)


_DISTORTIONS: dict[str, Distortion] = {
    "none": lambda images, random: images,
    "shift by 1 pixel": _shifted,
    "rotation by 5 degrees": _rotated(5),
    "rotation by 10 degrees": _rotated(10),
    "rotation by 15 degrees": _rotated(15),
    "noise": _noisy,
    "missing block": _without_block,
    "ink times 0.7": _inked(0.7),
    "ink times 1.3": _inked(1.3),
}
