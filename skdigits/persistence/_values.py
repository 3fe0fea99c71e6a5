"""Encode values of Python for JSON, tuples and dicts with any keys included, and decode them."""

from typing import Any

__all__ = ["decode", "encode"]


def encode(value: Any) -> Any:
    """Encode a value of None, bools, numbers, strings, lists, tuples and dicts for JSON.

    A tuple becomes ``{"tuple": [...]}`` and a dict ``{"dict": [[key, value], ...]}``; NumPy's
    scalars become Python's, its arrays and ranges lists. Anything else is a TypeError.

    Examples
    --------
    >>> from skdigits.persistence._values import decode, encode
    >>> encode({0: (1, 2.5)})
    {'dict': [[0, {'tuple': [1, 2.5]}]]}
    >>> decode(encode({0: (1, 2.5)}))
    {0: (1, 2.5)}
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if _is_scalar(value):
        return value
    if isinstance(value, tuple):
        return {"tuple": [encode(item) for item in value]}
    if isinstance(value, list | range):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        pairs = [[encode(key), encode(item)] for key, item in value.items()]
        if all(_is_scalar(key) for key, _ in pairs):
            return {"dict": pairs}
    raise TypeError(f"{value!r} of type {type(value).__name__} cannot be written as JSON")


def decode(value: Any) -> Any:
    """Return the value that :func:`encode` has encoded; raise ValueError for anything else."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    match value:
        case {"tuple": list(items), **rest} if not rest:
            return tuple(decode(item) for item in items)
        case {"dict": list(pairs), **rest} if not rest and all(
            isinstance(pair, list) and len(pair) == 2 and _is_scalar(pair[0]) for pair in pairs
        ):
            made = {key: decode(item) for key, item in pairs}
            if len(made) == len(pairs):
                return made
        case _ if _is_scalar(value):
            return value
    raise ValueError(f"an object with the keys {sorted(value)} stands for no value of Python's")


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)
