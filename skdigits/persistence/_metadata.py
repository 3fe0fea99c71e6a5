"""What a model file says of itself: sealed when it is written, checked when it is read."""

import hashlib
import math
import platform
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from skdigits._version import __version__, installed_versions
from skdigits.persistence import _strict_json

__all__ = ["NewerFormatError", "check_metadata", "seal"]

_FORMAT = "skdigits model"
_FORMAT_VERSION = 1
_ESTIMATOR = "DigitCNNClassifier"
_PACKAGES = ("numpy", "scikit-learn", "tensorflow", "keras", "scikeras")


class NewerFormatError(ValueError):
    """A later skdigits has written it."""


def seal(metadata: Mapping[str, Any], parts: Mapping[str, bytes]) -> dict[str, Any]:
    """Add what a file says of itself, and checksums.

    Parameters
    ----------
    metadata : mapping of str to object
        What it says of the model.
    parts : mapping of str to bytes
        The other parts by name.

    Returns
    -------
    dict
        What :func:`check_metadata` accepts, if the model is right.
    """
    sealed = {
        **metadata,
        "format": _FORMAT,
        "format_version": _FORMAT_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "estimator": _ESTIMATOR,
        "versions": _versions(),
        "sha256": {name: _sha256(part) for name, part in parts.items()},
    }
    return {**sealed, "digest": _sha256(_strict_json.spell(sealed))}


def check_metadata(metadata: Any, parts: Mapping[str, bytes]) -> None:
    """Raise if metadata are not what was written, or not of these parts, or impossible.

    Parameters
    ----------
    metadata : object
        Anything that JSON can hold.
    parts : mapping of str to bytes
        The parts of the file by name; those but "metadata.json" must have the checksums.

    Raises
    ------
    NewerFormatError
        If the format is of a later version.
    ValueError
        If something else is wrong. Not checked are "classes", what Python values are encoded
        in, and whether they fit the other parts.
    """
    if not isinstance(metadata, dict) or metadata.get("format") != _FORMAT:
        raise ValueError("it is no model of skdigits'")
    number = metadata.get("format_version")
    if type(number) is int and number > _FORMAT_VERSION:
        versions = metadata.get("versions")
        writer = versions.get("skdigits") if isinstance(versions, dict) else None
        raise NewerFormatError(
            f"is of format version {number}, which skdigits {str(writer)[:40]} has written; this "
            f"skdigits knows version {_FORMAT_VERSION} only"
        )
    if type(number) is not int or number != _FORMAT_VERSION or metadata.keys() != _CHECKS.keys():
        raise ValueError("its metadata have not just what belongs there")
    rest = {name: value for name, value in metadata.items() if name != "digest"}
    if _sha256(_strict_json.spell(rest)) != metadata["digest"]:
        raise ValueError("its metadata are not what was written: the checksum differs")
    for name, is_right in _CHECKS.items():
        if not is_right(metadata[name]):
            raise ValueError(f"its metadata have an impossible {name!r}")
    if metadata["training_data"]["n_features"] != metadata["preprocessing"]["n_features_in"]:
        raise ValueError("its training data have another number of features")
    names = parts.keys() - {"metadata.json"}
    if metadata["sha256"].keys() != names:
        raise ValueError("its parts are not those that were written")
    for name in sorted(names):
        if _sha256(parts[name]) != metadata["sha256"][name]:
            raise ValueError(f"its part {name!r} is not what was written: the checksum differs")


def _is_int(value: Any, least: int, most: int = 2**63) -> bool:
    return type(value) is int and least <= value <= most


def _is_temperature(value: Any) -> bool:
    return type(value) is float and 1e-30 <= value <= 1e30  # what float32 can divide by


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).utcoffset() is not None
    except ValueError:
        return False


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _are_versions(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(v, str | None) for v in value.values())


def _is_preprocessing(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {
        "image_shape",
        "n_features_in",
        "feature_names_in",
        "rescale",
    }:
        return False
    shape, n_features, names = (
        value[name] for name in ("image_shape", "n_features_in", "feature_names_in")
    )
    return (
        isinstance(shape, list)
        and len(shape) == 3
        and all(_is_int(side, 1, 2**20) for side in shape)
        and _is_int(n_features, 1)
        and n_features == math.prod(shape)
        and (
            names is None
            or (
                isinstance(names, list)
                and len(names) == n_features
                and all(isinstance(name, str) for name in names)
            )
        )
    )


def _is_training_data(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {
        "n_samples",
        "n_features",
        "class_counts",
        "sha256",
        "are_digits",
        "seconds",
        "cpu_seconds",
    }:
        return False
    # As skdigits.persistence._strict_json.encode spells a dict.
    counts = value["class_counts"]
    pairs = counts.get("dict") if isinstance(counts, dict) else None
    return (
        isinstance(pairs, list)
        and all(isinstance(pair, list) and len(pair) == 2 and _is_int(pair[1], 0) for pair in pairs)
        and _is_int(value["n_samples"], 1)
        and sum(count for _, count in pairs) == value["n_samples"]
        and _is_int(value["n_features"], 1)
        and _is_digest(value["sha256"])
        and type(value["are_digits"]) is bool
        and all(
            type(value[name]) is float and value[name] >= 0 for name in ("seconds", "cpu_seconds")
        )
    )


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "classes": _is_dict,
    "created": _is_time,
    "digest": _is_digest,
    "estimator": lambda value: value == _ESTIMATOR,
    "format": lambda value: value == _FORMAT,
    "format_version": lambda value: value == _FORMAT_VERSION,
    "n_iter": lambda value: _is_int(value, 1),
    "parameters": _is_dict,
    "preprocessing": _is_preprocessing,
    "scores": lambda value: True,
    "seed": lambda value: _is_int(value, 0, 2**31 - 1),
    "sha256": _is_dict,
    "temperature": _is_temperature,
    "trained_with": _is_dict,
    "training_data": _is_training_data,
    "versions": _are_versions,
}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@cache
def _versions() -> dict[str, str | None]:
    return {
        "skdigits": __version__,
        "python": platform.python_version(),
        **installed_versions(*_PACKAGES),
    }
