"""Prepare the rows of a fit: encode labels, weigh, merge repetitions, set some aside."""

import copy
import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_class_weight

from skdigits._validation import caller_stacklevel

__all__ = [
    "Images",
    "Rows",
    "auto_batch_size",
    "check_magnitudes",
    "describe_rows",
    "in_parts",
    "index_rows",
    "merge_rows",
    "naming_validation_rows",
    "set_aside",
]

# Batch sizes of batch_size="auto"; few, because each needs a traced graph.
_BATCH_SIZES = (64, 32, 16, 8)
_LEAST_STEPS = 32

# Features from which on the squares that normalisation takes come near the limit of float32.
_TOO_LARGE = 1e15
# Ratio of a feature to the largest of half of the rows, beside which all others are almost 0.
_FAR = 1e4

# Number of rows that are copied, or converted to float32, at a time.
_ROWS_AT_A_TIME = 1024


class Images:
    """View of some rows of an array as float32 images, which are copied when they are read.

    A million rows are in memory as the caller passed them and once more for training, without
    copies in between. Indexing returns an array, :meth:`subset` another view in any order.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Flat images of any real dtype.
    shape : tuple of int
        Shape of an image.

    Examples
    --------
    >>> import numpy as np
    >>> images = Images(np.arange(12, dtype=np.uint8).reshape(3, 4), (2, 2, 1))
    >>> images = images.subset(np.array([2, 0]))
    >>> len(images), images[:1].ravel()
    (2, array([ 8.,  9., 10., 11.], dtype=float32))
    """

    def __init__(self, X: np.ndarray, shape: tuple[int, ...]) -> None:
        self._X = X
        self._shape = shape
        self._indices = np.arange(len(X))

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, part: Any) -> np.ndarray:
        rows = self._X[self._indices[part]]
        return rows.astype(np.float32, copy=False).reshape(-1, *self._shape)

    def subset(self, indices: np.ndarray) -> Self:
        """Return the view of some of these images."""
        subset = copy.copy(self)
        subset._indices = self._indices[indices]
        return subset


class Rows(NamedTuple):
    """Training rows, their labels and their weights, in one order.

    `X` is an array of flat rows, or a view of them as :class:`Images`.
    """

    X: Any
    y: np.ndarray
    sample_weight: np.ndarray

    def subset(self, indices: np.ndarray) -> "Rows":
        """Return some of these rows, whose `X` are images."""
        return Rows(self.X.subset(indices), self.y[indices], self.sample_weight[indices])


def index_rows(
    images: Images,
    y: np.ndarray,
    sample_weight: np.ndarray,
    classes: np.ndarray | None,
    class_weight: dict[Any, float] | str | None,
) -> tuple[np.ndarray, Rows]:
    """Turn labels into class indices, apply class weights and drop the rows of weight 0.

    `classes` are all possible labels, sorted; None takes the labels of rows with a positive weight.
    Returns the classes, at least 2, and the rows, whose `y` are class indices.

    Raises
    ------
    ValueError
        If `y` has a label that is not in `classes`, if there are fewer than 2 classes, if a
        class weight is negative, or if all weights are 0.
    """
    counted = sample_weight > 0
    if not counted.any():  # scikit-learn before 1.9 lets this pass
        raise ValueError("Sample weights must contain at least one non-zero number.")
    rows = Rows(images, y, sample_weight).subset(np.flatnonzero(counted))
    y, sample_weight = rows.y, rows.sample_weight
    present = np.unique(y)
    classes = present if classes is None else classes
    unknown = np.setdiff1d(present, classes)
    if len(unknown):
        raise ValueError(
            f"y contains labels {unknown.tolist()} that are not among the classes "
            f"{classes.tolist()} of the first fit. To change the classes, fit from scratch."
        )
    if len(classes) < 2:
        raise ValueError(
            "A classifier needs samples of at least 2 classes in the data, but the rows with "
            f"a positive weight are all of one class: {classes[0]!r}."
        )
    if isinstance(class_weight, dict):
        _check_class_weight(class_weight, classes, present)
        weights = np.array([class_weight.get(label, 1.0) for label in present.tolist()], float)
    else:
        weights = compute_class_weight(
            class_weight, classes=present, y=y, sample_weight=sample_weight
        )
    sample_weight = sample_weight * weights[np.searchsorted(present, y)]
    rows = Rows(rows.X, np.searchsorted(classes, y), sample_weight)
    return classes, rows.subset(np.flatnonzero(sample_weight > 0))


