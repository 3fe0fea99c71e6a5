"""What goes into a fit and what watches over it: rows, weights, order of batches, interrupts."""

from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_class_weight

__all__ = [
    "DropoutSeeds",
    "EpochSnapshot",
    "Rows",
    "code_rows",
    "epoch_batches",
    "merge_rows",
    "set_aside",
    "training_callbacks",
]


class Rows(NamedTuple):
    """Training rows, their labels and their weights, in one order."""

    X: np.ndarray
    y: np.ndarray
    sample_weight: np.ndarray


def code_rows(
    X: np.ndarray,
    y: np.ndarray,
    sample_weight: np.ndarray,
    classes: np.ndarray | None,
    class_weight: dict[Any, float] | str | None,
) -> tuple[np.ndarray, Rows]:
    """Turn labels into codes, apply class weights and drop the rows of weight 0.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Labels.
    sample_weight : ndarray of shape (n_samples,)
        Non-negative weights, not all 0.
    classes : ndarray of shape (n_classes,) or None
        All labels there can be, sorted; None takes those of the rows that count.
    class_weight : dict, "balanced" or None
        As in :func:`sklearn.utils.class_weight.compute_class_weight`.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        Sorted labels, at least 2.
    rows : Rows
        `y` holds indices into `classes`.

    Raises
    ------
    ValueError
        If `y` has a label that is not in `classes`, if there are fewer than 2 classes, if a
        class weight is negative, or if all weights are 0.
    """
    counted = sample_weight > 0
    if not counted.any():  # scikit-learn before 1.9 lets this pass
        raise ValueError("Sample weights must contain at least one non-zero number.")
    X, y, sample_weight = X[counted], y[counted], sample_weight[counted]
    present = np.unique(y)
    classes = present if classes is None else classes
    unknown = np.setdiff1d(present, classes)
    if len(unknown):
        raise ValueError(
            f"y contains labels {unknown.tolist()} that are not among the classes "
            f"{classes.tolist()} of the first fit; fit anew to change the classes."
        )
    if len(classes) < 2:
        raise ValueError(
            "A classifier needs samples of at least 2 classes in the data, but the rows with "
            f"a positive weight are all of one class: {classes[0]!r}."
        )
    weights = compute_class_weight(class_weight, classes=present, y=y, sample_weight=sample_weight)
    if np.min(weights) < 0 or np.max(weights) == 0:
        raise ValueError(f"class_weight must be non-negative, not all 0; got {class_weight!r}.")
    sample_weight = sample_weight * weights[np.searchsorted(present, y)]
    counted = sample_weight > 0
    codes = np.searchsorted(classes, y)
    return classes, Rows(X[counted], codes[counted], sample_weight[counted])


def merge_rows(rows: Rows, *, keep_order: bool) -> Rows:
    """Merge rows that agree in features and label, and bring the weights to a mean of 1.

    A row of weight 2 and the same row given twice then train the same network, which
    mini-batches of separate rows would not; neither does the order of the rows matter.

    Parameters
    ----------
    rows : Rows
        `X` of shape (n_samples, n_features), `y` of shape (n_samples,) with integer codes,
        positive `sample_weight` of shape (n_samples,).
    keep_order : bool
        Keep the order of first appearance, instead of sorting by features and label.

    Returns
    -------
    Rows
        At most `n_samples` rows, without repetition.

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.array([[1.0], [0.0], [1.0]]), np.array([0, 1, 0])
    >>> merge_rows(Rows(X, y, np.ones(3)), keep_order=True)
    Rows(X=array([[1.],
           [0.]]), y=array([0, 1]), sample_weight=array([1.33333333, 0.66666667]))
    """
    keys = np.column_stack([rows.X, rows.y]) + 0.0  # adding 0 makes -0.0 and 0.0 one value
    _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    weight = np.bincount(group.ravel(), weights=rows.sample_weight)
    if keep_order:
        appearance = np.argsort(first)
        first, weight = first[appearance], weight[appearance]
    return Rows(rows.X[first], rows.y[first], weight * (len(weight) / weight.sum()))


def set_aside(rows: Rows, fraction: float | None, *, seed: int) -> tuple[Rows, Rows | None]:
    """Split rows into a training and a validation part, stratified by class.

    Parameters
    ----------
    rows : Rows
        Rows to split.
    fraction : float in (0, 1) or None
        Validation part; None leaves all rows for training.
    seed : int
        Seed of the choice.

    Returns
    -------
    training, validation : Rows and Rows or None

    Raises
    ------
    ValueError
        If a part cannot have a row of each class.
    """
    if fraction is None:
        return rows, None
    numbers = np.arange(len(rows.y))
    try:
        kept, validated = train_test_split(
            numbers, test_size=fraction, stratify=rows.y, random_state=seed
        )
    except ValueError as error:
        raise ValueError(
            f"validation_fraction={fraction} cannot be set aside from {len(numbers)} different "
            f"rows with each class in both parts; give more rows or another fraction. ({error})"
        ) from error
    training, validation = (Rows(*(a[part] for a in rows)) for part in (kept, validated))
    return training, validation


