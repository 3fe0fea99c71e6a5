"""Keep the table of layer kinds: all that skdigits knows of each stands in its entry.

A new kind is one entry in `LAYER_KINDS`. From it follow the check of what a file describes, the
Keras layer, NumPy's forward pass and, through its operations, the ONNX graph.
"""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from skdigits.network._activations import ACTIVATION_KINDS
from skdigits.network._convolutions import output_size, values_per_sample
from skdigits.network._operations import (
    Activation,
    Convolution,
    Flattening,
    GlobalPooling,
    MaxPooling,
    Operation,
    Product,
    Scaling,
    Shape,
    Shift,
)

__all__ = ["LAYER_KINDS", "LayerKind", "is_name"]

_MOST_UNITS = 2**16
_LARGEST_SIDE = 2**8  # of kernels and of what is pooled

Check = Callable[[Any], bool]
Config = Mapping[str, Any]
Weights = Iterator[np.ndarray]


@dataclass(frozen=True)
class LayerKind:
    """All that is known of a kind of layer, which is named as its class in Keras is.

    A "shape" is that of one sample: (height, width, channels) or (features,).

    Attributes
    ----------
    options : mapping of str to callable
        What its ``config`` holds beside the name, each with a check of its value.
    operations : callable
        From ``config`` and the network's remaining weights, float64, of which it takes its own:
        what it does when it predicts.
    dimensions : collection of int
        Numbers of dimensions that it takes.
    keras_options : collection of str
        What Keras has to be given beside, lest its global state decide: "data_format",
        "kernel_initializer", "seed".
    weights, output, most_values : callable
        From ``config`` and the shape that comes in: the shapes of its weights by name, as Keras
        orders them; the shape that goes out; how many values a sample takes up in between.
    """

    options: Mapping[str, Check]
    operations: Callable[[Config, Weights], list[Operation]]
    dimensions: Collection[int] = (1, 3)
    keras_options: Collection[str] = ()
    weights: Callable[[Config, Shape], dict[str, Shape]] = lambda config, shape: {}
    output: Callable[[Config, Shape], Shape] = lambda config, shape: shape
    most_values: Callable[[Config, Shape], int] = lambda config, shape: 0


def is_name(value: Any) -> bool:
    """Return whether a value can be the name of a layer."""
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_]{1,64}", value) is not None


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return type(value) is int and 1 <= value <= _MOST_UNITS


def _is_square(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(side) is int and 1 <= side <= _LARGEST_SIDE for side in value)
        and value[0] == value[1]
    )


def _is_number(low: float, high: float) -> Check:
    return lambda value: type(value) in {int, float} and low <= value <= high


def _is_one_of(*values: str) -> Check:
    return lambda value: isinstance(value, str) and value in values


_is_elementwise = _is_one_of(*ACTIVATION_KINDS.keys() - {"softmax"})


def _activation(config: Config, weights: Weights) -> list[Operation]:
    return [] if config["activation"] == "linear" else [Activation(config["activation"])]


def _kernel_bias_activation(
    product: Callable[[np.ndarray], Operation], config: Config, weights: Weights
) -> list[Operation]:
    kernel = next(weights)
    bias = [Shift(next(weights))] if config["use_bias"] else []
    return [product(kernel), *bias, *_activation(config, weights)]


def _kernel_and_bias(config: Config, kernel: Shape) -> dict[str, Shape]:
    return {"kernel": kernel, **({"bias": kernel[-1:]} if config["use_bias"] else {})}


def _sides_after(config: Config, shape: Shape) -> Shape:
    is_padded = config["padding"] == "same"
    size = output_size(config["kernel_size"][0], *shape[:2], is_padded=is_padded)
    if min(size) < 1:
        raise ValueError(
            f"the kernel of the layer {config['name']!r} of the network is larger than its maps"
        )
    return size


