"""Check rows and labels as people pass them, and say how other shapes become such ones.

NumPy alone is needed for the checks of shapes; scikit-learn validates for its estimators.
"""

import math
import os
import sys
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

__all__ = [
    "caller_stacklevel",
    "check_labels",
    "check_shape",
    "digest_samples",
    "validate_rows",
    "warn_of_repeated_samples",
    "warn_of_shared_samples",
    "warn_of_strips",
]

# Rows with more features than this that make no square were images once, most likely: tables of
# measurements, such as those that come with scikit-learn, have fewer.
_MOST_FEATURES_OF_A_TABLE = 32

_PICTURES = (
    "Rows of shape (n_samples, n_features) are expected; pictures of any size, and their paths, "
    "become rows with skdigits.pictures.DigitImageEncoder."
)


def check_shape(X: Any, *, n_features: int | None, owner: str) -> None:
    """Raise ValueError if `X` is no table of rows, with the call that makes it one.

    `n_features` is what `owner` was fitted with, or None where it is to be fitted.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits._validation import check_shape
    >>> check_shape(np.zeros((2, 64)), n_features=64, owner="Net")
    >>> check_shape(np.zeros((8, 8)), n_features=64, owner="Net")
    Traceback (most recent call last):
    ValueError: X has 8 features, but Net is expecting 64 features as input: X of shape (8, 8) \
looks like one image. Reshape your data: X.reshape(1, -1).
    """
    shape = _shape(X)
    if shape is None:  # ragged: what validates the values says so
        return
    is_one_image = (
        len(shape) > 1 and n_features == math.prod(shape) and n_features != math.prod(shape[1:])
    )
    if len(shape) == 2 and not is_one_image:
        return
    problem = f"Expected 2D array, got {len(shape)}D array instead"
    if len(shape) == 2:
        problem = (
            f"X has {shape[1]} features, but {owner} is expecting {n_features} features as input"
        )
    array = "X" if hasattr(X, "reshape") else "np.asarray(X)"
    if is_one_image:
        way = f"X of shape {shape} looks like one image. Reshape your data: {array}.reshape(1, -1)."
    elif len(shape) < 2:
        way = _way_out_of_one_dimension(X, array, shape, n_features)
    else:
        way = _way_out_of_images(array, shape, n_features)
    raise ValueError(f"{problem}: {way}")


def _way_out_of_one_dimension(
    X: Any, array: str, shape: tuple[int, ...], n_features: int | None
) -> str:
    first: Any = np.asarray(_dense(X)).flat[0] if shape and shape[0] else None
    if not shape or isinstance(first, str | bytes | os.PathLike):
        what = f"of type {type(X).__name__}" if first is None else f"made of {type(first).__name__}"
        return f"X is {what}. {_PICTURES}"
    if np.ndim(first):
        return "X is an array of arrays. Reshape your data: np.stack(X).reshape(len(X), -1)."
    single = f", or {array}.reshape(-1, 1) if it is a single feature"
    return (
        f"X of shape {shape} has one dimension. Reshape your data: {array}.reshape(1, -1) "
        f"makes one row of it{'' if n_features == shape[0] else single}."
    )


def _way_out_of_images(array: str, shape: tuple[int, ...], n_features: int | None) -> str:
    image = shape[1:]
    if n_features not in {None, math.prod(image)}:
        return (
            f"X of shape {shape} holds images of {math.prod(image)} values, not {n_features}. "
            f"{_PICTURES}"
        )
    way = f"{array}.reshape(len(X), -1)"
    is_inferred = len(set(image[:2])) == 1 and image[2:] in {(), (1,)}
    if n_features is None and len(image) in (2, 3) and not is_inferred:
        way += f", with image_shape={image}"
    return f"X of shape {shape} holds images, one by one. Reshape your data to flat rows: {way}."


def check_labels(y: Any) -> None:
    """Raise ValueError if `y` has more than one column, as one-hot labels have.

    Examples
    --------
    >>> from skdigits._validation import check_labels
    >>> check_labels([[0, 1], [1, 0]])
    Traceback (most recent call last):
    ValueError: y should be a 1d array of labels, got an array of shape (2, 2): one-hot labels, or \
probabilities, have one column per class. Pass np.asarray(y).argmax(axis=1).
    """
    shape = _shape(y)
    if shape is None or len(shape) < 2 or math.prod(shape[1:]) == 1:
        return
    labels = "y.toarray()" if hasattr(y, "toarray") else "np.asarray(y)"
    if hasattr(y, "idxmax"):
        way = f"y.idxmax(axis=1) for the names of the columns, or {labels}.argmax(axis=1)"
    else:
        way = f"{'y' if isinstance(y, np.ndarray) else labels}.argmax(axis=1)"
    raise ValueError(
        f"y should be a 1d array of labels, got an array of shape {shape}: one-hot labels, or "
        f"probabilities, have one column per class. Pass {way}."
    )


