"""Check the document of a model file: its fields, their types, and the ranges that matter."""

import json
import math
from collections.abc import Mapping
from types import NoneType
from typing import Any

__all__ = ["check_document"]

_FIELDS: dict[str, Any] = {
    "best_iter": (int, NoneType),
    "classes": dict,
    "created": str,
    "estimator": str,
    "format": str,
    "format_version": int,
    "history": dict,
    "layers": list,
    "n_iter": int,
    "outlier_label": (str, int, float, NoneType),
    "parameters": dict,
    "preprocessing": dict,
    "scores": object,
    "seed": int,
    "temperature": float,
    "trained_with": dict,
    "training_data": dict,
    "versions": dict,
}
_PREPROCESSING: dict[str, Any] = {
    "feature_names_in": (list, NoneType),
    "image_shape": list,
    "n_features_in": int,
    "rescale": (int, float, NoneType),
}
_TRAINING_DATA: dict[str, Any] = {
    "are_digits": bool,
    "class_counts": dict,
    "cpu_seconds": float,
    "n_features": int,
    "n_samples": int,
    "seconds": float,
    "sha256": str,
}


def check_document(document: dict[str, Any]) -> None:
    """Raise ValueError if a field is missing, unknown or impossible.

    The layers, the labels and the encoded values of Python are left to the functions that decode
    them.
    """
    _check_types(document, _FIELDS, "metadata")
    _check_types(document["preprocessing"], _PREPROCESSING, "preprocessing")
    _check_types(document["training_data"], _TRAINING_DATA, "training_data")
    json.dumps(document, allow_nan=False)  # ValueError for numbers that are not finite
    _check_preprocessing(**document["preprocessing"])
    _check_history(document["history"], document["n_iter"], document["best_iter"])
    _check("seed", 0 <= document["seed"] < 2**31)
    # Outside of this range, float32 weights cannot be divided by the temperature.
    _check("temperature", 1e-30 <= document["temperature"] <= 1e30)


def _check_types(values: Mapping[str, Any], types: Mapping[str, Any], where: str) -> None:
    if values.keys() != types.keys():
        raise ValueError(f"its {where} must have the fields {sorted(types)}")
    for name, kind in types.items():
        _check(name, isinstance(values[name], kind))


def _check(name: str, is_possible: bool) -> None:
    if not is_possible:
        raise ValueError(f"its metadata have an impossible {name!r}")


def _check_preprocessing(
    image_shape: list[Any], n_features_in: int, feature_names_in: list[Any] | None, **_: Any
) -> None:
    are_sides = len(image_shape) == 3 and all(
        type(side) is int and 1 <= side <= 2**20 for side in image_shape
    )
    _check("image_shape", are_sides and math.prod(image_shape) == n_features_in)
    if feature_names_in is not None:
        are_names = all(isinstance(name, str) for name in feature_names_in)
        _check("feature_names_in", are_names and len(feature_names_in) == n_features_in)


def _check_history(history: dict[str, Any], n_iter: int, best_iter: int | None) -> None:
    for values in history.values():
        are_numbers = isinstance(values, list) and all(
            isinstance(value, float | int | NoneType) for value in values
        )
        _check("history", are_numbers and len(values) == n_iter >= 1)
    # Epochs without validation have null for its values; no epoch is without a loss.
    _check("history", "loss" in history and None not in history["loss"])
    if best_iter is not None:
        validated = history.get("val_loss", [])
        _check(
            "best_iter", 1 <= best_iter <= len(validated) and validated[best_iter - 1] is not None
        )
