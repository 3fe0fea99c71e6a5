"""Train networks in TensorFlow's graph, an epoch per execution, traced once for many fits."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from skdigits._tensorflow import keras, quiet_tracing, tf
from skdigits.network import reset_weights
from skdigits.training._augmentation import RandomAffine
from skdigits.training._fast_layers import Adam, Dropout, fast_layer
from skdigits.training._loss import crossentropy
from skdigits.training._rows import Rows, in_parts
from skdigits.training._schedule import learning_rate_factor

__all__ = [
    "NetworkState",
    "Numbers",
    "TracedNetwork",
    "count_parts",
    "decay_kernels_only",
    "epoch_keys",
]

# A mini-batch is trained on in 1, 2 or 4 parts, each of at least so many multiplications forward:
# less is not worth the operations that each part has of its own.
_LEAST_OF_A_PART = 2**25

# No fit has more rows, and TensorFlow counts them in 32 bits.
_LARGEST_BATCH = 2**30

# Where TensorFlow's memory begins: at multiples of so many bytes.
_ALIGNED = 64


class NetworkState(NamedTuple):
    """What training has made of a network: the values of its weights and of its optimizer.

    The optimizer's are an empty list where they have not been kept.
    """

    weights: list[np.ndarray]
    optimizer: list[np.ndarray]


class Numbers(NamedTuple):
    """What a traced network trains with, but is no part of its graph.

    Attributes
    ----------
    batch_size : int
        Rows in a mini-batch; the last one of an epoch may have fewer.
    learning_rate : float
        The highest one of a schedule.
    warmup_fraction : float in (0, 1)
        Part of the training in which "one_cycle" rises.
    label_smoothing : float in [0, 1)
        For :func:`~skdigits.training._loss.crossentropy`.
    dropout_rates : list of float
        Of each layer of dropout, in their order.
    distortion : dict of str to float
        The ranges of the augmentation.
    adam : dict
        For :meth:`Adam.set_numbers`; empty for another optimizer, whose numbers are in the graph.
    """

    batch_size: int
    learning_rate: float
    warmup_fraction: float
    label_smoothing: float
    dropout_rates: list[float]
    distortion: dict[str, float]
    adam: dict[str, Any]


class TracedNetwork(keras.Sequential):
    """A compiled network that trains an epoch in one graph execution.

    Tracing the graph takes a second or two and some megabytes that TensorFlow never gives back.
    So this one is traced once and trains many networks of the same kind, one after the other:
    between them, weights and optimizer are :meth:`reset` or :meth:`load` replaces them, and the
    rows and the :class:`Numbers` of the training change without a new trace. Nothing random is
    left in it: each epoch has a key, from which the order of its rows and its dropouts follow.

    The parts of a mini-batch pass the layers side by side, on as many cores as TensorFlow has
    threads between operations. How many parts there are depends on the network and on the batch
    size alone (:func:`count_parts`), and their gradients are summed in one order, so that the
    result has the same bits on any number of cores. Each part is normalised by itself.

    It has the layers of the network it is made from, with convolution, normalisation, dropout and
    Adam that are faster. To callbacks it is a Keras model: ``model.save`` saves the plain layers,
    ``evaluate`` and ``predict`` take images or flat rows, and the former the classifier's labels.

    Parameters
    ----------
    network : keras.Sequential
        The network, not compiled; what it has of weights does not matter.
    n_parts : {1, 2, 4}
        In how many parts a mini-batch passes the layers.
    shuffle : bool
        Whether each epoch takes the rows in an order of its own.
    schedule : {"constant", "cosine", "one_cycle"}
        How the learning rate changes from step to step; see
        :func:`~skdigits.training.learning_rate_factor`.
    augments : bool
        Whether each image is distorted before the network while training.
    smooths : bool
        Whether the loss smooths labels.
    **compile_parameters : dict
        For ``keras.Model.compile``.
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
        **compile_parameters: Any,
    ) -> None:
        layers = [fast_layer(layer) for layer in network.layers]
        if augments:
            layers.insert(0, RandomAffine(dtype="float32", name="augment"))
        super().__init__([keras.Input(network.input_shape[1:]), *layers], name=network.name)
        config = network.get_config()
        self._plain_config = lambda: config  # Keras would wrap a plain attribute, and not pickle
        self._plain: Callable[[], keras.Sequential] | None = None
        self._classes: Callable[[], np.ndarray] | None = None
        self._label_smoothing = tf.Variable(0.0, dtype=tf.float64, trainable=False)
        self._loss = crossentropy(self._label_smoothing if smooths else 0)
        self._batch_size = tf.Variable(1, trainable=False)
        self._n_parts = n_parts
        self._shuffle = shuffle
        self._schedule = schedule
        self._warmup_fraction = tf.Variable(0.5, trainable=False)
        self._rows = _RowVariables(network.input_shape[1:])
        self._validation_rows = _RowVariables(network.input_shape[1:])
        optimizer = compile_parameters["optimizer"]
        if type(optimizer) in {keras.optimizers.Adam, keras.optimizers.AdamW}:
            optimizer = Adam.from_config(optimizer.get_config())
        decay_kernels_only(optimizer)
        self.compile(**{**compile_parameters, "optimizer": optimizer, "loss": self._loss})
        self.optimizer.build(self.trainable_variables)
        # Loss and metrics make their variables at first use: in a trace, it would be made twice.
        image, class_index = tf.zeros((1, *network.input_shape[1:])), tf.zeros(1, tf.int32)
        output = self(image)
        self.compute_loss(image, class_index, output)
        self.compute_metrics(image, class_index, output)
        self._new_optimizer = [variable.numpy() for variable in self.optimizer.variables]
        self._epoch = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._first_epoch = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._n_epochs = tf.Variable(1, dtype=tf.int64, trainable=False)
        self._learning_rate = tf.Variable(0.0, trainable=False)
        self._before_epoch = [tf.Variable(v.value, trainable=False) for v in self._variables()]
        compiled = self.optimizer
        self._is_as_compiled = lambda: self.optimizer is compiled

    def is_sound(self) -> bool:
        """Return whether it is as it was made: a callback may compile it anew or freeze layers."""
        return self._is_as_compiled() and all(layer.trainable for layer in self.layers)

    def reset(self, seed: int) -> None:
        """Begin anew, with the weights that follow from `seed`."""
        reset_weights(self, seed)
        _assign(self.optimizer.variables, self._new_optimizer)

    def load(self, state: NetworkState) -> None:
        """Go on from a state that :meth:`state` gave, of this or of another such network.

        Without the optimizer's variables, the optimizer begins anew.
        """
        _assign(self.weights, state.weights)
        _assign(self.optimizer.variables, state.optimizer or self._new_optimizer)

    def state(self) -> NetworkState:
        """Return a copy of the values of weights and optimizer."""
        return NetworkState(
            [variable.numpy() for variable in self.weights],
            [variable.numpy() for variable in self.optimizer.variables],
        )

    def roll_back(self, *, to_epoch: int) -> None:
        """Undo the epoch in which training was interrupted, if there is one after `to_epoch`."""
        if self._epoch.numpy() >= to_epoch:
            _assign(self._variables(), self._before_epoch)

    @contextmanager
    def training_on(
        self,
        rows: Rows,
        validation_rows: Rows | None,
        *,
        classes: np.ndarray,
        epochs: range,
        numbers: Numbers,
    ) -> Iterator[None]:
        """Have ``keras.Model.fit`` train on these rows within the block; let them go after it.

        What ``fit`` is given as data are :func:`epoch_keys`, for training and for validation. A
        schedule takes its course over `epochs`. `classes` are the sorted labels, as which callbacks
        know the rows' class indices.
        """
        self._classes = lambda: classes
        self._set_numbers(numbers)
        self._first_epoch.assign(epochs.start)
        self._n_epochs.assign(len(epochs))
        self._initial_epoch = None  # Keras' BackupAndRestore sets it, and leaves it
        self._eval_epoch_iterator = None  # of a fit that has raised
        self._rows.assign(rows)
        if validation_rows is not None:
            self._validation_rows.assign(validation_rows)
        try:
            with quiet_tracing():
                yield
        finally:
            self._rows.clear()
            self._validation_rows.clear()

    def _set_numbers(self, numbers: Numbers) -> None:
        self.optimizer.learning_rate = numbers.learning_rate
        self._learning_rate.assign(numbers.learning_rate)
        self._batch_size.assign(min(numbers.batch_size, _LARGEST_BATCH))
        self._warmup_fraction.assign(numbers.warmup_fraction)
        self._label_smoothing.assign(numbers.label_smoothing)
        for layer, rate in zip(self._layers_of(Dropout), numbers.dropout_rates, strict=True):
            layer.set_rate(rate)
        for layer in self._layers_of(RandomAffine):
            layer.set_ranges(**numbers.distortion)
        if numbers.adam:
            self.optimizer.set_numbers(**numbers.adam)

    def _layers_of(self, kind: Any) -> list[Any]:
        return [layer for layer in self.layers if isinstance(layer, kind)]

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Pass images through the layers; those of a mini-batch in parts, side by side."""
        call = super().call
        if not training or self._n_parts == 1:
            return call(inputs, training=training, mask=mask)
        n_parts, n_images = self._n_parts, tf.shape(inputs)[0]
        n = tf.maximum(n_images, n_parts)  # an image may come again, lest a part have none
        inputs = tf.gather(inputs, tf.range(n) % n_images)
        parts = [inputs[n * i // n_parts : n * (i + 1) // n_parts] for i in range(n_parts)]
        return tf.concat([call(part, training=True) for part in parts], axis=0)[:n_images]

    def train_step(self, key: Any) -> dict[str, Any]:
        """Train the epoch that `key`, of seed and number, stands for: to Keras it is one step."""
        seed, epoch = key[0], key[1]
        self._epoch.assign(epoch)
        for variable, before in zip(self._variables(), self._before_epoch, strict=True):
            before.assign(variable.value)
        # A layer counts its steps in the low half of the second number.
        for number, layer in enumerate(self._layers_of(Dropout | RandomAffine)):
            layer.seed_generator.state.assign([seed + number * 2**32, epoch * 2**32])
        images, indices, weights = self._rows.tensors()
        order = tf.range(tf.shape(indices)[0])
        if self._shuffle:
            order = tf.random.experimental.stateless_shuffle(order, key)
        step = super().train_step

        def scheduled_step(batch: Any, start: tf.Tensor) -> None:
            if self._schedule != "constant":
                done = tf.cast(start / tf.shape(indices)[0], tf.float32)
                epochs = tf.cast(epoch - self._first_epoch, tf.float32)
                factor = learning_rate_factor(
                    (epochs + done) / tf.cast(self._n_epochs, tf.float32),
                    self._schedule,
                    self._warmup_fraction,
                )
                self.optimizer.learning_rate.assign(self._learning_rate * factor)
            step(batch)

        self._for_each_batch(scheduled_step, images, indices, weights, order)
        return self.get_metrics_result()

    def test_step(self, key: Any) -> dict[str, Any]:
        """Evaluate the validation rows; Keras takes it for one step."""
        images, indices, weights = self._validation_rows.tensors()
        order = tf.range(tf.shape(indices)[0])
        step = super().test_step
        self._for_each_batch(lambda batch, start: step(batch), images, indices, weights, order)
        return self.get_metrics_result()

    def evaluate(self, x: Any = None, y: Any = None, **options: Any) -> Any:
        """Return loss and accuracy on images or flat rows `x` with labels `y`."""
        if options.get("_use_cached_eval_dataset"):  # fit evaluates the rows it was given
            return super().evaluate(x, y, **options)
        return self._plain_copy().evaluate(self._as_images(x), self._as_indices(y), **options)

    def test_on_batch(self, x: Any, y: Any = None, *args: Any, **options: Any) -> Any:
        """Return loss and accuracy on images or flat rows `x` with labels `y`."""
        images, indices = self._as_images(x), self._as_indices(y)
        return self._plain_copy().test_on_batch(images, indices, *args, **options)

    def predict(self, x: Any, *args: Any, **options: Any) -> np.ndarray:
        """Return the probabilities, at a temperature of 1, of images or flat rows `x`."""
        return self._plain_copy().predict(self._as_images(x), *args, **options)

    def predict_on_batch(self, x: Any) -> np.ndarray:
        """Return the probabilities, at a temperature of 1, of images or flat rows `x`."""
        return self._plain_copy().predict_on_batch(self._as_images(x))

    def train_on_batch(self, *args: Any, **options: Any) -> Any:
        """Refuse: the rows that are trained on are those of the fit."""
        raise NotImplementedError(
            "A callback cannot train the network of a running fit; train model_ after it."
        )

    def _plain_copy(self) -> keras.Sequential:
        """Return a plain network with the present weights, so that training goes on undisturbed."""
        if self._plain is None:
            plain = keras.Sequential.from_config(self._plain_config())
            plain.compile(loss=self._loss, weighted_metrics=["accuracy"], jit_compile=False)
            self._plain = lambda: plain
        plain = self._plain()
        plain.set_weights(self.get_weights())
        return plain

    def _as_images(self, rows: Any) -> Any:
        shape = self.input_shape[1:]
        if getattr(rows, "ndim", 0) == 2 and rows.shape[1] == math.prod(shape):
            return np.asarray(rows, np.float32).reshape(-1, *shape)
        return rows

    def _as_indices(self, labels: Any) -> Any:
        if labels is None or self._classes is None:
            return labels
        classes = self._classes()
        unknown = np.setdiff1d(labels, classes)
        if len(unknown):
            raise ValueError(
                f"y contains labels {unknown.tolist()} that are not among the classes."
            )
        return np.searchsorted(classes, labels)

    def save(self, filepath: str | Path, *args: Any, **kwargs: Any) -> None:
        """Save the network as plain Keras layers, which any Keras can load."""
        plain = keras.Sequential.from_config(self._plain_config())
        plain.set_weights(self.get_weights())
        for layer in self._layers_of(Dropout):
            plain.get_layer(layer.name).rate = layer.rate
        plain.save(filepath, *args, **kwargs)

    def _variables(self) -> list[keras.Variable]:
        return [*self.weights, *self.optimizer.variables]

    def _for_each_batch(
        self,
        step: Callable[[Any, tf.Tensor], Any],
        images: tf.Tensor,
        indices: tf.Tensor,
        weights: tf.Tensor,
        order: tf.Tensor,
    ) -> None:
        size = self._batch_size

        def body(start: tf.Tensor) -> tf.Tensor:
            batch = order[start : start + size]
            step(
                tuple(tf.gather(values, batch) for values in (images, indices, weights)),
                start,
            )
            return start + size

        tf.while_loop(
            lambda start: start < tf.shape(order)[0],
            body,
            [tf.constant(0)],
            parallel_iterations=1,
        )


def count_parts(work: int) -> int:
    """Return in how many parts a mini-batch of so many multiplications forward passes the layers.

    Examples
    --------
    >>> from skdigits.training._traced_network import count_parts
    >>> [count_parts(work) for work in (10**6, 10**8, 10**9)]
    [1, 2, 4]
    """
    return next(n for n in (4, 2, 1) if n == 1 or work >= n * _LEAST_OF_A_PART)


def epoch_keys(seed: int, epochs: range) -> tf.data.Dataset:
    """Return the keys of the orders of some epochs, one after the other.

    The order of an epoch follows from `seed` and the epoch's number alone, so training that
    continues later (``partial_fit``, another process) sees what one long fit would have seen.
    """
    keys = np.array([[seed, epoch] for epoch in epochs], np.int64).reshape(-1, 2)
    options = tf.data.Options()  # no threads and no tuner for a few numbers
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    return tf.data.Dataset.from_tensor_slices(keys).with_options(options)


def decay_kernels_only(optimizer: keras.optimizers.Optimizer) -> None:
    """Spare biases and the scales and shifts of normalisation from an optimizer's decay."""
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])


