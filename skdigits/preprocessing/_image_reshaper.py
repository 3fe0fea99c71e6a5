"""Reshape flat rows of features to images and back."""

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from skdigits._parameters import as_sizes
from skdigits._sklearn_compat import DocumentationLinkMixin
from skdigits._validation import validate_rows

__all__ = ["ImageReshaper", "resolve_image_shape"]

_EXPECTED = "(height, width) or (height, width, channels) of positive integers, or None"


def resolve_image_shape(image_shape: Sequence[int] | None, n_features: int) -> tuple[int, int, int]:
    """Return the ``(height, width, channels)`` that ``n_features`` values a row stand for.

    It is a ValueError if `image_shape`, as :class:`ImageReshaper` takes it, is malformed or does
    not hold ``n_features`` values.

    Examples
    --------
    >>> resolve_image_shape(None, 64)
    (8, 8, 1)
    >>> resolve_image_shape(None, 10)
    (1, 10, 1)
    """
    if image_shape is None:
        side = math.isqrt(n_features)
        return (side, side, 1) if side * side == n_features else (1, n_features, 1)
    shape = as_sizes("image_shape", image_shape, expected=_EXPECTED)
    if len(shape) not in (2, 3):
        raise ValueError(f"image_shape must be {_EXPECTED}; got {image_shape!r}.")
    height, width, channels = (*shape, 1)[:3]
    if height * width * channels != n_features:
        raise ValueError(
            f"image_shape={shape} holds {height * width * channels} values, but X has "
            f"{n_features} features; pass the images' true shape, or None to infer it."
        )
    return height, width, channels


class ImageReshaper(DocumentationLinkMixin, TransformerMixin, BaseEstimator):
    """Reshape flat rows of features to images with a channel axis.

    Rows are read in C order: the features of the digits data are the block counts of an 8x8
    image, row after row.

    Parameters
    ----------
    image_shape : array-like of 2 or 3 ints or None, default=None
        ``(height, width)`` or ``(height, width, channels)``. None infers a square image of
        one channel if the number of features is a perfect square, else a strip of shape
        ``(1, n_features, 1)``. A given shape must hold exactly the number of features.

    Attributes
    ----------
    image_shape_ : tuple of 3 ints
        Height, width and channels of the images.
    n_features_in_ : int
        Number of features seen during :meth:`fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during :meth:`fit`, when `X` has feature names that are all
        strings.

    See Also
    --------
    skdigits.DigitCNNClassifier : Uses this transformer as the first step of its pipeline.

    Notes
    -----
    The output has four dimensions, so there is no ``get_feature_names_out`` and no
    ``set_output``; a step that follows must accept images.

    Examples
    --------
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.preprocessing import ImageReshaper
    >>> X, _ = load_optdigits(return_X_y=True)
    >>> reshaper = ImageReshaper().fit(X)
    >>> reshaper.transform(X).shape
    (5620, 8, 8, 1)
    >>> reshaper.inverse_transform(reshaper.transform(X[:3])).shape
    (3, 64)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "image_shape": ["array-like", Interval(Integral, 1, None, closed="left"), None]
    }

    def __init__(self, image_shape: Sequence[int] | None = None) -> None:
        self.image_shape = image_shape

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the shape of the images.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.
        y : None
            Ignored.

        Returns
        -------
        self : ImageReshaper
            The fitted transformer.

        Raises
        ------
        ValueError
            If `image_shape` is malformed or does not hold ``n_features`` values.
        """
        self._validate_params()
        X = validate_rows(self, X, reset=True, dtype="numeric")
        self.image_shape_ = resolve_image_shape(self.image_shape, X.shape[1])
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Reshape flat rows to images.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.

        Returns
        -------
        ndarray of shape (n_samples, height, width, channels)
            The same values; the dtype is kept.
        """
        check_is_fitted(self)
        X = validate_rows(self, X, reset=False, dtype="numeric")
        return X.reshape(len(X), *self.image_shape_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Flatten images to rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width, channels)
            Images; the channel axis may be missing where there is one channel.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The same values; the dtype is kept.

        Raises
        ------
        ValueError
            If the images have another shape than those of :meth:`transform`.
        """
        check_is_fitted(self)
        X = np.asarray(X)
        one_channel = self.image_shape_[2] == 1
        if X.shape[1:] != self.image_shape_ and not (
            one_channel and X.shape[1:] == self.image_shape_[:2]
        ):
            raise ValueError(
                f"Expected images of shape {('n_samples', *self.image_shape_)}, as transform "
                f"returns them; got an array of shape {X.shape}."
            )
        return X.reshape(len(X), -1)