def epoch_batches(
    rows: Rows,
    *,
    batch_size: int,
    epochs: range,
    shuffle: bool,
    seed: int,
) -> tf.data.Dataset:
    """Feed the mini-batches of some epochs, one epoch after the other.

    The order of an epoch follows from `seed` and the epoch's number alone, so training that
    goes on later (``partial_fit``, another process) sees what one long fit would have seen.

    Parameters
    ----------
    rows : Rows
        `X` of shape (n_samples, ...), `y` with integer codes.
    batch_size : int
        Rows in a batch; the last batch of an epoch may have fewer.
    epochs : range
        Numbers of the epochs.
    shuffle : bool
        Whether each epoch has an order of its own.
    seed : int
        Seed of the orders.

    Returns
    -------
    tf.data.Dataset
        Of ``(X, y, sample_weight)`` batches, ``ceil(n_samples / batch_size)`` an epoch.
    """
    tensors = [
        tf.constant(rows.X, tf.float32),
        tf.constant(rows.y, tf.int32),
        tf.constant(rows.sample_weight, tf.float32),
    ]
    n_rows = len(rows.y)

    def order(epoch: tf.Tensor) -> tf.data.Dataset:
        numbers = tf.range(n_rows)
        if shuffle:
            key = tf.stack([tf.constant(seed, tf.int64), epoch])
            numbers = tf.random.experimental.stateless_shuffle(numbers, key)
        return tf.data.Dataset.from_tensor_slices(numbers).batch(batch_size)

    batches = (
        tf.data.Dataset.range(epochs.start, epochs.stop)
        .flat_map(order)
        .map(lambda numbers: tuple(tf.gather(tensor, numbers) for tensor in tensors))
    )
    # A batch is a gather from memory: tf.data's thread pools and tuner cost more than they give.
    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    return batches.with_options(options)


def training_callbacks(
    given: Any, *, n_iter_no_change: int | None, restore_best_weights: bool
) -> list[keras.callbacks.Callback]:
    """List the callbacks of one fit.

    Parameters
    ----------
    given : list of keras.callbacks.Callback, one of them, or None
        The caller's own.
    n_iter_no_change : int or None
        Epochs without a better validation loss before training stops; None never stops.
    restore_best_weights : bool
        Whether stopping goes back to the best epoch.

    Returns
    -------
    list of keras.callbacks.Callback

    Raises
    ------
    TypeError
        If the caller gave something that is not a Keras callback.
    """
    callbacks = list(given) if isinstance(given, list | tuple) else [given]
    callbacks = [] if given is None else callbacks
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks must be keras.callbacks.Callback instances; got {callback!r}."
            )
    if n_iter_no_change is not None:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                patience=n_iter_no_change, restore_best_weights=restore_best_weights
            )
        )
    return callbacks


class DropoutSeeds(keras.callbacks.Callback):
    """Set the state of every dropout generator from its layer's seed and the epoch.

    Saved models do not contain these states: without this, training that goes on in a copy
    would differ from training that goes on in the original, and several short fits from one
    long fit.
    """

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the states."""
        for layer in self.model.layers:
            if isinstance(layer, keras.layers.Dropout):
                state = np.random.SeedSequence([layer.seed, epoch]).generate_state(2)
                layer.seed_generator.state.assign(state)


class EpochSnapshot(keras.callbacks.Callback):
    """Keep a copy of weights and optimizer after each epoch, for a fit that is interrupted.

    Attributes
    ----------
    logs : list of dict
        What Keras logged at the end of each epoch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.logs: list[dict[str, float]] = []
        self._values: list[tuple[keras.Variable, np.ndarray]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Keep the state before the first epoch."""
        self._keep()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep the state after an epoch."""
        self._keep()
        self.logs.append(dict(logs or {}))

    def restore(self) -> None:
        """Put the model back to where the last finished epoch left it."""
        for variable, value in self._values:
            variable.assign(value)

    def _keep(self) -> None:
        variables = [*self.model.weights, *self.model.optimizer.variables]
        self._values = [(variable, variable.numpy()) for variable in variables]