class _RowVariables:
    """Rows in TensorFlow's memory, any number of them without a new trace."""

    def __init__(self, image_shape: tuple[int, ...]) -> None:
        self._nothing = Rows(
            np.empty((0, *image_shape), np.float32), np.empty(0, np.int32), np.empty(0, np.float32)
        )
        self._variables = [
            tf.Variable(values, trainable=False, shape=[None, *values.shape[1:]])
            for values in self._nothing
        ]

    def assign(self, rows: Rows) -> None:
        images, *others = self._variables
        images.assign(_as_tensor(rows.X, images.shape[1:]))
        for variable, values in zip(others, rows[1:], strict=True):
            variable.assign(values.astype(variable.dtype.as_numpy_dtype))

    def clear(self) -> None:
        self.assign(self._nothing)

    def tensors(self) -> list[tf.Tensor]:
        return [variable.read_value() for variable in self._variables]


def _as_tensor(images: Any, shape: tuple[int, ...]) -> tf.Tensor:
    """Copy images once, to memory that TensorFlow then takes as it is: others it copies again."""
    size = len(images) * math.prod(shape)
    memory = np.empty(size + _ALIGNED // 4, np.float32)
    start = -memory.ctypes.data % _ALIGNED // 4
    values = memory[start : start + size].reshape(-1, *shape)
    for part in in_parts(len(images)):
        values[part] = images[part]
    return tf.experimental.dlpack.from_dlpack(values.__dlpack__())


def _assign(variables: list[keras.Variable], values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
