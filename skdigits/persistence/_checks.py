"""Check the document of a model file field by field: nothing more or less, types and ranges."""

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

__all__ = ["check_document"]

_DEEPEST = 32

Check = Callable[[Any], bool]


def check_document(document: dict[str, Any]) -> None:
    """Raise a ValueError if a field is missing, unknown or impossible.

    Not checked are the network's layers, the labels and what Python's values are spelled out in.
    """
    if document.keys() != _FIELDS.keys():
        raise ValueError("its metadata have not just what belongs there")
    _check_json(document, _DEEPEST)
    for name, is_right in _FIELDS.items():
        if not is_right(document[name]):
            raise ValueError(f"its metadata have an impossible {name!r}")
    if document["training_data"]["n_features"] != document["preprocessing"]["n_features_in"]:
        raise ValueError("its training data have another number of features")
    n_iter, history = document["n_iter"], document["history"]
    if {*map(len, history.values())} != {n_iter}:
        raise ValueError(f"its history is none of {n_iter} epochs")
    best, validated = document["best_iter"], history.get("val_loss", [])
    if best is not None and (best > len(validated) or validated[best - 1] is None):
        raise ValueError("its best epoch is none that has been validated")


def _check_json(container: dict[str, Any] | list[Any], levels: int) -> None:
    """Refuse what is nested too deeply, and numbers that are not finite."""
    if not levels:
        raise ValueError(f"its metadata are nested deeper than {_DEEPEST} levels")
    for value in container.values() if isinstance(container, dict) else container:
        if isinstance(value, dict | list):
            _check_json(value, levels - 1)
        elif isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"its metadata have a number that is not finite: {value}")


def _int(low: int, high: int = 2**63) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def _float(low: float, high: float = math.inf) -> Check:
    return lambda value: type(value) is float and low <= value <= high


def _list(is_right: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(is_right, value))


def _optional(is_right: Check) -> Check:
    return lambda value: value is None or is_right(value)


def _dict(**fields: Check) -> Check:
    return lambda value: (
        isinstance(value, dict)
        and value.keys() == fields.keys()
        and all(is_right(value[name]) for name, is_right in fields.items())
    )


def _is_anything(value: Any) -> bool:
    return True


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _is_str(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return type(value) in {int, float}


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).utcoffset() is not None
    except ValueError:
        return False


def _is_history(value: Any) -> bool:
    # Epochs without validation have null for its values; no epoch is without a loss.
    return (
        isinstance(value, dict)
        and "loss" in value
        and _list(_is_number)(value["loss"])
        and _list(_list(_optional(_is_number)))([*value.values()])
    )


def _are_versions(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_optional(_is_str), value.values()))


_PREPROCESSING = _dict(
    image_shape=_list(_int(1, 2**20)),
    n_features_in=_int(1),
    feature_names_in=_optional(_list(_is_str)),
    rescale=_optional(_is_number),
)


def _is_preprocessing(value: Any) -> bool:
    if not _PREPROCESSING(value):
        return False
    shape, n_features, names = (
        value["image_shape"],
        value["n_features_in"],
        value["feature_names_in"],
    )
    return (
        len(shape) == 3
        and n_features == math.prod(shape)
        and (names is None or len(names) == n_features)
    )


_FIELDS: dict[str, Check] = {
    "classes": _is_dict,
    "created": _is_time,
    "estimator": lambda value: value == "DigitCNNClassifier",
    "format": _is_str,
    "format_version": _int(1),
    "history": _is_history,
    "layers": _is_anything,
    "n_iter": _int(1),
    "outlier_label": lambda value: value is None or type(value) in {bool, int, float, str},
    "best_iter": _optional(_int(1)),
    "parameters": _is_dict,
    "preprocessing": _is_preprocessing,
    "scores": _is_anything,
    "seed": _int(0, 2**31 - 1),
    "temperature": _float(1e-30, 1e30),  # what float32 can divide by
    "trained_with": _is_dict,
    "training_data": _dict(
        n_samples=_int(1),
        n_features=_int(1),
        class_counts=_is_dict,
        sha256=_is_digest,
        are_digits=lambda value: isinstance(value, bool),
        seconds=_float(0),
        cpu_seconds=_float(0),
    ),
    "versions": _are_versions,
}
