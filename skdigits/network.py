"""Hyper-parameters in, an uncompiled Keras network out."""

from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from skdigits._tensorflow import keras

__all__ = ["build_network", "reset_weights"]


def build_network(
    image_shape: tuple[int, int, int],
    n_classes: int,
    *,
    filters: Sequence[int],
    kernel_size: int,
    activation: str,
    pool_size: int,
    batch_normalization: bool,
    dropout: float,
    dense_units: Sequence[int],
    dense_activation: str,
    rescale: float | None,
    seed: int,
) -> keras.Model:
    """Build a convolutional network that ends in a softmax over the classes.

    One block per entry of `filters` (convolution, activation, max-pooling, dropout), then one
    per entry of `dense_units` (dense, activation, dropout). Pooling pads, so that images of
    any size, strips included, pass any number of blocks.

    Parameters
    ----------
    image_shape : tuple of 3 ints
        Height, width and channels.
    n_classes : int
        Units of the softmax, at least 2.
    filters : sequence of int
        Filters of each convolution.
    kernel_size : int
        Height and width of every kernel.
    activation, dense_activation : str
        Keras names of the activations after convolutions and after dense layers.
    pool_size : int
        Height, width and stride of the max-pooling; 1 leaves it out.
    batch_normalization : bool
        Normalise each convolution's output before its activation; the convolution then has
        no bias.
    dropout : float in [0, 1)
        Rate of dropout after every block; 0 leaves it out.
    dense_units : sequence of int
        Units of each dense layer before the softmax.
    rescale : float or None
        Factor on the inputs inside the network; None leaves them as they come.
    seed : int
        Every initializer and dropout layer draws its own seed from this one, so nothing
        depends on, or changes, a global generator.

    Returns
    -------
    keras.Model
        Not compiled; float32 whatever the global dtype policy is. Layers are named
        ``conv_1``, ``pool_1``, ..., ``dense_1``, ..., ``softmax``.

    Raises
    ------
    ValueError
        If `filters` or `dense_units` has something other than positive integers.

    Examples
    --------
    >>> from skdigits.network import build_network
    >>> study = build_network(
    ...     (8, 8, 1), 10, filters=(16, 32, 64), kernel_size=3, activation="relu",
    ...     pool_size=2, batch_normalization=False, dropout=0.25, dense_units=(128, 512),
    ...     dense_activation="sigmoid", rescale=None, seed=0,
    ... )
    >>> study.count_params()
    102794
    """
    for name, values in {"filters": filters, "dense_units": dense_units}.items():
        if not all(isinstance(value, Integral) and value >= 1 for value in values):
            raise ValueError(f"{name} must be positive integers, such as (32, 64); got {values!r}.")
    layers = keras.layers
    seeds = _kernel_seeds(seed)
    dropout_seeds = _seeds([seed, 1])

    def weights(**kwargs: Any) -> dict[str, Any]:
        initializer = keras.initializers.GlorotUniform(seed=next(seeds))
        return {"kernel_initializer": initializer, "dtype": "float32", **kwargs}

    stack = [keras.Input(image_shape, dtype="float32", name="image")]
    if rescale is not None:
        stack.append(layers.Rescaling(rescale, dtype="float32", name="rescale"))
    for i, n_filters in enumerate(filters, start=1):
        options = weights(
            padding="same",
            data_format="channels_last",
            use_bias=not batch_normalization,
            activation=None if batch_normalization else activation,
            name=f"conv_{i}",
        )
        stack.append(layers.Conv2D(int(n_filters), int(kernel_size), **options))
        if batch_normalization:
            # Keras' momentum of 0.99 would need hundreds of steps before predictions are
            # meaningful; an epoch of these data has some tens.
            stack.append(
                layers.BatchNormalization(momentum=0.9, dtype="float32", name=f"conv_{i}_norm")
            )
            stack.append(
                layers.Activation(activation, dtype="float32", name=f"conv_{i}_activation")
            )
        if pool_size > 1:
            stack.append(
                layers.MaxPooling2D(
                    int(pool_size),
                    padding="same",
                    data_format="channels_last",
                    dtype="float32",
                    name=f"pool_{i}",
                )
            )
        if dropout > 0:
            stack.append(
                layers.Dropout(
                    dropout, seed=next(dropout_seeds), dtype="float32", name=f"dropout_{i}"
                )
            )
    stack.append(layers.Flatten(data_format="channels_last", dtype="float32", name="flatten"))
    for i, units in enumerate(dense_units, start=1):
        stack.append(
            layers.Dense(int(units), **weights(activation=dense_activation, name=f"dense_{i}"))
        )
        if dropout > 0:
            name = f"dense_{i}_dropout"
            stack.append(
                layers.Dropout(dropout, seed=next(dropout_seeds), dtype="float32", name=name)
            )
    stack.append(layers.Dense(n_classes, **weights(activation="softmax", name="softmax")))
    return keras.Sequential(stack, name="digit_cnn")


def reset_weights(network: keras.Model, seed: int) -> None:
    """Give a network of :func:`build_network` the weights that it would have with this seed.

    Parameters
    ----------
    network : keras.Model
        Its weights change.
    seed : int
        As for :func:`build_network`.

    Examples
    --------
    >>> from skdigits._hyper_parameters import NETWORK_PARAMETERS, REFERENCE
    >>> from skdigits.network import build_network, reset_weights
    >>> parameters = {name: REFERENCE[name] for name in NETWORK_PARAMETERS}
    >>> one = build_network((8, 8, 1), 10, **parameters, seed=1)
    >>> two = build_network((8, 8, 1), 10, **parameters, seed=2)
    >>> reset_weights(one, seed=2)
    >>> all((a == b).all() for a, b in zip(one.get_weights(), two.get_weights()))
    True
    """
    seeds = _kernel_seeds(seed)
    for layer in network.layers:
        for variable in layer.weights:
            initializer = getattr(layer, f"{variable.name}_initializer")
            config = initializer.get_config()
            if "seed" in config:
                initializer = type(initializer).from_config({**config, "seed": next(seeds)})
            variable.assign(initializer(variable.shape))


def _kernel_seeds(seed: int) -> Iterator[int]:
    return _seeds([seed, 0])


def _seeds(entropy: list[int]) -> Iterator[int]:
    generator = np.random.default_rng(entropy)
    while True:
        yield int(generator.integers(2**31))
