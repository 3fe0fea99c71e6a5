"""What the layers of a network do, as operations on float64 arrays, and how to fuse them.

An operation takes an array that nobody else needs, may work in it, and gives another.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

__all__ = ["ACTIVATIONS", "Operation", "fuse", "operations_of_layer", "unfolded_size"]

Operation = Callable[[np.ndarray], np.ndarray]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    # Several times faster than scipy.special.expit, and without overflow.
    x = np.tanh(0.5 * x)
    x += 1.0
    x *= 0.5
    return x


def _gelu(x: np.ndarray) -> np.ndarray:
    from scipy.special import erf  # which only this one needs

    return 0.5 * x * (1.0 + erf(x / np.sqrt(2.0)))


def _softmax(x: np.ndarray) -> np.ndarray:
    # SciPy's takes longer than the rest of a network on one row.
    x = np.exp(x - np.maximum.reduce(x, axis=-1, keepdims=True))
    x /= np.add.reduce(x, axis=-1, keepdims=True)
    return x


_ACTIVATIONS: dict[str, Operation] = {
    "relu": lambda x: np.maximum(x, 0.0, out=x),
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0.0))),
    "gelu": _gelu,
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "selu": lambda x: (
        1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0.0)))
    ),
    "silu": lambda x: x * _sigmoid(x),
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "softmax": _softmax,
}
#: Names of what may follow a convolution or a dense layer.
ACTIVATIONS = frozenset(_ACTIVATIONS) - {"softmax"}
_MONOTONE = {"elu", "leaky_relu", "relu", "selu", "sigmoid", "softplus", "tanh"}


@dataclass(frozen=True)
class Scaling:
    """Multiplication by one factor, or by one a channel."""

    factor: np.ndarray | np.float64

    def __call__(self, x: np.ndarray) -> np.ndarray:
        x *= self.factor
        return x


@dataclass(frozen=True)
class Shift:
    """Addition of one term, or of one a channel."""

    term: np.ndarray | np.float64

    def __call__(self, x: np.ndarray) -> np.ndarray:
        x += self.term
        return x


@dataclass(frozen=True)
class Activation:
    """A function of each value (softmax: of each row), by its Keras name."""

    name: str

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return _ACTIVATIONS[self.name](x)


@dataclass(frozen=True)
class Product:
    """Matrix product of a dense layer."""

    kernel: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return x @ self.kernel


@dataclass(frozen=True)
class Convolution:
    """Convolution with padding to the same size."""

    kernel: np.ndarray
    _matrices: dict[tuple[int, int], np.ndarray] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def __call__(self, x: np.ndarray) -> np.ndarray:
        height, width, channels, filters = self.kernel.shape
        n, rows, columns, _ = x.shape
        top, left = (height - 1) // 2, (width - 1) // 2
        if rows <= top + 1 and columns <= left + 1:
            # Every pixel reaches every other: one product, without the padding.
            matrix = self._matrices.get((rows, columns))
            if matrix is None:
                matrix = self._matrices[rows, columns] = self._as_matrix(rows, columns)
            return (x.reshape(n, -1) @ matrix).reshape(n, rows, columns, filters)
        padded = np.zeros((n, rows + height - 1, columns + width - 1, channels))
        padded[:, top : top + rows, left : left + columns] = x
        # One row of a window lies in one piece in memory.
        image, row, column, value = padded.strides
        windows: np.ndarray = np.ndarray(
            (n, rows, columns, height, width * channels),
            buffer=padded,
            strides=(image, row, column, row, value),
        )
        unfolded = windows.reshape(n * rows * columns, height * width * channels)
        return (unfolded @ self.kernel.reshape(-1, filters)).reshape(n, rows, columns, filters)

    def _as_matrix(self, rows: int, columns: int) -> np.ndarray:
        """Return the matrix from all values of small maps to all values of the convolution."""
        height, width, channels, filters = self.kernel.shape
        down, right = (
            np.arange(side)[:, None] - np.arange(side) + (k - 1) // 2
            for side, k in ((rows, height), (columns, width))
        )
        taps = self.kernel[down[:, None, :, None], right[None, :, None, :]]
        return taps.transpose(0, 1, 4, 2, 3, 5).reshape(
            rows * columns * channels, rows * columns * filters
        )


@dataclass(frozen=True)
class MaxPooling:
    """The highest value of each square; padding never wins."""

    size: int

    def __call__(self, x: np.ndarray) -> np.ndarray:
        size = self.size
        missing = [-side % size for side in x.shape[1:3]]
        if any(missing):
            padding = [(0, 0), *((m // 2, m - m // 2) for m in missing), (0, 0)]
            x = np.pad(x, padding, constant_values=-np.inf)
        highest = x[:, ::size, ::size].copy()
        for place in range(1, size * size):
            i, j = divmod(place, size)
            np.maximum(highest, x[:, i::size, j::size], out=highest)
        return highest


@dataclass(frozen=True)
class Flattening:
    """Images to rows."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return x.reshape(len(x), -1)