def _values_of_convolution(config: Config, shape: Shape) -> int:
    kernel = (*config["kernel_size"], shape[2], config["filters"])
    return values_per_sample(kernel, *_sides_after(config, shape))


def _normalise(config: Config, weights: Weights) -> list[Operation]:
    gamma, beta, mean, variance = [next(weights) for _ in range(4)]
    scale = gamma / np.sqrt(variance + config["epsilon"])
    return [Scaling(scale), Shift(beta - mean * scale)]


def _max_pooling(config: Config) -> MaxPooling:
    return MaxPooling(config["pool_size"][0])


def _rescale(config: Config, weights: Weights) -> list[Operation]:
    shift = [Shift(np.float64(config["offset"]))] if config["offset"] else []
    return [Scaling(np.float64(config["scale"])), *shift]


def _global_pooling(reduce: Callable[..., np.ndarray], node: str) -> LayerKind:
    return LayerKind(
        {},
        lambda config, weights: [GlobalPooling(reduce, node)],
        dimensions=(3,),
        keras_options=("data_format",),
        output=lambda config, shape: shape[2:],
    )


LAYER_KINDS: dict[str, LayerKind] = {
    "Activation": LayerKind({"activation": _is_elementwise}, _activation),
    "BatchNormalization": LayerKind(
        {"momentum": _is_number(0, 1), "epsilon": _is_number(1e-12, 1)},
        _normalise,
        weights=lambda config, shape: dict.fromkeys(
            ("gamma", "beta", "moving_mean", "moving_variance"), shape[-1:]
        ),
    ),
    "Conv2D": LayerKind(
        {
            "filters": _is_count,
            "kernel_size": _is_square,
            "padding": _is_one_of("same", "valid"),
            "use_bias": _is_bool,
            "activation": _is_elementwise,
        },
        lambda config, weights: _kernel_bias_activation(
            partial(Convolution, is_padded=config["padding"] == "same"), config, weights
        ),
        dimensions=(3,),
        keras_options=("data_format", "kernel_initializer"),
        weights=lambda config, shape: _kernel_and_bias(
            config, (*config["kernel_size"], shape[2], config["filters"])
        ),
        output=lambda config, shape: (*_sides_after(config, shape), config["filters"]),
        most_values=_values_of_convolution,
    ),
    "Dense": LayerKind(
        {"units": _is_count, "use_bias": _is_bool, "activation": _is_one_of(*ACTIVATION_KINDS)},
        lambda config, weights: _kernel_bias_activation(Product, config, weights),
        dimensions=(1,),
        keras_options=("kernel_initializer",),
        weights=lambda config, shape: _kernel_and_bias(config, (*shape, config["units"])),
        output=lambda config, shape: (config["units"],),
    ),
    "Dropout": LayerKind(
        {"rate": lambda value: _is_number(0, 1)(value) and value < 1},
        lambda config, weights: [],
        keras_options=("seed",),
    ),
    "Flatten": LayerKind(
        {},
        lambda config, weights: [Flattening()],
        dimensions=(3,),
        keras_options=("data_format",),
        output=lambda config, shape: (math.prod(shape),),
    ),
    "GlobalAveragePooling2D": _global_pooling(np.mean, "ReduceMean"),
    "GlobalMaxPooling2D": _global_pooling(np.max, "ReduceMax"),
    "MaxPooling2D": LayerKind(
        {"pool_size": _is_square, "padding": _is_one_of("same")},
        lambda config, weights: [_max_pooling(config)],
        dimensions=(3,),
        keras_options=("data_format",),
        output=lambda config, shape: _max_pooling(config).output_shape(shape),
        most_values=lambda config, shape: (  # with the padding
            math.prod(_max_pooling(config).output_shape(shape)) * config["pool_size"][0] ** 2
        ),
    ),
    "Rescaling": LayerKind(
        {"scale": _is_number(-1e30, 1e30), "offset": _is_number(-1e30, 1e30)}, _rescale
    ),
}