def _check_class_weight(
    class_weight: dict[Any, float], classes: np.ndarray, present: np.ndarray
) -> None:
    """Raise ValueError if a weight is invalid, or if the keys belong to other labels."""
    for label, weight in class_weight.items():
        if not isinstance(weight, Real) or not 0 <= float(weight) < np.inf:
            raise ValueError(
                "class_weight must be non-negative, finite numbers by label; got "
                f"{weight!r} for {label!r}."
            )
    labels = present.tolist()
    if labels and all(class_weight.get(label, 1) == 0 for label in labels):
        raise ValueError(f"class_weight must be non-negative, not all 0; got {class_weight!r}.")
    # Labels may be missing on either side, as in a fold without a class, but not on both.
    missing = [label for label in labels if label not in class_weight]
    unknown = [label for label in class_weight if label not in classes.tolist()]
    if missing and unknown:
        raise ValueError(
            f"class_weight has the keys {unknown}, which are not labels in y, and lacks the "
            f"labels {missing}. Use the labels of y as keys, such as "
            f"class_weight={{{missing[0]!r}: 2.0}}; labels without a key weigh 1."
        )


def merge_rows(rows: Rows, *, keep_order: bool) -> Rows:
    """Merge rows that agree in features and label, and bring the weights to a mean of 1.

    A row of weight 2 and the same row passed twice then train the same network, which
    mini-batches of separate rows would not. Rows are sorted by features and label, so that their
    order does not matter either; `keep_order` keeps the order of first appearance instead.

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.array([[1.0], [0.0], [1.0]], np.float32), np.array([0, 1, 0])
    >>> rows = Rows(Images(X, (1,)), y, np.ones(3))
    >>> images, y, sample_weight = merge_rows(rows, keep_order=True)
    >>> images[:], y, sample_weight
    (array([[1.],
           [0.]], dtype=float32), array([0, 1]), array([1.33333333, 0.66666667]))
    """
    order, is_new = _sort_rows(rows)
    first = order[is_new]
    group = np.empty(len(order), np.intp)
    group[order] = np.cumsum(is_new) - 1
    weight = np.bincount(group, weights=rows.sample_weight)
    if keep_order:
        appearance = np.argsort(first)
        first, weight = first[appearance], weight[appearance]
    return rows.subset(first)._replace(sample_weight=weight * (len(weight) / weight.sum()))


