"""Hyper-parameters in, an uncompiled Keras network out."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from skdigits._tensorflow import keras
from skdigits.network._architecture import architecture

__all__ = ["build_network", "describe_layers", "reset_weights"]

# Channels last whatever Keras' configuration says.
_OF_IMAGES = {
    "Conv2D",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "MaxPooling2D",
}


def build_network(
    image_shape: tuple[int, int, int],
    n_classes: int,
    *,
    filters: Sequence[int],
    kernel_size: int,
    activation: str,
    kernel_initializer: str,
    pool_size: int,
    pool_after: Sequence[int] | None,
    batch_normalization: bool,
    conv_dropout: float,
    global_pooling: str | None,
    dense_units: Sequence[int],
    dense_activation: str,
    dropout: float,
    rescale: float | None,
    seed: int,
) -> keras.Model:
    """Build a convolutional network that ends in a softmax over the classes.

    One block per entry of `filters` (convolution, max-pooling, batch normalisation, activation,
    dropout), then global pooling, then one block per entry of `dense_units` (dense, activation,
    dropout). Pooling pads, so that images of any size, strips included, pass any number of
    blocks.

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
    kernel_initializer : str
        Keras name of the initializer of all kernels but the softmax's, which is
        "glorot_uniform".
    pool_size : int
        Height, width and stride of the max-pooling; 1 leaves it out.
    pool_after : sequence of int or None
        Numbers, from 1, of the convolutions that pooling follows; numbers beyond the last one
        have no effect. None pools after each.
    batch_normalization : bool
        Normalise each convolution's output, pooled where pooling follows, before its
        activation; the convolution then has no bias.
    conv_dropout : float in [0, 1)
        Rate of dropout after every block of a convolution; 0 leaves it out.
    global_pooling : {"average", "max"} or None
        Reduce each map to one value after the last block; None flattens the maps.
    dense_units : sequence of int
        Units of each dense layer before the softmax.
    dropout : float in [0, 1)
        Rate of dropout after every dense layer or, without any, before the softmax; 0 leaves
        it out.
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
        If `filters`, `dense_units` or `pool_after` has something other than positive integers.

    Examples
    --------
    >>> from skdigits.network import build_network
    >>> study = build_network(
    ...     (8, 8, 1), 10, filters=(16, 32, 64), kernel_size=3, activation="relu",
    ...     kernel_initializer="glorot_uniform", pool_size=2, pool_after=None,
    ...     batch_normalization=False, conv_dropout=0.25, global_pooling=None,
    ...     dense_units=(128, 512), dense_activation="sigmoid", dropout=0.25, rescale=None,
    ...     seed=0,
    ... )
    >>> study.count_params()
    102794
    """
    described = architecture(
        n_classes,
        filters=filters,
        kernel_size=kernel_size,
        activation=activation,
        pool_size=pool_size,
        pool_after=pool_after,
        batch_normalization=batch_normalization,
        conv_dropout=conv_dropout,
        global_pooling=global_pooling,
        dense_units=dense_units,
        dense_activation=dense_activation,
        dropout=dropout,
        rescale=rescale,
    )
    seeds = _kernel_seeds(seed)
    dropout_seeds = _seeds([seed, 1])
    stack = [keras.Input(image_shape, dtype="float32", name="image")]
    for layer in described:
        kind, config = layer["class_name"], layer["config"]
        options: dict[str, Any] = {"dtype": "float32"}
        if kind in _OF_IMAGES:
            options["data_format"] = "channels_last"
        if kind == "Dropout":
            options["seed"] = next(dropout_seeds)
        if kind in {"Conv2D", "Dense"}:
            is_last = config["name"] == "softmax"
            initializer = "glorot_uniform" if is_last else kernel_initializer
            options["kernel_initializer"] = keras.initializers.get(
                {"class_name": initializer, "config": {"seed": next(seeds)}}
            )
        stack.append(getattr(keras.layers, kind)(**config, **options))
    return keras.Sequential(stack, name="digit_cnn")


def describe_layers(network: keras.Model) -> list[dict[str, Any]]:
    """Describe the layers of a network, from the image on.

    Parameters
    ----------
    network : keras.Model
        The network.

    Returns
    -------
    list of dict
        ``name``, ``type``, ``output_shape`` (list, without the batch) and ``parameters``.
    """
    return [
        {
            "name": layer.name,
            "type": type(layer).__name__,
            "output_shape": list(layer.output.shape[1:]),
            "parameters": layer.count_params(),
        }
        for layer in network.layers
    ]


def reset_weights(network: keras.Model, seed: int) -> None:
    """Return a network of :func:`build_network` the weights that it would have with this seed.

    Parameters
    ----------
    network : keras.Model
        Its weights change.
    seed : int
        As for :func:`build_network`.

    Examples
    --------
    >>> from skdigits._parameters import NETWORK_PARAMETERS, REFERENCE
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
