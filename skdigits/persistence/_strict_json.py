"""JSON that means one thing: no NaN, no key twice, no number or nesting beyond reason.

Python's values that JSON does not know (tuples, dicts with any keys) are spelled out by
:func:`encode` and made again by :func:`decode`.
"""

import json
import math
from typing import Any, NoReturn

import numpy as np

__all__ = ["decode", "dump", "encode", "load", "spell"]

_MOST_DIGITS = 20  # of an integer of 64 bits, with its sign
_DEEPEST = 32


def dump(value: Any) -> bytes:
    """Return the one spelling of a value in JSON: keys sorted, no spaces, ASCII.

    Raises
    ------
    ValueError
        If :func:`load` would refuse it or give another value back.
    TypeError
        If JSON has no such thing.

    Examples
    --------
    >>> from skdigits.persistence import _strict_json
    >>> _strict_json.dump({"b": 1, "a": [0.5, None]})
    b'{"a":[0.5,null],"b":1}'
    """
    data = spell(value)
    if load(data) != value:
        raise ValueError("JSON would give another value back")
    return data


def spell(value: Any) -> bytes:
    """Return what :func:`dump` gives for what :func:`load` has given, without reading it again."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def load(data: bytes) -> Any:
    """Read JSON.

    Raises
    ------
    ValueError
        If it is not JSON in UTF-8, or has a key twice in one object, a number that is not
        finite or that has more than 64 bits, or is nested deeper than 32 levels.

    Examples
    --------
    >>> from skdigits.persistence import _strict_json
    >>> _strict_json.load(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: the key 'a' is there twice
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    _check_depth(value)
    return value


def encode(value: Any) -> Any:
    """Spell out a value of None, bools, numbers, strings, lists, tuples and dicts for JSON.

    A tuple becomes ``{"tuple": [...]}`` and a dict ``{"dict": [[key, value], ...]}``; NumPy's
    scalars become Python's.

    Raises
    ------
    TypeError
        If there is something else in it.

    Examples
    --------
    >>> from skdigits.persistence._strict_json import decode, encode
    >>> encode({0: (1, 2.5)})
    {'dict': [[0, {'tuple': [1, 2.5]}]]}
    >>> decode(encode({0: (1, 2.5)}))
    {0: (1, 2.5)}
    """
    if isinstance(value, np.bool_ | np.integer | np.floating | np.str_):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return {"tuple": [encode(item) for item in value]}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        pairs = [[encode(key), encode(item)] for key, item in value.items()]
        if all(_is_key(key) for key, _ in pairs):
            return {"dict": pairs}
    raise TypeError(f"{value!r} of type {type(value).__name__} cannot be written as JSON")


def decode(value: Any) -> Any:
    """Make the value that :func:`encode` spelled out.

    Raises
    ------
    ValueError
        If `encode` would not have written this.
    """
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"tuple": list(items), **rest} if not rest:
            return tuple(decode(item) for item in items)
        case {"dict": list(pairs), **rest} if not rest and all(
            isinstance(pair, list) and len(pair) == 2 for pair in pairs
        ):
            keys = [decode(key) for key, _ in pairs]
            if all(_is_key(key) for key in keys):
                made = dict(zip(keys, (decode(item) for _, item in pairs), strict=True))
                if len(made) == len(keys):
                    return made
    raise ValueError(f"an object with the keys {sorted(value)} stands for no value of Python's")


def _is_key(key: Any) -> bool:
    return key is None or isinstance(key, bool | int | float | str)


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"it has an integer of {len(digits)} digits")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"it has a number that is not finite: {digits[:40]}")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it has a number that is not finite: {name}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in made if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return made


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise ValueError(f"it is nested deeper than {_DEEPEST} levels")
