"""Encode class labels for JSON, and decode the same array."""

import re
from typing import Any

import numpy as np

__all__ = ["decode_labels", "encode_labels"]

# "object" is for strings only.
_DTYPES = re.compile(r"object|\|[biu]1|[<>][iuf][248]|[<>]U[1-9][0-9]{0,5}")
_TYPES: dict[str, type] = {"b": bool, "i": int, "u": int, "f": float, "U": str, "O": str}
_MOST_BYTES = 2**20


def encode_labels(classes: np.ndarray) -> dict[str, Any]:
    """Return dtype and values of sorted labels: integers, floats, booleans or strings.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.persistence._labels import decode_labels, encode_labels
    >>> encode_labels(np.array(["five", "six"]))
    {'dtype': '<U4', 'values': ['five', 'six']}
    >>> decode_labels(encode_labels(np.arange(3, dtype=np.uint8)))
    array([0, 1, 2], dtype=uint8)
    """
    name = "object" if classes.dtype.kind == "O" else classes.dtype.str
    encoded = {"dtype": name, "values": classes.tolist()}
    try:
        decode_labels(encoded)
    except ValueError:
        raise ValueError(
            f"labels of dtype {classes.dtype} cannot be kept, only integers, floats, booleans "
            f"and strings, got {classes[:5].tolist()}; convert the labels and fit again"
        ) from None
    return encoded


def decode_labels(encoded: Any) -> np.ndarray:
    """Make the labels that :func:`encode_labels` was given; anything else is a ValueError."""
    if not isinstance(encoded, dict) or encoded.keys() != {"dtype", "values"}:
        raise ValueError("its labels have not just dtype and values")
    name, values = encoded["dtype"], encoded["values"]
    is_known = isinstance(name, str) and _DTYPES.fullmatch(name) is not None
    if not is_known or not isinstance(values, list) or len(values) < 2:
        raise ValueError("its labels are not two or more of a kind that is known")
    try:
        dtype = np.dtype(name)
        is_right = dtype.itemsize * len(values) <= _MOST_BYTES and all(
            type(value) is _TYPES[dtype.kind] for value in values
        )
        labels = np.array(values, dtype) if is_right else None
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError("its labels are not what their dtype says") from error
    if labels is None or labels.tolist() != values or not (labels[:-1] < labels[1:]).all():
        raise ValueError("its labels are not sorted labels of their dtype")
    return labels