def validate_rows(
    estimator: Any, X: Any, y: Any = "no_validation", *, reset: bool, dtype: Any = np.float32
) -> Any:
    """Validate rows, and labels if there are any, as scikit-learn's ``validate_data`` does.

    Sparse rows become dense ones, and other shapes get an error with the way out. `reset` learns
    the number and names of the features, otherwise they are compared with those of the fit.
    """
    if not reset and isinstance(y, str):
        rows = _as_they_are(estimator, X, dtype)
        if rows is not None:
            return rows
    from sklearn.utils.validation import validate_data

    check_shape(
        X,
        n_features=None if reset else estimator.n_features_in_,
        owner=type(estimator).__name__,
    )
    if not isinstance(y, str):
        check_labels(y)
    if hasattr(X, "columns") and hasattr(
        X, "sparse"
    ):  # a frame of sparse columns; scikit-learn takes zeros for gaps only
        X = X.sparse.to_dense()
    checked = validate_data(estimator, X, y, dtype=dtype, reset=reset, accept_sparse="csr")
    if isinstance(checked, tuple):
        return _dense(checked[0]), checked[1]
    return _dense(checked)


def _as_they_are(estimator: Any, X: Any, dtype: Any) -> np.ndarray | None:
    """Return what ``validate_data`` would of a plain array that is in order, None of all else.

    It would take as long as a network takes for one row.
    """
    if (
        type(X) is not np.ndarray
        or X.dtype.kind not in "fiu"
        or X.ndim != 2
        or not len(X)
        or X.shape[1] != estimator.n_features_in_
        or dtype is not np.float32
        or hasattr(estimator, "feature_names_in_")
    ):
        return None
    with np.errstate(all="ignore"):
        rows = X.astype(dtype, copy=False)
        is_finite = np.isfinite(np.add.reduce(rows, axis=None))  # else some may be too large
    return rows if is_finite else None


def warn_of_strips(n_features: int, image_shape: Any) -> None:
    """Warn where rows of many features make no square image, and no shape is given for them.

    Warns
    -----
    UserWarning
        With what may have happened to the images, and how to say that strips are meant.
    """
    is_square = math.isqrt(n_features) ** 2 == n_features
    if image_shape is not None or is_square or n_features <= _MOST_FEATURES_OF_A_TABLE:
        return
    with_labels = math.isqrt(n_features - 1) ** 2 == n_features - 1
    warnings.warn(
        f"X has {n_features} features, which make no square image, so each row is taken for a "
        f"strip of shape (1, {n_features}). If the rows were images, leave out the step that has "
        "removed or mixed their pixels, such as VarianceThreshold, SelectKBest or PCA"
        + (", or the column of labels" if with_labels else "")
        + ". Pass image_shape=(height, width) for images that are not square, or "
        f"image_shape=(1, {n_features}) if strips are meant.",
        UserWarning,
        stacklevel=caller_stacklevel(),
    )


def digest_samples(X: Any) -> np.ndarray:
    """Return a hash of each sample, the same for samples that float32 does not tell apart.

    Samples that are not rows of a dense table of numbers are not compared: all of them differ.

    Examples
    --------
    >>> from skdigits._validation import digest_samples
    >>> first, second, third = digest_samples([[0, 1], [1, 0], [-0.0, 1]])
    >>> bool(first == second), bool(first == third)
    (False, True)
    """
    shape = _shape(X)
    samples = np.asarray(X) if shape is not None and len(shape) == 2 else np.empty(0, object)
    if samples.dtype.kind not in "biuf":
        return np.arange(len(X) if shape is None else shape[0])
    import pandas as pd

    with np.errstate(over="ignore"):
        samples = samples.astype(np.float32) + np.float32(0)  # -0.0 and 0.0 have other bytes
    return pd.util.hash_pandas_object(pd.DataFrame(samples), index=False).to_numpy()


def warn_of_shared_samples(
    parts: Iterable[tuple[np.ndarray, np.ndarray]],
    *,
    where: str = "the training part and the test part of a split",
    way: str = "Remove repeated samples or, in evaluate_folds, keep equal ones together with "
    "cv=GroupKFold() and groups.",
) -> None:
    """Warn where pairs of parts, given as digests of their samples, have samples in common."""
    shared = set().union(*(np.intersect1d(*pair).tolist() for pair in parts))
    if shared:
        warnings.warn(
            f"{len(shared)} sample{' is' if len(shared) == 1 else 's are'} both in {where}, so "
            f"scores are too optimistic. {way}",
            UserWarning,
            stacklevel=caller_stacklevel(),
        )


def warn_of_repeated_samples(X: Any, splits: Iterable[tuple[Any, Any]]) -> None:
    """Warn where equal samples of `X` are in both parts of a split, given as their indices."""
    digests = digest_samples(X)
    warn_of_shared_samples((digests[train], digests[test]) for train, test in splits)


def caller_stacklevel() -> int:
    """Return the `stacklevel` at which the calling function warns of its caller's line.

    That is the first line outside of this package, of scikit-learn, whose pipelines and searches
    pass rows on, of joblib, and of Keras, which calls callbacks.
    """
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_inside(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    return level


def _is_inside(module: str) -> bool:
    return module.partition(".")[0] in {"skdigits", "sklearn", "joblib", "keras"}


def _shape(values: Any) -> tuple[int, ...] | None:
    """Return the shape of an array, frame, tensor or nested list, None where it has none."""
    shape = getattr(values, "shape", None)
    if shape is None:
        try:
            shape = np.asarray(values).shape
        except (TypeError, ValueError):
            return None
    return tuple(shape)


def _dense(X: Any) -> np.ndarray:
    return X.toarray() if hasattr(X, "toarray") else X
