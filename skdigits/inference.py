"""NumPy forward pass of a trained network, in float64.

A float32 pass through TensorFlow gives a row slightly different probabilities in batches of
different sizes; in float64 they agree to 1e-12, and small batches are hundreds of times
quicker than ``keras.Model.predict``.
"""

from collections.abc import Callable, Iterator
from typing import Any, Self

import keras
import numpy as np
from scipy.special import erf, expit, softmax

__all__ = ["NumpyNetwork", "NumpyNetworkCache"]

_Step = Callable[[np.ndarray], np.ndarray]
_ROWS_AT_ONCE = 256  # bounds the memory of the unfolded convolutions

_ACTIVATIONS: dict[str, _Step] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0.0),
    "sigmoid": expit,
    "tanh": np.tanh,
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0.0))),
    "gelu": lambda x: 0.5 * x * (1.0 + erf(x / np.sqrt(2.0))),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "selu": lambda x: (
        1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0.0)))
    ),
    "silu": lambda x: x * expit(x),
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "softmax": lambda x: softmax(x, axis=-1),
}


class NumpyNetwork:
    """A frozen copy of a network's weights with a NumPy forward pass.

    Parameters
    ----------
    model : keras.Model
        A network of :func:`skdigits.network.build_network`.

    Raises
    ------
    TypeError
        If the model has a layer of a kind that is not known here.
    """

    def __init__(self, model: keras.Model) -> None:
        self._layers = [(layer.name, _forward_step(layer)) for layer in model.layers]

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        """Give class probabilities.

        Parameters
        ----------
        images : ndarray of shape (n_samples, height, width, channels)
            Images as the network was trained on.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), dtype float64
            Rows sum to 1.
        """
        parts = []
        for start in range(0, len(images), _ROWS_AT_ONCE):
            for _, output in self.layer_outputs(images[start : start + _ROWS_AT_ONCE]):
                last = output
            parts.append(last)
        return np.concatenate(parts)

    def layer_outputs(self, images: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Yield each layer's name and output, from the first layer to the last.

        Parameters
        ----------
        images : ndarray of shape (n_samples, height, width, channels)
            Images as the network was trained on.

        Yields
        ------
        tuple of str and ndarray of shape (n_samples, ...), dtype float64
        """
        x = np.asarray(images, dtype=np.float64)
        for name, step in self._layers:
            x = step(x)
            yield name, x


class NumpyNetworkCache:
    """Holds the NumPy form of one network, made when it is first asked for.

    It pickles and copies as empty: the copy makes its own from its own model, and an
    estimator's attributes do not change when it predicts.
    """

    def __init__(self) -> None:
        self._network: NumpyNetwork | None = None

    def get(self, model: keras.Model) -> NumpyNetwork:
        """Give the NumPy form of `model`, which must be the same at each call."""
        if self._network is None:
            self._network = NumpyNetwork(model)
        return self._network

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()


def _forward_step(layer: keras.layers.Layer) -> _Step:
    kind = type(layer).__name__
    if kind not in _STEPS:
        raise TypeError(
            f"No NumPy forward pass for layer {layer.name!r} of type {kind}; known are "
            f"{', '.join(sorted(_STEPS))}."
        )
    return _STEPS[kind](layer)


def _float64(variable: Any) -> np.ndarray:
    return np.asarray(variable.numpy(), dtype=np.float64)


def _rescaling(layer: keras.layers.Rescaling) -> _Step:
    return lambda x: x * layer.scale + layer.offset


def _conv_2d(layer: keras.layers.Conv2D) -> _Step:
    kernel = _float64(layer.kernel)
    height, width, _, n_filters = kernel.shape
    unfolded_kernel = kernel.transpose(2, 0, 1, 3).reshape(-1, n_filters)
    bias = _float64(layer.bias) if layer.use_bias else 0.0
    activation = _ACTIVATIONS[layer.activation.__name__]
    padding = [(0, 0), *(((k - 1) // 2, k // 2) for k in (height, width)), (0, 0)]

    def step(x: np.ndarray) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(x, padding), (height, width), axis=(1, 2)
        )
        unfolded = windows.reshape(-1, len(unfolded_kernel))
        return activation((unfolded @ unfolded_kernel + bias).reshape(*x.shape[:3], n_filters))

    return step


def _batch_normalization(layer: keras.layers.BatchNormalization) -> _Step:
    scale = _float64(layer.gamma) / np.sqrt(_float64(layer.moving_variance) + layer.epsilon)
    shift = _float64(layer.beta) - _float64(layer.moving_mean) * scale
    return lambda x: x * scale + shift


def _max_pooling_2d(layer: keras.layers.MaxPooling2D) -> _Step:
    size = layer.pool_size[0]

    def step(x: np.ndarray) -> np.ndarray:
        rows, columns = (-(-side // size) for side in x.shape[1:3])
        missing = (rows * size - x.shape[1], columns * size - x.shape[2])
        padding = [(0, 0), *((m // 2, m - m // 2) for m in missing), (0, 0)]
        padded = np.pad(x, padding, constant_values=-np.inf)
        return padded.reshape(len(x), rows, size, columns, size, -1).max(axis=(2, 4))

    return step


def _dense(layer: keras.layers.Dense) -> _Step:
    kernel, bias = _float64(layer.kernel), _float64(layer.bias)
    activation = _ACTIVATIONS[layer.activation.__name__]
    return lambda x: activation(x @ kernel + bias)


_STEPS: dict[str, Callable[[Any], _Step]] = {
    "Rescaling": _rescaling,
    "Conv2D": _conv_2d,
    "BatchNormalization": _batch_normalization,
    "Activation": lambda layer: _ACTIVATIONS[layer.activation.__name__],
    "MaxPooling2D": _max_pooling_2d,
    "Dropout": lambda layer: _ACTIVATIONS["linear"],
    "Flatten": lambda layer: lambda x: x.reshape(len(x), -1),
    "Dense": _dense,
}
