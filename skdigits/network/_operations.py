"""Run a network's layers as operations on float64 arrays, fuse them, and write them to a graph."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from skdigits.network._activations import ACTIVATION_KINDS, GraphWriter
from skdigits.network._convolutions import Convolve, convolution, output_size, values_per_sample

__all__ = ["Operation", "fuse", "unfolded_size"]

Shape = tuple[int, ...]


class Operation(ABC):
    """A step of the forward pass. It may overwrite its input."""

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
    _by_size: dict[Shape, Convolve] = field(default_factory=dict, init=False, repr=False)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        size = x.shape[1:3]
        convolve = self._by_size.get(size)
        if convolve is None:
            convolve = convolution(self.kernel, *size, is_padded=self.is_padded)
            self._by_size[size] = convolve
        return convolve(x)

    def write(self, graph: GraphWriter) -> None:
        sides = self.kernel.shape[:2] if self.is_padded else (1, 1)
        pads = [*((side - 1) // 2 for side in sides), *(side // 2 for side in sides)]
        graph.then("Conv", graph.constant(self.kernel.transpose(3, 2, 0, 1)), pads=pads)

    def output_shape(self, shape: Shape) -> Shape:
        size = output_size(len(self.kernel), *shape[:2], is_padded=self.is_padded)
        return (*size, self.kernel.shape[3])

    def unfolded_size(self, shape: Shape) -> int:
        return values_per_sample(self.kernel.shape, *self.output_shape(shape)[:2])


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
        places = [x[:, i::size, j::size] for i in range(size) for j in range(size)]
        highest = np.maximum(places[0], places[-1])
        for place in places[1:-1]:
            np.maximum(highest, place, out=highest)
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
        return self.reduce(x.reshape(len(x), -1, x.shape[3]), axis=1)

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
