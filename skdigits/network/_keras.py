"""Build Keras networks, not compiled, from hyper-parameters or from descriptions of layers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skdigits.network._architecture import architecture
from skdigits.network._layers import LAYER_KINDS

if TYPE_CHECKING:
    from skdigits._tensorflow import keras

__all__ = ["build_network", "describe_layers", "keras_layers", "reset_weights"]


def build_network(
    image_shape: tuple[int, int, int],
    n_classes: int,
    *,
    filters: Sequence[int],
    kernel_size: int,
    activation: str,
    kernel_initializer: str,
    pool_after: Sequence[int] | None,
    unpadded: Sequence[int],
    batch_normalization: bool,
    conv_dropout: float,
    global_pooling: str | None,
    dense_units: Sequence[int],
    dense_activation: str,
    dropout: float,
    rescale: float | None,
    seed: int,
    layers: Sequence[Mapping[str, Any]] | None = None,
) -> "keras.Model":
    """Build a convolutional network that ends in a softmax over the classes.

    Pooling pads, so that images of any size, strips included, pass any number of blocks.

    Parameters
    ----------
    image_shape : tuple of 3 ints
        Height, width and channels.
    n_classes : int
        Units of the softmax, at least 2.
    filters, kernel_size, activation, kernel_initializer, pool_after, \
unpadded, batch_normalization, conv_dropout, global_pooling, dense_units, dense_activation, \
dropout, rescale
        As for :class:`skdigits.DigitCNNClassifier`; the softmax's kernel is "glorot_uniform".
    seed : int
        Every initializer and dropout layer draws its own seed from this one, so nothing
        depends on, or changes, a global generator.
    layers : sequence of dict, default=None
        Layers to build, as a model file describes them; None builds those of the parameters.

    Returns
    -------
    keras.Model
        Not compiled; float32 whatever the global dtype policy is. Layers are named
        ``conv_1``, ``pool_1``, ..., ``dense_1``, ..., ``softmax``.

    Examples
    --------
    >>> from skdigits._parameters import NETWORK_PARAMETERS, REFERENCE
    >>> from skdigits.network import build_network
    >>> parameters = {name: REFERENCE[name] for name in NETWORK_PARAMETERS}
    >>> build_network((8, 8, 1), 10, **parameters, seed=0).count_params()
    102794
    """
    from skdigits._tensorflow import keras

    if layers is None:
        layers = architecture(
            image_shape,
            n_classes,
            filters=filters,
            kernel_size=kernel_size,
            activation=activation,
            pool_after=pool_after,
            unpadded=unpadded,
            batch_normalization=batch_normalization,
            conv_dropout=conv_dropout,
            global_pooling=global_pooling,
            dense_units=dense_units,
            dense_activation=dense_activation,
            dropout=dropout,
            rescale=rescale,
        )
    image = keras.Input(image_shape, dtype="float32", name="image")
    made = keras_layers(layers, kernel_initializer=kernel_initializer, seed=seed)
    return keras.Sequential([image, *made], name="digit_cnn")


def keras_layers(
    layers: Sequence[Mapping[str, Any]],
    *,
    kernel_initializer: str = "glorot_uniform",
    seed: int = 0,
) -> "list[keras.layers.Layer]":
    """Make the Keras layers of an architecture: float32, channels last, each with its own seed.

    Neither the configuration of Keras nor a global random generator has an influence.
    """
    from skdigits._tensorflow import keras

    kernel_seeds, dropout_seeds = _seeds([seed, 0]), _seeds([seed, 1])

    def option(name: str, *, is_last: bool) -> Any:
        if name == "data_format":
            return "channels_last"
        if name == "seed":
            return next(dropout_seeds)
        class_name = "glorot_uniform" if is_last else kernel_initializer
        return keras.initializers.get(
            {"class_name": class_name, "config": {"seed": next(kernel_seeds)}}
        )

    return [
        getattr(keras.layers, layer["class_name"])(
            dtype="float32",
            **layer["config"],
            **{
                name: option(name, is_last=layer is layers[-1])
                for name in LAYER_KINDS[layer["class_name"]].keras_options
            },
        )
        for layer in layers
    ]


def describe_layers(network: "keras.Model") -> list[dict[str, Any]]:
    """Return each layer's name, type, output shape (without the batch) and number of parameters."""
    return [
        {
            "name": layer.name,
            "type": type(layer).__name__,
            "output_shape": list(layer.output.shape[1:]),
            "parameters": layer.count_params(),
        }
        for layer in network.layers
    ]


def reset_weights(network: "keras.Model", seed: int) -> None:
    """Set the weights of a network of :func:`build_network` to those of a new one of this seed.

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
    seeds = _seeds([seed, 0])
    for layer in network.layers:
        for variable in layer.weights:
            initializer = getattr(layer, f"{variable.name}_initializer")
            config = initializer.get_config()
            if "seed" in config:
                initializer = type(initializer).from_config({**config, "seed": next(seeds)})
            variable.assign(initializer(variable.shape))


def _seeds(entropy: list[int]) -> Iterator[int]:
    generator = np.random.default_rng(entropy)
    while True:
        yield int(generator.integers(2**31))
