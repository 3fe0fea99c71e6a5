"""Follow an image through described layers: check what comes from a file, and find the work."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from skdigits.network._layers import LAYER_KINDS, is_name

__all__ = ["count_multiplications", "weight_shapes"]

_MOST_LAYERS = 1000

# Of float64 values, 256 MB: what one image may become on its way through the network.
_MOST_VALUES = 2**25


def weight_shapes(
    layers: Any, image_shape: Sequence[int], n_classes: int
) -> dict[str, tuple[int, ...]]:
    """Follow an image through the layers, and return the shapes of the weights that they need.

    They are returned by name, such as "conv_1/kernel", in the order of
    ``keras.Model.get_weights``. `layers` may be anything that JSON can hold.

    Raises
    ------
    ValueError
        If a layer is unknown, if layers do not fit together or to the number of classes, or if
        a limit is exceeded: 1000 layers, a side of 65,536, or 33 million values of an image.

    Examples
    --------
    >>> from skdigits.network import weight_shapes
    >>> flatten = {"class_name": "Flatten", "config": {"name": "flatten"}}
    >>> config = {"name": "softmax", "units": 3, "use_bias": True, "activation": "softmax"}
    >>> weight_shapes([flatten, {"class_name": "Dense", "config": config}], (8, 8, 1), 3)
    {'softmax/kernel': (64, 3), 'softmax/bias': (3,)}
    """
    if not isinstance(layers, list) or not 1 <= len(layers) <= _MOST_LAYERS:
        raise ValueError(f"the network is not a list of 1 to {_MOST_LAYERS} layers")
    for number, layer in enumerate(layers, start=1):
        _check_layer(layer, number)
    names = [layer["config"]["name"] for layer in layers]
    if len(set(names)) < len(names):
        raise ValueError("two layers of the network have the same name")
    last = layers[-1]
    expected = {"units": n_classes, "use_bias": True, "activation": "softmax"}
    if last != {"class_name": "Dense", "config": {"name": names[-1], **expected}}:
        raise ValueError(f"the network does not end in a softmax over the {n_classes} classes")
    if any(layer["config"].get("activation") == "softmax" for layer in layers[:-1]):
        raise ValueError("a layer of the network before the last one has a softmax")
    shapes: dict[str, tuple[int, ...]] = {}
    shape = tuple(image_shape)
    for layer in layers:
        kind, config = LAYER_KINDS[layer["class_name"]], layer["config"]
        name = config["name"]
        if len(shape) not in kind.dimensions:
            raise ValueError(f"the layer {name!r} of the network cannot follow the one before it")
        shapes |= {f"{name}/{key}": weight for key, weight in kind.weights(config, shape).items()}
        before, shape = shape, kind.output(config, shape)
        values = max(math.prod(before), kind.most_values(config, before), math.prod(shape))
        if values > _MOST_VALUES:
            raise ValueError(f"the layer {name!r} of the network is too large")
    return shapes


def count_multiplications(layers: Sequence[Mapping[str, Any]], image_shape: Sequence[int]) -> int:
    """Return how many multiplications with weights of kernels an image takes.

    Examples
    --------
    >>> from skdigits.network import count_multiplications
    >>> flatten = {"class_name": "Flatten", "config": {"name": "flatten"}}
    >>> config = {"name": "softmax", "units": 3, "use_bias": True, "activation": "softmax"}
    >>> count_multiplications([flatten, {"class_name": "Dense", "config": config}], (8, 8, 1))
    192
    """
    shape, total = tuple(image_shape), 0
    for layer in layers:
        kind, config = LAYER_KINDS[layer["class_name"]], layer["config"]
        kernel = kind.weights(config, shape).get("kernel", (0,))
        shape = kind.output(config, shape)
        total += math.prod(kernel) * math.prod(shape[:-1])
    return total


def _check_layer(layer: Any, number: int) -> None:
    if not isinstance(layer, dict) or layer.keys() != {"class_name", "config"}:
        raise ValueError(f"layer {number} of the network has not just class_name and config")
    kind, config = layer["class_name"], layer["config"]
    if not isinstance(kind, str) or kind not in LAYER_KINDS:
        raise ValueError(f"layer {number} of the network is of no known kind: {str(kind)[:40]!r}")
    checks = {"name": is_name, **LAYER_KINDS[kind].options}
    if not isinstance(config, dict) or config.keys() != checks.keys():
        raise ValueError(f"layer {number} of the network, {kind}, has not just {sorted(checks)}")
    for key, is_right in checks.items():
        if not is_right(config[key]):
            raise ValueError(
                f"layer {number} of the network, {kind}, has an impossible {key}: "
                f"{str(config[key])[:40]}"
            )
