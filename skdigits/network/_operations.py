"""Run a network's layers as operations on float64 arrays, fuse them, and write them to a graph."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from skdigits.network._activations import ACTIVATION_KINDS

__all__ = ["GraphWriter", "Operation", "fuse", "unfolded_size"]

Shape = tuple[int, ...]


class GraphWriter(Protocol):
    """What an operation needs to write itself: nodes as ONNX names them, channels first."""

    value: str  # name of what the last node gives
    shape: Shape  # of a sample of it, channels last as in NumPy

    def then(self, kind: str, *more_inputs: str, **attributes: Any) -> None:
        """Write a node that takes `value`."""

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Write a node beside, and return the name of what it gives."""

    def constant(self, values: np.ndarray | np.float64) -> str:
        """Return the name of a constant: a number, one for each channel, a kernel, a shape."""


class Operation(ABC):
    """A step of the forward pass: an array that nobody else needs in, another or the same out."""

    @abstractmethod
    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Compute."""

    @abstractmethod
    def write(self, graph: GraphWriter) -> None:
        """Write nodes that do the same."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape that a sample of `shape` becomes."""
        return shape

    def unfolded_size(self, shape: Shape) -> int:
        """Return the number of values that a sample of `shape` becomes where it is largest."""
        return math.prod(self.output_shape(shape))

    @property
    def keeps_order(self) -> bool:
        """Return whether it takes each value by itself, and a higher one stays the higher one."""
        return False


@dataclass(frozen=True)
class Scaling(Operation):
    """Multiplication by one factor, or by one a channel."""

    factor: np.ndarray | np.float64

    def __call__(self, x: np.ndarray) -> np.ndarray:
        x *= self.factor
        return x

    def write(self, graph: GraphWriter) -> None:
        graph.then("Mul", graph.constant(self.factor))


@dataclass(frozen=True)
class Shift(Operation):
    """Addition of one term, or of one a channel."""

    term: np.ndarray | np.float64
    keeps_order = True

    def __call__(self, x: np.ndarray) -> np.ndarray:
        x += self.term
        return x

    def write(self, graph: GraphWriter) -> None:
        graph.then("Add", graph.constant(self.term))


@dataclass(frozen=True)
class Activation(Operation):
    """A function of each value (softmax: of each row), by its Keras name."""

    name: str

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return ACTIVATION_KINDS[self.name].function(x)

    def write(self, graph: GraphWriter) -> None:
        ACTIVATION_KINDS[self.name].write(graph)

    @property
    def keeps_order(self) -> bool:
        return ACTIVATION_KINDS[self.name].keeps_order


@dataclass(frozen=True)
class Product(Operation):
    """Matrix product of a dense layer."""

    kernel: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return x @ self.kernel

    def write(self, graph: GraphWriter) -> None:
        graph.then("MatMul", graph.constant(self.kernel))

    def output_shape(self, shape: Shape) -> Shape:
        return self.kernel.shape[1:]


@dataclass(frozen=True)
class Convolution(Operation):
    """Convolution, with padding to the same size or without any."""

    kernel: np.ndarray
    is_padded: bool = True
    _matrices: dict[tuple[int, int], np.ndarray] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def __call__(self, x: np.ndarray) -> np.ndarray:
        height, width, channels, filters = self.kernel.shape
        n = len(x)
        rows, columns, _ = self.output_shape(x.shape[1:])
        top, left = (height - 1) // 2, (width - 1) // 2
        if self.is_padded and rows <= top + 1 and columns <= left + 1:
            # Every pixel reaches every other: one product, without the padding.
            matrix = self._matrices.get((rows, columns))
            if matrix is None:
                matrix = self._matrices[rows, columns] = self._as_matrix(rows, columns)
            return (x.reshape(n, -1) @ matrix).reshape(n, rows, columns, filters)
        if self.is_padded:
            padded = np.zeros((n, rows + height - 1, columns + width - 1, channels))
            padded[:, top : top + rows, left : left + columns] = x
        else:
            padded = np.ascontiguousarray(x)
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

    def write(self, graph: GraphWriter) -> None:
        sides = self.kernel.shape[:2] if self.is_padded else (1, 1)
        pads = [*((side - 1) // 2 for side in sides), *(side // 2 for side in sides)]
        graph.then("Conv", graph.constant(self.kernel.transpose(3, 2, 0, 1)), pads=pads)

    def output_shape(self, shape: Shape) -> Shape:
        lost = (0, 0) if self.is_padded else (side - 1 for side in self.kernel.shape[:2])
        sides = (side - less for side, less in zip(shape[:2], lost, strict=True))
        return (*sides, self.kernel.shape[3])

    def unfolded_size(self, shape: Shape) -> int:
        height, width, channels, filters = self.kernel.shape
        return math.prod(self.output_shape(shape)[:2]) * max(height * width * channels, filters)


@dataclass(frozen=True)
class MaxPooling(Operation):
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

    def write(self, graph: GraphWriter) -> None:
        square = [self.size] * 2
        missing = [-side % self.size for side in graph.shape[:2]]
        pads = [*(m // 2 for m in missing), *(m - m // 2 for m in missing)]
        graph.then("MaxPool", kernel_shape=square, strides=square, pads=pads)

    def output_shape(self, shape: Shape) -> Shape:
        return (*(-(-side // self.size) for side in shape[:2]), shape[2])


@dataclass(frozen=True)
class Flattening(Operation):
    """Images to rows."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return x.reshape(len(x), -1)

    def write(self, graph: GraphWriter) -> None:
        graph.then("Transpose", perm=[0, 2, 3, 1])  # as the kernels of Keras expect
        graph.then("Reshape", graph.constant(np.array([0, math.prod(graph.shape)])))

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)


@dataclass(frozen=True)
class GlobalPooling(Operation):
    """One value of each map: NumPy's function, and ONNX' node."""

    reduce: Callable[..., np.ndarray]
    node: str

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self.reduce(x, axis=(1, 2))

    def write(self, graph: GraphWriter) -> None:
        graph.then(self.node, axes=[2, 3], keepdims=0)

    def output_shape(self, shape: Shape) -> Shape:
        return shape[2:]


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
            while place and fused[place - 1].keeps_order:
                place -= 1
            fused.insert(place, operation)
        else:
            fused.append(operation)
    return fused


def unfolded_size(operations: Sequence[Operation], image_shape: Shape) -> int:
    """Return the number of values that one image becomes where it becomes the most."""
    most = math.prod(image_shape)
    shape = image_shape
    for operation in operations:
        most = max(most, operation.unfolded_size(shape))
        shape = operation.output_shape(shape)
    return most
