"""Whether descriptions of layers that come from a file are a network, and of which weights."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["weight_shapes"]

_MOST_LAYERS = 1000
_MOST_UNITS = 2**16
_LARGEST_SIDE = 2**8  # of kernels and of what is pooled

# Of float64 values, 256 MB: what one image may become on its way through the network.
_MOST_VALUES = 2**25

_ACTIVATIONS = {
    "elu",
    "gelu",
    "leaky_relu",
    "linear",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "tanh",
}

Check = Callable[[Any], bool]


def _is_count(value: Any) -> bool:
    return type(value) is int and 1 <= value <= _MOST_UNITS


def _is_number(low: float, high: float) -> Check:
    return lambda value: type(value) in {int, float} and low <= value <= high


def _is_square(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and value[0] == value[1]
        and type(value[0]) is int
        and type(value[1]) is int
        and 1 <= value[0] <= _LARGEST_SIDE
    )


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_]{1,64}", value) is not None


def _is_one_of(values: set[str]) -> Check:
    return lambda value: isinstance(value, str) and value in values


_FINITE = _is_number(-1e30, 1e30)
_CONFIGS: dict[str, dict[str, Check]] = {
    "Activation": {"activation": _is_one_of(_ACTIVATIONS)},
    "BatchNormalization": {"momentum": _is_number(0, 1), "epsilon": _is_number(1e-12, 1)},
    "Conv2D": {
        "filters": _is_count,
        "kernel_size": _is_square,
        "padding": _is_one_of({"same"}),
        "use_bias": _is_bool,
        "activation": _is_one_of(_ACTIVATIONS),
    },
    "Dense": {
        "units": _is_count,
        "use_bias": _is_bool,
        "activation": _is_one_of(_ACTIVATIONS | {"softmax"}),
    },
    "Dropout": {"rate": lambda value: _is_number(0, 1)(value) and value < 1},
    "Flatten": {},
    "GlobalAveragePooling2D": {},
    "GlobalMaxPooling2D": {},
    "MaxPooling2D": {"pool_size": _is_square, "padding": _is_one_of({"same"})},
    "Rescaling": {"scale": _FINITE, "offset": _FINITE},
}


def weight_shapes(
    layers: Any, image_shape: Sequence[int], n_classes: int
) -> dict[str, tuple[int, ...]]:
    """Follow an image through the layers, and give the shapes of the weights that they need.

    Parameters
    ----------
    layers : list of dict
        As of :func:`skdigits.network._architecture.architecture`, or anything that JSON can hold.
    image_shape : sequence of 3 ints
        Height, width and channels, positive.
    n_classes : int
        Number of classes.

    Returns
    -------
    dict of str to tuple of int
        Shapes by name, such as "conv_1/kernel", in the order of ``keras.Model.get_weights``.

    Raises
    ------
    ValueError
        If they are no layers that are known, do not fit together or to the number of classes,
        or are beyond reason: more than 1000, a side of more than 65,536, or an image that
        becomes more than 33 million values.

    Examples
    --------
    >>> from skdigits.network._check import weight_shapes
    >>> flatten = {"class_name": "Flatten", "config": {"name": "flatten"}}
    >>> config = {"name": "softmax", "units": 3, "use_bias": True, "activation": "softmax"}
    >>> weight_shapes([flatten, {"class_name": "Dense", "config": config}], (8, 8, 1), 3)
    {'softmax/kernel': (64, 3), 'softmax/bias': (3,)}
    """
    if not isinstance(layers, list) or not 1 <= len(layers) <= _MOST_LAYERS:
        raise ValueError(f"the network is no list of 1 to {_MOST_LAYERS} layers")
    for number, layer in enumerate(layers, start=1):
        _check_layer(layer, number)
    names = [layer["config"]["name"] for layer in layers]
    if len(set(names)) < len(names):
        raise ValueError("two layers of the network have the same name")
    last = layers[-1]
    expected = {"units": n_classes, "use_bias": True, "activation": "softmax"}
    if last["class_name"] != "Dense" or last["config"] != {
        "name": last["config"]["name"],
        **expected,
    }:
        raise ValueError(f"the network does not end in a softmax over the {n_classes} classes")
    shapes: dict[str, tuple[int, ...]] = {}
    shape = tuple(image_shape)
    for layer, is_last in zip(layers, [False] * (len(layers) - 1) + [True], strict=True):
        if layer["config"].get("activation") == "softmax" and not is_last:
            raise ValueError("a layer of the network before the last one has a softmax")
        shape = _follow(layer, shape, shapes)
    return shapes


def _check_layer(layer: Any, number: int) -> None:
    if not isinstance(layer, dict) or layer.keys() != {"class_name", "config"}:
        raise ValueError(f"layer {number} of the network has not just class_name and config")
    kind, config = layer["class_name"], layer["config"]
    if not isinstance(kind, str) or kind not in _CONFIGS:
        raise ValueError(f"layer {number} of the network is of no known kind: {str(kind)[:40]!r}")
    checks: Mapping[str, Check] = {"name": _is_name, **_CONFIGS[kind]}
    if not isinstance(config, dict) or config.keys() != checks.keys():
        raise ValueError(f"layer {number} of the network, {kind}, has not just {sorted(checks)}")
    for key, is_right in checks.items():
        if not is_right(config[key]):
            raise ValueError(
                f"layer {number} of the network, {kind}, has an impossible {key}: "
                f"{str(config[key])[:40]}"
            )


def _follow(
    layer: dict[str, Any], shape: tuple[int, ...], shapes: dict[str, tuple[int, ...]]
) -> tuple[int, ...]:
    """Return the shape that a layer makes of `shape`, and add its weights to `shapes`."""
    kind, config = layer["class_name"], layer["config"]
    name = config["name"]
    takes_maps = kind in {"Conv2D", "Flatten", "MaxPooling2D"} or kind.startswith("Global")
    if (takes_maps and len(shape) != 3) or (kind == "Dense" and len(shape) != 1):
        raise ValueError(f"the layer {name!r} of the network cannot follow the one before it")
    values = math.prod(shape)
    if kind == "Conv2D":
        height, width, channels = shape
        side, filters = config["kernel_size"][0], config["filters"]
        shapes[f"{name}/kernel"] = (side, side, channels, filters)
        values = height * width * max(side * side * channels, filters)
        # Small maps become one product of matrices.
        if height <= (side + 1) // 2 and width <= (side + 1) // 2:
            values = max(values, (height * width) ** 2 * channels * filters)
        shape = (height, width, filters)
    elif kind == "Dense":
        shapes[f"{name}/kernel"] = (shape[0], config["units"])
        shape = (config["units"],)
    elif kind == "BatchNormalization":
        for weight in ("gamma", "beta", "moving_mean", "moving_variance"):
            shapes[f"{name}/{weight}"] = (shape[-1],)
    elif kind == "MaxPooling2D":
        size = config["pool_size"][0]
        shape = (-(-shape[0] // size), -(-shape[1] // size), shape[2])
        values = math.prod(shape) * size**2  # with the padding
    elif kind == "Flatten":
        shape = (values,)
    elif takes_maps:
        shape = (shape[2],)
    if config.get("use_bias"):
        shapes[f"{name}/bias"] = (shape[-1],)
    if max(values, math.prod(shape)) > _MOST_VALUES:
        raise ValueError(f"the layer {name!r} of the network is too large")
    return shape
