"""Train networks in TensorFlow's graph, an epoch per execution, traced once for many fits."""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from skdigits._tensorflow import keras, tf
from skdigits.network import reset_weights
from skdigits.training._augmentation import RandomAffine
from skdigits.training._callback_model import CallbackModel
from skdigits.training._fast_layers import Adam, Dropout, fast_layer
from skdigits.training._loss import crossentropy
from skdigits.training._rows import Rows, in_parts
from skdigits.training._schedule import learning_rate_factor

__all__ = [
    "NetworkState",
    "Numbers",
    "TracedNetwork",
    "as_tensors",
    "count_parts",
    "decay_kernels_only",
]

# Least number of multiplications in the forward pass of a part. A mini-batch is divided into 1, 2
# or 4 parts; the operations that a part adds would cost more than smaller parts save.
_LEAST_OF_A_PART = 2**25

# Largest batch size that is passed on: TensorFlow counts samples in 32 bits, and no fit has more.
_LARGEST_BATCH = 2**30

# Alignment of TensorFlow's tensors, in bytes.
_ALIGNMENT = 64

_SIZE = tf.TensorSpec([], tf.int32)


class NetworkState(NamedTuple):
    """The values of a network's weights and of its optimizer's variables.

    `optimizer` is empty if its variables have not been kept.
    """

    weights: list[np.ndarray]
    optimizer: list[np.ndarray]


class Numbers(NamedTuple):
    """Numbers of a training that may change without a new graph.

    Attributes
    ----------
    batch_size : int
        Samples in a mini-batch; the last one of an epoch may have fewer.
    learning_rate : float
        The highest learning rate of a schedule.
    label_smoothing : float in [0, 1)
        For :func:`~skdigits.training._loss.crossentropy`.
    dropout_rates : list of float
        Rate of each dropout layer, in the order of the layers.
    distortion : dict of str to float
        Ranges of the augmentation.
    weight_decay : float or None
        Decay of our :class:`Adam`; that of other optimizers is part of the graph.
    """

    batch_size: int
    learning_rate: float
    label_smoothing: float
    dropout_rates: list[float]
    distortion: dict[str, float]
    weight_decay: float | None