@dataclass(frozen=True)
class GlobalPooling:
    """One value of each map."""

    reduce: Callable[..., np.ndarray]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self.reduce(x, axis=(1, 2))


def operations_of_layer(layer: Mapping[str, Any], weights: Iterator[np.ndarray]) -> list[Operation]:
    """Return the operations of a layer.

    Parameters
    ----------
    layer : dict
        ``class_name`` and ``config``, as Keras describes it.
    weights : iterator of ndarray
        The network's remaining weights; those of this layer are taken.

    Returns
    -------
    list of Operation
        None for a layer that does nothing when it predicts.

    Raises
    ------
    TypeError
        If the kind of layer is not known.
    StopIteration
        If there are no weights left.
    """
    kind, config = layer["class_name"], layer["config"]
    if kind not in _LAYERS:
        raise TypeError(
            f"No NumPy forward pass for layer {config.get('name')!r} of type {kind}; known are "
            f"{', '.join(sorted(_LAYERS))}."
        )
    return _LAYERS[kind](config, weights)


def fuse(operations: Sequence[Operation]) -> list[Operation]:
    """Return fewer and cheaper operations with the same result, up to rounding.

    Factors go into the kernels beside them, and pooling comes before what is done to each value
    by itself and keeps their order: it leaves a quarter of them.
    """
    fused: list[Operation] = []
    for operation in operations:
        previous = fused[-1] if fused else None
        if isinstance(operation, Scaling) and isinstance(previous, Convolution | Product):
            fused[-1] = replace(previous, kernel=previous.kernel * operation.factor)
        elif (
            isinstance(operation, Convolution)
            and isinstance(previous, Scaling)
            and np.ndim(previous.factor) == 0
        ):
            fused[-1] = replace(operation, kernel=operation.kernel * previous.factor)
        elif isinstance(operation, MaxPooling):
            place = len(fused)
            while place and _keeps_order(fused[place - 1]):
                place -= 1
            fused.insert(place, operation)
        else:
            fused.append(operation)
    return fused


def unfolded_size(operations: Sequence[Operation], image_shape: Sequence[int]) -> int:
    """Return the number of values that one image becomes where it becomes the most."""
    rows, columns = image_shape[:2]
    most = math.prod(image_shape)
    for operation in operations:
        if isinstance(operation, MaxPooling):
            rows, columns = (-(-side // operation.size) for side in (rows, columns))
        elif isinstance(operation, Convolution):
            height, width, channels, filters = operation.kernel.shape
            most = max(most, rows * columns * max(height * width * channels, filters))
        elif isinstance(operation, Product):
            most = max(most, operation.kernel.shape[1])
    return most


def _keeps_order(operation: Operation) -> bool:
    return isinstance(operation, Shift) or (
        isinstance(operation, Activation) and operation.name in _MONOTONE
    )


def _next(weights: Iterator[np.ndarray]) -> np.ndarray:
    return np.asarray(next(weights), dtype=np.float64)


def _rescaling(config: Mapping[str, Any], weights: Iterator[np.ndarray]) -> list[Operation]:
    shift = [Shift(np.float64(config["offset"]))] if config["offset"] else []
    return [Scaling(np.float64(config["scale"])), *shift]


def _activation(config: Mapping[str, Any], weights: Iterator[np.ndarray]) -> list[Operation]:
    return [] if config["activation"] == "linear" else [Activation(config["activation"])]


def _bias_and_activation(
    config: Mapping[str, Any], weights: Iterator[np.ndarray]
) -> list[Operation]:
    bias = [Shift(_next(weights))] if config["use_bias"] else []
    return [*bias, *_activation(config, weights)]


def _batch_normalization(
    config: Mapping[str, Any], weights: Iterator[np.ndarray]
) -> list[Operation]:
    gamma, beta, mean, variance = (_next(weights) for _ in range(4))
    scale = gamma / np.sqrt(variance + config["epsilon"])
    return [Scaling(scale), Shift(beta - mean * scale)]


_LAYERS: dict[str, Callable[[Mapping[str, Any], Iterator[np.ndarray]], list[Operation]]] = {
    "Rescaling": _rescaling,
    "Conv2D": lambda config, weights: [
        Convolution(_next(weights)),
        *_bias_and_activation(config, weights),
    ],
    "BatchNormalization": _batch_normalization,
    "Activation": _activation,
    "MaxPooling2D": lambda config, weights: [MaxPooling(config["pool_size"][0])],
    "Dropout": lambda config, weights: [],
    "GlobalAveragePooling2D": lambda config, weights: [GlobalPooling(np.mean)],
    "GlobalMaxPooling2D": lambda config, weights: [GlobalPooling(np.max)],
    "Flatten": lambda config, weights: [Flattening()],
    "Dense": lambda config, weights: [
        Product(_next(weights)),
        *_bias_and_activation(config, weights),
    ],
}