def _sort_rows(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Return an order of the rows, and where a new row begins in it.

    Rows are compared as bytes, features first and then the class index: ``np.unique`` would take
    four times the memory. Big-endian bytes of non-negative numbers sort as the numbers do.
    """
    n_rows, width = len(rows.y), rows.X[:1].nbytes
    keys = np.empty((n_rows, width + 4), np.uint8)
    for part in in_parts(n_rows):
        images = rows.X[part] + np.float32(0)  # -0.0 and 0.0 have other bytes
        keys[part, :width] = images.astype(">f4").reshape(len(images), -1).view(np.uint8)
    keys[:, width:] = rows.y.astype(">u4")[:, np.newaxis].view(np.uint8)
    whole = keys.view(f"V{width + 4}").ravel()
    order = np.argsort(whole, kind="stable")
    is_new = np.ones(n_rows, bool)
    for part in in_parts(n_rows - 1):
        later = slice(part.start + 1, part.stop + 1)
        is_new[later] = whole[order[later]] != whole[order[part]]
    return order, is_new


def in_parts(n_rows: int) -> Iterator[slice]:
    """Yield slices of about a thousand rows, whose copies take little memory."""
    for start in range(0, n_rows, _ROWS_AT_A_TIME):
        yield slice(start, min(start + _ROWS_AT_A_TIME, n_rows))


@contextmanager
def naming_validation_rows() -> Iterator[None]:
    """Name the caller's validation rows in a ValueError that is raised within the block."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"X_val, y_val: {error}") from error


def set_aside(
    rows: Rows, fraction: float | None, *, seed: int, classes: np.ndarray
) -> tuple[Rows, Rows | None]:
    """Split merged rows into a training and a validation part, stratified by class.

    The validation part is None where `fraction` is None. `classes` are the labels to which the
    class indices of the rows belong.

    Raises
    ------
    ValueError
        If a part cannot have a row of each class.
    """
    if fraction is None:
        return rows, None
    indices = np.arange(len(rows.y))
    try:
        kept, validated = train_test_split(
            indices, test_size=fraction, stratify=rows.y, random_state=seed
        )
    except ValueError as error:
        present, counts = np.unique(rows.y, return_counts=True)
        raise ValueError(
            f"validation_fraction={fraction} of {len(indices)} samples cannot be set aside with "
            f"each of the {len(present)} classes in both parts. Equal samples count as one: class "
            f"{classes[present[counts.argmin()]]!s} has {counts.min()} different. Add different "
            "samples, change validation_fraction, or pass X_val and y_val."
        ) from error
    return rows.subset(kept), rows.subset(validated)


def check_magnitudes(rows: Rows, *, name: str) -> None:
    """Check that no feature is too large to be trained on, or far outside of the others.

    `name` is the caller's name of the features. Rows of weight 0 are not checked.

    Raises
    ------
    ValueError
        If a feature is so large that float32 cannot hold its square.

    Warns
    -----
    UserWarning
        If a feature is 10,000 times as large as all features of half of the rows.
    """
    highest, lowest = (f(rows.X, axis=1).astype(float) for f in (np.max, np.min))
    largest = np.maximum(highest, -lowest)
    largest[rows.sample_weight == 0] = 0
    row = int(np.argmax(largest))
    typical = float(np.median(largest))
    if largest[row] < max(_FAR * typical, 1) and largest[row] < _TOO_LARGE:
        return
    column = int(np.argmax(np.abs(rows.X[row].astype(float))))
    problem = (
        f"{name}[{row}, {column}] is {rows.X[row, column]:g}, while half of the rows hold nothing "
        f"beyond {typical:g}"
    )
    if largest[row] >= _TOO_LARGE:
        raise ValueError(
            f"{problem}. Such a feature cannot be trained on: correct it, leave its row out, or "
            "scale the features if all of them are as large."
        )
    if typical > 0:
        warnings.warn(
            f"{problem}. If it is a mistake, correct it or leave the row out, for it spoils the "
            "training of the others.",
            UserWarning,
            stacklevel=caller_stacklevel(),
        )


def auto_batch_size(n_rows: int) -> int:
    """Return the largest of 64, 32, 16 and 8 that gives 32 steps an epoch, or 8.

    Examples
    --------
    >>> [auto_batch_size(n_rows) for n_rows in (3823, 2047, 300, 10)]
    [64, 32, 8, 8]
    """
    enough = (size for size in _BATCH_SIZES if n_rows >= size * _LEAST_STEPS)
    return next(enough, _BATCH_SIZES[-1])


def describe_rows(
    X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray, classes: np.ndarray
) -> dict[str, Any]:
    """Describe the rows of a positive weight, in the caller's order.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Labels; those of rows that count are in `classes`.
    sample_weight : ndarray of shape (n_samples,)
        Non-negative weights.
    classes : ndarray of shape (n_classes,)
        Sorted labels.

    Returns
    -------
    dict
        ``n_samples``, ``n_features``, ``class_counts`` (rows by label) and ``sha256``: of the
        features as little-endian float32, row after row, then the labels' indices in `classes`
        as int64, then the weights as float64.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.training import describe_rows
    >>> X, y = np.zeros((3, 2)), np.array(["b", "a", "b"])
    >>> describe_rows(X, y, np.array([1, 1, 0.5]), np.unique(y))["class_counts"]
    {'a': 1, 'b': 2}
    """
    counted = sample_weight > 0
    digest = hashlib.sha256()
    for part in in_parts(len(X)):
        digest.update(np.ascontiguousarray(X[part][counted[part]], dtype="<f4").data)
    if not counted.all():
        y, sample_weight = y[counted], sample_weight[counted]
    indices = np.searchsorted(classes, y)
    for values, dtype in ((indices, "<i8"), (sample_weight, "<f8")):
        digest.update(np.ascontiguousarray(values, dtype=dtype).data)
    counts = np.bincount(indices, minlength=len(classes))
    return {
        "n_samples": len(y),
        "n_features": X.shape[1],
        "class_counts": dict(zip(classes.tolist(), counts.tolist(), strict=True)),
        "sha256": digest.hexdigest(),
    }