class TracedNetwork:
    """A network whose training graph is traced once and trains many networks of the same kind.

    Tracing takes a second or two and some megabytes that TensorFlow never frees. Between two
    trainings, :meth:`reset` or :meth:`load` replaces weights and optimizer, and
    :meth:`set_numbers` the :class:`Numbers`; the samples are arguments of the graph. The order of
    the samples and the random draws of an epoch depend only on the seed and the epoch's number, so
    that one training leaves no random state to the next.

    The parts of a mini-batch pass the layers in parallel, on as many cores as TensorFlow has
    threads between operations. The number of parts depends on the network and on the batch size
    alone (:func:`count_parts`), and gradients are summed in a fixed order, so that the result has
    the same bits on any number of cores. Each part is normalised separately.

    Parameters
    ----------
    network : keras.Sequential
        Layers, not compiled. Its weights are not used.
    n_parts : {1, 2, 4}
        Number of parts in which a mini-batch passes the layers.
    shuffle : bool
        Whether each epoch shuffles the samples.
    schedule : {"constant", "cosine", "one_cycle"}
        Learning-rate schedule; see :func:`~skdigits.training._schedule.learning_rate_factor`.
    augments : bool
        Whether images are distorted during training.
    smooths : bool
        Whether the loss smooths labels.
    optimizer : keras.optimizers.Optimizer
        Not built.
    **compile_parameters : dict
        For ``keras.Model.compile``.

    Attributes
    ----------
    model : CallbackModel
        The Keras model that is trained, with faster layers and a faster Adam.
    """

    def __init__(
        self,
        network: keras.Sequential,
        *,
        n_parts: int,
        shuffle: bool,
        schedule: str,
        augments: bool,
        smooths: bool,
        optimizer: keras.optimizers.Optimizer,
        **compile_parameters: Any,
    ) -> None:
        image_shape = network.input_shape[1:]
        layers = [fast_layer(layer) for layer in network.layers]
        if augments:
            layers.insert(0, RandomAffine(dtype="float32", name="augment"))
        if type(optimizer) in {keras.optimizers.Adam, keras.optimizers.AdamW}:
            optimizer = Adam.from_config(optimizer.get_config())
        decay_kernels_only(optimizer)
        self.model = CallbackModel([keras.Input(image_shape), *layers], name=network.name)
        self._optimizer = optimizer

        # The loss reads the smoothing from a variable, so that another value needs no new graph.
        self._label_smoothing = tf.Variable(0.0, dtype=tf.float64, trainable=False)
        loss = crossentropy(self._label_smoothing if smooths else 0)
        self.model.compile(**{**compile_parameters, "optimizer": optimizer, "loss": loss})
        # Build the optimizer before tracing: a graph cannot create variables.
        optimizer.build(self.model.trainable_variables)
        self._new_optimizer = [variable.numpy() for variable in optimizer.variables]

        self._loss = keras.metrics.Mean(name="loss")
        self._accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        self._n_parts = n_parts
        self._shuffle = shuffle
        self._schedule = schedule
        self._numbers = Numbers(1, 0.0, 0.0, [], {}, None)
        self._rows_spec = [
            tf.TensorSpec([None, *image_shape], tf.float32),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None], tf.float32),
        ]
        # Trace now: calling the tf.function would warn of retracing after a few networks.
        self._train_graph = tf.function(self._train_rows).get_concrete_function(
            self._rows_spec, _SIZE, tf.TensorSpec([2], tf.int64), tf.TensorSpec([3], tf.float32)
        )

    @cached_property
    def _evaluation_graph(self) -> Any:
        return tf.function(self._evaluate_rows).get_concrete_function(self._rows_spec, _SIZE)

    def is_sound(self) -> bool:
        """Return whether callbacks have neither compiled the model again nor frozen layers."""
        is_as_compiled = self.model.optimizer is self._optimizer
        return is_as_compiled and all(layer.trainable for layer in self.model.layers)

    def reset(self, seed: int) -> None:
        """Start from scratch, with the initial weights of `seed`."""
        reset_weights(self.model, seed)
        _assign(self._optimizer.variables, self._new_optimizer)

    def load(self, state: NetworkState) -> None:
        """Continue from a state that :meth:`state` has returned for a network of the same graph.

        If the state lacks the optimizer's variables, the optimizer starts from scratch.
        """
        _assign(self.model.weights, state.weights)
        _assign(self._optimizer.variables, state.optimizer or self._new_optimizer)

    def state(self) -> NetworkState:
        """Return a copy of the values of weights and optimizer."""
        return NetworkState(
            [variable.numpy() for variable in self.model.weights],
            [variable.numpy() for variable in self._optimizer.variables],
        )

    def set_numbers(self, numbers: Numbers) -> None:
        """Set the numbers of the training that follows."""
        self._numbers = numbers
        self._optimizer.learning_rate = numbers.learning_rate
        self._label_smoothing.assign(numbers.label_smoothing)
        for layer, rate in zip(self._layers_of(Dropout), numbers.dropout_rates, strict=True):
            layer.set_rate(rate)
        for layer in self._layers_of(RandomAffine):
            layer.set_ranges(**numbers.distortion)
        if isinstance(self._optimizer, Adam):
            self._optimizer.set_weight_decay(numbers.weight_decay)

    def train_epoch(
        self, rows: list[tf.Tensor], *, seed: int, epoch: int, epochs: range
    ) -> dict[str, float]:
        """Train for one epoch on rows of :func:`as_tensors`; return loss and accuracy.

        `epochs` are the epochs that the learning-rate schedule spans.
        """
        metrics = self._train_graph(
            rows,
            self._batch_size(),
            tf.constant([seed, epoch], tf.int64),
            tf.constant(
                # Not len(epochs), which ends at 2**63.
                [epoch - epochs.start, epochs.stop - epochs.start, self._numbers.learning_rate],
                tf.float32,
            ),
        )
        return {name: float(value) for name, value in metrics.items()}

    def evaluate(self, rows: list[tf.Tensor]) -> dict[str, float]:
        """Return loss and accuracy on rows of :func:`as_tensors`."""
        metrics = self._evaluation_graph(rows, self._batch_size())
        return {name: float(value) for name, value in metrics.items()}

    def _batch_size(self) -> tf.Tensor:
        return tf.constant(min(self._numbers.batch_size, _LARGEST_BATCH), tf.int32)

    def _layers_of(self, kind: Any) -> list[Any]:
        return [layer for layer in self.model.layers if isinstance(layer, kind)]

    def _train_rows(
        self,
        rows: list[tf.Tensor],
        batch_size: tf.Tensor,
        key: tf.Tensor,
        course: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Train for one epoch.

        `key` holds the seed and the epoch's number; `course` the number of epochs done, that of
        all epochs, and the highest learning rate.
        """
        seed, epoch = key[0], key[1]
        n_done, n_epochs, learning_rate = tf.unstack(course)
        # Each layer has its own random draws. It counts its steps in the low half of the second
        # number, so that epochs do not share draws either.
        for number, layer in enumerate(self._layers_of(Dropout | RandomAffine)):
            layer.seed_generator.state.assign([seed + number * 2**32, epoch * 2**32])
        n_rows = tf.shape(rows[1])[0]
        order = tf.range(n_rows)
        if self._shuffle:
            order = tf.random.experimental.stateless_shuffle(order, key)

        def step(batch: list[tf.Tensor], start: tf.Tensor) -> None:
            if self._schedule != "constant":
                progress = (n_done + tf.cast(start / n_rows, tf.float32)) / n_epochs
                factor = learning_rate_factor(progress, self._schedule)
                self._optimizer.learning_rate.assign(learning_rate * factor)
            self._train_batch(*batch)

        return self._for_each_batch(step, rows, order, batch_size)

    def _train_batch(self, images: tf.Tensor, indices: tf.Tensor, weights: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            probabilities = self._forward(images)
            loss = self.model.compute_loss(images, indices, probabilities, weights)
        variables = self.model.trainable_variables
        gradients = tape.gradient(loss, variables)
        self._optimizer.apply_gradients(zip(gradients, variables, strict=True))
        self._update_metrics(loss, probabilities, indices, weights)

    def _forward(self, images: tf.Tensor) -> tf.Tensor:
        """Pass a mini-batch through the layers in parts, which may run in parallel."""
        if self._n_parts == 1:
            return self.model(images, training=True)
        n_parts, n_images = self._n_parts, tf.shape(images)[0]
        # Repeat images of a batch with fewer images than parts, so that no part is empty.
        n = tf.maximum(n_images, n_parts)
        images = tf.gather(images, tf.range(n) % n_images)
        parts = [images[n * i // n_parts : n * (i + 1) // n_parts] for i in range(n_parts)]
        return tf.concat([self.model(part, training=True) for part in parts], axis=0)[:n_images]

    def _evaluate_rows(self, rows: list[tf.Tensor], batch_size: tf.Tensor) -> dict[str, tf.Tensor]:
        def step(batch: list[tf.Tensor], start: tf.Tensor) -> None:
            images, indices, weights = batch
            probabilities = self.model(images, training=False)
            loss = self.model.compute_loss(images, indices, probabilities, weights)
            self._update_metrics(loss, probabilities, indices, weights)

        return self._for_each_batch(step, rows, tf.range(tf.shape(rows[1])[0]), batch_size)

    def _update_metrics(
        self, loss: tf.Tensor, probabilities: tf.Tensor, indices: tf.Tensor, weights: tf.Tensor
    ) -> None:
        self._loss.update_state(loss, sample_weight=tf.shape(indices)[0])
        self._accuracy.update_state(indices, probabilities, sample_weight=weights)

    def _for_each_batch(
        self,
        step: Callable[[list[tf.Tensor], tf.Tensor], None],
        rows: list[tf.Tensor],
        order: tf.Tensor,
        batch_size: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        metrics = (self._loss, self._accuracy)
        for metric in metrics:
            metric.reset_state()

        def body(start: tf.Tensor) -> tf.Tensor:
            batch = order[start : start + batch_size]
            step([tf.gather(values, batch) for values in rows], start)
            return start + batch_size

        n_rows = tf.shape(order)[0]
        tf.while_loop(lambda start: start < n_rows, body, [0], parallel_iterations=1)
        return {metric.name: metric.result() for metric in metrics}


def count_parts(work: int) -> int:
    """Return the number of parts of a mini-batch with `work` multiplications in the forward pass.

    Examples
    --------
    >>> from skdigits.training._traced_network import count_parts
    >>> [count_parts(work) for work in (10**6, 10**8, 10**9)]
    [1, 2, 4]
    """
    return next(n for n in (4, 2, 1) if n == 1 or work >= n * _LEAST_OF_A_PART)


def decay_kernels_only(optimizer: keras.optimizers.Optimizer) -> None:
    """Exclude biases and the scales and shifts of normalisation from the weight decay."""
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])


def as_tensors(rows: Rows, image_shape: tuple[int, ...]) -> list[tf.Tensor]:
    """Return images, class indices and weights as tensors.

    The images are copied once: TensorFlow shares memory that is aligned as its own, and copies
    other arrays again.
    """
    size = len(rows.X) * math.prod(image_shape)
    memory = np.empty(size + _ALIGNMENT // 4, np.float32)
    start = -memory.ctypes.data % _ALIGNMENT // 4
    images = memory[start : start + size].reshape(-1, *image_shape)
    for part in in_parts(len(images)):
        images[part] = rows.X[part]
    return [
        tf.experimental.dlpack.from_dlpack(images.__dlpack__()),
        tf.constant(rows.y, tf.int32),
        tf.constant(rows.sample_weight, tf.float32),
    ]


def _assign(variables: list[keras.Variable], values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
