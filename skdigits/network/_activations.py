"""Keep the table of activations: what NumPy computes, whether it keeps order, what ONNX writes.

A new activation is one entry here; its name is Keras'.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

__all__ = ["ACTIVATIONS", "ACTIVATION_KINDS", "ActivationKind", "GraphWriter"]

_ELU_ALPHA = 1.0
_LEAK = 0.2


class GraphWriter(Protocol):
    """What an operation needs to write itself: nodes as ONNX names them, channels first."""

    value: str  # name of the last node's output
    shape: tuple[int, ...]  # shape of one sample, channels last as in NumPy

    def then(self, kind: str, *more_inputs: str, **attributes: Any) -> None:
        """Write a node that takes `value`."""

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Write a node that leaves `value` alone, and return the name of its output."""

    def constant(self, values: np.ndarray | np.float64) -> str:
        """Return the name of a constant: a number, one for each channel, a kernel, a shape."""


@dataclass(frozen=True)
class ActivationKind:
    """All that is known of an activation.

    Attributes
    ----------
    function : callable
        Float64 array in, array of the same shape out; it may work in place.
    keeps_order : bool
        Whether a higher value never becomes a lower one, so that pooling may come first.
    write : callable
        Write it to a graph.
    """

    function: Callable[[np.ndarray], np.ndarray]
    keeps_order: bool
    write: Callable[["GraphWriter"], None]


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, _ELU_ALPHA * np.expm1(np.minimum(x, 0.0)))


def _gelu(x: np.ndarray) -> np.ndarray:
    from scipy.special import erf  # which only this one needs

    return 0.5 * x * (1.0 + erf(x / np.sqrt(2.0)))


def _selu(x: np.ndarray) -> np.ndarray:
    return 1.0507009873554805 * np.where(
        x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0.0))
    )


def _sigmoid(x: np.ndarray) -> np.ndarray:
    # Several times faster than scipy.special.expit, and without overflow.
    x = np.tanh(0.5 * x)
    x += 1.0
    x *= 0.5
    return x


def _softmax(x: np.ndarray) -> np.ndarray:
    # SciPy's takes longer than the rest of a network on one row.
    x = np.exp(x - np.maximum.reduce(x, axis=-1, keepdims=True))
    x /= np.add.reduce(x, axis=-1, keepdims=True)
    return x


def _node(kind: str, **attributes: Any) -> Callable[["GraphWriter"], None]:
    return lambda graph: graph.then(kind, **attributes)


def _write_gelu(graph: GraphWriter) -> None:
    # ONNX has had a node for it since opset 20 only.
    inner = graph.node("Mul", graph.value, graph.constant(np.float64(math.sqrt(0.5))))
    area = graph.node("Add", graph.node("Erf", inner), graph.constant(np.float64(1.0)))
    graph.then("Mul", graph.node("Mul", area, graph.constant(np.float64(0.5))))


def _write_silu(graph: GraphWriter) -> None:
    graph.then("Mul", graph.node("Sigmoid", graph.value))


ACTIVATION_KINDS: dict[str, ActivationKind] = {
    "elu": ActivationKind(_elu, keeps_order=True, write=_node("Elu", alpha=_ELU_ALPHA)),
    "gelu": ActivationKind(_gelu, keeps_order=False, write=_write_gelu),
    "leaky_relu": ActivationKind(
        lambda x: np.where(x > 0, x, _LEAK * x),
        keeps_order=True,
        write=_node("LeakyRelu", alpha=_LEAK),
    ),
    "linear": ActivationKind(lambda x: x, keeps_order=True, write=lambda graph: None),
    "relu": ActivationKind(
        lambda x: np.maximum(x, 0.0, out=x), keeps_order=True, write=_node("Relu")
    ),
    "selu": ActivationKind(_selu, keeps_order=True, write=_node("Selu")),
    "sigmoid": ActivationKind(_sigmoid, keeps_order=True, write=_node("Sigmoid")),
    "silu": ActivationKind(lambda x: x * _sigmoid(x), keeps_order=False, write=_write_silu),
    "softmax": ActivationKind(_softmax, keeps_order=False, write=_node("Softmax", axis=-1)),
    "softplus": ActivationKind(
        lambda x: np.logaddexp(x, 0.0), keeps_order=True, write=_node("Softplus")
    ),
    "tanh": ActivationKind(np.tanh, keeps_order=True, write=_node("Tanh")),
}

#: Names of what may follow a convolution or a hidden dense layer.
ACTIVATIONS = frozenset(ACTIVATION_KINDS) - {"linear", "softmax"}
