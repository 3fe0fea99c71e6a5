"""NumPy forward pass of a trained network, in float64; no TensorFlow and no Keras.

A float32 pass through TensorFlow gives a row slightly different probabilities in batches of
different sizes; in float64 they agree to 1e-12, and small batches are hundreds of times
quicker than ``keras.Model.predict``.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from scipy.special import erf, expit

__all__ = ["NumpyNetwork"]

Step = Callable[[np.ndarray], np.ndarray]

# What the layers of a batch put into memory at a time, to stay within a core's cache.
_BATCH_BYTES = 2**21


def _softmax(x: np.ndarray) -> np.ndarray:
    # SciPy's takes longer than the rest of a network on one row.
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    exponentials /= exponentials.sum(axis=-1, keepdims=True)
    return exponentials


_ACTIVATIONS: dict[str, Step] = {
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
    "softmax": _softmax,
}


class NumpyNetwork:
    """A trained network as NumPy arrays, with its forward pass.

    It pickles as what it was made of.

    Parameters
    ----------
    layers : sequence of dict
        Each layer's ``class_name`` and ``config`` as Keras describes it, in order; the layers
        are those of :func:`skdigits.network.build_network`.
    weights : sequence of ndarray
        The values of ``keras.Model.get_weights``.

    Raises
    ------
    TypeError
        If there is a layer of a kind that is not known here.
    ValueError
        If there are more or fewer weights than the layers have.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.inference import NumpyNetwork
    >>> dense = {"name": "softmax", "units": 2, "use_bias": True, "activation": "softmax"}
    >>> network = NumpyNetwork(
    ...     [{"class_name": "Dense", "config": dense}], [np.zeros((3, 2)), np.zeros(2)]
    ... )
    >>> network.predict_proba(np.ones((1, 3)))
    array([[0.5, 0.5]])
    """

    def __init__(self, layers: Sequence[Mapping[str, Any]], weights: Sequence[np.ndarray]) -> None:
        self._made_of = list(layers), list(weights)
        remaining = iter(weights)
        self._steps: list[tuple[str, Step]] = []
        try:
            for layer in layers:
                if layer["class_name"] != "InputLayer":
                    self._steps.append((layer["config"]["name"], _step(layer, remaining)))
        except StopIteration:
            raise ValueError(f"{len(weights)} weights are fewer than the layers have.") from None
        if next(remaining, None) is not None:
            raise ValueError(f"{len(weights)} weights are more than the layers have.")

    @classmethod
    def from_keras(cls, model: Any) -> Self:
        """Make it from a Keras network.

        Parameters
        ----------
        model : keras.Sequential
            A network of :func:`skdigits.network.build_network`.

        Returns
        -------
        NumpyNetwork
            With a copy of the weights.
        """
        return cls(model.get_config()["layers"], model.get_weights())

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
        size = self._batch_size(images.shape[1:])
        parts = [self._forward(images[i : i + size]) for i in range(0, len(images), size)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

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
        for name, step in self._steps:
            x = step(x)
            yield name, x

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        return type(self), self._made_of

    def _forward(self, images: np.ndarray) -> np.ndarray:
        for _, output in self.layer_outputs(images):
            last = output
        return last

    def _batch_size(self, image_shape: tuple[int, ...]) -> int:
        kernels = [weight for weight in self._made_of[1] if weight.ndim == 4]
        unfolded = max((kernel[..., 0].size for kernel in kernels), default=1)
        return max(1, _BATCH_BYTES // (8 * unfolded * math.prod(image_shape[:2])))


def _step(layer: Mapping[str, Any], weights: Iterator[np.ndarray]) -> Step:
    kind, config = layer["class_name"], layer["config"]
    if kind not in _STEPS:
        raise TypeError(
            f"No NumPy forward pass for layer {config.get('name')!r} of type {kind}; known are "
            f"{', '.join(sorted(_STEPS))}."
        )
    return _STEPS[kind](config, weights)


def _next(weights: Iterator[np.ndarray]) -> np.ndarray:
    return np.asarray(next(weights), dtype=np.float64)


def _rescaling(config: Mapping[str, Any], weights: Iterator[np.ndarray]) -> Step:
    scale, offset = config["scale"], config["offset"]
    return lambda x: x * scale + offset


def _affine(kernel: np.ndarray, config: Mapping[str, Any], weights: Iterator[np.ndarray]) -> Step:
    bias = _next(weights) if config["use_bias"] else None
    activation = _ACTIVATIONS[config["activation"]]

    def step(x: np.ndarray) -> np.ndarray:
        x = x @ kernel
        if bias is not None:
            x += bias
        return activation(x)

    return step


def _conv_2d(config: Mapping[str, Any], weights: Iterator[np.ndarray]) -> Step:
    kernel = _next(weights)
    height, width, channels, filters = kernel.shape
    apply = _affine(kernel.reshape(-1, filters), config, weights)
    top, left = (height - 1) // 2, (width - 1) // 2

    def step(x: np.ndarray) -> np.ndarray:
        n, rows, columns, _ = x.shape
        padded = np.zeros((n, rows + height - 1, columns + width - 1, channels))
        padded[:, top : top + rows, left : left + columns] = x
        # One row of a window lies in one piece in memory.
        image, row, column, _ = padded.strides
        windows = np.lib.stride_tricks.as_strided(
            padded,
            (n, rows, columns, height, width * channels),
            (image, row, column, row, padded.itemsize),
        )
        return apply(windows.reshape(n * rows * columns, -1)).reshape(n, rows, columns, filters)

    return step


def _batch_normalization(config: Mapping[str, Any], weights: Iterator[np.ndarray]) -> Step:
    gamma, beta, mean, variance = (_next(weights) for _ in range(4))
    scale = gamma / np.sqrt(variance + config["epsilon"])
    shift = beta - mean * scale

    def step(x: np.ndarray) -> np.ndarray:
        x = x * scale
        x += shift
        return x

    return step


def _max_pooling_2d(config: Mapping[str, Any], weights: Iterator[np.ndarray]) -> Step:
    size = config["pool_size"][0]

    def step(x: np.ndarray) -> np.ndarray:
        missing = [-side % size for side in x.shape[1:3]]
        if any(missing):
            padding = [(0, 0), *((m // 2, m - m // 2) for m in missing), (0, 0)]
            x = np.pad(x, padding, constant_values=-np.inf)
        highest = x[:, ::size, ::size].copy()
        for place in range(1, size * size):
            i, j = divmod(place, size)
            np.maximum(highest, x[:, i::size, j::size], out=highest)
        return highest

    return step


_STEPS: dict[str, Callable[[Mapping[str, Any], Iterator[np.ndarray]], Step]] = {
    "Rescaling": _rescaling,
    "Conv2D": _conv_2d,
    "BatchNormalization": _batch_normalization,
    "Activation": lambda config, weights: _ACTIVATIONS[config["activation"]],
    "MaxPooling2D": _max_pooling_2d,
    "Dropout": lambda config, weights: _ACTIVATIONS["linear"],
    "Flatten": lambda config, weights: lambda x: x.reshape(len(x), -1),
    "Dense": lambda config, weights: _affine(_next(weights), config, weights),
}
