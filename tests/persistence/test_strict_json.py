import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdigits.persistence._strict_json import decode, dump, encode, load

NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PYTHON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(SCALARS, inner, max_size=3)
    ),
    max_leaves=8,
)


def types(value):
    if isinstance(value, dict):
        return [(type(key), types(item)) for key, item in value.items()]
    return [type(value), *map(types, value)] if isinstance(value, list | tuple) else type(value)


@given(JSON)
def test_what_is_written_is_read(value):
    data = dump(value)
    assert load(data) == value
    assert types(load(data)) == types(json.loads(json.dumps(value, sort_keys=True)))


@given(PYTHON)
def test_python_values_come_back_with_their_types(value):
    back = decode(load(dump(encode(value))))
    assert back == value
    assert types(back) == types(value)


@given(st.binary())
def test_any_bytes_are_json_or_a_value_error(data):
    try:
        load(data)
    except ValueError:
        return
    json.loads(data)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[NaN]", "not finite: NaN"),
        ("-Infinity", "not finite: -Infinity"),
        ("1e999", "not finite: 1e999"),
        ('{"a": 1, "b": 2, "a": 3}', "'a' is there twice"),
        ("1" * 21, "integer of 21 digits"),
        ("[" * 33 + "]" * 33, "nested deeper than 32"),
        ("[" * 10**6, "nested too deeply"),
        ('{"a":' * 10**6, "nested too deeply"),
        ("[1,]", "Expecting value|trailing comma"),
        ("", "Expecting value"),
        ("\ufeff1", "Expecting value|BOM"),
    ],
)
def test_what_is_refused(text, problem):
    with pytest.raises(ValueError, match=problem):
        load(text.encode())


def test_other_encodings_than_utf_8_are_refused():
    with pytest.raises(ValueError, match="utf-8"):
        load('{"é": 1}'.encode("utf-16"))


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], 10**30, {1: 2}, (1, 2)])
def test_what_json_would_not_give_back_is_not_written(value):
    with pytest.raises(ValueError, match=r"JSON|digits"):
        dump(value)


@pytest.mark.parametrize(
    ("value", "same"),
    [(np.int8(3), 3), (np.float32(0.5), 0.5), (np.bool_(True), True), (np.str_("a"), "a")],
)
def test_scalars_of_numpy_become_those_of_python(value, same):
    assert encode((value,)) == {"tuple": [same]}
    assert type(encode(value)) is type(same)


@pytest.mark.parametrize("value", [object(), {(1, 2): 3}, {1, 2}, np.arange(3), b"a", 1j])
def test_what_cannot_be_encoded_is_a_type_error(value):
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        encode([value])


@pytest.mark.parametrize(
    "value",
    [
        {"set": []},
        {"tuple": 1},
        {"tuple": [], "dict": []},
        {"dict": {"a": 1}},
        {"dict": [[1]]},
        {"dict": [[[1], 2]]},
        {"dict": [[{"tuple": []}, 2]]},
        {"dict": [[1, 2], [1, 3]]},
        {},
    ],
)
def test_what_encode_would_not_give_is_not_decoded(value):
    with pytest.raises(ValueError, match="stands for no value"):
        decode([value])
